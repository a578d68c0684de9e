//! The programs that inetd starts: what is wrong with them, and whether tcpd stands before them.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use hosts_access::fault::reason;
use hosts_access::text::bytes::path_of;
use hosts_access::text::escape::TableText;
use system::settings::REAL_DAEMON_DIR;

use crate::disk::Disk;
use crate::paths::{base_name, check_path};
use crate::remark::{
    FILE_LOOKUP, INETD_INCOMPLETE, INSECURE_SERVICE, PROGRAM_MISSING, PROGRAM_NOT_EXECUTABLE,
    RPC_TCP, Remark, TCPD_INSERTED, TCPD_RECURSION, TCPD_SETUID,
};

use super::conf_line::InetdLine;

/// Whether a daemon's clients pass tcpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapped {
    /// inetd starts tcpd.
    Yes,
    /// inetd starts the daemon itself.
    No,
    /// It cannot be told.
    Maybe,
}

/// A daemon that inetd starts.
#[derive(Clone, Debug)]
pub struct InetdDaemon {
    /// Whether through tcpd.
    pub wrapped: Wrapped,
    /// The daemon's own program.
    pub program: PathBuf,
    /// Its arguments, without the name that it is run with.
    pub arguments: Vec<String>,
    /// Whether the service takes datagrams.
    pub datagrams: bool,
    /// The user that it runs as, with the group if the line gives one.
    pub user: Option<String>,
    /// The line.
    pub line: u64,
}

/// Looks at the programs of a line. Gives its daemon, unless it names none.
pub(super) fn check(
    entry: &InetdLine,
    disk: &Disk,
    report: &mut dyn FnMut(Remark),
) -> Option<InetdDaemon> {
    let Some(name) = &entry.name else {
        report(Remark::new(&INETD_INCOMPLETE, "incomplete line"));
        return None;
    };
    let mode = check_program(&entry.path, None, disk, report);
    let by_tcpd = has_name(&entry.path, b"tcpd");
    check_name(base_name(name), by_tcpd, report);
    let (wrapped, program) = if by_tcpd {
        if mode.is_some_and(|mode| mode & SETUID_SETGID != 0) {
            let text = format!(
                "{}: file is set-uid or set-gid",
                TableText::from(&*entry.path)
            );
            report(Remark::new(&TCPD_SETUID, text));
        }
        let program = check_after_tcpd(entry, name, disk, report);
        if entry.protocol.eq_ignore_ascii_case(b"rpc/tcp") {
            let text = format!(
                "{}: cannot wrap rpc/tcp services",
                TableText(entry.daemon_name())
            );
            report(Remark::new(&RPC_TCP, text));
        }
        (Wrapped::Yes, program)
    } else {
        (direct(entry, name, disk, report), entry.path.clone())
    };
    Some(InetdDaemon {
        wrapped,
        program,
        arguments: entry.arguments.clone(),
        datagrams: entry.datagrams,
        user: entry.user.clone(),
        line: entry.line,
    })
}

const SETUID_SETGID: u32 = 0o6000;
const OWNER_EXECUTE: u32 = 0o100;

/// Looks at a program, which may be named without its folder. Gives its mode.
fn check_program(
    path: &Path,
    name: Option<&[u8]>,
    disk: &Disk,
    report: &mut dyn FnMut(Remark),
) -> Option<u32> {
    match check_path(path, disk, report) {
        Ok(metadata) => {
            let mode = metadata.permissions().mode();
            if mode & OWNER_EXECUTE == 0 {
                let text = format!("{}: not executable", TableText::from(path));
                report(Remark::new(&PROGRAM_NOT_EXECUTABLE, text));
            }
            Some(mode)
        }
        Err(error) => {
            let why = reason(&error);
            let text = match name {
                Some(name) => format!("{}: not found in {REAL_DAEMON_DIR}: {why}", TableText(name)),
                None => format!("{}: not found: {why}", TableText::from(path)),
            };
            report(Remark::new(&PROGRAM_MISSING, text));
            None
        }
    }
}

/// Daemons that are wrong whatever their path.
fn check_name(base: &[u8], by_tcpd: bool, report: &mut dyn FnMut(Remark)) {
    if by_tcpd && base.eq_ignore_ascii_case(b"tcpd") {
        report(Remark::new(
            &TCPD_RECURSION,
            "tcpd is recursively calling itself",
        ));
    }
    if base.eq_ignore_ascii_case(b"rexd") || base.eq_ignore_ascii_case(b"rpc.rexd") {
        let text = format!("{} may be an insecure service", TableText(base));
        report(Remark::new(&INSECURE_SERVICE, text));
    }
}

/// Looks at the daemon that tcpd is to start. Gives its program.
fn check_after_tcpd(
    entry: &InetdLine,
    name: &[u8],
    disk: &Disk,
    report: &mut dyn FnMut(Remark),
) -> PathBuf {
    if !name.starts_with(b"/") {
        let path = Path::new(REAL_DAEMON_DIR).join(path_of(name));
        check_program(&path, Some(name), disk, report);
        return path;
    }
    let path = path_of(name);
    if entry
        .arguments
        .first()
        .is_some_and(|argument| argument.as_bytes().eq_ignore_ascii_case(base_name(name)))
    {
        let text = format!(
            "{} inserted before {}",
            TableText::from(&*entry.path),
            TableText::from(&*path)
        );
        report(Remark::new(&TCPD_INSERTED, text));
    }
    check_program(&path, None, disk, report);
    path
}

/// Whether a daemon that inetd starts itself may be wrapped all the same: its file has been moved
/// away and another one, tcpd perhaps, stands in its place.
fn direct(entry: &InetdLine, name: &[u8], disk: &Disk, report: &mut dyn FnMut(Remark)) -> Wrapped {
    if has_name(&entry.path, b"miscd") {
        return Wrapped::Maybe;
    }
    let usual = path_of(&[REAL_DAEMON_DIR.as_bytes(), b"/", name].concat());
    if usual == entry.path {
        return Wrapped::No;
    }
    match disk.metadata(&usual) {
        Ok(_) => Wrapped::Maybe,
        Err(error) if error.kind() == ErrorKind::NotFound => Wrapped::No,
        Err(error) => {
            let text = format!(
                "{}: file lookup: {}",
                TableText::from(&*usual),
                reason(&error)
            );
            report(Remark::new(&FILE_LOOKUP, text));
            Wrapped::Maybe
        }
    }
}

fn has_name(path: &Path, name: &[u8]) -> bool {
    base_name(path.as_os_str().as_encoded_bytes()).eq_ignore_ascii_case(name)
}
