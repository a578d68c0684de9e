//! Lists of words with EXCEPT (hosts_access(5), LISTS).

use nom::bytes::complete::{take_till1, take_while};
use nom::sequence::preceded;
use nom::{IResult, Parser};

/// Whether a byte separates the words of a list.
pub fn is_separator(byte: u8) -> bool {
    matches!(byte, b',' | b' ' | b'\t' | b'\r' | b'\n')
}

/// The words of a list, in order.
#[derive(Clone, Debug)]
pub struct Words<'l>(&'l [u8]);

impl<'l> Words<'l> {
    /// The words of this list.
    pub fn new(list: &'l [u8]) -> Self {
        Self(list)
    }

    /// Those before the first EXCEPT: without one of them the list matches nothing.
    pub fn before_except(self) -> impl Iterator<Item = &'l [u8]> {
        self.take_while(|word| !is_except(word))
    }

    /// All but EXCEPT.
    pub fn patterns(self) -> impl Iterator<Item = &'l [u8]> {
        self.filter(|word| !is_except(word))
    }
}

impl<'l> Iterator for Words<'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        let (rest, word) = word(self.0).ok()?;
        self.0 = rest;
        Some(word)
    }
}

fn word(list: &[u8]) -> IResult<&[u8], &[u8]> {
    preceded(take_while(is_separator), take_till1(is_separator)).parse(list)
}

/// Whether a word is the operator EXCEPT.
pub fn is_except(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"EXCEPT")
}

/// A step of the walk through a list.
#[derive(Clone, Copy, Debug)]
pub enum Step<'l> {
    /// A word is tested.
    Word(&'l [u8]),
    /// A word is passed over, since one before it has matched.
    Passed(&'l [u8]),
    /// EXCEPT is met.
    Except {
        /// Whether the words after it are tested, since one before it has matched.
        entered: bool,
    },
}

/// Tests a list: a word before the first EXCEPT must match, and the list after it must not. `visit` is told each step
/// and says whether a word matches; of other steps its answer does not count.
///
/// EXCEPT nests to the right: `A EXCEPT B EXCEPT C` is A without (B without C). The loop carries
/// what a match means so far instead of recursing, so a long chain costs no stack.
///
/// # Errors
/// The first error ends it.
pub fn list_match<E>(
    list: &[u8],
    mut visit: impl FnMut(Step<'_>) -> Result<bool, E>,
) -> Result<bool, E> {
    let (mut matched, mut otherwise) = (false, false);
    for word in Words::new(list) {
        if is_except(word) {
            visit(Step::Except { entered: matched })?;
            if !matched {
                return Ok(otherwise);
            }
            (matched, otherwise) = (false, !otherwise);
        } else if matched {
            visit(Step::Passed(word))?;
        } else {
            matched = visit(Step::Word(word))?;
        }
    }
    Ok(matched != otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn eval(list: &str, subject: &str) -> bool {
        let test = |step: Step<'_>| {
            Ok::<_, Infallible>(match step {
                Step::Word(word) => crate::table::compare::string_match(word, subject.as_bytes()),
                Step::Passed(_) | Step::Except { .. } => false,
            })
        };
        list_match(list.as_bytes(), test).unwrap()
    }

    #[test]
    fn words_split_at_separators_only() {
        let words: Vec<_> = Words::new(b" a,,b\tc\r\n;d e;\x0bf ").collect();
        assert_eq!(words, [&b"a"[..], b"b", b"c", b";d", b"e;\x0bf"]);
    }

    /// The table of rules.md, section 3; the subject is 192.0.2.7.
    #[test]
    fn except() {
        for (list, expected) in [
            ("ALL EXCEPT 192.0.2.7", false),
            ("ALL EXCEPT 192.0.2. EXCEPT 192.0.2.7", true),
            ("ALL EXCEPT 192.0.2. EXCEPT 192.0.2.8", false),
            ("ALL EXCEPT ALL EXCEPT ALL", true),
            ("ALL except ALL Except ALL EXCEPT ALL", false),
            ("10. EXCEPT 10.1. 192.0.2.", false),
            ("192.0.2.7 10. EXCEPT 10.1.", true),
            ("10. 192.0.2.7 EXCEPT 10.1.", true),
            ("EXCEPT ALL", false),
            ("EXCEPT", false),
            ("ALL EXCEPT", true),
            ("ALL EXCEPT EXCEPT 192.0.2.7", true),
            ("", false),
            (" , ", false),
        ] {
            assert_eq!(eval(list, "192.0.2.7"), expected, "{list}");
        }
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let list = "ALL EXCEPT ".repeat(1_000_001);
        assert!(eval(&list, "x"));
    }

    #[test]
    fn an_error_ends_the_test() {
        let mut seen = 0;
        let outcome = list_match(b"a b c", |_| {
            seen += 1;
            if seen == 2 { Err("stop") } else { Ok(false) }
        });
        assert_eq!((outcome, seen), (Err("stop"), 2));
    }
}
