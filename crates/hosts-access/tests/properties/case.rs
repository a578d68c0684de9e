//! What must hold of every pair of tables and every request.
//!
//! The fuzz targets use this file too. A property that does not hold panics and says which.

use std::path::Path;

use hosts_access::action::Action;
use hosts_access::fake::{FakeWorld, Logged};
use hosts_access::limits::MAX_EXPANSION_BYTES;
use hosts_access::report::problem::Gravity;
use hosts_access::request::Request;
use hosts_access::request::facts::Fact;
use hosts_access::search::access::{Tables, Verdict, hosts_access};
use hosts_access::world::Effects;
use tools::dry::DryEffects;

// No full paths, so that no rule names a table as its list.
const ALLOW: &str = "hosts.allow";
const DENY: &str = "hosts.deny";

/// A file by its name; one without a text may not be read.
pub(crate) type File<'t> = (&'t str, Option<&'t [u8]>);

/// Two tables, the files that they name, and a request.
pub(crate) struct Case<'c> {
    /// hosts.allow; `None` if it may not be read.
    pub(crate) allow: Option<&'c [u8]>,
    /// hosts.deny; `None` if it may not be read.
    pub(crate) deny: Option<&'c [u8]>,
    /// The files that rules refer to.
    pub(crate) lists: &'c [File<'c>],
    /// Names, users and the rest.
    pub(crate) others: &'c FakeWorld,
    /// Who asks for what.
    pub(crate) request: &'c Request,
    /// How aclexec commands end.
    pub(crate) status: i32,
}

/// A decision and what was said on the way.
#[derive(Debug, PartialEq, Eq)]
struct Course {
    verdict: Verdict,
    /// The table and the last line of the rule that decided.
    matched: Option<(bool, u64)>,
    said: Vec<Logged>,
    /// What was asked: the names of both ends, and the user.
    facts: [Fact; 3],
}

/// What is put in place of all that stands after the rule that decided.
const BEHIND: [&[u8]; 4] = [b"", b"ALL: ALL: allow\n", b"ALL: ALL: deny\n", b"x\0"];

/// How many ways there are to decide once more, for [`Case::decide_again`].
pub(crate) const WAYS: usize = 4 + BEHIND.len();

impl Case<'_> {
    /// Checks the decision, and then this one way to decide once more or all of them.
    pub(crate) fn check(&self, way: Option<usize>) {
        let (course, done) = self.decide(self.world());
        an_error_never_grants(&course);
        messages_are_plain(&course.said);
        let files = [self.allow, self.deny].into_iter();
        let files = files.chain(self.lists.iter().map(|(_, text)| *text));
        let files: Vec<_> = files.flatten().collect();
        actions_are_sane(&files, &course.verdict, &done);
        match way {
            Some(way) => self.decide_again(way, &course, &done),
            None => (0..WAYS).for_each(|way| self.decide_again(way, &course, &done)),
        }
    }

    fn decide_again(&self, way: usize, course: &Course, done: &[Action]) {
        match way {
            0 => self.the_size_of_reads_makes_no_difference(course),
            1 => self.the_dry_run_agrees(),
            2 => {
                let nothing_works = self.world().fault("", "nothing works", "");
                an_error_never_grants(&self.decide(nothing_works).0);
            }
            3 => self.tables_held_in_memory_make_no_difference(course, done),
            _ => self.rules_behind_the_match_make_no_difference(course, BEHIND[way - 4]),
        }
    }

    /// The world with the files of the case in it.
    fn world(&self) -> FakeWorld {
        let mut world = self.others.clone().aclexec_status(self.status);
        let tables = [(ALLOW, self.allow), (DENY, self.deny)];
        for (name, text) in tables.iter().chain(self.lists) {
            world = match text {
                Some(text) => world.file(name, text),
                None => world.unreadable(name),
            };
        }
        world
    }

    /// Decides in this world; what was carried out, besides.
    fn decide(&self, world: FakeWorld) -> (Course, Vec<Action>) {
        let course = self.decide_with(&world, &mut world.effects());
        (course, world.done())
    }

    fn decide_with(&self, world: &FakeWorld, effects: &mut dyn Effects) -> Course {
        let tables = Tables {
            allow: ALLOW.into(),
            deny: DENY.into(),
        };
        let mut request = self.request.clone();
        let decision = hosts_access(&tables, &mut request, &world.world(), effects);
        Course {
            verdict: decision.verdict,
            matched: decision
                .matched
                .map(|place| (*place.table == *Path::new(ALLOW), place.line)),
            said: world.messages(),
            facts: [request.client.name, request.server.name, request.user],
        }
    }

    fn the_size_of_reads_makes_no_difference(&self, course: &Course) {
        let (other, _) = self.decide(self.world().in_pieces(3));
        assert_eq!(&other, course, "read in pieces");
    }

    fn tables_held_in_memory_make_no_difference(&self, course: &Course, done: &[Action]) {
        let (other, done_again) = self.decide(self.world().held());
        assert_eq!(&other, course, "held in memory");
        assert_eq!(done_again, done, "held in memory");
    }

    /// A dry run takes every aclexec for one that succeeds and asks no ident server.
    fn the_dry_run_agrees(&self) {
        let mut request = self.request.clone();
        request.stream = false;
        let case = Case {
            request: &request,
            ..*self
        };
        let dry = case.decide_with(&self.world(), &mut DryEffects::default());
        let (real, _) = case.decide(case.world().aclexec_status(0));
        assert_eq!(dry, real, "dry and real");
    }

    /// What stands after the rule that decided may be left out or replaced.
    fn rules_behind_the_match_make_no_difference(&self, course: &Course, more: &[u8]) {
        let Some((in_allow, line)) = course.matched else {
            return;
        };
        let table = if in_allow { self.allow } else { self.deny };
        let kept = up_to_line(table.unwrap_or_default(), line);
        let table = [kept, more].concat();
        let case = if in_allow {
            Case {
                allow: Some(&table),
                deny: Some(more),
                ..*self
            }
        } else {
            Case {
                deny: Some(&table),
                ..*self
            }
        };
        let (other, _) = case.decide(case.world());
        assert_eq!(&other, course, "with {more:?} after the match");
    }
}

