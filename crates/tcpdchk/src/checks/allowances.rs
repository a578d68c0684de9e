//! Comments that silence a finding for one rule: `# tcpdchk: allow ID: reason`, above it.
//!
//! Whoever reads the table later has to know why, so a comment without a reason silences nothing; and one that
//! silences nothing any more is found, since it would hide the next mistake.

use std::cell::Cell;
use std::fmt;

use hosts_access::table::line::Lines;
use tools::remark::Check;

use crate::allowance::Allowance;
use crate::checker::Checker;
use crate::finding::Finding;
use crate::source::SourceFile;
use crate::suggest::closest;

use super::host_words::{
    HOST_ALIAS, HOST_MISMATCH, HOST_NOT_FOUND, HOST_REVERSE, HOST_UNNAMED, LATE, SEVERAL_ADDRESSES,
};

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

/// What such a comment begins with, after its `#`.
const KEYWORDS: [&str; 2] = ["tcpdchk:", "allow"];

/// Reads the comments of a table for these kinds of findings, and reports those that cannot silence anything.
pub(crate) fn read(
    source: &SourceFile<'_>,
    bytes: &[u8],
    known: &[&'static Check],
    checker: &Checker<'_>,
) -> Vec<Allowance> {
    let found = source
        .lines()
        .filter_map(|(number, line)| Some((number, parse(line, known)?)));
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
            Err(flaw) => checker.find(Finding::own(&ALLOW_FORM, flaw.to_string()).at(place)),
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

/// Why such a comment silences nothing.
#[derive(Debug)]
enum Flaw {
    /// There is no kind of finding of this id; perhaps another was meant.
    UnknownKind(String, Option<String>),
    /// No reason is given to silence this kind.
    NoReason(&'static Check),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind(id, meant) => {
                write!(f, "there is no kind of finding called {id:?}")?;
                match meant {
                    Some(meant) => write!(f, "; did you mean {meant}?"),
                    None => Ok(()),
                }
            }
            Self::NoReason(check) => {
                write!(f, "no reason is given, so {} is not silenced", check.id)
            }
        }
    }
}

/// The kind and the reason, or what is wrong. `None`: the line is something else.
fn parse(line: &[u8], known: &[&'static Check]) -> Option<Result<(&'static Check, String), Flaw>> {
    let text = std::str::from_utf8(line).ok()?.trim();
    let mut rest = text.strip_prefix('#')?.trim_start_matches('#');
    for keyword in KEYWORDS {
        rest = rest.trim_start().strip_prefix(keyword)?;
    }
    let (id, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let (id, reason) = (id.trim(), reason.trim());
    let Some(check) = known.iter().find(|check| check.id == id) else {
        let meant = closest(id.as_bytes(), known.iter().map(|check| check.id));
        return Some(Err(Flaw::UnknownKind(id.to_owned(), meant)));
    };
    Some(if reason.is_empty() {
        Err(Flaw::NoReason(check))
    } else {
        Ok((check, reason.to_owned()))
    })
}

/// Reports those that had no effect, after both tables.
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
        let not_asked = !checker.flags.dns && asked.iter().any(|check| check.id == id);
        if !allowance.used.get() && !not_asked {
            let text = format!("the rule below has no finding {id}");
            checker.find(Finding::own(&ALLOW_UNUSED, text).at(allowance.place.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::host_words::NET_MASK;

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
            let found = parse(line.as_bytes(), &[&NET_MASK]);
            match (found, expected) {
                (None, None) => {}
                (Some(Ok((check, reason))), Some(Ok(text))) => {
                    assert_eq!(format!("{} {reason}", check.id), text, "{line}");
                }
                (Some(Err(flaw)), Some(Err(text))) => {
                    assert!(flaw.to_string().contains(text), "{flaw}");
                }
                (found, _) => panic!("{line}: {found:?}"),
            }
        }
    }
}
