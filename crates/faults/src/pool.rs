//! The workers: processes with a lab each, that take one job after the other.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, anyhow};

use crate::lab::{Job, Outcome};

/// A worker process and the pipes to it. It ends when they are closed.
pub(crate) struct Worker {
    child: Child,
    jobs: Option<ChildStdin>,
    outcomes: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts one in namespaces of its own. `made` is the folder of what was compiled for it.
    pub(crate) fn start(made: &Path) -> Result<Self> {
        let mut child = scenarios::namespaces()
            .arg(std::env::current_exe()?)
            .arg("worker")
            .arg(made)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("unshare")?;
        let jobs = child.stdin.take();
        let outcomes = child.stdout.take().context("no pipe")?;
        Ok(Self {
            child,
            jobs,
            outcomes: BufReader::new(outcomes),
        })
    }

    /// Has one run made.
    pub(crate) fn run(&mut self, job: &Job) -> Result<Outcome> {
        let jobs = self.jobs.as_mut().context("no pipe")?;
        writeln!(jobs, "{}", serde_json::to_string(job)?)?;
        jobs.flush()?;
        let mut line = String::new();
        self.outcomes.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("a worker failed on {job:?}"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.jobs.take());
        let _ = self.child.wait();
    }
}

/// Does something with every item, in several workers side by side.
pub(crate) fn each<T: Send>(
    workers: usize,
    made: &Path,
    items: Vec<T>,
    act: impl Fn(&mut Worker, T) -> Result<()> + Sync,
) -> Result<()> {
    let queue = Mutex::new(items.into_iter());
    let work = || -> Result<()> {
        let mut worker = Worker::start(made)?;
        loop {
            let Some(item) = queue
                .lock()
                .map_err(|_| anyhow!("a thread panicked"))?
                .next()
            else {
                return Ok(());
            };
            act(&mut worker, item)?;
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let ended = threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?);
        // All are waited for; the first failure counts.
        ended.collect::<Vec<_>>().into_iter().collect()
    })
}
