//! What is compiled for the runs, from `c/`: a program with each library, and what marks lookups in a trace.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use scenarios::Subject;

use crate::lab::Side;

/// Compiles `c/` into a folder below the target directory, for each library that is there.
pub(crate) fn compile() -> Result<PathBuf> {
    let target = scenarios::target();
    let made = target.join("faults");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let include = root.join("../libwrap/include");
    for (side, folder) in [(Side::Ours, ours()), (Side::Debian, debian(&target))] {
        let Some(folder) = folder else { continue };
        let place = made.join(side.name());
        fs::create_dir_all(&place)?;
        cc(Command::new("cc")
            .arg("-o")
            .arg(place.join("asker"))
            .arg("-I")
            .arg(&include)
            .arg(root.join("c/asker.c"))
            .arg(folder.join("libwrap.so.0"))
            .arg(format!(
                "-Wl,--allow-shlib-undefined,-rpath,{}",
                folder.display()
            )))?;
    }
    cc(Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(made.join("markers.so"))
        .arg(root.join("c/markers.c")))?;
    Ok(made)
}

/// The folder of our library.
fn ours() -> Option<PathBuf> {
    let library = Subject::Ours.program("libwrap.so.0");
    library.parent().map(Path::to_owned)
}

/// The folder of Debian's library.
fn debian(target: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(target.join("debian/usr/lib")).ok()?;
    folders
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|folder| folder.join("libwrap.so.0").exists())
}

fn cc(command: &mut Command) -> Result<()> {
    let status = command
        .args(["-O1", "-Wall", "-Wextra", "-Werror"])
        .status()
        .context("cc")?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}
