//! Policy tests: what the tables are expected to answer, one expectation a line.
//!
//! `DAEMON[@HOST] [USER@]HOST [NAME] => granted|denied|delegated [by TABLE:LINE]`. Failures are told
//! as test runners do: where the expectation stands, what was expected, what came, and by which
//! rule. A line that makes no sense fails the whole run, since it tests nothing.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use anyhow::anyhow;
use hosts_access::fault::reason;
use hosts_access::request::Request;
use hosts_access::search::access::{Decision, Tables};
use hosts_access::table::line::Lines;
use hosts_access::table::place::Place;
use hosts_access::text::bytes::path_of;
use hosts_access::text::escape::TableText;
use hosts_access::world::{Files, Log};
use serde_json::json;
use system::settings;
use tools::output::{Output, is_coloured};

use crate::answer::{AnswerLog, RulePlace, text};
use crate::arguments::AnswerFormat;
use crate::lookups::Lookups;
use crate::predictor::{Prediction, Predictor, verdict_word};
use crate::question::{Question, QuestionError};
use crate::rule_coverage::TableCoverage;
use crate::stream::is_nothing;

/// Longest file of expectations, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

const VERDICTS: [&str; 3] = ["granted", "denied", "delegated"];

/// What a line expects.
#[derive(Debug)]
struct Expectation<'l> {
    question: Question<'l>,
    verdict: &'static str,
    /// The rule that is to decide: its table and line.
    by: Option<(&'l [u8], u64)>,
}

/// Why a line expects nothing that could be checked; its text says what to write instead.
#[derive(Debug)]
enum ExpectationError {
    /// It has no arrow between question and verdict.
    NoArrow,
    /// This is no verdict.
    NoVerdict(Vec<u8>),
    /// What follows the verdict names no rule.
    NoPlace(Vec<u8>),
    /// Its question cannot be answered.
    Question(QuestionError),
}

impl fmt::Display for ExpectationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoArrow => f.write_str("no \"=>\"; write QUESTION => granted|denied|delegated"),
            Self::NoVerdict(word) => {
                let word = TableText(word);
                write!(
                    f,
                    "no such verdict: \"{word}\"; write granted, denied or delegated"
                )
            }
            Self::NoPlace(rest) => write!(
                f,
                "\"{}\" makes no sense here; write \"by TABLE:LINE\", as in: by hosts.allow:3",
                TableText(rest)
            ),
            Self::Question(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ExpectationError {}

impl From<QuestionError> for ExpectationError {
    fn from(error: QuestionError) -> Self {
        Self::Question(error)
    }
}

impl<'l> Expectation<'l> {
    fn parse(line: &'l [u8]) -> Result<Self, ExpectationError> {
        let arrow = line.windows(2).position(|pair| pair == b"=>");
        let (question, expected) = line.split_at(arrow.ok_or(ExpectationError::NoArrow)?);
        let question = Question::parse(question)?;
        let expected = expected.get(2..).unwrap_or_default().trim_ascii();
        let end = expected.iter().position(u8::is_ascii_whitespace);
        let (word, rest) = expected.split_at(end.unwrap_or(expected.len()));
        let Some(verdict) = VERDICTS.iter().find(|verdict| verdict.as_bytes() == word) else {
            return Err(ExpectationError::NoVerdict(word.to_vec()));
        };
        Ok(Self {
            question,
            verdict,
            by: by(rest.trim_ascii())?,
        })
    }

    fn is_met(&self, decision: &Decision, tables: &Tables) -> bool {
        let by = match (&self.by, &decision.matched) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some((file, line)), Some(place)) => {
                (place.first_line..=place.line).contains(line) && is_table(file, place, tables)
            }
        };
        by && verdict_word(&decision.verdict) == self.verdict
    }

    fn shown(&self) -> String {
        match self.by {
            Some((file, line)) => format!("{} by {}:{line}", self.verdict, text(file)),
            None => self.verdict.to_owned(),
        }
    }
}

/// Reads `by TABLE:LINE`, or nothing.
fn by(rest: &[u8]) -> Result<Option<(&[u8], u64)>, ExpectationError> {
    if rest.is_empty() {
        return Ok(None);
    }
    let wrong = || ExpectationError::NoPlace(rest.to_vec());
    let place = rest.strip_prefix(b"by ").ok_or_else(wrong)?.trim_ascii();
    let colon = place.iter().rposition(|byte| *byte == b':');
    let (file, line) = place.split_at(colon.ok_or_else(wrong)?);
    let line = std::str::from_utf8(line.get(1..).unwrap_or_default());
    let line = line.ok().and_then(|line| line.parse().ok());
    match line {
        Some(line) if !file.is_empty() => Ok(Some((file, line))),
        _ => Err(wrong()),
    }
}

