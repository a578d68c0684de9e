//! Goes through a table, rule by rule, in the original's sequence.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use hosts_access::fault::reason;
use hosts_access::limits::MAX_RULE_BYTES;
use hosts_access::report::problem::Problem;
use hosts_access::table::line::{LineError, Lines};
use hosts_access::table::list::Words;
use hosts_access::table::place::Place as RulePlace;
use hosts_access::table::rule::Rule;
use hosts_access::text::escape::Written;

use crate::checker::Checker;
use crate::finding::{Finding, Place};
use crate::rule::{RuleAt, Table};
use crate::source::{Source, offset_in};
use crate::{allow, checks, clients, daemons, options};

tools::checks! {
    /// What is wrong with tables and lines, in the original's eyes.
    CHECKS;
    TABLE_OPEN: "table-open", Error, "a table that cannot be read",
        why "The table is in error, so everybody whom no rule above grants is refused.",
        remedy "Make it a regular file that root may read.";
    MISSING_NEWLINE: "missing-newline", Error, "a last line without its newline",
        why "The line may have been cut off, so it does not count. In hosts.deny everybody who gets that far is \
             refused.",
        remedy "End the file with a newline.";
    MISSING_COLON: "missing-colon", Error, "a line that is no rule",
        why "Without a colon outside brackets there is no client list. The line is skipped, in hosts.deny too.",
        remedy "Write DAEMONS: CLIENTS, or begin the line with # to make it a comment.";
    NUL_BYTE: "nul-byte", Error, "a byte that no text file has",
        why "In a rule, and before one in hosts.allow, the line and the rest of the table are in error. In a comment, \
             before a line of hosts.deny and at the end of the file it is passed over with a warning.",
        remedy "Write the table again as plain text.";
}

/// Goes through a table.
pub(crate) fn check(table: Table, path: &Path, checker: &Checker<'_>) {
    let bytes = match checker.disk.read(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            checks::files::check_missing(path, checker);
            return checks::end_table(table, None, checker);
        }
        Err(error) => {
            let text = format!("cannot open {}: {}", Written::from(path), reason(&error));
            if error.kind() == ErrorKind::PermissionDenied {
                // To tcpd, which runs as root, the table may be all right.
                checker.report.could_not_check();
            }
            return checker.find(Finding::warning(&TABLE_OPEN, text));
        }
    };
    let source = Source::new(path, &bytes);
    checker.report.allow(allow::read(&source, &bytes, checker));
    checks::begin_table(&source, checker);
    let name: Arc<Path> = Arc::from(path);
    let mut last = None;
    let mut lines = Lines::new(&bytes[..]);
    loop {
        match lines.next_line() {
            Ok(Some(line)) => {
                let stretch = source.stretch(line.text, line.first, line.last);
                if table == Table::Deny {
                    last = Some(stretch.whole());
                }
                let rule_place = RulePlace {
                    table: Arc::clone(&name),
                    first_line: line.first,
                    line: line.last,
                };
                if line.nul {
                    let place = stretch.last_line();
                    if table == Table::Allow && !line.text.is_empty() {
                        return report_end(LineError::Nul, place, checker);
                    }
                    let text = Problem::NulPassed.to_string();
                    checker.find(Finding::warning(&NUL_BYTE, text).at(place));
                    if line.text.is_empty() {
                        continue;
                    }
                }
                match Rule::parse(line.text) {
                    Some(fields) => {
                        let rule = RuleAt::new(table, stretch, line.text, fields);
                        check_rule(&rule, &rule_place, checker);
                    }
                    None => {
                        let text = Problem::MissingSeparator.to_string();
                        let explained = checks::explains_line(line.text, &source, line.first);
                        checker.find(
                            Finding::warning(&MISSING_COLON, text)
                                .at(stretch.whole())
                                .minor_if(explained),
                        );
                    }
                }
            }
            Ok(None) => break,
            Err(error) => {
                // In hosts.deny, whoever gets that far is denied: nothing is left over.
                let cut_off = source.stretch(b"", lines.first(), lines.last());
                let place = cut_off.last_line();
                let unterminated = matches!(error, LineError::Unterminated);
                let first = lines.first();
                report_end(error, place, checker);
                if unterminated {
                    check_cut_off(table, &source, &bytes, first, checker);
                }
                return;
            }
        }
    }
    checks::end_table(table, last, checker);
}

/// Says why a table ends before its end.
fn report_end(error: LineError, place: Place, checker: &Checker<'_>) {
    let (check, problem) = match error {
        LineError::Unterminated | LineError::TooLong => (&MISSING_NEWLINE, Problem::LineTooLong),
        LineError::Nul => (&NUL_BYTE, Problem::NulByte),
        LineError::Io(error) => (&TABLE_OPEN, Problem::CannotRead(error)),
    };
    checker.find(Finding::warning(check, problem.to_string()).at(place));
}

/// Looks at the rule of a last line without its newline, which does not count. The original passes it over, and
/// so only our own words are fit for it.
fn check_cut_off(
    table: Table,
    source: &Source<'_>,
    bytes: &[u8],
    first: u64,
    checker: &Checker<'_>,
) {
    let rest = offset_in(bytes, source.line(first)).and_then(|at| bytes.get(at..));
    let Some(rest) = rest.filter(|rest| rest.len() < MAX_RULE_BYTES) else {
        return;
    };
    let whole = [rest, b"\n"].concat();
    let mut lines = Lines::new(&whole[..]);
    let Ok(Some(line)) = lines.next_line() else {
        return;
    };
    let last = first + line.last - line.first;
    let stretch = source.stretch(line.text, first, last);
    let Some(fields) = Rule::parse(line.text) else {
        return;
    };
    let place = RulePlace {
        table: source.path.into(),
        first_line: first,
        line: last,
    };
    let mut rule = RuleAt::new(table, stretch, line.text, fields);
    rule.cut_off = true;
    checker.report.beside_the_original(true);
    check_rule(&rule, &place, checker);
    checker.report.beside_the_original(false);
}

fn check_rule(rule: &RuleAt<'_>, place: &RulePlace, checker: &Checker<'_>) {
    checker.lists.borrow_mut().begin_rule();
    let verbose = checker.wishes.verbose;
    let fact = |text: String| {
        if verbose {
            checker.report.fact(text);
        }
    };
    let table = Written::from(&*place.table);
    fact(format!("\n>>> Rule {table} line {}:", place.line));
    fact(format!("daemons:  {}", words(rule.fields.daemons)));
    daemons::check(rule, checker);
    fact(format!("clients:  {}", words(rule.fields.clients)));
    clients::check(rule, checker);
    let granted = options::check(rule, place, checker);
    fact(format!(
        "access:   {}",
        if granted { "granted" } else { "denied" }
    ));
    checks::rule(rule, granted, checker);
}

/// The words of a list with one blank between them.
fn words(list: &[u8]) -> String {
    let words = Words::new(list).map(|word| Written(word).to_string());
    words.collect::<Vec<_>>().join(" ")
}
