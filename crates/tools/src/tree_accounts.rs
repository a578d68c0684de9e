//! Users and groups of a tree that is to be installed: its own passwd and group files.

use std::path::Path;

use hosts_access::accounts::{Gid, Uid, User};
use hosts_access::text::number::decimal;
use hosts_access::world::Accounts;
use system::user_database::SystemAccounts;

use crate::disk::Disk;

/// Users and groups: this machine's, or those of the tree that is looked at.
pub enum TreeAccounts {
    /// This machine's.
    System(SystemAccounts),
    /// Those of the tree.
    Files {
        /// Users.
        users: Vec<User>,
        /// Groups by name.
        groups: Vec<(Vec<u8>, Gid)>,
    },
}

impl TreeAccounts {
    /// The accounts that belong to these files.
    pub fn new(disk: &Disk) -> Self {
        if !disk.is_rooted() {
            return Self::System(SystemAccounts);
        }
        let lines = |path| {
            let text = disk.read(Path::new(path)).ok().flatten();
            text.unwrap_or_default()
        };
        let passwd = lines("/etc/passwd");
        let group = lines("/etc/group");
        Self::Files {
            users: entries(&passwd)
                .filter_map(|fields| user(&fields))
                .collect(),
            groups: entries(&group)
                .filter_map(|fields| a_group(&fields))
                .collect(),
        }
    }
}

fn entries(text: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    text.split(|byte| *byte == b'\n')
        .map(|line| line.split(|byte| *byte == b':').collect())
}

fn user(fields: &[&[u8]]) -> Option<User> {
    Some(User {
        name: fields.first()?.to_vec(),
        uid: Uid(decimal(fields.get(2)?)?),
        gid: Gid(decimal(fields.get(3)?)?),
    })
}

fn a_group(fields: &[&[u8]]) -> Option<(Vec<u8>, Gid)> {
    Some((fields.first()?.to_vec(), Gid(decimal(fields.get(2)?)?)))
}

impl Accounts for TreeAccounts {
    fn user(&self, name: &[u8]) -> Option<User> {
        match self {
            Self::System(system) => system.user(name),
            Self::Files { users, .. } => users.iter().find(|user| user.name == name).cloned(),
        }
    }

    fn group(&self, name: &[u8]) -> Option<Gid> {
        match self {
            Self::System(system) => system.group(name),
            Self::Files { groups, .. } => {
                let found = groups.iter().find(|(known, _)| known == name);
                found.map(|(_, gid)| *gid)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_its_own_accounts() {
        let root = std::env::temp_dir().join(format!("accounts-{}", std::process::id()));
        std::fs::create_dir_all(root.join("etc")).unwrap();
        std::fs::write(root.join("etc/passwd"), "a:x:7:8:::\nbroken\n").unwrap();
        std::fs::write(root.join("etc/group"), "g:x:9:\n").unwrap();
        let accounts = TreeAccounts::new(&Disk::new(Some(root.clone())));
        assert_eq!(accounts.user(b"a").map(|user| user.gid), Some(Gid(8)));
        assert_eq!(accounts.group(b"g"), Some(Gid(9)));
        assert!(accounts.user(b"root").is_none() && accounts.group(b"root").is_none());
        std::fs::remove_dir_all(&root).unwrap();
    }
}
