//! How both programs begin and end: the command line is read, the job is done, and what was written
//! is handed on. Standard output that cannot be written is a failure; a reader that has gone is not.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use clap::Parser;
use clap_complete::Shell;

use crate::arguments::{Usage, completions, parse};
use crate::output::{Output, complain};

/// The command line of a program.
pub trait CommandLine: Parser {
    /// How wrong usage is told.
    const USAGE: Usage;

    /// The shell that a completion script was asked for.
    fn completions(&self) -> Option<Shell>;
}

/// Runs a program. `job` gives its exit status.
pub fn main<A, E>(job: impl FnOnce(&A, &Output) -> Result<ExitCode, E>) -> ExitCode
where
    A: CommandLine,
    E: Display + From<io::Error>,
{
    let arguments: A = match parse(&A::USAGE) {
        Ok(arguments) => arguments,
        Err(status) => return status.into(),
    };
    let output = Output::stdout();
    let outcome = match arguments.completions() {
        Some(shell) => {
            output.bytes(&completions::<A>(A::USAGE.program, shell));
            Ok(ExitCode::SUCCESS)
        }
        None => job(&arguments, &output),
    };
    let written = output.flush();
    match outcome.and_then(|status| written.map(|()| status).map_err(E::from)) {
        Ok(status) => status,
        Err(error) => {
            complain(&error);
            A::USAGE.status.into()
        }
    }
}
