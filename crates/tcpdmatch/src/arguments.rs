//! The command line. Wrong usage is told as the original tells it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, ValueEnum, ValueHint};
use clap_complete::Shell;
use tools::arguments::{Files, Usage};

/// In which form answers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// For people.
    #[default]
    Human,
    /// A JSON object a line.
    Json,
}

/// For whom to export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFor {
    /// A table of nftables that guards the daemon's port
    Nft,
    /// A drop-in for the daemon's unit
    Systemd,
    /// A part of sshd_config
    Sshd,
}

/// Predict how tcpd would treat a client
#[derive(Debug, Parser)]
#[command(
    name = "tcpdmatch",
    version = tools::arguments::version(),
    disable_help_flag = true,
    max_term_width = 100
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub files: Files,

    /// Show each rule, and why each of its words matches or not
    #[arg(long, conflicts_with_all = ["test", "stdin"])]
    pub explain: bool,

    /// Check the expectations in a file.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["stdin", "inetd", "daemon"],
        help = "Check the expectations in FILE (\"-\": standard input), one a line: DAEMON[@HOST] \
            [USER@]HOST [NAME] => granted|denied|delegated [by TABLE:LINE]"
    )]
    pub test: Option<PathBuf>,

    /// With --test, list the rules and words that no expectation reaches
    #[arg(long, requires = "test", conflicts_with_all = ["daemon", "stdin"])]
    pub coverage: bool,

    /// Answer questions from standard input.
    #[arg(
        long,
        conflicts_with_all = ["inetd", "daemon", "format"],
        help = "Answer questions from standard input, one a line, in JSON: DAEMON[@HOST] \
            [USER@]HOST [NAME]"
    )]
    pub stdin: bool,

    /// Show who gets in to DAEMON, or to each daemon: every address, and on what the answer depends
    #[arg(long, conflicts_with_all = ["test", "stdin", "explain", "client"])]
    pub who: bool,

    /// Write what --who shows as a page for people.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["test", "stdin", "explain", "client", "who", "diff", "export", "format"],
        help = "Write a page of HTML that shows who gets in to DAEMON, or to each daemon (\"-\": \
            standard output)"
    )]
    pub report: Option<PathBuf>,

    /// Show what the tables open and close that these two did not
    #[arg(
        long,
        num_args = 2,
        value_names = ["OLD_ALLOW", "OLD_DENY"],
        conflicts_with_all = ["test", "stdin", "explain", "client", "who"]
    )]
    pub diff: Option<Vec<PathBuf>>,

    /// With --diff, exit with status 1 at any change, not only if something opens
    #[arg(long, requires = "diff")]
    pub any_change: bool,

    /// Write whom the tables let in to DAEMON for certain, for what never asks the tables
    #[arg(
        long,
        value_enum,
        value_name = "FORM",
        requires = "daemon",
        conflicts_with_all = ["test", "stdin", "explain", "client", "who", "diff", "format", "inetd"]
    )]
    pub export: Option<ExportFor>,

    /// With --export, leave out what addresses alone cannot say: these clients are refused
    #[arg(long, requires = "export")]
    pub partial: bool,

    /// With --export nft, guard this port (may be given more than once)
    #[arg(long, requires = "export", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Vec<u16>,

    /// With --export systemd, the unit that the drop-in is for
    #[arg(long, requires = "export")]
    pub unit: Option<String>,

    /// With --export sshd, what "sshd -V" says: since OpenSSH 9.9, RefuseConnection is used
    #[arg(long, requires = "export", value_name = "VERSION")]
    pub sshd_version: Option<String>,

    /// How to write the answer
    #[arg(long, value_enum, default_value_t)]
    pub format: AnswerFormat,

    /// Print a completion script
    #[arg(long, value_name = "SHELL", exclusive = true)]
    pub completions: Option<Shell>,

    /// The service, by its daemon's name, and the server's name or address
    #[arg(value_name = "DAEMON[@HOST]", required_unless_present_any = ["completions", "test", "stdin", "who", "report", "diff"])]
    pub daemon: Option<OsString>,

    /// The client, by its name or address, and the user there
    #[arg(
        value_name = "[USER@]HOST",
        value_hint = ValueHint::Hostname,
        required_unless_present_any = ["completions", "test", "stdin", "who", "report", "diff", "export"]
    )]
    pub client: Option<OsString>,
}

impl tools::program::CommandLine for Arguments {
    const USAGE: Usage = Usage {
        program: "tcpdmatch",
        classic: "[-d] [-i inet_conf] daemon[@host] [user@]host\n\
            \t-d: use allow/deny files in current directory\n\
            \t-i: location of inetd.conf file",
        status: 1,
    };

    fn completions(&self) -> Option<Shell> {
        self.completions
    }
}
