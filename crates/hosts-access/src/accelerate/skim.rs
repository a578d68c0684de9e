//! Skims over the rules and list words that plainly have nothing to do with a request.
//!
//! A table may hold a million rules of which a request needs one. This looks at 64 bytes at a time
//! and tells how much of the text ahead can be left out: whole lines of a table, or whole words of a
//! `/file` list, that neither match nor fail nor warn nor ask for a name. Whatever is not plainly of
//! that kind is left to the parser, so it never decides anything; a line left out here is one that
//! the parser would have found not to match.
//!
//! Plain are words of digits and dots that are not the client's address nor a part of it, and nets
//! and bracketed IPv6 addresses that differ from it in a number that counts. Once the client's name
//! was asked for, words of letters are plain too, unless they are the name, a domain of it, or a
//! wildcard.
//!
//! Bit masks say where the bytes of a block are that matter; few blocks have any. `Marks::stop`
//! are bytes for the parser. At each byte in `Marks::look` one word gets a closer look.

mod block;
mod number;
mod readers;
mod runs;

use multiversion::multiversion;

use crate::request::Host;
use crate::table::blocks::Skipped;
use crate::text::bytes::is_blank;
use block::{BLOCK, Bytes, below, in_range, is, is_any, is_sign, lower_case};
use number::Numbers;
use readers::{Lines, ListWords, Pairs, Reader};
use runs::Edges;

/// The wildcards that look like plain words.
const WILDCARDS: [&[u8]; 3] = [b"ALL", b"KNOWN", b"LOCAL"];

/// From so many bytes on it is worth to find out what the processor can do: in a virtual machine that
/// takes as long as 30,000 bytes.
const LARGE: usize = 16 << 10;

/// What makes more of a bracketed word than an address or nonsense: NUL and globs.
const INSIDE_ODD: [(u8, u8); 3] = [(0, 0), (b'*', b'*'), (b'?', b'?')];

/// Knows which words a host could match.
#[derive(Clone, Copy, Debug)]
pub(super) struct Skim<'h> {
    /// The address as patterns see it, and its last byte.
    address: (&'h [u8], u8),
    /// The address in numbers.
    numbers: Numbers,
    /// The words that count once the name was asked for, when letters are plain too.
    words: Option<[&'h [u8]; 4]>,
    /// Their first letters in lower case.
    firsts: Option<[u8; 4]>,
    /// Whether that of the name is none.
    begins_with_digit: bool,
}

/// What was found in a block, a bit for each byte.
struct Marks {
    newline: u64,
    /// Bytes between words.
    boundary: u64,
    /// Bytes that are not plain.
    stop: u64,
    /// Bytes of words, or just after words, that may match.
    look: u64,
}

/// A byte of a text, with what is known of the word around it.
struct Spot<'t> {
    text: &'t [u8],
    at: usize,
    /// Where the word begins.
    start: usize,
    /// Bytes between words, from this byte on.
    boundary: u64,
}

impl<'h> Skim<'h> {
    /// For words that are compared with this host as it is known now. `None`: its address is unknown
    /// or a word like `localhost`, or its name a single byte, and the parser has to look at everything.
    pub(super) fn new(host: &'h Host) -> Option<Self> {
        let numbers = Numbers::of(host.address()?);
        let address = host.address()?.subject();
        let [all, known, local] = WILDCARDS;
        let words = match &host.name {
            name if !name.is_answered() => None,
            name => Some([all, known, local, name.text()]),
        };
        let short = |word: &&[u8]| word.len() < 2;
        // The address is looked for by its last byte, in one case only; with a colon it is no plain word.
        let is_number = address.contains(&b':') || !address.iter().any(u8::is_ascii_alphabetic);
        if words.iter().flatten().any(short) || !is_number {
            return None;
        }
        Some(Self {
            address: (address, *address.last()?),
            numbers,
            words,
            begins_with_digit: words
                .is_some_and(|[.., name]| !name.first().is_some_and(u8::is_ascii_alphabetic)),
            firsts: words
                .map(|words| words.map(|word| word.first().copied().unwrap_or_default() | 0x20)),
        })
    }

    /// Leaves out lines of a table; the text begins with a line.
    pub(super) fn lines(&self, text: &[u8]) -> Skipped {
        match text.len() {
            ..LARGE => pass::<Lines>(self, text),
            _ => pass_lines(self, text),
        }
    }

    /// Leaves out words of a list; the text begins with a word or a blank.
    pub(super) fn list_words(&self, text: &[u8]) -> Skipped {
        match text.len() {
            ..LARGE => pass::<ListWords>(self, text),
            _ => pass_list_words(self, text),
        }
    }

    /// Marks the words in part of a block.
    #[inline(always)]
    fn words<R: Reader>(
        &self,
        bytes: &Bytes,
        part: u64,
        boundary: u64,
        pairs: &Pairs,
        edges: &mut Edges,
    ) -> Marks {
        let dot = part & bytes.mask(|lane| is(lane, b'.'));
        let last = part & bytes.mask(|lane| is(lane, self.address.1));
        let (begins, tails) = edges.shift(boundary, dot | last);
        let mut marks = Marks {
            newline: 0,
            boundary,
            stop: part & !(boundary | dot | bytes.mask(|lane| in_range(lane, b'0', b'9'))),
            look: (boundary & tails) | (dot & begins),
        };
        if marks.stop != 0 || self.begins_with_digit {
            self.letters::<R>(bytes, part & begins, pairs, &mut marks);
        }
        marks
    }

