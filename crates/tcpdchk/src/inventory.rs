//! `--services`: the services of this machine and the daemons of its tables, and whether the
//! tables apply to them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hosts_access::search::access::Tables;
use hosts_access::table::line::Lines;
use hosts_access::table::list::Words;
use hosts_access::table::pattern::split_at_sign;
use hosts_access::table::rule::Rule;
use hosts_access::text::escape::TableText;
use serde_json::json;
use tools::daemons::{self, Asks};
use tools::disk::Disk;
use tools::output::Output;
use tools::services::{Applies, Asker, FileLine, Gatekeeper, Services, SettingState};

use crate::arguments::ReportFormat;
use crate::word::is_plain;

/// A line of the table.
struct InventoryRow {
    name: String,
    applies: &'static str,
    by: &'static str,
    program: String,
    starter: String,
    /// The helper or the module that asks.
    through: String,
    /// Where it is written how it is started, or what is set.
    place: String,
    setting: Option<SettingState>,
    asks_as: Vec<String>,
}

/// Lists them.
pub(crate) fn list(
    services: &Services<'_>,
    tables: &Tables,
    disk: &Disk,
    format: ReportFormat,
    output: &Output,
) {
    let rows: Vec<_> = names(services, tables, disk)
        .into_values()
        .map(|name| row(&name, services))
        .collect();
    if format == ReportFormat::Json {
        for row in rows {
            output.line(json!({
                "daemon": row.name,
                "applies": row.applies,
                "by": row.by,
                "through": row.through,
                "program": row.program,
                "started_by": row.starter,
                "place": row.place,
                "needs": row.setting.as_ref().map(|state| &state.wanted),
                "set": row.setting.as_ref().and_then(|state| state.on),
                "asks_as": row.asks_as,
            }));
        }
        return;
    }
    if rows.is_empty() {
        return output.line("no service here is known to use the tables, and they name none");
    }
    let wide = |of: fn(&InventoryRow) -> usize| rows.iter().map(of).max().unwrap_or(0).max(7);
    let (name, by, program) = (
        wide(|row| row.name.len()),
        wide(|row| row.by.len()),
        wide(|row| row.program.len()),
    );
    output.line(format_args!(
        "{:name$}  APPLY    {:by$}  {:program$}  STARTED BY, AND WHAT SAYS SO",
        "DAEMON", "BY", "PROGRAM"
    ));
    for row in rows {
        let line = format!(
            "{:name$}  {:<7}  {:by$}  {:program$}  {}",
            row.name,
            row.applies,
            row.by,
            row.program,
            row.remarks()
        );
        output.line(line.trim_end());
    }
}

impl InventoryRow {
    fn remarks(&self) -> String {
        let mut remarks = Vec::new();
        if !self.starter.is_empty() {
            remarks.push(self.starter.clone());
        }
        if !self.through.is_empty() {
            remarks.push(format!("through {}", self.through));
        }
        if !self.asks_as.is_empty() {
            remarks.push(format!("asks as {}", self.asks_as.join(", ")));
        }
        if let Some(state) = &self.setting {
            let now = match state.on {
                Some(true) => "is set",
                Some(false) => "is not set",
                None => "may be set",
            };
            remarks.push(format!("needs {}, which {now}", state.wanted));
        }
        let place = if self.place.is_empty() {
            String::new()
        } else {
            format!(" ({})", self.place)
        };
        remarks.join("; ") + &place
    }
}

/// Daemons by their names in lower case: those that the tables name; those that a super-server
/// starts through tcpd or libwrap; and all others that read the tables.
fn names(services: &Services<'_>, tables: &Tables, disk: &Disk) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut names = BTreeMap::new();
    for service in services.concerned() {
        names.insert(service.name.to_ascii_lowercase(), service.name.clone());
    }
    // Those that are installed and known to read them.
    for daemon in daemons::all().filter(|daemon| daemon.asks != Asks::Kernel) {
        let name = daemon.name().unwrap_or_default();
        if !name.is_empty() && services.verdict(name.as_bytes()).applies != Applies::Absent {
            names.insert(name.as_bytes().to_ascii_lowercase(), name.into());
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

fn row(name: &[u8], services: &Services<'_>) -> InventoryRow {
    let verdict = services.verdict(name);
    let shown = |path: &PathBuf| TableText::from(&**path).to_string();
    let mut row = InventoryRow {
        name: TableText(name).to_string(),
        applies: match verdict.applies {
            Applies::Yes => "yes",
            Applies::No => "no",
            Applies::Unknown => "unknown",
            Applies::Absent => "absent",
        },
        by: match verdict.by {
            Some(Asker::Tcpd) => "tcpd",
            Some(Asker::Starter) => "starter",
            Some(Asker::Libwrap) => "libwrap",
            Some(Asker::Helper(_)) => "helper",
            Some(Asker::Module(_)) => "module",
            None => "",
        },
        program: verdict.program.as_ref().map(shown).unwrap_or_default(),
        starter: verdict.starter.unwrap_or_default(),
        through: match &verdict.by {
            Some(Asker::Helper(path) | Asker::Module(path)) => shown(path),
            _ => String::new(),
        },
        place: String::new(),
        setting: verdict.switch,
        asks_as: verdict.asks_as,
    };
    let mut place = row.setting.as_ref().and_then(|state| state.place.clone());
    place = place.or(verdict.place);
    if verdict.applies != Applies::Yes {
        let unnamed = services.list().iter().find(|service| {
            service.gatekeeper == Gatekeeper::UnnamedTcpd && service.name.eq_ignore_ascii_case(name)
        });
        if let Some(service) = unnamed {
            row.applies = "no";
            row.by = "tcpd without its name";
            row.starter.clone_from(&service.starter);
            place.clone_from(&service.place);
        }
    }
    row.place = match place {
        Some(FileLine { file, line: 0 }) => shown(&file),
        Some(FileLine { file, line }) => format!("{}:{line}", shown(&file)),
        None => String::new(),
    };
    row
}
