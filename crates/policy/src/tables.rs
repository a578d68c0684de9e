//! The two tables as data: rules in order, and what ends a table before its end (hosts_access(5), TABLE LINES).

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use hashbrown::HashSet;
use hosts_access::report::problem::Problem;
use hosts_access::search::access::Tables;
use hosts_access::table::compare::Form;
use hosts_access::table::entry::EntryError;
use hosts_access::table::line::Lines;
use hosts_access::table::list::Words;
use hosts_access::table::pattern::{port_number, split_at_sign};
use hosts_access::table::place::Place;
use hosts_access::table::rule::Rule as Fields;
use hosts_access::world::World;

/// Which of the two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// hosts.allow.
    Allow,
    /// hosts.deny.
    Deny,
}

/// A rule of a table.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Where it stands.
    pub place: Place,
    /// Its table.
    pub table: Table,
    /// Its line, and where its daemon list and its client list end in it.
    text: Box<[u8]>,
    ends: [u32; 2],
    /// Whether NUL bytes were passed over in it: then it is not trusted to grant.
    pub nul: bool,
}

impl Rule {
    fn new(place: Place, table: Table, text: &[u8], nul: bool) -> Option<Self> {
        let fields = Fields::parse(text)?;
        let daemons = fields.daemons.len();
        let clients = daemons + 1 + fields.clients.len();
        let end = |at: usize| u32::try_from(at).ok();
        Some(Self {
            place,
            table,
            text: text.into(),
            ends: [end(daemons)?, end(clients)?],
            nul,
        })
    }

    /// Its fields.
    pub fn fields(&self) -> Fields<'_> {
        let [daemons, clients] = self.ends.map(|end| end as usize);
        Fields {
            daemons: self.text.get(..daemons).unwrap_or_default(),
            clients: self.text.get(daemons + 1..clients).unwrap_or_default(),
            options: self.text.get(clients + 1..),
        }
    }
}

/// What is in error in a table, whoever asks.
#[derive(Clone, Debug)]
pub struct TableError {
    /// Its line; nothing if it is the table as a whole.
    pub place: Option<Place>,
    /// What it is, in tcpd's words.
    pub text: String,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// The rules of both tables.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Those of hosts.allow, then those of hosts.deny.
    pub rules: Vec<Rule>,
    /// How many are of hosts.allow.
    pub allow: usize,
    /// What ends hosts.allow in error, after its rules.
    pub allow_error: Option<TableError>,
    /// What ends hosts.deny in error, after its rules.
    pub deny_error: Option<TableError>,
}

impl Rules {
    /// Reads both tables. One that is missing has no rules; one that cannot be read is in error.
    pub fn read(tables: &Tables, world: &World<'_>) -> Self {
        let mut all = Self::default();
        all.allow_error = all.read_table(Table::Allow, &tables.allow, world);
        all.allow = all.rules.len();
        all.deny_error = all.read_table(Table::Deny, &tables.deny, world);
        all
    }

    fn read_table(&mut self, table: Table, path: &Path, world: &World<'_>) -> Option<TableError> {
        let source = match world.files.open(path) {
            Ok(source) => source?,
            Err(error) => {
                return Some(TableError {
                    place: None,
                    text: Problem::CannotOpen(path.to_owned(), error).to_string(),
                });
            }
        };
        let name: Arc<Path> = path.into();
        let place = |first_line, line| Place {
            table: Arc::clone(&name),
            first_line,
            line,
        };
        let mut lines = Lines::new(source);
        loop {
            let error = match lines.next_line() {
                Ok(None) => return None,
                Ok(Some(line)) if line.nul && table == Table::Allow && !line.text.is_empty() => {
                    EntryError::Nul
                }
                Ok(Some(line)) => {
                    let place = place(line.first, line.last);
                    self.rules
                        .extend(Rule::new(place, table, line.text, line.nul));
                    continue;
                }
                Err(error) => error,
            };
            // As in the original, the last line is left out if it may be cut off.
            if table == Table::Allow && matches!(error, EntryError::Unterminated) {
                return None;
            }
            return Some(TableError {
                place: Some(place(lines.first(), lines.last())),
                text: error.to_string(),
            });
        }
    }

    /// The words of daemon lists in the place of a daemon: names, patterns, ports.
    pub fn daemon_words(&self) -> BTreeSet<Vec<u8>> {
        // A table may have a million rules for one daemon.
        let lists: HashSet<&[u8]> = self
            .rules
            .iter()
            .map(|rule| rule.fields().daemons)
            .collect();
        let words = lists
            .into_iter()
            .flat_map(|list| Words::new(list).patterns());
        words
            .map(|word| split_at_sign(word).map_or(word, |(daemon, _)| daemon))
            .map(<[u8]>::to_ascii_lowercase)
            .collect()
    }

    /// The names of daemons that the tables speak of: plain words, not patterns or ports.
    pub fn daemons(&self) -> BTreeSet<Vec<u8>> {
        let mut words = self.daemon_words();
        words.retain(|word| Form::of(word) == Form::Equal && port_number(word).is_none());
        words
    }
}
