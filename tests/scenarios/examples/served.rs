//! The inetd.conf, xinetd.d and systemd files of the examples, under real super-servers.
//!
//! The files are used as they are shipped; only the daemons are stand-ins.

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use scenarios::{Client, Record, Superserver, World, scenario};

use super::expect::{self, Request};
use super::machine::{self, Machine};

/// The port of a daemon's service, as in `/etc/services`.
pub(super) fn port(daemon: &str) -> u16 {
    match daemon {
        "vsftpd" | "in.ftpd" => 21,
        "sshd" => 22,
        "in.telnetd" => 23,
        "in.tftpd" => 69,
        "in.fingerd" => 79,
        "in.rexecd" => 512,
        "in.rlogind" => 513,
        "in.rshd" => 514,
        other => panic!("{other}: no service"),
    }
}

#[test]
fn inetd_with_the_shipped_file() {
    scenario(&["root", "openbsd-inetd", "tftpd-hpa"], |world| {
        let (mut machine, requests) = installed(world, "inetd");
        let _inetd = Superserver::inetd(world, &conf(&machine), &[21, 22, 23, 69]);
        for request in &requests {
            prepare(&mut machine, world, request);
            meets(world, request);
        }
    });
}

#[test]
fn inetd_with_traps_on_unused_ports() {
    scenario(&["root", "openbsd-inetd"], |world| {
        let (mut machine, requests) = installed(world, "port-traps");
        let services = world.read("/etc/services") + "exec 512/tcp\nlogin 513/tcp\nshell 514/tcp\n";
        world.file("/etc/services", services);
        let _inetd = Superserver::inetd(world, &conf(&machine), &[21, 23, 512, 513, 514]);
        for request in requests
            .iter()
            .filter(|request| request.daemon.starts_with("in."))
        {
            machine.prepare(world, request);
            // As the file says, the daemons need not exist.
            std::fs::remove_file(Path::new("/usr/sbin").join(&request.daemon)).expect("remove");
            meets(world, request);
        }
    });
}

#[test]
fn xinetd_with_the_shipped_files() {
    scenario(&["root", "xinetd", "tftpd-hpa"], |world| {
        let (mut machine, requests) = installed(world, "xinetd.d");
        for service in ["ftp", "ssh", "telnet", "tftp"] {
            let text = world.read(machine.folder().join(service));
            world.file(Path::new("/etc/xinetd.d").join(service), text);
        }
        let conf = "defaults\n{\n}\nincludedir /etc/xinetd.d\n";
        let _xinetd = Superserver::xinetd(world, conf, &[21, 22, 23, 69]);
        for request in &requests {
            prepare(&mut machine, world, request);
            meets(world, request);
        }
    });
}

#[test]
fn systemd_with_the_shipped_units() {
    scenario(&["root", "systemd", "tftpd-hpa"], |world| {
        let (mut machine, requests) = installed(world, "systemd");
        for request in &requests {
            prepare(&mut machine, world, request);
            let _systemd = activate(world, machine.folder(), request);
            meets(world, request);
        }
    });
}

#[test]
fn systemd_finds_no_fault_with_the_shipped_units() {
    scenario(&["root", "systemd"], |world| {
        let (_, requests) = installed(world, "systemd");
        requests
            .iter()
            .for_each(|request| machine::daemon(&request.daemon));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/systemd");
        let mut verify = Command::new("systemd-analyze");
        verify.args(["verify", "--man=no"]);
        verify.env(
            "SYSTEMD_UNIT_PATH",
            "/etc/systemd/system:/usr/lib/systemd/system:/srv/.host/debian/lib/systemd/system:\
             /srv/.host/debian/usr/lib/systemd/system",
        );
        for unit in [
            "ssh.socket",
            "ssh@.service",
            "ftp.socket",
            "ftp@.service",
            "tftp.socket",
            "tftp.service",
        ] {
            let name = format!("tcpd-{unit}");
            let target = Path::new("/etc/systemd/system").join(&name);
            world.file(&target, world.read(folder.join(&name)));
            verify.arg(target);
        }
        let output = verify.output().expect("run systemd-analyze");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        world.same(
            "systemd-analyze verify",
            (output.status.success(), said),
            (true, String::new()),
        );
    });
}

/// The example on a machine, with a file for tftp.
fn installed(world: &World, example: &str) -> (Machine, Vec<Request>) {
    let machine = Machine::new(world, example);
    world.file("/srv/tftp/hello", "served\n");
    let requests = expect::read(&machine.folder().join("expect"));
    (machine, requests)
}

