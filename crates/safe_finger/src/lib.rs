//! Asks finger about a client, so that nothing the answer holds can do harm.
//!
//! The steps, in this order: give up root ([`drop_root`]); read the command line; run
//! the system's finger program ([`finger_program`]) or, where there is none, ask the server over
//! the network ([`query`], [`finger_client`]); pass all that comes back through the [`filter`] to
//! standard output and standard error ([`relay`]); end when the time is up ([`supervise`]).
//!
//! Exit status 0: the program or the servers answered, and all of it was written. 1: any
//! failure, told on standard error; also when time or volume ran out.

#![forbid(unsafe_code)]

pub mod drop_root;
pub mod filter;
pub mod finger_client;
pub mod finger_program;
pub mod query;
pub mod relay;
pub mod supervise;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use filter::{Column, Flow};
use relay::{Relay, reason, unwritten};
use supervise::{ProcessGroup, Unfinished, until};

/// Where the finger program may be, and what it gets as its `PATH`.
const SEARCH_PATH: &str = "/bin:/usr/bin:/sbin:/usr/sbin";

/// The port that RFC 1288 assigns to finger.
const PORT: u16 = 79;

/// The limits of the manual page.
const LIMITS: Limits = Limits {
    bytes: 100_000,
    time: Duration::from_secs(60),
};

const HELP: &str = "\
Usage: safe_finger [finger options] [[user]@host ...]
Runs finger without privileges and shows its output with all that could do harm
made visible as text. Options and arguments are those of finger. Where there is no
finger program, it asks the hosts itself:

  user@host     about one user
  @host         about everybody who is logged in
  user@a@b      has host b ask host a
  -l            for the long form
      --help    shows this text
";

/// What a stranger's answer may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Input bytes: of the program's standard output, of its standard error, or of all
    /// servers together.
    pub bytes: usize,
    /// Time from the start to the end, whatever happens.
    pub time: Duration,
}

/// What is asked, and of what.
#[derive(Debug)]
pub struct Invocation {
    /// The arguments of finger.
    pub arguments: Vec<OsString>,
    /// Directories to search for the finger program, separated by `:`.
    pub search_path: String,
    /// Port to ask servers on where there is no finger program.
    pub port: u16,
}

/// Where filtered text goes.
pub struct Outputs {
    /// Standard output.
    pub output: Box<dyn Write + Send>,
    /// Standard error.
    pub errors: Box<dyn Write + Send>,
    /// Whether both go to the same place, as with `2>&1`.
    pub same: bool,
}

/// The program.
pub fn main() -> ExitCode {
    let started = Instant::now();
    match start(started) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            if let Some(message) = message {
                let _ = writeln!(io::stderr(), "safe_finger: {message}");
            }
            ExitCode::FAILURE
        }
    }
}

/// `Err` holds what is left to be said, if anything is.
fn start(started: Instant) -> Result<bool, Option<String>> {
    drop_root::drop_root().map_err(|failure| Some(failure.to_string()))?;
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [mut output, errors] = own_outputs().map_err(|error| Some(reason(&error)))?;
    if arguments
        .iter()
        .take_while(|word| *word != "--")
        .any(|word| word == "--help")
    {
        return output
            .write_all(HELP.as_bytes())
            .map(|()| true)
            .map_err(|error| unwritten(&error));
    }
    let invocation = Invocation {
        arguments,
        search_path: SEARCH_PATH.into(),
        port: PORT,
    };
    let outputs = Outputs {
        same: is_same(&output, &errors),
        output: Box::new(output),
        errors: Box::new(errors),
    };
    serve(invocation, outputs, LIMITS, started).map_err(|unfinished| match unfinished {
        Unfinished::Late => Some(format!("stopped after {} seconds", LIMITS.time.as_secs())),
        Unfinished::Broken(message) => Some(message),
    })
}

/// Standard output and error without the buffers of the standard library, which would
/// hide write errors and keep text back.
fn own_outputs() -> io::Result<[File; 2]> {
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    let errors = io::stderr().as_fd().try_clone_to_owned()?;
    Ok([output.into(), errors.into()])
}

/// Whether both are one file, pipe, socket or terminal.
fn is_same(one: &File, other: &File) -> bool {
    let identity = |file: &File| file.metadata().map(|data| (data.dev(), data.ino())).ok();
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// Serves one invocation within its limits; `Ok(true)` if all went well, `Ok(false)` if not
/// and the outputs were told why.
pub fn serve(
    invocation: Invocation,
    outputs: Outputs,
    limits: Limits,
    started: Instant,
) -> Result<bool, Unfinished> {
    let deadline = started + limits.time;
    let group = ProcessGroup::default();
    let running = group.clone();
    let result = until(deadline, move || {
        let Outputs {
            output,
            errors,
            same,
        } = outputs;
        let column = Column::default();
        let other = if same {
            column.clone()
        } else {
            Column::default()
        };
        let relays = [
            Relay::new(limits.bytes, output, column),
            Relay::new(limits.bytes, errors, other),
        ];
        match finger_program::find(&invocation.search_path) {
            Some(program) => run(&program, &invocation, &running, deadline, relays),
            None => ask(&invocation, deadline, relays),
        }
    });
    group.kill();
    result
}

/// Has the finger program answer.
fn run(
    program: &Path,
    invocation: &Invocation,
    group: &ProcessGroup,
    deadline: Instant,
    [mut output, mut errors]: [Relay; 2],
) -> bool {
    let Invocation {
        arguments,
        search_path,
        ..
    } = invocation;
    let result = finger_program::run(
        program,
        arguments,
        search_path,
        group,
        [&mut output, &mut errors],
    );
    match result {
        Ok(()) => true,
        // After the deadline the supervisor has the word.
        Err(_) if Instant::now() >= deadline => false,
        Err(failure) => {
            errors.complain(failure.message());
            false
        }
    }
}

/// Asks the servers ourselves.
fn ask(invocation: &Invocation, deadline: Instant, [mut output, mut errors]: [Relay; 2]) -> bool {
    let queries = match query::parse(&invocation.arguments) {
        Ok(queries) => queries,
        Err(unasked) => {
            errors.complain(Some(unasked.to_string()));
            return false;
        }
    };
    let mut well = true;
    for (number, query) in queries.iter().enumerate() {
        match finger_client::ask(query, number, invocation.port, deadline, &mut output) {
            Ok(Flow::Open) => {}
            Ok(Flow::Full) => return false,
            Err(failure) => {
                errors.complain(failure.message());
                well = false;
                if matches!(failure, finger_client::ClientError::Output(_)) {
                    return false;
                }
            }
        }
    }
    well
}
