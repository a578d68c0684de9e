//! The world of one scenario: its namespaces, and the files and programs in them.
//!
//! A test runs itself again under `unshare`; inside, private mounts cover `/etc`, `/dev`,
//! `/srv`, `/run` and `/usr/sbin` before the body of the scenario starts. When it ends, the kernel
//! ends all its processes with the process namespace.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};

use crate::need::{satisfied, unshare};
use crate::subject::{Release, Subject, helper, original, unpacked};
use crate::{Call, Case, Outcome, Syslog, Verdict};

/// Set in the inner run: the name of the scenario to run.
const INSIDE: &str = "SCENARIO";

/// Where programs are found inside: on the machine, or else among the unpacked packages.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:\
    /srv/.host/debian/usr/bin:/srv/.host/debian/sbin:/srv/.host/debian/bin";

/// A scenario that takes longer is stuck.
const DEADLINE: Duration = Duration::from_secs(180);

/// Runs `body` as a scenario: in a world of its own, or not at all if something in `needs`
/// is missing (`root`, or packages of tests/packages). Call it from a `#[test]`, directly.
pub fn scenario<F: FnOnce(&mut World)>(needs: &[&str], body: F) {
    let name = name_of::<F>();
    match std::env::var(INSIDE) {
        Ok(inside) if inside == name => inner(&name, body),
        _ if satisfied(&name, needs) => outer(&name),
        _ => {}
    }
}

/// The test's name for the test runner, taken from the type of the closure in it.
fn name_of<F>() -> String {
    let path = std::any::type_name::<F>().trim_end_matches("::{{closure}}");
    path.split_once("::")
        .expect("a path with the crate's name")
        .1
        .to_string()
}

/// The command that makes the namespaces of a world and runs what is appended to it.
pub fn namespaces() -> Command {
    let mut command = unshare();
    command.env("PATH", PATH);
    command
}

/// Runs the test again, inside new namespaces, and passes its verdict on.
fn outer(name: &str) {
    let program = Subject::chosen().program("tcpd");
    assert!(program.exists(), "{}: not built", program.display());
    let mut child = namespaces()
        .arg(std::env::current_exe().expect("path of the test executable"))
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, name)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("run unshare");
    let streams = [
        drain(child.stdout.take().expect("stdout")),
        drain(child.stderr.take().expect("stderr")),
    ];
    let deadline = Instant::now() + DEADLINE;
    let status = loop {
        match child.try_wait().expect("wait for the scenario") {
            Some(status) => break Some(status),
            None if Instant::now() > deadline => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let [stdout, stderr] = streams.map(|stream| stream.join().unwrap_or_default());
    // Without the mark the filter may have matched no test at all.
    let done = stdout.contains(&completed(name));
    if !(done && status.is_some_and(|status| status.success())) {
        let ending = status.map_or("no end within its time".into(), |status| status.to_string());
        panic!(
            "scenario {name} ({:?}): {ending}\n{stdout}{stderr}",
            Subject::chosen()
        );
    }
}

/// What the inner run says last.
fn completed(name: &str) -> String {
    format!("scenario completed: {name}")
}

fn drain(mut stream: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        crate::syslog::readable(&bytes)
    })
}

fn inner<F: FnOnce(&mut World)>(name: &str, body: F) {
    let mut world = World::new(name);
    body(&mut world);
    world.verdict();
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}", completed(name)).expect("write to the outer run");
}

/// What a scenario acts on. See [`scenario`].
pub struct World {
    /// The side under test.
    pub subject: Subject,
    /// What arrived at `/dev/log`.
    pub log: Syslog,
    name: String,
    checked: usize,
    failures: Vec<String>,
}

impl World {
    /// Makes a world of the namespaces that this process is in: for a program that [`crate::namespaces`] has
    /// started, and that makes runs of its own.
    pub fn enter(name: &str) -> Self {
        Self::new(name)
    }

