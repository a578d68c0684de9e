//! A place of its own for a test: private mounts and a private loopback network.
//!
//! `/usr/sbin` is replaced there by a directory that the test fills: with our program, with
//! Debian's as far as `tests/setup` has unpacked them, and with a `finger` of its choice.
//! There is no other `finger`, and the ports of the loopback interface are free.
//!
//! What cannot run here is skipped by name; with `CI=true` a skip is a failure.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Our program, as the sandbox has it.
pub(crate) const OURS: &str = "/usr/sbin/safe_finger";
/// Debian's program.
pub(crate) const DEBIANS: &str = "/usr/sbin/debian/safe_finger";

/// What a test needs beyond namespaces: programs of Debian packages, by package.
const PROGRAMS: [(&str, &str); 4] = [
    ("tcpd", "usr/sbin/safe_finger"),
    ("finger", "usr/bin/finger"),
    ("fingerd", "usr/sbin/in.fingerd"),
    ("openbsd-inetd", "usr/sbin/inetd"),
];

/// The inside of a sandbox. What still runs in it at its end is killed.
pub(crate) struct Sandbox;

impl Drop for Sandbox {
    fn drop(&mut self) {
        for (id, _) in self.processes() {
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

/// Runs `body` in a sandbox that holds the programs of these Debian packages.
pub(crate) fn sandbox(name: &str, packages: &[&str], body: impl FnOnce(&Sandbox) + Send + 'static) {
    let mut missing: Vec<_> = packages
        .iter()
        .copied()
        .filter(|package| program_of(package).is_none())
        .collect();
    if !nix::unistd::geteuid().is_root() {
        missing.push("root");
    } else if !namespaces() {
        missing.push("namespaces");
    }
    if !missing.is_empty() {
        return skip(name, &missing.join(", "));
    }
    target();
    let directory = std::env::temp_dir().join(format!("{name}.{}", std::process::id()));
    fs::create_dir(&directory).expect("make a directory");
    let inner = directory.clone();
    let test = thread::spawn(move || {
        enter(&inner);
        let sandbox = Sandbox;
        body(&sandbox);
    });
    let result = test.join();
    fs::remove_dir(&directory).expect("remove the mount point");
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

/// Says that a test is skipped, past the test runner's capture.
pub(crate) fn skip(name: &str, missing: &str) {
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "{name} cannot run: needs {missing}"
    );
    let message = format!("skipped: {name}: needs {missing}\n");
    let _ = std::io::stderr().write_all(message.as_bytes());
}

fn namespaces() -> bool {
    let probe = || unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET).is_ok();
    thread::spawn(probe).join().unwrap_or(false)
}

/// Cargo's target directory: the test executable is `target/PROFILE/deps/NAME`. It is asked for once, outside of the
/// sandbox: where mounts are private, a chroot no longer sees the executable at its path (proc(5), `/proc/PID/exe`).
fn target() -> &'static Path {
    static TARGET: OnceLock<PathBuf> = OnceLock::new();
    TARGET.get_or_init(|| {
        let executable = std::env::current_exe().expect("path of the test executable");
        let target = executable.ancestors().nth(3);
        target.expect("target/PROFILE/deps/NAME").to_path_buf()
    })
}

/// Where a package's program is: unpacked below the target directory, or installed. Only
/// an unpacked `safe_finger` is surely Debian's.
fn program_of(package: &str) -> Option<PathBuf> {
    let (_, path) = PROGRAMS
        .iter()
        .find(|(name, _)| *name == package)
        .expect("known package");
    let installed = (package != "tcpd").then(|| Path::new("/").join(path));
    [Some(target().join("debian").join(path)), installed]
        .into_iter()
        .flatten()
        .find(|path| path.exists())
}

/// Gives the current thread, and what it starts, namespaces of its own.
fn enter(directory: &Path) {
    let none = None::<&str>;
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET).expect("namespaces");
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).expect("private mounts");
    mount(
        Some("tmpfs"),
        directory,
        Some("tmpfs"),
        MsFlags::empty(),
        Some("mode=755"),
    )
    .expect("mount");
    let debian = directory.join("debian");
    fs::create_dir(&debian).expect("make a directory");
    copy(Path::new(env!("CARGO_BIN_EXE_safe_finger")), directory);
    PROGRAMS
        .iter()
        .filter_map(|(package, _)| program_of(package))
        .for_each(|path| copy(&path, &debian));
    if !Path::new("/etc/services").exists() {
        services(directory);
    }
    // Debian's programs find their unpacked libraries by this.
    let libraries = target().join("debian/ld.so.cache");
    if libraries.exists() {
        bind(&libraries, "/etc/ld.so.cache");
    }
    bind(directory, "/usr/sbin");
    if Path::new("/usr/bin/finger").exists() {
        bind("/dev/null", "/usr/bin/finger");
    }
    loopback_up();
}

