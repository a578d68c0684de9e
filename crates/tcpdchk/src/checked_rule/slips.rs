//! Lists the wrong way round, and commas for dots.

use hosts_access::address::notation::dotted_quad;
use hosts_access::table::list::{Words, is_separator};
use hosts_access::table::pattern::{HostPattern, port_number};
use hosts_access::table::rule::Rule;
use hosts_access::text::bytes::bracketed;

use crate::source::offset_in;

use super::bare_ipv6::looks_like_ipv6;

/// Whether all that stands in the place of daemons is clients.
pub(super) fn is_swapped(text: &[u8], fields: &Rule<'_>) -> bool {
    let mut any = false;
    let clients = Words::new(fields.daemons).before_except().all(|word| {
        any = true;
        is_client(word)
    });
    let first = text.trim_ascii_start();
    let length = first
        .iter()
        .take_while(|byte| !is_separator(**byte))
        .count();
    let first = first.get(..length).unwrap_or_default();
    (any && clients) || looks_like_ipv6(first.strip_suffix(b":").unwrap_or(first))
}

/// Whether a word is an address or a network, and no name or port.
fn is_client(word: &[u8]) -> bool {
    let numbers = |text: &[u8]| {
        text.split(|byte| *byte == b'.').all(|part| {
            let number = std::str::from_utf8(part).ok();
            number.is_some_and(|number| number.parse::<u8>().is_ok())
        })
    };
    let prefix = word.strip_suffix(b".").or_else(|| word.strip_suffix(b".*"));
    port_number(word).is_none()
        && (dotted_quad(word).is_some()
            || bracketed(word).is_some()
            || prefix.is_some_and(numbers)
            || matches!(
                HostPattern::parse(word),
                HostPattern::Net { mask: Some(_), .. }
            ))
}

/// Addresses of a client list that are written with commas: four numbers, one of them by itself.
pub(super) fn commas<'r>(fields: &Rule<'r>) -> Vec<&'r [u8]> {
    let blank = |byte: &u8| is_separator(*byte) && *byte != b',';
    let runs = fields.clients.split(blank);
    runs.filter(|run| {
        let mut numbers = 0;
        let mut alone = false;
        let right = run.split(|byte| *byte == b',').all(|word| {
            let parts = word.split(|byte| *byte == b'.');
            let before = numbers;
            let right = parts.fold(true, |right, part| {
                numbers += 1;
                let number = std::str::from_utf8(part).ok();
                right && number.is_some_and(|number| number.parse::<u8>().is_ok())
            });
            alone |= numbers - before == 1;
            right
        });
        right && alone && numbers == 4
    })
    .collect()
}

/// Whether a part of a rule is, or belongs to, one of these, which are in order. A rule may have a million of them.
pub(super) fn is_within(text: &[u8], part: &[u8], others: &[&[u8]]) -> bool {
    let start = |part: &[u8]| offset_in(text, part).unwrap_or(usize::MAX);
    let at = start(part);
    let after = others.partition_point(|other| start(other) <= at);
    let other = after.checked_sub(1).and_then(|index| others.get(index));
    other.is_some_and(|other| at < start(other) + other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_in_the_place_of_daemons() {
        for (text, swapped) in [
            ("192.168.1.0/24 : sshd", true),
            ("10.0.0.1: ALL", true),
            ("10.0.0.1 192.168.: sshd: deny", true),
            ("[2001:db8::1]: ALL", true),
            ("2001:db8::1: ALL", true),
            ("192.168.*: sshd", true),
            ("sshd: 10.0.0.1", false),
            ("sshd 10.0.0.1: ALL", false),
            ("22: ALL", false),
            ("sshd@10.0.0.1: ALL", false),
            ("ALL EXCEPT 10.0.0.1: ALL", false),
            (": ALL", false),
        ] {
            let rule = Rule::parse(text.as_bytes()).unwrap();
            assert_eq!(is_swapped(text.as_bytes(), &rule), swapped, "{text}");
        }
    }

    #[test]
    fn commas_for_dots() {
        for (text, expected) in [
            ("sshd: 192,168,219.1", Some("192,168,219.1")),
            ("sshd: 10. 192,168,219,1 x", Some("192,168,219,1")),
            ("sshd: 192,168.219.1: deny", Some("192,168.219.1")),
            ("sshd: 192.168.219.1", None),
            ("sshd: 192.168.219.1,10.0.0.1", None),
            ("sshd: 192, 168, 219.1", None),
            ("sshd: 10.1,10.2", None),
            ("sshd: 10.,192.168.1.1", None),
            ("sshd: 192,168,219.300", None),
        ] {
            let rule = Rule::parse(text.as_bytes()).unwrap();
            let found = commas(&rule)
                .first()
                .map(|run| String::from_utf8_lossy(run).into_owned());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
