//! Running a shell command and waiting for it, without a trace in the process that asks.
//!
//! A helper process stands between: it has no exit signal, so no SIGCHLD handler of the program is
//! called and no other wait of the program can take its status; and it sees the command's status
//! even where the program ignores SIGCHLD. (Without it that could not be: exec gives every process
//! the exit signal SIGCHLD.)

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int, c_uint};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use hosts_access::fault::Fault;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::signal::{SigSet, SigmaskHow};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{self, Pid};

use crate::descriptors::above_standard;
use crate::environment::{Environment, Variables};

/// The shell that runs commands.
pub const SHELL: &CStr = c"/bin/sh";

/// Highest descriptor that is looked for where the kernel cannot close all at once: the usual hard limit of
/// a process under systemd is 524,288, but hardly any opens as many as this.
const MOST_DESCRIPTORS: c_uint = 65_535;

/// What the child's descriptors 0, 1 and 2 are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdio {
    /// All three are /dev/null, open for reading and writing, and SIGHUP is ignored.
    Null,
    /// All three are the descriptor 0 of this process.
    Socket,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With a status.
    Exited(i32),
    /// By a signal; the process id is for the message.
    Killed {
        /// The id of its process.
        pid: i32,
        /// The number of the signal.
        signal: i32,
    },
}

/// Why a command could not be run; the words are the ones that the log shows.
#[derive(Debug)]
pub enum RunError {
    /// There is no /dev/null.
    Null(io::Error),
    /// No process could be made.
    Fork(io::Error),
    /// The shell could not be executed.
    Shell(io::Error),
    /// The descriptors between the processes could not be made or set.
    Descriptors(io::Error),
    /// Waiting failed.
    Wait(io::Error),
}

impl RunError {
    /// The fault, with the shell's name for it.
    pub fn fault(&self, shell: &str) -> Fault {
        match self {
            Self::Null(error) => Fault::new("open /dev/null", error),
            Self::Fork(error) => Fault::new("cannot fork", error),
            Self::Shell(error) => Fault::new(shell, error),
            Self::Descriptors(error) => Fault::new("cannot set up descriptors", error),
            Self::Wait(error) => Fault::new("waitpid", error),
        }
    }
}

/// Runs `/bin/sh -c COMMAND` and waits for its end.
///
/// # Errors
/// See [`RunError`].
pub fn run_shell(
    command: &[u8],
    environment: &Environment,
    stdio: Stdio,
) -> Result<Ended, RunError> {
    reap_abandoned();
    let null = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")
        .and_then(|null| above_standard(null.into()))
        .map_err(RunError::Null)?;
    let command = CString::new(command).map_err(|error| RunError::Shell(error.into()))?;
    let arguments = [
        c"sh".as_ptr(),
        c"-c".as_ptr(),
        command.as_ptr(),
        ptr::null(),
    ];
    let variables = environment.pointers();
    let blocked = Blocked::all().map_err(RunError::Fork)?;
    let (mut from_helper, to_parent) = pipe().map_err(RunError::Descriptors)?;
    let plan = Prepared {
        arguments: &arguments,
        variables: &variables,
        source: match stdio {
            Stdio::Null => null.as_raw_fd(),
            Stdio::Socket => libc::STDIN_FILENO,
        },
        stdio,
        to_parent: to_parent.as_raw_fd(),
        mask: blocked.0,
    };
    // SAFETY: in the child, only `helper` runs, which keeps to async-signal-safe calls on memory
    // that was prepared before.
    let pid = unsafe {
        match fork(0).map_err(RunError::Fork)? {
            0 => helper(&plan),
            pid => pid,
        }
    };
    HELPER.set(Some((pid, from_helper.as_raw_fd())));
    drop((to_parent, null));
    drop(blocked);
    let mut report = [0_u8; HelperReport::BYTES];
    let told = from_helper.read_exact(&mut report);
    let reaped = reap(pid);
    HELPER.set(None);
    reaped.map_err(RunError::Wait)?;
    told.map_err(RunError::Wait)?;
    HelperReport::from_bytes(report).outcome()
}

thread_local! {
    /// The helper for which this thread waits, and the descriptor that it reads from.
    static HELPER: Cell<Option<(libc::pid_t, RawFd)>> = const { Cell::new(None) };
}

/// Helpers that nobody waits for any more; 0 is a free place.
static ABANDONED: [AtomicI32; 16] = [const { AtomicI32::new(0) }; 16];

/// Lets go of the helper for which this thread waits, if a jump has left [`run_shell`]. The command goes on; the
/// helper is waited for by a later call. Async-signal-safe.
pub fn abandon() {
    if let Some((pid, descriptor)) = HELPER.take() {
        // The jump has passed the owner of the descriptor, which will not close it.
        let _closed = unistd::close(descriptor);
        let order = Ordering::Relaxed;
        let free = |place: &&AtomicI32| place.compare_exchange(0, pid, order, order).is_ok();
        let _taken = ABANDONED.iter().find(free);
    }
}

