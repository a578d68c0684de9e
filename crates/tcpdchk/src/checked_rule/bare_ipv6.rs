//! IPv6 addresses without brackets, which the colons of a rule tear apart.

use hosts_access::address::notation::{parse_ipv6, split_scope};
use hosts_access::options;
use hosts_access::table::list::is_separator;
use hosts_access::table::pattern::split_at_sign;
use hosts_access::table::rule::Rule;
use hosts_access::text::escape::TableText;

use crate::source::offset_in;

/// IPv6 addresses without brackets in the client list of a rule: words that reach over the colon
/// at the list's end, and such words after them.
pub(super) fn bare<'r>(text: &'r [u8], fields: &Rule<'r>) -> Vec<&'r [u8]> {
    let mut found = Vec::new();
    let Some(begin) = offset_in(text, fields.clients).filter(|_| fields.options.is_some()) else {
        return found;
    };
    let end = begin + fields.clients.len();
    let mut at = begin;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blanks = rest.iter().take_while(|byte| is_separator(**byte)).count();
        let word = rest.get(blanks..).unwrap_or_default();
        let length = word.iter().take_while(|byte| !is_separator(**byte)).count();
        let word = word.get(..length).unwrap_or_default();
        if at + blanks > end && found.is_empty() {
            break;
        }
        match address_of(word) {
            Some(address) => found.push(address),
            None if at + blanks + length > end => break,
            None => {}
        }
        at += blanks + length;
    }
    found
}

/// The address without brackets of a server, as in `sshd@::1: ALL`.
pub(super) fn bare_server<'r>(text: &'r [u8], fields: &Rule<'r>) -> Option<&'r [u8]> {
    let end = offset_in(text, fields.daemons)? + fields.daemons.len();
    let before = text.get(..end)?;
    let begin = before
        .iter()
        .rposition(|byte| is_separator(*byte))
        .map_or(0, |at| at + 1);
    let word = text.get(begin..)?;
    let length = word.iter().take_while(|byte| !is_separator(**byte)).count();
    let word = word.get(..length)?;
    split_at_sign(word)?;
    address_of(word)
}

/// The address that a word begins with; an option may follow directly.
fn address_of(word: &[u8]) -> Option<&[u8]> {
    let mut word = match split_at_sign(word) {
        Some((_, host)) => host,
        None => word,
    };
    loop {
        if looks_like_ipv6(word) {
            return Some(word);
        }
        let colon = word.iter().rposition(|byte| *byte == b':')?;
        let (rest, last) = word.split_at(colon);
        let option = last.get(1..).unwrap_or_default();
        if !option.is_empty() && options::find(option).is_none() {
            return None;
        }
        word = rest;
    }
}

/// An address, with scope, prefix length or glob, or the first groups of one.
pub(crate) fn looks_like_ipv6(word: &[u8]) -> bool {
    let (address, length) = split_length(word);
    let (address, _) = split_scope(address);
    let colons = address.iter().filter(|byte| **byte == b':').count();
    let length_fits = length.is_none_or(|length| length.iter().all(u8::is_ascii_digit));
    let first_groups = || {
        let groups = address.strip_suffix(b"*").unwrap_or(address);
        let groups = groups
            .strip_suffix(b":")
            .map(|rest| rest.split(|byte| *byte == b':'));
        groups.is_some_and(|mut groups| {
            groups.all(|group| {
                (1..=4).contains(&group.len()) && group.iter().all(u8::is_ascii_hexdigit)
            })
        })
    };
    colons >= 2 && length_fits && (parse_ipv6(address).is_some() || first_groups())
}

fn split_length(word: &[u8]) -> (&[u8], Option<&[u8]>) {
    match word.iter().position(|byte| *byte == b'/') {
        Some(at) => (word.get(..at).unwrap_or_default(), word.get(at + 1..)),
        None => (word, None),
    }
}

/// The same with its brackets.
pub(crate) fn in_brackets(word: &[u8]) -> String {
    let (address, length) = split_length(word);
    let (plain, _) = split_scope(address);
    if parse_ipv6(plain).is_none() {
        let groups = plain.iter().filter(|byte| **byte == b':').count();
        let plain = plain.strip_suffix(b"*").unwrap_or(plain);
        return format!("[{}:]/{}", TableText(plain), 16 * groups);
    }
    match length {
        Some(length) => format!("[{}]/{}", TableText(address), TableText(length)),
        None => format!("[{}]", TableText(address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_over_the_colons() {
        for (text, expected) in [
            ("sshd: 2001:db8::1", &["[2001:db8::1]"][..]),
            ("sshd: ::1", &["[::1]"]),
            ("sshd: ::1 : allow", &["[::1]"]),
            ("sshd: ::1:allow", &["[::1]"]),
            (
                "sshd: 10.0.0.1, 2001:db8::1, fe80::%lo/64 : deny",
                &["[2001:db8::1]", "[fe80::%lo]/64"],
            ),
            ("sshd: joe@2001:db8::/32", &["[2001:db8::]/32"]),
            ("sshd: 2001:db8:*", &["[2001:db8::]/32"]),
            ("sshd: 2001:db8: allow", &["[2001:db8::]/32"]),
            ("sshd: [2001:db8::1]", &[]),
            ("sshd: [2001:db8::1]: spawn echo ::1", &[]),
            ("sshd: ALL: spawn echo 2001:db8::1", &[]),
            ("sshd: ALL:deny", &[]),
            ("sshd: 10.0.0.1:22:allow", &[]),
            ("sshd: ALL", &[]),
            ("sshd@::1: ALL", &["[::1]"]),
            ("a sshd@2001:db8::/32 : ALL", &["[2001:db8::]/32"]),
            ("sshd@[::1]: ALL", &[]),
            ("sshd@10.0.0.1: ALL: deny", &[]),
            ("sshd@::1:ALL", &[]),
        ] {
            let rule = Rule::parse(text.as_bytes()).unwrap();
            let server = bare_server(text.as_bytes(), &rule);
            let found = server.map_or_else(|| bare(text.as_bytes(), &rule), |found| vec![found]);
            let found: Vec<_> = found.into_iter().map(in_brackets).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
