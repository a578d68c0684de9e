//! What tcpd says when it cannot go on: memory has run out, or it has a defect.
//!
//! Rust's own words would go to standard error, which is the client's socket. These go to the log: the
//! reason, and the refusal if no verdict was logged yet. Then the process ends. Nothing here allocates, since
//! that is what may have failed, and nothing panics.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, TryLockError};
use std::time::Duration;

use crate::settings;
use hosts_access::memory;
use hosts_access::severity::{Facility, Level, Severity};
use nix::libc;
use socket2::SockRef;

use super::socket::{LineKind, LogSocket};
use super::{header, one_line};
use crate::descriptors::client;
use crate::peer;

/// Room for a record.
const RECORD_BYTES: usize = 2048;

/// Exit status of a program that refuses a client.
const EXIT_REFUSED: i32 = 0;

/// A text of bounded length; what does not fit is cut.
struct Text<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Text<N> {
    const fn new() -> Self {
        Self {
            bytes: [0; N],
            length: 0,
        }
    }

    fn get(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn set(&mut self, text: &[u8]) {
        self.length = 0;
        let _cut = self.write(text);
    }
}

impl<const N: usize> Write for Text<N> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let room = self.bytes.get_mut(self.length..).unwrap_or_default();
        let fits = room.len().min(text.len());
        for (to, from) in room.iter_mut().zip(text) {
            *to = *from;
        }
        self.length += fits;
        // The rest is cut, not an error.
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is known beforehand.
struct Prepared {
    /// Names the daemon in the log.
    tag: Text<256>,
    /// The line that says who is refused; empty once the verdict is logged.
    refusal: Text<512>,
}

static PREPARED: Mutex<Prepared> = Mutex::new(Prepared {
    tag: Text::new(),
    refusal: Text::new(),
});

/// Whether some thread is at its last words.
static ENDING: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether this one is.
    static HERE: Cell<bool> = const { Cell::new(false) };
}

/// Says under which tag to speak, and in which line, of ASCII, to refuse the client.
pub fn prepare(tag: &[u8], refusal: &[u8]) {
    if let Ok(mut prepared) = PREPARED.lock() {
        prepared.tag.set(tag);
        prepared.refusal.set(refusal);
    }
}

/// The verdict is logged, so there is no other.
pub(super) fn decided() {
    if let Ok(mut prepared) = PREPARED.lock() {
        prepared.refusal.set(b"");
    }
}

