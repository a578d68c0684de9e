//! Shows facts and findings in the format that was asked for, and counts them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;

use annotate_snippets::{AnnotationKind, Group, Level as Colour, Origin, Renderer, Snippet};
use hosts_access::problem::Written;
use serde_json::json;
use tools::output::{Output, is_coloured};
use tools::remark::Level;

use crate::arguments::Format;
use crate::finding::{Finding, Place, Voice};

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
    /// How many findings there were, those that do not count included.
    said: usize,
    /// Whether something that was to be checked could not be.
    incomplete: bool,
    /// Whether what the original does not look at is gone through.
    beside: bool,
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
        let renderer = match is_coloured() {
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
        let shown = matches!(self.format, Format::Human | Format::Classic);
        self.output.filter(|_| shown && !self.state.borrow().beside)
    }

    /// A line of the original's dialogue.
    pub(crate) fn fact(&self, text: impl Display) {
        if let Some(output) = self.dialogue() {
            output.line(text);
        }
    }

    /// A finding.
    pub(crate) fn finding(&self, finding: &Finding) {
        self.state.borrow_mut().said += 1;
        let Some(output) = self.output else {
            return;
        };
        if !finding.minor {
            self.state.borrow_mut().counts.add(finding.check.level);
        }
        match self.format {
            Format::Classic if self.state.borrow().beside => {}
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

    /// Whether only the original's words are shown.
    pub(crate) fn is_classic(&self) -> bool {
        self.format == Format::Classic
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
        let group = match &finding.place {
            Some(place) => excerpt(group, place),
            None => group,
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
        if let Some(elsewhere) = &finding.elsewhere {
            notes.push(Colour::HELP.with_name(Some("write")).message(elsewhere));
        }
        let shown = self.renderer.render(&[group.elements(notes)]);
        for line in shown.lines().filter(|line| !is_gap(line)) {
            output.line(line);
        }
    }
}

/// The place, the rule's first line, and the line with the word in it if that is another.
fn excerpt<'p>(group: Group<'p>, place: &'p Place) -> Group<'p> {
    let Some(mark) = &place.mark else {
        return group;
    };
    let number = |line: u64| usize::try_from(line).unwrap_or(usize::MAX);
    let path = Written::from(&*place.file).to_string();
    let word = Snippet::source(&mark.excerpt)
        .line_start(number(mark.line))
        .annotation(AnnotationKind::Primary.span(mark.span.clone()));
    if mark.whole && place.head.is_none() {
        return group.element(word.path(path));
    }
    // The renderer would take the place from the excerpt.
    let origin = Origin::path(path).line(number(place.first));
    let group = group.element(origin.char_column(mark.rule_column));
    match &place.head {
        Some(head) => {
            let visible = AnnotationKind::Visible.span(0..head.len());
            let head = Snippet::source(head).line_start(number(place.first));
            group.element(head.annotation(visible)).element(word)
        }
        None => group.element(word),
    }
}

/// Whether a line is the renderer's mark for an excerpt without a place of its own.
fn is_gap(line: &str) -> bool {
    let parts = line.split('\x1b').enumerate().map(|(index, part)| {
        let styled = part.split_once('m').map_or("", |(_, rest)| rest);
        if index == 0 { part } else { styled }
    });
    parts.collect::<String>().trim() == ":::"
}

/// The original's line, if the original has one.
fn classic(finding: &Finding) -> Option<String> {
    (finding.voice != Voice::Own)
        .then(|| format!("{}: {}", finding.prefix(), finding.placed_text()))
}

/// `FILE:LINE:COLUMN: LEVEL: TEXT [ID]`, as far as there is a place; and a line of its own that
/// leads an editor to a word on a continuation line.
fn gcc(finding: &Finding) -> String {
    let place = match &finding.place {
        Some(place) => {
            let file = Written::from(&*place.file);
            match &place.mark {
                Some(mark) => format!("{file}:{}:{}: ", place.first, mark.rule_column),
                None => format!("{file}:{}: ", place.first),
            }
        }
        None => "tcpdchk: ".to_owned(),
    };
    let word = finding.place.as_ref().and_then(|place| {
        let mark = place.continued()?;
        let file = Written::from(&*place.file);
        let (line, column) = (mark.line, mark.column);
        Some(format!("\n{file}:{line}:{column}: note: here"))
    });
    let word = word.unwrap_or_default();
    let check = finding.check;
    let instead = finding.instead.as_ref();
    let instead = instead.map_or(String::new(), |text| format!("; write: {text}"));
    format!(
        "{place}{}: {}{instead} [{}]{word}",
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
        "line": place.map(|place| place.first),
        "column": mark.map(|mark| mark.rule_column),
        "word_line": mark.map(|mark| mark.line),
        "word_column": mark.map(|mark| mark.column),
        "word": mark.and_then(|mark| mark.excerpt.get(mark.span.clone())),
        "title": check.title,
        "why": check.why,
        "remedy": check.remedy,
        "instead": finding.instead,
        "elsewhere": finding.elsewhere,
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