/// Waits for abandoned helpers that have ended.
fn reap_abandoned() {
    for place in &ABANDONED {
        let pid = place.load(Ordering::Relaxed);
        let flags = WaitPidFlag::__WALL | WaitPidFlag::WNOHANG;
        if pid != 0 && waitpid(Pid::from_raw(pid), Some(flags)) != Ok(WaitStatus::StillAlive) {
            place.store(0, Ordering::Relaxed);
        }
    }
}

/// What the helper and the command need, ready before the first fork.
struct Prepared<'p> {
    /// Ends with null; strings that end in NUL.
    arguments: &'p [*const c_char],
    variables: &'p Variables,
    source: RawFd,
    stdio: Stdio,
    to_parent: RawFd,
    /// What the command has blocked.
    mask: SigSet,
}

/// All signals blocked in this thread; holds the mask from before.
struct Blocked(SigSet);

impl Blocked {
    fn all() -> io::Result<Self> {
        let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
        Ok(Self(before))
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // It was valid before.
        let _valid = self.0.thread_set_mask();
    }
}

/// Gives every signal that has a handler its default action, as exec will: a handler must not run in
/// a copy of the program.
///
/// # Safety
/// For a new child only.
unsafe fn forget_handlers() {
    for signal in 1..=libc::SIGRTMAX() {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: the pointer is to an action, which is only read if the call has filled it in.
        unsafe {
            if libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) == 0
                && action.assume_init_ref().sa_sigaction > libc::SIG_IGN
            {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
    }
}

/// What the helper tells its parent.
#[derive(Clone, Copy)]
struct HelperReport {
    kind: c_int,
    value: c_int,
    pid: c_int,
}

impl HelperReport {
    const BYTES: usize = 12;
    const NO_FORK: c_int = 0;
    const NO_EXEC: c_int = 1;
    const NO_DESCRIPTORS: c_int = 2;
    const NO_STATUS: c_int = 3;
    const EXITED: c_int = 4;
    const KILLED: c_int = 5;

    /// A failure of the last system call.
    fn of_errno(kind: c_int) -> Self {
        Self {
            kind,
            value: Errno::last_raw(),
            pid: 0,
        }
    }

    fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let word = |at: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(bytes.get(at..at + 4).unwrap_or(&[0; 4]));
            c_int::from_ne_bytes(word)
        };
        Self {
            kind: word(0),
            value: word(4),
            pid: word(8),
        }
    }

    fn outcome(self) -> Result<Ended, RunError> {
        let error = io::Error::from_raw_os_error(self.value);
        match self.kind {
            Self::NO_FORK => Err(RunError::Fork(error)),
            Self::NO_EXEC => Err(RunError::Shell(error)),
            Self::NO_DESCRIPTORS => Err(RunError::Descriptors(error)),
            Self::NO_STATUS => Err(RunError::Wait(error)),
            Self::EXITED => Ok(Ended::Exited(self.value)),
            _ => Ok(Ended::Killed {
                pid: self.pid,
                signal: self.value,
            }),
        }
    }
}

/// fork(2) with a choice of the exit signal; 0 in the child.
///
/// # Safety
/// The child may only make async-signal-safe calls, and must not return from the caller.
unsafe fn fork(exit_signal: c_int) -> io::Result<libc::pid_t> {
    // SAFETY: clone with no flags and no stack is fork (clone(2)).
    match unsafe { libc::syscall(libc::SYS_clone, exit_signal, 0, 0, 0, 0) } {
        -1 => Err(io::Error::last_os_error()),
        pid => Ok(pid as libc::pid_t),
    }
}

/// The helper's part: starts the command, waits for it, reports.
///
/// # Safety
/// For a new child only.
unsafe fn helper(plan: &Prepared<'_>) -> ! {
    // SAFETY: only async-signal-safe calls, on values that were prepared before; each pointer is to
    // a value on this stack.
    unsafe {
        let mut inherited = MaybeUninit::<libc::sigaction>::zeroed();
        libc::sigaction(libc::SIGCHLD, ptr::null(), inherited.as_mut_ptr());
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        let report = match fork(libc::SIGCHLD) {
            Ok(0) => {
                libc::sigaction(libc::SIGCHLD, inherited.as_ptr(), ptr::null_mut());
                command(plan)
            }
            Ok(pid) => {
                close_all_but(plan.to_parent);
                wait(pid)
            }
            Err(_) => HelperReport::of_errno(HelperReport::NO_FORK),
        };
        tell(plan.to_parent, &report);
        libc::_exit(0)
    }
}

/// Closes all descriptors but one. The helper waits as long as the command runs; should the program end
/// meanwhile, its client and its files must not stay open by us.
///
/// # Safety
/// For a new child only. Async-signal-safe.
unsafe fn close_all_but(kept: RawFd) {
    let kept = kept.cast_unsigned();
    let above = (kept + 1, c_uint::MAX);
    let below = kept.checked_sub(1).map(|last| (0, last));
    for (first, last) in below.into_iter().chain([above]) {
        // SAFETY: the calls take numbers, and nothing here uses the descriptors that they close.
        unsafe {
            if libc::syscall(libc::SYS_close_range, first, last, 0) != 0 {
                // A kernel before 5.9, or a filter that does not know the call.
                for descriptor in first..=last.min(MOST_DESCRIPTORS) {
                    libc::close(descriptor.cast_signed());
                }
            }
        }
    }
}

