//! DNS lists: whether each zone is one and answers as a list does, and who is let in while it does not answer.

use hosts_access::lookup::dns_list;
use hosts_access::table::list::{Words, is_except};
use hosts_access::table::pattern::{HostPattern, dns_list_zone, split_at_sign};
use hosts_access::text::escape::TableText;

use crate::checked_rule::{CheckedRule, Table};
use crate::checker::Checker;
use crate::name_service::Lookup;
use crate::word::HostWord;

tools::checks! {
    /// What is wrong with DNS lists.
    CHECKS;
    ZONE: "dns-list-zone", Error, "a DNS list whose zone is no domain name",
        why "The rule is in error, which refuses everybody who gets that far.",
        remedy "Write {RBL}.ZONE, with labels of letters, digits, - and _, 189 characters in all.";
    ANSWERS: "dns-list", Warning, "a DNS list that does not answer as one",
        why "A list has an entry for 127.0.0.2 and none for 127.0.0.1, so that it can be tried (RFC 5782, section 5). Where no \
             answer comes, the rule is in error and refuses everybody who gets that far; where every name has an \
             address, everybody is on the list; where none has, nobody is.",
        remedy "Correct the zone, or look after its name servers and resolv.conf; add the entry to a list of your own.";
    FIRST: "dns-list-first", Warning, "a DNS list before which nobody is let in",
        why "If the list cannot be asked, this rule refuses everybody who gets that far. No rule before it lets in anybody \
             whatever the name service does: nobody can come and mend it.",
        remedy "Put a rule with the networks that you administer the machine from before it, in hosts.allow.";
}

/// Checks a word that names a list.
pub(super) fn check_word(zone: &[u8], host: &HostWord<'_>, checker: &Checker<'_>) {
    let word = TableText(host.word);
    if dns_list::zone_name(zone).is_none() {
        let text = format!("{word}: \"{}\" is no domain name", TableText(zone));
        return checker.find(host.own(&ZONE, text));
    }
    if !checker.flags.dns {
        return;
    }
    let zone = TableText(zone);
    let text = match checker.names.look_up(host.word) {
        Lookup::Nothing | Lookup::Found(_) => return,
        Lookup::NoAnswer => format!("{word}: there is no answer from this zone"),
        Lookup::NotFound => {
            format!("{word}: its test entry, 2.0.0.127.{zone}, is not there")
        }
        Lookup::ListsEverybody => {
            format!("{word}: 1.0.0.127.{zone} is on it, so it may answer so to every question")
        }
    };
    checker.find(host.own(&ANSWERS, text));
}

/// Notes which clients are let in whatever the name service does, and looks whether there are any before the first
/// list.
pub(super) fn check_order(rule: &CheckedRule<'_>, checker: &Checker<'_>) {
    let host = |word| split_at_sign(word).map_or(word, |(_, host)| host);
    let words = || Words::new(rule.fields.clients).take_while(|word| !is_except(word));
    let mut all = Words::new(rule.fields.clients).map(host);
    let list = all.find(|word| dns_list_zone(word).is_some());
    if let Some(list) = list
        && !checker.lets_in.get()
        && checker.is_new(FIRST.id, b"")
    {
        let text = format!(
            "{}: no rule before it lets anybody in if this list cannot be asked",
            TableText(list)
        );
        let word = HostWord::new(list, &rule.origin);
        checker.find(word.own(&FIRST, text));
    }
    let grants = rule.table == Table::Allow && !rule.has_option(&["deny", "twist", "aclexec"]);
    let by_address = |word: &[u8]| match HostPattern::parse(word) {
        HostPattern::Net { mask, .. } => mask.is_some(),
        HostPattern::Text { word, names } => {
            !names || word.starts_with(b"[") || word.eq_ignore_ascii_case(b"ALL")
        }
        _ => false,
    };
    if grants && list.is_none() && words().map(host).any(by_address) {
        checker.lets_in.set(true);
    }
}
