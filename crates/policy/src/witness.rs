//! Witnesses: a client and a connection for which a formula holds, or the certainty that there is none.
//!
//! Each thing that tests ask for is tried in turn: names and users by strings for each way in which their words can
//! match, the rest by what the words themselves name. Where that may have left something out, the answer is that it is
//! not known, never that there is nothing.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use hosts_access::address::netmask::NetMask;
use hosts_access::request::Host;
use hosts_access::request::facts::{Fact, PARANOID, UNKNOWN};
use hosts_access::table::pattern::HostPattern;
use hosts_access::world::World;

use crate::condition::{Condition, Conditions, Form, Test};
use crate::printed::{self, Printed};
use crate::space::Family;
use crate::state::State;
use crate::strings::examples;

/// Addresses of a range that are tried where a test asks for an address as it is printed.
pub(crate) const ADDRESSES_TRIED: u128 = 1 << 16;

/// A state for which a formula holds.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The client and its connection.
    pub state: State,
    /// Netgroups that its name has to be in.
    pub netgroups: Vec<Box<[u8]>>,
    /// Zones of DNS lists that its address has to be on.
    pub dns_lists: Vec<Box<[u8]>>,
}

/// What became of the search for a witness.
#[derive(Clone, Debug)]
pub enum Found {
    /// There is one.
    Witness(Box<Witness>),
    /// There is none.
    Nobody,
    /// It cannot be told.
    Unsure,
}

/// Where a witness may be.
#[derive(Clone, Copy, Debug)]
pub struct Within {
    /// Address family.
    pub family: Family,
    /// First address.
    pub from: u128,
    /// Last address.
    pub to: u128,
}

/// Looks for a client of a range for whom a formula holds.
pub fn find(
    store: &mut Conditions,
    formula: Condition,
    within: Within,
    world: &World<'_>,
) -> Found {
    let nobody = Witness {
        state: State::nobody(within.family.address(within.from)),
        netgroups: Vec::new(),
        dns_lists: Vec::new(),
    };
    match formula {
        Condition::NEVER => return Found::Nobody,
        Condition::ALWAYS => return Found::Witness(Box::new(nobody)),
        _ => {}
    }
    let mut search = Search {
        store,
        world,
        within,
        unsure: false,
    };
    match search.names(formula, nobody) {
        Some(witness) => Found::Witness(Box::new(witness)),
        None if search.unsure => Found::Unsure,
        None => Found::Nobody,
    }
}

struct Search<'s, 'w> {
    store: &'s mut Conditions,
    world: &'s World<'w>,
    within: Within,
    /// Whether something was left out that may be a witness.
    unsure: bool,
}

impl Search<'_, '_> {
    fn tests(&self, formula: Condition) -> Vec<Test> {
        self.store.tests(formula).into_iter().cloned().collect()
    }

    /// Answers tests of a kind by a state.
    fn settle(
        &mut self,
        formula: Condition,
        state: &State,
        kind: impl Fn(&Test) -> bool,
    ) -> Condition {
        let world = self.world;
        self.store.answered(formula, &|test| {
            kind(test).then(|| state.answer(test, world))
        })
    }

    fn names(&mut self, formula: Condition, witness: Witness) -> Option<Witness> {
        let is_name =
            |test: &Test| matches!(test, Test::Name(_) | Test::NameKnown | Test::NameLocal);
        let tests = self.tests(formula);
        let words = tests.iter().filter_map(|test| match test {
            Test::Name(word) => Some(&**word),
            _ => None,
        });
        let known = examples(words, true);
        let mut seen = HashSet::new();
        let mut candidates = vec![Fact::Unknown];
        if tests
            .iter()
            .any(|test| is_name(test) || matches!(test, Test::Netgroup(_)))
        {
            candidates.push(Fact::Paranoid);
            candidates.extend(
                known
                    .strings
                    .into_iter()
                    .filter(|name| Fact::is_known(name))
                    .map(Fact::Known),
            );
        }
        for name in candidates {
            let mut witness = witness.clone();
            let has_name = name.known().is_some();
            witness.state.name = name;
            let mut left = self.settle(formula, &witness.state, is_name);
            if !has_name {
                left = self.store.answered(left, &|test| match test {
                    Test::Netgroup(_) => Some(false),
                    _ => None,
                });
            }
            if seen.insert(left)
                && let Some(found) = self.users(left, witness)
            {
                return Some(found);
            }
        }
        self.unsure |= !known.complete && self.may_hold(formula);
        None
    }

