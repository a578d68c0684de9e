//! Which addresses have a printed form that a word of text matches (hosts_access(5), Names and addresses).
//!
//! IPv4 is exact: the word is run over all addresses at once, number by number, and positions in the word that
//! come to the same are gone through once. Only a word that stands for more than [`MAX_RANGES`] ranges, as `.7`
//! does, stays a test. Of IPv6 what is plainly none, all, or a first number is told; the rest stays a test too.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use hosts_access::table::compare::{Form, is_glob};

use crate::glob::{Glob, Positions};
use crate::space::{Family, v6_range};

/// Most ranges that a word is written out to.
pub const MAX_RANGES: usize = 1 << 16;

/// What is known of a word in one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Printed {
    /// It matches exactly the addresses of these ranges.
    Ranges(Vec<(u128, u128)>),
    /// Outside this range it matches nothing; inside, each address has to be tested.
    Within(u128, u128),
}

impl Printed {
    const NONE: Self = Self::Ranges(Vec::new());

    fn everything(family: Family) -> Self {
        Self::Ranges(vec![(0, family.last())])
    }
}

/// The IPv4 addresses whose text a word matches.
pub fn v4(word: &[u8]) -> Printed {
    let form = Form::of(word);
    match form {
        Form::All | Form::Known => return Printed::everything(Family::V4),
        Form::Bracketed => return Printed::NONE,
        Form::Equal => return exact_v4(word),
        Form::Glob | Form::Suffix | Form::Prefix => {}
    }
    if !word
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'*' | b'?'))
    {
        return Printed::NONE;
    }
    if form == Form::Prefix {
        return prefix_v4(word);
    }
    let glob = Glob::of(word);
    let everywhere = Printed::Within(0, Family::V4.last());
    if !glob.fits() {
        return everywhere;
    }
    let start = glob.start();
    let mut walk = Walk {
        glob,
        seen: HashMap::new(),
    };
    walk.ranges(0, start)
        .map_or(everywhere, |ranges| Printed::Ranges(ranges.to_vec()))
}

/// The addresses that begin with these numbers, each with a dot after it.
fn prefix_v4(word: &[u8]) -> Printed {
    let numbers = word.strip_suffix(b".").unwrap_or(word);
    let (mut from, mut size) = (0, 1_u128 << 32);
    for number in numbers.split(|byte| *byte == b'.') {
        size >>= 8;
        // Addresses are printed without zeros in front.
        let known = match number {
            [b'0', _, ..] => None,
            _ => text(number).and_then(|text| text.parse::<u8>().ok()),
        };
        let Some(number) = known.filter(|_| size > 1) else {
            return Printed::NONE;
        };
        from += u128::from(number) * size;
    }
    Printed::Ranges(vec![(from, from + size - 1)])
}

/// The address that a word is the text of.
fn exact_v4(word: &[u8]) -> Printed {
    let address: Option<Ipv4Addr> = text(word).and_then(|text| text.parse().ok());
    Printed::Ranges(
        address
            .map(|address| (u32::from(address).into(), u32::from(address).into()))
            .into_iter()
            .collect(),
    )
}

fn text(word: &[u8]) -> Option<&str> {
    std::str::from_utf8(word).ok()
}

/// Ranges of addresses, as offsets; nothing if they are too many.
type Offsets = Option<Rc<[(u128, u128)]>>;

/// A glob on its way through the four numbers.
struct Walk {
    glob: Glob,
    /// Ranges by numbers read so far and positions in the glob.
    seen: HashMap<(usize, Positions), Offsets>,
}

impl Walk {
    /// The ranges of what remains of an address after so many numbers.
    fn ranges(&mut self, numbers: usize, positions: Positions) -> Offsets {
        if numbers == 4 {
            return Some(if self.glob.accepts(positions) {
                [(0, 0)].into()
            } else {
                [].into()
            });
        }
        if positions == 0 {
            return Some([].into());
        }
        let size = 1_u128 << (8 * (4 - numbers));
        // A star at the end takes all that comes.
        if self.glob.accepts(positions) && self.glob.bytes().last() == Some(&b'*') {
            return Some([(0, size - 1)].into());
        }
        if let Some(known) = self.seen.get(&(numbers, positions)) {
            return known.clone();
        }
        let found = self.ranges_by_number(numbers, positions, size / 256);
        self.seen.insert((numbers, positions), found.clone());
        found
    }

    fn ranges_by_number(&mut self, numbers: usize, positions: Positions, step: u128) -> Offsets {
        let mut all: Vec<(u128, u128)> = Vec::new();
        for number in 0..=255_u128 {
            let mut reached = positions;
            for byte in number.to_string().bytes() {
                reached = self.glob.after(reached, byte);
            }
            if numbers < 3 {
                reached = self.glob.after(reached, b'.');
            }
            for (from, to) in self.ranges(numbers + 1, reached)?.iter() {
                let (from, to) = (number * step + from, number * step + to);
                match all.last_mut() {
                    Some(last) if last.1 + 1 == from => last.1 = to,
                    _ => all.push((from, to)),
                }
            }
            if all.len() > MAX_RANGES {
                return None;
            }
        }
        Some(all.into())
    }
}

