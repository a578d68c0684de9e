//! A case: two tables, a client, and everything that must come of it, in one line.
//!
//! What a case does not mention must not happen: the log holds the announced lines in
//! order, then the verdict's own line, and nothing else.

use std::time::Duration;

use crate::syslog::readable;
use crate::world::is_row;
use crate::{Call, Outcome, Release, Subject, Verdict, World};

/// Whom it refuses that what is left of hosts.allow is in error.
pub const UNGRANTED: &str = "everybody whom no rule above grants";

/// Whom it refuses that a rule, or what is left of hosts.deny, is in error.
pub const REACHED: &str = "everybody who gets that far";

/// Stands for any text in an expected line: `warning: /etc/hosts.deny, line 1: …`.
const ANY: &str = "…";

/// See the module. Made by [`rule`] or [`tables`].
#[derive(Clone, Debug)]
pub struct Case {
    allow: Vec<u8>,
    deny: Vec<u8>,
    call: Call,
    given: Option<fn()>,
    debian: Expected,
    others: Vec<Other>,
}

/// What one side does that differs, and the row of docs/differences.md that says so.
#[derive(Clone, Debug)]
struct Other {
    side: Side,
    row: String,
    expected: Expected,
}

/// Who may differ from the original of Debian 12.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Ours,
    Debian13,
}

#[derive(Clone, Debug)]
struct Expected {
    verdict: Verdict,
    who: Option<String>,
    address: Option<String>,
    /// Priority and text of the lines before the verdict's.
    lines: Vec<(String, String)>,
    level: Option<String>,
    command: String,
    after: Vec<(String, String)>,
    read: String,
    status: Option<i32>,
    queued: Option<bool>,
}

/// A case of one hosts.allow and one hosts.deny; each is given its last newline.
pub fn rule(allow: &str, deny: &str) -> Case {
    let ended = |table: &str| match table {
        "" => String::new(),
        table if table.ends_with('\n') => table.into(),
        table => format!("{table}\n"),
    };
    tables(ended(allow), ended(deny))
}

/// A case whose tables are taken byte for byte; an empty one is a missing file.
pub fn tables(allow: impl AsRef<[u8]>, deny: impl AsRef<[u8]>) -> Case {
    Case {
        allow: allow.as_ref().to_vec(),
        deny: deny.as_ref().to_vec(),
        call: Call::new(),
        given: None,
        debian: Expected {
            verdict: Verdict::None,
            who: None,
            address: None,
            lines: Vec::new(),
            level: None,
            command: String::new(),
            after: Vec::new(),
            read: String::new(),
            status: None,
            queued: None,
        },
        others: Vec::new(),
    }
}

/// Whether a client list matches: hosts.allow grants by it, hosts.deny refuses the rest.
pub fn clients(list: &str) -> Case {
    rule(&format!("svcd: {list}"), "ALL: ALL")
}

/// Whether a daemon list matches, in the same way.
pub fn daemons(list: &str) -> Case {
    rule(&format!("{list}: ALL"), "ALL: ALL")
}

/// Who connects, and how.
impl Case {
    /// The client: see [`crate::Endpoint`].
    pub fn from(mut self, client: &str) -> Self {
        self.call = self.call.from(client);
        self
    }

    /// The server's address.
    pub fn at(mut self, server: &str) -> Self {
        self.call = self.call.at(server);
        self
    }

    /// The server's port.
    pub fn port(mut self, port: u16) -> Self {
        self.call = self.call.port(port);
        self
    }

    /// tcpd's name for itself.
    pub fn argv0(mut self, name: &str) -> Self {
        self.call = self.call.argv0(name);
        self
    }

    /// The daemon's arguments.
    pub fn args(mut self, args: &[&str]) -> Self {
        self.call = self.call.args(args);
        self
    }

    /// Something to do once the tables are written, before the client connects.
    pub fn given(mut self, act: fn()) -> Self {
        self.given = Some(act);
        self
    }

    /// Changes the call in another way.
    pub fn call(mut self, change: impl FnOnce(Call) -> Call) -> Self {
        self.call = change(self.call);
        self
    }

    /// How long the verdict may take.
    pub fn within(mut self, time: Duration) -> Self {
        self.call = self.call.patience(time);
        self
    }
}

/// What must happen: to all, or after [`Case::but`] to ours, after [`Case::later`] to Debian 13's.
impl Case {
    fn expected(&mut self) -> &mut Expected {
        match self.others.last_mut() {
            Some(other) => &mut other.expected,
            None => &mut self.debian,
        }
    }

