//! Where runs are made: a world of the scenarios' kit (namespaces of its own), in which one client after another
//! comes to the program under test.
//!
//! A worker process has one lab. It reads jobs from standard input, one a line, and writes what came of each.

use std::fs;
use std::io::{BufRead, Write};
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};
use scenarios::{Call, Dns, Ident, Subject, World};
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, How, Scope};
use crate::policy::{Names, POLICIES, Question};

/// A run that takes longer hangs. The lookups of one request may take 90 seconds in all, but here every server
/// answers at once, and the resolver asks once for a second.
const PATIENCE: Duration = Duration::from_secs(25);

/// How long the daemon may take to its end once the program has become it.
const REST: Duration = Duration::from_secs(5);

/// Whose programs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Side {
    /// Ours.
    Ours,
    /// Debian's.
    Debian,
}

/// Which program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Program {
    /// tcpd.
    Tcpd,
    /// `c/asker.c` with the library: asks once.
    Once,
    /// The same: asks three times, and has the tables in memory from the second time on.
    Thrice,
}

/// What is under test.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Target {
    /// Whose.
    pub(crate) side: Side,
    /// Which.
    pub(crate) program: Program,
}

impl Side {
    /// The folder of what is compiled for it, and its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Debian => "debian",
        }
    }

    fn subject(self) -> Subject {
        match self {
            Self::Ours => Subject::Ours,
            Self::Debian => Subject::Debian,
        }
    }
}

impl Program {
    /// Its name in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tcpd => "tcpd",
            Self::Once => "once",
            Self::Thrice => "thrice",
        }
    }
}

/// How strace looks on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum View {
    /// It does not.
    None,
    /// It writes all calls of this scope down; with marks at lookups or without.
    All(Scope, bool),
    /// It writes down the calls that the fault concerns; with marks or without.
    Hits(bool),
}

/// One run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    /// What is under test.
    pub(crate) target: Target,
    /// The tables and the client.
    pub(crate) question: Question,
    /// What goes wrong.
    pub(crate) fault: Option<Fault>,
    /// What is written down of it.
    pub(crate) view: View,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// What the client read.
    pub(crate) read: String,
    /// What was logged: priority and text.
    pub(crate) log: Vec<(String, String)>,
    /// What strace wrote.
    pub(crate) trace: String,
    /// The exit status of the program, if it has one.
    pub(crate) status: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<String>,
    /// Whether it did not end in its time.
    pub(crate) hung: bool,
    /// How long it took, in milliseconds.
    pub(crate) took: u64,
}

/// Reads jobs and writes outcomes until there is no more. Has to be the first process of its namespaces.
pub(crate) fn work(made: &Path) -> Result<()> {
    ensure!(
        getpid() == Pid::from_raw(1),
        "a worker is started by `faults run`, in namespaces of its own"
    );
    let lab = Lab::new(made)?;
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let job: Job = serde_json::from_str(&line?)?;
        let outcome = lab.run(&job)?;
        writeln!(out, "{}", serde_json::to_string(&outcome)?)?;
        out.flush()?;
    }
    Ok(())
}

/// Where the tables of all policies are.
const TABLES: &str = "/srv/tables";

/// How old a table is that the library keeps: a change within two seconds of another may not be seen.
const OLD: Duration = Duration::from_millis(2600);

/// Where the trace of a run is written.
const TRACE: &str = "/srv/trace";

struct Lab {
    world: World,
    strace: PathBuf,
    made: PathBuf,
    _dns: Dns,
    _idents: Vec<Ident>,
}

