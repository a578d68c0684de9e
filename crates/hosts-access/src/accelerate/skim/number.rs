//! Nets and IPv6 addresses that an address differs from, told by the first number that differs.
//!
//! What is not written plainly may contain the address: the parser tells. What makes no sense
//! contains nothing, so nothing here has to be checked for sense.

use crate::address::Address;

/// The most digits that any of the numbers has.
const MAX_DIGITS: usize = 4;

/// An address in the numbers that nets are written in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    /// `None` for an IPv6 address.
    v4: Option<[u16; 4]>,
    /// An IPv4 address is mapped.
    v6: Option<[u16; 8]>,
}

impl Numbers {
    pub(super) fn of(address: &Address) -> Self {
        let mapped = address.v4().map(|v4| v4.to_ipv6_mapped());
        Self {
            v4: address.v4().map(|v4| v4.octets().map(u16::from)),
            v6: address.v6().or(mapped).map(|v6| v6.segments()),
        }
    }

    /// Whether the net may contain the address. The mask ends with the word, before the text does.
    #[inline(always)]
    pub(super) fn may_be_in_v4(&self, net: &[u8], mask: &[u8]) -> bool {
        match &self.v4 {
            // A file.
            _ if net.is_empty() => true,
            Some(octets) => may_contain::<10>(net, octets, b'.', mask, 8),
            None => false,
        }
    }

    /// The same with the length of the prefix. The net stands without its brackets.
    #[inline(always)]
    pub(super) fn may_be_in_v6(&self, net: &[u8], length: &[u8]) -> bool {
        match &self.v6 {
            Some(segments) => may_contain::<16>(net, segments, b':', length, 16),
            None => true,
        }
    }
}

/// Finds the first number that differs, if the numbers up to there are written plainly: decimal ones
/// without leading zeros, which could be octal, and none left out by `::`.
#[inline(always)]
fn may_contain<const RADIX: u32>(
    net: &[u8],
    numbers: &[u16],
    separator: u8,
    mask: &[u8],
    bits: u32,
) -> bool {
    let mut rest = net;
    for (place, number) in (0..).zip(numbers) {
        let Some((value, tail)) = plain_number::<RADIX>(rest) else {
            return true;
        };
        if tail.first().is_some_and(|byte| *byte != separator) {
            return true;
        }
        if value != u32::from(*number) {
            return !covers(mask, place, bits);
        }
        rest = tail.get(1..).unwrap_or_default();
    }
    true
}

/// The number at the start of a text, and what follows it. Longer ones than any that makes sense,
/// and decimal ones with a leading zero, are left to the parser.
#[inline(always)]
fn plain_number<const RADIX: u32>(text: &[u8]) -> Option<(u32, &[u8])> {
    let (mut value, mut length) = (0, 0);
    for byte in text.iter().take(MAX_DIGITS + 1) {
        let decimal = byte.wrapping_sub(b'0');
        let letter = (byte | 0x20).wrapping_sub(b'a');
        let digit = match decimal {
            0..=9 => decimal,
            _ if RADIX == 16 && letter < 6 => letter + 10,
            _ => break,
        };
        value = value * RADIX + u32::from(digit);
        length += 1;
    }
    let octal = RADIX == 10 && length > 1 && text.first() == Some(&b'0');
    match length {
        1..=MAX_DIGITS if !octal => Some((value, text.get(length..)?)),
        _ => None,
    }
}

/// Whether a mask, or the length of a prefix, covers the number at a place and those before it. One
/// that makes no sense may be said to.
#[inline(always)]
fn covers(mask: &[u8], place: u32, bits: u32) -> bool {
    let (mut rest, mut ones) = (mask, 0);
    while let Some(after) = rest.strip_prefix(b"255.") {
        ones += 1;
        if ones > place {
            return true;
        }
        rest = after;
    }
    match plain_number::<10>(rest) {
        Some((length, tail)) if ones == 0 => {
            tail.first() != Some(&b'.') && length >= bits * (place + 1)
        }
        Some((last, _)) => last == 255 && ones == place,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Host;

    #[test]
    fn nets_that_plainly_differ() {
        let numbers = |text| Numbers::of(Host::from_text(text).address().unwrap());
        let (v4, v6) = (numbers("192.0.2.7"), numbers("2001:db8::7"));
        for (net, mask, may) in [
            ("10.1.2.0", "24", false),
            ("10.1.2.0", "255.255.255.0 ", false),
            ("192.0.3.0", "24\n", false),
            ("192.0.3.0", "16\n", true),
            ("192.0.3.0", "255.255.0.0", true),
            ("192.0.3.0", "255.255.255", false),
            ("192.0.3.0", "255.255.254.0", true),
            ("192.0.3.0", "0.0.255.0", true),
            ("192.0.2.0", "24", true),
            ("193.0.2.0", "24.0.0.0", true),
            ("10.1.2.0", "7", true),
            ("10.1.2.0", "0", true),
            ("010.1.2.0", "24", true),
            ("0.1.2.0", "24", false),
            ("10", "8", false),
            ("192.0.2", "24", true),
            ("", "24", true),
            ("12345.1", "24", true),
        ] {
            let found = v4.may_be_in_v4(net.as_bytes(), mask.as_bytes());
            assert_eq!(found, may, "{net}/{mask}");
        }
        for (net, length, may) in [
            ("2001:db9::", "32", false),
            ("2001:db9::", "31", true),
            ("2001:DB9::", "64 ", false),
            ("2001:0db8:1::", "48", false),
            ("2001:0db8:0:0::", "64", true),
            ("2001:db8::8", "128", true),
            ("2001:db8:0:0:0:0:0:8", "128", false),
            ("::1", "128", true),
            ("fe80::", "16", false),
            ("1.2.3.4", "128", true),
            ("12345::", "16", true),
        ] {
            let found = v6.may_be_in_v6(net.as_bytes(), length.as_bytes());
            assert_eq!(found, may, "[{net}]/{length}");
        }
    }
}
