//! Puts a new file in a table's place, whole or not at all. Links stay, and so do owner, mode, ACL and extended
//! attributes, or nothing is written; nothing is written either if the table has changed since it was read, or if
//! others may write in its folder. What a signal would interrupt is a moment only: they wait until it is over.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use nix::sys::signal::{SigSet, SigmaskHow};
use tempfile::Builder;
use tools::disk::{Disk, MAX_FILE_BYTES};
use xattr::FileExt;

const GROUP_OR_OTHERS_WRITE: u32 = 0o022;

/// Attributes that hold for the very bytes and inode that they were made for.
const OF_CONTENT: [&str; 2] = ["security.ima", "security.evm"];

/// A table that was read, locked against another `--fix`.
pub(super) struct OpenTable {
    /// The path that it was named by.
    named: PathBuf,
    /// Where that leads.
    pub real: PathBuf,
    file: File,
    then: Metadata,
    /// What was read.
    pub bytes: Vec<u8>,
}

impl OpenTable {
    /// Opens, locks and reads a table. `None`: there is none, or no regular file.
    ///
    /// # Errors
    /// It cannot be read, or another program has locked it.
    pub(super) fn open(path: &Path, disk: &Disk) -> anyhow::Result<Option<Self>> {
        let named = disk.real(path)?.into_owned();
        let real = match fs::canonicalize(&named) {
            Ok(real) => real,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // A FIFO would keep open(2) waiting.
        if !fs::metadata(&real)?.is_file() {
            return Ok(None);
        }
        let mut file = File::open(&real)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another program has locked it"),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let then = file.metadata()?;
        let mut bytes = Vec::new();
        (&mut file)
            .take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            bail!("too long to be a table");
        }
        Ok(Some(Self {
            named,
            real,
            file,
            then,
            bytes,
        }))
    }

    /// Puts these bytes in the table's place.
    ///
    /// # Errors
    /// Why that cannot be done; the table is as it was.
    pub(super) fn replace(&self, bytes: &[u8]) -> anyhow::Result<()> {
        if self.then.nlink() != 1 {
            bail!("the file has another name, a hard link, which would keep the old text");
        }
        let folder = self.real.parent().context("it is in no folder")?;
        for folder in [Some(folder), self.named.parent()].into_iter().flatten() {
            check_folder(folder)?;
        }
        let waiting = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let outcome = self.replace_in(folder, bytes);
        waiting.thread_set_mask()?;
        outcome
    }

    fn replace_in(&self, folder: &Path, bytes: &[u8]) -> anyhow::Result<()> {
        let mut new = Builder::new()
            .prefix(".tcpdchk-fix-")
            .tempfile_in(folder)
            .context("no new file in its folder")?;
        let file = new.as_file_mut();
        file.write_all(bytes)?;
        fchown(&*file, Some(self.then.uid()), Some(self.then.gid()))
            .context("its owner cannot be kept")?;
        self.copy_attributes(file)
            .context("its extended attributes cannot be kept")?;
        file.set_permissions(fs::Permissions::from_mode(self.then.mode() & 0o7777))
            .context("its mode cannot be kept")?;
        let kept = file.metadata()?;
        let rights = |of: &Metadata| (of.uid(), of.gid(), of.mode());
        if rights(&kept) != rights(&self.then) || attributes(file)? != attributes(&self.file)? {
            bail!("its owner, mode or attributes cannot be kept");
        }
        file.sync_all()?;
        let now = fs::symlink_metadata(&self.real)?;
        if state(&now) != state(&self.then) || fs::canonicalize(&self.named)? != self.real {
            bail!("it has changed since it was read");
        }
        new.persist(&self.real).map_err(|error| error.error)?;
        let folder = File::open(folder).and_then(|folder| folder.sync_all());
        folder.context("it is written, but perhaps not on the disk yet")?;
        Ok(())
    }

    fn copy_attributes(&self, new: &File) -> anyhow::Result<()> {
        let (old, given) = (attributes(&self.file)?, attributes(new)?);
        if let Some(name) = old
            .keys()
            .find(|name| OF_CONTENT.iter().any(|known| name == known))
        {
            bail!("{} is of the old text", name.display());
        }
        // The folder may give attributes to new files.
        for name in given.keys().filter(|name| !old.contains_key(*name)) {
            new.remove_xattr(name)?;
        }
        for (name, value) in old
            .iter()
            .filter(|(name, value)| given.get(*name) != Some(value))
        {
            new.set_xattr(name, value)?;
        }
        Ok(())
    }
}

/// What tells a file from another, and from itself at another time.
fn state(of: &Metadata) -> [i64; 7] {
    let number = |id: u64| i64::from_ne_bytes(id.to_ne_bytes());
    [
        number(of.dev()),
        number(of.ino()),
        number(of.size()),
        of.mtime(),
        of.mtime_nsec(),
        of.ctime(),
        of.ctime_nsec(),
    ]
}

/// The extended attributes of a file, its ACL among them.
fn attributes(file: &File) -> io::Result<BTreeMap<OsString, Vec<u8>>> {
    let names = match file.list_xattr() {
        Ok(names) => names,
        Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut all = BTreeMap::new();
    for name in names {
        if let Some(value) = file.get_xattr(&name)? {
            all.insert(name, value);
        }
    }
    Ok(all)
}

/// Whether only root and the caller may write in a folder.
fn check_folder(folder: &Path) -> anyhow::Result<()> {
    let here = Path::new(".");
    let folder = if folder.as_os_str().is_empty() {
        here
    } else {
        folder
    };
    let metadata = fs::metadata(folder)?;
    let caller = fs::metadata("/proc/self")?.uid();
    if metadata.mode() & GROUP_OR_OTHERS_WRITE != 0 || ![0, caller].contains(&metadata.uid()) {
        bail!("others may write in {}", folder.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_kit::Scratch;

    /// A table that was read, before something happens to it.
    fn replaced_after(happens: impl FnOnce(&Path)) -> (String, String) {
        let folder = Scratch::new();
        let path = folder.file("deny", "old\n");
        let table = OpenTable::open(&path, &Disk::default()).unwrap().unwrap();
        happens(&path);
        let said = table
            .replace(b"new\n")
            .map_or_else(|error| error.to_string(), |()| String::new());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        (said, fs::read_to_string(&path).unwrap())
    }

    #[test]
    fn a_table_that_has_changed_is_not_written() {
        let whole = replaced_after(|_| {});
        assert_eq!(whole, (String::new(), "new\n".to_owned()));
        let changed = "it has changed since it was read";
        let edited = replaced_after(|path| fs::write(path, "own\n").unwrap());
        assert_eq!(edited, (changed.to_owned(), "own\n".to_owned()));
        // As editors do it.
        let renamed = replaced_after(|path| {
            let other = path.with_extension("new");
            fs::write(&other, "old\n").unwrap();
            fs::rename(&other, path).unwrap();
        });
        assert_eq!(renamed.0, changed);
        let mode = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o600));
        assert_eq!(replaced_after(|path| mode(path).unwrap()).0, changed);
    }
}
