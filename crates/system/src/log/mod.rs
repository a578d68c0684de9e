//! Syslog (syslog(3), RFC 3164), with a limit on the time that a stuck log daemon costs.
//!
//! Facilities, levels and the logger come from the syslog crate. The format is our own, since the
//! crate writes times in UTC and the day with a leading zero; so is the socket, since the crate's
//! waits without limit. Without a log daemon every message is lost, and no time.

use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hosts_access::limits::{LOG_DEADLINE, MAX_LOG_BYTES};
use hosts_access::problem::Diagnostic;
use hosts_access::settings;
use hosts_access::severity::{Facility, Level, Severity};
use hosts_access::world::Log;
use nix::libc;
use socket2::{Domain, SockAddr, Socket, Type};
use syslog::{LogFormat, Logger};

use crate::descriptors::above_standard;

/// Stands for the rest of a record that is too long.
const CUT: &[u8] = b"...";

/// The log of a program.
pub struct Syslog {
    logger: RefCell<Logger<LogSocket, Format>>,
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
        let format = Format {
            tag: tag.to_vec(),
            pid: Some(std::process::id()),
            facility: settings::ALLOW_SEVERITY
                .facility
                .unwrap_or(Facility::DAEMON),
        };
        Self {
            logger: RefCell::new(Logger::new(LogSocket::new(path), format)),
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

    /// Logs a line. One that cannot be logged is lost: there is nobody to tell.
    pub fn log(&self, severity: Severity, text: &[u8]) {
        let mut logger = self.logger.borrow_mut();
        let Logger { formatter, backend } = &mut *logger;
        let mut record = Vec::with_capacity(text.len() + 64);
        let crate_severity = syslog_severity(severity.level);
        if formatter
            .format(&mut record, crate_severity, (severity, text))
            .is_ok()
        {
            let _lost = backend.write(&record);
        }
    }

    /// Logs at a level, under the program's own facility.
    pub fn log_level(&self, level: Level, text: &[u8]) {
        let facility = None;
        self.log(Severity { facility, level }, text);
    }
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
            Some(facility) if facility != Facility::KERN => facility.0,
            _ => self.facility.0,
        };
        let priority = u32::from(facility) << 3 | level as u32;
        let mut record = format!("<{priority}>").into_bytes();
        record.extend_from_slice(&timestamp());
        record.push(b' ');
        record.extend_from_slice(&self.tag);
        if let Some(pid) = self.pid {
            record.extend_from_slice(format!("[{pid}]").as_bytes());
        }
        record.extend_from_slice(b": ");
        record.extend_from_slice(text);
        if record.len() > MAX_LOG_BYTES {
            record.truncate(MAX_LOG_BYTES - CUT.len());
            record.extend_from_slice(CUT);
        }
        // One event is one line: what a table or a peer has put in is shown, not obeyed.
        one_line(writer, &record).map_err(syslog::Error::Write)
    }
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

/// The local time as `Nov  1 22:54:07`.
fn timestamp() -> Vec<u8> {
    let mut text = [0_u8; 32];
    let mut local = MaybeUninit::<libc::tm>::uninit();
    // SAFETY: time takes a null pointer; localtime_r fills what it is given or returns null; the
    // buffer's size is passed with it, and strftime ends what it writes with NUL.
    unsafe {
        let now = libc::time(std::ptr::null_mut());
        if libc::localtime_r(&raw const now, local.as_mut_ptr()).is_null() {
            return Vec::new();
        }
        libc::strftime(
            text.as_mut_ptr().cast(),
            text.len(),
            c"%b %e %H:%M:%S".as_ptr(),
            local.as_ptr(),
        );
    }
    CStr::from_bytes_until_nul(&text).map_or(Vec::new(), |text| text.to_bytes().to_vec())
}

/// The socket to the log daemon, datagram or stream.
struct LogSocket {
    path: PathBuf,
    open: Option<(Socket, Type)>,
    left: Cell<Duration>,
}

