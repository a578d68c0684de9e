//! A machine with made-up host names, and what programs of Debian's and ours do on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::{Program, Run, Scratch, is_root, run, skip};

/// A machine whose only host names are those of a hosts file.
pub struct Machine {
    files: Scratch,
    binds: Vec<(PathBuf, PathBuf)>,
    networked: bool,
}

impl Machine {
    /// A machine with this hosts file. `None`: this kernel lets us have no namespaces.
    pub fn new(hosts: &str) -> Option<Self> {
        static WORKS: OnceLock<bool> = OnceLock::new();
        let files = Scratch::new();
        let services = "hosts: files\npasswd: files\ngroup: files\nnetgroup: files\n";
        let binds = vec![
            (files.file("hosts", hosts), "/etc/hosts".into()),
            (
                files.file("nsswitch.conf", services),
                "/etc/nsswitch.conf".into(),
            ),
        ];
        let machine = Self {
            files,
            binds,
            networked: true,
        };
        let works = *WORKS.get_or_init(|| {
            let mut probe = machine.command();
            probe.arg("true").stderr(Stdio::null());
            probe.status().is_ok_and(|status| status.success())
        });
        works.then_some(machine)
    }

    /// A machine that asks a name server too, which it cannot reach: it has no network.
    pub fn without_network(hosts: &str) -> Option<Self> {
        let machine = Self::new(hosts)?;
        let services = "hosts: files dns\npasswd: files\ngroup: files\nnetgroup: files\n";
        machine.files.file("nsswitch.conf", services);
        let servers = machine.files.file("resolv.conf", "nameserver 127.0.0.1\n");
        let mut machine = machine.with(servers, "/etc/resolv.conf");
        machine.networked = false;
        Some(machine)
    }

    /// The same machine with a file or folder laid over another.
    #[must_use]
    pub fn with(mut self, here: impl Into<PathBuf>, there: impl Into<PathBuf>) -> Self {
        self.binds.push((here.into(), there.into()));
        self
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("unshare");
        if !is_root() {
            command.arg("--map-root-user");
        }
        let script = "while [ \"$1\" != -- ]; do mount --bind \"$1\" \"$2\" || exit 99; \
                      shift 2; done; shift; exec \"$@\"";
        if !self.networked {
            command.arg("--net");
        }
        command.args(["--mount", "sh", "-c", script, "sh"]);
        for (here, there) in &self.binds {
            command.arg(here).arg(there);
        }
        command.arg("--");
        command
    }
}

/// A program of Debian's and ours, on a machine with made-up host names.
pub struct Sides {
    machine: Machine,
    debian: Program,
    ours: Program,
}

impl Sides {
    /// Both, on a machine with this hosts file. `None`: one side is not to be had; the test says so.
    pub fn new(test: &str, name: &str, ours: &str, hosts: &str) -> Option<Self> {
        let sides = Machine::new(hosts).and_then(|machine| {
            Some(Self {
                machine,
                debian: Program::debian(name)?,
                ours: Program::ours(ours),
            })
        });
        if sides.is_none() {
            let needs = "namespaces, cc, and tcpd and libwrap0 as tests/setup unpacks them";
            skip(test, needs);
        }
        sides
    }

    /// What Debian's does.
    pub fn debian(&self, folder: &Path, arguments: &[&str]) -> Run {
        run(self
            .debian
            .command_with(&self.machine, folder)
            .args(arguments))
    }

    /// What ours does.
    pub fn ours(&self, folder: &Path, arguments: &[&str]) -> Run {
        run(self
            .ours
            .command_with(&self.machine, folder)
            .args(arguments))
    }

    /// What both do with the same arguments.
    pub fn both(&self, folder: &Path, arguments: &[&str]) -> [Run; 2] {
        [self.debian(folder, arguments), self.ours(folder, arguments)]
    }

    /// Both get wrong usage, and say the usage text that ends with the same words from `begin` on.
    ///
    /// # Panics
    /// They do not.
    pub fn compare_usage(&self, arguments: &[&str], begin: &str) -> [Run; 2] {
        let scratch = Scratch::new();
        let both = self.both(scratch.path(), arguments);
        let [debian, ours] = both.each_ref().map(|run| {
            let at = run.stderr.find(begin).unwrap_or_default();
            run.stderr.get(at..).unwrap_or_default()
        });
        assert!(ours.starts_with(debian), "{arguments:?} {both:?}");
        assert_eq!(both[0].stdout, both[1].stdout);
        both
    }
}
