//! inetd.conf: which daemons inetd starts, and whether it does so through tcpd.
//!
//! The file is read as the original's tools read it, which is more liberal than any inetd: the
//! socket type may be missing, and numbers before the path or the daemon's name are skipped.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use hosts_access::fault::reason;
use hosts_access::text::bytes::path_of;
use hosts_access::text::escape::Written;
use system::settings::REAL_DAEMON_DIR;

use crate::disk::Disk;
use crate::paths::check_path;
use crate::remark::{
    FILE_LOOKUP, INETD_INCOMPLETE, INSECURE_SERVICE, PROGRAM_MISSING, PROGRAM_NOT_EXECUTABLE,
    RPC_TCP, Remark, TCPD_INSERTED, TCPD_RECURSION, TCPD_SETUID,
};

/// Where inetd.conf is unless the user says otherwise.
pub const INETD_CONF: &str = "/etc/inetd.conf";

/// Whether a daemon's clients pass tcpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapped {
    /// inetd starts tcpd.
    Yes,
    /// inetd starts the daemon itself.
    No,
    /// It cannot be told.
    Maybe,
}

/// What inetd.conf says.
#[derive(Debug, Default)]
pub struct InetdConf {
    /// The file, if there is one.
    pub path: Option<PathBuf>,
    /// Daemons by their name in lower case; the last line for a name counts.
    daemons: BTreeMap<Vec<u8>, Daemon>,
}

/// A daemon that inetd starts.
#[derive(Clone, Debug)]
pub struct Daemon {
    /// Whether through tcpd.
    pub wrapped: Wrapped,
    /// The daemon's own program.
    pub program: PathBuf,
    /// Its arguments, without the name that it is run with.
    pub arguments: Vec<String>,
    /// Whether the service takes datagrams.
    pub datagrams: bool,
    /// The user that it runs as, with the group if the line gives one.
    pub user: Option<String>,
    /// The line.
    pub line: u64,
}

impl InetdConf {
    /// Reads the file that the user named, or the usual one if it is there. A folder counts as
    /// empty, as it always did.
    ///
    /// # Errors
    /// The file that the user named cannot be read: `open FILE: REASON`.
    pub fn read(
        named: Option<&Path>,
        disk: &Disk,
        report: &mut dyn FnMut(Remark),
    ) -> Result<Self, String> {
        let path = named.unwrap_or(Path::new(INETD_CONF));
        let text = match disk.read(path) {
            Ok(Some(text)) => text,
            Ok(None) if named.is_none() => return Ok(Self::default()),
            Ok(None) => {
                let why = disk.metadata(path).map_err(|error| reason(&error));
                let why = why.err().unwrap_or_default();
                return Err(format!("open {}: {why}", Written::from(path)));
            }
            Err(error) if error.kind() == ErrorKind::IsADirectory => Vec::new(),
            Err(error) => return Err(format!("open {}: {}", Written::from(path), reason(&error))),
        };
        if named.is_none() {
            let _ = check_path(path, disk, report);
        }
        Ok(Self::parse(path, &text, disk, report))
    }

    /// Reads the text of the file at `path`.
    pub fn parse(path: &Path, text: &[u8], disk: &Disk, report: &mut dyn FnMut(Remark)) -> Self {
        let mut conf = Self {
            path: Some(path.to_owned()),
            ..Self::default()
        };
        for (line, text) in logical_lines(text) {
            if let Some(entry) = Entry::parse(&text) {
                let mut at = |remark: Remark| report(remark.at(path, line));
                conf.add(&entry, line, disk, &mut at);
            }
        }
        conf
    }

    /// The daemon of this name.
    pub fn daemon(&self, name: &[u8]) -> Option<&Daemon> {
        self.daemons.get(&name.to_ascii_lowercase())
    }

    /// Every daemon with its name.
    pub fn daemons(&self) -> impl Iterator<Item = (&[u8], &Daemon)> {
        self.daemons
            .iter()
            .map(|(name, daemon)| (&name[..], daemon))
    }

