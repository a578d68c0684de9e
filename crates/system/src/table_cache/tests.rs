//! Files that change, in every way that a change may go unnoticed.

use std::fs::{self, FileTimes, Permissions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use nix::libc;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::*;

/// What is kept here of a file: its text.
type Texts = Store<String>;

fn read(mut file: &File) -> Option<String> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    Some(text)
}

impl Texts {
    fn text(&self, path: &Path) -> Option<String> {
        self.get(path, read).map(|text| text.as_str().to_owned())
    }
}

/// A folder of a test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("held-{}-{number}", std::process::id());
        // In a container the first may be an overlay, of which nothing is kept.
        let local = [std::env::temp_dir(), "/dev/shm".into()]
            .into_iter()
            .find(|folder| File::open(folder).is_ok_and(|folder| is_local(&folder)));
        let folder = local.expect("a local file system").join(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn wait_until_settled() {
    thread::sleep(SETTLED + Duration::from_millis(200));
}

/// A change of a file at a path, in a folder.
type Change = fn(&Path, &Path);

/// Each leaves a file of the same size there, or none.
const CHANGES: [(&str, Change); 9] = [
    ("written anew", |path, _| fs::write(path, "new").unwrap()),
    ("written anew, with its old time", |path, _| {
        let before = fs::metadata(path).unwrap().modified().unwrap();
        fs::write(path, "new").unwrap();
        let file = File::options().write(true).open(path).unwrap();
        let times = FileTimes::new().set_modified(before).set_accessed(before);
        file.set_times(times).unwrap();
    }),
    ("replaced", |path, folder| {
        fs::write(folder.join("other"), "new").unwrap();
        fs::rename(folder.join("other"), path).unwrap();
    }),
    ("replaced by an older file", |path, folder| {
        fs::rename(folder.join("older"), path).unwrap();
    }),
    ("replaced by a link", |path, folder| {
        fs::remove_file(path).unwrap();
        symlink(folder.join("older"), path).unwrap();
    }),
    ("its folder replaced", |path, folder| {
        let above = folder.parent().unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let (aside, other) = (
            above.join(format!("{name}.aside")),
            above.join(format!("{name}.new")),
        );
        fs::create_dir(&other).unwrap();
        fs::write(other.join("table"), "new").unwrap();
        fs::rename(folder, &aside).unwrap();
        fs::rename(&other, folder).unwrap();
        fs::remove_dir_all(&aside).unwrap();
        assert!(path.starts_with(folder));
    }),
    ("removed", |path, _| fs::remove_file(path).unwrap()),
    ("a folder", |path, _| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    }),
    ("a FIFO", |path, _| {
        fs::remove_file(path).unwrap();
        mkfifo(path, Mode::S_IRWXU).unwrap();
    }),
];

#[test]
fn no_change_goes_unnoticed() {
    let store = Texts::new();
    let folders: Vec<_> = CHANGES.iter().map(|_| Folder::new()).collect();
    for folder in &folders {
        folder.file("older", "new");
        folder.file("table", "old");
    }
    wait_until_settled();
    for (folder, (what, change)) in folders.iter().zip(CHANGES) {
        let path = folder.0.join("table");
        assert_eq!(store.text(&path), None, "{what}: used once");
        for _ in 0..2 {
            assert_eq!(store.text(&path).as_deref(), Some("old"), "{what}: kept");
        }
        change(&path, &folder.0);
        for _ in 0..3 {
            let text = store.text(&path);
            assert!(text.is_none_or(|text| text == "new"), "{what}");
        }
    }
}

/// Two texts of the same size, one after the other, as fast as can be: neither is ever taken for
/// the other.
#[test]
fn changes_within_a_tick_of_the_clock_show() {
    let (store, folder) = (Texts::new(), Folder::new());
    let path = folder.file("table", "-----");
    let stop = std::time::Instant::now() + SETTLED + Duration::from_secs(1);
    let mut number = 10_000;
    while std::time::Instant::now() < stop {
        number += 1;
        fs::write(&path, number.to_string()).unwrap();
        for _ in 0..3 {
            let text = store.text(&path);
            assert!(text.is_none_or(|text| text == number.to_string()));
        }
    }
    assert!(number > 10_100, "{number}");
}

#[test]
fn what_changes_while_it_is_read_is_not_kept() {
    let (store, folder) = (Texts::new(), Folder::new());
    let path = folder.file("table", "old");
    wait_until_settled();
    assert_eq!(store.text(&path), None);
    let during = store.get(&path, |file| {
        let text = read(file);
        fs::write(&path, "new").unwrap();
        text
    });
    assert_eq!(during, None);
    assert_eq!(store.text(&path), None);
}

#[test]
fn a_clock_that_is_set_back_ends_it() {
    let (store, folder) = (Texts::new(), Folder::new());
    let path = folder.file("table", "old");
    wait_until_settled();
    assert_eq!(
        [store.text(&path), store.text(&path)],
        [None, Some("old".into())]
    );
    let set_back = |by: Duration| store.entries.write().unwrap()[0].ahead += by;
    set_back(STEP / 2);
    assert!(store.text(&path).is_some());
    set_back(STEP);
    assert_eq!(store.text(&path), None);
}

/// A file that not everybody may read is for root alone, and no longer once root was given up.
#[test]
fn private_files_are_for_root() {
    let (store, folder) = (Texts::new(), Folder::new());
    let path = folder.file("table", "old");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    wait_until_settled();
    let found = [store.text(&path), store.text(&path)];
    let kept = geteuid().is_root().then(|| "old".to_owned());
    assert_eq!(found, [None, kept]);
}

