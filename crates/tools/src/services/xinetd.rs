//! Services of xinetd: xinetd.conf and the files and folders that it includes (xinetd.conf(5)).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hosts_access::text::escape::TableText;

use crate::disk::Disk;
use crate::paths::base_name;

use super::elf::Libraries;
use super::locate::{FileLine, entries, is_hidden};
use super::service::{Gatekeeper, Service, started};

const CONF: &str = "/etc/xinetd.conf";

/// Where the program may be, to see whether it is linked with libwrap itself.
const PROGRAMS: [&str; 2] = ["/usr/sbin/xinetd", "/usr/local/sbin/xinetd"];

/// How deep files may include each other.
const MAX_DEPTH: usize = 8;

/// Attributes of a service, by name.
type Attributes = BTreeMap<String, String>;

/// A block of a file: a service with its name, or the defaults.
struct Block {
    name: Option<String>,
    attributes: Attributes,
    /// Where it begins, and where its server stands.
    place: FileLine,
}

/// Every service that is not disabled, and a file or folder that could not be read.
pub(super) fn services(disk: &Disk, libraries: &mut Libraries) -> (Vec<Service>, Option<PathBuf>) {
    let mut conf = Conf::default();
    conf.read(Path::new(CONF), disk, 0);
    let blocks = conf.blocks;
    let by_libwrap = PROGRAMS
        .iter()
        .any(|path| libraries.links_libwrap(Path::new(path), disk) == Some(true));
    let defaults: Attributes = blocks
        .iter()
        .filter(|block| block.name.is_none())
        .flat_map(|block| block.attributes.clone())
        .collect();
    let services = blocks
        .iter()
        .filter_map(|block| service(block, &defaults, by_libwrap));
    (services.collect(), conf.hidden)
}

fn service(block: &Block, defaults: &Attributes, by_libwrap: bool) -> Option<Service> {
    let name = block.name.as_ref()?;
    let own = &block.attributes;
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
    // tcpd goes by; without it, tcpd is run under its own name.
    let with_name = has("NAMEINARGS");
    let (mut gatekeeper, mut daemon, mut program) = if with_name {
        started(&server, &words)
    } else {
        started(&server, &[])
    };
    if gatekeeper == Gatekeeper::Nothing && base_name(&daemon) == b"tcpd" {
        // What was most likely meant.
        gatekeeper = Gatekeeper::UnnamedTcpd;
        if let Some(first) = words.first() {
            (_, daemon, program) = started(&server, &[first]);
        }
    }
    if gatekeeper == Gatekeeper::Nothing {
        if with_name && let Some(first) = words.first() {
            daemon = base_name(first).to_vec();
        }
        if by_libwrap && !has("NOLIBWRAP") {
            gatekeeper = Gatekeeper::SuperServer;
            if let Some(name) = get("libwrap") {
                daemon = name.as_bytes().to_vec();
            }
        }
    }
    let arguments = words.iter().skip(usize::from(
        with_name || gatekeeper == Gatekeeper::UnnamedTcpd,
    ));
    Some(Service {
        name: daemon,
        starter: format!("xinetd, service {}", TableText(name.as_bytes())),
        program,
        arguments: arguments
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect(),
        gatekeeper,
        datagrams: get("socket_type") == Some("dgram"),
        place: Some(block.place.clone()),
        switch: None,
        user: get("user").map(str::to_owned),
    })
}

/// What the files say.
#[derive(Default)]
struct Conf {
    /// Blocks; those without a name are defaults.
    blocks: Vec<Block>,
    /// Files that were read: one that is included many times over says nothing new.
    seen: BTreeSet<PathBuf>,
    /// The first file or folder that could not be read.
    hidden: Option<PathBuf>,
}

impl Conf {
    fn read(&mut self, path: &Path, disk: &Disk, depth: usize) {
        if depth >= MAX_DEPTH || !self.seen.insert(path.to_owned()) {
            return;
        }
        let Some(bytes) = disk.read(path).ok().flatten() else {
            self.note_hidden(path, disk);
            return;
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut open: Option<Block> = None;
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            let begin = |name| Block {
                name,
                attributes: Attributes::new(),
                place: FileLine::new(path, number),
            };
            let mut words = line.split_whitespace();
            match (words.next(), words.next()) {
                (None, _) => {}
                (Some(word), _) if word.starts_with('#') => {}
                (Some("defaults"), _) => open = Some(begin(None)),
                (Some("service"), Some(name)) => {
                    let name = name.trim_end_matches('{').to_owned();
                    open = Some(begin(Some(name)));
                }
                (Some("include"), Some(file)) => self.read(Path::new(file), disk, depth + 1),
                (Some("includedir"), Some(folder)) => {
                    self.read_folder(Path::new(folder), disk, depth + 1);
                }
                (Some("}"), _) => self.blocks.extend(open.take()),
                _ => {
                    if let (Some(block), Some((key, value))) = (&mut open, line.split_once('=')) {
                        if key.trim() == "server" {
                            block.place.line = number;
                        }
                        add(&mut block.attributes, key.trim(), value.trim());
                    }
                }
            }
        }
    }

    fn note_hidden(&mut self, path: &Path, disk: &Disk) {
        if self.hidden.is_none() && is_hidden(path, disk) {
            self.hidden = Some(path.to_owned());
        }
    }

    fn read_folder(&mut self, folder: &Path, disk: &Disk, depth: usize) {
        let names = entries(folder, disk);
        if names.is_empty() {
            self.note_hidden(folder, disk);
        }
        for name in names {
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
