//! Real super-servers in front of the program under test.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::World;

/// A running inetd, xinetd or systemd-socket-activate, or another daemon; stopped on drop.
pub struct Superserver {
    child: Child,
}

impl Superserver {
    /// OpenBSD's inetd with this inetd.conf. Needs the package `openbsd-inetd`.
    pub fn inetd(world: &World, conf: &str, ports: &[u16]) -> Self {
        world.file("/etc/inetd.conf", conf);
        Self::start("/usr/sbin/inetd", &["-i", "/etc/inetd.conf"], ports)
    }

    /// xinetd with these sections. Needs the package `xinetd`.
    pub fn xinetd(world: &World, conf: &str, ports: &[u16]) -> Self {
        world.file("/etc/xinetd.conf", conf);
        Self::start(
            "/usr/sbin/xinetd",
            &["-dontfork", "-f", "/etc/xinetd.conf"],
            ports,
        )
    }

    /// The socket activation of systemd with `Accept=yes` and `StandardInput=socket`: `address`
    /// is what to listen on, `command` the program and its arguments. Needs the package `systemd`.
    pub fn systemd(address: &str, command: &[&str], ports: &[u16]) -> Self {
        let args = [&["--accept", "--inetd", "--listen", address][..], command].concat();
        Self::start("systemd-socket-activate", &args, ports)
    }

    /// Any daemon that stays in the foreground; returns once the ports are bound.
    pub fn start(program: &str, args: &[&str], ports: &[u16]) -> Self {
        let child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let server = Self { child };
        let deadline = Instant::now() + Duration::from_secs(20);
        for port in ports {
            while !bound(*port) {
                assert!(
                    Instant::now() < deadline,
                    "{program}: does not bind port {port}"
                );
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        server
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Superserver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a TCP socket listens on the port, or a UDP socket is bound to it. Asking the
/// kernel, not the port: a connection would start the service.
fn bound(port: u16) -> bool {
    const LISTEN: &str = "0A";
    let suffix = format!(":{port:04X}");
    let table = |name: &str| std::fs::read_to_string(Path::new("/proc/net").join(name));
    let listed = |name: &str, state: Option<&str>| {
        table(name).unwrap_or_default().lines().skip(1).any(|line| {
            let mut words = line.split_whitespace().skip(1);
            words.next().is_some_and(|local| local.ends_with(&suffix))
                && state.is_none_or(|state| words.nth(1) == Some(state))
        })
    };
    ["tcp", "tcp6"]
        .iter()
        .any(|name| listed(name, Some(LISTEN)))
        || ["udp", "udp6"].iter().any(|name| listed(name, None))
}
