//! `%` expansions, of a text with values that a client, its name server and its ident server chose.

use hosts_access::options::expand::{TooLong, expand};
use hosts_access::request::facts::Fact;
use hosts_access::request::{Host, Request};

use crate::{choice, facts, texts};

/// Checks an expansion against one told plainly, and that its bound is exact.
pub fn check(input: &[u8]) {
    let (choice, rest) = choice(input);
    let [name, user, daemon, text] = texts(rest);
    let mut request = request(choice, name, user, daemon);
    let expected = plainly_expanded(text, &request);
    // Near the length, so that the bound is met from both sides.
    let bound = (expected.len() + usize::from(choice / 4 % 8)).saturating_sub(4);
    facts::with_world(|world| {
        let world = world.clone();
        match expand(text, &mut request, &world.world(), None, bound) {
            Ok(expanded) => {
                assert_eq!(expanded.as_bytes(), expected);
                assert!(expected.len() <= bound);
            }
            Err(TooLong) => assert!(expected.len() > bound),
        }
        for said in world.messages() {
            assert!(!said.text.contains(char::is_control), "{:?}", said.text);
        }
    });
}

fn request(choice: u8, name: &[u8], user: &[u8], daemon: &[u8]) -> Request {
    let client = match choice & 1 {
        0 => Host::from_text("192.0.2.7"),
        _ => Host::unknown(),
    };
    let server = match choice & 2 {
        0 => Host::from_text("fe80::1%lo").with_port(22),
        _ => Host::unknown(),
    };
    let mut request = Request::new(daemon, client.with_name(Fact::from_value(name)), server);
    request.user = Fact::from_value(user);
    request.pid = 4711;
    request
}

/// An expansion without a bound, told without regard to memory. Every fact is known already.
fn plainly_expanded(text: &[u8], request: &Request) -> Vec<u8> {
    let or = |known: Option<&[u8]>, other: &[u8]| known.unwrap_or(other).to_vec();
    let address = |host: &Host| or(host.address().map(|address| address.text()), b"unknown");
    let host = |host: &Host| or(host.name.known(), &address(host));
    let at = |left: &[u8], right: Vec<u8>| [left, b"@", &right].concat();
    let mut expanded = Vec::new();
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        let value = match (byte, rest.as_slice().first()) {
            (b'%', Some(b'%')) => b"%".to_vec(),
            (b'%', Some(b'a')) => address(&request.client),
            (b'%', Some(b'A')) => address(&request.server),
            (b'%', Some(b'c')) => match request.user.known() {
                Some(user) => at(user, host(&request.client)),
                None => host(&request.client),
            },
            (b'%', Some(b'd')) => request.daemon.clone(),
            (b'%', Some(b'h')) => host(&request.client),
            (b'%', Some(b'H')) => host(&request.server),
            (b'%', Some(b'n')) => request.client.name.text().to_vec(),
            (b'%', Some(b'N')) => request.server.name.text().to_vec(),
            (b'%', Some(b'p')) => b"4711".to_vec(),
            (b'%', Some(b'r')) => b"0".to_vec(),
            (b'%', Some(b'R')) => request.server.port.to_string().into(),
            (b'%', Some(b's')) => match request.server.address() {
                Some(_) => at(&request.daemon, host(&request.server)),
                None => request.daemon.clone(),
            },
            (b'%', Some(b'u')) => request.user.text().to_vec(),
            (b'%', Some(_)) => Vec::new(),
            _ => {
                expanded.push(*byte);
                continue;
            }
        };
        rest.next();
        expanded.extend(value.into_iter().map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => byte,
            b'!' | b'@' | b'%' | b'-' | b'_' | b'=' | b'+' | b':' | b',' | b'.' | b'/' => byte,
            _ => b'_',
        }));
    }
    expanded
}
