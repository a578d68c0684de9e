//! Comments that silence a finding for one rule: `# tcpdchk: allow ID: reason`, above it.
//!
//! Whoever reads the table later has to know why, so a comment without a reason silences nothing; and one that
//! silences nothing any more is found, since it would hide the next mistake.

use std::cell::Cell;
use std::path::PathBuf;

use hosts_access::table::line::Lines;
use tools::remark::Check;

use crate::catalog;
use crate::checker::Checker;
use crate::clients::{
    HOST_ALIAS, HOST_MISMATCH, HOST_NOT_FOUND, HOST_REVERSE, HOST_UNNAMED, SEVERAL_ADDRESSES,
};
use crate::finding::{Finding, Place};
use crate::names::LATE;
use crate::source::Source;

tools::checks! {
    /// What is wrong with such comments.
    CHECKS;
    ALLOW_FORM: "allow-form", Warning, "a comment that is to silence a finding and cannot",
        why "A comment silences a finding only if it names the kind of finding and gives a reason.",
        remedy "Write # tcpdchk: allow ID: REASON above the rule.";
    ALLOW_UNUSED: "allow-unused", Warning, "a comment that silences nothing any more",
        why "The rule below has no such finding. If one comes back, it would be silenced unseen.",
        remedy "Delete the comment.";
}

/// What such a comment begins with, behind its `#`.
const KEYWORDS: [&str; 2] = ["tcpdchk:", "allow"];

/// A comment that silences a finding.
#[derive(Debug)]
pub(crate) struct Allowance {
    file: PathBuf,
    /// The lines of the rule below, or only the first if there is none.
    lines: (u64, u64),
    check: &'static Check,
    reason: String,
    place: Place,
    used: Cell<bool>,
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

/// Reads the comments of a table, and reports those that cannot silence anything.
pub(crate) fn read(source: &Source<'_>, bytes: &[u8], checker: &Checker<'_>) -> Vec<Allowance> {
    let found = source
        .lines()
        .filter_map(|(number, line)| Some((number, parse(line)?)));
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        return Vec::new();
    }
    let mut rules = Vec::new();
    let mut lines = Lines::new(bytes);
    while let Ok(Some(line)) = lines.next_line() {
        rules.push((line.first, line.last));
    }
    // A last line without its newline counts as a rule here.
    rules.push((lines.first(), lines.last()));
    let mut allowances = Vec::new();
    for (number, outcome) in found {
        let place = source.whole_line(number);
        let within = |(first, last): &&(u64, u64)| (*first..=*last).contains(&number);
        let below = rules.iter().find(|(first, _)| *first > number);
        match outcome {
            // A part of a rule is no comment.
            _ if rules.iter().any(|rule| within(&rule) && rule.0 < number) => {}
            Err(text) => checker.find(Finding::own(&ALLOW_FORM, text).at(place)),
            Ok((check, reason)) => allowances.push(Allowance {
                file: source.path.to_owned(),
                lines: below.copied().unwrap_or((number + 1, number + 1)),
                check,
                reason,
                place,
                used: Cell::new(false),
            }),
        }
    }
    allowances
}

/// The kind and the reason, or what is wrong. `None`: the line is something else.
fn parse(line: &[u8]) -> Option<Result<(&'static Check, String), String>> {
    let text = std::str::from_utf8(line).ok()?.trim();
    let mut rest = text.strip_prefix('#')?.trim_start_matches('#');
    for keyword in KEYWORDS {
        rest = rest.trim_start().strip_prefix(keyword)?;
    }
    let (id, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let (id, reason) = (id.trim(), reason.trim());
    let Some(check) = catalog::all().find(|check| check.id == id) else {
        let meant = crate::suggest::closest(id.as_bytes(), catalog::all().map(|check| check.id));
        let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
        return Some(Err(format!(
            "there is no kind of finding called {id:?}{meant}"
        )));
    };
    Some(match reason {
        "" => Err(format!("no reason is given, so {id} is not silenced")),
        _ => Ok((check, reason.to_owned())),
    })
}

/// Reports those that had no effect, behind both tables.
pub(crate) fn check_unused(allowances: &[Allowance], checker: &Checker<'_>) {
    let asked = [
        &HOST_ALIAS,
        &HOST_MISMATCH,
        &HOST_NOT_FOUND,
        &HOST_REVERSE,
        &HOST_UNNAMED,
        &SEVERAL_ADDRESSES,
        &LATE,
    ];
    for allowance in allowances {
        let id = allowance.check.id;
        let not_asked = !checker.wishes.dns && asked.iter().any(|check| check.id == id);
        if !allowance.used.get() && !not_asked {
            let text = format!("the rule below has no finding {id}");
            checker.find(Finding::own(&ALLOW_UNUSED, text).at(allowance.place.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (line, expected) in [
            ("# tcpdchk: allow net-mask: old", Some(Ok("net-mask old"))),
            (
                "  ##tcpdchk:  allow  net-mask :a: b ",
                Some(Ok("net-mask a: b")),
            ),
            ("# tcpdchk: allow net-mask", Some(Err("no reason"))),
            ("# tcpdchk: allow net-mask: ", Some(Err("no reason"))),
            (
                "# tcpdchk: allow net-mas: x",
                Some(Err("did you mean net-mask?")),
            ),
            ("# tcpdchk: allow", Some(Err("no kind"))),
            ("# tcpdchk is run here", None),
            ("tcpdchk: allow net-mask: x", None),
        ] {
            let found = parse(line.as_bytes());
            match (found, expected) {
                (None, None) => {}
                (Some(Ok((check, reason))), Some(Ok(text))) => {
                    assert_eq!(format!("{} {reason}", check.id), text, "{line}");
                }
                (Some(Err(found)), Some(Err(text))) => assert!(found.contains(text), "{found}"),
                (found, _) => panic!("{line}: {found:?}"),
            }
        }
    }
}
