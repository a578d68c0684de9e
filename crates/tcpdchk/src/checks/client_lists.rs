//! Client lists, as the original checks them.

use hosts_access::table::list::{Words, is_except};
use hosts_access::text::escape::TableText;

use crate::checked_rule::CheckedRule;
use crate::checker::Checker;
use crate::finding::Finding;
use crate::word::{HostWord, is_fail, is_wide, split_client};

use super::host_words::{EMPTY_LIST, USER_NAME, odd_name, report_fail};
use super::{dns_lists, list_files, single_words, spelling};

/// Checks a client list.
pub(crate) fn check(rule: &CheckedRule<'_>, checker: &Checker<'_>) {
    let mut clients = 0;
    let mut wide = false;
    // Whether a colon after the list would end it: not within brackets, nor before other options.
    let count = |bracket| {
        rule.fields
            .clients
            .iter()
            .filter(|byte| **byte == bracket)
            .count()
    };
    let closes = rule.fields.options.is_none() && count(b'[') == count(b']');
    let mut list = Words::new(rule.fields.clients).peekable();
    while let Some(word) = list.next() {
        if is_except(word) {
            clients = 0;
            wide = false;
            continue;
        }
        clients += 1;
        let last = list.peek().is_none();
        let mut client = HostWord::new(word, &rule.origin).explained_if(rule.is_explained(word));
        let finding = match spelling::check_operator(&client, wide && !last) {
            None => single_words::client_word(&client, last && clients > 1 && closes),
            operator => operator,
        };
        wide |= is_wide(word);
        client.said = single_words::graver_than_note(finding.as_ref());
        check_client(&client, checker);
        if let Some(finding) = finding {
            checker.find(finding);
        }
    }
    dns_lists::check_order(rule, checker);
    if clients == 0 {
        let text = "client list is empty or ends in EXCEPT";
        let place = rule.place_of_list(rule.fields.clients);
        checker.find(
            Finding::warning(&EMPTY_LIST, text)
                .at(place)
                .minor_if(rule.has_ipv6()),
        );
    }
}

fn check_client(client: &HostWord<'_>, checker: &Checker<'_>) {
    let (user, host) = split_client(client.word);
    if let Some(user) = user {
        check_user(client, user, checker);
    }
    list_files::check_host(&client.part(host), checker, 0);
}

fn check_user(client: &HostWord<'_>, user: &[u8], checker: &Checker<'_>) {
    let is = |word: &str| user.eq_ignore_ascii_case(word.as_bytes());
    let text = if let Some(text) = odd_name("user", user) {
        text
    } else if is_fail(user) {
        return report_fail(&client.part(user), checker);
    } else if is("LOCAL") || is("PARANOID") {
        format!("{}: user name may be reserved word", TableText(user))
    } else {
        return;
    };
    checker.find(client.part(user).warn(&USER_NAME, text));
}
