//! Which daemons the tables apply to: those that tcpd stands before, those whose super-server asks
//! libwrap, and those whose own program, helper or module does. For all others a rule has no effect.
//!
//! Reads the files of the super-servers, the configuration of daemons that ask only if they are told to, and the
//! ELF headers of programs; what those do not say is known of some daemons ([`crate::daemons`]). Nothing is run, and
//! what cannot be read is not known.

mod daemon_settings;
mod daemon_verdict;
mod elf;
mod linked_programs;
mod locate;
mod openbsd_inetd;
mod remedy;
mod sections;
mod service;
mod systemd;
mod xinetd;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hosts_access::text::escape::TableText;

use crate::daemons::{self, DaemonNames};
use crate::disk::Disk;
use crate::inetd::{InetdConf, Wrapped};
use crate::paths::base_name;

pub use daemon_settings::SettingState;
pub use daemon_verdict::{Applies, Asker, DaemonVerdict};
use elf::Libraries;
pub use locate::FileLine;
use locate::{has_word, is_script, matching};
pub use service::{Gatekeeper, Service};

/// The services of a machine.
pub struct Services<'s> {
    disk: &'s Disk,
    list: Vec<Service>,
    /// A file or folder of a super-server that could not be read.
    hidden: Option<PathBuf>,
    libraries: RefCell<Libraries>,
    known: RefCell<BTreeMap<Vec<u8>, DaemonVerdict>>,
}

/// Daemons whose configuration gives names in ways that are not read here, and its files.
const OPEN_KINDS: [(&str, &[&str]); 4] = [
    ("bacula", &["/etc/bacula/*.conf"]),
    ("cyrus", &["/etc/cyrus.conf"]),
    ("rlinetd", &["/etc/rlinetd.conf", "/etc/rlinetd.d/*"]),
    ("uwsgi", &["/etc/uwsgi/apps-enabled/*"]),
];

impl<'s> Services<'s> {
    /// Reads the files of the super-servers.
    pub fn new(disk: &'s Disk, conf: &InetdConf) -> Self {
        let mut libraries = Libraries::default();
        let direct = if openbsd_inetd::asks_libwrap(disk, &mut libraries) {
            Gatekeeper::SuperServer
        } else {
            Gatekeeper::Nothing
        };
        let path = conf.path.clone().unwrap_or_default();
        let mut list: Vec<_> = conf
            .daemons()
            .filter(|(_, daemon)| daemon.wrapped != Wrapped::Maybe)
            .map(|(name, daemon)| Service {
                name: name.to_vec(),
                starter: "inetd".to_owned(),
                program: daemon.program.clone(),
                arguments: daemon.arguments.clone(),
                gatekeeper: match daemon.wrapped {
                    Wrapped::Yes => Gatekeeper::Tcpd,
                    Wrapped::No | Wrapped::Maybe => direct,
                },
                datagrams: daemon.datagrams,
                place: Some(FileLine::new(&path, daemon.line)),
                switch: None,
                user: daemon.user.clone(),
            })
            .collect();
        let (of_xinetd, hidden) = xinetd::services(disk, &mut libraries);
        let (of_systemd, hidden_unit) = systemd::services(disk);
        list.extend(of_xinetd);
        list.extend(of_systemd);
        list.extend(sections::stunnel(disk, &mut libraries));
        list.extend(sections::sslh(disk, &mut libraries));
        Self {
            disk,
            list,
            hidden: hidden.or(hidden_unit),
            libraries: RefCell::new(libraries),
            known: RefCell::default(),
        }
    }

    /// The services.
    pub fn list(&self) -> &[Service] {
        &self.list
    }

    /// The services that may have to do with the tables: most units of systemd start programs that have nothing to do
    /// with the network.
    pub fn concerned(&self) -> impl Iterator<Item = &Service> {
        self.list.iter().filter(|service| {
            !service.starter.starts_with("systemd")
                || service.gatekeeper != Gatekeeper::Nothing
                || self.verdict(&service.name).applies == Applies::Yes
        })
    }

    fn named<'n>(&'n self, name: &'n [u8]) -> impl Iterator<Item = &'n Service> {
        self.list.iter().filter(move |service| {
            service.gatekeeper != Gatekeeper::UnnamedTcpd && service.name.eq_ignore_ascii_case(name)
        })
    }

