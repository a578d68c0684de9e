//! tcpdmatch: predicts how tcpd would treat a client.
//!
//! Asks the real engine, with the options run dry: nothing is executed, looked up with ident, or
//! changed. Everything it finds goes to standard output in the original's words and order; standard
//! error is for wrong usage and for what cannot be done.

#![forbid(unsafe_code)]

mod answer;
mod arguments;
mod classic;
mod endpoint;
mod explain;
mod judge;
mod lookups;
mod policy;
mod question;
mod stream;
mod why;

use std::process::ExitCode;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use arguments::Arguments;
use judge::Judge;
use question::Question;
use tools::output::Output;

/// Exit status of expectations that are not met; of wrong usage and of what cannot be done too.
const EXIT_FAILED: u8 = 1;

/// Exit status of expectations that cannot be checked and of questions that cannot be answered.
const EXIT_UNABLE: u8 = 2;

fn main() -> ExitCode {
    tools::program::main(run)
}

fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let tables = arguments.files.tables();
    let disk = arguments.files.disk();
    if let Some(file) = &arguments.test {
        let judge = Judge::new(tables, disk.keeping());
        return policy::run(file, &judge, arguments.format, output);
    }
    if arguments.stdin {
        let judge = Judge::new(tables, disk.keeping());
        return Ok(stream::run(std::io::stdin().lock(), &judge, output));
    }
    let question = Question::new(bytes(&arguments.daemon), bytes(&arguments.client));
    let manner = classic::Manner {
        format: arguments.format,
        explain: arguments.explain,
    };
    classic::run(
        &question,
        &arguments.files,
        &Judge::new(tables, disk),
        manner,
        output,
    )
}

/// A word of the command line.
fn bytes(word: &Option<OsString>) -> &[u8] {
    word.as_deref().map_or(&[], OsStr::as_bytes)
}
