//! Client lists as sets: the words of a list, or of a `/file` list, as ranges and conditions.
//!
//! The engine's own parser tells what a word means; here it is asked of all addresses at once. A list is a union
//! up to a word that is in error, and EXCEPT takes away. What each answer rests on is read once: a `/file` list
//! is kept as the set that it is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use hosts_access::address::netmask::NetMask;
use hosts_access::address::notation::{parse_ipv6, split_scope};
use hosts_access::limits::MAX_LIST_DEPTH;
use hosts_access::lookup::dns_list;
use hosts_access::table::compare::Form;
use hosts_access::table::filelist::ListWords;
use hosts_access::table::list::{Words, is_except};
use hosts_access::table::pattern::{HostPattern, split_at_sign};
use hosts_access::text::bytes::{bracketed, path_of};
use hosts_access::world::World;

use crate::condition::{Condition, Conditions, Test};
use crate::printed::{self, MAX_RANGES, Printed};
use crate::space::{Family, Pieces, Space, v6_range};

/// What a list, or a rule, makes of every client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tested {
    /// Where it matches.
    pub matches: Space,
    /// Where it is in error.
    pub in_error: Space,
}

/// The union of words.
#[derive(Clone, Debug, Default)]
struct Union {
    v4: Vec<(u128, u128)>,
    v6: Vec<(u128, u128)>,
    /// Conditions that hold for any address.
    anywhere: Vec<Condition>,
    /// What holds on parts only.
    parts: Vec<Space>,
    /// Whether a word is in error: those after it are not tested.
    in_error: bool,
}

impl Union {
    fn add(&mut self, other: &Self) {
        self.v4.extend_from_slice(&other.v4);
        self.v6.extend_from_slice(&other.v6);
        self.anywhere.extend_from_slice(&other.anywhere);
        self.parts.extend_from_slice(&other.parts);
        self.in_error |= other.in_error;
    }

    fn everything(&mut self) {
        self.v4.push((0, Family::V4.last()));
        self.v6.push((0, Family::V6.last()));
    }

    /// As a set. A pair of sets at a time, so that many of them cost little.
    fn space(self, store: &mut Conditions) -> Space {
        let mut parts = self.parts;
        while parts.len() > 1 {
            parts = parts
                .chunks(2)
                .map(|pair| match pair {
                    [one, two] => one.or(two, store),
                    [one, ..] => one.clone(),
                    [] => Space::default(),
                })
                .collect();
        }
        let mut space = Space {
            v4: Pieces::union(self.v4),
            v6: Pieces::union(self.v6),
        };
        if let Some(part) = parts.first() {
            space = space.or(part, store);
        }
        match store.any(self.anywhere) {
            Condition::NEVER => space,
            anywhere => space.or(&Space::everywhere(anywhere), store),
        }
    }
}

/// Reads lists.
pub(crate) struct Reader<'w> {
    /// Where `/file` lists come from.
    pub world: World<'w>,
    /// Lists that were read.
    lists: HashMap<(PathBuf, usize), Rc<Union>>,
    /// How many words of tables and lists name a list: what one request may open.
    pub list_words: usize,
}

impl<'w> Reader<'w> {
    pub(crate) fn new(world: World<'w>) -> Self {
        Self {
            world,
            lists: HashMap::new(),
            list_words: 0,
        }
    }

    /// Begins anew for another service: the conditions of what is kept are numbers of one store, and the lists
    /// that one request may open are counted again.
    pub(crate) fn begin(&mut self) {
        self.lists.clear();
        self.list_words = 0;
    }

    /// A client list.
    pub(crate) fn clients(&mut self, list: &[u8], store: &mut Conditions) -> Tested {
        let mut segments = vec![Union::default()];
        for word in Words::new(list) {
            if is_except(word) {
                segments.push(Union::default());
                continue;
            }
            if let Some(segment) = segments.last_mut()
                && !segment.in_error
            {
                self.client(word, segment, store);
            }
        }
        let mut tested = Tested::default();
        let mut first = true;
        while let Some(segment) = segments.pop() {
            let fails = segment.in_error;
            let space = segment.space(store);
            let mut in_error = if fails {
                Space::everywhere(Condition::ALWAYS).and_not(&space, store)
            } else {
                Space::default()
            };
            let mut matches = space.clone();
            if !first {
                matches = matches
                    .and_not(&tested.matches, store)
                    .and_not(&tested.in_error, store);
                if !tested.in_error.is_empty() {
                    in_error = in_error.or(&space.and(&tested.in_error, store), store);
                }
            }
            first = false;
            tested = Tested { matches, in_error };
        }
        tested
    }

