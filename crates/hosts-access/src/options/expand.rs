//! `%` expansions (hosts_access(5), EXPANSIONS), and the filter that makes their values safe.
//!
//! Every value keeps only characters that mean nothing to a shell; the value itself stays as it
//! came for patterns, the log and file names. `%n`, `%N` and `%u` look up what they show; the
//! others show what is known already. What could not be asked for is shown as unknown, with a warning; a rule with
//! an aclexec is in error then, since its command would judge by it.

use std::error::Error;
use std::fmt;

use crate::action::ShellText;
use crate::lookup::{fetch_name, fetch_user};
use crate::report::problem::{Diagnostic, Problem};
use crate::request::{Request, Side};
use crate::table::place::Place;
use crate::world::World;

/// The result would be longer than the bound given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expansion too long")
    }
}

impl Error for TooLong {}

/// Expands a text.
///
/// An unknown letter stands for nothing and is logged; a `%` at the end stands for itself.
///
/// # Errors
/// [`TooLong`].
pub fn expand(
    text: &[u8],
    request: &mut Request,
    world: &World<'_>,
    place: Option<&Place>,
    bound: usize,
) -> Result<ShellText, TooLong> {
    let mut expanded = Vec::with_capacity(text.len().min(bound));
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        let (literal, tail) = rest.split_at(at);
        append(&mut expanded, literal, bound)?;
        let Some((letter, after)) = tail.get(1..).and_then(<[u8]>::split_first) else {
            rest = tail;
            break;
        };
        rest = after;
        if *letter == b'%' {
            append(&mut expanded, b"%", bound)?;
        } else if let Some(value) = value(*letter, request, world, place) {
            append(&mut expanded, &filter(value), bound)?;
        } else {
            world.log.diagnostic(&Diagnostic {
                place: place.cloned(),
                problem: Problem::UnrecognizedExpansion(*letter),
            });
        }
    }
    append(&mut expanded, rest, bound)?;
    Ok(ShellText::new(expanded))
}

fn append(expanded: &mut Vec<u8>, text: &[u8], bound: usize) -> Result<(), TooLong> {
    if expanded.len() + text.len() > bound {
        return Err(TooLong);
    }
    expanded.extend_from_slice(text);
    Ok(())
}

/// What a letter stands for, before the filter.
fn value(
    letter: u8,
    request: &mut Request,
    world: &World<'_>,
    place: Option<&Place>,
) -> Option<Vec<u8>> {
    let asked = match letter {
        b'n' => fetch_name(request, Side::Client, world, place),
        b'N' => fetch_name(request, Side::Server, world, place),
        b'u' => fetch_user(request, world),
        _ => Ok(()),
    };
    if let Err(problem) = asked {
        world.log.diagnostic(&Diagnostic {
            place: place.cloned(),
            problem,
        });
    }
    Some(match letter {
        b'a' => request.client.address_text().to_vec(),
        b'A' => request.server.address_text().to_vec(),
        b'c' => request.client_info(),
        b'd' => request.daemon.clone(),
        b'h' => request.client.name_or_address().to_vec(),
        b'H' => request.server.name_or_address().to_vec(),
        b'n' => request.client.name.text().to_vec(),
        b'N' => request.server.name.text().to_vec(),
        b'p' => request.pid.to_string().into_bytes(),
        b'r' => request.client.port.to_string().into_bytes(),
        b'R' => request.server.port.to_string().into_bytes(),
        b's' => request.server_info(),
        b'u' => request.user.text().to_vec(),
        _ => return None,
    })
}

/// Replaces each byte that could mean something to a shell by `_`.
pub fn filter(mut value: Vec<u8>) -> Vec<u8> {
    for byte in &mut value {
        if !is_safe(*byte) {
            *byte = b'_';
        }
    }
    value
}

/// The characters that pass the filter.
fn is_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!@%-_=+:,./".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeWorld;
    use crate::request::Host;
    use crate::request::facts::Fact;

    fn shown(text: &str, request: &mut Request, fake: &FakeWorld) -> String {
        let expanded = expand(text.as_bytes(), request, &fake.world(), None, 4096).unwrap();
        String::from_utf8(expanded.as_bytes().to_vec()).unwrap()
    }

    fn request() -> (FakeWorld, Request) {
        let fake = FakeWorld::new()
            .pointer("192.0.2.7", "host.example.org")
            .forward("host.example.org", "host.example.org", &["192.0.2.7"])
            .ident("joe");
        let client = Host::from_socket("192.0.2.7:4711".parse().unwrap(), "192.0.2.7");
        let server = Host::from_socket("192.0.2.1:22".parse().unwrap(), "192.0.2.1");
        let mut request = Request::new("svcd", client, server);
        request.stream = true;
        request.pid = 42;
        (fake, request)
    }

    #[test]
    fn letters() {
        for (text, expected) in [
            ("%a %A", "192.0.2.7 192.0.2.1"),
            ("%n %N", "host.example.org unknown"),
            ("%h %n %h", "192.0.2.7 host.example.org host.example.org"),
            ("%c %u %c", "192.0.2.7 joe joe@192.0.2.7"),
            ("%H %s", "192.0.2.1 svcd@192.0.2.1"),
            ("%d %p", "svcd 42"),
            ("%r %R", "4711 22"),
            ("100%% %%a", "100% %a"),
            ("x%", "x%"),
            ("%x%9% %é.", "\u{fffd}."),
            ("%U", ""),
        ] {
            let (fake, mut request) = request();
            let expanded = expand(text.as_bytes(), &mut request, &fake.world(), None, 99).unwrap();
            assert_eq!(
                String::from_utf8_lossy(expanded.as_bytes()),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn unknown_letters_are_logged() {
        let (fake, mut request) = request();
        shown("%x %!", &mut request, &fake);
        assert_eq!(
            fake.logged(),
            ["warning: unrecognized %x", "warning: unrecognized %!"]
        );
    }

    #[test]
    fn the_filter_leaves_the_value_itself_alone() {
        let (fake, mut request) = request();
        request.user = Fact::from_value(b"-a;b$(id)`\x1b\xff!@%-_=+:,./");
        assert_eq!(shown("%u", &mut request, &fake), "-a_b__id____!@%-_=+:,./");
        assert_eq!(request.user.text(), b"-a;b$(id)`\x1b\xff!@%-_=+:,./");
    }

    #[test]
    fn the_bound_is_exact() {
        let (fake, mut request) = request();
        let world = fake.world();
        assert!(expand(b"%dabcd", &mut request, &world, None, 8).is_ok());
        assert_eq!(
            expand(b"%dabcde", &mut request, &world, None, 8),
            Err(TooLong)
        );
    }
}
