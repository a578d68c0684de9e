//! Words in host position, of client lists, daemon lists and `/file` lists, as the original checks them.

use hosts_access::address::notation::{loose_ipv4, parse_ipv6, split_scope};
use hosts_access::report::problem::Problem;
use hosts_access::table::compare::is_glob;
use hosts_access::table::pattern::HostPattern;
use hosts_access::text::bytes::bracketed;
use hosts_access::text::escape::TableText;
use tools::hosts::{Complaint, alias_texts, not_found_text};

use crate::checker::Checker;
use crate::name_service::{HostAnswer, Lookup};
use crate::word::{HostWord, is_fail, is_reserved, is_zero_length};

use super::dns_lists;
use super::networks;
use super::single_words::is_sound;

tools::checks! {
    /// What is wrong with clients, in the original's eyes.
    CHECKS;
    EMPTY_LIST: "empty-list", Error, "a list that is empty or ends in EXCEPT",
        why "A rule with an empty list never matches, and an exception of nothing takes nothing away.",
        remedy "Name who is meant, or remove the rule.";
    USER_NAME: "user-name", Warning, "a word before the @ that is hardly a user's name",
        why "What stands before the @ is compared with the user's name and nothing else.",
        remedy "Write USER@HOST, with netgroups, lists and domains after the @.";
    OBSOLETE_FAIL: "fail-word", Error, "FAIL, which is no wildcard any more",
        why "The word is compared with host names, so it never matches.",
        remedy "Use EXCEPT to leave hosts out, or the deny option.";
    NETGROUP: "netgroup", Error, "a netgroup that does not exist or is empty",
        why "The pattern never matches. In hosts.deny that lets everybody in.",
        remedy "Correct the name, or define the netgroup; getent netgroup NAME shows it.";
    NET_MASK: "net-mask", Error, "a net/mask pattern that never matches",
        why "The network must be four numbers, and the mask four numbers or a prefix length from 0 to 32; \
             for IPv6 an address in brackets and a length from 0 to 128. In hosts.deny such a pattern lets everybody in.",
        remedy "Write it as 192.0.2.0/24 or [2001:db8::]/32.";
    NO_INTERFACE: "no-interface", Warning, "an IPv6 scope that is no network interface here",
        why "A pattern with a scope matches clients on that interface only. This machine has none of that name, so \
             the pattern never matches.",
        remedy "Correct the name, as ip link shows it; or leave the scope out.";
    NAME_DOT: "name-dot", Error, "a name that ends in a dot",
        why "A final dot makes it a prefix: it matches hosts whose names begin with it.",
        remedy "Leave the dot out; a domain has its dot in front.";
    NETWORK_DOT: "network-dot", Warning, "a network that begins with a dot",
        why "A leading dot makes it the end of an address, and not a network.",
        remedy "Write the first numbers of the addresses, with a dot after them.";
    HOST_NOT_FOUND: "host-not-found", Warning, "a host name that does not exist",
        why "A pattern matches the name that a client's address has; no client can have this one.",
        remedy "Correct the name, or write the address.";
    HOST_ALIAS: "host-alias", Warning, "a host name that is not the official one",
        why "Clients are known by their official name only, so the pattern never matches.",
        remedy "Write the official name.";
    HOST_MISMATCH: "host-mismatch", Warning, "an address whose name is not confirmed",
        why "Its clients count as PARANOID, so patterns of names do not match them.",
        remedy "Correct the name service, or write the address.";
    HOST_REVERSE: "host-reverse", Warning, "a host name that its own address does not lead back to",
        why "A client is known by the name that its address has, so the pattern does not match a client that comes \
             from there. In hosts.deny that lets it in.",
        remedy "Write the address, or the name that it has.";
    HOST_UNNAMED: "host-unnamed", Note, "an address without a name",
        why "Patterns of names do not match its clients. Patterns of addresses do.",
        remedy "Nothing needs to be done if the rule gives the address.";
    SEVERAL_ADDRESSES: "several-addresses", Warning, "a server that has more than one address",
        why "Which of them a client connected to decides whether the rule matches.",
        remedy "Write the address that is meant.";
}

tools::checks! {
    /// What is wrong with the name service.
    NAME_SERVICE_CHECKS;
    LATE: "names-late", Warning, "hosts or netgroups of which no answer came in time",
        why "The name service is slow or dead, so not all hosts and netgroups of the tables could be checked. tcpd will wait for it \
             too, for every client.",
        remedy "Look after the name service, or use --no-dns.";
}

/// What of a daemon's or a user's name belongs to a host, in the original's words.
pub(super) fn odd_name(what: &str, name: &[u8]) -> Option<String> {
    let odd = match name {
        [b'@', ..] => "begins with \"@\"",
        [b'/', ..] => "begins with \"/\"",
        [b'.', ..] => "begins with dot",
        [.., b'.'] => "ends in dot",
        _ => return None,
    };
    Some(format!("{}: {what} name {odd}", TableText(name)))
}

/// The original's two lines about FAIL.
pub(crate) fn report_fail(word: &HostWord<'_>, checker: &Checker<'_>) {
    checker.find(word.warn(&OBSOLETE_FAIL, "FAIL is no longer recognized"));
    checker.find(
        word.warn(&OBSOLETE_FAIL, "(use EXCEPT or DENY instead)")
            .minor_if(true),
    );
}

