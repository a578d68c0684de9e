//! Rules that no request reaches, because earlier rules match all that they match.
//!
//! What is reported is certain: a rule counts as covered only if each of its daemons and each of its
//! clients is plainly a part of an earlier one. The earlier words are kept in sets, so a table of
//! many thousand rules costs little.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;

use hosts_access::list::{Words, is_except};
use hosts_access::netmask::{NetMask, dotted_quad};
use hosts_access::pattern::HostPattern;
use hosts_access::strings::{is_glob, string_match};

use crate::checker::Checker;
use crate::clients::is_reserved;
use crate::finding::Finding;
use crate::rule::{RuleAt, Table};
use crate::source::Source;

tools::checks! {
    /// What is wrong with the sequence of rules.
    CHECKS;
    UNREACHABLE: "unreachable", Warning, "a rule that no client reaches",
        why "The first rule that matches decides, hosts.allow before hosts.deny; an earlier rule matches all that \
             this one does.",
        remedy "Move the rule before the other one, or delete it.";
    ALLOW_ALL: "allow-all", Warning, "everybody is granted everything",
        why "A rule for ALL daemons and ALL clients in hosts.allow means that hosts.deny is never searched.",
        remedy "Name the daemons and clients that are to be let in.";
    NO_CATCH_ALL: "no-catch-all", Note, "what no rule matches is granted",
        why "A client that neither table matches is let in.",
        remedy "End hosts.deny with ALL: ALL, and name in hosts.allow who is to be let in.";
}

/// Daemon lists that are compared with others, and words of one: far more than tables have, and few
/// enough to compare each with each.
const MAX_WIDE_LISTS: usize = 100;
const MAX_DAEMONS: usize = 100;

/// Longest word that is looked for by its parts.
const MAX_WORD_BYTES: usize = 255;

/// Where a rule is, as it is shown: `hosts.allow:3`.
type Shown = String;

/// The rules so far.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// Clients by the text of their rules' daemon lists.
    groups: HashMap<Vec<u8>, Clients>,
    /// Those of the daemon lists that may cover others: of several words, or with a pattern.
    wide: Vec<Vec<u8>>,
    /// Rules by their whole lists, for those with exceptions.
    texts: HashMap<(Vec<u8>, Vec<u8>), Shown>,
    /// Whether everything is decided already: `ALL: ALL`.
    complete: bool,
}

/// Client words, by what they can cover.
#[derive(Debug, Default)]
struct Clients {
    /// In lower case.
    words: HashMap<Vec<u8>, Shown>,
    /// Networks by mask and network.
    nets: BTreeMap<u32, HashMap<u32, Shown>>,
}

/// Looks whether a rule can be reached, and notes what it covers.
pub(crate) fn check(rule: &RuleAt<'_>, checker: &Checker<'_>) {
    let daemons = Words::new(rule.fields.daemons)
        .take(MAX_DAEMONS + 1)
        .count();
    if rule.comment.is_some() || rule.has_ipv6() || rule.unfilled || daemons > MAX_DAEMONS {
        // What it really matches is not what is meant; it is reported already.
        return;
    }
    let reach = &mut *checker.reach.borrow_mut();
    if let Some(by) = reach.covered(rule) {
        let text = format!("no client reaches this rule, because of {by}");
        checker.find(Finding::own(&UNREACHABLE, text).at(rule.stretch.whole()));
    }
    let everything = is_all(rule.fields.daemons) && is_all(rule.fields.clients);
    let mut options = rule.options();
    let may_not_match = options.any(|option| option.keyword.eq_ignore_ascii_case(b"aclexec"));
    if may_not_match {
        return;
    }
    if everything && rule.table == Table::Allow && !refuses(rule) {
        let text = "grants everything to everybody";
        checker.find(Finding::own(&ALLOW_ALL, text).at(rule.stretch.whole()));
    }
    reach.complete |= everything;
    reach.note(rule);
}

/// Whether a rule of hosts.allow denies or sends the client elsewhere.
fn refuses(rule: &RuleAt<'_>) -> bool {
    let keywords = ["deny", "twist"];
    rule.options().any(|option| {
        let word = option.keyword;
        keywords
            .iter()
            .any(|keyword| word.eq_ignore_ascii_case(keyword.as_bytes()))
    })
}

