//! Skims over the rules and list words that plainly have nothing to do with a request.
//!
//! A table may hold a million rules of which a request needs one. This looks at 64 bytes at a time
//! and tells how much of the text ahead can be left out: whole lines of a table, or whole words of a
//! `/file` list, that neither match nor fail nor warn nor ask for a name. Whatever is not plainly of
//! that kind is left to the parser, so it never decides anything; a line left out here is one that
//! the parser would have found not to match.
//!
//! Plain is a word of digits and dots that is not the client's address, with no dot at either end.
//! Once the client's name was asked for, letters, `-` and `_` are plain too, if the word is neither
//! the name nor a wildcard.

use memchr::memchr_iter;
use wide::u8x16;

use crate::request::Host;
use crate::world::Log;

/// Bytes looked at together: one for each bit of a mask.
const BLOCK: usize = 64;

/// The wildcards that look like plain words.
const WILDCARDS: [&[u8]; 3] = [b"ALL", b"KNOWN", b"LOCAL"];

/// What can be left out at the start of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// So many bytes: whole lines, or words with the blanks behind them.
    pub bytes: usize,
    /// So many newlines are among them.
    pub lines: u64,
    /// Whether something that is not plain comes next. If not, the text ended first.
    pub stopped: bool,
}

/// Knows which words a host could match.
#[derive(Clone, Copy, Debug)]
pub struct Skim<'h> {
    /// The address as patterns see it, and its last byte.
    address: (&'h [u8], u8),
    /// The words that count once the name was asked for, when letters are plain too.
    words: Option<[&'h [u8]; 4]>,
}

/// What is known of the words of a block, a bit for each byte.
struct Words {
    /// A byte that is not plain, or a dot at either end of a word.
    stop: u64,
    /// The boundary behind a word that may be the address.
    ends: u64,
    /// The start of a word that may be the name, a wildcard or the address.
    starts: u64,
}

impl<'h> Skim<'h> {
    /// For a search; none if somebody listens to each of its steps.
    pub fn of(host: &'h Host, log: &dyn Log) -> Option<Self> {
        match log.wants_events() {
            true => None,
            false => Self::new(host),
        }
    }

    /// For words that are compared with this host as it is known now. `None`: its address is a
    /// word like `localhost`, or its name a single byte, and the parser has to look at everything.
    pub fn new(host: &'h Host) -> Option<Self> {
        let address = match host.address() {
            Some(address) => address.subject(),
            None => host.address_text(),
        };
        let [all, known, local] = WILDCARDS;
        let words = match &host.name {
            name if name.is_not_asked() => None,
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
            words,
        })
    }

    /// Leaves out lines of a table; the text begins with a line.
    pub fn lines(&self, text: &[u8]) -> Skipped {
        let mut skipped = Skipped::default();
        let (mut edges, mut fields) = (Edges::new(), Fields::new());
        for (number, block) in text.chunks(BLOCK).enumerate() {
            let (base, bytes) = (number * BLOCK, Bytes::new(block));
            let newline = bytes.mask(|lane| is(lane, b'\n'));
            let colon = bytes.mask(|lane| is(lane, b':'));
            let separator = bytes
                .mask(|lane| is(lane, b' ') | is(lane, b',') | is(lane, b'\t') | is(lane, b'\r'));
            let boundary = newline | colon | separator;
            // In any field these may join lines, end the table, hide a colon or name a server.
            let odd = bytes.rare(|lane| in_range(lane, b'[', b']') | is(lane, b'@') | is(lane, 0));
            let (clients, no_colon) = fields.next(newline, colon);
            let mut words = self.words(&bytes, clients, boundary, &mut edges);
            words.stop |= odd | no_colon;
            let stop = self.first_stop(text, base, &words);
            if skipped.pass(base, newline, stop) {
                break;
            }
        }
        skipped.count_lines(text)
    }

    /// Leaves out words of a list; the text begins with a word or a blank.
    pub fn list_words(&self, text: &[u8]) -> Skipped {
        let mut skipped = Skipped::default();
        let mut edges = Edges::new();
        for (number, block) in text.chunks(BLOCK).enumerate() {
            let (base, bytes) = (number * BLOCK, Bytes::new(block));
            let blank = bytes.mask(|lane| in_range(lane, b'\t', b'\r') | is(lane, b' '));
            let words = self.words(&bytes, !0, blank, &mut edges);
            let stop = self.first_stop(text, base, &words);
            if skipped.pass(base, blank & inside(text, base), stop) {
                break;
            }
        }
        skipped.count_lines(text)
    }

    /// Looks at the words in part of a block.
    #[inline(always)]
    fn words(&self, bytes: &Bytes, part: u64, boundary: u64, edges: &mut Edges) -> Words {
        let dot = part & bytes.mask(|lane| is(lane, b'.'));
        let last = part & bytes.mask(|lane| is(lane, self.address.1));
        let before = edges.shift(boundary, dot, last);
        let digit = bytes.mask(|lane| in_range(lane, b'0', b'9'));
        let mut other = part & !(boundary | digit | dot);
        let mut starts = 0;
        if let (Some(words), 1..) = (&self.words, other) {
            other &= !bytes.mask(|lane| {
                in_range(lower_case(lane), b'a', b'z') | is(lane, b'-') | is(lane, b'_')
            });
            starts = bytes.begin(words, part & before.boundary);
        }
        let dot_at_an_end = (boundary & before.dot) | (dot & before.boundary);
        Words {
            stop: other | dot_at_an_end,
            ends: boundary & before.last,
            starts,
        }
    }

    /// The first byte of a block that is not to be passed over.
    #[inline(always)]
    fn first_stop(&self, text: &[u8], base: usize, words: &Words) -> Option<u32> {
        let mut open = (words.stop | words.ends | words.starts) & inside(text, base);
        while open != 0 {
            let bit = open & open.wrapping_neg();
            let at = open.trailing_zeros();
            if words.stop & bit != 0 || self.may_match(text, base + at as usize, words, bit) {
                return Some(at);
            }
            open ^= bit;
        }
        None
    }

    /// Whether the word that ends or starts here may match. A word that only ends or begins as one
    /// that matches counts too: the parser tells them apart.
    fn may_match(&self, text: &[u8], at: usize, words: &Words, bit: u64) -> bool {
        let (head, tail) = text.split_at_checked(at).unwrap_or_default();
        let begins = |word: &&[u8]| {
            let begin = tail.get(..word.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(word))
        };
        (words.ends & bit != 0 && head.ends_with(self.address.0))
            || (words.starts & bit != 0 && self.words.iter().flatten().any(begins))
    }
}

