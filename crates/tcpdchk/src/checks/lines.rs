//! Lines of tables and lists: how they end, and what editing and merging left in them.

use hosts_access::address::notation::dotted_quad;
use hosts_access::table::list::Words;
use hosts_access::table::rule::Rule;

use crate::checked_rule::CheckedRule;
use crate::checked_rule::leftovers::{is_leftover, is_merge_mark, stray_backslash, template_mark};
use crate::checker::Checker;
use crate::finding::Finding;
use crate::source::{Origin, SourceFile};
use crate::word::{is_plain, is_wide};

use super::spelling::TEMPLATE;

tools::checks! {
    /// What is wrong with lines.
    CHECKS;
    CRLF: "crlf", Warning, "lines that end as on Windows",
        why "The carriage return hides a backslash at the end of a line, so continued rules fall apart; other \
             programs take it for a part of the last word.",
        remedy "Convert the file, with dos2unix FILE or sed -i 's/\\r$//' FILE.";
    MERGE: "merge-conflict", Error, "a mark of a merge that was not finished",
        why "Both versions of the rules are in force, one after the other.",
        remedy "Finish the merge: keep the rules that are meant, and delete the marks.";
    COMMENT: "trailing-comment", Error, "a comment after a rule",
        why "Only a line that begins with # is a comment. Every word after this # is a pattern or a part of an \
             option: ALL in such a comment matches everybody.",
        remedy "Put the comment on a line of its own.";
    BACKSLASH: "backslash-blank", Error, "a backslash with a blank after it",
        why "The line goes on in the next one only if the backslash is its last character. So the rule ends here, with \
             the backslash as a client of its own, and the next line is a rule of its own or none.",
        remedy "Delete what stands after the backslash.";
    INDENTED: "indented-comment", Warning, "an indented comment that the original took for a rule",
        why "Debian's tcpd knows a comment only by a # in the first column: to it this line is a rule, with the # as the \
             first of its daemons. Here it is a comment.",
        remedy "Put the # in the first column, or delete it if the rule is to be in force.";
    LIST_COMMENT: "list-comment", Note, "a comment in a list of hosts",
        why "Here it is a comment. Debian's tcpd takes each of its words as a pattern, so ALL in a comment matches \
             everybody there.",
        remedy "Leave comments out of lists that other versions read too.";
}

/// Looks at each line of a table or list.
pub(crate) fn check(source: &SourceFile<'_>, checker: &Checker<'_>) {
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

/// Looks at the lines of a table for what only tables have.
pub(crate) fn check_table(source: &SourceFile<'_>, checker: &Checker<'_>) {
    let mut continued = false;
    for (number, line) in source.lines() {
        if let Some(range) = stray_backslash(line) {
            let text = "a blank after the backslash, so the line does not go on";
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
        || one && Words::new(rule.clients).any(|word| is_wide(word) || dotted_quad(word).is_some())
}

/// Whether a finding explains why a line is no rule: one about itself, or about the line before it.
pub(crate) fn explains(text: &[u8], source: &SourceFile<'_>, first: u64) -> bool {
    let before = first.checked_sub(1).map(|before| source.line(before));
    is_leftover(text) || before.is_some_and(|before| stray_backslash(before).is_some())
}

/// A comment after a rule.
pub(crate) fn check_comment(rule: &CheckedRule<'_>, checker: &Checker<'_>) {
    if let Some(comment) = rule.comment.filter(|_| !rule.unfilled) {
        let text = "\"#\" does not begin a comment here";
        checker.find(Finding::own(&COMMENT, text).at(rule.origin.place(comment)));
    }
}

/// A comment in a list.
pub(crate) fn check_list(source: &SourceFile<'_>, checker: &Checker<'_>) {
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
