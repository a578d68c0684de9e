//! Addresses, and the networks that hosts_access(5) writes as `net/mask` and `[net]/length`.

pub mod netmask;
pub mod notation;

use crate::address::notation::{dotted_quad, parse_ipv6};
use std::net::{Ipv4Addr, Ipv6Addr};

/// An address family, for lookups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Version 4.
    Inet,
    /// Version 6.
    Inet6,
}

/// An address in the forms that patterns are compared with.
#[derive(Clone, Debug)]
pub struct Address {
    text: Vec<u8>,
    /// Where the text proper begins: after the `::ffff:` of a mapped IPv4 address.
    start: usize,
    v4: Option<Ipv4Addr>,
    v6: Option<Ipv6Addr>,
}

const MAPPED_PREFIX: &[u8] = b"::ffff:";

impl Address {
    /// An address as text; the text of none has no number.
    pub fn new(text: &[u8]) -> Self {
        let start = match text.split_at_checked(MAPPED_PREFIX.len()) {
            Some((head, rest))
                if head.eq_ignore_ascii_case(MAPPED_PREFIX) && dotted_quad(rest).is_some() =>
            {
                MAPPED_PREFIX.len()
            }
            _ => 0,
        };
        let subject = text.get(start..).unwrap_or_default();
        let numeric = || subject.split(|byte| *byte == b'%').next();
        let v4 = dotted_quad(subject);
        Self {
            text: text.to_vec(),
            start,
            v4,
            v6: match v4 {
                Some(_) => None,
                None => numeric().and_then(parse_ipv6),
            },
        }
    }

    /// The address as it is logged.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The address as patterns see it: a mapped IPv4 address without its prefix.
    pub fn subject(&self) -> &[u8] {
        self.text.get(self.start..).unwrap_or_default()
    }

    /// As an IPv4 address, mapped ones too.
    pub fn v4(&self) -> Option<Ipv4Addr> {
        self.v4
    }

    /// As an IPv6 address without its scope; `None` for a mapped one.
    pub fn v6(&self) -> Option<Ipv6Addr> {
        self.v6
    }

    /// The scope after the `%` of an IPv6 address.
    pub fn scope(&self) -> Option<&[u8]> {
        let at = self.text.iter().position(|byte| *byte == b'%')?;
        self.text.get(at + 1..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_addresses_are_ipv4_to_patterns() {
        for (text, subject, v4, v6) in [
            ("192.0.2.7", "192.0.2.7", true, false),
            ("::ffff:192.0.2.7", "192.0.2.7", true, false),
            ("2001:db8::5", "2001:db8::5", false, true),
            ("fe80::1%lo", "fe80::1%lo", false, true),
            ("::ffff:x", "::ffff:x", false, false),
            ("localhost", "localhost", false, false),
        ] {
            let address = Address::new(text.as_bytes());
            assert_eq!(address.subject(), subject.as_bytes(), "{text}");
            assert_eq!(address.v4().is_some(), v4, "{text}");
            assert_eq!(address.v6().is_some(), v6, "{text}");
        }
    }
}