/// The bytes of a block that are bytes of the text, not what fills it up.
#[inline(always)]
fn inside(text: &[u8], base: usize) -> u64 {
    match text.len() - base {
        left @ ..BLOCK => (1 << left) - 1,
        _ => !0,
    }
}

impl Skipped {
    /// Takes what ends before the stop; whether there was one. Parts end behind the marks in `ends`.
    #[inline(always)]
    fn pass(&mut self, base: usize, ends: u64, stop: Option<u32>) -> bool {
        let before = stop.map_or(!0, |at| (1 << at) - 1);
        let ends = ends & before;
        if ends != 0 {
            self.bytes = base + BLOCK - ends.leading_zeros() as usize;
        }
        self.stopped = stop.is_some();
        self.stopped
    }

    fn count_lines(mut self, text: &[u8]) -> Self {
        let passed = text.get(..self.bytes).unwrap_or_default();
        self.lines = memchr_iter(b'\n', passed).count() as u64;
        self
    }
}

/// What lies just before each byte of a block, with what the block before has left.
struct Edges {
    boundary: u64,
    dot: u64,
    last: u64,
}

impl Edges {
    /// Before the text there is a boundary.
    fn new() -> Self {
        Self {
            boundary: 1 << 63,
            dot: 0,
            last: 0,
        }
    }

    /// Marks each byte whose neighbour before it is of the kind.
    #[inline(always)]
    fn shift(&mut self, boundary: u64, dot: u64, last: u64) -> Self {
        let now = Self {
            boundary,
            dot,
            last,
        };
        let then = std::mem::replace(self, now);
        Self {
            boundary: boundary << 1 | then.boundary >> 63,
            dot: dot << 1 | then.dot >> 63,
            last: last << 1 | then.last >> 63,
        }
    }
}

/// Where the client list of each line is: from its first colon to the next colon or newline.
///
/// Adding a bit at the lower end of a run of ones carries to the end of that run. The bit stands for
/// the start of a field, the ones for bytes that do not end it, so one addition finds the ends of all
/// fields of a block.
struct Fields {
    in_daemons: bool,
    in_clients: bool,
}

impl Fields {
    /// At the start of a line.
    fn new() -> Self {
        Self {
            in_daemons: true,
            in_clients: false,
        }
    }

    /// The bytes of client lists, and the newlines of lines without a colon.
    #[inline(always)]
    fn next(&mut self, newline: u64, colon: u64) -> (u64, u64) {
        let free = !(newline | colon);
        let starts = newline << 1 | u64::from(self.in_daemons);
        let (ends, beyond) = free.overflowing_add(starts);
        let ends = ends & !free;
        self.in_daemons = beyond || newline >> 63 == 1;
        let first_colon = ends & colon;
        let starts = first_colon << 1 | u64::from(self.in_clients);
        let (sum, beyond) = free.overflowing_add(starts);
        self.in_clients = beyond || first_colon >> 63 == 1;
        ((sum ^ free) & free, ends & newline)
    }
}

