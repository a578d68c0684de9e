//! Who is at the other end of a socket: addresses, and what must be done to the socket.

use std::ffi::c_void;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

use hosts_access::request::{Host, Request};
use hosts_access::severity::Level;
use hosts_access::text::escape::Untrusted;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::{Domain, Protocol, SockAddr, SockRef, Type};

use crate::connection_lines::ConnectionLine;
use crate::descriptors::client;
use crate::ip_options::IpOptions;
use crate::limits::FAREWELL_DEADLINE;
use crate::resolver::numeric;
use crate::settings;

/// The name and address of both ends of a Unix-domain socket.
pub const LOCAL_ADDRESS: &str = "localhost";

/// Room for a datagram of any size.
const DATAGRAM_BYTES: usize = 64 << 10;

/// Room for the IP options of a connection (RFC 791: 40 bytes).
const IP_OPTIONS_BYTES: usize = 128;

/// What the IP options of a connection say of its client's address.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionsVerdict {
    /// Nothing: there are none, or none that matter.
    Harmless,
    /// It proves nothing, so the client is refused.
    SourceRoute,
    /// They cannot be read, so that is not known, and the client is refused.
    Unread,
}

/// A socket with a client: descriptor 0 unless another is given.
pub struct Connection<S = BorrowedFd<'static>> {
    descriptor: S,
    /// Whether it is a stream.
    pub stream: bool,
    /// The client's end.
    pub client: Host,
    /// Our end.
    pub server: Host,
    /// Why nothing is known of the client, if nothing is.
    pub client_error: Option<io::Error>,
    /// Whether the client was there and has gone, so that nothing can be known of it any more.
    pub client_gone: bool,
    /// The client's address as the system has it, unless `client_error` says why not.
    pub peer: Option<SockAddr>,
    /// Our own address.
    pub own: SockAddr,
}

impl Connection {
    /// Looks at descriptor 0.
    ///
    /// # Errors
    /// It is closed, or no socket.
    pub fn on_stdin() -> io::Result<Self> {
        Self::on(client())
    }
}

impl<S: AsFd> Connection<S> {
    /// Looks at a descriptor.
    ///
    /// # Errors
    /// It is closed, or no socket.
    pub fn on(descriptor: S) -> io::Result<Self> {
        let socket = SockRef::from(&descriptor);
        let own = socket.local_addr()?;
        let stream = socket.r#type()? == Type::STREAM;
        let peer = match socket.peer_addr() {
            Ok(peer) => Ok(peer),
            Err(error) if error.raw_os_error() != Some(libc::ENOTCONN) => Err(error),
            // What reading says is nearer to the cause: who has reset, for one.
            Err(error) => match sender(&socket) {
                Ok(_) if stream => Err(error),
                sender => sender,
            },
        };
        let listening = socket.is_listener().unwrap_or(false);
        let (client, peer, client_error) = match peer {
            Ok(peer) => (host(&peer), Some(peer), None),
            Err(error) => (Host::unknown(), None, Some(error)),
        };
        let server = match client_error {
            None => host(&own),
            Some(_) => Host::unknown(),
        };
        Ok(Self {
            client_gone: client_error.is_some() && !listening,
            stream,
            client,
            server,
            client_error,
            peer,
            own,
            descriptor,
        })
    }

    /// The request that this connection makes of a service.
    pub fn request(&self, daemon: &[u8]) -> Request {
        let mut request = Request::new(daemon, self.client.clone(), self.server.clone());
        request.stream = self.stream;
        request.ident_limit = Duration::from_secs(u64::from(settings::RFC931_TIMEOUT));
        request
    }

