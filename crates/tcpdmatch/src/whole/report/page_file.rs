//! The file of a report: written whole or not at all, and never over anything but a report.
//!
//! A new file in the same folder takes the name by a rename, so that who reads the page sees the old one or the new one, and a
//! link of that name is never followed. What stands there already is replaced only if it is a report itself: no
//! table, list or other file is lost to a mistyped name. Only its maker may read a new report, since it tells
//! what is in the tables and lists; one that replaces another is as readable as that.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use hosts_access::world::Files;
use system::files::RealFiles;

/// How each report begins.
pub(super) const BEGINNING: &str = "<!DOCTYPE html><!-- tcpdmatch --report -->";

/// What a report may be made readable for.
const READABLE: u32 = 0o644;

/// Writes a page.
///
/// # Errors
/// Those of the file system; something that is no report has the name.
pub(super) fn write(file: &Path, page: &str) -> io::Result<()> {
    let before = report_before(file)?;
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut new = tempfile::Builder::new()
        .prefix(".tcpdmatch-")
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(plain)?;
    new.write_all(page.as_bytes())?;
    if let Some(mode) = before {
        let readable = Permissions::from_mode(mode & READABLE);
        new.as_file().set_permissions(readable)?;
    }
    new.as_file().sync_all()?;
    let named = match before {
        Some(_) => new.persist(file),
        None => new.persist_noclobber(file),
    };
    named.map(drop).map_err(|error| error.error)
}

/// The mode of the report that has this name, if one does.
fn report_before(file: &Path) -> io::Result<Option<u32>> {
    let metadata = match fs::symlink_metadata(file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let no_report = || io::Error::other("it is there already, and is no report");
    if !metadata.is_file() {
        return Err(no_report());
    }
    let mut beginning = Vec::new();
    if let Some(source) = RealFiles.open(file)? {
        source
            .take(BEGINNING.len() as u64)
            .read_to_end(&mut beginning)?;
    }
    if beginning == BEGINNING.as_bytes() {
        Ok(Some(metadata.permissions().mode()))
    } else {
        Err(no_report())
    }
}

/// The system's reason, without the name of the file that was to be made for a moment.
fn plain(error: io::Error) -> io::Error {
    let text = error.to_string();
    let end = text.find(" (os error ").unwrap_or(text.len());
    io::Error::other(text.get(..end).unwrap_or_default().to_owned())
}
