//! Debian's daemons, unmodified, on our library: who is served, who is not, and that it is our library
//! which they have mapped. Needs root for a mount namespace with tables of its own.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

const ALLOW: &str = "ALL: 127.0.0.2\nALL: 127.1.0.0/16 EXCEPT 127.1.0.9\n\
                     ALL: 127.2.: spawn touch FOLDER/spawned-by-%d-for-%a: severity mail.notice\n";
const DENY: &str = "ALL: ALL\n";

/// Clients, and whether they are served.
const CLIENTS: [(&str, bool); 5] = [
    ("127.0.0.2", true),
    ("127.0.0.3", false),
    ("127.1.0.8", true),
    ("127.1.0.9", false),
    ("127.2.0.1", true),
];

/// Names the test and what it lacks; with CI=true that is a failure.
fn skip(test: &str, needs: &str) {
    let strict = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!strict, "{test} cannot run: needs {needs}");
    let _ = writeln!(std::io::stderr(), "skipped: {test}: needs {needs}");
}

fn target() -> PathBuf {
    let executable = std::env::current_exe().unwrap();
    executable.ancestors().nth(3).unwrap().to_owned()
}

/// Debian's program with this path, if it was unpacked.
fn program(path: &str) -> Option<PathBuf> {
    let path = target().join("debian").join(path);
    path.exists().then_some(path)
}

