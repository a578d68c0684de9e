//! The ident protocol (RFC 1413, before that RFC 931): the query, and the reading of its reply
//! (hosts_access(5), USER LOOKUP).
//!
//! Whoever runs the client machine chooses the reply, so it is data to be distrusted: anything but
//! one well-formed line for our two ports means `unknown`.

use std::net::SocketAddr;
use std::time::Duration;

use nom::bytes::complete::{tag, take_till, take_till1, take_while};
use nom::character::complete::char;
use nom::{IResult, Parser};

use crate::limits::MAX_IDENT_REPLY_BYTES;
use crate::request::facts::Fact;
use crate::text::bytes::is_blank;
use crate::text::number;
use crate::world::Ident;

/// The port of the ident service.
pub const IDENT_PORT: u16 = 113;

/// Asks the client's ident server who owns the connection.
///
/// No query is made about a connection to our own ident service: it would be answered by a service
/// that asks in its turn, without end.
pub fn look_up<I: Ident + ?Sized>(
    client: SocketAddr,
    server: SocketAddr,
    limit: Duration,
    ident: &I,
) -> Fact {
    if server.port() == IDENT_PORT || client.is_ipv4() != server.is_ipv4() {
        return Fact::Unknown;
    }
    let query = query(client.port(), server.port());
    match ident.ask(server, client, query.as_bytes(), limit) {
        Ok(reply) => reply
            .and_then(|reply| parse_reply(&reply, client.port(), server.port()))
            .map_or(Fact::Unknown, |user| Fact::from_user(&user)),
        Err(why) => Fact::InError(why),
    }
}

/// The query's text.
pub fn query(client_port: u16, server_port: u16) -> String {
    format!("{client_port},{server_port}\r\n")
}

/// The user in a reply for these two ports, if it has the form
/// `PORT , PORT : USERID : OPSYS : USER` up to a line feed or the longest length that is read.
pub fn parse_reply(reply: &[u8], client_port: u16, server_port: u16) -> Option<Vec<u8>> {
    if !reply.ends_with(b"\n") && reply.len() < MAX_IDENT_REPLY_BYTES {
        return None;
    }
    let (_, (client, server, user)) = reply_line(reply).ok()?;
    let ours = client == u32::from(client_port) && server == u32::from(server_port);
    (ours && !user.is_empty()).then(|| user.to_vec())
}

fn reply_line(input: &[u8]) -> IResult<&[u8], (u32, u32, &[u8])> {
    let (input, client) = port(input)?;
    let (input, _) = char(',').parse(input)?;
    let (input, server) = port(input)?;
    let (input, _) = (char(':'), blanks, tag("USERID"), blanks, char(':')).parse(input)?;
    let (input, _) = take_till1(|byte| byte == b':').parse(input)?;
    let (input, _) = (char(':'), blanks).parse(input)?;
    let (input, user) = take_till(|byte| is_blank(byte) || byte == 0).parse(input)?;
    Ok((input, (client, server, user)))
}

/// A number with blanks around it.
fn port(input: &[u8]) -> IResult<&[u8], u32> {
    let (input, _) = blanks(input)?;
    let (input, number) = number::leading_decimal(input).ok_or_else(|| {
        nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Digit))
    })?;
    let (input, _) = blanks(input)?;
    Ok((input, number))
}

fn blanks(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while(is_blank).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line per case of ident.md, section 2; the ports are 49832 and 36251.
    #[test]
    fn replies() {
        let long = "x".repeat(600);
        let endless = "x".repeat(1000);
        for (reply, user) in [
            ("49832, 36251 : USERID : UNIX : joe\r\n", Some("joe")),
            ("49832,36251:USERID:UNIX:joe\n", Some("joe")),
            ("\t49832\t,\t36251 :\tUSERID\t:UNIX:\tjoe\r\n", Some("joe")),
            ("+49832 , 036251 : USERID : OTHER : joe\n", Some("joe")),
            ("49832,36251:USERID: UNIX , US-ASCII :joe\n", Some("joe")),
            ("49832,36251:USERID:UNIX:joe blow\r\n", Some("joe")),
            ("49832,36251:USERID:UNIX: \r\n", None),
            ("49832,36251:USERID:UNIX:\r\n", None),
            ("49832,36251:USERID:UNIX:a:b\r\n", Some("a:b")),
            ("49832,36251:USERID:UNIX:a@b\r\n", Some("a@b")),
            ("49832,36251:USERID:UNIX:%s%n\r\n", Some("%s%n")),
            ("49832,36251:USERID:UNIX:a\rb\n", Some("a")),
            ("49832,36251:USERID:UNIX:a\0b\n", Some("a")),
            ("49832,36251:USERID::joe\n", None),
            ("49832,36251:USERID:UNIX\n", None),
            ("49832,36251:userid:UNIX:joe\n", None),
            ("49832,36251:USERIDX:UNIX:joe\n", None),
            ("49832,36251:ERROR:NO-USER\r\n", None),
            ("36251,49832:USERID:UNIX:joe\n", None),
            ("4295017128,36251:USERID:UNIX:joe\n", None),
            ("49832,36251:USERID:UNIX:joe", None),
            ("", None),
            ("\n", None),
            ("garbage\n", None),
            (&format!("49832,36251:USERID:UNIX:{long}\n"), Some(&long)),
            (&format!("49832,36251:USERID:{long}:joe\n"), Some("joe")),
            (
                &format!("49832,36251:USERID:UNIX:{endless}"),
                Some(&endless),
            ),
        ] {
            let found = parse_reply(reply.as_bytes(), 49832, 36251);
            assert_eq!(found.as_deref(), user.map(str::as_bytes), "{reply:?}");
        }
    }
}
