//! Lets system calls fail under tcpd and under a program that uses the library, one at a time and for good, at each
//! time that they are made. No verdict may be more open for it than it is without.
//!
//! `faults run` makes the runs, in namespaces of its own, with strace's injection; docs/reliability.md says what is
//! tried and how it is counted. `faults show TARGET QUESTION FAULT` makes one of them again and prints
//! all of it. The exit status is 1 if anything is wrong, and 2 if the runs could not be made.

mod choose;
mod exempt;
mod fault;
mod judge;
mod lab;
mod made;
mod plan;
mod policy;
mod pool;
mod run;
mod tally;
mod trace;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};

use crate::fault::Fault;
use crate::lab::{Job, Program, Side, Target, View};

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Makes the runs and prints what came of them.
    Run(run::Wanted),
    /// Makes one run again and prints all of it.
    Show {
        /// `ours/tcpd`, `debian/once`, `ours/thrice`, ...
        target: String,
        /// As the report names it: `deny-name@dns/refuses`.
        question: String,
        /// As the report names it: `alone openat=3 EMFILE`; without it, nothing fails.
        fault: Option<Fault>,
        /// Marks in the trace where lookups begin and end, of all calls.
        #[arg(long)]
        all: bool,
    },
    /// Makes the runs that it reads from standard input: started by `run`.
    #[command(hide = true)]
    Worker { made: PathBuf },
}

fn main() -> Result<ExitCode> {
    match Arguments::parse().task {
        Task::Run(wanted) => run::run(&wanted),
        Task::Worker { made } => lab::work(&made).map(|()| ExitCode::SUCCESS),
        Task::Show {
            target,
            question,
            fault,
            all,
        } => show(&target, &question, fault, all),
    }
}

fn show(target: &str, question: &str, fault: Option<Fault>, all: bool) -> Result<ExitCode> {
    let question = judge::question(question).with_context(|| format!("{question}: no question"))?;
    let (side, program) = target.split_once('/').context("TARGET is SIDE/PROGRAM")?;
    let side = match side {
        "ours" => Side::Ours,
        "debian" => Side::Debian,
        _ => bail!("{side}: ours or debian"),
    };
    let program = match program {
        "tcpd" => Program::Tcpd,
        "once" => Program::Once,
        "thrice" => Program::Thrice,
        _ => bail!("{program}: tcpd, once or thrice"),
    };
    let view = match (&fault, all) {
        (Some(Fault::Calls(scope, ..)), true) => View::All(*scope, false),
        (Some(_), _) => View::Hits(false),
        (None, true) => View::All(fault::Scope::Everyone, false),
        (None, false) => View::None,
    };
    let target = Target { side, program };
    let usual = Job {
        target,
        question,
        fault: None,
        view: View::None,
    };
    let job = Job {
        fault,
        view,
        ..usual.clone()
    };
    let made = made::compile()?;
    let mut worker = pool::Worker::start(&made)?;
    let (usual, outcome) = (worker.run(&usual)?, worker.run(&job)?);
    let judged = judge::judge(&job, &outcome, &usual, false);
    let policy = question.policy();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "hosts.allow:\n{}hosts.deny:\n{}client {}\n{}",
        policy.allow,
        policy.deny,
        question.client(),
        outcome.trace
    )?;
    for (priority, text) in &outcome.log {
        writeln!(out, "{priority} {text}")?;
    }
    writeln!(
        out,
        "client read {:?}\nstatus {:?}, signal {:?}, {} ms\n{:?}: {:?} after {:?}",
        outcome.read,
        outcome.status,
        outcome.signal,
        outcome.took,
        judged.change,
        judge::opened(&job, &outcome, &usual),
        judge::opened(&job, &usual, &usual),
    )?;
    for defect in &judged.defects {
        writeln!(out, "{defect}")?;
    }
    Ok(if judged.defects.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