/// IPv6 addresses that are printed with dots: the first half of a number of the old IPv4-compatible kind.
const WITH_DOTS: (u128, u128) = (0, 0xffff_ffff);

/// Link-local addresses, whose text may end in an interface.
fn link_local() -> (u128, u128) {
    let first = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0);
    let last = u128::from(first) | (u128::MAX >> 10);
    (first.into(), last)
}

/// The IPv6 addresses whose text a word matches.
///
/// An interface whose name ends like a domain (`%a.example`) is not thought of.
pub fn v6(word: &[u8]) -> Vec<Printed> {
    let form = Form::of(word);
    match form {
        Form::All | Form::Known => vec![Printed::everything(Family::V6)],
        // No text of an address begins or ends so but the old IPv4-compatible ones.
        Form::Bracketed | Form::Prefix => vec![],
        Form::Suffix if is_numeric(word) => {
            let (from, to) = link_local();
            vec![
                Printed::Within(WITH_DOTS.0, WITH_DOTS.1),
                Printed::Within(from, to),
            ]
        }
        Form::Suffix => vec![],
        Form::Equal => exact_v6(word),
        Form::Glob => glob_v6(Glob::of(word).bytes()),
    }
}

fn is_numeric(word: &[u8]) -> bool {
    word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.'))
}

fn exact_v6(word: &[u8]) -> Vec<Printed> {
    let number = word.split(|byte| *byte == b'%').next().unwrap_or_default();
    let Some(address) = text(number).and_then(|text| text.parse::<Ipv6Addr>().ok()) else {
        return vec![];
    };
    let at = u128::from(address);
    let (from, to) = link_local();
    if number.len() < word.len() || (from..=to).contains(&at) || at <= WITH_DOTS.1 {
        return vec![Printed::Within(at, at)];
    }
    if address.to_string().as_bytes().eq_ignore_ascii_case(word) {
        vec![Printed::Ranges(vec![(at, at)])]
    } else {
        vec![]
    }
}

fn glob_v6(glob: &[u8]) -> Vec<Printed> {
    let head = glob
        .split(|byte| is_glob(&[*byte]))
        .next()
        .unwrap_or_default();
    let rest = glob.get(head.len()..).unwrap_or_default();
    let (from, to) = link_local();
    if head.is_empty() && rest.contains(&b'*') && rest.iter().all(|byte| is_glob(&[*byte])) {
        // The shortest text has two bytes.
        match rest.iter().filter(|byte| **byte == b'?').count() {
            0..=2 => return vec![Printed::everything(Family::V6)],
            _ => return vec![Printed::Within(0, Family::V6.last())],
        }
    }
    let hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    if (1..=4).contains(&head.len()) && hex(head) && rest == b"*" && head.first() != Some(&b'0') {
        return first_numbers(head);
    }
    let tail = glob
        .rsplit(|byte| is_glob(&[*byte]))
        .next()
        .unwrap_or_default();
    let body_is_address = glob
        .iter()
        .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.' | b'*' | b'?' | b'%'));
    let first = head.split(|byte| *byte == b':').next().unwrap_or_default();
    if body_is_address {
        if glob.contains(&b'.') && !glob.contains(&b':') {
            return vec![
                Printed::Within(WITH_DOTS.0, WITH_DOTS.1),
                Printed::Within(from, to),
            ];
        }
        if first.len() < head.len() && !first.is_empty() && hex(first) {
            return match text(first).and_then(|text| u16::from_str_radix(text, 16).ok()) {
                Some(number) => {
                    let net = Ipv6Addr::new(number, 0, 0, 0, 0, 0, 0, 0);
                    let net = ipnet::Ipv6Net::new_assert(net, 16);
                    let (from, to) = v6_range(net);
                    vec![Printed::Within(from, to)]
                }
                None => vec![],
            };
        }
        return vec![Printed::Within(0, Family::V6.last())];
    }
    // What is left can only match the interface of a link-local address.
    let domain = matches!(tail, [b'.', next, ..] if next.is_ascii_alphabetic())
        || tail.contains(&b'.') && !is_numeric(tail);
    if domain || !may_begin_link_local(head) {
        vec![]
    } else {
        vec![Printed::Within(from, to)]
    }
}

/// Whether the text of a link-local address may begin so.
fn may_begin_link_local(head: &[u8]) -> bool {
    head.iter().take(4).zip(*b"fe80").all(|(byte, wanted)| {
        byte.eq_ignore_ascii_case(&wanted)
            || (wanted == b'8' || wanted == b'0') && byte.is_ascii_hexdigit()
    })
}

