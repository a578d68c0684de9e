//! The files that are looked at: those of this machine, or those of a tree that is to be installed.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, Metadata};
use std::io::{self, Cursor, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use hosts_access::fault::reason;
#[cfg(feature = "accelerate")]
use hosts_access::search::entries::{Entries, Kind};
use hosts_access::text::escape::TableText;
use hosts_access::world::Files;
use system::files::RealFiles;

/// Longest file that is kept in memory. Longer ones are tables gone wrong.
pub const MAX_FILE_BYTES: u64 = 1 << 28;

/// How many symbolic links are followed on the way to a file below a root, as the kernel has it.
const MAX_LINKS: usize = 40;

static FILES: RealFiles = RealFiles;

/// The file system, seen from below a root directory if there is one.
#[derive(Debug, Default)]
pub struct Disk {
    root: Option<PathBuf>,
    /// Files that were named on the command line, and so stand where they say.
    outside: Vec<PathBuf>,
    /// What was read, if files are read once only.
    kept: Option<Box<Kept>>,
}

/// A file that cannot be opened: `open FILE: REASON`.
#[derive(Debug)]
pub struct OpenError {
    /// The file.
    pub path: PathBuf,
    /// The reason, in the C library's words.
    pub reason: String,
}

impl OpenError {
    /// An error of the system about a file.
    pub fn new(path: &Path, error: &io::Error) -> Self {
        Self {
            path: path.to_owned(),
            reason: reason(error),
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, reason } = self;
        write!(f, "open {}: {reason}", TableText::from(&**path))
    }
}

impl std::error::Error for OpenError {}

/// Files that were read once.
#[derive(Debug, Default)]
struct Kept {
    files: Known<Content>,
    #[cfg(feature = "accelerate")]
    tables: Known<Held>,
    #[cfg(feature = "accelerate")]
    lists: Known<Held>,
}

/// A file with an index of its entries, if it can be held.
#[cfg(feature = "accelerate")]
type Held = Option<Arc<hosts_access::accelerate::index::HeldFile>>;

/// What is known of paths.
type Known<T> = RefCell<BTreeMap<PathBuf, T>>;

/// What became of a file that was read: its bytes, nothing if there is none, or the error.
type Content = Result<Option<Arc<[u8]>>, (Option<i32>, ErrorKind, String)>;

/// What is known of a path, found out if nothing is.
fn known<T: Clone>(known: &Known<T>, path: &Path, find: impl FnOnce() -> T) -> T {
    let before = known.borrow().get(path).cloned();
    before.unwrap_or_else(|| {
        let found = find();
        known.borrow_mut().insert(path.to_owned(), found.clone());
        found
    })
}

impl Disk {
    /// The files below a root directory, or all.
    pub fn new(root: Option<PathBuf>) -> Self {
        Self {
            root,
            ..Self::default()
        }
    }

    /// Each file is read once and kept, for many questions about the same files.
    #[must_use]
    pub fn keeping(mut self) -> Self {
        self.kept = Some(Box::default());
        self
    }

    /// Takes a path as it stands, whatever the root.
    #[must_use]
    pub fn with_outside(mut self, path: impl Into<PathBuf>) -> Self {
        self.outside.push(path.into());
        self
    }

    /// Whether a tree other than this machine's is looked at.
    pub fn is_rooted(&self) -> bool {
        self.root.is_some()
    }

    /// A path as it is shown: below the root if there is one.
    pub fn shown<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        match (&self.root, path.strip_prefix("/")) {
            (Some(root), Ok(below)) if !path.starts_with(root) && !self.is_outside(path) => {
                Cow::Owned(root.join(below))
            }
            _ => Cow::Borrowed(path),
        }
    }

    /// Where a path leads. Below a root, symbolic links are followed as they will be once the tree is
    /// in its place: an absolute one begins at the root, and `..` never leads out of it.
    ///
    /// # Errors
    /// More links than the kernel follows.
    pub fn real<'p>(&self, path: &'p Path) -> io::Result<Cow<'p, Path>> {
        let Some(root) = self.root.as_deref().filter(|_| !self.is_outside(path)) else {
            return Ok(Cow::Borrowed(path));
        };
        match path.strip_prefix(root).or_else(|_| path.strip_prefix("/")) {
            Ok(below) => resolve(root, below).map(Cow::Owned),
            Err(_) => Ok(Cow::Borrowed(path)),
        }
    }

    fn is_outside(&self, path: &Path) -> bool {
        self.outside.iter().any(|known| known == path)
    }

    /// The names of a folder's entries, in order.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn entries(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        let entries = fs::read_dir(self.real(folder)?)?;
        let mut names: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.file_name()))
            .collect();
        names.sort();
        Ok(names)
    }

    /// What the file system says of a path, symbolic links followed.
    ///
    /// # Errors
    /// Those of stat(2).
    pub fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        fs::metadata(self.real(path)?)
    }

    /// The bytes of a file. `None`: there is none.
    ///
    /// # Errors
    /// It cannot be read, is no regular file, or is longer than [`MAX_FILE_BYTES`].
    pub fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let real = self.real(path)?;
        let Some(source) = FILES.open(&real)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        source.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(io::Error::other("too long to be a file of this kind"));
        }
        Ok(Some(bytes))
    }

    fn kept(&self, kept: &Kept, path: &Path) -> io::Result<Option<Arc<[u8]>>> {
        let content = known(&kept.files, path, || {
            let read = self.read(path).map(|bytes| bytes.map(Arc::from));
            read.map_err(|error| (error.raw_os_error(), error.kind(), error.to_string()))
        });
        content.map_err(|(code, kind, text)| match code {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(kind, text),
        })
    }
}

