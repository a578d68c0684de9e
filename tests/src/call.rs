//! One run of the program under test, started on a socket as a super-server does.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use socket2::Socket;

use crate::net::{Endpoint, Pair, connect, descriptor};
use crate::syslog::readable;
use crate::{Client, Record, World};

/// How the program is started: by which client, under which name, in which state.
#[derive(Clone, Debug)]
pub struct Call {
    from: Endpoint,
    at: Option<Endpoint>,
    port: u16,
    client_port: u16,
    program: String,
    argv0: Option<String>,
    args: Vec<String>,
    env: Vec<(String, OsString)>,
    launch: Vec<String>,
    sends: Vec<u8>,
    cwd: String,
    patience: Duration,
}

/// What the connection came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The daemon served the client.
    Granted,
    /// The log says so, and the daemon did not run.
    Refused,
    /// Another command took the daemon's place.
    Twisted,
    /// None of these.
    None,
}

/// All that can be seen of one run.
#[derive(Debug)]
pub struct Outcome {
    /// What it came to.
    pub verdict: Verdict,
    /// What the process logged, in order. Without debug records: see [`Outcome::debug`].
    pub log: Vec<Record>,
    /// Its records of level debug; the original has none.
    pub debug: Vec<Record>,
    /// What the client read, without the daemon's own `served` line.
    pub read: String,
    /// How the process ended; nothing if it still holds a refused connection, or is stuck.
    pub status: Option<ExitStatus>,
    /// Whether the datagram is still queued.
    pub queued: bool,
    /// The process id.
    pub pid: u32,
    /// The client's port.
    pub port: u16,
    /// Time until the verdict was known.
    pub took: Duration,
}

impl Default for Call {
    fn default() -> Self {
        Self {
            from: "127.0.0.1".into(),
            at: None,
            port: 0,
            client_port: 0,
            program: "/usr/sbin/tcpd".into(),
            argv0: Some("/srv/svcd".into()),
            args: Vec::new(),
            env: vec![("PATH".into(), "/usr/bin:/bin".into())],
            launch: Vec::new(),
            sends: Vec::new(),
            cwd: "/".into(),
            patience: Duration::from_secs(15),
        }
    }
}

impl Call {
    /// A client at 127.0.0.1, the daemon `/srv/svcd`.
    pub fn new() -> Self {
        Self::default()
    }

    /// The client; see [`Endpoint`] for the forms.
    pub fn from(mut self, client: &str) -> Self {
        self.from = client.into();
        self
    }

    /// The server's address, where it is not the usual one of the client's family.
    pub fn at(mut self, server: &str) -> Self {
        self.at = Some(server.into());
        self
    }

    /// The server's port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The client's port.
    pub fn client_port(mut self, port: u16) -> Self {
        self.client_port = port;
        self
    }

    /// The program, where it is not `/usr/sbin/tcpd`.
    pub fn program(mut self, program: &str) -> Self {
        self.program = program.into();
        self.argv0 = None;
        self
    }

    /// The program's name for itself: for tcpd, the daemon.
    pub fn argv0(mut self, name: &str) -> Self {
        self.argv0 = Some(name.into());
        self
    }

    /// The further arguments.
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args = args.iter().map(|arg| (*arg).into()).collect();
        self
    }

    /// Adds an environment variable; there is just PATH otherwise.
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Options of `tests/helpers/launch.c`: closed descriptors, signals, user, ...
    pub fn launch(mut self, options: &[&str]) -> Self {
        self.launch = options.iter().map(|option| (*option).into()).collect();
        self
    }

    /// What the client sends before the program starts.
    pub fn sends(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.sends = bytes.as_ref().to_vec();
        self
    }

    /// The working directory.
    pub fn cwd(mut self, directory: &str) -> Self {
        self.cwd = directory.into();
        self
    }

    /// How long the verdict may take.
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// The client's address as it is logged.
    pub(crate) fn shown(&self) -> &str {
        &self.from.shown
    }

    /// The command, on these descriptors.
    pub fn command(&self, streams: [Stdio; 3]) -> Command {
        let mut command = if self.launch.is_empty() {
            let mut command = Command::new(&self.program);
            if let Some(name) = &self.argv0 {
                command.arg0(name);
            }
            command
        } else {
            let mut command = Command::new("/srv/launch");
            if let Some(name) = &self.argv0 {
                command.args(["-a", name]);
            }
            command.args(&self.launch).arg("--").arg(&self.program);
            command
        };
        let [stdin, stdout, stderr] = streams;
        command
            .args(&self.args)
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
            .current_dir(&self.cwd)
            .stdin(stdin)
            .stdout(stdout)
            .stderr(stderr);
        command
    }

    /// Connects and starts the program; the caller follows what happens.
    pub fn start(&self) -> Running {
        let Pair { server, client } =
            connect(&self.from, self.at.as_ref(), self.port, self.client_port);
        if self.from.is_udp() || !self.sends.is_empty() {
            let bytes: &[u8] = if self.sends.is_empty() {
                b"hello"
            } else {
                &self.sends
            };
            client.socket.send(bytes).expect("send to the server");
        }
        self.start_on(server, client)
    }

    /// Starts the program on a socket that the caller made.
    pub fn start_on(&self, server: Socket, client: Client) -> Running {
        let streams = [(); 3].map(|()| Stdio::from(descriptor(&server)));
        let child = self.command(streams).spawn().expect("start the program");
        let udp = self.from.is_udp().then_some(server);
        Running {
            child,
            client,
            udp,
            started: Instant::now(),
            patience: self.patience,
        }
    }

    /// Runs to the verdict.
    pub(crate) fn run(&self, world: &World) -> Outcome {
        self.start().outcome(world)
    }
}

