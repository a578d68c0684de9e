//! Every short text of the bytes that mean something, each as a case: what a generator that rolls
//! dice may miss.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::case::Case;

/// All of them.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    globs()
        .chain(names())
        .chain(v4_networks())
        .chain(v6_networks())
        .chain(exceptions())
        .chain(brackets())
        .chain(lines())
        .chain(options())
        .chain(values())
        .chain(bytes())
}

/// Every text of one to `most` of these tokens.
fn texts(tokens: &'static [&'static str], most: u32) -> impl Iterator<Item = String> {
    (1..=most).flat_map(move |length| {
        (0..tokens.len().pow(length)).map(move |mut number| {
            let mut text = String::new();
            for _ in 0..length {
                text.push_str(tokens[number % tokens.len()]);
                number /= tokens.len();
            }
            text
        })
    })
}

fn table(text: &str) -> Case {
    Case::new("svcd", "192.0.2.7").allow(text.as_bytes())
}

/// Globs and words without a glob against daemon names.
fn globs() -> impl Iterator<Item = Case> {
    texts(&["a", "b", "*", "?"], 5).flat_map(|pattern| {
        texts(&["a", "B"], 4).map(move |daemon| {
            Case::new(&daemon, "192.0.2.7").allow(format!("{pattern}:ALL\n").as_bytes())
        })
    })
}

/// Suffixes, prefixes and what nearly is one, against host names.
fn names() -> impl Iterator<Item = Case> {
    texts(&["a", "B", "."], 4).flat_map(|pattern| {
        texts(&["a", "b", "."], 4).map(move |name| {
            Case::new("svcd", "192.0.2.7")
                .client_name(name.as_bytes())
                .allow(format!("ALL:{pattern}\n").as_bytes())
        })
    })
}

/// Addresses at the edges of every prefix: the first and last inside, the nearest outside, and the
/// network with a host bit.
fn v4_networks() -> impl Iterator<Item = Case> {
    (0..=33_u32).flat_map(|length| {
        let bits = u32::MAX.checked_shl(32_u32.saturating_sub(length));
        let bits = bits.unwrap_or(0);
        let net = 0xc0a8_5a5a & bits;
        let clients = [
            net,
            net | !bits,
            net.wrapping_sub(1),
            (net | !bits).wrapping_add(1),
        ];
        clients.into_iter().flat_map(move |client| {
            let dotted = Ipv4Addr::from(bits);
            let nets = [net, net | 1, net | (!bits >> 1)].map(Ipv4Addr::from);
            let words = nets.map(|net| [format!("{net}/{length}"), format!("{net}/{dotted}")]);
            words
                .into_iter()
                .flatten()
                .map(move |word| net_case(IpAddr::V4(client.into()), &word))
        })
    })
}

fn v6_networks() -> impl Iterator<Item = Case> {
    (0..=129_u32).flat_map(|length| {
        let bits = u128::MAX.checked_shl(128_u32.saturating_sub(length));
        let bits = bits.unwrap_or(0);
        let net = 0x2001_0db8_5a5a_5a5a_a5a5_a5a5_5a5a_5a5a & bits;
        let clients = [
            net,
            net | !bits,
            net.wrapping_sub(1),
            (net | !bits).wrapping_add(1),
        ];
        clients.into_iter().flat_map(move |client| {
            let nets = [net, net | 1].map(Ipv6Addr::from);
            nets.map(|net| net_case(IpAddr::V6(client.into()), &format!("[{net}]/{length}")))
        })
    })
}

fn net_case(client: IpAddr, word: &str) -> Case {
    Case::new("svcd", &client.to_string()).allow(format!("ALL:{word}\n").as_bytes())
}

/// EXCEPT in every place of both lists.
fn exceptions() -> impl Iterator<Item = Case> {
    let clients = texts(&["192.0.2.7 ", "10. ", "EXCEPT "], 6);
    let daemons = texts(&["svcd ", "x ", "EXCEPT "], 6);
    clients
        .map(|list| table(&format!("ALL:{list}\n")))
        .chain(daemons.map(|list| table(&format!("{list}:ALL\n"))))
}

/// Brackets, slashes, at signs and colons in every sequence.
fn brackets() -> impl Iterator<Item = Case> {
    texts(&["[", "]", "/", "@", ":", "::1", "%lo"], 5).map(|word| {
        Case::new("svcd", "::1")
            .server("::1")
            .allow(format!("ALL@ALL:{word}\n{word}:ALL\n").as_bytes())
    })
}

/// Line ends, continuations, comments and NUL bytes in every sequence.
fn lines() -> impl Iterator<Item = Case> {
    let tokens = &["\\", "\n", "\r", "#", " ", "ALL:ALL", "x:y", "\0"];
    texts(tokens, 5).map(|text| Case::new("svcd", "192.0.2.7").deny(text.as_bytes()))
}

