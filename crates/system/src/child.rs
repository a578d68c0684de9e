//! A child that does not outlive its parent.
//!
//! Touches the child between fork and exec only. If the kernel cannot do it, the child is
//! not started and the caller gets the error.

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{getpid, getppid};

/// Has the kernel kill the child when the thread that started it ends, however it ends.
pub fn die_with_parent(command: &mut Command) -> &mut Command {
    let parent = getpid();
    let prepare = move || {
        set_pdeathsig(Signal::SIGKILL)?;
        // The parent may have ended before the kernel was asked.
        if getppid() == parent {
            Ok(())
        } else {
            Err(Errno::ESRCH.into())
        }
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. `prepare`
    // makes two system calls, allocates nothing and takes no lock.
    unsafe { command.pre_exec(prepare) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::kill;
    use nix::unistd::Pid;
    use std::process::Stdio;
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn the_child_dies_with_the_thread_that_started_it() {
        let started = || {
            let mut command = Command::new("sleep");
            die_with_parent(&mut command)
                .arg("600")
                .stdin(Stdio::null())
                .spawn()
        };
        let mut child = thread::spawn(started)
            .join()
            .expect("thread")
            .expect("child");
        let deadline = Instant::now() + Duration::from_secs(20);
        while child.try_wait().expect("wait").is_none() {
            if Instant::now() > deadline {
                child.kill().expect("kill");
                panic!("the child is still there");
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn the_child_runs_while_its_parent_does() {
        let status = die_with_parent(Command::new("true").stdin(Stdio::null())).status();
        assert!(status.expect("status").success());
        assert!(kill(Pid::this(), None).is_ok());
    }
}
