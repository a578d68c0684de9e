//! Words of daemon lists, client lists and /file lists.

use std::net::IpAddr;

use super::{DAEMONS, Generator, NAMES, SEPARATORS, USERS};
use crate::case::Case;

impl Generator {
    pub(super) fn words(
        &mut self,
        case: &Case,
        text: &mut Vec<u8>,
        word: fn(&mut Self, &Case) -> Vec<u8>,
    ) {
        let mut count = [1, 1, 1, 2, 2, 3, 4, 0][self.rng.usize(..8)];
        let mut excepts = 8;
        if self.one_in(15) {
            count = self.rng.usize(3..9);
            excepts = 2;
        }
        for index in 0..count {
            if index > 0 {
                text.extend_from_slice(self.pick(SEPARATORS).as_bytes());
            }
            if self.one_in(excepts) {
                text.extend_from_slice(
                    self.pick(&["EXCEPT ", "except\t", " EXCEPT EXCEPT ", " Except, "])
                        .as_bytes(),
                );
            }
            if self.one_in(60) {
                text.extend_from_slice(b"# ");
            }
            let word = if excepts == 2 && self.one_in(2) {
                b"ALL".to_vec()
            } else {
                word(self, case)
            };
            text.extend(word);
        }
    }

    pub(super) fn daemon(&mut self, case: &Case) -> Vec<u8> {
        let mut word = match self.rng.u8(..12) {
            0..4 => b"ALL".to_vec(),
            4..8 => self.near(&case.daemon),
            8 => {
                let port = case.server.socket.map_or(22, |socket| socket.port());
                self.near(port.to_string().as_bytes())
            }
            9 => self
                .pick(&[
                    "4294967318",
                    "22",
                    "+22",
                    "022",
                    "0x16",
                    "22x",
                    "65536",
                    "65558",
                    "80",
                    "0",
                    "-1",
                ])
                .into(),
            10 => self
                .pick(&[
                    "/list", "@x", "[svcd]", "KNOWN", "LOCAL", "UNKNOWN", "*", "s?cd", "svcd@",
                    "all",
                ])
                .into(),
            _ => self.pick(DAEMONS).into(),
        };
        if self.one_in(5) {
            word.push(b'@');
            word.extend(if self.one_in(4) {
                self.pick(&["/list", "/l2"]).into()
            } else {
                self.server_host(case)
            });
        }
        word
    }

    /// A word about the server.
    pub(super) fn server_host(&mut self, case: &Case) -> Vec<u8> {
        let server = Case {
            client: case.server.clone(),
            pointers: case.pointers.clone(),
            ..Case::default()
        };
        self.host(&server)
    }

    /// The server's name or nearly.
    pub(super) fn near_server_name(&mut self, case: &Case) -> Vec<u8> {
        let ip = case.server.socket.map(|socket| socket.ip().to_canonical());
        let pointer = case.pointers.iter().find(|(of, _)| Some(*of) == ip);
        let name = pointer.map(|(_, name)| name).or(case.server.name.as_ref());
        self.near(name.map_or(&[], |name| name))
    }

    pub(super) fn client(&mut self, case: &Case) -> Vec<u8> {
        if !self.one_in(6) {
            return self.host(case);
        }
        let mut word = match self.rng.u8(..4) {
            0 => self
                .pick(&[
                    "ALL", "KNOWN", "UNKNOWN", "*", "LOCAL", "j*", "", "[joe]", "22", ".DOE",
                ])
                .into(),
            1 => self.pick(USERS).into(),
            _ => {
                let user = case.user.clone().or(case.ident.clone()).unwrap_or_default();
                self.near(&user)
            }
        };
        word.push(b'@');
        word.extend(self.host(case));
        word
    }

    pub(super) fn host(&mut self, case: &Case) -> Vec<u8> {
        let address = case.client.address.clone();
        let shown = String::from_utf8_lossy(&address).into_owned();
        let name = case
            .pointers
            .iter()
            .find(|(ip, _)| {
                case.client
                    .socket
                    .is_some_and(|socket| socket.ip().to_canonical() == *ip)
            })
            .map(|(_, name)| name.clone())
            .or(case.client.name.clone())
            .unwrap_or_default();
        match self.rng.u8(..24) {
            0..3 => b"ALL".to_vec(),
            3..6 => self.near(&address),
            6..9 => self.near(&name),
            9..12 => self
                .pick(&[
                    "KNOWN", "UNKNOWN", "PARANOID", "LOCAL", "all", "Known", "local", "FAIL",
                    "paranoid",
                ])
                .into(),
            12..14 => self
                .pick(&[
                    "@trusted", "@any", "@Trusted", "@any/24", "@", "@nope", "@any@ALL",
                ])
                .into(),
            14..16 => self
                .pick(&[
                    "/list",
                    "/l2",
                    "/dir/list",
                    "/dir",
                    "/nope",
                    "/",
                    "//list",
                    "/list/x",
                    "/list/",
                    "/list,",
                ])
                .into(),
            16..19 => self.net(&shown),
            19..21 if shown.contains(':') || self.one_in(2) => {
                let inside = self.near(&address);
                let scope = self.pick(&["", "", "", "%lo", "%1", "%2", "%eth9", "%", "%0"]);
                let mut word = b"[".to_vec();
                word.extend(
                    inside
                        .split(|byte| *byte == b'%')
                        .next()
                        .unwrap_or_default(),
                );
                word.extend_from_slice(scope.as_bytes());
                word.push(b']');
                word
            }
            21 => self
                .pick(&[
                    "[ALL]",
                    "[*]",
                    "[2001:db8:]",
                    "[::/0]",
                    "[",
                    "]",
                    "[]",
                    "[::]/0",
                    "[::1]@ALL",
                    "[2001:DB8:0:0::5]",
                    "[::ffff:192.0.2.7]",
                    "[192.0.2.7]",
                    "[::1",
                    "::1]",
                    "2001:db8::5",
                    "fe80*",
                    "[fe80::1%2]",
                ])
                .into(),
            22 => self
                .pick(&[
                    "10.*",
                    "h**",
                    "**",
                    "1*.?.*",
                    "*",
                    "?*",
                    "un*",
                    "par*",
                    "*.org",
                    "*.*",
                    "19?.0.2.7",
                    ".7",
                    "*1*2*3*",
                ])
                .into(),
            _ => self.pick(NAMES).into(),
        }
    }

