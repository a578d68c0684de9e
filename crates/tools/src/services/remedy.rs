//! What to write so that tcpd stands before a daemon: for each super-server its own, ready to copy.
//!
//! Only where it is certain that the daemon serves the connection that it is handed: because a super-server does so
//! already, or because the table below knows with which arguments it does.

use std::path::Path;

use super::daemon_verdict::DaemonVerdict;
use super::locate::FileLine;
use super::service::Service;

/// Daemons that stand for themselves, and what they take to serve one connection on their standard input:
/// program, arguments, port, unit, and lines of the service. Each was tried with the units of examples/systemd, or
/// these.
const FOR_ONE: [(&str, &str, &str, &str, &str); 2] = [
    (
        "sshd",
        " -i",
        "22",
        "ssh",
        "RuntimeDirectory=sshd\nRuntimeDirectoryPreserve=yes\n",
    ),
    (
        "vsftpd",
        " /etc/vsftpd.conf -olisten=NO -olisten_ipv6=NO",
        "21",
        "vsftpd",
        "RuntimeDirectory=vsftpd/empty\nRuntimeDirectoryPreserve=yes\n",
    ),
];

/// What a setting needs beside its line, by its key.
const BESIDE: [(&str, &str); 1] = [(
    "login_access_sockets",
    "service tcpwrap {\n  unix_listener login/tcpwrap {\n    user = dovenull\n    mode = 0600\n  }\n}",
)];

impl DaemonVerdict {
    /// What to write, with the file to write it to; nothing if that is not known for certain.
    pub fn remedy(&self) -> Option<String> {
        let program = self.program.as_deref()?;
        if let Some(state) = self.switch.as_ref().filter(|state| state.on == Some(false)) {
            let FileLine { file, .. } = state.place.as_ref()?;
            let beside = BESIDE.iter().find(|(key, _)| state.wanted.starts_with(key));
            let beside = beside.map_or(String::new(), |(_, lines)| format!("\n{lines}"));
            return Some(format!("in {}:\n{}{beside}", file.display(), state.wanted));
        }
        if !self.asks_as.is_empty() {
            return None;
        }
        let service = self.service.as_deref();
        match service.map(|service| (service, service.starter.as_str())) {
            Some((service, "inetd")) => inetd(service),
            Some((service, starter)) if starter.starts_with("xinetd") => xinetd(service),
            Some((service, starter)) => {
                let unit = starter.strip_prefix("systemd, ")?;
                drop_in(service, unit).or_else(|| units(program, Some(unit)))
            }
            None => units(program, None),
        }
    }
}

impl Service {
    /// Whether it runs tcpd and names no daemon at all.
    pub fn names_tcpd_alone(&self) -> bool {
        self.program.file_name() == Some("tcpd".as_ref())
    }

    /// For tcpd that is not told before which daemon it stands: the line that tells it.
    pub fn named_line(&self) -> Option<String> {
        if self.names_tcpd_alone() {
            return None;
        }
        let place = self.place.as_ref()?;
        let (program, words) = (self.program.display(), arguments(&self.arguments));
        let line = if self.starter.starts_with("systemd") {
            format!("ExecStart=@/usr/sbin/tcpd {program}{words}")
        } else {
            "flags = NAMEINARGS NOLIBWRAP".to_owned()
        };
        Some(format!("in {}:\n{line}", place.file.display()))
    }
}

/// The rest of a line: a blank before each argument.
fn arguments(words: &[String]) -> String {
    words.iter().map(|word| format!(" {word}")).collect()
}

/// The words of the inetd.conf line from the program on; the ones before stay.
fn inetd(service: &Service) -> Option<String> {
    let place = service.place.as_ref()?;
    Some(format!(
        "in {} line {}, from the program on:\n/usr/sbin/tcpd {}{}",
        place.file.display(),
        place.line,
        service.program.display(),
        arguments(&service.arguments)
    ))
}

fn xinetd(service: &Service) -> Option<String> {
    let place = service.place.as_ref()?;
    Some(format!(
        "in {}, in its service:\nflags       = NAMEINARGS NOLIBWRAP\nserver      = /usr/sbin/tcpd\nserver_args = {}{}",
        place.file.display(),
        service.program.display(),
        arguments(&service.arguments)
    ))
}

/// For a unit that serves one connection already.
fn drop_in(service: &Service, unit: &str) -> Option<String> {
    if !unit.ends_with("@.service") {
        return None;
    }
    Some(format!(
        "/etc/systemd/system/{unit}.d/tcpd.conf:\n[Service]\nExecStart=\nExecStart=@/usr/sbin/tcpd {}{}",
        service.program.display(),
        arguments(&service.arguments)
    ))
}

/// For a daemon that stands for itself so far: a socket, and a service for each connection.
fn units(program: &Path, unit: Option<&str>) -> Option<String> {
    let name = program.file_name()?.to_str()?;
    let (_, one, port, usual, more) = FOR_ONE.iter().find(|row| row.0 == name)?;
    let unit = unit.map_or_else(|| format!("{usual}.service"), str::to_owned);
    let stem = unit.trim_end_matches(".service");
    Some(format!(
        "/etc/systemd/system/tcpd-{stem}.socket:\n\
         [Unit]\nConflicts={unit} {stem}.socket\n\
         [Socket]\nListenStream={port}\nAccept=yes\n\
         [Install]\nWantedBy=sockets.target\n\
         /etc/systemd/system/tcpd-{stem}@.service:\n\
         [Unit]\nCollectMode=inactive-or-failed\n\
         [Service]\nExecStart=@/usr/sbin/tcpd {}{one}\nStandardInput=socket\n{more}\
         then: systemctl daemon-reload; systemctl disable --now {unit}; systemctl enable --now tcpd-{stem}.socket",
        program.display(),
    ))
}
