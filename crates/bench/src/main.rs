//! Measures what our programs cost, side by side with Debian's and with the floor.
//!
//! `bench table` measures everything and writes the table to TARGET/bench.md, `bench document` puts that
//! into docs/performance.md; `bench check` is the short form for CI: it counts instructions and page faults, which do not depend on how
//! busy the machine is, and fails if a ratio passes its bound.
//!
//! Everything runs in a private mount namespace with an /etc and a /dev/log of its own, so it
//! needs root or user namespaces. It writes below the target directory, `document` to that one document.
//! Anything that does not run as expected ends it with an error: a program that fails early must
//! not look fast.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

mod bounds;
mod calls;
mod machine;
mod programs;
mod scan;
mod startup;
mod table;

use std::env;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use machine::Machine;
use programs::Programs;
use table::Table;

/// Between these lines of the document stands the table.
const MARKS: [&str; 2] = [
    "<!-- make bench-document writes this -->\n",
    "<!-- up to here -->\n",
];

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (form, target) = match arguments[..] {
        [form @ ("table" | "document" | "check"), target] => (form, target),
        _ => bail!("usage: bench table|document|check TARGET-DIRECTORY"),
    };
    let measured = Path::new(target).join("bench.md");
    if form == "document" {
        let table = fs::read_to_string(&measured)
            .with_context(|| format!("{}: make bench writes it", measured.display()))?;
        return write_into(Path::new("docs/performance.md"), &table);
    }
    if !machine::is_inside() {
        return machine::again_inside();
    }
    let target = fs::canonicalize(target).with_context(|| target.to_owned())?;
    // The compiler needs the real /etc.
    let programs = Programs::find(&target)?;
    let machine = Machine::prepare(&target)?;
    if form == "check" {
        return bounds::check(&machine, &programs);
    }
    let mut table = Table::default();
    startup::measure(&machine, &programs, &mut table)?;
    scan::measure(&machine, &programs, &mut table)?;
    calls::measure(&machine, &programs, &mut table)?;
    print!("{table}");
    Ok(fs::write(measured, table.to_string())?)
}

/// Puts the table between the marks of the document.
fn write_into(document: &Path, table: &str) -> Result<()> {
    let text = fs::read_to_string(document).with_context(|| document.display().to_string())?;
    let parts = text.split_once(MARKS[0]);
    let Some((head, (_, tail))) =
        parts.and_then(|(head, rest)| Some((head, rest.split_once(MARKS[1])?)))
    else {
        bail!("{}: no marks for the table", document.display());
    };
    let [begin, end] = MARKS;
    fs::write(document, format!("{head}{begin}{table}{end}{tail}"))?;
    Ok(())
}
