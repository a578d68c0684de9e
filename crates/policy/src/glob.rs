//! A word of text as a glob that reads a string byte by byte (hosts_access(5), Names and addresses).
//!
//! What is known after some bytes is a set of positions in the glob, kept as bits.

use hosts_access::table::compare::Form;

/// Positions in a glob: bit n is the position before its byte n.
pub(crate) type Positions = u128;

/// A glob that can be run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Glob(Vec<u8>);

impl Glob {
    /// Longest word that can be run.
    pub(crate) const MAX_BYTES: usize = 120;

    /// A word that is compared as text, as the glob that means the same. As in the original, stars at the end take
    /// at least one byte if they are two or more.
    pub(crate) fn of(word: &[u8]) -> Self {
        let word = word.to_ascii_lowercase();
        Self(match Form::of(&word) {
            Form::Suffix => [b"?*", &word[..]].concat(),
            Form::Prefix => [&word[..], b"*"].concat(),
            _ => {
                let stars = word.iter().rev().take_while(|byte| **byte == b'*').count();
                let head = word.get(..word.len() - stars).unwrap_or_default();
                match stars {
                    0 | 1 => word,
                    _ => [head, b"?*"].concat(),
                }
            }
        })
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is short enough to be run.
    pub(crate) fn fits(&self) -> bool {
        self.0.len() <= Self::MAX_BYTES
    }

    /// The positions before any byte.
    pub(crate) fn start(&self) -> Positions {
        self.closed(1)
    }

    /// Whether the bytes so far are a string that it matches.
    pub(crate) fn accepts(&self, positions: Positions) -> bool {
        positions >> self.0.len() & 1 == 1
    }

    /// Positions with those that a star reaches without a byte.
    fn closed(&self, mut positions: Positions) -> Positions {
        for (at, byte) in self.0.iter().enumerate() {
            if *byte == b'*' && positions >> at & 1 == 1 {
                positions |= 1 << (at + 1);
            }
        }
        positions
    }

    /// The positions after one more byte, in lower case.
    pub(crate) fn after(&self, positions: Positions, byte: u8) -> Positions {
        let mut next = 0;
        for (at, wanted) in self.0.iter().enumerate() {
            if positions >> at & 1 == 1 {
                match wanted {
                    b'*' => next |= 1 << at,
                    b'?' => next |= 1 << (at + 1),
                    _ if *wanted == byte => next |= 1 << (at + 1),
                    _ => {}
                }
            }
        }
        self.closed(next)
    }

    /// A string that it matches.
    pub(crate) fn example(&self) -> Vec<u8> {
        let bytes = self.0.iter().filter(|byte| **byte != b'*');
        bytes
            .map(|byte| if *byte == b'?' { b'x' } else { *byte })
            .collect()
    }
}
