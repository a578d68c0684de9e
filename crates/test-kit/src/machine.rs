//! A machine with made-up host names and an /etc of its own, and what programs of Debian's and ours do on it. It is a mount
//! namespace: nothing of this machine changes. Where there are none, the tests say so and are skipped.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::{Program, Run, Scratch, is_root, run, skip};

/// What a machine has in /etc, besides who is asked for which names. (A name of the hosts file may have many addresses.)
const ETC: [(&str, &str); 4] = [
    ("host.conf", "multi on\n"),
    ("passwd", "root:x:0:0::/root:/bin/sh\n"),
    ("group", "root:x:0:\n"),
    ("services", "ssh 22/tcp\nfinger 79/tcp\n"),
];

/// Folders in which the machine's own daemons would show, besides /etc.
const EMPTIED: [&str; 2] = ["/usr/sbin", "/usr/lib/systemd/system"];

/// A machine with an /etc of its own and no daemons: what is installed on this one does not count. Its only host names
/// are those of a hosts file.
pub struct Machine {
    files: Scratch,
    networked: bool,
}

impl Machine {
    /// A machine with this hosts file. `None`: this kernel lets us have no namespaces.
    pub fn new(hosts: &str) -> Option<Self> {
        static WORKS: OnceLock<bool> = OnceLock::new();
        let files = Scratch::new();
        for (name, text) in ETC.into_iter().chain([("hosts", hosts)]) {
            files.file(&format!("etc/{name}"), text);
        }
        // Where the libraries of this machine are; without it the loader knows its usual folders.
        let cache = fs::read("/etc/ld.so.cache").unwrap_or_default();
        files.file("etc/ld.so.cache", cache);
        fs::create_dir(files.path().join("empty")).unwrap();
        let machine = Self {
            files,
            networked: true,
        };
        machine.ask("files");
        let works = *WORKS.get_or_init(|| {
            let mut probe = machine.command();
            probe.arg("true").stderr(Stdio::null());
            probe.status().is_ok_and(|status| status.success())
        });
        works.then_some(machine)
    }

    /// A machine that asks a name server too, which it cannot reach: it has no network.
    pub fn without_network(hosts: &str) -> Option<Self> {
        let mut machine = Self::new(hosts)?;
        machine.ask("files dns");
        let server = "nameserver 127.0.0.1\n";
        machine.files.file("etc/resolv.conf", server);
        machine.networked = false;
        Some(machine)
    }

    /// Who is asked for a host.
    fn ask(&self, hosts: &str) {
        let text = format!(
            "hosts: {hosts}\npasswd: files\ngroup: files\nservices: files\nnetgroup: files\n"
        );
        self.files.file("etc/nsswitch.conf", text);
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
        command.arg(self.files.path().join("etc")).arg("/etc");
        for folder in EMPTIED
            .into_iter()
            .filter(|folder| Path::new(folder).exists())
        {
            command.arg(self.files.path().join("empty")).arg(folder);
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
