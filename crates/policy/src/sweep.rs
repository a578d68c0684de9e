//! Goes through all addresses from border to border: where which rules may match, and what the search makes of them.
//!
//! Ranges with the same answer share it. A rule that decides for everybody needs no search, so a table of plain
//! addresses costs little.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use crate::condition::Condition;
use crate::decision::{By, Decision, Entry, Range, TooMuch, is_sure};
use crate::search::Search;
use crate::space::Family;
use crate::words::Tested;

/// Most conditions that the answers of one service may hold together.
const MAX_ENTRIES: usize = 20_000_000;

/// A range on which a rule may match.
struct Stretch {
    from: u128,
    to: u128,
    entry: Entry,
}

/// Where the rules may match in one family.
#[derive(Default)]
struct Line {
    /// The rules that may match at all addresses, in order.
    everywhere: Vec<Entry>,
    /// Those of others.
    stretches: Vec<Stretch>,
}

impl Line {
    fn note(&mut self, family: Family, from: u128, to: u128, entry: Entry) {
        if from == 0 && to == family.last() {
            self.everywhere.push(entry);
        } else {
            self.stretches.push(Stretch { from, to, entry });
        }
    }
}

/// Where which rules may match.
#[derive(Default)]
pub(crate) struct Field {
    v4: Line,
    v6: Line,
}

impl Field {
    /// Adds a rule; rules come in their order.
    pub(crate) fn add(&mut self, index: u32, tested: &Tested) {
        for family in Family::BOTH {
            let line = match family {
                Family::V4 => &mut self.v4,
                Family::V6 => &mut self.v6,
            };
            let (matches, in_error) = (tested.matches.of(family), tested.in_error.of(family));
            if in_error.is_empty() {
                for piece in matches.iter() {
                    let entry = (index, piece.holds, Condition::NEVER);
                    line.note(family, piece.from, piece.to, entry);
                }
                continue;
            }
            // Both kinds of pieces, from border to border.
            let mut cuts: Vec<u128> = Vec::new();
            for piece in matches.iter().chain(in_error.iter()) {
                cuts.push(piece.from);
                if piece.to < family.last() {
                    cuts.push(piece.to + 1);
                }
            }
            cuts.sort_unstable();
            cuts.dedup();
            for (at, from) in cuts.iter().enumerate() {
                let to = cuts.get(at + 1).map_or(family.last(), |next| next - 1);
                let pair = (matches.at(*from), in_error.at(*from));
                if pair != (Condition::NEVER, Condition::NEVER) {
                    line.note(family, *from, to, (index, pair.0, pair.1));
                }
            }
        }
    }
}

/// Lists of decisions, each once, one after the other in one piece of memory.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    decisions: Vec<Decision>,
    /// Where each list ends.
    ends: Vec<usize>,
    numbers: HashTable<usize>,
    hasher: DefaultHashBuilder,
    /// For rules that decide for everybody, the list of that alone: a table may have a million of them.
    alone: Vec<Option<u32>>,
}

impl Lists {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A list by its number.
    pub(crate) fn get(&self, number: usize) -> &[Decision] {
        let before = number
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        let from = before.copied().unwrap_or(0);
        let to = self.ends.get(number).copied().unwrap_or(from);
        self.decisions.get(from..to).unwrap_or_default()
    }

    /// The number of a list.
    fn number(&mut self, list: &[Decision]) -> usize {
        let rule = match list {
            [
                Decision {
                    by: By::Rule(rule), ..
                },
            ] => Some(*rule as usize),
            _ => None,
        };
        match rule.map(|rule| (rule, self.alone.get(rule).copied().flatten())) {
            Some((_, Some(number))) if self.get(number as usize) == list => return number as usize,
            Some((rule, None)) => {
                let number = self.add(list);
                if self.alone.len() <= rule {
                    self.alone.resize(rule + 1, None);
                }
                if let Some(alone) = self.alone.get_mut(rule) {
                    *alone = u32::try_from(number).ok();
                }
                return number;
            }
            _ => {}
        }
        let hash = self.hasher.hash_one(list);
        if let Some(number) = self.numbers.find(hash, |number| self.get(*number) == list) {
            return *number;
        }
        let number = self.add(list);
        let mut numbers = std::mem::take(&mut self.numbers);
        numbers.insert_unique(hash, number, |number| {
            self.hasher.hash_one(self.get(*number))
        });
        self.numbers = numbers;
        number
    }

    fn add(&mut self, list: &[Decision]) -> usize {
        self.decisions.extend_from_slice(list);
        self.ends.push(self.decisions.len());
        self.ends.len() - 1
    }
}

/// Ranges in order, and their lists.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    /// The ranges: they cover both families once, and two that touch have different lists.
    pub ranges: Vec<Range>,
    /// The lists.
    pub lists: Lists,
    /// How many conditions were written into lists.
    entries: usize,
}

/// The rules that may match at an address, by index, besides those that may match at all.
type Active = BTreeMap<u32, (Condition, Condition)>;

/// Answers by the rules that may match, besides those that may match at all addresses.
type Known = HashMap<Box<[Entry]>, usize>;

impl Swept {
    /// Goes through all addresses.
    pub(crate) fn run(field: Field, mut search: Search<'_>) -> Result<Self, TooMuch> {
        let mut swept = Self::default();
        swept.line(Family::V4, field.v4, &mut search)?;
        swept.line(Family::V6, field.v6, &mut search)?;
        Ok(swept)
    }

