//! What the rules so far match, to tell which later rules nobody reaches.
//!
//! An administrator may delete a rule because of what is said here, so it must be certain: a rule
//! counts as covered only if each of its daemons and each of its clients is plainly a part of an
//! earlier one. The earlier words are kept in sets, so a table of many thousand rules costs little.
//!
//! A rule in error ends the search of its table, and hosts.deny is searched then. What stands
//! after a word of hosts.allow that may be in error is therefore no cover for hosts.deny.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::rc::Rc;

use hosts_access::address::netmask::NetMask;
use hosts_access::address::notation::dotted_quad;
use hosts_access::table::compare::{Form, is_glob, string_match};
use hosts_access::table::list::{Words, is_except};
use hosts_access::table::pattern::{HostPattern, port_number, split_at_sign};

use crate::checked_rule::{CheckedRule, Table};
use crate::word::{is_reserved, split_client};

/// Daemon lists that are compared with others, and words of one: far more than tables have, and few
/// enough to compare each with each.
const MAX_WIDE_LISTS: usize = 100;
pub(crate) const MAX_DAEMONS: usize = 100;

/// Globs of a daemon list's clients that others are compared with.
const MAX_GLOBS: usize = 20;

/// Longest word that is looked for by its parts.
const MAX_WORD_BYTES: usize = 255;

/// An earlier rule.
#[derive(Clone, Debug)]
struct By {
    /// Its place, as `hosts.allow:3`.
    shown: Rc<str>,
    /// Whether the search of its table always gets there.
    certain: bool,
}

/// An earlier rule with the same lists.
#[derive(Debug)]
struct Same {
    by: By,
    options: Vec<u8>,
}

/// Why a rule is not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Covered {
    /// It stands in the tables already, there.
    Same(Rc<str>),
    /// The rule there matches all that it does.
    By(Rc<str>),
}

/// The rules so far.
#[derive(Debug, Default)]
pub(crate) struct Earlier {
    /// Clients by the text of their rules' daemon lists.
    groups: HashMap<Vec<u8>, Clients>,
    /// Those of the daemon lists that may cover others: of several words, or with a pattern.
    wide: Vec<Vec<u8>>,
    /// Rules by their whole lists, for those with exceptions.
    texts: HashMap<(Vec<u8>, Vec<u8>), Same>,
    /// Whether some rule matches everything. Where the search of hosts.allow may end before it, hosts.deny is
    /// searched, and who then meets no rule is refused.
    complete: bool,
    /// Whether the search of the table may end before the next rule.
    may_end: bool,
    /// Whether hosts.deny is gone through.
    in_deny: bool,
}

/// Client words, by what they can cover.
#[derive(Debug, Default)]
struct Clients {
    words: HashMap<Vec<u8>, By>,
    /// Networks by mask and network.
    nets: BTreeMap<u32, HashMap<u32, By>>,
    /// Words with `*` or `?`, the first ones.
    globs: Vec<(Vec<u8>, By)>,
}

impl Earlier {
    /// Goes on in this table.
    pub(crate) fn enter(&mut self, table: Table) {
        if table == Table::Allow || self.in_deny {
            return;
        }
        self.in_deny = true;
        self.texts.retain(|_, same| same.by.certain);
        for clients in self.groups.values_mut() {
            clients.words.retain(|_, by| by.certain);
            clients.globs.retain(|(_, by)| by.certain);
            for nets in clients.nets.values_mut() {
                nets.retain(|_, by| by.certain);
            }
        }
    }

    /// Whether some rule matches everything.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Notes that a rule matches everything. An aclexec may say that it does not.
    pub(crate) fn complete(&mut self, rule: &CheckedRule<'_>) {
        self.complete |= !rule.has_option(&["aclexec"]);
    }

    /// Goes past a rule that covers nothing.
    pub(crate) fn pass(&mut self, rule: &CheckedRule<'_>) {
        self.may_end |= may_fail(rule);
    }

