//! The time limit, which nothing outlasts.
//!
//! The work runs in a thread of its own; the main thread waits for it, but no longer than
//! the limit. So it does not matter what the work hangs in: a resolver, a server, a finger
//! program, or an output that nobody reads. When time is up, the process group of the
//! finger program is killed, and returning from `main` ends the rest.

use std::io;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// The finger program that is running, if one is, as leader of its process group.
#[derive(Clone, Default)]
pub struct ProcessGroup(Arc<Mutex<Option<Child>>>);

impl ProcessGroup {
    /// Puts a running leader in charge of the group; gives its process id.
    pub fn enter(&self, leader: Child) -> io::Result<Pid> {
        let id = id_of(&leader);
        *self.leader() = Some(leader);
        id
    }

    /// Collects the status of a leader that has ended.
    ///
    /// Its id is free for another process from here on, so the group is forgotten with it.
    pub fn reap(&self) -> io::Result<ExitStatus> {
        let mut leader = self.leader();
        let status = leader
            .as_mut()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?
            .wait();
        *leader = None;
        status
    }

    /// Kills what runs in the group.
    pub fn kill(&self) {
        let leader = self.leader();
        if let Some(Ok(id)) = leader.as_ref().map(id_of) {
            let _ = killpg(id, Signal::SIGKILL);
        }
    }

    fn leader(&self) -> MutexGuard<'_, Option<Child>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn id_of(child: &Child) -> io::Result<Pid> {
    i32::try_from(child.id())
        .map(Pid::from_raw)
        .map_err(io::Error::other)
}

/// Why there is no result of the work.
#[derive(Debug)]
pub enum Unfinished {
    /// It took too long.
    Late,
    /// It could not be started, or broke.
    Broken(String),
}

/// Does the work in a thread, and waits for it until the deadline.
pub fn until<T, W>(deadline: Instant, work: W) -> Result<T, Unfinished>
where
    T: Send + 'static,
    W: FnOnce() -> T + Send + 'static,
{
    let (sender, receiver) = channel();
    thread::Builder::new()
        .name("work".into())
        .spawn(move || sender.send(work()))
        .map_err(|error| Unfinished::Broken(format!("cannot start a thread: {error}")))?;
    match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(result) => Ok(result),
        Err(RecvTimeoutError::Timeout) => Err(Unfinished::Late),
        Err(RecvTimeoutError::Disconnected) => Err(Unfinished::Broken("internal error".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn work_in_time_gives_its_result() {
        let deadline = Instant::now() + Duration::from_secs(20);
        assert_eq!(until(deadline, || 7).expect("result"), 7);
    }

    #[test]
    fn work_that_hangs_is_left_behind() {
        let started = Instant::now();
        let result = until(started + Duration::from_millis(50), || {
            thread::sleep(Duration::MAX)
        });
        assert!(matches!(result, Err(Unfinished::Late)));
        assert!(started.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn work_that_breaks_is_noticed() {
        let deadline = Instant::now() + Duration::from_secs(20);
        let result = until(deadline, || panic!("as the test wants it"));
        assert!(matches!(result, Err(Unfinished::Broken(_))), "{result:?}");
    }
}
