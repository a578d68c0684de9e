//! `--diff`: what a change of the tables opens, and what it closes.

use std::collections::{BTreeMap, HashMap};

use hosts_access::request::facts::Fact;
use hosts_access::search::access::Tables;
use hosts_access::text::escape::TableText;
use policy::access::{Access, Policy, Server, Service};
use policy::condition::{Condition, Conditions};
use policy::diff::{Change, changes, daemons};
use policy::tables::Rules;
use policy::witness::{Found, Witness};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use tools::disk::Disk;
use tools::dry::plain_status;
use tools::inetd::InetdConf;
use tools::output::Output;
use tools::services::Services;

use super::who::plain_network;
use super::{Sources, conditions, errors, reason, verdict_word};
use crate::arguments::{AnswerFormat, Arguments};

/// Version of the answer's form in JSON.
const VERSION: u32 = 1;

/// Stands for the name of a daemon until it is known for which ones a text is.
const ANY_DAEMON: &str = "\u{1}";

/// Networks of a change that are written out for people.
const MAX_NETWORKS: usize = 12;

/// Changes of one sort that are written out for people.
const MAX_CHANGES: usize = 24;

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    /// Nothing that was asked for.
    Nothing,
    /// Something opens, or changes if that was asked for.
    Something,
    /// It could not be told.
    Unsure,
}

