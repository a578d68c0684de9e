//! Makes cases from numbers: one number, one case, always the same.
//!
//! Words are mostly made of what the request is made of, exactly or nearly, so that about as many
//! rules match as do not.

mod options;
mod words;

use std::net::{IpAddr, SocketAddr};

use fastrand::Rng;

use crate::case::{ALLOW, Case, Content, DENY, End, Forward, KILLED};

/// The case of a number.
pub(crate) fn case(number: u64) -> Case {
    let mut rng = Rng::with_seed(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for _ in 0..4 {
        rng.u64(..);
    }
    Generator { rng }.case()
}

struct Generator {
    rng: Rng,
}

const ADDRESSES: &[&str] = &[
    "192.0.2.7",
    "192.0.2.7",
    "10.1.2.3",
    "127.0.0.1",
    "255.255.255.255",
    "192.0.2.0",
    "1.2.3.4",
    "2001:db8::5",
    "2001:db8:0:1::ff",
    "::1",
    "fe80::1",
    "::ffff:192.0.2.7",
    "::ffff:10.1.2.3",
];

const NAMES: &[&str] = &[
    "host.example.org",
    "host.example.org",
    "HOST.Example.ORG",
    "host",
    "a.b.example.org",
    "10.evil.example",
    "192.0.2.7.evil.org",
    "unknown",
    "paranoid",
    "localhost",
    "1.2.3.4",
    "0x7f.1",
    "h;o$st.example.org",
    "example.org",
    "host-1_x.example.org",
    "Unknown",
    "known",
    "ALL",
];

const DAEMONS: &[&str] = &[
    "svcd",
    "svcd",
    "svcd",
    "SVCD",
    "in.telnetd",
    "80",
    "a;b",
    "../x",
    ".x",
    "unknown",
    "ALL",
    "sv d",
    "@x",
    "svcd@h",
];

const USERS: &[&str] = &[
    "joe", "joe", "j.doe", "JOE", "a;b", "unknown", "root@x", "-rf", "%u", "j\u{f6}", "ALL",
    "paranoid",
];

const SEPARATORS: &[&str] = &[
    " ", " ", " ", ",", ", ", "\t", "\r", "  ", "\\\n", " \\\n ", ";", "\x0b", "\x0c", "\\\r\n", "",
];

impl Generator {
    fn one_in(&mut self, count: u32) -> bool {
        self.rng.u32(..count) == 0
    }

    fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.rng.usize(..from.len())]
    }

    fn case(mut self) -> Case {
        let mut case = Case {
            daemon: self.pick(DAEMONS).into(),
            ..Case::default()
        };
        if self.one_in(400) {
            case.daemon = vec![b'y'; self.rng.usize(120..140)];
        }
        let (client, server) = (self.pick(ADDRESSES), self.pick(ADDRESSES));
        let sockets = !self.one_in(4);
        case.client = self.end(client, sockets);
        case.server = self.end(server, sockets);
        if let (Some(client), Some(server)) = (case.client.socket, case.server.socket)
            && client.ip().to_canonical().is_ipv4() != server.ip().to_canonical().is_ipv4()
        {
            case.server = self.end(client_like(client), true);
        }
        case.stream = !self.one_in(5);
        if self.one_in(5) {
            case.user = Some(self.pick(USERS).into());
        }
        if !self.one_in(4) {
            case.ident = Some(self.pick(USERS).replace(' ', "").into());
            if self.one_in(60) {
                case.ident = Some(vec![b'y'; self.rng.usize(120..140)]);
            }
        }
        case.aclexec = [0, 0, 1, 1, 2, 255, KILLED, 126, 127][self.rng.usize(..9)];
        self.names(&mut case);
        for group in ["trusted", "Trusted", "any"] {
            if self.one_in(2) {
                let host = match (group, self.rng.u8(..3)) {
                    ("any", _) => Vec::new(),
                    (_, 0) => b"unknown".to_vec(),
                    _ => self.pick(NAMES).into(),
                };
                case.netgroups.push((group.into(), host));
            }
        }
        self.files(&mut case);
        case
    }

    fn end(&mut self, address: &str, socket: bool) -> End {
        let mut end = End {
            address: address.into(),
            ..End::default()
        };
        if socket && let Ok(ip) = address.parse::<IpAddr>() {
            let port = [22, 80, 113, 1024, 40000][self.rng.usize(..5)];
            end.socket = Some(SocketAddr::new(ip, port));
            if address == "fe80::1" {
                end.address = b"fe80::1%lo".to_vec();
                end.socket = Some(SocketAddr::V6(std::net::SocketAddrV6::new(
                    "fe80::1".parse().unwrap_or(std::net::Ipv6Addr::LOCALHOST),
                    port,
                    0,
                    1,
                )));
            }
        } else if !socket {
            if self.one_in(5) {
                end.address = Vec::new();
            }
            if !self.one_in(4) {
                end.name = Some(self.name());
            }
        }
        end
    }

    fn name(&mut self) -> Vec<u8> {
        if self.one_in(300) {
            return vec![b'y'; self.rng.usize(100..140)];
        }
        self.pick(NAMES).into()
    }

    /// What the name service says of both ends.
    fn names(&mut self, case: &mut Case) {
        for end in [case.client.socket, case.server.socket]
            .into_iter()
            .flatten()
        {
            let ip = end.ip().to_canonical();
            if self.one_in(4) || case.pointers.iter().any(|(known, _)| *known == ip) {
                continue;
            }
            let name = self.name();
            let mut forward = Forward {
                name: name.clone(),
                canonical: name.clone(),
                addresses: vec![ip],
            };
            match self.rng.u8(..12) {
                0 => forward.addresses = vec!["192.0.2.99".parse().unwrap_or(ip)],
                1 => forward.canonical = b"other.example.org".to_vec(),
                2 => forward
                    .addresses
                    .insert(0, "192.0.2.98".parse().unwrap_or(ip)),
                3 => forward.addresses.clear(),
                4 => forward.canonical.make_ascii_uppercase(),
                5 => forward
                    .addresses
                    .insert(0, "2001:db8::9".parse().unwrap_or(ip)),
                _ => {}
            }
            case.pointers.push((ip, name.clone()));
            if case.forwards.iter().all(|known| known.name != name) {
                case.forwards.push(forward);
            }
        }
    }

    fn files(&mut self, case: &mut Case) {
        for path in ["/list", "/l2", "/dir/list"] {
            let content = self.list(case);
            case.files.push((path.into(), content));
        }
        for folder in [&b"/ban/"[..], b"ban/"] {
            if !self.one_in(4) {
                let text = self.banner();
                let path = [folder, &case.daemon].concat();
                case.files.push((path, Content::Text(text)));
            }
        }
        for path in [ALLOW, DENY] {
            let content = match self.rng.u16(..200) {
                0 => continue,
                1 => Content::Unreadable,
                2 => Content::Directory,
                _ => Content::Text(self.table(case)),
            };
            case.files.push((path.to_vec(), content));
        }
    }

    fn list(&mut self, case: &Case) -> Content {
        match self.rng.u8(..40) {
            0 => return Content::Unreadable,
            1 => return Content::Directory,
            _ => {}
        }
        let mut text = Vec::new();
        for _ in 0..self.rng.usize(..5) {
            match self.rng.u8(..60) {
                0..6 => text.extend_from_slice(b"#"),
                6 => text.push(0),
                7 => text.extend(self.long()),
                _ => {}
            }
            let word = match self.rng.u8(..8) {
                0..3 => self.server_host(case),
                3 => self.near_server_name(case),
                _ => self.host(case),
            };
            text.extend(word);
            let separator = self.pick(&[" ", "\n", "\n", "\t", "\r\n", "\x0b", "\x0c", ",", "#"]);
            text.extend_from_slice(separator.as_bytes());
        }
        Content::Text(text)
    }

    fn banner(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..self.rng.usize(..8) {
            let piece = self.pick(&[
                "hello", "\n", "\n", "\r\n", " ", "[", "]", "%", "%%", "\0", "%\0", "\u{fc}", "y",
                "last",
            ]);
            text.extend_from_slice(piece.as_bytes());
            if self.one_in(2) {
                text.extend(self.letter());
            }
        }
        text
    }

    fn letter(&mut self) -> Vec<u8> {
        let letter = b"aAcdhHnNprRsu%aAcdhHnNprRsuxZ 1\xe9"[self.rng.usize(..32)];
        vec![b'%', letter]
    }

    /// A text of a length near the original's bounds.
    fn long(&mut self) -> Vec<u8> {
        let size = match self.rng.u8(..4) {
            0 => self.rng.usize(120..140),
            1 => self.rng.usize(2000..2060),
            2 => self.rng.usize(4080..4110),
            _ => self.rng.usize(8180..8200),
        };
        let unit = self.pick(&["y", " ", "%u", "x ", "y.", "\\\n"]);
        unit.as_bytes().iter().copied().cycle().take(size).collect()
    }

    fn table(&mut self, case: &Case) -> Vec<u8> {
        let mut text = Vec::new();
        if self.one_in(100) {
            text.extend_from_slice(b"\xef\xbb\xbf");
        }
        for _ in 0..self.rng.usize(..5) {
            self.line(case, &mut text);
            let end = match self.rng.u8(..60) {
                0 => "",
                1 => "\\\n",
                2 => "\0\n",
                3 => "\r",
                4 => "\\\\\n",
                5..9 => "\r\n",
                _ => "\n",
            };
            text.extend_from_slice(end.as_bytes());
        }
        match self.rng.u8(..200) {
            0 => text.truncate(text.len().saturating_sub(1)),
            1..6 if !text.is_empty() => {
                let at = self.rng.usize(..text.len());
                text[at] = self.rng.u8(..);
            }
            _ => {}
        }
        text
    }

    fn line(&mut self, case: &Case, text: &mut Vec<u8>) {
        match self.rng.u8(..60) {
            0 => text.push(b'#'),
            1 => text.extend_from_slice(b" #"),
            2 => {
                return text.extend_from_slice(
                    self.pick(&["", " ", "\t\r", "\x0b", "#", "# \\"])
                        .as_bytes(),
                );
            }
            3 => text.push(b' '),
            4 => text.extend_from_slice(self.pick(&["\0", "\0\0", "#\0", " \0"]).as_bytes()),
            _ => {}
        }
        // So that options are reached more often than not.
        let sure = self.one_in(4);
        if sure {
            text.extend_from_slice(b"ALL: ALL");
        } else {
            self.words(case, text, Self::daemon);
            if !self.one_in(80) {
                text.extend_from_slice(self.pick(&[":", ": ", " : ", ":\\\n"]).as_bytes());
            }
            self.words(case, text, Self::client);
            if self.one_in(200) {
                text.extend(self.long());
            }
        }
        if sure || self.one_in(2) {
            self.options(text);
        }
    }
}

/// Another address of the same family.
fn client_like(client: SocketAddr) -> &'static str {
    if client.ip().to_canonical().is_ipv4() {
        "127.0.0.1"
    } else {
        "::1"
    }
}
