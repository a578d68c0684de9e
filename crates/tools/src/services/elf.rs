//! Which programs are linked with libwrap: what ldd(1) shows, read from the files themselves, so
//! that nothing is run and a tree for another machine can be looked at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::disk::Disk;
use goblin::elf::Elf;
use memchr::memmem;

/// The library, whatever its version.
const LIBWRAP: &str = "libwrap.so";

/// How deep libraries are followed.
const MAX_DEPTH: usize = 8;

/// What is known of programs and libraries so far.
#[derive(Debug, Default)]
pub(super) struct Libraries {
    /// Whether a file needs libwrap; `None` for what is no ELF file.
    known: BTreeMap<PathBuf, Option<bool>>,
    /// Programs that load modules.
    loaders: BTreeMap<PathBuf, bool>,
    /// Where libraries are looked for.
    folders: Option<Vec<PathBuf>>,
}

/// What a file says it needs.
struct Needs {
    libraries: Vec<String>,
    folders: Vec<PathBuf>,
    /// Whether hosts.allow or libwrap is spoken of anywhere.
    names_tables: bool,
    /// Whether it calls dlopen(3).
    loads: bool,
}

impl Libraries {
    /// Whether a program is linked with libwrap, itself or by one of its libraries. `None`: it is no
    /// ELF file that can be read, or it names the tables all the same, as a program does that has
    /// libwrap within itself or opens it on its own.
    pub(super) fn links_libwrap(&mut self, program: &Path, disk: &Disk) -> Option<bool> {
        self.look(program, disk, 0)
    }

    /// Whether a program loads modules at run time, by itself.
    pub(super) fn loads_modules(&mut self, program: &Path, disk: &Disk) -> bool {
        self.look(program, disk, 0);
        self.loaders.get(program).copied().unwrap_or_default()
    }

    fn look(&mut self, file: &Path, disk: &Disk, depth: usize) -> Option<bool> {
        if let Some(known) = self.known.get(file) {
            return *known;
        }
        // A library that needs itself, in a circle, adds nothing.
        self.known.insert(file.to_owned(), Some(false));
        let links = needs(file, disk).and_then(|needs| {
            self.loaders.insert(file.to_owned(), needs.loads);
            let links = self.any(&needs, disk, depth);
            (links || depth > 0 || !needs.names_tables).then_some(links)
        });
        self.known.insert(file.to_owned(), links);
        links
    }

    fn any(&mut self, needs: &Needs, disk: &Disk, depth: usize) -> bool {
        if needs.libraries.iter().any(|name| name.starts_with(LIBWRAP)) {
            return true;
        }
        depth < MAX_DEPTH
            && needs.libraries.iter().any(|name| {
                let found = self.find(name, &needs.folders, disk);
                found.is_some_and(|path| self.look(&path, disk, depth + 1) == Some(true))
            })
    }

    fn find(&mut self, name: &str, own: &[PathBuf], disk: &Disk) -> Option<PathBuf> {
        let folders = self.folders.get_or_insert_with(|| standard_folders(disk));
        let mut paths = own
            .iter()
            .chain(folders.iter())
            .map(|folder| folder.join(name));
        paths.find(|path| disk.metadata(path).is_ok())
    }
}

/// The folders of the dynamic linker: /lib, /usr/lib, and those below them that are named after an
/// architecture, which hold libc.
fn standard_folders(disk: &Disk) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for above in ["/usr/lib", "/lib", "/usr/lib64", "/lib64"] {
        let above = PathBuf::from(above);
        for name in super::locate::entries(&above, disk) {
            let folder = above.join(name);
            if disk.metadata(&folder.join("libc.so.6")).is_ok() {
                folders.push(folder);
            }
        }
        folders.push(above);
    }
    folders.push("/usr/local/lib".into());
    folders
}

fn needs(file: &Path, disk: &Disk) -> Option<Needs> {
    let bytes = disk.read(file).ok().flatten()?;
    parse(&bytes, file.parent().unwrap_or(Path::new("/")))
}

/// What a program in the folder `origin` needs.
fn parse(bytes: &[u8], origin: &Path) -> Option<Needs> {
    let elf = Elf::parse(bytes).ok()?;
    let folders = elf.runpaths.iter().chain(&elf.rpaths);
    let folders = folders.flat_map(|paths| paths.split(':'));
    Some(Needs {
        libraries: elf
            .libraries
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        folders: folders
            .map(|folder| folder.replace("$ORIGIN", &origin.to_string_lossy()).into())
            .collect(),
        loads: elf
            .dynsyms
            .iter()
            .any(|symbol| elf.dynstrtab.get_at(symbol.st_name) == Some("dlopen")),
        names_tables: [&b"hosts.allow"[..], LIBWRAP.as_bytes()]
            .iter()
            .any(|name| memmem::find(bytes, name).is_some()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// A tree may hold damaged programs, or traps.
        #[test]
        fn a_damaged_program_is_read_or_is_none(
            places in vec((0_usize..2048, any::<u8>()), 1..12),
            length in any::<prop::sample::Index>(),
            cut in any::<bool>(),
        ) {
            let mut bytes = std::fs::read("/bin/true").unwrap_or_default();
            for (at, byte) in places {
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
            if cut {
                bytes.truncate(length.index(bytes.len() + 1));
            }
            let _ = parse(&bytes, Path::new("/"));
        }
    }
}