    fn expect(mut self, change: impl FnOnce(&mut Expected)) -> Self {
        change(self.expected());
        self
    }

    /// The daemon serves the client.
    pub fn granted(self) -> Self {
        self.expect(|expected| expected.verdict = Verdict::Granted)
    }

    /// The connection is refused.
    pub fn refused(self) -> Self {
        self.expect(|expected| expected.verdict = Verdict::Refused)
    }

    /// Granted if it is so, else refused: for tables of patterns.
    pub fn is(self, granted: bool) -> Self {
        if granted {
            self.granted()
        } else {
            self.refused()
        }
    }

    /// This command takes the daemon's place.
    pub fn twisted(self, command: &str) -> Self {
        self.expect(|expected| {
            expected.verdict = Verdict::Twisted;
            expected.command = command.into();
        })
    }

    /// No verdict is logged, and no daemon runs.
    pub fn undecided(self) -> Self {
        self.expect(|expected| expected.verdict = Verdict::None)
    }

    /// The client's name in the verdict's line, as in `joe@good.example.test`; else its address.
    pub fn who(self, name: &str) -> Self {
        self.expect(|expected| expected.who = Some(name.into()))
    }

    /// The client's address in the verdict's line, where it is not the real one.
    pub fn address(self, address: &str) -> Self {
        self.expect(|expected| expected.address = Some(address.into()))
    }

    /// A line of facility daemon, level err, before the verdict's. `…` stands for any text.
    pub fn says(self, line: &str) -> Self {
        self.logs("daemon.err", line)
    }

    /// A line of any priority before the verdict's.
    pub fn logs(self, priority: &str, line: &str) -> Self {
        self.expect(|expected| expected.lines.push((priority.into(), line.into())))
    }

    /// A line of level err after the verdict's.
    pub fn then_says(self, line: &str) -> Self {
        self.expect(|expected| expected.after.push(("daemon.err".into(), line.into())))
    }

    /// The last line announced so far is about something in error: ours says in it whom that refuses.
    pub fn in_error(mut self, whom: &str) -> Self {
        let is_ours = |other: &Other| other.side == Side::Ours;
        if !self.others.iter().any(is_ours) {
            self = self.on(Side::Ours, "L3");
        }
        let mut others = self.others.iter_mut();
        let ours = others.find(|other| is_ours(other)).expect("just made");
        let (_, line) = ours.expected.lines.last_mut().expect("a line about it");
        line.push_str(&format!(" (in error: refuses {whom})"));
        self
    }

    /// Forgets the lines announced so far.
    pub fn silent(self) -> Self {
        self.expect(|expected| {
            expected.lines.clear();
            expected.after.clear();
        })
    }

    /// The priority of the verdict's line, where it is not the usual one.
    pub fn level(self, priority: &str) -> Self {
        self.expect(|expected| expected.level = Some(priority.into()))
    }

    /// What the client reads, but for the daemon's greeting.
    pub fn reads(self, text: &str) -> Self {
        self.expect(|expected| expected.read = text.into())
    }

    /// The exit status of the program.
    pub fn exits(self, status: i32) -> Self {
        self.expect(|expected| expected.status = Some(status))
    }

    /// Whether the datagram is still queued afterwards.
    pub fn queued(self, queued: bool) -> Self {
        self.expect(|expected| expected.queued = Some(queued))
    }

    /// From here on the line says what ours does, because of this row of docs/differences.md.
    pub fn but(self, row: &str) -> Self {
        self.on(Side::Ours, row)
    }

    /// From here on the line says what the original of Debian 13 does, because of this row of
    /// docs/differences.md.
    pub fn later(self, row: &str) -> Self {
        self.on(Side::Debian13, row)
    }

    /// [`Case::later`], of a rule in line 1 of `table` (`allow`, `deny`) that asks for a netgroup: it does not
    /// match there, the log says so, and nothing has asked for the client's name.
    pub fn without_netgroups(self, row: &str, table: &str, granted: bool, client: &str) -> Self {
        let warning = format!("warning: /etc/hosts.{table}, line 1: netgroup support is disabled");
        self.later(row).is(granted).who(client).says(&warning)
    }

    fn on(mut self, side: Side, row: &str) -> Self {
        assert!(is_row(row), "{row}: not a row of docs/differences.md");
        self.others.push(Other {
            side,
            row: row.into(),
            expected: self.debian.clone(),
        });
        self
    }
}

