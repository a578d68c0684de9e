//! Keys: what a request must have for a rule or a word to have to do with it, and what a request has.
//!
//! A key stands for one form of [`HostPattern`] or daemon word. Both sides make the same keys: a word
//! one, a request all those that a word which matches it could have made. Equal keys prove nothing,
//! since the matcher looks again; different ones prove that the word does not match.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::Ipv6Net;
use memchr::memchr_iter;

use crate::address::Address;
use crate::address::netmask::NetMask;
use crate::address::notation::{parse_ipv6, split_scope};
use crate::request::{Request, Side};
use crate::table::compare::Form;
use crate::table::list::Words;
use crate::table::pattern::{HostPattern, port_number, split_at_sign};
use crate::text::bytes::bracketed;

/// Most different masks of IPv4 networks that are told apart: each costs every request a search. Words with
/// further ones are shown to every request.
const MAX_MASKS: usize = 64;

/// Longest word that a key stands for: no name or address in use is longer. Words that are longer are shown
/// to every request, so that neither they nor a client's name cost more than a look.
const MAX_WORD_BYTES: usize = 256;

/// Most services that are told apart in one daemon list. A longer list is taken for any service.
const MAX_SERVICES: usize = 16;

/// A text without regard to ASCII case. It is put in lower case piece by piece, since a table is read in
/// without a piece of memory for each word: the reserve of libwrap is for requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caseless<'k>(pub(super) &'k [u8]);

impl Hash for Caseless<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.len().hash(state);
        for piece in self.0.chunks(64) {
            let mut lower = [0; 64];
            for (place, byte) in lower.iter_mut().zip(piece) {
                *place = byte.to_ascii_lowercase();
            }
            state.write(lower.get(..piece.len()).unwrap_or_default());
        }
    }
}

