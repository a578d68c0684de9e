//! Options.

use hosts_access::problem::Problem;

use crate::rule::RuleAt;

/// Whether a finding of ours explains a problem with the option of this number.
pub(crate) fn explains(_rule: &RuleAt<'_>, _number: usize, _problem: &Problem) -> bool {
    false
}
