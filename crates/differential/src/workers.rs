//! Spreads cases over processes, one for each processor, and adds up what they find.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use test_kit::{Program, Scratch, original};

use crate::case::Case;
use crate::compare::Judgement;
use crate::coverage::{Coverage, ENOUGH, Watch};
use crate::explain::Sides;
use crate::original::Original;
use crate::queries::Programs;
use crate::{explain, queries, shrink};

/// Unexplained differences that one process prints.
const MOST_SHOWN: u64 = 5;

/// How many cases went which way.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    cases: u64,
    equal: u64,
    rows: BTreeMap<String, u64>,
    pub(crate) unexplained: u64,
    coverage: Coverage,
    elapsed: Duration,
    /// Processor time.
    spent: Duration,
}

impl Counts {
    /// Compares these cases in this process.
    pub(crate) fn of(original: &Original, cases: impl IntoIterator<Item = Case>) -> Result<Self> {
        let start = Instant::now();
        let spent_before = spent();
        let mut counts = Self::default();
        for (number, case) in (0..).zip(cases) {
            counts.add(original, number, &case)?;
        }
        counts.elapsed = start.elapsed();
        counts.spent = spent().saturating_sub(spent_before);
        Ok(counts)
    }

    /// Compares one case and counts it.
    pub(crate) fn add(&mut self, original: &Original, number: u64, case: &Case) -> Result<()> {
        let watch = Watch::new(case, &mut self.coverage);
        let judgement = explain::judge(original, case, &|heard| watch.hear(heard))?;
        let unexplained = judgement == Judgement::Unexplained;
        self.count(judgement);
        if unexplained && self.unexplained <= MOST_SHOWN {
            show(original, number, &shrink::smallest(original, case)?)?;
        }
        Ok(())
    }

    /// Compares what the programs say to one query.
    pub(crate) fn add_query(
        &mut self,
        programs: &Programs,
        number: u64,
        case: &Case,
    ) -> Result<()> {
        let judgement = explain::judge_sides(programs, case, &programs.ours(case)?)?;
        let unexplained = judgement == Judgement::Unexplained;
        self.count(judgement);
        if unexplained && self.unexplained <= MOST_SHOWN {
            show(programs, number, case)?;
        }
        Ok(())
    }

    fn count(&mut self, judgement: Judgement) {
        self.cases += 1;
        match judgement {
            Judgement::Equal => self.equal += 1,
            Judgement::Explained(rows) => *self.rows.entry(rows.join("+")).or_default() += 1,
            Judgement::Unexplained => self.unexplained += 1,
        }
    }

    /// Lines for the process that adds up.
    pub(crate) fn encode(&self) -> String {
        let counts = [self.cases, self.equal, self.unexplained].map(|count| count.to_string());
        let rows = self
            .rows
            .iter()
            .map(|(row, count)| format!("{row}={count}"));
        let first = counts.into_iter().chain(rows).collect::<Vec<_>>().join(" ");
        let lines = std::iter::once(first).chain(self.coverage.encode());
        lines.collect::<Vec<_>>().join("\n")
    }

    fn merge(&mut self, text: &str) -> Result<()> {
        let (counts, coverage) = text.split_once('\n').context("a worker said nothing")?;
        let mut fields = counts.split_whitespace();
        for to in [&mut self.cases, &mut self.equal, &mut self.unexplained] {
            *to += fields.next().context("no count")?.parse::<u64>()?;
        }
        for field in fields {
            let (row, count) = field.split_once('=').context("no count")?;
            *self.rows.entry(row.to_owned()).or_default() += count.parse::<u64>()?;
        }
        coverage
            .lines()
            .try_for_each(|line| self.coverage.merge(line))
    }

    /// Constructs that were never reached although there were enough cases.
    pub(crate) fn missed(&self) -> Vec<String> {
        let expected = self.coverage.expected().into_iter();
        let missed = expected.take_while(|(count, _)| *count == 0 && self.cases >= ENOUGH);
        missed.map(|(_, construct)| construct).collect()
    }

    /// Every construct that was reached, with its count.
    pub(crate) fn reached(&self) -> Vec<(&str, u64)> {
        self.coverage.reached()
    }
}

