//! Tables as lines, lines as fields, fields as words; and putting them together again.

use super::{Lists, SERVER_LISTS, is_list, is_list_blank};
use crate::case::{ALLOW, Case, Content, DENY};

/// A logical line: its joined text, and where its physical lines were joined.
#[derive(Default)]
pub(super) struct Line {
    pub(super) text: Vec<u8>,
    pub(super) joins: usize,
    /// Whether the last join stands after the text.
    joined_to_nothing: bool,
    pub(super) ended: bool,
}

pub(super) fn lines(table: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Line::default();
    for part in table.split_inclusive(|byte| *byte == b'\n') {
        if let Some(text) = part.strip_suffix(b"\\\n") {
            line.text.extend_from_slice(text);
            line.joins += 1;
            continue;
        }
        line.ended = part.ends_with(b"\n");
        line.text
            .extend_from_slice(part.strip_suffix(b"\n").unwrap_or(part));
        lines.push(std::mem::take(&mut line));
    }
    if line.joins > 0 {
        line.joined_to_nothing = true;
        lines.push(line);
    }
    lines
}

pub(super) fn unlines(lines: &[Line]) -> Vec<u8> {
    let mut table = Vec::new();
    for line in lines {
        // A backslash at the end of the text must not join the next line.
        let after = line.joined_to_nothing || (line.ended && line.text.ends_with(b"\\"));
        let after = usize::from(after).min(line.joins);
        table.extend(b"\\\n".repeat(line.joins - after));
        table.extend_from_slice(&line.text);
        table.extend(b"\\\n".repeat(after));
        if line.ended {
            table.push(b'\n');
        }
    }
    table
}

/// Changes the logical lines of both tables.
pub(super) fn each_line(case: &mut Case, mut change: impl FnMut(&[u8], &mut Vec<u8>)) {
    for path in [ALLOW, DENY] {
        let Some(text) = case.text(path) else {
            continue;
        };
        let mut all = lines(text);
        let mut changed = false;
        for line in &mut all {
            let before = line.text.clone();
            change(path, &mut line.text);
            changed |= before != line.text;
        }
        if changed {
            let text = unlines(&all);
            case.set(path, Content::Text(text));
        }
    }
}

/// Lengths of a line's daemon list and client list.
pub(super) fn fields(line: &[u8]) -> (usize, usize) {
    let mut ends = Vec::new();
    let mut depth = 0;
    for (at, byte) in line.iter().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            b':' if depth == 0 && ends.len() < 2 => ends.push(at),
            _ => {}
        }
    }
    let first = ends.first().copied().unwrap_or(line.len());
    (first, ends.get(1).copied().unwrap_or(line.len()))
}

pub(super) fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',')
}

pub(super) fn each_word(
    text: &[u8],
    separator: fn(u8) -> bool,
    mut change: impl FnMut(&[u8]) -> Option<Vec<u8>>,
) -> Vec<u8> {
    let mut to = Vec::with_capacity(text.len());
    for part in text.chunk_by(|left, right| separator(*left) == separator(*right)) {
        match part.first() {
            Some(byte) if !separator(*byte) => match change(part) {
                Some(word) => to.extend(word),
                None => to.extend_from_slice(part),
            },
            _ => to.extend_from_slice(part),
        }
    }
    to
}

/// Where the host begins in `left@host`, 0 if it is not of that form.
pub(super) fn split_user(word: &[u8]) -> usize {
    let mut depth = 0;
    let at = word.iter().skip(1).position(|byte| {
        depth += i32::from(*byte == b'[') - i32::from(*byte == b']');
        *byte == b'@' && depth == 0
    });
    at.map_or(0, |at| at + 2)
}

/// Changes every host pattern, wherever it stands. The second argument is the address.
pub(super) fn each_host(
    case: &mut Case,
    lists: Lists,
    change: impl Fn(&[u8], &[u8]) -> Option<Vec<u8>>,
) {
    // A NUL byte puts its line or list in error; that is for `ended`.
    let change = |word: &[u8], address: &[u8]| {
        let mut anew = change(word, address).filter(|_| !word.contains(&0))?;
        // Brackets left open or closed too often reach beyond the word.
        let count = |wanted| word.iter().filter(|byte| **byte == wanted).count();
        let (opened, closed) = (count(b'['), count(b']'));
        if opened != closed && anew == b"ALL" {
            anew.extend_from_slice(b",0/0");
        }
        anew.extend(b"[".repeat(opened.saturating_sub(closed)));
        anew.extend(b"]".repeat(closed.saturating_sub(opened)));
        Some(anew)
    };
    let (client, server) = (case.client.address.clone(), case.server.address.clone());
    each_line(case, |_, line| {
        let (daemons, clients) = fields(line);
        let left = each_word(&line[..daemons], is_separator, |word| {
            let at = split_user(word);
            let host = change(&word[at..], &server).filter(|_| at > 0)?;
            Some([&word[..at], &host].concat())
        });
        let middle = each_word(
            &line[daemons..clients.max(daemons)],
            |byte| is_separator(byte) || byte == 0,
            |word| {
                let colon = usize::from(word.starts_with(b":"));
                let (colon, word) = word.split_at(colon);
                let at = split_user(word);
                Some([colon, &word[..at], &change(&word[at..], &client)?].concat())
            },
        );
        *line = [&left[..], &middle, &line[clients.max(daemons)..]].concat();
    });
    for (path, content) in &mut case.files {
        let address = match lists {
            Lists::Server => &server,
            Lists::Apart if path.starts_with(SERVER_LISTS) => &server,
            Lists::Client | Lists::Apart => &client,
        };
        if let (Content::Text(text), true) = (content, is_list(path)) {
            *text = each_word(text, is_list_blank, |word| change(word, address));
        }
    }
}
