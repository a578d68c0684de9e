//! `--who`: who gets in to a service.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Write;

use hosts_access::request::Host;
use hosts_access::request::facts::Fact;
use hosts_access::text::escape::TableText;
use policy::access::{Access, Decision, Policy, Range, Server, Service, Verdict};
use policy::condition::{Condition, Conditions};
use policy::space::Family;
use policy::tables::Rules;
use serde::{Serialize, Serializer};
use serde_json::json;
use tools::disk::Disk;
use tools::dry::plain_status;
use tools::inetd::InetdConf;
use tools::output::Output;
use tools::paths::base_name;
use tools::services::Services;

use super::{Sources, conditions, errors, in_error, reason, rule, verdict_word};
use crate::arguments::{AnswerFormat, Arguments};
use crate::endpoint::split_server;

/// Version of the answer's form in JSON.
const VERSION: u32 = 1;

/// Networks of a group that are written out for people.
const MAX_NETWORKS: usize = 24;

/// Answers for the daemon, or for each that the tables name or that may have to do with them.
///
/// # Errors
/// It cannot be told.
pub(crate) fn run(
    arguments: &Arguments,
    daemon: Option<&[u8]>,
    output: &Output,
) -> anyhow::Result<()> {
    let disk = arguments.files.disk();
    let sources = Sources::new(&disk);
    let world = sources.world();
    let rules = Rules::read(&arguments.files.tables(), &world);
    let services = services(arguments, daemon, &rules, &disk)?;
    let status = |command: &[u8]| plain_status(command, &disk);
    let mut policy = Policy::new(rules, world, &status);
    for (count, service) in services.iter().enumerate() {
        let mut store = Conditions::default();
        let access = policy.access(service, &mut store)?;
        let answer = Answer {
            policy: &policy,
            store: &store,
            access: &access,
            service,
        };
        match arguments.format {
            AnswerFormat::Json => answer.json(output)?,
            AnswerFormat::Human => {
                if count > 0 {
                    output.line("");
                }
                answer.text(output);
            }
        }
        if output.has_failed() {
            break;
        }
    }
    Ok(())
}

/// The service that was named, or each that the tables name or that may have to do with them.
///
/// # Errors
/// A file that was named cannot be used.
pub(super) fn services(
    arguments: &Arguments,
    daemon: Option<&[u8]>,
    rules: &Rules,
    disk: &Disk,
) -> anyhow::Result<Vec<Service>> {
    if let Some(daemon) = daemon {
        return Ok(vec![service(daemon)]);
    }
    let mut names = rules.daemons();
    let conf = InetdConf::read(arguments.files.inetd.as_deref(), disk, &mut |_| {})
        .map_err(anyhow::Error::msg)?;
    let known = Services::new(disk, &conf);
    names.extend(known.concerned().map(|service| service.name.clone()));
    Ok(names.iter().map(|name| service(name)).collect())
}

/// The service that `daemon[@server]` means. Nothing is looked up: of a server that is given by address the
/// name stays open, and the other way round.
pub(super) fn service(text: &[u8]) -> Service {
    let (daemon, server) = split_server(text);
    let daemon = if daemon.starts_with(b"/") {
        base_name(daemon)
    } else {
        daemon
    };
    let server = match server {
        None => Server::Any,
        Some(text) => {
            let host = Host::from_text(text);
            let is_address = host
                .address()
                .is_some_and(|address| address.v4().is_some() || address.v6().is_some());
            if is_address {
                Server::Address(host)
            } else {
                Server::Name(Host::unknown().with_name(Fact::from_value(text)))
            }
        }
    };
    Service {
        daemon: daemon.to_vec(),
        server,
        port: None,
    }
}

struct Answer<'a> {
    policy: &'a Policy<'a>,
    store: &'a Conditions,
    access: &'a Access,
    service: &'a Service,
}

/// Ranges with the same decisions.
pub(super) struct Group<'a> {
    pub decisions: &'a [Decision],
    pub ranges: Vec<&'a Range>,
}

/// What a group's decisions come to, in the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Granted,
    Delegated,
    Depends,
    Denied,
}

