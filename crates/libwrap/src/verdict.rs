//! The answer: hosts_access, hosts_ctl and process_options.

use std::ffi::{c_char, c_int};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::Ordering;

use hosts_access::action::{RuleOutcome, ShellText};
use hosts_access::options;
use hosts_access::report::problem::Problem;
use hosts_access::search::access::{Verdict, hosts_access as decide};
use hosts_access::table::place::Place;
use hosts_access::text::escape::{TableText, Untrusted};
use hosts_access::world::World;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use system::connection_lines::ConnectionLine;
use system::environment::Environment;
use system::peer::Connection;
use system::twist;

use crate::call::{self, end_jump, has_jumped};
use crate::ffi_guard::guard;
use crate::layout::{RequestInfo, given};
use crate::program_effects::{ProgramEffects, borrow, is_resident, not_resident};
use crate::program_facts::ProgramFacts;
use crate::severities::{restore_severities, set_severities};
use crate::{eval, messages, request_set, reserve, shim, sock};

const DENIED: c_int = 0;
const GRANTED: c_int = 1;

/// What process_options jumps with, as tcpd.h has it; 0 for a plain return.
const AC_PERMIT: c_int = 1;
const AC_DENY: c_int = -1;

/// Whether a request is granted.
///
/// # Safety
/// A request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn hosts_access(request: *mut RequestInfo) -> c_int {
    // SAFETY: as the caller says.
    guard(DENIED, || unsafe { ask(request) })
}

/// [`hosts_access()`] for the library's own code.
///
/// # Safety
/// A request that was made by request_init.
unsafe fn ask(request: *mut RequestInfo) -> c_int {
    let order = Ordering::Relaxed;
    let count = |times| (times <= 0).then(|| times + 1);
    let _counted = shim::resident.fetch_update(order, order, count);
    restore_severities();
    let _earlier = reserve::ran_short();
    // SAFETY: as the caller says.
    let granted = unsafe { answer(request) };
    let jumped = end_jump();
    let short = reserve::ran_short();
    if short {
        messages::error("error: out of memory: denied");
    }
    if granted && !jumped && !short {
        GRANTED
    } else {
        DENIED
    }
}

/// Lets go of the tables that are kept in memory.
#[unsafe(no_mangle)]
extern "C-unwind" fn wrap_forget() {
    #[cfg(feature = "accelerate")]
    guard((), system::table_cache::forget);
}

/// Whether a client that is described in text is granted.
///
/// # Safety
/// Strings that end in NUL, or null pointers.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn hosts_ctl(
    daemon: *const c_char,
    name: *const c_char,
    address: *const c_char,
    user: *const c_char,
) -> c_int {
    guard(DENIED, || {
        let mut request = RequestInfo::new();
        let raw = &raw mut request;
        // SAFETY: the request is ours, and made here; the strings are as the caller says.
        unsafe {
            request_set::wrap_init(raw);
            request_set::set_text(raw, request_set::RQ_DAEMON, given(daemon));
            request_set::set_text(raw, request_set::RQ_CLIENT_NAME, given(name));
            request_set::set_text(raw, request_set::RQ_CLIENT_ADDR, given(address));
            request_set::set_text(raw, request_set::RQ_USER, given(user));
            ask(raw)
        }
    })
}

/// Asks the engine, and does what its answer says.
///
/// # Safety
/// A request that was made by request_init.
unsafe fn answer(raw: *mut RequestInfo) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        if sock::is_refused(raw) {
            return false;
        }
        let Some(tables) = shim::tables() else {
            messages::error(
                "error: hosts_allow_table or hosts_deny_table is a null pointer: denied",
            );
            return false;
        };
        let facts = ProgramFacts::of(raw);
        let mut request = facts.request();
        let socket = borrow((*raw).fd);
        let mut effects = ProgramEffects::on(socket);
        let decision = decide(&tables, &mut request, &facts.world(), &mut effects);
        set_severities(request.severity);
        match (decision.verdict, decision.matched) {
            (Verdict::Granted, _) => true,
            (Verdict::Denied, _) => false,
            (Verdict::Twist(_), _) if has_jumped() => false,
            (Verdict::Twist(command), place) => {
                let granting = place
                    .as_ref()
                    .is_some_and(|place| *place.table == *tables.allow);
                call::at(place, || run_twist(&command, raw, socket)) && granting
            }
        }
    }
}

