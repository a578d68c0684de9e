//! A service of this machine, and what its clients meet first.

use std::path::{Path, PathBuf};

use hosts_access::text::bytes::path_of;
use system::settings::REAL_DAEMON_DIR;

use crate::paths::base_name;

use super::daemon_settings::SettingState;
use super::locate::FileLine;

/// What a service's clients meet first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gatekeeper {
    /// tcpd.
    Tcpd,
    /// tcpd, which is not told before which daemon it stands.
    UnnamedTcpd,
    /// The super-server itself asks libwrap.
    SuperServer,
    /// The daemon, which asks under this name.
    Itself,
    /// The daemon.
    Nothing,
}

/// A service, as the files of this machine describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The daemon's name in the tables.
    pub name: Vec<u8>,
    /// Who starts it: `inetd`, `xinetd`, a unit of systemd.
    pub starter: String,
    /// Its program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What its clients meet first.
    pub gatekeeper: Gatekeeper,
    /// Whether it takes datagrams.
    pub datagrams: bool,
    /// Where it is written how it is started.
    pub place: Option<FileLine>,
    /// What makes it ask, if something must.
    pub switch: Option<SettingState>,
    /// The user as whom it is started, as the file has it, if the file says so and gives it no right of root.
    pub user: Option<String>,
}

/// What a super-server starts: the daemon after tcpd, or the program itself.
pub(super) fn started(program: &Path, arguments: &[&[u8]]) -> (Gatekeeper, Vec<u8>, PathBuf) {
    let path = program.as_os_str().as_encoded_bytes();
    let plain = |name: &[u8]| match name {
        [b'/', ..] => base_name(name).to_vec(),
        _ => name.to_vec(),
    };
    match arguments.first() {
        Some(daemon) if base_name(path) == b"tcpd" => {
            let program = match daemon {
                [b'/', ..] => path_of(daemon),
                _ => Path::new(REAL_DAEMON_DIR).join(path_of(daemon)),
            };
            (Gatekeeper::Tcpd, plain(daemon), program)
        }
        _ => (
            Gatekeeper::Nothing,
            base_name(path).to_vec(),
            program.to_owned(),
        ),
    }
}