    /// A word of a client list.
    fn client(&mut self, word: &[u8], union: &mut Union, store: &mut Conditions) {
        let Some((user, host)) = split_at_sign(word) else {
            return self.host(word, 0, union, store);
        };
        let user = match Form::of(user) {
            Form::All => return self.host(host, 0, union, store),
            Form::Bracketed => Condition::NEVER,
            _ => store.test(Test::User(user.to_ascii_lowercase().into())),
        };
        let mut one = Union::default();
        self.host(host, 0, &mut one, store);
        union.in_error |= one.in_error;
        let space = one.space(store).where_too(user, store);
        if !space.is_empty() {
            union.parts.push(space);
        }
    }

    /// A word in host position.
    fn host(&mut self, word: &[u8], depth: usize, union: &mut Union, store: &mut Conditions) {
        match HostPattern::parse(word) {
            HostPattern::Netgroup(group) => {
                union
                    .anywhere
                    .push(store.test(Test::Netgroup(group.into())));
            }
            HostPattern::File(path) => {
                self.list_words += 1;
                let list = self.list(&path_of(path), depth, store);
                union.add(&list);
            }
            HostPattern::DnsList(zone) => match dns_list::zone_name(zone) {
                Some(zone) => {
                    let test = Test::DnsList(zone.to_ascii_lowercase().into());
                    union.anywhere.push(store.test(test));
                }
                None => union.in_error = true,
            },
            HostPattern::Slashes => {}
            HostPattern::Known => union.anywhere.push(store.test(Test::NameKnown)),
            HostPattern::Local => union.anywhere.push(store.test(Test::NameLocal)),
            HostPattern::Net { mask, scope } => net(word, mask, scope, union, store),
            HostPattern::Text { word, names } => {
                text(word, union, store);
                if names && !matches!(Form::of(word), Form::All | Form::Bracketed) {
                    let name = Test::Name(word.to_ascii_lowercase().into());
                    union.anywhere.push(store.test(name));
                }
            }
        }
    }

    /// The words of a `/file` list, and nothing in place of what is in error in it.
    pub(crate) fn words_of(&self, path: &Path, depth: usize) -> Vec<Option<Vec<u8>>> {
        let source = match self.world.files.open(path) {
            _ if depth >= MAX_LIST_DEPTH => return vec![None],
            Ok(None) => return vec![],
            Ok(Some(source)) => source,
            Err(_) => return vec![None],
        };
        let (mut words, mut all) = (ListWords::new(source), Vec::new());
        loop {
            match words.next_word() {
                Ok(Some(found)) => all.push(Some(found.text.to_vec())),
                Ok(None) => return all,
                Err(_) => {
                    all.push(None);
                    return all;
                }
            }
        }
    }

    /// A `/file` list. One that is missing is empty.
    fn list(&mut self, path: &Path, depth: usize, store: &mut Conditions) -> Rc<Union> {
        let key = (path.to_owned(), depth);
        if let Some(list) = self.lists.get(&key) {
            return Rc::clone(list);
        }
        let mut union = Union::default();
        match self.world.files.open(path) {
            _ if depth >= MAX_LIST_DEPTH => union.in_error = true,
            Ok(None) => {}
            Ok(Some(source)) => {
                let mut words = ListWords::new(source);
                while !union.in_error {
                    match words.next_word() {
                        Ok(Some(found)) => self.host(found.text, depth + 1, &mut union, store),
                        Ok(None) => break,
                        Err(_) => union.in_error = true,
                    }
                }
            }
            Err(_) => union.in_error = true,
        }
        let list = Rc::new(union);
        self.lists.insert(key, Rc::clone(&list));
        list
    }
}

/// A word in lower case, unless it may hold what has to keep its case: a path, a netgroup, an interface.
pub(crate) fn plain_case(word: &[u8]) -> Box<[u8]> {
    if word.iter().any(|byte| matches!(byte, b'/' | b'@' | b'%')) {
        word.into()
    } else {
        word.to_ascii_lowercase().into()
    }
}