    fn socket(&self) -> SockRef<'_> {
        SockRef::from(&self.descriptor)
    }

    /// Looks at the IP options of the connection, and clears harmless ones. What there is to be logged of them goes to
    /// `log`; `client` is asked for only then.
    pub fn check_ip_options(
        &self,
        client: impl FnOnce() -> Vec<u8>,
        log: impl FnOnce(Level, ConnectionLine<'_>),
    ) -> OptionsVerdict {
        match self.take_ip_options() {
            Ok(IpOptions::None) => OptionsVerdict::Harmless,
            Ok(IpOptions::Harmless(options)) => {
                let line = ConnectionLine::IgnoredOptions(Untrusted(&client()), &options);
                log(Level::NOTICE, line);
                OptionsVerdict::Harmless
            }
            Ok(IpOptions::SourceRoute) => {
                log(
                    Level::WARNING,
                    ConnectionLine::SourceRoute(Untrusted(&client())),
                );
                OptionsVerdict::SourceRoute
            }
            Err(error) => {
                log(Level::ERR, ConnectionLine::OptionsError(&error));
                OptionsVerdict::Unread
            }
        }
    }

    /// Reads the IP options of an IPv4 connection; clears harmless ones.
    ///
    /// # Errors
    /// They could not be read or cleared.
    fn take_ip_options(&self) -> io::Result<IpOptions> {
        let domain = self.socket().domain()?;
        let is_ipv4 = self.client.socket().is_some_and(|client| client.is_ipv4());
        if !is_ipv4 || (domain != Domain::IPV4 && domain != Domain::IPV6) {
            return Ok(IpOptions::None);
        }
        let descriptor = self.descriptor.as_fd().as_raw_fd();
        let mut buffer = [0_u8; IP_OPTIONS_BYTES];
        let mut length = buffer.len() as libc::socklen_t;
        // SAFETY: the pointers are to a buffer and to its length.
        let failed = unsafe {
            libc::getsockopt(
                descriptor,
                libc::IPPROTO_IP,
                libc::IP_OPTIONS,
                buffer.as_mut_ptr().cast::<c_void>(),
                &raw mut length,
            )
        };
        if failed != 0 {
            let error = io::Error::last_os_error();
            return options_unseen(error, || self.socket().protocol());
        }
        let options = IpOptions::parse(buffer.get(..length as usize).unwrap_or_default());
        if matches!(options, IpOptions::Harmless(_)) {
            // SAFETY: a null pointer of length 0 is what clears the options (ip(7)).
            let failed = unsafe {
                libc::setsockopt(
                    descriptor,
                    libc::IPPROTO_IP,
                    libc::IP_OPTIONS,
                    std::ptr::null(),
                    0,
                )
            };
            if failed != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(options)
    }

    /// Discards the datagram that is queued, so that inetd does not start the service for it again.
    /// A stream is left alone.
    pub fn discard_datagram(&self) {
        if !self.stream {
            discard_input(&self.socket());
        }
    }

    /// The datagram that is queued, if any: its sender and its bytes.
    pub fn queued_datagram(&self) -> Option<(SockAddr, Vec<u8>)> {
        if self.stream {
            return None;
        }
        let mut bytes = vec![0_u8; DATAGRAM_BYTES];
        let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
        let (count, from) = self
            .socket()
            .recv_from_with_flags(uninit(&mut bytes), flags)
            .ok()?;
        bytes.truncate(count);
        Some((from, bytes))
    }

    /// Prepares the end of a refused stream: a close with input unread would reset the connection, and may take
    /// the client's banner with it. So what the client has sent is read, and if a banner was sent to it, its end of
    /// input is waited for, within [`FAREWELL_DEADLINE`].
    pub fn say_farewell(&self, banner_sent: bool) {
        if banner_sent {
            self.finish_sending();
        } else if self.stream {
            discard_input(&self.socket());
        }
    }

    fn finish_sending(&self) {
        if !self.stream || self.socket().shutdown(std::net::Shutdown::Write).is_err() {
            return;
        }
        let end = Instant::now() + FAREWELL_DEADLINE;
        let mut bytes = [MaybeUninit::uninit(); 4096];
        while let Ok(true) = wait_for(&self.descriptor, PollFlags::POLLIN, end) {
            match self
                .socket()
                .recv_from_with_flags(&mut bytes, libc::MSG_DONTWAIT)
            {
                Ok((0, _)) => return,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }
}

/// Whether a socket is a stream.
pub fn is_stream(socket: &SockRef<'_>) -> bool {
    matches!(socket.r#type(), Ok(Type::STREAM))
}

/// Takes from a socket what is to be gone before it is closed: the datagram that is queued, or what came
/// over the stream. Never waits.
pub(crate) fn discard_input(socket: &SockRef<'_>) {
    // As much as a receive buffer holds; who sends on meanwhile gets a reset.
    let most = if is_stream(socket) { 256 } else { 1 };
    let mut bytes = [MaybeUninit::uninit(); 4096];
    for _ in 0..most {
        let received = socket.recv_from_with_flags(&mut bytes, libc::MSG_DONTWAIT);
        if !matches!(received, Ok((1.., _))) {
            return;
        }
    }
}

/// What it means that the IP options cannot be read. Over Multipath TCP (RFC 8684) the kernel shows none, of a
/// source route neither; there, and only there, that is no reason to refuse.
fn options_unseen(
    error: io::Error,
    protocol: impl FnOnce() -> io::Result<Option<Protocol>>,
) -> io::Result<IpOptions> {
    match error.raw_os_error() {
        Some(libc::EOPNOTSUPP) if matches!(protocol(), Ok(Some(Protocol::MPTCP))) => {
            Ok(IpOptions::None)
        }
        _ => Err(error),
    }
}

/// Bytes as a receive call wants them: it only ever writes initialized bytes into them.
fn uninit(bytes: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: both types have the same layout, and recv writes nothing but bytes.
    unsafe { &mut *(std::ptr::from_mut(bytes) as *mut [MaybeUninit<u8>]) }
}

/// Waits until a descriptor is ready; `false` if the time has come first.
pub(crate) fn wait_for(
    descriptor: &impl AsFd,
    events: PollFlags,
    end: Instant,
) -> io::Result<bool> {
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        let milliseconds = u16::try_from(left.as_millis().max(1)).unwrap_or(u16::MAX);
        let mut descriptors = [PollFd::new(descriptor.as_fd(), events)];
        match poll(&mut descriptors, PollTimeout::from(milliseconds)) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
}

/// The sender of the datagram that is queued. Never waits for one.
fn sender(socket: &SockRef<'_>) -> io::Result<SockAddr> {
    let mut byte = [MaybeUninit::uninit(); 1];
    let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
    socket
        .recv_from_with_flags(&mut byte, flags)
        .map(|(_, from)| from)
}

/// One end of a socket.
fn host(address: &SockAddr) -> Host {
    match address.as_socket() {
        Some(socket) => Host::from_socket(socket, numeric(&socket)),
        None if address.domain() == Domain::UNIX => Host::from_text(LOCAL_ADDRESS),
        // Of another family, a virtual machine's for one: not local, and without a text.
        None => Host::unknown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ip_options_may_be_out_of_sight_over_multipath_tcp_only() {
        let unseen = |errno, protocol: Result<Option<Protocol>, i32>| {
            let protocol = protocol.map_err(io::Error::from_raw_os_error);
            let options = options_unseen(io::Error::from_raw_os_error(errno), || protocol);
            options.map_err(|error| error.raw_os_error())
        };
        let (multipath, plain) = (Some(Protocol::from(262)), Some(Protocol::TCP));
        assert_eq!(unseen(libc::EOPNOTSUPP, Ok(multipath)), Ok(IpOptions::None));
        for (errno, protocol) in [
            (libc::EOPNOTSUPP, Ok(plain)),
            (libc::EOPNOTSUPP, Ok(None)),
            (libc::EOPNOTSUPP, Err(libc::EINVAL)),
            (libc::ENOPROTOOPT, Ok(multipath)),
            (libc::EPERM, Ok(multipath)),
            (libc::ENOMEM, Ok(multipath)),
        ] {
            assert_eq!(unseen(errno, protocol), Err(Some(errno)), "{protocol:?}");
        }
    }
}
