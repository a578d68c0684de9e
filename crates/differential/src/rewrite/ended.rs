//! Tables that are in error to us, ended for the original too.

use super::NEVER;
use super::lines::{fields, is_separator, lines, split_user, unlines};
use crate::case::{ALLOW, Case, Content, DENY};
use crate::outcome::{Event, Outcome};

/// T7, T8: what is in error to us ends the table for the original too. `None`: nothing is. The
/// original ends a table at a last line without newline; each way to put one there is tried.
pub(crate) fn ended(case: &Case, ours: &Outcome) -> Option<Vec<Case>> {
    for path in [ALLOW, DENY] {
        if case.content(path) == Some(&Content::Directory) {
            let mut unreadable = case.clone();
            unreadable.set(path, Content::Unreadable);
            return Some(vec![unreadable]);
        }
    }
    ours.events.iter().find_map(|event| {
        let Event::Message(message) = event else {
            return None;
        };
        let message = std::str::from_utf8(message).ok()?;
        let rest = message.strip_prefix("warning: ")?;
        let (table, rest) = rest.split_once(", line ")?;
        let (number, text) = rest.split_once(": ")?;
        let about_list = text.starts_with("open ")
            || text.contains(": lists include each other")
            || text.contains(": NUL byte or endless word");
        let killed = text.starts_with("process ");
        let all = lines(case.text(table.as_bytes())?);
        let number = number.parse::<usize>().ok()?;
        let mut last = 0;
        let index = all.iter().position(|line| {
            last += line.joins + 1;
            last >= number
        })?;
        let before = unlines(all.get(..index)?);
        let line = all.get(index)?;
        // To the original a last line of nothing but NUL bytes is none.
        let about_line = line.text.contains(&0)
            && (text.starts_with("NUL byte in") || text.starts_with("missing newline"));
        if !(about_line || about_list || killed) {
            return None;
        }
        let mut endings = vec![Vec::new()];
        if about_list {
            endings = without_list(&line.text);
        }
        Some(
            endings
                .into_iter()
                .map(|mut rule| {
                    if !rule.is_empty() {
                        rule.push(b'\n');
                    }
                    let joins = b"\\\n".repeat(line.joins);
                    let mut changed = case.clone();
                    let text = [&before[..], &joins, &rule, b"x"].concat();
                    changed.set(table.as_bytes(), Content::Text(text));
                    changed
                })
                .collect(),
        )
    })
}

/// The rule up to each of its lists, so that it does not match.
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
                let never: &[u8] = if from == 0 { b"/" } else { NEVER };
                let word = if depth % 2 == 1 { b"ALL" } else { never };
                let rest: &[u8] = if from == 0 { b": ALL" } else { b"" };
                found.push([&line[..at], word, rest].concat());
            }
            at += part.len();
        }
    }
    found
}
