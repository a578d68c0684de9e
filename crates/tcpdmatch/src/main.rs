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
mod expectations;
mod explain;
mod lookups;
mod predictor;
mod question;
mod rule_coverage;
mod stream;
mod whole;
mod why;

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use hosts_access::search::access::Tables;
use tools::arguments::Files;
use tools::disk::{Disk, OpenError};

use arguments::Arguments;
use predictor::Predictor;
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
    let whole = arguments.who
        || arguments.report.is_some()
        || arguments.diff.is_some()
        || arguments.export.is_some();
    let many = arguments.test.is_some() || arguments.stdin || whole;
    if let Err(error) = check_files(&arguments.files, &tables, &disk, many) {
        tools::output::complain(error);
        let status = if many { EXIT_UNABLE } else { EXIT_FAILED };
        return Ok(status.into());
    }
    if whole {
        return whole::run(arguments, output);
    }
    if let Some(file) = &arguments.test {
        let predictor = Predictor::new(tables, disk.keeping());
        return expectations::run(
            file,
            &predictor,
            arguments.format,
            arguments.coverage,
            output,
        );
    }
    if arguments.stdin {
        let predictor = Predictor::new(tables, disk.keeping());
        return Ok(stream::run(std::io::stdin().lock(), &predictor, output));
    }
    let question = Question::new(bytes(&arguments.daemon), bytes(&arguments.client));
    let options = classic::AnswerOptions {
        format: arguments.format,
        explain: arguments.explain,
    };
    classic::run(
        &question,
        &arguments.files,
        &Predictor::new(tables, disk),
        options,
        output,
    )
}

/// Looks whether the tables are there, if they were named; and for many questions whether they can be
/// read, since tcpd, which is root, would answer otherwise.
fn check_files(files: &Files, tables: &Tables, disk: &Disk, many: bool) -> Result<(), OpenError> {
    files.check_named()?;
    for table in [&tables.allow, &tables.deny].into_iter().filter(|_| many) {
        if let Err(error) = disk.read(table)
            && error.kind() == ErrorKind::PermissionDenied
        {
            return Err(OpenError::new(table, &error));
        }
    }
    Ok(())
}

/// A word of the command line.
fn bytes(word: &Option<OsString>) -> &[u8] {
    word.as_deref().map_or(&[], OsStr::as_bytes)
}