/// Compares the old tables with the new ones, for one daemon or for all.
///
/// # Errors
/// The tables cannot be compared.
pub(crate) fn run(
    arguments: &Arguments,
    old: &Tables,
    daemon: Option<&[u8]>,
    output: &Output,
) -> anyhow::Result<Compared> {
    let mut disk = arguments.files.disk();
    for table in [&old.allow, &old.deny] {
        disk = disk.with_outside(table);
    }
    let sources = Sources::new(&disk);
    let world = sources.world();
    let rules = [
        Rules::read(old, &world),
        Rules::read(&arguments.files.tables(), &world),
    ];
    let (names, complete) = match daemon {
        Some(daemon) => (vec![daemon.to_vec()], true),
        None => {
            let (mut names, complete) = daemons(&[&rules[0], &rules[1]]);
            for name in services(arguments, &disk)? {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            (names, complete)
        }
    };
    let named = {
        let mut named = rules[0].daemons();
        named.extend(rules[1].daemons());
        named
    };
    let status = |command: &[u8]| plain_status(command, &disk);
    let [old, new] = rules;
    let mut old = Policy::new(old, world, &status);
    let mut new = Policy::new(new, world, &status);
    let mut told: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    let mut compared = Compared::Nothing;
    let mut store = Conditions::default();
    let json = arguments.format == AnswerFormat::Json;
    let mut comma = "";
    if json {
        output.bytes(b"{\"changes\":[");
    }
    for names in alike(names, [&mut old, &mut new], &mut store) {
        let Some(service) = names.first().map(|name| service(name)) else {
            continue;
        };
        let before = old.access(&service, &mut store)?;
        let after = new.access(&service, &mut store)?;
        let found = changes(&before, &after, &mut store, &world);
        for change in &found {
            compared = compared.and(change, arguments.any_change);
        }
        if found.is_empty() {
            continue;
        }
        let comparison = |name| Comparison {
            old: (&old, &before),
            new: (&new, &after),
            store: &store,
            daemon: name,
        };
        if !json {
            // Daemons with the same changes are told together, but for the name in the examples.
            let text = comparison(ANY_DAEMON.to_owned()).text(&found);
            told.entry(text).or_default().extend(names);
            continue;
        }
        for name in names {
            output.bytes(comma.as_bytes());
            comma = ",";
            comparison(TableText(&name).to_string()).json(&found, output)?;
        }
    }
    if !complete && compared == Compared::Nothing {
        compared = Compared::Unsure;
    }
    let said: Vec<String> = [(&old, "old"), (&new, "new")]
        .into_iter()
        .flat_map(|(policy, which)| {
            policy
                .errors()
                .map(move |error| format!("in error in the {which} tables: {error}"))
        })
        .collect();
    if json {
        let rest = json!({
            "version": VERSION,
            "in_error": said,
            "found": found(compared),
        });
        let rest = rest.to_string();
        output.line(format_args!("],{}", rest.trim_start_matches('{')));
        return Ok(compared);
    }
    for line in &said {
        output.line(line);
    }
    if !complete {
        output.line(
            "not all names of daemons could be tried: the patterns of the tables are too many",
        );
    }
    if told.is_empty() {
        output.line("nothing opens and nothing closes");
    }
    for (text, names) in told {
        let shown = names.iter().map(|name| {
            if named.contains(name) {
                TableText(name).to_string()
            } else {
                format!("{} (a daemon that no rule names)", TableText(name))
            }
        });
        output.line(format_args!("{}:", shown.collect::<Vec<_>>().join(", ")));
        let first = names.first().map_or(&[][..], Vec::as_slice);
        let text = text.replace(ANY_DAEMON, &TableText(first).to_string());
        output.line(text.trim_end());
    }
    Ok(compared)
}

/// A daemon, whatever its server and port.
fn service(name: &[u8]) -> Service {
    Service {
        daemon: name.to_vec(),
        server: Server::Any,
        port: None,
    }
}

/// Daemons that both sets of tables treat alike, together.
fn alike(
    names: Vec<Vec<u8>>,
    tables: [&mut Policy<'_>; 2],
    store: &mut Conditions,
) -> Vec<Vec<Vec<u8>>> {
    let [old, new] = tables;
    let mut groups: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut known = HashMap::new();
    for name in names {
        let service = service(&name);
        let kinds = (old.kind(&service, store), new.kind(&service, store));
        let group = match kinds {
            (Some(old), Some(new)) => *known.entry((old, new)).or_insert(groups.len()),
            _ => groups.len(),
        };
        match groups.get_mut(group) {
            Some(group) => group.push(name),
            None => groups.push(vec![name]),
        }
    }
    groups
}

/// The word for the exit status, for JSON.
fn found(compared: Compared) -> Value {
    match compared {
        Compared::Unsure => Value::Null,
        Compared::Something => json!(true),
        Compared::Nothing => json!(false),
    }
}

fn services(arguments: &Arguments, disk: &Disk) -> anyhow::Result<Vec<Vec<u8>>> {
    let conf = InetdConf::read(arguments.files.inetd.as_deref(), disk, &mut |_| {})
        .map_err(anyhow::Error::msg)?;
    let services = Services::new(disk, &conf);
    Ok(services
        .list()
        .iter()
        .map(|service| service.name.clone())
        .collect())
}

impl Compared {
    /// With one more change.
    fn and(self, change: &Change, any: bool) -> Self {
        let parts = [&change.opens, &change.closes, &change.serves_otherwise];
        let counted = if any { &parts[..] } else { &parts[..1] };
        let something = counted
            .iter()
            .any(|found| matches!(found, Found::Witness(_)));
        let unsure = counted.iter().any(|found| matches!(found, Found::Unsure));
        match self {
            _ if something => Self::Something,
            Self::Nothing if unsure => Self::Unsure,
            before => before,
        }
    }
}

struct Comparison<'a> {
    old: (&'a Policy<'a>, &'a Access),
    new: (&'a Policy<'a>, &'a Access),
    store: &'a Conditions,
    /// The daemon's name for questions.
    daemon: String,
}

impl Comparison<'_> {
    fn text(&self, changes: &[Change]) -> String {
        let mut text = String::new();
        self.part(changes, "opens", |change| &change.opens, &mut text);
        self.part(changes, "closes", |change| &change.closes, &mut text);
        let word = "is served otherwise";
        self.part(changes, word, |change| &change.serves_otherwise, &mut text);
        text
    }

    /// The changes of one sort.
    fn part(&self, changes: &[Change], word: &str, part: fn(&Change) -> &Found, text: &mut String) {
        let mut left_out = 0;
        let found = changes
            .iter()
            .filter(|change| !matches!(part(change), Found::Nobody));
        for (count, change) in found.enumerate() {
            if count >= MAX_CHANGES {
                left_out += 1;
                continue;
            }
            *text += &format!("  {word}:\n");
            for network in shown_networks(change) {
                *text += &format!("    {network}\n");
            }
            *text += &match part(change) {
                Found::Witness(witness) => format!("  for example: {}\n", self.question(witness)),
                Found::Unsure | Found::Nobody => {
                    "  perhaps, it cannot be told for whom\n".to_owned()
                }
            };
            *text += &format!("      before: {}\n", self.said(self.old, change.old));
            *text += &format!("      after:  {}\n", self.said(self.new, change.new));
        }
        if left_out > 0 {
            *text += &format!("  {word}: {left_out} more (--format json lists them)\n");
        }
    }

    /// What one set of tables says.
    fn said(&self, (policy, access): (&Policy<'_>, &Access), answer: usize) -> String {
        let parts = access.decisions(answer).iter().map(|decision| {
            let (verdict, why) = (verdict_word(decision.verdict), reason(policy, decision));
            match decision.when {
                Condition::ALWAYS => format!("{verdict} ({why})"),
                when => format!(
                    "{verdict} if {} ({why})",
                    conditions::words(self.store, when)
                ),
            }
        });
        parts.collect::<Vec<_>>().join(", else ")
    }

    /// A witness as a question to `tcpdmatch --stdin`, and what that cannot ask.
    fn question(&self, witness: &Witness) -> String {
        let state = &witness.state;
        let mut text = self.daemon.clone();
        if state.server.address().is_some() || state.server.name.known().is_some() {
            let server = state.server.name_or_address();
            text += &format!("@{}", TableText(server));
        }
        text.push(' ');
        if let Some(user) = state.user.known() {
            text += &format!("{}@", TableText(user));
        }
        text += &state.address_text();
        match &state.name {
            Fact::Known(name) => text += &format!(" {}", TableText(name)),
            Fact::Paranoid => text += " paranoid",
            _ => {}
        }
        for group in &witness.netgroups {
            text += &format!(", if that name is in netgroup {}", TableText(group));
        }
        for zone in &witness.dns_lists {
            text += &format!(", if it is on DNS list {}", TableText(zone));
        }
        for command in &state.aclexec {
            text += &format!(
                ", if the command of \"{}\" ends with status 0",
                TableText(command)
            );
        }
        if state.server.port != 0 {
            text += &format!(", at port {}", state.server.port);
        }
        text
    }

    fn json(&self, changes: &[Change], output: &Output) -> serde_json::Result<()> {
        let daemon = json!({
            "daemon": self.daemon,
            "in_error": {
                "old": errors(self.old.0, self.old.1),
                "new": errors(self.new.0, self.new.1),
            },
        });
        let daemon = daemon.to_string();
        output.bytes(daemon.trim_end_matches('}').as_bytes());
        output.bytes(b"},\"ranges\":[");
        // A million of them are not kept: they are written as they come.
        let (mut text, mut comma) = (Vec::new(), "");
        for change in changes {
            let found = |found: &Found| match found {
                Found::Nobody => json!(false),
                Found::Unsure => Value::Null,
                Found::Witness(witness) => json!({"witness": self.question(witness)}),
            };
            let told = Told {
                after: self.said(self.new, change.new),
                before: self.said(self.old, change.old),
                closes: found(&change.closes),
                nets: Nets(change),
                opens: found(&change.opens),
                serves_otherwise: found(&change.serves_otherwise),
            };
            text.clear();
            text.extend_from_slice(comma.as_bytes());
            comma = ",";
            serde_json::to_writer(&mut text, &told)?;
            output.bytes(&text);
        }
        output.bytes(b"]}");
        Ok(())
    }
}

/// A change as JSON.
#[derive(Serialize)]
struct Told<'c> {
    after: String,
    before: String,
    closes: Value,
    nets: Nets<'c>,
    opens: Value,
    serves_otherwise: Value,
}

/// The networks of a change as JSON.
struct Nets<'c>(&'c Change);

impl Serialize for Nets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(networks(self.0).map(|network| network.to_string()))
    }
}

/// The networks of a change.
fn networks(change: &Change) -> impl Iterator<Item = impl ToString> {
    let ranges = change.ranges.iter();
    ranges.flat_map(|(family, from, to)| family.networks(*from, *to))
}

/// The networks of a change for people.
fn shown_networks(change: &Change) -> Vec<String> {
    let mut all = networks(change);
    let mut shown: Vec<String> = all
        .by_ref()
        .take(MAX_NETWORKS)
        .map(|network| plain_network(&network))
        .collect();
    let more = all.count();
    if more > 0 {
        shown.push(format!(
            "and {more} networks more (--format json lists them)"
        ));
    }
    shown
}