/// Separators and escapes of options in every sequence.
fn options() -> impl Iterator<Item = Case> {
    let tokens = &[":", "\\", " ", "=", "spawn", "allow", "umask", "022"];
    texts(tokens, 5).map(|text| table(&format!("ALL:ALL:{text}\n")))
}

/// Values of options, in the bytes that each tells apart.
fn values() -> impl Iterator<Item = Case> {
    const NUMBERS: &[&str] = &["0", "7", "8", "9", "-", "+", " ", "\x0b", "x"];
    const NAMES: &[&str] = &["nobody", "nogroup", ".", " ", "\x0c", "x"];
    let of = |option: &'static str, tokens, most| {
        texts(tokens, most).map(move |value| table(&format!("ALL:ALL:{option}{value}:allow\n")))
    };
    let numbers = ["umask ", "nice ", "linger ", "rfc931 "];
    let numbers = numbers
        .into_iter()
        .flat_map(move |option| of(option, NUMBERS, 4));
    let names = ["user ", "group "];
    let names = names
        .into_iter()
        .flat_map(move |option| of(option, NAMES, 4));
    let severities = &["mail", "info", "AUTH", "Err", ".", " ", "\x0b", "x"];
    numbers
        .chain(names)
        .chain(of("severity ", severities, 4))
        .chain(of("setenv", &[" ", "A", "=", "\x0b", "\x0c", "b", "%a"], 5))
        .chain(of("banners ", &["/", "ban", ".", " ", "%d", "\x0c"], 4))
        .chain(of("spawn ", &["%", "a", "n", "h", "c", "u", " "], 5))
}

/// Every byte in every place that tells bytes apart.
fn bytes() -> impl Iterator<Item = Case> {
    const PLACES: &[(&str, &str)] = &[
        ("", "ALL:ALL\n"),
        ("ALL", ":ALL\n"),
        ("x", "svcd:ALL\n"),
        ("ALL:x", "192.0.2.7\n"),
        ("ALL:192.0.2.7", "\n"),
        ("ALL:192.0.2.0/24", "\n"),
        ("ALL:192.0.2.0/", "24\n"),
        ("ALL:[::1", "]\n"),
        ("ALL:j", "@ALL\n"),
        ("ALL:/list", "\n"),
        ("ALL:ALL", ":umask 022\n"),
        ("ALL:ALL:", "umask 022\n"),
        ("ALL:ALL:umask", "022\n"),
        ("ALL:ALL:umask ", "022\n"),
        ("ALL:ALL:umask 022", "\n"),
        ("ALL:ALL:umask 02", "2\n"),
        ("ALL:ALL:severity mail", "info\n"),
        ("ALL:ALL:setenv A", "b\n"),
        ("ALL:ALL:user nobody", "nogroup\n"),
        ("ALL:ALL:spawn x %", "y\n"),
        ("ALL:ALL:setenv X %", "\n"),
        ("ALL:ALL:spawn x \\", "y\n"),
        ("ALL:ALL\\", "\n"),
    ];
    let byte = || 0..=u8::MAX;
    let in_tables = PLACES.iter().flat_map(move |(before, after)| {
        byte().map(move |byte| {
            let text = [before.as_bytes(), &[byte], after.as_bytes()].concat();
            known().allow(&text)
        })
    });
    let in_lists = [("x", "192.0.2.7"), ("192.0.2.7", "x"), ("", "ALL")];
    let in_lists = in_lists.into_iter().flat_map(move |(before, after)| {
        byte().map(move |byte| {
            let text = [before.as_bytes(), &[byte], after.as_bytes()].concat();
            known().file(b"/list", &text).allow(b"ALL:/list\n")
        })
    });
    let in_banners = [("a%", "b\n"), ("", "\nb"), ("a", "\n%")];
    let in_banners = in_banners.into_iter().flat_map(move |(before, after)| {
        byte().map(move |byte| {
            let text = [before.as_bytes(), &[byte], after.as_bytes()].concat();
            known()
                .file(b"/ban/svcd", &text)
                .allow(b"ALL:ALL:banners /ban\n")
        })
    });
    let in_facts = byte().filter(|byte| *byte != 0).flat_map(|byte| {
        let text = [b'a', byte, b'b'];
        let rule = b"ALL:ALL:spawn %u %n %d %c %h %s\n";
        [
            known().ident(&text).allow(rule),
            known().client_name(&text).allow(rule),
            Case::new("svcd", "192.0.2.7")
                .user(&text)
                .allow(b"ALL:a?b@ALL:spawn %u\n"),
        ]
    });
    in_tables.chain(in_lists).chain(in_banners).chain(in_facts)
}

/// A client of whom all is known.
fn known() -> Case {
    Case::new("svcd", "192.0.2.7")
        .server("192.0.2.1")
        .client_socket("192.0.2.7:40000")
        .server_socket("192.0.2.1:22")
        .stream()
        .ident(b"joe")
        .pointer("192.0.2.7", b"host.example.org")
        .forward(b"host.example.org", b"host.example.org", &["192.0.2.7"])
}