/// The command's part: descriptors, SIGHUP, exec.
///
/// # Safety
/// For a new child only.
unsafe fn command(plan: &Prepared<'_>) -> ! {
    // SAFETY: only async-signal-safe calls; the arrays are as `Prepared` says.
    unsafe {
        if plan.stdio == Stdio::Null {
            libc::signal(libc::SIGHUP, libc::SIG_IGN);
        }
        let set = (0..=2).all(|descriptor| libc::dup2(plan.source, descriptor) == descriptor);
        let report = if set {
            forget_handlers();
            libc::pthread_sigmask(libc::SIG_SETMASK, plan.mask.as_ref(), ptr::null_mut());
            libc::execve(
                SHELL.as_ptr(),
                plan.arguments.as_ptr(),
                plan.variables.as_ptr(),
            );
            HelperReport::of_errno(HelperReport::NO_EXEC)
        } else {
            // Nothing may run on the client's socket that was to run on the null device.
            HelperReport::of_errno(HelperReport::NO_DESCRIPTORS)
        };
        tell(plan.to_parent, &report);
        libc::_exit(127)
    }
}

/// Sends a report; the first one that arrives counts.
///
/// # Safety
/// The descriptor must be the pipe's. Async-signal-safe, for a new child.
unsafe fn tell(to_parent: RawFd, report: &HelperReport) {
    let words = [report.kind, report.value, report.pid];
    // SAFETY: the pointer is to so many bytes.
    unsafe { libc::write(to_parent, words.as_ptr().cast(), HelperReport::BYTES) };
}

/// Waits for the command.
///
/// # Safety
/// Async-signal-safe, for a new child.
unsafe fn wait(pid: libc::pid_t) -> HelperReport {
    let mut status = 0;
    // SAFETY: the pointer is to a status word.
    while unsafe { libc::waitpid(pid, &raw mut status, 0) } == -1 {
        if Errno::last() != Errno::EINTR {
            return HelperReport::of_errno(HelperReport::NO_STATUS);
        }
    }
    let (kind, value) = if libc::WIFEXITED(status) {
        (HelperReport::EXITED, libc::WEXITSTATUS(status))
    } else {
        (HelperReport::KILLED, libc::WTERMSIG(status))
    };
    HelperReport { kind, value, pid }
}

/// A pipe that no other program inherits: what to read from, what to write to.
fn pipe() -> io::Result<(File, OwnedFd)> {
    let (read, write) = unistd::pipe2(OFlag::O_CLOEXEC)?;
    Ok((read.into(), above_standard(write)?))
}

/// Waits for the helper, which has no exit signal and so needs __WALL (wait(2)).
fn reap(pid: libc::pid_t) -> io::Result<()> {
    loop {
        match waitpid(Pid::from_raw(pid), Some(WaitPidFlag::__WALL)) {
            Err(Errno::EINTR) => {}
            waited => return Ok(waited.map(drop)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(command: &str) -> Result<Ended, RunError> {
        let mut environment = Environment::default();
        environment.set(b"WORD", b"it works");
        run_shell(command.as_bytes(), &environment, Stdio::Null)
    }

    #[test]
    fn commands_end_in_their_status() {
        assert_eq!(run("exit 3").unwrap(), Ended::Exited(3));
        assert_eq!(
            run("test \"$WORD\" = 'it works'").unwrap(),
            Ended::Exited(0)
        );
        assert_eq!(run("/nonexistent/program").unwrap(), Ended::Exited(127));
        assert!(matches!(
            run("kill -9 $$").unwrap(),
            Ended::Killed { signal: 9, .. }
        ));
    }

    #[test]
    fn descriptors_are_the_null_device_and_nothing_else_is_open() {
        let check =
            "test \"$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2 | sort -u)\" = /dev/null";
        assert_eq!(run(check).unwrap(), Ended::Exited(0));
        assert_eq!(run("test ! -e /proc/$$/fd/3").unwrap(), Ended::Exited(0));
        // What waits for it has the pipe to us and nothing else, soon at least.
        let helper = "for i in 1 2 3 4 5 6 7 8 9; do test $(ls /proc/$PPID/fd | wc -l) = 1 && exit; sleep 0.1; done; false";
        assert_eq!(run(helper).unwrap(), Ended::Exited(0));
        // SIGHUP is ignored, as bit 0 of the mask tells.
        let hup = "m=$(sed -n 's/SigIgn:[[:space:]]*//p' /proc/$$/status); test $((0x$m & 1)) = 1";
        assert_eq!(run(hup).unwrap(), Ended::Exited(0));
    }
}