/// A block, in the lanes of four vectors.
struct Bytes([u8x16; 4]);

impl Bytes {
    /// A short block, the last, is filled up with spaces.
    #[inline(always)]
    fn new(block: &[u8]) -> Self {
        let mut filled = [b' '; BLOCK];
        let bytes: &[u8; BLOCK] = match block.try_into() {
            Ok(whole) => whole,
            Err(_) => {
                let places = filled.iter_mut().zip(block);
                places.for_each(|(place, byte)| *place = *byte);
                &filled
            }
        };
        let (lanes, _) = bytes.as_chunks::<16>();
        let mut vectors = [u8x16::default(); 4];
        for (vector, lane) in vectors.iter_mut().zip(lanes) {
            *vector = u8x16::new(*lane);
        }
        Self(vectors)
    }

    /// The bytes that pass a test, the first in the lowest bit.
    #[inline(always)]
    fn mask(&self, test: impl Fn(u8x16) -> u8x16) -> u64 {
        let [a, b, c, d] = self.0.map(|lane| u64::from(test(lane).to_bitmask()));
        a | b << 16 | c << 32 | d << 48
    }

    /// The same for a test that hardly any byte passes.
    #[inline(always)]
    fn rare(&self, test: impl Fn(u8x16) -> u8x16) -> u64 {
        let [a, b, c, d] = self.0.map(&test);
        match (a | b | c | d).any() {
            true => self.mask(test),
            false => 0,
        }
    }

    /// Which of the places may be the start of one of the words.
    #[inline(always)]
    fn begin(&self, words: &[&[u8]; 4], places: u64) -> u64 {
        let nth = |n: usize| {
            let letters = words.map(|word| word.get(n).copied().unwrap_or_default());
            let [a, b, c, d] = letters.map(|letter| lower_case(splat(letter)));
            self.mask(|lane| {
                let lane = lower_case(lane);
                lane.simd_eq(a) | lane.simd_eq(b) | lane.simd_eq(c) | lane.simd_eq(d)
            })
        };
        let first = places & nth(0);
        match first {
            0 => 0,
            // The second byte may be in the next block.
            _ => first & (nth(1) >> 1 | 1 << 63),
        }
    }
}

#[inline(always)]
fn splat(byte: u8) -> u8x16 {
    u8x16::splat(byte)
}

#[inline(always)]
fn is(lane: u8x16, byte: u8) -> u8x16 {
    lane.simd_eq(splat(byte))
}

#[inline(always)]
fn in_range(lane: u8x16, from: u8, to: u8) -> u8x16 {
    let above = lane - splat(from);
    above.min(splat(to - from)).simd_eq(above)
}