/// A `net/mask`.
fn net(
    word: &[u8],
    mask: Option<NetMask>,
    scope: Option<&[u8]>,
    union: &mut Union,
    store: &mut Conditions,
) {
    let Some(mask) = mask else { return };
    let named = mask.link_local();
    match mask {
        NetMask::V4(net, mask) => {
            if scope.is_some() {
                return;
            }
            match masked(net.into(), mask.into()) {
                Some(ranges) => union.v4.extend(ranges),
                None => {
                    let test = store.test(Test::Address(word.into()));
                    union.parts.push(Space {
                        v4: Pieces::everywhere(Family::V4, test),
                        v6: Pieces::default(),
                    });
                }
            }
        }
        NetMask::V6(net) => linked(v6_range(net), scope, named, union, store),
    }
}

/// A range of IPv6, on a link if one is named.
fn linked(
    (from, to): (u128, u128),
    scope: Option<&[u8]>,
    named: bool,
    union: &mut Union,
    store: &mut Conditions,
) {
    match scope {
        None => union.v6.push((from, to)),
        Some(link) => {
            let test = store.test(Test::Scope {
                link: link.into(),
                named,
            });
            union.parts.push(Space {
                v4: Pieces::default(),
                v6: Pieces::range(from, to, test),
            });
        }
    }
}

/// The ranges that a mask leaves: it may have holes, and each of them doubles them.
fn masked(net: u32, mask: u32) -> Option<Vec<(u128, u128)>> {
    if net & mask != net {
        return Some(vec![]);
    }
    let low = mask.trailing_zeros().min(32);
    let free = !mask & u32::MAX.checked_shl(low).unwrap_or(0);
    let count = 1_u64 << free.count_ones();
    if count > MAX_RANGES as u64 {
        return None;
    }
    let size = (1_u128 << low) - 1;
    let mut ranges = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    let mut holes = 0_u32;
    loop {
        let from = u128::from(net | holes);
        ranges.push((from, from + size));
        // The next number that has bits in the holes of the mask only.
        holes = (holes | !free).wrapping_add(1) & free;
        if holes == 0 {
            return Some(ranges);
        }
    }
}

/// The string test of a word on addresses.
fn text(word: &[u8], union: &mut Union, store: &mut Conditions) {
    if Form::of(word) == Form::All {
        return union.everything();
    }
    if let (Form::Bracketed, Some(inside)) = (Form::of(word), bracketed(word)) {
        let (number, scope) = split_scope(inside);
        let Some(wanted) = parse_ipv6(number) else {
            return;
        };
        match (wanted.to_ipv4_mapped(), scope) {
            (Some(mapped), None) => {
                let at = u32::from(mapped).into();
                union.v4.push((at, at));
            }
            (Some(_), Some(_)) => {}
            (None, scope) => {
                let at = wanted.into();
                linked((at, at), scope, true, union, store);
            }
        }
        return;
    }
    let mut test = || store.test(Test::Address(word.to_ascii_lowercase().into()));
    match printed::v4(word) {
        Printed::Ranges(ranges) => union.v4.extend(ranges),
        Printed::Within(from, to) => union.parts.push(Space {
            v4: Pieces::range(from, to, test()),
            v6: Pieces::default(),
        }),
    }
    for printed in printed::v6(word) {
        match printed {
            Printed::Ranges(ranges) => union.v6.extend(ranges),
            Printed::Within(from, to) => union.parts.push(Space {
                v4: Pieces::default(),
                v6: Pieces::range(from, to, test()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_with_holes_is_written_out() {
        let shown = |net: [u8; 4], mask: [u8; 4]| {
            masked(u32::from_be_bytes(net), u32::from_be_bytes(mask)).map(|ranges| ranges.len())
        };
        assert_eq!(shown([10, 0, 0, 0], [255, 0, 0, 0]), Some(1));
        assert_eq!(shown([10, 0, 0, 7], [255, 0, 0, 255]), Some(65536));
        assert_eq!(shown([10, 0, 0, 6], [255, 255, 255, 254]), Some(1));
        assert_eq!(shown([10, 0, 0, 1], [255, 255, 255, 0]), Some(0));
        assert_eq!(shown([0, 0, 0, 0], [0, 0, 0, 0]), Some(1));
        assert_eq!(shown([0, 0, 0, 1], [0, 0, 0, 1]), None);
        assert_eq!(
            masked(0x0a00_0001, 0xffff_ff01),
            Some(
                (0..128)
                    .map(|high| 0x0a00_0001 + 2 * high)
                    .map(|at| (at, at))
                    .collect()
            )
        );
    }
}