/// Serves the client by a command, in place of this process. Returns only where that cannot be, or
/// in a dry run: then the verdict is the table's, and `true`.
///
/// # Safety
/// A request that was made by request_init.
unsafe fn run_twist(
    command: &ShellText,
    raw: *mut RequestInfo,
    socket: Option<BorrowedFd<'_>>,
) -> bool {
    if shim::dry_run.swap(0, Ordering::Relaxed) != 0 {
        return true;
    }
    if is_resident() {
        messages::problem(Problem::OptionFailed(not_resident("twist")));
        return false;
    }
    let command = command.as_bytes();
    // SAFETY: as the caller says.
    let client = unsafe { eval::client_info(raw) };
    let line = ConnectionLine::Twist(Untrusted(&client), TableText(command));
    messages::log(
        shim::deny_severity.load(Ordering::Relaxed),
        &line.to_string(),
    );
    let fault = match socket {
        None => twist::no_socket(&io::Error::from_raw_os_error(libc::EBADF)),
        Some(socket) => {
            keep_from_command(socket);
            let connection = Connection::on(socket).ok();
            let environment = Environment::default();
            match twist::serve(command, &environment, socket, connection.as_ref()) {
                // SAFETY: ends the process as an exec of the command would have.
                Ok(status) => unsafe { libc::_exit(status) },
                Err(fault) => fault,
            }
        }
    };
    messages::problem(Problem::OptionFault(fault));
    // SAFETY: as the caller says.
    unsafe { shim::end(raw) };
    false
}

/// Has the command get the socket as 0, 1 and 2 only: what it leaves running would keep the client's connection open by
/// the program's own descriptor.
fn keep_from_command(socket: BorrowedFd<'_>) {
    if socket.as_raw_fd() > libc::STDERR_FILENO {
        // On a descriptor that is open, this cannot fail.
        let _set = fcntl(socket, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC));
    }
}

/// Runs options; the place is the one in `tcpd_context`. Returns what to jump with, or 0.
///
/// # Safety
/// A string that ends in NUL, and a request that was made by request_init.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn wrap_process_options(
    text: *const c_char,
    raw: *mut RequestInfo,
) -> c_int {
    guard(AC_DENY, || {
        // SAFETY: as the caller says.
        let text = unsafe { given(text) };
        if text.is_empty() {
            return 0;
        }
        // SAFETY: as the caller says.
        let verdict = unsafe { run_options(complete(text), raw) };
        if end_jump() { AC_DENY } else { verdict }
    })
}

/// The options without a colon at the very end. (In a table the end of the line follows it, which is
/// an option without a name.)
fn complete(options: &[u8]) -> &[u8] {
    match options.strip_suffix(b":") {
        Some(rest) if !rest.ends_with(b"\\") => {
            messages::warning("rule ends in \":\"");
            rest
        }
        _ => options,
    }
}

/// Runs options.
///
/// # Safety
/// A request that was made by request_init.
unsafe fn run_options(text: &[u8], raw: *mut RequestInfo) -> c_int {
    // SAFETY: as the caller says.
    unsafe {
        let facts = ProgramFacts::of(raw);
        let mut request = facts.request();
        let socket = borrow((*raw).fd);
        let mut effects = ProgramEffects::on(socket);
        let (table, line) = messages::program_place_parts();
        let place = Place {
            table,
            first_line: line,
            line,
        };
        let world = World {
            log: &messages::OptionMessages,
            ..facts.world()
        };
        let outcome = options::run(text, &mut request, &world, &place, &mut effects);
        set_severities(request.severity);
        match outcome {
            RuleOutcome::Table | RuleOutcome::NoMatch => 0,
            RuleOutcome::Allow => AC_PERMIT,
            RuleOutcome::InError(fault) => {
                let problem = Problem::AclexecFailed(fault);
                call::at(Some(place), || messages::problem(problem));
                AC_DENY
            }
            RuleOutcome::Deny | RuleOutcome::Failed => AC_DENY,
            RuleOutcome::Twist(command) => {
                let went_on = call::at(Some(place), || run_twist(&command, raw, socket));
                if went_on { 0 } else { AC_DENY }
            }
        }
    }
}