/// Something that a request must have.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) enum Key<'k> {
    /// The service: its rules are shown whoever the client is.
    Shown(Service<'k>),
    /// The service, and a client name that nothing has asked for: its rules would ask.
    Asks(Service<'k>),
    /// An address or name equal to this text.
    Equal(Caseless<'k>),
    /// One that begins with this text and its final dot.
    Prefix(Caseless<'k>),
    /// One that ends in this text with its leading dot.
    Suffix(Caseless<'k>),
    /// An IPv4 address in this net.
    V4(Ipv4Addr, Ipv4Addr),
    /// An IPv6 address in this net.
    V6(Ipv6Addr, u8),
}

impl Key<'_> {
    /// A number for the key; two keys may share one, which costs a look and no more.
    pub(super) fn hash(self) -> u64 {
        let mut hasher = DefaultHasher::new();
        Hash::hash(&self, &mut hasher);
        hasher.finish()
    }
}

/// One service that a daemon list names.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) enum Service<'k> {
    /// Any, or one that only the matcher can tell.
    Any,
    /// The one with this name.
    Name(Caseless<'k>),
    /// The one at this local port.
    Port(u16),
}

impl Service<'_> {
    /// A short mark by which postings are told apart; 0 is any service.
    pub(super) fn mark(self) -> u32 {
        match self {
            Self::Any => 0,
            _ => Key::Shown(self).hash() as u32 | 1,
        }
    }
}

/// The services that a daemon list may match.
#[derive(Clone, Copy, Debug)]
pub(super) struct Services<'l> {
    services: [Service<'l>; MAX_SERVICES],
    count: usize,
    /// Whether even testing the list may look something up.
    pub(super) unclear: bool,
}

impl<'l> Services<'l> {
    const NONE: Self = Self {
        services: [Service::Any; MAX_SERVICES],
        count: 0,
        unclear: false,
    };

    /// Any service.
    pub(super) const ALL: Self = Self {
        count: 1,
        ..Self::NONE
    };

    const UNCLEAR: Self = Self {
        unclear: true,
        ..Self::ALL
    };

    /// Reads a daemon list. What stands after EXCEPT counts only where something before it matches.
    pub(super) fn of(daemons: &'l [u8]) -> Self {
        if daemons.contains(&b'@') {
            return Self::UNCLEAR;
        }
        let mut found = Self::NONE;
        for word in Words::new(daemons).before_except() {
            let service = match (port_number(word), Form::of(word)) {
                (Some(port), _) => Service::Port(port),
                (None, Form::Equal) => Service::Name(Caseless(word)),
                (None, Form::Bracketed) => continue,
                (None, _) => return Self::ALL,
            };
            let Some(place) = found.services.get_mut(found.count) else {
                return Self::ALL;
            };
            *place = service;
            found.count += 1;
        }
        found
    }

    /// Each of them.
    pub(super) fn each(&self) -> &[Service<'l>] {
        self.services.get(..self.count).unwrap_or(&[Service::Any])
    }
}

/// What words of a client list or a `/file` list ask of a host.
#[derive(Debug, Default)]
pub(super) struct Demands {
    /// Whether no key tells: the words are to be tested for every host.
    pub(super) always: bool,
    /// Whether testing them asks for the host's name, unless its address matches.
    pub(super) asks: bool,
    /// Keys of which the host must have one.
    pub(super) keys: Vec<u64>,
}

impl Demands {
    /// Makes them those of something that is to be tested for every host.
    pub(super) fn set_always(&mut self) {
        self.clear();
        self.always = true;
    }

    /// Makes them those of a client list: of the words before EXCEPT, one must match.
    pub(super) fn set_clients(&mut self, clients: &[u8], kinds: &mut Kinds) {
        self.clear();
        for word in Words::new(clients).before_except() {
            // The user is asked for only where the host matches.
            let host = split_at_sign(word).map_or(word, |(_, host)| host);
            self.add(host, kinds);
        }
    }

    /// Makes them those of one word in host position.
    pub(super) fn set_word(&mut self, word: &[u8], kinds: &mut Kinds) {
        self.clear();
        self.add(word, kinds);
    }

    /// Keeps the memory.
    fn clear(&mut self) {
        (self.always, self.asks) = (false, false);
        self.keys.clear();
    }

    fn add(&mut self, word: &[u8], kinds: &mut Kinds) {
        match HostPattern::parse(word) {
            HostPattern::Netgroup(_)
            | HostPattern::File(_)
            | HostPattern::DnsList(_)
            | HostPattern::Slashes
            | HostPattern::Known
            | HostPattern::Local => self.always = true,
            HostPattern::Net { mask, .. } => self.add_net(mask, kinds),
            HostPattern::Text { word, names } => {
                self.asks |= names;
                self.add_text(word, kinds);
            }
        }
    }

    /// Where there is no memory for a key, none tells.
    fn add_key(&mut self, key: Key<'_>) {
        match self.keys.try_reserve(1) {
            Ok(()) => self.keys.push(key.hash()),
            Err(_) => self.always = true,
        }
    }

    fn add_text(&mut self, word: &[u8], kinds: &mut Kinds) {
        if word.len() > MAX_WORD_BYTES {
            self.always = true;
            return;
        }
        let text = Caseless(word);
        match Form::of(word) {
            Form::Glob | Form::All | Form::Known => self.always = true,
            Form::Suffix => {
                kinds.suffixes = true;
                self.add_key(Key::Suffix(text));
            }
            Form::Prefix => {
                kinds.prefixes = true;
                self.add_key(Key::Prefix(text));
            }
            Form::Equal => self.add_key(Key::Equal(text)),
            Form::Bracketed => {
                let inside = bracketed(word).map(|inside| split_scope(inside).0);
                let wanted = inside.and_then(parse_ipv6);
                self.add_net(wanted.map(single), kinds);
            }
        }
    }

    /// A net; `None` is one that never matches.
    fn add_net(&mut self, net: Option<NetMask>, kinds: &mut Kinds) {
        match net {
            None => {}
            Some(NetMask::V4(net, mask)) => {
                if kinds.has_room_for(mask) {
                    self.add_key(Key::V4(net, mask));
                } else {
                    self.always = true;
                }
            }
            Some(NetMask::V6(net)) => {
                let length = net.prefix_len();
                if !kinds.v6.contains(&length) {
                    kinds.v6.push(length);
                }
                self.add_key(Key::V6(net.network(), length));
            }
        }
    }
}

/// The net that a single address is. A mapped IPv4 address is that IPv4 address.
fn single(address: Ipv6Addr) -> NetMask {
    match address.to_ipv4_mapped() {
        Some(mapped) => NetMask::V4(mapped, Ipv4Addr::BROADCAST),
        None => NetMask::V6(address.into()),
    }
}

/// The kinds of keys that the words of a text have: a request need not look for others.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    prefixes: bool,
    suffixes: bool,
    /// Masks of IPv4 nets.
    v4: Vec<Ipv4Addr>,
    /// Prefix lengths of IPv6 nets.
    v6: Vec<u8>,
}

impl Kinds {
    fn has_room_for(&mut self, mask: Ipv4Addr) -> bool {
        let known = self.v4.contains(&mask);
        if !known && self.v4.len() < MAX_MASKS {
            self.v4.push(mask);
            return true;
        }
        known
    }
}

/// The marks of a request's service.
pub(super) fn service_marks(request: &Request) -> [u32; 2] {
    [
        Service::Name(Caseless(&request.daemon)).mark(),
        Service::Port(request.server.port).mark(),
    ]
}

/// Gives each key that one end of a request has, as it is known now.
pub(super) fn keys_of(request: &Request, side: Side, kinds: &Kinds, mut each: impl FnMut(u64)) {
    let host = request.host(side);
    let services = [
        Service::Any,
        Service::Name(Caseless(&request.daemon)),
        Service::Port(request.server.port),
    ];
    for service in services {
        each(Key::Shown(service).hash());
        if !host.name.is_answered() {
            each(Key::Asks(service).hash());
        }
    }
    let address = host.address();
    let subject = address.map_or(host.address_text(), Address::subject);
    text_keys(subject, kinds, &mut each);
    if host.name.is_answered() {
        text_keys(host.name.text(), kinds, &mut each);
    }
    if let Some(address) = address {
        net_keys(address, kinds, &mut each);
    }
}

/// The keys of words that match a text. A name may be long, and all dots.
fn text_keys(text: &[u8], kinds: &Kinds, each: &mut impl FnMut(u64)) {
    each(Key::Equal(Caseless(text)).hash());
    if !kinds.prefixes && !kinds.suffixes {
        return;
    }
    for dot in memchr_iter(b'.', text) {
        let short = |part: &&[u8]| part.len() <= MAX_WORD_BYTES;
        let head = text.get(..=dot).filter(short).filter(|_| kinds.prefixes);
        let tail = text.get(dot..).filter(short).filter(|_| kinds.suffixes);
        head.into_iter()
            .for_each(|head| each(Key::Prefix(Caseless(head)).hash()));
        tail.into_iter()
            .for_each(|tail| each(Key::Suffix(Caseless(tail)).hash()));
    }
}

/// The keys of nets that an address is in.
fn net_keys(address: &Address, kinds: &Kinds, each: &mut impl FnMut(u64)) {
    if let Some(v4) = address.v4() {
        for mask in &kinds.v4 {
            each(Key::V4(v4 & *mask, *mask).hash());
        }
    }
    if let Some(v6) = address.v6() {
        let nets = kinds
            .v6
            .iter()
            .filter_map(|length| Ipv6Net::new(v6, *length).ok());
        for net in nets {
            each(Key::V6(net.network(), net.prefix_len()).hash());
        }
    }
}
