//! Messages: to the C library's syslog, with the settings of the program's own openlog(3).
//!
//! The entry point is the one of programs compiled with checks (`__syslog_chk`), as in Debian's
//! library: a program may well have a function of its own that is called `syslog`.

use std::cell::Cell;
use std::ffi::{CString, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hosts_access::problem::{Diagnostic, Gravity, Place, Problem, Written};
use hosts_access::severity::Level;
use hosts_access::world::Log;

use crate::layout::given;
use crate::shim;

unsafe extern "C" {
    fn wrap_syslog(priority: c_int, text: *const c_char);
}

thread_local! {
    /// The place of the rule at hand, which is on the stack of `at`. (A value that has to be dropped
    /// when the thread ends would need memory, without which the C library ends the process.)
    static PLACE: Cell<*const Place> = const { Cell::new(ptr::null()) };
}

/// The place of the rule at hand in this thread.
pub(crate) fn place() -> Option<Place> {
    // SAFETY: null, or a place that `at` keeps while it runs what asks.
    unsafe { PLACE.get().as_ref() }.cloned()
}

/// Runs something at the place of a rule. Its reports name the place.
pub(crate) fn at<T>(place: Option<Place>, run: impl FnOnce() -> T) -> T {
    struct Before(*const Place);
    impl Drop for Before {
        fn drop(&mut self) {
            PLACE.set(self.0);
        }
    }
    let here = place.as_ref().map_or(ptr::null(), ptr::from_ref);
    let _before = Before(PLACE.replace(here));
    run()
}

/// Logs a line, with control characters shown.
pub(crate) fn log(priority: c_int, line: &str) {
    let shown = Written(line.as_bytes()).to_string();
    if let Ok(line) = CString::new(shown) {
        // SAFETY: a string that ends in NUL.
        unsafe { wrap_syslog(priority, line.as_ptr()) };
    }
}

/// Logs a line at level err.
pub(crate) fn error(line: &str) {
    log(Level::ERR.0.into(), line);
}

/// Logs a problem at the place of the rule at hand, or the one that the program has set.
pub(crate) fn problem(problem: Problem) {
    match place() {
        Some(place) => Messages.diagnostic(&Diagnostic {
            place: Some(place),
            problem,
        }),
        None => tagged(tag(problem.gravity()), &problem.to_string()),
    }
}

fn tag(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Error => "error",
        Gravity::Warning | Gravity::Note => "warning",
    }
}

/// Logs a warning or an error with its place, if there is one.
fn tagged(tag: &str, text: &str) {
    let place = match place() {
        Some(place) => Some(place.to_string()),
        None => program_place(),
    };
    match place {
        Some(place) => error(&format!("{tag}: {place}: {text}")),
        None => error(&format!("{tag}: {text}")),
    }
}

/// The place that a program has set in `tcpd_context`.
pub(crate) fn program_place() -> Option<String> {
    let context = shim::context();
    let file = context.file.load(Ordering::Relaxed);
    if file.is_null() {
        return None;
    }
    // SAFETY: the program has set a string that ends in NUL.
    let file = Written(unsafe { given(file) }).to_string();
    let line = context.line.load(Ordering::Relaxed);
    Some(format!("{file}, line {line}"))
}

/// Logs a warning with its place, if there is one.
pub(crate) fn warning(text: &str) {
    tagged("warning", text);
}

/// The place that a program has set, as a table and a line; empty and 0 if it has set none.
pub(crate) fn program_spot() -> (Arc<Path>, u64) {
    let context = shim::context();
    // SAFETY: null, or a string of the program that ends in NUL.
    let file = unsafe { given(context.file.load(Ordering::Relaxed)) };
    let line = u64::try_from(context.line.load(Ordering::Relaxed)).unwrap_or(0);
    (Path::new(OsStr::from_bytes(file)).into(), line)
}

/// A report of the program: `tcpd_warn` or `tcpd_jump`.
///
/// # Safety
/// A string that ends in NUL.
#[unsafe(no_mangle)]
unsafe extern "C" fn wrap_report(jumps: c_int, text: *const c_char) {
    crate::boundary::guard((), || {
        // SAFETY: as the caller says.
        let text = String::from_utf8_lossy(unsafe { given(text) });
        tagged(if jumps == 0 { "warning" } else { "error" }, &text);
    });
}

/// A key that request_set(3) does not know.
#[unsafe(no_mangle)]
extern "C" fn wrap_bad_key(key: c_int) {
    crate::boundary::guard((), || {
        tagged("warning", &format!("request_fill: invalid key: {key}"));
    });
}

/// The engine's messages.
pub(crate) struct Messages;

impl Log for Messages {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        let nowhere = diagnostic
            .place
            .as_ref()
            .is_some_and(|place| place.table.as_os_str().is_empty());
        if nowhere {
            // Options that the program has run without saying where they stand.
            let problem = &diagnostic.problem;
            return match problem.gravity() {
                Gravity::Note => log(diagnostic.level().0.into(), &problem.to_string()),
                gravity => tagged(tag(gravity), &problem.to_string()),
            };
        }
        log(diagnostic.level().0.into(), &diagnostic.to_string());
    }

    fn matched(&self, place: &Place) {
        if shim::verbose().load(Ordering::Relaxed) > 1 {
            say_matched(place);
        }
    }

    fn option(&self, keyword: &[u8], value: &[u8]) {
        if shim::verbose().load(Ordering::Relaxed) > 0 {
            let (keyword, value) = (Written(keyword), Written(value));
            log(
                Level::DEBUG.0.into(),
                &format!("option:   {keyword} {value}"),
            );
        }
    }
}

/// Says at level debug which rule decided.
pub(crate) fn say_matched(place: &Place) {
    let table = Written(place.table.as_os_str().as_encoded_bytes()).to_string();
    let text = format!("matched:  {table} line {}", place.line);
    log(Level::DEBUG.0.into(), &text);
}
