//! Carrying out what options ask for, in the process that will become the daemon.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::limits::BANNER_DEADLINE;
use hosts_access::accounts::Gid;
use hosts_access::action::{Action, Done, ShellText};
use hosts_access::fault::Fault;
use hosts_access::world::Effects;
use nix::libc;
use nix::poll::PollFlags;
use nix::sys::stat::{Mode, umask};
use socket2::SockRef;

use crate::descriptors::client;
use crate::environment::Environment;
use crate::peer::{is_stream, wait_for};
use crate::privileges::{self, Groups};
use crate::process::{Ended, Stdio, run_shell};

/// Acts for real: on the client's socket, descriptor 0 unless another is given, and on this process.
pub struct RealEffects<S = BorrowedFd<'static>> {
    socket: S,
    /// What commands and the daemon get as their environment.
    pub environment: Environment,
    /// By when the client must have taken all banners; `None` before the first.
    banners_end: Option<Instant>,
    /// Whether a banner met a closed connection.
    client_gone: bool,
    /// The group that a `group` option has taken: a `user` after it keeps it.
    group: Option<Gid>,
}

impl RealEffects {
    /// Effects on this process as it is, with the client on descriptor 0.
    pub fn new() -> Self {
        Self::on(client())
    }
}

impl<S: AsFd> RealEffects<S> {
    /// Effects on this process as it is, with the client on this socket.
    pub fn on(socket: S) -> Self {
        Self {
            socket,
            environment: Environment::default(),
            banners_end: None,
            client_gone: false,
            group: None,
        }
    }

    /// Whether a banner was sent, or tried to.
    pub fn banner_sent(&self) -> bool {
        self.banners_end.is_some()
    }

    fn aclexec(&self, command: &ShellText) -> Result<Done, Fault> {
        match run_shell(command.as_bytes(), &self.environment, Stdio::Null) {
            Ok(Ended::Exited(status)) => Ok(Done::Exited(status)),
            Ok(Ended::Killed { pid, signal }) => Err(Fault {
                what: format!("process {pid} exited with signal {signal}"),
                reason: String::new(),
            }),
            Err(error) => Err(error.fault("aclexec_option: /bin/sh")),
        }
    }

    /// Sends a banner; a client that takes it too slowly, or has gone, gets no more of it.
    fn banner(&mut self, text: &[u8]) -> Result<Done, Fault> {
        let socket = SockRef::from(&self.socket);
        let end = *self
            .banners_end
            .get_or_insert_with(|| Instant::now() + BANNER_DEADLINE);
        let mut rest = text;
        while !rest.is_empty() && !self.client_gone {
            match socket.send_with_flags(rest, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let ready = wait_for(&self.socket, PollFlags::POLLOUT, end)
                        .map_err(|error| Fault::new("banner not delivered", &error))?;
                    if !ready {
                        let late = io::Error::other("the client does not take it");
                        return Err(Fault::new("banner not delivered", &late));
                    }
                }
                // A client that has gone wants no banner; the verdict is logged all the same.
                Err(error) if is_gone(&error) => {
                    self.client_gone = true;
                    break;
                }
                Err(error) => return Err(Fault::new("banner not delivered", &error)),
            }
        }
        Ok(Done::Done)
    }
}

impl Default for RealEffects {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: AsFd> Effects for RealEffects<S> {
    fn is_stream(&self) -> bool {
        is_stream(&SockRef::from(&self.socket))
    }

    fn perform(&mut self, action: &Action) -> Result<Done, Fault> {
        match action {
            Action::Spawn(command) => {
                run_shell(command.as_bytes(), &self.environment, Stdio::Null)
                    .map_err(|error| error.fault("execl /bin/sh"))?;
            }
            Action::Aclexec(command) => return self.aclexec(command),
            Action::Banner(text) => return self.banner(text),
            Action::SetEnv { name, value } => self.environment.set(name, value),
            Action::Umask(mask) => set_umask(*mask),
            Action::Nice(increment) => nice(*increment)?,
            Action::Linger(seconds) => {
                let linger = Some(*seconds).filter(|seconds| *seconds > 0);
                SockRef::from(&self.socket)
                    .set_linger(linger.map(|seconds| Duration::from_secs(seconds.into())))
                    .map_err(|error| {
                        Fault::new(format!("setsockopt SO_LINGER {seconds}"), &error)
                    })?;
            }
            Action::KeepAlive => SockRef::from(&self.socket)
                .set_keepalive(true)
                .map_err(|error| Fault::new("setsockopt SO_KEEPALIVE", &error))?,
            Action::User { user, group } => {
                let groups = match (group, self.group) {
                    (Some((group, name)), _) => Groups::Only(*group, name),
                    (None, Some(group)) => Groups::OwnWith(group),
                    (None, None) => Groups::Own,
                };
                privileges::become_user(user, groups)?;
            }
            Action::Group(group, name) => {
                privileges::take_group(*group, name)?;
                self.group = Some(*group);
            }
        }
        Ok(Done::Done)
    }
}

/// Whether the other end has closed the connection.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

/// Sets the file mode mask.
pub fn set_umask(mask: u32) {
    umask(Mode::from_bits_truncate(mask));
}

/// Adds to the nice value. -1 may be a success, so errno tells (nice(2)).
fn nice(increment: i32) -> Result<(), Fault> {
    nix::errno::Errno::clear();
    // SAFETY: the call has no precondition.
    if unsafe { libc::nice(increment) } == -1 {
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(0) {
            return Err(Fault::new(format!("nice({increment})"), &error));
        }
    }
    Ok(())
}
