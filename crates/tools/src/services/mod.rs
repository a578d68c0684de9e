//! Which daemons the tables apply to: those that tcpd stands before, those whose super-server asks
//! libwrap, and those whose own program, helper or module does. For all others a rule has no effect.
//!
//! Reads the files of the super-servers, the configuration of daemons that ask only if they are told to, and the
//! ELF headers of programs; what those do not say is known of some daemons ([`crate::daemons`]). Nothing is run, and
//! what cannot be read is not known.

mod elf;
mod files;
mod inetd;
mod remedy;
mod sections;
mod settings;
mod systemd;
mod verdict;
mod xinetd;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hosts_access::text::bytes::path_of;
use hosts_access::text::escape::Written;

use crate::daemons::{self, Asks, Daemon, HELPER_FOLDERS, Names, Switch};
use crate::disk::Disk;
use crate::inetd::{InetdConf, Wrapped, base_name};

use elf::Libraries;
use files::{COMMON_FOLDERS, FOLDERS, find, has_word, is_script, matching};
pub use settings::State;
pub use verdict::{Applies, By, Verdict};

/// A line of a file that says something; line 0 stands for the whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: u64,
}

impl Spot {
    fn new(file: impl Into<PathBuf>, line: u64) -> Self {
        Self {
            file: file.into(),
            line,
        }
    }
}

/// What a service's clients meet first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
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
    pub before: Before,
    /// Whether it takes datagrams.
    pub datagrams: bool,
    /// Where it is written how it is started.
    pub spot: Option<Spot>,
    /// What makes it ask, if something must.
    pub switch: Option<State>,
    /// The user as whom it is started, as the file has it, if the file says so and gives it no right of root.
    pub user: Option<String>,
}

/// The services of a machine.
pub struct Services<'s> {
    disk: &'s Disk,
    list: Vec<Service>,
    /// A file or folder of a super-server that could not be read.
    hidden: Option<PathBuf>,
    libraries: RefCell<Libraries>,
    known: RefCell<BTreeMap<Vec<u8>, Verdict>>,
}

/// Daemons whose configuration gives names in ways that are not read here, and its files.
const OPEN_KINDS: [(&str, &[&str]); 4] = [
    ("bacula", &["/etc/bacula/*.conf"]),
    ("cyrus", &["/etc/cyrus.conf"]),
    ("rlinetd", &["/etc/rlinetd.conf", "/etc/rlinetd.d/*"]),
    ("uwsgi", &["/etc/uwsgi/apps-enabled/*"]),
];

/// Names of daemons of former times, and the program that stands in their place under its own name.
const FORMER: [(&str, &str); 1] = [("portmap", "rpcbind")];

