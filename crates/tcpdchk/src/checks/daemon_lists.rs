//! Daemon lists, as the original checks them.

use hosts_access::table::list::{Words, is_except};
use hosts_access::table::pattern::split_at_sign;
use hosts_access::text::escape::TableText;
use tools::inetd::Wrapped;

use crate::checked_rule::CheckedRule;
use crate::checker::Checker;
use crate::finding::Finding;
use crate::known_users::is_known_user;
use crate::word::{HostWord, is_fail, is_wide};

use super::host_words::{EMPTY_LIST, SEVERAL_ADDRESSES, odd_name, report_fail};
use super::{effect, forms, list_files, single_words, spelling};

tools::checks! {
    /// What is wrong with daemons, in the original's eyes.
    CHECKS;
    DAEMON_NAME: "daemon-name", Error, "a word that no daemon's name matches",
        why "A daemon is known by the name of its program's file, without its folders. Netgroups, lists and \
             domains mean nothing here.",
        remedy "Write the daemon's plain name, as ps -o comm shows it.";
    RESERVED_DAEMON: "reserved-daemon", Warning, "a wildcard for clients in the daemon list",
        why "LOCAL and PARANOID are plain names here, and KNOWN is any name.",
        remedy "Write ALL, or the daemon's name.";
    UNKNOWN_PROCESS: "unknown-process", Note, "a daemon that inetd.conf does not start",
        why "inetd does not start it; tcpdchk looks on in xinetd's and systemd's files and at the program itself.",
        remedy "See what tcpdchk --services says of it.";
    NOT_WRAPPED: "not-wrapped", Note, "a daemon that inetd starts without tcpd",
        why "Its clients do not pass tcpd; the tables count only if the daemon reads them itself.",
        remedy "Name tcpd as the program in inetd.conf, and the daemon as its first argument.";
}

/// Checks a daemon list.
pub(crate) fn check(rule: &CheckedRule<'_>, checker: &Checker<'_>) {
    let comment = forms::bare_comment(rule, checker);
    let mut daemons = 0;
    let mut wide = false;
    let mut list = Words::new(rule.fields.daemons).peekable();
    while let Some(word) = list.next() {
        if is_except(word) {
            daemons = 0;
            wide = false;
            continue;
        }
        daemons += 1;
        let operator = wide && list.peek().is_some();
        wide |= is_wide(word);
        if let Some(finding) = spelling::check_operator(&at(rule, word, false), operator) {
            checker.find(finding);
            continue;
        }
        let minor = comment.is_some() || rule.is_explained(word);
        let (name, host) = match split_at_sign(word) {
            Some((name, host)) => (name, Some(host)),
            None => (word, None),
        };
        if let Some(host) = host {
            check_server(&at(rule, host, minor), checker);
        }
        check_daemon(&at(rule, name, minor), checker);
        check_here(&at(rule, name, minor), rule, checker);
    }
    if let Some(finding) = comment {
        checker.find(finding);
    }
    if daemons == 0 {
        let text = "daemon list is empty or ends in EXCEPT";
        let place = rule.place_of_list(rule.fields.daemons);
        checker.find(Finding::warning(&EMPTY_LIST, text).at(place));
    }
}

fn at<'h>(rule: &'h CheckedRule<'_>, word: &'h [u8], minor: bool) -> HostWord<'h> {
    HostWord::new(word, &rule.origin).explained_if(minor)
}

/// What our own checks say of a word without its host.
fn check_here(daemon: &HostWord<'_>, rule: &CheckedRule<'_>, checker: &Checker<'_>) {
    if daemon.minor {
        return;
    }
    let odd = spelling::check_invisible(daemon)
        .or_else(|| spelling::check_template(daemon))
        .or_else(|| spelling::check_ascii(daemon));
    match odd {
        Some(finding) => checker.find(finding),
        None => effect::check(daemon, rule, checker),
    }
}

fn check_server(host: &HostWord<'_>, checker: &Checker<'_>) {
    let finding = single_words::host_word(host);
    let host = &HostWord {
        said: single_words::graver_than_note(finding.as_ref()),
        ..*host
    };
    let addresses = list_files::check_host(host, checker, 0);
    if let Some(finding) = finding {
        checker.find(finding);
    }
    if addresses > 1 {
        let shown = TableText(host.word);
        let text = format!("host {shown} has more than one address");
        checker.find(host.warn(&SEVERAL_ADDRESSES, text));
        let hint = "(consider using an address instead)";
        checker.find(host.warn(&SEVERAL_ADDRESSES, hint).minor_if(true));
    }
}

fn check_daemon(daemon: &HostWord<'_>, checker: &Checker<'_>) {
    let name = daemon.word;
    let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
    let (check, text) = if let Some(text) = odd_name("daemon", name) {
        (&DAEMON_NAME, text)
    } else if is("ALL") || is("UNKNOWN") {
        return;
    } else if is_fail(name) {
        return report_fail(daemon, checker);
    } else if is("KNOWN") || is("LOCAL") || is("PARANOID") {
        let text = format!("{}: daemon name may be reserved word", TableText(name));
        (&RESERVED_DAEMON, text)
    } else {
        return check_inetd(daemon, checker);
    };
    checker.find(daemon.warn(check, text));
}

/// Whether inetd starts the daemon, and how. Once for each name.
fn check_inetd(daemon: &HostWord<'_>, checker: &Checker<'_>) {
    let name = daemon.word;
    // `effect` says more, whoever starts it.
    if !checker.report.is_classic() {
        return;
    }
    let known = checker.conf.daemon(name);
    let (check, text) = match known.map(|known| known.wrapped) {
        None if is_known_user(name) => return,
        None => {
            let conf = checker.conf.shown();
            let text = format!("{}: no such process name in {conf}", TableText(name));
            (&UNKNOWN_PROCESS, text)
        }
        Some(Wrapped::No) => {
            let text = format!("{}: service possibly not wrapped", TableText(name));
            (&NOT_WRAPPED, text)
        }
        Some(Wrapped::Yes | Wrapped::Maybe) => return,
    };
    if checker.is_new("inetd", &name.to_ascii_lowercase()) {
        checker.find(daemon.warn(check, text).minor_if(true));
    }
}
