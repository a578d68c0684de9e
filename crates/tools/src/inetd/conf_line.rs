//! The lines of inetd.conf, as the original's tools read them.

use std::path::PathBuf;

use hosts_access::text::bytes::path_of;

use crate::paths::base_name;

/// The lines that start a program.
pub(super) fn read(text: &[u8]) -> impl Iterator<Item = InetdLine> {
    let lines = logical_lines(text).into_iter();
    lines.filter_map(|(line, text)| InetdLine::parse(&text, line))
}

/// A line that starts a program.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InetdLine {
    /// The protocol, as `tcp` or `rpc/tcp`.
    pub protocol: Vec<u8>,
    /// Whether the service takes datagrams.
    pub datagrams: bool,
    /// The user, with the group if the line gives one.
    pub user: Option<String>,
    /// The program.
    pub path: PathBuf,
    /// The first word of the program's arguments.
    pub name: Option<Vec<u8>>,
    /// The others.
    pub arguments: Vec<String>,
    /// The number of its last physical line.
    pub line: u64,
}

impl InetdLine {
    /// Reads a line. `None`: it starts no program.
    fn parse(text: &[u8], line: u64) -> Option<Self> {
        let mut words = text
            .split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
            .filter(|word| !word.is_empty());
        let service = words.next()?;
        let kind = if is_socket_type(service) {
            service
        } else {
            words.next()?
        };
        let protocol = words.next()?;
        let _wait = words.next()?;
        let user = words.next()?;
        let path = match user {
            [b'/', ..] => user,
            _ => skip_number(&mut words)?,
        };
        let path = path.strip_prefix(b"?").unwrap_or(path);
        if path.eq_ignore_ascii_case(b"internal") {
            return None;
        }
        Some(Self {
            protocol: protocol.to_vec(),
            datagrams: kind.eq_ignore_ascii_case(b"dgram"),
            user: (!user.starts_with(b"/")).then(|| String::from_utf8_lossy(user).into_owned()),
            path: path_of(path),
            name: skip_number(&mut words).map(<[u8]>::to_vec),
            arguments: words
                .map(|word| String::from_utf8_lossy(word).into_owned())
                .collect(),
            line,
        })
    }

    /// The name that rules know the daemon by: without its folders, if its path is a full one.
    pub(super) fn daemon_name(&self) -> &[u8] {
        match self.name.as_deref().unwrap_or_default() {
            path @ [b'/', ..] => base_name(path),
            name => name,
        }
    }
}

fn is_socket_type(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"stream") || word.eq_ignore_ascii_case(b"dgram")
}

/// The next word, or the one after it if it is a number or a range of numbers.
fn skip_number<'t>(words: &mut impl Iterator<Item = &'t [u8]>) -> Option<&'t [u8]> {
    let word = words.next()?;
    if word
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'-')
    {
        words.next()
    } else {
        Some(word)
    }
}

/// Lines with their continuations joined and the number of their last line; comments and blank
/// lines are left out.
fn logical_lines(text: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut lines = Vec::new();
    let mut joined = Vec::new();
    let mut last = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        last += 1;
        if let Some(begun) = line.strip_suffix(b"\\\n") {
            joined.extend_from_slice(begun);
            continue;
        }
        joined.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
        lines.push((last, std::mem::take(&mut joined)));
    }
    if !joined.is_empty() {
        lines.push((last, joined));
    }
    lines.retain(|(_, line)| {
        let first = line.iter().find(|byte| !matches!(byte, b' ' | b'\t'));
        !matches!(first, None | Some(b'#'))
    });
    lines
}
