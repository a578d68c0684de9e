//! How the word of a finding was meant, read by other means than in tcpdchk.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Finding;

/// A client, with the name that its address has.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub address: String,
    pub name: String,
}

/// The numbers of a text with dots or commas, as people read them.
fn octets(text: &str) -> Option<Vec<u8>> {
    let parts = text.split(['.', ',']);
    let numbers = parts.map(|part| match part.trim_start_matches('0') {
        "" if !part.is_empty() => Some(0),
        plain => plain.parse().ok(),
    });
    numbers.collect()
}

fn bits(octets: &[u8]) -> u32 {
    let mut whole = [0; 4];
    whole
        .iter_mut()
        .zip(octets)
        .for_each(|(byte, octet)| *byte = *octet);
    u32::from_be_bytes(whole)
}

/// The mask of a text: a length, whatever stands after it, or four numbers.
fn mask(text: &str) -> Option<u32> {
    match octets(text).as_deref() {
        Some([a, b, c, d]) => Some(bits(&[*a, *b, *c, *d])),
        _ => {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            let length: u32 = digits.parse().ok().filter(|length| *length <= 32)?;
            Some(u32::MAX.checked_shl(32 - length).unwrap_or(0))
        }
    }
}

/// Whether a client is in a network, as a word that holds one was meant.
fn in_network(word: &str, client: &Client, turned_round: bool) -> bool {
    let Some((net, length)) = word.rsplit_once('/') else {
        return false;
    };
    let net = net.trim_matches(['[', ']']);
    match client.address.split('%').next().unwrap().parse() {
        Ok(IpAddr::V4(address)) => {
            let net = octets(net.trim_end_matches('.')).filter(|net| net.len() <= 4);
            let (Some(net), Some(mask)) = (net, mask(length)) else {
                return false;
            };
            let mask = if turned_round { !mask } else { mask };
            (u32::from(address) ^ bits(&net)) & mask == 0
        }
        Ok(IpAddr::V6(address)) => {
            let digits: String = length.chars().take_while(char::is_ascii_digit).collect();
            match (net.split('%').next().unwrap().parse(), digits.parse()) {
                (Ok(net), Ok(length)) => same_prefix(address, net, length),
                _ => false,
            }
        }
        Err(_) => false,
    }
}

fn same_prefix(left: Ipv6Addr, right: Ipv6Addr, length: u32) -> bool {
    let mask = u128::MAX
        .checked_shl(128_u32.saturating_sub(length))
        .unwrap_or(0);
    (u128::from(left) ^ u128::from(right)) & mask == 0
}

/// Whether an IPv6 word without its brackets means a client.
fn is_ipv6(word: &str, client: &Client) -> bool {
    if word.contains('/') {
        return in_network(word, client, false);
    }
    let Ok(address) = client
        .address
        .split('%')
        .next()
        .unwrap()
        .parse::<Ipv6Addr>()
    else {
        return false;
    };
    if let Ok(meant) = word.split('%').next().unwrap().parse::<Ipv6Addr>() {
        return address == meant;
    }
    // The first groups of an address.
    let groups = word.trim_end_matches('*').trim_end_matches(':').split(':');
    let groups: Vec<_> = groups.map(|group| u16::from_str_radix(group, 16)).collect();
    groups
        .iter()
        .zip(address.segments())
        .all(|(group, segment)| group.as_ref() == Ok(&segment))
}

/// Whether a text has the form of a glob.
fn is_glob(glob: &str, text: &str) -> bool {
    match (glob.chars().next(), text.chars().next()) {
        (None, end) => end.is_none(),
        (Some('*'), end) => is_glob(&glob[1..], text) || end.is_some() && is_glob(glob, &text[1..]),
        (Some(letter), Some(other)) => {
            (letter == '?' || letter == other) && is_glob(&glob[1..], &text[1..])
        }
        (Some(_), None) => false,
    }
}

