//! Addresses and networks that mean something else than they seem to, or nothing.

use std::net::Ipv4Addr;

use hosts_access::address::netmask::NetMask;
use hosts_access::address::notation::{dotted_quad, loose_ipv4, parse_ipv6, split_scope};
use hosts_access::table::pattern::HostPattern;
use hosts_access::text::bytes::bracketed;
use hosts_access::text::escape::TableText;
use hosts_access::text::number::{decimal, leading_decimal};
use ipnet::Ipv6Net;

use crate::finding::Finding;
use crate::word::HostWord;

tools::checks! {
    /// What is wrong with addresses and networks.
    CHECKS;
    HOST_BITS: "host-bits", Error, "a network with host bits set",
        why "A client matches if masking its address gives exactly the network that is written, so this pattern never \
             matches. In hosts.deny it lets everybody in.",
        remedy "Write the address of the network, with zeros after the mask.";
    HOST_BITS_IPV6: "host-bits-ipv6", Note, "an IPv6 network with host bits set",
        why "The bits after the prefix length are ignored: the whole network matches.",
        remedy "Write the network, or leave the length out if one address is meant.";
    MASK_HOLES: "mask-holes", Warning, "a mask whose ones are not all in front",
        why "It matches addresses all over the net.",
        remedy "Write the ones first, as in 255.255.255.0.";
    MASK_NEVER: "mask-never", Error, "a mask with holes where its network has ones",
        why "A client matches if masking its address gives exactly the network that is written. Here masking gives \
             zeros where the network has ones, so this pattern never matches. In hosts.deny it lets everybody in.",
        remedy "Write the ones first, as in 255.255.255.0; routers' access lists have masks the other way round.";
    NETWORK_PREFIX: "network-prefix", Error, "the first numbers of an address without a final dot",
        why "Without the dot it is compared with whole addresses, so it never matches.",
        remedy "End it with a dot: 192.168. is every address that begins so.";
    NUMBER_FORM: "number-form", Error, "a number that is no address as clients have them",
        why "Addresses are compared as text, four decimal numbers up to 255 without zeros in front; other programs \
             would read the form as another address.",
        remedy "Write the four numbers in full.";
    MASK_APART: "mask-apart", Error, "a mask apart from its network",
        why "The network and its mask are two clients here: one host, and an address that no client has.",
        remedy "Write the mask after the network with a slash and no blank: 192.0.2.0/255.255.255.0.";
    NO_CLIENT: "no-client", Error, "an address that no client has",
        why "0.0.0.0 and :: stand for no address at all, so the pattern never matches. In hosts.deny it lets everybody in.",
        remedy "If everybody is meant, the wildcard is ALL; in hosts.allow it lets everybody in.";
    OCTAL: "octal-net", Warning, "a network with a number that is read as octal or hexadecimal",
        why "A leading 0 makes a number octal and 0x hexadecimal, so another network is meant than it seems.",
        remedy "Write plain decimal numbers.";
}

/// What there is to say of a word that is an address or a network.
pub(crate) fn check_host(host: &HostWord<'_>) -> Option<Finding> {
    match HostPattern::parse(host.word) {
        HostPattern::Net {
            mask: Some(NetMask::V4(net, mask)),
            ..
        } => check_v4_net(host, net, mask),
        HostPattern::Net {
            mask: Some(NetMask::V6(net)),
            ..
        } => {
            let inside = host.word.split(|byte| *byte == b']').next()?;
            let (written, _) = split_scope(inside.strip_prefix(b"[")?);
            let plain = net.trunc();
            (parse_ipv6(written)? != plain.addr()).then(|| {
                let meant = format!("[{}]/{}", plain.addr(), plain.prefix_len());
                let text = format!("{}: host bits are ignored", TableText(host.word));
                host.own(&HOST_BITS_IPV6, text).instead(meant)
            })
        }
        HostPattern::Text { word, .. } if is_unspecified(word) => Some(no_client(host)),
        HostPattern::Text { word, .. } => check_number(host, word),
        _ => None,
    }
}