impl Outcome {
    /// The lines of the daemon's report that begin so; see `tests/helpers/probe.c`.
    pub fn facts(&self, start: &str) -> Vec<&str> {
        self.read
            .lines()
            .filter(|line| line.starts_with(start))
            .collect()
    }

    /// The texts of the log, without priorities.
    pub fn texts(&self) -> Vec<&str> {
        self.log.iter().map(|record| record.text.as_str()).collect()
    }
}

/// A started program and its client.
pub struct Running {
    /// The program.
    pub child: Child,
    /// Its client.
    pub client: Client,
    udp: Option<Socket>,
    started: Instant,
    patience: Duration,
}

impl Running {
    /// Waits for the verdict and gathers all there is. A process that holds its refused
    /// client, as the original does for five seconds, is left alone.
    pub fn outcome(mut self, world: &World) -> Outcome {
        let pid = self.child.id();
        let status = self.wait(world, pid);
        let took = self.started.elapsed();
        let (debug, log): (Vec<_>, Vec<_>) = world
            .log
            .of(pid)
            .into_iter()
            .partition(|record| record.priority.ends_with(".debug"));
        let patience = match (&self.udp, status) {
            // The last writer is gone, or just about to be.
            (None, Some(_)) => Duration::from_secs(2),
            _ => Duration::from_millis(1),
        };
        let bytes = readable(&self.client.read_all(patience));
        let (served, read) = match bytes.strip_suffix("served\n") {
            Some(before) => (true, before.to_string()),
            None => (false, bytes),
        };
        let verdict = judge(served, &log);
        let queued = self
            .udp
            .as_ref()
            .is_some_and(|socket| still_queued(socket, verdict));
        let port = self.client.port;
        Outcome {
            verdict,
            log,
            debug,
            read,
            status,
            queued,
            pid,
            port,
            took,
        }
    }

    /// The exit status, or nothing once the refusal is logged or the time is over.
    fn wait(&mut self, world: &World, pid: u32) -> Option<ExitStatus> {
        let deadline = self.started + self.patience;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().expect("wait for the program") {
                return Some(status);
            }
            if world.subject == crate::Subject::Debian
                && world
                    .log
                    .any(|record| record.pid == pid && is_refusal(&record.text))
            {
                return None;
            }
            std::thread::sleep(Duration::from_micros(300));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        None
    }
}

fn is_refusal(text: &str) -> bool {
    text.starts_with("refused connect from ") && !text.ends_with(" with IP source routing options")
}

fn judge(served: bool, log: &[Record]) -> Verdict {
    let says = |start: &str| log.iter().any(|record| record.text.starts_with(start));
    if served {
        Verdict::Granted
    } else if log.iter().any(|record| is_refusal(&record.text)) {
        Verdict::Refused
    } else if says("twist ") {
        Verdict::Twisted
    } else {
        Verdict::None
    }
}

/// Whether a datagram waits. A refused one is discarded just after the log line.
fn still_queued(socket: &Socket, verdict: Verdict) -> bool {
    let patience = if verdict == Verdict::Refused { 1000 } else { 0 };
    socket.set_nonblocking(true).expect("do not block");
    let deadline = Instant::now() + Duration::from_millis(patience);
    loop {
        let mut buffer = [std::mem::MaybeUninit::uninit(); 16];
        if socket.peek(&mut buffer).is_err() {
            return false;
        }
        if Instant::now() >= deadline {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A descriptor of a file, for [`Call::command`].
impl Call {
    /// Runs on three descriptors that are no connection; gives the outcome without a client.
    pub fn run_on(
        &self,
        world: &World,
        streams: [OwnedFd; 3],
    ) -> (Option<ExitStatus>, Vec<Record>, Duration) {
        let started = Instant::now();
        let mut child = self
            .command(streams.map(Stdio::from))
            .spawn()
            .expect("start the program");
        let pid = child.id();
        let deadline = started + self.patience;
        let mut status = None;
        while status.is_none() && Instant::now() < deadline {
            status = child.try_wait().expect("wait for the program");
            std::thread::sleep(Duration::from_millis(1));
        }
        let took = started.elapsed();
        let _ = child.kill();
        let _ = child.wait();
        (status, world.log.of(pid), took)
    }
}
