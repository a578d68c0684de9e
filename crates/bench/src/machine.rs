//! The machine that the measured programs see: tables, name service and log of its own.

use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use nix::mount::{MsFlags, mount};

/// Set in the inner run.
const INSIDE: &str = "BENCH_INSIDE";

/// The service that inetd would start.
pub(crate) const DAEMON: &str = "svcd";

/// A client that no measured rule matches (RFC 5737).
pub(crate) const STRANGER: &str = "192.0.2.7";

/// The same with IPv6; no measured net is near it (RFC 9637).
pub(crate) const STRANGER6: &str = "3fff:db8::7";

/// Whether this process is the inner run.
pub(crate) fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Becomes the inner run, in a mount namespace of its own.
pub(crate) fn again_inside() -> Result<()> {
    let mut unshare = Command::new("unshare");
    if !nix::unistd::Uid::effective().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    let error = unshare
        .args(["--mount", "--propagation", "private", "--"])
        .arg(env::current_exe()?)
        .args(env::args_os().skip(1))
        .env(INSIDE, "1")
        .exec();
    Err(error).context("unshare")
}

/// A private `/etc` and `/dev`.
pub(crate) struct Machine {
    log: UnixDatagram,
    /// Where files other than tables may be written.
    pub(crate) folder: PathBuf,
}

impl Machine {
    /// Covers `/etc` and `/dev`. The unpacked Debian programs find their libraries as if they were
    /// installed.
    pub(crate) fn prepare(target: &Path) -> Result<Self> {
        let folder = target.join("bench");
        let (etc, dev) = (folder.join("etc"), folder.join("dev"));
        for made in [&etc, &dev] {
            fs::create_dir_all(made)?;
        }
        let cache = target.join("debian/ld.so.cache");
        fs::copy(&cache, etc.join("ld.so.cache"))
            .with_context(|| format!("{}: run tests/setup first", cache.display()))?;
        let zone = fs::read("/etc/localtime").unwrap_or_default();
        for (name, text) in [
            ("localtime", &zone[..]),
            ("nsswitch.conf", b"hosts: files\n"),
            ("hosts", b"127.0.0.1 localhost\n"),
            ("passwd", b"root:x:0:0::/:/bin/sh\n"),
            ("group", b"root:x:0:\n"),
            (
                "inetd.conf",
                b"9 stream tcp nowait root /usr/sbin/tcpd svcd\n",
            ),
        ] {
            fs::write(etc.join(name), text)?;
        }
        cover("tmpfs", &dev, true)?;
        for device in ["null", "zero", "urandom"] {
            let place = dev.join(device);
            fs::write(&place, "")?;
            cover(Path::new("/dev").join(device), &place, false)?;
        }
        cover(&dev, Path::new("/dev"), false)?;
        cover(&etc, Path::new("/etc"), false)?;
        let log = UnixDatagram::bind("/dev/log").context("/dev/log")?;
        log.set_nonblocking(true)?;
        Ok(Self { log, folder })
    }

    /// Writes both tables.
    pub(crate) fn tables(&self, allow: &str, deny: &str) -> Result<()> {
        fs::write("/etc/hosts.allow", allow)?;
        fs::write("/etc/hosts.deny", deny)?;
        Ok(())
    }

    /// Writes a file from its lines and gives its path.
    pub(crate) fn file(&self, name: &str, lines: impl Iterator<Item = String>) -> Result<PathBuf> {
        let path = self.folder.join(name);
        let mut file = std::io::BufWriter::new(fs::File::create(&path)?);
        for line in lines {
            writeln!(file, "{line}")?;
        }
        file.flush()?;
        Ok(path)
    }

    /// Takes what was logged, so that the socket's queue stays empty; the last line.
    pub(crate) fn take_log(&self) -> Option<String> {
        let mut record = [0; 2048];
        let mut last = None;
        while let Ok(count) = self.log.recv(&mut record) {
            let record = record.get(..count).unwrap_or_default();
            last = Some(String::from_utf8_lossy(record).into_owned());
        }
        last
    }

    /// Fails unless the last thing logged contains this.
    pub(crate) fn expect_log(&self, text: &str) -> Result<()> {
        match self.take_log() {
            Some(record) if record.contains(text) => Ok(()),
            other => bail!("logged {other:?}, expected \"{text}\""),
        }
    }
}

/// Mounts a folder, a file or a tmpfs over a place.
fn cover(source: impl AsRef<Path>, place: &Path, tmpfs: bool) -> Result<()> {
    let (kind, flags) = if tmpfs {
        (Some("tmpfs"), MsFlags::empty())
    } else {
        (None, MsFlags::MS_BIND | MsFlags::MS_REC)
    };
    mount(Some(source.as_ref()), place, kind, flags, None::<&str>)
        .with_context(|| format!("mount on {}", place.display()))
}
