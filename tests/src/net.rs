//! Sockets between the client of a scenario and the program under test.
//!
//! Clients are written as in the tables: an address (`127.0.0.2`, `2001:db8::5`,
//! `fe80::1%lo`, or `::ffff:127.0.0.2` for an IPv4 client of an IPv6 server), with `udp ` before
//! it for a datagram, or `unix`.

use std::io::{ErrorKind, Read};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::OwnedFd;
use std::time::Duration;

use nix::net::if_::if_nametoindex;
use socket2::{Domain, SockAddr, Socket, Type};

/// The path of the server's socket where the client is `unix`.
pub(crate) const UNIX_PATH: &str = "/srv/socket";

/// Number of the protocol (linux/in.h).
const MPTCP: i32 = 262;

/// An address and a kind of socket, as a scenario writes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    kind: Kind,
    /// Index of the interface of a link-local address, else 0.
    scope: u32,
    /// As the program prints it.
    pub shown: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Tcp(IpAddr),
    Udp(IpAddr),
    Unix,
}

impl From<&str> for Endpoint {
    fn from(text: &str) -> Self {
        if text == "unix" {
            return Self {
                kind: Kind::Unix,
                scope: 0,
                shown: "localhost".into(),
            };
        }
        let (udp, shown) = text
            .strip_prefix("udp ")
            .map_or((false, text), |shown| (true, shown));
        let (plain, interface) = shown.split_once('%').unwrap_or((shown, ""));
        let ip = plain
            .parse()
            .unwrap_or_else(|_| panic!("{text}: not an address"));
        let kind = if udp { Kind::Udp(ip) } else { Kind::Tcp(ip) };
        // No interface has index 0.
        let scope = if_nametoindex(interface).unwrap_or(0);
        Self {
            kind,
            scope,
            shown: shown.into(),
        }
    }
}

impl Endpoint {
    /// Whether it is a datagram socket.
    pub fn is_udp(&self) -> bool {
        matches!(self.kind, Kind::Udp(_))
    }

    /// The server address used unless the case names one: loopback, or the same link.
    fn usual_server(&self) -> Self {
        match self.kind {
            Kind::Unix => self.clone(),
            Kind::Tcp(ip) | Kind::Udp(ip) => {
                let server = match ip {
                    IpAddr::V4(_) => "127.0.0.1",
                    IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some() => "::ffff:127.0.0.1",
                    IpAddr::V6(ip) if ip.is_unicast_link_local() => "fe80::1%lo",
                    IpAddr::V6(_) => "::1",
                };
                let text = if self.is_udp() {
                    format!("udp {server}")
                } else {
                    server.into()
                };
                Self::from(text.as_str())
            }
        }
    }

    fn kind(&self) -> Type {
        if self.is_udp() {
            Type::DGRAM
        } else {
            Type::STREAM
        }
    }

    fn address(&self, port: u16) -> SockAddr {
        match self.kind {
            Kind::Unix => SockAddr::unix(UNIX_PATH).expect("a short path"),
            Kind::Tcp(IpAddr::V6(ip)) | Kind::Udp(IpAddr::V6(ip)) => {
                SocketAddrV6::new(ip, port, 0, self.scope).into()
            }
            Kind::Tcp(ip) | Kind::Udp(ip) => SocketAddr::new(ip, port).into(),
        }
    }

    /// The address that a client of this kind sends from: a mapped one sends plain IPv4.
    fn unmapped(&self) -> Self {
        let plain = |ip: IpAddr| ip.to_canonical();
        let kind = match self.kind {
            Kind::Tcp(ip) => Kind::Tcp(plain(ip)),
            Kind::Udp(ip) => Kind::Udp(plain(ip)),
            Kind::Unix => Kind::Unix,
        };
        Self {
            kind,
            ..self.clone()
        }
    }

    fn is_mapped(&self) -> bool {
        self != &self.unmapped()
    }
}

/// A bound server socket and a client that has reached it.
pub(crate) struct Pair {
    /// What the program gets: the accepted connection, or the socket with the datagram.
    pub(crate) server: Socket,
    /// The other side.
    pub(crate) client: Client,
}

/// The client's side of a connection.
pub struct Client {
    pub(crate) socket: Socket,
    /// Its port, 0 for Unix sockets.
    pub port: u16,
}