impl Lab {
    fn new(made: &Path) -> Result<Self> {
        let world = World::enter("faults");
        for side in [Side::Ours, Side::Debian] {
            let program = side.subject().program("tcpd");
            if program.exists() {
                let place = format!("/srv/{}", side.name());
                fs::create_dir_all(&place)?;
                fs::copy(&program, format!("{place}/svcd"))?;
            }
        }
        let dns = Dns::start();
        dns.host("good.example.test", "127.0.0.2")
            .host("pc.evil.test", "127.0.0.9")
            .reverse("127.0.0.3", "liar.example.test")
            .forward("liar.example.test", "127.0.0.33");
        let idents = [("127.0.0.2", "joe"), ("127.0.0.9", "mallory")].map(|(address, user)| {
            let ident = Ident::start(address);
            ident.user(user);
            ident
        });
        world.file("/etc/evil.list", "127.0.0.9\n");
        world.file("/etc/good.list", "127.0.0.2\n");
        world.file("/etc/banners/svcd", "hello\n");
        world.file(
            "/etc/netgroup",
            "good (good.example.test,,)\nevil (pc.evil.test,,)\n",
        );
        for policy in POLICIES {
            for (table, text) in [("allow", policy.allow), ("deny", policy.deny)] {
                world.file(format!("{TABLES}/{}.{table}", policy.name), text);
            }
        }
        std::thread::sleep(OLD);
        Ok(Self {
            world,
            strace: find("strace").context("no strace: tests/setup gets it")?,
            made: made.to_owned(),
            _dns: dns,
            _idents: idents.into(),
        })
    }

    fn run(&self, job: &Job) -> Result<Outcome> {
        self.prepare(&job.question)?;
        let _ = fs::remove_file(TRACE);
        self.world.log.clear();
        let started = Instant::now();
        let mut running = self.call(job).start();
        let deadline = started + PATIENCE;
        let mut status = None;
        let mut refused = false;
        while status.is_none() && !refused && Instant::now() < deadline {
            status = running.child.try_wait()?;
            // The original holds its refused client for five seconds.
            refused = status.is_none()
                && job.target.side == Side::Debian
                && self
                    .world
                    .log
                    .any(|record| record.text.starts_with("refused connect"));
            std::thread::sleep(Duration::from_micros(300));
        }
        if status.is_none() {
            end_all()?;
        }
        let before = Instant::now();
        let read = running.client.read_all(REST);
        // The end comes at once where the program or the daemon has closed the connection.
        let hung = (status.is_none() && !refused) || before.elapsed() >= REST;
        let took = started.elapsed();
        if hung {
            end_all()?;
        }
        reap();
        let records = self.world.log.records().into_iter();
        Ok(Outcome {
            read: String::from_utf8_lossy(&read).into_owned(),
            log: records
                .map(|record| (record.priority, record.text))
                .collect(),
            trace: String::from_utf8_lossy(&fs::read(TRACE).unwrap_or_default()).into_owned(),
            status: status.and_then(|status| status.code()),
            signal: status
                .and_then(|status| Signal::try_from(status.signal()?).ok())
                .map(|signal| signal.to_string()),
            hung,
            took: u64::try_from(took.as_millis())?,
        })
    }

    /// Tables and name service. The tables themselves are old: young ones would not be kept in memory.
    fn prepare(&self, question: &Question) -> Result<()> {
        let policy = question.policy();
        for (table, text) in [("allow", policy.allow), ("deny", policy.deny)] {
            let path = format!("/etc/hosts.{table}");
            let _ = fs::remove_file(&path);
            if !text.is_empty() {
                symlink(format!("{TABLES}/{}.{table}", policy.name), path)?;
            }
        }
        let service = match question.names {
            Names::Files => "files",
            Names::Dns => "dns",
        };
        let switch = format!("passwd: files\ngroup: files\nhosts: {service}\nnetgroup: files\n");
        self.world.file("/etc/nsswitch.conf", switch);
        self.world.file(
            "/etc/hosts",
            "127.0.0.1 localhost\n127.0.0.2 good.example.test\n127.0.0.9 pc.evil.test\n\
             127.0.0.33 other.example.test liar.example.test\n127.0.0.3 liar.example.test\n",
        );
        Ok(())
    }

