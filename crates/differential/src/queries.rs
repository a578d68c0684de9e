//! The tcpdmatch programs of both, on generated tables: the rule that matched, the options as they
//! would run, the verdict and all else that they print.
//!
//! A query is a case too, so differences are explained as those of the library are. The programs run on
//! files in a folder of their own, in a namespace whose only host names are those of [`HOSTS`].

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use anyhow::{Context, Result};
use fastrand::Rng;
use test_kit::{Machine, Program};

use crate::case::{ALLOW, Case, Content, DENY, End};
use crate::explain::Sides;
use crate::generate;
use crate::outcome::{Event, Outcome, Verdict};

/// Names and their addresses.
const NAMES: &[(&str, &str)] = &[
    ("localhost", "127.0.0.1"),
    ("host.example.org", "192.0.2.7"),
    ("HOST.Example.ORG", "192.0.2.7"),
    ("host", "10.1.2.3"),
    ("a.b.example.org", "2001:db8::5"),
    ("example.org", "192.0.2.11"),
    ("alias.example.org", "192.0.2.11"),
    ("10.evil.example", "192.0.2.10"),
    ("192.0.2.7.evil.org", "1.2.3.4"),
    ("host-1_x.example.org", "255.255.255.255"),
];

/// The hosts file: a name of it for each address, with what else the address is called.
const HOSTS: &str = "\
127.0.0.1 localhost
192.0.2.7 host.example.org
10.1.2.3 host
2001:db8::5 a.b.example.org
192.0.2.11 example.org alias.example.org
192.0.2.10 10.evil.example
1.2.3.4 192.0.2.7.evil.org
255.255.255.255 host-1_x.example.org
192.0.2.8 unknown
";

/// What is asked of clients that no name service knows.
const OTHERS: &[&str] = &[
    "unknown",
    "paranoid",
    "UNKNOWN",
    "nope.example.org",
    "127.1",
    "fe80::1%lo",
    "",
];

/// A machine for the programs. `None`: this kernel lets us have no namespaces.
pub(crate) fn machine() -> Option<Machine> {
    Machine::new(HOSTS)
}

/// The query of a number: tables, a daemon that may be at a server, and a client.
pub(crate) fn query(number: u64) -> Case {
    let mut rng = Rng::with_seed(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x7163);
    let made = generate::case(number);
    let end = |rng: &mut Rng, address: Vec<u8>| match rng.u8(..5) {
        0..2 => End {
            address,
            ..End::default()
        },
        2..4 => {
            let (name, address) = NAMES[rng.usize(..NAMES.len())];
            named(name, address)
        }
        _ => named(OTHERS[rng.usize(..OTHERS.len())], ""),
    };
    let client = end(&mut rng, made.client.address);
    let server = match rng.u8(..3) {
        0 => end(&mut rng, made.server.address),
        _ => End::default(),
    };
    Case {
        daemon: made.daemon,
        user: made.user,
        files: made.files,
        client,
        server,
        ..Case::default()
    }
}

fn named(name: &str, address: &str) -> End {
    End {
        address: address.into(),
        name: Some(name.into()),
        ..End::default()
    }
}

/// Both programs and the folder in which they run.
pub(crate) struct Programs {
    ours: Program,
    debian: Program,
    folder: PathBuf,
}

impl Programs {
    /// Our program beside this one, and Debian's as `tests/setup` unpacks it. `None`: one is missing.
    pub(crate) fn find(folder: PathBuf) -> Option<Self> {
        let ours = std::env::current_exe().ok()?.with_file_name("tcpdmatch");
        Some(Self {
            ours: Program::ours(ours.exists().then(|| ours.to_str())??),
            debian: Program::debian("tcpdmatch")?,
            folder,
        })
    }

    fn ask(&self, program: &Program, case: &Case) -> Result<Outcome> {
        self.lay_out(case)?;
        let mut command = program.command(&self.folder);
        command.args(["-d", "-i", "/dev/null", "--"]);
        command.arg(OsStr::from_bytes(&service(case)));
        command.arg(OsStr::from_bytes(&client(case)));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn()?;
        let process = child.id().to_string();
        Ok(self.outcome(&child.wait_with_output()?, &process))
    }

