//! Giving up root, for good.
//!
//! The program is often started by root with words that a stranger chose, and reads what
//! the stranger's machine answers. So if any of the real, effective and saved user ids is
//! root's, the process becomes `nobody`, with nobody's group and no other; the kernel is
//! then asked what really became of it. Any doubt is an error, and the caller must end.
//! A process that is not root's at all keeps its user and groups.

use std::fmt;

use nix::errno::Errno;
use nix::unistd::{
    Gid, ResGid, ResUid, Uid, User, getgroups, getresgid, getresuid, setegid, seteuid, setgroups,
    setresgid, setresuid, setuid,
};

/// User and group id of `nobody` where there is no such account.
const OVERFLOW_ID: u32 = 65534;

/// Why root could not be given up.
#[derive(Debug)]
pub enum DropError {
    /// A system call failed.
    Call(&'static str, Errno),
    /// The account `nobody` is root's.
    Account,
    /// The system calls claimed success, but the process is not what they should have made it.
    Unchanged(&'static str),
}

impl fmt::Display for DropError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot give up root: ")?;
        match self {
            Self::Call(name, errno) => write!(f, "{name}: {}", errno.desc()),
            Self::Account => f.write_str("user or group id of nobody is 0"),
            Self::Unchanged(what) => write!(f, "{what}"),
        }
    }
}

/// Becomes `nobody` unless the process has nothing of root's.
pub fn drop_root() -> Result<(), DropError> {
    let uids = getresuid().map_err(|errno| DropError::Call("getresuid", errno))?;
    if !has_root(&uids) {
        return Ok(());
    }
    // Needed with a real or saved root alone: only effective root may change groups.
    seteuid(Uid::from_raw(0)).map_err(|errno| DropError::Call("seteuid", errno))?;
    let (uid, gid) = nobody()?;
    become_user(uid, gid)?;
    verify(uid, gid)
}

fn has_root(uids: &ResUid) -> bool {
    [uids.real, uids.effective, uids.saved]
        .iter()
        .any(|uid| uid.is_root())
}

fn nobody() -> Result<(Uid, Gid), DropError> {
    let overflow = (Uid::from_raw(OVERFLOW_ID), Gid::from_raw(OVERFLOW_ID));
    // No name service, no account: the number has no rights either way.
    let account = User::from_name("nobody").ok().flatten();
    match account.map_or(overflow, |user| (user.uid, user.gid)) {
        (uid, gid) if uid.is_root() || gid.as_raw() == 0 => Err(DropError::Account),
        ids => Ok(ids),
    }
}

fn become_user(uid: Uid, gid: Gid) -> Result<(), DropError> {
    setgroups(&[]).map_err(|errno| DropError::Call("setgroups", errno))?;
    setresgid(gid, gid, gid).map_err(|errno| DropError::Call("setresgid", errno))?;
    setresuid(uid, uid, uid).map_err(|errno| DropError::Call("setresuid", errno))
}

/// Asks the kernel, and tries the way back.
fn verify(uid: Uid, gid: Gid) -> Result<(), DropError> {
    let uids = ResUid {
        real: uid,
        effective: uid,
        saved: uid,
    };
    let gids = ResGid {
        real: gid,
        effective: gid,
        saved: gid,
    };
    if getresuid() != Ok(uids) {
        return Err(DropError::Unchanged("the user ids are not nobody's"));
    }
    if getresgid() != Ok(gids) {
        return Err(DropError::Unchanged("the group ids are not nobody's"));
    }
    if getgroups().map(|groups| groups.len()) != Ok(0) {
        return Err(DropError::Unchanged("supplementary groups are left"));
    }
    if setuid(Uid::from_raw(0)).is_ok() || setegid(Gid::from_raw(0)).is_ok() {
        return Err(DropError::Unchanged("it could be taken back"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_of_root_counts() {
        let cases = [
            ((0, 0, 0), true),
            ((0, 1000, 1000), true),
            ((1000, 0, 1000), true),
            ((1000, 1000, 0), true),
            ((1000, 1000, 1000), false),
            ((65534, 65534, 65534), false),
        ];
        for ((real, effective, saved), expected) in cases {
            let [real, effective, saved] = [real, effective, saved].map(Uid::from_raw);
            assert_eq!(
                has_root(&ResUid {
                    real,
                    effective,
                    saved
                }),
                expected
            );
        }
    }
}
