//! What a table costs that does not match: a million rules, and a list of a million addresses.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::machine::{DAEMON, Machine, STRANGER};
use crate::programs::{Programs, Usage};
use crate::table::{Samples, Table};

/// Rounds; each runs every program on the same table.
const ROUNDS: usize = 15;

/// How many rules or addresses.
const MILLION: u32 = 1_000_000;

/// So many addresses of 10.0.0.0/8, spread over it.
pub(crate) fn addresses(count: u32) -> impl Iterator<Item = String> {
    (0..count).map(|number| {
        // An odd factor: a permutation of the 24 bits, so no address comes twice.
        let [_, a, b, c] = (number.wrapping_mul(0x9E_37_79) & 0xff_ffff).to_be_bytes();
        format!("10.{a}.{b}.{c}")
    })
}

/// A table that is measured.
pub(crate) struct Subject {
    /// What it is.
    pub(crate) name: &'static str,
    /// hosts.allow; hosts.deny is empty.
    pub(crate) allow: String,
}

/// The tables, each with so many entries.
pub(crate) fn subjects(machine: &Machine, count: u32) -> Result<Vec<Subject>> {
    let list = machine.file("list", addresses(count))?;
    let rules = |rule: &dyn Fn(String) -> String| addresses(count).map(rule).collect();
    Ok(vec![
        Subject {
            name: "no rule",
            allow: String::new(),
        },
        Subject {
            name: "one-client rules",
            allow: rules(&|address| format!("{DAEMON}: {address}\n")),
        },
        Subject {
            name: "one-client rules with an option",
            allow: rules(&|address| format!("ALL: {address} : deny\n")),
        },
        Subject {
            name: "rules for nets",
            allow: rules(&|address| format!("{DAEMON}: {address}/255.255.255.0\n")),
        },
        Subject {
            name: "rules for names",
            allow: rules(&|address| format!("{DAEMON}: h{address}.example.org\n")),
        },
        Subject {
            name: "one rule with a /file list",
            allow: format!("{DAEMON}: {}\n", list.display()),
        },
    ])
}

/// The command that asks tcpdmatch about a client that nothing matches.
pub(crate) fn question(command: &mut Command) -> &mut Command {
    command
        .args(["-i", "/etc/inetd.conf", DAEMON, STRANGER])
        .stdin(Stdio::null())
}

fn time(program: &Path) -> Result<Duration> {
    let mut command = Command::new(program);
    let start = Instant::now();
    let output = question(&mut command).output()?;
    let time = start.elapsed();
    expect_no_match(&output.stdout)?;
    Ok(time)
}

/// Fails unless the whole table was searched in vain.
pub(crate) fn expect_no_match(stdout: &[u8]) -> Result<()> {
    let text = String::from_utf8_lossy(stdout);
    ensure!(
        text.contains("granted") && !text.contains("matched"),
        "tcpdmatch said: {text}"
    );
    Ok(())
}

fn usage(programs: &Programs, program: &Path) -> Result<Usage> {
    let mut command = Command::new(&programs.usage);
    let output = question(command.args([program, program])).output()?;
    Usage::read(&output.stderr)
}

/// Times and memory of both tcpdmatch with each table.
pub(crate) fn measure(machine: &Machine, programs: &Programs, table: &mut Table) -> Result<()> {
    for subject in subjects(machine, MILLION)? {
        machine.tables(&subject.allow, "")?;
        let mut samples = [Samples::default(), Samples::default()];
        for _ in 0..ROUNDS {
            // Debian's tcpdmatch logs, and would wait for a full log socket for ever.
            machine.take_log();
            samples[0].add(time(&programs.debian_tcpdmatch)?);
            samples[1].add(time(&programs.tcpdmatch)?);
        }
        machine.take_log();
        let name = subject.name;
        let debian = usage(programs, &programs.debian_tcpdmatch)?;
        let ours = usage(programs, &programs.tcpdmatch)?;
        let ratio = samples[0].median() / samples[1].median();
        table.times(
            &format!("Debian's tcpdmatch, {name}"),
            &samples[0],
            format!("peak {} KiB", debian.peak),
        );
        table.times(
            &format!("our tcpdmatch, {name}"),
            &samples[1],
            format!(
                "peak {} KiB; Debian's takes {ratio:.1} x as long",
                ours.peak
            ),
        );
    }
    Ok(())
}