/// A byte that the character filter stops is in a command only if a file has it, and no text is
/// longer than it may be.
pub(crate) fn actions_are_sane(files: &[&[u8]], verdict: &Verdict, done: &[Action]) {
    let check = |text: &[u8]| {
        let harmless =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"_!@%-=+:,./\r\n".contains(byte);
        for byte in text.iter().filter(|byte| !harmless(byte)) {
            let known = files.iter().any(|file| file.contains(byte));
            assert!(known, "byte {byte:#x} got through");
        }
    };
    let check_command = |command: &[u8]| {
        assert!(!command.contains(&0), "NUL in a command");
        assert!(command.len() <= MAX_EXPANSION_BYTES);
        check(command);
    };
    for action in done {
        match action {
            Action::Spawn(command) | Action::Aclexec(command) => {
                check_command(command.as_bytes());
            }
            Action::SetEnv { name, value } => {
                assert!(!name.is_empty() && !name.contains(&b'='));
                assert!(!name.contains(&0) && !value.contains(&0));
                check(name);
                check(value);
            }
            Action::Banner(text) => check(text),
            Action::Umask(mask) => assert!(*mask <= 0o777),
            Action::Linger(seconds) => assert!(i32::try_from(*seconds).is_ok()),
            Action::Nice(_) | Action::KeepAlive | Action::User { .. } | Action::Group(..) => {}
        }
    }
    if let Verdict::Twist(command) = verdict {
        check_command(command.as_bytes());
    }
}

/// The physical lines up to this one.
fn up_to_line(table: &[u8], line: u64) -> &[u8] {
    let ends = table.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let end = ends.map(|(at, _)| at + 1).nth(line as usize - 1);
    table.get(..end.unwrap_or(0)).unwrap_or_default()
}

fn an_error_never_grants(course: &Course) {
    let denied = course.verdict == Verdict::Denied;
    for said in &course.said {
        let in_allow = said.table.as_deref() == Some(Path::new(ALLOW));
        if said.in_error && in_allow {
            let by_allow = course.matched.is_some_and(|(in_allow, _)| in_allow);
            assert!(!by_allow, "decided by hosts.allow after {}", said.text);
        }
        if said.in_error || said.gravity == Gravity::Error {
            assert!(denied, "granted after {}", said.text);
        }
    }
}

/// One message is one line, and no terminal obeys it.
pub(crate) fn messages_are_plain(said: &[Logged]) {
    for said in said {
        let odd = said.text.chars().find(|letter| letter.is_control());
        assert_eq!(odd, None, "in the message {:?}", said.text);
    }
}
