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
    let _ = writeln!(std::io::stderr(), "skipped: {test}: needs {needs}");
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

/// A file of Debian's packages, as tests/setup unpacks them.
pub(crate) fn unpacked(path: &str) -> PathBuf {
    target().join("debian").join(path)
}

/// The folder of Debian's library.
pub(crate) fn debian() -> Option<PathBuf> {
    let folders = fs::read_dir(unpacked("usr/lib")).ok()?;
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
