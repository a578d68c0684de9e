//! Sockets: both ends of a request, their names, the client's user, IP options, and how a request
//! ends that is denied.

use std::ffi::{c_char, c_int, c_void};
use std::io;
use std::net::SocketAddr;
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use hosts_access::lookup::names;
use hosts_access::report::problem::Problem;
use hosts_access::request::Host;
use hosts_access::request::facts::{Fact, PARANOID};
use hosts_access::severity::Level;
use hosts_access::text::escape::{TableText, Untrusted};
use nix::libc::{self, sockaddr};
use system::connection_lines::ConnectionLine;
use system::deadline::Budget;
use system::ident_client::TcpIdent;
use system::peer::{Connection, LOCAL_ADDRESS, OptionsVerdict};
use system::resolver::{SystemResolver, numeric};

use system::raw_address::{family, internet};

use crate::ffi_guard::guard;
use crate::layout::{
    HostInfo, RequestInfo, STRING_LENGTH, given, keep_socket, store, store_address, text,
};
use crate::program_effects::{banner_sent, borrow};
use crate::socket_address::restore_socket;
use crate::{eval, messages, shim, unanswered};

/// What `config` points to in a request that must not be granted, whatever the tables say. A program may use
/// a request again for another client, so each function takes back what it has said of the last one.
static REFUSALS: [u8; 3] = [0; 3];

/// Why a request must not be granted, as bits of the place in [`REFUSALS`].
#[derive(Clone, Copy)]
enum Refused {
    /// The client has gone already, or its socket could not be asked who it is: from `sock_host`.
    Gone = 1,
    /// Its address proves nothing: from `fix_options`.
    Routed = 2,
}

/// Whether the request must not be granted.
///
/// # Safety
/// A request that was made by request_init.
pub(crate) unsafe fn is_refused(request: *mut RequestInfo) -> bool {
    // SAFETY: as the caller says.
    unsafe { refusals(request) != 0 }
}

/// What was said of the client. (A program may have put a pointer of its own there.)
unsafe fn refusals(request: *mut RequestInfo) -> usize {
    // SAFETY: as the caller says.
    let config = unsafe { (*request).config };
    (1..=3)
        .find(|bits| ptr::eq(config, refusal_pointer(*bits)))
        .unwrap_or(0)
}

fn refusal_pointer(bits: usize) -> *const c_void {
    match bits {
        0 => ptr::null(),
        bits => (&raw const REFUSALS)
            .cast::<u8>()
            .wrapping_add(bits - 1)
            .cast(),
    }
}

/// Says that a request must not be granted, or takes it back.
///
/// # Safety
/// A request that was made by request_init.
unsafe fn set_refused(request: *mut RequestInfo, why: Refused, refused: bool) {
    // SAFETY: as the caller says.
    unsafe {
        let others = refusals(request) & !(why as usize);
        (*request).config = refusal_pointer(if refused {
            others | why as usize
        } else {
            others
        });
    }
}

/// Forgets what was said of the client: the request gets another socket.
///
/// # Safety
/// A request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn wrap_new_socket(request: *mut RequestInfo) {
    // SAFETY: as the caller says.
    unsafe { (*request).config = refusal_pointer(0) };
}

/// Finds out who is at both ends of the request's socket.
///
/// # Safety
/// A request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn sock_host(raw: *mut RequestInfo) {
    // SAFETY: as the caller says.
    guard((), || unsafe {
        set_refused(raw, Refused::Gone, false);
        (*raw).hostname = Some(sock_hostname);
        (*raw).hostaddr = Some(sock_hostaddr);
        let found = match borrow((*raw).fd) {
            Some(socket) => Connection::on(socket),
            None => Err(io::Error::from_raw_os_error(libc::EBADF)),
        };
        match found {
            Ok(connection) => {
                let error = connection.client_error.as_ref();
                if !connection.stream || error.is_some() {
                    (*raw).sink = Some(sock_sink);
                }
                if let Some(error) = error {
                    no_client(error);
                    let gone = connection.client_gone && connection.stream;
                    set_refused(raw, Refused::Gone, gone);
                    return;
                }
                if let Some(peer) = &connection.peer {
                    keep_socket(&raw mut (*raw).client, peer);
                    keep_socket(&raw mut (*raw).server, &connection.own);
                }
            }
            Err(error) => {
                (*raw).sink = Some(sock_sink);
                no_client(&error);
                // No socket has no client, and is unknown. Who is at a socket that there is may be anybody.
                set_refused(raw, Refused::Gone, !is_no_socket(&error));
            }
        }
    });
}

/// Whether the descriptor is none, or that of another kind of file.
fn is_no_socket(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EBADF | libc::ENOTSOCK))
}

/// The socket fails to say whether its client is source-routed. (Of a client that `sock_host` has refused, all is said.)
///
/// # Safety
/// A request that was made by request_init.
unsafe fn unseen(raw: *mut RequestInfo, error: &io::Error) {
    // SAFETY: as the caller says.
    unsafe {
        if is_no_socket(error) || is_refused(raw) {
            return;
        }
        messages::error(&ConnectionLine::NoPeer(error).to_string());
        set_refused(raw, Refused::Routed, true);
    }
}

fn no_client(error: &io::Error) {
    messages::warning(&ConnectionLine::NoAddress(error).to_string());
}

/// Discards a datagram, so that inetd does not start the service for it again.
unsafe extern "C-unwind" fn sock_sink(descriptor: c_int) {
    let mut byte = 0_u8;
    // SAFETY: room for the one byte; a descriptor of any kind gives an error at most.
    unsafe {
        let room = (&raw mut byte).cast();
        libc::recv(descriptor, room, 1, libc::MSG_DONTWAIT);
    }
}