/// Logs why the program cannot go on, lets its client go and ends it with this status.
pub fn end(status: i32, why: fmt::Arguments<'_>) -> ! {
    if !HERE.replace(true) {
        if ENDING.swap(true, Ordering::AcqRel) {
            // Another thread is about to end the process.
            std::thread::sleep(Duration::from_secs(60));
        } else {
            let prepared = match PREPARED.try_lock() {
                Ok(prepared) => Some(prepared),
                Err(TryLockError::Poisoned(prepared)) => Some(prepared.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            };
            speak(Path::new(settings::LOG_SOCKET), prepared.as_deref(), why);
            peer::discard_input(&SockRef::from(&client()));
        }
    }
    // SAFETY: the call ends the process, and takes a number.
    unsafe { libc::_exit(status) }
}

fn speak(log: &Path, prepared: Option<&Prepared>, why: fmt::Arguments<'_>) {
    let (tag, refusal) = match prepared {
        Some(prepared) => (prepared.tag.get(), prepared.refusal.get()),
        None => (&b""[..], &b""[..]),
    };
    let mut socket = LogSocket::new(log);
    socket.line_kind = LineKind::Verdict;
    let error = Severity {
        facility: None,
        level: Level::ERR,
    };
    say(&mut socket, tag, error, why);
    if !refusal.is_empty() {
        let refusal = std::str::from_utf8(refusal).unwrap_or_default();
        let severity = settings::DENY_SEVERITY;
        say(&mut socket, tag, severity, format_args!("{refusal}"));
    }
}

fn say(socket: &mut LogSocket, tag: &[u8], severity: Severity, text: fmt::Arguments<'_>) {
    let (mut plain, mut record) = (Text::<RECORD_BYTES>::new(), Text::<RECORD_BYTES>::new());
    let own = settings::ALLOW_SEVERITY.facility;
    let facility = severity.facility.or(own).unwrap_or(Facility::DAEMON);
    let (level, pid) = (severity.level.0, Some(std::process::id()));
    let _cut = header(&mut plain, facility, level, tag, pid);
    let _cut = plain.write_fmt(text);
    let _cut = one_line(&mut record, plain.get());
    let end = record.length.min(RECORD_BYTES - 1);
    record.length = end;
    let _cut = record.write(b"\0");
    let _lost = socket.write(record.get());
}

/// Memory of the system. Where it has no more, the program ends with its last words, unless whoever asked
/// knows what to do then.
pub struct Memory;

fn unless_out(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() && !memory::may_fail_now() {
        end(
            EXIT_REFUSED,
            format_args!("error: out of memory: {size} bytes more cannot be had"),
        );
    }
    block
}

// SAFETY: every block is the system's.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller says.
        unless_out(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller says.
        unless_out(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller says.
        unsafe { System.dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller says.
        unless_out(unsafe { System.realloc(block, layout, size) }, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;
    use std::process::{Command, Stdio};

    #[global_allocator]
    static MEMORY: Memory = Memory;

    #[test]
    fn the_log_gets_the_reason_and_the_refusal() {
        let path = std::env::temp_dir().join(format!("last-words-{}", std::process::id()));
        let daemon = UnixDatagram::bind(&path).unwrap();
        let pid = std::process::id();
        let received = |count: usize| {
            let mut buffer = [0; 2 * RECORD_BYTES];
            let records = (0..count).map(|_| {
                let length = daemon.recv(&mut buffer).unwrap();
                let record = String::from_utf8_lossy(&buffer[..length]);
                let (priority, text) = record.split_once('>').unwrap();
                format!("{priority}> {}", &text[16..])
            });
            records.collect::<Vec<_>>()
        };
        let mut prepared = Prepared {
            tag: Text::new(),
            refusal: Text::new(),
        };
        prepared.tag.set(b"svcd");
        prepared
            .refusal
            .set(b"refused connect from 192.0.2.7 (192.0.2.7)");
        let error = format_args!("error: two\nlines");
        speak(&path, Some(&prepared), error);
        let reason = format!("<27> svcd[{pid}]: error: two\\012lines");
        let refusal = format!("<28> svcd[{pid}]: refused connect from 192.0.2.7 (192.0.2.7)");
        assert_eq!(received(2), [reason.clone(), refusal]);
        prepared.refusal.set(b"");
        speak(&path, Some(&prepared), error);
        assert_eq!(received(1), [reason]);
        let long = "x\n".repeat(RECORD_BYTES);
        speak(&path, None, format_args!("{long}"));
        assert!(received(1)[0].contains("x\\012x"), "cut, not lost");
        std::fs::remove_file(&path).unwrap();
    }

    /// Set in the process that is to end: how.
    const ENDING_BY: &str = "LAST_WORDS_TEST";

    #[test]
    fn nothing_is_written_to_standard_error() {
        let name = "log::last_words::tests::nothing_is_written_to_standard_error";
        match std::env::var(ENDING_BY).as_deref() {
            Ok("memory") => {
                let most = nix::sys::resource::rlim_t::MAX >> 24;
                let resource = nix::sys::resource::Resource::RLIMIT_AS;
                nix::sys::resource::setrlimit(resource, most, most).unwrap();
                drop(std::hint::black_box(vec![1_u8; 1 << 42]));
                panic!("there is no such memory");
            }
            Ok("defect") => {
                std::panic::set_hook(Box::new(|defect| end(70, format_args!("{defect}"))));
                let _thread = std::thread::spawn(|| panic!("a defect")).join();
                return;
            }
            _ => {}
        }
        for (how, status) in [("memory", EXIT_REFUSED), ("defect", 70)] {
            let ended = Command::new(std::env::current_exe().unwrap())
                .args([name, "--exact", "--nocapture", "--test-threads=1"])
                .env(ENDING_BY, how)
                .stdin(Stdio::null())
                .output()
                .unwrap();
            assert_eq!(ended.status.code(), Some(status), "{how}");
            assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{how}");
            let output = String::from_utf8_lossy(&ended.stdout);
            assert!(!output.contains("test result"), "{how}: {output}");
        }
    }
}
