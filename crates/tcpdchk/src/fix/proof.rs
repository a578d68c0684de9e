//! Which edits are safe: for every daemon, address, name and whatever else a rule may ask, the new tables give the
//! old answer by the same rule, or refuse by an edited rule. Reads what the tables refer to, asks nobody. What
//! cannot be told is not safe.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use hosts_access::report::problem::Diagnostic;
use hosts_access::search::access::Tables;
use hosts_access::world::{Files, Log, World};
use policy::access::{Policy, Server, Service};
use policy::condition::Conditions;
use policy::diff::{daemons, only_refuses_more};
use policy::tables::Rules;
use system::netgroup::SystemNetgroups;
use system::resolver::SystemResolver;
use tools::disk::Disk;
use tools::dry::{NoIdent, plain_status};
use tools::tree_accounts::TreeAccounts;

use super::edits::{Edit, apply};

/// Most comparisons that are made for one run: each goes through both tables.
const MAX_COMPARISONS: usize = 500;

/// Proves edits of two tables.
pub(super) struct Proof<'p> {
    paths: &'p Tables,
    before: [&'p [u8]; 2],
    disk: &'p Disk,
    left: usize,
}

impl<'p> Proof<'p> {
    /// For these tables.
    pub(super) fn new(paths: &'p Tables, before: [&'p [u8]; 2], disk: &'p Disk) -> Self {
        Self {
            paths,
            before,
            disk,
            left: MAX_COMPARISONS,
        }
    }

    /// The edits that are safe together, in order.
    pub(super) fn safe(mut self, all: &[Edit]) -> Vec<&Edit> {
        let all: Vec<&Edit> = all.iter().collect();
        let mut safe = Vec::new();
        self.take(&all, &mut safe);
        safe
    }

    /// Adds to the safe edits those of a part that stay safe with them: all, or what the halves have.
    fn take<'e>(&mut self, part: &[&'e Edit], safe: &mut Vec<&'e Edit>) {
        if part.is_empty() || self.left == 0 {
            return;
        }
        self.left -= 1;
        let with: Vec<&Edit> = safe.iter().chain(part).copied().collect();
        if self.holds(safe, &with, part) {
            safe.extend(part);
        } else if let (one, two @ [_, ..]) = part.split_at(part.len() / 2)
            && !one.is_empty()
        {
            self.take(one, safe);
            self.take(two, safe);
        }
    }

    fn tables(&self, edits: &[&Edit]) -> [Vec<u8>; 2] {
        [0, 1].map(|table| {
            let mine: Vec<&Edit> = edits
                .iter()
                .copied()
                .filter(|edit| edit.table == table)
                .collect();
            apply(self.before.get(table).copied().unwrap_or_default(), &mine)
        })
    }

    /// Whether the tables with some edits refuse only more than those with others, and by the added edits' rules.
    fn holds(&self, old: &[&Edit], new: &[&Edit], added: &[&Edit]) -> bool {
        let texts = [old, new].map(|edits| self.tables(edits));
        let accounts = TreeAccounts::new(self.disk);
        let budget = Rc::default();
        let lookups = (SystemResolver::new(Rc::clone(&budget)), NoIdent);
        let netgroups = SystemNetgroups::new(budget);
        let files = texts.each_ref().map(|texts| Edited { proof: self, texts });
        let worlds = files.each_ref().map(|files| World {
            files,
            lookups: &lookups,
            netgroups: &netgroups,
            accounts: &accounts,
            log: &Unheard,
        });
        let rules = worlds
            .each_ref()
            .map(|world| Rules::read(self.paths, world));
        let (names, complete) = daemons(&[&rules[0], &rules[1]]);
        let edited: BTreeSet<(&Path, u64)> = added
            .iter()
            .map(|edit| (self.path(edit.table), edit.rule))
            .collect();
        let status = |command: &[u8]| plain_status(command, self.disk);
        let [old, new] = rules;
        let [old_world, new_world] = worlds;
        let (mut old, mut new) = (
            Policy::new(old, old_world, &status),
            Policy::new(new, new_world, &status),
        );
        complete
            && names.into_iter().all(|daemon| {
                let mut store = Conditions::default();
                let service = Service {
                    daemon,
                    server: Server::Any,
                    port: None,
                };
                let answers = (
                    old.access(&service, &mut store),
                    new.access(&service, &mut store),
                );
                let (Ok(before), Ok(after)) = answers else {
                    return false;
                };
                only_refuses_more(&before, &after, &|by| {
                    let place = new.place(by);
                    place.is_some_and(|place| edited.contains(&(&*place.table, place.first_line)))
                })
            })
    }

    fn path(&self, table: usize) -> &'p Path {
        match table {
            0 => &self.paths.allow,
            _ => &self.paths.deny,
        }
    }
}

/// The files of the machine, with other tables.
struct Edited<'p> {
    proof: &'p Proof<'p>,
    texts: &'p [Vec<u8>; 2],
}

impl Files for Edited<'_> {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn Read + '_>>> {
        let tables = (0..).zip(self.texts);
        let edited = tables
            .into_iter()
            .find(|(table, _)| self.proof.path(*table) == path);
        match edited {
            Some((_, text)) => Ok(Some(Box::new(&text[..]))),
            None => self.proof.disk.open(path),
        }
    }

    fn check_exists(&self, path: &Path) -> io::Result<()> {
        self.proof.disk.check_exists(path)
    }
}

/// What the engine says while the tables are read, tcpdchk says itself.
struct Unheard;

impl Log for Unheard {
    fn diagnostic(&self, _: &Diagnostic) {}
}
