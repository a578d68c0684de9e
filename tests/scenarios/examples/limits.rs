//! What xinetd limits before tcpd is started: the files of `examples/xinetd-limits`, over live connections.
//!
//! The files are used as they are shipped; only the daemons are stand-ins. Each limit is gone over, and what is
//! within it is served.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use scenarios::{Client, Superserver, World, scenario};

use super::machine::{self, Machine};
use super::served::port;

/// A daemon that stays until its client goes away.
const STAYS: &str = "#!/bin/sh\necho served\ncat >/dev/null\n";

/// A daemon that has said all.
const SERVES: &str = "#!/bin/sh\necho served\n";

/// How long anything may take that ought to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Two clients that the tables let in.
const CLIENT: &str = "192.0.2.7";
const ANOTHER: &str = "192.0.2.8";

/// The time zone in which it is this hour now.
fn zone(hour: u32) -> String {
    let now = Command::new("date").args(["-u", "+%H"]).output();
    let now = String::from_utf8(now.expect("run date").stdout).expect("digits");
    let now: u32 = now.trim().parse().expect("an hour");
    // A zone's number is what has to be added to get UTC.
    format!("TZ=XXX{}", (now + 24 - hour) % 24)
}

/// xinetd with the shipped files, where it is 12 o'clock; each daemon is `stand_in`.
fn limited(world: &World, stand_in: &str) -> Superserver {
    let machine = Machine::new(world, "xinetd-limits");
    for service in ["trap", "ftp", "ssh", "finger"] {
        let text = world.read(machine.folder().join(service));
        world.file(Path::new("/etc/xinetd.d").join(service), text);
    }
    world.tool("ip", &["address", "add", "192.0.2.1", "dev", "lo"]);
    for daemon in ["vsftpd", "sshd", "in.fingerd"] {
        machine::program(world, &format!("/usr/sbin/{daemon}"), stand_in);
    }
    load(world, "1.00");
    start(12)
}

/// xinetd, where it is this hour.
fn start(hour: u32) -> Superserver {
    let zone = zone(hour);
    let command = [
        &zone,
        "/usr/sbin/xinetd",
        "-dontfork",
        "-f",
        "/etc/xinetd.conf",
    ];
    Superserver::start("env", &command, &[21, 22, 23, 79])
}

/// Connects, and gives the connection with what is read: a line, or nothing if it is closed.
fn ask(from: &str, daemon: &str) -> (Client, String) {
    let mut client = Client::connect(from, "192.0.2.1", port(daemon));
    let line = client.read_line(PATIENCE);
    (client, line)
}

/// Expects a client to be served.
fn served(world: &mut World, what: &str, from: &str, daemon: &str) -> Client {
    let (client, line) = ask(from, daemon);
    world.same(what, line.as_str(), "served\n");
    client
}

/// Expects xinetd to close the connection and to say why. tcpd has not seen it: it would have logged it.
fn turned_away(world: &mut World, why: &str, from: &str, daemon: &str) {
    world.log.clear();
    let (_client, line) = ask(from, daemon);
    world.same(why, line.as_str(), "");
    says(world, &format!("{why} from=::ffff:{from}"));
    let seen: Vec<_> = world.log.records();
    let seen = seen.iter().filter(|record| record.tag == daemon).count();
    world.same(why, seen, 0);
}

/// Waits for a line of xinetd.
fn says(world: &mut World, text: &str) {
    let said = world.log.wait(|record| record.text == text).is_some();
    let log = world.log.records();
    world.holds(text, said, || format!("{log:#?}"));
}

#[test]
fn who_touches_the_trap_reaches_no_service() {
    scenario(&["root", "xinetd"], |world| {
        let _xinetd = limited(world, SERVES);
        served(world, "before the trap", CLIENT, "vsftpd");
        let (_client, line) = ask(CLIENT, "in.telnetd");
        world.same("the trap itself says nothing", line.as_str(), "");
        turned_away(world, "FAIL: ftp address", CLIENT, "vsftpd");
        turned_away(world, "FAIL: ssh address", CLIENT, "sshd");
        turned_away(world, "FAIL: finger address", CLIENT, "in.fingerd");
        served(world, "another client", ANOTHER, "vsftpd");
    });
}

