//! Whether a daemon of a rule reads the tables at all.

use hosts_access::problem::Written;

use crate::checker::Checker;
use crate::clients::Host;
use crate::daemons::{is_known_user, known_users};
use crate::inventory::is_plain;
use crate::services::Honours;
use crate::suggest::closest;

tools::checks! {
    /// What is wrong with the daemons of rules.
    CHECKS;
    NO_EFFECT: "no-effect", Error, "a rule for a daemon that never reads the tables",
        why "Neither does tcpd stand before the daemon, nor is its program linked with libwrap. The rule has no \
             effect: nobody is let in or kept out by it.",
        remedy "Start the daemon through tcpd (inetd.conf, xinetd, or a socket unit with Accept=yes), or use the \
                daemon's own access control or a firewall.";
    UNKNOWN_DAEMON: "unknown-daemon", Warning, "a daemon that this machine does not have",
        why "No super-server starts a daemon of this name, and no program in the usual folders has it.",
        remedy "Write the name of the daemon's program, as ps -o comm shows it; tcpdchk --services lists the known ones.";
    ABSENT_DAEMON: "absent-daemon", Note, "a well-known daemon that is not installed",
        why "The rule takes effect once the daemon is installed.",
        remedy "Nothing needs to be done.";
    UNTOLD_DAEMON: "untold-daemon", Note, "a daemon of which it cannot be told",
        why "The program is a script, or cannot be read, or is not linked with libwrap and speaks of the tables all the \
             same. It may or may not read them.",
        remedy "Look at what the program starts, and at its manual.";
}

/// Looks at a daemon, the first time that it is named.
pub(crate) fn check(daemon: &Host<'_>, checker: &Checker<'_>) {
    let name = daemon.word;
    if !is_plain(name) || daemon.minor || !checker.is_new_service(name) {
        return;
    }
    let shown = Written(name);
    let finding = match checker.services.honours(name) {
        Honours::Tcpd(_) | Honours::SuperServer(_) | Honours::Program { .. } => return,
        Honours::Nobody { program, starter } => {
            let program = Written::from(&*program);
            let starter =
                starter.map_or(String::new(), |starter| format!(", started by {starter},"));
            let text = format!(
                "{shown}: {program}{starter} is not behind tcpd and does not use libwrap, so the rule has no effect"
            );
            daemon.own(&NO_EFFECT, text)
        }
        Honours::Untold { program } => {
            let text = format!(
                "{shown}: cannot tell whether {} uses libwrap",
                Written::from(&*program)
            );
            daemon.own(&UNTOLD_DAEMON, text)
        }
        Honours::Absent if is_known_user(name) => {
            daemon.own(&ABSENT_DAEMON, format!("{shown}: is not installed here"))
        }
        Honours::Absent => {
            let known = known_users().filter_map(|name| std::str::from_utf8(name).ok());
            let meant = closest(name, checker.services.names().chain(known));
            let text = format!("{shown}: there is no such daemon here");
            daemon.own(&UNKNOWN_DAEMON, text).instead(meant)
        }
    };
    checker.find(finding);
}
