//! `--explain`: each step of the engine, on the terminal or as data.
//!
//! Nothing is decided here: the engine tells what it tests and how that comes out.

use std::cell::RefCell;
use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use hosts_access::report::problem::Diagnostic;
use hosts_access::report::trace::{Event, List, Need};
use hosts_access::request::{Request, Side};
use hosts_access::table::place::Place;
use hosts_access::text::escape::TableText;
use hosts_access::world::Log;
use serde_json::{Value, json};
use tools::output::{Output, is_coloured, option_line};

use crate::answer::{RulePlace, text};
use crate::predictor::Prediction;
use crate::why::{needed, why, would};

/// Most words of one list that are shown though they do not match; the others are counted.
const MAX_SHOWN: usize = 100;

/// Most steps that are kept as data. A table may have a million rules that do not match.
const MAX_STEPS: usize = 100_000;

/// Listens to the engine and explains.
pub(crate) struct Explainer<'o> {
    /// Where to speak; without it the steps are collected.
    output: Option<&'o Output>,
    coloured: bool,
    state: RefCell<Steps>,
}

#[derive(Default)]
struct Steps {
    steps: Vec<Value>,
    /// Steps past those that are kept.
    left_out: usize,
    /// The list at hand.
    list: &'static str,
    /// Words under way, with the reasons so far.
    words: Vec<(Vec<u8>, Vec<String>)>,
    /// Words of the list at hand that were shown although they do not match, and others.
    shown: usize,
    hidden: usize,
    /// What a lookup of each fact would come to.
    facts: BTreeMap<&'static str, String>,
}

impl<'o> Explainer<'o> {
    /// Explains as it goes.
    pub(crate) fn speaking(request: &Request, output: &'o Output) -> Self {
        Self {
            output: Some(output),
            coloured: is_coloured(),
            state: RefCell::new(Steps::new(request)),
        }
    }

    /// Keeps the steps.
    pub(crate) fn collecting(request: &Request) -> Self {
        Self {
            output: None,
            coloured: false,
            state: RefCell::new(Steps::new(request)),
        }
    }

    /// The steps that were collected.
    pub(crate) fn into_steps(self) -> Vec<Value> {
        let mut state = self.state.into_inner();
        if state.left_out > 0 {
            let step = json!({"step": "left out", "steps": state.left_out});
            state.steps.push(step);
        }
        state.steps
    }

    /// Says so if no rule has decided, and whether something in error did.
    pub(crate) fn conclude(&self, prediction: &Prediction) {
        if prediction.decision.matched.is_some() {
            return;
        }
        let said = match prediction.errors().next() {
            None => "    no rule has decided",
            Some(_) => "    after an error no rule lets the client in",
        };
        self.say(said, || json!({"step": "undecided"}));
        for error in prediction.errors() {
            let error = error.to_string();
            self.say(
                &format!("    so this denies: {error}"),
                || json!({"step": "in error", "text": error}),
            );
        }
    }

    fn say(&self, line: &str, step: impl FnOnce() -> Value) {
        match self.output {
            Some(output) => output.line(line),
            None => {
                let state = &mut *self.state.borrow_mut();
                if state.steps.len() < MAX_STEPS {
                    state.steps.push(step())
                } else {
                    state.left_out += 1
                }
            }
        }
    }

    /// A word and what became of it: `yes`, `no` or `-` if it was not tested.
    fn say_word(&self, list: &str, word: &[u8], outcome: &str, reason: &str) {
        let word = text(word);
        let colour = match outcome {
            "yes" => AnsiColor::Green,
            _ => AnsiColor::Yellow,
        };
        let style = if self.coloured && outcome != "-" {
            Style::new().fg_color(Some(colour.into()))
        } else {
            Style::new()
        };
        self.say(
            &format!("    {list:<8} {word:<24} {style}{outcome:<3}{style:#} {reason}"),
            || {
                let matched = match outcome {
                    "yes" => json!(true),
                    "no" => json!(false),
                    _ => Value::Null,
                };
                json!({"list": list, "matched": matched, "step": "word", "why": reason, "word": word})
            },
        );
    }

    fn tested(&self, matched: bool) {
        let (word, reasons, list) = {
            let state = &mut *self.state.borrow_mut();
            let Some((word, reasons)) = state.words.pop() else {
                return;
            };
            if !matched {
                if state.shown >= MAX_SHOWN {
                    state.hidden += 1;
                    return;
                }
                state.shown += 1;
            }
            let list = if state.words.is_empty() {
                state.list
            } else {
                "in file"
            };
            (word, reasons.join("; "), list)
        };
        self.say_word(list, &word, if matched { "yes" } else { "no" }, &reasons);
    }