/// Behind the last rule of hosts.deny.
pub(crate) fn check_end(source: Option<&Source<'_>>, checker: &Checker<'_>) {
    if checker.reach.borrow().complete {
        return;
    }
    let finding = Finding::own(
        &NO_CATCH_ALL,
        "clients that no rule matches are granted access",
    );
    let last = source.and_then(|source| {
        let lines = source.lines().filter(|(_, line)| {
            let text = line.trim_ascii();
            !text.is_empty() && !text.starts_with(b"#")
        });
        Some(source.whole_line(lines.last()?.0))
    });
    checker.find(match last {
        Some(place) => finding.at(place),
        None => finding,
    });
}

fn is_all(list: &[u8]) -> bool {
    let mut words = Words::new(list);
    let mut all = false;
    words.all(|word| {
        all |= word.eq_ignore_ascii_case(b"ALL");
        !is_except(word)
    }) && all
}

fn has_except(list: &[u8]) -> bool {
    Words::new(list).any(is_except)
}

/// The words before the first EXCEPT.
fn positive(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    Words::new(list).take_while(|word| !is_except(word))
}

/// A list with one blank between its words, in lower case.
fn plain(list: &[u8]) -> Vec<u8> {
    let words: Vec<_> = Words::new(list).collect();
    words.join(&b' ').to_ascii_lowercase()
}

impl Reach {
    fn note(&mut self, rule: &RuleAt<'_>) {
        let place = rule.stretch.whole();
        let shown = format!("{}:{}", place.file.display(), place.first);
        let daemons = plain(rule.fields.daemons);
        self.texts
            .entry((daemons.clone(), plain(rule.fields.clients)))
            .or_insert_with(|| shown.clone());
        if has_except(rule.fields.daemons) || has_except(rule.fields.clients) {
            return;
        }
        let wide = Words::new(&daemons).count() > 1 || is_glob(&daemons) || is_reserved(&daemons);
        if wide && self.wide.len() < MAX_WIDE_LISTS && !self.groups.contains_key(&daemons) {
            self.wide.push(daemons.clone());
        }
        let group = self.groups.entry(daemons).or_default();
        for word in Words::new(rule.fields.clients) {
            if let HostPattern::Net {
                mask: Some(NetMask::V4(net, mask)),
                ..
            } = HostPattern::parse(word)
                && u32::from(mask).leading_ones() == u32::from(mask).count_ones()
            {
                let nets = group.nets.entry(mask.into()).or_default();
                nets.entry(net.into()).or_insert_with(|| shown.clone());
            }
            group
                .words
                .entry(word.to_ascii_lowercase())
                .or_insert_with(|| shown.clone());
        }
    }

    /// The rule because of which this one is not reached.
    fn covered(&self, rule: &RuleAt<'_>) -> Option<Shown> {
        let text = (plain(rule.fields.daemons), plain(rule.fields.clients));
        if let Some(same) = self.texts.get(&text) {
            return positive(rule.fields.clients).next().map(|_| same.clone());
        }
        let wide = self.wide.iter().filter(|list| daemons_cover(list, &text.0));
        let groups: Vec<_> = wide
            .chain([&text.0])
            .filter_map(|daemons| self.groups.get(daemons))
            .collect();
        let mut by = None;
        for word in positive(rule.fields.clients) {
            let found = groups.iter().find_map(|clients| clients.cover(word))?;
            by.get_or_insert_with(|| found.clone());
        }
        by
    }
}

/// Whether each daemon of a list is among these.
fn daemons_cover(earlier: &[u8], list: &[u8]) -> bool {
    let mut any = false;
    positive(list).all(|word| {
        any = true;
        Words::new(earlier).any(|cover| {
            let literal = !is_glob(word)
                && !is_reserved(word)
                && !word.contains(&b'@')
                && !cover.contains(&b'@')
                && !cover.iter().all(u8::is_ascii_digit)
                && !word.iter().all(u8::is_ascii_digit);
            cover.eq_ignore_ascii_case(b"ALL")
                || cover.eq_ignore_ascii_case(word)
                || (literal && !word.starts_with(b"[") && string_match(cover, word))
        })
    }) && any
}

