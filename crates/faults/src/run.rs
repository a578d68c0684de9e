//! All runs: the plans, the choice, the workers, and the report.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, anyhow};
use clap::Args;

use crate::choose::{Choice, choose};
use crate::exempt::Exemption;
use crate::judge::{Change, Defect, judge};
use crate::lab::{Job, Program, Side, Target, View};
use crate::made::compile;
use crate::plan::{Plan, plan};
use crate::policy::Question;
use crate::pool::{Worker, each};
use crate::tally::Tally;

/// What is to be tried.
#[derive(Args)]
pub(crate) struct Wanted {
    /// At most so many runs; without it, all that there are.
    #[arg(long)]
    runs: Option<usize>,
    /// No run is begun after so many seconds, but those that are needed to reach everything once.
    #[arg(long)]
    seconds: Option<u64>,
    /// The order in which they are tried; without it, another one each day.
    #[arg(long)]
    seed: Option<u64>,
    /// Only questions whose name has this in it.
    #[arg(long)]
    only: Option<String>,
    /// Only faults whose text has this in it: `openat=`, `memory`, ` EIO`.
    #[arg(long)]
    fault: Option<String>,
    /// Only this program: tcpd, once or thrice.
    #[arg(long)]
    program: Option<String>,
    /// Without Debian's programs.
    #[arg(long)]
    ours: bool,
    /// So many workers; without it, one more than there are processors.
    #[arg(long)]
    workers: Option<usize>,
    /// Where every finding is written, one a line.
    #[arg(long)]
    findings: Option<PathBuf>,
}

/// How many findings are shown.
const SHOWN: usize = 60;

/// A fault that was not met is tried again so often: which thread makes a call first may change.
const TRIES: usize = 4;

