//! Services of systemd: socket and service units with their drop-ins (systemd.socket(5),
//! systemd.service(5)). Units of a folder hide those of the same name in later ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hosts_access::text::bytes::path_of;
use hosts_access::text::escape::TableText;

use crate::disk::Disk;
use crate::paths::base_name;

use super::locate::{FileLine, entries, is_hidden};
use super::service::{Gatekeeper, Service, started};

/// Folders of units, the first one counts.
const FOLDERS: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// What a unit says, in order.
type Unit = Vec<UnitLine>;

/// A line of a unit.
struct UnitLine {
    /// `Section.Key`.
    key: String,
    value: String,
    place: FileLine,
}

/// Stands for the key of a file that could not be read.
const HIDDEN: &str = "";

/// Every service that a unit starts, with what its socket says if it has one; and a file or folder that could not be
/// read.
pub(super) fn services(disk: &Disk) -> (Vec<Service>, Option<PathBuf>) {
    let paths = units(disk);
    let datagrams = datagram_services(&paths, disk);
    let mut services = Vec::new();
    let folders = FOLDERS.map(Path::new).into_iter();
    let mut hidden = folders
        .filter(|folder| entries(folder, disk).is_empty())
        .find(|folder| is_hidden(folder, disk))
        .map(Path::to_owned);
    for (name, path) in &paths {
        if !name.ends_with(".service") {
            continue;
        }
        let unit = read(name, path, disk);
        hidden = hidden.or_else(|| {
            let line = unit.iter().find(|line| line.key == HIDDEN)?;
            Some(line.place.file.clone())
        });
        for line in values(&unit, "Service.ExecStart") {
            let Some((program, arguments)) = split(&line.value) else {
                continue;
            };
            let mut service = service(name, line, &program, arguments, &datagrams);
            // A command with + or ! keeps root's rights, and capabilities may give them back.
            let keeps_rights = prefix(&line.value).contains(['+', '!']);
            if !keeps_rights && values(&unit, "Service.AmbientCapabilities").is_empty() {
                let user = values(&unit, "Service.User").pop();
                service.user = user.map(|line| line.value.clone());
            }
            services.push(service);
        }
    }
    (services, hidden)
}

/// The service of a command line: its program, its name and its arguments.
fn service(
    unit: &str,
    line: &UnitLine,
    program: &Path,
    (named, arguments): (bool, Vec<String>),
    datagrams: &[String],
) -> Service {
    let words: Vec<_> = arguments.iter().map(String::as_bytes).collect();
    let (mut gatekeeper, daemon, mut real) = started(program, if named { &words } else { &[] });
    let mut name = daemon;
    if gatekeeper == Gatekeeper::Nothing && base_name(&name) == b"tcpd" {
        // What was most likely meant.
        gatekeeper = Gatekeeper::UnnamedTcpd;
        if let Some(first) = words.first() {
            (_, name, real) = started(program, &[first]);
        }
    }
    let skipped = usize::from(named || gatekeeper == Gatekeeper::UnnamedTcpd);
    Service {
        name,
        starter: format!("systemd, {}", TableText(unit.as_bytes())),
        program: real,
        arguments: arguments.into_iter().skip(skipped).collect(),
        gatekeeper,
        datagrams: datagrams.iter().any(|known| known == unit),
        place: Some(line.place.clone()),
        switch: None,
        user: None,
    }
}

/// The words of the commands that a unit runs.
pub(super) fn words_of(name: &str, disk: &Disk) -> Vec<String> {
    let units = units(disk);
    let Some(path) = units.get(name) else {
        return Vec::new();
    };
    let unit = read(name, path, disk);
    let lines = values(&unit, "Service.ExecStart").into_iter();
    lines
        .flat_map(|line| line.value.split_whitespace())
        .map(str::to_owned)
        .collect()
}

/// Units by name. A link to /dev/null masks a unit.
fn units(disk: &Disk) -> BTreeMap<String, PathBuf> {
    let mut units = BTreeMap::new();
    for folder in FOLDERS {
        for name in entries(Path::new(folder), disk) {
            if name.ends_with(".service") || name.ends_with(".socket") {
                let path = Path::new(folder).join(&name);
                units.entry(name).or_insert(path);
            }
        }
    }
    units
}

/// A unit with its drop-ins after it.
fn read(name: &str, path: &Path, disk: &Disk) -> Unit {
    let mut unit = parse(path, disk);
    for folder in FOLDERS.iter().rev() {
        let folder = Path::new(folder).join(format!("{name}.d"));
        for drop_in in entries(&folder, disk) {
            if drop_in.ends_with(".conf") {
                unit.extend(parse(&folder.join(drop_in), disk));
            }
        }
    }
    unit
}

fn parse(path: &Path, disk: &Disk) -> Unit {
    let mut unit = Unit::new();
    let Some(bytes) = disk.read(path).ok().flatten() else {
        if is_hidden(path, disk) {
            unit.push(UnitLine {
                key: HIDDEN.to_owned(),
                value: String::new(),
                place: FileLine::new(path, 0),
            });
        }
        return unit;
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut section = String::new();
    let mut joined = String::new();
    let mut first = 1;
    for (number, line) in (1..).zip(text.lines()) {
        if joined.is_empty() {
            first = number;
        }
        if let Some(begun) = line.strip_suffix('\\') {
            joined.push_str(begun);
            joined.push(' ');
            continue;
        }
        joined.push_str(line);
        let whole = std::mem::take(&mut joined);
        let line = whole.trim();
        if line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            name.clone_into(&mut section);
        } else if let Some((key, value)) = line.split_once('=') {
            unit.push(UnitLine {
                key: format!("{section}.{}", key.trim()),
                value: value.trim().to_owned(),
                place: FileLine::new(path, first),
            });
        }
    }
    unit
}

/// The lines of a key; an empty one takes back those before it.
fn values<'u>(unit: &'u Unit, key: &str) -> Vec<&'u UnitLine> {
    let mut found = Vec::new();
    for line in unit.iter().filter(|line| line.key == key) {
        match line.value.as_str() {
            "" => found.clear(),
            _ => found.push(line),
        }
    }
    found
}

/// The signs before the program of a command line.
fn prefix(command: &str) -> &str {
    let bare = command.trim_start_matches(['-', ':', '+', '!', '@', '|']);
    command.strip_suffix(bare).unwrap_or_default()
}

/// The program of a command line and the words that follow it, and whether the first of these is the name that it
/// is run with, as `@` makes it.
fn split(command: &str) -> Option<(PathBuf, (bool, Vec<String>))> {
    let prefix = prefix(command);
    let bare = command.strip_prefix(prefix)?;
    let mut words = bare.split_whitespace().map(|word| word.trim_matches('"'));
    let program = path_of(words.next()?.as_bytes());
    let arguments = words.map(str::to_owned).collect();
    Some((program, (prefix.contains('@'), arguments)))
}

/// Services whose sockets take datagrams only.
fn datagram_services(units: &BTreeMap<String, PathBuf>, disk: &Disk) -> Vec<String> {
    let mut services = Vec::new();
    for (name, path) in units {
        let Some(stem) = name.strip_suffix(".socket") else {
            continue;
        };
        let unit = read(name, path, disk);
        let takes = |key| !values(&unit, key).is_empty();
        if takes("Socket.ListenDatagram") && !takes("Socket.ListenStream") {
            let named = values(&unit, "Socket.Service").pop();
            services
                .push(named.map_or_else(|| format!("{stem}.service"), |line| line.value.clone()));
            services.push(format!("{stem}@.service"));
        }
    }
    services
}
