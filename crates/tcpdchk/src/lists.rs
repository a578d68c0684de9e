//! `/file` lists, followed as the engine follows them: within its bounds, and each list once.
//!
//! What the original says of a list it says for every rule that names it; that is repeated as long as
//! it costs little. Lists that name others many times over would else keep the program busy for ever.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hosts_access::fault::reason;
use hosts_access::limits::{MAX_LIST_DEPTH, MAX_LISTS};
use hosts_access::report::problem::Problem;
use hosts_access::table::filelist::{ListError, ListWords};
use hosts_access::text::bytes::path_of;
use hosts_access::text::escape::Written;

use crate::checker::Checker;
use crate::checks;
use crate::clients::{Host, check_host};
use crate::finding::Finding;
use crate::source::{ListWord, Source};
use crate::table::NUL_BYTE;

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

/// Bytes of lists that are gone through again, all together; and what a short one counts for.
const MAX_REPEATED_BYTES: usize = 16 << 20;
const MIN_LIST_BYTES: usize = 4 << 10;

/// The lists so far.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    known: BTreeMap<PathBuf, Known>,
    /// Those that are being gone through, each named by the one before.
    open: Vec<PathBuf>,
    /// How many lists the rule at hand has opened.
    opened: usize,
    repeated_bytes: usize,
}

/// What is known of a list that was gone through.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// How many lists are opened for it, itself included.
    opens: usize,
    /// How deep they name each other, itself included.
    height: usize,
    /// Whether nothing was said of it.
    silent: bool,
}

/// What to do with a list that a word names.
enum Step {
    /// Go through it.
    Follow { first_time: bool },
    /// Nothing: all was said.
    Pass,
    /// The engine does not follow it.
    Refuse(Problem),
}

impl Lists {
    /// Begins the next rule.
    pub(crate) fn begin_rule(&mut self) {
        self.opened = 0;
    }

    fn step(&mut self, path: &Path, depth: usize) -> Step {
        let known = self.known.get(path).copied();
        let height = known.map_or(1, |known| known.height);
        if depth + height > MAX_LIST_DEPTH || self.open.iter().any(|open| open == path) {
            return Step::Refuse(Problem::ListNesting(path.to_owned()));
        }
        let before = self.opened;
        let (opens, step) = match known {
            None => (1, Step::Follow { first_time: true }),
            Some(known) if known.silent || self.repeated_bytes > MAX_REPEATED_BYTES => {
                (known.opens, Step::Pass)
            }
            Some(_) => (1, Step::Follow { first_time: false }),
        };
        self.opened = before.saturating_add(opens);
        match self.opened > MAX_LISTS {
            // Said once; the rule is in error as a whole.
            true if before > MAX_LISTS => Step::Pass,
            true => Step::Refuse(Problem::ListCount(path.to_owned())),
            false => step,
        }
    }

    fn is_over(&self) -> bool {
        self.opened > MAX_LISTS
    }
}

/// Checks each word of a list, unless that was done.
pub(crate) fn check(host: &Host<'_>, path: &Path, checker: &Checker<'_>, depth: usize) {
    let step = checker.lists.borrow_mut().step(path, depth);
    let first_time = match step {
        Step::Follow { first_time } => first_time,
        Step::Pass => return,
        Step::Refuse(problem) => {
            return checker.find(host.warn(&LIST_OPEN, problem.to_string()));
        }
    };
    let said = checker.report.said();
    let opened = checker.lists.borrow().opened;
    let bytes = match checker.disk.read(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            let text = format!("open {}: No such file or directory", Written::from(path));
            return checker.find(host.own(&LIST_MISSING, text));
        }
        Err(error) => {
            if error.kind() == ErrorKind::PermissionDenied {
                // To tcpd, which runs as root, the list may be all right.
                checker.report.could_not_check();
            }
            let text = format!("open {}: {}", Written::from(path), reason(&error));
            return checker.find(host.warn(&LIST_OPEN, text));
        }
    };
    let source = Source::new(path, &bytes);
    if first_time {
        checks::list(&source, &host.origin.place(host.word), checker);
    }
    checker.lists.borrow_mut().open.push(path.to_owned());
    let height = check_words(&source, &bytes, first_time, checker, depth);
    let lists = &mut *checker.lists.borrow_mut();
    lists.open.pop();
    if !first_time {
        lists.repeated_bytes += bytes.len().max(MIN_LIST_BYTES);
    }
    let known = Known {
        opens: lists.opened + 1 - opened,
        height,
        silent: said == checker.report.said(),
    };
    if !lists.is_over() {
        lists.known.insert(path.to_owned(), known);
    }
}

/// Checks the words of a list. Gives its height.
fn check_words(
    source: &Source<'_>,
    bytes: &[u8],
    first_time: bool,
    checker: &Checker<'_>,
    depth: usize,
) -> usize {
    let mut words = ListWords::new(bytes);
    let mut line = 1;
    let mut height = 1;
    while !checker.lists.borrow().is_over() {
        let word = match words.next_word() {
            Ok(Some(found)) => {
                line = found.line;
                found.word.to_vec()
            }
            Ok(None) => {
                if words.passed_nul() && first_time {
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
        let origin = ListWord {
            source,
            line,
            word: &word,
        };
        let mut inner = Host::new(&word, &origin).explained_if(!first_time);
        let finding = first_time.then(|| checks::host_word(&inner)).flatten();
        inner.said = checks::graver_than_note(finding.as_ref());
        check_host(&inner, checker, depth + 1);
        if let [b'/', ..] = *word {
            let lists = checker.lists.borrow();
            let inner = lists.known.get(&path_of(&word));
            height = height.max(1 + inner.map_or(1, |known| known.height));
        }
        if let Some(finding) = finding {
            checker.find(finding);
        }
    }
    height
}

/// Says why a list ends before its end.
fn report_end(error: ListError, source: &Source<'_>, line: u64, checker: &Checker<'_>) {
    let text = match error {
        ListError::Word => Problem::ListWord(source.path.to_owned()).to_string(),
        ListError::Io(error) => format!("open {}: {}", Written::from(source.path), reason(&error)),
    };
    checker.find(Finding::warning(&LIST_OPEN, text).at(source.whole_line(line)));
}
