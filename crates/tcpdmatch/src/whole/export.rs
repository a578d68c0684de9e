//! `--export`: who gets in for certain, for nftables, systemd or sshd, which never ask the tables.
//!
//! The text goes to standard output and nothing is loaded, run or changed. What the tables say and the text cannot is
//! listed on standard error; then there is no text, unless it may be left out, which refuses its clients.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use hosts_access::text::escape::TableText;
use policy::access::{Policy, Server, Service, Verdict};
use policy::admitted::Admitted;
use policy::condition::{Condition, Conditions};
use policy::export::{Form, MAX_TEXT, knows_refuse_connection};
use policy::tables::Rules;
use tools::disk::Disk;
use tools::dry::plain_status;
use tools::inetd::InetdConf;
use tools::output::{Output, complain};
use tools::paths::base_name;
use tools::services::Services;

use super::{Sources, conditions, errors, reason, verdict_word};
use crate::EXIT_FAILED;
use crate::arguments::{Arguments, ExportFor};

/// Most lines about what cannot be said; the others are counted.
const MAX_UNSAID: usize = 100;

/// Longest name of a daemon: nftables has bounds for names.
const MAX_NAME: usize = 64;

/// Exports what the tables grant a daemon's clients.
///
/// # Errors
/// It cannot be told.
pub(crate) fn run(
    arguments: &Arguments,
    to: ExportFor,
    daemon: &[u8],
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let daemon = if daemon.starts_with(b"/") {
        base_name(daemon)
    } else {
        daemon
    };
    anyhow::ensure!(
        !daemon.is_empty() && daemon.len() <= MAX_NAME && !daemon.contains(&b'@'),
        "--export takes the name of a daemon, without a server, of at most {MAX_NAME} letters"
    );
    let disk = arguments.files.disk();
    let (ports, port_note) = match to {
        ExportFor::Nft => ports(arguments, daemon, &disk)?,
        ExportFor::Systemd | ExportFor::Sshd => (Vec::new(), None),
    };
    let sources = Sources::new(&disk);
    let world = sources.world();
    let rules = Rules::read(&arguments.files.tables(), &world);
    let status = |command: &[u8]| plain_status(command, &disk);
    let mut policy = Policy::new(rules, world, &status);
    let mut store = Conditions::default();
    let mut ask = |port| {
        let service = Service {
            daemon: daemon.to_vec(),
            server: Server::Any,
            port,
        };
        policy.access(&service, &mut store)
    };
    // The ports are known to nft alone; elsewhere a rule by port number is a condition.
    let access = ask(ports.first().copied())?;
    let admitted = Admitted::of(&access);
    for port in ports.iter().skip(1) {
        anyhow::ensure!(
            Admitted::of(&ask(Some(*port))?) == admitted,
            "the tables tell these ports apart: export each of them by itself"
        );
    }
    let errors = errors(&policy, &access);
    let unsaid = unsaid(&policy, &store, &admitted);
    for error in &errors {
        complain(format_args!("in error, and refused: {error}"));
    }
    if !unsaid.is_empty() {
        let name = TableText(daemon);
        complain(format_args!(
            "what the tables say of {name} and addresses alone cannot say:"
        ));
        unsaid
            .iter()
            .for_each(|line| complain(format_args!("  {line}")));
        if !arguments.partial {
            complain("nothing is exported; with --partial these clients are refused");
            return Ok(EXIT_FAILED.into());
        }
    }
    let unit = match to {
        ExportFor::Systemd => unit(arguments, daemon, &disk)?,
        ExportFor::Nft | ExportFor::Sshd => String::new(),
    };
    let form = match to {
        ExportFor::Nft => Form::Nft(&ports),
        ExportFor::Systemd => Form::Systemd {
            socket: unit.ends_with(".socket"),
        },
        ExportFor::Sshd => Form::Sshd {
            refuse_connection: match &arguments.sshd_version {
                None => false,
                Some(text) => knows_refuse_connection(text)
                    .ok_or_else(|| anyhow::anyhow!("{text}: no version of OpenSSH"))?,
            },
        },
    };
    let mut comments = heading(arguments, to, daemon, &unit);
    comments.extend(port_note);
    comments.extend(
        errors
            .iter()
            .map(|error| format!("In error, and refused: {error}")),
    );
    if !unsaid.is_empty() {
        comments.push("Refused here, though the tables may let them in:".to_owned());
        comments.extend(unsaid.iter().map(|line| format!("  {line}")));
    }
    comments.push(
        "Only who is let in is said here, not what else the options of a rule do.".to_owned(),
    );
    comments.extend(form.limits().iter().map(|line| (*line).to_owned()));
    let text = form.text(daemon, &admitted, &comments);
    anyhow::ensure!(
        to != ExportFor::Sshd || text.len() <= MAX_TEXT,
        "this is too much for sshd, which may serve nobody then: {} bytes, where {MAX_TEXT} are safe",
        text.len()
    );
    output.bytes(text.as_bytes());
    Ok(if unsaid.is_empty() {
        ExitCode::SUCCESS
    } else {
        EXIT_FAILED.into()
    })
}

/// From which tables it comes, and where it belongs.
fn heading(arguments: &Arguments, to: ExportFor, daemon: &[u8], unit: &str) -> Vec<String> {
    let tables = arguments.files.tables();
    let [allow, deny] = [&tables.allow, &tables.deny].map(|table| TableText::from(&**table));
    let name = TableText(daemon);
    let place = match to {
        ExportFor::Nft => "Load it with: nft --file FILE".to_owned(),
        ExportFor::Systemd => format!(
            "It belongs in /etc/systemd/system/{}.d/, in a file that ends in .conf; then: systemctl daemon-reload",
            TableText(unit.as_bytes())
        ),
        ExportFor::Sshd => {
            "It belongs in a file of its own in /etc/ssh/sshd_config.d/, that ends in .conf."
                .to_owned()
        }
    };
    vec![
        format!("Who may connect to {name}, by {allow} and {deny}; made by tcpdmatch --export."),
        "It does not follow the tables: make it anew when they change.".to_owned(),
        place,
    ]
}

