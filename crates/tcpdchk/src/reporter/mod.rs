//! Shows facts and findings in the format that was asked for, and counts them.

mod human;
mod one_line;
mod sarif;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use annotate_snippets::Renderer;
use hosts_access::text::escape::TableText;
use serde_json::json;
use serde_sarif::sarif::Result as SarifResult;
use tools::output::{Output, is_coloured};
use tools::remark::{Check, Level};

use crate::allowance::Allowance;
use crate::arguments::ReportFormat;
use crate::finding::Finding;

/// Columns of the terminal that a snippet may fill.
const WIDTH: usize = 140;

/// Findings of a kind that are shown to people one by one, and notes; of the others their number and first places.
const MAX_SHOWN: usize = 2;
const MAX_NOTES: usize = 1;
const MAX_PLACES: usize = 6;

/// Where findings go.
pub(crate) struct Reporter<'o> {
    output: Option<&'o Output>,
    format: ReportFormat,
    renderer: Renderer,
    /// Whether each finding is shown, however many are alike.
    all: bool,
    state: RefCell<Tally>,
}

#[derive(Default)]
struct Tally {
    counts: LevelCounts,
    /// How many findings there were, those that do not count included.
    said: usize,
    /// Whether something that was to be checked could not be.
    incomplete: bool,
    /// Whether what the original does not look at is gone through.
    beside: bool,
    /// Checks that were explained already.
    explained: BTreeSet<&'static str>,
    /// How many were shown of each kind, those that do not count apart.
    shown: BTreeMap<(&'static str, bool), usize>,
    /// Those of which enough were shown.
    more: Vec<More>,
    /// Comments that silence findings.
    allowances: Vec<Allowance>,
    /// How many findings they silenced.
    silenced: usize,
    /// What is gathered instead of being shown.
    gathered: Option<Vec<Finding>>,
    /// What `--format sarif` shows at the end.
    results: Vec<SarifResult>,
}

/// Findings of a kind that are not shown one by one.
struct More {
    id: &'static str,
    minor: bool,
    level: Level,
    count: usize,
    places: Vec<String>,
}

/// How many findings there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LevelCounts {
    /// Tables do not do what they say.
    pub errors: usize,
    /// Probably not what was meant.
    pub warnings: usize,
    /// Worth knowing.
    pub notes: usize,
}

impl<'o> Reporter<'o> {
    /// Reports in this format.
    pub(crate) fn new(output: &'o Output, format: ReportFormat, all: bool) -> Self {
        let renderer = if is_coloured() {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        Self {
            output: Some(output),
            format,
            renderer: renderer.term_width(WIDTH),
            all,
            state: RefCell::default(),
        }
    }

    /// Shows nothing.
    pub(crate) fn silent() -> Self {
        Self {
            output: None,
            format: ReportFormat::Classic,
            renderer: Renderer::plain(),
            all: true,
            state: RefCell::default(),
        }
    }

    /// Shows nothing, and keeps all findings that no comment silences.
    pub(crate) fn gathering() -> Self {
        let reporter = Self {
            format: ReportFormat::Human,
            ..Self::silent()
        };
        reporter.state.borrow_mut().gathered = Some(Vec::new());
        reporter
    }

    /// What was kept.
    pub(crate) fn take_gathered(&self) -> Vec<Finding> {
        self.state.borrow_mut().gathered.take().unwrap_or_default()
    }

    /// How many findings there were so far.
    pub(crate) fn counts(&self) -> LevelCounts {
        self.state.borrow().counts
    }

    /// How many findings there were so far, those that do not count included.
    pub(crate) fn said(&self) -> usize {
        self.state.borrow().said
    }

    /// Notes that something that was to be checked could not be.
    pub(crate) fn could_not_check(&self) {
        self.state.borrow_mut().incomplete = true;
    }

    /// Whether all was checked.
    pub(crate) fn is_complete(&self) -> bool {
        !self.state.borrow().incomplete
    }

    /// Begins or ends what the original does not look at, and so has no words for.
    pub(crate) fn beside_the_original(&self, beside: bool) {
        self.state.borrow_mut().beside = beside;
    }

    /// Where the text of banners goes, in formats that show it.
    pub(crate) fn dialogue(&self) -> Option<&'o Output> {
        let shown = matches!(self.format, ReportFormat::Human | ReportFormat::Classic);
        self.output.filter(|_| shown && !self.state.borrow().beside)
    }

    /// A line of the original's dialogue.
    pub(crate) fn fact(&self, text: impl Display) {
        if let Some(output) = self.dialogue() {
            output.line(text);
        }
    }

    /// Adds comments that silence findings.
    pub(crate) fn allow(&self, allowances: Vec<Allowance>) {
        self.state.borrow_mut().allowances.extend(allowances);
    }

    /// Those comments; from now on they silence nothing.
    pub(crate) fn take_allowances(&self) -> Vec<Allowance> {
        std::mem::take(&mut self.state.borrow_mut().allowances)
    }

