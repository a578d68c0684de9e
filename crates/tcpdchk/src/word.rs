//! A word of a list: what kind it is, and where it comes from.

use hosts_access::address::notation::dotted_quad;
use hosts_access::table::compare::is_glob;
use hosts_access::table::list::is_except;
use hosts_access::table::pattern::{HostPattern, port_number, split_at_sign};
use hosts_access::text::number::decimal;
use tools::remark::{Check, Level};

use crate::finding::Finding;
use crate::source::Origin;

/// A word in host position, with where it comes from.
#[derive(Clone, Copy)]
pub(crate) struct HostWord<'h> {
    /// The word.
    pub word: &'h [u8],
    /// Its table or list.
    pub origin: &'h dyn Origin,
    /// Whether what the original says of it does not count.
    pub minor: bool,
    /// How grave a finding of ours about it is: what the original says of it counts only if it is
    /// graver.
    pub said: Option<Level>,
}

impl<'h> HostWord<'h> {
    /// A word of which nothing was said yet.
    pub(crate) fn new(word: &'h [u8], origin: &'h dyn Origin) -> Self {
        Self {
            word,
            origin,
            minor: false,
            said: None,
        }
    }

    /// The same, of which nothing counts if another finding explains it.
    pub(crate) fn explained_if(self, explained: bool) -> Self {
        Self {
            minor: explained,
            ..self
        }
    }

    /// A part of the same word.
    pub(crate) fn part(self, word: &'h [u8]) -> Self {
        Self { word, ..self }
    }

    /// A warning of the original about it.
    pub(crate) fn warn(&self, check: &'static Check, text: impl Into<String>) -> Finding {
        let less = self.said.is_some_and(|said| check.level <= said);
        Finding::warning(check, text)
            .at(self.origin.place(self.word))
            .minor_if(self.minor || less)
    }

    /// A finding of our own about it.
    pub(crate) fn own(&self, check: &'static Check, text: impl Into<String>) -> Finding {
        Finding::own(check, text).at(self.origin.place(self.word))
    }
}

/// Words that are no names.
const RESERVED: [&[u8]; 5] = [b"ALL", b"KNOWN", b"UNKNOWN", b"LOCAL", b"PARANOID"];

/// Whether a word has a meaning of its own somewhere.
pub(crate) fn is_reserved(word: &[u8]) -> bool {
    RESERVED
        .iter()
        .any(|reserved| word.eq_ignore_ascii_case(reserved))
}

/// Whether a word is the wildcard that is gone.
pub(crate) fn is_fail(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"FAIL")
}

/// Splits a client word. A word in brackets has no user.
pub(crate) fn split_client(word: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match word {
        [b'[', ..] => (None, word),
        _ => match split_at_sign(word) {
            Some((user, host)) => (Some(user), host),
            None => (None, word),
        },
    }
}

/// Whether a word of a daemon list is the name of one daemon.
pub(crate) fn is_plain(name: &[u8]) -> bool {
    !matches!(
        name,
        [] | [b'@' | b'/' | b'.' | b'[' | b'#', ..] | [.., b'.']
    ) && !is_reserved(name)
        && !is_except(name)
        && !is_fail(name)
        && !is_glob(name)
        && name.is_ascii()
        && port_number(name).is_none()
}

/// Whether an IPv4 network other than 0.0.0.0 has the length 0: its host bits never match.
pub(crate) fn is_zero_length(word: &[u8]) -> bool {
    let Some(at) = word.iter().position(|byte| *byte == b'/') else {
        return false;
    };
    let (net, mask) = word.split_at(at);
    dotted_quad(net).is_some_and(|net| !net.is_unspecified())
        && decimal(mask.get(1..).unwrap_or_default()) == Some(0)
}

/// Whether a word matches many: a wildcard, a network or a domain.
pub(crate) fn is_wide(word: &[u8]) -> bool {
    is_reserved(word)
        || matches!(word, [b'.', ..] | [.., b'.'])
        || is_glob(word)
        || matches!(
            HostPattern::parse(word),
            HostPattern::Net { mask: Some(_), .. }
        )
}
