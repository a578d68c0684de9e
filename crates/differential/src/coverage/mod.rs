//! Which constructs of the language the cases reach, as our engine tells of its search; each must be
//! reached. What counts is what is evaluated, not what is written: a word after the rule that
//! matched is not reached.
//!
//! A construct is a line of text, such as `client address, prefix: no, nearly`. [`expected`] makes the
//! list of all of them from hosts_access(5) and hosts_options(5), so it does not depend on what the
//! generator happens to make.

mod expected;
mod tables;
mod words;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::{self, Write};

use anyhow::{Context, Result};
use hosts_access::report::trace::{Event, List, Subject, Test};
use hosts_access::request::facts::Fact;
use hosts_access::request::{Host, Request, Side};

use crate::case::{ALLOW, Case, DENY};
use crate::engine::Heard;
use crate::outcome::{self, Outcome, Verdict};

/// As many cases as must reach every construct.
pub(crate) const ENOUGH: u64 = 200_000;

/// How often each construct was reached.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    counts: HashMap<String, u64>,
    key: String,
}

impl Coverage {
    fn add(&mut self, construct: fmt::Arguments<'_>) {
        self.key.clear();
        // Writing to a string cannot fail.
        let _ = self.key.write_fmt(construct);
        match self.counts.get_mut(&self.key) {
            Some(count) => *count += 1,
            None => drop(self.counts.insert(self.key.clone(), 1)),
        }
    }

    /// Every construct with its count, for the process that adds up.
    pub(crate) fn encode(&self) -> impl Iterator<Item = String> {
        let counts = self.counts.iter();
        counts.map(|(construct, count)| format!("{count} {construct}"))
    }

    /// Adds what another process has counted.
    pub(crate) fn merge(&mut self, line: &str) -> Result<()> {
        let (count, construct) = line.split_once(' ').context("no count")?;
        *self.counts.entry(construct.to_owned()).or_default() += count.parse::<u64>()?;
        Ok(())
    }

    /// What must be reached, with how often it was; the rarest first.
    pub(crate) fn expected(&self) -> Vec<(u64, String)> {
        let count = |construct: &String| self.counts.get(construct).copied().unwrap_or_default();
        let mut expected: Vec<_> = expected::constructs()
            .into_iter()
            .map(|construct| (count(&construct), construct))
            .collect();
        expected.sort_unstable();
        expected
    }

    /// All that was reached.
    pub(crate) fn reached(&self) -> Vec<(&str, u64)> {
        let mut reached: Vec<_> = self
            .counts
            .iter()
            .map(|(text, count)| (&text[..], *count))
            .collect();
        reached.sort_unstable();
        reached
    }
}

/// Watches the engine at work on one case.
pub(crate) struct Watch<'w> {
    case: &'w Case,
    state: RefCell<State<'w>>,
}

struct State<'w> {
    coverage: &'w mut Coverage,
    /// The word at hand, after the words that name the lists in which it stands.
    words: Vec<Vec<u8>>,
    /// How many EXCEPTs of the list at hand were entered.
    excepts: usize,
    list: List,
    /// Rules that were looked at.
    rules: Vec<(u64, Vec<u8>)>,
    letters: tables::Letters,
}

impl<'w> Watch<'w> {
    pub(crate) fn new(case: &'w Case, coverage: &'w mut Coverage) -> Self {
        Self {
            case,
            state: RefCell::new(State {
                coverage,
                words: Vec::new(),
                excepts: 0,
                list: List::Daemons,
                rules: Vec::new(),
                letters: tables::Letters::default(),
            }),
        }
    }

    /// To be given to the engine.
    pub(crate) fn hear(&self, heard: Heard<'_>) {
        let state = &mut *self.state.borrow_mut();
        match heard {
            Heard::Step(event) => state.event(self.case, event),
            Heard::Read(path, text) if path.windows(4).any(|part| part == b"ban/") => {
                state.letters.add("banners", text);
                tables::banner(state.coverage, text);
            }
            Heard::Read(path, text) if path != ALLOW && path != DENY => {
                tables::list(state.coverage, text);
            }
            Heard::Read(..) => {}
            Heard::End(request, outcome) => {
                state.end(self.case, outcome);
                state.letters(request);
            }
        }
    }
}

