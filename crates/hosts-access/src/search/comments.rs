//! Comments that tcp_wrappers 7.6 obeys as rules, since their `#` is not the first byte of the line: which of
//! them would have refused a client that is granted.
//!
//! Nothing here decides, and nothing is looked up for it: where a name, a user or a netgroup would be needed
//! that nobody has asked for, or a command's answer, there is no telling, so nothing is told.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::address::Family;
use crate::options::Fields;
use crate::report::problem::Diagnostic;
use crate::request::Request;
use crate::request::facts::{Answer, Unanswered};
use crate::search::access::{Decision, Tables, Verdict};
use crate::search::matcher::Matcher;
use crate::table::line::Lines;
use crate::table::place::Place;
use crate::table::rule::split_daemons;
use crate::world::{Forward, Ident, Log, Netgroups, Resolver, World};

/// The comment by which tcp_wrappers 7.6 refuses a client that was granted here, if it is certain that it
/// does: it takes the first rule that matches, in hosts.allow and then hosts.deny.
pub fn refusing_comment(
    tables: &Tables,
    decision: &Decision,
    request: &Request,
    world: &World<'_>,
) -> Option<Place> {
    if decision.verdict != Verdict::Granted || !decision.live_comments {
        return None;
    }
    for (path, denies) in [(&tables.allow, false), (&tables.deny, true)] {
        let decided = decision.matched.as_ref();
        let decided = decided.filter(|place| *place.table == **path);
        let end = decided.map_or(u64::MAX, |place| place.first_line);
        match first_match(path, denies, end, request, world) {
            None if decided.is_some() => return None,
            None => {}
            Some((refuses, place)) => return refuses.then_some(place),
        }
    }
    None
}

/// The first comment before a line that is a rule with a known outcome for this client: whether it refuses.
fn first_match(
    path: &Path,
    denies: bool,
    end: u64,
    request: &Request,
    world: &World<'_>,
) -> Option<(bool, Place)> {
    let mut lines = Lines::new(world.files.open(path).ok()??);
    let table: Arc<Path> = Arc::from(path);
    while let Ok(Some(line)) = lines.next_live_comment() {
        if line.first >= end {
            break;
        }
        let place = Place {
            table: Arc::clone(&table),
            first_line: line.first,
            line: line.last,
        };
        let options = match match_offline(line.text, &place, request, world) {
            CommentMatch::NoMatch => continue,
            CommentMatch::Unknown => return None,
            CommentMatch::Match(options) => options,
        };
        let mut refuses = denies;
        for field in Fields::new(options.unwrap_or_default()) {
            match &field.keyword.to_ascii_lowercase()[..] {
                b"aclexec" => return None,
                b"allow" => refuses = false,
                b"deny" | b"twist" => refuses = true,
                _ => {}
            }
        }
        return Some((refuses, place));
    }
    None
}

/// What is known of a rule without asking anybody.
enum CommentMatch<'l> {
    NoMatch,
    /// It matches, with these options.
    Match(Option<&'l [u8]>),
    /// Somebody would have to be asked.
    Unknown,
}

fn match_offline<'l>(
    text: &'l [u8],
    place: &Place,
    request: &Request,
    world: &World<'_>,
) -> CommentMatch<'l> {
    let Some((daemons, rest)) = split_daemons(text) else {
        return CommentMatch::NoMatch;
    };
    let nobody = Nobody::default();
    let mut request = request.clone();
    let mut matcher = Matcher {
        request: &mut request,
        world: World {
            lookups: &nobody,
            netgroups: &nobody,
            log: &nobody,
            ..*world
        },
        place: Some(place),
    };
    match matcher.rule_match(daemons, rest) {
        _ if nobody.asked.get() => CommentMatch::Unknown,
        Ok(None) => CommentMatch::NoMatch,
        Ok(Some(options)) => CommentMatch::Match(options),
        Err(_) => CommentMatch::Unknown,
    }
}

