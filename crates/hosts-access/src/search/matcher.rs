//! Tests words of the lists of a rule against a request (hosts_access(5), Wildcards, Netgroups, User names).
//!
//! [`pattern`](crate::table::pattern) tells what a word means, [`compare`](crate::table::compare) compares it with text.
//! A test fetches only the facts that the word needs. An error means that the rule cannot be
//! evaluated; it has its reason and never counts as a match.

use crate::address::Address;
use crate::address::netmask::NetMask;
use crate::address::notation::{parse_ipv6, split_scope};
use crate::limits::{MAX_LIST_DEPTH, MAX_LISTS};
use crate::lookup::{self, dns_list};
use crate::report::problem::{Diagnostic, Problem};
use crate::report::trace::{Event, List, Subject, Test};
use crate::request::facts::Fact;
use crate::request::{Request, Side};
use crate::search::entries::{Entries, Kind};
use crate::table::compare::Form;
use crate::table::entry::{Entry, EntryError};
use crate::table::list::{self, Step};
use crate::table::pattern::{HostPattern, port_number, split_at_sign};
use crate::table::place::Place;
use crate::table::rule::split_clients;
use crate::text::bytes::{bracketed, path_of};
use crate::text::number;
use crate::world::{Lookups, World};
use std::net::Ipv6Addr;
use std::path::Path;

/// Tests words against a request.
pub struct Matcher<'m, 'w> {
    /// The request; facts that a word asks for are kept in it.
    pub request: &'m mut Request,
    /// Where facts come from.
    pub world: World<'w>,
    /// The rule at hand, for messages of lookups.
    pub place: Option<&'m Place>,
}