impl Clients {
    /// The rule that covers a client word.
    fn cover(&self, word: &[u8]) -> Option<&Shown> {
        let word = word.to_ascii_lowercase();
        if let Some(found) = self
            .words
            .get(&b"all"[..])
            .or_else(|| self.words.get(&word))
        {
            return Some(found);
        }
        if is_glob(&word)
            || word.contains(&b'@')
            || is_reserved(&word)
            || word.len() > MAX_WORD_BYTES
        {
            return None;
        }
        match HostPattern::parse(&word) {
            HostPattern::Net {
                mask: Some(NetMask::V4(net, mask)),
                ..
            } => self.net(net, mask),
            HostPattern::Text { word, .. } => match (dotted_quad(word), word) {
                (Some(address), _) if address.to_string().as_bytes() == word => {
                    self.net(address, Ipv4Addr::BROADCAST)
                }
                (_, [.., b'.']) => self.prefix_of(word).or_else(|| self.open_net(word)),
                (None, _) if word.iter().any(u8::is_ascii_alphabetic) => self.suffix_of(word),
                _ => None,
            },
            _ => None,
        }
    }

    /// A network that holds this one, or first numbers that it begins with.
    fn net(&self, net: Ipv4Addr, mask: Ipv4Addr) -> Option<&Shown> {
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
    fn open_net(&self, word: &[u8]) -> Option<&Shown> {
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

    /// A shorter beginning of a word that ends in a dot.
    fn prefix_of(&self, word: &[u8]) -> Option<&Shown> {
        (1..word.len())
            .filter(|end| word.get(end - 1) == Some(&b'.'))
            .find_map(|end| self.words.get(word.get(..end)?))
    }

    /// A domain that a name or domain belongs to.
    fn suffix_of(&self, word: &[u8]) -> Option<&Shown> {
        (1..word.len())
            .filter(|at| word.get(*at) == Some(&b'.'))
            .find_map(|at| self.words.get(word.get(at..)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a client word is covered by these.
    fn covered(earlier: &[&str], word: &str) -> bool {
        let mut clients = Clients::default();
        for earlier in earlier {
            if let HostPattern::Net {
                mask: Some(NetMask::V4(net, mask)),
                ..
            } = HostPattern::parse(earlier.as_bytes())
            {
                let nets = clients.nets.entry(mask.into()).or_default();
                nets.insert(net.into(), String::new());
            }
            clients
                .words
                .insert(earlier.to_ascii_lowercase().into(), String::new());
        }
        clients.cover(word.as_bytes()).is_some()
    }

    #[test]
    fn client_words() {
        for (earlier, word, expected) in [
            ("ALL", "10.0.0.1", true),
            ("ALL", "@grp", true),
            ("10.", "10.0.0.1", true),
            ("10.", "10.1.", true),
            ("10.", "10.0.0.0/8", true),
            ("10.", "10.0.0.0/7", false),
            ("10.", "100.0.0.1", false),
            ("10.0.0.0/8", "10.1.", true),
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "10.1.0.0/16", true),
            ("10.1.0.0/16", "10.0.0.0/8", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            (".example.org", "a.example.org", true),
            (".example.org", ".b.example.org", true),
            (".example.org", "example.org", false),
            (".b.example.org", ".example.org", false),
            ("a.example.org", "A.example.org", true),
            ("LOCAL", "host", false),
            ("10.", "joe@10.0.0.1", false),
            ("10.", "10.*", false),
            (".5", "10.0.0.5", false),
            ("0.0.0.0/0", "10.0.0.1", true),
            ("0.0.0.0/0", "a.example.org", false),
            ("[2001:db8::]/32", "[2001:db8::1]", false),
        ] {
            assert_eq!(covered(&[earlier], word), expected, "{earlier} {word}");
        }
    }

    #[test]
    fn daemon_lists() {
        for (earlier, list, expected) in [
            ("ALL", "sshd vsftpd", true),
            ("sshd", "sshd", true),
            ("sshd", "sshd vsftpd", false),
            ("sshd vsftpd", "vsftpd", true),
            ("in.*", "in.ftpd", true),
            ("sshd", "ALL", false),
            ("sshd", "sshd@10.0.0.1", false),
            ("22", "22", true),
            ("2*", "22", false),
            ("sshd", "", false),
        ] {
            let found = daemons_cover(earlier.as_bytes(), list.as_bytes());
            assert_eq!(found, expected, "{earlier} {list}");
        }
    }
}
