//! Giving up privileges for good: groups, group, user, in that order, each looked at afterwards.

use std::ffi::CString;
use std::io;

use hosts_access::accounts::{Gid, User};
use hosts_access::fault::Fault;
use nix::unistd::{self, getgroups, getresgid, getresuid};

fn fault(call: &str, name: &[u8], error: impl Into<io::Error>) -> Fault {
    let name = String::from_utf8_lossy(name);
    Fault::new(format!("{call}({name})"), &error.into())
}

/// The change took no effect though the system reported success.
fn not_taken(call: &str, name: &[u8]) -> Fault {
    fault(call, name, io::Error::other("the change took no effect"))
}

/// Takes a group, and no other.
///
/// # Errors
/// Which call failed, with the group's name as written.
pub fn take_group(group: Gid, name: &[u8]) -> Result<(), Fault> {
    let gid = unistd::Gid::from_raw(group.0);
    if is_group(gid) && getgroups().is_ok_and(|groups| groups.iter().all(|other| *other == gid)) {
        return Ok(());
    }
    unistd::setgroups(&[gid]).map_err(|error| fault("setgroups", name, error))?;
    set_gid(gid, name)
}

/// The groups that a user has as a process.
#[derive(Clone, Copy, Debug)]
pub enum Groups<'n> {
    /// This one, with its name as written, and no other.
    Only(Gid, &'n [u8]),
    /// Those of the user's login.
    Own,
    /// Those that have the user as a member, and this one in place of the login's.
    OwnWith(Gid),
}

/// Becomes a user.
///
/// # Errors
/// Which call failed, with the name as written.
pub fn become_user(user: &User, groups: Groups<'_>) -> Result<(), Fault> {
    let uid = unistd::Uid::from_raw(user.uid.0);
    match groups {
        Groups::Only(group, name) => take_group(group, name)?,
        Groups::Own => take_groups_of(user, user.gid)?,
        Groups::OwnWith(group) => take_groups_of(user, group)?,
    }
    if !is_user(uid) {
        unistd::setresuid(uid, uid, uid).map_err(|error| fault("setuid", &user.name, error))?;
    }
    if is_user(uid) {
        Ok(())
    } else {
        Err(not_taken("setuid", &user.name))
    }
}

/// A group, and those that have the user as a member. Who is that user already keeps the groups there are,
/// provided the primary group is right: without privileges there is nothing to give up.
fn take_groups_of(user: &User, group: Gid) -> Result<(), Fault> {
    let uid = unistd::Uid::from_raw(user.uid.0);
    let gid = unistd::Gid::from_raw(group.0);
    if is_user(uid) && is_group(gid) && !uid.is_root() {
        return Ok(());
    }
    let name =
        CString::new(user.name.clone()).map_err(|error| fault("initgroups", &user.name, error))?;
    unistd::initgroups(&name, gid).map_err(|error| fault("initgroups", &user.name, error))?;
    set_gid(gid, &user.name)
}

fn set_gid(gid: unistd::Gid, name: &[u8]) -> Result<(), Fault> {
    unistd::setresgid(gid, gid, gid).map_err(|error| fault("setgid", name, error))?;
    if is_group(gid) {
        Ok(())
    } else {
        Err(not_taken("setgid", name))
    }
}

/// Whether real, effective and saved group are all this one.
fn is_group(gid: unistd::Gid) -> bool {
    getresgid().is_ok_and(|ids| ids.real == gid && ids.effective == gid && ids.saved == gid)
}

/// Whether real, effective and saved user are all this one.
fn is_user(uid: unistd::Uid) -> bool {
    getresuid().is_ok_and(|ids| ids.real == uid && ids.effective == uid && ids.saved == uid)
}
