//! Paths to files on which access depends: whether they are there, and who may change them.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use hosts_access::fault::reason;
use hosts_access::search::access::Tables;
use hosts_access::text::escape::TableText;

use crate::disk::Disk;
use crate::remark::{DAEMON_DIRECTORY, Remark, WORLD_WRITABLE};

const WORLD_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// The part of a path after its last slash.
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// Looks at a file, and reports it and each folder above it that anybody may write to.
///
/// # Errors
/// It cannot be looked at; nothing is reported then.
pub fn check_path(
    path: &Path,
    disk: &Disk,
    report: &mut dyn FnMut(Remark),
) -> io::Result<Metadata> {
    let metadata = disk.metadata(path)?;
    let mut check = |above: &Path, metadata: &Metadata| {
        if metadata.permissions().mode() & WORLD_WRITE != 0 {
            let text = format!("{}: world writable", TableText::from(above));
            let remark = Remark::new(&WORLD_WRITABLE, text);
            report(remark.harmless_if(is_kept_apart(above, path, disk)));
        }
    };
    check(path, &metadata);
    if path.is_absolute() {
        for parent in path.ancestors().skip(1) {
            if let Ok(metadata) = disk.metadata(parent) {
                check(parent, &metadata);
            }
        }
    }
    Ok(metadata)
}

/// Whether nobody but root and the caller can change a file, or put another one in its place, although anybody may
/// write to a folder above it: the folder is sticky, and it, the file and all between belong to one of the two.
pub fn is_kept_apart(folder: &Path, file: &Path, disk: &Disk) -> bool {
    let caller = fs::metadata("/proc/self").map_or(0, |own| own.uid());
    let trusted = |path: &Path| {
        let owner = disk.metadata(path).map(|metadata| metadata.uid());
        owner.is_ok_and(|owner| owner == 0 || owner == caller)
    };
    let sticky =
        |metadata: Metadata| metadata.is_dir() && metadata.permissions().mode() & STICKY != 0;
    let between = file.ancestors().take_while(|path| *path != folder);
    disk.metadata(folder).is_ok_and(sticky) && between.chain([folder]).all(trusted)
}

/// Looks at the folder for daemons.
pub fn check_daemon_directory(directory: &Path, disk: &Disk, report: &mut dyn FnMut(Remark)) {
    let what = match check_path(directory, disk, report) {
        Ok(metadata) if metadata.is_dir() => return,
        Ok(_) => " is not a directory".to_owned(),
        Err(error) => format!(": {}", reason(&error)),
    };
    let text = format!("REAL_DAEMON_DIR {}{what}", TableText::from(directory));
    report(Remark::new(&DAEMON_DIRECTORY, text));
}

/// Looks at the two tables. One that is missing is as good as an empty one.
pub fn check_tables(tables: &Tables, disk: &Disk, report: &mut dyn FnMut(Remark)) {
    for table in [&tables.allow, &tables.deny] {
        if *table == Path::new("/dev/null") {
            // No table at all.
            continue;
        }
        // A table that cannot be looked at is reported when it is read.
        let _ = check_path(table, disk, report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_anybody_may_write_to_is_named_from_the_file_upwards() {
        let root = std::env::temp_dir().join(format!("paths-{}", std::process::id()));
        fs::create_dir_all(root.join("etc/x")).unwrap();
        fs::write(root.join("etc/x/table"), "").unwrap();
        let disk = Disk::new(Some(root.clone()));
        let found = |path: &str| {
            let mut texts = Vec::new();
            let outcome = check_path(Path::new(path), &disk, &mut |remark| {
                texts.push(remark.to_string());
            });
            (outcome.is_ok(), texts)
        };
        assert_eq!(found("/etc/x/table"), (true, vec![]));
        // In a sticky folder others can neither change nor replace what is not theirs.
        let harmless = |path: &str| {
            let mut found = Vec::new();
            let _ = check_path(Path::new(path), &disk, &mut |remark| {
                found.push(remark.harmless)
            });
            found
        };
        set_mode(&root.join("etc"), 0o1777);
        assert_eq!(harmless("/etc/x/table"), [true]);
        set_mode(&root.join("etc/x/table"), 0o666);
        assert_eq!(harmless("/etc/x/table"), [false, true]);
        set_mode(&root.join("etc"), 0o757);
        set_mode(&root.join("etc/x/table"), 0o666);
        assert_eq!(
            found("/etc/x/table").1,
            [
                "warning: /etc/x/table: world writable",
                "warning: /etc: world writable",
            ]
        );
        assert_eq!(found("/etc/none"), (false, vec![]));
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn the_daemon_directory_must_be_a_directory() {
        let mut texts = Vec::new();
        for directory in ["/proc/none", "/proc/version"] {
            check_daemon_directory(Path::new(directory), &Disk::default(), &mut |remark| {
                texts.push(remark.to_string());
            });
        }
        assert_eq!(
            texts,
            [
                "warning: REAL_DAEMON_DIR /proc/none: No such file or directory",
                "warning: REAL_DAEMON_DIR /proc/version is not a directory",
            ]
        );
    }
}
