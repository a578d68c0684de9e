//! Whether a daemon of a rule reads the tables at all, and looks names up for them.

use hosts_access::table::list::Words;
use hosts_access::table::pattern::{HostPattern, split_at_sign};
use hosts_access::text::escape::TableText;
use tools::daemons::{self, looks_no_name_up};
use tools::services::{Applies, Asker, DaemonVerdict, Gatekeeper, Service, Services};

use crate::checked_rule::CheckedRule;
use crate::checker::Checker;
use crate::finding::{FilePlace, Finding};
use crate::known_users::{is_known_user, known_users};
use crate::source::Origin;
use crate::suggest::closest;
use crate::word::{HostWord, is_plain, split_client};

tools::checks! {
    /// What is wrong with the daemons of rules.
    CHECKS;
    NO_EFFECT: "no-effect", Error, "a rule for a daemon that never reads the tables",
        why "Neither tcpd nor anything else asks the tables about this daemon under this name. The rule has no \
             effect: nobody is let in or kept out by it.",
        remedy "Start the daemon through tcpd (inetd.conf, xinetd, or a socket unit with Accept=yes), switch on what makes \
                it read the tables, write the name that it asks under, or use its own access control or a firewall.";
    IDLE_DAEMON: "idle-daemon", Warning, "a daemon of a list for which the rule does nothing",
        why "The other daemons of the list read the tables. This one does not, or not in the way that the rule needs, so \
             its clients are not let in or kept out by the rule.",
        remedy "Leave the word out if it is known, or see to it that the daemon reads the tables.";
    NAME_UNASKED: "name-unasked", Error, "a host name for a daemon that looks no names up",
        why "The daemon tells the tables the client's address alone, so that every client's name is unknown to them. A pattern \
             of names never matches. In hosts.deny that lets everybody in.",
        remedy "Write addresses or networks.";
    TCPD_UNNAMED: "tcpd-unnamed", Error, "tcpd is not told before which daemon it stands",
        why "tcpd goes by the name that it is run with. Run under its own name, it would have to run itself; it refuses \
             every client.",
        remedy "Hand over the daemon's name: with @ before tcpd's path in ExecStart=, or with the flag NAMEINARGS of xinetd.";
    UNKNOWN_DAEMON: "unknown-daemon", Warning, "a daemon that this machine does not have",
        why "No super-server starts a daemon of this name, and no program in the usual folders has it.",
        remedy "Write the name of the daemon's program, as ps -o comm shows it; tcpdchk --services lists the known ones.";
    ABSENT_DAEMON: "absent-daemon", Note, "a well-known daemon that is not installed",
        why "The rule takes effect once the daemon is installed.",
        remedy "Nothing needs to be done.";
    UNTOLD_DAEMON: "untold-daemon", Note, "a daemon of which it cannot be told",
        why "The program is a script, or cannot be read, or may load a module that reads the tables, or what makes it read them \
             is not known, or tcpd may stand before it. It may or may not read them.",
        remedy "Look at what the program starts and loads, and at its manual.";
}

/// Words of a list that are looked at beside the one at hand. No real list has so many.
const MAX_BESIDE: usize = 100;

/// What is wrong with the services themselves: once, whatever the tables say.
pub(crate) fn check_machine<'s>(services: &'s Services<'_>) -> impl Iterator<Item = Finding> + 's {
    let unnamed = services.list().iter();
    unnamed
        .filter(|service| service.gatekeeper == Gatekeeper::UnnamedTcpd)
        .map(unnamed_tcpd)
}

fn unnamed_tcpd(service: &Service) -> Finding {
    let meant = if service.names_tcpd_alone() {
        String::new()
    } else {
        format!(", so {} is never started", TableText(&service.name))
    };
    let text = format!(
        "{} runs tcpd under its own name{meant}",
        TableText(service.starter.as_bytes())
    );
    let finding = Finding::own(&TCPD_UNNAMED, text).elsewhere(service.named_line());
    let place = service.place.as_ref();
    finding.at(place.map(|place| FilePlace::line(&place.file, place.line)))
}

/// Looks at a daemon, the first time that it is named.
pub(crate) fn check(daemon: &HostWord<'_>, rule: &CheckedRule<'_>, checker: &Checker<'_>) {
    let name = daemon.word;
    if !is_plain(name) || daemon.minor {
        return;
    }
    let verdict = checker.services.verdict(name);
    let finding = match verdict.applies {
        Applies::Yes => return,
        Applies::No => idle(daemon, &verdict, rule, checker),
        Applies::Unknown => untold(daemon, &verdict),
        Applies::Absent => absent(daemon, checker),
    };
    // A lesser thing that was said hides no graver one.
    if checker.is_new(finding.check.id, &name.to_ascii_lowercase()) {
        checker.find(finding);
    }
}