    fn net(&mut self, shown: &str) -> Vec<u8> {
        let base = if self.one_in(5) {
            self.pick(&[
                "0.0.0.0",
                "255.255.255.255",
                "0300.0.2.0",
                "192.0.2",
                "192",
                "ALL",
                "0xc0.0.2.0",
                "::",
                "",
            ])
            .to_owned()
        } else {
            let plain = shown.strip_prefix("::ffff:").unwrap_or(shown);
            match plain
                .split('%')
                .next()
                .unwrap_or_default()
                .parse::<IpAddr>()
            {
                Ok(IpAddr::V4(ip)) => {
                    let keep = self.rng.u32(..=32);
                    let mask = u32::MAX.checked_shl(32 - keep).unwrap_or(0);
                    let flip = if self.one_in(3) {
                        1 << self.rng.u32(..32)
                    } else {
                        0
                    };
                    let net = std::net::Ipv4Addr::from((u32::from(ip) & mask) ^ flip);
                    if self.one_in(8) {
                        format!("[::ffff:{net}]")
                    } else if self.one_in(2) {
                        let length = (keep + self.rng.u32(..3)).saturating_sub(1);
                        return if self.one_in(2) {
                            format!("{net}/{}", std::net::Ipv4Addr::from(mask)).into()
                        } else {
                            format!("{net}/{length}").into()
                        };
                    } else {
                        net.to_string()
                    }
                }
                Ok(IpAddr::V6(ip)) => {
                    let keep = self.rng.u32(..=128);
                    let mask = u128::MAX.checked_shl(128 - keep).unwrap_or(0);
                    let net = std::net::Ipv6Addr::from(u128::from(ip) & mask);
                    let length = (keep + self.rng.u32(..3)).saturating_sub(1);
                    let flip = if self.one_in(3) {
                        1_u128.checked_shl(self.rng.u32(..128)).unwrap_or(0)
                    } else {
                        0
                    };
                    let net = std::net::Ipv6Addr::from(u128::from(net) ^ flip);
                    let scope = self.pick(&["", "", "", "%lo", "%2"]);
                    if self.one_in(10) {
                        net.to_string()
                    } else {
                        return format!("[{net}{scope}]/{length}").into();
                    }
                }
                Err(_) => "192.0.2.0".to_owned(),
            }
        };
        let base = if base.contains("::") && !base.starts_with('[') && self.one_in(2) {
            format!("[{base}]")
        } else {
            base
        };
        let length = self.pick(&[
            "24",
            "24",
            "32",
            "8",
            "0",
            "33",
            "1",
            "31",
            "-24",
            "",
            "+24",
            "024",
            "24x",
            "24/24",
            "0xffffff00",
            "255.255.255",
            "255.255.255.0",
            "255.255.255.255",
            "0.0.0.0",
            "0xff.0xff.0xff.0",
            "255.0.255.0",
            "128",
            "129",
            "96",
            "128x",
            "abc",
            "4294967320",
            " 24",
        ]);
        format!("{base}/{length}").into()
    }

    /// The text itself, or something that nearly is.
    fn near(&mut self, text: &[u8]) -> Vec<u8> {
        let mut near = text.to_vec();
        let size = near.len();
        match self.rng.u8(..16) {
            0 if size > 0 => near[self.rng.usize(..size)] = b'?',
            1 if size > 0 => near[self.rng.usize(..size)] = b'*',
            2 => near.make_ascii_uppercase(),
            3 => near.push(b'.'),
            4 => near.insert(0, b'.'),
            5 if size > 0 => {
                near.remove(self.rng.usize(..size));
            }
            6 => {
                let at = near.iter().position(|byte| *byte == b'.');
                near.drain(..at.unwrap_or(0));
            }
            7 => {
                let at = near.iter().rposition(|byte| matches!(byte, b'.' | b':'));
                near.truncate(at.map_or(size, |at| at + 1));
            }
            8 if size > 0 => {
                let at = self.rng.usize(..size);
                near.truncate(at);
                near.push(b'*');
            }
            9 if size > 0 => {
                let at = self.rng.usize(..size);
                near[at] = near[at].wrapping_add(1);
            }
            10 => near.insert(0, b'0'),
            12 => near.extend_from_slice(b"**"),
            11 => near.extend_from_slice(b"\xc3\xa4"),
            _ => {}
        }
        if self.one_in(8) {
            near.make_ascii_uppercase();
        }
        near
    }
}