    /// The file's name for messages; the original shows a missing one as `(null)`.
    pub fn shown(&self) -> String {
        match &self.path {
            Some(path) => Written::from(&**path).to_string(),
            None => "(null)".to_owned(),
        }
    }

    /// Checks an entry and notes its daemon.
    fn add(&mut self, entry: &Entry, line: u64, disk: &Disk, report: &mut dyn FnMut(Remark)) {
        let Some(name) = &entry.name else {
            report(Remark::new(&INETD_INCOMPLETE, "incomplete line"));
            return;
        };
        let program = check_program(&entry.path, None, disk, report);
        let by_tcpd = has_name(&entry.path, b"tcpd");
        check_name(base_name(name), by_tcpd, report);
        let daemon = if by_tcpd {
            if program.is_some_and(|mode| mode & SETUID_SETGID != 0) {
                let text = format!(
                    "{}: file is set-uid or set-gid",
                    Written::from(&*entry.path)
                );
                report(Remark::new(&TCPD_SETUID, text));
            }
            let program = check_behind_tcpd(entry, name, disk, report);
            if entry.protocol.eq_ignore_ascii_case(b"rpc/tcp") {
                let text = format!(
                    "{}: cannot wrap rpc/tcp services",
                    Written(daemon_name(name))
                );
                report(Remark::new(&RPC_TCP, text));
            }
            (Wrapped::Yes, program)
        } else {
            (direct(entry, name, disk, report), entry.path.clone())
        };
        self.daemons.insert(
            daemon_name(name).to_ascii_lowercase(),
            Daemon {
                wrapped: daemon.0,
                program: daemon.1,
                arguments: entry.arguments.clone(),
                datagrams: entry.datagrams,
                user: entry.user.clone(),
                line,
            },
        );
    }
}

const SETUID_SETGID: u32 = 0o6000;
const OWNER_EXECUTE: u32 = 0o100;

/// Looks at a program, which may be named without its folder. Gives its mode.
fn check_program(
    path: &Path,
    name: Option<&[u8]>,
    disk: &Disk,
    report: &mut dyn FnMut(Remark),
) -> Option<u32> {
    match check_path(path, disk, report) {
        Ok(metadata) => {
            let mode = metadata.permissions().mode();
            if mode & OWNER_EXECUTE == 0 {
                let text = format!("{}: not executable", Written::from(path));
                report(Remark::new(&PROGRAM_NOT_EXECUTABLE, text));
            }
            Some(mode)
        }
        Err(error) => {
            let why = reason(&error);
            let text = match name {
                Some(name) => format!("{}: not found in {REAL_DAEMON_DIR}: {why}", Written(name)),
                None => format!("{}: not found: {why}", Written::from(path)),
            };
            report(Remark::new(&PROGRAM_MISSING, text));
            None
        }
    }
}

/// Daemons that are wrong whatever their path.
fn check_name(base: &[u8], by_tcpd: bool, report: &mut dyn FnMut(Remark)) {
    if by_tcpd && base.eq_ignore_ascii_case(b"tcpd") {
        report(Remark::new(
            &TCPD_RECURSION,
            "tcpd is recursively calling itself",
        ));
    }
    if base.eq_ignore_ascii_case(b"rexd") || base.eq_ignore_ascii_case(b"rpc.rexd") {
        let text = format!("{} may be an insecure service", Written(base));
        report(Remark::new(&INSECURE_SERVICE, text));
    }
}

/// Looks at the daemon that tcpd is to start. Gives its program.
fn check_behind_tcpd(
    entry: &Entry,
    name: &[u8],
    disk: &Disk,
    report: &mut dyn FnMut(Remark),
) -> PathBuf {
    if !name.starts_with(b"/") {
        let path = Path::new(REAL_DAEMON_DIR).join(path_of(name));
        check_program(&path, Some(name), disk, report);
        return path;
    }
    let path = path_of(name);
    if entry
        .arguments
        .first()
        .is_some_and(|argument| argument.as_bytes().eq_ignore_ascii_case(base_name(name)))
    {
        let text = format!(
            "{} inserted before {}",
            Written::from(&*entry.path),
            Written::from(&*path)
        );
        report(Remark::new(&TCPD_INSERTED, text));
    }
    check_program(&path, None, disk, report);
    path
}

