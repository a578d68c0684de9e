//! An answer as a JSON object.
//!
//! What is not known is null. Bytes that are no text are shown as `\ooo`, as on the terminal.

use std::cell::RefCell;

use hosts_access::access::{Decision, Verdict};
use hosts_access::problem::{Diagnostic, Place, Written};
use hosts_access::request::{Host, Request};
use hosts_access::world::Log;
use serde_json::{Map, Value, json};

use crate::judge::verdict_word;

/// What the engine says, kept for the answer.
#[derive(Default)]
pub(crate) struct Heard {
    messages: RefCell<Vec<String>>,
    options: RefCell<Vec<Value>>,
}

impl Log for Heard {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        self.messages.borrow_mut().push(diagnostic.to_string());
    }

    fn option(&self, keyword: &[u8], value: &[u8]) {
        let option = json!({"keyword": text(keyword), "value": text(value)});
        self.options.borrow_mut().push(option);
    }
}

/// Bytes as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    Written(bytes).to_string()
}

/// A rule's place.
pub(crate) fn place(place: &Place) -> Value {
    json!({
        "file": place.table.display().to_string(),
        "first_line": place.first_line,
        "line": place.line,
    })
}

/// The answer to a request, with what was said before it.
pub(crate) fn answer(
    request: &Request,
    decision: &Decision,
    heard: Heard,
    mut messages: Vec<String>,
) -> Map<String, Value> {
    messages.append(&mut heard.messages.take());
    let command = match &decision.verdict {
        Verdict::Twist(command) => Value::from(text(command.as_bytes())),
        _ => Value::Null,
    };
    let mut client = host(&request.client);
    client.insert("user".to_owned(), known(request.user.text()));
    let fields = [
        ("client", client.into()),
        ("command", command),
        ("daemon", text(&request.daemon).into()),
        ("messages", messages.into()),
        ("options", heard.options.take().into()),
        ("rule", decision.matched.as_ref().map_or(Value::Null, place)),
        ("server", host(&request.server).into()),
        ("verdict", verdict_word(&decision.verdict).into()),
    ];
    fields
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn host(host: &Host) -> Map<String, Value> {
    let fields = [
        ("address", known(host.address_text())),
        ("name", known(host.name.text())),
    ];
    fields
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn known(value: &[u8]) -> Value {
    match value.eq_ignore_ascii_case(hosts_access::facts::UNKNOWN) {
        true => Value::Null,
        false => text(value).into(),
    }
}
