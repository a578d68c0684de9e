//! Rules of which a whole part is not what it seems: lists the wrong way round, commas for dots, comments
//! without their sign. What is said of their single words then does not count.

use hosts_access::table::list::Words;
use hosts_access::text::escape::TableText;
use tools::services::Applies;

use crate::checked_rule::CheckedRule;
use crate::checked_rule::bare_ipv6::in_brackets;
use crate::checker::Checker;
use crate::cover::MAX_DAEMONS;
use crate::finding::Finding;
use crate::known_users::is_known_user;
use crate::source::Origin;
use crate::word::{is_plain, is_reserved};

use super::ipv6::BRACKETS;
use super::single_words::is_sound;

tools::checks! {
    /// What is wrong with the forms of rules.
    CHECKS;
    SWAPPED: "lists-swapped", Error, "clients in the place of daemons",
        why "The daemons stand before the first colon and the clients after it; no daemon has the name of an \
             address, so the rule never matches. In hosts.deny it lets everybody in.",
        remedy "Write DAEMONS: CLIENTS.";
    COMMAS: "comma-for-dot", Error, "an address with commas in place of dots",
        why "Commas separate clients, so each number is a client of its own: none of them is this address.",
        remedy "Write the four numbers with dots between them.";
    BARE_COMMENT: "comment-without-sign", Warning, "a rule that reads like a comment",
        why "Only a line that begins with # is a comment. This one has a colon, so its words are daemons and clients.",
        remedy "Begin the line with #.";
}

/// Looks at the form of a rule.
pub(crate) fn check(rule: &CheckedRule<'_>, checker: &Checker<'_>) {
    if rule.swapped {
        let text = "clients and daemons are the wrong way round, so the rule never matches";
        let place = rule.place_of_list(rule.fields.daemons);
        checker.find(Finding::own(&SWAPPED, text).at(place));
    }
    for address in &rule.commas {
        let dotted: String = String::from_utf8_lossy(address).replace(',', ".");
        let text = format!("{}: commas in place of dots", TableText(address));
        let place = rule.origin.place(address);
        checker.find(Finding::own(&COMMAS, text).at(place).instead(dotted));
    }
}

/// Words that sentences have and that no daemon is called.
const SMALL_WORDS: [&str; 24] = [
    "a", "an", "and", "are", "as", "be", "by", "can", "for", "from", "if", "in", "is", "it", "of",
    "on", "or", "see", "that", "the", "this", "to", "use", "with",
];

/// Daemons of a sentence, at least.
const SENTENCE_WORDS: usize = 3;

/// A comment without its sign, in place of what there is to say of each of its words.
pub(crate) fn bare_comment(rule: &CheckedRule<'_>, checker: &Checker<'_>) -> Option<Finding> {
    let mut small = false;
    let mut count = 0;
    for word in Words::new(rule.fields.daemons) {
        let plain = word.to_ascii_lowercase();
        small |= SMALL_WORDS.iter().any(|small| small.as_bytes() == plain);
        count += 1;
        let known =
            || is_known_user(word) || checker.services.verdict(word).applies != Applies::Absent;
        if is_reserved(word) || count > MAX_DAEMONS || is_plain(word) && known() {
            return None;
        }
    }
    (small && count >= SENTENCE_WORDS).then(|| {
        Finding::own(&BARE_COMMENT, "reads like a comment without # in front")
            .at(rule.origin.whole())
    })
}

/// Reports addresses of a rule that lack their brackets.
pub(crate) fn check_brackets(rule: &CheckedRule<'_>, checker: &Checker<'_>) {
    for address in &rule.bare_ipv6 {
        let text = format!("{}: IPv6 address without brackets", TableText(address));
        checker.find(
            Finding::own(&BRACKETS, text)
                .at(rule.origin.place(address))
                .instead(
                    Some(in_brackets(address)).filter(|meant| is_sound(meant) && !rule.swapped),
                ),
        );
    }
}
