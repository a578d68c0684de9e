//! Tables, lists and banners in the file system. Opening one never blocks.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use hosts_access::world::Files;
use nix::libc;

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFiles;

/// Device number of /dev/null (Linux: 1, 3).
const NULL_DEVICE: (libc::c_uint, libc::c_uint) = (1, 3);

impl Files for RealFiles {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn Read + '_>>> {
        Ok(open_regular(path)?.map(|file| Box::new(file) as _))
    }

    fn check_exists(&self, path: &Path) -> io::Result<()> {
        fs::metadata(path).map(drop)
    }
}

/// Opens a regular file, or /dev/null, without ever blocking. `None`: there is none.
pub(crate) fn open_regular(path: &Path) -> io::Result<Option<File>> {
    // A device may act on being opened, so look first. What is there when it is opened is looked
    // at again.
    let readable = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    check_kind(&readable)?;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path);
    match file {
        Ok(file) => {
            check_kind(&file.metadata()?)?;
            Ok(Some(file))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Only regular files and /dev/null may be read: all else can block or never end.
fn check_kind(metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok(());
    }
    if kind.is_dir() {
        return Err(io::Error::from_raw_os_error(libc::EISDIR));
    }
    let device = metadata.rdev();
    if kind.is_char_device() && (libc::major(device), libc::minor(device)) == NULL_DEVICE {
        return Ok(());
    }
    Err(io::Error::other("not a regular file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &str) -> Result<Option<String>, String> {
        match RealFiles.open(Path::new(path)) {
            Ok(None) => Ok(None),
            Ok(Some(mut source)) => {
                let mut text = String::new();
                source.read_to_string(&mut text).unwrap();
                Ok(Some(text))
            }
            Err(error) => Err(hosts_access::fault::reason(&error)),
        }
    }

    #[test]
    fn only_what_can_be_read_to_its_end_is_opened() {
        let folder = std::env::temp_dir().join(format!("files-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let fifo = folder.join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        fs::write(folder.join("table"), "ALL: ALL\n").unwrap();
        std::os::unix::fs::symlink("nowhere", folder.join("dangling")).unwrap();
        let path = |name: &str| folder.join(name).display().to_string();
        assert_eq!(open(&path("table")), Ok(Some("ALL: ALL\n".to_owned())));
        assert_eq!(open(&path("missing")), Ok(None));
        assert_eq!(open(&path("dangling")), Ok(None));
        assert_eq!(open("/dev/null"), Ok(Some(String::new())));
        assert_eq!(open(&path("")), Err("Is a directory".to_owned()));
        assert_eq!(open(&path("fifo")), Err("not a regular file".to_owned()));
        assert_eq!(open("/dev/zero"), Err("not a regular file".to_owned()));
        assert_eq!(open(&path("table/x")), Err("Not a directory".to_owned()));
        fs::remove_dir_all(&folder).unwrap();
    }
}
