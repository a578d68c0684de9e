//! Sets of client addresses, and what holds on each part of them.
//!
//! Both families are lines of numbers. A [`Pieces`] says where on such a line which condition holds; where
//! it has no piece, none does. All operations go through both sides once.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};

use crate::condition::{Condition, Conditions};

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Version 4, with the IPv4-mapped addresses of version 6.
    V4,
    /// Version 6.
    V6,
}

impl Family {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// The number of its last address.
    pub fn last(self) -> u128 {
        match self {
            Self::V4 => u32::MAX.into(),
            Self::V6 => u128::MAX,
        }
    }

    /// The address with a number.
    pub fn address(self, number: u128) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX)).into(),
            Self::V6 => Ipv6Addr::from(number).into(),
        }
    }

    /// The fewest networks that make up a range.
    pub fn networks(self, from: u128, to: u128) -> impl Iterator<Item = IpNet> {
        let (v4, v6) = match (self.address(from), self.address(to)) {
            (IpAddr::V4(from), IpAddr::V4(to)) => (Some(Ipv4Subnets::new(from, to, 0)), None),
            (IpAddr::V6(from), IpAddr::V6(to)) => (None, Some(Ipv6Subnets::new(from, to, 0))),
            _ => (None, None),
        };
        let v4 = v4.into_iter().flatten().map(IpNet::V4);
        v4.chain(v6.into_iter().flatten().map(IpNet::V6))
    }
}

/// Family and number of an address.
pub fn number(address: IpAddr) -> (Family, u128) {
    match address.to_canonical() {
        IpAddr::V4(v4) => (Family::V4, u32::from(v4).into()),
        IpAddr::V6(v6) => (Family::V6, v6.into()),
    }
}

/// A range of addresses on which a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its first address.
    pub from: u128,
    /// Its last address.
    pub to: u128,
    /// The condition.
    pub holds: Condition,
}

/// Where which condition holds: disjoint pieces in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces(Vec<Piece>);

impl Pieces {
    /// A condition that holds everywhere.
    pub fn everywhere(family: Family, holds: Condition) -> Self {
        Self::range(0, family.last(), holds)
    }

    /// A condition that holds on a range.
    pub fn range(from: u128, to: u128, holds: Condition) -> Self {
        match holds {
            Condition::NEVER => Self::default(),
            _ => Self(vec![Piece { from, to, holds }]),
        }
    }

    /// The union of ranges, in any order, on which it always holds.
    pub fn union(mut ranges: Vec<(u128, u128)>) -> Self {
        ranges.sort_unstable();
        let mut pieces: Vec<Piece> = Vec::with_capacity(ranges.len());
        for (from, to) in ranges {
            match pieces.last_mut() {
                Some(last) if from <= last.to.saturating_add(1) => last.to = last.to.max(to),
                _ => pieces.push(Piece {
                    from,
                    to,
                    holds: Condition::ALWAYS,
                }),
            }
        }
        Self(pieces)
    }

    /// The pieces.
    pub fn iter(&self) -> impl Iterator<Item = &Piece> {
        self.0.iter()
    }

    /// The condition at an address.
    pub fn at(&self, number: u128) -> Condition {
        let after = self.0.partition_point(|piece| piece.from <= number);
        let piece = after.checked_sub(1).and_then(|at| self.0.get(at));
        piece
            .filter(|piece| number <= piece.to)
            .map_or(Condition::NEVER, |piece| piece.holds)
    }

    /// Whether it holds nowhere.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Goes through two of them at once. `join` must make "never" of two that never hold.
    pub fn joined(
        &self,
        other: &Self,
        mut join: impl FnMut(Condition, Condition) -> Condition,
    ) -> Self {
        let mut out: Vec<Piece> = Vec::with_capacity(self.0.len().max(other.0.len()));
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut at = 0_u128;
        loop {
            while left.next_if(|piece| piece.to < at).is_some() {}
            while right.next_if(|piece| piece.to < at).is_some() {}
            let (one, two) = (left.peek(), right.peek());
            let starts = [one, two];
            let Some(next) = starts
                .iter()
                .flatten()
                .map(|piece| piece.from.max(at))
                .min()
            else {
                break;
            };
            let inside = |piece: Option<&&Piece>| {
                piece.map_or(Condition::NEVER, |piece| {
                    if piece.from <= next {
                        piece.holds
                    } else {
                        Condition::NEVER
                    }
                })
            };
            let ends = starts.iter().flatten().map(|piece| {
                if piece.from <= next {
                    piece.to
                } else {
                    piece.from - 1
                }
            });
            let to = ends.min().unwrap_or(next);
            let holds = join(inside(one), inside(two));
            if holds != Condition::NEVER {
                match out.last_mut() {
                    Some(last) if last.holds == holds && last.to.checked_add(1) == Some(next) => {
                        last.to = to;
                    }
                    _ => out.push(Piece {
                        from: next,
                        to,
                        holds,
                    }),
                }
            }
            match to.checked_add(1) {
                Some(after) => at = after,
                None => break,
            }
        }
        Self(out)
    }
}

