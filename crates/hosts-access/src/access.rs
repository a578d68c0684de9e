//! The access check: two tables and a request in, a decision out (hosts_access(5), VERDICT).
//!
//! hosts.allow is searched first, then hosts.deny; the first rule that matches decides; no match
//! grants. A rule or table *in error* never grants: in hosts.allow the search goes on to hosts.deny,
//! in hosts.deny it denies.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::action::ShellText;
use crate::index::HeldRules;
use crate::line::{Line, LineError, Lines};
use crate::options::{self, Outcome};
use crate::pattern::Matcher;
use crate::problem::{Diagnostic, Place, Problem, Spot};
use crate::request::Request;
use crate::rule::{split_clients, split_daemons};
use crate::settings;
use crate::skim::Skim;
use crate::trace::{Event, List};
use crate::world::{Effects, Log, World};

/// The two tables.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Clients that are granted access.
    pub allow: PathBuf,
    /// Clients that are denied access.
    pub deny: PathBuf,
}

impl Default for Tables {
    /// The tables that the program was built for.
    fn default() -> Self {
        Self {
            allow: settings::HOSTS_ALLOW.into(),
            deny: settings::HOSTS_DENY.into(),
        }
    }
}

/// The answer to a request.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The service is to run.
    Granted,
    /// The client is to be refused.
    Denied,
    /// This command is to run in place of the service.
    Twist(ShellText),
}

/// The answer and what it rests on.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The answer.
    pub verdict: Verdict,
    /// The rule that decided, if one did.
    pub matched: Option<Place>,
}

/// Which of the two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Allow,
    Deny,
}

/// How the search of one table ended.
enum Search {
    /// No rule matched, or an aclexec said no.
    NoMatch,
    /// The table or a rule is in error.
    InError,
    /// A rule decided.
    Decided(Verdict, Place),
}

/// Decides about a request. The options of the rule that matches are carried out through `effects`
/// as they are met.
pub fn hosts_access(
    tables: &Tables,
    request: &mut Request,
    world: &World<'_>,
    effects: &mut dyn Effects,
) -> Decision {
    for (table, path) in [(Table::Allow, &tables.allow), (Table::Deny, &tables.deny)] {
        match search(table, path, request, world, effects) {
            Search::Decided(verdict, place) => {
                return Decision {
                    verdict,
                    matched: Some(place),
                };
            }
            Search::InError if table == Table::Deny => {
                return Decision {
                    verdict: Verdict::Denied,
                    matched: None,
                };
            }
            Search::InError | Search::NoMatch => {}
        }
    }
    Decision {
        verdict: Verdict::Granted,
        matched: None,
    }
}

/// The rules of a table: read for this request, or held in memory and found by an index.
enum Rules<'w> {
    Read(Lines<Box<dyn Read + 'w>>),
    Held(HeldRules),
}

impl<'w> Rules<'w> {
    /// Opens a table; `None` if there is none.
    fn open(path: &Path, world: &World<'w>) -> io::Result<Option<Self>> {
        let held = match world.log.wants_events() {
            true => None,
            false => world.files.held_table(path),
        };
        Ok(match held {
            Some(table) => Some(Self::Held(HeldRules::new(table))),
            None => world.files.open(path)?.map(Lines::new).map(Self::Read),
        })
    }

    /// The next line but those that have nothing to do with the request.
    fn next_line(
        &mut self,
        request: &Request,
        log: &dyn Log,
    ) -> Result<Option<Line<'_>>, LineError> {
        match self {
            Self::Held(rules) => rules.next_line(request),
            Self::Read(lines) => match Skim::of(&request.client, log) {
                Some(skim) => lines.next_line_past(&skim),
                None => lines.next_line(),
            },
        }
    }

    /// First and last physical line of the line at hand or, after an error, of the bad one.
    fn place(&self) -> (u64, u64) {
        match self {
            Self::Held(rules) => (rules.first(), rules.last()),
            Self::Read(lines) => (lines.first(), lines.last()),
        }
    }
}