/// Makes the runs and prints the report.
pub(crate) fn run(wanted: &Wanted) -> Result<ExitCode> {
    if !scenarios::satisfied("faults", &["strace"]) {
        return Ok(ExitCode::SUCCESS);
    }
    let start = Instant::now();
    let made = compile()?;
    let workers = match wanted.workers {
        Some(workers) => workers,
        None => std::thread::available_parallelism()?.get() + 1,
    };
    let plans = plans(wanted, workers, &made)?;
    let day = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let seed = wanted.seed.unwrap_or(day.as_secs() / 86_400);
    let (choices, needed) = choose(&plans, seed);
    let all = choices.len();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{} questions, {all} faults, planned in {:.0} s; seed {seed}",
        plans.len(),
        start.elapsed().as_secs_f64()
    )?;
    out.flush()?;
    let most = wanted.runs.unwrap_or(all).max(needed);
    let deadline = wanted
        .seconds
        .map(|seconds| start + Duration::from_secs(seconds));
    let tally = Mutex::new(Tally::default());
    let exemption = Exemption::default();
    let numbered: Vec<_> = choices.into_iter().take(most).enumerate().collect();
    each(workers, &made, numbered, |worker, (number, choice)| {
        let late = deadline.is_some_and(|deadline| Instant::now() > deadline);
        if late && number >= needed {
            return Ok(());
        }
        try_one(worker, &plans[choice.plan], choice, &exemption, &tally)
    })?;
    let tally = tally
        .into_inner()
        .map_err(|_| anyhow!("a thread panicked"))?;
    let (ours, debian) = tally.runs();
    writeln!(out, "{tally}")?;
    for finding in tally.findings.iter().take(SHOWN) {
        let defects: Vec<_> = finding.defects.iter().map(Defect::to_string).collect();
        writeln!(
            out,
            "{}: {}; {}",
            defects.join(", "),
            finding.name,
            finding.log
        )?;
    }
    if let Some(path) = &wanted.findings {
        let lines = tally.findings.iter().map(|finding| {
            let defects: Vec<_> = finding.defects.iter().map(Defect::to_string).collect();
            format!("{}\t{}\t{}\n", defects.join(","), finding.name, finding.log)
        });
        fs::write(path, lines.collect::<String>())?;
    }
    writeln!(
        out,
        "{ours} runs of ours and {debian} of Debian's in {:.0} s; {} of {all} faults left out; {} at calls that are \
         not made each time; {} findings",
        start.elapsed().as_secs_f64(),
        all as u64 - ours - debian - tally.not_always_made,
        tally.not_always_made,
        tally.findings.len()
    )?;
    Ok(if tally.findings.is_empty() && ours > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Records every question under every target.
fn plans(wanted: &Wanted, workers: usize, made: &Path) -> Result<Vec<Plan>> {
    let mut tasks = Vec::new();
    let sides = if wanted.ours || !made.join("debian/asker").exists() {
        &[Side::Ours][..]
    } else {
        &[Side::Ours, Side::Debian]
    };
    for &side in sides {
        for program in [Program::Tcpd, Program::Once, Program::Thrice] {
            let chosen = wanted.program.as_ref();
            if chosen.is_some_and(|chosen| chosen != program.name()) {
                continue;
            }
            let mut first = true;
            for question in Question::all() {
                let policy = question.policy();
                let name = question.to_string();
                if (program != Program::Tcpd && policy.only_tcpd)
                    || (policy.rights && !nix::unistd::geteuid().is_root())
                    || wanted
                        .only
                        .as_ref()
                        .is_some_and(|only| !name.contains(only))
                {
                    continue;
                }
                // The original does not give up root (O1), so its rights are not compared.
                if policy.rights && side == Side::Debian {
                    continue;
                }
                tasks.push((Target { side, program }, question, first));
                first = false;
            }
        }
    }
    let plans = Mutex::new(Vec::new());
    each(workers, made, tasks, |worker, (target, question, first)| {
        let mut made = plan(&mut |job| worker.run(job), target, question, first)?;
        if let Some(text) = &wanted.fault {
            made.faults.retain(|fault| fault.to_string().contains(text));
        }
        plans
            .lock()
            .map_err(|_| anyhow!("a thread panicked"))?
            .push(made);
        Ok(())
    })?;
    let mut plans = plans
        .into_inner()
        .map_err(|_| anyhow!("a thread panicked"))?;
    plans.sort_by_key(|plan| (plan.target, plan.question));
    Ok(plans)
}

fn try_one(
    worker: &mut Worker,
    plan: &Plan,
    choice: Choice,
    exemption: &Exemption,
    tally: &Mutex<Tally>,
) -> Result<()> {
    let job = Job {
        target: plan.target,
        question: plan.question,
        fault: Some(choice.fault),
        view: View::Hits(false),
    };
    let in_loader = job
        .fault
        .as_ref()
        .is_some_and(|fault| plan.is_loaders(fault));
    let (mut outcome, mut judged);
    let mut tries = 0;
    loop {
        outcome = worker.run(&job)?;
        judged = judge(&job, &outcome, &plan.usual, in_loader);
        tries += 1;
        if !judged.defects.contains(&Defect::Unreached) || tries == TRIES {
            break;
        }
    }
    if judged.defects.contains(&Defect::Unreached)
        && !is_always_made(worker, plan, &job, in_loader)?
    {
        let mut tally = tally.lock().map_err(|_| anyhow!("a thread panicked"))?;
        tally.not_always_made += 1;
        return Ok(());
    }
    let may_be = judged.change == Change::Opened || judged.defects.contains(&Defect::Unexplained);
    let exempt = may_be
        && job.target.side == Side::Ours
        && exemption.holds(worker, &job, &outcome, &plan.usual)?;
    let mut tally = tally.lock().map_err(|_| anyhow!("a thread panicked"))?;
    tally.add(&job, &outcome, &judged, exempt);
    Ok(())
}

/// Whether a fault that was not met can be met in each run: recordings without one have its call as often as that.
/// Where the kernel puts the heap, say, decides whether a block of memory needs a call of its own.
fn is_always_made(worker: &mut Worker, made: &Plan, job: &Job, in_loader: bool) -> Result<bool> {
    for _ in 0..TRIES {
        let again = plan(
            &mut |job| worker.run(job),
            made.target,
            made.question,
            in_loader,
        )?;
        if !job
            .fault
            .as_ref()
            .is_some_and(|fault| again.faults.contains(fault))
        {
            return Ok(false);
        }
    }
    Ok(true)
}
