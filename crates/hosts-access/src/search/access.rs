//! The access check: two tables and a request in, a decision out (hosts_access(5), VERDICT).
//!
//! hosts.allow is searched first, then hosts.deny; the first rule that matches decides; no match
//! grants, unless something was *in error*: a table that cannot be read to its end, a rule that cannot be
//! evaluated. That ends the search of its table, and from there on nothing lets the client in, a rule of
//! hosts.deny with `allow` or `twist` neither. (Only the unterminated last line of hosts.allow is merely left
//! out, as in the original: tables in use rely on it.)

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::action::{RuleOutcome, ShellText};
use crate::options;
use crate::report::problem::{Diagnostic, Problem, RefusedClients};
use crate::report::trace::Event;
use crate::request::{Request, Side};
use crate::search::entries::{Entries, Kind};
use crate::search::matcher::Matcher;
use crate::table::entry::{Entry, EntryError};
use crate::table::place::Place;
use crate::table::rule::split_daemons;
use crate::world::{Effects, World};

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
    let mut decision = Decision {
        verdict: Verdict::Granted,
        matched: None,
        in_error: Vec::new(),
        live_comments: false,
    };
    for (table, path) in [(Table::Allow, &tables.allow), (Table::Deny, &tables.deny)] {
        let search = TableSearch {
            table,
            place: Place {
                table: path.as_path().into(),
                first_line: 0,
                line: 0,
            },
            request,
            world,
            effects,
        };
        match search.run(&mut decision.live_comments) {
            // After an error nothing lets a client in: what could not be read may have refused it.
            Ok(Some((verdict, place)))
                if decision.in_error.is_empty() || verdict == Verdict::Denied =>
            {
                decision.verdict = verdict;
                decision.matched = Some(place);
                break;
            }
            Ok(_) => {}
            Err(diagnostic) => {
                decision.verdict = Verdict::Denied;
                decision.in_error.push(diagnostic);
            }
        }
    }
    decision
}

/// The search of one table under way.
struct TableSearch<'s, 'w> {
    table: Table,
    /// The line at hand.
    place: Place,
    request: &'s mut Request,
    world: &'s World<'w>,
    effects: &'s mut dyn Effects,
}

impl TableSearch<'_, '_> {
    fn run(mut self, live_comments: &mut bool) -> Search {
        let path = Arc::clone(&self.place.table);
        let rules = super::open(&path, Kind::Table, self.world).map_err(|error| {
            let problem = Problem::CannotOpen(path.to_path_buf(), error);
            self.in_error(None, problem, self.table.rest_refuses())
        })?;
        let (path, found) = (&*path, rules.is_some());
        self.world.log.event(&Event::Table { path, found });
        let Some(mut rules) = rules else {
            return Ok(None);
        };
        let search = self.search(&mut *rules);
        *live_comments |= rules.passed().live_comment;
        search
    }

    fn search(&mut self, rules: &mut dyn Entries) -> Search {
        loop {
            let line = match rules.next_entry(self.request, Side::Client) {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(None),
                Err(error) => {
                    (self.place.first_line, self.place.line) = rules.lines();
                    return self.end_at(error);
                }
            };
            (self.place.first_line, self.place.line) = (line.first, line.last);
            if line.nul {
                if self.table == Table::Allow && !line.text.is_empty() {
                    return self.end_at(EntryError::Nul);
                }
                self.warn(Problem::NulPassed);
                if line.text.is_empty() {
                    continue;
                }
            }
            let problem = match self.evaluate(line) {
                Ok(Evaluated::NoMatch) => continue,
                // Bytes are missing, so the rule is not trusted to grant.
                Ok(Evaluated::Decided(Verdict::Granted)) if line.nul => {
                    Problem::BadLine(EntryError::Nul)
                }
                Ok(Evaluated::Decided(verdict)) => {
                    return Ok(Some((verdict, self.place.clone())));
                }
                Ok(Evaluated::Left) => return Ok(None),
                Err(problem) => problem,
            };
            let place = Some(self.place.clone());
            return Err(self.in_error(place, problem, RefusedClients::Reached));
        }
    }

    /// Tests a rule and, where it matches, runs its options. The error is why it is in error.
    fn evaluate(&mut self, line: Entry<'_>) -> Result<Evaluated, Problem> {
        let Some(options) = self.rule_match(line)? else {
            return Ok(Evaluated::NoMatch);
        };
        self.world.log.matched(&self.place);
        let outcome = match options {
            Some(options) => {
                options::run(options, self.request, self.world, &self.place, self.effects)
            }
            None => RuleOutcome::Table,
        };
        Ok(Evaluated::Decided(match (outcome, self.table) {
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
    fn rule_match<'l>(&mut self, line: Entry<'l>) -> Result<Option<Option<&'l [u8]>>, Problem> {
        let Some((daemons, rest)) = split_daemons(line.text) else {
            self.warn(Problem::MissingSeparator);
            return Ok(None);
        };
        let (place, text) = (&self.place, line.text);
        self.world.log.event(&Event::Rule { place, text });
        let mut matcher = Matcher {
            request: self.request,
            world: *self.world,
            place: Some(place),
        };
        matcher.rule_match(daemons, rest)
    }

    fn warn(&self, problem: Problem) {
        self.world.log.diagnostic(&Diagnostic {
            place: Some(self.place.clone()),
            problem,
        });
    }

    /// Logs what is in error, and whom that refuses.
    fn in_error(
        &self,
        place: Option<Place>,
        problem: Problem,
        refused: RefusedClients,
    ) -> Diagnostic {
        let problem = Problem::InError(Box::new(problem), refused);
        let diagnostic = Diagnostic { place, problem };
        self.world.log.diagnostic(&diagnostic);
        diagnostic
    }

    /// Ends the search at a line that cannot be trusted.
    fn end_at(&self, error: EntryError) -> Search {
        let left_out = self.table == Table::Allow && matches!(error, EntryError::Unterminated);
        let problem = Problem::BadLine(error);
        let search = if left_out {
            self.warn(problem);
            Ok(None)
        } else {
            let place = Some(self.place.clone());
            Err(self.in_error(place, problem, self.table.rest_refuses()))
        };
        self.warn(Problem::RestIgnored);
        search
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

#[cfg(test)]
mod tests;
