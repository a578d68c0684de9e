//! Shows facts and findings in the format that was asked for, and counts them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::IsTerminal;

use annotate_snippets::{AnnotationKind, Group, Level as Colour, Renderer, Snippet};
use serde_json::json;
use tools::output::Output;
use tools::remark::Level;

use crate::arguments::Format;
use crate::finding::{Finding, Mark};

/// Columns of the terminal that a snippet may fill.
const WIDTH: usize = 140;

/// Where findings go.
pub(crate) struct Report<'o> {
    output: Option<&'o Output>,
    format: Format,
    renderer: Renderer,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    counts: Counts,
    /// Whether something that was to be checked could not be.
    incomplete: bool,
    /// Checks that were explained already.
    explained: BTreeSet<&'static str>,
}

/// How many findings there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tables do not do what they say.
    pub errors: usize,
    /// Probably not what was meant.
    pub warnings: usize,
    /// Worth knowing.
    pub notes: usize,
}

impl<'o> Report<'o> {
    /// Reports in this format.
    pub(crate) fn new(output: &'o Output, format: Format) -> Self {
        let renderer = match colours() {
            true => Renderer::styled(),
            false => Renderer::plain(),
        };
        Self {
            output: Some(output),
            format,
            renderer: renderer.term_width(WIDTH),
            state: RefCell::default(),
        }
    }

    /// Shows nothing.
    pub(crate) fn silent() -> Self {
        Self {
            output: None,
            format: Format::Classic,
            renderer: Renderer::plain(),
            state: RefCell::default(),
        }
    }

    /// How many findings there were so far.
    pub(crate) fn counts(&self) -> Counts {
        self.state.borrow().counts
    }

    /// Notes that something that was to be checked could not be.
    pub(crate) fn could_not_check(&self) {
        self.state.borrow_mut().incomplete = true;
    }

    /// Whether all was checked.
    pub(crate) fn is_complete(&self) -> bool {
        !self.state.borrow().incomplete
    }

    /// Where the text of banners goes, in formats that show it.
    pub(crate) fn dialogue(&self) -> Option<&'o Output> {
        self.output
            .filter(|_| matches!(self.format, Format::Human | Format::Classic))
    }

    /// A line of the original's dialogue.
    pub(crate) fn fact(&self, text: impl Display) {
        if let Some(output) = self.dialogue() {
            output.line(text);
        }
    }

    /// A finding.
    pub(crate) fn finding(&self, finding: &Finding) {
        let Some(output) = self.output else {
            return;
        };
        if !finding.minor {
            self.state.borrow_mut().counts.add(finding.check.level);
        }
        match self.format {
            Format::Classic => {
                if let Some(line) = classic(finding) {
                    output.line(line);
                }
            }
            Format::Human => self.human(finding, output),
            Format::Gcc | Format::Json if finding.minor => {}
            Format::Gcc => output.line(gcc(finding)),
            Format::Json => output.line(json(finding)),
        }
    }

    /// What it came to, for people.
    pub(crate) fn summary(&self) {
        let counts = self.counts();
        if self.format != Format::Human || counts == Counts::default() {
            return;
        }
        self.fact("");
        self.fact(format_args!(
            "{}, {}, {}; tcpdchk --explain ID tells more",
            number(counts.errors, "error"),
            number(counts.warnings, "warning"),
            number(counts.notes, "note"),
        ));
    }

    fn human(&self, finding: &Finding, output: &Output) {
        let colour = match finding.prefix() {
            Level::Error => Colour::ERROR,
            Level::Warning => Colour::WARNING,
            Level::Note => Colour::NOTE,
        };
        let text = finding.placed_text();
        let group = Group::with_title(colour.clone().primary_title(text));
        if finding.minor {
            return output.line(self.renderer.render(&[group]));
        }
        let mark = finding.place.as_ref().and_then(|place| place.mark.as_ref());
        let group = match (mark, &finding.place) {
            (Some(mark), Some(place)) => {
                let path = place.file.display().to_string();
                group.element(snippet(mark, path))
            }
            _ => group,
        };
        let check = finding.check;
        let kind = format!("{} [{}]: {}", check.level, check.id, check.title);
        let mut notes = vec![Colour::NOTE.no_name().message(kind)];
        if self.state.borrow_mut().explained.insert(check.id) {
            notes.push(Colour::NOTE.with_name(Some("why")).message(check.why));
            notes.push(Colour::HELP.message(check.remedy));
        }
        if let Some(instead) = &finding.instead {
            notes.push(Colour::HELP.with_name(Some("write")).message(instead));
        }
        output.line(self.renderer.render(&[group.elements(notes)]));
    }
}

/// The line and the word in it. A part of a line is shown without its place, which would be wrong.
fn snippet(mark: &Mark, path: String) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let snippet = Snippet::source(&mark.excerpt)
        .line_start(usize::try_from(mark.line).unwrap_or(usize::MAX))
        .annotation(AnnotationKind::Primary.span(mark.span.clone()));
    match mark.whole {
        true => snippet.path(path),
        false => snippet,
    }
}

/// Colours are for terminals, unless the user wants none (no-color.org).
fn colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_some_and(|terminal| terminal != "dumb")
        && std::io::stdout().is_terminal()
}

/// The original's line, if the original has one.
fn classic(finding: &Finding) -> Option<String> {
    use crate::finding::Voice;
    (finding.voice != Voice::Own)
        .then(|| format!("{}: {}", finding.prefix(), finding.placed_text()))
}

/// `FILE:LINE:COLUMN: LEVEL: TEXT [ID]`, as far as there is a place.
fn gcc(finding: &Finding) -> String {
    let place = match &finding.place {
        Some(place) => {
            let file = place.file.display();
            match &place.mark {
                Some(mark) => format!("{file}:{}:{}: ", mark.line, mark.column),
                None => format!("{file}:{}: ", place.first),
            }
        }
        None => "tcpdchk: ".to_owned(),
    };
    let check = finding.check;
    let instead = finding.instead.as_ref();
    let instead = instead.map_or(String::new(), |text| format!("; write: {text}"));
    format!(
        "{place}{}: {}{instead} [{}]",
        check.level, finding.text, check.id
    )
}

fn json(finding: &Finding) -> serde_json::Value {
    let check = finding.check;
    let place = finding.place.as_ref();
    let mark = place.and_then(|place| place.mark.as_ref());
    json!({
        "id": check.id,
        "level": check.level.to_string(),
        "text": finding.text,
        "file": place.map(|place| place.file.display().to_string()),
        "rule_line": place.map(|place| place.first),
        "line": mark.map(|mark| mark.line).or(place.map(|place| place.first)),
        "column": mark.map(|mark| mark.column),
        "word": mark.and_then(|mark| mark.excerpt.get(mark.span.clone())),
        "title": check.title,
        "why": check.why,
        "remedy": check.remedy,
        "instead": finding.instead,
    })
}

fn number(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

impl Counts {
    fn add(&mut self, level: Level) {
        match level {
            Level::Error => self.errors += 1,
            Level::Warning => self.warnings += 1,
            Level::Note => self.notes += 1,
        }
    }
}
