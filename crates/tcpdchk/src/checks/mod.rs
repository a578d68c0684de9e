//! Checks that the original does not make, one module for each group, and when each is made.

pub(crate) mod ipv6;
pub(crate) mod networks;
pub(crate) mod options;

use std::path::Path;

use crate::checker::Checker;
use crate::clients::Host;
use crate::rule::{RuleAt, Table};
use crate::source::{Source, Stretch};

/// Before a table's first rule.
pub(crate) fn begin_table(_table: Table, _source: &Source<'_>, _checker: &Checker<'_>) {}

/// Behind a table's last rule.
pub(crate) fn end_table(_table: Table, _source: &Source<'_>, _checker: &Checker<'_>) {}

/// A table that is not there.
pub(crate) fn missing_table(_table: Table, _path: &Path, _checker: &Checker<'_>) {}

/// A line that is no rule. Says whether a finding explains it.
pub(crate) fn not_a_rule(_stretch: &Stretch<'_>, _text: &[u8], _checker: &Checker<'_>) -> bool {
    false
}

/// A word of a daemon list, without its host.
pub(crate) fn daemon_word(_rule: &RuleAt<'_>, _daemon: &Host<'_>, _checker: &Checker<'_>) {}

/// A word of a client list.
pub(crate) fn client_word(_rule: &RuleAt<'_>, _client: &Host<'_>, _checker: &Checker<'_>) {}

/// A rule as a whole, behind all that is said of its words.
pub(crate) fn rule(_rule: &RuleAt<'_>, _checker: &Checker<'_>) {}

/// A `/file` list as a whole.
pub(crate) fn list(_source: &Source<'_>, _checker: &Checker<'_>) {}

/// A word of a `/file` list.
pub(crate) fn list_word(_word: &Host<'_>, _checker: &Checker<'_>) {}
