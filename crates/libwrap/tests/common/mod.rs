//! What the test programs of the library share: where things lie, and the skip of a test by name.

// Each test program uses a part.
#![allow(dead_code)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Names the test and what it lacks; with CI=true that is a failure.
pub(crate) fn skip(test: &str, needs: &str) {
    let strict = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!strict, "{test} cannot run: needs {needs}");
    let line = format!("skipped: {test}: needs {needs}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Cargo's target directory: this program is `target/PROFILE/deps/NAME`.
pub(crate) fn target() -> PathBuf {
    let executable = std::env::current_exe().unwrap();
    executable.ancestors().nth(3).unwrap().to_owned()
}

/// The folder of our library.
pub(crate) fn ours() -> PathBuf {
    let folder = target().join("release");
    let library = folder.join("libwrap.so.0");
    assert!(library.exists(), "no {}: run make first", library.display());
    folder
}

/// Where tests/setup unpacks packages of the machine's Debian.
pub(crate) fn packages() -> PathBuf {
    target().join("debian")
}

/// A file of Debian's packages: of the original, else as tests/setup has unpacked it or as it is installed. A
/// component `*` stands for any; what is below `sbin` may be below `usr/sbin`, as it is since Debian 13.
pub(crate) fn unpacked(path: &str) -> PathBuf {
    let unpacked = packages();
    // What is installed may be ours.
    let installed = (!path.starts_with("usr/sbin/tcpd")).then(|| PathBuf::from("/"));
    let places = [original(""), unpacked.clone()];
    let mut places = places.into_iter().chain(installed);
    places
        .find_map(|place| found(&place, path).or_else(|| found(&place.join("usr"), path)))
        .unwrap_or_else(|| unpacked.join(path))
}

/// The first file below a folder that the path fits.
fn found(folder: &Path, path: &str) -> Option<PathBuf> {
    let Some((before, after)) = path.split_once("*/") else {
        return Some(folder.join(path)).filter(|path| path.exists());
    };
    let entries = fs::read_dir(folder.join(before)).ok()?;
    let mut entries = entries.flatten();
    entries.find_map(|entry| found(&entry.path(), after))
}

/// A file of the original: as Debian 13 has it if the environment asks for that with
/// `TCPD_SUBJECT=debian13`, else as Debian 12.
pub(crate) fn original(path: &str) -> PathBuf {
    let later = std::env::var("TCPD_SUBJECT").is_ok_and(|subject| subject == "debian13");
    let name = if later { "debian13" } else { "debian12" };
    target().join(name).join(path)
}

/// The folder of Debian's library.
pub(crate) fn debian() -> Option<PathBuf> {
    let folders = fs::read_dir(original("usr/lib")).ok()?;
    folders
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|folder| folder.join("libwrap.so.0").exists())
}

/// A folder of its own for each test.
pub(crate) fn scratch() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = target().join(format!("libwrap-test/{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The output of a command that must succeed.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text}{errors}");
    text
}

/// A folder of this crate.
pub(crate) fn own(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// Compiles a program of `tests` in C or C++ against a header.
pub(crate) fn compile(folder: &Path, name: &str, include: &Path, library: &[&str]) -> PathBuf {
    let (stem, kind) = name.rsplit_once('.').unwrap();
    let program = folder.join(stem);
    let compiler = if kind == "cc" { "c++" } else { "cc" };
    let flags = "-g -Wall -Wextra -Wno-format-truncation -Werror -rdynamic -pthread";
    output(
        Command::new(compiler)
            .args(flags.split(' '))
            .arg("-I")
            .arg(include)
            .arg("-o")
            .arg(&program)
            .arg(own("tests").join(name))
            .args(library),
    );
    program
}

/// Compiles a program that is linked with the shared library.
pub(crate) fn linked(folder: &Path, name: &str) -> PathBuf {
    let library = ours().join("libwrap.so.0");
    compile(folder, name, &own("include"), &[library.to_str().unwrap()])
}
