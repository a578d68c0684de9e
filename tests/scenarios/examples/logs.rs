//! The rules of `examples/logs` on lines of the program under test, as fail2ban and logcheck would use them. With the
//! real ones: `make test-logs`.

use std::path::Path;
use std::process::Command;

use regex::Regex;
use scenarios::{Call, World, scenario};

use super::machine::daemon;

/// What has been logged of clients of each kind, served and refused, as syslog daemons write it; and their addresses.
fn lines(world: &mut World) -> Vec<(String, &'static str, bool)> {
    world.file(
        "/etc/hosts",
        "127.0.0.1 localhost\n127.0.0.5 pc.example.org\n",
    );
    world.tables(
        "in.telnetd: 127.0.0.2 192.0.2.8\n",
        "in.telnetd: .example.org\nALL: ALL\n",
    );
    daemon("in.telnetd");
    let mut lines = Vec::new();
    for (from, address, refused) in [
        ("127.0.0.2", "127.0.0.2", false),
        ("::ffff:192.0.2.8", "192.0.2.8", false),
        ("127.0.0.3", "127.0.0.3", true),
        ("127.0.0.5", "127.0.0.5", true),
        ("::ffff:192.0.2.7", "192.0.2.7", true),
        ("2001:db8::5", "2001:db8::5", true),
    ] {
        let outcome = world.run(&Call::new().argv0("/usr/sbin/in.telnetd").from(from));
        for record in outcome.log {
            for time in ["Nov  8 12:00:00", "2026-11-28T12:00:00.123456+00:00"] {
                let line = format!(
                    "{time} host {}[{}]: {}",
                    record.tag, record.pid, record.text
                );
                lines.push((line, address, refused));
            }
        }
    }
    world.same("lines", lines.len(), 12);
    lines
}

/// A file of the example.
fn shipped(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/logs");
    folder.join(name)
}

#[test]
fn fail2ban_takes_the_address_of_each_refusal() {
    scenario(&["root"], |world| {
        let filter = world.read(shipped("fail2ban/filter.d/tcpd.conf"));
        let rule = filter
            .lines()
            .find_map(|line| line.strip_prefix("failregex = "));
        // fail2ban takes the time away first, and has a pattern of its own for an address, mapped ones included.
        let address = r"(?:::ffff:)?(?<address>[0-9A-Fa-f:.]+)";
        let rule = rule.expect("a rule").replace("<ADDR>", address);
        let rule = Regex::new(&rule).expect("a pattern");
        let found = |line: &str| {
            let rest = Regex::new(r"^(\w{3} [ :\d]{11}|\S+)")
                .expect("a pattern")
                .replace(line, "");
            rule.captures(&rest)
                .map(|found| found["address"].to_owned())
        };
        for (line, address, refused) in lines(world) {
            let expected = refused.then(|| address.to_owned());
            world.same(&line, found(&line), expected);
        }
        for (text, expected) in [
            (
                "in.telnetd[7]: refused connect from joe(192.0.2.99)@pc (192.0.2.7)",
                Some("192.0.2.7"),
            ),
            (
                "in.telnetd[7]: refused connect from joe (192.0.2.99) (192.0.2.7)",
                Some("192.0.2.7"),
            ),
            (
                "in.telnetd[7]: refused connect from unknown (unknown)",
                None,
            ),
            (
                "sshd[7]: Invalid user refused connect from x (192.0.2.99) from 192.0.2.7",
                None,
            ),
            (
                "sshd[7]: Invalid user refused connect from x (192.0.2.99)",
                None,
            ),
        ] {
            let line = format!("Nov 28 12:00:00 host {text}");
            world.same(text, found(&line).as_deref(), expected);
        }
    });
}

#[test]
fn logcheck_passes_over_clients_and_nothing_else() {
    scenario(&["root"], |world| {
        let reported = |world: &World, lines: &str| {
            world.file("/srv/lines", lines);
            let mut grep = Command::new("grep");
            let grep = grep
                .args(["-E", "-v", "-f"])
                .arg(shipped("logcheck/tcpd"))
                .arg("/srv/lines");
            let output = grep.output().expect("run grep");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let clients: String = lines(world)
            .iter()
            .map(|(line, ..)| format!("{line}\n"))
            .collect();
        world.same("clients", reported(world, &clients).as_str(), "");
        for text in [
            "warning: /etc/hosts.allow, line 1: missing \":\" separator",
            "error: /etc/hosts.allow, line 1: bad option name: \"x\"",
            "twist 192.0.2.7 to /bin/echo no",
            "refused connect from joe (192.0.2.99) (192.0.2.7)",
            "refused connect from 192.0.2.7 (192.0.2.7) and more",
        ] {
            let line = format!("Nov 28 12:00:00 host in.telnetd[7]: {text}\n");
            world.same(text, reported(world, &line), line.clone());
        }
    });
}
