//! The command line that both programs have in common.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::error::ErrorKind;
use clap::{ArgAction, Args, CommandFactory, Parser};
use clap_complete::Shell;
use hosts_access::search::access::Tables;
use hosts_access::text::escape::TableText;
use system::settings;

use crate::disk::{Disk, OpenError};
use crate::output::complain;

/// Which files to look at.
#[derive(Args, Clone, Debug, Default)]
pub struct Files {
    /// Print this help
    #[arg(short = 'h', long, action = ArgAction::HelpShort, display_order = 1000)]
    help: Option<bool>,

    /// Use hosts.allow and hosts.deny of the current directory
    #[arg(short = 'd')]
    pub here: bool,

    /// Read this inetd.conf instead of /etc/inetd.conf
    #[arg(short = 'i', value_name = "FILE")]
    pub inetd: Option<PathBuf>,

    /// Look at the tables and all other files below this directory
    #[arg(long, value_name = "DIR", conflicts_with = "here")]
    pub root: Option<PathBuf>,

    /// Use these two tables
    #[arg(long, num_args = 2, value_names = ["ALLOW", "DENY"], conflicts_with = "here")]
    pub tables: Option<Vec<PathBuf>>,
}

impl Files {
    /// The tables.
    pub fn tables(&self) -> Tables {
        if self.here {
            return Tables::in_folder("");
        }
        if let Some([allow, deny]) = self.tables.as_deref() {
            return Tables {
                allow: allow.clone(),
                deny: deny.clone(),
            };
        }
        let usual = settings::tables();
        let disk = Disk::new(self.root.clone());
        Tables {
            allow: disk.shown(&usual.allow).into_owned(),
            deny: disk.shown(&usual.deny).into_owned(),
        }
    }

    /// Looks whether all is there that was named; the usual tables need not be. What is mistyped
    /// would else count as empty, and grant.
    ///
    /// # Errors
    /// What is not there, and why.
    pub fn check_named(&self) -> Result<(), OpenError> {
        for path in self.tables.iter().flatten().chain(&self.root) {
            let metadata = fs::metadata(path).map_err(|error| OpenError::new(path, &error))?;
            if self.root.as_ref() == Some(path) && !metadata.is_dir() {
                return Err(OpenError {
                    path: path.clone(),
                    reason: "Not a directory".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The file system with these files in it.
    pub fn disk(&self) -> Disk {
        let mut disk = Disk::new(self.root.clone());
        for named in self.tables.iter().flatten().chain(&self.inetd) {
            disk = disk.with_outside(named);
        }
        disk
    }
}

/// What `--version` says: the version, and the settings that all programs were built with, one a line.
/// tcpd itself has nowhere to say it.
pub fn version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let settings = settings::ALL.map(|(name, value)| format!("\n{name}={value}"));
        env!("CARGO_PKG_VERSION").to_owned() + &settings.concat()
    });
    &TEXT
}

/// How a program tells wrong usage.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// The program's name.
    pub program: &'static str,
    /// The original's usage text, after the program's name.
    pub classic: &'static str,
    /// The exit status, of whatever else cannot be done too.
    pub status: u8,
}

/// Reads the command line.
///
/// # Errors
/// The exit status, after help or a usage message was written.
pub fn parse<T: Parser>(usage: &Usage) -> Result<T, u8> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let invoked = arguments.first().map_or_else(
        || usage.program.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    T::try_parse_from(&arguments).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Nobody reads it: nothing is lost.
            let _ = error.print();
            0
        }
        kind => {
            if kind != ErrorKind::MissingRequiredArgument {
                complain(format_args!("{}: {}", usage.program, what_is_wrong(&error)));
            }
            let invoked = TableText(invoked.as_bytes());
            complain(format_args!("usage: {invoked} {}", usage.classic));
            complain(format_args!(
                "Try '{} --help' for all options.",
                usage.program
            ));
            usage.status
        }
    })
}

/// What is wrong, with the tip that there may be, without the usage.
fn what_is_wrong(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.split("\n\nUsage:").next().unwrap_or_default();
    let text = text.split("\n\nFor more").next().unwrap_or_default();
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<_> = lines
        .map(|line| TableText(line.as_bytes()).to_string())
        .collect();
    lines.join("\n")
}

/// Writes a completion script for a shell.
pub fn completions<T: CommandFactory>(program: &str, shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut T::command(), program, &mut script);
    script
}
