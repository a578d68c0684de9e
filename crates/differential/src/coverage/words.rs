//! Words: odd forms, near misses, networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hosts_access::report::trace::{Subject, Test};
use hosts_access::table::compare::Form;
use hosts_access::table::pattern::split_at_sign;
use hosts_access::text::number;

/// What is odd about a word.
pub(super) fn oddities(word: &[u8]) -> impl Iterator<Item = &'static str> {
    let count = |wanted| word.iter().filter(|byte| **byte == wanted).count();
    let (open, closed) = (count(b'['), count(b']'));
    let digits = word.strip_prefix(b"+").unwrap_or(word);
    let number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let value = number::decimal(word);
    [
        ("bracket left open", open > closed),
        ("bracket never opened", closed > open),
        (
            "brackets with nothing",
            word.windows(2).any(|two| two == b"[]"),
        ),
        (
            "brackets around a mask",
            word.starts_with(b"[") && word.ends_with(b"]") && count(b'/') > 0,
        ),
        ("at sign first", word.starts_with(b"@")),
        ("at sign last", word.ends_with(b"@") && word.len() > 1),
        ("two at signs", count(b'@') > 1),
        (
            "at sign after brackets",
            word.starts_with(b"[") && word.contains(&b'@'),
        ),
        ("left and right", split_at_sign(word).is_some()),
        (
            "netgroup on the right",
            split_at_sign(word).is_some_and(|(_, host)| host.starts_with(b"@")),
        ),
        (
            "list on the right",
            split_at_sign(word).is_some_and(|(_, host)| host.starts_with(b"/")),
        ),
        (
            "netgroup with a slash",
            word.starts_with(b"@") && count(b'/') > 0,
        ),
        ("8-bit bytes", !word.is_ascii()),
        (
            "lower case",
            [&b"all"[..], b"known", b"local", b"paranoid", b"unknown"].contains(&word),
        ),
        ("#", word == b"#"),
        ("VT or FF", count(0x0b) + count(0x0c) > 0),
        ("semicolon", count(b';') > 0),
        ("two asterisks", word.windows(2).any(|two| two == b"**")),
        (
            "IPv6 without brackets",
            std::str::from_utf8(word).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok()),
        ),
        (
            "dot at both ends",
            word.len() > 1 && word.starts_with(b".") && word.ends_with(b"."),
        ),
        ("a dot alone", word == b"."),
        ("a slash alone", word == b"/"),
        ("two slashes first", word.starts_with(b"//")),
        ("port with a plus", number && word.starts_with(b"+")),
        (
            "port with zeros",
            number && word.len() > 1 && word.starts_with(b"0"),
        ),
        ("port over 65535", value.is_some_and(|port| port > 65535)),
        ("port that wraps", number && value.is_none()),
        (
            "port with junk",
            word.len() > 1
                && word[0].is_ascii_digit()
                && word[1..].iter().all(u8::is_ascii_alphanumeric)
                && !number,
        ),
        ("over 127 bytes", word.len() > 127),
    ]
    .into_iter()
    .filter_map(|(name, holds)| holds.then_some(name))
}

/// The part of a word that a test is about.
pub(super) fn part<'w>(word: &'w [u8], test: &Test<'_>) -> &'w [u8] {
    let left = matches!(
        test,
        Test::Port(_)
            | Test::Text {
                subject: Subject::Daemon | Subject::User,
                ..
            }
    );
    match split_at_sign(word) {
        Some((service, _)) if left => service,
        Some((_, host)) => host,
        None => word,
    }
}

/// Whether a word that does not match is one byte away from one that would.
pub(super) fn nearly(form: Form, word: &[u8], value: &[u8]) -> bool {
    let (word, value) = (word.to_ascii_lowercase(), value.to_ascii_lowercase());
    match form {
        Form::Equal => one_apart(&word, &value),
        Form::Prefix => value.starts_with(&word[..word.len() - 1]),
        Form::Suffix => value.ends_with(&word[1..]),
        _ => false,
    }
}

/// Whether a word that matches would not if case counted.
pub(super) fn in_another_case(form: Form, word: &[u8], value: &[u8]) -> bool {
    match form {
        Form::Equal => word != value,
        Form::Prefix => !value.starts_with(word),
        Form::Suffix => !value.ends_with(word),
        _ => false,
    }
}

/// Whether one byte was changed, added or left out.
fn one_apart(left: &[u8], right: &[u8]) -> bool {
    let common = left
        .iter()
        .zip(right)
        .take_while(|(left, right)| left == right)
        .count();
    let (left, right) = (&left[common..], &right[common..]);
    let rest = |text: &'_ [u8]| text.get(1..).unwrap_or_default().to_vec();
    !(left.is_empty() && right.is_empty())
        && (rest(left) == rest(right) && left.len() == right.len()
            || rest(left) == right && left.len() == right.len() + 1
            || left == rest(right) && right.len() == left.len() + 1)
}

/// The kind of the scope of a bracketed word.
pub(super) fn scope(word: &[u8]) -> Option<&'static str> {
    let at = word.iter().position(|byte| *byte == b'%')?;
    let end = word.iter().position(|byte| *byte == b']')?;
    Some(match word.get(at + 1..end)? {
        b"" => "empty",
        b"lo" => "by name",
        scope if number::decimal(scope).is_some() => "by number",
        _ => "of nothing",
    })
}