impl<'s> Services<'s> {
    /// Reads the files of the super-servers.
    pub fn new(disk: &'s Disk, conf: &InetdConf) -> Self {
        let mut libraries = Libraries::default();
        let direct = match inetd::asks_libwrap(disk, &mut libraries) {
            true => Before::SuperServer,
            false => Before::Nothing,
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
                before: match daemon.wrapped {
                    Wrapped::Yes => Before::Tcpd,
                    Wrapped::No | Wrapped::Maybe => direct,
                },
                datagrams: daemon.datagrams,
                spot: Some(Spot::new(&path, daemon.line)),
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

    fn named<'n>(&'n self, name: &'n [u8]) -> impl Iterator<Item = &'n Service> {
        self.list.iter().filter(move |service| {
            service.before != Before::UnnamedTcpd && service.name.eq_ignore_ascii_case(name)
        })
    }

    /// Whether a daemon takes datagrams and nothing else.
    pub fn takes_datagrams(&self, name: &[u8]) -> bool {
        let mut named = self.named(name).peekable();
        named.peek().is_some() && named.all(|service| service.datagrams)
    }

    /// Whether the tables apply to the daemon of this name.
    pub fn verdict(&self, name: &[u8]) -> Verdict {
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
    fn find_out(&self, name: &[u8]) -> Verdict {
        let mut verdicts: Vec<_> = self
            .named(name)
            .filter_map(Verdict::of_service)
            .chain(daemons::named(name).filter_map(|daemon| self.of_row(daemon)))
            .collect();
        if verdicts.is_empty() {
            verdicts.extend(self.of_programs(name));
        }
        let asks = |verdict: &Verdict| verdict.applies == Applies::Yes;
        if !verdicts.iter().any(asks) {
            // It asks, though under another name than its own.
            verdicts.splice(0..0, self.other_name(name));
        }
        let best = verdicts.into_iter().reduce(|best, next| {
            if next.applies.rank() > best.applies.rank() {
                next
            } else {
                best
            }
        });
        let mut best = best
            .or_else(|| self.configured(name))
            .unwrap_or_else(Verdict::absent);
        if best.applies == Applies::No && !best.in_kernel {
            best.doubt(self.doubt(name));
        }
        best
    }

    /// Why tcpd may stand before a daemon all the same.
    fn doubt(&self, name: &[u8]) -> Option<String> {
        if let Some(path) = &self.hidden {
            return Some(format!("{} cannot be read", Written::from(&**path)));
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
            service.before == Before::Nothing && (command() || script())
        };
        let service = self.list.iter().find(runs_tcpd)?;
        Some(format!(
            "{} runs tcpd by way of another program",
            service.starter
        ))
    }

    /// A daemon that is installed, and whose configuration has this word: it may ask under it.
    fn configured(&self, name: &[u8]) -> Option<Verdict> {
        let (daemon, file) = daemons::all().find_map(|daemon| {
            let Names::Configured(kind) = daemon.names else {
                return None;
            };
            let (_, patterns) = OPEN_KINDS.iter().find(|(known, _)| *known == kind)?;
            let program = Path::new(daemon.program?);
            let files = patterns.iter().filter(|_| self.exists(program));
            let mut files = files.flat_map(|pattern| matching(pattern, self.disk));
            let file = files.find(|file| has_word(file, name, self.disk))?;
            Some((program, file))
        })?;
        let mut verdict = Verdict::new(Applies::Unknown, Some(By::Libwrap), daemon.to_owned());
        verdict.configured = true;
        verdict.spot = Some(Spot::new(file, 0));
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
        self.list
            .iter()
            .filter(move |service| service.before == Before::Nothing && service.program == program)
    }

    /// What the table of daemons says of one that is installed.
    fn of_row(&self, daemon: &Daemon) -> Option<Verdict> {
        let base = daemon.base()?;
        let usual = path_of(daemon.program?.as_bytes());
        if daemon.asks == Asks::Kernel {
            return self.exists(&usual).then(Verdict::kernel);
        }
        let mut candidates: Vec<PathBuf> = self
            .list
            .iter()
            .map(|service| service.program.clone())
            .filter(|program| base_name(program.as_os_str().as_encoded_bytes()) == base.as_bytes())
            .chain([usual])
            .chain(find(base.as_bytes(), &FOLDERS, self.disk))
            .collect();
        candidates.retain(|path| self.exists(path));
        // A script of the same name may start it.
        let linked = candidates
            .iter()
            .find(|path| self.links(path) == Some(true));
        let program = linked.or(candidates.first())?.clone();
        // Of several units the one of the same name: others may be links to it.
        let starter = self
            .starters(&program)
            .max_by_key(|service| service.starter.contains(base));
        let mut verdict = match self.links(&program) {
            Some(true) => Verdict::new(Applies::Yes, Some(By::Libwrap), program.clone()),
            Some(false) => self.beside(daemon, &program),
            None => Verdict::new(Applies::Unknown, None, program.clone()),
        };
        verdict.start(starter);
        match &daemon.switch {
            // One that cannot ask at all asks with no setting either.
            _ if verdict.applies == Applies::No => {}
            Switch::Always => {}
            Switch::Flag(_) => return None,
            Switch::Setting(setting) => {
                let arguments = starter.map_or(&[][..], |service| &service.arguments);
                verdict.turn(settings::state(setting, arguments, self.disk));
            }
        }
        Some(verdict)
    }

    /// A daemon that is not linked itself: its helper or its module may be.
    fn beside(&self, daemon: &Daemon, program: &Path) -> Verdict {
        let nobody = Verdict::new(Applies::No, None, program.to_owned());
        match daemon.asks {
            Asks::Helper(helper) => {
                let mut helpers = HELPER_FOLDERS
                    .iter()
                    .map(|folder| Path::new(folder).join(helper))
                    .filter(|path| self.exists(path))
                    .peekable();
                let mut verdict = nobody;
                if helpers.peek().is_none() && has_word(program, helper.as_bytes(), self.disk) {
                    // It has one, somewhere else.
                    verdict.applies = Applies::Unknown;
                }
                for helper in helpers {
                    match self.links(&helper) {
                        Some(false) => {}
                        links => {
                            verdict.applies = match links {
                                Some(true) => Applies::Yes,
                                _ => Applies::Unknown,
                            };
                            verdict.by = Some(By::Helper(helper));
                            break;
                        }
                    }
                }
                verdict
            }
            Asks::Module(pattern) => {
                let modules = matching(pattern, self.disk);
                let linked = modules
                    .into_iter()
                    .find(|module| self.links(module) == Some(true));
                match linked {
                    Some(module) => {
                        Verdict::new(Applies::Yes, Some(By::Module(module)), program.to_owned())
                    }
                    // It may lie elsewhere.
                    None => Verdict::new(Applies::Unknown, None, program.to_owned()),
                }
            }
            Asks::Itself | Asks::Kernel => nobody,
        }
    }

    /// What the programs say that the name may stand for.
    fn of_programs(&self, name: &[u8]) -> Vec<Verdict> {
        let started = self
            .named(name)
            .filter(|service| service.before == Before::Nothing && self.exists(&service.program));
        let mut verdicts: Vec<_> = started
            .map(|service| self.of_program(name, &service.program, Some(service)))
            .collect();
        if let Some(program) = find(name, &FOLDERS, self.disk) {
            verdicts.push(self.of_program(name, &program, None));
        }
        let common = find(name, &COMMON_FOLDERS, self.disk);
        if let Some(program) = common.filter(|program| self.links(program) == Some(true)) {
            verdicts.push(self.of_program(name, &program, None));
        }
        verdicts
    }

    fn of_program(&self, name: &[u8], program: &Path, starter: Option<&Service>) -> Verdict {
        let mut verdict = match self.links(program) {
            Some(true) => Verdict::new(Applies::Yes, Some(By::Libwrap), program.to_owned()),
            Some(false) => self.with_modules(program),
            None => Verdict::new(Applies::Unknown, None, program.to_owned()),
        };
        let base = base_name(program.as_os_str().as_encoded_bytes());
        let row = daemons::all().find(|daemon| {
            (daemon.was_watched() || daemon.name().is_none())
                && daemon.base().is_some_and(|known| known.as_bytes() == base)
        });
        if verdict.applies == Applies::Yes
            && let Some(row) = row
            && base.eq_ignore_ascii_case(name)
        {
            verdict.rename(row.names, name);
        }
        verdict.start(starter);
        verdict
    }

    /// A program that loads modules may load one that asks.
    fn with_modules(&self, program: &Path) -> Verdict {
        let nobody = Verdict::new(Applies::No, None, program.to_owned());
        if !self
            .libraries
            .borrow_mut()
            .loads_modules(program, self.disk)
        {
            return nobody;
        }
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let patterns = ["/usr/lib", "/usr/lib/*"]
            .iter()
            .flat_map(|folder| ["*.so", "*/*.so"].map(|end| format!("{folder}/{name}/{end}")));
        let mut modules = patterns
            .flat_map(|pattern| matching(&pattern, self.disk))
            .peekable();
        let known = modules.peek().is_some();
        match modules.find(|module| self.links(module) == Some(true)) {
            Some(module) => Verdict::new(
                Applies::Unknown,
                Some(By::Module(module)),
                program.to_owned(),
            ),
            None if known => nobody,
            None => Verdict::new(Applies::Unknown, None, program.to_owned()),
        }
    }

    /// Under which names a daemon asks that has this one, but does not ask under it.
    fn other_name(&self, name: &[u8]) -> Option<Verdict> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let asked = self.list.iter().filter(|service| {
            let base = base_name(service.program.as_os_str().as_encoded_bytes());
            matches!(service.before, Before::SuperServer | Before::Itself)
                && base.eq_ignore_ascii_case(name)
                && !service.name.eq_ignore_ascii_case(name)
        });
        let asked: Vec<_> = asked.collect();
        if let Some(first) = asked.first() {
            let mut verdict = Verdict::of_service(first)?;
            verdict.applies = Applies::No;
            verdict.asks_as = asked
                .iter()
                .map(|service| String::from_utf8_lossy(&service.name).into_owned())
                .collect();
            return Some(verdict);
        }
        let row = daemons::all().find(|daemon| {
            let helper = match daemon.asks {
                Asks::Helper(helper) => is(helper),
                _ => false,
            };
            let known = match daemon.names {
                Names::Fixed(known) => !is(known),
                Names::Configured(_) => false,
            };
            let former = FORMER
                .iter()
                .any(|(former, now)| is(former) && daemon.name() == Some(now));
            known && (helper || former || daemon.base().is_some_and(is))
        })?;
        let mut verdict = self.of_row(row)?;
        if verdict.applies == Applies::Yes {
            verdict.applies = Applies::No;
            verdict.asks_as = row.name().map(str::to_owned).into_iter().collect();
        }
        Some(verdict)
    }

    /// Names of daemons, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list
            .iter()
            .filter_map(|service| std::str::from_utf8(&service.name).ok())
    }
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
                _ => Path::new(system::settings::REAL_DAEMON_DIR).join(path_of(daemon)),
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
