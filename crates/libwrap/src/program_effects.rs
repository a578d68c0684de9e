//! Carrying out options in a process that is not ours.
//!
//! Commands go through `shell_cmd`, which the program may have replaced; variables are set in the
//! process itself, since the program reads them. A resident process, one that serves many clients, keeps its
//! user: giving it up for one client would take it from all later ones.

use std::cell::Cell;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::Ordering;

use hosts_access::action::{Action, Done};
use hosts_access::fault::Fault;
use hosts_access::world::Effects;
use nix::libc;
use socket2::SockRef;
use system::effects::RealEffects;
use system::peer::is_stream;

use crate::{call, shim};

thread_local! {
    /// The socket to which this thread has sent a banner last.
    static BANNER_SENT: Cell<Option<i32>> = const { Cell::new(None) };
}

/// Whether a banner was sent to this socket, as far as this thread knows. It is asked once.
pub(crate) fn banner_sent(descriptor: i32) -> bool {
    BANNER_SENT.take() == Some(descriptor)
}

/// The program's socket, unless it has none.
///
/// # Safety
/// The descriptor must stay open while the answer is used.
pub(crate) unsafe fn borrow<'s>(descriptor: i32) -> Option<BorrowedFd<'s>> {
    // SAFETY: as the caller says; -1, the one forbidden value, is no descriptor.
    (descriptor >= 0).then(|| unsafe { BorrowedFd::borrow_raw(descriptor) })
}

/// Acts in the process of the program, on its socket.
pub(crate) struct ProgramEffects<'s> {
    socket: Option<BorrowedFd<'s>>,
    real: Option<RealEffects<BorrowedFd<'s>>>,
}

impl<'s> ProgramEffects<'s> {
    /// Effects on this socket.
    pub(crate) fn on(socket: Option<BorrowedFd<'s>>) -> Self {
        let real = socket.map(RealEffects::on);
        Self { socket, real }
    }

    fn on_socket(&mut self, what: &str, action: &Action) -> Result<Done, Fault> {
        match &mut self.real {
            Some(real) => real.perform(action),
            None => Err(Fault::new(what, &io::Error::from_raw_os_error(libc::EBADF))),
        }
    }

    fn banner(&mut self, action: &Action) -> Result<Done, Fault> {
        BANNER_SENT.set(self.socket.map(|socket| socket.as_raw_fd()));
        self.on_socket("banner not delivered", action)
    }
}

/// Whether options are only to be checked.
fn is_dry() -> bool {
    shim::dry_run.load(Ordering::Relaxed) != 0
}

/// Whether the process is resident: it serves many clients.
pub(crate) fn is_resident() -> bool {
    shim::resident.load(Ordering::Relaxed) > 0
}

/// Why a resident process does not do it.
pub(crate) fn not_resident(option: &str) -> Fault {
    Fault {
        what: format!("{option} option in resident process"),
        reason: String::new(),
    }
}

impl Effects for ProgramEffects<'_> {
    /// In a dry run the banner is shown. Without a socket there is nobody to read it.
    fn is_stream(&self) -> bool {
        is_dry()
            || self
                .socket
                .is_some_and(|socket| is_stream(&SockRef::from(&socket)))
    }

    fn perform(&mut self, action: &Action) -> Result<Done, Fault> {
        if call::has_jumped() {
            return Ok(Done::Done);
        }
        if is_dry() {
            return Ok(match action {
                Action::Aclexec(_) => Done::Exited(0),
                Action::Banner(text) => {
                    print(self.socket, text);
                    Done::Done
                }
                _ => Done::Done,
            });
        }
        match action {
            Action::Spawn(command) => shim::run_command(command.as_bytes()),
            Action::SetEnv { name, value } => set_variable(name, value)?,
            Action::Banner(_) => return self.banner(action),
            Action::Linger(seconds) => {
                return self.on_socket(&format!("setsockopt SO_LINGER {seconds}"), action);
            }
            Action::KeepAlive => return self.on_socket("setsockopt SO_KEEPALIVE", action),
            Action::User { .. } if is_resident() => return Err(not_resident("user")),
            Action::Group(..) if is_resident() => return Err(not_resident("group")),
            // These need no socket; a fresh value has the environment as it is by now.
            Action::Aclexec(_)
            | Action::Umask(_)
            | Action::Nice(_)
            | Action::User { .. }
            | Action::Group(..) => return RealEffects::new().perform(action),
        }
        Ok(Done::Done)
    }
}

/// Shows a banner where a checker of tables has its output.
fn print(socket: Option<BorrowedFd<'_>>, mut text: &[u8]) {
    while let (Some(socket), false) = (socket, text.is_empty()) {
        match nix::unistd::write(socket, text) {
            Ok(count) if count > 0 => text = text.get(count..).unwrap_or_default(),
            _ => return,
        }
    }
}

/// Sets a variable of the process.
fn set_variable(name: &[u8], value: &[u8]) -> Result<(), Fault> {
    let fault = |error: io::Error| Fault::new("setenv", &error);
    let name = CString::new(name).map_err(|error| fault(error.into()))?;
    let value = CString::new(value).map_err(|error| fault(error.into()))?;
    // SAFETY: two strings that end in NUL; setenv(3) copies them.
    if unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) } != 0 {
        return Err(fault(io::Error::last_os_error()));
    }
    Ok(())
}
