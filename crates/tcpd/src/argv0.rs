//! Which daemon is meant: `argv[0]`, as inetd has it from its configuration (tcpd(8)).

use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use system::exec;
use system::limits::MAX_ARGV0_BYTES;
use system::settings::REAL_DAEMON_DIR;

/// The daemon that is to run.
pub(crate) struct Daemon {
    /// Its name in the tables and in the log.
    pub(crate) name: Vec<u8>,
    /// Path of its program.
    pub(crate) path: CString,
    /// Its arguments, `argv[0]` first.
    pub(crate) arguments: Vec<CString>,
}

impl Daemon {
    /// Reads the arguments: an absolute `argv[0]` is the program, and its last component the name;
    /// any other is a name below [`REAL_DAEMON_DIR`].
    ///
    /// # Errors
    /// There is no `argv[0]`, or it is over-long.
    pub(crate) fn from_arguments(arguments: Vec<OsString>) -> Result<Self> {
        let mut arguments: Vec<_> = arguments.into_iter().map(OsString::into_vec).collect();
        let Some(first) = arguments.first_mut() else {
            bail!("no argv[0]; name the daemon where inetd is told to run tcpd");
        };
        ensure!(
            first.len() <= MAX_ARGV0_BYTES,
            "argv[0] is over {MAX_ARGV0_BYTES} bytes long; name the daemon shortly"
        );
        let path = if first.starts_with(b"/") {
            let path = first.clone();
            *first = last_component(&path).to_vec();
            path
        } else {
            [REAL_DAEMON_DIR.as_bytes(), b"/", first].concat()
        };
        let name = first.clone();
        let arguments = arguments.into_iter().map(CString::new);
        Ok(Self {
            name,
            path: CString::new(path).context("argv[0]")?,
            arguments: arguments.collect::<Result<_, _>>().context("argv")?,
        })
    }

    /// Refuses to execute this program again, which would never end. (Where it was started by a way that
    /// does not lead to it any more, it finds itself when it is started by the daemon's path.)
    ///
    /// # Errors
    /// The daemon's program is this one.
    pub(crate) fn check_not_ourselves(&self) -> Result<()> {
        let identity = |path: &CStr| {
            let metadata = fs::metadata(OsStr::from_bytes(path.to_bytes())).ok()?;
            Some((metadata.dev(), metadata.ino()))
        };
        let daemon = identity(&self.path);
        ensure!(
            daemon.is_none() || daemon != exec::own_path().and_then(identity),
            "{} is tcpd itself; name the daemon as its first argument",
            Path::new(OsStr::from_bytes(self.path.to_bytes())).display()
        );
        Ok(())
    }

    /// The last component of the name: the tag of the message that it could not be executed.
    pub(crate) fn base_name(&self) -> &[u8] {
        last_component(&self.name)
    }
}

fn last_component(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daemon(argv0: &str) -> (String, String, String) {
        let daemon = Daemon::from_arguments(vec![argv0.into(), "-x".into()]).unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(daemon.arguments[1].as_c_str(), c"-x");
        (
            text(&daemon.name),
            text(daemon.path.to_bytes()),
            text(daemon.arguments[0].to_bytes()),
        )
    }

    #[test]
    fn argv0_names_program_and_service() {
        for (argv0, name, path) in [
            ("/a/b/svcd", "svcd", "/a/b/svcd"),
            ("svcd", "svcd", "/usr/sbin/svcd"),
            ("../bin/echo", "../bin/echo", "/usr/sbin/../bin/echo"),
            ("", "", "/usr/sbin/"),
            ("/a/", "", "/a/"),
        ] {
            let expected = (name.to_owned(), path.to_owned(), name.to_owned());
            assert_eq!(daemon(argv0), expected, "{argv0}");
        }
    }

    #[test]
    fn what_names_no_daemon_is_refused() {
        assert!(Daemon::from_arguments(Vec::new()).is_err());
        let long = "x".repeat(MAX_ARGV0_BYTES + 1);
        assert!(Daemon::from_arguments(vec![long.into()]).is_err());
        let own = std::env::current_exe().unwrap();
        let own = Daemon::from_arguments(vec![own.into()]).unwrap();
        assert!(own.check_not_ourselves().is_err());
        let other = Daemon::from_arguments(vec!["/bin/true".into()]).unwrap();
        assert!(other.check_not_ourselves().is_ok());
    }
}
