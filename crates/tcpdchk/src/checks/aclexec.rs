//! Rules that ask a command (aclexec) and do not heed what it says.

use hosts_access::options::{self, Position};
use hosts_access::text::escape::TableText;

use crate::checked_rule::{CheckedRule, Table};
use crate::checker::{Checker, UnbackedRule};
use crate::cover::{daemons_cover, plain};
use crate::finding::Finding;
use crate::source::Origin;

use super::command_programs;
use super::reach::is_all;

tools::checks! {
    /// What is wrong with aclexec.
    CHECKS;
    VERDICT: "aclexec-ignored", Error, "an aclexec whose answer decides nothing",
        why "allow, deny and twist give the verdict at once, whatever the command of an aclexec before them has said.",
        remedy "Leave them out: where the command says yes the rule matches, and its table decides.";
    OPEN: "aclexec-open", Warning, "an aclexec whose no refuses nobody",
        why "Where the command says no, hosts.deny is searched, and whom it does not name is let in.",
        remedy "Refuse in hosts.deny all that the rule is about, as ALL: ALL does.";
    IN_DENY: "aclexec-in-deny", Warning, "an aclexec in hosts.deny",
        why "Where the command says no, the search ends there: the client is let in, and no rule below counts. A yes \
             refuses.",
        remedy "Put the rule into hosts.allow, so that a yes lets in, and refuse the others in hosts.deny.";
}

/// Rules of hosts.allow that are remembered. No real table has so many.
const MAX_ASKING: usize = 1000;

/// Looks at the aclexec of a rule, or at whether a rule backs those of hosts.allow.
pub(crate) fn check(rule: &CheckedRule<'_>, grants: bool, checker: &Checker<'_>) {
    let asks = |keyword: &[u8]| keyword.eq_ignore_ascii_case(b"aclexec");
    let Some(aclexec) = rule.options().find(|field| asks(&field.keyword)) else {
        if rule.table == Table::Deny && !grants {
            back(rule, checker);
        }
        return;
    };
    let place = rule.origin.place(&aclexec.keyword);
    let ends = |keyword: &[u8]| {
        options::find(keyword).is_some_and(|option| option.position == Position::Last)
    };
    let mut after = rule.options().skip_while(|field| !asks(&field.keyword));
    if let Some(end) = after.find(|field| ends(&field.keyword)) {
        let text = format!(
            "{}: decides whatever the command of the aclexec says",
            TableText(&end.keyword)
        );
        checker.find(Finding::own(&VERDICT, text).at(rule.origin.place(&end.keyword)));
        return;
    }
    if command_programs::never_answers(&aclexec, checker) {
        // The rule is in error, which is said.
        return;
    }
    match rule.table {
        Table::Deny => {
            let text = "where the command says no, the client is granted at once";
            checker.find(Finding::own(&IN_DENY, text).at(place));
        }
        Table::Allow => {
            let unbacked = &mut *checker.unbacked.borrow_mut();
            if unbacked.len() < MAX_ASKING {
                unbacked.push(UnbackedRule {
                    daemons: plain(rule.fields.daemons),
                    clients: plain(rule.fields.clients),
                    place,
                });
            }
        }
    }
}

/// A rule of hosts.deny that refuses all whom a command does not let in.
fn back(rule: &CheckedRule<'_>, checker: &Checker<'_>) {
    let unbacked = &mut *checker.unbacked.borrow_mut();
    if unbacked.is_empty() {
        return;
    }
    let daemons = plain(rule.fields.daemons);
    let clients = plain(rule.fields.clients);
    let everybody = is_all(rule.fields.clients, &[b"ALL", b"*"]);
    unbacked.retain(|ask| {
        !((everybody || clients == ask.clients) && daemons_cover(&daemons, &ask.daemons))
    });
}

/// Behind the last rule of hosts.deny.
pub(crate) fn check_end(checker: &Checker<'_>) {
    for ask in checker.unbacked.take() {
        let text = "hosts.deny does not refuse all whom the command does not let in";
        checker.find(Finding::own(&OPEN, text).at(ask.place));
    }
}
