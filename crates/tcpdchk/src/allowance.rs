//! A comment that silences a finding for one rule.

use std::cell::Cell;
use std::path::PathBuf;

use tools::remark::Check;

use crate::finding::{FilePlace, Finding};

/// A comment that silences a finding.
#[derive(Debug)]
pub(crate) struct Allowance {
    /// The table.
    pub file: PathBuf,
    /// The lines of the rule below, or only the first if there is none.
    pub lines: (u64, u64),
    /// The kind of finding.
    pub check: &'static Check,
    /// Why it does not matter.
    pub reason: String,
    /// Where the comment is.
    pub place: FilePlace,
    /// Whether it has silenced one.
    pub used: Cell<bool>,
}

impl Allowance {
    /// Why a finding is silenced, if this comment does so.
    pub(crate) fn reason(&self, finding: &Finding) -> Option<&str> {
        let place = finding
            .place
            .as_ref()
            .filter(|place| place.file == self.file)?;
        let line = place.mark.as_ref().map_or(place.first, |mark| mark.line);
        let (first, last) = self.lines;
        let is = finding.check.id == self.check.id && (first..=last).contains(&line);
        is.then(|| {
            self.used.set(true);
            &*self.reason
        })
    }
}
