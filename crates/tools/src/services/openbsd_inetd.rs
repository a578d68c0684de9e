//! Whether inetd itself asks libwrap for the services that it starts: Debian's openbsd-inetd does with
//! its option `-l` (inetd(8)).

use std::path::Path;

use crate::disk::Disk;

use super::elf::Libraries;
use super::systemd;

const PROGRAM: &str = "/usr/sbin/inetd";

/// Its unit, and the file that its script for System V init reads.
const UNIT: &str = "inetd.service";
const DEFAULTS: &str = "/etc/default/openbsd-inetd";

/// Whether it is started so.
pub(super) fn asks_libwrap(disk: &Disk, libraries: &mut Libraries) -> bool {
    libraries.links_libwrap(Path::new(PROGRAM), disk) == Some(true)
        && (systemd::words_of(UNIT, disk).iter().any(|word| is_l(word)) || by_default(disk))
}

fn by_default(disk: &Disk) -> bool {
    let bytes = disk.read(Path::new(DEFAULTS)).ok().flatten();
    let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("OPTIONS="))
        .any(|options| {
            options
                .trim_matches(['"', '\''])
                .split_whitespace()
                .any(is_l)
        })
}

/// Whether a word of a command line has the flag `l`.
fn is_l(word: &str) -> bool {
    word.strip_prefix('-')
        .is_some_and(|flags| flags.contains('l') && flags.chars().all(char::is_alphabetic))
}
