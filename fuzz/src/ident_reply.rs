//! The reply of a client's ident server, and the line that the log shows of it.

use hosts_access::limits::MAX_IDENT_REPLY_BYTES;
use hosts_access::lookup::ident::parse_reply;
use hosts_access::text::escape::Untrusted;

/// The ports of the connection: those of the seeds.
const CLIENT: u16 = 49832;
const SERVER: u16 = 22;

/// Checks the user that a reply names, against one told plainly.
pub fn check(input: &[u8]) {
    // As much as is ever read: one line, or so many bytes.
    let line = input.split_inclusive(|byte| *byte == b'\n').next();
    let line = line.unwrap_or_default();
    let reply = line.get(..MAX_IDENT_REPLY_BYTES).unwrap_or(line);
    let user = parse_reply(reply, CLIENT, SERVER);
    let complete = reply.ends_with(b"\n") || reply.len() == MAX_IDENT_REPLY_BYTES;
    let expected = plain_user(reply).filter(|_| complete);
    assert_eq!(user.as_deref(), expected);
    if let Some(user) = user {
        assert!(!user.is_empty() && user.len() <= MAX_IDENT_REPLY_BYTES);
        let shown = Untrusted(&user).to_string();
        assert!(
            shown.bytes().all(|byte| matches!(byte, b'!'..=b'~')),
            "{shown:?}"
        );
    }
}

/// The user in `PORT , PORT : USERID : OPSYS : USER`.
fn plain_user(reply: &[u8]) -> Option<&[u8]> {
    let mut fields = reply.splitn(4, |byte| *byte == b':');
    let ports = fields.next()?;
    let kind = fields.next()?;
    let system = fields.next()?;
    let user = fields.next()?;
    let comma = ports.iter().position(|byte| *byte == b',')?;
    let right =
        port(&ports[..comma])? == CLIENT.into() && port(&ports[comma + 1..])? == SERVER.into();
    if !right || trim(kind) != b"USERID" || system.is_empty() {
        return None;
    }
    let user = trim(user);
    let end = user.iter().position(|byte| is_blank(*byte) || *byte == 0);
    Some(&user[..end.unwrap_or(user.len())]).filter(|user| !user.is_empty())
}

fn port(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(trim(text)).ok()?;
    let digits = text.strip_prefix('+').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain
        .then_some(digits.trim_start_matches('0'))
        .map(|digits| {
            digits
                .parse()
                .unwrap_or(if digits.is_empty() { 0 } else { u64::MAX })
        })
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_blank(*last)
    {
        text = rest;
    }
    text
}

fn is_blank(byte: u8) -> bool {
    b" \t\n\x0b\x0c\r".contains(&byte)
}