/// Letters in lower case. Other bytes may change too, but none into a letter.
#[inline(always)]
fn lower_case(lane: u8x16) -> u8x16 {
    lane | splat(0x20)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::fake::FakeWorld;
    use crate::filelist::{ListWord, ListWords};
    use crate::line::Lines;
    use crate::pattern::Matcher;
    use crate::request::Request;
    use crate::rule::Rule;
    use crate::trace::List;

    /// Numbers without a pattern, the same ones in each run (Knuth's MMIX generator).
    pub(crate) struct Numbers(pub(crate) u64);

    impl Numbers {
        pub(crate) fn below(&mut self, bound: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
            self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % bound
        }

        /// Pieces put together at random.
        fn text(&mut self, pieces: &[&str], most: usize) -> String {
            let count = self.below(most);
            (0..count)
                .map(|_| pieces[self.below(pieces.len())])
                .collect()
        }
    }

    /// What stands in tables: much that is plain, and a little of all that is not.
    const PIECES: [&str; 48] = [
        "svcd: ",
        "svcd:",
        "ALL: ",
        ": ",
        ":",
        "\n",
        "\n",
        "\n",
        "\n",
        "\n",
        "\n",
        " ",
        ", ",
        "\t",
        "10.1.2.3",
        "192.0.2.8",
        "192.0.2.7",
        "1192.0.2.7",
        "192.0.2.",
        ".2.7",
        "7",
        ".",
        "10.9.8.7",
        "10.7.7.7",
        "svcd: 10.1.2.3\n",
        "svcd: 10.20.30.40\n",
        "ALL: 10.3.2.1 10.3.2.2 : deny\n",
        "svcd: h1.example.org\n",
        "host.example.org",
        "HOST.example.org",
        "example.org",
        ".org",
        "host.",
        "all",
        "KNOWN",
        "local",
        "unknown",
        "except ",
        "\r\n",
        "\\\n",
        "# ",
        "\0",
        "@x",
        "[",
        "]",
        "/24",
        "*",
        "\x0b",
    ];

    fn hosts() -> [Host; 7] {
        let socket = "192.0.2.7:9".parse().unwrap();
        let known = |address: &str, name: &str| {
            Host::from_text(address).with_name(Fact::from_value(name.as_bytes()))
        };
        [
            Host::from_socket(socket, "192.0.2.7"),
            known("192.0.2.7", ""),
            known("192.0.2.7", "host.example.org"),
            known("10.1.2.3", "paranoid"),
            known("2001:db8::5", "local"),
            known("", "host.example.org"),
            known("localhost", "x"),
        ]
    }

    /// The parser and matcher find that each line left out is a rule, in order, that does not match,
    /// fails in nothing, logs nothing and asks for nothing.
    #[test]
    fn what_is_left_out_has_nothing_to_do_with_the_request() {
        let (mut numbers, mut left_out) = (Numbers(7), 0);
        for round in 0..10_000 {
            let text = numbers.text(&PIECES, 60);
            let client = hosts()[round % hosts().len()].clone();
            let Some(skim) = Skim::new(&client) else {
                continue;
            };
            let skipped = skim.lines(text.as_bytes());
            let begin = &text.as_bytes()[..skipped.bytes];
            let newlines = begin.iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(skipped.lines, newlines as u64, "{text:?}");
            assert!(begin.is_empty() || begin.ends_with(b"\n"), "{text:?}");
            let fake = FakeWorld::new();
            let mut request = Request::new("svcd", client.clone(), Host::unknown());
            let mut lines = Lines::new(begin);
            while let Some(line) = lines.next_line().unwrap() {
                let rule = Rule::parse(line.text).expect("a rule");
                let mut matcher = Matcher {
                    request: &mut request,
                    world: fake.world(),
                    spot: None,
                };
                let matches = matcher.list_match(List::Daemons, rule.daemons).unwrap()
                    && matcher.list_match(List::Clients, rule.clients).unwrap();
                assert!(!matches, "{text:?} {client:?}");
                left_out += 1;
            }
            assert_eq!(request.client.name, client.name, "{text:?}");
            assert!(fake.logged().is_empty(), "{text:?}");
        }
        assert!(left_out > 1_000, "{left_out}");
    }

    #[test]
    fn words_that_are_left_out_do_not_match() {
        let (mut numbers, mut left_out) = (Numbers(11), 0);
        for round in 0..10_000 {
            let text = numbers.text(&PIECES, 60);
            let client = hosts()[round % hosts().len()].clone();
            let Some(skim) = Skim::new(&client) else {
                continue;
            };
            let skipped = skim.list_words(text.as_bytes());
            let (begin, rest) = text.split_at(skipped.bytes);
            let newlines = begin.bytes().filter(|byte| *byte == b'\n').count();
            assert_eq!(skipped.lines, newlines as u64, "{text:?}");
            let is_blank = |byte: u8| crate::ident::is_blank(byte);
            assert!(
                begin.is_empty() || begin.bytes().last().is_some_and(is_blank),
                "{text:?}"
            );
            let fake = FakeWorld::new();
            let mut request = Request::new("svcd", client.clone(), Host::unknown());
            let mut words = ListWords::new(begin.as_bytes());
            while let Some(ListWord { word, .. }) = words.next_word().unwrap() {
                assert_ne!(word[0], b'#', "{text:?} {rest:?}");
                let mut matcher = Matcher {
                    request: &mut request,
                    world: fake.world(),
                    spot: None,
                };
                assert!(!matcher.client_match(word).unwrap(), "{text:?} {client:?}");
                left_out += 1;
            }
            assert_eq!(request.client.name, client.name, "{text:?}");
        }
        assert!(left_out > 300, "{left_out}");
    }

    #[test]
    fn plain_tables_are_passed_over_whole() {
        let [fresh, _, named, ..] = hosts();
        for (host, line) in [
            (&fresh, "svcd: 10.1.2.3\n"),
            (&fresh, "ALL:10.1.2.3, 10.1.2.4\t: deny\r\n"),
            (
                &named,
                "in.telnetd, svcd: a.example.org 10.1.2.3 EXCEPT b-c_d\n",
            ),
        ] {
            let table = line.repeat(1000);
            let skipped = Skim::new(host).unwrap().lines(table.as_bytes());
            let all = Skipped {
                bytes: table.len(),
                lines: 1000,
                stopped: false,
            };
            assert_eq!(skipped, all, "{line:?}");
        }
        let list = "10.1.2.3\n10.1.2.4 \n".repeat(1000);
        let skipped = Skim::new(&fresh).unwrap().list_words(list.as_bytes());
        assert_eq!((skipped.bytes, skipped.stopped), (list.len(), false));
    }
}
