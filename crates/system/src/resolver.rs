//! Host names through the system's name services: getnameinfo(3) and getaddrinfo(3).
//!
//! Numeric addresses are written by the dns-lookup crate. Names are not looked up through it: it
//! wants them to be UTF-8, and panics on a canonical name that is not, while the hosts file and other
//! services give bytes. No name where there is one would let a client pass as unknown.

use std::ffi::{CStr, CString};
use std::io;
use std::mem::zeroed;
use std::net::{Ipv4Addr, SocketAddr};
use std::ptr;
use std::rc::Rc;

use dns_lookup::getnameinfo;
use hosts_access::address::Family;
use hosts_access::request::facts::{Answer, Unanswered};
use hosts_access::world::{Forward, Resolver};
use nix::errno::Errno;
use nix::libc;
use nix::net::if_::if_nametoindex;
use socket2::SockAddr;

use crate::deadline::Budget;
use crate::lookup_resources::{self, failure};
use crate::raw_address::internet;

/// The system's resolver, within a budget of time.
#[derive(Clone, Debug)]
pub struct SystemResolver {
    budget: Rc<Budget>,
}

/// Why a name has no addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupFailure {
    /// There is no such name, or it has none.
    NotFound,
    /// The name service gave no answer, or none in time; another time it may.
    NoAnswer,
}

impl SystemResolver {
    /// A resolver that charges this budget.
    pub fn new(budget: Rc<Budget>) -> Self {
        Self { budget }
    }

    /// Canonical name and addresses of either family, in the order of getaddrinfo(3).
    ///
    /// # Errors
    /// There are none, or nothing is known of them.
    pub fn all_addresses_of(&self, name: &[u8]) -> Result<Forward, LookupFailure> {
        let name = CString::new(name).map_err(|_| LookupFailure::NotFound)?;
        let limit = self.budget.limits.name;
        let answer = self
            .budget
            .look_up(limit, move || match forward(&name, None) {
                Ok(found) => Ok(Some(Ok(found))),
                Err(ResolverError::NotFound) => Ok(Some(Err(LookupFailure::NotFound))),
                Err(ResolverError::TryAgain | ResolverError::Failed(_)) => Ok(None),
            });
        answer
            .ok()
            .flatten()
            .unwrap_or(Err(LookupFailure::NoAnswer))
    }
}

/// An address as getnameinfo(3) writes it, with the scope of an IPv6 address; without, should the C library not name it.
pub fn numeric(address: &SocketAddr) -> String {
    let flags = libc::NI_NUMERICHOST | libc::NI_NUMERICSERV;
    match address {
        // There is but one way to write IPv4. The C library's brings in half of printf.
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(_) => match getnameinfo(address, flags) {
            Ok((host, _)) => host,
            Err(_) => address.ip().to_string(),
        },
    }
}

impl Resolver for SystemResolver {
    fn name_of(&self, address: SocketAddr) -> Answer<Vec<u8>> {
        lookup_resources::check()?;
        let limit = self.budget.limits.address;
        unless_short(
            self.budget
                .look_up(limit, move || known(reverse(address)))?,
        )
    }

    fn addresses_of(&self, name: &[u8], family: Family) -> Answer<Forward> {
        let Ok(name) = CString::new(name) else {
            return Ok(None);
        };
        let limit = self.budget.limits.name;
        let lookup = move || known(forward(&name, Some(family)));
        unless_short(self.budget.look_up(limit, lookup)?)
    }

    fn list_entry(&self, name: &[u8]) -> Answer<Vec<Ipv4Addr>> {
        // What cannot be asked for has no answer, not even that it is not listed.
        let name = CString::new(name).map_err(|_| Unanswered::NoAnswer)?;
        lookup_resources::check()?;
        let limit = self.budget.limits.name;
        // A list that could not be asked is not one without this entry.
        let lookup = move || match forward(&name, Some(Family::Inet)) {
            Err(ResolverError::TryAgain) => Err(Unanswered::NoAnswer),
            found => known(found),
        };
        let found = unless_short(self.budget.look_up(limit, lookup)?)?;
        let v4 = |address: SocketAddr| match address {
            SocketAddr::V4(address) => Some(*address.ip()),
            SocketAddr::V6(_) => None,
        };
        Ok(found.map(|found| found.addresses.into_iter().filter_map(v4).collect()))
    }

    fn interface_index(&self, name: &[u8]) -> Answer<u32> {
        let Ok(name) = CString::new(name) else {
            return Ok(None);
        };
        match if_nametoindex(name.as_c_str()) {
            Ok(index) => Ok(Some(index)),
            Err(Errno::ENODEV | Errno::ENXIO) => Ok(None),
            Err(error) => Err(Unanswered::Failed(failure(&error.into()))),
        }
    }
}