impl Matcher<'_, '_> {
    /// Tests the two lists of a rule, of which the first is split off already. Gives the rule's options, if it has any,
    /// where both match.
    ///
    /// # Errors
    /// The rule cannot be evaluated.
    pub fn rule_match<'l>(
        &mut self,
        daemons: &[u8],
        rest: &'l [u8],
    ) -> Result<Option<Option<&'l [u8]>>, Problem> {
        if !self.list_match(List::Daemons, daemons)? {
            return Ok(None);
        }
        let (clients, options) = split_clients(rest);
        let matched = self.list_match(List::Clients, clients)?;
        Ok(matched.then_some(options))
    }

    /// Tests a list of a rule.
    ///
    /// # Errors
    /// The rule cannot be evaluated.
    pub fn list_match(&mut self, list: List, words: &[u8]) -> Result<bool, Problem> {
        self.tell(Event::List(list));
        let matched = list::list_match(words, |step| {
            let mut matched = false;
            let event = match step {
                Step::Word(word) => {
                    self.tell(Event::Word(word));
                    matched = match list {
                        List::Daemons => self.daemon_match(word),
                        List::Clients => self.client_match(word),
                    }?;
                    Event::Tested { matched }
                }
                Step::Passed(word) => Event::Passed(word),
                Step::Except { entered } => Event::Except { entered },
            };
            self.tell(event);
            Ok(matched)
        })?;
        self.tell(Event::ListTested { matched });
        Ok(matched)
    }

    /// Tells what is being done.
    fn tell(&self, event: Event<'_>) {
        self.world.log.event(&event);
    }

    /// Warns of something that is no error.
    fn warn(&self, problem: Problem) {
        self.world.log.diagnostic(&Diagnostic {
            place: self.place.cloned(),
            problem,
        });
    }

    /// Tells how a test came out.
    fn told(&self, test: Test<'_>, matched: bool) -> bool {
        self.tell(Event::Test { test, matched });
        matched
    }

    /// The string test.
    fn string_match(&self, word: &[u8], subject: Subject, value: &[u8]) -> bool {
        let form = Form::of(word);
        let test = Test::Text {
            subject,
            form,
            value,
        };
        self.told(test, form.matches(word, value))
    }

    /// Tests a word of a daemon list: `name`, `port`, `name@host`.
    ///
    /// # Errors
    /// The rule cannot be evaluated.
    pub fn daemon_match(&mut self, word: &[u8]) -> Result<bool, Problem> {
        match split_at_sign(word) {
            None => Ok(self.service_match(word)),
            Some((service, host)) => {
                Ok(self.service_match(service) && self.host_match(host, Side::Server)?)
            }
        }
    }

    /// A number is the local port and nothing else; any other word is a daemon name.
    fn service_match(&self, word: &[u8]) -> bool {
        match port_number(word) {
            Some(port) => {
                let local = self.request.server.port;
                self.told(Test::Port(local), port == local && port != 0)
            }
            None => self.string_match(word, Subject::Daemon, &self.request.daemon),
        }
    }

    /// Tests a word of a client list: `host` or `user@host`.
    ///
    /// # Errors
    /// The rule cannot be evaluated.
    pub fn client_match(&mut self, word: &[u8]) -> Result<bool, Problem> {
        let Some((user, host)) = split_at_sign(word) else {
            return self.host_match(word, Side::Client);
        };
        if !self.host_match(host, Side::Client)? {
            return Ok(false);
        }
        let asked = lookup::fetch_user(self.request, &self.world);
        if Form::of(user) != Form::All {
            asked?;
        }
        Ok(self.string_match(user, Subject::User, self.request.user.text()))
    }

    /// Tests a word in host position.
    ///
    /// # Errors
    /// A `/file` list that is there and cannot be used, or a netgroup that was not told in time.
    pub fn host_match(&mut self, word: &[u8], side: Side) -> Result<bool, Problem> {
        self.host_match_at(word, side, 0)
    }

    fn host_match_at(&mut self, word: &[u8], side: Side, depth: usize) -> Result<bool, Problem> {
        Ok(match HostPattern::parse(word) {
            HostPattern::Netgroup(group) => {
                self.fetch_name(side)?;
                let name = self.name(side).text();
                let answer = self.world.netgroups.contains_host(group, name);
                let matched = answer.map_err(|why| Problem::NoNetgroup(group.to_vec(), why))?;
                self.told(Test::Netgroup { side, name }, matched)
            }
            HostPattern::File(path) => return self.file_match(path, side, depth),
            HostPattern::DnsList(zone) => self.dns_list_match(zone, side)?,
            HostPattern::Slashes => {
                self.warn(Problem::NoList(word.to_vec()));
                self.told(Test::NoFile, false)
            }
            HostPattern::Known => {
                self.fetch_name(side)?;
                let host = self.request.host(side);
                let test = Test::Known {
                    side,
                    address: host.address_text(),
                    name: host.name.text(),
                };
                let matched = host.address().is_some() && host.name.known().is_some();
                self.told(test, matched)
            }
            HostPattern::Local => {
                self.fetch_name(side)?;
                let name = self.name(side);
                let matched = name.known().is_some_and(|name| !name.contains(&b'.'));
                let name = name.text();
                self.told(Test::Local { side, name }, matched)
            }
            HostPattern::Net { mask, scope } => self.net_match(mask, scope, side)?,
            HostPattern::Text { word, names } => self.text_match(word, names, side)?,
        })
    }

    fn net_match(
        &self,
        mask: Option<NetMask>,
        scope: Option<&[u8]>,
        side: Side,
    ) -> Result<bool, Problem> {
        let host = self.request.host(side);
        let matched = match (mask, host.address()) {
            (Some(mask), Some(address)) => {
                mask.contains(address)
                    && same_scope(scope, mask.link_local(), address, self.world.lookups)?
            }
            _ => false,
        };
        let test = Test::Net {
            side,
            sensible: mask.is_some(),
            value: host.address_text(),
        };
        Ok(self.told(test, matched))
    }

    /// Whether the address is on a DNS list. An end without an address is on none.
    fn dns_list_match(&self, zone: &[u8], side: Side) -> Result<bool, Problem> {
        let Some(zone) = dns_list::zone_name(zone) else {
            return Err(Problem::DnsListZone(zone.to_vec()));
        };
        let Some(address) = self.request.host(side).address() else {
            let (name, listed_as) = (None, None);
            let test = Test::DnsList {
                side,
                name,
                listed_as,
            };
            return Ok(self.told(test, false));
        };
        let entry = dns_list::look_up(address, zone, self.world.lookups)?;
        if let Some(odd) = entry.odd {
            self.warn(Problem::DnsListAnswer(entry.name.clone(), odd));
        }
        let test = Test::DnsList {
            side,
            name: Some(&entry.name),
            listed_as: entry.listed_as,
        };
        Ok(self.told(test, entry.listed_as.is_some()))
    }

    fn text_match(&mut self, word: &[u8], names: bool, side: Side) -> Result<bool, Problem> {
        if self.address_match(word, side)? {
            return Ok(true);
        }
        if !names {
            return Ok(false);
        }
        self.fetch_name(side)?;
        Ok(self.string_match(word, Subject::Name(side), self.name(side).text()))
    }

    /// Looks the name up, unless that was done.
    fn fetch_name(&mut self, side: Side) -> Result<(), Problem> {
        lookup::fetch_name(self.request, side, &self.world, self.place)
    }

    /// The name, as far as it was looked up.
    fn name(&self, side: Side) -> &Fact {
        &self.request.host(side).name
    }

    /// The string test for addresses, with bracketed IPv6 addresses compared as numbers.
    fn address_match(&self, word: &[u8], side: Side) -> Result<bool, Problem> {
        let host = self.request.host(side);
        let subject = Subject::Address(side);
        let Some(address) = host.address() else {
            return Ok(self.string_match(word, subject, host.address_text()));
        };
        let value = address.subject();
        Ok(match (Form::of(word), bracketed(word)) {
            (Form::Bracketed, Some(inside)) => {
                let (number, scope) = split_scope(inside);
                let wanted = parse_ipv6(number);
                let sensible = wanted.is_some();
                let matched = match wanted {
                    Some(wanted) => same_v6(wanted, scope, address, self.world.lookups)?,
                    None => false,
                };
                self.told(
                    Test::Address {
                        side,
                        sensible,
                        value,
                    },
                    matched,
                )
            }
            _ => self.string_match(word, subject, value),
        })
    }

    /// Tests the words of a `/file` list. A missing list is empty.
    fn file_match(&mut self, path: &[u8], side: Side, depth: usize) -> Result<bool, Problem> {
        let path = path_of(path);
        if depth >= MAX_LIST_DEPTH {
            return Err(Problem::ListNesting(path));
        }
        if self.request.lists >= MAX_LISTS {
            return Err(Problem::ListCount(path));
        }
        self.request.lists += 1;
        let (found, matched) = match super::open(&path, Kind::List, &self.world) {
            Ok(None) => (false, false),
            Ok(Some(mut words)) => (true, self.words_match(&mut *words, &path, side, depth)?),
            Err(error) => return Err(Problem::ListOpen(path, error)),
        };
        Ok(self.told(Test::File { found }, matched))
    }

    fn words_match(
        &mut self,
        words: &mut dyn Entries,
        path: &Path,
        side: Side,
        depth: usize,
    ) -> Result<bool, Problem> {
        loop {
            match words.next_entry(self.request, side) {
                Ok(Some(Entry {
                    text: word,
                    first: line,
                    ..
                })) => {
                    self.tell(Event::FileWord { path, line, word });
                    let matched = self.host_match_at(word, side, depth + 1)?;
                    self.tell(Event::Tested { matched });
                    if matched {
                        return Ok(true);
                    }
                }
                Ok(None) => {
                    if words.passed().nul {
                        self.warn(Problem::ListNulPassed(path.to_owned()));
                    }
                    return Ok(false);
                }
                Err(EntryError::Io(error)) => {
                    return Err(Problem::ListOpen(path.to_owned(), error));
                }
                Err(_) => return Err(Problem::ListWord(path.to_owned())),
            }
        }
    }
}