fn yes_no(matched: bool) -> &'static str {
    if matched { "yes" } else { "no" }
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Client => "client",
        Side::Server => "server",
    }
}

impl State<'_> {
    fn event(&mut self, case: &Case, event: &Event<'_>) {
        match event {
            Event::Rule { place, text } => {
                self.rules.push((place.line, text.to_vec()));
                tables::rule(self.coverage, text);
            }
            Event::List(list) => {
                self.list = *list;
                self.excepts = 0;
            }
            Event::Word(word) => {
                self.words.clear();
                self.word(word);
            }
            Event::FileWord { word, .. } => self.word(word),
            Event::Tested { .. } => drop(self.words.pop()),
            Event::Test { test, matched } => self.test(case, test, *matched),
            Event::Passed(word) if !word.eq_ignore_ascii_case(b"EXCEPT") => {
                self.coverage.add(format_args!("a word passed over"));
            }
            Event::Except { entered } => {
                self.excepts += usize::from(*entered);
                let (list, nested) = (self.list, self.excepts.min(4));
                let entered = if *entered { "entered" } else { "not entered" };
                self.coverage
                    .add(format_args!("{list:?}: EXCEPT {nested} deep, {entered}"));
            }
            Event::ListTested { matched } => {
                let (list, matched) = (self.list, yes_no(*matched));
                self.coverage.add(format_args!("{list:?}: {matched}"));
            }
            _ => {}
        }
    }

    fn word(&mut self, word: &[u8]) {
        let place = match (self.words.is_empty(), self.list) {
            (false, _) => "list",
            (true, List::Daemons) => "daemon",
            (true, List::Clients) => "client",
        };
        self.words.push(word.to_vec());
        for oddity in words::oddities(word) {
            self.coverage.add(format_args!("{place} word: {oddity}"));
        }
    }

    fn test(&mut self, case: &Case, test: &Test<'_>, matched: bool) {
        let how = yes_no(matched);
        let listed = if self.words.len() > 1 {
            " in a list"
        } else {
            ""
        };
        let at_hand = match &self.words[..] {
            [] => &[][..],
            [word] => words::part(word, test),
            // The words of a list are hosts.
            [.., word] => word,
        };
        let coverage = &mut *self.coverage;
        match test {
            Test::Port(0) => coverage.add(format_args!("port: none known")),
            Test::Port(_) => coverage.add(format_args!("port: {how}")),
            Test::Text {
                subject,
                form,
                value,
            } => {
                let subject = match subject {
                    Subject::Daemon => "daemon".to_owned(),
                    Subject::User => "user".to_owned(),
                    Subject::Address(of) => format!("{} address", side(*of)),
                    Subject::Name(of) => format!("{} name", side(*of)),
                };
                let nearly = match matched {
                    false if words::nearly(*form, at_hand, value) => ", nearly",
                    true if words::in_another_case(*form, at_hand, value) => ", in another case",
                    _ => "",
                };
                coverage.add(format_args!("{subject}{listed}, {form:?}: {how}{nearly}"));
            }
            Test::Address {
                side: of, sensible, ..
            } => {
                let how = if *sensible { how } else { "nonsense" };
                coverage.add(format_args!("{}{listed}, bracketed: {how}", side(*of)));
                if let Some(scope) = words::scope(at_hand) {
                    coverage.add(format_args!("bracketed, scope {scope}: {how}"));
                }
            }
            Test::Net {
                side: of, sensible, ..
            } => {
                let how = if *sensible { how } else { "nonsense" };
                let of = side(*of);
                coverage.add(format_args!("{of}{listed}, network: {how}"));
                let client = match of {
                    "client" => &case.client.address,
                    _ => &case.server.address,
                };
                for form in words::network(at_hand, client) {
                    coverage.add(format_args!("network {form}: {how}"));
                }
            }
            Test::Known { side: of, .. } => {
                coverage.add(format_args!("{}{listed}, KNOWN: {how}", side(*of)))
            }
            Test::Local { side: of, .. } => {
                coverage.add(format_args!("{}{listed}, LOCAL: {how}", side(*of)))
            }
            Test::Netgroup { side: of, .. } => {
                coverage.add(format_args!("{}{listed}, netgroup: {how}", side(*of)))
            }
            // The original knows none.
            Test::DnsList { .. } => {}
            Test::NoFile => coverage.add(format_args!("slashes{listed}: {how}")),
            Test::File { found } => {
                coverage.add(format_args!("file{listed}, found {found}: {how}"))
            }
        }
    }

    /// What was said and done, the lines that were read, and the options that ran.
    fn end(&mut self, case: &Case, outcome: &Outcome) {
        let mut matched = None;
        let mut fields = Vec::new();
        for event in &outcome.events {
            let outcome::Event::Message(message) = event else {
                self.coverage.add(format_args!("does: {}", event.kind()));
                continue;
            };
            let text = String::from_utf8_lossy(message);
            if let Some(place) = text.strip_prefix("matched:  ") {
                let (table, line) = place.split_once(" line ").unwrap_or_default();
                let line = line.parse::<u64>().unwrap_or_default();
                matched = Some((table.to_owned(), line));
                let rule = self.rules.iter().rev().find(|(at, _)| *at == line);
                fields = tables::options(rule.map_or(&[], |(_, text)| text));
                fields.reverse();
            } else if let Some(option) = text.strip_prefix("option:   ") {
                tables::option(self.coverage, option);
                if let Some((keyword, value)) = fields.pop() {
                    self.letters.add(&keyword, &value);
                }
            } else {
                tables::message(self.coverage, &text);
            }
        }
        for path in [ALLOW, DENY] {
            let to = matched
                .as_ref()
                .filter(|(table, _)| table.as_bytes() == path);
            let read = path == ALLOW
                || matched
                    .as_ref()
                    .is_none_or(|(table, _)| table.as_bytes() == DENY);
            if read {
                tables::table(self.coverage, case.content(path), to.map(|(_, line)| *line));
            }
        }
        let verdict = match outcome.verdict {
            Verdict::Granted => "granted",
            Verdict::Denied => "denied",
            Verdict::Twist(_) | Verdict::Exit => "twist",
        };
        let by = match &matched {
            Some((table, _)) if table.as_bytes() == ALLOW => "hosts.allow",
            Some(_) => "hosts.deny",
            None => "no rule",
        };
        self.coverage
            .add(format_args!("{verdict}, last match {by}"));
    }

    /// The letters that were expanded, with the state of the facts that they stand for.
    fn letters(&mut self, request: &Request) {
        for (place, letter) in self.letters.seen() {
            self.coverage.add(format_args!("{letter} in {place}"));
            let facts = match letter {
                "%n" | "%h" | "%c" => name_state(&request.client),
                "%N" | "%H" | "%s" => name_state(&request.server),
                "%a" => address_state(&request.client),
                "%A" => address_state(&request.server),
                "%u" => fact_state(&request.user),
                _ => continue,
            };
            self.coverage.add(format_args!("{letter}, {facts}"));
            if letter == "%c" {
                self.coverage
                    .add(format_args!("%c, user {}", fact_state(&request.user)));
            }
        }
    }
}

fn fact_state(fact: &Fact) -> &'static str {
    match fact {
        Fact::NotAsked => "not asked",
        Fact::Unknown | Fact::InError(_) => "unknown",
        Fact::Paranoid => "paranoid",
        Fact::Known(_) => "known",
    }
}

fn name_state(host: &Host) -> &'static str {
    fact_state(&host.name)
}

fn address_state(host: &Host) -> &'static str {
    match host.address() {
        None => "unknown",
        Some(address) if address.text().contains(&b'%') => "link-local",
        Some(address) if address.text().starts_with(b"::ffff:") => "mapped",
        Some(address) if address.v4().is_some() => "IPv4",
        Some(address) if address.v6().is_some() => "IPv6",
        Some(_) => "odd",
    }
}
