//! Host names through the system's name services: getnameinfo(3) and getaddrinfo(3).

use std::ffi::CString;
use std::net::SocketAddr;
use std::rc::Rc;

use dns_lookup::{AddrInfoHints, getaddrinfo, getnameinfo};
use hosts_access::world::{Family, Forward, Resolver};
use nix::libc;

use crate::deadline::Budget;

/// The system's resolver, within a budget of time.
#[derive(Clone, Debug)]
pub struct SystemResolver {
    budget: Rc<Budget>,
}

impl SystemResolver {
    /// A resolver that charges this budget.
    pub fn new(budget: Rc<Budget>) -> Self {
        Self { budget }
    }

    /// Canonical name and addresses of either family, in the order of getaddrinfo(3). `None`: there
    /// are none, or no answer in time.
    pub fn all_addresses_of(&self, name: &[u8]) -> Option<Forward> {
        let name = String::from_utf8(name.to_vec()).ok()?;
        self.budget.look_up(move || forward(&name, None))
    }
}

/// An address as getnameinfo(3) writes it, with the scope of an IPv6 address.
pub fn numeric(address: &SocketAddr) -> Option<String> {
    let flags = libc::NI_NUMERICHOST | libc::NI_NUMERICSERV;
    getnameinfo(address, flags).ok().map(|(host, _)| host)
}

impl Resolver for SystemResolver {
    fn name_of(&self, address: SocketAddr) -> Option<Vec<u8>> {
        self.budget.look_up(move || {
            let flags = libc::NI_NAMEREQD | libc::NI_NUMERICSERV;
            let (name, _) = getnameinfo(&address, flags).ok()?;
            Some(name.into_bytes())
        })
    }

    fn addresses_of(&self, name: &[u8], family: Family) -> Option<Forward> {
        let name = String::from_utf8(name.to_vec()).ok()?;
        self.budget.look_up(move || forward(&name, Some(family)))
    }

    fn interface_index(&self, name: &[u8]) -> Option<u32> {
        let name = CString::new(name).ok()?;
        // SAFETY: the pointer is to a string that ends in NUL and lives through the call.
        let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
        (index != 0).then_some(index)
    }
}

/// Looks a name up; without a family, in both.
fn forward(name: &str, family: Option<Family>) -> Option<Forward> {
    let hints = AddrInfoHints {
        flags: libc::AI_CANONNAME,
        address: match family {
            Some(Family::Inet) => libc::AF_INET,
            Some(Family::Inet6) => libc::AF_INET6,
            None => libc::AF_UNSPEC,
        },
        socktype: libc::SOCK_STREAM,
        protocol: 0,
    };
    let mut forward = Forward::default();
    for entry in getaddrinfo(Some(name), None, Some(hints)).ok()? {
        let entry = entry.ok()?;
        if let Some(canonical) = entry.canonname {
            forward.canonical = canonical.into_bytes();
        }
        forward.addresses.push(entry.sockaddr);
    }
    Some(forward)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_the_c_library_does() {
        for (address, text) in [
            ("127.0.0.2:1", "127.0.0.2"),
            ("[2001:db8::5]:1", "2001:db8::5"),
            ("[::ffff:127.0.0.2]:1", "::ffff:127.0.0.2"),
            ("[::127.0.0.2]:1", "::127.0.0.2"),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(numeric(&address).as_deref(), Some(text));
        }
    }

    #[test]
    fn the_loopback_interface_has_an_index() {
        let resolver = SystemResolver::new(Rc::default());
        assert!(resolver.interface_index(b"lo").is_some());
        assert_eq!(resolver.interface_index(b"nope"), None);
        assert_eq!(resolver.interface_index(b"l\0o"), None);
    }
}
