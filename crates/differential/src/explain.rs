//! Judges a case: equal, different as rows of docs/differences.md say, or different.
//!
//! A row explains a difference only if this holds: with its construct written anew in words that
//! mean the same to both ([`rewrite`]), both do the same, and we decide as we did before.

use anyhow::Result;

use crate::case::{Case, KILLED};
use crate::compare::{Judgement, same};
use crate::engine;
use crate::original::Original;
use crate::outcome::{Event, Outcome, Verdict};
use crate::rewrite::{self, Lists};

/// What must stay as it was when a case is written anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// The verdict and the rule that decided.
    Rule,
    /// The verdict.
    Verdict,
    /// Nothing: the facts themselves are others.
    Nothing,
}

struct Row {
    name: &'static str,
    kept: Kept,
    rewrite: fn(&mut Case, Lists),
}

const ROWS: &[Row] = &[
    Row {
        name: "T5",
        kept: Kept::Rule,
        rewrite: |case, _| rewrite::plain_comments(case),
    },
    Row {
        name: "T6",
        kept: Kept::Rule,
        rewrite: |case, _| rewrite::plain_lists(case),
    },
    Row {
        name: "T1",
        kept: Kept::Rule,
        rewrite: |case, _| rewrite::short(case),
    },
    Row {
        name: "T4",
        kept: Kept::Rule,
        rewrite: rewrite::address_globs,
    },
    Row {
        name: "T11",
        kept: Kept::Rule,
        rewrite: rewrite::other_links,
    },
    Row {
        name: "T2",
        kept: Kept::Rule,
        rewrite: rewrite::plain_networks,
    },
    Row {
        name: "T3",
        kept: Kept::Rule,
        rewrite: rewrite::no_numbers,
    },
    Row {
        name: "N7",
        kept: Kept::Rule,
        rewrite: |case, _| rewrite::no_loop(case),
    },
    Row {
        name: "O12",
        kept: Kept::Rule,
        rewrite: |case, _| rewrite::one_spelling(case),
    },
    Row {
        name: "O3",
        kept: Kept::Rule,
        rewrite: |case, _| rewrite::old_severities(case),
    },
    Row {
        name: "O2",
        kept: Kept::Rule,
        rewrite: |case, _| rewrite::fresh_aclexec(case),
    },
    Row {
        name: "O7",
        kept: Kept::Nothing,
        rewrite: |case, _| rewrite::filtered(case),
    },
];

/// Whether the case would make the original overwrite memory.
pub(crate) fn too_much(case: &Case) -> bool {
    rewrite::overflows(case)
}

/// Judges a case.
pub(crate) fn judge(original: &Original, case: &Case) -> Result<Judgement> {
    let ours = engine::run(case);
    if let Some(rows) = compare(original, case, &ours)? {
        return Ok(if rows.is_empty() {
            Judgement::Equal
        } else {
            Judgement::Explained(rows)
        });
    }
    for lists in [Lists::Client, Lists::Server] {
        for row in ROWS {
            if let Some(rows) = rewritten(original, case, &ours, std::slice::from_ref(row), lists)?
            {
                return Ok(Judgement::Explained(rows));
            }
        }
        for count in [ROWS.len() - 1, ROWS.len()] {
            if let Some(rows) = rewritten(original, case, &ours, &ROWS[..count], lists)? {
                return Ok(Judgement::Explained(rows));
            }
        }
    }
    Ok(Judgement::Unexplained)
}

/// The rows by which a case, written anew by some more, is the same on both sides.
fn rewritten(
    original: &Original,
    case: &Case,
    ours: &Outcome,
    rows: &[Row],
    lists: Lists,
) -> Result<Option<Vec<&'static str>>> {
    let mut changed = case.clone();
    let mut kept = Kept::Rule;
    let mut names = Vec::new();
    // What is in error comes first and again last: the other rows may make a list harmless.
    for row in rows {
        let before = changed.clone();
        (row.rewrite)(&mut changed, lists);
        if changed != before {
            names.push(row.name);
            if row.kept == Kept::Nothing {
                kept = Kept::Nothing;
            }
        }
    }
    let anew = engine::run(&changed);
    if kept != Kept::Nothing && anew.coarse() != ours.coarse() {
        return Ok(None);
    }
    ended(original, &changed, &anew, 0).map(|found| {
        found.map(|more| {
            names.extend(more);
            names.sort_unstable();
            names.dedup();
            names
        })
    })
}

/// Tries a case, and the ways to end its tables where they are in error.
fn ended(
    original: &Original,
    case: &Case,
    ours: &Outcome,
    depth: u8,
) -> Result<Option<Vec<&'static str>>> {
    if let Some(rows) = compare(original, case, ours)? {
        return Ok(Some(rows));
    }
    if depth == 2 {
        return Ok(None);
    }
    let Some(ways) = rewrite::ended(case, ours) else {
        return Ok(None);
    };
    for way in ways {
        let anew = engine::run(&way);
        let kept = if case.aclexec == KILLED {
            Kept::Verdict
        } else {
            Kept::Rule
        };
        let agrees = match kept {
            Kept::Rule => anew.coarse() == ours.coarse(),
            _ => anew.coarse().0 == ours.coarse().0,
        };
        if agrees && let Some(mut rows) = ended(original, &way, &anew, depth + 1)? {
            rows.push(why_ended(case, ours));
            return Ok(Some(rows));
        }
    }
    Ok(None)
}

/// The row by which something is in error.
fn why_ended(case: &Case, ours: &Outcome) -> &'static str {
    let said = |part: &str| {
        ours.events.iter().any(|event| {
            matches!(event, Event::Message(text) if String::from_utf8_lossy(text).contains(part))
        })
    };
    if case.aclexec == KILLED && said("exited with signal") {
        "O2"
    } else if said("NUL byte") || said("missing newline") {
        "T7"
    } else {
        "T8"
    }
}

/// The rows of wording by which both sides do the same.
fn compare(original: &Original, case: &Case, ours: &Outcome) -> Result<Option<Vec<&'static str>>> {
    if too_much(case) {
        return Ok(None);
    }
    let theirs = original.run(case)?;
    if let Some(rows) = same(case, ours, &theirs) {
        return Ok(Some(rows));
    }
    Ok(cut_off(case, ours, &theirs))
}

/// T1: an expansion that the original has no room for ends its process; we go on. Up to there
/// both do the same.
fn cut_off(case: &Case, ours: &Outcome, theirs: &Outcome) -> Option<Vec<&'static str>> {
    let (last, before) = theirs.events.split_last()?;
    let too_long = matches!(last, Event::Message(text)
        if text.windows(29).any(|part| part == b"percent_x: expansion too long"));
    if theirs.verdict != Verdict::Exit || !too_long {
        return None;
    }
    let cut = |events: &[Event]| Outcome {
        events: events.to_vec(),
        verdict: Verdict::Denied,
        severity: 0,
    };
    let mut rows = same(case, &cut(ours.events.get(..before.len())?), &cut(before))?;
    rows.push("T1");
    Some(rows)
}