    /// Notes what a rule matches; `everything` if that is all.
    pub(crate) fn note(&mut self, rule: &CheckedRule<'_>, everything: bool) {
        self.pass(rule);
        if rule.has_option(&["aclexec"]) {
            // It may not match after all.
            return;
        }
        let by = By {
            shown: rule.origin.name().into(),
            certain: !self.may_end,
        };
        let daemons = if everything {
            b"all".to_vec()
        } else {
            plain(rule.fields.daemons)
        };
        let text = (daemons.clone(), plain(rule.fields.clients));
        self.texts.entry(text).or_insert_with(|| Same {
            by: by.clone(),
            options: options_of(rule),
        });
        if has_except(rule.fields.daemons) || has_except(rule.fields.clients) {
            return;
        }
        let wide = Words::new(&daemons).count() > 1 || is_glob(&daemons) || is_reserved(&daemons);
        if wide && self.wide.len() < MAX_WIDE_LISTS && !self.groups.contains_key(&daemons) {
            self.wide.push(daemons.clone());
        }
        let group = self.groups.entry(daemons).or_default();
        if everything {
            group.note(b"all", &by);
        }
        for word in Words::new(rule.fields.clients) {
            group.note(word, &by);
        }
    }

    /// The rule because of which this one is not reached.
    pub(crate) fn covers(&self, rule: &CheckedRule<'_>) -> Option<Covered> {
        let text = (plain(rule.fields.daemons), plain(rule.fields.clients));
        if let Some(same) = self.texts.get(&text) {
            let shown = Rc::clone(&same.by.shown);
            let twice = same.options == options_of(rule);
            return Words::new(rule.fields.clients)
                .before_except()
                .next()
                .map(|_| {
                    if twice {
                        Covered::Same(shown)
                    } else {
                        Covered::By(shown)
                    }
                });
        }
        let wide = self.wide.iter().filter(|list| daemons_cover(list, &text.0));
        let groups: Vec<_> = wide
            .chain([&text.0])
            .filter_map(|daemons| self.groups.get(daemons))
            .collect();
        let mut by = None;
        for word in Words::new(rule.fields.clients).before_except() {
            let found = groups.iter().find_map(|clients| clients.cover(word))?;
            by.get_or_insert_with(|| Covered::By(Rc::clone(&found.shown)));
        }
        by
    }
}

/// Whether a rule may be in error, which ends the search of its table.
fn may_fail(rule: &CheckedRule<'_>) -> bool {
    let servers = Words::new(rule.fields.daemons).filter_map(|word| Some(split_at_sign(word)?.1));
    let clients = Words::new(rule.fields.clients).map(|word| split_client(word).1);
    servers
        .chain(clients)
        .any(|host| matches!(host, [b'/' | b'@', ..]))
        || rule.has_option(&["aclexec"])
}

/// The options of a rule, and its table as an option if that gives the verdict.
fn options_of(rule: &CheckedRule<'_>) -> Vec<u8> {
    let table: &[u8] = match rule.table {
        Table::Allow => b"allow",
        Table::Deny => b"deny",
    };
    [
        table,
        b" ",
        rule.fields.options.unwrap_or_default().trim_ascii(),
    ]
    .concat()
}

fn has_except(list: &[u8]) -> bool {
    Words::new(list).any(is_except)
}

/// A word in lower case, unless it may hold what has to keep its case: a path, a netgroup, an
/// interface.
fn key(word: &[u8]) -> Vec<u8> {
    if word.iter().any(|byte| matches!(byte, b'/' | b'@' | b'%')) {
        word.to_vec()
    } else {
        word.to_ascii_lowercase()
    }
}

/// The keys of a list with one blank between them.
pub(crate) fn plain(list: &[u8]) -> Vec<u8> {
    let words: Vec<_> = Words::new(list).map(key).collect();
    words.join(&b' ')
}

/// Whether each daemon of a list is among these. Both are plain.
pub(crate) fn daemons_cover(earlier: &[u8], list: &[u8]) -> bool {
    let mut any = false;
    Words::new(list).before_except().all(|word| {
        any = true;
        Words::new(earlier).any(|cover| {
            let names = [cover, word]
                .iter()
                .all(|word| split_at_sign(word).is_none() && port_number(word).is_none());
            let literal = Form::of(word) == Form::Equal;
            cover == b"all" || cover == word || (names && literal && string_match(cover, word))
        })
    }) && any
}

/// Whether names are compared with a word.
fn may_be_name(word: &[u8]) -> bool {
    matches!(
        HostPattern::parse(word),
        HostPattern::Text { names: true, .. }
    )
}