    fn list_tested(&self, matched: bool) {
        let (hidden, list) = {
            let state = &mut *self.state.borrow_mut();
            (std::mem::take(&mut state.hidden), state.list)
        };
        if hidden > 0 {
            let line = format!("    {list:<8} and {hidden} more words that do not match");
            self.say(
                &line,
                || json!({"hidden": hidden, "list": list, "step": "more"}),
            );
        }
        if !matched {
            let line = format!("    the rule does not match: its {list} do not");
            self.say(&line, || json!({"list": list, "step": "no match"}));
        }
    }

    fn needs(&self, need: Need) {
        let key = key(need);
        let Some(outcome) = self.state.borrow_mut().facts.remove(key) else {
            return;
        };
        let what = needed(need);
        let line = format!("    lookup   {what}: {outcome}");
        self.say(
            &line,
            || json!({"outcome": outcome, "step": "lookup", "what": what}),
        );
    }
}

fn key(need: Need) -> &'static str {
    match need {
        Need::Name(Side::Client) => "client",
        Need::Name(Side::Server) => "server",
        Need::User => "user",
    }
}

impl Steps {
    fn new(request: &Request) -> Self {
        let name = |side| {
            let host = request.host(side);
            match (host.socket(), host.address()) {
                (None, Some(_)) if host.name.known().is_none() => {
                    "not made, as it was given by address only; tcpd asks the name service"
                        .to_owned()
                }
                (None, None) if host.name.known().is_none() => text(host.name.text()),
                _ => text(host.name.text()),
            }
        };
        let user = match request.user.known() {
            Some(user) => format!("{}, as given", text(user)),
            None => "not made; tcpd asks the client's ident server".to_owned(),
        };
        let facts = [
            ("client", name(Side::Client)),
            ("server", name(Side::Server)),
            ("user", user),
        ];
        Self {
            facts: facts.into(),
            ..Self::default()
        }
    }
}

impl Log for Explainer<'_> {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        let line = diagnostic.to_string();
        self.say(&line, || json!({"step": "message", "text": line}));
    }

    fn matched(&self, rule: &Place) {
        let line = format!(
            "matched:  {} line {}",
            TableText::from(&*rule.table),
            rule.line
        );
        self.say(
            &line,
            || json!({"rule": RulePlace::new(rule), "step": "matched"}),
        );
    }

    fn option(&self, keyword: &[u8], value: &[u8]) {
        self.say(
            &option_line(keyword, value),
            || json!({"keyword": text(keyword), "step": "option", "value": text(value)}),
        );
    }

    fn wants_events(&self) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Table { path, found } => {
                let path = TableText::from(*path).to_string();
                if !found {
                    let line = format!("{path}: no such table, which is as good as an empty one");
                    self.say(
                        &line,
                        || json!({"file": path, "found": false, "step": "table"}),
                    );
                } else if self.output.is_none() {
                    self.say("", || json!({"file": path, "found": true, "step": "table"}));
                }
            }
            Event::Rule { place, text: rule } => {
                let rule = text(rule);
                let line = format!(
                    "{} line {}: {rule}",
                    TableText::from(&*place.table),
                    place.line
                );
                self.say(
                    &line,
                    || json!({"rule": RulePlace::new(place), "step": "rule", "text": rule}),
                );
            }
            Event::List(list) => {
                let state = &mut *self.state.borrow_mut();
                (state.shown, state.hidden) = (0, 0);
                state.words.clear();
                state.list = match list {
                    List::Daemons => "daemons",
                    List::Clients => "clients",
                };
            }
            Event::Word(word) => self.begin(word.to_vec()),
            Event::FileWord { line, word, .. } => {
                self.begin([format!("{line}: ").as_bytes(), word].concat());
            }
            Event::Test { test, matched } => {
                if let Some((_, reasons)) = self.state.borrow_mut().words.last_mut() {
                    reasons.push(why(test, *matched));
                }
            }
            Event::Needs(need) => self.needs(*need),
            Event::Tested { matched } => self.tested(*matched),
            Event::Passed(word) => {
                let list = self.state.borrow().list;
                self.say_word(
                    list,
                    word,
                    "-",
                    "not tested, since a word before it matches",
                );
            }
            Event::Except { entered } => {
                let list = self.state.borrow().list;
                let reason = if *entered {
                    "so the words after it must not match"
                } else {
                    "not needed, since no word before it matches"
                };
                self.say_word(list, b"EXCEPT", "-", reason);
            }
            Event::ListTested { matched } => self.list_tested(*matched),
            Event::Step(step) => {
                let what = would(step);
                self.say(
                    &format!("    {what}"),
                    || json!({"step": "effect", "text": what}),
                );
            }
        }
    }
}

impl Explainer<'_> {
    fn begin(&self, word: Vec<u8>) {
        self.state.borrow_mut().words.push((word, Vec::new()));
    }
}
