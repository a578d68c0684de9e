//! Which programs the scenarios test: ours, or the original as one of the two Debians has it.

use std::path::{Path, PathBuf};

/// The side under test, from `TCPD_SUBJECT` (`ours` if unset).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// What this workspace builds: `target/release`, or the directory `TCPD_BUILD`.
    Ours,
    /// The original, as Debian ships it: the oracle. [`Release::chosen`] says which Debian.
    Debian,
}

impl Subject {
    /// The side that the environment asks for.
    pub fn chosen() -> Self {
        match std::env::var("TCPD_SUBJECT").as_deref() {
            Ok("debian" | "debian12" | "debian13") => Self::Debian,
            Ok("ours" | "") | Err(_) => Self::Ours,
            Ok(other) => panic!("TCPD_SUBJECT={other}: must be ours, debian12 or debian13"),
        }
    }

    /// One of the subject's own programs (`tcpd`, `tcpdchk`, `safe_finger`, ...).
    pub fn program(self, name: &str) -> PathBuf {
        match self {
            Self::Ours => match std::env::var_os("TCPD_BUILD") {
                Some(directory) => PathBuf::from(directory).join(name),
                None => target().join("release").join(name),
            },
            Self::Debian => original().join("usr/sbin").join(name),
        }
    }
}

/// The Debian that the original is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Release {
    /// 7.6.q-32, which the expectations of the scenarios are of.
    Debian12,
    /// 7.6.q-36, which has no netgroups.
    Debian13,
}

impl Release {
    /// The release that the environment asks for: Debian 12 if it says no more than `debian`.
    pub fn chosen() -> Self {
        match std::env::var("TCPD_SUBJECT").as_deref() {
            Ok("debian13") => Self::Debian13,
            _ => Self::Debian12,
        }
    }
}

/// Where `tests/setup` unpacks the original of this release.
pub(crate) fn original() -> PathBuf {
    match Release::chosen() {
        Release::Debian12 => target().join("debian12"),
        Release::Debian13 => target().join("debian13"),
    }
}

/// Cargo's target directory: a test executable is `target/PROFILE/deps/NAME`, a program `target/PROFILE/NAME`.
pub fn target() -> PathBuf {
    let executable = std::env::current_exe().expect("path of the executable");
    let folder = executable.parent().expect("a folder");
    let profile = if folder.ends_with("deps") {
        folder.parent().expect("target/PROFILE/deps")
    } else {
        folder
    };
    profile.parent().expect("target/PROFILE").to_path_buf()
}

/// Where `tests/setup` unpacks packages of the machine's Debian.
pub(crate) fn unpacked() -> PathBuf {
    target().join("debian")
}

/// A program of `tests/helpers`, as compiled by `tests/setup`.
pub(crate) fn helper(name: &str) -> PathBuf {
    target().join("helpers").join(name)
}

/// Whether `tests/setup` found or unpacked this package.
pub(crate) fn have_package(name: &str) -> bool {
    Path::new(&unpacked()).join(".have").join(name).exists()
}
