//! The command line.

use std::ffi::OsString;

use clap::Parser;
use clap_complete::Shell;
use tools::arguments::{Files, Usage};

/// Wrong usage, as the original puts it.
pub(crate) const USAGE: Usage = Usage {
    program: "tcpdmatch",
    classic: "[-d] [-i inet_conf] daemon[@host] [user@]host\n\
        \t-d: use allow/deny files in current directory\n\
        \t-i: location of inetd.conf file",
    status: 1,
};

/// Predict how tcpd would treat a client
#[derive(Debug, Parser)]
#[command(name = "tcpdmatch", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub files: Files,

    /// Print a completion script
    #[arg(long, value_name = "SHELL", exclusive = true)]
    pub completions: Option<Shell>,

    /// The service, by its daemon's name, and the server's name or address
    #[arg(value_name = "DAEMON[@HOST]", required_unless_present = "completions")]
    pub daemon: Option<OsString>,

    /// The client, by its name or address, and the user there
    #[arg(value_name = "[USER@]HOST", required_unless_present = "completions")]
    pub client: Option<OsString>,
}
