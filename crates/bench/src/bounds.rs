//! The short form for CI: counts that do not depend on how busy the machine is.
//!
//! Instructions come from callgrind, which sees user space only; page faults and peak memory from
//! the kernel. Each bound leaves some room to what was measured when it was set.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::machine::{DAEMON, Machine, STRANGER};
use crate::programs::Programs;
use crate::scan::{expect_no_match, question, subjects};
use crate::startup::{Service, small_tables};

/// Entries of the tables: fewer than the full form has, since callgrind is slow.
const ENTRIES: u32 = 50_000;

/// For each table of [`subjects`], how many times our instructions Debian's tcpdmatch must take.
const SCAN_BOUNDS: [(&str, f64); 11] = [
    ("one-client rules", 24.0),
    ("one-client rules with an option", 18.0),
    ("rules for nets with a mask", 19.0),
    ("rules for nets with a length", 18.0),
    ("rules for nets with a final dot", 17.0),
    ("rules for names", 16.0),
    ("rules for IPv6 addresses", 16.0),
    ("rules for IPv6 nets", 11.5),
    ("one rule with a /file list", 20.0),
    ("a /file list of nets", 16.0),
    ("a /file list of IPv6 nets", 10.5),
];

/// A rule for another service, with options that this one has no use for.
const FOREIGN_RULE: &str = "other, another@192.0.2.1: .example.org EXCEPT @group: \
    severity mail.crit: banners /b: spawn (echo %a | mail %d): rfc931 3: twist echo no\n";

/// How many times the instructions of a question that rule may cost.
const FOREIGN_BOUND: f64 = 1.01;

/// The most that tcpd may use of what Debian's does.
const TCPD_BOUNDS: [(&str, f64); 3] = [
    ("peak memory", 0.9),
    ("page faults", 0.65),
    ("system calls", 0.6),
];

/// Fails if a ratio passes its bound.
pub(crate) fn check(machine: &Machine, programs: &Programs) -> Result<()> {
    let mut failures = 0;
    let mut report = |what: &str, ratio: f64, bound: f64, holds: bool| {
        let verdict = if holds { "ok" } else { "FAILED" };
        println!("bench: {what}: {ratio:.2}, bound {bound:.2}: {verdict}");
        failures += usize::from(!holds);
    };
    for subject in subjects(machine, ENTRIES)? {
        let bounds = SCAN_BOUNDS.iter();
        let Some((name, bound)) = bounds.into_iter().find(|(name, _)| *name == subject.name) else {
            continue;
        };
        machine.tables(&subject.allow, "")?;
        let debian = instructions(machine, &programs.debian_tcpdmatch, subject.client)?;
        let ours = instructions(machine, &programs.tcpdmatch, subject.client)?;
        let ratio = debian / ours;
        let what = format!("instructions of Debian's tcpdmatch to ours, {name}");
        report(&what, ratio, *bound, ratio >= *bound);
    }
    let own = format!("{DAEMON}: 192.0.2.8\n");
    let [alone, with_foreign] = [own.clone(), format!("{FOREIGN_RULE}{own}")].map(|allow| {
        machine.tables(&allow, "")?;
        instructions(machine, &programs.tcpdmatch, STRANGER)
    });
    let ratio = with_foreign? / alone?;
    let what = "instructions with a rule for another service to those without";
    report(what, ratio, FOREIGN_BOUND, ratio <= FOREIGN_BOUND);
    small_tables(machine)?;
    let mut service = Service::connect()?;
    let debian = service.usage(programs, &programs.debian_tcpd)?;
    let ours = service.usage(programs, &programs.tcpd)?;
    let ratios = [
        ours.peak as f64 / debian.peak as f64,
        ours.faults as f64 / debian.faults as f64,
        ours.syscalls as f64 / debian.syscalls as f64,
    ];
    for ((name, bound), ratio) in TCPD_BOUNDS.iter().zip(ratios) {
        let what = format!("our tcpd to Debian's, {name}");
        report(&what, ratio, *bound, ratio <= *bound);
    }
    ensure!(
        failures == 0,
        "{failures} ratios are worse than their bound"
    );
    Ok(())
}

/// Instructions of tcpdmatch on the tables as they are.
fn instructions(machine: &Machine, program: &Path, client: &str) -> Result<f64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    let output = question(command.arg(program), client)
        .output()
        .context("valgrind: install it, as make bench-check does as root")?;
    machine.take_log();
    expect_no_match(&output.stdout)?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.rsplit("refs:").next().unwrap_or_default();
    match count.trim().replace(',', "").parse() {
        Ok(count) => Ok(count),
        Err(_) => bail!("valgrind said: {said}"),
    }
}
