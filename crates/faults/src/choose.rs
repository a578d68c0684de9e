//! Which faults a short form tries: in an order that a seed gives, first those that reach what no earlier one did.

use std::collections::BTreeSet;

use crate::fault::Fault;
use crate::lab::{Side, Target};
use crate::plan::Plan;

/// A fault of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// Place of the plan.
    pub(crate) plan: usize,
    /// The fault.
    pub(crate) fault: Fault,
}

/// All faults in the order in which they are tried, and how many of them are needed to reach each call and each
/// kind of fault under each policy.
pub(crate) fn choose(plans: &[Plan], seed: u64) -> (Vec<Choice>, usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut all: Vec<_> = plans
        .iter()
        .enumerate()
        .flat_map(|(plan, of)| {
            of.faults.iter().map(move |fault| Choice {
                plan,
                fault: fault.clone(),
            })
        })
        .collect();
    random.shuffle(&mut all);
    let mut seen = BTreeSet::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for choice in all {
        let plan = &plans[choice.plan];
        let mut is_new = false;
        for reached in reaches(plan.target, plan.question.policy().name, &choice.fault) {
            is_new |= seen.insert(reached);
        }
        if is_new { &mut first } else { &mut rest }.push(choice);
    }
    let needed = first.len();
    first.append(&mut rest);
    (first, needed)
}

/// What a fault reaches. Of Debian's programs it is enough that each policy is met by each kind of fault.
fn reaches(target: Target, policy: &'static str, fault: &Fault) -> Vec<String> {
    let (side, program) = (target.side.name(), target.program.name());
    let place = format!("{side} {program} {policy}");
    let mut reached = vec![format!("{place} {}", fault.kind())];
    if target.side == Side::Ours && fault.single().is_some() {
        let calls = fault.calls().map(|call| format!("{place} {call}"));
        reached.extend(calls);
    }
    reached
}