    fn new(name: &str) -> Self {
        prepare_files();
        prepare_network();
        nix::unistd::sethostname("scenario").expect("set the host name");
        let log = Syslog::bind("/dev/log");
        let name = name.to_string();
        Self {
            subject: Subject::chosen(),
            log,
            name,
            checked: 0,
            failures: Vec::new(),
        }
    }

    /// Writes a file, executable if it starts with `#!`; makes its directories.
    pub fn file(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let (path, content) = (path.as_ref(), content.as_ref());
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).expect("make a directory");
        }
        fs::write(path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if content.starts_with(b"#!") {
            chmod(path, 0o755);
        }
    }

    /// What a file holds, empty if there is none; bytes that are not UTF-8 as `\xNN`.
    pub fn read(&self, path: impl AsRef<Path>) -> String {
        crate::syslog::readable(&fs::read(path).unwrap_or_default())
    }

    /// Waits up to ten seconds for a file to hold a text that passes the test; gives the text.
    pub fn wait_file(&self, path: impl AsRef<Path>, test: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let text = self.read(&path);
            if test(&text) || Instant::now() > deadline {
                return text;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Writes `/etc/hosts.allow` and `/etc/hosts.deny`; an empty table is a missing file.
    pub fn tables(&self, allow: impl AsRef<[u8]>, deny: impl AsRef<[u8]>) {
        for (path, table) in [
            ("/etc/hosts.allow", allow.as_ref()),
            ("/etc/hosts.deny", deny.as_ref()),
        ] {
            let _ = fs::remove_file(path);
            let _ = fs::remove_dir_all(path);
            if !table.is_empty() {
                self.file(path, table);
            }
        }
    }

    /// Runs the subject's tcpd on one connection; see [`Call`].
    pub fn run(&self, call: &Call) -> Outcome {
        call.run(self)
    }

    /// Runs a case and notes what is wrong; the scenario fails at its end.
    pub fn check(&mut self, case: &Case) {
        self.checked += 1;
        if let Err(report) = case.run(self) {
            self.failures.push(report);
        }
    }

    /// Runs many cases, see [`World::check`].
    pub fn check_all<'c>(&mut self, cases: impl IntoIterator<Item = &'c Case>) {
        cases.into_iter().for_each(|case| self.check(case));
    }

    /// Notes a failure unless the values are equal.
    #[track_caller]
    pub fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, got: T, expected: T) {
        self.holds(what, got == expected, || {
            format!("got {got:#?}\nexpected {expected:#?}")
        });
    }

    /// Notes a failure unless the fact holds; `detail` says what was found instead.
    #[track_caller]
    pub fn holds(&mut self, what: &str, fact: bool, detail: impl FnOnce() -> String) {
        self.checked += 1;
        if !fact {
            let place = std::panic::Location::caller();
            self.failures.push(format!("{place}: {what}\n{}", detail()));
        }
    }

    /// The value that applies to the side under test. `row` is the row of
    /// docs/differences.md that says why the two are not the same.
    pub fn differs<T>(&self, row: &str, debian: T, ours: T) -> T {
        assert!(is_row(row), "{row}: not a row of docs/differences.md");
        match self.subject {
            Subject::Debian => debian,
            Subject::Ours => ours,
        }
    }

    /// [`World::differs`], where the original of Debian 13 differs from ours and from that of Debian 12.
    pub fn differs_later<T>(&self, row: &str, later: T, others: T) -> T {
        if self.subject == Subject::Debian && Release::chosen() == Release::Debian13 {
            self.differs(row, later, others)
        } else {
            others
        }
    }

    /// True on Debian's side, where the original hangs, crashes or loops, so that there is
    /// nothing to compare: the scenario ends there. `row` says so.
    pub fn only_ours(&mut self, row: &str) -> bool {
        self.checked += 1;
        self.differs(row, true, false)
    }

    /// [`World::only_ours`], where the original hangs: on Debian's side the call must come to
    /// nothing in its patience.
    pub fn hangs(&mut self, row: &str, call: &Call) -> bool {
        let original = self.only_ours(row);
        if original {
            let outcome = self.run(call);
            let hung = outcome.status.is_none() && outcome.verdict == Verdict::None;
            self.holds("hangs", hung, || format!("{outcome:?}"));
        }
        original
    }

    /// Runs a tool to its end; panics if it fails.
    pub fn tool(&self, program: &str, args: &[&str]) -> String {
        let output = Command::new(program).args(args).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
        let text = crate::syslog::readable(&output.stdout);
        let errors = crate::syslog::readable(&output.stderr);
        assert!(
            output.status.success(),
            "{program} {args:?}: {}\n{text}{errors}",
            output.status
        );
        text
    }

    /// Fails the scenario if anything was noted, or if it checked nothing.
    fn verdict(&self) {
        let Self {
            name,
            checked,
            failures,
            ..
        } = self;
        assert!(*checked > 0, "{name} checked nothing");
        let report = failures.join("\n");
        assert!(
            failures.is_empty(),
            "{} of {checked} checks failed\n{report}",
            failures.len()
        );
    }
}

