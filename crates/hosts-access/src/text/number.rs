//! Numbers in tables and replies: an optional `+`, digits, nothing else, no wrapping.
//!
//! The original read them with the C library, which takes trailing junk and wraps modulo 2^32; a
//! number that does either is no number here.

use nom::bytes::complete::take_while1;
use nom::character::complete::char;
use nom::combinator::{all_consuming, opt};
use nom::{IResult, Parser};

/// A number of any length: its digits, after an optional `+`.
fn digits(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, _) = opt(char('+')).parse(input)?;
    take_while1(|byte: u8| byte.is_ascii_digit()).parse(rest)
}

/// A decimal number of at most 32 bits, with nothing after it.
pub fn decimal(text: &[u8]) -> Option<u32> {
    let (_, digits) = all_consuming(digits).parse(text).ok()?;
    decimal_const(digits)
}

/// A decimal number with an optional sign.
pub fn signed(text: &[u8]) -> Option<i32> {
    match text.strip_prefix(b"-") {
        Some(rest) if rest.first().is_some_and(u8::is_ascii_digit) => {
            decimal(rest).and_then(|value| i32::try_from(-i64::from(value)).ok())
        }
        Some(_) => None,
        None => decimal(text).and_then(|value| i32::try_from(value).ok()),
    }
}

/// An octal number of at most 32 bits, with nothing after it.
pub fn octal(text: &[u8]) -> Option<u32> {
    let (_, digits) = all_consuming(digits).parse(text).ok()?;
    octal_const(digits)
}

/// A decimal number at the start of the text, and what follows it.
pub fn leading_decimal(text: &[u8]) -> Option<(&[u8], u32)> {
    let (rest, digits) = digits(text).ok()?;
    Some((rest, decimal_const(digits)?))
}

/// Decimal digits to a number; usable when a build setting is compiled.
pub const fn decimal_const(digits: &[u8]) -> Option<u32> {
    radix_const(digits, 10)
}

/// Octal digits to a number; usable when a build setting is compiled.
pub const fn octal_const(digits: &[u8]) -> Option<u32> {
    radix_const(digits, 8)
}

/// Digits of a radix up to 10 to a number, `None` for other bytes, no byte or an overflow.
const fn radix_const(digits: &[u8], radix: u8) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_u32;
    let mut rest = digits;
    while let [digit, tail @ ..] = rest {
        if *digit < b'0' || *digit >= b'0' + radix {
            return None;
        }
        value = match value.checked_mul(radix as u32) {
            Some(scaled) => match scaled.checked_add((*digit - b'0') as u32) {
                Some(sum) => sum,
                None => return None,
            },
            None => return None,
        };
        rest = tail;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_takes_sign_and_zeros_but_no_junk() {
        for (text, value) in [
            ("0", Some(0)),
            ("24", Some(24)),
            ("+24", Some(24)),
            ("024", Some(24)),
            ("4294967295", Some(u32::MAX)),
            ("4294967296", None),
            ("99999999999999999999999", None),
            ("", None),
            ("+", None),
            ("++1", None),
            ("-1", None),
            ("24x", None),
            (" 24", None),
            ("0x18", None),
        ] {
            assert_eq!(decimal(text.as_bytes()), value, "{text:?}");
        }
    }

    #[test]
    fn signed_takes_a_minus() {
        for (text, value) in [
            ("-5", Some(-5)),
            ("+5", Some(5)),
            ("2147483647", Some(i32::MAX)),
            ("-2147483648", Some(i32::MIN)),
            ("2147483648", None),
            ("-2147483649", None),
            ("--5", None),
            ("-+5", None),
            ("-", None),
            ("x", None),
        ] {
            assert_eq!(signed(text.as_bytes()), value, "{text:?}");
        }
    }

    #[test]
    fn octal_refuses_what_is_not_octal() {
        for (text, value) in [
            ("022", Some(0o22)),
            ("+77", Some(0o77)),
            ("8", None),
            ("0o22", None),
            ("40000000077", None),
        ] {
            assert_eq!(octal(text.as_bytes()), value, "{text:?}");
        }
    }

    #[test]
    fn leading_decimal_keeps_the_rest() {
        assert_eq!(leading_decimal(b"113 , 2"), Some((&b" , 2"[..], 113)));
        assert_eq!(leading_decimal(b"x"), None);
        assert_eq!(leading_decimal(b"4294967296,"), None);
    }
}
