//! DNS lists: whether an address is on a list that a zone of the DNS publishes (hosts_access(5), DNS lists; RFC 5782).
//!
//! The address, in reverse order below the zone, has an A record in 127.0.0.0/8 if it is on the list. No such name,
//! or no such record, means that it is not. Anything else (no answer, a server that fails, a shortage) is no answer, and
//! a rule that needs one is in error.

use std::fmt::Write;
use std::net::Ipv4Addr;

use crate::address::Address;
use crate::report::problem::Problem;
use crate::world::Lookups;

/// Longest name of a zone, in bytes: a name has 253 at most (RFC 1035, section 2.3.4, without the outer length and
/// root), and the 32 nibbles of an IPv6 address take 64 of them.
pub const MAX_ZONE_BYTES: usize = 253 - 64;

/// What a list says of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name that was asked for, with its final dot.
    pub name: Vec<u8>,
    /// The first of its addresses in 127.0.0.0/8: it is on the list.
    pub listed_as: Option<Ipv4Addr>,
    /// An address that no list gives. It does not count.
    pub odd: Option<Ipv4Addr>,
}

/// Asks whether an address is on the list of a zone.
///
/// # Errors
/// The zone is no name, or no answer could be had.
pub fn look_up(address: &Address, zone: &[u8], lookups: &dyn Lookups) -> Result<Entry, Problem> {
    let Some(name) = entry_name(address, zone) else {
        return Err(Problem::DnsListZone(zone.to_vec()));
    };
    let answer = lookups.list_entry(&name);
    let addresses = answer.map_err(|why| Problem::NoDnsList(name.clone(), why))?;
    let addresses = addresses.unwrap_or_default();
    Ok(Entry {
        name,
        listed_as: addresses.iter().copied().find(Ipv4Addr::is_loopback),
        odd: addresses.iter().copied().find(|found| !found.is_loopback()),
    })
}

/// The name of an address in a zone, with a final dot, so that no search domain is tried. `None`: the zone cannot
/// have such a name.
pub fn entry_name(address: &Address, zone: &[u8]) -> Option<Vec<u8>> {
    let zone = zone_name(zone)?;
    let mut name = String::new();
    if let Some(address) = address.v4() {
        for octet in address.octets().iter().rev() {
            write!(name, "{octet}.").ok()?;
        }
    } else {
        for octet in address.v6()?.octets().iter().rev() {
            write!(name, "{:x}.{:x}.", octet & 15, octet >> 4).ok()?;
        }
    }
    Some([name.as_bytes(), zone, b"."].concat())
}

/// The name of a zone without a final dot, if the text is one that can have names for all addresses below it.
pub fn zone_name(text: &[u8]) -> Option<&[u8]> {
    let zone = text.strip_suffix(b".").unwrap_or(text);
    let is_label = |label: &[u8]| {
        (1..=63).contains(&label.len())
            && label
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let sound = zone.len() <= MAX_ZONE_BYTES && zone.split(|byte| *byte == b'.').all(is_label);
    sound.then_some(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_in_reverse_below_the_zone() {
        for (address, zone, expected) in [
            ("192.0.2.7", "bl.example", "7.2.0.192.bl.example."),
            ("::ffff:192.0.2.7", "bl.example.", "7.2.0.192.bl.example."),
            (
                "2001:db8::5",
                "x",
                "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.x.",
            ),
            (
                "fe80::1%eth0",
                "x",
                "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f.x.",
            ),
        ] {
            let name = entry_name(&Address::new(address.as_bytes()), zone.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(name).unwrap(), expected);
        }
    }

    #[test]
    fn a_zone_has_room_for_every_address() {
        let labels = |count: usize| [&b"a."[..]; 94][..count].concat();
        let longest = [&labels(94)[..], b"b"].concat();
        assert_eq!(longest.len(), MAX_ZONE_BYTES);
        let v6 = entry_name(&Address::new(b"2001:db8::5"), &longest).unwrap();
        assert_eq!(v6.len(), 253 + 1);
        for zone in [&longest[..], b"a", b"bl.example", b"bl.example.", b"_x.a-b"] {
            assert!(
                zone_name(zone).is_some(),
                "{}",
                String::from_utf8_lossy(zone)
            );
        }
        let over = [&longest[..], b"c"].concat();
        let label = [b'a'; 64];
        for zone in [
            &over[..],
            &label,
            b"",
            b".",
            b"a..b",
            b".a",
            b"a..",
            b"*.a",
            b"a/b",
            b"a%c",
            b"[a]",
            "\u{e4}".as_bytes(),
        ] {
            assert!(
                zone_name(zone).is_none(),
                "{}",
                String::from_utf8_lossy(zone)
            );
        }
    }
}
