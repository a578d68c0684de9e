//! Tables that are in error to us, ended for the original too.

use super::lines::{fields, is_separator, lines, split_user, unlines};
use super::{NEVER, NO_NAME};
use crate::case::{ALLOW, Case, Content, DENY};
use crate::outcome::{Event, Outcome};

/// A case whose table is in error to us, and the ways to end that table for the original too.
pub(crate) struct Ended {
    pub(crate) ways: Vec<Case>,
    /// Whether a command was killed.
    pub(crate) killed: bool,
    row: &'static str,
    /// How the message about it begins.
    message: String,
}

impl Ended {
    /// The row by which it is in error.
    pub(crate) fn row(&self) -> &'static str {
        self.row
    }

    /// Whether a message is about what is in error, or about the end of a table.
    pub(crate) fn is_about(&self, message: &[u8]) -> bool {
        let ends: [&[u8]; 2] = [
            b": missing newline or line too long",
            b": all the subsequent rules will be ignored",
        ];
        message.starts_with(self.message.as_bytes())
            || ends.iter().any(|end| message.ends_with(end))
    }
}

/// T7, T8, O2: what is in error to us ends the table for the original too. `None`: nothing is. The
/// original ends a table at a last line without newline; each way to put one there is tried.
pub(crate) fn ended(case: &Case, ours: &Outcome) -> Option<Ended> {
    for path in [ALLOW, DENY] {
        if case.content(path) == Some(&Content::Directory) {
            let mut unreadable = case.clone();
            unreadable.set(path, Content::Unreadable);
            let shown = String::from_utf8_lossy(path);
            return Some(Ended {
                ways: vec![unreadable],
                killed: false,
                row: "T8",
                message: format!("warning: cannot open {shown}: "),
            });
        }
    }
    ours.events.iter().find_map(|event| match event {
        Event::Message(message) => ended_by(case, std::str::from_utf8(message).ok()?),
        _ => None,
    })
}

fn ended_by(case: &Case, message: &str) -> Option<Ended> {
    let (table, rest) = message.strip_prefix("warning: ")?.split_once(", line ")?;
    let (number, text) = rest.split_once(": ")?;
    let about_list = text.starts_with("open ")
        || text.contains(": lists include each other")
        || text.contains(": NUL byte or endless word");
    let killed = text.starts_with("process ");
    let all = lines(case.text(table.as_bytes())?);
    let wanted = number.parse::<usize>().ok()?;
    let mut last = 0;
    let index = all.iter().position(|line| {
        last += line.joins + 1;
        last >= wanted
    })?;
    let before = unlines(all.get(..index)?);
    let line = all.get(index)?;
    // To the original a last line of nothing but NUL bytes is none.
    let about_line = line.text.contains(&0)
        && (text.starts_with("NUL byte in") || text.starts_with("missing newline"));
    let row = match (about_line, about_list, killed) {
        (true, ..) => "T7",
        (_, true, _) if text.contains(": NUL byte") => "T7",
        (_, true, _) => "T8",
        (.., true) => "O2",
        _ => return None,
    };
    let endings = match about_list {
        true => without_list(&line.text),
        false => vec![Vec::new()],
    };
    let ending = |mut rule: Vec<u8>| {
        if !rule.is_empty() {
            rule.push(b'\n');
        }
        let joins = b"\\\n".repeat(line.joins);
        let mut changed = case.clone();
        let text = [&before[..], &joins, &rule, b"x"].concat();
        changed.set(table.as_bytes(), Content::Text(text));
        changed
    };
    Some(Ended {
        ways: endings.into_iter().map(ending).collect(),
        killed,
        row,
        message: message.to_owned(),
    })
}

/// The rule up to each of its lists, so that it does not match; the words of the list may have asked
/// for the name or not.
fn without_list(line: &[u8]) -> Vec<Vec<u8>> {
    let (daemons, clients) = fields(line);
    let mut found = Vec::new();
    for (from, to) in [(0, daemons), ((daemons + 1).min(clients), clients)] {
        let mut depth = 0;
        let mut at = from;
        for part in
            line[from..to].chunk_by(|left, right| is_separator(*left) == is_separator(*right))
        {
            depth += usize::from(part.eq_ignore_ascii_case(b"EXCEPT"));
            let left = split_user(part);
            if part[left..].starts_with(b"/") && !(from == 0 && left == 0) {
                let before = &line[..at];
                let service = if from == 0 { &part[..left] } else { b"" };
                let all: &[u8] = if depth % 2 == 1 { b" ALL" } else { b"" };
                let rest: &[u8] = if from == 0 { b": ALL" } else { b"" };
                // Brackets that do not pair would hide the colon.
                let count = |wanted| {
                    let text = before.iter().chain(service);
                    text.filter(|byte| **byte == wanted).count()
                };
                let (open, closed) = (count(b'['), count(b']'));
                let pairs = [
                    &b" "[..],
                    &b"]".repeat(open.saturating_sub(closed)),
                    &b"[".repeat(closed.saturating_sub(open)),
                ]
                .concat();
                for never in [NEVER, NO_NAME] {
                    found.push([before, service, never, all, &pairs, rest].concat());
                }
            }
            at += part.len();
        }
    }
    found
}
