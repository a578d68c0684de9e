//! Which addresses are let in for certain, whatever a client's name, user and the rest: all that a filter
//! of addresses may let in. What depends on more, and what a command serves, is not among them.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::access::{Access, By, Decision, Verdict};
use crate::condition::Condition;
use crate::space::Family;

/// The addresses that are granted in every case, and what was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admitted {
    /// Ranges in order, none touches the next.
    ranges: Vec<(Family, u128, u128)>,
    unsaid: Vec<Decision>,
}

impl Admitted {
    /// Those of an answer.
    pub fn of(access: &Access) -> Self {
        let mut unsaid = BTreeSet::new();
        let granted: Vec<bool> = (0..access.answers())
            .map(|answer| is_granted(access.decisions(answer), &mut unsaid))
            .collect();
        let mut ranges: Vec<(Family, u128, u128)> = Vec::new();
        for range in access.ranges() {
            if granted.get(range.answer) != Some(&true) {
                continue;
            }
            match ranges.last_mut() {
                Some((family, _, to))
                    if *family == range.family && to.checked_add(1) == Some(range.from) =>
                {
                    *to = range.to;
                }
                _ => ranges.push((range.family, range.from, range.to)),
            }
        }
        Self {
            ranges,
            unsaid: unsaid
                .into_iter()
                .map(|(by, when, verdict)| Decision { when, verdict, by })
                .collect(),
        }
    }

    /// The decisions that cannot be said by addresses, in the order of the tables: those on which it depends
    /// what becomes of a client, and the commands of a twist.
    pub fn unsaid(&self) -> &[Decision] {
        &self.unsaid
    }

    /// The fewest networks that are the granted addresses of a family.
    pub fn networks(&self, family: Family) -> impl Iterator<Item = IpNet> {
        let ranges = self.ranges.iter().filter(move |(of, ..)| *of == family);
        ranges.flat_map(|(family, from, to)| family.networks(*from, *to))
    }

    /// Whether all of a range is granted.
    pub fn covers(&self, family: Family, from: u128, to: u128) -> bool {
        let around =
            |range: &&(Family, u128, u128)| range.0 == family && range.1 <= from && to <= range.2;
        self.ranges.iter().any(|range| around(&range))
    }
}

/// A decision, so that those of a rule stand together.
type Sorted = (By, Condition, Verdict);

/// Whether a list lets every client in. If that depends, what it depends on is noted.
fn is_granted(list: &[Decision], unsaid: &mut BTreeSet<Sorted>) -> bool {
    let all = |verdict| list.iter().all(|one| one.verdict == verdict);
    if all(Verdict::Granted) {
        return !list.is_empty();
    }
    // What ends as the last does need not be told apart from it.
    let last = list.last().map(|last| last.verdict);
    let told = list.iter().rposition(|one| Some(one.verdict) != last);
    let depends = list
        .iter()
        .enumerate()
        .filter(|(at, one)| told.is_some_and(|told| *at <= told) || one.verdict == Verdict::Twist);
    unsaid.extend(depends.map(|(_, one)| (one.by, one.when, one.verdict)));
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    use Verdict::{Denied, Granted, Twist};

    #[test]
    fn only_what_is_granted_in_every_case_is_let_in() {
        let mut store = crate::condition::Conditions::default();
        let name = store.test(crate::condition::Test::NameKnown);
        let list = |verdicts: &[Verdict]| -> Vec<Decision> {
            let count = verdicts.len();
            let one = |(at, verdict): (usize, &Verdict)| Decision {
                when: if at + 1 == count {
                    Condition::ALWAYS
                } else {
                    name
                },
                verdict: *verdict,
                by: By::Rule(u32::try_from(at).unwrap()),
            };
            verdicts.iter().enumerate().map(one).collect()
        };
        for (verdicts, granted, told) in [
            (&[Granted][..], true, &[][..]),
            (&[Granted, Granted], true, &[]),
            (&[Denied], false, &[]),
            (&[Denied, Denied], false, &[]),
            (&[Granted, Denied], false, &[0]),
            (&[Denied, Granted], false, &[0]),
            (&[Granted, Denied, Denied], false, &[0]),
            (&[Denied, Granted, Denied], false, &[0, 1]),
            (&[Twist], false, &[0]),
            (&[Granted, Twist], false, &[0, 1]),
            (&[Twist, Twist], false, &[0, 1]),
        ] {
            let mut unsaid = BTreeSet::new();
            assert_eq!(is_granted(&list(verdicts), &mut unsaid), granted);
            let rules: Vec<_> = unsaid.iter().map(|(by, ..)| *by).collect();
            let told: Vec<_> = told.iter().map(|rule| By::Rule(*rule)).collect();
            assert_eq!(rules, told, "{verdicts:?}");
        }
    }
}
