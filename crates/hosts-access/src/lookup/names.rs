//! Host names: what the name service says of an address, checked against the name's own domain.
//!
//! Whoever owns an address chooses its name, so a name counts only if its own domain gives the
//! address back (hosts_access(5), NAME CHECK). Each outcome is a state of the fact: one of them is that it could
//! not be asked for. The reason for a failed check goes to the log.

use std::net::SocketAddr;

use crate::address::Family;
use crate::address::notation::{loose_ipv4, parse_ipv6};
use crate::report::problem::NameProblem;
use crate::request::facts::{Answer, Fact};
use crate::world::Resolver;

/// A name that need not be canonical: many systems list it as an alias.
const LOCALHOST: &[u8] = b"localhost";

/// The checked name of an address, and why the check failed if it did; `text` is the address as it
/// is logged.
pub fn look_up<R: Resolver + ?Sized>(
    address: Option<SocketAddr>,
    text: &[u8],
    resolver: &R,
) -> (Fact, Option<NameProblem>) {
    let Some(address) = address else {
        return (Fact::Unknown, None);
    };
    let name = match resolver.name_of(address) {
        Ok(Some(name)) => name,
        Ok(None) => return (Fact::Unknown, None),
        Err(why) => return (Fact::InError(why), None),
    };
    match verify(&name, address, text, resolver) {
        Ok(None) => (Fact::from_value(&name), None),
        Ok(problem) => (Fact::Paranoid, problem),
        Err(why) => (Fact::InError(why), None),
    }
}

/// Checks that a name is the canonical name of something with this address; why it is not.
///
/// A number of the other family is a name without an address, as getaddrinfo(3) has it.
fn verify<R: Resolver + ?Sized>(
    name: &[u8],
    address: SocketAddr,
    text: &[u8],
    resolver: &R,
) -> Answer<NameProblem> {
    let (family, own, other) = match address {
        SocketAddr::V4(_) => (Family::Inet, loose_ipv4(name).is_some(), is_ipv6(name)),
        SocketAddr::V6(_) => (Family::Inet6, is_ipv6(name), loose_ipv4(name).is_some()),
    };
    if own {
        return Ok(Some(NameProblem::Numeric(name.to_vec())));
    }
    let forward = resolver.addresses_of(name, family)?.filter(|_| !other);
    let Some(forward) = forward else {
        return Ok(Some(NameProblem::NoAddress(name.to_vec(), family)));
    };
    let canonical = forward.canonical;
    if !name.eq_ignore_ascii_case(&canonical) && !name.eq_ignore_ascii_case(LOCALHOST) {
        return Ok(Some(NameProblem::OtherName(name.to_vec(), canonical)));
    }
    let same = |found: &SocketAddr| found.ip() == address.ip() && scope(found) == scope(&address);
    if !forward.addresses.iter().any(same) {
        let shown = match address {
            SocketAddr::V4(address) => address.ip().to_string().into_bytes(),
            SocketAddr::V6(_) => text.to_vec(),
        };
        return Ok(Some(NameProblem::OtherAddress(shown, canonical)));
    }
    Ok(None)
}

/// The link of a link-local address, 0 for any other.
fn scope(address: &SocketAddr) -> u32 {
    match address {
        SocketAddr::V4(_) => 0,
        SocketAddr::V6(address) => address.scope_id(),
    }
}