/// The unit whose sockets take the daemon's connections: the one that is given, or else that which starts the
/// daemon. What a socket unit opens is filtered by the socket unit, so that one it is where it is enabled.
fn unit(arguments: &Arguments, daemon: &[u8], disk: &Disk) -> anyhow::Result<String> {
    if let Some(unit) = &arguments.unit {
        anyhow::ensure!(
            !unit.contains('/') && (unit.ends_with(".service") || unit.ends_with(".socket")),
            "{unit}: no name of a service or socket unit"
        );
        anyhow::ensure!(
            !unit.ends_with("@.service"),
            "{unit}: its connections are those of a socket unit, say that with --unit"
        );
        return Ok(unit.clone());
    }
    let services = Services::new(disk, &InetdConf::default());
    let mut starters: Vec<&str> = services
        .list()
        .iter()
        .filter(|service| service.name.eq_ignore_ascii_case(daemon))
        .filter_map(|service| service.starter.strip_prefix("systemd, "))
        .collect();
    starters.sort_by_key(|unit| unit.ends_with("@.service"));
    let own = format!("{}.service", TableText(daemon));
    let unit = starters.first().copied().unwrap_or(&own);
    let stem = unit.strip_suffix(".service").unwrap_or(unit);
    let plain = stem.strip_suffix('@').unwrap_or(stem);
    let enabled = format!("/etc/systemd/system/sockets.target.wants/{plain}.socket");
    let by_socket = plain != stem || disk.metadata(Path::new(&enabled)).is_ok();
    Ok(if by_socket {
        format!("{plain}.socket")
    } else {
        unit.to_owned()
    })
}

/// The ports to guard: those that are given, or else that of the service whose name the daemon has.
fn ports(
    arguments: &Arguments,
    daemon: &[u8],
    disk: &Disk,
) -> anyhow::Result<(Vec<u16>, Option<String>)> {
    if !arguments.port.is_empty() {
        return Ok((arguments.port.clone(), None));
    }
    let text = disk.read(Path::new("/etc/services")).ok().flatten();
    let found = names(daemon)
        .into_iter()
        .find_map(|name| Some((name, service_port(text.as_deref()?, name)?)));
    let Some((name, port)) = found else {
        let daemon = TableText(daemon);
        anyhow::bail!("the port of {daemon} is not known: say it with --port");
    };
    let name = TableText(name);
    let note = format!(
        "Port {port} is that of {name} in /etc/services: if the daemon has another, say it with --port."
    );
    complain(&note);
    Ok((vec![port], Some(note)))
}

/// The names that the service of a daemon may have: its own, and without what marks a daemon.
fn names(daemon: &[u8]) -> Vec<&[u8]> {
    let plain = daemon.strip_prefix(b"in.").or(daemon.strip_prefix(b"rpc."));
    let plain = plain.unwrap_or(daemon);
    let mut names = vec![daemon, plain];
    names.extend(plain.strip_suffix(b"d"));
    names
}

/// The port of a service, by its name or another that it has.
fn service_port(services: &[u8], name: &[u8]) -> Option<u16> {
    services.split(|byte| *byte == b'\n').find_map(|line| {
        let line = line.split(|byte| *byte == b'#').next()?;
        let mut words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let first = words.next()?;
        let port = words.next()?.split(|byte| *byte == b'/').next()?;
        (first == name || words.any(|word| word == name))
            .then(|| std::str::from_utf8(port).ok()?.parse().ok())?
    })
}

/// What cannot be said, a line for each rule and what it depends on.
fn unsaid(policy: &Policy<'_>, store: &Conditions, admitted: &Admitted) -> Vec<String> {
    let all = admitted.unsaid();
    let mut lines: Vec<String> = all
        .iter()
        .take(MAX_UNSAID)
        .map(|decision| {
            let verdict = verdict_word(decision.verdict);
            let mut line = format!("{}: {verdict}", reason(policy, decision));
            if decision.verdict == Verdict::Twist {
                line.push_str(" to a command");
            }
            if decision.when != Condition::ALWAYS {
                // Writing to a String never fails.
                let _ = write!(line, " if {}", conditions::words(store, decision.when));
            }
            line
        })
        .collect();
    if let Some(more) = all.len().checked_sub(MAX_UNSAID).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_found_by_its_daemon() {
        let services = b"# ssh 1/tcp\nssh\t22/tcp # Secure Shell\nbad\nworse x/tcp\nftp 21/tcp\n\
            sunrpc 111/tcp portmapper rpcbind\nbig 99999/tcp\n";
        let port = |daemon: &[u8]| {
            names(daemon)
                .into_iter()
                .find_map(|name| service_port(services, name))
        };
        assert_eq!(port(b"sshd"), Some(22));
        assert_eq!(port(b"in.ftpd"), Some(21));
        assert_eq!(port(b"rpcbind"), Some(111));
        for daemon in [
            &b"other"[..],
            b"bad",
            b"worse",
            b"big",
            b"vsftpd",
            b"d",
            b"#",
        ] {
            assert_eq!(port(daemon), None, "{}", daemon.escape_ascii());
        }
    }
}
