//! Patterns: what one word of a daemon list or a client list means (hosts_access(5), DAEMON
//! PATTERNS, CLIENT PATTERNS).
//!
//! Words are told apart here; [`matcher`](crate::search::matcher) tests them, and [`compare`](crate::table::compare)
//! compares with text. UNKNOWN and PARANOID are compared: they are the text of a [fact](crate::request::facts).

use crate::address::netmask::NetMask;
use crate::address::notation::split_scope;
use crate::text::bytes::{bracketed, is_blank, split_outside_brackets};
use crate::text::number;

/// What a word in host position asks for, in the order in which forms are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostPattern<'p> {
    /// `@group`: a netgroup.
    Netgroup(&'p [u8]),
    /// `/file`: a file of patterns.
    File(&'p [u8]),
    /// Slashes only, as in `10.0.0.0 / 255.0.0.0`: no file, and no match.
    Slashes,
    /// `KNOWN`: address and name are known.
    Known,
    /// `LOCAL`: the name has no dot.
    Local,
    /// `{RBL}.zone`: the address is on the list that this zone of the DNS publishes.
    DnsList(&'p [u8]),
    /// `net/mask`.
    Net {
        /// The network; `None` if it makes no sense and never matches.
        mask: Option<NetMask>,
        /// The scope of `[v6%scope]/n`.
        scope: Option<&'p [u8]>,
    },
    /// A string test on the address and, if `names` is set, on the name.
    Text {
        /// The word, in a form of [`compare`](crate::table::compare).
        word: &'p [u8],
        /// Whether the name may match too.
        names: bool,
    },
}

impl<'p> HostPattern<'p> {
    /// Tells what a word means.
    pub fn parse(word: &'p [u8]) -> Self {
        match word {
            [b'@', group @ ..] => return Self::Netgroup(group),
            [b'/', rest @ ..] if rest.iter().all(|byte| *byte == b'/') => return Self::Slashes,
            [b'/', ..] => return Self::File(word),
            _ if word.eq_ignore_ascii_case(b"KNOWN") => return Self::Known,
            _ if word.eq_ignore_ascii_case(b"LOCAL") => return Self::Local,
            _ => {}
        }
        if let Some(zone) = dns_list_zone(word) {
            return Self::DnsList(zone);
        }
        match split_outside_brackets(word, b'/', 0) {
            Some((net, mask)) => match bracketed(net).map(split_scope) {
                Some((net, scope)) => Self::Net {
                    mask: NetMask::parse_v6(net, mask),
                    scope,
                },
                None => Self::Net {
                    mask: NetMask::parse_v4(net, mask),
                    scope: None,
                },
            },
            None => Self::Text {
                word,
                names: may_be_name(word),
            },
        }
    }
}

/// The zone of a word `{RBL}.zone`, in NetBSD's syntax.
pub fn dns_list_zone(word: &[u8]) -> Option<&[u8]> {
    let (head, zone) = word.split_at_checked(DNS_LIST.len())?;
    head.eq_ignore_ascii_case(DNS_LIST).then_some(zone)
}

const DNS_LIST: &[u8] = b"{RBL}.";

/// Whether a word may be compared with names: not if it is made of the characters of addresses and
/// globs only, since the client's owner chooses the name (`10.*` against `10.evil.example`).
fn may_be_name(word: &[u8]) -> bool {
    !word
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'/' | b'*' | b'?'))
}

/// Splits `left@right` at the first `@` after the first character at which, from the second
/// character on, as many brackets were closed as opened.
pub fn split_at_sign(word: &[u8]) -> Option<(&[u8], &[u8])> {
    split_outside_brackets(word, b'@', 1)
}

/// The port that a word of a daemon list means, if it is a number of a port.
pub fn port_number(word: &[u8]) -> Option<u16> {
    let blanks = word.iter().take_while(|byte| is_blank(**byte)).count();
    let digits = word.get(blanks..)?;
    number::decimal(digits).and_then(|port| u16::try_from(port).ok())
}
