//! The cache of a resident process: tables and lists that it keeps in memory, for as long as they are certain to be what is in
//! their files.
//!
//! Each use looks at the path again, with one stat(2): another file, a file put in its place, a
//! changed one and one with other rights differ in device, inode, size, mode or change time.
//! Nobody can set a change time, but it is coarse: two changes within its granularity look like one.
//! So a file is kept only if its last change was a while ago when it was read, and not if
//! the clock was set back since. The times of a file on another machine prove less, so only files of
//! local file systems are kept. A write through a shared memory mapping may leave the times
//! as they are; nothing that edits tables does that.
//!
//! A process that gives up root must not go on using what only root may read: such files are kept
//! for root alone.
//!
//! A file is read into memory when it is used the second time: most processes ask once and end.
//! Nothing here waits: while another thread reads a file in, has forked doing so, or was taken out of it by a jump,
//! the caller reads the table as if nothing were kept. Whatever fails means the same.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use hosts_access::accelerate::index::{FEW, HeldFile};
use hosts_access::search::entries::{Entries, Kind};
use hosts_access::world::Files;
use nix::sys::statfs::{self, FsType, fstatfs};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Uid, geteuid};

use crate::files::{RealFiles, open_regular};
use crate::{lookup_resources, low_memory};

/// How long ago the last change must be: more than any granularity of a local file system, which
/// is a second at most.
const SETTLED: Duration = Duration::from_secs(2);

/// How far the clock may have been set back without notice: what is left of [`SETTLED`].
const STEP: Duration = Duration::from_millis(500);

/// Most files of a kind that are kept.
const MAX_FILES: usize = 16;

/// With all of these bits, whoever may read a file may always read it. (One alone is not enough: the group of
/// a file with mode 0604 may not read it.)
const READABLE_BY_ALL: u32 = 0o444;

/// With this bit, root may read a file of its own, whatever other rights it has given up.
const READABLE_BY_OWNER: u32 = 0o400;

/// File systems of this machine, whose times are the kernel's. (Not overlayfs: one of its layers may be
/// on another machine.)
const LOCAL: [FsType; 6] = [
    statfs::EXT4_SUPER_MAGIC,
    statfs::XFS_SUPER_MAGIC,
    statfs::BTRFS_SUPER_MAGIC,
    statfs::TMPFS_MAGIC,
    file_system(0xf2f5_2010), // f2fs
    file_system(0x2fc1_2fc1), // zfs
];

/// A file system by its number, which is signed on some machines.
const fn file_system(number: u32) -> FsType {
    FsType(number as _)
}

static TABLES: Store<HeldFile> = Store::new();
static LISTS: Store<HeldFile> = Store::new();

/// The file system, for a resident process: one that serves many clients.
#[derive(Clone, Copy, Debug, Default)]
pub struct CachedFiles;

impl Files for CachedFiles {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn Read + '_>>> {
        RealFiles.open(path)
    }

    fn check_exists(&self, path: &Path) -> io::Result<()> {
        RealFiles.check_exists(path)
    }

    fn held(&self, path: &Path, kind: Kind) -> Option<Box<dyn Entries>> {
        let store = match kind {
            Kind::Table => &TABLES,
            Kind::List => {
                // Whoever has no descriptor left to open a list with does not get by because it is kept.
                lookup_resources::check().ok()?;
                &LISTS
            }
        };
        let held = store.get(path, |file| HeldFile::read(file, kind, FEW))?;
        Some(held.entries())
    }
}

/// Lets go of all that is kept.
pub fn forget() {
    TABLES.clear();
    LISTS.clear();
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    mode: u32,
    owner: u32,
    size: u64,
    modified: (i64, i64),
    /// Time of the last change of anything: seconds and nanoseconds.
    changed: (i64, i64),
}

