//! The world of one program under test: namespaces of its own, with a network, `/etc`, `/dev` and
//! `/run` that nothing else uses. The test runs itself again inside; when it ends, the kernel ends
//! what it has started.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::common::{debian, ours, packages, skip, unpacked};

/// Set in the inner run: the test that it is for.
const INSIDE: &str = "LIBWRAP_TEST";

/// How long a program may take to start and to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Which library the programs use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    Ours,
    Debian,
}

impl Library {
    fn folder(self) -> PathBuf {
        match self {
            Self::Ours => ours(),
            Self::Debian => debian().expect("Debian's library"),
        }
    }
}

/// Makes the world of the namespaces that it is started in, and goes on in it. The smallest Debian has neither
/// protocols nor services nor the networks of RPC. rpcbind looks its port up as `portmapper`, and opens none without.
const SETUP: &str = r#"set -e
PATH=$PATH:/usr/sbin:/sbin:$DEBIAN/usr/bin:$DEBIAN/usr/sbin:$DEBIAN/sbin:$DEBIAN/bin
mount -t tmpfs none /run
mkdir -p /run/etc /run/dev /run/banners /run/sshd /run/rpcbind /run/vsftpd/empty /run/files
cp -a /etc/. /run/etc
for device in null zero random urandom tty; do
    : > /run/dev/$device && mount --bind /dev/$device /run/dev/$device
done
ln -s /proc/self/fd /run/dev/fd
mount --rbind /run/dev /dev
mount --bind /run/etc /etc
rm -f /etc/hosts.allow /etc/hosts.deny
[ -e /etc/protocols ] || printf 'ip 0 IP\ntcp 6 TCP\nudp 17 UDP\n' > /etc/protocols
[ -e /etc/services ] || printf 'tftp 69/udp\nsunrpc 111/tcp portmapper\nsunrpc 111/udp portmapper\n' > /etc/services
[ -e /etc/netconfig ] || cp "$DEBIAN/etc/netconfig" /etc || true
{ echo "$LIBRARY"; cat "$DEBIAN/ld.so.conf"; } > /run/ld.so.conf
ldconfig -X -C /etc/ld.so.cache -f /run/ld.so.conf 2> /run/output
for user in sshd _rpc tftp; do echo "$user:x:65534:65534::/run:/usr/sbin/nologin" >> /etc/passwd; done
# What Debian 13's sshd starts is there by its whole path.
if [ -e "$DEBIAN/usr/lib/openssh/sshd-session" ]; then
    mount -t overlay -o "ro,lowerdir=/usr/lib:$DEBIAN/usr/lib" none /usr/lib
fi
ip link set lo up
for address in db8::2 db8::3 db8:1::8 db8:1::9; do ip addr add 2001:$address/128 dev lo nodad; done
cd /run
exec "$@"
"#;

