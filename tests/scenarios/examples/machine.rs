//! The machine that an example is installed on: its `/etc`, daemons, mail and finger programs.

use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use scenarios::{Dns, Ident, World};

use super::expect::{Mail, Request};

/// The server address that a client connects to unless its request names one.
const SERVER_V4: &str = "192.0.2.1";
const SERVER_V6: &str = "2001:db8::1";

/// Where the mail program keeps what it is given: one file for each mail.
const MAILS: &str = "/srv/mails";

/// Keeps a mail as recipient, subject and body. It appears all at once.
const MAIL: &str = r#"#!/bin/sh
subject=
if [ "$1" = -s ]; then subject=$2; shift 2; fi
new=/srv/mail.$$
{ printf '%s\n%s\n' "$1" "$subject"; cat; } > "$new" && mv "$new" /srv/mails/
"#;

/// Says it on standard error, so that a rule which leaves that out of its mail is found out.
const SAFE_FINGER: &str = "#!/bin/sh\necho fingered \"$@\" >&2\n";

/// See the module.
pub(crate) struct Machine {
    folder: PathBuf,
    dns: Dns,
    names: HashMap<String, String>,
    idents: HashMap<String, Ident>,
}

impl Machine {
    /// Installs an example as its README says.
    pub(crate) fn new(world: &World, example: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../examples")
            .join(example);
        for name in files_of(&folder) {
            if name != "README.md" && name != "expect" {
                install(&folder.join(&name), &Path::new("/etc").join(&name));
            }
        }
        mount(
            Some("tmpfs"),
            "/var/log",
            Some("tmpfs"),
            MsFlags::empty(),
            None::<&str>,
        )
        .expect("cover /var/log");
        cover_bin();
        fs::create_dir(MAILS).expect("make a directory");
        program(world, "/usr/bin/mail", MAIL);
        program(world, "/usr/sbin/safe_finger", SAFE_FINGER);
        Self {
            folder,
            dns: Dns::start(),
            names: HashMap::new(),
            idents: HashMap::new(),
        }
    }

    /// The example's own folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lets the client of a request, its name and its ident service exist.
    pub(crate) fn prepare(&mut self, world: &World, request: &Request) {
        address(world, &request.client);
        address(world, &server(request));
        self.name(request);
        self.ident(request);
        daemon(&request.daemon);
    }

    fn name(&mut self, request: &Request) {
        let client = plain(&request.client);
        let Some(name) = &request.name else { return };
        match self.names.get(&client) {
            Some(known) => assert_eq!(known, name, "{}: had another name", request.line),
            None => {
                let forward = request.forward.as_ref().unwrap_or(&client);
                self.dns.reverse(&client, name).forward(name, forward);
                self.names.insert(client, name.clone());
            }
        }
    }

    /// A client without a user has no ident service, or one that does not tell.
    fn ident(&mut self, request: &Request) {
        let client = plain(&request.client);
        match (&request.user, self.idents.get(&client)) {
            (Some(user), Some(ident)) => drop(ident.user(user)),
            (None, Some(ident)) => drop(ident.reply("{P} : ERROR : NO-USER\r\n")),
            (Some(user), None) => {
                let ident = Ident::start(&client);
                ident.user(user);
                self.idents.insert(client, ident);
            }
            (None, None) => {}
        }
    }
}

/// The server address of a request.
pub(crate) fn server(request: &Request) -> String {
    let usual = if is_v4(&request.client) {
        SERVER_V4
    } else {
        SERVER_V6
    };
    request.server.clone().unwrap_or_else(|| usual.into())
}

/// The address without the prefix of mapped ones.
pub(crate) fn plain(address: &str) -> String {
    let ip: IpAddr = address.parse().expect("an address");
    ip.to_canonical().to_string()
}

fn is_v4(address: &str) -> bool {
    plain(address).parse::<std::net::Ipv4Addr>().is_ok()
}

/// Waits for a mail; it may come from a command in the background.
pub(crate) fn arrives(mail: &Mail) -> Result<(), String> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let got = mails();
        if let Some((path, _)) = got.iter().find(|(_, text)| is(mail, text)) {
            return fs::remove_file(path).map_err(|error| error.to_string());
        }
        if Instant::now() > deadline {
            return Err(format!("got the mails {got:#?}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is(mail: &Mail, text: &str) -> bool {
    text.starts_with(&format!("{}\n{}\n", mail.to, mail.subject))
        && mail
            .body
            .iter()
            .all(|line| super::expect::has_line(text, line))
}

/// The mails that nothing has asked for yet.
pub(crate) fn mails() -> Vec<(PathBuf, String)> {
    let read = |entry: fs::DirEntry| {
        let text = fs::read(entry.path()).unwrap_or_default();
        (entry.path(), String::from_utf8_lossy(&text).into_owned())
    };
    fs::read_dir(MAILS)
        .expect("list the mails")
        .flatten()
        .map(read)
        .collect()
}

/// The stand-in for a daemon, which says `served`.
pub(crate) fn daemon(name: &str) {
    let path = Path::new("/usr/sbin").join(name);
    replace(&path);
    fs::copy("/srv/svcd", path).expect("install a daemon");
}

pub(crate) fn program(world: &World, path: &str, text: &str) {
    replace(Path::new(path));
    world.file(path, text);
}

/// Removes a link first: writing would go through it, out of the scenario.
fn replace(path: &Path) {
    let _ = fs::remove_file(path);
}

fn files_of(folder: &Path) -> Vec<String> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("a plain name");
    entries.flatten().map(name).collect()
}

fn install(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("make a directory");
        for name in files_of(from) {
            install(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}

/// Puts a folder of links over /usr/bin, so that programs can be added to it.
fn cover_bin() {
    let old = Path::new("/srv/.host/bin");
    fs::create_dir_all(old).expect("make a directory");
    let none = None::<&str>;
    mount(Some("/usr/bin"), old, none, MsFlags::MS_BIND, none).expect("keep /usr/bin");
    mount(
        Some("tmpfs"),
        "/usr/bin",
        Some("tmpfs"),
        MsFlags::empty(),
        none,
    )
    .expect("cover /usr/bin");
    for entry in fs::read_dir(old).expect("list /usr/bin").flatten() {
        let _ = symlink(entry.path(), Path::new("/usr/bin").join(entry.file_name()));
    }
}

/// Gives the machine an address; it may have it already.
fn address(world: &World, address: &str) {
    let address = plain(address);
    let held = world.tool("ip", &["-oneline", "address", "show", "to", &address]);
    if address.starts_with("127.") || !held.is_empty() {
        return;
    }
    if is_v4(&address) {
        world.tool("ip", &["address", "add", &address, "dev", "lo"]);
        return;
    }
    world.tool("ip", &["address", "add", &address, "dev", "lo", "nodad"]);
    // The kernel makes the route a moment later.
    let route = ["-6", "route", "show", "table", "local", &address];
    let deadline = Instant::now() + Duration::from_secs(10);
    while world.tool("ip", &route).is_empty() {
        assert!(Instant::now() < deadline, "{address}: no route");
        std::thread::sleep(Duration::from_millis(1));
    }
}