/// Sets the permission bits of a file.
pub fn chmod(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("change mode");
}

/// A letter and a number, as in `T4`.
pub(crate) fn is_row(row: &str) -> bool {
    let number = row.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    number.len() + 1 == row.len() && number.parse::<u8>().is_ok()
}

/// Covers the directories that the programs read and write.
fn prepare_files() {
    let host = Path::new("/srv/.host");
    let workspace = crate::subject::target();
    for covered in ["/etc", "/dev", "/srv", "/run"] {
        assert!(
            !workspace.starts_with(covered),
            "{} is hidden by {covered}",
            workspace.display()
        );
    }
    let tcpd = Subject::chosen().program("tcpd");
    let devices = ["null", "zero", "full", "random", "urandom", "tty"];
    tmpfs("/srv");
    for directory in ["dev", "sbin", "debian", "original", "private"] {
        fs::create_dir_all(host.join(directory)).expect("make a directory");
    }
    open_way_to(&workspace, &host.join("private"));
    bind("/dev", &host.join("dev"));
    bind("/usr/sbin", &host.join("sbin"));
    for (folder, shown) in [(unpacked(), "debian"), (original(), "original")] {
        if folder.exists() {
            bind(folder, &host.join(shown));
        }
    }
    tmpfs("/run");
    tmpfs("/dev");
    for device in devices {
        let path = PathBuf::from("/dev").join(device);
        fs::write(&path, "").expect("make a mount point");
        bind(host.join("dev").join(device), &path);
    }
    symlink("/proc/self/fd", "/dev/fd").expect("link /dev/fd");
    prepare_etc();
    tmpfs("/usr/sbin");
    link_all(&host.join("original/usr/sbin"));
    link_all(&host.join("debian/usr/sbin"));
    link_all(&host.join("sbin"));
    // Debian's inetd is known by another name once it is installed.
    let _ = symlink(host.join("debian/usr/sbin/inetd"), "/usr/sbin/inetd");
    install(&tcpd, "/usr/sbin/tcpd");
    install(&Subject::chosen().program("try-from"), "/usr/sbin/try-from");
    install(&helper("probe"), "/srv/svcd");
    install(&helper("probe"), "/usr/sbin/svcd");
    install(&helper("launch"), "/srv/launch");
    install(&helper("ipclient"), "/srv/ipclient");
}