#[test]
fn what_cannot_be_kept_is_read_each_time() {
    let (store, folder) = (Texts::new(), Folder::new());
    let path = folder.file("table", "old");
    wait_until_settled();
    let tries = AtomicU32::new(0);
    for _ in 0..4 {
        let unfit = |_: &File| {
            tries.fetch_add(1, Ordering::Relaxed);
            None
        };
        assert_eq!(store.get(&path, unfit), None);
    }
    assert_eq!(tries.into_inner(), 1, "tried once");
    assert_eq!(store.text(Path::new("/dev/null")), None);
    assert_eq!(store.text(Path::new("/proc/self/status")), None);
    assert_eq!(store.text(Path::new("/proc/self/status")), None);
}

#[test]
fn nobody_waits_and_no_more_than_a_few_are_kept() {
    let (store, folder) = (Texts::new(), Folder::new());
    let paths: Vec<_> = (0..2 * MAX_FILES)
        .map(|number| folder.file(&number.to_string(), "text"))
        .collect();
    wait_until_settled();
    for path in &paths {
        assert_eq!(store.text(path), None);
        assert_eq!(store.text(path).as_deref(), Some("text"));
    }
    assert!(store.entries.read().unwrap().len() <= MAX_FILES);
    let last = paths.last().unwrap();
    let busy = store.entries.write().unwrap();
    assert_eq!(
        store.text(last),
        None,
        "while another thread reads a file in"
    );
    drop(busy);
    assert!(store.text(last).is_some());
    store.clear();
    assert_eq!(store.text(last), None);
}

/// Not every kernel tells two changes within a tick apart, so the last one must be older.
#[test]
fn a_file_must_have_been_left_alone_for_a_while() {
    let folder = Folder::new();
    let path = folder.file("table", "text");
    let mut stamp = Stamp::of(&fs::metadata(path).unwrap()).unwrap();
    let now = Duration::from_secs(1_000_000);
    for (seconds, nanoseconds, settled) in [
        (999_997, 0, true),
        (999_997, 999_999_999, true),
        (999_998, 0, false),
        (999_999, 0, false),
        (1_000_000, 1, false),
        (2_000_000, 0, false),
        (-1, 0, false),
        (i64::MAX, 0, false),
    ] {
        stamp.changed = (seconds, nanoseconds);
        assert_eq!(stamp.is_settled(now), settled, "{seconds}.{nanoseconds}");
    }
}

/// What a class of users may not read is not used by any that may be of it: the bits of the owner and the
/// group come before those of the others.
#[test]
fn whoever_uses_a_file_could_read_it() {
    let folder = Folder::new();
    let path = folder.file("table", "text");
    let mut stamp = Stamp::of(&fs::metadata(path).unwrap()).unwrap();
    let (root, other) = (Uid::from_raw(0), Uid::from_raw(1000));
    for (mode, owner, by_root, by_other) in [
        (0o644, 0, true, true),
        (0o444, 1000, true, true),
        (0o604, 0, true, false),
        (0o044, 1000, false, false),
        (0o640, 0, true, false),
        (0o600, 0, true, false),
        (0o040, 0, false, false),
        // Root may have given up to read what is others'.
        (0o600, 1000, false, false),
    ] {
        (stamp.mode, stamp.owner) = (mode, owner);
        let found = [root, other].map(|user| stamp.may_be_used_by(user));
        assert_eq!(found, [by_root, by_other], "{mode:o} of {owner}");
    }
}

/// Memory from a reserve must come back, and a request is not to be denied for what it can do without.
#[test]
fn nothing_is_kept_when_memory_was_short() {
    let (store, folder) = (Texts::new(), Folder::new());
    let path = folder.file("table", "old");
    let other = folder.file("other", "kept");
    wait_until_settled();
    assert_eq!(store.text(&other), None);
    assert!(store.text(&other).is_some());
    assert_eq!(store.text(&path), None);
    let during = store.get(&path, |file| {
        low_memory::note();
        read(file)
    });
    assert_eq!(during, None);
    assert!(!low_memory::take());
    assert_eq!(store.entries.read().unwrap().capacity(), 0);
}

/// Such a write changes the file's times when the kernel has to map the page anew, on tmpfs never: until it
/// shows, what is kept is used, and nothing else.
#[test]
fn a_write_through_a_mapping_shows_with_the_next_ordinary_change() {
    let (store, folder) = (Texts::new(), Folder::new());
    let path = folder.file("table", "text");
    let file = File::options().read(true).write(true).open(&path).unwrap();
    let (protection, shared) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
    // SAFETY: a new mapping, of a file that is as long and stays so while it is written to.
    let page = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            4,
            protection,
            shared,
            file.as_raw_fd(),
            0,
        )
    };
    assert_ne!(page, libc::MAP_FAILED);
    // SAFETY: the mapping has four bytes, and nobody else has its address.
    let write = |byte: u8| unsafe { page.cast::<u8>().write_volatile(byte) };
    write(b'n');
    wait_until_settled();
    assert_eq!(store.text(&path), None);
    assert_eq!(store.text(&path).as_deref(), Some("next"));
    write(b't');
    assert_eq!(fs::read(&path).unwrap(), b"text");
    let found = store.text(&path);
    assert!(matches!(found.as_deref(), None | Some("next")), "{found:?}");
    fs::write(&path, "last").unwrap();
    assert_eq!(store.text(&path), None, "it is read anew");
    // SAFETY: nothing uses the mapping any more.
    unsafe { libc::munmap(page, 4) };
}