impl Case {
    /// Runs the case; the error is a full report.
    pub(crate) fn run(&self, world: &World) -> Result<(), String> {
        world.tables(&self.allow, &self.deny);
        if let Some(act) = self.given {
            act();
        }
        let outcome = world.run(&self.call);
        let side = match (world.subject, Release::chosen()) {
            (Subject::Ours, _) => Some(Side::Ours),
            (Subject::Debian, Release::Debian13) => Some(Side::Debian13),
            (Subject::Debian, Release::Debian12) => None,
        };
        let other = self.others.iter().find(|other| Some(other.side) == side);
        let expected = other.map_or(&self.debian, |other| &other.expected);
        let wrong = expected.compare(&outcome, self.call.shown());
        if wrong.is_empty() {
            return Ok(());
        }
        let row = other.map_or(String::new(), |other| format!(" (row {})", other.row));
        Err(self.report(world.subject, &row, &wrong, &outcome))
    }

    fn report(&self, subject: Subject, row: &str, wrong: &[String], outcome: &Outcome) -> String {
        let log: Vec<_> = outcome
            .log
            .iter()
            .map(|record| format!("  {record}"))
            .collect();
        format!(
            "----\n{subject:?}{row}: {}\nhosts.allow:\n{}hosts.deny:\n{}call: {:?}\n\
             verdict: {:?}, {:?} after {:?}\nlog:\n{}\nclient read: {:?}\n",
            wrong.join("; "),
            brief(&self.allow),
            brief(&self.deny),
            self.call,
            outcome.verdict,
            outcome.status,
            outcome.took,
            log.join("\n"),
            shortened(&outcome.read),
        )
    }
}

impl Expected {
    fn compare(&self, outcome: &Outcome, shown: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.verdict != outcome.verdict {
            wrong.push(format!("expected {:?}", self.verdict));
        }
        let lines = self.all_lines(shown);
        let same = lines.len() == outcome.log.len()
            && lines
                .iter()
                .zip(&outcome.log)
                .all(|((priority, text), record)| {
                    *priority == record.priority && fits(text, &record.text)
                });
        if !same {
            let lines: Vec<_> = lines
                .iter()
                .map(|(level, text)| format!("  {level} {text}"))
                .collect();
            wrong.push(format!("expected the log\n{}\n", lines.join("\n")));
        }
        if !fits(&self.read, &outcome.read) {
            wrong.push(format!(
                "expected that the client reads {:?}",
                shortened(&self.read)
            ));
        }
        if let Some(status) = self.status
            && outcome.status.and_then(|status| status.code()) != Some(status)
        {
            wrong.push(format!("expected exit status {status}"));
        }
        if let Some(queued) = self.queued
            && outcome.queued != queued
        {
            wrong.push(format!("expected a queued datagram: {queued}"));
        }
        wrong
    }

    /// The announced lines, the verdict's, and what follows.
    fn all_lines(&self, shown: &str) -> Vec<(String, String)> {
        let address = self.address.as_deref().unwrap_or(shown);
        let who = self.who.as_deref().unwrap_or(address);
        let verdict = match self.verdict {
            Verdict::Granted => Some(("daemon.info", format!("connect from {who} ({address})"))),
            Verdict::Refused => Some((
                "daemon.warning",
                format!("refused connect from {who} ({address})"),
            )),
            Verdict::Twisted => {
                Some(("daemon.warning", format!("twist {who} to {}", self.command)))
            }
            Verdict::None => None,
        };
        let verdict =
            verdict.map(|(level, text)| (self.level.clone().unwrap_or_else(|| level.into()), text));
        self.lines
            .iter()
            .cloned()
            .chain(verdict)
            .chain(self.after.iter().cloned())
            .collect()
    }
}

/// Whether the text is as expected, where [`ANY`] fits anything.
pub(crate) fn fits(expected: &str, text: &str) -> bool {
    let Some((start, rest)) = expected.split_once(ANY) else {
        return expected == text;
    };
    text.strip_prefix(start).is_some_and(|text| {
        let mut ends = (0..=text.len())
            .rev()
            .filter(|end| text.is_char_boundary(*end));
        ends.any(|end| fits(rest, &text[end..]))
    })
}

fn brief(table: &[u8]) -> String {
    let text = shortened(&readable(table));
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn shortened(text: &str) -> String {
    const MOST: usize = 2000;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}[and {} bytes]", &text[..at], text.len() - at),
        None => text.into(),
    }
}