    fn call(&self, job: &Job) -> Call {
        let folder = format!("/srv/{}", job.target.side.name());
        let asker = self.made.join(job.target.side.name()).join("asker");
        let asker = asker.to_string_lossy().into_owned();
        let questions = if job.target.program == Program::Thrice {
            "3"
        } else {
            "1"
        };
        let mut program: Vec<String> = match job.target.program {
            Program::Tcpd => vec!["svcd".into()],
            _ => vec![asker, "-q".into(), questions.into()],
        };
        // Limits that the program is started with; `launch` sets them, or the program itself sets them late.
        let mut launch: Vec<String> = vec!["-c".into(), "9".into()];
        match (&job.fault, job.target.program) {
            (Some(Fault::Files(count)), Program::Tcpd) => {
                launch.extend(["-n".into(), count.to_string()]);
            }
            (Some(Fault::Files(count)), _) => program.extend(["-n".into(), count.to_string()]),
            (Some(Fault::Space(bytes)), _) => launch.extend(["-m".into(), bytes.to_string()]),
            (Some(Fault::Memory(bytes)), _) => program.extend(["-m".into(), bytes.to_string()]),
            _ => {}
        }
        if job.question.policy().rights {
            program.push("report".into());
        }
        let call = Call::new()
            .from(job.question.client())
            .env("PATH", format!("{folder}:/usr/bin:/bin"));
        let words = |words: &[String]| -> Vec<String> { words.to_vec() };
        let strace = self.strace(job);
        let (path, arguments) = match strace {
            Some(options) => (
                self.strace.to_string_lossy().into_owned(),
                [options, words(&program)].concat(),
            ),
            None => {
                let first = program.remove(0);
                let path = match job.target.program {
                    Program::Tcpd => format!("{folder}/svcd"),
                    _ => first.clone(),
                };
                launch.extend(["-a".into(), first]);
                (path, program)
            }
        };
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let launch: Vec<_> = launch.iter().map(String::as_str).collect();
        call.program(&path).args(&arguments).launch(&launch)
    }

    /// strace's options; none if it has nothing to do.
    fn strace(&self, job: &Job) -> Option<Vec<String>> {
        let (scope, marks) = match (job.view, &job.fault) {
            (View::All(scope, marks), _) => (scope, marks),
            (View::Hits(marks), Some(Fault::Calls(scope, ..))) => (*scope, marks),
            _ => return None,
        };
        let mut options: Vec<String> = [
            "-q",
            "-b",
            "execve",
            "-o",
            TRACE,
            "-E",
            "PATH=/usr/bin:/bin",
        ]
        .map(str::to_owned)
        .into();
        if scope == Scope::Everyone {
            options.push("-f".into());
        }
        if marks {
            let library = self.made.join("markers.so");
            options.extend(["-E".into(), format!("LD_PRELOAD={}", library.display())]);
        }
        // What is not traced is not injected either.
        let mut traced = Vec::new();
        let mut inject = |call: &str, what: &str| {
            // A call that this machine does not have is passed over.
            options.extend(["-e".into(), format!("inject=?{call}:{what}")]);
            traced.push(format!("?{call}"));
        };
        if scope == Scope::InPlace {
            inject("clone3", "error=EAGAIN");
        }
        // The five seconds' sleep of the original's refusal.
        if job.target.side == Side::Debian {
            inject("clock_nanosleep", "retval=0");
        }
        if let Some(Fault::Calls(_, hits, how)) = &job.fault {
            for hit in hits {
                let what = match how {
                    How::Error(_) if hit.call == "brk" => "retval=0".into(),
                    How::Error(name) => format!("error={name}"),
                    How::Signal(name) => format!("signal={name}"),
                };
                let more = if hit.lasting { "+" } else { "" };
                inject(&hit.call, &format!("{what}:when={}{more}", hit.time));
            }
        }
        if let View::Hits(_) = job.view {
            if marks {
                traced.push("mkdirat".to_owned());
            }
            options.extend(["-e".into(), format!("trace={}", traced.join(","))]);
        }
        options.push("--".into());
        Some(options)
    }
}

/// A program on the path.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let places = std::env::split_paths(&path).map(|folder| folder.join(name));
    places.into_iter().find(|place| place.exists())
}

/// Ends all processes of this process namespace but this one, which is its first.
fn end_all() -> Result<()> {
    ensure!(
        getpid() == Pid::from_raw(1),
        "not in a namespace of its own"
    );
    match kill(Pid::from_raw(-1), Signal::SIGKILL) {
        Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Waits for what has been left to the first process: daemons that strace has let go.
fn reap() {
    while waitpid(None, Some(WaitPidFlag::WNOHANG))
        .is_ok_and(|status| status != WaitStatus::StillAlive)
    {}
}