impl Part {
    pub(super) const ALL: [Self; 4] = [Self::Granted, Self::Delegated, Self::Depends, Self::Denied];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Delegated => "delegated to a command",
            Self::Depends => "it depends",
            Self::Denied => "denied",
        }
    }
}

/// A decision as JSON.
#[derive(Serialize)]
struct Decided<'a> {
    #[serde(rename = "if", skip_serializing_if = "Option::is_none")]
    conditions: Option<conditions::List<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_error: Option<String>,
    rule: Option<String>,
    verdict: &'static str,
}

impl Answer<'_> {
    fn json(&self, output: &Output) -> anyhow::Result<()> {
        let errors = errors(self.policy, self.access);
        let head = json!({
            "version": VERSION,
            "daemon": TableText(&self.service.daemon).to_string(),
            "in_error": errors,
        });
        // A million ranges are not kept as one value: they are written as they come.
        let mut head = head.to_string();
        head.pop();
        output.bytes(head.as_bytes());
        output.bytes(b",\"ranges\":[");
        // A list of one range is written and forgotten; that of many is kept.
        let mut uses = vec![0_u32; self.access.answers()];
        for range in self.access.ranges() {
            if let Some(uses) = uses.get_mut(range.answer) {
                *uses += 1;
            }
        }
        let mut kept: HashMap<usize, Vec<u8>> = HashMap::new();
        let (mut list, mut line, mut first) = (Vec::new(), Vec::new(), true);
        for range in self.access.ranges() {
            let list = match uses.get(range.answer) {
                Some(0 | 1) | None => {
                    list.clear();
                    self.decisions(range.answer, &mut list)?;
                    &list
                }
                Some(_) => match kept.entry(range.answer) {
                    Entry::Occupied(list) => list.into_mut(),
                    Entry::Vacant(place) => {
                        let mut list = Vec::new();
                        self.decisions(range.answer, &mut list)?;
                        place.insert(list)
                    }
                },
            };
            for network in range.family.networks(range.from, range.to) {
                line.clear();
                let comma = if first { "" } else { "," };
                first = false;
                write!(line, "{comma}{{\"net\":\"{network}\",\"decisions\":")?;
                output.bytes(&line);
                output.bytes(list);
                output.bytes(b"}");
            }
            if output.has_failed() {
                break;
            }
        }
        output.bytes(b"]}\n");
        Ok(())
    }

    /// The decisions of an answer in JSON.
    fn decisions(&self, answer: usize, to: &mut Vec<u8>) -> serde_json::Result<()> {
        let decisions = self
            .access
            .decisions(answer)
            .iter()
            .map(|decision| Decided {
                conditions: (decision.when != Condition::ALWAYS)
                    .then_some(conditions::List(self.store, decision.when)),
                in_error: in_error(self.policy, decision.by),
                rule: rule(self.policy, decision),
                verdict: verdict_word(decision.verdict),
            });
        serde_json::Serializer::new(to).collect_seq(decisions)
    }

    fn text(&self, output: &Output) {
        let name = TableText(&self.service.daemon).to_string();
        output.line(format_args!("{name}:"));
        for error in errors(self.policy, self.access) {
            output.line(format_args!("in error: {error}"));
        }
        let groups = Group::all(self.access);
        let rest = Group::rest(&groups);
        for part in Part::ALL {
            let mut titled = false;
            for (at, group) in groups.iter().enumerate() {
                if group.part() != part {
                    continue;
                }
                if !titled {
                    output.line(format_args!("  {}:", part.title()));
                    titled = true;
                }
                let rests = rest.iter().filter(|(_, rest)| *rest == at);
                self.group(
                    group,
                    &rests.map(|(family, _)| *family).collect::<Vec<_>>(),
                    output,
                );
            }
        }
    }

    fn group(&self, group: &Group<'_>, rest: &[Family], output: &Output) {
        let whole = |family: Family| group.is_whole(family);
        let mut lines: Vec<String> = Vec::new();
        let mut left_out = 0;
        for family in Family::BOTH
            .into_iter()
            .filter(|family| !rest.contains(family))
        {
            for network in group.networks(family) {
                if lines.len() < MAX_NETWORKS {
                    lines.push(plain_network(&network))
                } else {
                    left_out += 1
                }
            }
        }
        if left_out > 0 {
            lines.push(format!(
                "and {left_out} networks more (--format json lists them)"
            ));
        }
        lines.extend(match rest {
            [] => None,
            [_, _] if rest.iter().all(|family| whole(*family)) => Some("everybody".to_owned()),
            [_, _] => Some("everybody else".to_owned()),
            [family, ..] => {
                let name = match family {
                    Family::V4 => "IPv4",
                    Family::V6 => "IPv6",
                };
                Some(if whole(*family) {
                    format!("all of {name}")
                } else {
                    format!("all other addresses of {name}")
                })
            }
        });
        for line in &lines {
            output.line(format_args!("    {line}"));
        }
        let several = group.decisions.len() > 1;
        for decision in group.decisions {
            let why = reason(self.policy, decision);
            let verdict = verdict_word(decision.verdict);
            output.line(match (several, decision.when) {
                (false, _) => format!("        by {why}"),
                (true, Condition::ALWAYS) => format!("        else {verdict}: {why}"),
                (true, when) => {
                    let when = conditions::words(self.store, when);
                    format!("        {verdict} if {when}: {why}")
                }
            });
        }
    }
}

