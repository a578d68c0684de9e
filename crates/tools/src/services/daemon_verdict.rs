//! Whether the tables apply to a daemon, why, and where that is written.

use std::fmt::Write as _;
use std::path::PathBuf;

use hosts_access::text::escape::TableText;

use crate::daemons::DaemonNames;

use super::daemon_settings::SettingState;
use super::locate::FileLine;
use super::service::{Gatekeeper, Service};

/// Daemons whose names are configured where it is read here: see [`DaemonNames::Configured`].
const READ_KINDS: [&str; 5] = ["inetd", "sslh", "stunnel", "tcpd", "xinetd"];

/// Whether the tables apply; of several verdicts on a name the highest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applies {
    /// There is no such daemon.
    #[default]
    Absent,
    /// They do not.
    No,
    /// It cannot be told for certain.
    Unknown,
    /// They do.
    Yes,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// tcpd, which stands before the daemon.
    Tcpd,
    /// The super-server.
    Starter,
    /// The program, which is linked with libwrap.
    Libwrap,
    /// A helper of the program.
    Helper(PathBuf),
    /// A module of the program.
    Module(PathBuf),
}

/// A verdict on the name of a daemon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaemonVerdict {
    /// Whether the tables apply.
    pub applies: Applies,
    /// Who asks, or would.
    pub by: Option<Asker>,
    /// The daemon's program.
    pub program: Option<PathBuf>,
    /// Who starts it, if that is known.
    pub starter: Option<String>,
    /// Where that is written.
    pub place: Option<FileLine>,
    /// What must be set for it, and how that stands.
    pub switch: Option<SettingState>,
    /// The names under which it asks, if not under this one.
    pub asks_as: Vec<String>,
    /// Whether it asks under names of its configuration, and not under its own.
    pub configured: bool,
    /// Whether it runs in the kernel.
    pub in_kernel: bool,
    /// Why tcpd may stand before it, although nothing that was read says so.
    pub doubt: Option<String>,
    /// The service, if one starts it without tcpd.
    pub service: Option<Box<Service>>,
}

impl DaemonVerdict {
    pub(super) fn new(applies: Applies, by: Option<Asker>, program: PathBuf) -> Self {
        Self {
            applies,
            by,
            program: Some(program),
            ..Self::default()
        }
    }

    pub(super) fn kernel() -> Self {
        Self {
            applies: Applies::No,
            in_kernel: true,
            ..Self::default()
        }
    }

    /// The verdict that the files of a super-server or a configuration give.
    pub(super) fn of_service(service: &Service) -> Option<Self> {
        let by = match service.gatekeeper {
            Gatekeeper::Tcpd => Asker::Tcpd,
            Gatekeeper::SuperServer => Asker::Starter,
            Gatekeeper::Itself => Asker::Libwrap,
            Gatekeeper::Nothing | Gatekeeper::UnnamedTcpd => return None,
        };
        let mut verdict = Self::new(Applies::Yes, Some(by), service.program.clone());
        verdict.start(Some(service));
        if let Some(state) = &service.switch {
            verdict.turn(state.clone());
        }
        Some(verdict)
    }

    /// Notes who starts it.
    pub(super) fn start(&mut self, starter: Option<&Service>) {
        if let Some(service) = starter {
            self.starter = Some(service.starter.clone());
            self.place.clone_from(&service.place);
            self.service =
                (service.gatekeeper == Gatekeeper::Nothing).then(|| Box::new(service.clone()));
        }
    }

    /// Notes what must be set for it.
    pub(super) fn turn(&mut self, state: SettingState) {
        if self.applies == Applies::Yes {
            self.applies = match state.on {
                Some(true) => Applies::Yes,
                Some(false) => Applies::No,
                None => Applies::Unknown,
            };
        }
        self.switch = Some(state);
    }

    /// Notes why it is not certain that the tables do not apply, if something is.
    pub(super) fn doubt(&mut self, doubt: Option<String>) {
        if doubt.is_some() {
            self.applies = Applies::Unknown;
            self.doubt = doubt;
        }
    }

    /// A program that asks, seen under its own name: it may ask under another one.
    pub(super) fn rename(&mut self, names: DaemonNames, own: &[u8]) {
        match names {
            DaemonNames::Fixed(name) if own.eq_ignore_ascii_case(name.as_bytes()) => {}
            DaemonNames::Fixed(name) => {
                self.applies = Applies::No;
                self.asks_as = vec![name.to_owned()];
            }
            // Its own name may be among those, unless they are read here.
            DaemonNames::Configured(kind) => {
                self.configured = true;
                self.applies = if READ_KINDS.contains(&kind) {
                    Applies::No
                } else {
                    Applies::Unknown
                };
            }
        }
    }

    /// Why the tables do not apply, or why that cannot be told: `PROGRAM ... .`
    pub fn reason(&self) -> String {
        if self.in_kernel {
            return "runs in the kernel, which does not read the tables".to_owned();
        }
        let mut text = match &self.program {
            Some(program) => TableText::from(&**program).to_string(),
            None => return "there is no such daemon here".to_owned(),
        };
        if let Some(doubt) = &self.doubt {
            let _ = write!(text, " does not ask, but tcpd may stand before it: {doubt}");
            return text;
        }
        if let Some(starter) = &self.starter {
            let _ = write!(text, ", started by {starter},");
        }
        if !self.asks_as.is_empty() {
            let _ = write!(text, " asks as {}", self.asks_as.join(", "));
        } else if self.configured {
            text.push_str(" asks under the names in its configuration");
        } else if let Some(state) = &self.switch {
            let _ = write!(text, " reads the tables only with {}", state.wanted);
            match &state.place {
                Some(FileLine { file, line: 0 }) => {
                    let _ = write!(text, ", which {} lacks", TableText::from(&**file));
                }
                Some(FileLine { file, line }) => {
                    let file = TableText::from(&**file);
                    let _ = write!(text, ", which {file} line {line} does not set");
                }
                None => text.push_str(", and where that would be set is not known"),
            }
        } else if self.applies == Applies::Unknown {
            text.push_str(match self.by {
                Some(Asker::Module(_)) => " reads them if it loads a module that does",
                _ => " may use libwrap, or a module that does",
            });
        } else {
            text.push_str(" is not behind tcpd and does not use libwrap");
        }
        text
    }
}