/// Whether a table is meant by its path, by the end of it, or by its usual name, under which it is
/// going to be installed.
fn is_table(file: &[u8], place: &Place, tables: &Tables) -> bool {
    let usual = if *place.table == *tables.allow {
        settings::HOSTS_ALLOW
    } else {
        settings::HOSTS_DENY
    };
    let file = path_of(file);
    [&*place.table, Path::new(usual)]
        .iter()
        .any(|table| **table == file || (file.is_relative() && table.ends_with(&file)))
}

/// How many expectations of a run were met or not, and lines that make no sense.
#[derive(Default)]
struct ExpectationCounts {
    met: u64,
    failed: u64,
    errors: u64,
}

/// Checks each expectation of a file; `-` is standard input.
pub(crate) fn run(
    file: &Path,
    predictor: &Predictor,
    format: AnswerFormat,
    coverage: bool,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let expectations = match read(file) {
        Ok(expectations) => expectations,
        Err(error) => {
            tools::output::complain(format_args!("{error:#}"));
            return Ok(crate::EXIT_UNABLE.into());
        }
    };
    let runner = Runner {
        file: &TableText::from(file).to_string(),
        predictor,
        lookups: Lookups::default(),
        coverage: coverage.then(|| TableCoverage::new(predictor)),
        format,
        coloured: is_coloured(),
        output,
    };
    let mut counts = ExpectationCounts::default();
    for (number, line) in (1_u64..).zip(expectations.split(|byte| *byte == b'\n')) {
        if is_nothing(line) {
            continue;
        }
        match runner.check(number, line) {
            Ok(true) => counts.met += 1,
            Ok(false) => counts.failed += 1,
            Err(error) => {
                counts.errors += 1;
                runner.tell_error(number, &error);
            }
        }
        if output.has_failed() {
            break;
        }
    }
    if let Some(coverage) = &runner.coverage {
        coverage.tell(format, output);
    }
    runner.tell_counts(&counts);
    Ok(match counts {
        ExpectationCounts { errors: 1.., .. } => crate::EXIT_UNABLE.into(),
        ExpectationCounts { failed: 1.., .. } => crate::EXIT_FAILED.into(),
        // A file that expects nothing was probably not meant.
        ExpectationCounts { met: 0, .. } => crate::EXIT_UNABLE.into(),
        ExpectationCounts { .. } => ExitCode::SUCCESS,
    })
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let named = |error: io::Error| anyhow!("{}: {}", TableText::from(file), reason(&error));
    let source: Box<dyn Read> = if file.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).map_err(named)?)
    };
    let mut bytes = Vec::new();
    let mut source = source.take(MAX_FILE_BYTES + 1);
    let read = source.read_to_end(&mut bytes);
    read.map_err(named)?;
    let long = bytes.len() as u64 > MAX_FILE_BYTES;
    anyhow::ensure!(
        !long,
        "{}: too long for expectations",
        TableText::from(file)
    );
    Ok(bytes)
}

struct Runner<'r> {
    file: &'r str,
    predictor: &'r Predictor,
    lookups: Lookups,
    coverage: Option<TableCoverage>,
    format: AnswerFormat,
    coloured: bool,
    output: &'r Output,
}

