//! Entries of the user and group databases, passwd(5) and group(5).

/// A user id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uid(pub u32);

/// A group id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gid(pub u32);

/// An entry of the user database, getpwnam(3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: Vec<u8>,
    /// User id.
    pub uid: Uid,
    /// Primary group.
    pub gid: Gid,
}
