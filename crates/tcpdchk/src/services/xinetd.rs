//! Services of xinetd: xinetd.conf and the files and folders that it includes (xinetd.conf(5)).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hosts_access::problem::Written;
use tools::disk::Disk;
use tools::inetd::base_name;

use super::elf::Libraries;
use super::{Before, Service, behind, entries};

const CONF: &str = "/etc/xinetd.conf";

/// Where the program may be, to see whether it is linked with libwrap itself.
const PROGRAMS: [&str; 2] = ["/usr/sbin/xinetd", "/usr/local/sbin/xinetd"];

/// How deep files may include each other.
const MAX_DEPTH: usize = 8;

/// Attributes of a service, by name.
type Attributes = BTreeMap<String, String>;

/// Every service that is not disabled.
pub(crate) fn services(disk: &Disk, libraries: &mut Libraries) -> Vec<Service> {
    let mut conf = Conf::default();
    conf.read(Path::new(CONF), disk, 0);
    let blocks = conf.blocks;
    let by_libwrap = PROGRAMS
        .iter()
        .any(|path| libraries.links_libwrap(Path::new(path), disk) == Some(true));
    let defaults: Attributes = blocks
        .iter()
        .filter(|(name, _)| name.is_none())
        .flat_map(|(_, attributes)| attributes.clone())
        .collect();
    let named = blocks
        .iter()
        .filter_map(|(name, attributes)| Some((name.as_ref()?, attributes)));
    named
        .filter_map(|(name, own)| service(name, own, &defaults, by_libwrap))
        .collect()
}

fn service(
    name: &str,
    own: &Attributes,
    defaults: &Attributes,
    by_libwrap: bool,
) -> Option<Service> {
    let get = |key: &str| {
        own.get(key)
            .or_else(|| defaults.get(key))
            .map(String::as_str)
    };
    let lists = |key: &str| {
        let list = defaults.get(key).map(String::as_str).unwrap_or_default();
        list.split_whitespace().any(|disabled| disabled == name)
    };
    if get("disable").is_some_and(|value| value.eq_ignore_ascii_case("yes")) || lists("disabled") {
        return None;
    }
    let flags = get("flags").unwrap_or_default().to_ascii_uppercase();
    let has = |flag: &str| flags.split_whitespace().any(|known| known == flag);
    let server = PathBuf::from(own.get("server")?);
    let words: Vec<_> = own
        .get("server_args")
        .map(|words| words.split_whitespace().map(str::as_bytes).collect())
        .unwrap_or_default();
    // With NAMEINARGS the first argument is the name that the program is run with, which is what
    // tcpd goes by; without it, tcpd would be run under its own name.
    let (before, mut daemon, program) = match has("NAMEINARGS") {
        true => behind(&server, &words),
        false => behind(&server, &[]),
    };
    let mut before = before;
    if before == Before::Nothing {
        if has("NAMEINARGS")
            && let Some(first) = words.first()
        {
            daemon = base_name(first).to_vec();
        }
        if by_libwrap && !has("NOLIBWRAP") {
            before = Before::SuperServer;
        }
    }
    Some(Service {
        name: daemon,
        starter: format!("xinetd, service {}", Written(name.as_bytes())),
        program,
        before,
        datagrams: get("socket_type") == Some("dgram"),
    })
}

/// What the files say.
#[derive(Default)]
struct Conf {
    /// Blocks; those without a name are defaults.
    blocks: Vec<(Option<String>, Attributes)>,
    /// Files that were read: one that is included many times over says nothing new.
    seen: BTreeSet<PathBuf>,
}

impl Conf {
    fn read(&mut self, path: &Path, disk: &Disk, depth: usize) {
        if depth >= MAX_DEPTH || !self.seen.insert(path.to_owned()) {
            return;
        }
        let Some(bytes) = disk.read(path).ok().flatten() else {
            return;
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut open: Option<(Option<String>, Attributes)> = None;
        for line in text.lines().map(str::trim) {
            let mut words = line.split_whitespace();
            match (words.next(), words.next()) {
                (None, _) => {}
                (Some(word), _) if word.starts_with('#') => {}
                (Some("defaults"), _) => open = Some((None, Attributes::new())),
                (Some("service"), Some(name)) => {
                    let name = name.trim_end_matches('{').to_owned();
                    open = Some((Some(name), Attributes::new()));
                }
                (Some("include"), Some(file)) => self.read(Path::new(file), disk, depth + 1),
                (Some("includedir"), Some(folder)) => {
                    self.read_folder(Path::new(folder), disk, depth + 1);
                }
                (Some("}"), _) => self.blocks.extend(open.take()),
                _ => {
                    if let (Some((_, attributes)), Some((key, value))) =
                        (&mut open, line.split_once('='))
                    {
                        add(attributes, key.trim(), value.trim());
                    }
                }
            }
        }
    }

    fn read_folder(&mut self, folder: &Path, disk: &Disk, depth: usize) {
        for name in entries(folder, disk) {
            // xinetd passes over backups and hidden files.
            if !name.contains('.') && !name.ends_with('~') {
                self.read(&folder.join(name), disk, depth);
            }
        }
    }
}

/// `key = value`, `key += value`, `key -= value`.
fn add(attributes: &mut Attributes, key: &str, value: &str) {
    if let Some(key) = key.strip_suffix('+') {
        let known = attributes.entry(key.trim().to_owned()).or_default();
        known.push(' ');
        known.push_str(value);
    } else if !key.ends_with('-') {
        attributes.insert(key.to_owned(), value.to_owned());
    }
}