/// A network, or the address if it is one.
pub(super) fn plain_network(network: &impl ToString) -> String {
    let text = network.to_string();
    let address = text
        .strip_suffix("/32")
        .filter(|address| !address.contains(':'));
    let address = address.or_else(|| text.strip_suffix("/128"));
    address.map_or_else(|| text.clone(), str::to_owned)
}

impl<'a> Group<'a> {
    /// The groups of an answer.
    pub(super) fn all(access: &'a Access) -> Vec<Self> {
        let mut groups: Vec<Self> = (0..access.answers())
            .map(|answer| Group {
                decisions: access.decisions(answer),
                ranges: Vec::new(),
            })
            .collect();
        for range in access.ranges() {
            if let Some(group) = groups.get_mut(range.answer) {
                group.ranges.push(range);
            }
        }
        groups.retain(|group| !group.ranges.is_empty());
        groups
    }

    /// For each family the group with most of its addresses, which is told as all others.
    pub(super) fn rest(groups: &[Self]) -> Vec<(Family, usize)> {
        let biggest = Family::BOTH.into_iter().filter_map(|family| {
            let sizes = groups.iter().enumerate();
            let biggest = sizes.max_by_key(|(_, group)| group.size(family));
            biggest.map(|(at, _)| (family, at))
        });
        biggest.collect()
    }

    /// How many addresses of a family it has; of all of IPv6, one less.
    pub(super) fn size(&self, family: Family) -> u128 {
        let ranges = self.ranges.iter().filter(|range| range.family == family);
        ranges.fold(0, |sum, range| {
            sum.saturating_add(range.to - range.from).saturating_add(1)
        })
    }

    /// Whether it has all addresses of a family.
    pub(super) fn is_whole(&self, family: Family) -> bool {
        self.ranges
            .iter()
            .any(|range| range.family == family && range.from == 0 && range.to == family.last())
    }

    /// The fewest networks that make up its addresses of a family.
    pub(super) fn networks(&self, family: Family) -> impl Iterator<Item = impl ToString> {
        let ranges = self.ranges.iter();
        ranges
            .filter(move |range| range.family == family)
            .flat_map(move |range| family.networks(range.from, range.to))
    }

    pub(super) fn part(&self) -> Part {
        match self.decisions {
            [one] => match one.verdict {
                Verdict::Granted => Part::Granted,
                Verdict::Twist => Part::Delegated,
                Verdict::Denied => Part::Denied,
            },
            many if many.iter().all(|one| one.verdict == Verdict::Denied) => Part::Denied,
            many if many.iter().all(|one| one.verdict == Verdict::Granted) => Part::Granted,
            _ => Part::Depends,
        }
    }
}
