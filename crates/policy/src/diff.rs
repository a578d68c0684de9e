//! What a change of the tables opens and what it closes, by service and range.
//!
//! To open means: a client and a connection exist that the old tables refuse and the new do not. Each answer has
//! such a witness, or is certain, or says that it cannot be told.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use hosts_access::table::compare::Form;
use hosts_access::world::World;

use crate::access::{Access, By, Decision, Verdict};
use crate::condition::{Condition, Conditions, Test};
use crate::space::Family;
use crate::strings::examples;
use crate::tables::Rules;
use crate::witness::{ADDRESSES_TRIED, Found, Within, find};

/// Addresses that are tried in all, where each range is looked at for itself.
const MAX_TRIED: u128 = 16 * ADDRESSES_TRIED;

/// A range on which the two sets of tables may say different things.
#[derive(Clone, Debug)]
pub struct Change {
    /// Ranges with the same answers before and after: first and last address.
    pub ranges: Vec<(Family, u128, u128)>,
    /// The answer of the old tables, for [`Access::decisions`].
    pub old: usize,
    /// The answer of the new tables.
    pub new: usize,
    /// Somebody whom the old tables refuse and the new do not.
    pub opens: Found,
    /// Somebody whom the new tables refuse and the old do not.
    pub closes: Found,
    /// Somebody who is served in another way: by the daemon instead of a command, or the other way round.
    pub serves_otherwise: Found,
}

impl Change {
    /// Adds a range, and what was found there if nothing surer is known.
    fn add(&mut self, range: (Family, u128, u128), found: [Found; 3]) {
        self.ranges.push(range);
        let parts = [
            &mut self.opens,
            &mut self.closes,
            &mut self.serves_otherwise,
        ];
        for (known, found) in parts.into_iter().zip(found) {
            match (&*known, &found) {
                (Found::Witness(_), _) | (_, Found::Nobody) => {}
                _ => *known = found,
            }
        }
    }
}

/// What is known of an answer before and one after.
#[derive(Default)]
struct Pair {
    /// Whether a test of theirs is on the address as it is printed: then each range is looked at for itself.
    by_address: bool,
    looked: bool,
    /// Their change.
    change: Option<usize>,
}

/// What differs between two answers about the same service.
pub fn changes(
    old: &Access,
    new: &Access,
    store: &mut Conditions,
    world: &World<'_>,
) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let mut known: HashMap<(usize, usize), Pair> = HashMap::new();
    let mut tried = 0;
    let (mut at_old, mut at_new) = (0, 0);
    while let (Some(one), Some(two)) = (old.ranges().get(at_old), new.ranges().get(at_new)) {
        let (family, from, to) = (one.family, one.from.max(two.from), one.to.min(two.to));
        let lists = (old.decisions(one.answer), new.decisions(two.answer));
        if !says_the_same(lists.0, lists.1) {
            let range = (family, from, to);
            let pair = known
                .entry((one.answer, two.answer))
                .or_insert_with(|| Pair {
                    by_address: lists.0.iter().chain(lists.1).any(|decision| {
                        let tests = store.tests(decision.when);
                        tests.iter().any(|test| matches!(test, Test::Address(_)))
                    }),
                    ..Pair::default()
                });
            if pair.looked && !pair.by_address {
                if let Some(change) = pair.change.and_then(|at| changes.get_mut(at)) {
                    change.ranges.push(range);
                }
            } else {
                pair.looked = true;
                let may_try = tried < MAX_TRIED;
                if pair.by_address {
                    tried += (to - from).min(ADDRESSES_TRIED);
                }
                if let Some(found) = change(lists, range, may_try, store, world) {
                    match pair.change.and_then(|at| changes.get_mut(at)) {
                        Some(change) => change.add(range, found),
                        None => {
                            pair.change = Some(changes.len());
                            let [opens, closes, serves_otherwise] = found;
                            changes.push(Change {
                                ranges: vec![range],
                                old: one.answer,
                                new: two.answer,
                                opens,
                                closes,
                                serves_otherwise,
                            });
                        }
                    }
                }
            }
        }
        at_old += usize::from(one.to == to);
        at_new += usize::from(two.to == to);
    }
    changes
}

/// What a range opens, what it closes and whom it serves otherwise; nothing if it does nothing of that.
fn change(
    lists: (&[Decision], &[Decision]),
    (family, from, to): (Family, u128, u128),
    may_try: bool,
    store: &mut Conditions,
    world: &World<'_>,
) -> Option<[Found; 3]> {
    let within = Within { family, from, to };
    let mut found = |before, after| match both(store, lists, before, after) {
        formula if may_try => find(store, formula, within, world),
        Condition::NEVER => Found::Nobody,
        _ => Found::Unsure,
    };
    let served: &[Verdict] = &[Verdict::Granted, Verdict::Twist];
    let opens = found(&[Verdict::Denied], served);
    let closes = found(served, &[Verdict::Denied]);
    let mut serves_otherwise = found(&[Verdict::Granted], &[Verdict::Twist]);
    if !matches!(serves_otherwise, Found::Witness(_)) {
        serves_otherwise = found(&[Verdict::Twist], &[Verdict::Granted]);
    }
    let all = [opens, closes, serves_otherwise];
    let nobody = |found: &Found| matches!(found, Found::Nobody);
    (!all.iter().all(nobody)).then_some(all)
}