/// Whether an address is the one wanted. A mapped IPv4 address is that IPv4 address.
fn same_v6(
    wanted: Ipv6Addr,
    scope: Option<&[u8]>,
    address: &Address,
    lookups: &dyn Lookups,
) -> Result<bool, Problem> {
    match wanted.to_ipv4_mapped() {
        // An IPv4 address is on no link.
        Some(mapped) => Ok(scope.is_none() && address.v4() == Some(mapped)),
        None if address.v6() == Some(wanted) => same_scope(scope, true, address, lookups),
        None => Ok(false),
    }
}

/// Whether the scope of a pattern, if it has one, is the interface of the address. Each may be
/// written by number or, if the pattern is link-local (`named`), by name.
fn same_scope(
    wanted: Option<&[u8]>,
    named: bool,
    address: &Address,
    lookups: &dyn Lookups,
) -> Result<bool, Problem> {
    let index = |scope: &[u8], named: bool| match number::decimal(scope) {
        None if named => lookups
            .interface(scope)
            .map_err(|why| Problem::NoInterface(scope.to_vec(), why)),
        number => Ok(number),
    };
    let Some(wanted) = wanted else {
        return Ok(true);
    };
    let wanted = index(wanted, named)?;
    let scope = address
        .scope()
        .map_or(Ok(None), |scope| index(scope, true))?;
    Ok(wanted.is_some() && wanted == scope)
}

#[cfg(test)]
mod tests;
