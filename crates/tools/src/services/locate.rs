//! Where daemons, modules and configurations are: paths by name and by pattern, and what a folder holds.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hosts_access::text::bytes::path_of;

use crate::disk::Disk;

/// Folders in which daemons are looked for by their names.
pub(super) const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/libexec"];

/// Folders of programs for everybody. One that has a daemon's name may be something else, as
/// `time`, so it counts only if it is linked with libwrap.
pub(super) const COMMON_FOLDERS: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/bin"];

/// Beginnings that names of programs have and names in tables may lack.
const BEGINNINGS: [&str; 3] = ["", "rpc.", "in."];

/// Paths that a pattern may stand for; a folder with more is none of a daemon's.
const MAX_MATCHES: usize = 1000;

/// The program in these folders that a daemon's name in the tables most likely stands for.
pub(super) fn find(name: &[u8], folders: &[&str], disk: &Disk) -> Option<PathBuf> {
    if name.is_empty() || name.contains(&b'/') {
        return None;
    }
    let names = BEGINNINGS
        .iter()
        .map(|begin| [begin.as_bytes(), name].concat());
    for name in names {
        for folder in folders {
            let path = Path::new(folder).join(path_of(&name));
            if disk
                .metadata(&path)
                .is_ok_and(|metadata| metadata.is_file())
            {
                return Some(path);
            }
        }
    }
    None
}

/// Whether a file has a word, whatever stands around it.
pub(super) fn has_word(file: &Path, word: &[u8], disk: &Disk) -> bool {
    let text = text(file, disk).unwrap_or_default();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let mut words = text.as_bytes().split(|byte| !is_part(byte));
    words.any(|known| known.eq_ignore_ascii_case(word))
}

/// Largest script that is looked into, in bytes.
const MAX_SCRIPT_BYTES: u64 = 64 << 10;

/// Whether a program is a script, of a size that a script has.
pub(super) fn is_script(file: &Path, disk: &Disk) -> bool {
    let small = |metadata: &Metadata| metadata.is_file() && metadata.len() <= MAX_SCRIPT_BYTES;
    disk.metadata(file).is_ok_and(|metadata| small(&metadata))
        && text(file, disk).is_some_and(|text| text.starts_with("#!"))
}

/// The paths that a pattern stands for; in each part of it, a `*` stands for any text.
pub(super) fn matching(pattern: &str, disk: &Disk) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        found = match part.split_once('*') {
            None => found.iter().map(|path| path.join(part)).collect(),
            Some((begin, end)) => found
                .iter()
                .flat_map(|folder| {
                    let names = entries(folder, disk).into_iter();
                    names
                        .filter(|name| {
                            name.len() >= begin.len() + end.len()
                                && name.starts_with(begin)
                                && name.ends_with(end)
                        })
                        .map(|name| folder.join(name))
                        .collect::<Vec<_>>()
                })
                .take(MAX_MATCHES)
                .collect(),
        };
    }
    found.retain(|path| disk.metadata(path).is_ok());
    found
}

/// Whether a file or folder is there that cannot be read: what it says is not known.
pub(super) fn is_hidden(path: &Path, disk: &Disk) -> bool {
    match disk.metadata(path) {
        Ok(metadata) if metadata.is_dir() => disk.entries(path).is_err(),
        Ok(metadata) => metadata.is_file() && disk.read(path).is_err(),
        Err(error) => error.kind() == ErrorKind::PermissionDenied,
    }
}

/// The names of a folder's entries, in order. Those of a folder that cannot be read are none.
pub(super) fn entries(folder: &Path, disk: &Disk) -> Vec<String> {
    let names = disk.entries(folder).unwrap_or_default().into_iter();
    names.filter_map(|name| name.into_string().ok()).collect()
}

/// A line of a file that says something; line 0 stands for the whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLine {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: u64,
}

impl FileLine {
    /// A line of a file.
    pub(super) fn new(file: impl Into<PathBuf>, line: u64) -> Self {
        Self {
            file: file.into(),
            line,
        }
    }
}

/// The text of a file, if there is one.
pub(super) fn text(file: &Path, disk: &Disk) -> Option<String> {
    let bytes = disk.read(file).ok().flatten()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