/// A daemon that does not read the tables: the rule has no effect, or only this word of it has none.
fn idle(
    daemon: &HostWord<'_>,
    verdict: &DaemonVerdict,
    rule: &CheckedRule<'_>,
    checker: &Checker<'_>,
) -> Finding {
    let shown = TableText(daemon.word);
    let reason = verdict.reason();
    let mut others = others(rule, daemon.word);
    let finding = if others.any(|other| is_heeded(other, checker)) {
        daemon.own(
            &IDLE_DAEMON,
            format!("{shown}: {reason}, so this word has no effect"),
        )
    } else {
        daemon.own(
            &NO_EFFECT,
            format!("{shown}: {reason}, so the rule has no effect"),
        )
    };
    // The one name that it asks under, unless the list has that already.
    let meant = match &verdict.asks_as[..] {
        [meant] => Some(meant.clone()),
        _ => None,
    };
    let meant = meant.filter(|meant| {
        let mut words = Words::new(rule.fields.daemons);
        !words.any(|word| word.eq_ignore_ascii_case(meant.as_bytes()))
    });
    finding.instead(meant).elsewhere(verdict.remedy())
}

fn untold(daemon: &HostWord<'_>, verdict: &DaemonVerdict) -> Finding {
    let text = format!(
        "{}: cannot tell whether the rule has an effect: {}",
        TableText(daemon.word),
        verdict.reason()
    );
    daemon.own(&UNTOLD_DAEMON, text)
}

fn absent(daemon: &HostWord<'_>, checker: &Checker<'_>) -> Finding {
    let name = daemon.word;
    let shown = TableText(name);
    if is_known_user(name) || daemons::named(name).next().is_some() {
        return daemon.own(&ABSENT_DAEMON, format!("{shown}: is not installed here"));
    }
    let known = known_users()
        .map(|name| name as &str)
        .chain(daemons::all().filter_map(|daemon| daemon.name()));
    let meant = closest(name, checker.services.names().chain(known));
    let text = format!("{shown}: there is no such daemon here");
    daemon.own(&UNKNOWN_DAEMON, text).instead(meant)
}

/// The names of a rule's daemons but for one of them.
fn others<'r>(rule: &CheckedRule<'r>, name: &'r [u8]) -> impl Iterator<Item = &'r [u8]> {
    daemons_of(rule).filter(move |other| !other.eq_ignore_ascii_case(name))
}

fn daemons_of<'r>(rule: &CheckedRule<'r>) -> impl Iterator<Item = &'r [u8]> {
    Words::new(rule.fields.daemons)
        .patterns()
        .map(|word| split_at_sign(word).map_or(word, |(name, _)| name))
        .take(MAX_BESIDE)
}

/// Whether a word of a daemon list may have an effect.
fn is_heeded(word: &[u8], checker: &Checker<'_>) -> bool {
    let applies = || checker.services.verdict(word).applies;
    !is_plain(word) || matches!(applies(), Applies::Yes | Applies::Unknown)
}

/// Host names in rules for daemons that look none up.
pub(crate) fn check_names(rule: &CheckedRule<'_>, checker: &Checker<'_>) {
    let mut words = Words::new(rule.fields.clients).patterns();
    let Some(word) = words.find(|word| needs_name(split_client(word).1)) else {
        return;
    };
    let nameless: Vec<_> = daemons_of(rule)
        .filter(|name| is_nameless(name, checker))
        .collect();
    let Some(first) = nameless.first() else {
        return;
    };
    let all = daemons_of(rule).all(|name| is_nameless(name, checker));
    let shown = TableText(word);
    let text = format!(
        "{}: looks no names up, so {shown} matches none of its clients",
        TableText(first)
    );
    let (check, place) = if all {
        (&NAME_UNASKED, rule.origin.place(word))
    } else {
        (&IDLE_DAEMON, rule.origin.place(first))
    };
    checker.find(Finding::own(check, text).at(place));
}

/// Whether a daemon asks by itself, and was watched to look no names up. (tcpd and the super-servers do.)
fn is_nameless(name: &[u8], checker: &Checker<'_>) -> bool {
    is_plain(name)
        && looks_no_name_up(name)
        && !matches!(
            checker.services.verdict(name).by,
            Some(Asker::Tcpd | Asker::Starter)
        )
}

/// Whether a word matches nobody whose name is unknown.
fn needs_name(word: &[u8]) -> bool {
    match HostPattern::parse(word) {
        HostPattern::Known | HostPattern::Local => true,
        HostPattern::Netgroup(_)
        | HostPattern::File(_)
        | HostPattern::DnsList(_)
        | HostPattern::Net { .. }
        | HostPattern::Slashes => false,
        HostPattern::Text { word, names } => {
            let wildcards = ["ALL", "UNKNOWN"];
            let is = |wildcard: &&str| word.eq_ignore_ascii_case(wildcard.as_bytes());
            names
                && !word.starts_with(b"[")
                && word.iter().any(u8::is_ascii_alphabetic)
                && !wildcards.iter().any(is)
        }
    }
}