impl Client {
    /// Connects from an address to a port of another, both as [`Endpoint`]s.
    pub fn connect(from: &str, to: &str, port: u16) -> Self {
        let (from, to) = (Endpoint::from(from), Endpoint::from(to));
        reach(&from, 0, &to.unmapped().address(port))
    }

    /// The same; nothing if nobody listens there.
    pub fn try_connect(from: &str, to: &str, port: u16) -> Option<Self> {
        let (from, to) = (Endpoint::from(from), Endpoint::from(to));
        try_reach(&from, 0, &to.unmapped().address(port)).ok()
    }

    /// Sends bytes to the server.
    pub fn send(&self, bytes: impl AsRef<[u8]>) {
        self.socket
            .send(bytes.as_ref())
            .expect("send to the server");
    }

    /// Nobody: for a connection whose other side is a program.
    pub fn none() -> Self {
        Self {
            socket: unconnected(),
            port: 0,
        }
    }

    /// Goes away. What the server still sends is answered with a reset.
    pub fn hang_up(&mut self) {
        drop(std::mem::replace(&mut self.socket, unconnected()));
    }

    /// Goes away with a reset.
    pub fn reset(&mut self) {
        let set = self.socket.set_linger(Some(Duration::ZERO));
        set.expect("set linger");
        self.hang_up();
    }

    /// Reads until the server closes or `patience` is over. A reset counts as an end.
    pub fn read_all(&mut self, patience: Duration) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        // Zero would mean for ever.
        let patience = patience.max(Duration::from_millis(1));
        self.socket
            .set_read_timeout(Some(patience))
            .expect("set a time limit");
        loop {
            match self.socket.read(&mut buffer) {
                Ok(0) => return bytes,
                Ok(length) => bytes.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return bytes,
            }
        }
    }

    /// Reads one line; less if the server closes before its end. Waits up to `patience` for each byte.
    pub fn read_line(&mut self, patience: Duration) -> String {
        let mut line = Vec::new();
        let mut byte = [0];
        self.socket
            .set_read_timeout(Some(patience))
            .expect("set a time limit");
        while !line.ends_with(b"\n") && self.socket.read(&mut byte).is_ok_and(|got| got == 1) {
            line.extend_from_slice(&byte);
        }
        crate::syslog::readable(&line)
    }

    /// Whether the server has closed; waits for that up to `patience`.
    pub fn closed(&mut self, patience: Duration) -> bool {
        let patience = patience.max(Duration::from_millis(1));
        self.socket
            .set_read_timeout(Some(patience))
            .expect("set a time limit");
        let mut buffer = [0; 4096];
        loop {
            match self.socket.read(&mut buffer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() == ErrorKind::ConnectionReset,
            }
        }
    }
}

fn unconnected() -> Socket {
    Socket::new(Domain::UNIX, Type::STREAM, None).expect("socket")
}

/// A listening socket on an address, and its port.
pub fn listening(at: &str) -> (Socket, u16) {
    let listener = listen(&at.into(), 0);
    let port = port_of(&listener);
    (listener, port)
}

/// A listening socket with a client that nobody has accepted yet, as `wait` services get it.
pub fn queued() -> (Socket, Client) {
    let (listener, port) = listening("127.0.0.1");
    (listener, Client::connect("127.0.0.1", "127.0.0.1", port))
}

/// A bound datagram socket with these datagrams from 127.0.0.1, and their sender.
pub fn datagrams(contents: &[&str]) -> (Socket, Client) {
    let server = listen(&"udp 127.0.0.1".into(), 0);
    let client = Client::connect("udp 127.0.0.1", "udp 127.0.0.1", port_of(&server));
    contents.iter().for_each(|content| client.send(content));
    (server, client)
}

/// A Multipath TCP socket; an error if the kernel has none.
pub(crate) fn mptcp(domain: Domain) -> std::io::Result<Socket> {
    Socket::new(domain, Type::STREAM, Some(MPTCP.into()))
}

/// A connection over Multipath TCP between an address and the same host: what the server gets, and
/// the client.
pub fn multipath(at: &str) -> (Socket, Client) {
    let at = Endpoint::from(at);
    let domain = at.address(0).domain();
    let listener = mptcp(domain).expect("socket");
    listener.bind(&at.address(0)).expect("bind");
    listener.listen(16).expect("listen");
    let socket = mptcp(at.unmapped().address(0).domain()).expect("socket");
    let to = at.unmapped().address(port_of(&listener));
    socket.connect(&to).expect("connect");
    let client = Client {
        port: port_of(&socket),
        socket,
    };
    (listener.accept().expect("accept").0, client)
}

