//! What is said of lines of inetd.conf, and how they are read.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

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
        InetdConf::read(Some(named), &disk, &mut none)
            .unwrap_err()
            .to_string(),
        "open /nonexistent/x: No such file or directory"
    );
    assert!(InetdConf::read(Some(Path::new("/")), &disk, &mut none).is_ok());
}
