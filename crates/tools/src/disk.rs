//! The files that are looked at: those of this machine, or those of a tree that is to be installed.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{self, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hosts_access::world::Files;
use system::files::RealFiles;

/// Longest file that is kept in memory. Longer ones are tables gone wrong.
pub const MAX_FILE_BYTES: u64 = 1 << 28;

static FILES: RealFiles = RealFiles;

/// The file system, seen from below a root directory if there is one.
#[derive(Debug, Default)]
pub struct Disk {
    root: Option<PathBuf>,
    /// Files that were named on the command line, and so stand where they say.
    outside: Vec<PathBuf>,
    /// What was read, if files are read once only.
    kept: Option<RefCell<BTreeMap<PathBuf, Kept>>>,
}

/// What became of a file that was read: its bytes, nothing if there is none, or the error.
type Kept = Result<Option<Arc<[u8]>>, (Option<i32>, ErrorKind, String)>;

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
        self.kept = Some(RefCell::default());
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

    /// Where a path really is.
    pub fn real<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        match (&self.root, path.strip_prefix("/")) {
            (Some(root), Ok(below)) if !self.is_outside(root, path) => Cow::Owned(root.join(below)),
            _ => Cow::Borrowed(path),
        }
    }

    fn is_outside(&self, root: &Path, path: &Path) -> bool {
        path.starts_with(root) || self.outside.iter().any(|known| known == path)
    }

    /// What the file system says of a path, symbolic links followed.
    ///
    /// # Errors
    /// Those of stat(2).
    pub fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        fs::metadata(self.real(path))
    }

    /// The bytes of a file. `None`: there is none.
    ///
    /// # Errors
    /// It cannot be read, is no regular file, or is longer than [`MAX_FILE_BYTES`].
    pub fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let real = self.real(path);
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

    fn kept(
        &self,
        kept: &RefCell<BTreeMap<PathBuf, Kept>>,
        path: &Path,
    ) -> io::Result<Option<Arc<[u8]>>> {
        let known = kept.borrow().get(path).cloned();
        let known = known.unwrap_or_else(|| {
            let read = self.read(path).map(|bytes| bytes.map(Arc::from));
            let read =
                read.map_err(|error| (error.raw_os_error(), error.kind(), error.to_string()));
            kept.borrow_mut().insert(path.to_owned(), read.clone());
            read
        });
        known.map_err(|(code, kind, text)| match code {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(kind, text),
        })
    }
}

impl Files for Disk {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn Read + '_>>> {
        match &self.kept {
            Some(kept) => {
                let bytes = self.kept(kept, path)?;
                Ok(bytes.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read>))
            }
            None => FILES.open(&self.real(path)),
        }
    }

    fn check_exists(&self, path: &Path) -> io::Result<()> {
        self.metadata(path).map(drop)
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
            assert_eq!(disk.real(Path::new(path)), Path::new(real), "{path}");
        }
        assert_eq!(Disk::default().real(Path::new("/etc")), Path::new("/etc"));
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
