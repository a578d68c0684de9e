//! The C part: variables that programs see, and calls of functions that a program may have replaced.
//!
//! The variables are global, as programs expect. What the library reads or writes of them is a word
//! at a time, so threads never see half a value.

use std::ffi::{CString, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use hosts_access::access::Tables;
use hosts_access::problem::Place;
use nix::libc::sockaddr;

use crate::boundary::called;
use crate::layout::{HostInfo, Lookup, RequestInfo, STRING_LENGTH, given};
use crate::report;

unsafe extern "C" {
    static allow_severity: AtomicI32;
    static deny_severity: AtomicI32;
    static hosts_allow_table: AtomicPtr<c_char>;
    static hosts_deny_table: AtomicPtr<c_char>;
    static hosts_access_verbose: AtomicI32;
    static rfc931_timeout: AtomicI32;
    static resident: AtomicI32;
    static dry_run: AtomicI32;
    static tcpd_context: Context;

    fn wrap_call_lookup(lookup: Lookup, host: *mut HostInfo) -> c_int;
    fn wrap_call_sink(sink: unsafe extern "C" fn(c_int), descriptor: c_int) -> c_int;
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

macro_rules! variable {
    ($(#[$doc:meta])* $name:ident: $type:ty = $symbol:ident) => {
        $(#[$doc])*
        pub(crate) fn $name() -> &'static $type {
            // SAFETY: the symbol is a variable of this size and alignment, in the library or in the
            // program, for the life of the process; programs change it between calls.
            unsafe { &$symbol }
        }
    };
}

variable!(/// Severity of the program's own connect lines.
    allow: AtomicI32 = allow_severity);
variable!(/// Severity of the refuse and twist lines.
    deny: AtomicI32 = deny_severity);
variable!(/// How much to log about rules that match.
    verbose: AtomicI32 = hosts_access_verbose);
variable!(/// Seconds for an ident query.
    ident_seconds: AtomicI32 = rfc931_timeout);
variable!(/// Over 0: the process serves many clients.
    serves_many: AtomicI32 = resident);
variable!(/// Not 0: options are checked only.
    dry: AtomicI32 = dry_run);
variable!(/// The place that reports name.
    context: Context = tcpd_context);

/// The tables that the program wants searched; `None` if it names none.
pub(crate) fn tables() -> Option<Tables> {
    let path = |pointer: &AtomicPtr<c_char>| {
        let path = pointer.load(Ordering::Relaxed);
        // SAFETY: null or a string that the program leaves alone during a call.
        let bytes = (!path.is_null()).then(|| unsafe { given(path) })?;
        Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
    };
    // SAFETY: as for the other variables.
    let (allow, deny) = unsafe { (&hosts_allow_table, &hosts_deny_table) };
    Some(Tables {
        allow: path(allow)?,
        deny: path(deny)?,
    })
}

/// Calls what may be the program's own code, with the place of the rule at hand for its reports.
fn call(run: impl FnOnce() -> c_int) {
    let shown = report::place().map(Shown::new);
    let jumped = run();
    drop(shown);
    called(jumped);
}

/// The place of a rule in `tcpd_context`, while the program's own code runs. Of several threads one
/// at a time shows its place; the messages of the library itself do not depend on it.
struct Shown {
    _owner: Option<std::sync::MutexGuard<'static, ()>>,
    before: Option<(*mut c_char, c_int)>,
    _file: CString,
}

impl Shown {
    fn new(place: Place) -> Self {
        static OWNER: Mutex<()> = Mutex::new(());
        let file = CString::new(place.table.as_os_str().as_bytes()).unwrap_or_default();
        let owner = OWNER.try_lock().ok();
        let before = owner.as_ref().map(|_| {
            let line = i32::try_from(place.line).unwrap_or(i32::MAX);
            (
                context()
                    .file
                    .swap(file.as_ptr().cast_mut(), Ordering::Relaxed),
                context().line.swap(line, Ordering::Relaxed),
            )
        });
        Self {
            _owner: owner,
            before,
            _file: file,
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some((file, line)) = self.before {
            context().file.store(file, Ordering::Relaxed);
            context().line.store(line, Ordering::Relaxed);
        }
    }
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
pub(crate) unsafe fn discard(sink: unsafe extern "C" fn(c_int), descriptor: c_int) {
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
