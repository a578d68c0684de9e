//! inetd.conf: which daemons inetd starts, and whether it does so through tcpd.
//!
//! `conf_line` reads its lines, `look` looks at the programs that they start.
//!
//! The file is read as the original's tools read it, which is more liberal than any inetd: the
//! socket type may be missing, and numbers before the path or the daemon's name are skipped.

mod conf_line;
mod look;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hosts_access::fault::reason;
use hosts_access::text::escape::TableText;

use crate::disk::{Disk, OpenError};
use crate::paths::check_path;
use crate::remark::Remark;

pub use look::{InetdDaemon, Wrapped};

/// Where inetd.conf is unless the user says otherwise.
pub const INETD_CONF: &str = "/etc/inetd.conf";

/// What inetd.conf says.
#[derive(Debug, Default)]
pub struct InetdConf {
    /// The file, if there is one.
    pub path: Option<PathBuf>,
    /// Daemons by their name in lower case; the last line for a name counts.
    daemons: BTreeMap<Vec<u8>, InetdDaemon>,
}

impl InetdConf {
    /// Reads the file that the user named, or the usual one if it is there. A folder counts as
    /// empty, as it always did.
    ///
    /// # Errors
    /// The file that the user named cannot be read.
    pub fn read(
        named: Option<&Path>,
        disk: &Disk,
        report: &mut dyn FnMut(Remark),
    ) -> Result<Self, OpenError> {
        let path = named.unwrap_or(Path::new(INETD_CONF));
        let text = match disk.read(path) {
            Ok(Some(text)) => text,
            Ok(None) if named.is_none() => return Ok(Self::default()),
            Ok(None) => {
                // What is no file has no reason.
                let error = disk.metadata(path).err();
                return Err(OpenError {
                    path: path.to_owned(),
                    reason: error.as_ref().map(reason).unwrap_or_default(),
                });
            }
            Err(error) if error.kind() == ErrorKind::IsADirectory => Vec::new(),
            Err(error) => return Err(OpenError::new(path, &error)),
        };
        if named.is_none() {
            let _ = check_path(path, disk, report);
        }
        Ok(Self::parse(path, &text, disk, report))
    }

    /// Reads the text of the file at `path`.
    pub fn parse(path: &Path, text: &[u8], disk: &Disk, report: &mut dyn FnMut(Remark)) -> Self {
        let mut conf = Self {
            path: Some(path.to_owned()),
            ..Self::default()
        };
        for entry in conf_line::read(text) {
            let mut at = |remark: Remark| report(remark.at(path, entry.line));
            if let Some(daemon) = look::check(&entry, disk, &mut at) {
                conf.daemons
                    .insert(entry.daemon_name().to_ascii_lowercase(), daemon);
            }
        }
        conf
    }

    /// The daemon of this name.
    pub fn daemon(&self, name: &[u8]) -> Option<&InetdDaemon> {
        self.daemons.get(&name.to_ascii_lowercase())
    }

    /// Every daemon with its name.
    pub fn daemons(&self) -> impl Iterator<Item = (&[u8], &InetdDaemon)> {
        self.daemons
            .iter()
            .map(|(name, daemon)| (&name[..], daemon))
    }

    /// The file's name for messages; the original shows a missing one as `(null)`.
    pub fn shown(&self) -> String {
        match &self.path {
            Some(path) => TableText::from(&**path).to_string(),
            None => "(null)".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
