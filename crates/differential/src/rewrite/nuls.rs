//! NUL bytes that we pass over, left out for the original.

use super::{is_list, is_list_blank};
use crate::case::{ALLOW, Case, Content, DENY};

/// T7: NUL bytes in a comment, in a blank line, before a line of hosts.deny and in a run at the end of a
/// table or list.
pub(crate) fn plain_nuls(case: &mut Case) {
    for path in [ALLOW, DENY] {
        if let Some(text) = case.text(path).filter(|text| text.contains(&0)) {
            let text = without_nuls(text, path == DENY);
            case.set(path, Content::Text(text));
        }
    }
    for (path, content) in &mut case.files {
        if let Content::Text(text) = content
            && is_list(path)
            && text.contains(&0)
        {
            *text = list_without_nuls(text);
        }
    }
}

/// Without NUL bytes in comments and at the end.
fn list_without_nuls(list: &[u8]) -> Vec<u8> {
    let run = list.iter().rev().take_while(|byte| **byte == 0).count();
    let mut plain = Vec::with_capacity(list.len());
    let (mut comment, mut last) = (false, b' ');
    for byte in &list[..list.len() - run] {
        comment = match byte {
            b'\n' => false,
            b'#' => comment || is_list_blank(last),
            _ => comment,
        };
        if !(comment && *byte == 0) {
            plain.push(*byte);
        }
        last = *byte;
    }
    plain
}

fn without_nuls(table: &[u8], in_deny: bool) -> Vec<u8> {
    let mut plain = Vec::with_capacity(table.len());
    let mut logical: Vec<&[u8]> = Vec::new();
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let table = match table.strip_prefix(MARK) {
        Some(rest) => {
            plain.extend_from_slice(MARK);
            rest
        }
        None => table,
    };
    for part in table.split_inclusive(|byte| *byte == b'\n') {
        logical.push(part);
        if !part.ends_with(b"\\\n") {
            line(&std::mem::take(&mut logical), in_deny, &mut plain);
        }
    }
    line(&logical, in_deny, &mut plain);
    plain
}

/// Writes one logical line.
fn line(parts: &[&[u8]], in_deny: bool, plain: &mut Vec<u8>) {
    let stripped: Vec<_> = parts.iter().map(|part| without_first(part)).collect();
    let text: Vec<_> = stripped
        .iter()
        .flat_map(|part| part.strip_suffix(b"\\\n").unwrap_or(part))
        .copied()
        .collect();
    let ended = parts.last().is_some_and(|part| part.ends_with(b"\n"));
    let first = text.iter().find(|byte| !b" \t\r\n\0".contains(byte));
    match first {
        // A run at the end of the table.
        None if !ended && text.is_empty() => {}
        _ if !ended => plain.extend(parts.concat()),
        None | Some(b'#') => {
            for part in parts {
                plain.extend(part.iter().filter(|byte| **byte != 0));
                if plain.ends_with(b"\\\n") && !part.ends_with(b"\\\n") {
                    plain.truncate(plain.len() - 1);
                    plain.extend_from_slice(b" \n");
                }
            }
        }
        Some(_) if in_deny && !text.contains(&0) && text.len() < parts.concat().len() => {
            let passed = parts.iter().any(|part| part.starts_with(b"\0"));
            let begin = plain.len();
            plain.extend(stripped.concat());
            // A rule whose bytes are missing does not grant.
            let end = plain.len()
                - plain
                    .iter()
                    .rev()
                    .take_while(|byte| byte.is_ascii_whitespace())
                    .count();
            let word = end.saturating_sub(5).max(begin);
            if passed && plain[word..end].eq_ignore_ascii_case(b"allow") {
                plain.splice(word..end, *b"deny");
            }
        }
        Some(_) => plain.extend(parts.concat()),
    }
}

/// A physical line without the NUL bytes at its start.
fn without_first(line: &[u8]) -> &[u8] {
    let nuls = line.iter().take_while(|byte| **byte == 0).count();
    &line[nuls..]
}
