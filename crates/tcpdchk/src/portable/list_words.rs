//! Words of lists that the original reads differently.

use hosts_access::address::notation::{dotted_quad, parse_ipv6, split_scope};
use hosts_access::table::compare::is_glob;
use hosts_access::table::pattern::{dns_list_zone, split_at_sign};
use hosts_access::text::bytes::{bracketed, path_of};
use hosts_access::text::number::{decimal, leading_decimal};

use crate::checked_rule::CheckedRule;
use crate::source::Origin;

use super::{
    DNS_LIST, GLOB, LENGTH, LINK, MANY_STARS, MAX_NAME, NETWORK, NUMBER, Portable, STARS, verdict,
};

impl Portable<'_> {
    /// A word of a daemon list.
    pub(super) fn daemon(&mut self, word: &[u8], rule: &CheckedRule<'_>) {
        let (name, host) = match split_at_sign(word) {
            Some((name, host)) => (name, Some(host)),
            None => (word, None),
        };
        self.text(name, &rule.origin);
        if let Some(port) = wrapped_port(name) {
            let original = format!("port {port}");
            let place = rule.origin.place(name);
            self.find(&NUMBER, place, name, &original, "no port has this number");
        }
        if let Some(host) = host {
            self.host(host, &rule.origin, verdict(rule));
        }
    }

    /// A word in host position; `verdict` is what becomes of whom it matches.
    pub(super) fn host(&mut self, word: &[u8], origin: &dyn Origin, verdict: &str) {
        match word {
            [b'@', ..] => {}
            // Of slashes only: no list to either.
            _ if word.iter().all(|byte| *byte == b'/') => {}
            _ if dns_list_zone(word).is_some() => {
                let here = format!("whether it is on that list: who is, is {verdict}");
                self.find(
                    &DNS_LIST,
                    origin.place(word),
                    word,
                    "the name of a host",
                    &here,
                );
            }
            [b'/', ..] => self.list(&path_of(word), origin.place(word), verdict),
            _ => match split_net(word) {
                Some((net, mask)) => self.net(word, net, mask, origin, verdict),
                None => {
                    self.address(word, origin, verdict);
                    self.text(word, origin);
                }
            },
        }
    }

    /// What is compared as text.
    fn text(&self, word: &[u8], origin: &dyn Origin) {
        let stars = word.iter().filter(|byte| **byte == b'*').count();
        if stars >= MANY_STARS {
            let original = "takes the longer the more stars there are, up to hours";
            self.find(
                &STARS,
                origin.place(word),
                word,
                original,
                "answers at once",
            );
        }
        if word.len() > MAX_NAME {
            let original = "compared with the first 127 bytes of the name";
            self.find(
                &LENGTH,
                origin.place(word),
                word,
                original,
                "with all of it",
            );
        }
    }

    /// A word without a slash.
    fn address(&self, word: &[u8], origin: &dyn Origin, verdict: &str) {
        let numeric = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'*' | b'?');
        if is_glob(word) && word.iter().all(numeric) {
            let original = format!("matches clients whose name fits, too: they are {verdict}");
            let here = "matches by the address alone";
            return self.find(&GLOB, origin.place(word), word, &original, here);
        }
        let Some(inside) = bracketed(word) else {
            return;
        };
        let (address, scope) = split_scope(inside);
        if scope.is_some_and(|scope| decimal(scope).is_some()) {
            let original = format!("matches on every link: clients of any are {verdict}");
            let here = "matches on the link of that number";
            return self.find(&LINK, origin.place(word), word, &original, here);
        }
        if let Some(v4) = parse_ipv6(address).and_then(|v6| v6.to_ipv4_mapped()) {
            let here = format!("matches {v4}, which is {verdict}");
            self.find(&NETWORK, origin.place(word), word, "never matches", &here);
        }
    }

    /// A network.
    fn net(&self, word: &[u8], net: &[u8], mask: &[u8], origin: &dyn Origin, verdict: &str) {
        let place = || origin.place(word);
        let length = decimal(mask);
        let never = "never matches";
        if let Some(inside) = bracketed(net) {
            let (address, scope) = split_scope(inside);
            let Some(v6) = parse_ipv6(address) else {
                return;
            };
            if length.is_none_or(|length| length > 128) {
                let original = match leading_decimal(mask).map(|(_, length)| length) {
                    None | Some(0) => format!("length 0, so every IPv6 client is {verdict}"),
                    Some(length) => format!("length {length}, and who matches is {verdict}"),
                };
                return self.find(&NUMBER, place(), word, &original, never);
            }
            if scope.is_some_and(|scope| decimal(scope).is_some()) {
                let original = format!("matches on every link: clients of any are {verdict}");
                let here = "matches on the link of that number";
                return self.find(&LINK, place(), word, &original, here);
            }
            if v6.to_ipv4_mapped().is_some() && length.is_some_and(|length| length >= 96) {
                let here = format!("matches the IPv4 clients of that network, who are {verdict}");
                self.find(&NETWORK, place(), word, never, &here);
            }
            return;
        }
        let Some(quad) = dotted_quad(net) else { return };
        match (dotted_quad(mask), length) {
            (Some(mask), _) if mask.is_broadcast() => {
                let here = format!("matches {quad}, which is {verdict}");
                self.find(&NETWORK, place(), word, never, &here);
            }
            (None, Some(0)) if quad.is_unspecified() => {
                let here = format!("matches every IPv4 client, who is {verdict}");
                self.find(&NETWORK, place(), word, never, &here);
            }
            (None, None) | (None, Some(33..)) => {
                let read = leading_decimal(mask).map(|(_, length)| length);
                if let Some(length @ 1..=32) = read.or_else(|| wrapped(mask)) {
                    let original = format!("length {length}, and who matches is {verdict}");
                    self.find(&NUMBER, place(), word, &original, never);
                }
            }
            _ => {}
        }
    }
}

/// Splits at the first slash outside of brackets.
fn split_net(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut depth = 0_i64;
    let at = word.iter().position(|byte| {
        depth += i64::from(*byte == b'[') - i64::from(*byte == b']');
        *byte == b'/' && depth == 0
    })?;
    Some((word.get(..at)?, word.get(at + 1..)?))
}

/// A number as the original cuts it, if it is too large.
fn wrapped(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut value = 0_u128;
    for digit in digits {
        value = value
            .checked_mul(10)?
            .checked_add(u128::from(digit - b'0'))?;
    }
    (value > u128::from(u32::MAX) && value <= i64::MAX as u128)
        .then(|| u32::try_from(value & u128::from(u32::MAX)).unwrap_or(0))
}

fn wrapped_port(name: &[u8]) -> Option<u32> {
    wrapped(name).filter(|port| *port <= 65535)
}