    /// Whether a daemon takes datagrams and nothing else.
    pub fn takes_datagrams(&self, name: &[u8]) -> bool {
        let mut named = self.named(name).peekable();
        named.peek().is_some() && named.all(|service| service.datagrams)
    }

    /// Whether the tables apply to the daemon of this name.
    pub fn verdict(&self, name: &[u8]) -> DaemonVerdict {
        let key = name.to_ascii_lowercase();
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let verdict = self.find_out(name);
        self.known.borrow_mut().insert(key, verdict.clone());
        verdict
    }

    /// The verdicts of all that may be meant, the best one first: whoever asks counts, and what is certain
    /// counts before what is not.
    fn find_out(&self, name: &[u8]) -> DaemonVerdict {
        let mut verdicts: Vec<_> = self
            .named(name)
            .filter_map(DaemonVerdict::of_service)
            .chain(daemons::named(name).filter_map(|daemon| self.of_row(daemon)))
            .collect();
        if verdicts.is_empty() {
            verdicts.extend(self.of_programs(name));
        }
        let asks = |verdict: &DaemonVerdict| verdict.applies == Applies::Yes;
        if !verdicts.iter().any(asks) {
            // It asks, though under another name than its own.
            verdicts.splice(0..0, self.other_name(name));
        }
        let best = verdicts.into_iter().reduce(|best, next| {
            if next.applies > best.applies {
                next
            } else {
                best
            }
        });
        let mut best = best.or_else(|| self.configured(name)).unwrap_or_default();
        if best.applies == Applies::No && !best.in_kernel {
            best.doubt(self.doubt(name));
        }
        best
    }

    /// Why tcpd may stand before a daemon all the same.
    fn doubt(&self, name: &[u8]) -> Option<String> {
        if let Some(path) = &self.hidden {
            return Some(format!("{} cannot be read", TableText::from(&**path)));
        }
        // By way of a shell, or of a program that sets something up.
        let runs_tcpd = |service: &&Service| {
            let words = || {
                let words = service
                    .arguments
                    .iter()
                    .flat_map(|word| word.split_whitespace());
                words.map(|word| base_name(word.trim_matches(['"', '\'', ';']).as_bytes()))
            };
            let command = || {
                words().any(|word| word == b"tcpd")
                    && words().any(|word| word.eq_ignore_ascii_case(name))
            };
            let script = || {
                is_script(&service.program, self.disk)
                    && has_word(&service.program, b"tcpd", self.disk)
                    && has_word(&service.program, name, self.disk)
            };
            service.gatekeeper == Gatekeeper::Nothing && (command() || script())
        };
        let service = self.list.iter().find(runs_tcpd)?;
        Some(format!(
            "{} runs tcpd by way of another program",
            service.starter
        ))
    }

    /// A daemon that is installed, and whose configuration has this word: it may ask under it.
    fn configured(&self, name: &[u8]) -> Option<DaemonVerdict> {
        let (daemon, file) = daemons::all().find_map(|daemon| {
            let DaemonNames::Configured(kind) = daemon.names else {
                return None;
            };
            let (_, patterns) = OPEN_KINDS.iter().find(|(known, _)| *known == kind)?;
            let program = Path::new(daemon.program?);
            let files = patterns.iter().filter(|_| self.exists(program));
            let mut files = files.flat_map(|pattern| matching(pattern, self.disk));
            let file = files.find(|file| has_word(file, name, self.disk))?;
            Some((program, file))
        })?;
        let mut verdict =
            DaemonVerdict::new(Applies::Unknown, Some(Asker::Libwrap), daemon.to_owned());
        verdict.configured = true;
        verdict.place = Some(FileLine::new(file, 0));
        Some(verdict)
    }

    fn links(&self, program: &Path) -> Option<bool> {
        self.libraries
            .borrow_mut()
            .links_libwrap(program, self.disk)
    }

    fn exists(&self, path: &Path) -> bool {
        self.disk
            .metadata(path)
            .is_ok_and(|metadata| metadata.is_file())
    }

    /// The services that start a program.
    fn starters<'n>(&'n self, program: &'n Path) -> impl Iterator<Item = &'n Service> {
        self.list.iter().filter(move |service| {
            service.gatekeeper == Gatekeeper::Nothing && service.program == program
        })
    }

    /// Names of daemons, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list
            .iter()
            .filter_map(|service| std::str::from_utf8(&service.name).ok())
    }
}
