//! What a table costs that does not match: a million rules, and a list of a million addresses.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::machine::{DAEMON, Machine, STRANGER, STRANGER6};
use crate::programs::{Programs, counts};
use crate::table::{Samples, Table};

/// Rounds; each runs every program on the same table.
const ROUNDS: usize = 15;

/// How many rules or addresses.
const MILLION: u32 = 1_000_000;

/// So many numbers of three bytes, spread over all there are. None comes twice: the factor is odd.
pub(crate) fn numbers(count: u32) -> impl Iterator<Item = [u8; 3]> {
    (0..count).map(|number| {
        let [_, a, b, c] = (number.wrapping_mul(0x9E_37_79) & 0xff_ffff).to_be_bytes();
        [a, b, c]
    })
}

/// An address of 10.0.0.0/8.
pub(crate) fn address([a, b, c]: [u8; 3]) -> String {
    format!("10.{a}.{b}.{c}")
}

/// A net of 2001:db8::/32.
fn net6([a, b, c]: [u8; 3]) -> String {
    format!("[2001:db8:{a:x}:{b:x}{c:02x}::]/64")
}

/// A table that is measured.
pub(crate) struct Subject {
    /// What it is.
    pub(crate) name: &'static str,
    /// Who asks.
    pub(crate) client: &'static str,
    /// hosts.allow; hosts.deny is empty.
    pub(crate) allow: String,
}

/// The tables, each with so many entries.
pub(crate) fn subjects(machine: &Machine, count: u32) -> Result<Vec<Subject>> {
    let rules = |name, client, rule: &dyn Fn([u8; 3]) -> String| Subject {
        name,
        client,
        allow: numbers(count).map(|number| rule(number) + "\n").collect(),
    };
    let list = |name, client, file, entry: fn([u8; 3]) -> String| -> Result<Subject> {
        let path = machine.file(file, numbers(count).map(entry))?;
        let allow = format!("{DAEMON}: {}\n", path.display());
        Ok(Subject {
            name,
            client,
            allow,
        })
    };
    let empty = Subject {
        name: "no rule",
        client: STRANGER,
        allow: String::new(),
    };
    Ok(vec![
        empty,
        rules("one-client rules", STRANGER, &|number| {
            format!("{DAEMON}: {}", address(number))
        }),
        rules("one-client rules with an option", STRANGER, &|number| {
            format!("ALL: {} : deny", address(number))
        }),
        rules("rules for nets with a mask", STRANGER, &|number| {
            format!("{DAEMON}: {}/255.255.255.0", address(number))
        }),
        rules("rules for nets with a length", STRANGER, &|number| {
            format!("{DAEMON}: {}/24", address(number))
        }),
        rules("rules for nets with a final dot", STRANGER, &|[a, b, _]| {
            format!("{DAEMON}: 10.{a}.{b}.")
        }),
        rules("rules for names", STRANGER, &|number| {
            format!("{DAEMON}: h{}.example.org", address(number))
        }),
        rules("rules for IPv6 addresses", STRANGER6, &|[a, b, c]| {
            format!("{DAEMON}: [2001:db8:{a:x}:{b:x}::{c:x}]")
        }),
        rules("rules for IPv6 nets", STRANGER6, &|number| {
            format!("{DAEMON}: {}", net6(number))
        }),
        list("one rule with a /file list", STRANGER, "list", address)?,
        list("a /file list of nets", STRANGER, "nets", |number| {
            address(number) + "/24"
        })?,
        list("a /file list of IPv6 nets", STRANGER6, "nets6", net6)?,
    ])
}

/// The command that asks tcpdmatch about a client that nothing matches.
pub(crate) fn question<'c>(command: &'c mut Command, client: &str) -> &'c mut Command {
    command
        .args(["-i", "/etc/inetd.conf", DAEMON, client])
        .stdin(Stdio::null())
}

fn time(program: &Path, client: &str) -> Result<Duration> {
    let mut command = Command::new(program);
    let start = Instant::now();
    let output = question(&mut command, client).output()?;
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

/// Peak memory of a question, in KiB.
fn peak(programs: &Programs, program: &Path, client: &str) -> Result<u64> {
    let mut command = Command::new(&programs.usage);
    let output = question(command.args([program, program]), client).output()?;
    let [peak, _] = counts(&output.stderr)?;
    Ok(peak)
}

/// Times and memory of both tcpdmatch with each table.
pub(crate) fn measure(machine: &Machine, programs: &Programs, table: &mut Table) -> Result<()> {
    for subject in subjects(machine, MILLION)? {
        machine.tables(&subject.allow, "")?;
        let mut samples = [Samples::default(), Samples::default()];
        for _ in 0..ROUNDS {
            // Debian's tcpdmatch logs, and would wait for a full log socket for ever.
            machine.take_log();
            samples[0].add(time(&programs.debian_tcpdmatch, subject.client)?);
            samples[1].add(time(&programs.tcpdmatch, subject.client)?);
        }
        machine.take_log();
        let name = subject.name;
        let debian = peak(programs, &programs.debian_tcpdmatch, subject.client)?;
        let ours = peak(programs, &programs.tcpdmatch, subject.client)?;
        let ratio = samples[0].median() / samples[1].median();
        table.times(
            &format!("Debian's tcpdmatch, {name}"),
            &samples[0],
            format!("peak {debian} KiB"),
        );
        table.times(
            &format!("our tcpdmatch, {name}"),
            &samples[1],
            format!("peak {ours} KiB; Debian's takes {ratio:.1} x as long"),
        );
    }
    Ok(())
}
