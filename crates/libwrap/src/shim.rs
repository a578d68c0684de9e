//! The C part: variables that programs see, and calls of functions that a program may have replaced.
//!
//! The variables are global, as programs expect. What the library reads or writes of them is a word
//! at a time, so threads never see half a value.

use std::cell::Cell;
use std::ffi::{c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, Ordering};
use std::time::Duration;

use hosts_access::search::access::Tables;
use hosts_access::table::place::Place;
use nix::libc::sockaddr;

use crate::call::{self, called, has_jumped};
use crate::layout::{HostInfo, Lookup, RequestInfo, STRING_LENGTH, Sink, given};

// SAFETY: variables of this size and alignment, in the library or in the program, for the life of the process; programs
// change them between calls.
unsafe extern "C" {
    /// Severity of the program's own connect lines.
    pub(crate) safe static allow_severity: AtomicI32;
    /// Severity of the refuse and twist lines.
    pub(crate) safe static deny_severity: AtomicI32;
    safe static hosts_allow_table: AtomicPtr<c_char>;
    safe static hosts_deny_table: AtomicPtr<c_char>;
    /// How much to log about rules that match.
    pub(crate) safe static hosts_access_verbose: AtomicI32;
    /// Seconds for an ident query.
    safe static rfc931_timeout: AtomicI32;
    /// Over 0: the process is resident, that is, it serves many clients.
    pub(crate) safe static resident: AtomicI32;
    /// Not 0: options are checked only.
    pub(crate) safe static dry_run: AtomicI32;
    /// The place that reports name.
    pub(crate) safe static tcpd_context: Context;
}

unsafe extern "C-unwind" {
    fn wrap_call_lookup(lookup: Lookup, host: *mut HostInfo) -> c_int;
    fn wrap_call_sink(sink: Sink, descriptor: c_int) -> c_int;
    fn wrap_call_shell_cmd(command: *mut c_char) -> c_int;
    fn wrap_call_clean_exit(request: *mut RequestInfo) -> c_int;
    fn wrap_call_rfc931(client: *mut sockaddr, server: *mut sockaddr, user: *mut c_char) -> c_int;
}

/// `struct tcpd_context`.
#[repr(C)]
pub(crate) struct Context {
    /// Path of the table, or null.
    pub(crate) file: AtomicPtr<c_char>,
    /// Line in it.
    pub(crate) line: AtomicI32,
}

/// The tables that the program wants searched; `None` if it names none.
pub(crate) fn tables() -> Option<Tables> {
    let path = |pointer: &AtomicPtr<c_char>| {
        let path = pointer.load(Ordering::Relaxed);
        // SAFETY: null or a string that the program leaves alone during a call.
        let bytes = (!path.is_null()).then(|| unsafe { given(path) })?;
        Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
    };
    Some(Tables {
        allow: path(&hosts_allow_table)?,
        deny: path(&hosts_deny_table)?,
    })
}

/// Time limit of an ident query: a rule's, or the program's.
pub(crate) fn ident_limit() -> Duration {
    call::call().ident_limit.unwrap_or_else(|| {
        let seconds = rfc931_timeout.load(Ordering::Relaxed);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    })
}

/// Calls what may be the program's own code, with the place of the rule at hand for its reports. Once it
/// wanted to leave the request, nothing more of it is called.
fn call(run: impl FnOnce() -> c_int) {
    if has_jumped() {
        return;
    }
    let shown = call::place().is_some_and(|place| show(&place));
    let jumped = run();
    if shown {
        hide();
    }
    called(jumped);
}

/// The process in which a thread shows a place in `tcpd_context`, with [`CLAIM`] if it is about to; 0 if none
/// does. A thread that did so when the program forked does not exist in the child.
static SHOWN_IN: AtomicU32 = AtomicU32::new(0);

/// What no process id has: the program's own place is still there.
const CLAIM: u32 = 1 << 31;

/// What the program has in `tcpd_context`, while a thread shows a place there.
static BEFORE: Context = Context {
    file: AtomicPtr::new(ptr::null_mut()),
    line: AtomicI32::new(0),
};

thread_local! {
    /// Whether this thread is the one that shows a place.
    static SHOWS: Cell<bool> = const { Cell::new(false) };
}

