//! `--report`: who gets in to each daemon, as a page to be read by people and kept.
//!
//! Says what `--who` says. Reads the tables once, looks nothing up, runs nothing, and writes one file. The same tables make the
//! same page: no date, no name of the machine. What there is no room for is counted on the page.

mod address_map;
mod drawing;
mod page;
mod page_file;
mod section;

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use anyhow::anyhow;
use hosts_access::fault::reason;
use hosts_access::text::escape::TableText;
use hosts_access::world::Files;
use policy::access::{Kind, Policy, Service};
use policy::condition::Conditions;
use policy::diff::daemons;
use policy::tables::Rules;
use tools::disk::Disk;
use tools::dry::plain_status;
use tools::output::Output;

use super::who::{service, services};
use super::{Sources, errors};
use crate::arguments::Arguments;
use page::{Report, Table};
use section::{Room, Section};

/// How many times a rule may be looked at to tell daemons with the same answer together.
const MAX_LOOKS: usize = 8_000_000;

/// Most daemons of a page.
const MAX_DAEMONS: usize = 300;

/// Ranges after which no more answers are made.
const MAX_RANGES: usize = 3_000_000;

/// Writes the report of the daemon, or of each that is known, to a file; `-` is standard output.
///
/// # Errors
/// It cannot be told, or not be written.
pub(super) fn run(
    arguments: &Arguments,
    file: &Path,
    daemon: Option<&[u8]>,
    output: &Output,
) -> anyhow::Result<()> {
    let disk = arguments.files.disk().keeping();
    let sources = Sources::new(&disk);
    let world = sources.world();
    let tables = arguments.files.tables();
    let rules = Rules::read(&tables, &world);
    let mut asked: Vec<(String, Service)> = services(arguments, daemon, &rules, &disk)?
        .into_iter()
        .map(|service| {
            (
                TableText(daemon.unwrap_or(&service.daemon)).to_string(),
                service,
            )
        })
        .collect();
    if daemon.is_none() {
        let named = rules.daemons();
        let (all, _) = daemons(&[&rules]);
        let others = all.iter().filter(|name| !named.contains(*name));
        asked.extend(others.map(|name| {
            let label = format!("any other daemon (as {})", TableText(name));
            (label, service(name))
        }));
    }
    let most = (MAX_LOOKS / rules.rules.len().max(1)).clamp(1, MAX_DAEMONS);
    let mut left_out: Vec<String> = Vec::new();
    left_out.extend(asked.drain(most.min(asked.len())..).map(|(name, _)| name));
    let status = |command: &[u8]| plain_status(command, &disk);
    let mut policy = Policy::new(rules, world, &status);
    let mut room = Room::default();
    let (mut sections, mut in_error) = (Vec::new(), Vec::new());
    let mut ranges = 0;
    for (names, service) in alike(asked, &mut policy) {
        if ranges > MAX_RANGES {
            left_out.extend(names);
            continue;
        }
        let mut store = Conditions::default();
        let access = policy.access(&service, &mut store)?;
        ranges += access.ranges().len();
        in_error.extend(errors(&policy, &access));
        sections.push(Section::new(names, &policy, &store, &access, &mut room));
    }
    let mut seen = HashSet::new();
    in_error.retain(|error: &String| seen.insert(error.clone()));
    let report = Report {
        tables: [&tables.allow, &tables.deny].map(|path| Table {
            path: TableText::from(&**path).to_string(),
            bytes: bytes(path, &disk),
        }),
        errors: in_error,
        sections,
        left_out,
        policy: &policy,
    };
    let page = report.page();
    if file == Path::new("-") {
        output.bytes(page.as_bytes());
        return Ok(());
    }
    page_file::write(file, &page).map_err(|error| {
        let (file, why) = (TableText::from(file), reason(&error));
        anyhow!("write {file}: {why}")
    })
}

/// Services with the same answer together, each with its names.
fn alike(asked: Vec<(String, Service)>, policy: &mut Policy<'_>) -> Vec<(Vec<String>, Service)> {
    let mut store = Conditions::default();
    let mut found: Vec<(Option<Kind>, Vec<String>, Service)> = Vec::new();
    for (name, service) in asked {
        let kind = policy.kind(&service, &mut store);
        let same = found
            .iter_mut()
            .find(|(other, ..)| kind.is_some() && *other == kind);
        match same {
            Some((_, names, _)) => names.push(name),
            None => found.push((kind, vec![name], service)),
        }
    }
    let found = found.into_iter();
    found.map(|(_, names, service)| (names, service)).collect()
}

/// The bytes of a table, as they were when its rules were read.
fn bytes(table: &Path, disk: &Disk) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    disk.open(table).ok()??.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