fn search(
    table: Table,
    path: &Path,
    request: &mut Request,
    world: &World<'_>,
    effects: &mut dyn Effects,
) -> Search {
    let rules = match Rules::open(path, world) {
        Ok(rules) => rules,
        Err(error) => {
            warn(world, None, Problem::CannotOpen(path.to_owned(), error));
            return Search::InError;
        }
    };
    let found = rules.is_some();
    world.log.event(&Event::Table { path, found });
    let Some(mut rules) = rules else {
        return Search::NoMatch;
    };
    let name: Arc<Path> = Arc::from(path);
    loop {
        let (line, spot) = match rules.next_line(request, world.log) {
            Ok(Some(line)) => (line, spot(&name, line.first, line.last)),
            Ok(None) => return Search::NoMatch,
            Err(error) => {
                let (first, last) = rules.place();
                report_bad_line(world, spot(&name, first, last), error);
                return Search::InError;
            }
        };
        match rule_match(line, spot, request, world) {
            Ok(None) => {}
            Ok(Some(options)) => {
                world.log.matched(&spot.place());
                let outcome = match options {
                    Some(options) => options::run(options, request, world, spot, effects),
                    None => Outcome::Table,
                };
                return conclude(table, outcome, spot);
            }
            Err(problem) => {
                warn(world, Some(spot), problem);
                return Search::InError;
            }
        }
    }
}

fn spot(table: &Arc<Path>, first_line: u64, line: u64) -> Spot<'_> {
    Spot {
        table,
        first_line,
        line,
    }
}

/// The options of a line's rule, if it has any, where the rule matches the request. A line that is
/// no rule is reported and skipped.
fn rule_match<'l>(
    line: Line<'l>,
    spot: Spot<'_>,
    request: &mut Request,
    world: &World<'_>,
) -> Result<Option<Option<&'l [u8]>>, Problem> {
    let Some((daemons, rest)) = split_daemons(line.text) else {
        warn(world, Some(spot), Problem::MissingSeparator);
        return Ok(None);
    };
    let text = line.text;
    world.log.event(&Event::Rule { spot, text });
    let mut matcher = Matcher {
        request,
        world: *world,
        spot: Some(spot),
    };
    if !matcher.list_match(List::Daemons, daemons)? {
        return Ok(None);
    }
    let (clients, options) = split_clients(rest);
    let matches = matcher.list_match(List::Clients, clients)?;
    Ok(matches.then_some(options))
}

/// What the outcome of a rule's options means in its table.
fn conclude(table: Table, outcome: Outcome, spot: Spot<'_>) -> Search {
    let verdict = match (outcome, table) {
        (Outcome::NoMatch, _) => return Search::NoMatch,
        (Outcome::InError, _) => return Search::InError,
        (Outcome::Twist(command), _) => Verdict::Twist(command),
        (Outcome::Allow, _) | (Outcome::Table, Table::Allow) => Verdict::Granted,
        (Outcome::Deny | Outcome::Failed, _) | (Outcome::Table, Table::Deny) => Verdict::Denied,
    };
    Search::Decided(verdict, spot.place())
}

fn warn(world: &World<'_>, spot: Option<Spot<'_>>, problem: Problem) {
    world.log.diagnostic(&Diagnostic {
        place: spot.map(Spot::place),
        problem,
    });
}