/// Whether a daemon that inetd starts itself may be wrapped all the same: its file has been moved
/// away and another one, tcpd perhaps, stands in its place.
fn direct(entry: &Entry, name: &[u8], disk: &Disk, report: &mut dyn FnMut(Remark)) -> Wrapped {
    if has_name(&entry.path, b"miscd") {
        return Wrapped::Maybe;
    }
    let usual = path_of(&[REAL_DAEMON_DIR.as_bytes(), b"/", name].concat());
    if usual == entry.path {
        return Wrapped::No;
    }
    match disk.metadata(&usual) {
        Ok(_) => Wrapped::Maybe,
        Err(error) if error.kind() == ErrorKind::NotFound => Wrapped::No,
        Err(error) => {
            let text = format!(
                "{}: file lookup: {}",
                Written::from(&*usual),
                reason(&error)
            );
            report(Remark::new(&FILE_LOOKUP, text));
            Wrapped::Maybe
        }
    }
}

/// A line that starts a program.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    protocol: Vec<u8>,
    datagrams: bool,
    user: Option<String>,
    path: PathBuf,
    /// The first word of the program's arguments.
    name: Option<Vec<u8>>,
    /// The others.
    arguments: Vec<String>,
}

impl Entry {
    /// Reads a line. `None`: it starts no program.
    fn parse(text: &[u8]) -> Option<Self> {
        let mut words = text
            .split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
            .filter(|word| !word.is_empty());
        let service = words.next()?;
        let kind = match is_socket_type(service) {
            true => service,
            false => words.next()?,
        };
        let protocol = words.next()?;
        let _wait = words.next()?;
        let user = words.next()?;
        let path = match user {
            [b'/', ..] => user,
            _ => skip_number(&mut words)?,
        };
        let path = path.strip_prefix(b"?").unwrap_or(path);
        if path.eq_ignore_ascii_case(b"internal") {
            return None;
        }
        Some(Self {
            protocol: protocol.to_vec(),
            datagrams: kind.eq_ignore_ascii_case(b"dgram"),
            user: (!user.starts_with(b"/")).then(|| String::from_utf8_lossy(user).into_owned()),
            path: path_of(path),
            name: skip_number(&mut words).map(<[u8]>::to_vec),
            arguments: words
                .map(|word| String::from_utf8_lossy(word).into_owned())
                .collect(),
        })
    }
}

fn is_socket_type(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"stream") || word.eq_ignore_ascii_case(b"dgram")
}

/// The next word, or the one behind it if it is a number or a range of numbers.
fn skip_number<'t>(words: &mut impl Iterator<Item = &'t [u8]>) -> Option<&'t [u8]> {
    let word = words.next()?;
    match word
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'-')
    {
        true => words.next(),
        false => Some(word),
    }
}

/// The name that rules know a daemon by: without its folders, if its path is a full one.
fn daemon_name(name: &[u8]) -> &[u8] {
    match name {
        [b'/', ..] => base_name(name),
        _ => name,
    }
}

/// What stands behind the last slash.
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

fn has_name(path: &Path, name: &[u8]) -> bool {
    base_name(path.as_os_str().as_encoded_bytes()).eq_ignore_ascii_case(name)
}

