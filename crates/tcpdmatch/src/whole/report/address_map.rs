//! The IPv4 addresses as squares of 16 by 16 blocks: all of them by /8, and closer views of the parts where blocks are mixed.
//!
//! Only arithmetic: nothing is read or written, and nothing fails. Each step down looks at the addresses of one block,
//! and the number of squares is bounded by who asks.

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use policy::access::Verdict;

use crate::whole::who::{Group, Part};

/// Blocks of a square.
pub(super) const BLOCKS: usize = 256;

/// How a network is treated, as the page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// All of it is served.
    Granted,
    /// All of it is served by the command of a twist.
    Delegated,
    /// Whoever meets no condition is served.
    ElseServed,
    /// Whoever meets no condition is refused.
    ElseDenied,
    /// All of it is refused.
    Denied,
}

impl Look {
    /// All, in the order in which they are shown.
    pub(super) const ALL: [Self; 5] = [
        Self::Granted,
        Self::Delegated,
        Self::ElseServed,
        Self::ElseDenied,
        Self::Denied,
    ];

    /// That of a group.
    pub(super) fn of(group: &Group<'_>) -> Self {
        let last = group.decisions.last().map(|decision| decision.verdict);
        match (group.part(), last) {
            (Part::Granted, _) => Self::Granted,
            (Part::Delegated, _) => Self::Delegated,
            (Part::Denied, _) => Self::Denied,
            (Part::Depends, Some(Verdict::Granted | Verdict::Twist)) => Self::ElseServed,
            (Part::Depends, _) => Self::ElseDenied,
        }
    }

    /// In words.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Granted => "Granted",
            Self::Delegated => "Delegated to a command",
            Self::ElseServed => "It depends, else served",
            Self::ElseDenied => "It depends, else denied",
            Self::Denied => "Denied",
        }
    }

    /// Its class in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Delegated => "delegated",
            Self::ElseServed => "else-served",
            Self::ElseDenied => "else-denied",
            Self::Denied => "denied",
        }
    }
}

/// Addresses that follow each other and have the same look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub from: u32,
    pub to: u32,
    pub look: Look,
}

/// How many addresses of a block have which look, in the order of [`Look::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Block([u64; Look::ALL.len()]);

impl Block {
    fn add(&mut self, look: Look, count: u64) {
        for (sum, _) in self
            .0
            .iter_mut()
            .zip(Look::ALL)
            .filter(|(_, one)| *one == look)
        {
            *sum += count;
        }
    }

    /// The look that most of its addresses have.
    pub(super) fn main(&self) -> Look {
        let sizes = self.0.iter().zip(Look::ALL);
        let biggest = sizes.max_by_key(|(size, _)| **size);
        biggest.map_or(Look::Denied, |(_, look)| look)
    }

    /// The looks that the others have.
    pub(super) fn others(&self) -> impl Iterator<Item = Look> {
        let (main, sizes) = (self.main(), self.0);
        let present = sizes.into_iter().zip(Look::ALL);
        present.filter_map(move |(size, look)| (size > 0 && look != main).then_some(look))
    }

    fn is_mixed(&self) -> bool {
        self.others().next().is_some()
    }
}

/// A network whose 256 parts are drawn.
#[derive(Clone, Debug)]
pub(super) struct Square {
    /// Its first address.
    pub base: u32,
    /// Length of its prefix: 0, 8, 16 or 24.
    pub length: u8,
    /// Its parts, in order.
    pub blocks: Vec<Block>,
}

impl Square {
    fn new(stretches: &[Stretch], base: u32, length: u8) -> Self {
        let mut blocks = vec![Block::default(); BLOCKS];
        let unit = 1_u64 << (24 - length);
        let base_number = u64::from(base);
        let end = base_number + unit * BLOCKS as u64;
        let start = stretches.partition_point(|stretch| stretch.to < base);
        for stretch in stretches.iter().skip(start) {
            let from = u64::from(stretch.from).max(base_number);
            let to = (u64::from(stretch.to) + 1).min(end);
            if from >= to {
                break;
            }
            let first = (from - base_number) / unit;
            let touched = blocks
                .iter_mut()
                .zip(0_u64..)
                .skip(usize::try_from(first).unwrap_or(0));
            for (block, at) in touched {
                let block_from = base_number + at * unit;
                if block_from >= to {
                    break;
                }
                block.add(
                    stretch.look,
                    to.min(block_from + unit) - from.max(block_from),
                );
            }
        }
        Self {
            base,
            length,
            blocks,
        }
    }

    /// The look that most of its addresses have.
    pub(super) fn main(&self) -> Look {
        let mut all = Block::default();
        for block in &self.blocks {
            for (size, look) in block.0.iter().zip(Look::ALL) {
                all.add(look, *size);
            }
        }
        all.main()
    }

    /// Its network.
    pub(super) fn network(&self) -> String {
        format!("{}/{}", Ipv4Addr::from(self.base), self.length)
    }

    /// The first address of a block.
    pub(super) fn block_base(&self, at: usize) -> u32 {
        self.base | (u32::try_from(at).unwrap_or(0) << (24 - self.length))
    }