    /// Puts the case's files into the folder.
    fn lay_out(&self, case: &Case) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(&self.folder)?,
        }
        for (path, content) in &case.files {
            let path = match &path[..] {
                ALLOW => self.folder.join("hosts.allow"),
                DENY => self.folder.join("hosts.deny"),
                path => self
                    .folder
                    .join(OsStr::from_bytes(path.strip_prefix(b"/").unwrap_or(path))),
            };
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            let written = match content {
                Content::Text(text) => fs::write(&path, self.moved(text)),
                Content::Directory => fs::create_dir_all(&path),
                // Root may read everything, but nobody a link to itself.
                Content::Unreadable => symlink(&path, &path),
            };
            written.with_context(|| format!("{}", path.display()))?;
        }
        Ok(())
    }

    /// The text with full paths of the case's files as they are in the folder.
    fn moved(&self, text: &[u8]) -> Vec<u8> {
        let mut moved = Vec::with_capacity(text.len());
        for (at, byte) in text.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| text[before]);
            let begins =
                before.is_none_or(|byte| !byte.is_ascii_alphanumeric() && !b"/._".contains(&byte));
            let ours = [&b"/list"[..], b"/l2", b"/dir", b"/ban", b"/s/"];
            if begins && ours.iter().any(|path| text[at..].starts_with(path)) {
                moved.extend_from_slice(self.folder.as_os_str().as_bytes());
            }
            moved.push(*byte);
        }
        moved
    }

    /// What the program with this process number printed, in terms of the case.
    fn outcome(&self, run: &Output, process: &str) -> Outcome {
        let folder = self.folder.to_string_lossy();
        // A letter for each byte, and back below.
        let shown = |text: &[u8]| {
            let text: String = text.iter().copied().map(char::from).collect();
            text.replace(&*folder, "").replace(process, "PID")
        };
        let (text, stderr) = (shown(&run.stdout), shown(&run.stderr));
        let text = text
            .replace("hosts.allow", "/A")
            .replace("hosts.deny", "/D");
        let mut events = Vec::new();
        let mut verdict = Verdict::Denied;
        for line in text.split_inclusive('\n') {
            if line.starts_with("aclexec:  ") {
                // Only ours tells the other verdict.
                continue;
            }
            let (banner, message) = line.split_at(message_in(line).unwrap_or(line.len()));
            match message.strip_suffix('\n').unwrap_or(message) {
                "access:   granted" => verdict = Verdict::Granted,
                "access:   delegated" => verdict = Verdict::Twist(Vec::new()),
                _ => {}
            }
            Outcome::push(&mut events, Event::Banner(bytes(banner)));
            if let Some(message) = message.strip_suffix('\n') {
                Outcome::push(&mut events, Event::Message(bytes(message)));
            }
        }
        let too_long = "percent_x: expansion too long";
        let status = run.status.code();
        if status.is_none() || (!text.contains("access:   ") && text.contains(too_long)) {
            verdict = Verdict::Exit;
        } else {
            let end = format!("{status:?} {stderr}");
            events.push(Event::Message(end.into()));
        }
        Outcome {
            events,
            verdict,
            severity: -1,
        }
    }
}

/// Where in a line a message begins; what is before it belongs to a banner.
fn message_in(line: &str) -> Option<usize> {
    let kinds = [
        "warning: ",
        "error: /",
        "matched:  ",
        "option:   ",
        "access:   ",
        "client:   ",
        "server:   ",
    ];
    kinds.iter().filter_map(|kind| line.find(kind)).min()
}

/// The bytes that the letters of a text stand for.
fn bytes(text: &str) -> Vec<u8> {
    text.chars()
        .map(|letter| u8::try_from(letter).unwrap_or(b'?'))
        .collect()
}

impl Sides for Programs {
    fn ours(&self, case: &Case) -> Result<Outcome> {
        self.ask(&self.ours, case)
    }

    fn theirs(&self, case: &Case) -> Result<Outcome> {
        self.ask(&self.debian, case)
    }

    fn dry(&self) -> bool {
        true
    }
}

/// `daemon[@server]`.
fn service(case: &Case) -> Vec<u8> {
    match shown(&case.server) {
        Some(server) => [&case.daemon, &b"@"[..], server].concat(),
        None => case.daemon.clone(),
    }
}

/// `[user@]client`.
fn client(case: &Case) -> Vec<u8> {
    let client = shown(&case.client).unwrap_or(b"unknown");
    match &case.user {
        Some(user) => [user, &b"@"[..], client].concat(),
        None => client.to_vec(),
    }
}

fn shown(end: &End) -> Option<&[u8]> {
    let address = Some(&end.address[..]).filter(|address| !address.is_empty());
    end.name.as_deref().or(address)
}
