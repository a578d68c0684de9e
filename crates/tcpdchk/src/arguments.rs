//! The command line. Wrong usage is told as the original tells it.

use clap::{Parser, ValueEnum};
use clap_complete::Shell;
use tools::arguments::{Files, Usage};

/// Find what is wrong with hosts.allow and hosts.deny
#[derive(Debug, Parser)]
#[command(
    name = "tcpdchk",
    version = tools::arguments::version(),
    disable_help_flag = true,
    max_term_width = 100,
    // All of it fits on one screen.
    help_template = "{about}\n{usage-heading} {usage}\n{all-args}{after-help}",
    after_help = "Exit status: 0 no errors found, 1 errors found (with --strict warnings too, with \
                  --portable any difference, with --fix what was not written), 2 could not check or write."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub files: Files,

    /// Report rules of hosts.allow that end in no verdict of their own
    #[arg(short = 'a')]
    pub implicit_allow: bool,

    /// List all rules
    #[arg(short = 'v')]
    pub verbose: bool,

    /// How findings are shown
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: ReportFormat,

    /// Show every finding, however many are alike
    #[arg(long)]
    pub all: bool,

    /// Let warnings count as errors in the exit status
    #[arg(long)]
    pub strict: bool,

    /// Look no host names and addresses up
    #[arg(long)]
    pub no_dns: bool,

    /// List the services of this machine, and which of them the tables apply to
    #[arg(long, conflicts_with_all = ["explain", "strict"])]
    pub services: bool,

    /// Report what tcp_wrappers 7.6 reads differently in the tables, and nothing else
    #[arg(long, conflicts_with_all = ["explain", "services", "strict", "implicit_allow"])]
    pub portable: bool,

    /// Write what is sure to be meant, and can let nobody in who is refused now
    #[arg(long, conflicts_with_all = ["explain", "services", "portable", "strict", "implicit_allow", "verbose", "format", "all"])]
    pub fix: bool,

    /// Show as a patch what --fix would write
    #[arg(long, requires = "fix")]
    pub dry_run: bool,

    /// Say more about a kind of finding; without ID, list all kinds
    #[arg(long, value_name = "ID", num_args = 0..=1, default_missing_value = "")]
    pub explain: Option<String>,

    /// Print a completion script
    #[arg(long, value_name = "SHELL", exclusive = true)]
    pub completions: Option<Shell>,
}

impl tools::program::CommandLine for Arguments {
    const USAGE: Usage = Usage {
        program: "tcpdchk",
        classic: "[-a] [-d] [-i inet_conf] [-v]\n\
            \t-a: report rules with implicit \"ALLOW\" at end\n\
            \t-d: use allow/deny files in current directory\n\
            \t-i: location of inetd.conf file\n\
            \t-v: list all rules",
        status: 2,
    };

    fn completions(&self) -> Option<Shell> {
        self.completions
    }
}

/// How findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people: the line, the word, why it matters, what to write
    Human,
    /// The original's checks and lines only
    Classic,
    /// FILE:LINE:COLUMN: LEVEL: TEXT and the kind of finding, for editors
    Gcc,
    /// One JSON object a line, for programs
    Json,
    /// SARIF 2.1.0, for sites that host code
    Sarif,
}