/// Lets everybody reach the target directory, as for a checkout in root's home: what is unpacked there is
/// run by users too. The outermost private directory on the way is covered; only the checkout and the
/// target directory show in it.
fn open_way_to(target: &Path, aside: &Path) {
    let is_private = |directory: &&Path| {
        let found = fs::metadata(directory);
        found.is_ok_and(|found| found.permissions().mode() & 0o001 == 0)
    };
    let Some(private) = target.ancestors().skip(1).filter(is_private).last() else {
        return;
    };
    bind(private, aside);
    tmpfs(&private.display().to_string());
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    for shown in checkout.into_iter().chain([target]) {
        if let Ok(below) = shown.strip_prefix(private)
            && !shown.exists()
        {
            fs::create_dir_all(shown).expect("make a directory");
            bind(aside.join(below), shown);
        }
    }
}

/// Copies a program; a link would fail where the path to the target directory is private.
fn install(from: &Path, to: &str) {
    let _ = fs::remove_file(to);
    fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    chmod(to, 0o755);
}

/// Makes the programs of a directory appear in /usr/sbin; the first of a name counts.
fn link_all(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let _ = symlink(entry.path(), Path::new("/usr/sbin").join(entry.file_name()));
    }
}

/// A small `/etc` that depends on nothing of the host's but its libraries and time zone.
fn prepare_etc() {
    let caches = [original(), unpacked(), "/etc".into()];
    let cache = caches
        .iter()
        .find_map(|folder| fs::read(folder.join("ld.so.cache")).ok())
        .unwrap_or_default();
    let zone = fs::read("/etc/localtime").unwrap_or_default();
    let alternatives = fs::read_dir("/etc/alternatives")
        .into_iter()
        .flatten()
        .flatten();
    let alternatives: Vec<_> = alternatives
        .filter_map(|link| Some((link.file_name(), fs::read_link(link.path()).ok()?)))
        .collect();
    tmpfs("/etc");
    fs::create_dir("/etc/alternatives").expect("make a directory");
    for (name, target) in alternatives {
        let _ = symlink(target, Path::new("/etc/alternatives").join(name));
    }
    let files: &[(&str, &[u8])] = &[
        ("ld.so.cache", &cache),
        ("localtime", &zone),
        ("hosts", b"127.0.0.1 localhost\n"),
        (
            "resolv.conf",
            b"nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
        ),
        ("nsswitch.conf", include_bytes!("etc/nsswitch.conf")),
        ("passwd", include_bytes!("etc/passwd")),
        ("group", include_bytes!("etc/group")),
        ("services", include_bytes!("etc/services")),
        (
            "protocols",
            b"ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\n",
        ),
        ("netgroup", b""),
    ];
    for (name, content) in files {
        fs::write(Path::new("/etc").join(name), content).expect("write a file of /etc");
    }
}

/// The loopback interface with the addresses that clients and servers use.
fn prepare_network() {
    let commands = "link set lo up\naddr add 192.0.2.7/32 dev lo\naddr add 192.0.2.8/32 dev lo\n\
        addr add 2001:db8::5/128 dev lo nodad\naddr add fe80::1/64 dev lo nodad\n";
    let mut ip = Command::new("ip")
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("run ip");
    let mut input = ip.stdin.take().expect("stdin");
    input.write_all(commands.as_bytes()).expect("write to ip");
    drop(input);
    assert!(
        ip.wait().expect("wait for ip").success(),
        "ip cannot set up the loopback network"
    );
}

fn tmpfs(path: &str) {
    let none = None::<&str>;
    mount(
        Some("tmpfs"),
        path,
        Some("tmpfs"),
        MsFlags::empty(),
        Some("mode=755"),
    )
    .or_else(|_| mount(Some("tmpfs"), path, Some("tmpfs"), MsFlags::empty(), none))
    .unwrap_or_else(|error| panic!("mount on {path}: {error}"));
}

fn bind(from: impl AsRef<Path>, to: &Path) {
    let (from, none) = (from.as_ref(), None::<&str>);
    mount(
        Some(from),
        to,
        none,
        MsFlags::MS_BIND | MsFlags::MS_REC,
        none,
    )
    .unwrap_or_else(|error| panic!("bind {}: {error}", from.display()));
}