    /// The network of a block.
    pub(super) fn block_network(&self, at: usize) -> String {
        let address = Ipv4Addr::from(self.block_base(at));
        match self.length {
            24 => address.to_string(),
            length => format!("{address}/{}", length + 8),
        }
    }

    /// Whether an address lies in one of its blocks.
    pub(super) fn block_contains(&self, at: usize, address: u32) -> bool {
        (self.block_base(at) ^ address) >> (24 - self.length) == 0
    }

    fn mixed(&self) -> impl Iterator<Item = usize> {
        let blocks = self.blocks.iter().enumerate();
        blocks.filter_map(|(at, block)| block.is_mixed().then_some(at))
    }

    /// The only block that differs from the others, if it is mixed: a closer view of it shows all.
    fn only_difference(&self) -> Option<usize> {
        let mut mixed = self.mixed();
        let (Some(only), None) = (mixed.next(), mixed.next()) else {
            return None;
        };
        let mut others = self.blocks.iter().enumerate().filter(|(at, _)| *at != only);
        let (_, first) = others.next()?;
        let main = first.main();
        others
            .all(|(_, block)| block.main() == main)
            .then_some(only)
    }
}

/// The square of all addresses, and the closer views, larger networks first; at most so many in all. The second value says
/// how many mixed networks have no view of their own.
pub(super) fn squares(stretches: &[Stretch], most: usize) -> (Vec<Square>, usize) {
    let mut drawn: Vec<Square> = Vec::new();
    let mut left_out = 0;
    let mut open = VecDeque::from([(0, 0)]);
    while let Some((base, length)) = open.pop_front() {
        if drawn.len() >= most {
            left_out += 1;
            continue;
        }
        let square = Square::new(stretches, base, length);
        let deeper = |at| (square.block_base(at), length + 8);
        if let Some(only) = square.only_difference().filter(|_| length > 0) {
            open.push_front(deeper(only));
            continue;
        }
        open.extend(square.mixed().map(deeper));
        drawn.push(square);
    }
    (drawn, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All is denied but these networks.
    fn granted(networks: &[(&str, u32)]) -> Vec<Stretch> {
        let mut stretches = Vec::new();
        let mut next = 0;
        for (address, size) in networks {
            let from = u32::from(address.parse::<Ipv4Addr>().unwrap());
            if from > next {
                stretches.push(Stretch {
                    from: next,
                    to: from - 1,
                    look: Look::Denied,
                });
            }
            let to = from + (size - 1);
            stretches.push(Stretch {
                from,
                to,
                look: Look::Granted,
            });
            next = to.wrapping_add(1);
        }
        if next != 0 {
            stretches.push(Stretch {
                from: next,
                to: u32::MAX,
                look: Look::Denied,
            });
        }
        stretches
    }

    fn views(networks: &[(&str, u32)]) -> Vec<String> {
        let (drawn, left_out) = squares(&granted(networks), 8);
        assert_eq!(left_out, 0);
        drawn.iter().map(Square::network).collect()
    }

    #[test]
    fn closer_views_are_of_what_a_larger_one_cannot_show() {
        assert_eq!(views(&[]), ["0.0.0.0/0"]);
        assert_eq!(views(&[("127.0.0.0", 1 << 24)]), ["0.0.0.0/0"]);
        assert_eq!(views(&[("192.0.2.0", 256)]), ["0.0.0.0/0", "192.0.0.0/16"]);
        assert_eq!(
            views(&[("203.0.113.7", 1)]),
            ["0.0.0.0/0", "203.0.113.0/24"]
        );
        assert_eq!(
            views(&[
                ("10.1.2.0", 256),
                ("10.66.0.0", 1 << 16),
                ("192.0.2.0", 256)
            ]),
            ["0.0.0.0/0", "10.0.0.0/8", "192.0.0.0/16", "10.1.0.0/16"]
        );
    }

    #[test]
    fn each_address_is_counted_once() {
        let stretches = granted(&[("9.255.255.255", 2), ("255.255.255.255", 1)]);
        let square = Square::new(&stretches, 0, 0);
        let sums: u64 = square.blocks.iter().flat_map(|block| block.0).sum();
        assert_eq!(sums, 1 << 32);
        assert_eq!(square.mixed().collect::<Vec<_>>(), [9, 10, 255]);
        assert_eq!(square.main(), Look::Denied);
        let last = Square::new(&stretches, u32::MAX - 255, 24);
        assert_eq!(last.blocks.last().map(Block::main), Some(Look::Granted));
        assert_eq!(last.mixed().count(), 0);
        assert_eq!(last.block_network(255), "255.255.255.255");
        assert!(last.block_contains(255, u32::MAX) && !last.block_contains(254, u32::MAX));
    }

    #[test]
    fn what_is_not_drawn_is_counted() {
        let hosts: Vec<(String, u32)> = (0..200).map(|at| (format!("{at}.1.1.1"), 1)).collect();
        let hosts: Vec<_> = hosts
            .iter()
            .map(|(host, size)| (host.as_str(), *size))
            .collect();
        let (drawn, left_out) = squares(&granted(&hosts), 5);
        assert_eq!((drawn.len(), left_out), (5, 196));
    }
}
