//! The access check: two tables and a request in, a decision out (hosts_access(5), VERDICT).
//!
//! hosts.allow is searched first, then hosts.deny; the first rule that matches decides; no match
//! grants, unless something was *in error*: a table that cannot be read to its end, a rule that cannot be
//! evaluated. That ends the search of its table, and from there on nothing lets the client in, a rule of
//! hosts.deny with `allow` or `twist` neither. (Only the unterminated last line of hosts.allow is merely left
//! out, as in the original: tables in use rely on it.)

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::accelerate::index::HeldRules;
use crate::accelerate::skim::Skim;
use crate::action::{RuleOutcome, ShellText};
use crate::options;
use crate::report::problem::{Diagnostic, Problem, RefusedClients};
use crate::report::trace::{Event, List};
use crate::request::Request;
use crate::search::matcher::Matcher;
use crate::table::line::{Line, LineError, Lines};
use crate::table::place::Place;
use crate::table::rule::{split_clients, split_daemons};
use crate::world::{Effects, Log, World};

/// The two tables.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Clients that are granted access.
    pub allow: PathBuf,
    /// Clients that are denied access.
    pub deny: PathBuf,
}

impl Tables {
    /// `hosts.allow` and `hosts.deny` of a folder.
    pub fn in_folder(folder: impl AsRef<Path>) -> Self {
        Self {
            allow: folder.as_ref().join("hosts.allow"),
            deny: folder.as_ref().join("hosts.deny"),
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
#[derive(Debug)]
pub struct Decision {
    /// What is to become of the client.
    pub verdict: Verdict,
    /// The rule that decided, if one did.
    pub matched: Option<Place>,
    /// What was in error, as it was logged: at most one thing of each table. Where no rule decided, this
    /// is why the client is denied.
    pub in_error: Vec<Diagnostic>,
    /// Whether comments were met that tcp_wrappers 7.6 takes for rules; see [`comments`](crate::search::comments).
    pub live_comments: bool,
}

/// Which of the two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Allow,
    Deny,
}

impl Table {
    /// Whom it refuses that the table cannot be used from here on.
    fn rest_refuses(self) -> RefusedClients {
        match self {
            Self::Allow => RefusedClients::Ungranted,
            Self::Deny => RefusedClients::Reached,
        }
    }
}

/// A rule's verdict and its place; nothing if no rule matched, or an aclexec said no. The error is what
/// was in error.
type Search = Result<Option<(Verdict, Place)>, Diagnostic>;

/// Decides about a request. The options of the rule that matches are carried out through `effects`
/// as they are met.
pub fn hosts_access(
    tables: &Tables,
    request: &mut Request,
    world: &World<'_>,
    effects: &mut dyn Effects,
) -> Decision {
    let (mut in_error, mut live_comments) = (Vec::new(), false);
    for (table, path) in [(Table::Allow, &tables.allow), (Table::Deny, &tables.deny)] {
        match search(table, path, request, world, effects, &mut live_comments) {
            Ok(Some((verdict, place))) if in_error.is_empty() || verdict == Verdict::Denied => {
                return Decision {
                    verdict,
                    matched: Some(place),
                    in_error,
                    live_comments,
                };
            }
            // After an error nothing lets a client in: what could not be read may have refused it.
            Ok(_) => {}
            Err(diagnostic) => in_error.push(diagnostic),
        }
    }
    Decision {
        verdict: if in_error.is_empty() {
            Verdict::Granted
        } else {
            Verdict::Denied
        },
        matched: None,
        in_error,
        live_comments,
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
        let held = if world.log.wants_events() {
            None
        } else {
            world.files.held_table(path)
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
            Self::Read(lines) => match Skim::new(&request.client) {
                Some(skim) if !log.wants_events() => lines.next_line_past(&skim),
                _ => lines.next_line(),
            },
        }
    }

    /// Whether a comment was met that tcp_wrappers 7.6 takes for a rule. Nobody wants to know where rules are
    /// held.
    fn met_live_comment(&self) -> bool {
        match self {
            Self::Read(lines) => lines.met_live_comment(),
            Self::Held(_) => false,
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
    live_comments: &mut bool,
) -> Search {
    let rules = Rules::open(path, world).map_err(|error| {
        let problem = Problem::CannotOpen(path.to_owned(), error);
        in_error(world, None, problem, table.rest_refuses())
    })?;
    let found = rules.is_some();
    world.log.event(&Event::Table { path, found });
    let Some(mut rules) = rules else {
        return Ok(None);
    };
    let search = search_rules(table, path, &mut rules, request, world, effects);
    *live_comments |= rules.met_live_comment();
    search
}

fn search_rules(
    table: Table,
    path: &Path,
    rules: &mut Rules<'_>,
    request: &mut Request,
    world: &World<'_>,
    effects: &mut dyn Effects,
) -> Search {
    let mut place = Place {
        table: path.into(),
        first_line: 0,
        line: 0,
    };
    loop {
        let line = match rules.next_line(request, world.log) {
            Ok(Some(line)) => {
                (place.first_line, place.line) = (line.first, line.last);
                line
            }
            Ok(None) => return Ok(None),
            Err(error) => {
                (place.first_line, place.line) = rules.place();
                return bad_line(table, world, &place, error);
            }
        };
        let text = line.text;
        if line.nul {
            if table == Table::Allow && !text.is_empty() {
                return bad_line(table, world, &place, LineError::Nul);
            }
            warn(world, &place, Problem::NulPassed);
            if text.is_empty() {
                continue;
            }
        }
        let evaluated = evaluate(table, line, &place, request, world, effects);
        match evaluated {
            Ok(Evaluated::NoMatch) => {}
            // Bytes are missing, so the rule is not trusted to grant.
            Ok(Evaluated::Decided(Verdict::Granted)) if line.nul => {
                let problem = Problem::BadLine(LineError::Nul);
                return Err(in_error(
                    world,
                    Some(&place),
                    problem,
                    RefusedClients::Reached,
                ));
            }
            Ok(Evaluated::Decided(verdict)) => return Ok(Some((verdict, place))),
            Ok(Evaluated::Left) => return Ok(None),
            Err(problem) => {
                return Err(in_error(
                    world,
                    Some(&place),
                    problem,
                    RefusedClients::Reached,
                ));
            }
        }
    }
}

/// What came of a rule.
enum Evaluated {
    /// It does not match, or is none.
    NoMatch,
    /// It decides.
    Decided(Verdict),
    /// An aclexec said no: the table has no rule for the request.
    Left,
}

/// Tests a rule and, where it matches, runs its options. The error is why it is in error.
fn evaluate(
    table: Table,
    line: Line<'_>,
    place: &Place,
    request: &mut Request,
    world: &World<'_>,
    effects: &mut dyn Effects,
) -> Result<Evaluated, Problem> {
    let Some(options) = rule_match(line, place, request, world)? else {
        return Ok(Evaluated::NoMatch);
    };
    world.log.matched(place);
    let outcome = match options {
        Some(options) => options::run(options, request, world, place, effects),
        None => RuleOutcome::Table,
    };
    Ok(Evaluated::Decided(match (outcome, table) {
        (RuleOutcome::NoMatch, _) => return Ok(Evaluated::Left),
        (RuleOutcome::InError(fault), _) => return Err(Problem::AclexecFailed(fault)),
        (RuleOutcome::Twist(command), _) => Verdict::Twist(command),
        (RuleOutcome::Allow, _) | (RuleOutcome::Table, Table::Allow) => Verdict::Granted,
        (RuleOutcome::Deny | RuleOutcome::Failed, _) | (RuleOutcome::Table, Table::Deny) => {
            Verdict::Denied
        }
    }))
}

/// The options of a line's rule, if it has any, where the rule matches the request. A line that is
/// no rule is reported and skipped.
fn rule_match<'l>(
    line: Line<'l>,
    place: &Place,
    request: &mut Request,
    world: &World<'_>,
) -> Result<Option<Option<&'l [u8]>>, Problem> {
    let Some((daemons, rest)) = split_daemons(line.text) else {
        warn(world, place, Problem::MissingSeparator);
        return Ok(None);
    };
    let text = line.text;
    world.log.event(&Event::Rule { place, text });
    let mut matcher = Matcher {
        request,
        world: *world,
        place: Some(place),
    };
    if !matcher.list_match(List::Daemons, daemons)? {
        return Ok(None);
    }
    let (clients, options) = split_clients(rest);
    let matches = matcher.list_match(List::Clients, clients)?;
    Ok(matches.then_some(options))
}

fn warn(world: &World<'_>, place: &Place, problem: Problem) {
    world.log.diagnostic(&Diagnostic {
        place: Some(place.clone()),
        problem,
    });
}

/// Logs what is in error, and whom that refuses.
fn in_error(
    world: &World<'_>,
    place: Option<&Place>,
    problem: Problem,
    refused: RefusedClients,
) -> Diagnostic {
    let diagnostic = Diagnostic {
        place: place.cloned(),
        problem: Problem::InError(Box::new(problem), refused),
    };
    world.log.diagnostic(&diagnostic);
    diagnostic
}

/// Ends the search of a table at a line that cannot be trusted.
fn bad_line(table: Table, world: &World<'_>, place: &Place, error: LineError) -> Search {
    let left_out = table == Table::Allow && matches!(error, LineError::Unterminated);
    let problem = Problem::BadLine(error);
    let search = if left_out {
        warn(world, place, problem);
        Ok(None)
    } else {
        Err(in_error(world, Some(place), problem, table.rest_refuses()))
    };
    warn(world, place, Problem::RestIgnored);
    search
}

#[cfg(test)]
mod tests;
