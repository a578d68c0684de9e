//! What came of the runs: counted by policy and by call, with all that is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::fault::{Fault, Scope};
use crate::judge::{Change, Defect, Judgement, name};
use crate::lab::{Job, Outcome, Program, Side};

/// Counts of a policy or of a call.
#[derive(Debug, Default)]
struct Counts {
    runs: u64,
    /// Kinds of calls that were hit.
    kinds: BTreeSet<String>,
    /// Each call at each time, in each scope and form.
    hits: BTreeSet<String>,
    same: u64,
    closed: u64,
    not_started: u64,
    ended: u64,
    exempt: u64,
    defects: BTreeMap<Defect, u64>,
    /// The same runs of Debian's programs: how many, and how many opened.
    debian: u64,
    debian_opened: u64,
}

/// Something wrong.
#[derive(Debug)]
pub(crate) struct Finding {
    /// What.
    pub(crate) defects: BTreeSet<Defect>,
    /// How it is tried again.
    pub(crate) name: String,
    /// The last line of the log.
    pub(crate) log: String,
}

/// All counts.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    policies: BTreeMap<(Program, String), Counts>,
    calls: BTreeMap<String, Counts>,
    kinds: BTreeMap<String, Counts>,
    slowest: u64,
    /// Faults that were not met, at a call that a run without a fault does not always make.
    pub(crate) not_always_made: u64,
    /// What is wrong with ours.
    pub(crate) findings: Vec<Finding>,
}

impl Tally {
    /// Counts one run.
    pub(crate) fn add(&mut self, job: &Job, outcome: &Outcome, judged: &Judgement, exempt: bool) {
        let Some(fault) = &job.fault else { return };
        let ours = job.target.side == Side::Ours;
        let policy = job.question.policy().name.to_owned();
        let mut each = vec![
            self.policies
                .entry((job.target.program, policy))
                .or_default(),
            self.kinds.entry(fault.kind()).or_default(),
        ];
        if let Fault::Calls(_, hits, _) = fault
            && let [hit] = &hits[..]
        {
            each.push(self.calls.entry(hit.call.clone()).or_default());
        }
        for counts in each {
            counts.add(job, fault, judged, exempt);
        }
        if !ours {
            return;
        }
        self.slowest = self.slowest.max(outcome.took);
        let mut defects = judged.defects.clone();
        if exempt {
            defects.remove(&Defect::Opened);
            defects.remove(&Defect::Unexplained);
        }
        if !defects.is_empty() {
            let last = outcome.log.last().map_or("no line", |(_, text)| text);
            self.findings.push(Finding {
                defects,
                name: name(job),
                log: format!("log: {last}; client: {:?}", outcome.read),
            });
        }
    }

    /// Runs of ours, and of Debian's.
    pub(crate) fn runs(&self) -> (u64, u64) {
        let counts = self.policies.values();
        counts.fold((0, 0), |(ours, debian), counts| {
            (ours + counts.runs, debian + counts.debian)
        })
    }
}

impl Counts {
    fn add(&mut self, job: &Job, fault: &Fault, judged: &Judgement, exempt: bool) {
        if job.target.side == Side::Debian {
            self.debian += 1;
            self.debian_opened += u64::from(judged.change == Change::Opened);
            return;
        }
        self.runs += 1;
        if let Fault::Calls(scope, hits, _) = fault
            && let [hit] = &hits[..]
        {
            self.kinds.insert(hit.call.clone());
            let (question, place) = (job.question, scope_name(*scope));
            let program = job.target.program.name();
            self.hits.insert(format!(
                "{program} {question} {place} {}={}",
                hit.call, hit.time
            ));
        }
        let mut defects = judged.defects.clone();
        if exempt {
            self.exempt += 1;
            defects.remove(&Defect::Opened);
            defects.remove(&Defect::Unexplained);
        }
        match judged.change {
            Change::None => self.same += 1,
            Change::Closed => self.closed += 1,
            Change::NotStarted => self.not_started += 1,
            Change::Ended => self.ended += 1,
            Change::Opened => {}
        }
        for defect in defects {
            *self.defects.entry(defect).or_default() += 1;
        }
    }

    fn opened(&self) -> u64 {
        self.defects.get(&Defect::Opened).copied().unwrap_or(0)
    }

    fn others(&self) -> String {
        let others = self.defects.iter();
        let others = others.filter(|(defect, _)| **defect != Defect::Opened);
        let words: Vec<_> = others
            .map(|(defect, count)| format!("{count} {defect}"))
            .collect();
        if words.is_empty() {
            "-".into()
        } else {
            words.join(", ")
        }
    }
}

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Alone => "alone",
        Scope::InPlace => "in place",
        Scope::Everyone => "everyone",
    }
}

/// A table of counts with a first column of its own.
fn table<'c>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    rows: impl Iterator<Item = (String, &'c Counts)>,
) -> fmt::Result {
    writeln!(
        f,
        "\n| {title} | calls | hit | runs | same | less open | not started | ended | exempt | opened | other | Debian's: runs | opened |"
    )?;
    writeln!(f, "|{}", "---|".repeat(13))?;
    for (first, counts) in rows {
        writeln!(
            f,
            "| {first} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            counts.kinds.len(),
            counts.hits.len(),
            counts.runs,
            counts.same,
            counts.closed,
            counts.not_started,
            counts.ended,
            counts.exempt,
            counts.opened(),
            counts.others(),
            counts.debian,
            counts.debian_opened
        )?;
    }
    Ok(())
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for program in [Program::Tcpd, Program::Once, Program::Thrice] {
            let rows = self.policies.iter();
            let rows = rows.filter(|((of, _), _)| *of == program);
            table(
                f,
                program.name(),
                rows.map(|((_, policy), counts)| (policy.clone(), counts)),
            )?;
        }
        for (title, counts) in [("call", &self.calls), ("fault", &self.kinds)] {
            let rows = counts.iter().map(|(name, counts)| (name.clone(), counts));
            table(f, title, rows)?;
        }
        let slowest = Duration::from_millis(self.slowest);
        writeln!(f, "\nThe slowest run took {:.1} s.", slowest.as_secs_f64())
    }
}