/// Sends a datagram from an address to a port of 127.0.0.1.
pub fn send_datagram(from: &str, port: u16, content: &[u8]) -> Client {
    let client = Client::connect(&format!("udp {from}"), "udp 127.0.0.1", port);
    client.send(content);
    client
}

/// Connects a client to a server socket made for it.
pub(crate) fn connect(from: &Endpoint, at: Option<&Endpoint>, port: u16, own: u16) -> Pair {
    let at = at.cloned().unwrap_or_else(|| from.usual_server());
    let at = if from.is_mapped() && !at.is_mapped() {
        mapped(&at)
    } else {
        at
    };
    let listener = listen(&at, port);
    let address = if at.kind == Kind::Unix {
        at.address(0)
    } else {
        let port = port_of(&listener);
        at.unmapped().address(port)
    };
    let client = reach(from, own, &address);
    let server = if from.is_udp() {
        listener
    } else {
        listener.accept().expect("accept").0
    };
    Pair { server, client }
}

/// A client socket, bound to its address and connected.
fn reach(from: &Endpoint, port: u16, to: &SockAddr) -> Client {
    try_reach(from, port, to).unwrap_or_else(|error| panic!("connect {from:?} to {to:?}: {error}"))
}

/// The same, where the other side may be missing.
fn try_reach(from: &Endpoint, port: u16, to: &SockAddr) -> std::io::Result<Client> {
    let plain = from.unmapped();
    let socket = socket(&plain);
    if plain.kind != Kind::Unix {
        socket.set_reuse_address(true).expect("reuse the address");
        socket
            .bind(&plain.address(port))
            .unwrap_or_else(|error| panic!("bind {plain:?}: {error}"));
    }
    socket.connect(to)?;
    Ok(Client {
        port: port_of(&socket),
        socket,
    })
}

/// A listening stream socket, or a bound datagram socket. Port 0 lets the kernel choose.
pub(crate) fn listen(at: &Endpoint, port: u16) -> Socket {
    let listener = socket(at);
    if at.kind == Kind::Unix {
        let _ = std::fs::remove_file(UNIX_PATH);
    } else {
        listener.set_reuse_address(true).expect("reuse the address");
    }
    listener
        .bind(&at.address(port))
        .unwrap_or_else(|error| panic!("bind {at:?}: {error}"));
    if !at.is_udp() {
        listener.listen(16).expect("listen");
    }
    listener
}

/// The local port of a socket, 0 for Unix sockets.
pub(crate) fn port_of(socket: &Socket) -> u16 {
    let address = socket
        .local_addr()
        .ok()
        .and_then(|address| address.as_socket());
    address.map_or(0, |address| address.port())
}

fn socket(endpoint: &Endpoint) -> Socket {
    let domain = match endpoint.kind {
        Kind::Unix => Domain::UNIX,
        Kind::Tcp(ip) | Kind::Udp(ip) => Domain::for_address(SocketAddr::new(ip, 0)),
    };
    let socket = Socket::new(domain, endpoint.kind(), None).expect("socket");
    if domain == Domain::IPV6 {
        socket.set_only_v6(false).expect("accept IPv4 too");
    }
    socket
}

fn mapped(endpoint: &Endpoint) -> Endpoint {
    match endpoint.kind {
        Kind::Tcp(IpAddr::V4(ip)) | Kind::Udp(IpAddr::V4(ip)) => {
            let ip: Ipv6Addr = ip.to_ipv6_mapped();
            let kind = if endpoint.is_udp() {
                Kind::Udp(ip.into())
            } else {
                Kind::Tcp(ip.into())
            };
            Endpoint {
                kind,
                scope: 0,
                shown: format!("::ffff:{}", endpoint.shown),
            }
        }
        _ => endpoint.clone(),
    }
}

/// The socket as a descriptor that a process can be given.
pub(crate) fn descriptor(socket: &Socket) -> OwnedFd {
    socket.try_clone().expect("duplicate a socket").into()
}
