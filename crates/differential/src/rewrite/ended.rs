//! Tables that are in error to us, ended for the original too.

use super::lines::{each_line, fields, is_separator, lines, split_user, unlines};
use super::{NEVER, NO_NAME};
use crate::case::{ALLOW, Case, Content, DENY};
use crate::compare::without_refused;
use crate::outcome::{Event, Outcome};

/// What must be as it was once a table is ended for the original too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Same {
    /// All but what was said of the place in error.
    All,
    /// The verdict and the rule that decided: an aclexec of hosts.deny that says no lets nobody through.
    Rule,
    /// The verdict: the rule is gone whose command was killed or could not be run, or that a NUL byte kept from letting
    /// the client in.
    Verdict,
}

/// A case whose table is in error to us, and the ways to end that table for the original too.
pub(crate) struct Ended {
    pub(crate) ways: Vec<(Case, Same)>,
    row: &'static str,
    /// How the message about it begins.
    message: String,
}

impl Ended {
    /// The row by which it is in error.
    pub(crate) fn row(&self) -> &'static str {
        self.row
    }

    /// Whether a message is about what is in error, or about the end of a table; or a warning of ours about a word of
    /// slashes, which may have gone with its list.
    pub(crate) fn is_about(&self, message: &[u8]) -> bool {
        let ends: [&[u8]; 3] = [
            b": missing newline or line too long",
            b": all the subsequent rules will be ignored",
            b": slashes alone name no list, so this matches nothing",
        ];
        let plain = without_refused(message);
        message.starts_with(self.message.as_bytes()) || ends.iter().any(|end| plain.ends_with(end))
    }
}

/// T7, T8, O2: what is in error to us ends the table for the original too. `None`: nothing is. The
/// original ends a table at a last line without newline; each way to put one there is tried. If it is in
/// hosts.allow, hosts.deny must not let anybody through either.
pub(crate) fn ended(case: &Case, ours: &Outcome) -> Option<Ended> {
    for path in [ALLOW, DENY] {
        let mut closed = vec![(case.clone(), Same::All)];
        close(&mut closed);
        let grants = path == ALLOW && closed.iter().any(|(closed, _)| closed != case);
        let unreadable = case.content(path) == Some(&Content::Unreadable);
        if case.content(path) == Some(&Content::Directory) || (unreadable && grants) {
            let mut ended = case.clone();
            ended.set(path, Content::Unreadable);
            let mut ways = vec![(ended, Same::All)];
            if path == ALLOW {
                close(&mut ways);
            }
            let shown = String::from_utf8_lossy(path);
            return Some(Ended {
                ways,
                row: "T8",
                message: format!("warning: cannot open {shown}: "),
            });
        }
    }
    ours.events.iter().find_map(|event| match event {
        Event::Message(message) => ended_by(case, ours, std::str::from_utf8(message).ok()?),
        _ => None,
    })
}

/// Whether a table ends in a whole line, so that whoever gets to its end is let through.
fn is_open(text: &[u8]) -> bool {
    text.is_empty() || text.ends_with(b"\n")
}

/// Ends hosts.deny in a line that denies whoever gets that far, unless it does already; as a further way,
/// lets its aclexec deny whatever they say, and in place of allow and twist.
fn close(ways: &mut Vec<(Case, Same)>) {
    for (case, _) in &mut *ways {
        close_deny(case);
    }
    let denying: Vec<_> = ways
        .iter()
        .map(|(case, same)| {
            let mut case = case.clone();
            each_line(&mut case, |path, line| {
                let (_, clients) = fields(line);
                let options = line[clients..].to_ascii_lowercase();
                let asks = options.windows(7).any(|part| part == b"aclexec");
                // With a NUL byte in it a rule lets nobody in anyway (T7).
                if path == DENY && !line.contains(&0) {
                    deny_at_the_end(line, clients);
                }
                if path == DENY && asks && !line.ends_with(b":deny") {
                    line.extend_from_slice(b":deny");
                }
            });
            let same = match same {
                Same::All => Same::Rule,
                other => *other,
            };
            (case, same)
        })
        .collect();
    ways.extend(denying);
}

/// Puts deny in place of a last option that lets the client in, allow or twist. Options begin at `options`.
fn deny_at_the_end(line: &mut Vec<u8>, options: usize) {
    let colon = |at: &usize| line[*at] == b':' && line[at - 1] != b'\\';
    let Some(colon) = (options.max(1)..line.len()).rev().find(colon) else {
        return;
    };
    let last = line[colon + 1..].trim_ascii().to_ascii_lowercase();
    if last.starts_with(b"allow") || last.starts_with(b"twist") {
        line.truncate(colon + 1);
        line.extend_from_slice(b"deny");
    }
}

fn close_deny(case: &mut Case) {
    match case.content(DENY) {
        None => case
            .files
            .push((DENY.to_vec(), Content::Text(b"x".to_vec()))),
        Some(Content::Text(text)) if is_open(text) => {
            let closed = [text, &b"x"[..]].concat();
            case.set(DENY, Content::Text(closed));
        }
        Some(_) => {}
    }
}

fn ended_by(case: &Case, ours: &Outcome, message: &str) -> Option<Ended> {
    let (table, rest) = message.strip_prefix("warning: ")?.split_once(", line ")?;
    let (number, text) = rest.split_once(": ")?;
    let about_list = text.starts_with("open ")
        || text.contains(": lists include each other")
        || text.contains(": NUL byte or endless word");
    let killed =
        text.starts_with("process ") || text.starts_with("aclexec: /bin/sh ended with status ");
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
    let endings = if about_list {
        without_list(&line.text)
    } else {
        vec![Vec::new()]
    };
    let ending = |mut rule: Vec<u8>| {
        if !rule.is_empty() {
            rule.push(b'\n');
        }
        let joins = b"\\\n".repeat(line.joins);
        let mut changed = case.clone();
        let text = [&before[..], &joins, &rule, b"x"].concat();
        changed.set(table.as_bytes(), Content::Text(text));
        // A rule with a NUL byte that would have let the client in has run its options.
        let matched = format!("matched:  {table} line {number}").into_bytes();
        let ran = about_line && ours.events.contains(&Event::Message(matched));
        let same = if killed || ran {
            Same::Verdict
        } else {
            Same::All
        };
        (changed, same)
    };
    let mut ways = endings.into_iter().map(ending).collect();
    // An unterminated line of hosts.allow is only left out.
    if table.as_bytes() == ALLOW && without_refused(message.as_bytes()).len() < message.len() {
        close(&mut ways);
    }
    Some(Ended {
        ways,
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