#[test]
fn so_many_at_once_from_one_address_and_in_all() {
    scenario(&["root", "xinetd"], |world| {
        let _xinetd = limited(world, STAYS);
        let mut open = Vec::new();
        for number in 1..=5 {
            let from = format!("192.0.2.{}", 10 + number);
            world.tool("ip", &["address", "add", &from, "dev", "lo"]);
            for _ in 0..4 {
                open.push(served(world, "within both", &from, "vsftpd"));
            }
            if number == 1 {
                turned_away(world, "FAIL: ftp per_source_limit", &from, "vsftpd");
            }
        }
        turned_away(world, "FAIL: ftp service_limit", CLIENT, "vsftpd");
        served(world, "the limits are of one service", CLIENT, "sshd");
        open.clear();
        let deadline = Instant::now() + PATIENCE;
        while ask(CLIENT, "vsftpd").1.is_empty() && Instant::now() < deadline {
            // More than 50 a second would close the service: xinetd's own `cps`.
            std::thread::sleep(Duration::from_millis(100));
        }
        served(world, "when others have gone", CLIENT, "vsftpd");
    });
}

#[test]
fn too_many_in_a_second_close_the_service_for_a_while() {
    scenario(&["root", "xinetd"], |world| {
        let _xinetd = limited(world, SERVES);
        let closing = "Deactivating service ssh due to excessive incoming connections.  Restarting in 5 seconds.";
        let deadline = Instant::now() + PATIENCE;
        let mut open = Vec::new();
        while !world.log.any(|record| record.text == closing) && Instant::now() < deadline {
            // Without waiting for what comes of it.
            open.extend(Client::try_connect(CLIENT, "192.0.2.1", port("sshd")));
        }
        says(world, closing);
        let gone = Client::try_connect(CLIENT, "192.0.2.1", port("sshd"));
        world.holds("nobody listens any more", gone.is_none(), String::new);
        served(world, "other services", CLIENT, "vsftpd");
        says(world, "Activating service ssh");
        served(world, "afterwards", CLIENT, "sshd");
    });
}

#[test]
fn a_load_that_is_too_high_keeps_clients_out() {
    scenario(&["root", "xinetd"], |world| {
        let _xinetd = limited(world, SERVES);
        load(world, "9.90");
        served(world, "below the limit", CLIENT, "sshd");
        load(world, "10.10");
        turned_away(world, "FAIL: ssh load", CLIENT, "sshd");
        served(world, "a service without the limit", CLIENT, "vsftpd");
        load(world, "0.10");
        served(world, "when the load is gone", CLIENT, "sshd");
    });
}

/// Lets the load average of the last minute be this, for who reads it in this scenario's mounts.
fn load(world: &World, average: &str) {
    world.file("/srv/loadavg", format!("{average} 1.00 1.00 1/100 1000\n"));
    world.tool("mount", &["--bind", "/srv/loadavg", "/proc/loadavg"]);
}

#[test]
fn outside_its_hours_a_service_is_closed() {
    scenario(&["root", "xinetd"], |world| {
        let xinetd = limited(world, SERVES);
        served(world, "at noon", CLIENT, "in.fingerd");
        drop(xinetd);
        let _xinetd = start(20);
        turned_away(world, "FAIL: finger time", CLIENT, "in.fingerd");
        served(world, "a service without hours", CLIENT, "vsftpd");
    });
}

#[test]
fn a_daemon_that_takes_too_much_is_ended() {
    scenario(&["root", "xinetd"], |world| {
        // Within its 64 MB each says something; what needs more fails, and what runs for ever ends.
        let _xinetd = limited(
            world,
            "#!/bin/sh\nexec 2>/dev/null\necho served\nhead -c 200000000 /dev/zero | tail -c 100000000 | wc -c\n\
             while :; do :; done\n",
        );
        let mut client = served(world, "within them", CLIENT, "in.fingerd");
        world.same(
            "does not get the memory",
            client.read_line(PATIENCE).as_str(),
            "0\n",
        );
        world.holds("ends", client.closed(PATIENCE), String::new);
        let mut client = served(world, "without limits", CLIENT, "vsftpd");
        world.same(
            "gets the memory",
            client.read_line(PATIENCE).as_str(),
            "100000000\n",
        );
        world.holds(
            "goes on",
            !client.closed(Duration::from_secs(5)),
            String::new,
        );
    });
}
