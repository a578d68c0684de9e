//! The programs that are measured: ours, Debian's, and three small static ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

const FLOOR: &str = include_str!("programs/floor.c");
const SYSCALLS: &str = include_str!("programs/syscalls.c");

/// Where each program is.
pub(crate) struct Programs {
    /// Our tcpd.
    pub(crate) tcpd: PathBuf,
    /// Our tcpdmatch.
    pub(crate) tcpdmatch: PathBuf,
    /// Debian's tcpd.
    pub(crate) debian_tcpd: PathBuf,
    /// Debian's tcpdmatch.
    pub(crate) debian_tcpdmatch: PathBuf,
    /// A static daemon.
    pub(crate) daemon: PathBuf,
    /// A static program that only executes its `argv[0]`.
    pub(crate) floor: PathBuf,
    /// The same, linked with the C library as every dynamic program is.
    pub(crate) dynamic_floor: PathBuf,
    /// Reports what a program has used.
    pub(crate) usage: PathBuf,
    /// Reports how many system calls a program has made.
    pub(crate) syscalls: PathBuf,
    /// Asks libwrap many times.
    pub(crate) calls: PathBuf,
    /// Our libwrap.
    pub(crate) library: Library,
    /// Debian's libwrap.
    pub(crate) debian_library: Library,
}

/// A libwrap.so.0.
pub(crate) struct Library(PathBuf);

impl Library {
    /// Somewhere below a folder.
    fn below(folder: &Path) -> Result<Self> {
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            if folder.join("libwrap.so.0").exists() {
                return Ok(Self(folder));
            }
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        bail!("no libwrap.so.0 below {}", folder.display())
    }

    /// The folder that it is in.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Programs {
    /// Finds what was built and unpacked, and compiles the small ones.
    pub(crate) fn find(target: &Path) -> Result<Self> {
        Ok(Self {
            tcpd: existing(target.join("release/tcpd"))?,
            tcpdmatch: existing(target.join("release/tcpdmatch"))?,
            debian_tcpd: existing(target.join("debian/usr/sbin/tcpd"))?,
            debian_tcpdmatch: existing(target.join("debian/usr/sbin/tcpdmatch"))?,
            daemon: compiled(target, "svcd", "-static", include_str!("programs/daemon.c"))?,
            floor: compiled(target, "floor", "-static", FLOOR)?,
            dynamic_floor: compiled(target, "dynamic-floor", "-pie", FLOOR)?,
            usage: compiled(target, "usage", "-static", include_str!("programs/usage.c"))?,
            syscalls: compiled(target, "syscalls", "-static", SYSCALLS)?,
            calls: compiled(
                target,
                "calls",
                "-l:libwrap.so.0",
                include_str!("programs/calls.c"),
            )?,
            library: Library(target.join("release")),
            debian_library: Library::below(&target.join("debian/usr/lib"))?,
        })
    }
}

fn existing(path: PathBuf) -> Result<PathBuf> {
    ensure!(path.exists(), "{}: not there; make all", path.display());
    Ok(path)
}

fn compiled(target: &Path, name: &str, linking: &str, source: &str) -> Result<PathBuf> {
    let folder = target.join("bench");
    fs::create_dir_all(&folder)?;
    let program = folder.join(name);
    let file = program.with_extension("c");
    fs::write(&file, source)?;
    let header = concat!(env!("CARGO_MANIFEST_DIR"), "/../libwrap/include");
    let status = Command::new("cc")
        .args(["-O2", "-I", header, "-o"])
        .args([&program, &file])
        .arg(linking)
        .arg("-L")
        .arg(target.join("release"))
        .status()
        .context("cc")?;
    ensure!(status.success(), "cc: {status}");
    Ok(program)
}

/// What a program has used.
#[derive(Clone, Copy)]
pub(crate) struct Usage {
    /// Peak memory in KiB.
    pub(crate) peak: u64,
    /// Page faults that needed no disk.
    pub(crate) faults: u64,
    /// System calls.
    pub(crate) syscalls: u64,
}

/// The numbers of a report of programs/usage.c or programs/syscalls.c, if the program that it is of has
/// succeeded.
pub(crate) fn counts<const N: usize>(report: &[u8]) -> Result<[u64; N]> {
    let report = String::from_utf8_lossy(report);
    let line = report.rsplit("usage ").next().unwrap_or_default();
    let numbers: Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
    let Ok([numbers @ .., 0]) = numbers.as_deref() else {
        bail!("it failed: {report}");
    };
    numbers.try_into().with_context(|| report.to_string())
}
