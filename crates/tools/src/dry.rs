//! Options and lookups without consequences: what would be done is shown or passed over.

use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use hosts_access::action::{Action, Done};
use hosts_access::fault::Fault;
use hosts_access::request::facts::Answer;
use hosts_access::text::bytes::path_of;
use hosts_access::world::{Effects, Files, Ident};

use crate::disk::Disk;
use crate::output::Output;

/// Statuses of a shell for a program that it cannot execute, and for one that it does not find.
const NOT_EXECUTABLE: i32 = 126;
const NOT_FOUND: i32 = 127;

/// How much of a script is looked at, as the kernel has it (execve(2)).
const SCRIPT_BYTES: u64 = 256;

/// Carries nothing out. A banner is shown; a command counts as one that succeeds.
#[derive(Default)]
pub struct DryEffects<'o> {
    /// Where banners are shown, if they are.
    pub output: Option<&'o Output>,
    /// Where the program of an aclexec is looked for: if it plainly cannot be run, its command counts as
    /// one that could not.
    pub disk: Option<&'o Disk>,
    /// Whether an aclexec command counts as one that says no.
    pub refuses: bool,
    /// Whether a command was taken to say anything.
    pub guessed: bool,
}

impl Effects for DryEffects<'_> {
    fn perform(&mut self, action: &Action) -> Result<Done, Fault> {
        match (action, self.output) {
            (Action::Banner(text), Some(output)) => output.bytes(text),
            (Action::Aclexec(command), _) => {
                let disk = self.disk;
                let known = disk.and_then(|disk| plain_status(command.as_bytes(), disk));
                self.guessed |= known.is_none();
                return Ok(Done::Exited(known.unwrap_or(i32::from(self.refuses))));
            }
            _ => {}
        }
        Ok(Done::Done)
    }
}

/// The status of a command that is nothing but one program with a full path and its arguments, if that
/// program plainly cannot be run.
pub fn plain_status(command: &[u8], disk: &Disk) -> Option<i32> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b" \t/._-+:,@%=".contains(byte);
    if !command.iter().all(is_plain) {
        return None;
    }
    let program = command.split(u8::is_ascii_whitespace).next()?;
    let program = Some(program).filter(|program| program.starts_with(b"/"))?;
    let path = path_of(program);
    status_of(&path, disk).or_else(|| status_of(&interpreter(&path, disk)?, disk))
}

/// What a shell says of a program that is not there or may not be executed.
fn status_of(program: &Path, disk: &Disk) -> Option<i32> {
    match disk.metadata(program) {
        Ok(found) if found.is_file() && found.mode() & 0o111 != 0 => None,
        Ok(_) => Some(NOT_EXECUTABLE),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Some(NOT_FOUND)
        }
        Err(_) => None,
    }
}

/// The interpreter of a script, by the full path in its first line. A carriage return belongs to it.
fn interpreter(script: &Path, disk: &Disk) -> Option<std::path::PathBuf> {
    let mut begin = Vec::new();
    let source = disk.open(script).ok()??;
    source.take(SCRIPT_BYTES).read_to_end(&mut begin).ok()?;
    let line = begin
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    let line = line.trim_ascii_start();
    let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t'));
    let path = line.get(..end.unwrap_or(line.len()))?;
    path.starts_with(b"/").then(|| path_of(path))
}

/// Asks no ident server.
pub struct NoIdent;

impl Ident for NoIdent {
    fn ask(&self, _: SocketAddr, _: SocketAddr, _: &[u8], _: Duration) -> Answer<Vec<u8>> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_plainly_cannot_be_run() {
        let root = std::env::temp_dir().join(format!("dry-{}", std::process::id()));
        fs::create_dir_all(root.join("bin")).unwrap();
        for (name, text, mode) in [
            ("good", "#!/bin/true -x\n", 0o755),
            ("true", "\x7fELF", 0o755),
            ("closed", "", 0o644),
            ("crlf", "#!/bin/true\r\n", 0o755),
            ("orphan", "#! /bin/none\n", 0o755),
            ("locked", "#!/bin/closed\n", 0o755),
        ] {
            let path = root.join("bin").join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let disk = Disk::new(Some(root.clone()));
        for (command, status) in [
            ("/bin/good 192.0.2.7", None),
            ("/bin/true", None),
            ("/bin/none 192.0.2.7", Some(127)),
            ("/bin/true/x", Some(127)),
            ("/bin/closed", Some(126)),
            ("/bin", Some(126)),
            ("/bin/crlf x", Some(127)),
            ("/bin/orphan", Some(127)),
            ("/bin/locked", Some(126)),
            // More than a program and its arguments, or found by other means.
            ("/bin/none || true", None),
            ("/bin/none; true", None),
            ("test -e /bin/none", None),
            ("none", None),
            ("", None),
        ] {
            assert_eq!(plain_status(command.as_bytes(), &disk), status, "{command}");
        }
        fs::remove_dir_all(&root).unwrap();
    }
}
