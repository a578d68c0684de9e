//! Findings of one line each: the original's, gcc's and JSON (`--format classic`, `gcc`, `json`).

use hosts_access::text::escape::TableText;
use serde_json::json as object;

use crate::finding::{Finding, Wording};

/// The original's line, if the original has one.
pub(super) fn classic(finding: &Finding) -> Option<String> {
    (finding.wording != Wording::Own)
        .then(|| format!("{}: {}", finding.prefix(), finding.placed_text()))
}

/// `FILE:LINE:COLUMN: LEVEL: TEXT [ID]`, as far as there is a place; and a line of its own that
/// leads an editor to a word on a continuation line.
pub(super) fn gcc(finding: &Finding) -> String {
    let place = match &finding.place {
        Some(place) => {
            let file = TableText::from(&*place.file);
            match &place.mark {
                Some(mark) => format!("{file}:{}:{}: ", place.first, mark.rule_column),
                None => format!("{file}:{}: ", place.first),
            }
        }
        None => "tcpdchk: ".to_owned(),
    };
    let word = finding.place.as_ref().and_then(|place| {
        let mark = place.continued()?;
        let file = TableText::from(&*place.file);
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

/// All that there is to say of a finding, as an object.
pub(super) fn json(finding: &Finding) -> serde_json::Value {
    let check = finding.check;
    let place = finding.place.as_ref();
    let mark = place.and_then(|place| place.mark.as_ref());
    object!({
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
