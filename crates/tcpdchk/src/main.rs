//! tcpdchk: finds what is wrong with the access tables before a client does.
//!
//! Reads the tables with the engine's own parser and runs their options dry: nothing is executed,
//! asked of an ident server, or changed. Findings go to standard output, the original's in its own
//! words and sequence; standard error is for wrong usage and for what cannot be done.

#![forbid(unsafe_code)]

mod allowance;
mod arguments;
mod catalog;
mod checked_rule;
mod checker;
mod checks;
mod cover;
mod finding;
mod fix;
mod inventory;
mod known_users;
mod list_bounds;
mod name_service;
mod portable;
mod reporter;
mod shell;
mod source;
mod suggest;
mod walk;
mod word;

use std::cell::RefCell;
use std::path::Path;
use std::process::ExitCode;

use arguments::Arguments;
use checked_rule::Table;
use checker::{Checker, Flags};
use finding::Finding;
use name_service::HostLookups;
use portable::Portable;
use reporter::Reporter;
use system::settings::REAL_DAEMON_DIR;
use tools::disk::{Disk, OpenError};
use tools::inetd::InetdConf;
use tools::output::Output;
use tools::paths::{check_daemon_directory, check_tables};
use tools::remark::Remark;
use tools::services::Services;
use tools::tree_accounts::TreeAccounts;

/// Exit status if something is wrong with the tables.
const EXIT_FOUND: u8 = 1;

/// Exit status if something could not be checked; of wrong usage too.
const EXIT_FAILED: u8 = 2;

fn main() -> ExitCode {
    tools::program::main(run)
}

fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    if let Some(id) = &arguments.explain {
        catalog::explain(id, output)?;
        return Ok(ExitCode::SUCCESS);
    }
    arguments.files.check_named()?;
    if arguments.services {
        inventory(arguments, output)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.fix {
        return fix(arguments, output);
    }
    let report = Reporter::new(output, arguments.format, arguments.all || arguments.verbose);
    if arguments.portable {
        portable(arguments, &report)
    } else {
        check(arguments, &report)?
    }
    report.summary(catalog::all());
    let counts = report.counts();
    let found = counts.errors > 0
        || arguments.strict && counts.warnings > 0
        || arguments.portable && counts.notes > 0;
    Ok(if !report.is_complete() {
        EXIT_FAILED.into()
    } else if found {
        EXIT_FOUND.into()
    } else {
        ExitCode::SUCCESS
    })
}

/// Mends what is sure to be meant.
fn fix(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let disk = arguments.files.disk();
    let tables = fix::OpenTables::open(&arguments.files.tables(), &disk)?;
    let report = Reporter::gathering();
    check(arguments, &report)?;
    let outcome = fix::run(
        &tables,
        &report.take_gathered(),
        &disk,
        arguments.dry_run,
        output,
    )?;
    Ok(match outcome {
        _ if !report.is_complete() => EXIT_FAILED.into(),
        fix::Outcome::Left => EXIT_FOUND.into(),
        fix::Outcome::Done => ExitCode::SUCCESS,
    })
}

/// Tells what the original reads differently.
fn portable(arguments: &Arguments, report: &Reporter<'_>) {
    let disk = arguments.files.disk();
    let tables = arguments.files.tables();
    let mut portable = Portable::new(report, &disk);
    portable.table(Table::Allow, &tables.allow);
    portable.table(Table::Deny, &tables.deny);
}

/// Lists services.
fn inventory(arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
    let disk = arguments.files.disk();
    let conf = read_conf(arguments, &disk, &mut |_| {})?;
    let services = Services::new(&disk, &conf);
    let tables = arguments.files.tables();
    inventory::list(&services, &tables, &disk, arguments.format, output);
    Ok(())
}

fn read_conf(
    arguments: &Arguments,
    disk: &Disk,
    report: &mut dyn FnMut(Remark),
) -> Result<InetdConf, OpenError> {
    InetdConf::read(arguments.files.inetd.as_deref(), disk, report)
}

/// Makes all checks, in the original's sequence.
fn check(arguments: &Arguments, report: &Reporter<'_>) -> anyhow::Result<()> {
    let files = &arguments.files;
    let disk = files.disk();
    let remark = &mut |remark: Remark| report.finding(&remark.into());
    check_daemon_directory(Path::new(REAL_DAEMON_DIR), &disk, remark);
    let conf = read_conf(arguments, &disk, remark)?;
    if arguments.verbose {
        let conf = conf.shown();
        report.fact(format_args!("Using network configuration file: {conf}"));
    }
    let tables = files.tables();
    check_tables(&tables, &disk, remark);
    let accounts = TreeAccounts::new(&disk);
    let dns = !arguments.no_dns && !arguments.fix;
    let flags = Flags {
        implicit_allow: arguments.implicit_allow,
        verbose: arguments.verbose,
        dns,
        in_place: !files.here && files.tables.is_none(),
        installed: !files.here && files.tables.is_none() && files.root.is_none(),
    };
    let services = Services::new(&disk, &conf);
    for finding in checks::effect::check_machine(&services) {
        report.finding(&finding);
    }
    let go_through = |report: &Reporter<'_>, names: &HostLookups| {
        let checker = Checker::new(report, flags, &disk, &accounts, &conf, &services, names);
        walk::check(Table::Allow, &tables.allow, &checker);
        walk::check(Table::Deny, &tables.deny, &checker);
        checks::allowances::check_unused(&report.take_allowances(), &checker);
    };
    let mut names = HostLookups::none();
    if dns {
        // The first time only to see which hosts are to be looked up, all at once.
        names = HostLookups::Collecting(RefCell::default());
        go_through(&Reporter::silent(), &names);
        names = names.ask();
    }
    go_through(report, &names);
    let (unanswered, all) = names.unanswered();
    if unanswered > 0 {
        let text = format!("the name service gave no answer about {unanswered} of {all} hosts");
        report.finding(&Finding::own(&checks::host_words::LATE, text));
    }
    Ok(())
}