impl LogSocket {
    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            open: None,
            left: Cell::new(LOG_DEADLINE),
        }
    }

    /// Connects, as the daemon has it: most take datagrams, some a stream.
    fn connect(&self) -> io::Result<(Socket, Type)> {
        let address = SockAddr::unix(&self.path)?;
        let connect = |kind| -> io::Result<(Socket, Type)> {
            let socket = Socket::new(Domain::UNIX, kind, None)?;
            let socket = Socket::from(above_standard(socket.into())?);
            self.limit(&socket)?;
            socket.connect(&address)?;
            Ok((socket, kind))
        };
        match connect(Type::DGRAM) {
            Err(error) if error.raw_os_error() == Some(libc::EPROTOTYPE) => connect(Type::STREAM),
            connected => connected,
        }
    }

    /// Waits for a full queue no longer than what is left of the deadline.
    fn limit(&self, socket: &Socket) -> io::Result<()> {
        if self.left.get().is_zero() {
            socket.set_nonblocking(true)
        } else {
            socket.set_write_timeout(Some(self.left.get()))
        }
    }

    fn send(&mut self, record: &[u8]) -> io::Result<usize> {
        if self.open.is_none() {
            self.open = Some(self.connect()?);
        }
        let Some((socket, kind)) = &self.open else {
            return Ok(0);
        };
        self.limit(socket)?;
        if *kind == Type::DGRAM {
            return socket.send_with_flags(record, libc::MSG_NOSIGNAL);
        }
        // On a stream a NUL ends the record.
        socket.send_with_flags(&[record, b"\0"].concat(), libc::MSG_NOSIGNAL)
    }
}

impl Write for LogSocket {
    /// Sends one record; the daemon may have been started anew since the last.
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let start = Instant::now();
        let mut sent = self.send(record);
        if let Err(error) = &sent
            && error.kind() != io::ErrorKind::WouldBlock
            && self.open.take().is_some()
        {
            sent = self.send(record);
        }
        self.left
            .set(self.left.get().saturating_sub(start.elapsed()));
        sent
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::{UnixDatagram, UnixListener};

    fn socket_path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("log-{name}-{}", std::process::id()))
    }

    const MAIL_CRIT: Severity = Severity {
        facility: Some(Facility(2)),
        level: Level(2),
    };

    #[test]
    fn records_are_the_c_librarys() {
        let path = socket_path("dgram");
        let daemon = UnixDatagram::bind(&path).unwrap();
        let log = Syslog::at(&path, b"svcd");
        log.log(MAIL_CRIT, b"two\nlines\t\xc3\xa9");
        let mut buffer = [0; 256];
        let count = daemon.recv(&mut buffer).unwrap();
        let record = String::from_utf8(buffer[..count].to_vec()).unwrap();
        let (head, tail) = record.split_at("<18>Nov  1 22:54:07".len());
        assert!(head.starts_with("<18>"), "{record}");
        assert_eq!(head.as_bytes()[7], b' ', "{record}");
        let pid = std::process::id();
        assert_eq!(tail, format!(" svcd[{pid}]: two\\012lines\té"));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_record_that_no_socket_takes_is_cut() {
        let path = socket_path("long");
        let daemon = UnixDatagram::bind(&path).unwrap();
        let log = Syslog::at(&path, b"svcd");
        log.log(MAIL_CRIT, &vec![1; 1 << 20]);
        let mut buffer = vec![0; 1 << 20];
        let count = daemon.recv(&mut buffer).unwrap();
        assert!(buffer[..count].ends_with(b"\\001\\001..."));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_stream_daemon_gets_records_that_end_in_nul() {
        let path = socket_path("stream");
        let daemon = UnixListener::bind(&path).unwrap();
        Syslog::at(&path, b"svcd").log(MAIL_CRIT, b"x");
        let mut record = Vec::new();
        let (mut stream, _) = daemon.accept().unwrap();
        io::Read::read_to_end(&mut stream, &mut record).unwrap();
        assert!(record.ends_with(b"]: x\0"));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_daemon_that_does_not_read_costs_a_second_in_all() {
        let path = socket_path("stuck");
        let _daemon = UnixDatagram::bind(&path).unwrap();
        let log = Syslog::at(&path, b"svcd");
        let start = Instant::now();
        for _ in 0..5000 {
            log.log(MAIL_CRIT, b"x");
        }
        let took = start.elapsed();
        assert!(took >= LOG_DEADLINE && took < 3 * LOG_DEADLINE, "{took:?}");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn without_a_daemon_no_time_is_lost() {
        let start = Instant::now();
        Syslog::at(Path::new("/nonexistent/log"), b"svcd").log(MAIL_CRIT, b"x");
        assert!(start.elapsed() < Duration::from_millis(500));
    }
}
