//! An answer as a JSON object.
//!
//! What is not known is null. Bytes that are no text are shown as `\ooo`, as on the terminal.

use std::cell::{Cell, RefCell};

use hosts_access::report::problem::Diagnostic;
use hosts_access::request::{Host, Request};
use hosts_access::search::access::Verdict;
use hosts_access::table::place::Place;
use hosts_access::text::escape::TableText;
use hosts_access::world::Log;
use serde::Serialize;
use serde_json::Value;
use tools::output::Output;

use crate::predictor::{Prediction, verdict_word};

/// The answer to a question, for one address of the client.
#[derive(Serialize)]
pub(crate) struct Answer {
    /// The line of the question, and its text, if there are many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    daemon: String,
    client: JsonClient,
    server: JsonEnd,
    verdict: &'static str,
    rule: Option<RulePlace>,
    /// The verdict if the commands of aclexec say no, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    otherwise: Option<&'static str>,
    /// What was in error, where that denied and no rule did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    in_error: Vec<InError>,
    options: Vec<OptionRun>,
    /// What a twist runs in place of the service.
    command: Option<String>,
    messages: Vec<String>,
    /// The explanation, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Value>>,
}

#[derive(Serialize)]
struct JsonClient {
    #[serde(flatten)]
    end: JsonEnd,
    user: Option<String>,
}

#[derive(Serialize)]
struct JsonEnd {
    address: Option<String>,
    name: Option<String>,
}

#[derive(Serialize)]
struct OptionRun {
    keyword: String,
    value: String,
}

/// Something in error.
#[derive(Serialize)]
struct InError {
    /// Where; nothing if it is a table as a whole, which the text names.
    rule: Option<RulePlace>,
    text: String,
}

/// A rule's place.
#[derive(Serialize)]
pub(crate) struct RulePlace {
    file: String,
    first_line: u64,
    line: u64,
}

impl RulePlace {
    /// The place for an answer.
    pub(crate) fn new(place: &Place) -> Self {
        Self {
            file: place.table.display().to_string(),
            first_line: place.first_line,
            line: place.line,
        }
    }
}

/// Most messages that are kept of an answer. A file that is no table may bring up one a line.
const MAX_MESSAGES: usize = 1000;

/// What the engine says, kept for the answer.
#[derive(Default)]
pub(crate) struct AnswerLog {
    messages: RefCell<Vec<String>>,
    /// Messages past those that are kept.
    left_out: Cell<usize>,
    options: RefCell<Vec<OptionRun>>,
}

impl Log for AnswerLog {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        let messages = &mut *self.messages.borrow_mut();
        if messages.len() < MAX_MESSAGES {
            messages.push(diagnostic.to_string())
        } else {
            self.left_out.set(self.left_out.get() + 1)
        }
    }

    fn option(&self, keyword: &[u8], value: &[u8]) {
        let option = OptionRun {
            keyword: text(keyword),
            value: text(value),
        };
        self.options.borrow_mut().push(option);
    }
}

/// Bytes as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    TableText(bytes).to_string()
}

impl Answer {
    /// The answer to a request, with what was said before it.
    pub(crate) fn new(
        request: &Request,
        prediction: &Prediction,
        heard: AnswerLog,
        mut messages: Vec<String>,
    ) -> Self {
        let decision = &prediction.decision;
        messages.append(&mut heard.messages.take());
        if heard.left_out.get() > 0 {
            messages.push(format!("and {} more messages", heard.left_out.get()));
        }
        Self {
            line: None,
            query: None,
            daemon: text(&request.daemon),
            client: JsonClient {
                end: JsonEnd::new(&request.client),
                user: known(request.user.text()),
            },
            server: JsonEnd::new(&request.server),
            verdict: verdict_word(&decision.verdict),
            rule: decision.matched.as_ref().map(RulePlace::new),
            otherwise: prediction.otherwise.as_ref().map(verdict_word),
            in_error: prediction.errors().map(InError::new).collect(),
            options: heard.options.take(),
            command: match &decision.verdict {
                Verdict::Twist(command) => Some(text(command.as_bytes())),
                _ => None,
            },
            messages,
            steps: None,
        }
    }

    /// Writes it as a line of its own.
    pub(crate) fn write(&self, output: &Output) {
        // A struct of texts and numbers always has a form in JSON.
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        output.bytes(&line);
    }
}

impl InError {
    fn new(diagnostic: &Diagnostic) -> Self {
        Self {
            rule: diagnostic.place.as_ref().map(RulePlace::new),
            text: diagnostic.problem.to_string(),
        }
    }
}

impl JsonEnd {
    fn new(host: &Host) -> Self {
        Self {
            address: known(host.address_text()),
            name: known(host.name.text()),
        }
    }
}

fn known(value: &[u8]) -> Option<String> {
    (!value.eq_ignore_ascii_case(hosts_access::request::facts::UNKNOWN)).then(|| text(value))
}
