//! Our engine as a function from cases to outcomes.

use std::cell::RefCell;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use hosts_access::accounts::{Gid, Uid, User};
use hosts_access::action::{Action, Done};
use hosts_access::address::Family;
use hosts_access::fault::Fault;
use hosts_access::report::problem::Diagnostic;
use hosts_access::report::trace;
use hosts_access::request::facts::{Answer, Fact, Unanswered};
use hosts_access::request::{Host, Request};
use hosts_access::search::access::{self, Tables, hosts_access};
#[cfg(feature = "accelerate")]
use hosts_access::search::entries::{Entries, Kind};
use hosts_access::table::place::Place;
use hosts_access::world::{
    Accounts, Effects, Files, Forward, Ident, Log, Netgroups, Resolver, World,
};

use crate::case::{Case, Content, End, KILLED};
use crate::outcome::{Event, Outcome, Verdict};

/// The command of an aclexec that ends with 0 in every case; original.c knows it too.
const ALWAYS_TRUE: &[u8] = b"~";

const NOT_FOUND: i32 = 2;
const NO_PERMISSION: i32 = 13;
const NOT_A_DIRECTORY: i32 = 20;
const IS_A_DIRECTORY: i32 = 21;
const NAME_TOO_LONG: i32 = 36;

/// One thing that the engine tells of its search.
pub(crate) enum Heard<'h> {
    Step(&'h trace::Event<'h>),
    /// A file that was opened, with its text.
    Read(&'h [u8], &'h [u8]),
    /// The request once all is done, with the facts that were looked up.
    End(&'h Request, &'h Outcome),
}

/// How the engine gets at its tables. What it does must be the same in every way; a further way to
/// keep or read tables is a further variant.
#[derive(Clone, Copy)]
pub(crate) enum Way<'w> {
    /// As the programs do: what plainly cannot match is passed over.
    Usual,
    /// As a process does that serves many clients: tables and lists are held in memory, with an index. Without the
    /// feature `accelerate` they are read.
    Held,
    /// Every word is looked at, and told.
    Told(&'w dyn Fn(Heard<'_>)),
}

/// What the engine does with a case.
pub(crate) fn run(case: &Case) -> Outcome {
    run_in(Way::Usual, case)
}

/// What it does in this way.
pub(crate) fn run_in(way: Way<'_>, case: &Case) -> Outcome {
    let events = RefCell::new(Vec::new());
    let outside = Outside {
        case,
        way,
        events: &events,
    };
    let mut request = Request::new(&case.daemon, host(&case.client), host(&case.server));
    request.stream = case.stream;
    if let Some(user) = &case.user {
        request.user = Fact::from_user(user);
    }
    let tables = Tables {
        allow: "/A".into(),
        deny: "/D".into(),
    };
    let world = World {
        files: &outside,
        lookups: &outside,
        netgroups: &outside,
        accounts: &outside,
        log: &outside,
    };
    let mut effects = Performed {
        case,
        events: &events,
    };
    let decision = hosts_access(&tables, &mut request, &world, &mut effects);
    // The twist line is the program's, not the engine's.
    if let access::Verdict::Twist(command) = &decision.verdict {
        let client = request.client_info();
        let line = [b"twist ", &client[..], b" to ", command.as_bytes()].concat();
        outside.message(line);
    }
    let severity = request.severity.map_or(-1, |severity| {
        let facility = severity.facility.map_or(0, |facility| facility.0);
        i64::from(facility) << 3 | i64::from(severity.level.0)
    });
    let outcome = Outcome {
        events: events.into_inner(),
        verdict: match decision.verdict {
            access::Verdict::Granted => Verdict::Granted,
            access::Verdict::Denied => Verdict::Denied,
            access::Verdict::Twist(command) => Verdict::Twist(command.as_bytes().to_vec()),
        },
        severity,
    };
    if let Way::Told(listen) = way {
        listen(Heard::End(&request, &outcome));
    }
    outcome
}

