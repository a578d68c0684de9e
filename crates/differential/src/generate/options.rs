//! Options and their values.

use super::Generator;

impl Generator {
    pub(super) fn options(&mut self, text: &mut Vec<u8>) {
        for _ in 0..[1, 1, 1, 2, 2, 3, 4][self.rng.usize(..7)] {
            text.extend_from_slice(
                self.pick(&[":", ":", " : ", ": ", ":\\\n", " :\t", ":\x0b"])
                    .as_bytes(),
            );
            self.option(text);
        }
    }

    fn option(&mut self, text: &mut Vec<u8>) {
        let mut keyword = self
            .pick(&[
                "allow",
                "deny",
                "spawn",
                "twist",
                "aclexec",
                "aclexec",
                "banners",
                "setenv",
                "umask",
                "nice",
                "linger",
                "keepalive",
                "rfc931",
                "severity",
                "severity",
                "user",
                "group",
                "ALLOW",
                "Deny",
                "spwan",
                "",
                "allo",
                "/bin/true",
                "allow x",
            ])
            .to_owned();
        if self.one_in(30) {
            keyword.push(
                self.pick(&["x", "\x0b", "\u{a0}", "=", "\\"])
                    .chars()
                    .next()
                    .unwrap_or('x'),
            );
        }
        text.extend_from_slice(keyword.as_bytes());
        let wanted = !matches!(
            keyword.to_ascii_lowercase().as_str(),
            "allow" | "deny" | "keepalive"
        );
        if wanted == self.one_in(25) {
            return;
        }
        text.extend_from_slice(
            self.pick(&[
                " ", " ", "=", " = ", "\t", "==", "  ", "\\\n", "\x0c", " \x0b",
            ])
            .as_bytes(),
        );
        match keyword.as_str() {
            "spawn" | "twist" | "aclexec" => {
                text.extend_from_slice(
                    self.pick(&["echo ", "/bin/x ", "", "a\\:b ", "a\\\\:b", "(x & y) ", "'"])
                        .as_bytes(),
                );
                for _ in 0..self.rng.usize(..4) {
                    text.extend(self.letter());
                    text.extend_from_slice(self.pick(&["", " ", "@", "\\:"]).as_bytes());
                }
                match self.rng.u8(..200) {
                    0..2 => text.extend(self.long()),
                    2..7 => text.extend(b"%u".repeat(self.rng.usize(1000..1200))),
                    _ => {}
                }
            }
            "setenv" => {
                text.extend_from_slice(
                    self.pick(&[
                        "A ", "A", "A=b", "=b", "A\tx ", "%d ", " ", "A\x0bb ", "%u x", "LONG  ",
                    ])
                    .as_bytes(),
                );
                text.extend(self.letter());
                if self.one_in(2) {
                    text.push(b'y');
                    text.extend(self.letter());
                    text.push(b'y');
                }
            }
            "banners" => text.extend_from_slice(
                self.pick(&[
                    "/ban", "/ban", "ban", "/ban/", "/ban/", "/nope", "/list", "/list/x", "/",
                    "%d", "/ban x",
                ])
                .as_bytes(),
            ),
            "umask" => text.extend_from_slice(
                self.pick(&[
                    "022",
                    "77",
                    "777",
                    "1777",
                    "8",
                    "-1",
                    "0x1f",
                    "0o22",
                    "07 7",
                    "+77",
                    "40000000077",
                    "0",
                    "%d",
                ])
                .as_bytes(),
            ),
            "severity" => self.severity(text),
            "user" | "group" => text.extend_from_slice(
                self.pick(&[
                    "nobody",
                    "nobody.nogroup",
                    "nogroup",
                    "daemon",
                    "root",
                    "x",
                    "nobody.",
                    ".daemon",
                    "65534",
                    "Nobody",
                    "nobody.x",
                    "nobody.nogroup.x",
                    "nogroup\u{fc}",
                ])
                .as_bytes(),
            ),
            "allow" | "deny" => {}
            _ => text.extend_from_slice(
                self.pick(&[
                    "5",
                    "10",
                    "0",
                    "-1",
                    "-5",
                    "x",
                    "5x",
                    "+5",
                    "2147483647",
                    "2147483648",
                    "4294967296",
                    "4294967297",
                    "99999999999",
                    "1.5",
                    "0x10",
                    "5 5",
                    "-0",
                    "007",
                ])
                .as_bytes(),
            ),
        }
        text.extend_from_slice(self.pick(&["", "", "", " ", "\t", ":", " : "]).as_bytes());
    }

    fn severity(&mut self, text: &mut Vec<u8>) {
        if self.one_in(2) {
            text.extend_from_slice(
                self.pick(&[
                    "kern", "user", "mail", "daemon", "auth", "lpr", "news", "uucp", "cron",
                    "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
                    "local8", "MAIL", "authpriv", "ftp", "security", "syslog", "*", "", "mail ",
                ])
                .as_bytes(),
            );
            text.push(b'.');
        }
        text.extend_from_slice(
            self.pick(&[
                "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "INFO",
                "error", "panic", "warn", "none", "6", "LOG_INFO", "", "info.x", "mail", "inf",
            ])
            .as_bytes(),
        );
    }
}