fn check_v4_net(host: &HostWord<'_>, net: Ipv4Addr, mask: Ipv4Addr) -> Option<Finding> {
    let shown = TableText(host.word);
    let (written, length) = split_slash(host.word)?;
    let holes = u32::from(mask).leading_ones() != u32::from(mask).count_ones();
    let network = Ipv4Addr::from(u32::from(net) & u32::from(mask));
    if holes && network == net {
        return Some(host.own(&MASK_HOLES, format!("{shown}: the mask has holes")));
    }
    if holes {
        let text = format!("{shown}: masking gives {network}, so it never matches");
        return Some(host.own(&MASK_NEVER, text).instead(turned_round(net, mask)));
    }
    let plain = net.to_string();
    let bracketed = host.word.starts_with(b"[");
    // A length of 0 has a text of the original.
    if network != net && decimal(length) != Some(0) && !bracketed {
        let text = format!("{shown}: host bits are set, so it never matches");
        // A number that is read as octal may be meant either way.
        let plain = plain.as_bytes() == written && !is_huge(mask);
        let meant = plain.then(|| format!("{network}/{}", TableText(length)));
        return Some(host.own(&HOST_BITS, text).instead(meant));
    }
    if net.is_unspecified() && mask == Ipv4Addr::BROADCAST {
        return Some(no_client(host));
    }
    (!bracketed && plain.as_bytes() != written).then(|| {
        let text = format!("{shown}: is read as {plain}/{}", TableText(length));
        let meant = all_decimal(written).map(|meant| format!("{meant}/{}", TableText(length)));
        host.own(&OCTAL, text).instead(meant)
    })
}

/// The network of a mask that is written as routers' access lists have it, with its ones last.
/// Without a zero in front it is probably something else.
fn turned_round(net: Ipv4Addr, mask: Ipv4Addr) -> Option<String> {
    let inverse = !u32::from(mask);
    let plain = inverse.leading_ones() == inverse.count_ones() && !is_huge(Ipv4Addr::from(inverse));
    let network = Ipv4Addr::from(u32::from(net) & inverse);
    plain.then(|| format!("{network}/{}", Ipv4Addr::from(inverse)))
}

/// Whether a mask leaves more than a network of class A. With host bits set the number is most likely a slip, and what
/// is left of the address would open a large part of the net.
fn is_huge(mask: Ipv4Addr) -> bool {
    u32::from(mask).leading_ones() < 8
}

/// Whether a word is 0.0.0.0 or `[::]`.
fn is_unspecified(word: &[u8]) -> bool {
    word == b"0.0.0.0"
        || bracketed(word)
            .and_then(parse_ipv6)
            .is_some_and(|address| address.is_unspecified())
}

fn no_client(host: &HostWord<'_>) -> Finding {
    let text = format!(
        "{}: no client has this address, so it never matches",
        TableText(host.word)
    );
    host.own(&NO_CLIENT, text)
}

/// The same numbers, each read as decimal.
fn all_decimal(text: &[u8]) -> Option<String> {
    let numbers: Option<Vec<u8>> = text
        .split(|byte| *byte == b'.')
        .map(|part| decimal(part).and_then(|number| u8::try_from(number).ok()))
        .collect();
    let numbers: Vec<_> = numbers?.iter().map(u8::to_string).collect();
    (numbers.len() == 4).then(|| numbers.join("."))
}

/// Numbers with dots that are compared as text.
fn check_number(host: &HostWord<'_>, word: &[u8]) -> Option<Finding> {
    let shown = TableText(word);
    let plain = word.strip_suffix(b".").unwrap_or(word);
    let numeric = plain
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if word == b"." || word.is_empty() || word.starts_with(b".") {
        return None;
    }
    if !numeric {
        let text = match loose_ipv4(word) {
            Some(address) => format!("{shown}: never matches; others read it as {address}"),
            None if is_address_with_more(word) => {
                format!("{shown}: is neither an address nor a name, so it never matches")
            }
            None => return None,
        };
        return Some(host.own(&NUMBER_FORM, text));
    }
    let parts: Vec<_> = plain.split(|byte| *byte == b'.').collect();
    let is_octet = |part: &&[u8]| decimal(part).is_some_and(|number| number <= 255);
    let canonical = |part: &&[u8]| part.len() == 1 || !part.starts_with(b"0");
    let open = word.ends_with(b".");
    let most = if open { 3 } else { 4 };
    if parts.len() > most || !parts.iter().all(is_octet) {
        let text = format!("{shown}: is no part of an address, so it never matches");
        return Some(host.own(&NUMBER_FORM, text));
    }
    if !parts.iter().all(canonical) {
        let other = loose_ipv4(plain).filter(|_| !open && parts.len() == 4);
        let other = other.map_or(String::new(), |other| {
            format!("; others read it as {other}")
        });
        let text = format!("{shown}: never matches, for its leading zeros{other}");
        let meant: Vec<_> = parts
            .iter()
            .filter_map(|part| Some(decimal(part)?.to_string()))
            .collect();
        let dot = if open { "." } else { "" };
        let finding = host.own(&NUMBER_FORM, text);
        let whole = open || parts.len() == 4;
        return Some(finding.instead(whole.then(|| format!("{}{dot}", meant.join(".")))));
    }
    if parts.len() == 4 {
        return check_mask(host, dotted_quad(plain)?);
    }
    if open {
        return None;
    }
    let other = loose_ipv4(plain)?;
    let text = format!("{shown}: never matches without a final dot; others read it as {other}");
    let finding = host.own(&NETWORK_PREFIX, text);
    // A single number may be anything, a port perhaps.
    Some(finding.instead((parts.len() > 1).then(|| format!("{shown}."))))
}