/// Debian's finger looks its port up, and the smallest Debian has no /etc/services: covers
/// /etc with a copy that has one.
fn services(directory: &Path) {
    let etc = directory.join("etc");
    let copied = Command::new("cp").arg("-a").arg("/etc").arg(&etc).status();
    assert!(copied.expect("run cp").success());
    fs::write(etc.join("services"), "finger 79/tcp\n").expect("write a file");
    bind(etc, "/etc");
}

fn bind(from: impl AsRef<Path>, to: impl AsRef<Path>) {
    let none = None::<&str>;
    mount(
        Some(from.as_ref()),
        to.as_ref(),
        none,
        MsFlags::MS_BIND,
        none,
    )
    .expect("bind");
}

/// Copies a program. Another process does it: a descriptor open for writing here could
/// leak into a child of another test, and the program would be "busy" when it is run.
fn copy(from: &Path, to: &Path) {
    let mode = ["-L", "--preserve=mode"];
    assert!(
        Command::new("cp")
            .args(mode)
            .args([from, to])
            .status()
            .expect("run cp")
            .success()
    );
}

/// Perl is part of every Debian system; `ip` and `ifconfig` are not.
fn loopback_up() {
    let script = r#"
        my $up = pack("a16sx22", "lo", 0x41);
        socket(S, 2, 2, 0) && ioctl(S, 0x8914, $up) or die $!
    "#;
    assert!(
        Command::new("perl")
            .args(["-e", script])
            .status()
            .expect("run perl")
            .success()
    );
}

/// Our program with default signals, whatever the tests have got: nohup and a shell's `&`
/// have them ignore some, and so would the finger program.
pub(crate) fn ours() -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal", OURS]);
    command
}

impl Sandbox {
    /// Writes an executable file into `/usr/sbin`.
    pub(crate) fn program(&self, name: &str, content: &str) {
        let path = format!("/usr/sbin/{name}");
        let mut install = Command::new("install");
        let ran = self.pipe(install.args(["-m", "755", "/dev/stdin", &path]), content);
        assert_eq!(ran.status, Some(0), "{}", ran.errors);
    }

    /// Makes a shell script the only `finger`.
    pub(crate) fn finger(&self, script: &str) {
        self.program("finger", &format!("#!/bin/sh\n{script}\n"));
    }

    /// Replaces a file of the machine.
    pub(crate) fn replace(&self, path: &str, content: &str) {
        let copy = format!("/usr/sbin/{}", path.replace('/', "_"));
        fs::write(&copy, content).expect("write a file");
        fs::metadata(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        bind(copy, path);
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, command: &mut Command) -> Ran {
        let output = command.stdin(Stdio::null()).output();
        Ran::from(output.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Runs our program.
    pub(crate) fn ours(&self, arguments: &[&str]) -> Ran {
        self.run(ours().args(arguments))
    }

    /// Runs a program that reads `input`.
    pub(crate) fn pipe(&self, command: &mut Command, input: impl AsRef<[u8]>) -> Ran {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (mut stdin, input) = (child.stdin.take().expect("stdin"), input.as_ref().to_vec());
        // It may end before it has read everything.
        let writer = thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().expect("output");
        let _ = writer.join().expect("writer");
        Ran::from(output)
    }
}

impl Sandbox {
    /// The processes of this sandbox: those in its network. Dead ones have none.
    fn processes(&self) -> Vec<(i32, String)> {
        let own = fs::read_link("/proc/thread-self/ns/net").expect("own network namespace");
        let entries = fs::read_dir("/proc").expect("process table").flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let inside =
            |id: &i32| fs::read_link(format!("/proc/{id}/ns/net")).ok().as_ref() == Some(&own);
        let command = |id| fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        ids.filter(inside)
            .map(|id| (id, command(id).trim_end_matches('\0').replace('\0', " ")))
            .collect()
    }

    /// Command lines of the processes that still run in this sandbox.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        self.processes()
            .into_iter()
            .map(|(_, command)| command)
            .collect()
    }

    /// Nothing runs in this sandbox any more; the dying get a while.
    pub(crate) fn assert_nothing_left(&self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline && !self.left_behind().is_empty() {
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(self.left_behind(), Vec::<String>::new());
    }
}

/// How a program ended, and what it said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    /// Exit status; none after a signal.
    pub(crate) status: Option<i32>,
    /// Standard output. All that a filter lets through is ASCII, so nothing is lost.
    pub(crate) output: String,
    /// Standard error.
    pub(crate) errors: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (output_text, errors) = (text(&output.stdout), text(&output.stderr));
        Self {
            status: output.status.code(),
            output: output_text,
            errors,
        }
    }
}
