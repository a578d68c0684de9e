//! The demonstration of `make demo`: a small super-server on loopback runs tcpd for one client after
//! another, and shows what each of them reads and what the log says.
//!
//! Needs no root: this tcpd was built for tables and a log socket in the demo's own folder. Takes
//! that folder and the program as arguments.

#![allow(clippy::print_stdout)]

use std::fs;
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

const ALLOW: &str = "\
# hosts.allow: who is served
greeter: 127.0.0.1 [::1]: severity notice
greeter: 127.0.1. EXCEPT 127.0.1.13
greeter: 127.0.0.44: twist /bin/echo '421 %d is not for %a, try again later'
greeter: 127.0.0.55: umaks 022: allow
";

const DENY: &str = "\
# hosts.deny: everybody else, with a banner and a trap
greeter: ALL: banners banners: spawn /bin/echo \"%d %a\" >> trap
";

const BANNER: &str = "220-Hello, %c. This host does not know you.\n";

/// A client, and what the tables mean for it.
const CLIENTS: &[(&str, &str)] = &[
    ("127.0.0.1", "named in hosts.allow, and logged at notice"),
    ("::1", "the same rule, IPv6 in brackets"),
    ("127.0.1.7", "by the net prefix 127.0.1."),
    ("127.0.1.13", "excepted from that net, so hosts.deny has it"),
    (
        "127.0.0.44",
        "gets a message in place of the daemon (twist)",
    ),
    (
        "127.0.0.55",
        "its rule has a typing error: refused, and the log says which line",
    ),
    (
        "127.0.0.66",
        "matched by hosts.deny only: banner, trap, refusal",
    ),
];

fn main() -> io::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(folder), Some(program)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: demo FOLDER TCPD"));
    };
    let program = fs::canonicalize(program)?;
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("banners"))?;
    fs::write(folder.join("hosts.allow"), ALLOW)?;
    fs::write(folder.join("hosts.deny"), DENY)?;
    fs::write(folder.join("banners/greeter"), BANNER)?;
    std::os::unix::fs::symlink("/bin/echo", folder.join("greeter"))?;
    std::env::set_current_dir(&folder)?;
    let log = UnixDatagram::bind("log")?;
    log.set_read_timeout(Some(Duration::from_millis(200)))?;

    println!("The tables in {}:\n\n{ALLOW}\n{DENY}", folder.display());
    for (address, why) in CLIENTS {
        show(address, why, &program, &log)?;
    }
    println!("What the trap has caught (target/demo/run/trap):");
    println!("{}", indented(&fs::read_to_string("trap")?));
    Ok(())
}

/// One connection: what the client reads, what the log says.
fn show(address: &str, why: &str, program: &Path, log: &UnixDatagram) -> io::Result<()> {
    println!("connect from {address}: {why}");
    let client: IpAddr = address.parse().map_err(io::Error::other)?;
    match serve(client, program) {
        Ok(read) => println!("  client reads: {}", read.trim_end().escape_debug()),
        Err(error) => println!("  not shown here: {error}"),
    }
    let mut record = [0; 4096];
    while let Ok(count) = log.recv(&mut record) {
        let text = String::from_utf8_lossy(record.get(..count).unwrap_or_default()).into_owned();
        println!("  log: {text}");
    }
    println!();
    Ok(())
}

/// What inetd does: accept, and run tcpd with the connection as its descriptors 0, 1 and 2.
fn serve(client: IpAddr, program: &Path) -> io::Result<String> {
    let own: IpAddr = match client {
        IpAddr::V4(_) => [127, 0, 0, 1].into(),
        IpAddr::V6(_) => client,
    };
    let listener = TcpListener::bind((own, 0))?;
    let socket = Socket::new(
        Domain::for_address(listener.local_addr()?),
        Type::STREAM,
        None,
    )?;
    socket.bind(&SocketAddr::new(client, 0).into())?;
    socket.connect(&listener.local_addr()?.into())?;
    let (accepted, _) = listener.accept()?;
    let descriptor = || Ok::<_, io::Error>(Stdio::from(OwnedFd::from(accepted.try_clone()?)));
    let daemon = std::env::current_dir()?.join("greeter");
    let mut tcpd = Command::new(program)
        .arg0(daemon)
        .arg("Hello from the daemon behind tcpd")
        .stdin(descriptor()?)
        .stdout(descriptor()?)
        .stderr(descriptor()?)
        .spawn()?;
    drop(accepted);
    let mut read = String::new();
    TcpStream::from(socket).read_to_string(&mut read)?;
    tcpd.wait()?;
    Ok(read)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
