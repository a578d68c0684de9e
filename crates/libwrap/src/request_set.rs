//! Making a request: the keys of request_init and request_set.

use std::ffi::{c_char, c_int};

use hosts_access::request::facts::UNKNOWN;
use nix::libc::sockaddr;

use crate::ffi_guard::guard;
use crate::layout::{RequestInfo, given, store, store_address};

pub(crate) const RQ_DAEMON: c_int = 2;
pub(crate) const RQ_USER: c_int = 3;
pub(crate) const RQ_CLIENT_NAME: c_int = 4;
pub(crate) const RQ_CLIENT_ADDR: c_int = 5;
const RQ_CLIENT_SIN: c_int = 6;
const RQ_SERVER_NAME: c_int = 7;
const RQ_SERVER_ADDR: c_int = 8;

/// Makes a structure a request of which nothing is known.
///
/// # Safety
/// Room for a request.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn wrap_init(request: *mut RequestInfo) {
    // SAFETY: as the caller says.
    unsafe {
        request.write(RequestInfo::new());
        store(&mut (*request).daemon, UNKNOWN);
        store(
            &mut (*request).pid,
            std::process::id().to_string().as_bytes(),
        );
        (*request).client.request = request;
        (*request).server.request = request;
    }
}

/// Sets a string of a request.
///
/// # Safety
/// A request that was made by request_init.
pub(crate) unsafe fn set_text(request: *mut RequestInfo, key: c_int, value: &[u8]) {
    // SAFETY: as the caller says; each reference is to one string.
    unsafe {
        match key {
            RQ_DAEMON => store(&mut (*request).daemon, value),
            RQ_USER => store(&mut (*request).user, value),
            RQ_CLIENT_NAME => store(&mut (*request).client.name, value),
            RQ_CLIENT_ADDR => store_address(&raw mut (*request).client, value),
            RQ_SERVER_NAME => store(&mut (*request).server.name, value),
            RQ_SERVER_ADDR => store_address(&raw mut (*request).server, value),
            _ => {}
        }
    }
}

/// Sets a string of a request.
///
/// # Safety
/// A request that was made by request_init, and a string that ends in NUL, or null.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn wrap_set_text(
    request: *mut RequestInfo,
    key: c_int,
    text: *const c_char,
) {
    // SAFETY: as the caller says.
    guard((), || unsafe { set_text(request, key, given(text)) });
}

/// Sets a socket address of a request.
///
/// # Safety
/// A request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C" fn wrap_set_address(
    request: *mut RequestInfo,
    key: c_int,
    address: *mut sockaddr,
) {
    // SAFETY: as the caller says.
    unsafe {
        match key {
            RQ_CLIENT_SIN => (*request).client.sin = address,
            _ => (*request).server.sin = address,
        }
    }
}
