//! What a program between inetd and the daemon adds to a connection.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::machine::Machine;
use crate::programs::{Programs, Usage, counts};
use crate::table::{Samples, Table, shown};

/// Rounds; each runs every program once, so whatever disturbs the machine disturbs all alike.
const ROUNDS: usize = 1000;

/// A connection on which programs are started as inetd starts them. All starts share it: a new one
/// each time would measure the network.
pub(crate) struct Service {
    server: TcpStream,
    client: TcpStream,
}

impl Service {
    /// Connects over loopback.
    pub(crate) fn connect() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (server, _) = listener.accept()?;
        client.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self { server, client })
    }

    /// The command that starts a program on the connection.
    pub(crate) fn command(&self, program: &Path) -> Result<Command> {
        let descriptor = || self.server.try_clone().map(OwnedFd::from).map(Stdio::from);
        let mut command = Command::new(program);
        command.stdin(descriptor()?).stdout(descriptor()?);
        Ok(command)
    }

    /// Fails unless the daemon has served.
    fn expect_served(&mut self) -> Result<()> {
        let mut answer = [0; 7];
        self.client.read_exact(&mut answer)?;
        ensure!(&answer == b"served\n", "the daemon did not answer");
        Ok(())
    }

    /// Starts a program as the daemon `argv0`; the time until it ends.
    fn time(&mut self, program: &Path, argv0: &Path) -> Result<Duration> {
        let mut command = self.command(program)?;
        command.arg0(argv0);
        let start = Instant::now();
        let status = command.spawn()?.wait()?;
        let time = start.elapsed();
        ensure!(status.success(), "{}: {status}", program.display());
        self.expect_served()?;
        Ok(time)
    }

    /// What the program has used by the time the daemon ends.
    pub(crate) fn usage(&mut self, programs: &Programs, program: &Path) -> Result<Usage> {
        let [peak, faults] = counts(&self.report(&programs.usage, program, &programs.daemon)?)?;
        let [syscalls] = counts(&self.report(&programs.syscalls, program, &programs.daemon)?)?;
        Ok(Usage {
            peak,
            faults,
            syscalls,
        })
    }

    /// What an observer reports of a program as the daemon `argv0`.
    fn report(&mut self, observer: &Path, program: &Path, argv0: &Path) -> Result<Vec<u8>> {
        let output = self
            .command(observer)?
            .args([program, argv0])
            .stdout(Stdio::from(OwnedFd::from(self.server.try_clone()?)))
            .stderr(Stdio::piped())
            .spawn()?
            .wait_with_output()?;
        self.expect_served()?;
        Ok(output.stderr)
    }
}

/// Small tables, as most machines have them.
pub(crate) fn small_tables(machine: &Machine) -> Result<()> {
    machine.tables("svcd: 127.0.0.1\n", "ALL: ALL\n")
}

/// Time and memory of each program in front of the daemon.
pub(crate) fn measure(machine: &Machine, programs: &Programs, table: &mut Table) -> Result<()> {
    small_tables(machine)?;
    let mut service = Service::connect()?;
    let subjects = [
        ("daemon alone", &programs.daemon),
        (
            "+ the floor: a static C program that only executes it",
            &programs.floor,
        ),
        (
            "+ the same program, linked dynamically",
            &programs.dynamic_floor,
        ),
        ("+ Debian's tcpd", &programs.debian_tcpd),
        ("+ our tcpd", &programs.tcpd),
    ];
    let mut samples = subjects.map(|_| Samples::default());
    for round in 0..ROUNDS {
        // Another one begins each round: what runs before a program may cost it something.
        for turn in 0..subjects.len() {
            let number = (round + turn) % subjects.len();
            let (name, program) = subjects[number];
            samples[number].add(service.time(program, &programs.daemon)?);
            if name.ends_with("tcpd") {
                machine.expect_log("connect from 127.0.0.1")?;
            }
        }
    }
    // On a busy machine the median is other programs' time too; the quietest tenth has less of it.
    let added = |subject: usize| {
        let [median, quiet] = [0.5, 0.1].map(|share| {
            let [alone, floor, _, debian, _] = samples.each_ref().map(|one| one.quantile(share));
            let added = samples[subject].quantile(share) - alone;
            (added, added / (floor - alone), added / (debian - alone))
        });
        format!(
            "adds {} = {:.2} x the floor, {:.2} x Debian's; in the quietest tenth {} = {:.2} x, {:.2} x",
            shown(median.0),
            median.1,
            median.2,
            shown(quiet.0),
            quiet.1,
            quiet.2
        )
    };
    let ratios = [String::new()]
        .into_iter()
        .chain((1..subjects.len()).map(added));
    for (((name, _), samples), ratio) in subjects.iter().zip(&samples).zip(ratios) {
        table.times(name, samples, ratio);
    }
    let used = service.usage(programs, &programs.debian_tcpd)?;
    for (name, program) in subjects {
        let usage = service.usage(programs, program)?;
        table.row(
            &format!("{name}: peak memory"),
            format!("{} KiB", usage.peak),
            format!(
                "{} page faults, {} system calls",
                usage.faults, usage.syscalls
            ),
            format!("{:.2} x Debian's", usage.peak as f64 / used.peak as f64),
        );
    }
    machine.take_log();
    Ok(())
}