fn is_root() -> bool {
    Command::new("unshare")
        .args(["--mount", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A daemon that ends with the test.
struct Daemon {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// A port that no other test of this run gets, below those that clients are given.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id() % 1000 * 10;
    loop {
        let offset = (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        let port = u16::try_from(20_000 + offset).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// Starts a daemon in a folder of its own, on our library, with the tables above. `prepare` writes
/// what it needs and gives its arguments.
fn start(path: &Path, prepare: impl FnOnce(&Path, u16) -> Vec<String>) -> Daemon {
    let port = free_port();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let folder = target().join(format!("libwrap-test/{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let allow = ALLOW.replace("FOLDER", &folder.display().to_string());
    fs::write(folder.join("hosts.allow"), allow).unwrap();
    fs::write(folder.join("hosts.deny"), DENY).unwrap();
    let mut users = fs::read_to_string("/etc/passwd").unwrap();
    users.push_str("sshd:x:65534:65534::/run/sshd:/usr/sbin/nologin\n");
    fs::write(folder.join("passwd"), users).unwrap();
    let arguments = prepare(&folder, port);
    let debian = target().join("debian");
    let ours = target().join("release");
    let script = "mkdir -p /run/sshd 2> /dev/null; \
                  touch /etc/hosts.allow /etc/hosts.deny && \
                  mount --bind hosts.allow /etc/hosts.allow && \
                  mount --bind hosts.deny /etc/hosts.deny && \
                  mount --bind passwd /etc/passwd && \
                  if [ -d empty ]; then chown root empty; mount -t tmpfs none /run && \
                  mkdir -p /run/sshd /run/vsftpd/empty; fi && \
                  mount --bind \"$CACHE\" /etc/ld.so.cache && exec \"$@\"";
    let child = Command::new("unshare")
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(path)
        .args(arguments)
        .current_dir(&folder)
        .env("CACHE", debian.join("ld.so.cache"))
        .env("LD_LIBRARY_PATH", ours)
        .stdin(Stdio::null())
        .stdout(fs::File::create(folder.join("out")).unwrap())
        .stderr(fs::File::create(folder.join("err")).unwrap())
        .spawn()
        .unwrap();
    Daemon {
        child,
        port,
        folder,
    }
}

impl Daemon {
    /// What a client with this address gets, when it says something.
    fn answer(&self, client: &str, says: &[u8]) -> String {
        let end = Instant::now() + Duration::from_secs(10);
        let mut socket = loop {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            let own: Ipv4Addr = client.parse().unwrap();
            socket.bind(&SocketAddr::from((own, 0)).into()).unwrap();
            let server = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
            match socket.connect(&server.into()) {
                Ok(()) => break socket,
                Err(error) if Instant::now() > end => panic!("{error}: {}", self.errors()),
                Err(_) => sleep(Duration::from_millis(50)),
            }
        };
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let _refused = socket.write_all(says);
        let mut bytes = [0; 64];
        let count = socket.read(&mut bytes).unwrap_or(0);
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    }

    fn errors(&self) -> String {
        fs::read_to_string(self.folder.join("err")).unwrap_or_default()
    }

    /// Asks as each client; who is served gets an answer that begins like this.
    fn check(&self, says: &[u8], served: &str) {
        for (client, granted) in CLIENTS {
            let answer = self.answer(client, says);
            let got = answer.starts_with(served);
            assert_eq!(got, granted, "{client}: {answer:?} {}", self.errors());
        }
        let commands = fs::read_dir(&self.folder).unwrap();
        let commands = commands.map(|entry| entry.unwrap().file_name());
        let commands: Vec<_> = commands
            .filter_map(|name| name.into_string().ok())
            .collect();
        let ran = |name: &String| name.starts_with("spawned-by-") && name.ends_with("-127.2.0.1");
        assert!(commands.iter().any(ran), "{commands:?}");
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.child.id())).unwrap();
        let library = target().join("release/libwrap.so.0.7.6");
        let library = fs::canonicalize(library).unwrap();
        let mapped: Vec<_> = maps
            .lines()
            .filter(|line| line.contains("libwrap"))
            .collect();
        assert!(!mapped.is_empty(), "{maps}");
        assert!(
            mapped
                .iter()
                .all(|line| line.ends_with(library.to_str().unwrap())),
            "{mapped:?}"
        );
    }
}

/// A daemon as a test: where it lies, how it is started, what a client says and gets.
fn daemon(
    test: &str,
    path: &str,
    says: &[u8],
    served: &str,
    prepare: impl FnOnce(&Path, u16) -> Vec<String>,
) {
    match program(path) {
        Some(path) if is_root() => start(&path, prepare).check(says, served),
        Some(_) => skip(test, "root, for a mount namespace"),
        None => skip(test, path),
    }
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn socat() {
    daemon("socat", "usr/bin/socat", b"", "served", |folder, port| {
        let folder = folder.display();
        let tables = format!("allow-table={folder}/hosts.allow,deny-table={folder}/hosts.deny");
        vec![
            format!("TCP4-LISTEN:{port},fork,reuseaddr,tcpwrap=svcd,{tables}"),
            "SYSTEM:echo served".to_owned(),
        ]
    });
}

#[test]
fn sshd() {
    daemon("sshd", "usr/sbin/sshd", b"", "SSH-2.0", |folder, port| {
        let key = folder.join("key");
        let keygen = program("usr/bin/ssh-keygen").unwrap_or_else(|| "ssh-keygen".into());
        let made = Command::new(keygen)
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&key)
            .status();
        assert!(made.is_ok_and(|status| status.success()));
        fs::create_dir_all(folder.join("empty")).unwrap();
        let key = key.display();
        words(&format!(
            "-D -e -f /dev/null -p {port} -h {key} -o PidFile=none -o UsePAM=no -o ListenAddress=127.0.0.1"
        ))
    });
}

#[test]
fn vsftpd() {
    daemon("vsftpd", "usr/sbin/vsftpd", b"", "220", |folder, port| {
        fs::create_dir_all(folder.join("empty")).unwrap();
        let settings = format!(
            "listen=YES\nlisten_port={port}\nbackground=NO\ntcp_wrappers=YES\nlocal_enable=YES\n\
             anonymous_enable=NO\nsecure_chroot_dir=/run/vsftpd/empty\nseccomp_sandbox=NO\n"
        );
        let path = folder.join("vsftpd.conf");
        fs::write(&path, settings).unwrap();
        vec![path.display().to_string()]
    });
}

#[test]
fn mosquitto() {
    let connect = b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a";
    daemon(
        "mosquitto",
        "usr/sbin/mosquitto",
        connect,
        "\u{20}\u{2}",
        |folder, port| {
            let path = folder.join("mosquitto.conf");
            let settings = format!("listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n");
            fs::write(&path, settings).unwrap();
            vec!["-c".to_owned(), path.display().to_string()]
        },
    );
}

#[test]
fn xinetd() {
    daemon(
        "xinetd",
        "usr/sbin/xinetd",
        b"",
        "served",
        |folder, port| {
            let path = folder.join("xinetd.conf");
            let settings = format!(
                "service svcd\n{{\n type = UNLISTED\n port = {port}\n socket_type = stream\n protocol = tcp\n \
             wait = no\n user = root\n server = /bin/echo\n server_args = served\n}}\n"
            );
            fs::write(&path, settings).unwrap();
            words(&format!(
                "-dontfork -f {} -pidfile {}/pid",
                path.display(),
                folder.display()
            ))
        },
    );
}

#[test]
fn openbsd_inetd() {
    daemon(
        "openbsd_inetd",
        "usr/sbin/inetd",
        b"",
        "served",
        |folder, port| {
            let path = folder.join("inetd.conf");
            let line = format!("127.0.0.1:{port} stream tcp nowait root /bin/echo svcd served\n");
            fs::write(&path, line).unwrap();
            words(&format!("-i -l {}", path.display()))
        },
    );
}

/// Who is let through and sends an empty greeting gets an alert of TLS.
#[test]
fn stunnel4() {
    let nonsense = b"\x16\x03\x01\0\x04\x01\0\0\0";
    daemon(
        "stunnel4",
        "usr/bin/stunnel4",
        nonsense,
        "\u{15}\u{3}",
        |folder, port| {
            let (path, secrets) = (folder.join("stunnel.conf"), folder.join("secrets"));
            fs::write(&secrets, "svcd:0123456789abcdef0123456789abcdef\n").unwrap();
            let settings = format!(
                "foreground = yes\npid =\n[svcd]\nlibwrap = yes\naccept = 127.0.0.1:{port}\n\
             connect = 127.0.0.1:1\nciphers = PSK\nPSKsecrets = {}\n",
                secrets.display()
            );
            fs::write(&path, settings).unwrap();
            vec![path.display().to_string()]
        },
    );
}

/// The Perl binding asks about clients in text.
#[test]
fn perl() {
    let Some(module) = program("usr/lib/x86_64-linux-gnu/perl5/5.36/Authen/Libwrap.pm") else {
        return skip("perl", "libauthen-libwrap-perl");
    };
    if !is_root() {
        return skip("perl", "root, for a mount namespace");
    }
    let include = module.ancestors().nth(2).unwrap().display().to_string();
    let script = "use Authen::Libwrap qw(hosts_ctl STRING_UNKNOWN); \
                  for (@ARGV) { print hosts_ctl('svcd', STRING_UNKNOWN, $_) ? 1 : 0 } \
                  open(my $maps, '<', '/proc/self/maps'); \
                  print grep(/libwrap.so/, <$maps>) ? ' mapped' : ' none'; sleep 60";
    let perl = start(Path::new("/usr/bin/perl"), |_, _| {
        let mut arguments = vec!["-I".to_owned(), include, "-e".to_owned()];
        arguments.push(format!("$|=1; {script}"));
        arguments.extend(CLIENTS.map(|(client, _)| client.to_owned()));
        arguments
    });
    let end = Instant::now() + Duration::from_secs(10);
    let said = loop {
        let said = fs::read_to_string(perl.folder.join("out")).unwrap_or_default();
        if said.contains(' ') || Instant::now() > end {
            break said;
        }
        sleep(Duration::from_millis(50));
    };
    let expected = CLIENTS.map(|(_, granted)| if granted { '1' } else { '0' });
    let expected = format!("{} mapped", String::from_iter(expected));
    assert_eq!(said, expected, "{}", perl.errors());
}
