//! The system's finger program: where it is, and how it is run.
//!
//! It runs in a process group of its own with standard output and error on pipes, each
//! behind its filter. It inherits standard input, the working directory and the
//! environment but for `PATH`. No signal is blocked in it; SIGPIPE, which Rust's runtime
//! ignores, has its default action, and the others have what the caller gave them.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{AccessFlags, Pid, access};
use system::child::die_with_parent;

use crate::filter::Flow;
use crate::relay::{CHUNK, Relay, reason, unwritten};
use crate::supervise::ProcessGroup;

/// The first program called `finger` in the directories of a search path.
///
/// This program itself under that name does not count: it would run itself without end.
pub fn find(search_path: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().and_then(std::fs::metadata).ok();
    let own = own.map(|file| (file.dev(), file.ino()));
    search_path
        .split(':')
        .map(|directory| Path::new(directory).join("finger"))
        .find(|path| {
            let Ok(file) = path.metadata() else {
                return false;
            };
            file.is_file()
                && access(path, AccessFlags::X_OK).is_ok()
                && own != Some((file.dev(), file.ino()))
        })
}

/// Why the program's answer is missing, incomplete or bad news.
#[derive(Debug)]
pub enum ProgramError {
    /// It cannot be started.
    Start(io::Error),
    /// It cannot be watched.
    Watch(io::Error),
    /// What it says cannot be written.
    Output(io::Error),
    /// It ended with another status than 0.
    Status(ExitStatus),
}

impl ProgramError {
    /// What to tell the user, if the program has not done so itself.
    pub fn message(&self) -> Option<String> {
        match self {
            Self::Start(error) => Some(format!("finger: {}", reason(error))),
            Self::Watch(error) => Some(format!("watching finger: {}", reason(error))),
            Self::Output(error) => unwritten(error),
            Self::Status(status) => match Signal::try_from(status.signal()?).ok()? {
                // It went on writing after the last that was wanted; that has been said.
                Signal::SIGPIPE => None,
                signal => Some(format!("finger was killed by {signal}")),
            },
        }
    }
}

/// Starts the program in the group, gives its output to the relays, and waits for its end.
pub fn run(
    program: &Path,
    arguments: &[OsString],
    search_path: &str,
    group: &ProcessGroup,
    [output, errors]: [&mut Relay; 2],
) -> Result<(), ProgramError> {
    let mut child = start(program, arguments, search_path).map_err(ProgramError::Start)?;
    let output = Source::new(child.stdout.take(), output);
    let errors = Source::new(child.stderr.take(), errors);
    let end = group
        .enter(child)
        .and_then(end_of)
        .map_err(ProgramError::Watch)?;
    relay(output, errors, end)?;
    match group.reap().map_err(ProgramError::Watch)? {
        status if status.success() => Ok(()),
        status => Err(ProgramError::Status(status)),
    }
}

fn start(program: &Path, arguments: &[OsString], search_path: &str) -> io::Result<Child> {
    let mut command = Command::new(program);
    command
        .arg0("finger")
        .args(arguments)
        .env("PATH", search_path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    die_with_parent(&mut command).spawn()
}

/// A pipe on which nothing ever comes, and which closes when the process has ended.
///
/// The process is not collected: until that is done, its id names no other.
fn end_of(process: Pid) -> io::Result<PipeReader> {
    let (end, held) = io::pipe()?;
    let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    let wait = move || {
        while waitid(Id::Pid(process), ended) == Err(Errno::EINTR) {}
        drop(held);
    };
    thread::Builder::new().name("wait".into()).spawn(wait)?;
    Ok(end)
}

/// Relays until standard output is closed and the program has ended.
///
/// Standard error may be open in something that the program left behind. That is not
/// waited for; but all that is in the pipe by then is still shown.
fn relay(mut output: Source, mut errors: Source, end: PipeReader) -> Result<(), ProgramError> {
    let mut running = true;
    while running || output.pipe.is_some() {
        let end = running.then_some(end.as_fd());
        let [more_output, more_errors, ended] =
            ready([output.fd(), errors.fd(), end], PollTimeout::NONE)
                .map_err(ProgramError::Watch)?;
        if more_errors {
            // With standard error gone there is no place to say so.
            let _ = errors.pump();
        }
        if more_output {
            output.pump().map_err(ProgramError::Output)?;
        }
        running &= !ended;
    }
    let left = |errors: &Source| ready([errors.fd(), None, None], PollTimeout::ZERO);
    while left(&errors).is_ok_and(|[more, ..]| more) {
        let _ = errors.pump();
    }
    Ok(())
}

/// Which of the descriptors can be read, or have ended.
fn ready(descriptors: [Option<BorrowedFd>; 3], timeout: PollTimeout) -> io::Result<[bool; 3]> {
    let mut asked: Vec<_> = descriptors
        .iter()
        .flatten()
        .map(|&fd| PollFd::new(fd, PollFlags::POLLIN))
        .collect();
    while let Err(errno) = poll(&mut asked, timeout) {
        if errno != Errno::EINTR {
            return Err(errno.into());
        }
    }
    let mut answers = asked.iter().map(|fd| fd.any().unwrap_or(true));
    Ok(descriptors.map(|descriptor| descriptor.is_some() && answers.next() == Some(true)))
}

/// A pipe from the program with its relay; without a pipe once it has ended.
struct Source<'a> {
    pipe: Option<File>,
    relay: &'a mut Relay,
}

impl<'a> Source<'a> {
    fn new(pipe: Option<impl Into<OwnedFd>>, relay: &'a mut Relay) -> Self {
        Self {
            pipe: pipe.map(|pipe| File::from(pipe.into())),
            relay,
        }
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Relays what one read gives. Closes the pipe at its end and when the relay is full.
    fn pump(&mut self) -> io::Result<()> {
        let Some(pipe) = &mut self.pipe else {
            return Ok(());
        };
        let mut chunk = [0; CHUNK];
        match pipe.read(&mut chunk) {
            Ok(count) if count > 0 => {
                if self.relay.pass(chunk.get(..count).unwrap_or_default())? == Flow::Full {
                    self.pipe = None;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(_) => self.pipe = None,
            Err(error) => {
                self.pipe = None;
                return Err(error);
            }
        }
        Ok(())
    }
}
