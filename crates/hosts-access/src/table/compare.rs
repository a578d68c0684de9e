//! String tests: how a word is compared with an address, a name, a daemon or a user
//! (hosts_access(5), Names and addresses, IPv6 addresses).
//!
//! Everything ignores ASCII case. Nothing here asks anybody anything: a name that cannot be known is compared as the
//! text of its [fact](crate::request::facts), `unknown` or `paranoid`, so those two words need no form of their own.
//! What a word means besides (a net, a list, a netgroup) is told apart in [`pattern`](crate::table::pattern).

use crate::request::facts::UNKNOWN;

/// How a word is compared. The first form that applies decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With `*` or `?`: a glob over the whole subject.
    Glob,
    /// With a leading dot: a suffix of a longer subject.
    Suffix,
    /// `ALL`: any subject.
    All,
    /// `KNOWN`: any subject but `unknown`.
    Known,
    /// With a final dot: a prefix.
    Prefix,
    /// Any other word: equality.
    Equal,
    /// In brackets: an IPv6 address, which equals no name. [`pattern`](crate::table::pattern), which knows
    /// numbers, compares it with addresses.
    Bracketed,
}

impl Form {
    /// The form of a word.
    pub fn of(word: &[u8]) -> Self {
        match word {
            _ if is_glob(word) => Self::Glob,
            [b'[', ..] => Self::Bracketed,
            [b'.', ..] => Self::Suffix,
            _ if word.eq_ignore_ascii_case(b"ALL") => Self::All,
            _ if word.eq_ignore_ascii_case(b"KNOWN") => Self::Known,
            [.., b'.'] => Self::Prefix,
            _ => Self::Equal,
        }
    }

    /// Tests a word of this form against a subject.
    pub fn matches(self, word: &[u8], subject: &[u8]) -> bool {
        match self {
            Self::Glob => glob_match(word, subject),
            Self::Suffix => {
                subject.len() > word.len()
                    && subject
                        .get(subject.len() - word.len()..)
                        .is_some_and(|tail| tail.eq_ignore_ascii_case(word))
            }
            Self::All => true,
            Self::Known => !subject.eq_ignore_ascii_case(UNKNOWN),
            Self::Prefix => subject
                .get(..word.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(word)),
            Self::Equal => word.eq_ignore_ascii_case(subject),
            Self::Bracketed => false,
        }
    }
}

/// Tests a word against a subject, in the form that the word has.
pub fn string_match(word: &[u8], subject: &[u8]) -> bool {
    Form::of(word).matches(word, subject)
}

/// Whether a word is a glob.
pub fn is_glob(word: &[u8]) -> bool {
    word.iter().any(|byte| matches!(byte, b'*' | b'?'))
}

/// Matches `*` (any run of bytes) and `?` (one byte) over the whole subject. As in the original, two
/// or more `*` at the end are one that takes at least one byte.
///
/// Only the last `*` met is ever tried again, since a longer run for an earlier one gains nothing;
/// so the cost is at most the product of both lengths, whatever name a client gives itself.
pub fn glob_match(pattern: &[u8], subject: &[u8]) -> bool {
    let (mut at, mut pos) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(byte) = subject.get(pos) {
        match pattern.get(at) {
            Some(b'*') => {
                at += 1;
                retry = Some((at, pos));
            }
            Some(wanted) if *wanted == b'?' || wanted.eq_ignore_ascii_case(byte) => {
                at += 1;
                pos += 1;
            }
            _ => match retry {
                Some((after_star, taken)) => {
                    at = after_star;
                    pos = taken + 1;
                    retry = Some((after_star, pos));
                }
                None => return false,
            },
        }
    }
    matches!(pattern.get(at..), Some([] | [b'*']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (word, subject, expected) in [
            ("sshd", "SSHD", true),
            ("sshd", "sshd2", false),
            (".example.org", "a.example.org", true),
            (".example.org", "example.org", false),
            (".example.org", ".example.org", false),
            (".EXAMPLE.org", "a.b.example.ORG", true),
            (".5", "192.0.2.5", true),
            ("192.0.2.", "192.0.2.7", true),
            ("192.0.2.", "192.0.2.", true),
            ("192.0.2.", "192.0.20.7", false),
            ("host.", "host.example.org", true),
            ("host.", "host", false),
            (".", "a.", true),
            (".", ".", false),
            ("all", "anything", true),
            ("ALL", "", true),
            ("KNOWN", "unknown", false),
            ("KNOWN", "Unknown", false),
            ("KNOWN", "paranoid", true),
            ("UNKNOWN", "unknown", true),
            (".*.org", ".x.org", true),
            (".*.org", "a.x.org", false),
            ("*", "", true),
            ("?", "", false),
            ("un*", "unknown", true),
            ("a*b?d", "aXXbcd", true),
            ("a*b?d", "aXXbd", false),
            ("*a*a*b", "aaaaaaaaab", true),
            ("*A", "ba", true),
            ("a**b", "ab", true),
            ("a**", "ab", true),
            ("a**", "a", false),
            ("a***", "a", false),
            ("a?**", "ab", false),
        ] {
            assert_eq!(
                string_match(word.as_bytes(), subject.as_bytes()),
                expected,
                "{word} {subject}"
            );
        }
    }

    #[test]
    fn hostile_globs_end_at_once() {
        let pattern = "*a".repeat(4096) + "*b";
        let subject = "a".repeat(1024);
        assert!(!glob_match(pattern.as_bytes(), subject.as_bytes()));
    }
}
