//! A log daemon that asks the library itself, and one that reads nothing: a message that the library writes about a
//! refused client comes back to the one, and waits for the other.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::common::{linked, skip, unpacked};
use crate::world::{Library, PATIENCE, inside, printed, said, soon, start};

/// Reads /dev/log and a TCP port, as many installations do.
const CONFIGURATION: &str = r#"@version: 3.38
source all { unix-dgram("/dev/log"); network(transport("tcp") port(5000)); };
destination file { file("/run/lines"); };
log { source(all); destination(file); };
"#;

const FRIEND: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// A client that has a line to log, and stays.
fn connects(client: Ipv4Addr, line: &str) -> Option<Socket> {
    let mut socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((client, 0)).into()).unwrap();
    let server = SocketAddr::from((Ipv4Addr::LOCALHOST, 5000));
    socket.connect(&server.into()).ok()?;
    let _refused = writeln!(socket, "<14>{line}");
    Some(socket)
}

/// Whether a line arrives that a program logs.
fn arrives(line: &str) -> bool {
    let socket = UnixDatagram::unbound().unwrap();
    socket.set_nonblocking(true).unwrap();
    let message = format!("<14>{line}");
    let sent = || socket.send_to(message.as_bytes(), "/dev/log").is_ok();
    let lines = || fs::read_to_string("/run/lines").unwrap_or_default();
    soon(sent) && soon(|| lines().contains(line))
}

fn syslog_ng(test: &str, library: Library) {
    inside(test, library, "usr/sbin/syslog-ng", || {
        fs::write("/etc/hosts.deny", "syslog-ng: 127.0.0.9\n").unwrap();
        fs::write("/run/syslog-ng.conf", CONFIGURATION).unwrap();
        let modules = fs::read_dir(unpacked("usr/lib/syslog-ng")).unwrap();
        let modules = modules
            .map(|entry| entry.unwrap().path())
            .find(|path| path.join("libafsocket.so").exists())
            .unwrap();
        let module = fs::read(modules.join("libafsocket.so")).unwrap();
        if !module.windows(12).any(|word| word == b"libwrap.so.0") {
            return skip(test, "a syslog-ng that asks libwrap");
        }
        let mut daemon = start(&format!(
            "usr/sbin/syslog-ng --foreground --no-caps --cfgfile=/run/syslog-ng.conf --control=/run/control \
             --persist-file=/run/persist --pidfile=/run/pid --module-path={}",
            modules.display()
        ));
        let end = Instant::now() + PATIENCE;
        while connects(FRIEND, "the first").is_none() {
            assert!(Instant::now() < end, "{}", printed());
            sleep(Duration::from_millis(20));
        }
        assert!(arrives("before"), "{}", printed());
        let _strangers: Vec<_> = (0..20).map(|_| connects(STRANGER, "a stranger")).collect();
        for number in 0..20 {
            let line = format!("line {number} of a program");
            assert!(arrives(&line), "the log daemon waits for itself");
        }
        let _friend = connects(FRIEND, "a friend");
        let lines = || fs::read_to_string("/run/lines").unwrap();
        assert!(soon(|| lines().contains("a friend")), "{}", lines());
        assert!(arrives("after") && !lines().contains("a stranger"));
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    });
}

#[test]
fn a_log_daemon_does_not_wait_for_itself() {
    let test = "logdaemon::a_log_daemon_does_not_wait_for_itself";
    syslog_ng(test, Library::Ours);
}

#[test]
fn nor_does_it_with_debians() {
    let test = "logdaemon::nor_does_it_with_debians";
    syslog_ng(test, Library::Debian);
}

fn unread(test: &str, library: Library) {
    inside(test, library, "usr/sbin/tcpd", || {
        let _log = UnixDatagram::bind("/dev/log").unwrap();
        fs::write("/run/files/allow", "svcd: 192.0.2.\n").unwrap();
        fs::write("/run/files/deny", "ALL: ALL\n").unwrap();
        let program = linked("/run".as_ref(), "many.c");
        let mut command = Command::new("timeout");
        command
            .arg("20")
            .arg(program)
            .args(["1", "100"])
            .current_dir("/run/files");
        let answer = said(&mut command);
        assert!(answer.starts_with("50 "), "{answer}");
    });
}

#[test]
fn refusals_do_not_wait_for_a_log_that_nobody_reads() {
    let test = "logdaemon::refusals_do_not_wait_for_a_log_that_nobody_reads";
    unread(test, Library::Ours);
}

#[test]
fn nor_do_they_with_debians() {
    let test = "logdaemon::nor_do_they_with_debians";
    unread(test, Library::Debian);
}
