//! The one exemption: a single error within a lookup of the C library, which reports it as "try again" or as "no such
//! name". No program can tell that from a name service that does not answer or does not know.
//!
//! It is recognised by what is seen, not by what is guessed: the run is made again with marks at the lookups
//! (`c/markers.c`). The client has to come to the same, the call that fails has to stand between the marks of a lookup,
//! and the second mark has to say that the C library reported one of the two.

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::{Result, anyhow};

use crate::fault::{Fault, Hit, Scope};
use crate::judge::{is_in_lookup, opened};
use crate::lab::{Job, Outcome, Target, View};
use crate::plan::difference;
use crate::policy::Question;
use crate::pool::Worker;
use crate::trace;

/// How often each call is made more with the marks, before the program begins.
type More = BTreeMap<String, u32>;

/// Tells what is exempt.
#[derive(Default)]
pub(crate) struct Exemption {
    known: Mutex<BTreeMap<(Target, Question, Scope), More>>,
}

impl Exemption {
    /// Whether the exemption holds for a run.
    pub(crate) fn holds(
        &self,
        worker: &mut Worker,
        job: &Job,
        outcome: &Outcome,
        usual: &Outcome,
    ) -> Result<bool> {
        let Some((scope, hit)) = job.fault.as_ref().and_then(Fault::single) else {
            return Ok(false);
        };
        let more = self.more(worker, job, scope)?;
        let more = more.get(&hit.call).copied().unwrap_or_default();
        let before = opened(job, outcome, usual);
        // A lookup that has a thread of its own counts from the start.
        for time in [hit.time + more, hit.time] {
            let mut fault = job.fault.clone();
            if let Some(Fault::Calls(_, hits, _)) = &mut fault {
                *hits = vec![Hit {
                    time,
                    ..hit.clone()
                }];
            }
            let marked = worker.run(&Job {
                fault,
                view: View::Hits(true),
                ..job.clone()
            })?;
            if opened(job, &marked, usual) == before && is_in_lookup(&marked, hit) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How often the first thread makes each call more with the marks.
    fn more(&self, worker: &mut Worker, job: &Job, scope: Scope) -> Result<More> {
        let key = (job.target, job.question, scope);
        let lock = || self.known.lock().map_err(|_| anyhow!("a thread panicked"));
        if let Some(more) = lock()?.get(&key) {
            return Ok(more.clone());
        }
        let mut record = |marks| {
            worker.run(&Job {
                fault: None,
                view: View::All(scope, marks),
                ..job.clone()
            })
        };
        let (marked, plain) = (record(true)?, record(false)?);
        let more = difference(&first_thread(&marked.trace), &first_thread(&plain.trace));
        let more = more
            .into_iter()
            .map(|(call, count)| (call.to_owned(), count));
        let more: More = more.collect();
        lock()?.insert(key, more.clone());
        Ok(more)
    }
}

/// The calls of the first thread.
fn first_thread(trace: &str) -> Vec<trace::Made<'_>> {
    let mut made = trace::calls(trace);
    let first = made.first().map_or(0, |one| one.thread);
    made.retain(|one| one.thread == first);
    made
}
