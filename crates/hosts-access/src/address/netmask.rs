//! `net/mask` patterns: `a.b.c.d/m.m.m.m`, `a.b.c.d/n` and `[v6]/n` (hosts_access(5), Networks).
//!
//! They look at addresses only. A form that makes no sense never matches; tcpdchk reports it.

use std::net::Ipv4Addr;

use ipnet::{Ipv4Net, Ipv6Net};

use crate::address::Address;
use crate::address::notation::{dotted_quad, parse_ipv6};
use crate::text::number;

/// A pattern that makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetMask {
    /// Network and mask; an address matches if masking it gives the network to the bit, so host
    /// bits in the network never match.
    V4(Ipv4Addr, Ipv4Addr),
    /// Network and prefix length; host bits in the network are ignored.
    V6(Ipv6Net),
}

impl NetMask {
    /// Reads the text before and after the slash of an IPv4 network.
    pub fn parse_v4(net: &[u8], mask: &[u8]) -> Option<Self> {
        let net = dotted_quad(net)?;
        let mask = match dotted_quad(mask) {
            Some(mask) => mask,
            None => prefix_mask(mask)?,
        };
        Some(Self::V4(net, mask))
    }

    /// Reads the text between the brackets, without a scope, and after the slash. A net inside `::ffff:0:0/96` means the
    /// IPv4 net that it maps.
    pub fn parse_v6(net: &[u8], length: &[u8]) -> Option<Self> {
        let net = parse_ipv6(net)?;
        let length = u8::try_from(number::decimal(length)?).ok()?;
        if let (Some(mapped), Some(short)) = (net.to_ipv4_mapped(), length.checked_sub(96)) {
            let net = Ipv4Net::new(mapped, short).ok()?;
            return Some(Self::V4(net.network(), net.netmask()));
        }
        Ipv6Net::new(net, length).ok().map(Self::V6)
    }

    /// Whether the address is in the network.
    pub fn contains(&self, address: &Address) -> bool {
        match self {
            Self::V4(net, mask) => address.v4().is_some_and(|v4| v4 & *mask == *net),
            Self::V6(net) => address.v6().is_some_and(|v6| net.contains(&v6)),
        }
    }

    /// Whether the network is of one link, so that its scope may be the name of an interface.
    pub fn link_local(&self) -> bool {
        match self {
            Self::V4(..) => false,
            Self::V6(net) => {
                net.addr().is_unicast_link_local() || net.addr().segments()[0] & 0xff0f == 0xff02
            }
        }
    }
}

/// `n` as a mask of n leading ones.
fn prefix_mask(length: &[u8]) -> Option<Ipv4Addr> {
    let length = u8::try_from(number::decimal(length)?).ok()?;
    Some(Ipv4Net::new(Ipv4Addr::UNSPECIFIED, length).ok()?.netmask())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::bytes::bracketed;

    fn matches(pattern: &str, client: &str) -> bool {
        let slash = pattern
            .rfind("]/")
            .map_or_else(|| pattern.find('/'), |at| Some(at + 1));
        let (net, mask) = pattern.split_at(slash.unwrap());
        let address = Address::new(client.as_bytes());
        let mask = &mask.as_bytes()[1..];
        let pattern = match bracketed(net.as_bytes()) {
            Some(inside) => NetMask::parse_v6(inside, mask),
            None => NetMask::parse_v4(net.as_bytes(), mask),
        };
        pattern.is_some_and(|pattern| pattern.contains(&address))
    }

    /// One line per case of rules.md, section 6, with rows T2 and T3 of the differences.
    #[test]
    fn masks() {
        for (pattern, client, expected) in [
            ("192.0.2.0/255.255.255.0", "192.0.2.7", true),
            ("192.0.2.0/24", "192.0.2.7", true),
            ("192.0.2.0/024", "192.0.2.7", true),
            ("192.0.2.0/+24", "192.0.2.7", true),
            ("192.0.2.0/24", "::ffff:192.0.2.7", true),
            ("192.0.2.0/24", "192.0.3.7", false),
            ("192.0.2.1/24", "192.0.2.1", false),
            ("192.0.2.7/32", "192.0.2.7", true),
            ("192.0.2.7/255.255.255.255", "192.0.2.7", true),
            ("192.0.0.7/255.255.0.255", "192.0.99.7", true),
            ("0.0.0.0/0.0.0.0", "192.0.2.7", true),
            ("0.0.0.0/0", "192.0.2.7", true),
            ("10.0.0.0/0", "10.0.0.1", false),
            ("0.0.0.0/0", "2001:db8::5", false),
            ("0300.0.2.0/24", "192.0.2.7", true),
            ("192.0.2.0/0xff.0xff.0xff.0", "192.0.2.7", true),
            ("192.0.2.0/24x", "192.0.2.7", false),
            ("192.0.2.0/24/24", "192.0.2.7", false),
            ("192.0.2.0/33", "192.0.2.7", false),
            ("192.0.2.0/-24", "192.0.2.7", false),
            ("192.0.2.0/", "192.0.2.7", false),
            ("192.0.2.0/4294967320", "192.0.2.7", false),
            ("192.0.2.0/0xffffff00", "192.0.2.7", false),
            ("192.0.2.0/255.255.255", "192.0.2.7", false),
            ("192.0.2/24", "192.0.2.7", false),
            ("192.0.2.0\x0c/24", "192.0.2.7", true),
            ("192.0.0.0/255.255.0.0\x0c.x", "192.0.2.7", false),
            ("192/8", "192.0.2.7", false),
            ("ALL/0", "192.0.2.7", false),
            ("[2001:db8::]/32", "2001:db8::5", true),
            ("[2001:db8::1]/32", "2001:db8::5", true),
            ("[2001:db8::5]/128", "2001:db8::5", true),
            ("[::]/0", "2001:db8::5", true),
            ("[::]/0", "192.0.2.7", false),
            ("[::]/0", "::ffff:192.0.2.7", false),
            ("[::ffff:192.0.2.0]/120", "192.0.2.7", true),
            ("[::ffff:192.0.2.1]/120", "::ffff:192.0.2.7", true),
            ("[::ffff:0:0]/96", "192.0.2.7", true),
            ("[::ffff:0:0]/95", "192.0.2.7", false),
            ("[2001:db8::]/", "2001:db8::5", false),
            ("[2001:db8::]/abc", "2001:db8::5", false),
            ("[2001:db8::]/129", "2001:db8::5", false),
            ("[2001:db8::]/-1", "2001:db8::5", false),
            ("2001:db8::/32", "2001:db8::5", false),
            ("[192.0.2.0]/24", "192.0.2.7", false),
        ] {
            assert_eq!(matches(pattern, client), expected, "{pattern} {client}");
        }
    }
}
