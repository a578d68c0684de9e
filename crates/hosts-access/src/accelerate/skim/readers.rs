//! What matters in the blocks of a text, one after another: of a table's lines, or of a list's words.

use super::block::{Bytes, in_range, is, is_control};
use super::runs::{Brackets, Edges, Fields};
use super::{Marks, Skim};
use crate::text::bytes::is_blank;

/// The brackets, and what stands between them in ASCII.
const BRACKETS: [(u8, u8); 1] = [(b'[', b']')];

/// Controls but newline, and `@`.
const LINE_ODD: [(u8, u8); 3] = [(0, b'\t'), (0x0b, 0x1f), (b'@', b'@')];

/// White space but space and newline.
const LIST_ODD: [(u8, u8); 2] = [(b'\t', b'\t'), (0x0b, b'\r')];

/// What is left of `is_sign` in lines without brackets and anything of `LINE_ODD`.
const LINE_SIGNS: [(u8, u8); 3] = [(b'!', b'+'), (b';', b'?'), (b'{', b'{')];

/// The same in lists without brackets, where comma and colon are parts of words.
const LIST_SIGNS: [(u8, u8); 6] = [
    (0, 8),
    (0x0e, 0x1f),
    (b'!', b','),
    (b'/', b'/'),
    (b':', b'@'),
    (b'{', b'{'),
];

/// The brackets of a block, a bit for each byte.
#[derive(Default)]
pub(super) struct Pairs {
    /// A bracket where none may be, or what may not be between two: a blank, another bracket.
    stop: u64,
    pub(super) open: u64,
    /// What stands between brackets.
    pub(super) inside: u64,
    pub(super) close: u64,
}

impl Pairs {
    #[inline(always)]
    fn new(bytes: &Bytes, blank: u64, brackets: &mut Brackets) -> Self {
        let open = bytes.mask(|lane| is(lane, b'['));
        let close = bytes.mask(|lane| is(lane, b']'));
        let run = brackets.next(open, close | blank);
        Self {
            stop: (run.ends & blank) | (open & run.covered) | (close & !run.ends),
            open,
            inside: run.covered,
            close,
        }
    }
}

/// Looks at one block after another of a text of some kind.
pub(super) trait Reader: Default {
    /// What a block has that matters.
    fn marks(&mut self, skim: &Skim<'_>, bytes: &Bytes) -> Marks;

    /// Whether a block without brackets may have bytes that are signs, not letters.
    fn has_signs(bytes: &Bytes) -> bool;

    /// Where in a text what can be left out ends: after the last of its parts that is whole.
    fn end(text: &[u8]) -> usize;
}

/// Reads lines of a table.
#[derive(Default)]
pub(super) struct Lines {
    fields: Fields,
    brackets: Brackets,
    edges: Edges,
}

impl Reader for Lines {
    #[inline(always)]
    fn marks(&mut self, skim: &Skim<'_>, bytes: &Bytes) -> Marks {
        let newline = bytes.mask(|lane| is(lane, b'\n'));
        let mut colon = bytes.mask(|lane| is(lane, b':'));
        let mut separator = bytes.mask(|lane| is(lane, b' ') | is(lane, b','));
        // In any field these may join lines, end the table or name a server.
        let mut stop = 0;
        if bytes.has_any(LINE_ODD) {
            separator |= bytes.mask(|lane| is(lane, b'\t') | is(lane, b'\r'));
            stop |= bytes.mask(|lane| is(lane, b'@') | is_control(lane));
        }
        let mut pairs = Pairs::default();
        if self.brackets.is_open() || bytes.has_any(BRACKETS) {
            pairs = Pairs::new(bytes, newline | separator, &mut self.brackets);
            stop |= pairs.stop | bytes.mask(|lane| is(lane, b'\\'));
            colon &= !pairs.inside;
        }
        let boundary = newline | colon | separator;
        let (clients, no_colon) = self.fields.next(newline, colon);
        let mut marks = skim.words::<Self>(bytes, clients, boundary, &pairs, &mut self.edges);
        marks.newline = newline;
        // A bracket in another field may hide a colon.
        marks.stop |= stop | no_colon | (pairs.open & !clients);
        marks
    }

    #[inline(always)]
    fn has_signs(bytes: &Bytes) -> bool {
        bytes.has_any(LINE_SIGNS)
    }

    fn end(text: &[u8]) -> usize {
        let newline = text.iter().rposition(|byte| *byte == b'\n');
        newline.map_or(0, |at| at + 1)
    }
}

/// Reads words of a list.
#[derive(Default)]
pub(super) struct ListWords {
    brackets: Brackets,
    edges: Edges,
}

impl Reader for ListWords {
    #[inline(always)]
    fn marks(&mut self, skim: &Skim<'_>, bytes: &Bytes) -> Marks {
        let newline = bytes.mask(|lane| is(lane, b'\n'));
        let mut blank = newline | bytes.mask(|lane| is(lane, b' '));
        if bytes.has_any(LIST_ODD) {
            blank |= bytes.mask(|lane| in_range(lane, b'\t', b'\r'));
        }
        let mut pairs = Pairs::default();
        if self.brackets.is_open() || bytes.has_any(BRACKETS) {
            pairs = Pairs::new(bytes, blank, &mut self.brackets);
        }
        let mut marks = skim.words::<Self>(bytes, !0, blank, &pairs, &mut self.edges);
        marks.newline = newline;
        marks.stop |= pairs.stop;
        marks
    }

    #[inline(always)]
    fn has_signs(bytes: &Bytes) -> bool {
        bytes.has_any(LIST_SIGNS)
    }

    fn end(text: &[u8]) -> usize {
        let blank = text.iter().rposition(|byte| is_blank(*byte));
        blank.map_or(0, |at| at + 1)
    }
}
