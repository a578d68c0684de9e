//! What a call of libwrap costs a process that serves many clients.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::machine::{DAEMON, Machine, STRANGER};
use crate::programs::{Library, Programs, counts};
use crate::scan::{address, numbers};
use crate::table::{Samples, Table};

/// Rounds; each runs the program with every library.
const ROUNDS: usize = 7;

/// Tables and how often they are asked.
pub(crate) struct Subject {
    /// What they are.
    pub(crate) name: &'static str,
    /// hosts.allow.
    allow: String,
    /// hosts.deny.
    deny: &'static str,
    /// Calls of each library in one round: Debian's and ours.
    calls: [u32; 2],
}

/// The tables that are asked.
pub(crate) fn subjects(machine: &Machine) -> Result<Vec<Subject>> {
    let rules = |count| -> String {
        numbers(count)
            .map(|number| format!("{DAEMON}: {}\n", address(number)))
            .collect()
    };
    let list = machine.file("called-list", numbers(1_000_000).map(address))?;
    Ok(vec![
        Subject {
            name: "2 rules, granted by the first",
            allow: format!("{DAEMON}: {STRANGER}\n"),
            deny: "ALL: ALL\n",
            calls: [10_000, 10_000],
        },
        Subject {
            name: "2 rules, neither matches",
            allow: format!("{DAEMON}: 10.0.0.1\n"),
            deny: "ALL: 10.0.0.2\n",
            calls: [10_000, 10_000],
        },
        Subject {
            name: "10,000 rules",
            allow: rules(10_000),
            deny: "",
            calls: [50, 10_000],
        },
        Subject {
            name: "1,000,000 rules",
            allow: rules(1_000_000),
            deny: "",
            calls: [2, 10_000],
        },
        Subject {
            name: "a /file list of 1,000,000",
            allow: format!("{DAEMON}: {}\n", list.display()),
            deny: "",
            calls: [2, 10_000],
        },
    ])
}

impl Subject {
    /// Puts the tables in place.
    pub(crate) fn install(&self, machine: &Machine) -> Result<()> {
        machine.tables(&self.allow, self.deny)
    }
}

/// The program's command line.
pub(crate) fn arguments(programs: &Programs, calls: u32) -> [String; 3] {
    let program = programs.calls.display().to_string();
    [program, calls.to_string(), STRANGER.to_owned()]
}

/// Verdict and time of one call.
fn time(programs: &Programs, library: &Library, calls: u32) -> Result<(String, Duration)> {
    let [program, calls, client] = arguments(programs, calls);
    let output = Command::new(program)
        .args([calls, client])
        .env("LD_LIBRARY_PATH", library.path())
        .output()
        .context("calls")?;
    ensure!(output.status.success(), "calls: {}", output.status);
    let said = String::from_utf8(output.stdout)?;
    match said.trim().split_once(' ') {
        Some((verdict, time)) => Ok((verdict.to_owned(), Duration::from_nanos(time.parse()?))),
        None => bail!("calls said: {said}"),
    }
}

/// Peak memory of a process that holds the tables, in KiB.
fn peak(programs: &Programs, library: &Library) -> Result<u64> {
    let [program, calls, client] = arguments(programs, 1);
    let output = Command::new(&programs.usage)
        .args([&program, &program, &calls, &client])
        .env("LD_LIBRARY_PATH", library.path())
        .output()?;
    let [peak, _] = counts(&output.stderr)?;
    Ok(peak)
}

/// Times and memory of a call with each library.
pub(crate) fn measure(machine: &Machine, programs: &Programs, table: &mut Table) -> Result<()> {
    for subject in subjects(machine)? {
        subject.install(machine)?;
        let libraries = [&programs.debian_library, &programs.library];
        let mut samples = [Samples::default(), Samples::default()];
        for _ in 0..ROUNDS {
            let mut verdicts = Vec::new();
            for ((library, samples), calls) in libraries.iter().zip(&mut samples).zip(subject.calls)
            {
                let (verdict, time) = time(programs, library, calls)?;
                machine.take_log();
                verdicts.push(verdict);
                samples.add(time);
            }
            ensure!(verdicts[0] == verdicts[1], "{}: {verdicts:?}", subject.name);
        }
        let [debian, ours] = samples;
        let ratio = debian.median() / ours.median();
        for (whose, samples, library, compared) in [
            ("Debian's libwrap", &debian, libraries[0], String::new()),
            (
                "our libwrap",
                &ours,
                libraries[1],
                format!("; Debian's takes {ratio:.1} x as long"),
            ),
        ] {
            let peak = peak(programs, library)?;
            machine.take_log();
            table.times(
                &format!("{whose}, {}", subject.name),
                samples,
                format!("peak {peak} KiB{compared}"),
            );
        }
    }
    Ok(())
}
