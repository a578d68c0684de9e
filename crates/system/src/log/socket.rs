//! The socket to the log daemon, and how long a line waits for a daemon that does not read.
//!
//! A daemon that reads slowly must not lose the verdict, which is why it waits longest and has its time to
//! itself; one that has stopped must not stop the service, which is why even that time ends.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::limits::{LOG_DEADLINE, VERDICT_LOG_DEADLINE};
use nix::libc;
use socket2::{Domain, SockAddr, Socket, Type};

use crate::descriptors::above_standard;

/// The shortest limit that is set: the kernel takes one of nothing for none at all.
const SHORTEST: Duration = Duration::from_millis(1);

/// The kind of a line, which says how long it may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// Nothing: where the daemon does not keep up it is left out.
    Debug,
    /// As long as all of its kind together may wait.
    Message,
    /// What became of the client, and what comes after it. Messages leave this time alone.
    Verdict,
}

/// The socket to the log daemon, datagram or stream. Opened by the first line. Allocates nothing once made.
pub(super) struct LogSocket {
    address: io::Result<SockAddr>,
    open: Option<(Socket, Type)>,
    /// The kind of the next line.
    pub(super) line_kind: LineKind,
    /// The time that is left for messages, and for the verdict.
    left: [Duration; 2],
}

impl LogSocket {
    pub(super) fn new(path: &Path) -> Self {
        Self::with_limits(path, [LOG_DEADLINE, VERDICT_LOG_DEADLINE])
    }

    /// With other limits, for messages and for the verdict.
    pub(super) fn with_limits(path: &Path, left: [Duration; 2]) -> Self {
        Self {
            address: SockAddr::unix(path),
            open: None,
            line_kind: LineKind::Message,
            left,
        }
    }

    /// The time that is left for a line like the next one.
    fn left(&mut self) -> Option<&mut Duration> {
        let [messages, verdict] = &mut self.left;
        match self.line_kind {
            LineKind::Debug => None,
            LineKind::Message => Some(messages),
            LineKind::Verdict => Some(verdict),
        }
    }

    /// Connects, as the daemon has it: most take datagrams, some a stream.
    fn connect(&self, limit: Duration) -> io::Result<(Socket, Type)> {
        let address = self.address.as_ref();
        let address = address.map_err(|_too_long| io::ErrorKind::InvalidInput)?;
        let connect = |kind| -> io::Result<(Socket, Type)> {
            let socket = Socket::new(Domain::UNIX, kind, None)?;
            let socket = Socket::from(above_standard(socket.into())?);
            socket.set_write_timeout(Some(limit.max(SHORTEST)))?;
            socket.connect(address)?;
            Ok((socket, kind))
        };
        match connect(Type::DGRAM) {
            Err(error) if error.raw_os_error() == Some(libc::EPROTOTYPE) => connect(Type::STREAM),
            connected => connected,
        }
    }

    /// Sends a record. The socket is kept unless it is of no more use.
    fn send(&mut self, record: &[u8], limit: Duration) -> io::Result<usize> {
        let (socket, kind) = match self.open.take() {
            None => self.connect(limit)?,
            Some((socket, kind)) => {
                socket.set_write_timeout(Some(limit.max(SHORTEST)))?;
                (socket, kind)
            }
        };
        let wait = if limit < SHORTEST {
            libc::MSG_DONTWAIT
        } else {
            0
        };
        // On a stream a NUL ends the record; a datagram goes without it.
        let bytes = match kind {
            Type::DGRAM => record.strip_suffix(b"\0").unwrap_or(record),
            _ => record,
        };
        let sent = match socket.send_with_flags(bytes, libc::MSG_NOSIGNAL | wait) {
            // On a stream, what follows would be read as the rest of this record.
            Ok(sent) if sent < bytes.len() => return Err(io::ErrorKind::WouldBlock.into()),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            sent => sent,
        };
        self.open = Some((socket, kind));
        sent
    }
}

impl Write for LogSocket {
    /// Sends one record, which ends in NUL. What fails is tried once more, from the start: the daemon may have been started
    /// anew since the last record, and a line is not to be lost to one call that fails. A daemon that does not read
    /// is known by the time that has passed.
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let limit = self.left().map_or(Duration::ZERO, |left| *left);
        let start = Instant::now();
        let mut sent = self.send(record, limit);
        if let Err(error) = &sent
            && (error.kind() != io::ErrorKind::WouldBlock || start.elapsed() < limit)
        {
            sent = self.send(record, limit.saturating_sub(start.elapsed()));
        }
        if let Some(left) = self.left() {
            *left = left.saturating_sub(start.elapsed());
        }
        sent
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
