//! Debian's programs, unmodified, on our library: who is served, who is not, what the options do, and
//! that it is our library which they have mapped. The table below says what is shown of each.
//!
//! Needs root, for namespaces; each program has a network, tables and a log of its own.

#[path = "../common/mod.rs"]
mod common;
mod logdaemon;
mod sockets;
mod subjects;
mod tools;
mod world;

use std::fs;
use std::process::Child;

use subjects::Subject;
use world::{Library, Log, inside, is_mapped, printed, soon, start};

/// A cell of the table.
enum Cell {
    /// It works as it does with Debian's library.
    Works,
    /// A line with these words has the severity of the rule.
    Logs(&'static str),
    /// Nothing of it is to be seen, for this reason.
    Not(&'static str),
}

use Cell::{Logs, Not, Works};

/// What is shown of a program. Of every program: addresses, networks and EXCEPT, of IPv4 and IPv6,
/// allowed and denied, by [`CLIENTS`].
struct Row {
    subject: Subject,
    /// `spawn` runs a command, with the facts of the client; the process that asks has our library mapped.
    spawn: Cell,
    /// `severity` has its effect on the lines of the program.
    severity: Cell,
    /// `banners` sends a text first, whether the client is served or not.
    banners: Cell,
}

const NO_SOCKET: Cell = Not("hands the library no socket");
const DATAGRAM: Cell = Not("a datagram has no banner");
const OWN_LOG: Cell = Not("logs at levels of its own");
const DRY: Cell = Not("carries no option out");

macro_rules! table {
    ($($name:ident $subject:ident $spawn:expr, $severity:expr, $banners:expr;)*) => {
        $(#[test]
        fn $name() {
            let row = Row {
                subject: subjects::$subject,
                spawn: $spawn,
                severity: $severity,
                banners: $banners,
            };
            row.check(stringify!($name), Library::Ours);
        })*

        /// The same of Debian's library, which holds each client that it refuses for five seconds.
        mod debian {
            use super::*;

            $(#[test]
            #[ignore = "takes a minute: make test-libwrap"]
            fn $name() {
                let row = Row {
                    subject: subjects::$subject,
                    spawn: $spawn,
                    severity: $severity,
                    banners: $banners,
                };
                row.check(concat!("debian::", stringify!($name)), Library::Debian);
            })*
        }
    };
}

table! {
    // test          program        spawn   severity                  banners
    sshd             SSHD           Works,  Logs("refused connect"),  Works;
    vsftpd           VSFTPD         Works,  OWN_LOG,                  Works;
    xinetd           XINETD         Works,  OWN_LOG,                  Works;
    openbsd_inetd    OPENBSD_INETD  Works,  Logs("refused connect"),  Works;
    stunnel4         STUNNEL4       Works,  OWN_LOG,                  Works;
    socat            SOCAT          Works,  OWN_LOG,                  NO_SOCKET;
    rpcbind          RPCBIND        Works,  Logs("unauthorized"),     NO_SOCKET;
    slapd            SLAPD          Works,  OWN_LOG,                  NO_SOCKET;
    mosquitto        MOSQUITTO      Works,  OWN_LOG,                  Works;
    tftpd_hpa        TFTPD_HPA      Works,  Logs("refused"),          DATAGRAM;
    perl             PERL           Works,  OWN_LOG,                  NO_SOCKET;
    tcpd             TCPD           Works,  Logs("refused connect"),  Works;
    tcpdmatch        TCPDMATCH      DRY,    OWN_LOG,                  Works;
    // tcpdchk asks about no client; what it reports is compared in `tools`.
}

/// Who is asked of every program, and whether it is served.
const CLIENTS: [(&str, bool); 9] = [
    ("127.0.0.2", true),
    ("127.0.0.3", false),
    // A network, but for one address.
    ("127.1.0.8", true),
    ("127.1.0.9", false),
    ("127.9.0.1", false),
    ("2001:db8::2", true),
    ("2001:db8::3", false),
    ("2001:db8:1::8", true),
    ("2001:db8:1::9", false),
];

const ALLOW: &str = "\
DAEMON: 127.0.0.2 [2001:db8::2]
DAEMON: 127.1.0.0/16 [2001:db8:1::]/48 EXCEPT 127.1.0.9 [2001:db8:1::9]
DAEMON: 127.2.0.1: spawn grep libwrap /proc/%p/maps > /run/maps; echo %d %a > /run/spawned
DAEMON: 127.2.0.2: severity mail.notice
DAEMON: 127.2.0.3: severity mail.notice: deny
DAEMON: 127.3.0.1: banners /run/banners
DAEMON: 127.3.0.2: banners /run/banners: deny
";

/// How a line begins that is logged at mail.notice.
const MAIL_NOTICE: &str = "<21>";

const BANNER: &str = "a word first";

impl Row {
    fn check(&self, test: &str, library: Library) {
        inside(test, library, self.subject.path, || check(self, library));
    }
}

fn check(row: &Row, library: Library) {
    let subject = &row.subject;
    fs::write("/etc/hosts.allow", ALLOW.replace("DAEMON", subject.daemon)).unwrap();
    fs::write("/etc/hosts.deny", "ALL: ALL\n").unwrap();
    fs::write(
        format!("/run/banners/{}", subject.daemon),
        format!("{BANNER}\n"),
    )
    .unwrap();
    let log = Log::open();
    let program = subject.prepare.map(|prepare| start(&prepare()));
    let told = |client: &str, answer: &str| {
        format!("{client}: {answer:?}\n{:#?}\n{}", log.lines(), printed())
    };
    let asked = |client: &str, served: bool| {
        let answer = (subject.ask)(client);
        assert_eq!(
            answer.contains(subject.served),
            served,
            "{}",
            told(client, &answer)
        );
        answer
    };
    (subject.ask)("127.0.0.2");
    for (client, served) in CLIENTS {
        asked(client, served);
    }
    check_spawn(row, library, program.as_ref(), &asked("127.2.0.1", true));
    for (client, served) in [("127.2.0.2", true), ("127.2.0.3", false)] {
        asked(client, served);
    }
    match row.severity {
        Logs(words) => {
            let found = log.has(|line| line.starts_with(MAIL_NOTICE) && line.contains(words));
            assert!(found, "{:#?}", log.lines());
        }
        _ => assert!(
            !log.lines().iter().any(|line| line.starts_with(MAIL_NOTICE)),
            "{:#?}",
            log.lines()
        ),
    }
    for (client, served) in [("127.3.0.1", true), ("127.3.0.2", false)] {
        let answer = asked(client, served);
        let shown = answer.starts_with(&format!("{BANNER}\r\n"));
        assert_eq!(
            shown,
            matches!(row.banners, Works),
            "{}",
            told(client, &answer)
        );
    }
}

fn check_spawn(row: &Row, library: Library, program: Option<&Child>, answer: &str) {
    let spawned = || fs::read_to_string("/run/spawned").unwrap_or_default();
    if let Not(reason) = row.spawn {
        return assert_eq!(spawned(), "", "but it {reason}: {answer}");
    }
    let daemon = row.subject.daemon;
    let expected = [
        format!("{daemon} 127.2.0.1\n"),
        format!("{daemon} ::ffff:127.2.0.1\n"),
    ];
    assert!(soon(|| expected.contains(&spawned())), "{}", spawned());
    let mut maps = fs::read_to_string("/run/maps").unwrap();
    if let (true, Some(program)) = (maps.is_empty(), program) {
        // It has given up root, so that it cannot look at itself.
        maps = fs::read_to_string(format!("/proc/{}/maps", program.id())).unwrap();
    }
    is_mapped(library, &maps);
}
