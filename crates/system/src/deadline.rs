//! Time limits for what others may draw out: each lookup has one, and all of a request together.
//!
//! A call into the C library's name services cannot be interrupted, so it runs in a thread of its
//! own. If the limit passes, the thread is left behind and its answer ignored.

use std::cell::Cell;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hosts_access::limits::{LOOKUP_DEADLINE, REQUEST_LOOKUP_DEADLINE};

/// Room for the name service's plug-ins; it is only taken when touched.
const STACK_BYTES: usize = 1 << 20;

/// The time that one request may still spend on lookups.
#[derive(Debug)]
pub struct Budget {
    left: Cell<Duration>,
    threads: bool,
    /// Whether the last lookup ended because its time was over.
    late: Cell<bool>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            left: Cell::new(REQUEST_LOOKUP_DEADLINE),
            threads: true,
            late: Cell::new(false),
        }
    }
}

impl Budget {
    /// A budget that makes no threads, for a process that is not ours: one that is left behind could
    /// hold a lock of the C library while the program forks. A single lookup then takes as long as
    /// the system's resolver allows it.
    pub fn without_threads() -> Self {
        Self {
            threads: false,
            ..Self::default()
        }
    }

    /// Runs something that keeps to the limit it is given, and charges the time it took.
    pub fn spend<T>(&self, limit: Duration, run: impl FnOnce(Duration) -> Option<T>) -> Option<T> {
        let limit = limit.min(self.left.get());
        self.late.set(limit.is_zero());
        if limit.is_zero() {
            return None;
        }
        let start = Instant::now();
        let outcome = run(limit);
        let took = start.elapsed();
        self.left.set(self.left.get().saturating_sub(took));
        self.late.set(outcome.is_none() && took >= limit);
        outcome
    }

    /// Whether the last lookup ended because its time was over.
    pub fn was_late(&self) -> bool {
        self.late.get()
    }

    /// Runs a blocking lookup, at most for the time that a lookup may take. Where no thread can be
    /// had it runs here, as long as it takes: no answer would let a client pass as unknown.
    pub fn look_up<T, F>(&self, lookup: F) -> Option<T>
    where
        T: Send + 'static,
        F: FnOnce() -> Option<T> + Send + 'static,
    {
        self.spend(LOOKUP_DEADLINE, |limit| {
            if !self.threads {
                return lookup();
            }
            share_the_heap();
            let (hand_over, handed_over) = mpsc::sync_channel(1);
            let (sender, receiver) = mpsc::sync_channel(1);
            let started = thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn(move || {
                    let lookup: Result<F, _> = handed_over.recv();
                    lookup.map(|lookup| sender.send(lookup()))
                });
            if started.is_err() {
                return lookup();
            }
            hand_over.send(lookup).ok()?;
            receiver.recv_timeout(limit).ok()?
        })
    }
}

/// Tells the C library not to make a heap of its own for each thread: a lookup does not live long
/// enough to gain by it.
fn share_the_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: the call takes two numbers and changes nothing but where later memory comes from.
    unsafe {
        nix::libc::mallopt(nix::libc::M_ARENA_MAX, 1)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookups_answer_or_are_given_up() {
        let budget = Budget::default();
        assert_eq!(budget.look_up(|| Some(1)), Some(1));
        assert_eq!(budget.look_up(|| None::<()>), None);
        assert!(!budget.was_late());
        budget.left.set(Duration::from_millis(50));
        let start = Instant::now();
        let late = budget.look_up(|| {
            thread::sleep(Duration::from_secs(5));
            Some(1)
        });
        assert_eq!(late, None);
        assert!(start.elapsed() < Duration::from_secs(4));
        assert!(budget.was_late());
        assert_eq!(budget.look_up(|| Some(1)), None, "nothing is left");
        assert!(budget.was_late());
    }
}
