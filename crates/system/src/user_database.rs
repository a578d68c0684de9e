//! Users and groups, through the system's name services: getpwnam(3), getgrnam(3).

use hosts_access::accounts::{Gid, Uid, User};
use hosts_access::world::Accounts;
use nix::unistd;

/// The system's accounts. A database that cannot be read knows nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemAccounts;

impl Accounts for SystemAccounts {
    fn user(&self, name: &[u8]) -> Option<User> {
        let user = unistd::User::from_name(std::str::from_utf8(name).ok()?).ok()??;
        Some(User {
            name: user.name.into_bytes(),
            uid: Uid(user.uid.as_raw()),
            gid: Gid(user.gid.as_raw()),
        })
    }

    fn group(&self, name: &[u8]) -> Option<Gid> {
        let group = unistd::Group::from_name(std::str::from_utf8(name).ok()?).ok()??;
        Some(Gid(group.gid.as_raw()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_and_numbers_are_not() {
        assert_eq!(
            SystemAccounts.user(b"root").map(|user| user.uid),
            Some(Uid(0))
        );
        assert_eq!(SystemAccounts.group(b"root"), Some(Gid(0)));
        for name in [&b"0"[..], b"", b"no-such-name", b"\xff"] {
            assert_eq!(SystemAccounts.user(name), None);
            assert_eq!(SystemAccounts.group(name), None);
        }
    }
}