fn report_bad_line(world: &World<'_>, spot: Spot<'_>, error: LineError) {
    let problem = match error {
        LineError::TooLong => Problem::LineTooLong,
        LineError::Nul => Problem::NulByte,
        LineError::Io(error) => Problem::CannotRead(error),
    };
    warn(world, Some(spot), problem);
    warn(world, Some(spot), Problem::RestIgnored);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeWorld;
    use crate::request::Host;

    /// The verdict, the matched rule as `allow:LINE` or `deny:LINE`, and what was logged.
    fn decide(fake: &FakeWorld) -> (String, String, Vec<String>) {
        let mut request = Request::new("svcd", Host::from_text("192.0.2.7"), Host::unknown());
        let decision = hosts_access(
            &Tables {
                allow: "/A".into(),
                deny: "/D".into(),
            },
            &mut request,
            &fake.world(),
            &mut fake.effects(),
        );
        let verdict = match decision.verdict {
            Verdict::Granted => "granted".to_owned(),
            Verdict::Denied => "denied".to_owned(),
            Verdict::Twist(command) => {
                format!("twist {}", String::from_utf8_lossy(command.as_bytes()))
            }
        };
        let matched = decision.matched.map_or(String::new(), |place| {
            format!("{}:{}", place.table.display(), place.line)
        });
        (verdict, matched, fake.logged())
    }

    fn tables(allow: &str, deny: &str) -> FakeWorld {
        FakeWorld::new().file("/A", allow).file("/D", deny)
    }

    /// Tables, verdict and matched rule, one case a line.
    #[test]
    fn verdicts() {
        for (allow, deny, verdict, matched) in [
            ("", "", "granted", ""),
            ("svcd: ALL\n", "ALL: ALL\n", "granted", "/A:1"),
            ("other: ALL\n", "ALL: ALL\n", "denied", "/D:1"),
            (
                "svcd: 10.\nsvcd: 192.0.2.\n",
                "ALL: ALL\n",
                "granted",
                "/A:2",
            ),
            ("svcd: ALL: deny\n", "", "denied", "/A:1"),
            ("", "svcd: ALL: allow\n", "granted", "/D:1"),
            (
                "svcd: ALL: twist echo %a\n",
                "",
                "twist echo 192.0.2.7",
                "/A:1",
            ),
            ("svcd: ALL: bogus\n", "", "denied", "/A:1"),
            ("", "svcd: ALL: bogus\n", "denied", "/D:1"),
            ("svcd: ALL:\n", "", "denied", "/A:1"),
            ("svcd ALL\nsvcd: ALL\n", "ALL: ALL\n", "granted", "/A:2"),
            ("", "svcd ALL\n", "granted", ""),
            ("ALL: ALL: deny", "", "granted", ""),
            ("ALL: ALL", "ALL: ALL\n", "denied", "/D:1"),
            ("", "x: y", "denied", ""),
            ("", "svcd: ALL: allow\nx: y", "granted", "/D:1"),
            ("", "# comment", "denied", ""),
            ("", "x: y\0\n", "denied", ""),
            ("x: y\0\nsvcd: ALL\n", "ALL: ALL\n", "denied", "/D:1"),
            (" # svcd: ALL\n", "ALL: ALL\n", "denied", "/D:1"),
            ("", "svcd: 10.9.9.9 # see ALL notes\n", "denied", "/D:1"),
            ("svcd: /secret\nsvcd: ALL\n", "x: y\n", "granted", ""),
            ("svcd: /secret\nsvcd: ALL\n", "ALL: ALL\n", "denied", "/D:1"),
            ("svcd: 192.0.2. /secret\n", "ALL: ALL\n", "granted", "/A:1"),
            ("", "svcd: /secret\n", "denied", ""),
            ("", "svcd: ALL EXCEPT /secret\n", "denied", ""),
            ("", "svcd: 10. EXCEPT /secret\n", "granted", ""),
            ("", "svcd: /missing\n", "granted", ""),
        ] {
            let fake = tables(allow, deny).unreadable("/secret");
            let (found, place, _) = decide(&fake);
            assert_eq!(
                (found.as_str(), place.as_str()),
                (verdict, matched),
                "{allow:?} {deny:?}"
            );
        }
    }

    #[test]
    fn what_a_rule_sets_ends_with_the_request() {
        let rules = "svcd: 192.0.2.7: severity mail.crit: rfc931 3\nsvcd: 192.0.2.8\n";
        let fake = tables(rules, "");
        let places = Tables {
            allow: "/A".into(),
            deny: "/D".into(),
        };
        let found = ["192.0.2.7", "192.0.2.8"].map(|client| {
            let mut request = Request::new("svcd", Host::from_text(client), Host::unknown());
            let _ = hosts_access(&places, &mut request, &fake.world(), &mut fake.effects());
            (request.severity.is_some(), request.ident_limit.as_secs())
        });
        let usual = u64::from(settings::RFC931_TIMEOUT);
        assert_eq!(found, [(true, 3), (false, usual)]);
    }

    #[test]
    fn tables_that_cannot_be_opened() {
        let fake = FakeWorld::new().unreadable("/A").file("/D", "");
        let warning = "warning: cannot open /A: Permission denied";
        assert_eq!(
            decide(&fake),
            ("granted".into(), String::new(), vec![warning.into()])
        );
        let fake = FakeWorld::new().file("/A", "").unreadable("/D");
        assert_eq!(decide(&fake).0, "denied");
    }

    #[test]
    fn bad_lines_are_reported_with_their_number() {
        for (table, messages) in [
            (
                "x: y\nsvcd: ALL",
                &[
                    "warning: /A, line 2: missing newline or line too long",
                    "warning: /A, line 2: all the subsequent rules will be ignored",
                ][..],
            ),
            (
                "a\\\nb\n",
                &["warning: /A, line 2: missing \":\" separator"],
            ),
            (
                "svcd: /loop\n",
                &[
                    "warning: /A, line 1: /loop: lists include each other over 8 deep; does one include itself?",
                ],
            ),
        ] {
            let fake = tables(table, "").file("/loop", "/loop");
            assert_eq!(decide(&fake).2, messages, "{table:?}");
        }
    }
}
