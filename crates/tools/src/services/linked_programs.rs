//! Whether a daemon asks by itself, by a helper or by a module: from the table of daemons and from what programs are
//! linked with.

use std::path::{Path, PathBuf};

use hosts_access::text::bytes::path_of;

use crate::daemons::{self, Asks, DaemonNames, HELPER_FOLDERS, KnownDaemon, Switch};
use crate::paths::base_name;

use super::Services;
use super::daemon_settings;
use super::daemon_verdict::{Applies, Asker, DaemonVerdict};
use super::locate::{COMMON_FOLDERS, FOLDERS, find, has_word, matching};
use super::service::{Gatekeeper, Service};

/// Names of daemons of former times, and the program that stands in their place under its own name.
const FORMER: [(&str, &str); 1] = [("portmap", "rpcbind")];

impl Services<'_> {
    /// What the table of daemons says of one that is installed.
    pub(super) fn of_row(&self, daemon: &KnownDaemon) -> Option<DaemonVerdict> {
        let base = daemon.base()?;
        let usual = path_of(daemon.program?.as_bytes());
        if daemon.asks == Asks::Kernel {
            return self.exists(&usual).then(DaemonVerdict::kernel);
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
            Some(true) => DaemonVerdict::new(Applies::Yes, Some(Asker::Libwrap), program.clone()),
            Some(false) => self.beside(daemon, &program),
            None => DaemonVerdict::new(Applies::Unknown, None, program.clone()),
        };
        verdict.start(starter);
        match &daemon.switch {
            // One that cannot ask at all asks with no setting either.
            _ if verdict.applies == Applies::No => {}
            Switch::Always => {}
            Switch::Flag(_) => return None,
            Switch::Setting(setting) => {
                let arguments = starter.map_or(&[][..], |service| &service.arguments);
                verdict.turn(daemon_settings::state(setting, arguments, self.disk));
            }
        }
        Some(verdict)
    }

    /// A daemon that is not linked itself: its helper or its module may be.
    fn beside(&self, daemon: &KnownDaemon, program: &Path) -> DaemonVerdict {
        let nobody = DaemonVerdict::new(Applies::No, None, program.to_owned());
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
                            verdict.by = Some(Asker::Helper(helper));
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
                    Some(module) => DaemonVerdict::new(
                        Applies::Yes,
                        Some(Asker::Module(module)),
                        program.to_owned(),
                    ),
                    // It may lie elsewhere.
                    None => DaemonVerdict::new(Applies::Unknown, None, program.to_owned()),
                }
            }
            Asks::Itself | Asks::Kernel => nobody,
        }
    }

    /// What the programs say that the name may stand for.
    pub(super) fn of_programs(&self, name: &[u8]) -> Vec<DaemonVerdict> {
        let started = self.named(name).filter(|service| {
            service.gatekeeper == Gatekeeper::Nothing && self.exists(&service.program)
        });
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

    fn of_program(&self, name: &[u8], program: &Path, starter: Option<&Service>) -> DaemonVerdict {
        let mut verdict = match self.links(program) {
            Some(true) => {
                DaemonVerdict::new(Applies::Yes, Some(Asker::Libwrap), program.to_owned())
            }
            Some(false) => self.with_modules(program),
            None => DaemonVerdict::new(Applies::Unknown, None, program.to_owned()),
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
    fn with_modules(&self, program: &Path) -> DaemonVerdict {
        let nobody = DaemonVerdict::new(Applies::No, None, program.to_owned());
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
            Some(module) => DaemonVerdict::new(
                Applies::Unknown,
                Some(Asker::Module(module)),
                program.to_owned(),
            ),
            None if known => nobody,
            None => DaemonVerdict::new(Applies::Unknown, None, program.to_owned()),
        }
    }

    /// Under which names a daemon asks that has this one, but does not ask under it.
    pub(super) fn other_name(&self, name: &[u8]) -> Option<DaemonVerdict> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let asked = self.list.iter().filter(|service| {
            let base = base_name(service.program.as_os_str().as_encoded_bytes());
            matches!(
                service.gatekeeper,
                Gatekeeper::SuperServer | Gatekeeper::Itself
            ) && base.eq_ignore_ascii_case(name)
                && !service.name.eq_ignore_ascii_case(name)
        });
        let asked: Vec<_> = asked.collect();
        if let Some(first) = asked.first() {
            let mut verdict = DaemonVerdict::of_service(first)?;
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
                DaemonNames::Fixed(known) => !is(known),
                DaemonNames::Configured(_) => false,
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
}