    fn users(&mut self, formula: Condition, witness: Witness) -> Option<Witness> {
        let is_user = |test: &Test| matches!(test, Test::User(_));
        let tests = self.tests(formula);
        let words = tests.iter().filter_map(|test| match test {
            Test::User(word) => Some(&**word),
            _ => None,
        });
        let known = examples(words, false);
        let mut candidates = vec![Fact::Unknown];
        if tests.iter().any(is_user) {
            let values = known
                .strings
                .into_iter()
                .filter(|user| !user.eq_ignore_ascii_case(UNKNOWN));
            candidates.extend(values.map(Fact::Known));
            candidates.push(Fact::Known(PARANOID.to_vec()));
        }
        let mut seen = HashSet::new();
        for user in candidates {
            let mut witness = witness.clone();
            witness.state.user = user;
            let left = self.settle(formula, &witness.state, is_user);
            if seen.insert(left)
                && let Some(found) = self.servers(left, witness)
            {
                return Some(found);
            }
        }
        self.unsure |= !known.complete && self.may_hold(formula);
        None
    }

    fn servers(&mut self, formula: Condition, witness: Witness) -> Option<Witness> {
        let is_server = |test: &Test| matches!(test, Test::Server(_) | Test::Port(_));
        let tests = self.tests(formula);
        let (mut addresses, mut names) = (vec!["unknown".to_owned()], vec![Fact::Unknown]);
        let mut ports = BTreeSet::from([0]);
        let mut asked = 0;
        for test in &tests {
            match test {
                Test::Port(port) => {
                    ports.insert(*port);
                    ports.insert(port.checked_add(1).unwrap_or(1));
                }
                Test::Server(word) => {
                    asked += 1;
                    server_of(word, &mut addresses, &mut names);
                }
                _ => {}
            }
        }
        let mut seen = HashSet::new();
        for address in &addresses {
            for name in &names {
                for port in &ports {
                    let mut witness = witness.clone();
                    witness.state.server = Host::from_text(address)
                        .with_name(name.clone())
                        .with_port(*port);
                    let left = self.settle(formula, &witness.state, is_server);
                    if seen.insert(left)
                        && let Some(found) = self.addresses(left, witness)
                    {
                        return Some(found);
                    }
                }
            }
        }
        self.unsure |= asked > 0 && self.may_hold(formula);
        None
    }

    fn addresses(&mut self, formula: Condition, witness: Witness) -> Option<Witness> {
        let is_address = |test: &Test| matches!(test, Test::Address(_) | Test::Scope { .. });
        let tests = self.tests(formula);
        if !tests.iter().any(is_address) {
            return self.rest(formula, witness);
        }
        let mut links = vec![None];
        for test in &tests {
            if let Test::Scope { link, .. } = test {
                links.push(Some(String::from_utf8_lossy(link).into_owned()));
            }
        }
        let Within { family, from, to } = self.within;
        let mut numbers: Vec<u128> = (0..ADDRESSES_TRIED.min(to - from))
            .map(|more| from + more)
            .collect();
        numbers.push(to);
        for test in &tests {
            let Test::Address(word) = test else { continue };
            if let HostPattern::Net {
                mask: Some(NetMask::V4(net, _)),
                ..
            } = HostPattern::parse(word)
            {
                numbers.push(u32::from(net).into());
            }
        }
        let mut seen = HashSet::new();
        for number in numbers
            .into_iter()
            .filter(|number| (from..=to).contains(number))
        {
            for link in &links {
                let mut witness = witness.clone();
                witness.state.address = family.address(number);
                witness.state.link = link.clone();
                let state = witness.state.clone();
                let world = self.world;
                let left = self.store.answered(formula, &|test| match test {
                    // An interface that this machine has not got is itself all the same.
                    Test::Scope { link, .. } => Some(
                        state.link.as_deref().map(str::as_bytes) == Some(&**link)
                            || state.answer(test, world),
                    ),
                    Test::Address(_) => Some(state.answer(test, world)),
                    _ => None,
                });
                if seen.insert(left)
                    && let Some(found) = self.rest(left, witness)
                {
                    return Some(found);
                }
            }
        }
        self.unsure |= to - from > ADDRESSES_TRIED && self.may_hold(formula);
        None
    }

