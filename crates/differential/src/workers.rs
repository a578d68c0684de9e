//! Spreads cases over processes, one for each processor, and adds up what they find.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::case::Case;
use crate::compare::Judgement;
use crate::original::Original;
use crate::{explain, shrink};

/// Unexplained differences that one process prints.
const MOST_SHOWN: u64 = 5;

/// How many cases went which way.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    cases: u64,
    equal: u64,
    rows: BTreeMap<String, u64>,
    pub(crate) unexplained: u64,
    elapsed: Duration,
}

impl Counts {
    /// Compares these cases in this process.
    pub(crate) fn of(original: &Original, cases: impl IntoIterator<Item = Case>) -> Result<Self> {
        let start = Instant::now();
        let mut counts = Self::default();
        for (number, case) in (0..).zip(cases) {
            counts.add(original, number, &case)?;
        }
        counts.elapsed = start.elapsed();
        Ok(counts)
    }

    /// Compares one case and counts it.
    pub(crate) fn add(&mut self, original: &Original, number: u64, case: &Case) -> Result<()> {
        self.cases += 1;
        match explain::judge(original, case, &|_| ())? {
            Judgement::Equal => self.equal += 1,
            Judgement::Explained(rows) => *self.rows.entry(rows.join("+")).or_default() += 1,
            Judgement::Unexplained => {
                self.unexplained += 1;
                if self.unexplained <= MOST_SHOWN {
                    let small = shrink::smallest(original, case)?;
                    let mut out = std::io::stderr().lock();
                    writeln!(out, "case {number}:\n{}", small.source())?;
                    writeln!(out, "// ours: {:?}", crate::engine::run(&small))?;
                    writeln!(out, "// original: {:?}", original.run(&small)?)?;
                }
            }
        }
        Ok(())
    }

    /// One line, for the process that adds up.
    pub(crate) fn encode(&self) -> String {
        let mut fields = vec![
            self.cases.to_string(),
            self.equal.to_string(),
            self.unexplained.to_string(),
        ];
        fields.extend(
            self.rows
                .iter()
                .map(|(row, count)| format!("{row}={count}")),
        );
        fields.join(" ")
    }

    fn merge(&mut self, line: &str) -> Result<()> {
        let mut fields = line.split_whitespace();
        for to in [&mut self.cases, &mut self.equal, &mut self.unexplained] {
            *to += fields
                .next()
                .context("a worker said nothing")?
                .parse::<u64>()?;
        }
        for field in fields {
            let (row, count) = field.split_once('=').context("no count")?;
            *self.rows.entry(row.to_owned()).or_default() += count.parse::<u64>()?;
        }
        Ok(())
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>10} cases, {:.0} s",
            self.cases,
            self.elapsed.as_secs_f64()
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
        write!(f, "{:>10} unexplained", self.unexplained)
    }
}

/// Debian's library.
pub(crate) fn library() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TCPD_LIBWRAP") {
        return Some(path.into());
    }
    let program = std::env::current_exe().ok()?;
    let folders = program.ancestors().nth(2)?.join("debian/usr/lib");
    let folders = std::fs::read_dir(folders).ok()?;
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
    let start = Instant::now();
    let workers = std::thread::available_parallelism()?.get() as u64;
    let mut children = Vec::new();
    let mut from = first;
    for worker in 0..workers {
        let share = count / workers + u64::from(worker < count % workers);
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["worker", &from.to_string(), &share.to_string()])
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
    Ok(counts)
}
