//! Facts about a request for the program: looked up when they are first asked for, kept in its own
//! structure (hosts_access(3)).

use std::cell::UnsafeCell;
use std::ffi::c_char;

use hosts_access::request::facts::{Fact, UNKNOWN};
use hosts_access::request::joined;
use nix::libc::sockaddr;

use system::raw_address::internet;

use crate::ffi_guard::guard;
use crate::layout::{HostInfo, RequestInfo, STRING_LENGTH, bytes, store, store_address, text};
use crate::{shim, socket_address, unanswered};

/// Room for `user@host`.
const BOTH_LENGTH: usize = 2 * STRING_LENGTH;

thread_local! {
    /// Answers that have no place in the structure: each thread has its own, until its next call.
    static CLIENT: UnsafeCell<[c_char; BOTH_LENGTH]> = const { UnsafeCell::new([0; BOTH_LENGTH]) };
    static SERVER: UnsafeCell<[c_char; BOTH_LENGTH]> = const { UnsafeCell::new([0; BOTH_LENGTH]) };
    static NOTHING: UnsafeCell<[c_char; BOTH_LENGTH]> = const { UnsafeCell::new([0; BOTH_LENGTH]) };
    static PORT: UnsafeCell<[c_char; BOTH_LENGTH]> = const { UnsafeCell::new([0; BOTH_LENGTH]) };
}

type Buffer = std::thread::LocalKey<UnsafeCell<[c_char; BOTH_LENGTH]>>;

/// Puts an answer where the program finds it until its thread's next call.
fn answer(buffer: &'static Buffer, value: &[u8]) -> *mut c_char {
    buffer.with(|buffer| {
        // SAFETY: the buffer is this thread's, and nothing else uses it during this call.
        store(unsafe { &mut *buffer.get() }, value);
        buffer.get().cast()
    })
}

/// A string of the structure for the program; `unknown` where nothing is known that could be kept. The program may
/// write where it is pointed to, so the word is its thread's own.
///
/// # Safety
/// A string of a request.
unsafe fn told(field: *mut [c_char; STRING_LENGTH]) -> *mut c_char {
    // SAFETY: as the caller says.
    match unsafe { (*field)[0] } {
        0 => answer(&NOTHING, UNKNOWN),
        _ => field.cast(),
    }
}

/// The client's user, for the library's own code.
///
/// # Safety
/// A request that was made by request_init.
pub(crate) unsafe fn user_of(request: *mut RequestInfo) -> *mut c_char {
    // SAFETY: the structure is the program's, and no other code of ours holds a reference to it.
    unsafe {
        let user = &raw mut (*request).user;
        if (*user)[0] == 0 {
            store(&mut *user, UNKNOWN);
            socket_address::restore_socket(&raw mut (*request).client);
            socket_address::restore_socket(&raw mut (*request).server);
            let (client, server) = ((*request).client.sin, (*request).server.sin);
            if (*request).sink.is_none() && !client.is_null() && !server.is_null() {
                let ask = || shim::ask_user(client, server, user);
                if unanswered::after(ask, || text(&*user).eq_ignore_ascii_case(UNKNOWN)) {
                    (*user)[0] = 0;
                }
            }
        }
        told(user)
    }
}

/// The host name of an end, for the library's own code.
///
/// # Safety
/// An end of a request that was made by request_init.
pub(crate) unsafe fn name_of(host: *mut HostInfo) -> *mut c_char {
    // SAFETY: as for user_of.
    unsafe {
        let name = &raw mut (*host).name;
        if (*name)[0] == 0 {
            store(&mut *name, UNKNOWN);
            if let Some(lookup) = (*(*host).request).hostname {
                let ask = || shim::look_up(lookup, host);
                if unanswered::after(ask, || text(&*name).eq_ignore_ascii_case(UNKNOWN)) {
                    (*name)[0] = 0;
                }
            }
        }
        told(name)
    }
}

