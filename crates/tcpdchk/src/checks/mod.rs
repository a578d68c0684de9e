//! Checks that the original does not make, one module for each group, and when each is made.

pub(crate) mod commands;
pub(crate) mod files;
pub(crate) mod ipv6;
pub(crate) mod lines;
pub(crate) mod networks;
pub(crate) mod options;
pub(crate) mod reach;
pub(crate) mod services;
pub(crate) mod words;

use tools::remark::Level;

use crate::checker::Checker;
use crate::clients::{Host, split_client};
use crate::finding::{Finding, Place};
use crate::rule::{RuleAt, Table};
use crate::source::Source;

/// Before a table's first rule.
pub(crate) fn begin_table(source: &Source<'_>, checker: &Checker<'_>) {
    files::check_table(source.path, checker);
    lines::check(source, checker);
}

/// Behind a table's last rule; without its lines if the table is not there.
pub(crate) fn end_table(table: Table, source: Option<&Source<'_>>, checker: &Checker<'_>) {
    if table == Table::Deny {
        reach::check_end(source, checker);
    }
}

/// Whether a finding explains why a line is no rule.
pub(crate) fn explains_line(text: &[u8]) -> bool {
    lines::explains(text)
}

/// A word of a daemon list, without its host.
pub(crate) fn daemon_word(daemon: &Host<'_>, checker: &Checker<'_>) {
    if daemon.minor {
        return;
    }
    let odd = words::check_characters(daemon).or_else(|| words::check_template(daemon));
    match odd {
        Some(finding) => checker.find(finding),
        None => services::check(daemon, checker),
    }
}

/// What there is to say of a word of a client list.
pub(crate) fn client_word(client: &Host<'_>) -> Option<Finding> {
    if client.minor {
        return None;
    }
    words::check_template(client)
        .or_else(|| words::check_option(client))
        .or_else(|| host_word(&client.part(split_client(client.word).1)))
}

/// What there is to say of a word in host position.
pub(crate) fn host_word(host: &Host<'_>) -> Option<Finding> {
    words::check_characters(host)
        .or_else(|| ipv6::check_host(host))
        .or_else(|| networks::check_host(host))
        .or_else(|| words::check_name(host))
}

/// Whether what the original says of the same word does not count beside a finding.
pub(crate) fn explains_word(finding: Option<&Finding>) -> bool {
    finding.is_some_and(|finding| finding.check.level > Level::Note)
}

/// A rule as a whole, behind all that is said of its words; `grants` is what its options come to.
pub(crate) fn rule(rule: &RuleAt<'_>, grants: bool, checker: &Checker<'_>) {
    lines::check_comment(rule, checker);
    ipv6::check_rule(rule, checker);
    options::check(rule, checker);
    commands::check(rule, checker);
    reach::check(rule, grants, checker);
}

/// A `/file` list, the first time that it is named.
pub(crate) fn list(source: &Source<'_>, place: &Place, checker: &Checker<'_>) {
    files::check(source.path, place, checker);
    lines::check(source, checker);
    lines::check_list(source, checker);
}