fn host(end: &End) -> Host {
    let host = match end.socket {
        Some(socket) => Host::from_socket(socket, &end.address),
        None => Host::from_text(&end.address).with_name(Fact::NotAsked),
    };
    match &end.name {
        Some(name) => host.with_name(Fact::from_value(name)),
        None => host,
    }
}

struct Outside<'c> {
    case: &'c Case,
    way: Way<'c>,
    events: &'c RefCell<Vec<Event>>,
}

impl Outside<'_> {
    fn push(&self, event: Event) {
        Outcome::push(&mut self.events.borrow_mut(), event);
    }

    fn message(&self, text: Vec<u8>) {
        self.push(Event::Message(text));
    }

    /// What stands under a path: nothing, a folder of something else (`None`), or an entry.
    fn look(&self, path: &Path) -> io::Result<Option<&Content>> {
        let path = path.as_os_str().as_bytes();
        let error = |number| Err(io::Error::from_raw_os_error(number));
        if path.len() >= 4096
            || path
                .split(|byte| *byte == b'/')
                .any(|part| part.len() > 255)
        {
            return error(NAME_TOO_LONG);
        }
        let path = plain(path);
        let mut folder = false;
        let mut reason = NOT_FOUND;
        for (name, content) in &self.case.files {
            if *name == path {
                return Ok(Some(content));
            }
            let below = |longer: &[u8], shorter: &[u8]| {
                longer
                    .strip_prefix(shorter)
                    .is_some_and(|rest| rest.starts_with(b"/"))
            };
            folder |= below(name, &path);
            if below(&path, name) && *content != Content::Directory {
                reason = NOT_A_DIRECTORY;
            }
        }
        if folder { Ok(None) } else { error(reason) }
    }
}

/// Runs of slashes count as one.
pub(crate) fn plain(path: &[u8]) -> Vec<u8> {
    let mut plain = path.to_vec();
    plain.dedup_by(|next, last| *next == b'/' && *last == b'/');
    if plain.len() > 1 && plain.ends_with(b"/") {
        plain.pop();
    }
    plain
}

impl Files for Outside<'_> {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn Read + '_>>> {
        match self.look(path) {
            Ok(Some(Content::Text(text))) => {
                if let Way::Told(listen) = self.way {
                    listen(Heard::Read(path.as_os_str().as_bytes(), text));
                }
                Ok(Some(Box::new(&text[..])))
            }
            Ok(Some(Content::Unreadable)) => Err(io::Error::from_raw_os_error(NO_PERMISSION)),
            Ok(Some(Content::Directory) | None) => {
                Err(io::Error::from_raw_os_error(IS_A_DIRECTORY))
            }
            Err(error) if error.raw_os_error() == Some(NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn check_exists(&self, path: &Path) -> io::Result<()> {
        self.look(path).map(drop)
    }

    #[cfg(feature = "accelerate")]
    fn held(&self, path: &Path, kind: Kind) -> Option<Box<dyn Entries>> {
        let held = match (self.way, self.look(path)) {
            (Way::Held, Ok(Some(Content::Text(text)))) => {
                hosts_access::accelerate::index::HeldFile::read(&text[..], kind, 0)?
            }
            _ => return None,
        };
        Some(std::sync::Arc::new(held).entries())
    }
}

impl Resolver for Outside<'_> {
    fn name_of(&self, address: SocketAddr) -> Answer<Vec<u8>> {
        let mut pointers = self.case.pointers.iter();
        let found = pointers.find(|(ip, _)| *ip == address.ip());
        Ok(found.map(|(_, name)| name.clone()))
    }

    fn addresses_of(&self, name: &[u8], family: Family) -> Answer<Forward> {
        let forwards = self.case.forwards.iter();
        let of_name = forwards.filter(|forward| forward.name == name);
        let of_family = |forward: &&crate::case::Forward| {
            let addresses: Vec<_> = forward
                .addresses
                .iter()
                .copied()
                .filter(|ip| ip.is_ipv4() == (family == Family::Inet))
                .collect();
            let addresses: Vec<_> = addresses
                .into_iter()
                .map(|ip| SocketAddr::new(ip, 0))
                .collect();
            (!addresses.is_empty()).then(|| Forward {
                canonical: forward.canonical.clone(),
                addresses,
            })
        };
        Ok(of_name.filter_map(|forward| of_family(&forward)).next())
    }

    /// The original knows no DNS lists, so no case has any.
    fn list_entry(&self, _: &[u8]) -> Answer<Vec<Ipv4Addr>> {
        Ok(None)
    }

    fn interface_index(&self, name: &[u8]) -> Answer<u32> {
        Ok((name == b"lo").then_some(1))
    }
}

impl Ident for Outside<'_> {
    fn ask(
        &self,
        server: SocketAddr,
        client: SocketAddr,
        _: &[u8],
        limit: Duration,
    ) -> Answer<Vec<u8>> {
        self.push(Event::Ident(
            i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        ));
        let ports = format!("{},{}", client.port(), server.port());
        let reply = |user: &Vec<u8>| [ports.as_bytes(), b":USERID:UNIX:", user, b"\r\n"].concat();
        Ok(self.case.ident.as_ref().map(reply))
    }
}

