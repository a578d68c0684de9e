//! Socket addresses as C has them, read as values.

use std::ffi::c_int;
use std::net::SocketAddr;
use std::ptr;

use nix::libc::{self, sockaddr};
use socket2::{SockAddr, SockAddrStorage};

/// The kind of a socket address; `None` for a null pointer.
///
/// # Safety
/// Null or a socket address.
pub unsafe fn family(address: *const sockaddr) -> Option<c_int> {
    if address.is_null() {
        return None;
    }
    // SAFETY: every socket address begins with its family; it need not be aligned.
    let family = unsafe { (&raw const (*address).sa_family).read_unaligned() };
    Some(family.into())
}

/// A socket address of the Internet kinds.
///
/// # Safety
/// Null or a socket address as long as its family has it.
pub unsafe fn internet(address: *const sockaddr) -> Option<SocketAddr> {
    // SAFETY: as the caller says.
    let length = match unsafe { family(address) }? {
        libc::AF_INET => size_of::<libc::sockaddr_in>(),
        libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
        _ => return None,
    };
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: the address has so many bytes, and the storage takes every kind of address.
    let value = unsafe {
        let room = (&raw mut storage).cast::<u8>();
        ptr::copy_nonoverlapping(address.cast::<u8>(), room, length);
        SockAddr::new(storage, length as libc::socklen_t)
    };
    value.as_socket()
}
