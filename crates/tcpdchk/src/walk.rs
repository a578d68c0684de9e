//! Goes through a table, rule by rule, in the original's sequence.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use hosts_access::fault::reason;
use hosts_access::limits::MAX_RULE_BYTES;
use hosts_access::report::problem::Problem;
use hosts_access::table::entry::EntryError;
use hosts_access::table::line::Lines;
use hosts_access::table::list::Words;
use hosts_access::table::place::Place as RulePlace;
use hosts_access::table::rule::Rule;
use hosts_access::text::escape::TableText;

use crate::catalog;
use crate::checked_rule::{CheckedRule, Table};
use crate::checker::Checker;
use crate::checks::tables::{MISSING_COLON, NUL_BYTE, TABLE_OPEN, report_end};
use crate::checks::{
    aclexec, allowances, client_lists, commands, daemon_lists, dry_run, effect, file_rights, forms,
    lines, misplaced, reach,
};
use crate::finding::{FilePlace, Finding};
use crate::source::{SourceFile, offset_in};

/// Goes through a table.
pub(crate) fn check(table: Table, path: &Path, checker: &Checker<'_>) {
    let bytes = match checker.disk.read(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            file_rights::check_missing(path, checker);
            return end_table(table, None, checker);
        }
        Err(error) => {
            let text = format!("cannot open {}: {}", TableText::from(path), reason(&error));
            if error.kind() == ErrorKind::PermissionDenied {
                // To tcpd, which runs as root, the table may be all right.
                checker.report.could_not_check();
            }
            return checker.find(Finding::warning(&TABLE_OPEN, text));
        }
    };
    let source = SourceFile::new(path, &bytes);
    let known: Vec<_> = catalog::all().collect();
    checker
        .report
        .allow(allowances::read(&source, &bytes, &known, checker));
    file_rights::check_table(path, checker);
    lines::check(&source, checker);
    lines::check_table(&source, checker);
    let name: Arc<Path> = Arc::from(path);
    let mut last = None;
    let mut table_lines = Lines::new(&bytes[..]);
    loop {
        match table_lines.next_line() {
            Ok(Some(line)) => {
                let origin = source.logical_line(line.text, line.first, line.last);
                if table == Table::Deny {
                    last = Some(origin.whole());
                }
                let rule_place = RulePlace {
                    table: Arc::clone(&name),
                    first_line: line.first,
                    line: line.last,
                };
                if line.nul {
                    let place = origin.last_line();
                    if table == Table::Allow && !line.text.is_empty() {
                        return report_end(EntryError::Nul, place, checker);
                    }
                    let text = Problem::NulPassed.to_string();
                    checker.find(Finding::warning(&NUL_BYTE, text).at(place));
                    if line.text.is_empty() {
                        continue;
                    }
                }
                match Rule::parse(line.text) {
                    Some(fields) => {
                        let rule = CheckedRule::new(table, origin, line.text, fields);
                        check_rule(&rule, &rule_place, checker);
                    }
                    None => {
                        let text = Problem::MissingSeparator.to_string();
                        let explained = lines::explains(line.text, &source, line.first);
                        checker.find(
                            Finding::warning(&MISSING_COLON, text)
                                .at(origin.whole())
                                .minor_if(explained),
                        );
                    }
                }
            }
            Ok(None) => break,
            Err(error) => {
                // In hosts.deny, whoever gets that far is denied: nothing is left over.
                let cut_off = source.logical_line(b"", table_lines.first(), table_lines.last());
                let place = cut_off.last_line();
                let unterminated = matches!(error, EntryError::Unterminated);
                let first = table_lines.first();
                report_end(error, place, checker);
                if unterminated {
                    check_cut_off(table, &source, &bytes, first, checker);
                }
                return;
            }
        }
    }
    end_table(table, last, checker);
}

/// After the last rule of a table, if it has one.
fn end_table(table: Table, last: Option<FilePlace>, checker: &Checker<'_>) {
    if table == Table::Deny {
        aclexec::check_end(checker);
        reach::check_end(last, checker);
    }
}

/// Looks at the rule of a last line without its newline, which does not count. The original passes it over, and
/// so only our own words are fit for it.
fn check_cut_off(
    table: Table,
    source: &SourceFile<'_>,
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
    let origin = source.logical_line(line.text, first, last);
    let Some(fields) = Rule::parse(line.text) else {
        return;
    };
    let place = RulePlace {
        table: source.path.into(),
        first_line: first,
        line: last,
    };
    let mut rule = CheckedRule::new(table, origin, line.text, fields);
    rule.cut_off = true;
    checker.report.beside_the_original(true);
    check_rule(&rule, &place, checker);
    checker.report.beside_the_original(false);
}

fn check_rule(rule: &CheckedRule<'_>, place: &RulePlace, checker: &Checker<'_>) {
    checker.lists.borrow_mut().begin_rule();
    let verbose = checker.flags.verbose;
    let fact = |text: String| {
        if verbose {
            checker.report.fact(text);
        }
    };
    let table = TableText::from(&*place.table);
    fact(format!("\n>>> Rule {table} line {}:", place.line));
    fact(format!("daemons:  {}", words(rule.fields.daemons)));
    daemon_lists::check(rule, checker);
    fact(format!("clients:  {}", words(rule.fields.clients)));
    client_lists::check(rule, checker);
    let granted = dry_run::check(rule, place, checker);
    fact(format!(
        "access:   {}",
        if granted { "granted" } else { "denied" }
    ));
    forms::check(rule, checker);
    lines::check_comment(rule, checker);
    forms::check_brackets(rule, checker);
    misplaced::check(rule, checker);
    commands::check(rule, checker);
    effect::check_names(rule, checker);
    aclexec::check(rule, granted, checker);
    if !rule.cut_off {
        reach::check(rule, granted, checker);
    }
}

/// The words of a list with one blank between them.
fn words(list: &[u8]) -> String {
    let words = Words::new(list).map(|word| TableText(word).to_string());
    words.collect::<Vec<_>>().join(" ")
}