/// Whether getaddrinfo(3) takes the name for an IPv6 address without asking anybody, with a scope or without. For
/// IPv4 it is [`loose_ipv4`].
fn is_ipv6(name: &[u8]) -> bool {
    let without_scope = name.split(|byte| *byte == b'%').next().unwrap_or(name);
    parse_ipv6(without_scope).is_some()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::fake::FakeWorld;
    use crate::request::facts::Unanswered;
    use crate::world::Forward;

    /// A name service that answers a question or not.
    struct Mute {
        name: Answer<Vec<u8>>,
        addresses: Answer<Forward>,
    }

    impl Resolver for Mute {
        fn name_of(&self, _: SocketAddr) -> Answer<Vec<u8>> {
            self.name.clone()
        }
        fn addresses_of(&self, _: &[u8], _: Family) -> Answer<Forward> {
            self.addresses.clone()
        }
        fn list_entry(&self, _: &[u8]) -> Answer<Vec<Ipv4Addr>> {
            Ok(None)
        }
        fn interface_index(&self, _: &[u8]) -> Answer<u32> {
            Ok(None)
        }
    }

    #[test]
    fn no_answer_is_neither_unknown_nor_paranoid() {
        let (late, short) = (Unanswered::Late, Unanswered::Failed(24));
        let name = || Ok(Some(b"a.example".to_vec()));
        for (name, addresses, fact) in [
            (Err(late), Ok(None), Fact::InError(late)),
            (Err(short), Ok(None), Fact::InError(short)),
            (Ok(None), Err(late), Fact::Unknown),
            (name(), Err(short), Fact::InError(short)),
            (name(), Ok(None), Fact::Paranoid),
        ] {
            let mute = Mute { name, addresses };
            let found = look_up(Some(([192, 0, 2, 1], 9).into()), b"192.0.2.1", &mute);
            assert_eq!(found.0, fact);
            assert_eq!(found.1.is_some(), fact == Fact::Paranoid);
        }
    }

    #[test]
    fn each_outcome_of_the_double_check() {
        let fake = FakeWorld::new()
            .pointer("192.0.2.1", "good.example.org")
            .forward(
                "good.example.org",
                "good.example.org",
                &["192.0.2.9", "192.0.2.1"],
            )
            .pointer("192.0.2.2", "alias.example.org")
            .forward("alias.example.org", "other.example.org", &["192.0.2.2"])
            .pointer("192.0.2.3", "liar.example.org")
            .forward("liar.example.org", "liar.example.org", &["192.0.2.1"])
            .pointer("192.0.2.4", "nowhere.example.org")
            .pointer("192.0.2.5", "1.2.3.4")
            .pointer("192.0.2.6", "localhost")
            .forward("localhost", "box.example.org", &["192.0.2.6"])
            .pointer("192.0.2.8", "Unknown")
            .forward("Unknown", "unknown", &["192.0.2.8"])
            .pointer("2001:db8::5", "good.example.org")
            .pointer("2001:db8::6", "1.2.3.4")
            .pointer("fe80::1", "link.example.org")
            .forward("link.example.org", "link.example.org", &["fe80::1"]);
        for (address, fact, message) in [
            ("192.0.2.1:9", "good.example.org", ""),
            (
                "192.0.2.2:9",
                "paranoid",
                "host name/name mismatch: alias.example.org != other.example.org",
            ),
            (
                "192.0.2.3:9",
                "paranoid",
                "host name/address mismatch: 192.0.2.3 != liar.example.org",
            ),
            (
                "192.0.2.4:9",
                "paranoid",
                "can't verify hostname: getaddrinfo(nowhere.example.org, AF_INET) failed",
            ),
            (
                "192.0.2.5:9",
                "paranoid",
                "host name/name mismatch: reverse lookup results in non-FQDN 1.2.3.4",
            ),
            ("192.0.2.6:9", "localhost", ""),
            ("192.0.2.7:9", "unknown", ""),
            ("192.0.2.8:9", "unknown", ""),
            (
                "[2001:db8::5]:9",
                "paranoid",
                "can't verify hostname: getaddrinfo(good.example.org, AF_INET6) failed",
            ),
            (
                "[2001:db8::6]:9",
                "paranoid",
                "can't verify hostname: getaddrinfo(1.2.3.4, AF_INET6) failed",
            ),
            ("[fe80::1]:9", "link.example.org", ""),
            (
                "[fe80::1%1]:9",
                "paranoid",
                "host name/address mismatch: fe80::1 != link.example.org",
            ),
        ] {
            let address = address.parse::<SocketAddr>().unwrap();
            let text = address.ip().to_string();
            let (name, problem) = look_up(Some(address), text.as_bytes(), &fake);
            assert_eq!(name.text(), fact.as_bytes(), "{address}");
            let said = problem
                .map(|problem| problem.to_string())
                .unwrap_or_default();
            assert_eq!(said, message, "{address}");
        }
    }
}