/// Whom nobody is to ask, and who remembers that somebody did.
#[derive(Default)]
struct Nobody {
    asked: Cell<bool>,
}

impl Nobody {
    fn ask<T>(&self) -> Answer<T> {
        self.asked.set(true);
        Ok(None)
    }
}

impl Resolver for Nobody {
    fn name_of(&self, _address: SocketAddr) -> Answer<Vec<u8>> {
        self.ask()
    }

    fn addresses_of(&self, _name: &[u8], _family: Family) -> Answer<Forward> {
        self.ask()
    }

    fn list_entry(&self, _name: &[u8]) -> Answer<Vec<Ipv4Addr>> {
        self.ask()
    }

    fn interface_index(&self, _name: &[u8]) -> Answer<u32> {
        self.ask()
    }
}

impl Ident for Nobody {
    fn ask(
        &self,
        _server: SocketAddr,
        _client: SocketAddr,
        _query: &[u8],
        _limit: Duration,
    ) -> Answer<Vec<u8>> {
        self.ask()
    }
}

impl Netgroups for Nobody {
    fn contains_host(&self, _group: &[u8], _host: &[u8]) -> Result<bool, Unanswered> {
        self.ask::<bool>().map(|found| found.is_some())
    }
}

impl Log for Nobody {
    fn diagnostic(&self, _diagnostic: &Diagnostic) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeWorld;
    use crate::request::Host;

    fn told(allow: &str, deny: &str) -> Option<String> {
        let fake = FakeWorld::new()
            .file("/etc/hosts.allow", allow)
            .file("/etc/hosts.deny", deny)
            .file("/list", "10.\n192.0.2.\n");
        let mut request = Request::new("svcd", Host::from_text("192.0.2.7"), Host::unknown());
        let (tables, world) = (Tables::in_folder("/etc"), fake.world());
        let decision =
            crate::search::access::hosts_access(&tables, &mut request, &world, &mut fake.effects());
        let place = refusing_comment(&tables, &decision, &request, &world);
        place.map(|place| place.to_string())
    }

    #[test]
    fn only_a_comment_that_certainly_refuses_is_told() {
        let deny = |line: u64| Some(format!("/etc/hosts.deny, line {line}"));
        let allow = |line: u64| Some(format!("/etc/hosts.allow, line {line}"));
        for (allowed, denied, expected) in [
            ("", " # ALL: ALL\n", deny(1)),
            ("", "\n # svcd ftpd: 192.0.2.0/24\n", deny(2)),
            ("", " # ALL: /list\n", deny(1)),
            ("", " # ALL: ALL EXCEPT 10.\n", deny(1)),
            ("", " # ALL: ALL: twist echo\n", deny(1)),
            ("", " # ALL: ALL\nsvcd: ALL: allow\n", deny(1)),
            ("svcd: 10.\n", " # ALL: ALL\n", deny(1)),
            (" # svcd: ALL: deny\nsvcd: ALL\n", "", allow(1)),
            ("svcd: ALL\n # svcd: ALL: deny\n", "", None),
            ("svcd: ALL\n", " # ALL: ALL\n", None),
            (" # ALL: ALL\n", " # ALL: ALL\n", None),
            ("", " # ALL: 10.\n", None),
            ("", " # ALL: ALL EXCEPT 192.\n", None),
            ("", " # ALL: /nowhere\n", None),
            ("", " # ALL ALL\n", None),
            ("", "# ALL: ALL\n", None),
            ("", " # ALL: ALL\nALL: ALL\n", None),
            ("", "svcd: ALL: allow\n # ALL: ALL\n", None),
            // There is no telling.
            ("", " # ALL: ALL: aclexec true\n # ALL: ALL\n", None),
            ("", " # ALL: joe@ALL\n", None),
            ("", " # ALL: @group\n", None),
        ] {
            assert_eq!(told(allowed, denied), expected, "{allowed:?} {denied:?}");
        }
    }
}