impl Context {
    fn get(&self) -> (*mut c_char, c_int) {
        let file = self.file.load(Ordering::Relaxed);
        (file, self.line.load(Ordering::Relaxed))
    }

    fn set(&self, (file, line): (*mut c_char, c_int)) {
        self.file.store(file, Ordering::Relaxed);
        self.line.store(line, Ordering::Relaxed);
    }
}

/// Shows the place of a rule in `tcpd_context` for the program's own code. Of several threads one at a time does;
/// the messages of the library itself do not depend on it. The name is the program's own string, since
/// other threads may read it at any time.
fn show(place: &Place) -> bool {
    let file = [&hosts_allow_table, &hosts_deny_table]
        .map(|table| table.load(Ordering::Relaxed))
        .into_iter()
        // SAFETY: null or a string that the program leaves alone during a call.
        .find(|path| unsafe { given(*path) } == place.table.as_os_str().as_bytes());
    let Some(file) = file else {
        return false;
    };
    let own = process::id();
    let shown_in = SHOWN_IN.load(Ordering::Acquire);
    if shown_in & !CLAIM == own {
        return false;
    }
    let order = Ordering::AcqRel;
    let claimed = SHOWN_IN.compare_exchange(shown_in, own | CLAIM, order, Ordering::Relaxed);
    if claimed.is_err() {
        return false;
    }
    // Otherwise it is there from before a fork.
    if is_programs(shown_in) {
        BEFORE.set(tcpd_context.get());
    }
    SHOWN_IN.store(own, Ordering::Release);
    SHOWS.set(true);
    let line = i32::try_from(place.line).unwrap_or(i32::MAX);
    tcpd_context.set((file, line));
    true
}

/// Puts back what the program had in `tcpd_context`, if this thread shows a place there.
pub(crate) fn hide() {
    if SHOWS.replace(false) {
        tcpd_context.set(BEFORE.get());
        SHOWN_IN.store(0, Ordering::Release);
    }
}

/// The place that reports name outside of rules: file and line as the program has set them, but in
/// its code that the library calls the place of the rule.
pub(crate) fn program_context() -> (*mut c_char, c_int) {
    let is_there = || is_programs(SHOWN_IN.load(Ordering::Acquire));
    let found = tcpd_context.get();
    if SHOWS.get() || is_there() && found == tcpd_context.get() && is_there() {
        found
    } else {
        BEFORE.get()
    }
}

/// Whether what is in `tcpd_context` then is the program's.
fn is_programs(shown_in: u32) -> bool {
    shown_in == 0 || shown_in & CLAIM != 0
}

/// Has a name or an address looked up.
///
/// # Safety
/// A lookup of the program or of ours, and an end of a request.
pub(crate) unsafe fn look_up(lookup: Lookup, host: *mut HostInfo) {
    // SAFETY: as the caller says.
    call(|| unsafe { wrap_call_lookup(lookup, host) });
}

/// Has a datagram discarded.
///
/// # Safety
/// A sink of the program or of ours.
pub(crate) unsafe fn discard(sink: Sink, descriptor: c_int) {
    // SAFETY: as the caller says.
    call(|| unsafe { wrap_call_sink(sink, descriptor) });
}

/// Runs a command: by the program's `shell_cmd` if it has one.
pub(crate) fn run_command(command: &[u8]) {
    let mut command: Vec<c_char> = command.iter().map(|byte| byte.cast_signed()).collect();
    command.push(0);
    // SAFETY: a string that ends in NUL; a function that cuts it in place does no harm.
    call(|| unsafe { wrap_call_shell_cmd(command.as_mut_ptr()) });
}

/// Ends the process: by the program's `clean_exit` if it has one, which may return.
///
/// # Safety
/// A request.
pub(crate) unsafe fn end(request: *mut RequestInfo) {
    // SAFETY: as the caller says.
    call(|| unsafe { wrap_call_clean_exit(request) });
}

/// Asks for the client's user: by the program's `rfc931` if it has one.
///
/// # Safety
/// Two socket addresses.
pub(crate) unsafe fn ask_user(
    client: *mut sockaddr,
    server: *mut sockaddr,
    user: *mut [c_char; STRING_LENGTH],
) {
    // SAFETY: as the caller says; there is room for a string of STRING_LENGTH.
    call(|| unsafe { wrap_call_rfc931(client, server, user.cast()) });
}