/// Whether a pattern as people write it means a client.
fn is_plain(word: &str, client: &Client) -> bool {
    let number = |word: &str| {
        octets(word).map(|octets| {
            octets
                .iter()
                .map(u8::to_string)
                .collect::<Vec<_>>()
                .join(".")
        })
    };
    match word {
        _ if word.contains('/') => in_network(word, client, false),
        _ if word.contains(['*', '?']) => {
            is_glob(word, &client.name) || is_glob(word, &client.address)
        }
        _ if word.starts_with('.') => client.name.ends_with(word),
        _ if word.ends_with('.') => number(word.trim_end_matches('.'))
            .is_some_and(|prefix| client.address.starts_with(&format!("{prefix}."))),
        _ => match number(word) {
            Some(address) => client.address == address,
            None => client.name == word || client.address == word.trim_matches(['[', ']']),
        },
    }
}

/// Whether the word of a finding was meant for a client. `None`: it is not about clients.
pub(super) fn is_meant(finding: &Finding, client: &Client) -> Option<bool> {
    let word = &*finding.word;
    Some(match &*finding.id {
        "host-bits" | "host-bits-ipv6" | "net-mask" | "octal-net" => {
            in_network(word, client, false)
        }
        "mask-never" => in_network(word, client, true),
        "number-form" => is_plain(word, client),
        "network-prefix" => is_plain(&format!("{word}."), client),
        "comma-for-dot" => is_plain(&word.replace(',', "."), client),
        "ipv6-brackets" => is_ipv6(word, client),
        "ipv6-length-inside" => in_network(&word.replace(['[', ']'], ""), client, false),
        "name-never" => is_plain(word.trim_matches(['[', ']']), client),
        "name-dot" => is_plain(word.trim_end_matches('.'), client),
        "wildcard-dot" if word.starts_with('.') => client.name.ends_with(&word[2..]),
        "wildcard-dot" if word.starts_with('*') => client.name.ends_with(&word[1..word.len() - 1]),
        "wildcard-dot" => is_plain(&word[..word.len() - 2], client),
        "invisible-character" => {
            let plain: String = word
                .chars()
                .filter(|letter| letter.is_ascii_graphic())
                .collect();
            is_plain(&plain, client)
        }
        _ => return None,
    })
}

/// Clients near a word, and some far from it.
pub(super) fn clients(word: &str) -> Vec<Client> {
    let plain = word.replace(',', ".");
    let mut numbers = vec![
        vec![10, 0, 0, 1],
        vec![8, 0, 0, 1],
        vec![192, 0, 2, 7],
        vec![255, 255, 255, 254],
    ];
    let digits = plain
        .split('/')
        .next()
        .unwrap()
        .trim_matches(|letter: char| !letter.is_ascii_digit());
    numbers.extend(octets(digits));
    let mut addresses: Vec<String> = Vec::new();
    for number in numbers {
        let base = bits(&number);
        let near = (0..32).step_by(3).map(|bit| base ^ (1 << bit));
        addresses.extend(
            [
                base,
                base.wrapping_add(1),
                base | 0xff,
                base | 0xffff,
                0x0a00_0000 | base,
            ]
            .into_iter()
            .chain(near)
            .map(|bits| Ipv4Addr::from(bits).to_string()),
        );
    }
    let inside = word.trim_matches(|letter: char| !letter.is_ascii_hexdigit() && letter != ':');
    let inside = inside.split(['/', '%', ']']).next().unwrap();
    let start = format!("{}::", inside.trim_end_matches(':'));
    let known = [
        "::1",
        "2001:db8::",
        "2001:db8::5",
        "2001:db9::",
        "fe80::1%lo",
        inside,
        &start,
    ];
    for address in known {
        let (plain, scope) = address.split_at(address.find('%').unwrap_or(address.len()));
        if let Ok(plain) = plain.parse::<Ipv6Addr>() {
            addresses.push(format!("{plain}{scope}"));
        }
    }
    // Names that hosts can have.
    let legal = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let trimmed: String = word.chars().filter(legal).collect();
    let trimmed = trimmed.trim_matches('.');
    let names = [
        "",
        "host.example.org",
        "pc",
        trimmed,
        &format!("a.{trimmed}"),
        &format!("{trimmed}.evil.net"),
        "evil.net",
    ];
    let client = |address: &str, name: &str| Client {
        address: address.to_owned(),
        name: name.to_owned(),
    };
    let without = addresses.iter().map(|address| client(address, ""));
    let named = names
        .iter()
        .flat_map(|name| [client("10.0.0.1", name), client(&addresses[4], name)]);
    without.chain(named).collect()
}