    /// Takes from the bytes that stop a block what may stand in nets, IPv6 addresses and names.
    #[inline(always)]
    fn letters<R: Reader>(&self, bytes: &Bytes, begins: u64, pairs: &Pairs, marks: &mut Marks) {
        let slash = marks.stop & bytes.mask(|lane| is(lane, b'/'));
        marks.stop &= !slash;
        marks.look |= slash & !(pairs.close << 1);
        if pairs.inside | pairs.open | pairs.close != 0 {
            marks.look |= marks.stop & pairs.close;
            marks.stop &= !(pairs.close | pairs.open);
            if !bytes.has_any(INSIDE_ODD) {
                marks.stop &= !pairs.inside;
            }
        }
        if let Some(firsts) = &self.firsts
            && (marks.stop != 0 || self.begins_with_digit)
        {
            marks.look |= begins & bytes.mask(|lane| is_any(lower_case(lane), firsts));
            marks.stop &= match pairs.open | pairs.close {
                0 if !R::has_signs(bytes) => 0,
                _ => bytes.mask(is_sign),
            };
        }
    }

    /// Whether the word with this byte in it, or just before it, may match. Where that is not plain
    /// it may: the parser tells.
    #[inline(always)]
    fn may_match(&self, spot: &Spot<'_>) -> bool {
        let head = spot.text.get(spot.start..spot.at).unwrap_or_default();
        let tail = spot.text.get(spot.at..).unwrap_or_default();
        match tail {
            _ if spot.boundary & 1 == 1 => match head.last() {
                Some(b'.') => self.any_subject(|subject| starts_with(subject, head)),
                _ => head.ends_with(self.address.0),
            },
            [b'.', ..] => {
                let end = match spot.boundary {
                    0 => tail.iter().position(|byte| is_edge(*byte)),
                    boundary => Some(boundary.trailing_zeros() as usize),
                };
                let word = end.and_then(|end| tail.get(..end)).unwrap_or(tail);
                self.any_subject(|subject| ends_with(subject, word))
            }
            [b'/', mask @ ..] => !head.ends_with(b"]") && self.numbers.may_be_in_v4(head, mask),
            [b']', rest @ ..] => self.may_be_v6(head, rest),
            _ => {
                let begins = |word: &&[u8]| starts_with(tail, word);
                self.words.iter().flatten().any(begins)
            }
        }
    }

    /// Whether `[net` may be the address, or a net that it is in. `rest` follows the closing bracket.
    fn may_be_v6(&self, net: &[u8], rest: &[u8]) -> bool {
        match (net, rest) {
            ([b'[', net @ ..], [b'/', length @ ..]) => self.numbers.may_be_in_v6(net, length),
            // The parser asks for a name too.
            _ if self.words.is_none() => true,
            ([b'[', net @ ..], [next, ..]) if is_edge(*next) => {
                self.numbers.may_be_in_v6(net, b"128")
            }
            _ => true,
        }
    }

    /// Whether the address or, once asked for, the name passes a test.
    #[inline(always)]
    fn any_subject(&self, test: impl Fn(&[u8]) -> bool) -> bool {
        let name = self.words.map(|[.., name]| name);
        test(self.address.0) || name.is_some_and(test)
    }
}

/// Compiled twice: for any processor, and for those of the last ten years. Which one runs is found
/// out at the first call, once in a process.
#[multiversion(targets("x86_64+avx+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn pass_lines(skim: &Skim<'_>, text: &[u8]) -> Skipped {
    pass::<Lines>(skim, text)
}

/// The same for lists.
#[multiversion(targets("x86_64+avx+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn pass_list_words(skim: &Skim<'_>, text: &[u8]) -> Skipped {
    pass::<ListWords>(skim, text)
}

/// Looks at a text block by block, up to the first byte that stops it.
#[inline(always)]
fn pass<R: Reader>(skim: &Skim<'_>, text: &[u8]) -> Skipped {
    let (mut reader, mut start, mut lines) = (R::default(), 0, 0);
    for (number, block) in text.chunks(BLOCK).enumerate() {
        let base = number * BLOCK;
        let marks = reader.marks(skim, &Bytes::new(block));
        let mut open = marks.stop | marks.look;
        while open != 0 {
            let at = open.trailing_zeros();
            let before = marks.boundary & below(at);
            let spot = Spot {
                text,
                at: base + at as usize,
                start: if before == 0 {
                    start
                } else {
                    base + behind_last(before)
                },
                boundary: marks.boundary >> at,
            };
            if marks.stop >> at & 1 == 1 || skim.may_match(&spot) {
                let plain = text.get(..spot.at).unwrap_or(text);
                lines += u64::from((marks.newline & below(at)).count_ones());
                return Skipped {
                    bytes: R::end(plain),
                    lines,
                    stopped: true,
                };
            }
            open &= open - 1;
        }
        lines += u64::from(marks.newline.count_ones());
        if marks.boundary != 0 {
            start = base + behind_last(marks.boundary);
        }
    }
    Skipped {
        bytes: R::end(text),
        lines,
        stopped: false,
    }
}

/// The place after the last bit that is set.
#[inline(always)]
fn behind_last(bits: u64) -> usize {
    BLOCK - bits.leading_zeros() as usize
}

/// Whether a byte ends a word, in lines or in lists. Where it does so in one of the two only, the
/// other has stopped at it.
fn is_edge(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b',' | b':')
}

/// Compares the last byte first: it tells most words apart.
fn starts_with(text: &[u8], word: &[u8]) -> bool {
    let head = text.get(..word.len()).unwrap_or_default();
    let last = head.last().map(u8::to_ascii_lowercase);
    last == word.last().map(u8::to_ascii_lowercase) && head.eq_ignore_ascii_case(word)
}

/// Whether a text is longer than its end.
fn ends_with(text: &[u8], end: &[u8]) -> bool {
    let rest = text.len().checked_sub(end.len());
    rest.is_some_and(|rest| rest > 0)
        && text
            .get(text.len() - end.len()..)
            .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests;