/// Shows the address of an end.
///
/// # Safety
/// An end of a request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn sock_hostaddr(host: *mut HostInfo) {
    // SAFETY: as the caller says.
    guard((), || unsafe {
        restore_socket(host);
        let sin = (*host).sin;
        let shown = match internet(sin) {
            Some(address) => Some(numeric(&address)),
            None if family(sin) == Some(libc::AF_UNIX) => Some(LOCAL_ADDRESS.to_owned()),
            None => None,
        };
        if let Some(shown) = shown {
            store_address(host, shown.as_bytes());
        }
    });
}

/// Looks the host name of an end up, and checks it twice.
///
/// # Safety
/// An end of a request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn sock_hostname(host: *mut HostInfo) {
    // SAFETY: as the caller says.
    guard((), || unsafe {
        restore_socket(host);
        let Some(address) = internet((*host).sin).and_then(canonical) else {
            return;
        };
        let resolver = SystemResolver::new(Rc::new(Budget::without_threads()));
        let shown = numeric(&address);
        let (name, problem) = names::look_up(Some(address), shown.as_bytes(), &resolver);
        match name {
            Fact::Known(name) if name.len() < STRING_LENGTH => store(&mut (*host).name, &name),
            Fact::Known(name) => {
                // What fits of it would be another name.
                messages::warning(&format!("host name too long: {}", TableText(&name)));
                store(&mut (*host).name, PARANOID);
            }
            Fact::Paranoid => store(&mut (*host).name, PARANOID),
            Fact::InError(why) => unanswered::note(why),
            Fact::Unknown | Fact::NotAsked => {}
        }
        if let Some(problem) = problem {
            messages::problem(Problem::HostName(problem));
        }
    });
}

/// The address for lookups: a mapped IPv4 address as IPv4, and none for "any".
fn canonical(address: SocketAddr) -> Option<SocketAddr> {
    let canonical = Host::from_socket(address, "").socket()?;
    (!(canonical.is_ipv4() && canonical.ip().is_unspecified())).then_some(canonical)
}

/// The ident protocol's transport.
pub(crate) fn ident() -> TcpIdent {
    TcpIdent::new(Rc::new(Budget::without_threads()))
}

/// Asks the client's ident server for the user; `user` has room for a string.
///
/// # Safety
/// Two socket addresses, and room for STRING_LENGTH bytes.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn wrap_rfc931(
    client: *const sockaddr,
    server: *const sockaddr,
    user: *mut [c_char; STRING_LENGTH],
) {
    guard((), || {
        // SAFETY: as the caller says.
        let (client, server) = unsafe { (internet(client), internet(server)) };
        let found = match (client.and_then(canonical), server.and_then(canonical)) {
            (Some(client), Some(server)) => {
                let limit = shim::ident_limit();
                hosts_access::lookup::ident::look_up(client, server, limit, &ident())
            }
            _ => Fact::Unknown,
        };
        if let Fact::InError(why) = found {
            unanswered::note(why);
        }
        // SAFETY: as the caller says.
        store(unsafe { &mut *user }, found.text());
    });
}

/// Runs a shell command and waits for it.
///
/// # Safety
/// A string that ends in NUL.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn wrap_shell_cmd(command: *const c_char) {
    guard((), || {
        // SAFETY: as the caller says.
        let command = unsafe { given(command) };
        let environment = system::environment::Environment::default();
        let stdio = system::process::Stdio::Null;
        if let Err(error) = system::process::run_shell(command, &environment, stdio) {
            messages::problem(Problem::OptionFault(error.fault("execl /bin/sh")));
        }
    });
}

/// Logs and clears IP options; a source-routed client is refused, since its address proves nothing.
///
/// # Safety
/// A request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn fix_options(raw: *mut RequestInfo) {
    // SAFETY: as the caller says.
    guard((), || unsafe {
        set_refused(raw, Refused::Routed, false);
        let Some(socket) = borrow((*raw).fd) else {
            return;
        };
        let connection = match Connection::on(socket) {
            Ok(connection) => connection,
            Err(error) => return unseen(raw, &error),
        };
        if let Some(error) = &connection.client_error
            && connection.client_gone
            && connection.stream
        {
            // Without its address it is not known which options it may have.
            return unseen(raw, error);
        }
        let log = |level: Level, line: ConnectionLine<'_>| {
            messages::log(level.0.into(), &line.to_string());
        };
        let verdict = connection.check_ip_options(|| eval::client_info(raw), log);
        set_refused(raw, Refused::Routed, verdict != OptionsVerdict::Harmless);
    });
}

/// Logs a refusal and ends the process.
///
/// # Safety
/// A request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn refuse(raw: *mut RequestInfo) {
    // SAFETY: as the caller says.
    guard((), || unsafe {
        eval::address_of(&raw mut (*raw).client);
        let address = text(&(*raw).client.addr);
        let client = eval::client_info(raw);
        let line = ConnectionLine::Refused(Untrusted(&client), Untrusted(&address));
        messages::log(
            shim::deny_severity.load(Ordering::Relaxed),
            &line.to_string(),
        );
        shim::end(raw);
    });
}

/// What is left to do before a process ends whose client was refused.
///
/// # Safety
/// A request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn wrap_clean_exit(raw: *mut RequestInfo) {
    // SAFETY: as the caller says.
    guard((), || unsafe {
        let descriptor = (*raw).fd;
        if let Some(sink) = (*raw).sink {
            shim::discard(sink, descriptor);
        }
        let Some(Ok(connection)) = borrow(descriptor).map(Connection::on) else {
            return;
        };
        connection.say_farewell(banner_sent(descriptor));
    });
}
