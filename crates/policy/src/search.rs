//! The search of hosts_access(5) where certain rules may match: the list of decisions that it comes to.
//!
//! The first rule whose condition holds decides. One that is in error, or whose aclexec says no, ends the search of
//! its table; after an error nothing lets a client in.

use hashbrown::HashSet;

use crate::condition::{Condition, Conditions, Form};
use crate::decision::{By, Decision, End, Entry, Judged, Verdict, nameless};
use crate::tables::Table;

/// Goes through rules for one service.
pub(crate) struct Search<'s> {
    /// The rules; entries name them by their index.
    pub rules: &'s [Judged],
    /// The formulas of their conditions.
    pub store: &'s mut Conditions,
}

impl Search<'_> {
    /// Whether a rule is of hosts.allow.
    pub(crate) fn is_allow(&self, (index, ..): &Entry) -> bool {
        let rule = self.rules.get(*index as usize);
        rule.is_some_and(|rule| rule.table == Table::Allow)
    }

    /// Whether a rule may end the search of its table without a verdict.
    pub(crate) fn may_leave(&self, (index, _, in_error): &Entry) -> bool {
        let rule = self.rules.get(*index as usize);
        *in_error != Condition::NEVER
            || rule
                .is_some_and(|rule| rule.refused.is_some() || !matches!(rule.end, End::Verdict(_)))
    }

    /// The decision where a rule comes first that decides for everybody.
    pub(crate) fn at_once(&self, entry: &Entry) -> Option<Decision> {
        let (index, Condition::ALWAYS, Condition::NEVER) = *entry else {
            return None;
        };
        match self.rules.get(index as usize)? {
            Judged {
                by,
                end: End::Verdict(verdict),
                refused: None,
                ..
            } => Some(Decision {
                when: Condition::ALWAYS,
                verdict: *verdict,
                by: *by,
            }),
            _ => None,
        }
    }

    /// The decisions where these rules may match: first those of hosts.allow, each table in its order.
    pub(crate) fn decide(&mut self, entries: &[Entry]) -> Vec<Decision> {
        let deny = entries.partition_point(|entry| self.is_allow(entry));
        let (allow, deny) = entries.split_at(deny);
        let mut list = List::default();
        self.search(allow, Some(deny), Condition::ALWAYS, None, &mut list);
        list.ordered(self.store)
    }

    /// Goes through a table, and through the next if it ends without a verdict.
    ///
    /// `guard` is what has to hold for the search to be here, `error` what was in error before.
    fn search(
        &mut self,
        table: &[Entry],
        next: Option<&[Entry]>,
        guard: Condition,
        error: Option<By>,
        list: &mut List,
    ) {
        for (index, matches, in_error) in table {
            let Some(rule) = self.rules.get(*index as usize).copied() else {
                continue;
            };
            if *in_error != Condition::NEVER {
                let here = self.store.all([guard, *in_error]);
                self.end(rule, End::InError, next, here, error, list);
            }
            let here = self.store.all([guard, *matches]);
            if let Some((refused, end)) = rule.refused {
                let here = self.store.all([here, refused]);
                self.end(rule, end, next, here, error, list);
            }
            self.end(rule, rule.end, next, here, error, list);
            if list.failed.contains(&guard) {
                return;
            }
        }
        match next {
            Some(next) => self.search(next, None, guard, error, list),
            None => {
                let (verdict, by) = match error {
                    None => (Verdict::Granted, By::Nothing),
                    Some(by) => (Verdict::Denied, by),
                };
                list.add(guard, verdict, by, self.store);
            }
        }
    }

    /// Adds what an end of a rule comes to.
    fn end(
        &mut self,
        rule: Judged,
        end: End,
        next: Option<&[Entry]>,
        guard: Condition,
        error: Option<By>,
        list: &mut List,
    ) {
        let guard = self.store.without(guard, &list.failed);
        if guard == Condition::NEVER {
            return;
        }
        let error = match end {
            End::Verdict(verdict) if error.is_none() || verdict == Verdict::Denied => {
                return list.add(guard, verdict, rule.by, self.store);
            }
            // After an error nothing lets a client in; the search of the table ends all the same.
            End::Verdict(_) | End::Left => error,
            End::InError => error.or(Some(match rule.by {
                By::Rule(index) => By::RuleInError(index),
                by => by,
            })),
        };
        self.search(next.unwrap_or(&[]), None, guard, error, list);
    }
}

/// A list of decisions under construction.
#[derive(Default)]
struct List {
    decisions: Vec<Decision>,
    /// Conditions that do not hold where the list goes on.
    failed: HashSet<Condition>,
}

impl List {
    fn add(&mut self, guard: Condition, verdict: Verdict, by: By, store: &mut Conditions) {
        let when = store.without(guard, &self.failed);
        if when != Condition::NEVER {
            self.decisions.push(Decision { when, verdict, by });
        }
        for decided in [guard, when] {
            self.failed.insert(decided);
            if let Form::Any(parts) = store.form(decided) {
                self.failed.extend(parts.iter().copied());
            }
        }
    }

    /// In the order in which the last decision is that for a client without a name or a user, of which no
    /// other test holds either.
    fn ordered(self, store: &mut Conditions) -> Vec<Decision> {
        let decisions = self.decisions;
        let Some(at) = decisions
            .iter()
            .position(|decision| store.holds(decision.when, &nameless))
        else {
            return decisions;
        };
        let mut list: Vec<Decision> = Vec::with_capacity(decisions.len());
        let mut before = decisions;
        let after = before.split_off(at + 1);
        let Some(last) = before.pop() else {
            return list;
        };
        list.append(&mut before);
        let not = store.not(last.when);
        for decision in after {
            let when = store.all([not, decision.when]);
            if when != Condition::NEVER {
                list.push(Decision { when, ..decision });
            }
        }
        // What says the same as the last needs no place of its own just before it.
        while let Some(previous) = list.last()
            && (previous.verdict, previous.by) == (last.verdict, last.by)
        {
            list.pop();
        }
        list.push(Decision {
            when: Condition::ALWAYS,
            ..last
        });
        list
    }
}
