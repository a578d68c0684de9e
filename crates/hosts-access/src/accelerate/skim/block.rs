//! A block of a text in the lanes of vectors, and the masks of its bytes.

use wide::u8x16;

/// Bytes looked at together: one for each bit of a mask.
pub(super) const BLOCK: usize = 64;

/// A block, in four vectors.
pub(super) struct Bytes([u8x16; 4]);

impl Bytes {
    /// A short block, the last, is filled up with spaces.
    #[inline(always)]
    pub(super) fn new(block: &[u8]) -> Self {
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

    /// Array::map, but always inlined.
    #[inline(always)]
    fn each<T>(&self, run: impl Fn(u8x16) -> T) -> [T; 4] {
        let [a, b, c, d] = self.0;
        [run(a), run(b), run(c), run(d)]
    }

    /// The bytes that pass a test, the first in the lowest bit.
    #[inline(always)]
    pub(super) fn mask(&self, test: impl Fn(u8x16) -> u8x16) -> u64 {
        let [a, b, c, d] = self.each(|lane| u64::from(test(lane).to_bitmask()));
        a | b << 16 | c << 32 | d << 48
    }

    /// Whether any byte is in one of the ranges. Cheaper than a mask: the four vectors are folded
    /// into one before they are compared.
    #[inline(always)]
    pub(super) fn has_any<const N: usize>(&self, ranges: [(u8, u8); N]) -> bool {
        let mut found = u8x16::default();
        for (from, to) in ranges {
            let [a, b, c, d] = self.each(|lane| lane - splat(from));
            let least = a.min(b).min(c.min(d));
            found |= least.min(splat(to - from)).simd_eq(least);
        }
        found.any()
    }
}

/// The bits below this one.
#[inline(always)]
pub(super) fn below(at: u32) -> u64 {
    (1 << at) - 1
}

#[inline(always)]
fn splat(byte: u8) -> u8x16 {
    u8x16::splat(byte)
}

#[inline(always)]
pub(super) fn is(lane: u8x16, byte: u8) -> u8x16 {
    lane.simd_eq(splat(byte))
}

#[inline(always)]
pub(super) fn in_range(lane: u8x16, from: u8, to: u8) -> u8x16 {
    let above = lane - splat(from);
    above.min(splat(to - from)).simd_eq(above)
}

/// Control characters but those that separate words of a line.
#[inline(always)]
pub(super) fn is_control(lane: u8x16) -> u8x16 {
    in_range(lane, 0, 8) | in_range(lane, 0x0b, 0x0c) | in_range(lane, 0x0e, 0x1f)
}

/// What is neither letter nor digit, `-`, `.` nor `_`, and may have a meaning.
#[inline(always)]
pub(super) fn is_sign(lane: u8x16) -> u8x16 {
    in_range(lane, b'!', b',')
        | is(lane, b'/')
        | in_range(lane, b':', b'@')
        | in_range(lane, b'[', b']')
        | is(lane, b'{')
        | is_control(lane)
}

/// Whether a byte is one of four.
#[inline(always)]
pub(super) fn is_any(lane: u8x16, bytes: &[u8; 4]) -> u8x16 {
    let [a, b, c, d] = bytes.map(|byte| is(lane, byte));
    a | b | c | d
}

/// Letters in lower case. Other bytes may change too, but none into a letter.
#[inline(always)]
pub(super) fn lower_case(lane: u8x16) -> u8x16 {
    lane | splat(0x20)
}