    /// A finding.
    pub(crate) fn finding(&self, finding: &Finding) {
        self.state.borrow_mut().said += 1;
        let gathers = self.state.borrow().gathered.is_some();
        if self.output.is_none() && !gathers || self.is_silenced(finding) {
            return;
        }
        let Some(output) = self.output else {
            if let Some(gathered) = &mut self.state.borrow_mut().gathered {
                gathered.push(finding.clone());
            }
            return;
        };
        if !finding.minor {
            self.state.borrow_mut().counts.add(finding.check.level);
        }
        match self.format {
            ReportFormat::Classic if self.state.borrow().beside => {}
            ReportFormat::Classic => {
                if let Some(line) = one_line::classic(finding) {
                    output.line(line);
                }
            }
            ReportFormat::Human => {
                if self.is_new(finding) {
                    let first = !finding.minor
                        && self.state.borrow_mut().explained.insert(finding.check.id);
                    human::show(finding, first, &self.renderer, output);
                }
            }
            ReportFormat::Gcc | ReportFormat::Json | ReportFormat::Sarif if finding.minor => {}
            ReportFormat::Sarif => {
                let result = sarif::result(finding, None);
                self.state.borrow_mut().results.push(result);
            }
            ReportFormat::Gcc => output.line(one_line::gcc(finding)),
            ReportFormat::Json => output.line(one_line::json(finding)),
        }
    }

    /// Whether only the original's words are shown.
    pub(crate) fn is_classic(&self) -> bool {
        self.format == ReportFormat::Classic
    }

    /// Whether a comment silences a finding. To the original it is a comment like others.
    fn is_silenced(&self, finding: &Finding) -> bool {
        let state = &mut *self.state.borrow_mut();
        let reason = state
            .allowances
            .iter()
            .find_map(|allowance| allowance.reason(finding));
        let Some(reason) = reason.filter(|_| self.format != ReportFormat::Classic) else {
            return false;
        };
        if self.format == ReportFormat::Sarif && !finding.minor {
            state.results.push(sarif::result(finding, Some(reason)));
        }
        state.silenced += usize::from(!finding.minor);
        true
    }

    /// Whether a finding is among the first of its kind; if not, it is noted for the end.
    fn is_new(&self, finding: &Finding) -> bool {
        let state = &mut *self.state.borrow_mut();
        let (id, minor) = (finding.check.id, finding.minor);
        let shown = state.shown.entry((id, minor)).or_default();
        *shown += 1;
        let most = match finding.check.level {
            Level::Note => MAX_NOTES,
            _ => MAX_SHOWN,
        };
        // Nothing would lead to one without a place.
        if self.all || *shown <= most || finding.place.is_none() {
            return true;
        }
        let kind = |more: &More| (more.id, more.minor) == (id, minor);
        let index = state.more.iter().position(kind).unwrap_or_else(|| {
            state.more.push(More {
                id,
                minor,
                level: finding.prefix(),
                count: 0,
                places: Vec::new(),
            });
            state.more.len() - 1
        });
        if let (Some(more), Some(place)) = (state.more.get_mut(index), &finding.place) {
            more.count += 1;
            let shown = format!("{}:{}", TableText::from(&*place.file), place.first);
            if more.places.len() < MAX_PLACES && more.places.last() != Some(&shown) {
                more.places.push(shown);
            }
        }
        false
    }

    /// What it came to.
    pub(crate) fn summary(&self, checks: impl Iterator<Item = &'static Check>) {
        let state = &mut *self.state.borrow_mut();
        if let (ReportFormat::Sarif, Some(output)) = (self.format, self.output) {
            let report = sarif::report(std::mem::take(&mut state.results), checks);
            return output.line(json!(report));
        }
        let counts = state.counts;
        let nothing =
            counts == LevelCounts::default() && state.more.is_empty() && state.silenced == 0;
        let Some(output) = self
            .output
            .filter(|_| self.format == ReportFormat::Human && !nothing)
        else {
            return;
        };
        output.line("");
        for more in &state.more {
            let More {
                id, level, count, ..
            } = more;
            let places = more.places.join(", ");
            let dots = if more.places.len() == MAX_PLACES {
                ", ..."
            } else {
                ""
            };
            let colon = if places.is_empty() { "" } else { ": " };
            output.line(format_args!(
                "{count} more like this {level} [{id}]{colon}{places}{dots}"
            ));
        }
        if !state.more.is_empty() {
            output.line("--all shows each of them\n");
        }
        let silenced = match state.silenced {
            0 => String::new(),
            count => format!(", {count} allowed by comments"),
        };
        output.line(format_args!(
            "{}, {}, {}{silenced}; tcpdchk --explain ID tells more",
            number(counts.errors, "error"),
            number(counts.warnings, "warning"),
            number(counts.notes, "note"),
        ));
    }
}

fn number(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

impl LevelCounts {
    fn add(&mut self, level: Level) {
        match level {
            Level::Error => self.errors += 1,
            Level::Warning => self.warnings += 1,
            Level::Note => self.notes += 1,
        }
    }
}