/// Whether the new tables give each client the answer of the old ones, by the same rule, or are plainly seen to
/// refuse it by a rule that was meant to. Nothing is searched for, so no such change may be told as one.
pub fn only_refuses_more(old: &Access, new: &Access, meant: &dyn Fn(By) -> bool) -> bool {
    let mut known: HashMap<(usize, usize), bool> = HashMap::new();
    let (mut at_old, mut at_new) = (0, 0);
    while let (Some(one), Some(two)) = (old.ranges().get(at_old), new.ranges().get(at_new)) {
        let answers = (one.answer, two.answer);
        if !*known.entry(answers).or_insert_with(|| {
            let lists = (old.decisions(answers.0), new.decisions(answers.1));
            has_refusals_added(lists.0, lists.1, meant)
        }) {
            return false;
        }
        let to = one.to.min(two.to);
        at_old += usize::from(one.to == to);
        at_new += usize::from(two.to == to);
    }
    old.in_error() == new.in_error()
}

/// Whether the second list is the first one with nothing but refusals of meant rules put in: such a list gives the
/// old answer or one of these, whatever its conditions are.
fn has_refusals_added(old: &[Decision], new: &[Decision], meant: &dyn Fn(By) -> bool) -> bool {
    let mut old = old.iter().peekable();
    for decision in new {
        if old.next_if_eq(&decision).is_some() {
            continue;
        }
        if decision.verdict != Verdict::Denied || !meant(decision.by) {
            return false;
        }
        if decision.when == Condition::ALWAYS {
            // What is after it in the old list counts no more.
            return true;
        }
    }
    old.next().is_none()
}

/// Whether two lists give the same verdicts for the same reasons, as far as is plain.
fn says_the_same(one: &[Decision], two: &[Decision]) -> bool {
    let plain = |decision: &Decision| (decision.when, decision.verdict);
    one.iter().map(plain).eq(two.iter().map(plain))
}

/// The formula that the first list says one of some verdicts, and the second one of others.
fn both(
    store: &mut Conditions,
    lists: (&[Decision], &[Decision]),
    before: &[Verdict],
    after: &[Verdict],
) -> Condition {
    let parts = [says(store, lists.0, before), says(store, lists.1, after)];
    store.all(parts)
}

/// The formula that a list says one of these verdicts.
pub fn says(store: &mut Conditions, list: &[Decision], verdicts: &[Verdict]) -> Condition {
    let mut formula = Condition::NEVER;
    for decision in list.iter().rev() {
        formula = if verdicts.contains(&decision.verdict) {
            store.any([decision.when, formula])
        } else {
            let not = store.not(decision.when);
            store.all([not, formula])
        };
    }
    formula
}

/// Names of daemons that stand for all there can be: those that the tables name, and one for each way in which
/// their patterns can match another. The second value says whether none is left out.
pub fn daemons(tables: &[&Rules]) -> (Vec<Vec<u8>>, bool) {
    let names: BTreeSet<Vec<u8>> = tables.iter().flat_map(|rules| rules.daemons()).collect();
    let words = tables.iter().flat_map(|rules| rules.daemon_words());
    let mut patterns: BTreeSet<Vec<u8>> = words.collect();
    patterns.retain(|word| Form::of(word) != Form::Equal);
    let others = examples(patterns.iter().map(Vec::as_slice), false);
    let mut all: Vec<Vec<u8>> = names.iter().cloned().collect();
    for other in others.strings {
        // A string that is a name already stands for that name only: one more byte makes it another.
        if !names.contains(&other) {
            all.push(other);
        }
    }
    (all, others.complete)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refusals_of_the_rules_that_are_meant_may_be_added() {
        let mut store = Conditions::default();
        let user = store.test(crate::condition::Test::NameKnown);
        let says = |when, verdict, by| Decision {
            when,
            verdict,
            by: By::Rule(by),
        };
        let granted = says(Condition::ALWAYS, Verdict::Granted, 1);
        let twist = says(user, Verdict::Twist, 2);
        let refused = |when, by| says(when, Verdict::Denied, by);
        let meant = |by| by == By::Rule(7);
        let whole = Condition::ALWAYS;
        for (old, new, expected) in [
            (&[twist, granted][..], &[twist, granted][..], true),
            (&[granted], &[refused(whole, 7)], true),
            (&[granted], &[refused(user, 7), granted], true),
            (&[twist, granted], &[twist, refused(whole, 7)], true),
            (&[granted], &[refused(whole, 8)], false),
            (&[granted], &[refused(user, 8), granted], false),
            (&[refused(whole, 8)], &[granted], false),
            (&[refused(whole, 7)], &[granted], false),
            (&[refused(user, 7), granted], &[granted], false),
            (&[granted], &[twist, granted], false),
            (&[granted], &[says(whole, Verdict::Granted, 7)], false),
            (&[refused(user, 7), granted], &[refused(whole, 7)], true),
        ] {
            assert_eq!(
                has_refusals_added(old, new, &meant),
                expected,
                "{old:?} {new:?}"
            );
        }
    }
}