/// Prints a case that differs, and both outcomes.
fn show(sides: &dyn Sides, number: u64, case: &Case) -> Result<()> {
    let mut out = std::io::stderr().lock();
    writeln!(out, "case {number}:\n{}", case.source())?;
    writeln!(out, "// ours: {:?}", sides.ours(case)?)?;
    if !explain::too_much(case) {
        writeln!(out, "// original: {:?}", sides.theirs(case)?)?;
    }
    Ok(())
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (elapsed, spent) = (self.elapsed.as_secs_f64(), self.spent.as_secs_f64());
        let rate = self.cases as f64 / elapsed;
        writeln!(
            f,
            "{:>10} cases, {elapsed:.1} s, {spent:.1} s of processor time, {rate:.0} cases/s",
            self.cases
        )?;
        writeln!(f, "{:>10} equal", self.equal)?;
        // A case that several rows explain together counts for each.
        let mut each = BTreeMap::<&str, u64>::new();
        for (rows, count) in &self.rows {
            for row in rows.split('+') {
                *each.entry(row).or_default() += count;
            }
        }
        for (row, count) in each {
            writeln!(f, "{count:>10} {row}")?;
        }
        let constructs = self.coverage.expected();
        if let Some((count, rarest)) = constructs.first().filter(|_| self.cases >= ENOUGH) {
            let all = constructs.len();
            writeln!(
                f,
                "{all:>10} constructs; the rarest, {count} times: {rarest}"
            )?;
        }
        write!(f, "{:>10} unexplained", self.unexplained)
    }
}

/// Debian's library.
pub(crate) fn library() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TCPD_LIBWRAP") {
        return Some(path.into());
    }
    let folders = std::fs::read_dir(original().join("usr/lib")).ok()?;
    let paths = folders.filter_map(|folder| Some(folder.ok()?.path().join("libwrap.so.0")));
    paths.into_iter().find(|path| path.exists())
}

/// Starts this program again so that the loader sees what lies beside the library: the libraries that
/// it needs in its turn. Returns if it was started so already.
pub(crate) fn find_its_libraries(library: &Path) -> Result<()> {
    let folder = library.parent().context("the library lies nowhere")?;
    if std::env::var_os("LD_LIBRARY_PATH").is_some_and(|path| path == folder.as_os_str()) {
        return Ok(());
    }
    let error = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env("LD_LIBRARY_PATH", folder)
        .exec();
    Err(error.into())
}

/// Compares the cases of `count` numbers.
pub(crate) fn run(first: u64, count: u64) -> Result<Counts> {
    let program = std::env::current_exe()?;
    spread(first, count, || {
        let mut command = Command::new(&program);
        command.arg("worker");
        command
    })
}

/// Compares what the programs say to the queries of `count` numbers. `None`: they cannot be run.
pub(crate) fn ask(first: u64, count: u64) -> Result<Option<Counts>> {
    let scratch = Scratch::new();
    let programs = Programs::find(scratch.path().to_owned());
    let (Some(machine), Some(_)) = (queries::machine(), programs) else {
        return Ok(None);
    };
    let program = std::env::current_exe()?;
    let program = Program::ours(&program.to_string_lossy());
    let counts = spread(first, count, || {
        let mut command = program.command_with(&machine, scratch.path());
        command.arg("query-worker");
        command
    });
    counts.map(Some)
}

/// Has the numbers seen to by processes that this command begins.
fn spread(first: u64, count: u64, begin: impl Fn() -> Command) -> Result<Counts> {
    let start = Instant::now();
    let spent_before = spent();
    let workers = std::thread::available_parallelism()?.get() as u64;
    let mut children = Vec::new();
    let mut from = first;
    for worker in 0..workers {
        let share = count / workers + u64::from(worker < count % workers);
        let mut command = begin();
        command
            .args([from.to_string(), share.to_string()])
            .stdout(Stdio::piped());
        children.push(command.spawn()?);
        from += share;
    }
    let mut counts = Counts::default();
    for child in children {
        let output = child.wait_with_output()?;
        ensure!(
            output.status.success(),
            "a worker ended with {}",
            output.status
        );
        counts.merge(&String::from_utf8(output.stdout)?)?;
    }
    counts.elapsed = start.elapsed();
    counts.spent = spent().saturating_sub(spent_before);
    Ok(counts)
}

/// The processor time of the workers and of their children, times(2), of which /proc tells.
fn spent() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The fields after the name in parentheses begin with the third.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = fields.split_whitespace().skip(11).take(4);
    let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
    // A tick is a hundredth of a second wherever Linux runs.
    Duration::from_millis(ticks * 10)
}
