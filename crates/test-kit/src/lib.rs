//! What the tests of several crates share: a folder of their own, a machine with made-up host
//! names, Debian's programs to compare with, and a terminal.
//!
//! No part of what is shipped: a test holds that no program and no library depends on it. What a test lacks is said by
//! name ([`skip`]); everything else that goes wrong is a panic, which fails the test.
//!
//! Debian's build hands its diagnostics to syslog through entry points that its own stand-in does
//! not catch; `fakelog.c` catches them and prints them, as the plain build of 7.6 does.

#![forbid(unsafe_code)]

mod machine;

pub use machine::{Machine, Sides};

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Names the test and what it lacks past the test runner's capture. With `CI=true` that is a
/// failure: a skip there would be a test that cannot fail.
///
/// # Panics
/// With `CI=true`.
pub fn skip(test: &str, needs: &str) {
    let strict = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!strict, "{test} cannot run: needs {needs}");
    skip_always(test, needs);
}

/// Names the test and what it lacks; for what no machine need have.
pub fn skip_always(test: &str, needs: &str) {
    // In one piece: others write there too.
    let line = format!("skipped: {test}: needs {needs}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Whether the tests run as root.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A folder that is removed at the end.
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new folder.
    #[expect(clippy::new_without_default, reason = "it makes something")]
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test-kit-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, with the folders it needs. Returns its path.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes a file with these permissions.
    pub fn file_with_mode(&self, name: &str, text: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = self.file(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit status; `None` for a signal.
    pub status: Option<i32>,
}

/// Runs a command without standard input.
///
/// # Panics
/// It cannot be started.
pub fn run(command: &mut Command) -> Run {
    let output = command.stdin(Stdio::null()).output().unwrap();
    Run {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        status: output.status.code(),
    }
}

/// A program, with what it needs in its environment.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    environment: Vec<(&'static str, PathBuf)>,
}

impl Program {
    /// A program of ours.
    pub fn ours(path: &str) -> Self {
        Self {
            path: path.into(),
            environment: Vec::new(),
        }
    }

    /// Debian's, from the folder of [`original`]. `None`: it is not there.
    pub fn debian(name: &str) -> Option<Self> {
        let debian = original();
        let path = debian.join("usr/sbin").join(name);
        let libraries = library_folder(&debian.join("usr/lib"))?;
        path.exists().then_some(())?;
        Some(Self {
            path,
            environment: vec![("LD_LIBRARY_PATH", libraries), ("LD_PRELOAD", fakelog()?)],
        })
    }

    /// The command, in a folder.
    pub fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(folder).envs(self.environment.clone());
        command
    }

    /// A shell script in a folder of a machine with these host names; its `$0` is the program.
    pub fn script_with(&self, machine: &Machine, folder: &Path, script: &str) -> Command {
        let mut command = machine.command();
        command
            .args(["sh", "-c", script])
            .arg(&self.path)
            .current_dir(folder);
        command
    }

    /// The command, in a folder of a machine with these host names.
    pub fn command_with(&self, machine: &Machine, folder: &Path) -> Command {
        let mut command = machine.command();
        command.arg("env");
        for (name, value) in &self.environment {
            command.arg(format!("{name}={}", value.display()));
        }
        command.arg(&self.path).current_dir(folder);
        command
    }
}

/// Where `tests/setup` unpacks the original, as Debian 13 has it if the environment asks for that with
/// `TCPD_SUBJECT=debian13`, else as Debian 12.
pub fn original() -> PathBuf {
    let name = if later() { "debian13" } else { "debian12" };
    target().join(name)
}

/// Whether the original is that of Debian 13, which has no netgroups: row T13 of docs/differences.md.
pub fn later() -> bool {
    std::env::var("TCPD_SUBJECT").is_ok_and(|subject| subject == "debian13")
}

/// Cargo's target directory, in which the executable lies.
fn target() -> PathBuf {
    target_of(&std::env::current_exe().unwrap_or_default())
}

/// Cargo puts programs into `TARGET/PROFILE`, and tests into a folder `deps` of it.
fn target_of(executable: &Path) -> PathBuf {
    let folder = executable.parent().unwrap_or(executable);
    let profile = if folder.ends_with("deps") {
        folder.parent().unwrap_or(folder)
    } else {
        folder
    };
    profile.parent().unwrap_or(profile).to_owned()
}

/// The folder of the libraries of this machine's architecture.
fn library_folder(above: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(above).ok()?;
    folders
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|folder| folder.join("libwrap.so.0").exists())
}

/// The stand-in for the C library's checked syslog entry points.
fn fakelog() -> Option<PathBuf> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            let library = target().join(format!("fakelog-{}.so", std::process::id()));
            let built = Command::new("cc")
                .args(["-shared", "-fPIC", "-O1", "-o"])
                .arg(&library)
                .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fakelog.c"))
                .status();
            let kept = target().join("fakelog.so");
            let renewed =
                built.is_ok_and(|status| status.success()) && fs::rename(&library, &kept).is_ok();
            // A machine of its own has no compiler in /etc/alternatives: who began this program there has built it.
            (renewed || kept.exists()).then_some(kept)
        })
        .clone()
}

/// What a program of ours writes to a terminal, with one variable set, as `NAME=VALUE`.
/// `None`: there is no script(1) here; the test says so.
pub fn on_terminal(test: &str, program: &str, folder: &Path, line: &str, set: &str) -> Option<Run> {
    if !Path::new("/usr/bin/script").exists() {
        skip(test, "script(1)");
        return None;
    }
    let mut command = Command::new("script");
    command.args(["-qec", &format!("{program} {line}"), "/dev/null"]);
    command.current_dir(folder).env("TERM", "xterm");
    command.env_remove("NO_COLOR");
    command.envs(set.split_once('='));
    Some(run(&mut command))
}

/// Settings under which a terminal shows colours or not.
pub const COLOUR_SETTINGS: [(&str, bool); 4] = [
    ("", true),
    ("NO_COLOR=", true),
    ("NO_COLOR=1", false),
    ("TERM=dumb", false),
];

/// Each shell's completion script names these options.
///
/// # Panics
/// It does not.
pub fn check_completions(program: &str, options: &[&str]) {
    for shell in ["bash", "zsh", "fish"] {
        let scratch = Scratch::new();
        let mut command = Program::ours(program).command(scratch.path());
        let ran = run(command.args(["--completions", shell]));
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
        for option in options {
            assert!(ran.stdout.contains(option), "{shell} {option}");
        }
    }
}

/// The folder of real tables, if there is one beside the project.
pub fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("TCPD_CORPUS").map_or(beside, PathBuf::from);
    folder.join("README.md").exists().then_some(folder)
}

/// Cargo marks only a target directory that it has made itself, which it has not if another command was
/// first to put something into it.
#[test]
fn the_target_directory_needs_no_mark() {
    for program in ["/t/release/differential", "/t/debug/deps/original-0123"] {
        assert_eq!(target_of(Path::new(program)), Path::new("/t"));
    }
}
