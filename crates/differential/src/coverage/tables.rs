//! Tables, lists and banners as texts; options and messages.

use std::collections::BTreeSet;

use hosts_access::options::Fields;
use hosts_access::table::rule::Rule;

use super::Coverage;
use super::expected::{FACILITIES, LEVELS, MESSAGES, OPTIONS};
use crate::case::Content;

/// The lines of a table, up to the one whose rule matched.
pub(super) fn table(coverage: &mut Coverage, content: Option<&Content>, last: Option<u64>) {
    let text = match content {
        None => return coverage.add(format_args!("table: missing")),
        Some(Content::Unreadable) => return coverage.add(format_args!("table: unreadable")),
        Some(Content::Directory) => return coverage.add(format_args!("table: directory")),
        Some(Content::Text(text)) => text,
    };
    let mut add = |name: &str| coverage.add(format_args!("table: {name}"));
    if text.is_empty() {
        add("empty");
    }
    if text.starts_with(b"\xef\xbb\xbf") {
        add("byte order mark");
    }
    let mut joined = Vec::new();
    let mut continued = false;
    let upto = usize::try_from(last.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    for line in text.split_inclusive(|byte| *byte == b'\n').take(upto) {
        let begin = line.trim_ascii_start();
        let after = line.strip_suffix(b"\n").unwrap_or(line);
        for (name, holds) in [
            ("comment", !continued && line.starts_with(b"#")),
            (
                "indented comment",
                !continued && !line.starts_with(b"#") && begin.starts_with(b"#"),
            ),
            (
                "comment that goes on",
                !continued && line.starts_with(b"#") && line.ends_with(b"\\\n"),
            ),
            ("continuation", line.ends_with(b"\\\n")),
            ("continuation after a backslash", line.ends_with(b"\\\\\n")),
            ("continuation of nothing", line == b"\\\n"),
            ("# in a continuation", continued && begin.starts_with(b"#")),
            ("backslash before CR", line.ends_with(b"\\\r\n")),
            ("backslash before a blank", line.ends_with(b"\\ \n")),
            ("CR LF", line.ends_with(b"\r\n")),
            (
                "CR inside",
                after.strip_suffix(b"\r").unwrap_or(after).contains(&b'\r'),
            ),
            (
                "blank line",
                !continued
                    && line != b"\n"
                    && line.ends_with(b"\n")
                    && begin.is_empty()
                    && !line.contains(&0x0c),
            ),
            ("empty line", !continued && line == b"\n"),
            (
                "leading blank",
                !continued && line.starts_with(b" ") && !begin.is_empty(),
            ),
            ("VT or FF", line.contains(&0x0b) || line.contains(&0x0c)),
            ("NUL", line.contains(&0)),
            ("NUL before the line end", line.ends_with(b"\0\n")),
            (
                "NUL in a comment",
                line.starts_with(b"#") && line.contains(&0),
            ),
            ("8-bit", !line.is_ascii()),
            ("no newline at the end", !line.ends_with(b"\n")),
        ] {
            if holds {
                add(name);
            }
        }
        continued = line.ends_with(b"\\\n");
        joined.extend_from_slice(line.strip_suffix(b"\\\n").unwrap_or(line));
        if !continued {
            match joined.len() {
                2040..=2047 => add("line of nearly 2,047 bytes"),
                2048..=2055 => add("line of just over 2,047 bytes"),
                4000..=4200 => add("line of some 4,096 bytes"),
                8100..=8300 => add("line of some 8,192 bytes"),
                _ => {}
            }
            joined.clear();
        }
    }
    if continued && last.is_none() {
        add("continuation at the end");
    }
}

/// The text of a rule.
pub(super) fn rule(coverage: &mut Coverage, text: &[u8]) {
    let Some(rule) = Rule::parse(text) else {
        return;
    };
    let blank = |list: &[u8]| list.iter().all(|byte| b" \t\r,".contains(byte));
    let lists = [rule.daemons, rule.clients].concat();
    let word = |wanted: &[u8]| {
        let separator = |byte: &u8| b" \t\r\n,".contains(byte);
        rule.clients.split(separator).any(|word| word == wanted)
    };
    for (name, holds) in [
        ("empty daemon list", blank(rule.daemons)),
        ("empty client list", blank(rule.clients)),
        ("no options", rule.options.is_none()),
        ("blank options", rule.options.is_some_and(blank)),
        ("# as a word", word(b"#")),
        ("comma", lists.contains(&b',')),
        ("tab", lists.contains(&b'\t')),
        ("CR", lists.contains(&b'\r')),
        ("VT", lists.contains(&0x0b)),
        ("FF", lists.contains(&0x0c)),
        ("semicolon", lists.contains(&b';')),
        (
            "several separators",
            lists.windows(2).any(|two| two == b", " || two == b"  "),
        ),
        ("colon in brackets", rule.clients.contains(&b':')),
    ] {
        if holds {
            coverage.add(format_args!("rule: {name}"));
        }
    }
}

/// A list that was opened.
pub(super) fn list(coverage: &mut Coverage, text: &[u8]) {
    let mut add = |name: &str| coverage.add(format_args!("list: {name}"));
    let words = || text.split(|byte| byte.is_ascii_whitespace() || *byte == 0x0b);
    for (name, holds) in [
        ("empty", text.is_empty()),
        ("comment", words().any(|word| word.starts_with(b"#"))),
        (
            "# in a word",
            words().any(|word| word.len() > 1 && word[1..].contains(&b'#')),
        ),
        ("NUL", text.contains(&0)),
        ("VT or FF", text.contains(&0x0b) || text.contains(&0x0c)),
        ("CR LF", text.windows(2).any(|two| two == b"\r\n")),
        ("comma", text.contains(&b',')),
        (
            "no newline at the end",
            !text.is_empty() && !text.ends_with(b"\n"),
        ),
        ("list in a list", words().any(|word| word.starts_with(b"/"))),
        ("word over 127 bytes", words().any(|word| word.len() > 127)),
        (
            "word over 2,000 bytes",
            words().any(|word| word.len() > 2000),
        ),
        (
            "word over 8,000 bytes",
            words().any(|word| word.len() > 8000),
        ),
        (
            "colon",
            words().any(|word| !word.starts_with(b"[") && word.contains(&b':')),
        ),
    ] {
        if holds {
            add(name);
        }
    }
}

/// A banner that was opened.
pub(super) fn banner(coverage: &mut Coverage, text: &[u8]) {
    let open = text.iter().filter(|byte| **byte == b'[').count();
    let closed = text.iter().filter(|byte| **byte == b']').count();
    for (name, holds) in [
        ("empty", text.is_empty()),
        (
            "several lines",
            text.iter().filter(|byte| **byte == b'\n').count() > 1,
        ),
        (
            "no newline at the end",
            !text.is_empty() && !text.ends_with(b"\n"),
        ),
        ("CR LF", text.windows(2).any(|two| two == b"\r\n")),
        ("brackets open", open > closed),
        ("brackets closed", closed > open),
        ("NUL first", text.starts_with(b"\0")),
        (
            "NUL later",
            text.iter()
                .skip_while(|byte| **byte == 0)
                .any(|byte| *byte == 0),
        ),
        ("8-bit", !text.is_ascii()),
        (
            "% before the line end",
            text.windows(2).any(|two| two == b"%\n"),
        ),
        ("% before NUL", text.windows(2).any(|two| two == b"%\0")),
        ("% at the end", text.ends_with(b"%")),
    ] {
        if holds {
            coverage.add(format_args!("banner: {name}"));
        }
    }
}

/// Keywords and values of a rule's options, as written.
pub(super) fn options(rule: &[u8]) -> Vec<(String, Vec<u8>)> {
    let options = Rule::parse(rule).and_then(|rule| rule.options);
    let Some(options) = options else {
        return Vec::new();
    };
    Fields::new(options)
        .map(|field| {
            let keyword = String::from_utf8_lossy(&field.keyword).to_ascii_lowercase();
            (keyword, field.value.into_owned())
        })
        .collect()
}

/// An option that ran.
pub(super) fn option(coverage: &mut Coverage, text: &str) {
    let (written, value) = text.split_once(' ').unwrap_or((text, ""));
    let keyword = written.to_ascii_lowercase();
    if !OPTIONS.contains(&&keyword[..]) {
        return;
    }
    let with = if value.is_empty() {
        "without a value"
    } else {
        "with a value"
    };
    coverage.add(format_args!("option {keyword} {with}"));
    if keyword != written {
        coverage.add(format_args!("option in upper case"));
    }
    let value = value.to_ascii_lowercase();
    if keyword == "severity" {
        let (facility, level) = value.rsplit_once('.').unwrap_or(("", &value));
        if FACILITIES.contains(&facility) {
            coverage.add(format_args!("severity, facility {facility}"));
        }
        if LEVELS.contains(&level) {
            coverage.add(format_args!("severity, level {level}"));
        }
    }
}

/// A warning, an error or a note.
pub(super) fn message(coverage: &mut Coverage, text: &str) {
    for part in MESSAGES {
        let says = match part.split_once("...") {
            Some((begin, end)) => text.contains(begin) && text.contains(end),
            None => text.contains(part),
        };
        if says {
            coverage.add(format_args!("says: {part}"));
        }
    }
}

/// Expansions that were done.
#[derive(Default)]
pub(super) struct Letters(BTreeSet<(&'static str, &'static str)>);

impl Letters {
    /// Takes down the expansions of a value.
    pub(super) fn add(&mut self, keyword: &str, text: &[u8]) {
        let places = ["spawn", "twist", "aclexec", "setenv", "banners"];
        let Some(place) = places.into_iter().find(|place| *place == keyword) else {
            return;
        };
        let mut bytes = text.iter();
        while let Some(byte) = bytes.next() {
            if *byte == b'%' && !(place == "banners" && text.starts_with(b"/")) {
                self.0.insert((place, name(bytes.next().copied())));
            }
        }
    }

    /// Where which were done.
    pub(super) fn seen(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        self.0.clone().into_iter()
    }
}

fn name(letter: Option<u8>) -> &'static str {
    const LETTERS: [&str; 14] = [
        "%a", "%A", "%c", "%d", "%h", "%H", "%n", "%N", "%p", "%r", "%R", "%s", "%u", "%%",
    ];
    let Some(letter) = letter else {
        return "% at the end";
    };
    let known = LETTERS
        .into_iter()
        .find(|name| name.as_bytes()[1] == letter);
    known.unwrap_or(match letter {
        0x80.. => "% and an 8-bit byte",
        b'0'..=b'9' => "% and a digit",
        b' ' | b'\t' | b'\r' | b'\n' => "% and a blank",
        _ => "% and another letter",
    })
}
