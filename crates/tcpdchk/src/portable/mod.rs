//! `--portable`: what tcp_wrappers 7.6 reads differently in these tables.
//!
//! Every rule, word, option and list is held against the rows of docs/differences.md that are about what tables
//! mean; a row that is about connections, messages or time has nothing to be seen in a table. Nothing is looked
//! up or run. A finding says what the original makes of the place, and what is made of it here.

mod list_words;
mod option_values;

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hosts_access::fault::reason;
use hosts_access::limits::{MAX_LIST_DEPTH, MAX_LISTS};
use hosts_access::table::filelist::ListWords;
use hosts_access::table::list::Words;
use hosts_access::table::rule::Rule;
use hosts_access::text::escape::TableText;
use tools::disk::Disk;
use tools::remark::Check;

use crate::checked_rule::{CheckedRule, Table};
use crate::finding::{FilePlace, Finding};
use crate::reporter::Reporter;
use crate::source::{ListOrigin, SourceFile};
use crate::word::split_client;

tools::checks! {
    /// What the original reads differently, for `--portable`.
    CHECKS;
    LENGTH: "differs-length", Note, "text too long for tcp_wrappers 7.6 (T1)",
        why "A rule of more than 2,047 bytes ends the table for the original, as an error: the rest of hosts.allow is \
             left out, and hosts.deny denies everybody who gets that far. Of names only the first 127 bytes count.",
        remedy "Write several rules, or put the clients into a list of their own.";
    NETWORK: "differs-network", Note, "a network that tcp_wrappers 7.6 never matches (T2)",
        why "The original does not understand the length 0, the mask 255.255.255.255 and IPv4 addresses in IPv6 form.",
        remedy "Write ALL, the plain address, or the IPv4 network.";
    NUMBER: "differs-number", Note, "a number that tcp_wrappers 7.6 reads as another (T3)",
        why "The original takes the digits that a length begins with, and cuts numbers that are too large.",
        remedy "Write the number that is meant.";
    GLOB: "differs-glob", Note, "a glob that tcp_wrappers 7.6 compares with names too (T4)",
        why "A client's owner chooses its name: 10.* lets 10.evil.example in.",
        remedy "Write the network, as 10. or 10.0.0.0/8.";
    COMMENT: "differs-comment", Note, "a comment that tcp_wrappers 7.6 takes for rules or words (T5, T6)",
        why "To the original a # begins a comment in the first column of a table only, and never in a list of hosts. A \
             byte order mark belongs to its first word.",
        remedy "Put the # into the first column; leave comments out of lists.";
    NUL: "differs-nul", Note, "a NUL byte, which hides the end of its line from tcp_wrappers 7.6 (T7)",
        why "The original glues the next line on; here the byte is skipped, where that only refuses more, or in error.",
        remedy "Write the file again as plain text.";
    FILE: "differs-file", Note, "a file that tcp_wrappers 7.6 takes for empty, or hangs on (T8)",
        why "Here what cannot be read is in error, so it never grants.",
        remedy "Make it a regular file that root may read, in which no list includes itself.";
    STARS: "differs-stars", Note, "a glob for which tcp_wrappers 7.6 may need hours (T9)",
        why "Each star multiplies the time that the original takes for a long name.",
        remedy "Write fewer stars.";
    LINK: "differs-link", Note, "the number of an interface, which tcp_wrappers 7.6 does not compare (T11)",
        why "To the original a client of any link matches; here only one of this interface does.",
        remedy "Write the name of the interface.";
    DNS_LIST: "differs-dns-list", Note, "a DNS list, which tcp_wrappers 7.6 does not know (T14)",
        why "To the original the word is the name of a host, which no client has: nobody is on the list.",
        remedy "Put the addresses into a /file list.";
    ACCOUNT: "differs-account", Note, "user or group, which tcp_wrappers 7.6 does not carry out (O1, W2)",
        why "The original leaves the daemon its rights. Here tcpd gives it those of the account or refuses the client; in a \
             daemon that serves many clients itself the option is an error, and denies.",
        remedy "See that the daemon can do its work as that account, or leave the option out.";
    ACLEXEC: "differs-aclexec", Note, "aclexec, whose failures tcp_wrappers 7.6 does not see (O2)",
        why "With the original a command that cannot be run grants, and a refusal sticks to later rules. Here a command \
             that cannot be run is in error, and each rule is for itself.",
        remedy "See that the command can be run, and that its exit status is what is meant.";
    SEVERITY: "differs-severity", Note, "a severity that tcp_wrappers 7.6 does not know (O3)",
        why "To the original the option is an error, so it denies whomever the rule matches.",
        remedy "Write a name that both know: see syslog(3).";
    RESOLVER: "differs-resolver", Note, "a variable that changes the lookups of tcp_wrappers 7.6 (O11)",
        why "The original's own lookups of this connection follow it; here only what runs later gets it.",
        remedy "Nothing needs to be done if it is meant for the daemon.";
}

