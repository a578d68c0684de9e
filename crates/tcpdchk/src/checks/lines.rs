//! Lines of tables and lists: how they end, and what editing and merging left in them.

use hosts_access::address::notation::dotted_quad;
use hosts_access::table::list::Words;
use hosts_access::table::rule::Rule;

use crate::checker::Checker;
use crate::finding::Finding;
use crate::inventory::is_plain;
use crate::rule::RuleAt;
use crate::source::{Origin, Source};

use super::words::TEMPLATE;

tools::checks! {
    /// What is wrong with lines.
    CHECKS;
    CRLF: "crlf", Warning, "lines that end as on Windows",
        why "The carriage return hides a backslash at the end of a line, so continued rules fall apart; other \
             programs take it for a part of the last word.",
        remedy "Convert the file, with dos2unix FILE or sed -i 's/\\r$//' FILE.";
    MERGE: "merge-conflict", Error, "a mark of a merge that was not finished",
        why "Both versions of the rules are in force, one behind the other.",
        remedy "Finish the merge: keep the rules that are meant, and delete the marks.";
    COMMENT: "trailing-comment", Error, "a comment behind a rule",
        why "Only a line that begins with # is a comment. Every word behind this # is a pattern or a part of an \
             option: ALL in such a comment matches everybody.",
        remedy "Put the comment on a line of its own.";
    BACKSLASH: "backslash-blank", Error, "a backslash with a blank behind it",
        why "The line goes on in the next one only if the backslash is its last character. So the rule ends here, with \
             the backslash as a client of its own, and the next line is a rule of its own or none.",
        remedy "Delete what stands behind the backslash.";
    INDENTED: "indented-comment", Warning, "an indented comment that the original took for a rule",
        why "Debian's tcpd knows a comment only by a # in the first column: to it this line is a rule, with the # as the \
             first of its daemons. Here it is a comment.",
        remedy "Put the # in the first column, or delete it if the rule is to be in force.";
    LIST_COMMENT: "list-comment", Note, "a comment in a list of hosts",
        why "Here it is a comment. Debian's tcpd takes each of its words as a pattern, so ALL in a comment matches \
             everybody there.",
        remedy "Leave comments out of lists that other versions read too.";
}

/// Beginnings of the lines that git and others put around conflicts.
const MERGE_MARKS: [&[u8]; 4] = [b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"];

/// Delimiters of template languages that have no meaning to tcpd or a shell.
const TEMPLATE_MARKS: [&[u8]; 5] = [b"{{", b"{%", b"{#", b"#{", b"<%"];

/// Looks at each line of a table or list.
pub(crate) fn check(source: &Source<'_>, checker: &Checker<'_>) {
    let mut returns = source.lines().filter(|(_, line)| line.ends_with(b"\r"));
    if let Some((number, line)) = returns.next() {
        let many = 1 + returns.count();
        let text = format!("{many} lines end with a carriage return, this one first");
        let at = line.len() - 1;
        checker.find(Finding::own(&CRLF, text).at(source.place(number, at..at + 1)));
    }
    for (number, line) in source.lines() {
        if is_merge_mark(line) {
            let text = "mark of an unfinished merge";
            checker.find(Finding::own(&MERGE, text).at(source.whole_line(number)));
        } else if let Some((at, mark)) = template_mark(line) {
            let place = source.place(number, at..at + mark.len());
            checker.find(Finding::own(&TEMPLATE, "a template was not filled in").at(place));
        }
    }
}

/// A backslash at the end of a line, with the blanks behind it that keep the line from going on.
pub(crate) fn stray_backslash(line: &[u8]) -> Option<std::ops::Range<usize>> {
    let plain = line.trim_ascii_end();
    let behind = line.get(plain.len()..).unwrap_or_default();
    let blank = behind.iter().any(|byte| matches!(byte, b' ' | b'\t'));
    let comment = plain.trim_ascii_start().starts_with(b"#");
    (plain.ends_with(b"\\") && blank && !comment).then(|| plain.len() - 1..line.len())
}

/// Looks at the lines of a table for what only tables have.
pub(crate) fn check_table(source: &Source<'_>, checker: &Checker<'_>) {
    let mut continued = false;
    for (number, line) in source.lines() {
        if let Some(range) = stray_backslash(line) {
            let text = "a blank behind the backslash, so the line does not go on";
            let finding = Finding::own(&BACKSLASH, text).at(source.place(number, range));
            checker.find(finding.instead("\\".to_owned()));
        }
        if !continued && is_indented_rule(line) {
            let text = "an indented comment here, a rule in the original";
            checker.find(Finding::own(&INDENTED, text).at(source.whole_line(number)));
        }
        continued = line.ends_with(b"\\");
    }
}

/// Whether an indented comment is a rule to the original that may match: one for ALL daemons, or of the form
/// NAME: CLIENTS.
fn is_indented_rule(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let comment = text.starts_with(b"#") && text.len() < line.len();
    let Some(rule) = Rule::parse(text.trim_ascii_start()).filter(|_| comment) else {
        return false;
    };
    // The word that begins with # names no daemon.
    let mut daemons = Words::new(rule.daemons).filter(|word| !word.starts_with(b"#"));
    let all = |word: &[u8]| word.eq_ignore_ascii_case(b"ALL");
    let everybody = daemons.clone().any(all);
    let one = daemons.next().is_some_and(is_plain) && daemons.next().is_none();
    everybody
        || one
            && Words::new(rule.clients)
                .any(|word| super::words::is_wide(word) || dotted_quad(word).is_some())
}

/// Whether a finding about the line says why it is no rule.
pub(crate) fn explains(line: &[u8]) -> bool {
    is_merge_mark(line) || template_mark(line).is_some()
}

fn is_merge_mark(line: &[u8]) -> bool {
    MERGE_MARKS.iter().any(|mark| {
        let rest = line.strip_prefix(*mark);
        rest.is_some_and(|rest| matches!(rest.first(), None | Some(b' ' | b'\r')))
    })
}

fn template_mark(line: &[u8]) -> Option<(usize, &'static [u8])> {
    if line.trim_ascii_start().starts_with(b"#") {
        return None;
    }
    let found = TEMPLATE_MARKS.iter().filter_map(|mark| {
        let at = line.windows(mark.len()).position(|part| part == *mark)?;
        Some((at, *mark))
    });
    found.min()
}

/// A comment behind a rule.
pub(crate) fn check_comment(rule: &RuleAt<'_>, checker: &Checker<'_>) {
    if let Some(comment) = rule.comment.filter(|_| !rule.unfilled) {
        let text = "\"#\" does not begin a comment here";
        checker.find(Finding::own(&COMMENT, text).at(rule.stretch.place(comment)));
    }
}

/// A comment in a list.
pub(crate) fn check_list(source: &Source<'_>, checker: &Checker<'_>) {
    let comment = source.lines().find_map(|(number, line)| {
        let at = (0..line.len()).find(|at| {
            let before = at.checked_sub(1).and_then(|before| line.get(before));
            line.get(*at) == Some(&b'#') && before.is_none_or(u8::is_ascii_whitespace)
        })?;
        Some(source.place(number, at..line.trim_ascii_end().len()))
    });
    if let Some(place) = comment {
        let text = "a comment to us, but patterns to other versions";
        checker.find(Finding::own(&LIST_COMMENT, text).at(place));
    }
}