impl Stamp {
    /// Of a regular file.
    fn of(metadata: &Metadata) -> Option<Self> {
        metadata.is_file().then(|| Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            mode: metadata.mode(),
            owner: metadata.uid(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }

    /// Whether any later change will show.
    fn is_settled(&self, now: Duration) -> bool {
        let (seconds, nanoseconds) = self.changed;
        let parts = (u64::try_from(seconds), u32::try_from(nanoseconds));
        let (Ok(seconds), Ok(nanoseconds)) = parts else {
            return false;
        };
        Duration::new(seconds, nanoseconds)
            .checked_add(SETTLED)
            .is_some_and(|settled| settled < now)
    }

    /// Whether this process may use what it read before.
    fn may_be_used(&self) -> bool {
        self.may_be_used_by(geteuid())
    }

    fn may_be_used_by(&self, user: Uid) -> bool {
        self.mode & READABLE_BY_ALL == READABLE_BY_ALL
            || (self.mode & READABLE_BY_OWNER != 0 && self.owner == 0 && user.is_root())
    }
}

/// A clock; `None` if the machine has none such.
fn clock(id: ClockId) -> Option<Duration> {
    clock_gettime(id).ok().map(Duration::from)
}

/// How far the clock on the wall is ahead of one that is never set: less if it was set back. Exact to
/// a tick of the kernel.
fn ahead() -> Option<Duration> {
    let wall = clock(ClockId::CLOCK_REALTIME_COARSE)?;
    wall.checked_sub(clock(ClockId::CLOCK_MONOTONIC_COARSE)?)
}

/// Whether the file's times are those of this machine's kernel.
fn is_local(file: &File) -> bool {
    fstatfs(file).is_ok_and(|found| LOCAL.contains(&found.filesystem_type()))
}

/// What is known of a path.
struct Entry<T> {
    path: PathBuf,
    stamp: Stamp,
    ahead: Duration,
    state: State<T>,
}

enum State<T> {
    /// It was used once.
    Seen,
    /// It is in memory.
    Kept(Arc<T>),
    /// It cannot be kept.
    Unfit,
}

impl<T> Entry<T> {
    /// Byte by byte: other spellings of the path are other entries.
    fn is_of(&self, path: &Path) -> bool {
        self.path.as_os_str() == path.as_os_str()
    }

    fn is_current(&self, stamp: &Stamp) -> bool {
        self.stamp == *stamp && ahead().is_some_and(|ahead| ahead + STEP > self.ahead)
    }
}

/// Files of one kind.
struct Store<T> {
    entries: RwLock<Vec<Entry<T>>>,
}

impl<T> Store<T> {
    const fn new() -> Self {
        Self {
            entries: RwLock::new(Vec::new()),
        }
    }

    /// What is in a file, if that is certain.
    fn get(&self, path: &Path, read: impl FnOnce(&File) -> Option<T>) -> Option<Arc<T>> {
        let stamp = Stamp::of(&std::fs::metadata(path).ok()?)?;
        if !stamp.may_be_used() {
            return None;
        }
        let entries = self.entries.try_read().ok()?;
        let entry = entries.iter().find(|entry| entry.is_of(path));
        match entry.filter(|entry| entry.is_current(&stamp)) {
            Some(Entry {
                state: State::Kept(kept),
                ..
            }) => return Some(Arc::clone(kept)),
            Some(Entry {
                state: State::Unfit,
                ..
            }) => return None,
            Some(_) | None => drop(entries),
        }
        // First, so that a clock that is set back from now on is noticed.
        let ahead = ahead()?;
        if !stamp.is_settled(clock(ClockId::CLOCK_REALTIME_COARSE)?) {
            return None;
        }
        self.renew(path, stamp, ahead, read)
    }

    /// Notes the first use of a file as it is now; reads it in at the second.
    fn renew(
        &self,
        path: &Path,
        stamp: Stamp,
        ahead: Duration,
        read: impl FnOnce(&File) -> Option<T>,
    ) -> Option<Arc<T>> {
        let mut entries = self.entries.try_write().ok()?;
        let update = || Self::update(&mut entries, path, stamp, ahead, read);
        let (kept, short) = low_memory::optional(update);
        if short {
            // What memory there is is for the request, which can do without this; and nothing may stay in
            // a reserve.
            *entries = Vec::new();
            return None;
        }
        kept
    }

    fn update(
        entries: &mut Vec<Entry<T>>,
        path: &Path,
        stamp: Stamp,
        ahead: Duration,
        read: impl FnOnce(&File) -> Option<T>,
    ) -> Option<Arc<T>> {
        let at = entries.iter().position(|entry| entry.is_of(path));
        let before = at.map(|at| entries.swap_remove(at));
        if entries.len() >= MAX_FILES {
            entries.clear();
        }
        let state = match before {
            Some(before) if before.is_current(&stamp) => match load(path, stamp, read) {
                Ok(kept) => kept.map_or(State::Unfit, |kept| State::Kept(Arc::new(kept))),
                Err(Changing) => return None,
            },
            _ => State::Seen,
        };
        let kept = match &state {
            State::Kept(kept) => Some(Arc::clone(kept)),
            State::Seen | State::Unfit => None,
        };
        entries.try_reserve(1).ok()?;
        entries.push(Entry {
            path: path.to_owned(),
            stamp,
            ahead,
            state,
        });
        kept
    }

    fn clear(&self) {
        if let Ok(mut entries) = self.entries.try_write() {
            *entries = Vec::new();
        }
    }
}

/// The file is not what the path was, or is being changed.
struct Changing;

/// Reads a file in; `None` if it is not to be kept.
fn load<T>(
    path: &Path,
    stamp: Stamp,
    read: impl FnOnce(&File) -> Option<T>,
) -> Result<Option<T>, Changing> {
    let file = open_regular(path).ok().flatten().ok_or(Changing)?;
    let now = |file: &File| file.metadata().ok().as_ref().and_then(Stamp::of);
    if now(&file) != Some(stamp) {
        return Err(Changing);
    }
    if !is_local(&file) {
        return Ok(None);
    }
    let content = read(&file);
    match now(&file) {
        Some(after) if after == stamp => Ok(content),
        _ => Err(Changing),
    }
}

#[cfg(test)]
mod tests;
