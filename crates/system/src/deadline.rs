//! Time limits for what others may draw out: each lookup has one, and all of a request together.
//!
//! A call into the C library's name services cannot be interrupted, so it runs in a thread of its
//! own. If the limit passes, the thread is left behind and its answer ignored.

use std::cell::Cell;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::limits::{ADDRESS_LOOKUP_DEADLINE, NAME_LOOKUP_DEADLINE, REQUEST_LOOKUP_DEADLINE};
use hosts_access::request::facts::{Answer, Unanswered};
use nix::libc;

/// Room for the name service's plug-ins; it is only taken when touched.
const STACK_BYTES: usize = 1 << 20;

/// The limits of time for one request.
#[derive(Clone, Copy, Debug)]
pub struct LookupLimits {
    /// For the lookup of an address.
    pub address: Duration,
    /// For the lookup of a name or netgroup.
    pub name: Duration,
    /// For all lookups together.
    pub request: Duration,
}

impl Default for LookupLimits {
    fn default() -> Self {
        Self {
            address: ADDRESS_LOOKUP_DEADLINE,
            name: NAME_LOOKUP_DEADLINE,
            request: REQUEST_LOOKUP_DEADLINE,
        }
    }
}

/// The time that one request may still spend on lookups.
#[derive(Debug)]
pub struct Budget {
    /// The limits of a single lookup.
    pub limits: LookupLimits,
    left: Cell<Duration>,
    threads: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(LookupLimits::default())
    }
}

impl Budget {
    /// A budget within these limits.
    pub fn new(limits: LookupLimits) -> Self {
        Self {
            limits,
            left: Cell::new(limits.request),
            threads: true,
        }
    }

    /// A budget that makes no threads, for a process that is not ours: one that is left behind could
    /// hold a lock of the C library while the program forks. A lookup then takes as long as the system's
    /// resolver allows it, and what it says counts.
    pub fn without_threads() -> Self {
        Self {
            threads: false,
            ..Self::default()
        }
    }

    /// Runs something that keeps to the limit it is given, and charges the time it took.
    ///
    /// # Errors
    /// Its own, and that no time is left or that it got less than its limit and used it up.
    pub fn spend<T>(&self, limit: Duration, run: impl FnOnce(Duration) -> Answer<T>) -> Answer<T> {
        if !self.threads {
            return run(limit);
        }
        let left = self.left.get();
        let limited = limit.min(left);
        if limited.is_zero() {
            return Err(Unanswered::Late);
        }
        let start = Instant::now();
        let outcome = run(limited);
        let took = start.elapsed();
        self.left.set(left.saturating_sub(took));
        match outcome {
            Ok(None) if limited < limit && took >= limited => Err(Unanswered::Late),
            outcome => outcome,
        }
    }

    /// Runs a blocking lookup, at most for this time. Where no thread can be had it runs here, as long as it
    /// takes: no answer would let a client pass as unknown.
    ///
    /// # Errors
    /// The lookup's, and that its time is over.
    pub fn look_up<T, F>(&self, limit: Duration, lookup: F) -> Answer<T>
    where
        T: Send + 'static,
        F: FnOnce() -> Answer<T> + Send + 'static,
    {
        self.spend(limit, |limit| {
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
            let gone = Unanswered::Failed(libc::EIO);
            hand_over.send(lookup).map_err(|_| gone)?;
            receiver.recv_timeout(limit).map_err(|error| match error {
                RecvTimeoutError::Timeout => Unanswered::Late,
                RecvTimeoutError::Disconnected => gone,
            })?
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
        let second = Duration::from_secs(1);
        let budget = Budget::new(LookupLimits {
            address: second,
            name: second,
            request: Duration::from_millis(50),
        });
        assert_eq!(budget.look_up(second, || Ok(Some(1))), Ok(Some(1)));
        assert_eq!(budget.look_up(second, || Ok(None::<()>)), Ok(None));
        let short = Unanswered::Failed(24);
        assert_eq!(
            budget.look_up(second, move || Err::<Option<()>, _>(short)),
            Err(short)
        );
        let start = Instant::now();
        let late = budget.look_up(second, || {
            thread::sleep(Duration::from_secs(5));
            Ok(Some(1))
        });
        assert_eq!(late, Err(Unanswered::Late));
        assert!(start.elapsed() < Duration::from_secs(4));
        assert_eq!(
            budget.look_up(second, || Ok(Some(1))),
            Err(Unanswered::Late),
            "nothing is left"
        );
    }

    /// A peer that keeps silent is one thing, a request that has no time left another.
    #[test]
    fn what_has_its_own_limit_is_late_only_if_it_got_less() {
        let request = Duration::from_millis(60);
        let silent = |limit: Duration| {
            thread::sleep(limit);
            Ok(None::<()>)
        };
        let budget = || {
            Budget::new(LookupLimits {
                request,
                ..LookupLimits::default()
            })
        };
        assert_eq!(budget().spend(Duration::from_millis(20), silent), Ok(None));
        let late = Err(Unanswered::Late);
        assert_eq!(budget().spend(Duration::from_millis(200), silent), late);
    }

    #[test]
    fn without_threads_what_was_said_late_counts() {
        let budget = Budget {
            threads: false,
            ..Budget::new(LookupLimits {
                address: Duration::ZERO,
                name: Duration::ZERO,
                request: Duration::ZERO,
            })
        };
        assert_eq!(budget.look_up(Duration::ZERO, || Ok(None::<()>)), Ok(None));
    }
}