/// Checks a word in host position. Gives the number of its addresses, if it is one host.
pub(super) fn check_host(host: &HostWord<'_>, checker: &Checker<'_>) -> usize {
    let word = host.word;
    match HostPattern::parse(word) {
        HostPattern::Netgroup(group) => match checker.has_netgroup(group) {
            Some(true) => {}
            Some(false) => {
                let text = format!("{}: unknown or empty netgroup", TableText(group));
                checker.find(host.warn(&NETGROUP, text));
            }
            None => {
                let text = format!(
                    "{}: no answer about this netgroup in time",
                    TableText(group)
                );
                checker.find(host.own(&LATE, text));
            }
        },
        HostPattern::Net { mask, scope } => {
            let no_scope = scope.is_some_and(|scope| !checker.has_interface(scope));
            if mask.is_none() || no_scope || is_zero_length(word) {
                let text = format!("{}: bad net/mask pattern", TableText(word));
                let finding = match mask {
                    Some(_) if no_scope => host.warn(&NO_INTERFACE, text),
                    _ => {
                        let meant = networks::meant(word);
                        let sound = meant.filter(|meant| is_sound(meant));
                        host.warn(&NET_MASK, text).instead(sound)
                    }
                };
                checker.find(finding);
            }
        }
        HostPattern::DnsList(zone) => dns_lists::check_word(zone, host, checker),
        HostPattern::Slashes => {
            let text = Problem::NoList(word.to_vec()).to_string();
            checker.find(host.warn(&NET_MASK, text));
        }
        HostPattern::Known | HostPattern::Local | HostPattern::File(_) => {}
        HostPattern::Text { .. } if is_fail(word) => report_fail(host, checker),
        HostPattern::Text { .. } if is_reserved(word) => {}
        HostPattern::Text { .. } => return check_text(host, checker),
    }
    0
}

/// Checks a name, an address or a part of one.
fn check_text(host: &HostWord<'_>, checker: &Checker<'_>) -> usize {
    let word = host.word;
    let shown = TableText(word);
    if let Some(scope) = ipv6_scope(word) {
        if scope.is_none_or(|scope| checker.has_interface(scope)) {
            return 1;
        }
        checker.find(host.warn(&NO_INTERFACE, not_found_text(word)));
        return 0;
    }
    let numeric = word
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'/'));
    let finding = match word {
        b"0.0.0.0" | b"255.255.255.255" => return 0,
        [.., b'.'] if !numeric => {
            let text = format!("{shown}: domain or host name ends in dot");
            let plain = String::from_utf8_lossy(word.trim_ascii_end());
            let plain = plain.trim_end_matches('.').to_owned();
            let sound = Some(plain).filter(|plain| is_sound(plain));
            host.warn(&NAME_DOT, text).instead(sound)
        }
        [b'.', ..] if numeric && !word.is_empty() => host.warn(
            &NETWORK_DOT,
            format!("{shown}: network number begins with dot"),
        ),
        [b'.', ..] => return 0,
        [.., b'.'] => return 0,
        _ => return check_lookup(host, checker),
    };
    checker.find(finding);
    0
}

/// The scope, if there is one, of an IPv6 address in brackets. `None`: the word is none.
fn ipv6_scope(word: &[u8]) -> Option<Option<&[u8]>> {
    let inside = bracketed(word).filter(|_| !is_glob(word))?;
    let (address, scope) = split_scope(inside);
    parse_ipv6(address).map(|_| scope)
}

/// Checks what the name service says of a host.
fn check_lookup(host: &HostWord<'_>, checker: &Checker<'_>) -> usize {
    // The original looks globs up too; they are patterns, and no host has such a name.
    let host = HostWord {
        minor: host.minor || is_glob(host.word),
        ..*host
    };
    match checker.names.look_up(host.word) {
        Lookup::Nothing => 0,
        Lookup::NoAnswer => {
            // The original does not know better; what there is to say is said at the end.
            let finding = host.warn(&HOST_NOT_FOUND, not_found_text(host.word));
            checker.find(finding.minor_if(true));
            0
        }
        // That is said of lists only.
        Lookup::ListsEverybody => 0,
        Lookup::NotFound => {
            checker.find(host.warn(&HOST_NOT_FOUND, not_found_text(host.word)));
            0
        }
        Lookup::Found(answer) => {
            check_answer(&host, &answer, checker);
            answer.addresses.len()
        }
    }
}

fn check_answer(host: &HostWord<'_>, answer: &HostAnswer, checker: &Checker<'_>) {
    if let Some(official) = &answer.official {
        let [alias, name] = alias_texts(host.word, official);
        let instead = String::from_utf8_lossy(official).into_owned();
        checker.find(host.warn(&HOST_ALIAS, alias).instead(instead));
        checker.find(host.warn(&HOST_ALIAS, name).minor_if(true));
    }
    let name = answer.official.as_deref().unwrap_or(host.word);
    let is_name = loose_ipv4(host.word).is_none();
    for address in &answer.addresses {
        let other = address
            .name
            .known()
            .filter(|known| !known.eq_ignore_ascii_case(name));
        match (&address.complaint, other) {
            (Some(complaint), _) => {
                let unnamed = matches!(complaint, Complaint::NoName(_));
                let check = match complaint {
                    Complaint::NoName(_) | Complaint::NotAnswered(..) => &HOST_UNNAMED,
                    Complaint::NotConfirmed(_) => &HOST_MISMATCH,
                };
                let finding = host.warn(check, complaint.to_string());
                checker.find(finding.minor_if(unnamed && is_name));
                if unnamed && is_name {
                    let text = format!(
                        "{}: its address has no name, so it never matches",
                        TableText(host.word)
                    );
                    checker.find(host.own(&HOST_REVERSE, text));
                }
            }
            (None, Some(other)) if is_name => {
                let (word, other) = (TableText(host.word), TableText(other));
                let text = format!(
                    "{word}: an address of it is known as {other}, so this does not match it"
                );
                checker.find(host.own(&HOST_REVERSE, text));
            }
            (None, _) => {}
        }
    }
}
