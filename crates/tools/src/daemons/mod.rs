//! What is known of the daemons that ask libwrap: which program or module asks, under which name, what switches
//! it on, and whether it ever looks a client's name up. The facts are data, in the file `table`, and each says
//! how it is known.

use std::sync::LazyLock;

/// The table; its head says what each column means.
const TABLE: &str = include_str!("table");

/// How something is known of a daemon in one Debian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// This Debian has no such daemon, or one that does not ask.
    No,
    /// The real program was run, with a rule that refuses and one that lets in, by this recipe of
    /// `make watch-daemons`.
    Watched(&'static str),
    /// Read from the package: its program, its documentation, its source.
    Read,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// The program, which is linked with libwrap.
    Itself,
    /// A helper that it runs for each client, by this name in one of [`HELPER_FOLDERS`].
    Helper(&'static str),
    /// A module that it loads at run time: a pattern of paths.
    Module(&'static str),
    /// Nobody: it runs in the kernel.
    Kernel,
}

/// Where helpers of daemons are: of Debian, of upstream, of Arch, of others.
pub const HELPER_FOLDERS: [&str; 5] = [
    "/usr/lib/openssh",
    "/usr/libexec/openssh",
    "/usr/lib/ssh",
    "/usr/libexec",
    "/usr/lib/misc",
];

/// Under which names it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DaemonNames {
    /// Always this one.
    Fixed(&'static str),
    /// Its configuration gives them; of this kind.
    Configured(&'static str),
}

/// What makes it ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Nothing: it always asks.
    Always,
    /// An option of its command line.
    Flag(&'static str),
    /// A line of a configuration file.
    Setting(Setting),
}

/// A line of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Patterns of files, with commas between.
    pub files: &'static str,
    /// The line, as one writes it: `tcp_wrappers=YES`.
    pub line: String,
    /// Whether the daemon asks without it: the line then switches that off.
    pub by_default: bool,
    /// Whether its key may have many lines, of which one is enough.
    pub among_others: bool,
}

impl Setting {
    /// The key.
    pub fn key(&self) -> &str {
        let end = self.line.find(['=', ':', ' ']);
        self.line
            .get(..end.unwrap_or(self.line.len()))
            .unwrap_or_default()
    }
}

/// Whether a daemon looks the names of its clients up for the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LooksUp {
    /// It does, when a rule asks.
    Yes,
    /// It hands libwrap the address alone, so that every client's name is unknown.
    Never,
    /// Only if its configuration says so.
    IfConfigured,
    /// Not known.
    Unknown,
}

/// A daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDaemon {
    /// Debian's package, which depends on libwrap0; its names, with commas between, if 12 and 13 have two.
    pub package: &'static str,
    /// The program, if there is one.
    pub program: Option<&'static str>,
    /// Who asks.
    pub asks: Asks,
    /// Under which name.
    pub names: DaemonNames,
    /// What makes it ask.
    pub switch: Switch,
    /// Whether it looks names of clients up.
    pub looks_up: LooksUp,
    /// How it is known in Debian 12 and 13.
    pub known: [Known; 2],
}

impl KnownDaemon {
    /// The name that it always asks under.
    pub fn name(&self) -> Option<&'static str> {
        match self.names {
            DaemonNames::Fixed(name) => Some(name),
            DaemonNames::Configured(_) => None,
        }
    }

    /// The last part of the program's path.
    pub fn base(&self) -> Option<&'static str> {
        self.program?.rsplit('/').next()
    }

    /// Whether it was watched in one of the Debians.
    pub fn was_watched(&self) -> bool {
        let watched = |known: &Known| matches!(known, Known::Watched(_));
        self.known.iter().any(watched)
    }

    fn parse(line: &'static str) -> Option<Self> {
        let mut columns = line.split_whitespace();
        let mut next = || columns.next();
        let daemon = Self {
            package: next()?,
            program: Some(next()?).filter(|program| *program != "-"),
            asks: match next()?.split_once(':') {
                None => Asks::Itself,
                Some(("helper", name)) => Asks::Helper(name),
                Some(("module", pattern)) => Asks::Module(pattern),
                Some(_) => Asks::Kernel,
            },
            names: match next()? {
                name if name.starts_with('@') => {
                    DaemonNames::Configured(name.trim_start_matches('@'))
                }
                name => DaemonNames::Fixed(name),
            },
            switch: switch(next()?)?,
            looks_up: match next()? {
                "yes" => LooksUp::Yes,
                "no" => LooksUp::Never,
                "conf" => LooksUp::IfConfigured,
                "?" => LooksUp::Unknown,
                _ => return None,
            },
            known: [known(next()?)?, known(next()?)?],
        };
        columns.next().is_none().then_some(daemon)
    }
}

fn known(word: &'static str) -> Option<Known> {
    match word {
        "-" => Some(Known::No),
        "read" => Some(Known::Read),
        _ => word.strip_prefix("watched:").map(Known::Watched),
    }
}

fn switch(word: &'static str) -> Option<Switch> {
    if word == "-" {
        return Some(Switch::Always);
    }
    if let Some(flag) = word.strip_prefix("flag:") {
        return Some(Switch::Flag(flag));
    }
    let (files, line) = word.split_once(':')?;
    Some(Switch::Setting(Setting {
        files,
        by_default: line.starts_with('!'),
        among_others: line.starts_with('+'),
        line: line.trim_start_matches(['!', '+']).replace('~', " "),
    }))
}

fn lines() -> impl Iterator<Item = &'static str> {
    let lines = TABLE.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// All rows.
pub fn all() -> impl Iterator<Item = &'static KnownDaemon> {
    static ROWS: LazyLock<Vec<KnownDaemon>> =
        LazyLock::new(|| lines().filter_map(KnownDaemon::parse).collect());
    ROWS.iter()
}

/// The rows of daemons that always ask under this name.
pub fn named(name: &[u8]) -> impl Iterator<Item = &'static KnownDaemon> {
    all().filter(move |daemon| {
        let known = daemon.name().unwrap_or_default();
        !known.is_empty() && name.eq_ignore_ascii_case(known.as_bytes())
    })
}

/// Whether every daemon that asks under this name was watched to look no name up, ever.
pub fn looks_no_name_up(name: &[u8]) -> bool {
    let mut rows = named(name).peekable();
    rows.peek().is_some() && rows.all(|row| row.looks_up == LooksUp::Never && row.was_watched())
}

#[cfg(test)]
mod tests;