/// Bytes of a rule, its newline included, that fit the original's buffer.
const MAX_LINE: usize = 2047;

/// Bytes of a name that the original keeps.
const MAX_NAME: usize = 127;

/// Stars of a glob from which on the original may take seconds.
const MANY_STARS: usize = 8;

/// Goes through both tables.
pub(crate) struct Portable<'p> {
    report: &'p Reporter<'p>,
    disk: &'p Disk,
    /// Lists that were gone through, those that are open, and how many were opened.
    seen: BTreeSet<PathBuf>,
    open: Vec<PathBuf>,
}

/// What a rule does with those it matches, for the words of findings.
fn verdict(rule: &CheckedRule<'_>) -> &'static str {
    let denies = match rule.table {
        Table::Allow => rule.has_option(&["deny", "twist"]),
        Table::Deny => !rule.has_option(&["allow"]),
    };
    if denies { "denied" } else { "granted" }
}

impl<'p> Portable<'p> {
    /// Reports on the files of this disk.
    pub(crate) fn new(report: &'p Reporter<'p>, disk: &'p Disk) -> Self {
        Self {
            report,
            disk,
            seen: BTreeSet::new(),
            open: Vec::new(),
        }
    }

    fn find(
        &self,
        check: &'static Check,
        place: FilePlace,
        what: &[u8],
        original: &str,
        here: &str,
    ) {
        let what = TableText(what.get(..60).unwrap_or(what));
        let text = format!("{what}: tcp_wrappers 7.6: {original}; here: {here}");
        self.report.finding(&Finding::own(check, text).at(place));
    }

    /// A file that cannot be read.
    fn unreadable(&self, place: FilePlace, path: &Path, error: &std::io::Error, here: &str) {
        if error.kind() == ErrorKind::PermissionDenied {
            // To tcpd, which runs as root, it may be all right.
            return self.report.could_not_check();
        }
        let what = format!("{} ({})", TableText::from(path), reason(error));
        let original = "counts as empty, or the program waits for ever";
        let text = format!("{what}: tcp_wrappers 7.6: {original}; here: {here}");
        self.report.finding(&Finding::own(&FILE, text).at(place));
    }

    /// Goes through a table.
    pub(crate) fn table(&mut self, table: Table, path: &Path) {
        let in_error = match table {
            Table::Allow => "it is in error, and grants nobody",
            Table::Deny => "it is in error, and everybody who gets that far is denied",
        };
        let bytes = match self.disk.read(path) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(error) => return self.unreadable(FilePlace::line(path, 0), path, &error, in_error),
        };
        let source = SourceFile::new(path, &bytes);
        if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
            let word = rest.split(|byte| byte.is_ascii_whitespace()).next();
            self.find(
                &COMMENT,
                source.whole_line(1),
                word.unwrap_or_default(),
                "the byte order mark before it belongs to the word, which is no daemon's name",
                "it is skipped",
            );
        }
        let mut joined = Joined::default();
        for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
            if joined.text.len() + line.len() > MAX_LINE {
                let original = match table {
                    Table::Allow => "this line and the rest of the table are left out",
                    Table::Deny => "everybody who gets that far is denied",
                };
                let place = source.whole_line(number);
                // Whatever follows, the original has left the table.
                return self.find(&LENGTH, place, &joined.text, original, "it works");
            }
            if joined.push(number, line) {
                continue;
            }
            self.line(table, &source, &joined);
            joined = Joined::default();
        }
    }

    fn line(&mut self, table: Table, source: &SourceFile<'_>, line: &Joined) {
        let text = match line.first {
            1 => line
                .text
                .strip_prefix(b"\xef\xbb\xbf")
                .unwrap_or(&line.text),
            _ => &line.text,
        };
        let origin = source.logical_line(text, line.first, line.last);
        if text.contains(&0) {
            let original = "its line end is hidden, and the next line is glued on";
            let here = "skipped if that only refuses more, else in error";
            return self.find(&NUL, origin.whole(), b"NUL byte", original, here);
        }
        let Some(fields) = Rule::parse(text) else {
            return;
        };
        let trimmed = text.trim_ascii_start();
        if trimmed.starts_with(b"#") {
            if trimmed.len() < text.len() {
                let original = match table {
                    Table::Allow => "a rule, which grants whom its words match",
                    Table::Deny => "a rule, which denies whom its words match",
                };
                self.find(&COMMENT, origin.whole(), trimmed, original, "a comment");
            }
            return;
        }
        let rule = CheckedRule::new(table, origin, text, fields);
        for word in Words::new(fields.daemons).patterns() {
            self.daemon(word, &rule);
        }
        for word in Words::new(fields.clients).patterns() {
            let host = split_client(word).1;
            self.host(host, &rule.origin, verdict(&rule));
        }
        self.options(&rule);
    }

    /// Follows a list. `deep` lists name each other on the way to it.
    fn list(&mut self, path: &Path, place: FilePlace, verdict: &str) {
        const HERE: &str = "the rule is in error, and never grants";
        let nested = self.open.iter().any(|open| open == path);
        if nested || self.open.len() >= MAX_LIST_DEPTH {
            let what = path.as_os_str().as_encoded_bytes();
            let original = "the program calls itself until it crashes";
            return self.find(&FILE, place, what, original, HERE);
        }
        if self.seen.len() >= MAX_LISTS || !self.seen.insert(path.to_owned()) {
            return;
        }
        let bytes = match self.disk.read(path) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(error) => return self.unreadable(place, path, &error, HERE),
        };
        let source = SourceFile::new(path, &bytes);
        for (number, line) in source.lines() {
            self.list_comment(&source, number, line);
        }
        self.open.push(path.to_owned());
        let mut words = ListWords::new(&bytes[..]);
        while let Ok(Some(found)) = words.next_word() {
            let (word, line) = (found.text.to_vec(), found.first);
            let origin = ListOrigin {
                source: &source,
                line,
                word: &word,
            };
            self.host(&word, &origin, verdict);
        }
        self.open.pop();
    }

    /// Words of a comment in a list, which match to the original. A `#` with its own word matches
    /// nobody.
    fn list_comment(&self, source: &SourceFile<'_>, number: u64, line: &[u8]) {
        let mut before = b' ';
        let begin = line.iter().position(|byte| {
            let begins = *byte == b'#' && (before.is_ascii_whitespace() || before == 0x0b);
            before = *byte;
            begins
        });
        let Some(begin) = begin else { return };
        let comment = line.get(begin..).unwrap_or_default();
        if comment.trim_ascii().contains(&b' ') || comment.trim_ascii().contains(&b'\t') {
            let original = "each word is a pattern";
            let place = source.place(number, begin..line.len());
            self.find(&COMMENT, place, comment.trim_ascii(), original, "a comment");
        }
    }
}

/// Physical lines as the original joins them.
#[derive(Default)]
struct Joined {
    text: Vec<u8>,
    first: u64,
    last: u64,
}

impl Joined {
    /// Takes a line. Says whether another one belongs to it.
    fn push(&mut self, number: u64, line: &[u8]) -> bool {
        if self.first == 0 {
            self.first = number;
        }
        self.last = number;
        match line.strip_suffix(b"\\\n") {
            Some(part) => {
                self.text.extend_from_slice(part);
                true
            }
            None => {
                let text = line.strip_suffix(b"\n").unwrap_or(line);
                self.text.extend_from_slice(text);
                false
            }
        }
    }
}
