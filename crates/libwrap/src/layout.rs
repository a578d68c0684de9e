//! The structures that programs hold, as tcpd.h declares them, and the way in and out of their
//! strings.
//!
//! A socket's address needs a place that lives as long as the request, is no other thread's and is
//! never freed by anybody: it is the end of the `addr` string of the same structure, which
//! no address in text reaches. (`STRN_CPY` of tcpd.h does, with zeros; then it is asked for again.)

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use nix::libc::{self, sockaddr, sockaddr_in6};
use socket2::SockAddr;
use system::raw_address::family;

/// Room for a string, with its final NUL.
pub(crate) const STRING_LENGTH: usize = 128;

/// Room for a process id in digits.
const PID_LENGTH: usize = 10;

/// Where a socket address lies in `addr`. What getnameinfo(3) writes has 46 bytes, and 16 more for
/// an interface.
const ADDRESS_START: usize = STRING_LENGTH - size_of::<sockaddr_in6>();

/// One end of a connection: `struct host_info`.
#[repr(C)]
pub(crate) struct HostInfo {
    pub(crate) name: [c_char; STRING_LENGTH],
    pub(crate) addr: [c_char; STRING_LENGTH],
    pub(crate) sin: *mut sockaddr,
    unit: *mut c_void,
    pub(crate) request: *mut RequestInfo,
}

/// A lookup that fills in a string.
pub(crate) type Lookup = unsafe extern "C-unwind" fn(*mut HostInfo);

/// What discards a datagram.
pub(crate) type Sink = unsafe extern "C-unwind" fn(c_int);

/// A request: `struct request_info`.
#[repr(C)]
pub(crate) struct RequestInfo {
    pub(crate) fd: c_int,
    pub(crate) user: [c_char; STRING_LENGTH],
    pub(crate) daemon: [c_char; STRING_LENGTH],
    pub(crate) pid: [c_char; PID_LENGTH],
    pub(crate) client: HostInfo,
    pub(crate) server: HostInfo,
    pub(crate) sink: Option<Sink>,
    pub(crate) hostname: Option<Lookup>,
    pub(crate) hostaddr: Option<Lookup>,
    cleanup: *mut c_void,
    pub(crate) config: *const c_void,
}

impl RequestInfo {
    /// All zero: nothing is known, and there are no functions.
    pub(crate) fn new() -> Self {
        // SAFETY: numbers, pointers and optional functions, which may all be zero.
        let mut request: Self = unsafe { std::mem::zeroed() };
        request.fd = -1;
        request
    }
}

/// The bytes of a string in a structure: up to its NUL, or all of it.
pub(crate) fn bytes<const N: usize>(field: &[c_char; N]) -> &[u8] {
    // SAFETY: as many bytes, of the same size; every value of one is a value of the other.
    let bytes = unsafe { std::slice::from_raw_parts(field.as_ptr().cast::<u8>(), N) };
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(N);
    bytes.get(..end).unwrap_or_default()
}

/// The same, to keep.
pub(crate) fn text<const N: usize>(field: &[c_char; N]) -> Vec<u8> {
    bytes(field).to_vec()
}

/// Puts a string into a structure, cut to its room.
pub(crate) fn store(field: &mut [c_char], value: &[u8]) {
    let room = field.len().saturating_sub(1).min(value.len());
    let value = value.get(..room).unwrap_or_default();
    let mut places = field.iter_mut();
    for (byte, place) in value.iter().take_while(|byte| **byte != 0).zip(&mut places) {
        *place = byte.cast_signed();
    }
    if let Some(place) = places.next() {
        *place = 0;
    }
}

/// A string that a program hands in; empty for a null pointer.
///
/// # Safety
/// Null, or a string that ends in NUL and stays as it is while the answer is used.
pub(crate) unsafe fn given<'t>(text: *const c_char) -> &'t [u8] {
    if text.is_null() {
        return b"";
    }
    // SAFETY: as the caller says.
    unsafe { CStr::from_ptr(text) }.to_bytes()
}

/// Puts the text of the address in, before a socket address that follows it.
///
/// # Safety
/// An end of a request.
pub(crate) unsafe fn store_address(host: *mut HostInfo, value: &[u8]) {
    // SAFETY: as the caller says; the reference is to the part that no socket address is in.
    unsafe {
        let room = if ptr::eq((*host).sin, own_address(host)) {
            ADDRESS_START
        } else {
            STRING_LENGTH
        };
        let text = (&raw mut (*host).addr).cast::<c_char>();
        store(std::slice::from_raw_parts_mut(text, room), value);
    }
}

/// Whether the program has written over the socket address that the structure keeps.
///
/// # Safety
/// An end of a request.
pub(crate) unsafe fn has_lost_socket(host: *mut HostInfo) -> bool {
    // SAFETY: as the caller says; the place is part of `addr`.
    unsafe {
        let own = own_address(host);
        ptr::eq((*host).sin, own) && family(own) == Some(libc::AF_UNSPEC)
    }
}

/// Where the structure keeps a socket address. It is made of the program's own pointer: one that was made of a
/// reference would be no good any more once another reference to the same bytes was made.
///
/// # Safety
/// An end of a request.
unsafe fn own_address(host: *mut HostInfo) -> *mut sockaddr {
    // Not aligned for every kind of address; it is only ever copied from and to, byte by byte.
    // SAFETY: as the caller says; the place lies within `addr`.
    unsafe {
        let text = (&raw mut (*host).addr).cast::<u8>();
        text.add(ADDRESS_START).cast()
    }
}

/// Keeps the address of a socket in the structure.
///
/// # Safety
/// An end of a request.
pub(crate) unsafe fn keep_socket(host: *mut HostInfo, address: &SockAddr) {
    let count = (address.len() as usize).min(size_of::<sockaddr_in6>());
    // A path in the address of a local socket is of no use to anybody.
    let count = match address.as_socket() {
        Some(_) => count,
        None => size_of::<libc::sa_family_t>(),
    };
    // SAFETY: as the caller says. The source has at least `count` bytes, by `len`; the place has room for a
    // sockaddr_in6 up to the end of `addr`, and the two do not overlap.
    unsafe {
        let place = own_address(host);
        ptr::write_bytes(place.cast::<u8>(), 0, size_of::<sockaddr_in6>());
        ptr::copy_nonoverlapping(address.as_ptr().cast::<u8>(), place.cast::<u8>(), count);
        (*host).addr[ADDRESS_START - 1] = 0;
        (*host).sin = place;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;
    use system::raw_address::internet;

    /// Under Miri this shows that no reference to the structure takes the pointer to the address away.
    #[test]
    fn the_address_of_a_socket_stays_after_the_text() {
        let mut request = RequestInfo::new();
        let host = &raw mut request.client;
        let address: SocketAddr = "[2001:db8::5]:7".parse().unwrap();
        // SAFETY: an end of a request, which nothing else uses.
        unsafe {
            keep_socket(host, &SockAddr::from(address));
            store_address(host, &[b'x'; STRING_LENGTH]);
            store(&mut (*host).name, b"name");
            assert_eq!(bytes(&(*host).addr).len(), ADDRESS_START - 1);
            assert_eq!(internet((*host).sin), Some(address));
            assert!(!has_lost_socket(host));
            (*host).addr = [0; STRING_LENGTH];
            assert!(has_lost_socket(host));
        }
    }
}