fn conf(machine: &Machine) -> String {
    let path = machine.folder().join("inetd.conf");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Does what systemd does for the socket and service units of a daemon: listens where
/// `Listen...=` says, and runs `ExecStart=` with the socket as `StandardInput=`.
fn activate(world: &World, folder: &Path, request: &Request) -> Superserver {
    let (socket, service) = match request.daemon.as_str() {
        "sshd" => ("tcpd-ssh.socket", "tcpd-ssh@.service"),
        "vsftpd" => ("tcpd-ftp.socket", "tcpd-ftp@.service"),
        _ => ("tcpd-tftp.socket", "tcpd-tftp.service"),
    };
    let socket = world.read(folder.join(socket));
    let service = world.read(folder.join(service));
    assert_eq!(setting(&service, "StandardInput"), Some("socket"));
    let kind = match setting(&socket, "Accept") {
        Some("yes") => "--accept",
        _ => "--datagram",
    };
    let address = setting(
        &socket,
        if request.udp {
            "ListenDatagram"
        } else {
            "ListenStream"
        },
    );
    let start = setting(&service, "ExecStart").and_then(|start| start.strip_prefix('@'));
    let words: Vec<_> = start.expect("a program and its name").split(' ').collect();
    let [program, name, arguments @ ..] = words.as_slice() else {
        panic!("{start:?}: no name after the program");
    };
    let command = ["/srv/launch", "-a", name, program];
    let listen = ["--inetd", kind, "--listen", address.expect("an address")];
    let args = [&listen[..], &command, arguments].concat();
    Superserver::start("systemd-socket-activate", &args, &[port(&request.daemon)])
}

fn setting<'u>(unit: &'u str, key: &str) -> Option<&'u str> {
    unit.lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
}

/// Lets what a request needs exist; tftp is served by the real daemon.
fn prepare(machine: &mut Machine, world: &World, request: &Request) {
    machine.prepare(world, request);
    if request.udp {
        let unpacked = "/srv/.host/debian/usr/sbin/in.tftpd";
        let installed = "/srv/.host/sbin/in.tftpd";
        let real = if Path::new(unpacked).exists() {
            unpacked
        } else {
            installed
        };
        std::fs::copy(real, "/usr/sbin/in.tftpd").expect("install in.tftpd");
    }
}

/// Connects as the client of a request, and checks what it reads and what is logged.
fn meets(world: &mut World, request: &Request) {
    world.log.clear();
    let served = request.outcome == "served";
    let greeting = if served { "served\n" } else { "" };
    let expected = format!("{}{greeting}", request.reads);
    let read = if request.udp {
        fetch(request)
    } else {
        connect(world, request)
    };
    world.same(&format!("{}: reads", request.line), read, expected);
    let of_tcpd = |record: &Record| {
        // in.tftpd has the same tag, and begins what it says with its own name, or with the call that failed:
        // Debian 13's (5.2+20240610) makes the socket of its answer in the address family of the request before.
        record.tag == request.daemon
            && !record.text.starts_with("tftpd: ")
            && !record.text.starts_with("socket: ")
            && !record.priority.ends_with(".debug")
    };
    let records = world.log.records().into_iter().filter(of_tcpd);
    let mut log: Vec<_> = records
        .map(|record| (record.priority, record.text))
        .collect();
    // A client that asks again is logged again.
    let mut logged = BTreeSet::new();
    log.retain(|line| !request.udp || logged.insert(line.clone()));
    world.same(&format!("{}: log", request.line), &log, &request.log);
}

/// What a TCP client reads.
fn connect(world: &World, request: &Request) -> String {
    let from = machine::plain(&request.client);
    let mut client = Client::connect(&from, &machine::server(request), port(&request.daemon));
    let last = request.log.last().map(|(_, text)| text.clone());
    let _ = world.log.wait(|record| Some(&record.text) == last.as_ref());
    // The original holds a refused client open, with all that it gets to read already sent.
    let patience = if request.outcome == "refused" {
        300
    } else {
        10_000
    };
    String::from_utf8_lossy(&client.read_all(Duration::from_millis(patience))).into_owned()
}

/// What a tftp client gets for the file `hello`: nothing, or the first block. It asks again
/// if it ought to be served, as such clients do: xinetd throws away what came while tcpd ran, and Debian 13's
/// in.tftpd never answers its first request.
fn fetch(request: &Request) -> String {
    let client = UdpSocket::bind((machine::plain(&request.client), 0)).expect("bind");
    // Sooner than in.tftpd ends, which with -t 1 it does a second after a request.
    let (tries, patience) = match request.outcome.as_str() {
        "refused" => (1, 1000),
        _ => (50, 300),
    };
    client
        .set_read_timeout(Some(Duration::from_millis(patience)))
        .expect("set a time limit");
    let server = machine::server(request);
    let mut buffer = [0; 1024];
    for _ in 0..tries {
        let server = (server.as_str(), port(&request.daemon));
        client
            .send_to(b"\0\x01hello\0octet\0", server)
            .expect("send");
        if let Ok((length, _)) = client.recv_from(&mut buffer) {
            let block = buffer[..length].strip_prefix(b"\0\x03\0\x01");
            return String::from_utf8_lossy(block.unwrap_or(&buffer[..length])).into_owned();
        }
    }
    String::new()
}