impl Clients {
    fn note(&mut self, word: &[u8], by: &By) {
        if let HostPattern::Net {
            mask: Some(NetMask::V4(net, mask)),
            scope: None,
        } = HostPattern::parse(word)
            && u32::from(mask).leading_ones() == u32::from(mask).count_ones()
        {
            let nets = self.nets.entry(mask.into()).or_default();
            nets.entry(net.into()).or_insert_with(|| by.clone());
        }
        let plain_glob = Form::of(word) == Form::Glob && split_at_sign(word).is_none();
        if plain_glob && self.globs.len() < MAX_GLOBS && !word.contains(&b'/') {
            self.globs.push((key(word), by.clone()));
        }
        self.words.entry(key(word)).or_insert_with(|| by.clone());
    }

    /// The rule that covers a client word.
    fn cover(&self, word: &[u8]) -> Option<&By> {
        let word = &*key(word);
        let same = self.words.get(&b"all"[..]).or_else(|| self.words.get(word));
        if same.is_some() || word.len() > MAX_WORD_BYTES || word.contains(&b'@') {
            return same;
        }
        match HostPattern::parse(word) {
            HostPattern::Net {
                mask: Some(NetMask::V4(net, mask)),
                ..
            } => self.net(net, mask),
            HostPattern::Text { word, names } => match (Form::of(word), dotted_quad(word)) {
                (Form::Equal, Some(address)) if address.to_string().as_bytes() == word => self
                    .net(address, Ipv4Addr::BROADCAST)
                    .or_else(|| self.glob_of(word, names)),
                (Form::Prefix, _) => self.prefix_of(word, names).or_else(|| self.open_net(word)),
                (Form::Suffix, _) => self.suffix_of(word, names),
                (Form::Equal, None) if !is_reserved(word) => self
                    .suffix_of(word, names)
                    .or_else(|| self.glob_of(word, names)),
                _ => None,
            },
            _ => None,
        }
    }

    /// A network that holds this one, or first numbers that it begins with.
    fn net(&self, net: Ipv4Addr, mask: Ipv4Addr) -> Option<&By> {
        let (net, mask) = (u32::from(net), u32::from(mask));
        let by_net = self.nets.iter().find_map(|(wider, nets)| {
            (wider & mask == *wider)
                .then(|| nets.get(&(net & wider)))
                .flatten()
        });
        by_net.or_else(|| {
            let whole = mask.leading_ones() / 8;
            let octets = Ipv4Addr::from(net).octets();
            (1..=whole.min(3) as usize).find_map(|count| {
                let numbers = octets.iter().take(count).map(u8::to_string);
                let prefix = numbers.map(|number| number + ".").collect::<String>();
                self.words.get(prefix.as_bytes())
            })
        })
    }

    /// First numbers, as a network.
    fn open_net(&self, word: &[u8]) -> Option<&By> {
        let numbers = word.strip_suffix(b".")?.split(|byte| *byte == b'.');
        let octets: Option<Vec<u8>> = numbers
            .map(|number| std::str::from_utf8(number).ok()?.parse().ok())
            .collect();
        let mut octets = octets.filter(|octets| octets.len() <= 3)?;
        let mask = u32::MAX << (32 - 8 * octets.len());
        octets.resize(4, 0);
        let net = <[u8; 4]>::try_from(octets).ok()?;
        self.net(net.into(), mask.into())
    }

    /// A shorter beginning of a word that ends in a dot. One that is compared with addresses only
    /// is no cover for a word that is compared with names.
    fn prefix_of(&self, word: &[u8], names: bool) -> Option<&By> {
        (1..word.len())
            .filter(|end| word.get(end - 1) == Some(&b'.'))
            .filter_map(|end| word.get(..end))
            .filter(|begin| !names || may_be_name(begin))
            .find_map(|begin| self.words.get(begin))
    }

    /// A glob that a name or address matches, on the same terms.
    fn glob_of(&self, word: &[u8], names: bool) -> Option<&By> {
        let mut globs = self.globs.iter();
        let found =
            globs.find(|(glob, _)| (!names || may_be_name(glob)) && string_match(glob, word));
        found.map(|(_, by)| by)
    }

    /// A domain that a name or domain belongs to, on the same terms.
    fn suffix_of(&self, word: &[u8], names: bool) -> Option<&By> {
        (1..word.len())
            .filter(|at| word.get(*at) == Some(&b'.'))
            .filter_map(|at| word.get(at..))
            .filter(|end| !names || may_be_name(end))
            .find_map(|end| self.words.get(end))
    }
}

#[cfg(test)]
mod tests;
