//! Syslog (syslog(3), RFC 3164), with a limit on the time that a slow or stuck log daemon costs.
//!
//! Facilities, levels and the logger come from the syslog crate. The format is our own, since the
//! crate writes times in UTC and the day with a leading zero; so is the `socket`, since the crate's
//! waits without limit. Without a log daemon every message is lost, and no time. What is lost is counted,
//! and told after the next line that the daemon takes.

mod last_words;
mod socket;

use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::path::Path;

use crate::limits::MAX_LOG_BYTES;
use crate::settings;
use hosts_access::fault::reason;
use hosts_access::report::problem::Diagnostic;
use hosts_access::severity::{Facility, Level, Severity};
use hosts_access::world::Log;
use nix::libc;
use syslog::{LogFormat, Logger};

pub use last_words::{Memory, end, prepare};
use socket::{LineKind, LogSocket};

/// Stands for the rest of a record that is too long.
const CUT: &[u8] = b"...";

/// The log of a program.
pub struct Syslog {
    logger: RefCell<Logger<LogSocket, Format>>,
    /// The kind of a message now: as the verdict, once that is logged.
    line_kind: Cell<LineKind>,
    /// How many lines were lost since it was last told, and why the last one was. Debug lines do not count.
    lost: Cell<Option<(u32, io::Error)>>,
}

/// One record for the formatter: a number of facility and level, and the text.
type Record<'r> = (Severity, &'r [u8]);

impl Syslog {
    /// A log with this tag, on the system's socket. Nothing is opened before the first message.
    pub fn new(tag: &[u8]) -> Self {
        Self::at(Path::new(settings::LOG_SOCKET), tag)
    }

    /// A log on this socket.
    pub fn at(path: &Path, tag: &[u8]) -> Self {
        Self::on(LogSocket::new(path), tag)
    }

    fn on(socket: LogSocket, tag: &[u8]) -> Self {
        let format = Format {
            tag: tag.to_vec(),
            pid: Some(std::process::id()),
            facility: settings::ALLOW_SEVERITY
                .facility
                .unwrap_or(Facility::DAEMON),
        };
        Self {
            logger: RefCell::new(Logger::new(socket, format)),
            line_kind: Cell::new(LineKind::Message),
            lost: Cell::default(),
        }
    }

    /// The log of a program that has not asked for anything special (syslog(3)): facility user, no
    /// process id.
    pub fn of_a_plain_program(tag: &[u8]) -> Self {
        let log = Self::new(tag);
        let mut logger = log.logger.borrow_mut();
        logger.formatter.pid = None;
        logger.formatter.facility = Facility::USER;
        drop(logger);
        log
    }

    /// Changes the tag.
    pub fn set_tag(&self, tag: &[u8]) {
        self.logger.borrow_mut().formatter.tag = tag.to_vec();
    }

    /// Logs what became of a client: of all lines this one, and those after it, wait longest for the log
    /// daemon.
    pub fn log_verdict(&self, severity: Severity, text: &[u8]) {
        self.line_kind.set(LineKind::Verdict);
        self.log(severity, text);
        last_words::decided();
    }

    /// Logs at a level, under the program's own facility.
    pub fn log_level(&self, level: Level, text: &[u8]) {
        self.log(own(level), text);
    }

    /// Logs at level debug, unless the log daemon does not keep up.
    pub fn log_debug(&self, text: &[u8]) {
        let _left_out = self.send(LineKind::Debug, own(Level::DEBUG), text);
    }

    /// Logs a line, and after it how many before it were lost.
    fn log(&self, severity: Severity, text: &[u8]) {
        let sent = self.send(self.line_kind.get(), severity, text);
        match (sent, self.lost.take()) {
            (Ok(()), None) => {}
            (Ok(()), Some((count, error))) => self.tell_lost(count, error),
            (Err(error), before) => {
                let before = before.map_or(0, |(count, _)| count);
                self.lost.set(Some((before.saturating_add(1), error)));
            }
        }
    }

    fn tell_lost(&self, count: u32, error: io::Error) {
        let why = match error.kind() {
            io::ErrorKind::WouldBlock => "the log daemon did not read in time".to_owned(),
            _ => reason(&error),
        };
        let text = match count {
            1 => format!("warning: 1 earlier message is lost: {why}"),
            _ => format!("warning: {count} earlier messages are lost: {why}"),
        };
        let told = self.send(self.line_kind.get(), own(Level::ERR), text.as_bytes());
        if told.is_err() {
            self.lost.set(Some((count, error)));
        }
    }