/// Runs a test in a world of its own if the program is there.
pub(crate) fn inside(test: &str, library: Library, needs: &str, body: impl FnOnce()) {
    if std::env::var(INSIDE).is_ok_and(|inside| inside == test) {
        return body();
    }
    if !unpacked(needs).exists() {
        return skip(test, needs);
    }
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args([
            "--mount",
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ]);
        command
    };
    if !output_of(unshare().arg("true")).status.success() {
        let root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        return skip(test, if root { "namespaces" } else { "root" });
    }
    let output = output_of(
        unshare()
            .args(["sh", "-c", SETUP, "sh"])
            .arg(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture", "--include-ignored"])
            .env(INSIDE, test)
            .env("LIBRARY", library.folder())
            .env("DEBIAN", packages())
            .env("RUST_BACKTRACE", "0"),
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    // Without the count the filter may have matched no test at all.
    let passed = output.status.success() && text.contains("1 passed");
    assert!(passed, "{test}: {}\n{text}{errors}", output.status);
}

fn output_of(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// What a program says that ends by itself.
pub(crate) fn said(command: &mut Command) -> String {
    let output = output_of(command);
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// A command that uses Debian's library, whatever /etc/ld.so.cache has.
pub(crate) fn on_debians_library(path: &str) -> Command {
    let mut command = Command::new(unpacked(path));
    command.env("LD_LIBRARY_PATH", debian().expect("Debian's library"));
    command
}

/// Starts a program of Debian's: its path and its arguments, in one line. What it
/// prints is in /run/output.
pub(crate) fn start(line: &str) -> Child {
    let output = fs::File::create("/run/output").unwrap();
    let mut words = line.split_whitespace();
    Command::new(unpacked(words.next().unwrap()))
        .args(words)
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn()
        .unwrap()
}

/// What the program has printed, for the report of a failure.
pub(crate) fn printed() -> String {
    fs::read_to_string("/run/output").unwrap_or_default()
}

/// What a client with this address gets from a TCP port when it says something. The first of all
/// waits until the program listens.
pub(crate) fn tcp(client: &str, port: u16, says: &[u8]) -> String {
    use std::io::{Read, Write};
    let end = Instant::now() + PATIENCE;
    let mut socket = loop {
        let address: IpAddr = client.parse().unwrap();
        let domain = Domain::for_address((address, 0).into());
        let socket = Socket::new(domain, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
        match socket.connect(&server(client, port).into()) {
            Ok(()) => break socket,
            Err(error) if Instant::now() > end => panic!("{error}: {}", printed()),
            Err(_) => sleep(Duration::from_millis(20)),
        }
    };
    let mut answer = Vec::new();
    let mut bytes = [0; 512];
    let _refused = socket.write_all(says);
    // Up to an end, or to silence once something came.
    let mut wait = PATIENCE;
    loop {
        socket.set_read_timeout(Some(wait)).unwrap();
        match socket.read(&mut bytes) {
            Ok(count) if count > 0 => answer.extend_from_slice(&bytes[..count]),
            _ => break,
        }
        wait = Duration::from_millis(200);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// The same for a datagram. No answer is the empty one.
///
/// It is sent again if nothing comes, as tftp clients do: in.tftpd of Debian 13 (5.2+20240610) makes the socket of its
/// answer in the address family of the request before, so that the first of all and the first of the other
/// family are lost.
pub(crate) fn udp(client: &str, port: u16, says: &[u8]) -> String {
    let address: IpAddr = client.parse().unwrap();
    let end = Instant::now() + PATIENCE;
    while !listens(address, port) {
        assert!(Instant::now() < end, "nobody listens: {}", printed());
        sleep(Duration::from_millis(20));
    }
    let socket = UdpSocket::bind((address, 0)).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let mut bytes = [0; 512];
    for _ in 0..2 {
        socket.send_to(says, server(client, port)).unwrap();
        if let Ok(count) = socket.recv(&mut bytes) {
            return String::from_utf8_lossy(&bytes[..count]).into_owned();
        }
    }
    String::new()
}

/// Whether a datagram socket of the client's family is bound to a port: proc(5), `/proc/net/udp`.
fn listens(client: IpAddr, port: u16) -> bool {
    let table = if client.is_ipv6() { "udp6" } else { "udp" };
    let table = fs::read_to_string(format!("/proc/net/{table}")).unwrap();
    let local = format!(":{port:04X}");
    let mut sockets = table.lines().skip(1);
    sockets.any(|line| {
        let mut fields = line.split_whitespace();
        fields.nth(1).is_some_and(|own| own.ends_with(&local))
    })
}

fn server(client: &str, port: u16) -> SocketAddr {
    if client.contains(':') {
        (Ipv6Addr::LOCALHOST, port).into()
    } else {
        (Ipv4Addr::LOCALHOST, port).into()
    }
}

/// What arrives at /dev/log.
#[derive(Clone)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn open() -> Self {
        let socket = UnixDatagram::bind("/dev/log").unwrap();
        fs::set_permissions(
            "/dev/log",
            std::os::unix::fs::PermissionsExt::from_mode(0o666),
        )
        .unwrap();
        let log = Self(Arc::default());
        let lines = log.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count) = socket.recv(&mut bytes) {
                let line = String::from_utf8_lossy(&bytes[..count]).into_owned();
                lines.0.lock().unwrap().push(line);
            }
        });
        log
    }

    /// All lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Whether such a line is there, or comes within a second.
    pub(crate) fn has(&self, line: impl Fn(&str) -> bool) -> bool {
        soon(|| self.lines().iter().any(|one| line(one)))
    }
}

/// Whether something is so, or becomes so within a second.
pub(crate) fn soon(holds: impl Fn() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(1);
    while !holds() {
        if Instant::now() > end {
            return false;
        }
        sleep(Duration::from_millis(10));
    }
    true
}

/// Fails unless of all mappings with the name of the library each is of this one.
pub(crate) fn is_mapped(library: Library, maps: &str) {
    let file = fs::canonicalize(library.folder().join("libwrap.so.0")).unwrap();
    let mapped = maps.lines().filter(|line| line.contains("libwrap"));
    let mapped: Vec<_> = mapped.collect();
    assert!(!mapped.is_empty(), "not mapped: {maps}");
    for line in mapped {
        assert!(line.ends_with(file.to_str().unwrap()), "{line}");
    }
}
