//! A request: who asks for which service, and what is known of both ends so far.
//!
//! Nothing here asks anybody: [`lookup`](crate::lookup) does, once, and the outcome stays with the request: a
//! name, `unknown`, `paranoid`, or that it could not be asked for.

pub mod facts;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::address::Address;
use crate::limits::IDENT_LIMIT;
use crate::request::facts::{Fact, Unanswered};
use crate::severity::Severity;

/// One of the two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that asks.
    Client,
    /// The one that serves.
    Server,
}

/// One end of a connection.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Address as text, with the forms that patterns are compared with.
    address: Option<Address>,
    /// Host name.
    pub name: Fact,
    /// Port; 0 if unknown.
    pub port: u16,
    /// The socket's address, for lookups.
    socket: Option<SocketAddr>,
}

impl Host {
    /// Nothing is known.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// An end known by the text of its address only; it has no name to look up.
    pub fn from_text(address: impl AsRef<[u8]>) -> Self {
        let address = address.as_ref();
        Self {
            address: Fact::is_known(address).then(|| Address::new(address)),
            ..Self::default()
        }
    }

    /// An end of a socket, with its numeric address as getnameinfo(3) writes it.
    pub fn from_socket(socket: SocketAddr, numeric: impl AsRef<[u8]>) -> Self {
        Self {
            address: Some(Address::new(numeric.as_ref())),
            name: Fact::NotAsked,
            port: socket.port(),
            socket: Some(SocketAddr::new(socket.ip().to_canonical(), socket.port()))
                .map(|canonical| keep_scope(socket, canonical)),
        }
    }

    /// The same end with this host name.
    #[must_use]
    pub fn with_name(mut self, name: Fact) -> Self {
        self.name = name;
        self
    }

    /// The same end with this port.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The address, unless it is unknown.
    pub fn address(&self) -> Option<&Address> {
        self.address.as_ref()
    }

    /// The socket address for lookups; a mapped IPv4 address as IPv4.
    pub fn socket(&self) -> Option<SocketAddr> {
        self.socket
    }

    /// The address as text, or `unknown`.
    pub fn address_text(&self) -> &[u8] {
        self.address
            .as_ref()
            .map_or(crate::request::facts::UNKNOWN, Address::text)
    }

    /// The name if something asked for it and it is good, else the address: `%h`.
    pub fn name_or_address(&self) -> &[u8] {
        self.name.known().unwrap_or(self.address_text())
    }
}

/// A link-local address is looked up with its scope.
fn keep_scope(original: SocketAddr, canonical: SocketAddr) -> SocketAddr {
    match (original, canonical.ip()) {
        (SocketAddr::V6(_), IpAddr::V6(_)) => original,
        _ => canonical,
    }
}

/// A request for a service.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name of the service: daemon process name.
    pub daemon: Vec<u8>,
    /// Process id that `%p` shows.
    pub pid: u32,
    /// Who asks.
    pub client: Host,
    /// Who serves.
    pub server: Host,
    /// Client user name.
    pub user: Fact,
    /// Whether the client's ident server can be asked: a connected stream socket.
    pub stream: bool,
    /// Time limit of an ident query.
    pub ident_limit: Duration,
    /// What the `severity` option of a rule has set.
    pub severity: Option<Severity>,
    /// How many `/file` lists were opened for it.
    pub(crate) lists: usize,
}

impl Request {
    /// A request to this process of which nothing has been asked yet.
    pub fn new(daemon: impl AsRef<[u8]>, client: Host, server: Host) -> Self {
        Self::of_process(std::process::id(), daemon, client, server)
    }

    /// The same to another process.
    pub fn of_process(pid: u32, daemon: impl AsRef<[u8]>, client: Host, server: Host) -> Self {
        Self {
            daemon: daemon.as_ref().to_vec(),
            pid,
            client,
            server,
            user: Fact::NotAsked,
            stream: false,
            ident_limit: IDENT_LIMIT,
            severity: None,
            lists: 0,
        }
    }

    /// One end.
    pub fn host(&self, side: Side) -> &Host {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    pub(crate) fn host_mut(&mut self, side: Side) -> &mut Host {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Why something that was asked for is not known, if there is such a thing.
    pub fn unanswered(&self) -> Option<Unanswered> {
        let facts = [&self.client.name, &self.server.name, &self.user];
        facts.into_iter().find_map(Fact::unanswered)
    }

    /// `[user@]host` of the client, from what is known already: `%c`.
    pub fn client_info(&self) -> Vec<u8> {
        joined(self.user.known(), self.client.name_or_address())
    }

    /// `daemon[@host]` of the server, from what is known already: `%s`.
    pub fn server_info(&self) -> Vec<u8> {
        let host = self.server.name_or_address();
        if host == crate::request::facts::UNKNOWN {
            self.daemon.clone()
        } else {
            joined(Some(&self.daemon), host)
        }
    }
}

/// `left@right`, or `right` alone.
pub fn joined(left: Option<&[u8]>, right: &[u8]) -> Vec<u8> {
    match left {
        Some(left) => [left, right].join(&b'@'),
        None => right.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_shows_what_is_known_already() {
        let mut request = Request::new("svcd", Host::from_text("192.0.2.7"), Host::unknown());
        assert_eq!(request.client_info(), b"192.0.2.7");
        assert_eq!(request.server_info(), b"svcd");
        request.user = Fact::from_value(b"joe");
        request.client.name = Fact::Paranoid;
        assert_eq!(request.client_info(), b"joe@192.0.2.7");
        request.client.name = Fact::from_value(b"host.example.org");
        assert_eq!(request.client_info(), b"joe@host.example.org");
        request.server = Host::unknown().with_name(Fact::from_value(b"here"));
        assert_eq!(request.server_info(), b"svcd@here");
        request.server = Host::from_text("127.0.0.1");
        assert_eq!(request.server_info(), b"svcd@127.0.0.1");
    }
}