/// Follows the symbolic links of a path below a root.
fn resolve(root: &Path, path: &Path) -> io::Result<PathBuf> {
    let mut resolved = PathBuf::new();
    let mut links = 0;
    let mut pending = names(path);
    while let Some(name) = pending.pop() {
        let Some(name) = name else {
            resolved.pop();
            continue;
        };
        let Ok(target) = fs::read_link(root.join(&resolved).join(&name)) else {
            // Whatever it is, the caller will see.
            resolved.push(name);
            continue;
        };
        links += 1;
        if links > MAX_LINKS {
            return Err(io::Error::other("Too many levels of symbolic links"));
        }
        if target.is_absolute() {
            resolved.clear();
        }
        pending.append(&mut names(&target));
    }
    Ok(root.join(resolved))
}

/// The names of a path, the first one last; nothing stands for `..`.
fn names(path: &Path) -> Vec<Option<OsString>> {
    let names = path.components().rev().filter_map(|part| match part {
        Component::Normal(name) => Some(Some(name.to_owned())),
        Component::ParentDir => Some(None),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    });
    names.collect()
}

impl Files for Disk {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn Read + '_>>> {
        match &self.kept {
            Some(kept) => {
                let bytes = self.kept(kept, path)?;
                Ok(bytes.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read>))
            }
            None => FILES.open(&self.real(path)?),
        }
    }

    fn check_exists(&self, path: &Path) -> io::Result<()> {
        self.metadata(path).map(drop)
    }

    #[cfg(feature = "accelerate")]
    fn held(&self, path: &Path, kind: Kind) -> Option<Box<dyn Entries>> {
        use hosts_access::accelerate::index::{FEW, HeldFile};

        let kept = self.kept.as_ref()?;
        let files = match kind {
            Kind::Table => &kept.tables,
            Kind::List => &kept.lists,
        };
        let held = known(files, path, || {
            let bytes = self.kept(kept, path).ok()??;
            HeldFile::read(&bytes[..], kind, FEW).map(Arc::new)
        });
        held.map(|held| held.entries())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lie_below_the_root_once() {
        let disk = Disk::new(Some("/image".into())).with_outside("/tmp/allow");
        for (path, real) in [
            ("/etc/hosts.allow", "/image/etc/hosts.allow"),
            ("/image/etc/hosts.allow", "/image/etc/hosts.allow"),
            ("/tmp/allow", "/tmp/allow"),
            ("/tmp/deny", "/image/tmp/deny"),
            ("hosts.allow", "hosts.allow"),
        ] {
            assert_eq!(disk.shown(Path::new(path)), Path::new(real), "{path}");
            assert_eq!(
                disk.real(Path::new(path)).unwrap(),
                Path::new(real),
                "{path}"
            );
        }
        assert_eq!(Disk::default().shown(Path::new("/etc")), Path::new("/etc"));
        let here = Disk::new(Some(".".into()));
        let real = here.real(Path::new("./etc/hosts.allow"));
        assert_eq!(real.unwrap(), Path::new("./etc/hosts.allow"));
    }

    /// A tree for another machine has links as that machine needs them, and maybe traps.
    #[test]
    fn links_do_not_lead_out_of_the_root() {
        let root = std::env::temp_dir().join(format!("links-{}", std::process::id()));
        fs::create_dir_all(root.join("etc/x")).unwrap();
        fs::write(root.join("etc/passwd"), "the tree's").unwrap();
        let disk = Disk::new(Some(root.clone()));
        for (name, target) in [
            ("etc/absolute", "/etc/passwd"),
            ("etc/x/relative", "../passwd"),
            ("etc/out", "../../../../../../../../etc/passwd"),
            ("etc/folder", "/etc/x/.."),
            ("etc/twice", "folder/absolute"),
            ("etc/self", "self"),
            ("etc/hostname", "/etc/hostname"),
            ("etc/version", "/proc/version"),
        ] {
            std::os::unix::fs::symlink(target, root.join(name)).unwrap();
        }
        let read = |path: &str| {
            let text = disk.read(Path::new(path)).map(Option::unwrap_or_default);
            text.map(|text| String::from_utf8(text).unwrap())
        };
        for path in [
            "/etc/passwd",
            "/etc/absolute",
            "/etc/x/relative",
            "/etc/out",
            "/etc/folder/passwd",
            "/etc/twice",
            "/../etc/passwd",
        ] {
            assert_eq!(read(path).unwrap(), "the tree's", "{path}");
        }
        assert_eq!(read("/etc/version").unwrap(), "");
        for path in ["/etc/self", "/etc/hostname"] {
            assert!(
                read(path).unwrap_err().to_string().contains("links"),
                "{path}"
            );
        }
        assert!(disk.metadata(&root.join("etc/hostname")).is_err());
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn kept_files_are_read_once() {
        let path = std::env::temp_dir().join(format!("kept-{}", std::process::id()));
        let disk = Disk::default().keeping();
        let text = || {
            let mut text = String::new();
            let source = disk.open(&path).unwrap();
            source.map(|mut source| source.read_to_string(&mut text));
            text
        };
        fs::write(&path, "one").unwrap();
        assert_eq!(text(), "one");
        fs::write(&path, "two").unwrap();
        assert_eq!(text(), "one");
        fs::remove_file(&path).unwrap();
    }
}
