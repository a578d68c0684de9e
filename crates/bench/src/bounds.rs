//! The short form for CI: counts that do not depend on how busy the machine is.
//!
//! Instructions come from callgrind, which sees user space only; page faults and peak memory from
//! the kernel. Each bound leaves some room to what was measured when it was set.

use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};

use crate::calls;
use crate::machine::{DAEMON, Machine, STRANGER};
use crate::programs::{Library, Programs};
use crate::scan::{expect_no_match, question, subjects};
use crate::startup::{Service, small_tables};

/// Entries of the tables: fewer than the full form has, since callgrind is slow.
const ENTRIES: u32 = 50_000;

/// For each table of [`subjects`], how many times our instructions Debian's tcpdmatch must take, on a
/// machine with AVX.
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

/// For each table, how many times the instructions of a call of ours Debian's libwrap must take.
const CALL_BOUNDS: [(&str, f64); 2] = [("2 rules, neither matches", 1.0), ("10,000 rules", 1000.0)];

/// Calls that are counted: the difference of both counts.
const CALLS: [u32; 2] = [10, 30];

/// The most that tcpd may use of what Debian's does.
const TCPD_BOUNDS: [(&str, f64); 3] = [
    ("peak memory", 0.9),
    ("page faults", 0.65),
    ("system calls", 0.6),
];

/// What is left of [`SCAN_BOUNDS`] on a machine without AVX, where the scan takes twice the steps.
const WITHOUT_AVX: f64 = 0.7;

/// What is left of them here.
fn share_of_bounds() -> f64 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx") {
        return 1.0;
    }
    WITHOUT_AVX
}

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
        let bound = bound * share_of_bounds();
        let what = format!("instructions of Debian's tcpdmatch to ours, {name}");
        report(&what, ratio, bound, ratio >= bound);
    }
    let own = format!("{DAEMON}: 192.0.2.8\n");
    let [alone, with_foreign] = [own.clone(), format!("{FOREIGN_RULE}{own}")].map(|allow| {
        machine.tables(&allow, "")?;
        instructions(machine, &programs.tcpdmatch, STRANGER)
    });
    let ratio = with_foreign? / alone?;
    let what = "instructions with a rule for another service to those without";
    report(what, ratio, FOREIGN_BOUND, ratio <= FOREIGN_BOUND);
    for subject in calls::subjects(machine)? {
        let bounds = CALL_BOUNDS.iter();
        let Some((name, bound)) = bounds.into_iter().find(|(name, _)| *name == subject.name) else {
            continue;
        };
        subject.install(machine)?;
        let debian = of_a_call(machine, programs, &programs.debian_library)?;
        let ours = of_a_call(machine, programs, &programs.library)?;
        let ratio = debian / ours;
        let what = format!("instructions of Debian's libwrap to ours, {name}");
        report(&what, ratio, *bound, ratio >= *bound);
    }
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
    let mut command = valgrind();
    let output = question(command.arg(program), client)
        .output()
        .context(NEEDED)?;
    machine.take_log();
    expect_no_match(&output.stdout)?;
    count(&output)
}

/// Instructions of one call of libwrap on the tables as they are.
fn of_a_call(machine: &Machine, programs: &Programs, library: &Library) -> Result<f64> {
    let [few, many] = CALLS.map(|calls| -> Result<f64> {
        let output = valgrind()
            .args(calls::arguments(programs, calls))
            .env("LD_LIBRARY_PATH", library.path())
            .output()
            .context(NEEDED)?;
        machine.take_log();
        count(&output)
    });
    let [fewer, more] = CALLS.map(f64::from);
    Ok((many? - few?) / (more - fewer))
}

const NEEDED: &str = "valgrind: install it, as make bench-check does as root";

fn valgrind() -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command
}

/// What callgrind has counted.
fn count(output: &Output) -> Result<f64> {
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.rsplit("refs:").next().unwrap_or_default();
    match count.trim().replace(',', "").parse() {
        Ok(count) => Ok(count),
        Err(_) => bail!("valgrind said: {said}"),
    }
}