/// An answer, unless there is none and the system lacks what a lookup needs: the name services then find
/// nothing.
fn unless_short<T>(answer: Option<T>) -> Answer<T> {
    if answer.is_none() {
        lookup_resources::check_after()?;
    }
    Ok(answer)
}

/// Why the C library gives no answer.
enum ResolverError {
    /// There is nothing.
    NotFound,
    /// The name service gave none; another time it may. To the original that is the same.
    TryAgain,
    /// It could not be asked.
    Failed(i32),
}

impl ResolverError {
    /// What a status of getaddrinfo(3) means.
    fn of_status(status: libc::c_int) -> Self {
        match status {
            libc::EAI_SYSTEM => Self::Failed(failure(&io::Error::last_os_error())),
            libc::EAI_MEMORY => Self::Failed(libc::ENOMEM),
            libc::EAI_AGAIN | libc::EAI_FAIL => Self::TryAgain,
            _ => Self::NotFound,
        }
    }
}

/// What is known of something that was looked up.
fn known<T>(found: Result<T, ResolverError>) -> Answer<T> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(ResolverError::NotFound | ResolverError::TryAgain) => Ok(None),
        Err(ResolverError::Failed(number)) => Err(Unanswered::Failed(number)),
    }
}

/// The name that belongs to an address.
fn reverse(address: SocketAddr) -> Result<Vec<u8>, ResolverError> {
    let address = SockAddr::from(address);
    let mut name = [0_u8; libc::NI_MAXHOST as usize];
    // SAFETY: the first pointer is to an address of the length given, the second to a buffer of its
    // length; no service is asked for.
    let failed = unsafe {
        libc::getnameinfo(
            address.as_ptr().cast(),
            address.len(),
            name.as_mut_ptr().cast(),
            libc::NI_MAXHOST,
            ptr::null_mut(),
            0,
            libc::NI_NAMEREQD,
        )
    };
    if failed != 0 {
        return Err(ResolverError::of_status(failed));
    }
    let name = CStr::from_bytes_until_nul(&name).map_err(|_| ResolverError::NotFound)?;
    Ok(name.to_bytes().to_vec())
}

/// Looks a name up; without a family, in both.
fn forward(name: &CStr, family: Option<Family>) -> Result<Forward, ResolverError> {
    // SAFETY: all zero is what the call wants of the members that are no hint (getaddrinfo(3)).
    let mut hints: libc::addrinfo = unsafe { zeroed() };
    hints.ai_flags = libc::AI_CANONNAME;
    hints.ai_socktype = libc::SOCK_STREAM;
    hints.ai_family = match family {
        Some(Family::Inet) => libc::AF_INET,
        Some(Family::Inet6) => libc::AF_INET6,
        None => libc::AF_UNSPEC,
    };
    let mut first = ptr::null_mut();
    // SAFETY: the name ends in NUL, no service is asked for, and the other pointers are to values
    // that live through the call.
    let failed =
        unsafe { libc::getaddrinfo(name.as_ptr(), ptr::null(), &raw const hints, &mut first) };
    if failed != 0 {
        return Err(ResolverError::of_status(failed));
    }
    let mut found = Forward::default();
    // SAFETY: after a success there is a list, whose members are null or what the manual says; it is
    // freed once, after its last use.
    unsafe {
        let mut next = first.cast_const();
        while let Some(entry) = next.as_ref() {
            if !entry.ai_canonname.is_null() {
                found.canonical = CStr::from_ptr(entry.ai_canonname).to_bytes().to_vec();
            }
            found.addresses.extend(internet(entry.ai_addr));
            next = entry.ai_next;
        }
        libc::freeaddrinfo(first);
    }
    Ok(found)
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
            assert_eq!(numeric(&address), text);
        }
    }

    #[test]
    fn the_loopback_address_is_found_by_name() {
        let resolver = SystemResolver::new(Rc::default());
        let found = resolver.addresses_of(b"localhost", Family::Inet);
        let found = found.unwrap().unwrap();
        assert!(found.addresses.iter().all(SocketAddr::is_ipv4));
        assert!(found.addresses.iter().any(|found| found.ip().is_loopback()));
        assert!(!found.canonical.is_empty());
        assert_eq!(resolver.addresses_of(b"", Family::Inet), Ok(None));
        assert_eq!(
            resolver.addresses_of(b"local\0host", Family::Inet),
            Ok(None)
        );
    }

    #[test]
    fn an_entry_that_cannot_be_asked_for_is_not_unlisted() {
        let resolver = SystemResolver::new(Rc::default());
        assert_eq!(resolver.list_entry(b"a\0b."), Err(Unanswered::NoAnswer));
    }

    #[test]
    fn the_loopback_interface_has_an_index() {
        let resolver = SystemResolver::new(Rc::default());
        assert!(matches!(resolver.interface_index(b"lo"), Ok(Some(_))));
        assert_eq!(resolver.interface_index(b"nope"), Ok(None));
        assert_eq!(resolver.interface_index(b"l\0o"), Ok(None));
    }
}