impl Netgroups for Outside<'_> {
    fn contains_host(&self, group: &[u8], host: &[u8]) -> Result<bool, Unanswered> {
        let mut members = self.case.netgroups.iter();
        Ok(members.any(|(name, member)| {
            name == group && (member.is_empty() || member.eq_ignore_ascii_case(host))
        }))
    }
}

impl Accounts for Outside<'_> {
    fn user(&self, name: &[u8]) -> Option<User> {
        matches!(name, b"nobody" | b"root").then(|| User {
            name: name.to_vec(),
            uid: Uid(0),
            gid: Gid(0),
        })
    }

    fn group(&self, name: &[u8]) -> Option<Gid> {
        matches!(name, b"nogroup" | b"daemon").then_some(Gid(0))
    }
}

impl Log for Outside<'_> {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        self.message(diagnostic.to_string().into_bytes());
    }

    fn matched(&self, place: &Place) {
        let table = place.table.display();
        self.message(format!("matched:  {table} line {}", place.line).into_bytes());
    }

    fn option(&self, keyword: &[u8], value: &[u8]) {
        self.message([b"option:   ", keyword, b" ", value].concat());
    }

    fn wants_events(&self) -> bool {
        matches!(self.way, Way::Told(_))
    }

    fn event(&self, event: &trace::Event<'_>) {
        if let Way::Told(listen) = self.way {
            listen(Heard::Step(event));
        }
    }
}

struct Performed<'c> {
    case: &'c Case,
    events: &'c RefCell<Vec<Event>>,
}

impl Effects for Performed<'_> {
    fn perform(&mut self, action: &Action) -> Result<Done, Fault> {
        let event = match action {
            Action::Spawn(command) => Event::Spawn(command.as_bytes().to_vec()),
            Action::Aclexec(command) => Event::Aclexec(command.as_bytes().to_vec()),
            Action::Banner(text) => Event::Banner(text.clone()),
            Action::SetEnv { name, value } => Event::SetEnv([&name[..], b"=", value].concat()),
            Action::Umask(mask) => Event::Umask((*mask).into()),
            Action::Nice(increment) => Event::Nice((*increment).into()),
            Action::Linger(seconds) => Event::Linger((*seconds).into()),
            Action::KeepAlive => Event::KeepAlive,
            Action::User { user, group } => {
                Event::Identity(format!("{} {}", user.uid.0, group.is_some()))
            }
            Action::Group(group, _) => Event::Identity(format!("group {}", group.0)),
        };
        Outcome::push(&mut self.events.borrow_mut(), event);
        match action {
            Action::Aclexec(command) if command.as_bytes() == ALWAYS_TRUE => Ok(Done::Exited(0)),
            Action::Aclexec(_) if self.case.aclexec == KILLED => Err(Fault {
                what: "process 1 exited with signal 9".to_owned(),
                reason: String::new(),
            }),
            Action::Aclexec(_) => Ok(Done::Exited(i32::try_from(self.case.aclexec).unwrap_or(1))),
            _ => Ok(Done::Done),
        }
    }
}
