//! A DNS server that says what the scenario wants, also the impossible.

use std::collections::HashMap;
use std::net::{IpAddr, UdpSocket};
use std::sync::{Arc, Mutex};

/// Types of records.
const A: u16 = 1;
const CNAME: u16 = 5;
const PTR: u16 = 12;
const AAAA: u16 = 28;

#[derive(Clone)]
enum Answer {
    /// Records: owner (as raw labels), type, data.
    Records(Vec<(Vec<u8>, u16, Vec<u8>)>),
    /// These bytes instead of a message; the query's id is put in front.
    Raw(Vec<u8>),
    /// A message without records and with this code of a response (RFC 1035, section 4.1.1).
    Code(u8),
    /// No answer at all.
    Silence,
}

type Zone = HashMap<(String, u16), Answer>;

/// The server at 127.0.0.1, port 53: the only one in the world's resolv.conf. What it
/// does not know does not exist.
#[derive(Clone)]
pub struct Dns {
    zone: Arc<Mutex<Zone>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Dns {
    /// Starts with an empty zone.
    pub fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:53").expect("bind the DNS port");
        let dns = Self {
            zone: Arc::default(),
            asked: Arc::default(),
        };
        let server = dns.clone();
        std::thread::spawn(move || server.serve(&socket));
        dns
    }

    /// A zone with good, lying and missing names, for most scenarios:
    ///
    /// | Client | Name | State |
    /// |---|---|---|
    /// | 127.0.0.1 | localhost | known, from the hosts file |
    /// | 127.0.0.2, 192.0.2.7, `::1`, 2001:db8::5 | good, host, six, five, each `.example.test` | known |
    /// | 127.0.0.3 | liar.example.test, whose address is another | paranoid |
    /// | 127.0.0.4 | lost.example.test, without address | paranoid |
    /// | 127.0.0.5 | alias.example.test, an alias of good | paranoid |
    /// | 127.0.0.6 | single | known, without a dot |
    /// | 127.0.0.9 | `10.evil.example` | known |
    /// | others | | unknown |
    pub fn usual() -> Self {
        let dns = Self::start();
        for (address, name) in [
            ("127.0.0.2", "good.example.test"),
            ("192.0.2.7", "host.example.test"),
            ("::1", "six.example.test"),
            ("2001:db8::5", "five.example.test"),
            ("127.0.0.6", "single"),
            ("127.0.0.9", "10.evil.example"),
        ] {
            dns.host(name, address);
        }
        dns.reverse("127.0.0.3", "liar.example.test")
            .forward("liar.example.test", "127.0.0.33");
        dns.reverse("127.0.0.4", "lost.example.test");
        dns.reverse("127.0.0.5", "alias.example.test");
        dns.alias("alias.example.test", "canon.example.test", "127.0.0.5");
        dns
    }

    /// A name and its address, both ways.
    pub fn host(&self, name: &str, address: &str) -> &Self {
        self.reverse(address, name).forward(name, address)
    }

    /// The name of an address. A dot within a label is written `\.`.
    pub fn reverse(&self, address: &str, name: &str) -> &Self {
        self.reverse_raw(address, labels(name))
    }

    /// The name of an address, as labels in wire format: any bytes.
    pub fn reverse_raw(&self, address: &str, wire: Vec<u8>) -> &Self {
        let owner = pointer(address.parse().expect("an address"));
        self.add(&owner, PTR, vec![(labels(&owner), PTR, wire)])
    }

    /// Adds an address of a name.
    pub fn forward(&self, name: &str, address: &str) -> &Self {
        let (kind, data) = address_record(address);
        self.add(name, kind, vec![(labels(name), kind, data)])
    }

    /// A name that is only an alias.
    pub fn alias(&self, name: &str, canonical: &str, address: &str) -> &Self {
        let (kind, data) = address_record(address);
        let alias = (labels(name), CNAME, labels(canonical));
        self.add(name, kind, vec![alias, (labels(canonical), kind, data)])
    }

    /// Never answers about the name of this address.
    pub fn silent(&self, address: &str) -> &Self {
        let owner = pointer(address.parse().expect("an address"));
        self.put(&owner, PTR, Answer::Silence)
    }

    /// Never answers about the addresses of this name.
    pub fn silent_forward(&self, name: &str) -> &Self {
        self.put(name, A, Answer::Silence)
            .put(name, AAAA, Answer::Silence)
    }

