//! What nft, systemd and sshd make of a text, written from their manuals: whoever knows no line of it here does
//! not read on. `tests/machines` asks the real ones.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

/// Networks that do not overlap: their last addresses by their first.
#[derive(Debug, Default)]
struct Networks(BTreeMap<IpAddr, IpAddr>);

impl Networks {
    fn push(&mut self, network: IpNet) {
        self.0.insert(network.network(), network.broadcast());
    }

    fn contains(&self, address: IpAddr) -> bool {
        let before = self.0.range(..=address).next_back();
        before.is_some_and(|(_, last)| address <= *last)
    }
}

/// What a reader does with a client.
#[derive(Debug)]
pub(crate) struct Reading {
    granted: Networks,
    /// Patterns on the text of an address.
    patterns: Vec<String>,
    /// Whether an address with a scope is in a network as it is without.
    sees_through_scopes: bool,
}

impl Reading {
    /// Whether a client at an address, as it is printed, is let in.
    pub(crate) fn lets_in(&self, text: &str) -> bool {
        let (number, scope) = text
            .split_once('%')
            .map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = number.parse().expect("an address");
        let in_networks = self.granted.contains(address);
        let by_text = |pattern: &String| glob(pattern.as_bytes(), text.as_bytes());
        (in_networks && (self.sees_through_scopes || scope.is_none()))
            || self.patterns.iter().any(by_text)
    }
}

/// `*` and `?`, as sshd's match_pattern has them.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        ([b'?', rest @ ..], [_, after @ ..]) => glob(rest, after),
        ([one, rest @ ..], [other, after @ ..]) => one == other && glob(rest, after),
        _ => false,
    }
}

/// The lines that are no comments. A comment that goes on after a backslash would be one more line.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| match line.strip_prefix('#') {
        Some(comment) => {
            assert!(!comment.ends_with('\\'), "{comment}");
            false
        }
        None => true,
    })
}

fn network(text: &str) -> IpNet {
    let network: IpNet = text.parse().expect("a network");
    assert_eq!(network, network.trunc(), "bits after the mask");
    network
}

/// nft: elements are networks of two sets, what is in neither is dropped.
pub(crate) fn nft(text: &str, port: u16) -> Reading {
    let mut granted = Networks::default();
    let mut lines = lines(text);
    let mut expect = |wanted: &[&str]| {
        for wanted in wanted {
            assert_eq!(lines.next(), Some(*wanted));
        }
    };
    let name = "table inet tcp_wrappers_sshd";
    expect(&[name, &format!("delete {name}"), &format!("{name} {{")]);
    let mut family = None;
    for line in lines.by_ref() {
        match line {
            "set granted4 {" => family = Some(true),
            "set granted6 {" => family = Some(false),
            "type ipv4_addr" => assert_eq!(family, Some(true)),
            "type ipv6_addr" => assert_eq!(family, Some(false)),
            "flags interval" | "elements = {" | "}" => {}
            "chain guard {" => break,
            element => {
                let element = network(element.strip_suffix(',').expect("a comma"));
                assert_eq!(Some(element.addr().is_ipv4()), family);
                granted.push(element);
            }
        }
    }
    let rest = [
        "ip saddr @granted4 return",
        "ip6 saddr ::ffff:0.0.0.0/96 drop",
        "ip6 saddr @granted6 return",
        "drop",
        "}",
        "chain input {",
        "type filter hook input priority filter; policy accept;",
        &format!(
            "meta l4proto {{ tcp, udp, udplite, sctp, dccp }} th dport {{ {port} }} jump guard"
        ),
        "}",
        "}",
    ];
    assert_eq!(lines.collect::<Vec<_>>(), rest);
    Reading {
        granted,
        patterns: Vec::new(),
        sees_through_scopes: true,
    }
}

/// systemd: what an IPAddressAllow names is let in, all else is refused by `IPAddressDeny=any`. An empty value
/// takes back what was said before.
pub(crate) fn systemd(text: &str, section: &str) -> Reading {
    let (mut granted, mut denied) = (Networks::default(), false);
    let mut lines = lines(text);
    assert_eq!(lines.next(), Some(section));
    for line in lines {
        match line.split_once('=').expect("a setting") {
            ("IPAddressAllow", "") => granted = Networks::default(),
            ("IPAddressDeny", "") => denied = false,
            ("IPAddressDeny", "any") => denied = true,
            ("IPAddressAllow", text) => granted.push(network(text)),
            other => panic!("{other:?}"),
        }
    }
    assert!(denied);
    Reading {
        granted,
        patterns: Vec::new(),
        sees_through_scopes: true,
    }
}

/// sshd: the block holds for all addresses but those of the negated words; the first word that is negated and
/// fits ends the list. Within it no user may log in.
pub(crate) fn sshd(text: &str) -> Reading {
    let lines: Vec<&str> = lines(text).collect();
    let [first, middle @ .., last] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert_eq!(*last, "Match all");
    assert!(
        matches!(
            middle,
            ["DenyUsers *"] | ["RefuseConnection yes", "DenyUsers *"]
        ),
        "{middle:?}"
    );
    let list = first.strip_prefix("Match Address ").expect("a list");
    assert!(!list.contains(' '));
    let mut words = list.split(',');
    assert_eq!(words.next(), Some("*"));
    let (mut granted, mut patterns) = (Networks::default(), Vec::new());
    for word in words {
        let word = word.strip_prefix('!').expect("a negated word");
        if word.contains('/') {
            granted.push(network(word));
        } else {
            patterns.push(word.to_owned());
        }
    }
    Reading {
        granted,
        patterns,
        sees_through_scopes: false,
    }
}