/// Lines with their continuations joined and the number of their last line; comments and blank
/// lines are left out.
fn logical_lines(text: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut lines = Vec::new();
    let mut joined = Vec::new();
    let mut last = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        last += 1;
        if let Some(begun) = line.strip_suffix(b"\\\n") {
            joined.extend_from_slice(begun);
            continue;
        }
        joined.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
        lines.push((last, std::mem::take(&mut joined)));
    }
    if !joined.is_empty() {
        lines.push((last, joined));
    }
    lines.retain(|(_, line)| {
        let first = line.iter().find(|byte| !matches!(byte, b' ' | b'\t'));
        !matches!(first, None | Some(b'#'))
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A tree with these programs, whose mode is 755 unless given after a colon.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str, programs: &[&str]) -> Self {
            let root = std::env::temp_dir().join(format!("inetd-{name}-{}", std::process::id()));
            for folder in ["etc", "srv", "usr/sbin"] {
                fs::create_dir_all(root.join(folder)).unwrap();
            }
            for program in programs {
                let (path, mode) = program.split_once(':').unwrap_or((program, "755"));
                let path = root.join(path.trim_start_matches('/'));
                fs::write(&path, "").unwrap();
                let mode = u32::from_str_radix(mode, 8).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
            Self(root)
        }

        /// What is said of an inetd.conf, without the file's name; and the file as it was read.
        fn read(&self, text: &str) -> (InetdConf, Vec<String>) {
            fs::write(self.0.join("etc/inetd.conf"), text).unwrap();
            let mut texts = Vec::new();
            let disk = Disk::new(Some(self.0.clone()));
            let conf = InetdConf::read(None, &disk, &mut |remark| {
                let text = remark.to_string();
                texts.push(text.replace("warning: /etc/inetd.conf, line ", ""));
            });
            (conf.unwrap(), texts)
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// One line per text of tools.md, section 3, and per form of a line.
    #[test]
    fn entries() {
        use Wrapped::{Maybe, No, Yes};
        let tree = Tree::new(
            "entries",
            &[
                "/usr/sbin/tcpd",
                "/usr/sbin/svcd",
                "/usr/sbin/plain:644",
                "/usr/sbin/direct",
                "/usr/sbin/open:757",
                "/srv/svcd",
                "/srv/other",
                "/srv/tcpd:4755",
                "/srv/miscd",
                "/srv/rexd",
            ],
        );
        let inserted = "1: /usr/sbin/tcpd inserted before /srv/svcd";
        let recursion = "1: tcpd is recursively calling itself";
        let missing = "not found: No such file or directory";
        for (line, name, wrapped, said) in [
            (
                "a stream tcp nowait root /usr/sbin/tcpd svcd -x",
                "svcd",
                Some(Yes),
                &[][..],
            ),
            (
                "a stream tcp nowait root /usr/sbin/tcpd /usr/sbin/svcd",
                "SVCD",
                Some(Yes),
                &[],
            ),
            (
                "a stream tcp nowait root ?/usr/sbin/tcpd svcd",
                "svcd",
                Some(Yes),
                &[],
            ),
            (
                "a stream tcp nowait /usr/sbin/tcpd svcd",
                "svcd",
                Some(Yes),
                &[],
            ),
            (
                "stream tcp nowait root /usr/sbin/tcpd svcd",
                "svcd",
                Some(Yes),
                &[],
            ),
            (
                "a stream tcp nowait root 1-2 /usr/sbin/tcpd 7 svcd",
                "svcd",
                Some(Yes),
                &[],
            ),
            (
                "a stream tcp nowait root /usr/sbin/tcpd \\\nsvcd",
                "svcd",
                Some(Yes),
                &[],
            ),
            (
                " \t# a stream tcp nowait root /srv/none none",
                "none",
                None,
                &[],
            ),
            (
                "# \\\na stream tcp nowait root /srv/none none",
                "none",
                None,
                &[],
            ),
            ("a stream tcp nowait root Internal", "internal", None, &[]),
            ("a stream tcp nowait root", "a", None, &[]),
            ("x", "x", None, &[]),
            (
                "a stream tcp nowait root /srv/svcd",
                "svcd",
                None,
                &["1: incomplete line"],
            ),
            (
                "a stream tcp nowait root /usr/sbin/direct direct",
                "direct",
                Some(No),
                &[],
            ),
            (
                "a stream tcp nowait root /srv/other foo/x",
                "foo/x",
                Some(No),
                &[],
            ),
            (
                "a stream tcp nowait root /srv/other svcd",
                "svcd",
                Some(Maybe),
                &[],
            ),
            (
                "a stream tcp nowait root /srv/miscd foo",
                "foo",
                Some(Maybe),
                &[],
            ),
            (
                "a stream tcp nowait root /srv/none none",
                "none",
                Some(No),
                &["1: /srv/none: ?"],
            ),
            (
                "a stream tcp nowait root /srv/a\x1b[2J x",
                "x",
                Some(No),
                &["1: /srv/a\\033[2J: ?"],
            ),
            (
                "a stream tcp nowait root bare bare",
                "bare",
                Some(No),
                &["1: bare: ?"],
            ),
            (
                "a stream tcp nowait root /usr/sbin/plain plain",
                "plain",
                Some(No),
                &["1: /usr/sbin/plain: not executable"],
            ),
            (
                "a stream tcp nowait root /usr/sbin/open open",
                "open",
                Some(No),
                &["1: /usr/sbin/open: world writable"],
            ),
            (
                "a stream tcp nowait root /usr/sbin/tcpd none",
                "none",
                Some(Yes),
                &["1: none: not found in /usr/sbin: No such file or directory"],
            ),
            (
                "a stream tcp nowait root /usr/sbin/tcpd /srv/rexd",
                "rexd",
                Some(Yes),
                &["1: rexd may be an insecure service"],
            ),
            (
                "a stream tcp nowait root /usr/sbin/tcpd tcpd",
                "tcpd",
                Some(Yes),
                &[recursion],
            ),
            (
                "a stream tcp nowait root /srv/tcpd svcd",
                "svcd",
                Some(Yes),
                &["1: /srv/tcpd: file is set-uid or set-gid"],
            ),
            (
                "a stream tcp nowait root /usr/sbin/tcpd /srv/svcd SVCD",
                "svcd",
                Some(Yes),
                &[inserted],
            ),
            (
                "a stream RPC/tcp wait root /usr/sbin/tcpd svcd",
                "svcd",
                Some(Yes),
                &["1: svcd: cannot wrap rpc/tcp services"],
            ),
            (
                "a stream tcp nowait root /srv/other ../../srv/svcd/x",
                "../../srv/svcd/x",
                Some(Maybe),
                &["1: /usr/sbin/../../srv/svcd/x: file lookup: Not a directory"],
            ),
        ] {
            let (conf, texts) = tree.read(&format!("{line}\n"));
            let found = conf.daemon(name.as_bytes()).map(|daemon| daemon.wrapped);
            assert_eq!(found, wrapped, "{line}");
            let said: Vec<_> = said.iter().map(|text| text.replace('?', missing)).collect();
            assert_eq!(texts, said, "{line}");
        }
    }

    #[test]
    fn lines_are_numbered_by_their_end_and_need_no_newline() {
        let tree = Tree::new("lines", &[]);
        let (conf, texts) =
            tree.read("# a\n\nx stream tcp nowait root /a \\\na\ny stream tcp nowait root /b");
        assert_eq!(
            texts,
            [
                "4: /a: not found: No such file or directory",
                "5: incomplete line",
            ]
        );
        assert_eq!(conf.daemons().count(), 1);
        assert_eq!(conf.shown(), "/etc/inetd.conf");
    }

    #[test]
    fn the_usual_file_may_be_missing_and_a_named_one_may_not() {
        let disk = Disk::new(Some("/nonexistent".into()));
        let mut none = |_: Remark| panic!("nothing to say");
        let conf = InetdConf::read(None, &disk, &mut none).unwrap();
        assert_eq!(conf.shown(), "(null)");
        let disk = Disk::default();
        let named = Path::new("/nonexistent/x");
        assert_eq!(
            InetdConf::read(Some(named), &disk, &mut none).unwrap_err(),
            "open /nonexistent/x: No such file or directory"
        );
        assert!(InetdConf::read(Some(Path::new("/")), &disk, &mut none).is_ok());
    }
}