    fn send(&self, line_kind: LineKind, severity: Severity, text: &[u8]) -> io::Result<()> {
        let mut logger = self.logger.borrow_mut();
        let Logger { formatter, backend } = &mut *logger;
        let mut record = Vec::with_capacity(text.len() + 64);
        let crate_severity = syslog_severity(severity.level);
        formatter
            .format(&mut record, crate_severity, (severity, text))
            .map_err(io::Error::other)?;
        backend.line_kind = line_kind;
        backend.write(&record).map(drop)
    }
}

/// A level under the program's own facility.
fn own(level: Level) -> Severity {
    let facility = None;
    Severity { facility, level }
}

impl Log for Syslog {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        self.log_level(diagnostic.level(), diagnostic.to_string().as_bytes());
    }
}

/// The syslog crate's name of a level.
fn syslog_severity(level: Level) -> syslog::Severity {
    use syslog::Severity as S;
    match level.0 {
        0 => S::LOG_EMERG,
        1 => S::LOG_ALERT,
        2 => S::LOG_CRIT,
        3 => S::LOG_ERR,
        4 => S::LOG_WARNING,
        5 => S::LOG_NOTICE,
        6 => S::LOG_INFO,
        _ => S::LOG_DEBUG,
    }
}

/// `<PRI>Mon  D HH:MM:SS TAG[PID]: TEXT`, as the C library writes it.
struct Format {
    tag: Vec<u8>,
    pid: Option<u32>,
    /// The program's own facility.
    facility: Facility,
}

impl LogFormat<Record<'_>> for Format {
    fn format<W: Write>(
        &self,
        writer: &mut W,
        level: syslog::Severity,
        (severity, text): Record<'_>,
    ) -> syslog::Result<()> {
        // Facility 0 means "not given" to syslog(3): the program's own is used.
        let facility = match severity.facility {
            Some(facility) if facility != Facility::KERN => facility,
            _ => self.facility,
        };
        let mut record = Vec::with_capacity(text.len() + 64);
        header(&mut record, facility, level as u8, &self.tag, self.pid)?;
        record.extend_from_slice(text);
        if record.len() > MAX_LOG_BYTES {
            record.truncate(MAX_LOG_BYTES - CUT.len());
            record.extend_from_slice(CUT);
        }
        // One event is one line: what a table or a peer has put in is shown, not obeyed.
        one_line(writer, &record)?;
        // This is where it ends on a stream.
        writer.write_all(b"\0")?;
        Ok(())
    }
}

/// Writes what stands before the text.
fn header(
    writer: &mut impl Write,
    facility: Facility,
    level: u8,
    tag: &[u8],
    pid: Option<u32>,
) -> io::Result<()> {
    let priority = u32::from(facility.0) << 3 | u32::from(level);
    write!(writer, "<{priority}>")?;
    writer.write_all(until_nul(&timestamp()))?;
    writer.write_all(b" ")?;
    writer.write_all(tag)?;
    if let Some(pid) = pid {
        write!(writer, "[{pid}]")?;
    }
    writer.write_all(b": ")
}

/// Writes a record with `\ooo` for each control character but the tab.
fn one_line(writer: &mut impl Write, record: &[u8]) -> io::Result<()> {
    let is_control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    for piece in record.split_inclusive(is_control) {
        match piece.split_last() {
            Some((control, text)) if is_control(control) => {
                writer.write_all(text)?;
                write!(writer, "\\{control:03o}")?;
            }
            _ => writer.write_all(piece)?,
        }
    }
    Ok(())
}

/// The local time as `Nov  1 22:54:07`, up to the first NUL.
fn timestamp() -> [u8; 32] {
    let mut text = [0_u8; 32];
    let mut local = MaybeUninit::<libc::tm>::uninit();
    // SAFETY: time takes a null pointer; localtime_r fills what it is given or returns null; the
    // buffer's size is passed with it, and strftime ends what it writes with NUL.
    unsafe {
        let now = libc::time(std::ptr::null_mut());
        if !libc::localtime_r(&raw const now, local.as_mut_ptr()).is_null() {
            libc::strftime(
                text.as_mut_ptr().cast(),
                text.len(),
                c"%b %e %H:%M:%S".as_ptr(),
                local.as_ptr(),
            );
        }
    }
    text
}

fn until_nul(text: &[u8]) -> &[u8] {
    CStr::from_bytes_until_nul(text).map_or(text, CStr::to_bytes)
}

#[cfg(test)]
mod tests;
