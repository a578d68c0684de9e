//! The ident query on the wire (RFC 1413). The client's machine is not to be trusted: one clock
//! limits connecting, writing and reading, one number the length of what is read.

use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hosts_access::ident::IDENT_PORT;
use hosts_access::limits::MAX_IDENT_REPLY_BYTES;
use hosts_access::world::Ident;
use nix::libc;
use socket2::{Domain, Socket, Type};

use crate::deadline::Budget;

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
    ) -> Option<Vec<u8>> {
        self.budget
            .spend(limit, |limit| exchange(server, client, query, limit))
    }
}

/// One query and one line of reply, or none in time.
fn exchange(
    mut server: SocketAddr,
    mut client: SocketAddr,
    query: &[u8],
    limit: Duration,
) -> Option<Vec<u8>> {
    let end = Instant::now() + limit;
    server.set_port(0);
    client.set_port(IDENT_PORT);
    let mut socket = Socket::new(Domain::for_address(client), Type::STREAM, None).ok()?;
    socket.bind(&server.into()).ok()?;
    socket.connect_timeout(&client.into(), limit).ok()?;
    socket.set_write_timeout(Some(left(end)?)).ok()?;
    let sent = socket.send_with_flags(query, libc::MSG_NOSIGNAL).ok()?;
    if sent != query.len() {
        return None;
    }
    let mut reply = Vec::new();
    let mut buffer = [0; MAX_IDENT_REPLY_BYTES];
    while reply.len() < MAX_IDENT_REPLY_BYTES {
        socket.set_read_timeout(Some(left(end)?)).ok()?;
        let room = buffer.get_mut(..MAX_IDENT_REPLY_BYTES - reply.len())?;
        let count = match socket.read(room) {
            // A signal is not the peer's doing, and takes nothing from its time.
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read.ok()?,
        };
        let read = room.get(..count)?;
        if let Some(newline) = read.iter().position(|byte| *byte == b'\n') {
            reply.extend_from_slice(read.get(..=newline)?);
            return Some(reply);
        }
        if count == 0 {
            return None;
        }
        reply.extend_from_slice(read);
    }
    Some(reply)
}

/// The time until the end, unless it has come.
fn left(end: Instant) -> Option<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    (!left.is_zero()).then_some(left)
}
