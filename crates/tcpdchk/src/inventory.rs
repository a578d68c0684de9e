//! `--services`: the services of this machine and the daemons of its tables, and whether the
//! tables apply to them.

use std::collections::BTreeMap;

use hosts_access::access::Tables;
use hosts_access::line::Lines;
use hosts_access::list::{Words, is_except};
use hosts_access::pattern::{port_number, split_at_sign};
use hosts_access::problem::Written;
use hosts_access::rule::Rule;
use hosts_access::strings::is_glob;
use serde_json::json;
use tools::disk::Disk;
use tools::output::Output;

use crate::arguments::Format;
use crate::clients::{is_fail, is_reserved};
use crate::services::{Before, Honours, Services};

/// A line of the table.
struct Row {
    name: String,
    applies: &'static str,
    by: String,
    program: String,
    starter: String,
}

/// Lists them.
pub(crate) fn list(
    services: &Services<'_>,
    tables: &Tables,
    disk: &Disk,
    format: Format,
    output: &Output,
) {
    let rows: Vec<_> = names(services, tables, disk)
        .into_values()
        .map(|name| row(&name, services))
        .collect();
    if format == Format::Json {
        for row in rows {
            output.line(json!({
                "daemon": row.name,
                "applies": row.applies,
                "by": row.by,
                "program": row.program,
                "started_by": row.starter,
            }));
        }
        return;
    }
    if rows.is_empty() {
        return output.line("no service here is known to use the tables, and they name none");
    }
    let wide = |of: fn(&Row) -> usize| rows.iter().map(of).max().unwrap_or(0).max(7);
    let (name, by, program) = (
        wide(|row| row.name.len()),
        wide(|row| row.by.len()),
        wide(|row| row.program.len()),
    );
    output.line(format_args!(
        "{:name$}  APPLY    {:by$}  {:program$}  STARTED BY",
        "DAEMON", "BY", "PROGRAM"
    ));
    for row in rows {
        let line = format!(
            "{:name$}  {:<7}  {:by$}  {:program$}  {}",
            row.name, row.applies, row.by, row.program, row.starter
        );
        output.line(line.trim_end());
    }
}

/// Daemons by their names in lower case: those that the tables name; those that a super-server
/// starts through tcpd or libwrap; and all others that read the tables.
fn names(services: &Services<'_>, tables: &Tables, disk: &Disk) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut names = BTreeMap::new();
    for service in services.list() {
        // Most units of systemd start programs that have nothing to do with the network.
        let by_systemd = service.starter.starts_with("systemd");
        if !by_systemd
            || service.before != Before::Nothing
            || matches!(services.honours(&service.name), Honours::Program { .. })
        {
            names.insert(service.name.to_ascii_lowercase(), service.name.clone());
        }
    }
    for path in [&tables.allow, &tables.deny] {
        let bytes = disk.read(path).ok().flatten().unwrap_or_default();
        let mut lines = Lines::new(&bytes[..]);
        while let Ok(Some(line)) = lines.next_line() {
            let daemons = Rule::parse(line.text).map(|rule| rule.daemons);
            for word in Words::new(daemons.unwrap_or_default()) {
                let name = split_at_sign(word).map_or(word, |(name, _)| name);
                if is_plain(name) {
                    names
                        .entry(name.to_ascii_lowercase())
                        .or_insert_with(|| name.to_vec());
                }
            }
        }
    }
    names
}

/// Whether a word of a daemon list is the name of one daemon.
pub(crate) fn is_plain(name: &[u8]) -> bool {
    !matches!(
        name,
        [] | [b'@' | b'/' | b'.' | b'[' | b'#', ..] | [.., b'.']
    ) && !is_reserved(name)
        && !is_except(name)
        && !is_fail(name)
        && !is_glob(name)
        && name.is_ascii()
        && port_number(name).is_none()
}

fn row(name: &[u8], services: &Services<'_>) -> Row {
    let (applies, by, program, starter) = match services.honours(name) {
        Honours::Tcpd(service) => ("yes", "tcpd", Some(service.program), Some(service.starter)),
        Honours::SuperServer(service) => (
            "yes",
            "starter",
            Some(service.program),
            Some(service.starter),
        ),
        Honours::Program { program, starter } => ("yes", "libwrap", Some(program), starter),
        Honours::Nobody { program, starter } => ("no", "", Some(program), starter),
        Honours::Untold { program } => ("unknown", "", Some(program), None),
        Honours::Absent => ("absent", "", None, None),
    };
    Row {
        name: Written(name).to_string(),
        applies,
        by: by.to_owned(),
        program: program.map_or(String::new(), |program| {
            Written::from(&*program).to_string()
        }),
        starter: starter.unwrap_or_default(),
    }
}
