//! Which rules and words the expectations of a test reach (`--coverage`).
//!
//! A rule is reached if it decides one, and a word if it matches in one. The engine tells both as it goes
//! ([`Event`]); the tables are gone through beforehand, so that what no expectation gets to is known too.

use std::cell::RefCell;
use std::collections::BTreeMap;

use hosts_access::report::problem::Diagnostic;
use hosts_access::report::trace::{Event, List};
use hosts_access::table::line::Lines;
use hosts_access::table::list::{Words, is_except};
use hosts_access::table::place::Place;
use hosts_access::table::rule::Rule;
use hosts_access::text::escape::TableText;
use hosts_access::world::{Files, Log};
use serde_json::json;
use tools::output::Output;

use crate::answer::{RulePlace, text};
use crate::arguments::AnswerFormat;
use crate::predictor::Predictor;

/// A rule, and which of its words have matched.
struct Reached {
    place: Place,
    text: String,
    daemons: Vec<(String, bool)>,
    clients: Vec<(String, bool)>,
    decided: bool,
}

/// Where the engine is.
#[derive(Default)]
struct Cursor {
    /// The rule, if it is one of the tables.
    rule: Option<usize>,
    list: Option<List>,
    /// The number of the word in its list.
    word: usize,
    /// How many words are open: those of a `/file` list lie within the word that names it.
    depth: usize,
}

/// What was reached so far.
pub(crate) struct TableCoverage {
    rules: RefCell<Vec<Reached>>,
    /// Rules by whether they are of hosts.allow, and their first lines.
    known: BTreeMap<(bool, u64), usize>,
    at: RefCell<Cursor>,
    allow: std::path::PathBuf,
}

impl TableCoverage {
    /// Of these tables, nothing reached.
    pub(crate) fn new(predictor: &Predictor) -> Self {
        let mut rules = Vec::new();
        let mut known = BTreeMap::new();
        for (allow, path) in [
            (true, &predictor.tables.allow),
            (false, &predictor.tables.deny),
        ] {
            let Ok(Some(source)) = predictor.disk.open(path) else {
                continue;
            };
            let mut lines = Lines::new(source);
            // What ends a table early is told where the table is searched.
            while let Ok(Some(line)) = lines.next_line() {
                let Some(rule) = Rule::parse(line.text) else {
                    continue;
                };
                let words = |list| Words::new(list).map(|word| (text(word), is_except(word)));
                known.insert((allow, line.first), rules.len());
                rules.push(Reached {
                    place: Place {
                        table: path.as_path().into(),
                        first_line: line.first,
                        line: line.last,
                    },
                    text: text(line.text),
                    daemons: words(rule.daemons).collect(),
                    clients: words(rule.clients).collect(),
                    decided: false,
                });
            }
        }
        Self {
            rules: RefCell::new(rules),
            known,
            at: RefCell::default(),
            allow: predictor.tables.allow.clone(),
        }
    }

    fn number(&self, table: &std::path::Path, first_line: u64) -> Option<usize> {
        let allow = table == self.allow;
        self.known.get(&(allow, first_line)).copied()
    }

    /// Notes the rule that has decided.
    pub(crate) fn decided(&self, place: &Place) {
        if let Some(number) = self.number(&place.table, place.first_line)
            && let Some(rule) = self.rules.borrow_mut().get_mut(number)
        {
            rule.decided = true;
        }
    }

    /// Goes on to the next word of the list, after this one has matched or not.
    fn next_word(&self, matched: bool) {
        let at = &mut *self.at.borrow_mut();
        let rules = &mut *self.rules.borrow_mut();
        let rule = at.rule.and_then(|number| rules.get_mut(number));
        let words = rule.zip(at.list).map(|(rule, list)| match list {
            List::Daemons => &mut rule.daemons,
            List::Clients => &mut rule.clients,
        });
        if let Some((_, reached)) = words.and_then(|words| words.get_mut(at.word)) {
            *reached |= matched;
        }
        at.word += 1;
    }

    /// Tells what was not reached, and how much was.
    pub(crate) fn tell(&self, format: AnswerFormat, output: &Output) {
        let rules = &*self.rules.borrow();
        let (mut decided, mut words, mut matched) = (0, 0, 0);
        for rule in rules {
            let table = TableText::from(&*rule.place.table);
            let place = format!("{table}:{}", rule.place.first_line);
            decided += usize::from(rule.decided);
            if !rule.decided {
                match format {
                    AnswerFormat::Human => output.line(format_args!(
                        "{place}: no expectation reaches this rule: {}",
                        rule.text
                    )),
                    AnswerFormat::Json => output.line(json!({
                        "rule": RulePlace::new(&rule.place), "text": rule.text, "unreached": "rule",
                    })),
                }
            }
            for (name, list) in [("daemons", &rule.daemons), ("clients", &rule.clients)] {
                let list = list.iter().filter(|(word, _)| !is_except(word.as_bytes()));
                for (word, reached) in list {
                    words += 1;
                    matched += usize::from(*reached);
                    if *reached || !rule.decided {
                        continue;
                    }
                    match format {
                        AnswerFormat::Human => output.line(format_args!("{place}: no expectation reaches {word} of its {name}")),
                        AnswerFormat::Json => output.line(json!({
                            "list": name, "rule": RulePlace::new(&rule.place), "unreached": "word", "word": word,
                        })),
                    }
                }
            }
        }
        let all = rules.len();
        match format {
            AnswerFormat::Human => output.line(format_args!(
                "coverage: {decided} of {all} rules, {matched} of {words} words"
            )),
            AnswerFormat::Json => output.line(json!({"coverage": {
                "rules": all, "rules_reached": decided, "words": words, "words_reached": matched,
            }})),
        }
    }
}

impl Log for TableCoverage {
    fn diagnostic(&self, _: &Diagnostic) {}

    fn wants_events(&self) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Rule { place, .. } => {
                let rule = self.number(&place.table, place.first_line);
                *self.at.borrow_mut() = Cursor {
                    rule,
                    ..Cursor::default()
                };
            }
            Event::List(list) => {
                let at = &mut *self.at.borrow_mut();
                (at.list, at.word, at.depth) = (Some(*list), 0, 0);
            }
            Event::Word(_) | Event::FileWord { .. } => self.at.borrow_mut().depth += 1,
            Event::Tested { matched } => {
                let depth = {
                    let at = &mut *self.at.borrow_mut();
                    at.depth = at.depth.saturating_sub(1);
                    at.depth
                };
                if depth == 0 {
                    self.next_word(*matched);
                }
            }
            Event::Passed(_) | Event::Except { .. } => self.next_word(false),
            _ => {}
        }
    }
}
