//! What the report says of daemons that have the same answer: networks with their decisions, and the squares of the map.
//!
//! Made of an answer of the `policy` crate, which is then let go: an answer may have a million networks, a page holds
//! what its [`Room`] allows and says how much it leaves out.

use std::collections::HashMap;

use policy::access::{Access, By, Decision, Policy, Verdict};
use policy::condition::{Condition, Conditions};
use policy::space::Family;

use super::address_map::{Look, Square, Stretch, squares};
use crate::whole::conditions;
use crate::whole::reason;
use crate::whole::who::{Group, plain_network};

/// Rows of one section.
const MAX_ROWS: usize = 200;

/// Networks of one family in a row.
const MAX_NETWORKS: usize = 60;

/// Decisions of a row.
const MAX_STEPS: usize = 20;

/// Squares of one section's map.
const MAX_SQUARES: usize = 13;

/// What the page may still hold.
pub(super) struct Room {
    rows: usize,
    networks: usize,
    squares: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            rows: 3000,
            networks: 20_000,
            squares: 150,
        }
    }
}

/// Daemons with the same answer.
pub(super) struct Section {
    /// Their names.
    pub names: Vec<String>,
    /// How many addresses of IPv4 have which look, in the order of [`Look::ALL`].
    pub sizes: Vec<(Look, u128)>,
    /// Networks with the same decisions.
    pub rows: Vec<Row>,
    /// Rows for which there is no room.
    pub rows_left_out: usize,
    /// The map.
    pub views: Vec<View>,
    /// Networks that are mixed and have no closer view.
    pub views_left_out: usize,
}

/// Networks with the same decisions.
pub(super) struct Row {
    /// What the decisions come to.
    pub look: Look,
    /// Networks of IPv4 and of IPv6.
    pub networks: [Networks; 2],
    /// The decisions, in order.
    pub steps: Vec<Step>,
    /// Decisions for which there is no room, before the last.
    pub steps_left_out: usize,
}

/// Networks of one family.
#[derive(Default)]
pub(super) struct Networks {
    /// Those that are shown.
    pub shown: Vec<String>,
    /// How many are not.
    pub left_out: usize,
    /// What stands for all of them, in words.
    pub rest: Option<&'static str>,
}

/// One decision.
pub(super) struct Step {
    /// What it says.
    pub verdict: Verdict,
    /// On what it depends; nothing if it always counts.
    pub when: Option<String>,
    /// What decides.
    pub by: By,
    /// The same in words.
    pub why: String,
}

/// A square of the map, with the row of each of its blocks.
pub(super) struct View {
    /// The square.
    pub square: Square,
    /// The row that has the first address of each block, if it is shown.
    pub rows: Vec<Option<usize>>,
}

impl Section {
    /// What is shown of an answer.
    pub(super) fn new(
        names: Vec<String>,
        policy: &Policy<'_>,
        store: &Conditions,
        access: &Access,
        room: &mut Room,
    ) -> Self {
        let groups = Group::all(access);
        let rest = Group::rest(&groups);
        let mut rows = Vec::new();
        let mut row_of = HashMap::new();
        let most = MAX_ROWS.min(room.rows);
        for look in Look::ALL {
            for (at, group) in groups.iter().enumerate() {
                if Look::of(group) != look || rows.len() >= most {
                    continue;
                }
                let answer = group.ranges.first().map(|range| range.answer);
                row_of.extend(answer.map(|answer| (answer, rows.len())));
                let networks = Family::BOTH.map(|family| {
                    let is_rest = rest.contains(&(family, at));
                    Networks::new(group, family, is_rest, room)
                });
                let (steps, steps_left_out) = steps(policy, store, group.decisions);
                rows.push(Row {
                    look,
                    networks,
                    steps,
                    steps_left_out,
                });
            }
        }
        room.rows -= rows.len();
        let sizes = Look::ALL.map(|look| {
            let of_look = groups.iter().filter(|group| Look::of(group) == look);
            (look, of_look.map(|group| group.size(Family::V4)).sum())
        });
        let (drawn, views_left_out) =
            squares(&stretches(access, &groups), MAX_SQUARES.min(room.squares));
        room.squares -= drawn.len();
        let views = drawn.into_iter().map(|square| {
            let rows = (0..square.blocks.len()).map(|at| {
                let answer = access.answer_at(Family::V4, square.block_base(at).into())?;
                row_of.get(&answer).copied()
            });
            View {
                rows: rows.collect(),
                square,
            }
        });
        Self {
            names,
            sizes: sizes.into(),
            rows_left_out: groups.len() - rows.len(),
            rows,
            views: views.collect(),
            views_left_out,
        }
    }
}

impl Networks {
    fn new(group: &Group<'_>, family: Family, is_rest: bool, room: &mut Room) -> Self {
        let mut networks = Self::default();
        if is_rest {
            networks.rest = Some(if group.is_whole(family) {
                "all addresses"
            } else {
                "all other addresses"
            });
            return networks;
        }
        for network in group.networks(family) {
            if networks.shown.len() < MAX_NETWORKS.min(room.networks) {
                networks.shown.push(plain_network(&network))
            } else {
                networks.left_out += 1
            }
        }
        room.networks -= networks.shown.len();
        networks
    }
}

/// The decisions that are shown, the last one always, and how many are not.
fn steps(policy: &Policy<'_>, store: &Conditions, decisions: &[Decision]) -> (Vec<Step>, usize) {
    let left_out = decisions.len().saturating_sub(MAX_STEPS);
    let Some((last, before)) = decisions.split_last() else {
        return (Vec::new(), 0);
    };
    let shown = before.iter().take(before.len() - left_out).chain([last]);
    let steps = shown.map(|decision| Step {
        verdict: decision.verdict,
        when: match decision.when {
            Condition::ALWAYS => None,
            when => Some(conditions::words(store, when)),
        },
        by: decision.by,
        why: reason(policy, decision),
    });
    (steps.collect(), left_out)
}

/// The addresses of IPv4 from border to border.
fn stretches(access: &Access, groups: &[Group<'_>]) -> Vec<Stretch> {
    let looks: HashMap<usize, Look> = groups
        .iter()
        .filter_map(|group| Some((group.ranges.first()?.answer, Look::of(group))))
        .collect();
    let mut stretches: Vec<Stretch> = Vec::new();
    for range in access.ranges() {
        let (Family::V4, Some(&look)) = (range.family, looks.get(&range.answer)) else {
            continue;
        };
        let to = u32::try_from(range.to).unwrap_or(u32::MAX);
        match stretches.last_mut().filter(|last| last.look == look) {
            Some(last) => last.to = to,
            None => stretches.push(Stretch {
                from: u32::try_from(range.from).unwrap_or(u32::MAX),
                to,
                look,
            }),
        }
    }
    stretches
}
