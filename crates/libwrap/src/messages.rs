//! Messages: to the C library's syslog, with the settings of the program's own openlog(3).
//!
//! The entry point is the one of programs compiled with checks (`__syslog_chk`), as in Debian's
//! library: a program may well have a function of its own that is called `syslog`.

use std::ffi::{CString, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hosts_access::report::problem::{Diagnostic, Gravity, Problem};
use hosts_access::severity::Level;
use hosts_access::table::place::Place;
use hosts_access::text::escape::TableText;
use hosts_access::world::Log;
use system::connection_lines::ConnectionLine;

use crate::call::{has_jumped, place};
use crate::layout::given;
use crate::shim;

unsafe extern "C" {
    fn __syslog_chk(priority: c_int, flag: c_int, format: *const c_char, ...);
}

/// Logs a line, with control characters shown.
pub(crate) fn log(priority: c_int, line: &str) {
    let shown = TableText(line.as_bytes()).to_string();
    if let Ok(line) = CString::new(shown) {
        // SAFETY: strings that end in NUL; the format takes one.
        unsafe { __syslog_chk(priority, 1, c"%s".as_ptr(), line.as_ptr()) };
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
pub(crate) fn tagged(tag: &str, text: &str) {
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
    let (file, line) = shim::program_context();
    if file.is_null() {
        return None;
    }
    // SAFETY: the program has set a string that ends in NUL.
    let file = TableText(unsafe { given(file) }).to_string();
    Some(format!("{file}, line {line}"))
}

/// Logs a warning with its place, if there is one.
pub(crate) fn warning(text: &str) {
    tagged("warning", text);
}

/// The place that a program has set, as a table and a line; empty and 0 if it has set none.
pub(crate) fn program_place_parts() -> (Arc<Path>, u64) {
    let (file, line) = shim::program_context();
    // SAFETY: null, or a string of the program that ends in NUL.
    let file = unsafe { given(file) };
    let line = u64::try_from(line).unwrap_or(0);
    (Path::new(OsStr::from_bytes(file)).into(), line)
}

/// The engine's messages.
pub(crate) struct Messages;

impl Log for Messages {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        if has_jumped() {
            // The program has left the search, which only has to end.
            return;
        }
        let nowhere = diagnostic
            .place
            .as_ref()
            .is_some_and(|place| place.table.as_os_str().is_empty());
        if nowhere {
            // Options that the program has run without saying where they stand.
            let problem = &diagnostic.problem;
            return tagged(tag(problem.gravity()), &problem.to_string());
        }
        log(diagnostic.level().0.into(), &diagnostic.to_string());
    }

    fn matched(&self, place: &Place) {
        if shim::hosts_access_verbose.load(Ordering::Relaxed) > 1 {
            let line = ConnectionLine::Matched(place).to_string();
            log(Level::DEBUG.0.into(), &line);
        }
    }

    fn option(&self, keyword: &[u8], value: &[u8]) {
        if shim::hosts_access_verbose.load(Ordering::Relaxed) > 0 {
            let (keyword, value) = (TableText(keyword), TableText(value));
            log(
                Level::DEBUG.0.into(),
                &format!("option:   {keyword} {value}"),
            );
        }
    }
}

/// The engine's messages about options that the program has run itself: as in the original, nobody is told what an
/// aclexec has returned.
pub(crate) struct OptionMessages;

impl Log for OptionMessages {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        if diagnostic.problem.gravity() != Gravity::Note {
            Messages.diagnostic(diagnostic);
        }
    }

    fn option(&self, keyword: &[u8], value: &[u8]) {
        Messages.option(keyword, value);
    }
}