/// Where which condition holds, in both families.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Version 4.
    pub v4: Pieces,
    /// Version 6.
    pub v6: Pieces,
}

impl Space {
    /// A condition that holds everywhere.
    pub fn everywhere(holds: Condition) -> Self {
        Self {
            v4: Pieces::everywhere(Family::V4, holds),
            v6: Pieces::everywhere(Family::V6, holds),
        }
    }

    /// Of one family.
    pub fn of(&self, family: Family) -> &Pieces {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// Whether it holds nowhere.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    fn joined(
        &self,
        other: &Self,
        mut join: impl FnMut(Condition, Condition) -> Condition,
    ) -> Self {
        Self {
            v4: self.v4.joined(&other.v4, &mut join),
            v6: self.v6.joined(&other.v6, join),
        }
    }

    /// Where either holds.
    pub fn or(&self, other: &Self, store: &mut Conditions) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        self.joined(other, |one, two| store.any([one, two]))
    }

    /// Where both hold.
    pub fn and(&self, other: &Self, store: &mut Conditions) -> Self {
        self.joined(other, |one, two| store.all([one, two]))
    }

    /// Where this holds and the other does not.
    pub fn and_not(&self, other: &Self, store: &mut Conditions) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        self.joined(other, |one, two| {
            let not = store.not(two);
            store.all([one, not])
        })
    }

    /// Where this holds, and a condition too.
    pub fn where_too(self, condition: Condition, store: &mut Conditions) -> Self {
        match condition {
            Condition::ALWAYS => self,
            _ => self.and(&Self::everywhere(condition), store),
        }
    }
}

/// The range of an IPv4 network.
pub fn v4_range(net: Ipv4Net) -> (u128, u128) {
    (
        u32::from(net.network()).into(),
        u32::from(net.broadcast()).into(),
    )
}

/// The range of an IPv6 network.
pub fn v6_range(net: Ipv6Net) -> (u128, u128) {
    (net.network().into(), net.broadcast().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALWAYS: Condition = Condition::ALWAYS;

    fn pieces(ranges: &[(u128, u128)]) -> Pieces {
        Pieces::union(ranges.to_vec())
    }

    fn ranges(pieces: &Pieces) -> Vec<(u128, u128)> {
        pieces.iter().map(|piece| (piece.from, piece.to)).collect()
    }

    #[test]
    fn unions_join_what_touches() {
        assert_eq!(
            ranges(&pieces(&[(5, 9), (0, 4), (11, 12)])),
            [(0, 9), (11, 12)]
        );
        let end = u128::MAX;
        assert_eq!(ranges(&pieces(&[(0, end), (end, end)])), [(0, end)]);
    }

    #[test]
    fn both_sides_are_gone_through_to_the_last_address() {
        let store = &mut Conditions::default();
        let (a, b) = (
            pieces(&[(1, 4), (8, u128::MAX)]),
            pieces(&[(3, 9), (u128::MAX, u128::MAX)]),
        );
        let or = a.joined(&b, |one, two| store.any([one, two]));
        assert_eq!(ranges(&or), [(1, u128::MAX)]);
        let and = a.joined(&b, |one, two| store.all([one, two]));
        assert_eq!(ranges(&and), [(3, 4), (8, 9), (u128::MAX, u128::MAX)]);
        let without = a.joined(&b, |one, two| {
            let not = store.not(two);
            store.all([one, not])
        });
        assert_eq!(ranges(&without), [(1, 2), (10, u128::MAX - 1)]);
        assert_eq!(Pieces::everywhere(Family::V4, ALWAYS).iter().count(), 1);
    }

    #[test]
    fn a_range_is_the_fewest_networks() {
        let shown = |from: &str, to: &str| -> Vec<String> {
            let (family, from) = number(from.parse().unwrap());
            let (_, to) = number(to.parse().unwrap());
            family
                .networks(from, to)
                .map(|net| net.to_string())
                .collect()
        };
        assert_eq!(shown("0.0.0.0", "255.255.255.255"), ["0.0.0.0/0"]);
        assert_eq!(
            shown("10.0.0.1", "10.0.0.4"),
            ["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/32"]
        );
        assert_eq!(
            shown("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ["::/0"]
        );
    }

    /// Against the best of all ways to cut a range into networks, found by trying all.
    #[test]
    fn no_range_can_be_fewer_networks() {
        const END: u128 = 64;
        for family in Family::BOTH {
            let base = family.last() - (END - 1);
            for from in 0..END {
                // The fewest networks from `from` to just before an address.
                let mut fewest = vec![usize::MAX; END as usize + 1];
                fewest[from as usize] = 0;
                for at in from..END {
                    let sizes = (0..7).map(|bits| 1 << bits);
                    for size in sizes.filter(|size| at % size == 0 && at + size <= END) {
                        let after = (at + size) as usize;
                        fewest[after] = fewest[after].min(fewest[at as usize] + 1);
                    }
                }
                for to in from..END {
                    let networks = family.networks(base + from, base + to).count();
                    assert_eq!(networks, fewest[to as usize + 1], "{from} {to}");
                }
            }
        }
    }
}
