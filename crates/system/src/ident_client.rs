//! The ident query on the wire (RFC 1413). The client's machine is not to be trusted: one clock
//! limits connecting, writing and reading, one number the length of what is read.

use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hosts_access::limits::MAX_IDENT_REPLY_BYTES;
use hosts_access::lookup::ident::IDENT_PORT;
use hosts_access::request::facts::{Answer, Unanswered};
use hosts_access::world::Ident;
use nix::libc;
use socket2::{Domain, Socket, Type};

use crate::deadline::Budget;
use crate::lookup_resources::failure;

/// Asks over TCP, within a budget of time.
#[derive(Clone, Debug)]
pub struct TcpIdent {
    budget: Rc<Budget>,
}

impl TcpIdent {
    /// Queries that charge this budget.
    pub fn new(budget: Rc<Budget>) -> Self {
        Self { budget }
    }
}

impl Ident for TcpIdent {
    fn ask(
        &self,
        server: SocketAddr,
        client: SocketAddr,
        query: &[u8],
        limit: Duration,
    ) -> Answer<Vec<u8>> {
        self.budget.spend(limit, |limit| {
            exchange(server, client, query, limit).or_else(|error| {
                if is_the_peers(&error) {
                    Ok(None)
                } else {
                    Err(Unanswered::Failed(failure(&error)))
                }
            })
        })
    }
}

/// Whether an error says something of the client's machine or the way to it, rather than of this one.
fn is_the_peers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
            | ErrorKind::TimedOut
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            // The address that the client connected to is not this machine's.
            | ErrorKind::AddrNotAvailable
    ) || matches!(
        error.raw_os_error(),
        // What the kernel makes of other ICMP messages. A firewall that rejects "administratively" over IPv6 gives EACCES.
        Some(
            libc::EHOSTDOWN
                | libc::EACCES
                | libc::ENONET
                | libc::ENOPROTOOPT
                | libc::EOPNOTSUPP
                | libc::EPROTO
        )
    )
}

/// One query and one line of reply, or none in time.
fn exchange(
    mut server: SocketAddr,
    mut client: SocketAddr,
    query: &[u8],
    limit: Duration,
) -> io::Result<Option<Vec<u8>>> {
    let end = Instant::now() + limit;
    server.set_port(0);
    client.set_port(IDENT_PORT);
    let mut socket = Socket::new(Domain::for_address(client), Type::STREAM, None)?;
    socket.bind(&server.into())?;
    if let Err(error) = socket.connect_timeout(&client.into(), limit) {
        return match error.kind() {
            // No port of ours is free.
            ErrorKind::AddrNotAvailable => Err(io::Error::from_raw_os_error(libc::EADDRINUSE)),
            _ => Err(error),
        };
    }
    let Some(time) = left(end) else {
        return Ok(None);
    };
    socket.set_write_timeout(Some(time))?;
    if socket.send_with_flags(query, libc::MSG_NOSIGNAL)? != query.len() {
        return Ok(None);
    }
    let mut reply = Vec::new();
    let mut buffer = [0; MAX_IDENT_REPLY_BYTES];
    while reply.len() < MAX_IDENT_REPLY_BYTES {
        let Some(time) = left(end) else {
            return Ok(None);
        };
        socket.set_read_timeout(Some(time))?;
        let room = MAX_IDENT_REPLY_BYTES - reply.len();
        let room = buffer.get_mut(..room).unwrap_or_default();
        let count = match socket.read(room) {
            // A signal is not the peer's doing, and takes nothing from its time; the end of its time is seen above.
            Err(error)
                if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) =>
            {
                continue;
            }
            read => read?,
        };
        let read = room.get(..count).unwrap_or_default();
        if let Some(newline) = read.iter().position(|byte| *byte == b'\n') {
            reply.extend_from_slice(read.get(..=newline).unwrap_or_default());
            return Ok(Some(reply));
        }
        if count == 0 {
            return Ok(None);
        }
        reply.extend_from_slice(read);
    }
    Ok(Some(reply))
}

/// The time until the end, unless it has come.
fn left(end: Instant) -> Option<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    (!left.is_zero()).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a shortage here gives is never taken for the silence of the client's machine.
    #[test]
    fn whose_error_it_is() {
        for (numbers, peers) in [
            (
                &[
                    libc::ECONNREFUSED,
                    libc::ECONNRESET,
                    libc::EHOSTDOWN,
                    libc::EHOSTUNREACH,
                    libc::EACCES,
                    libc::EPROTO,
                ][..],
                true,
            ),
            (
                &[
                    libc::EMFILE,
                    libc::ENFILE,
                    libc::ENOMEM,
                    libc::ENOBUFS,
                    libc::EPERM,
                    libc::EIO,
                    libc::ENOSYS,
                    libc::EINTR,
                    libc::EAGAIN,
                ],
                false,
            ),
        ] {
            for number in numbers {
                let error = io::Error::from_raw_os_error(*number);
                assert_eq!(is_the_peers(&error), peers, "{error}");
            }
        }
    }
}