/// The forms of a network word.
pub(super) fn network(word: &[u8], client: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(word);
    let Some((net, mask)) = text.rsplit_once('/') else {
        return Vec::new();
    };
    let mut forms = vec![format!("mask {}", mask_form(mask))];
    let client = String::from_utf8_lossy(client);
    let client = client
        .strip_prefix("::ffff:")
        .filter(|rest| rest.contains('.'))
        .unwrap_or(&client);
    let client = client
        .split('%')
        .next()
        .and_then(|text| text.parse::<IpAddr>().ok());
    let length = mask.parse::<u32>().ok();
    match (net.parse::<Ipv4Addr>(), bracketed_v6(net)) {
        (Ok(net), _) => {
            if let Some(length) = length.filter(|length| *length <= 32) {
                forms.push(format!("IPv4 /{length}"));
            }
            match (client, v4_bits(mask)) {
                (Some(IpAddr::V4(client)), Some(bits)) => {
                    let (net, client) = (u32::from(net), u32::from(client));
                    let shorter = bits << 1;
                    let near = if client & bits == net {
                        "IPv4, inside"
                    } else if client & bits == net & bits {
                        "IPv4, inside but for host bits"
                    } else if client & shorter == net & shorter {
                        "IPv4, one bit too long"
                    } else {
                        "IPv4, outside"
                    };
                    forms.push(near.to_owned());
                }
                (Some(IpAddr::V6(_)), _) => forms.push("IPv4, IPv6 client".to_owned()),
                (None, _) => forms.push("IPv4, no address".to_owned()),
                _ => {}
            }
        }
        (_, Some((net, scoped))) => {
            if let Some(length) = length.filter(|length| *length <= 128) {
                forms.push(format!("IPv6 /{length}"));
                let bits = |length: u32| u128::MAX.checked_shl(128 - length).unwrap_or(0);
                if let Some(IpAddr::V6(client)) = client {
                    let apart = u128::from(net) ^ u128::from(client);
                    let near = if apart & bits(length) == 0 {
                        "IPv6, inside"
                    } else if length > 0 && apart & bits(length - 1) == 0 {
                        "IPv6, one bit too long"
                    } else {
                        "IPv6, outside"
                    };
                    forms.push(near.to_owned());
                }
            }
            if matches!(client, Some(IpAddr::V4(_))) {
                forms.push("IPv6, IPv4 client".to_owned());
            }
            if scoped {
                forms.push("IPv6 with a scope".to_owned());
            }
            if net.to_ipv4_mapped().is_some() {
                forms.push("IPv6 of mapped addresses".to_owned());
            }
        }
        _ => forms.push(format!("net {}", net_form(net))),
    }
    forms
}

fn bracketed_v6(net: &str) -> Option<(Ipv6Addr, bool)> {
    let inside = net.strip_prefix('[')?.strip_suffix(']')?;
    let (number, scope) = inside
        .split_once('%')
        .map_or((inside, None), |(number, scope)| (number, Some(scope)));
    Some((number.parse().ok()?, scope.is_some()))
}

fn v4_bits(mask: &str) -> Option<u32> {
    if let Ok(mask) = mask.parse::<Ipv4Addr>() {
        return Some(mask.into());
    }
    let length = mask.parse::<u32>().ok().filter(|length| *length <= 32)?;
    Some(u32::MAX.checked_shl(32 - length).unwrap_or(0))
}

fn net_form(net: &str) -> &'static str {
    match net {
        "" => "empty",
        _ if net.parse::<Ipv6Addr>().is_ok() => "IPv6 without brackets",
        _ if net.split('.').count() == 4 && net.split('.').any(|part| part.starts_with('0')) => {
            "in octal or hexadecimal"
        }
        _ if net.split('.').all(|part| part.parse::<u8>().is_ok()) => "of too few numbers",
        _ => "that is none",
    }
}

fn mask_form(mask: &str) -> &'static str {
    let plain = mask.strip_prefix('+').unwrap_or(mask);
    let digits = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
    match (
        mask.parse::<Ipv4Addr>().ok().map(u32::from),
        number::decimal(mask.as_bytes()),
    ) {
        (Some(u32::MAX), _) => "255.255.255.255",
        (Some(0), _) => "0.0.0.0",
        (Some(bits), _) if bits.leading_ones() + bits.trailing_zeros() == 32 => "dotted",
        (Some(_), _) => "dotted with holes",
        _ if mask.is_empty() => "empty",
        _ if mask.starts_with('+') && digits => "with a plus",
        _ if mask.len() > 1 && mask.starts_with('0') && digits => "with zeros",
        _ if mask.starts_with('-') => "negative",
        (_, Some(0)) if digits => "0",
        (_, Some(1..=32)) if digits => "to 32",
        (_, Some(33..=128)) if digits => "33 to 128",
        (_, Some(_)) if digits => "over 128",
        _ if digits => "that wraps",
        _ if mask.starts_with("0x") && mask.contains('.') => "dotted in hexadecimal",
        _ if mask.starts_with("0x") => "in hexadecimal",
        _ if mask.starts_with(|byte: char| byte.is_ascii_digit()) && mask.contains('.') => {
            "of too few numbers"
        }
        _ if mask.starts_with(|byte: char| byte.is_ascii_digit()) => "with junk",
        _ => "that is none",
    }
}
