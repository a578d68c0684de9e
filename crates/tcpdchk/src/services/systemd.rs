//! Services of systemd: socket and service units with their drop-ins (systemd.socket(5),
//! systemd.service(5)). Units of a folder hide those of the same name in later ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hosts_access::pattern::path_of;
use hosts_access::problem::Written;
use tools::disk::Disk;

use super::{Service, behind, entries};

/// Folders of units, the first one counts.
const FOLDERS: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// What a unit says, by `Section.Key`, in order.
type Unit = Vec<(String, String)>;

/// Every service that a unit starts, with what its socket says if it has one.
pub(crate) fn services(disk: &Disk) -> Vec<Service> {
    let paths = units(disk);
    let datagrams = datagram_services(&paths, disk);
    let mut services = Vec::new();
    for (name, path) in &paths {
        if !name.ends_with(".service") {
            continue;
        }
        let unit = read(name, path, disk);
        for command in commands(&unit) {
            let Some((program, arguments)) = split(&command) else {
                continue;
            };
            let words: Vec<_> = arguments.iter().map(String::as_bytes).collect();
            let (before, daemon, program) = behind(&program, &words);
            services.push(Service {
                name: daemon,
                starter: format!("systemd, {}", Written(name.as_bytes())),
                program,
                before,
                datagrams: datagrams.contains(name),
            });
        }
    }
    services
}

/// The words of the commands that a unit runs.
pub(crate) fn words_of(name: &str, disk: &Disk) -> Vec<String> {
    let units = units(disk);
    let Some(path) = units.get(name) else {
        return Vec::new();
    };
    let commands = commands(&read(name, path, disk));
    let words = commands.iter().flat_map(|line| line.split_whitespace());
    words.map(str::to_owned).collect()
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

/// A unit with its drop-ins behind it.
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
    let bytes = disk.read(path).ok().flatten().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).replace("\\\n", " ");
    let mut section = "";
    let mut unit = Unit::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            section = name;
        } else if let Some((key, value)) = line.split_once('=') {
            unit.push((format!("{section}.{}", key.trim()), value.trim().to_owned()));
        }
    }
    unit
}

/// The values of a key; an empty one takes back those before it.
fn values<'u>(unit: &'u Unit, key: &str) -> Vec<&'u str> {
    let mut found = Vec::new();
    for (known, value) in unit {
        if known == key {
            match value.as_str() {
                "" => found.clear(),
                value => found.push(value),
            }
        }
    }
    found
}

fn commands(unit: &Unit) -> Vec<String> {
    let values = values(unit, "Service.ExecStart");
    values.into_iter().map(str::to_owned).collect()
}

/// The program of a command line and the name and arguments that follow it: with `@`, the first
/// argument is the name.
fn split(command: &str) -> Option<(PathBuf, Vec<String>)> {
    let bare = command.trim_start_matches(['-', ':', '+', '!', '@', '|']);
    let prefix = command.get(..command.len() - bare.len())?;
    let mut words = bare.split_whitespace().map(|word| word.trim_matches('"'));
    let program = path_of(words.next()?.as_bytes());
    let arguments: Vec<_> = words.map(str::to_owned).collect();
    match prefix.contains('@') {
        true => Some((program, arguments)),
        false => Some((program, Vec::new())),
    }
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
            let named = values(&unit, "Socket.Service").last().copied();
            services.push(named.map_or_else(|| format!("{stem}.service"), str::to_owned));
            services.push(format!("{stem}@.service"));
        }
    }
    services
}