/// Addresses whose first number begins with these digits, the first of which is not 0.
fn first_numbers(digits: &[u8]) -> Vec<Printed> {
    let Some(start) = text(digits).and_then(|text| u32::from_str_radix(text, 16).ok()) else {
        return vec![];
    };
    let ranges = (digits.len()..=4).map(|length| {
        let more = 4 * (length - digits.len());
        let (first, last) = (start << more, (start << more) | ((1 << more) - 1));
        let last = (u128::from(last) << 112) | (u128::MAX >> 16);
        (u128::from(first) << 112, last)
    });
    vec![Printed::Ranges(ranges.collect())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use hosts_access::table::compare::string_match;

    /// Each word on random addresses and at the borders of its ranges.
    #[test]
    fn ipv4_agrees_with_the_string_test() {
        let mut random = fastrand::Rng::with_seed(1);
        for word in [
            "10.",
            "192.168.",
            "10.0.1.",
            "010.",
            "0.",
            "256.",
            "1..",
            "1.2..",
            "10.*",
            "1*",
            "*.1.*",
            "192.168.?.7",
            "?.?.?.?",
            "*",
            "**",
            "10.0.0.**",
            "10.**.3",
            "1?2.*",
            "10.0.0.1",
            "010.0.0.1",
            "10.0.0.1.",
            "10.0.0",
            ".1.2.3",
            ".10.0.0.1",
            "*.*.*.*",
            "*.*.*.*.*",
            "*7*.0.0.?",
            "..",
            ".",
            "a*",
            "*.0.0.1?",
            "?*",
            "25?.25?.25?.*",
        ] {
            let Printed::Ranges(ranges) = v4(word.as_bytes()) else {
                panic!("{word} is not written out");
            };
            let mut samples: Vec<u32> = (0..2000).map(|_| random.u32(..)).collect();
            for (from, to) in ranges.iter().take(300) {
                let (from, to) = (*from as u32, *to as u32);
                samples.extend([from, to, from.wrapping_sub(1), to.wrapping_add(1)]);
            }
            for _ in 0..2000 {
                samples.push(u32::from_be_bytes([10, 0, random.u8(0..2), random.u8(..)]));
                samples.push(u32::from_be_bytes([
                    random.u8(..),
                    random.u8(0..3),
                    1,
                    random.u8(0..4),
                ]));
            }
            for sample in samples {
                let address = Ipv4Addr::from(sample).to_string();
                let before = ranges.partition_point(|(from, _)| *from <= u128::from(sample));
                let inside = before > 0 && ranges[before - 1].1 >= u128::from(sample);
                assert_eq!(
                    inside,
                    string_match(word.as_bytes(), address.as_bytes()),
                    "{word} {address}"
                );
            }
        }
    }

    #[test]
    fn what_is_too_much_stays_a_test() {
        assert_eq!(v4(b".7"), Printed::Within(0, u32::MAX.into()));
        assert_eq!(v4(b"*.7"), Printed::Within(0, u32::MAX.into()));
    }

    /// Each word on addresses of all kinds: what is said never disagrees with the string test.
    #[test]
    fn ipv6_agrees_with_the_string_test() {
        let mut random = fastrand::Rng::with_seed(2);
        let words = [
            "*",
            "**",
            "?*",
            "2001*",
            "20*",
            "2*",
            "fe8*",
            "fe80*",
            "f*",
            "0*",
            "2001:db8::1",
            "2001:DB8::1",
            "2001:0db8::1",
            "2001:db8:*",
            "*::1",
            "fe80::1",
            "fe80::1%eth0",
            "*%eth0",
            "*eth0",
            "*.4",
            ".4",
            "*:*",
            "::1",
            "1.",
            "10.*",
            "a*",
            "*a",
            "?b*",
            "*.example.org",
            "20010*",
            "ff02*",
            "e*",
        ];
        for word in words {
            let printed = v6(word.as_bytes());
            for _ in 0..3000 {
                let first = random.choice([
                    0x2001_u16, 0x2000, 0x20, 0x2, 0xfe80, 0xfe8, 0xf, 0, 0xff02, 0xa, 0xe,
                ]);
                let mut groups = [0_u16; 8];
                groups[0] = first.unwrap();
                for group in &mut groups[1..] {
                    *group = *random.choice(&[0, 0, 0, 1, 0xdb8, 0xffff]).unwrap();
                }
                let address = Ipv6Addr::from(groups);
                if address.to_ipv4_mapped().is_some() {
                    continue;
                }
                let scope = if address.is_unicast_link_local() {
                    *random.choice(&["", "%eth0", "%7", "%eth0.4"]).unwrap()
                } else {
                    ""
                };
                let text = format!("{address}{scope}");
                let at = u128::from(address);
                let covers = |ranges: &[(u128, u128)]| {
                    ranges.iter().any(|(from, to)| (*from..=*to).contains(&at))
                };
                let sure = printed
                    .iter()
                    .any(|part| matches!(part, Printed::Ranges(ranges) if covers(ranges)));
                let open = printed.iter().any(
                    |part| matches!(part, Printed::Within(from, to) if covers(&[(*from, *to)])),
                );
                let matches = string_match(word.as_bytes(), text.as_bytes());
                assert!(if matches { sure || open } else { !sure }, "{word} {text}");
            }
        }
    }
}
