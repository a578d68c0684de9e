//! Which daemons the tables apply to: those that tcpd stands before, those whose super-server asks
//! libwrap, and those whose own program is linked with it. For all others a rule has no effect.

mod elf;
mod inetd;
mod systemd;
mod xinetd;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use hosts_access::pattern::path_of;
use tools::disk::Disk;
use tools::inetd::{InetdConf, Wrapped, base_name};

use elf::Libraries;

/// What a service's clients meet first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// tcpd.
    Tcpd,
    /// The super-server itself asks libwrap.
    SuperServer,
    /// The daemon.
    Nothing,
}

/// A service, as the files of this machine describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// The daemon's name in the tables.
    pub name: Vec<u8>,
    /// Who starts it: `inetd`, `xinetd`, a unit of systemd.
    pub starter: String,
    /// Its program.
    pub program: PathBuf,
    /// What its clients meet first.
    pub before: Before,
    /// Whether it takes datagrams.
    pub datagrams: bool,
}

/// Whether the tables apply to a daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Honours {
    /// tcpd stands before it.
    Tcpd(Service),
    /// Its super-server asks libwrap.
    SuperServer(Service),
    /// Its program is linked with libwrap.
    Program {
        /// The program.
        program: PathBuf,
        /// Who starts it, if that is known.
        starter: Option<String>,
    },
    /// Nobody asks them.
    Nobody {
        /// The program.
        program: PathBuf,
        /// Who starts it, if that is known.
        starter: Option<String>,
    },
    /// The program is a script or cannot be read.
    Untold {
        /// The program.
        program: PathBuf,
    },
    /// There is no such program.
    Absent,
}

/// The services of a machine.
pub(crate) struct Services<'s> {
    disk: &'s Disk,
    list: Vec<Service>,
    libraries: RefCell<Libraries>,
}

/// Folders in which daemons are looked for by their names.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/libexec"];

/// Folders of programs for everybody. One that has a daemon's name may be something else, as
/// `time`, so it counts only if it is linked with libwrap.
const COMMON_FOLDERS: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/bin"];

/// Daemons whose name in the tables is not that of their program.
const OTHER_PROGRAMS: [(&[u8], &str); 1] = [(b"portmap", "rpcbind")];

/// Beginnings that names of programs have and names in tables may lack.
const BEGINNINGS: [&str; 3] = ["", "rpc.", "in."];

impl<'s> Services<'s> {
    /// Reads the files of the super-servers.
    pub(crate) fn new(disk: &'s Disk, conf: &InetdConf) -> Self {
        let mut libraries = Libraries::default();
        let direct = match inetd::asks_libwrap(disk, &mut libraries) {
            true => Before::SuperServer,
            false => Before::Nothing,
        };
        let mut list: Vec<_> = conf
            .daemons()
            .filter(|(_, daemon)| daemon.wrapped != Wrapped::Maybe)
            .map(|(name, daemon)| Service {
                name: name.to_vec(),
                starter: "inetd".to_owned(),
                program: daemon.program.clone(),
                before: match daemon.wrapped {
                    Wrapped::Yes => Before::Tcpd,
                    Wrapped::No | Wrapped::Maybe => direct,
                },
                datagrams: daemon.datagrams,
            })
            .collect();
        list.extend(xinetd::services(disk, &mut libraries));
        list.extend(systemd::services(disk));
        Self {
            disk,
            list,
            libraries: RefCell::new(libraries),
        }
    }

    /// The services.
    pub(crate) fn list(&self) -> &[Service] {
        &self.list
    }

    fn named<'n>(&'n self, name: &'n [u8]) -> impl Iterator<Item = &'n Service> {
        self.list
            .iter()
            .filter(move |service| service.name.eq_ignore_ascii_case(name))
    }

    /// Whether a daemon takes datagrams and nothing else.
    pub(crate) fn takes_datagrams(&self, name: &[u8]) -> bool {
        let mut named = self.named(name).peekable();
        named.peek().is_some() && named.all(|service| service.datagrams)
    }

    /// Whether the tables apply to the daemon of this name.
    pub(crate) fn honours(&self, name: &[u8]) -> Honours {
        for service in self.named(name) {
            match service.before {
                Before::Tcpd => return Honours::Tcpd(service.clone()),
                Before::SuperServer => return Honours::SuperServer(service.clone()),
                Before::Nothing => {}
            }
        }
        let started = self
            .named(name)
            .map(|service| (service.program.clone(), Some(service.starter.clone())));
        let found = find(name, &FOLDERS, self.disk).map(|program| (program, None));
        let mut verdict = Honours::Absent;
        for (program, starter) in started.chain(found) {
            match self
                .libraries
                .borrow_mut()
                .links_libwrap(&program, self.disk)
            {
                Some(true) => return Honours::Program { program, starter },
                Some(false) if verdict == Honours::Absent => {
                    verdict = Honours::Nobody { program, starter };
                }
                None if verdict == Honours::Absent && self.disk.metadata(&program).is_ok() => {
                    verdict = Honours::Untold { program };
                }
                _ => {}
            }
        }
        let common = find(name, &COMMON_FOLDERS, self.disk).filter(|program| {
            let mut libraries = self.libraries.borrow_mut();
            libraries.links_libwrap(program, self.disk) == Some(true)
        });
        match common {
            Some(program) => Honours::Program {
                program,
                starter: None,
            },
            None => verdict,
        }
    }

    /// Names of daemons, for suggestions.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.list
            .iter()
            .filter_map(|service| std::str::from_utf8(&service.name).ok())
    }
}

/// The program in these folders that a daemon's name in the tables most likely stands for.
fn find(name: &[u8], folders: &[&str], disk: &Disk) -> Option<PathBuf> {
    let other = OTHER_PROGRAMS
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known));
    if name.is_empty() || name.contains(&b'/') {
        return None;
    }
    let names = BEGINNINGS
        .iter()
        .map(|begin| [begin.as_bytes(), name].concat())
        .chain(other.map(|(_, program)| program.as_bytes().to_vec()));
    for name in names {
        for folder in folders {
            let path = Path::new(folder).join(path_of(&name));
            if disk
                .metadata(&path)
                .is_ok_and(|metadata| metadata.is_file())
            {
                return Some(path);
            }
        }
    }
    None
}

/// What a super-server starts: the daemon that stands behind tcpd, or the program itself.
fn behind(program: &Path, arguments: &[&[u8]]) -> (Before, Vec<u8>, PathBuf) {
    let path = program.as_os_str().as_encoded_bytes();
    let plain = |name: &[u8]| match name {
        [b'/', ..] => base_name(name).to_vec(),
        _ => name.to_vec(),
    };
    match arguments.first() {
        Some(daemon) if base_name(path) == b"tcpd" => {
            let program = match daemon {
                [b'/', ..] => path_of(daemon),
                _ => Path::new(hosts_access::settings::REAL_DAEMON_DIR).join(path_of(daemon)),
            };
            (Before::Tcpd, plain(daemon), program)
        }
        _ => (
            Before::Nothing,
            base_name(path).to_vec(),
            program.to_owned(),
        ),
    }
}

/// The names of a folder's entries, in order. Those of a folder that cannot be read are none.
fn entries(folder: &Path, disk: &Disk) -> Vec<String> {
    let names = disk.entries(folder).unwrap_or_default().into_iter();
    names.filter_map(|name| name.into_string().ok()).collect()
}