    /// Answers about the addresses of this name with this code, such as 2, SERVFAIL.
    pub fn fails(&self, name: &str, code: u8) -> &Self {
        self.put(name, A, Answer::Code(code))
    }

    /// Answers about the name of this address with these bytes, after the query's id.
    pub fn raw(&self, address: &str, bytes: &[u8]) -> &Self {
        let owner = pointer(address.parse().expect("an address"));
        self.put(&owner, PTR, Answer::Raw(bytes.to_vec()))
    }

    /// The queries so far, as `PTR 2.0.0.127.in-addr.arpa`; forgets them.
    pub fn queries(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn add(&self, name: &str, kind: u16, records: Vec<(Vec<u8>, u16, Vec<u8>)>) -> &Self {
        let key = (name.to_ascii_lowercase(), kind);
        let mut zone = self.zone.lock().unwrap();
        match zone.get_mut(&key) {
            Some(Answer::Records(known)) => known.extend(records),
            _ => drop(zone.insert(key, Answer::Records(records))),
        }
        drop(zone);
        self
    }

    fn put(&self, name: &str, kind: u16, answer: Answer) -> &Self {
        self.zone
            .lock()
            .unwrap()
            .insert((name.to_ascii_lowercase(), kind), answer);
        self
    }

    fn serve(&self, socket: &UdpSocket) {
        let mut buffer = [0; 1500];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
            if let Some(reply) = self.reply(&buffer[..length]) {
                let _ = socket.send_to(&reply, peer);
            }
        }
    }

    fn reply(&self, query: &[u8]) -> Option<Vec<u8>> {
        let (name, end) = question(query)?;
        let kind = u16::from_be_bytes([*query.get(end)?, *query.get(end + 1)?]);
        let shown = match kind {
            A => "A",
            AAAA => "AAAA",
            PTR => "PTR",
            _ => "?",
        };
        self.asked.lock().unwrap().push(format!("{shown} {name}"));
        let zone = self.zone.lock().unwrap();
        let known = zone.keys().any(|(known, _)| *known == name);
        match zone.get(&(name, kind)) {
            Some(Answer::Code(code)) => Some(message(query, end, *code, &[])),
            Some(Answer::Silence) => None,
            Some(Answer::Raw(bytes)) => Some([&query[..2], bytes].concat()),
            Some(Answer::Records(records)) => Some(message(query, end, 0, records)),
            None => Some(message(query, end, if known { 0 } else { 3 }, &[])),
        }
    }
}

/// The name asked about, in lower case, and where its type stands.
fn question(query: &[u8]) -> Option<(String, usize)> {
    let mut at = 12;
    let mut name = Vec::new();
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        name.push(String::from_utf8_lossy(query.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
    Some((name.join("."), at))
}

fn message(query: &[u8], end: usize, code: u8, records: &[(Vec<u8>, u16, Vec<u8>)]) -> Vec<u8> {
    let count = u8::try_from(records.len()).expect("few records");
    let mut reply = vec![
        query[0],
        query[1],
        0x85,
        0x80 | code,
        0,
        1,
        0,
        count,
        0,
        0,
        0,
        0,
    ];
    reply.extend(&query[12..end + 4]);
    for (owner, kind, data) in records {
        reply.extend(owner);
        reply.extend(kind.to_be_bytes());
        reply.extend([0, 1, 0, 0, 0, 60]);
        reply.extend(u16::try_from(data.len()).expect("short data").to_be_bytes());
        reply.extend(data);
    }
    reply
}

/// A name in wire format.
fn labels(name: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in name
        .replace("\\.", "\0")
        .split('.')
        .filter(|label| !label.is_empty())
    {
        wire.push(u8::try_from(label.len()).expect("a short label"));
        wire.extend(label.replace('\0', ".").bytes());
    }
    wire.push(0);
    wire
}

/// The name under which the reverse record of an address stands.
fn pointer(address: IpAddr) -> String {
    match address {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(ip) => {
            let nibbles = ip
                .octets()
                .into_iter()
                .rev()
                .flat_map(|byte| [byte & 15, byte >> 4]);
            let digits: String = nibbles.map(|nibble| format!("{nibble:x}.")).collect();
            digits + "ip6.arpa"
        }
    }
}

fn address_record(address: &str) -> (u16, Vec<u8>) {
    match address.parse().expect("an address") {
        IpAddr::V4(ip) => (A, ip.octets().to_vec()),
        IpAddr::V6(ip) => (AAAA, ip.octets().to_vec()),
    }
}
