//! `/file` lists: each is checked word by word, and the lists that it names after it.

use std::io::ErrorKind;
use std::path::Path;

use hosts_access::fault::reason;
use hosts_access::report::problem::Problem;
use hosts_access::table::entry::EntryError;
use hosts_access::table::filelist::ListWords;
use hosts_access::table::pattern::HostPattern;
use hosts_access::text::bytes::path_of;
use hosts_access::text::escape::TableText;

use crate::checker::Checker;
use crate::finding::Finding;
use crate::list_bounds::{KnownList, ListStep};
use crate::source::{ListOrigin, SourceFile};
use crate::word::HostWord;

use super::tables::NUL_BYTE;
use super::{file_rights, host_words, lines, single_words};

tools::checks! {
    /// What is wrong with lists.
    CHECKS;
    LIST_OPEN: "list-open", Error, "a list of hosts that cannot be read",
        why "The rule is in error, in either table, so everybody who gets that far is refused.",
        remedy "Make it a regular file that root may read, in which no list includes itself.";
    LIST_MISSING: "list-missing", Warning, "a list of hosts that is not there",
        why "A missing list counts as empty, so the pattern never matches.",
        remedy "Create the file, or correct its name.";
}

/// Checks a word in host position, and the list that it names. Gives the number of its addresses, if it is one host.
/// `depth` lists name each other on the way to it.
pub(super) fn check_host(host: &HostWord<'_>, checker: &Checker<'_>, depth: usize) -> usize {
    let HostPattern::File(path) = HostPattern::parse(host.word) else {
        return host_words::check_host(host, checker);
    };
    check_list(host, &path_of(path), checker, depth);
    0
}

/// Checks each word of a list, unless that was done.
fn check_list(host: &HostWord<'_>, path: &Path, checker: &Checker<'_>, depth: usize) {
    let step = checker.lists.borrow_mut().step(path, depth);
    let first_time = match step {
        ListStep::Follow { first_time } => first_time,
        ListStep::Pass => return,
        ListStep::Refuse(problem) => {
            return checker.find(host.warn(&LIST_OPEN, problem.to_string()));
        }
    };
    let said = checker.report.said();
    let opened = checker.lists.borrow().opened();
    let bytes = match checker.disk.read(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            let text = format!("open {}: No such file or directory", TableText::from(path));
            return checker.find(host.own(&LIST_MISSING, text));
        }
        Err(error) => {
            if error.kind() == ErrorKind::PermissionDenied {
                // To tcpd, which runs as root, the list may be all right.
                checker.report.could_not_check();
            }
            let text = format!("open {}: {}", TableText::from(path), reason(&error));
            return checker.find(host.warn(&LIST_OPEN, text));
        }
    };
    let source = SourceFile::new(path, &bytes);
    if first_time {
        file_rights::check(path, &host.origin.place(host.word), checker);
        lines::check(&source, checker);
        lines::check_list(&source, checker);
    }
    checker.lists.borrow_mut().enter(path);
    let height = check_words(&source, &bytes, first_time, checker, depth);
    let lists = &mut *checker.lists.borrow_mut();
    let known = KnownList {
        opens: lists.opened() + 1 - opened,
        height,
        silent: said == checker.report.said(),
    };
    lists.leave(bytes.len(), first_time, known);
}

/// Checks the words of a list. Gives its height.
fn check_words(
    source: &SourceFile<'_>,
    bytes: &[u8],
    first_time: bool,
    checker: &Checker<'_>,
    depth: usize,
) -> usize {
    let mut list = ListWords::new(bytes);
    let mut line = 1;
    let mut height = 1;
    while !checker.lists.borrow().is_over() {
        let word = match list.next_word() {
            Ok(Some(found)) => {
                line = found.first;
                found.text.to_vec()
            }
            Ok(None) => {
                if list.passed_nul() && first_time {
                    let text = Problem::ListNulPassed(source.path.to_owned()).to_string();
                    checker.find(Finding::warning(&NUL_BYTE, text).at(source.whole_line(line)));
                }
                break;
            }
            Err(error) => {
                report_end(error, source, line, checker);
                break;
            }
        };
        let origin = ListOrigin {
            source,
            line,
            word: &word,
        };
        let mut inner = HostWord::new(&word, &origin).explained_if(!first_time);
        let finding = first_time
            .then(|| single_words::host_word(&inner))
            .flatten();
        inner.said = single_words::graver_than_note(finding.as_ref());
        check_host(&inner, checker, depth + 1);
        if let [b'/', ..] = *word {
            let lists = checker.lists.borrow();
            height = height.max(1 + lists.height(&path_of(&word)));
        }
        if let Some(finding) = finding {
            checker.find(finding);
        }
    }
    height
}

/// Says why a list ends before its end.
fn report_end(error: EntryError, source: &SourceFile<'_>, line: u64, checker: &Checker<'_>) {
    let text = match error {
        EntryError::Io(error) => {
            format!("open {}: {}", TableText::from(source.path), reason(&error))
        }
        _ => Problem::ListWord(source.path.to_owned()).to_string(),
    };
    checker.find(Finding::warning(&LIST_OPEN, text).at(source.whole_line(line)));
}
