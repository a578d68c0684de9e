//! How addresses are written: numbers of both families, and the scope of IPv6 (inet_aton(3), RFC 4007).

use crate::text::bytes::is_blank;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A numeric IPv6 address without a scope.
pub fn parse_ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Splits `v6%scope`.
pub fn split_scope(inside: &[u8]) -> (&[u8], Option<&[u8]>) {
    match inside.iter().position(|byte| *byte == b'%') {
        Some(at) => (inside.get(..at).unwrap_or_default(), inside.get(at + 1..)),
        None => (inside, None),
    }
}

/// Four numbers with dots, as inet_addr(3) reads them: decimal, octal with a leading 0, or
/// hexadecimal with a leading 0x. White space ends what it reads, but not the four numbers: a word
/// can hold VT and FF.
pub fn dotted_quad(text: &[u8]) -> Option<Ipv4Addr> {
    let numbers = text.split(|byte| *byte == b'.');
    if numbers.filter(|number| !number.is_empty()).count() != 4 {
        return None;
    }
    loose_ipv4(text.split(|byte| is_blank(*byte)).next()?)
}

/// An address in the forms of inet_aton(3): one to four numbers, decimal, octal or hexadecimal,
/// the last one filling what is left.
pub fn loose_ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut parts = Vec::with_capacity(4);
    for part in text.split(|byte| *byte == b'.') {
        if parts.len() == 4 {
            return None;
        }
        parts.push(c_number(part)?);
    }
    let (last, leading) = parts.split_last()?;
    let mut value = 0_u32;
    for part in leading {
        value = (value << 8) | u32::from(u8::try_from(*part).ok()?);
    }
    let left = 8 * (4 - leading.len() as u32);
    let (value, room) = match left {
        32 => (0, u32::MAX),
        bits => (value << bits, (1 << bits) - 1),
    };
    (*last <= room).then(|| Ipv4Addr::from(value | last))
}

/// A number as C writes it.
fn c_number(text: &[u8]) -> Option<u32> {
    let (digits, radix) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (digits, 16),
        [b'0', digits @ ..] if !digits.is_empty() => (digits, 8),
        digits => (digits, 10),
    };
    if !digits.first()?.is_ascii_alphanumeric() {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_addresses() {
        for (text, expected) in [
            ("127.0.0.1", Some("127.0.0.1")),
            ("127.1", Some("127.0.0.1")),
            ("127", Some("0.0.0.127")),
            ("0x7f.1", Some("127.0.0.1")),
            ("4294967295", Some("255.255.255.255")),
            ("4294967296", None),
            ("1.2.3.256", None),
            ("1.2.65535", Some("1.2.255.255")),
            ("1.2.3.4.5", None),
            ("", None),
            ("a.b", None),
            ("1.", None),
        ] {
            let expected = expected.map(|text| text.parse::<Ipv4Addr>().unwrap());
            assert_eq!(loose_ipv4(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn quads_need_four_parts() {
        for text in [
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.",
            ".1.2.3",
            "1..2.3",
            "1.2.3.x",
            "1.2.3.+4",
            "",
        ] {
            assert_eq!(dotted_quad(text.as_bytes()), None, "{text}");
        }
    }
}
