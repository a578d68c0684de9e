//! `--fix`: writes into the tables what is sure to be meant, where that can let nobody in who is refused now.
//!
//! Words are replaced, each where it stands; nothing else of a table changes. [`proof`] asks the policy crate whether
//! an edit is safe, and [`replace`] puts the new file in the old one's place. What is not proven is only shown. Any
//! failure leaves the table as it was.

mod edits;
mod proof;
mod replace;

use std::io;
use std::path::Path;

use anyhow::{anyhow, bail};
use hosts_access::fault::reason;
use hosts_access::search::access::Tables;
use hosts_access::text::escape::TableText;
use similar::TextDiff;
use tools::disk::Disk;
use tools::output::{Output, complain};

use crate::finding::Finding;
use edits::{Edit, apply, edits};
use proof::Proof;
use replace::OpenTable;

/// Both tables, open and locked, as they were before anything was looked at.
pub(crate) struct OpenTables {
    paths: Tables,
    /// hosts.allow and hosts.deny, if they are there.
    files: [Option<OpenTable>; 2],
}

/// What has become of the edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All are written.
    Done,
    /// Some are not.
    Left,
}

impl OpenTables {
    /// Opens both tables.
    ///
    /// # Errors
    /// One cannot be read or locked, or both are the same file.
    pub(crate) fn open(paths: &Tables, disk: &Disk) -> anyhow::Result<Self> {
        let open = |path: &Path| {
            let shown = TableText::from(path).to_string();
            OpenTable::open(path, disk).map_err(|error| told(&shown, &error))
        };
        let files = [open(&paths.allow)?, open(&paths.deny)?];
        if let [Some(allow), Some(deny)] = &files
            && allow.real == deny.real
        {
            bail!("both tables are the same file");
        }
        Ok(Self {
            paths: paths.clone(),
            files,
        })
    }

    fn table(&self, index: usize) -> (&Path, &[u8]) {
        let paths = [&self.paths.allow, &self.paths.deny];
        let path = paths.get(index).map_or(Path::new(""), |path| &***path);
        let file = self.files.get(index).and_then(Option::as_ref);
        (path, file.map_or(&[][..], |file| &file.bytes))
    }
}

/// Writes what can be proven to be safe, or shows it, and says what is left.
///
/// # Errors
/// The proof or the writing failed.
pub(crate) fn run(
    tables: &OpenTables,
    findings: &[Finding],
    disk: &Disk,
    dry_run: bool,
    output: &Output,
) -> anyhow::Result<Outcome> {
    let all = edits(findings, [tables.table(0), tables.table(1)]);
    let before = [tables.table(0).1, tables.table(1).1];
    let safe = Proof::new(&tables.paths, before, disk).safe(&all);
    for edit in all.iter().filter(|edit| !safe.contains(edit)) {
        complain(format_args!(
            "not fixed: {edit}: not proven to let nobody in who is refused now"
        ));
    }
    let mut outcome = if safe.len() == all.len() {
        Outcome::Done
    } else {
        Outcome::Left
    };
    // hosts.deny first: whatever stops what comes after it, no client gets in that does not before and after.
    for index in [1, 0] {
        let mine: Vec<&Edit> = safe
            .iter()
            .copied()
            .filter(|edit| edit.table == index)
            .collect();
        let Some(Some(file)) = tables.files.get(index).filter(|_| !mine.is_empty()) else {
            continue;
        };
        let (path, old) = tables.table(index);
        let new = apply(old, &mine);
        let name = TableText::from(path).to_string();
        if dry_run {
            let diff = TextDiff::configure().diff_lines(old, &new[..]);
            let mut patch = Vec::new();
            diff.unified_diff()
                .header(&name, &name)
                .to_writer(&mut patch)?;
            output.bytes(&patch);
            outcome = Outcome::Left;
            continue;
        }
        file.replace(&new).map_err(|error| told(&name, &error))?;
        for edit in mine {
            output.line(format_args!("fixed: {edit}"));
        }
    }
    Ok(outcome)
}

/// An error about a table, with all its causes in one line.
fn told(table: &str, error: &anyhow::Error) -> anyhow::Error {
    let causes = error
        .chain()
        .map(|cause| match cause.downcast_ref::<io::Error>() {
            Some(error) => reason(error),
            None => cause.to_string(),
        });
    anyhow!("{table}: {}", causes.collect::<Vec<_>>().join(": "))
}