/// The address of an end, for the library's own code.
///
/// # Safety
/// An end of a request that was made by request_init.
pub(crate) unsafe fn address_of(host: *mut HostInfo) -> *mut c_char {
    // SAFETY: as for user_of.
    unsafe {
        if (*host).addr[0] == 0 {
            store_address(host, UNKNOWN);
            if let Some(lookup) = (*(*host).request).hostaddr {
                shim::look_up(lookup, host);
            }
        }
        (&raw mut (*host).addr).cast()
    }
}

/// The client's user.
///
/// # Safety
/// A request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn eval_user(request: *mut RequestInfo) -> *mut c_char {
    // SAFETY: as the caller says.
    unsafe { guard((&raw mut (*request).user).cast(), || user_of(request)) }
}

/// The host name of an end.
///
/// # Safety
/// An end of a request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn eval_hostname(host: *mut HostInfo) -> *mut c_char {
    // SAFETY: as the caller says.
    unsafe { guard((&raw mut (*host).name).cast(), || name_of(host)) }
}

/// The address of an end.
///
/// # Safety
/// An end of a request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn eval_hostaddr(host: *mut HostInfo) -> *mut c_char {
    // SAFETY: as the caller says.
    unsafe { guard((&raw mut (*host).addr).cast(), || address_of(host)) }
}

/// The host name of an end if it was looked up and is good, else the address.
///
/// # Safety
/// An end of a request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn eval_hostinfo(host: *mut HostInfo) -> *mut c_char {
    // SAFETY: as the caller says.
    unsafe {
        let (name, address) = (&raw mut (*host).name, &raw mut (*host).addr);
        let is_known = || Fact::is_known(bytes(&*name));
        guard(address.cast(), || {
            if is_known() {
                name.cast()
            } else {
                address_of(host)
            }
        })
    }
}

/// The same, as bytes.
unsafe fn host_info(host: *mut HostInfo) -> Vec<u8> {
    // SAFETY: as for user_of.
    unsafe {
        let name = text(&(*host).name);
        if Fact::is_known(&name) {
            return name;
        }
        address_of(host);
        text(&(*host).addr)
    }
}

/// What is known of the client, as bytes: `[user@]host`.
///
/// # Safety
/// A request that was made by request_init.
pub(crate) unsafe fn client_info(request: *mut RequestInfo) -> Vec<u8> {
    // SAFETY: as for eval_user.
    unsafe {
        let host = host_info(&raw mut (*request).client);
        let user = Fact::from_user(bytes(&(*request).user));
        joined(user.known(), &host)
    }
}

/// What is known of the client: `[user@]host`.
///
/// # Safety
/// A request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn eval_client(request: *mut RequestInfo) -> *mut c_char {
    // SAFETY: as for eval_user.
    unsafe {
        guard(std::ptr::null_mut(), || {
            answer(&CLIENT, &client_info(request))
        })
    }
}

/// What is known of the server: `daemon[@host]`.
///
/// # Safety
/// A request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn eval_server(request: *mut RequestInfo) -> *mut c_char {
    // SAFETY: as for eval_user.
    unsafe {
        guard(std::ptr::null_mut(), || {
            let host = host_info(&raw mut (*request).server);
            let daemon = text(&(*request).daemon);
            if host.eq_ignore_ascii_case(UNKNOWN) {
                return answer(&SERVER, &daemon);
            }
            answer(&SERVER, &joined(Some(&daemon), &host))
        })
    }
}

/// The port of a socket address in digits; `0` if there is none.
///
/// # Safety
/// Null or a socket address.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn eval_port(address: *mut sockaddr) -> *mut c_char {
    guard(std::ptr::null_mut(), || {
        // SAFETY: as the caller says.
        let port = unsafe { internet(address) }.map_or(0, |address| address.port());
        answer(&PORT, port.to_string().as_bytes())
    })
}
