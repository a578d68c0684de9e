//! The booby trap of hosts_access(5), end to end: a refused client is fingered back, and a
//! mail program gets what safe_finger made of the answer.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::Duration;

use scenarios::{Client, Subject, Superserver, World, scenario};

const PACKAGES: [&str; 4] = ["root", "openbsd-inetd", "finger", "fingerd"];

/// Where the unpacked programs of Debian's packages are, if the machine has not its own.
const UNPACKED: &str = "/srv/.host/debian/usr";

/// The service, and a finger server on the client's address.
fn services() -> String {
    let [server, finger] = ["sbin/in.fingerd", "bin/finger"].map(debians);
    format!(
        "4000 stream tcp nowait root /usr/sbin/tcpd /srv/svcd\n\
         127.0.0.2:79 stream tcp nowait nobody {server} in.fingerd -p {finger}\n"
    )
}

pub(crate) fn debians(program: &str) -> String {
    let unpacked = format!("{UNPACKED}/{program}");
    let installed = format!("/srv/.host/{program}");
    // The machine's /usr/sbin is kept as /srv/.host/sbin.
    let found = [unpacked, installed]
        .into_iter()
        .find(|path| Path::new(path).exists());
    found.unwrap_or_else(|| format!("/usr/{program}"))
}

/// Puts the trap up, with a mail program that keeps what it gets.
fn set_trap(world: &World) {
    let safe_finger = world.subject.program("safe_finger");
    let _ = std::fs::remove_file("/usr/sbin/safe_finger");
    std::fs::copy(safe_finger, "/usr/sbin/safe_finger").expect("install safe_finger");
    let mail = "#!/bin/sh\n{ echo \"$*\"; cat; } > /srv/draft\nmv /srv/draft /srv/mailbox\n";
    world.file("/srv/mail", mail);
    let finger_back = "(/usr/sbin/safe_finger -l @%h 2>&1 | /srv/mail -s %d-%h root) &";
    world.tables("", format!("svcd: ALL: spawn {finger_back}\n"));
}

/// Takes the machine's own finger program away, if it has one.
fn without_finger(world: &World) {
    for program in ["/usr/bin/finger", "/usr/sbin/finger"] {
        if Path::new(program).exists() {
            world.tool("mount", &["--bind", "/dev/null", program]);
        }
    }
}

fn with_finger(world: &World) {
    let _ = std::fs::remove_file("/usr/sbin/finger");
    world.tool("cp", &["-L", &debians("bin/finger"), "/usr/sbin/finger"]);
}

/// Debian's needs a finger program; ours is to do without.
fn as_it_is_used(world: &World) {
    set_trap(world);
    without_finger(world);
    if world.subject == Subject::Debian {
        with_finger(world);
    }
}

/// Runs inetd with the trapped service alone.
fn inetd(world: &World) -> Superserver {
    let service = "4000 stream tcp nowait root /usr/sbin/tcpd /srv/svcd\n";
    Superserver::inetd(world, service, &[4000])
}

/// A client comes, is refused without a word, and is reported: gives the mail.
fn spring(world: &mut World) -> String {
    let read = Client::connect("127.0.0.2", "127.0.0.1", 4000).read_all(Duration::from_secs(10));
    world.same("what the client reads", read, Vec::new());
    world.wait_file("/srv/mailbox", |mail| !mail.is_empty())
}

#[test]
fn the_client_is_fingered_back_and_reported() {
    scenario(&PACKAGES, |world| {
        set_trap(world);
        without_finger(world);
        let _inetd = Superserver::inetd(world, &services(), &[4000, 79]);
        let answer = world.differs(
            "X5",
            "finger: No such file or directory\n",
            " [127.0.0.2]\n No one logged on.\n",
        );
        let mail = spring(world);
        world.same(
            "the mail",
            mail,
            format!("-s svcd-127.0.0.2 root\n{answer}"),
        );
    });
}

#[test]
fn with_a_finger_program_the_mail_is_the_same() {
    scenario(&PACKAGES, |world| {
        set_trap(world);
        without_finger(world);
        with_finger(world);
        let _inetd = Superserver::inetd(world, &services(), &[4000, 79]);
        let mail = spring(world);
        let expected = "-s svcd-127.0.0.2 root\n No one logged on.\n".to_string();
        world.same("the mail", mail, expected);
    });
}

/// A finger server that says this, and goes on until nobody listens.
fn hostile_server(begin: &'static [u8], endless: &'static [u8]) {
    let listener = TcpListener::bind("127.0.0.2:79").expect("bind");
    thread::spawn(move || {
        let (connection, _) = listener.accept().expect("accept");
        let mut reader = BufReader::new(connection);
        let _ = reader.read_line(&mut String::new());
        let mut sent = reader.get_mut().write_all(begin);
        while sent.is_ok() && !endless.is_empty() {
            sent = reader.get_mut().write_all(endless);
        }
    });
}

#[test]
fn a_hostile_answer_is_text() {
    scenario(&["root", "openbsd-inetd", "finger"], |world| {
        as_it_is_used(world);
        hostile_server(
            b"\x1b]0;owned\x07\r\n.\r\n~!touch /srv/owned\r\nFrom: root\r\n",
            b"",
        );
        let _inetd = inetd(world);
        // Debian's finger has a notation of its own for control characters.
        let begin = world.differs(
            "X5",
            " ^[]0;owned^G\n",
            " [127.0.0.2]\n \\033]0;owned\\007\n",
        );
        let mail = spring(world);
        let rest = " .\n ~!touch /srv/owned\n From: root\n";
        world.same(
            "the mail",
            mail,
            format!("-s svcd-127.0.0.2 root\n{begin}{rest}"),
        );
    });
}

#[test]
fn an_endless_answer_is_cut() {
    scenario(&["root", "openbsd-inetd", "finger"], |world| {
        as_it_is_used(world);
        hostile_server(b"", &[b'x'; 1000]);
        let _inetd = inetd(world);
        let mail = spring(world);
        let end = "x\n\n Input truncated to 100000 bytes...\n";
        world.holds("the mail's end", mail.ends_with(end), || mail.clone());
        let heading = world.differs("X5", 0, "[127.0.0.2]\n".len());
        world.same("its volume", mail.matches('x').count(), 100_000 - heading);
    });
}

#[test]
fn the_mail_says_why_there_is_no_answer() {
    scenario(&["root", "openbsd-inetd", "finger"], |world| {
        as_it_is_used(world);
        let _inetd = inetd(world);
        let answer = world.differs(
            "X5",
            "finger: connect: Connection refused\n",
            " [127.0.0.2]\nsafe_finger: 127.0.0.2: connect to 127.0.0.2: Connection refused\n",
        );
        let mail = spring(world);
        world.same(
            "the mail",
            mail,
            format!("-s svcd-127.0.0.2 root\n{answer}"),
        );
    });
}