impl Runner<'_> {
    /// Whether the expectation of a line is met, for each address of the client.
    fn check(&self, number: u64, line: &[u8]) -> Result<bool, ExpectationError> {
        let expectation = Expectation::parse(line)?;
        let mut met = true;
        for mut request in self.lookups.requests(&expectation.question)? {
            let heard = AnswerLog::default();
            if let Some(text) = self.predictor.without_name(&request) {
                self.tell_warning(number, &text);
            }
            let log: &dyn Log = match &self.coverage {
                Some(coverage) => coverage,
                None => &heard,
            };
            let prediction = self.predictor.decide(&mut request, log, None);
            if let (Some(coverage), Some(place)) = (&self.coverage, &prediction.decision.matched) {
                coverage.decided(place);
            }
            if !expectation.is_met(&prediction.decision, &self.predictor.tables) {
                met = false;
                self.tell_failure(number, line, &expectation, &request, &prediction);
            }
        }
        if met && self.format == AnswerFormat::Json {
            let query = text(line.trim_ascii());
            self.output
                .line(json!({"line": number, "met": true, "query": query}));
        }
        Ok(met)
    }

    fn tell_failure(
        &self,
        number: u64,
        line: &[u8],
        expectation: &Expectation<'_>,
        request: &Request,
        prediction: &Prediction,
    ) {
        let verdict = verdict_word(&prediction.decision.verdict);
        let rule = prediction.decision.matched.as_ref();
        let errors: Vec<_> = prediction.errors().map(ToString::to_string).collect();
        let rule_text = rule.and_then(|place| self.rule_text(place));
        if self.format == AnswerFormat::Json {
            self.output.line(json!({
                "address": text(request.client.address_text()),
                "expected": expectation.shown(),
                "in_error": errors,
                "line": number,
                "met": false,
                "query": text(line.trim_ascii()),
                "rule": rule.map(RulePlace::new),
                "text": rule_text,
                "verdict": verdict,
            }));
            return;
        }
        let (file, output) = (self.file, self.output);
        let failed = self.painted("FAILED", AnsiColor::Red);
        let query = text(line.trim_ascii());
        output.line(format_args!("{file}:{number}: {failed}: {query}"));
        if expectation.question.client != request.client.address_text() {
            let address = text(request.client.address_text());
            output.line(format_args!("    address:  {address}"));
        }
        output.line(format_args!("    expected: {}", expectation.shown()));
        match rule {
            Some(place) => {
                let table = TableText::from(&*place.table);
                output.line(format_args!(
                    "    came:     {verdict} by {table}:{}",
                    place.line
                ));
                if let Some(rule) = rule_text {
                    output.line(format_args!("    rule:     {rule}"));
                }
            }
            None => output.line(format_args!("    came:     {verdict}, and no rule decided")),
        }
        for error in errors {
            output.line(format_args!("    in error: {error}"));
        }
    }

    fn tell_warning(&self, number: u64, warning: &str) {
        match self.format {
            AnswerFormat::Human => {
                let word = self.painted("warning", AnsiColor::Yellow);
                let file = self.file;
                self.output
                    .line(format_args!("{file}:{number}: {word}: {warning}"));
            }
            AnswerFormat::Json => self
                .output
                .line(json!({"line": number, "warning": warning})),
        }
    }

    fn tell_error(&self, number: u64, error: &ExpectationError) {
        match self.format {
            AnswerFormat::Human => {
                let word = self.painted("error", AnsiColor::Red);
                let file = self.file;
                self.output
                    .line(format_args!("{file}:{number}: {word}: {error}"));
            }
            AnswerFormat::Json => self
                .output
                .line(json!({"error": error.to_string(), "line": number})),
        }
    }

    fn tell_counts(&self, counts: &ExpectationCounts) {
        let ExpectationCounts {
            met,
            failed,
            errors,
        } = counts;
        match self.format {
            AnswerFormat::Json => self
                .output
                .line(json!({"errors": errors, "failed": failed, "passed": met})),
            AnswerFormat::Human if met + failed + errors == 0 => {
                let file = self.file;
                self.output.line(format_args!(
                    "{file}: no expectations; write QUESTION => VERDICT"
                ));
            }
            AnswerFormat::Human => {
                let outcome = match failed + errors {
                    0 => self.painted("ok", AnsiColor::Green),
                    _ => self.painted("FAILED", AnsiColor::Red),
                };
                self.output.line(format_args!(
                    "{outcome}: {met} met, {failed} not met, {errors} in error"
                ));
            }
        }
    }

    /// The text of a rule, with continuation lines joined.
    fn rule_text(&self, place: &Place) -> Option<String> {
        let mut lines = Lines::new(self.predictor.disk.open(&place.table).ok()??);
        while let Ok(Some(line)) = lines.next_line() {
            if line.last == place.line {
                return Some(text(line.text));
            }
        }
        None
    }

    fn painted(&self, word: &str, colour: AnsiColor) -> String {
        let style = if self.coloured {
            Style::new().bold().fg_color(Some(colour.into()))
        } else {
            Style::new()
        };
        format!("{style}{word}{style:#}")
    }
}
