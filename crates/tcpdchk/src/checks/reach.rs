//! Rules that no request reaches, because earlier rules match all that they match; and what is left
//! for no rule at all.

use hosts_access::table::list::{Words, is_except};
use hosts_access::table::pattern::split_at_sign;

use crate::checked_rule::{CheckedRule, Table};
use crate::checker::Checker;
use crate::cover::{Covered, MAX_DAEMONS};
use crate::finding::{FilePlace, Finding};

tools::checks! {
    /// What is wrong with the sequence of rules.
    CHECKS;
    UNREACHABLE: "unreachable", Warning, "a rule that no client reaches",
        why "The first rule that matches decides, hosts.allow before hosts.deny; an earlier rule matches all that \
             this one does.",
        remedy "Move the rule before the other one, or delete it.";
    DUPLICATE: "duplicate-rule", Note, "a rule that stands in the tables twice",
        why "The first one decides; this one changes nothing.",
        remedy "Delete it.";
    ALLOW_ALL: "allow-all", Warning, "everybody is granted everything",
        why "A rule for ALL daemons and ALL clients in hosts.allow means that hosts.deny is never searched.",
        remedy "Name the daemons and clients that are to be let in.";
    NO_CATCH_ALL: "no-catch-all", Note, "what no rule matches is granted",
        why "A client that neither table matches is let in.",
        remedy "End hosts.deny with ALL: ALL, and name in hosts.allow who is to be let in.";
}

/// Looks whether a rule can be reached, and notes what it covers. `grants`: what its options come to.
pub(crate) fn check(rule: &CheckedRule<'_>, grants: bool, checker: &Checker<'_>) {
    let earlier = &mut *checker.earlier.borrow_mut();
    earlier.enter(rule.table);
    let is_any =
        |any: &[&[u8]]| is_all(rule.fields.daemons, any) && is_all(rule.fields.clients, any);
    let everything = is_any(&[b"ALL"]);
    if is_any(&[b"ALL", b"*"]) {
        earlier.complete(rule);
    }
    let daemons = Words::new(rule.fields.daemons).take(MAX_DAEMONS + 1);
    // What such a rule really matches is not what is meant; it is reported already. A comment only adds to
    // what matches.
    let odd = (rule.comment.is_some() && !everything) || rule.has_ipv6() || rule.unfilled;
    if odd || daemons.count() > MAX_DAEMONS {
        return earlier.pass(rule);
    }
    let finding = earlier.covers(rule).map(|covered| match covered {
        Covered::Same(by) => Finding::own(&DUPLICATE, format!("the same as {by}")),
        Covered::By(by) => {
            let text = format!("no client reaches this rule, because of {by}");
            Finding::own(&UNREACHABLE, text)
        }
    });
    if let Some(finding) = finding {
        checker.find(finding.at(rule.origin.whole()));
    }
    if everything && rule.table == Table::Allow && grants && !rule.has_option(&["aclexec", "twist"])
    {
        let text = "grants everything to everybody";
        checker.find(Finding::own(&ALLOW_ALL, text).at(rule.origin.whole()));
    }
    earlier.note(rule, everything);
}

/// Behind the last rule of hosts.deny, if there is one.
pub(crate) fn check_end(last: Option<FilePlace>, checker: &Checker<'_>) {
    let earlier = &mut *checker.earlier.borrow_mut();
    earlier.enter(Table::Deny);
    if earlier.is_complete() {
        return;
    }
    let finding = Finding::own(
        &NO_CATCH_ALL,
        "clients that no rule matches are granted access",
    );
    checker.find(finding.at(last));
}

/// Whether a list matches whatever there is, by one of these words: ALL@ALL does too.
pub(super) fn is_all(list: &[u8], any: &[&[u8]]) -> bool {
    let is_any = |word: &[u8]| any.iter().any(|any| word.eq_ignore_ascii_case(any));
    let mut words = Words::new(list);
    let mut all = false;
    words.all(|word| {
        all |= match split_at_sign(word) {
            Some((left, right)) => is_any(left) && is_any(right),
            None => is_any(word),
        };
        !is_except(word)
    }) && all
}
