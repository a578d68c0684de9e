//! A part of sshd_config (sshd_config(5)): everybody is refused but those who come from granted addresses.
//!
//! sshd knows an IPv4-mapped client by its IPv4 address. An address with a scope (`fe80::1%eth0`) is in no network for
//! it: all link-local addresses are let in by patterns on their text, or none is.

use crate::admitted::Admitted;
use crate::space::Family;

/// What it cannot do.
pub(super) const LIMITS: &[&str] = &[
    "sshd refuses after authentication has begun: any client reaches that far. With RefuseConnection",
    "(OpenSSH 9.9 and later) it ends the connection then; DenyUsers lets no user in.",
    "Link-local addresses are let in if the tables grant all of fe80::/10, or else refused.",
    "A client without an internet address (sshd on a pipe, a Unix or a vsock socket) is not looked at.",
    "It stands in a file that sshd_config includes before any Match block of its own.",
];

/// Longest text that is written. sshd of Debian 13 serves nobody if its whole configuration is more than 256 KiB: the
/// rest of it has room.
pub const MAX_TEXT: usize = 200_000;

/// The link-local addresses, and patterns that only they match.
const LINK_LOCAL: (u128, u128) = (0xfe80 << 112, (0xfec0 << 112) - 1);
const LINK_LOCAL_PATTERNS: [&str; 4] = ["fe8?:*", "fe9?:*", "fea?:*", "feb?:*"];

/// Writes the part.
pub(super) fn push(text: &mut String, refuse_connection: bool, admitted: &Admitted) {
    let networks = Family::BOTH
        .into_iter()
        .flat_map(|family| admitted.networks(family));
    let mut granted: Vec<String> = networks.map(|network| network.to_string()).collect();
    let (from, to) = LINK_LOCAL;
    if admitted.covers(Family::V6, from, to) {
        granted.extend(LINK_LOCAL_PATTERNS.map(str::to_owned));
    }
    text.push_str("Match Address *");
    for address in granted {
        text.push_str(",!");
        text.push_str(&address);
    }
    text.push('\n');
    if refuse_connection {
        text.push_str("\tRefuseConnection yes\n");
    }
    text.push_str("\tDenyUsers *\nMatch all\n");
}

/// Whether a version of OpenSSH, as `sshd -V` says it, knows RefuseConnection; nothing if it is no such text.
pub fn knows_refuse_connection(version: &str) -> Option<bool> {
    let (_, after) = version.split_once("OpenSSH_").unwrap_or(("", version));
    let end = |letter: char| !letter.is_ascii_digit() && letter != '.';
    let (major, minor) = after.split(end).next()?.split_once('.')?;
    let version: (u32, u32) = (major.parse().ok()?, minor.parse().ok()?);
    Some(version >= (9, 9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuse_connection_is_known_since_9_9() {
        for (text, known) in [
            ("9.2", Some(false)),
            ("OpenSSH_9.2p1 Debian-2+deb12u7, OpenSSL 3.0", Some(false)),
            ("unknown option -- V\nOpenSSH_9.8p1\n", Some(false)),
            ("9.9p2", Some(true)),
            ("OpenSSH_10.0p2 Debian-7, OpenSSL 3.5.4", Some(true)),
            ("10", None),
            ("", None),
            ("sshd", None),
        ] {
            assert_eq!(knows_refuse_connection(text), known, "{text}");
        }
    }
}