/// Whether a word begins as an address and goes on as none: three numbers, and something that begins
/// with a digit. No top-level domain does.
fn is_address_with_more(word: &[u8]) -> bool {
    let parts: Vec<_> = word.split(|byte| *byte == b'.').collect();
    let [numbers @ .., last] = &parts[..] else {
        return false;
    };
    numbers.len() == 3
        && numbers.iter().all(|part| decimal(part).is_some())
        && last.first().is_some_and(u8::is_ascii_digit)
        && last.iter().all(u8::is_ascii_alphanumeric)
}

/// An address of which no client is, since it is a mask.
fn check_mask(host: &HostWord<'_>, address: Ipv4Addr) -> Option<Finding> {
    let bits = u32::from(address);
    let is_mask = bits.leading_ones() >= 8 && bits.leading_ones() == bits.count_ones();
    (is_mask && address != Ipv4Addr::BROADCAST).then(|| {
        let text = format!("{address}: is a mask, not a client");
        host.own(&MASK_APART, text)
    })
}

fn split_slash(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = word.iter().rposition(|byte| *byte == b'/')?;
    Some((word.get(..at)?, word.get(at + 1..)?))
}

/// The network that a bad net/mask pattern was probably meant to be.
pub(crate) fn meant(word: &[u8]) -> Option<String> {
    let (net, mask) = split_slash(word)?;
    if let Some(net) = parse_ipv6(bracketed(net).unwrap_or(net)) {
        let (_, length) = leading_decimal(mask)?;
        let length = u8::try_from(length).ok().filter(|length| *length > 0)?;
        let net = Ipv6Net::new(net, length).ok()?.trunc();
        return Some(format!("[{}]/{length}", net.addr()));
    }
    let mut parts: Vec<u8> = Vec::new();
    for part in net
        .strip_suffix(b".")
        .unwrap_or(net)
        .split(|byte| *byte == b'.')
    {
        // A number that others read as octal may be meant either way.
        let plain = part == b"0" || !part.starts_with(b"0");
        parts.push(u8::try_from(decimal(part).filter(|_| plain)?).ok()?);
    }
    if parts.len() > 4 {
        return None;
    }
    parts.resize(4, 0);
    let [a, b, c, d] = parts[..] else {
        return None;
    };
    let net = Ipv4Addr::new(a, b, c, d);
    let length = match (dotted_quad(mask), leading_decimal(mask)) {
        (Some(mask), _) => {
            let mask = u32::from(mask);
            let ones = mask.leading_ones();
            (ones > 0 && ones == mask.count_ones()).then_some(ones)?
        }
        (None, Some((_, length))) if (1..=32).contains(&length) => length,
        _ => return None,
    };
    let mask = Ipv4Addr::from(u32::MAX.checked_shl(32 - length).unwrap_or(0));
    let network = Ipv4Addr::from(u32::from(net) & u32::from(mask));
    (network == net || !is_huge(mask)).then(|| format!("{network}/{length}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        for (word, expected) in [
            ("10.0.0/24", Some("10.0.0.0/24")),
            ("192.168./16", Some("192.168.0.0/16")),
            ("10.1.2.3/8x", Some("10.0.0.0/8")),
            ("10/255.0.0.0", Some("10.0.0.0/8")),
            ("128/1", Some("128.0.0.0/1")),
            ("1/2", None),
            ("192.168.1.1/2x", None),
            ("10.0.0.0/33", None),
            ("10.0.0.0/0", None),
            ("host/24", None),
            ("1.2.3.4.5/24", None),
            ("[::1]/64x", Some("[::]/64")),
            ("10.1/0.0.0.255", None),
            ("010.1/16", None),
            ("[::1]/0", None),
            ("10.0/255.0.255.0", None),
            ("[::1]/129", None),
            ("2001:db8::/32", Some("[2001:db8::]/32")),
        ] {
            assert_eq!(meant(word.as_bytes()).as_deref(), expected, "{word}");
        }
    }
}