    fn line(
        &mut self,
        family: Family,
        mut line: Line,
        search: &mut Search<'_>,
    ) -> Result<(), TooMuch> {
        leave_out(&mut line, search);
        line.stretches.sort_unstable_by_key(|stretch| stretch.from);
        let place = Place {
            may_leave: line.everywhere.iter().any(|entry| search.may_leave(entry)),
            everywhere: line.everywhere,
        };
        let (mut active, mut ends) = (Active::new(), BinaryHeap::new());
        let mut known = Known::new();
        let mut stretches = line.stretches.into_iter().peekable();
        let mut at = 0;
        loop {
            // Most stretches of a long table are alone.
            if active.is_empty()
                && let Some(stretch) = stretches.next_if(|stretch| stretch.from == at)
            {
                let next = stretches.peek().map_or(u128::MAX, |next| next.from);
                if stretch.to < next
                    && let Some(decision) = place.at_once(Some(stretch.entry), search)
                {
                    let answer = self.lists.number(&[decision]);
                    self.push(family, at, stretch.to, answer);
                    if stretch.to == family.last() {
                        return Ok(());
                    }
                    at = stretch.to + 1;
                    continue;
                }
                let (index, matches, in_error) = stretch.entry;
                active.insert(index, (matches, in_error));
                ends.push(Reverse((stretch.to, index)));
            }
            while let Some(Reverse((to, index))) = ends.peek().copied()
                && to < at
            {
                ends.pop();
                active.remove(&index);
            }
            while let Some(stretch) = stretches.next_if(|stretch| stretch.from == at) {
                let (index, matches, in_error) = stretch.entry;
                active.insert(index, (matches, in_error));
                ends.push(Reverse((stretch.to, index)));
            }
            let end = ends.peek().map_or(family.last(), |Reverse((to, _))| *to);
            let start = stretches.peek().map_or(family.last(), |next| next.from - 1);
            let to = end.min(start);
            let answer = self.answer(&place, &active, &mut known, search)?;
            self.push(family, at, to, answer);
            if to == family.last() {
                return Ok(());
            }
            at = to + 1;
        }
    }

    /// Adds a range, or makes the last one longer.
    fn push(&mut self, family: Family, from: u128, to: u128, answer: usize) {
        match self.ranges.last_mut() {
            Some(last) if last.family == family && last.answer == answer => last.to = to,
            _ => self.ranges.push(Range {
                family,
                from,
                to,
                answer,
            }),
        }
    }

    /// The answer where these rules are active.
    fn answer(
        &mut self,
        place: &Place,
        active: &Active,
        known: &mut Known,
        search: &mut Search<'_>,
    ) -> Result<usize, TooMuch> {
        let local = active
            .first_key_value()
            .map(|(index, (matches, in_error))| (*index, *matches, *in_error));
        if let Some(decision) = place.at_once(local, search) {
            return Ok(self.lists.number(&[decision]));
        }
        let local = place.local(active, search);
        self.entries += local.len();
        if self.entries > MAX_ENTRIES {
            return Err(TooMuch::Conditions);
        }
        if let Some(answer) = known.get(&*local) {
            return Ok(*answer);
        }
        self.entries += place.everywhere.len();
        if self.entries > MAX_ENTRIES {
            return Err(TooMuch::Conditions);
        }
        let mut entries = [&*place.everywhere, &*local].concat();
        entries.sort_unstable_by_key(|(index, ..)| *index);
        let answer = self.lists.number(&search.decide(&entries));
        known.insert(local.into(), answer);
        Ok(answer)
    }
}

/// Leaves out the rules that no search gets to, since one that matches everybody stands before them.
fn leave_out(line: &mut Line, search: &Search<'_>) {
    let mut stops = [u32::MAX; 2];
    for entry in line.everywhere.iter().filter(|entry| is_sure(entry)) {
        let stop = &mut stops[usize::from(!search.is_allow(entry))];
        *stop = entry.0.min(*stop);
    }
    if stops == [u32::MAX; 2] {
        return;
    }
    let reached = |entry: &Entry| entry.0 <= stops[usize::from(!search.is_allow(entry))];
    line.everywhere.retain(reached);
    line.stretches.retain(|stretch| reached(&stretch.entry));
}

/// What holds at all addresses of a family.
struct Place {
    everywhere: Vec<Entry>,
    /// Whether one of these rules may end the search of its table without a verdict.
    may_leave: bool,
}

impl Place {
    /// The decision, if the rule that is tested first decides for everybody; `local` is the first active one.
    fn at_once(&self, local: Option<Entry>, search: &Search<'_>) -> Option<Decision> {
        let both = [self.everywhere.first().copied(), local];
        let first = both.into_iter().flatten().min_by_key(|(index, ..)| *index);
        search.at_once(&first?)
    }

    /// The active rules that the search may get to.
    fn local(&self, active: &Active, search: &Search<'_>) -> Vec<Entry> {
        let mut local = Vec::new();
        let mut leaves = self.may_leave;
        let mut granted = false;
        for (index, (matches, in_error)) in active {
            let entry = (*index, *matches, *in_error);
            let allow = search.is_allow(&entry);
            match (allow, granted) {
                (true, true) => continue,
                (false, true) if !leaves => break,
                _ => local.push(entry),
            }
            leaves |= allow && search.may_leave(&entry);
            match (allow, is_sure(&entry)) {
                (true, sure) => granted |= sure,
                (false, true) => break,
                (false, false) => {}
            }
        }
        local
    }
}
