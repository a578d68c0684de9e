//! Judges a case: equal, different as rows of docs/differences.md say, or different.
//!
//! A row explains a difference only if this holds: with its construct written anew in words that
//! mean the same to both ([`rewrite`]), both do the same in everything, and we do what we did before.

use anyhow::Result;
use test_kit::later;

use crate::case::Case;
use crate::compare::{Judgement, same};
use crate::engine::{self, Heard, Way};
use crate::original::Original;
use crate::outcome::{Event, Outcome, Verdict};
use crate::rewrite::{self, Ended, Lists, Same};

/// What of our outcome must stay as it was when a case is written anew.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    /// Nothing: the facts themselves are others.
    Nothing,
    /// The verdict and the rule that decided: what is written anew is told, or set.
    Rule,
    /// All of it.
    All,
}

impl Kept {
    fn holds(self, before: &Outcome, after: &Outcome) -> bool {
        match self {
            Self::Nothing => true,
            Self::Rule => before.coarse() == after.coarse(),
            Self::All => before == after,
        }
    }
}

struct Row {
    name: &'static str,
    kept: Kept,
    rewrite: fn(&mut Case, Lists),
}

const ROWS: &[Row] = &[
    Row {
        name: "T7",
        kept: Kept::Rule,
        rewrite: |case, _| rewrite::plain_nuls(case),
    },
    Row {
        name: "T5",
        kept: Kept::All,
        rewrite: |case, _| rewrite::plain_comments(case),
    },
    Row {
        name: "T6",
        kept: Kept::All,
        rewrite: |case, _| rewrite::plain_lists(case),
    },
    Row {
        name: "T1",
        kept: Kept::Rule,
        rewrite: |case, _| rewrite::short(case),
    },
    Row {
        name: "O8",
        kept: Kept::Rule,
        rewrite: |case, _| rewrite::no_long_values(case),
    },
    Row {
        name: "T4",
        kept: Kept::All,
        rewrite: rewrite::address_globs,
    },
    Row {
        name: "T11",
        kept: Kept::All,
        rewrite: rewrite::other_links,
    },
    Row {
        name: "T2",
        kept: Kept::All,
        rewrite: rewrite::plain_networks,
    },
    Row {
        name: "T3",
        kept: Kept::All,
        rewrite: rewrite::no_numbers,
    },
    Row {
        name: "T3",
        kept: Kept::Rule,
        rewrite: |case, _| rewrite::no_values(case),
    },
    Row {
        name: "N7",
        kept: Kept::All,
        rewrite: |case, _| rewrite::no_loop(case),
    },
    Row {
        name: "O12",
        kept: Kept::All,
        rewrite: |case, _| rewrite::one_spelling(case),
    },
    Row {
        name: "O12",
        kept: Kept::All,
        rewrite: |case, _| rewrite::no_such_name(case),
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

/// Rows about the original of Debian 13.
const LATER_ROWS: &[Row] = &[Row {
    name: "T13",
    kept: Kept::Nothing,
    rewrite: rewrite::no_netgroups,
}];

/// Rows about tcpdmatch.
const DRY_ROWS: &[Row] = &[
    Row {
        name: "O10",
        kept: Kept::Rule,
        rewrite: |case, _| rewrite::nobody(case),
    },
    Row {
        name: "X8",
        kept: Kept::All,
        rewrite: |case, _| rewrite::no_port_zero(case),
    },
];

/// Whether the case would make the original overwrite memory.
pub(crate) fn too_much(case: &Case) -> bool {
    rewrite::overflows(case)
}

/// Whether a difference may be that the original ended its process in the middle (T1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum CutOff {
    No,
    Maybe,
}

/// The two that are compared.
pub(crate) trait Sides {
    /// What we do with a case.
    fn ours(&self, case: &Case) -> Result<Outcome>;

    /// What the original does with it.
    fn theirs(&self, case: &Case) -> Result<Outcome>;

    /// Whether both only say what they would do.
    fn dry(&self) -> bool;
}

/// The engine and the library.
impl Sides for Original {
    fn ours(&self, case: &Case) -> Result<Outcome> {
        Ok(engine::run(case))
    }

    fn theirs(&self, case: &Case) -> Result<Outcome> {
        self.run(case)
    }

    fn dry(&self) -> bool {
        false
    }
}

/// Judges a case by the engine and the library. Each step of our search is told to `listen`.
pub(crate) fn judge(
    original: &Original,
    case: &Case,
    listen: &dyn Fn(Heard<'_>),
) -> Result<Judgement> {
    let ours = engine::run(case);
    for way in [Way::Told(listen), Way::Held] {
        if engine::run_in(way, case) != ours {
            return Ok(Judgement::Unexplained);
        }
    }
    judge_sides(original, case, &ours)
}

/// Judges a case of which our outcome is known.
pub(crate) fn judge_sides(sides: &dyn Sides, case: &Case, ours: &Outcome) -> Result<Judgement> {
    for cut_off in [CutOff::No, CutOff::Maybe] {
        let judge = Judge { sides, cut_off };
        if let Some(rows) = judge.rows(case, ours)? {
            return Ok(if rows.is_empty() {
                Judgement::Equal
            } else {
                Judgement::Explained(rows)
            });
        }
    }
    Ok(Judgement::Unexplained)
}

struct Judge<'o> {
    sides: &'o dyn Sides,
    cut_off: CutOff,
}

type Rows = Option<Vec<&'static str>>;

impl Judge<'_> {
    /// The rows by which both sides do the same: none, one, or as few as it takes.
    fn rows(&self, case: &Case, ours: &Outcome) -> Result<Rows> {
        if let Some(rows) = self.ended(case, ours, 0)? {
            return Ok(Some(rows));
        }
        let later = LATER_ROWS.iter().filter(|_| later());
        let dry = DRY_ROWS.iter().filter(|_| self.sides.dry());
        let all: Vec<_> = later.chain(dry).chain(ROWS).collect();
        for lists in [Lists::Client, Lists::Server, Lists::Apart] {
            for row in &all {
                if let Some(rows) = self.rewritten(case, ours, &[row], lists)? {
                    return Ok(Some(rows));
                }
            }
            for count in [all.len() - 1, all.len()] {
                if let Some(rows) = self.rewritten(case, ours, &all[..count], lists)? {
                    return self
                        .fewest(case, ours, &all[..count], lists)
                        .map(|found| found.or(Some(rows)));
                }
            }
        }
        Ok(None)
    }

    /// Does without each row that is not needed.
    fn fewest(
        &self,
        case: &Case,
        ours: &Outcome,
        rows: &[&'static Row],
        lists: Lists,
    ) -> Result<Rows> {
        let mut kept = rows.to_vec();
        for row in rows {
            let fewer: Vec<_> = kept
                .iter()
                .copied()
                .filter(|other| !std::ptr::eq(*other, *row))
                .collect();
            if self.rewritten(case, ours, &fewer, lists)?.is_some() {
                kept = fewer;
            }
        }
        self.rewritten(case, ours, &kept, lists)
    }

    /// The rows by which a case, written anew by some more, is the same on both sides. A row that
    /// would change what we do is left out.
    fn rewritten(&self, case: &Case, ours: &Outcome, rows: &[&Row], lists: Lists) -> Result<Rows> {
        let mut changed = case.clone();
        let mut outcome = ours.clone();
        if matches!(lists, Lists::Apart) {
            rewrite::lists_apart(&mut changed);
            if changed == *case || self.sides.ours(&changed)? != outcome {
                return Ok(None);
            }
        }
        let mut names = Vec::new();
        for row in rows {
            let mut anew = changed.clone();
            (row.rewrite)(&mut anew, lists);
            if anew == changed {
                continue;
            }
            let after = self.sides.ours(&anew)?;
            if !row.kept.holds(&outcome, &after) {
                continue;
            }
            (changed, outcome) = (anew, after);
            names.push(row.name);
        }
        if names.is_empty() {
            return Ok(None);
        }
        let found = self.ended(&changed, &outcome, 0)?;
        Ok(found.map(|more| united(names, more)))
    }

    /// Tries a case, and the ways to end its tables for the original where they are in error to us.
    fn ended(&self, case: &Case, ours: &Outcome, depth: u8) -> Result<Rows> {
        if let Some(rows) = self.compare(case, ours)? {
            return Ok(Some(rows));
        }
        if depth == 2 {
            return Ok(None);
        }
        let Some(ended) = rewrite::ended(case, ours) else {
            return Ok(None);
        };
        let row = ended.row();
        for (way, same) in &ended.ways {
            let anew = self.sides.ours(way)?;
            if same_but_for_the_end(ours, &anew, &ended, *same)
                && let Some(mut rows) = self.ended(way, &anew, depth + 1)?
            {
                // The line that was put there is unterminated.
                rows.retain(|row| *row != "T10");
                return Ok(Some(united(vec![row], rows)));
            }
        }
        Ok(None)
    }

    /// The rows of wording by which both sides do the same.
    fn compare(&self, case: &Case, ours: &Outcome) -> Result<Rows> {
        if too_much(case) {
            return Ok(None);
        }
        let theirs = self.sides.theirs(case)?;
        if let Some(rows) = same(case, ours, &theirs) {
            return Ok(Some(rows));
        }
        Ok(match self.cut_off {
            CutOff::No => None,
            CutOff::Maybe => cut_off(case, ours, &theirs),
        })
    }
}

fn united(mut rows: Vec<&'static str>, more: Vec<&'static str>) -> Vec<&'static str> {
    rows.extend(more);
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Whether we did the same but for what we said of the place in error.
fn same_but_for_the_end(ours: &Outcome, anew: &Outcome, ended: &Ended, same: Same) -> bool {
    match same {
        Same::All => {}
        Same::Rule => return ours.coarse() == anew.coarse(),
        Same::Verdict => return ours.coarse().0 == anew.coarse().0,
    }
    let rest = |outcome: &Outcome| {
        let mut events = outcome.events.clone();
        events.retain(|event| !matches!(event, Event::Message(text) if ended.is_about(text)));
        events
    };
    (rest(ours), &ours.verdict, ours.severity) == (rest(anew), &anew.verdict, anew.severity)
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