    /// Netgroups, DNS lists and commands may come out in any way.
    fn rest(&mut self, formula: Condition, mut witness: Witness) -> Option<Witness> {
        let chosen = self.choose(formula)?;
        for test in chosen {
            match test {
                Test::Netgroup(group) => witness.netgroups.push(group),
                Test::DnsList(zone) => witness.dns_lists.push(zone),
                Test::Aclexec(options) => witness.state.aclexec.push(options),
                _ => {}
            }
        }
        Some(witness)
    }

    /// Tests that make a formula hold if they come out true and the others do not.
    fn choose(&mut self, formula: Condition) -> Option<Vec<Test>> {
        match formula {
            Condition::NEVER => return None,
            Condition::ALWAYS => return Some(Vec::new()),
            _ => {}
        }
        let test = self.tests(formula).into_iter().next()?;
        let without = self
            .store
            .answered(formula, &|other| (*other == test).then_some(false));
        if let Some(chosen) = self.choose(without) {
            return Some(chosen);
        }
        let with = self
            .store
            .answered(formula, &|other| (*other == test).then_some(true));
        let mut chosen = self.choose(with)?;
        chosen.push(test);
        Some(chosen)
    }

    /// Whether a formula might hold if each of its tests could come out in any way. "No" is certain.
    fn may_hold(&mut self, formula: Condition) -> bool {
        const MANY: usize = 24;
        match self.store.form(formula) {
            Form::Never => false,
            _ if self.tests(formula).len() > MANY => true,
            _ => self.choose(formula).is_some(),
        }
    }
}

/// An address and a name of a server that a word may match.
fn server_of(word: &[u8], addresses: &mut Vec<String>, names: &mut Vec<Fact>) {
    let mut address = |address: IpAddr| {
        let text = address.to_string();
        if !addresses.contains(&text) {
            addresses.push(text);
        }
    };
    address(IpAddr::from([203, 0, 113, 77]));
    let mut name = |text: &[u8]| {
        let name = Fact::from_value(text);
        if !names.contains(&name) {
            names.push(name);
        }
    };
    match HostPattern::parse(word) {
        HostPattern::Net {
            mask: Some(NetMask::V4(net, _)),
            ..
        } => address(net.into()),
        HostPattern::Net {
            mask: Some(NetMask::V6(net)),
            ..
        } => address(net.network().into()),
        HostPattern::Text { word, names: may } => {
            if let Printed::Ranges(ranges) = printed::v4(word)
                && let Some((from, _)) = ranges.first()
            {
                address(Family::V4.address(*from));
            }
            for part in printed::v6(word) {
                if let Printed::Ranges(ranges) = part
                    && let Some((from, _)) = ranges.first()
                {
                    address(Family::V6.address(*from));
                }
            }
            if may {
                for string in examples([word], true).strings {
                    name(&string);
                }
            }
        }
        HostPattern::Known => name(b"x.example"),
        HostPattern::Local => name(b"x"),
        _ => {}
    }
}
