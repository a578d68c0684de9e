//! Cases written anew for the original: what a row of docs/differences.md says a construct means to
//! us is put in words that mean it to the original too.

mod ended;
mod lines;
mod nuls;

use hosts_access::address::notation::{dotted_quad, parse_ipv6};
use hosts_access::options::expand::filter;
use hosts_access::table::compare::{glob_match, is_glob};
use hosts_access::table::pattern::port_number;
use hosts_access::text::bytes::bracketed;
use hosts_access::text::number;

use crate::case::{ALLOW, Case, Content, DENY};
use crate::engine::plain;
use lines::{each_host, each_line, each_word, fields, is_separator, split_user};

pub(crate) use ended::{Ended, Same, ended};
pub(crate) use nuls::plain_nuls;

/// A host word that never matches and asks for no name.
const NEVER: &[u8] = b"0/0";

/// A host word that never matches and asks for the name, as every word does that may be one.
const NO_NAME: &[u8] = b"_";

/// Whose address the words of lists are compared with.
#[derive(Clone, Copy)]
pub(crate) enum Lists {
    Client,
    Server,
    /// Each list is there twice, once for clients and once for servers.
    Apart,
}

/// Where the lists for servers are, when those for clients are in their own places.
const SERVER_LISTS: &[u8] = b"/s";

/// Gives clients and servers lists of their own.
pub(crate) fn lists_apart(case: &mut Case) {
    let moved = |word: &[u8]| {
        word.starts_with(b"/")
            .then(|| [SERVER_LISTS, word].concat())
    };
    each_line(case, |_, line| {
        let (daemons, _) = fields(line);
        let left = each_word(&line[..daemons], is_separator, |word| {
            let (service, host) = word.split_at(split_user(word));
            let host = moved(host).filter(|_| !service.is_empty())?;
            Some([service, &host].concat())
        });
        line.splice(..daemons, left);
    });
    let lists = case.files.iter().filter(|(path, _)| is_list(path));
    let copies: Vec<_> = lists
        .map(|(path, content)| {
            let content = match content {
                Content::Text(text) => Content::Text(each_word(text, is_list_blank, moved)),
                other => other.clone(),
            };
            ([SERVER_LISTS, path].concat(), content)
        })
        .collect();
    case.files.extend(copies);
}

/// What separates the words of a list.
fn is_list_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// X8: no connection has port 0.
pub(crate) fn no_port_zero(case: &mut Case) {
    each_line(case, |_, line| {
        let (daemons, _) = fields(line);
        let left = each_word(&line[..daemons], is_separator, |word| {
            let at = split_user(word);
            let service = &word[..at.checked_sub(1).unwrap_or(word.len())];
            let rest = &word[service.len()..];
            (port_number(service) == Some(0)).then(|| [b"/", rest].concat())
        });
        line.splice(..daemons, left);
    });
}

/// O10: a user or group is not taken.
pub(crate) fn nobody(case: &mut Case) {
    each_line(case, |_, line| {
        let (_, clients) = fields(line);
        let mut options = Vec::new();
        for option in line[clients..].split_inclusive(|byte| *byte == b':') {
            let text = option.strip_suffix(b":").unwrap_or(option);
            let blanks = text.iter().take_while(|byte| is_list_blank(**byte)).count();
            let word = text[blanks..].to_ascii_lowercase();
            let taken = [&b"user"[..], b"group"].iter().any(|keyword| {
                let rest = word.strip_prefix(*keyword).and_then(<[u8]>::first);
                rest.is_some_and(|byte| is_separator(*byte) || *byte == b'=')
            });
            if taken {
                options.extend_from_slice(b"keepalive");
                options.extend_from_slice(&option[text.len()..]);
            } else {
                options.extend_from_slice(option);
            }
        }
        line.splice(clients.., options);
    });
}

/// The address as patterns see it.
fn subject(address: &[u8]) -> &[u8] {
    match address.strip_prefix(b"::ffff:") {
        Some(rest) if dotted_quad(rest).is_some() => rest,
        _ => address,
    }
}

fn split_net(word: &[u8]) -> Option<(&[u8], &[u8])> {
    if word.starts_with(b"@") {
        return None;
    }
    let mut depth = 0;
    let at = word.iter().position(|byte| {
        depth += i32::from(*byte == b'[') - i32::from(*byte == b']');
        *byte == b'/' && depth == 0
    })?;
    (at > 0).then(|| (&word[..at], &word[at + 1..]))
}

/// T2: networks that the original does not understand although they say plainly what they mean.
pub(crate) fn plain_networks(case: &mut Case, lists: Lists) {
    each_host(case, lists, |word, address| {
        let subject = dotted_quad(subject(address));
        let Some((net, mask)) = split_net(word) else {
            let mapped = parse_ipv6(bracketed(word)?)?.to_ipv4_mapped()?;
            let matches = subject == Some(mapped);
            return Some(if matches { b"ALL" } else { NO_NAME }.to_vec());
        };
        let truth = |matches: bool| Some(if matches { b"ALL" } else { NEVER }.to_vec());
        let length = number::decimal(mask);
        if let Some(v6) = bracketed(net).and_then(parse_ipv6) {
            let mapped = u32::from(v6.to_ipv4_mapped()?);
            let keep = length?.checked_sub(96).filter(|keep| *keep <= 32)?;
            let bits = u32::MAX.checked_shl(32 - keep).unwrap_or(0);
            return truth(subject.is_some_and(|ip| u32::from(ip) & bits == mapped & bits));
        }
        let quad = dotted_quad(net)?;
        let all = u32::MAX;
        let bits = match (dotted_quad(mask), length) {
            (Some(mask), _) => u32::from(mask),
            (None, Some(length)) if length <= 32 => all.checked_shl(32 - length).unwrap_or(0),
            _ => return None,
        };
        let odd = length == Some(0)
            || (dotted_quad(mask).is_some() && bits == all)
            || u32::from(quad) == all
            || subject.is_some_and(|ip| u32::from(ip) == all);
        if !odd {
            return None;
        }
        truth(subject.is_some_and(|ip| u32::from(ip) & bits == u32::from(quad)))
    });
}

/// T3: networks and ports with numbers that are none.
pub(crate) fn no_numbers(case: &mut Case, lists: Lists) {
    each_host(case, lists, |word, _| {
        let (net, mask) = split_net(word)?;
        let fits = if net.starts_with(b"[") {
            number::decimal(mask).is_some_and(|length| length <= 128)
        } else {
            dotted_quad(mask).is_some() || number::decimal(mask).is_some_and(|length| length <= 32)
        };
        (!fits).then(|| NEVER.to_vec())
    });
    let daemon = case.daemon.clone();
    each_line(case, |_, line| {
        let (daemons, _) = fields(line);
        let left = each_word(&line[..daemons], is_separator, |word| {
            let at = split_user(word);
            let name = &word[..at
                .saturating_sub(1)
                .max(if at == 0 { word.len() } else { 0 })];
            let digits = name.trim_ascii_start();
            let digits = digits.strip_prefix(b"\x0b").unwrap_or(digits);
            let digits = digits.strip_prefix(b"+").unwrap_or(digits);
            let wraps = !digits.is_empty()
                && digits.iter().all(u8::is_ascii_digit)
                && number::decimal(digits).is_none_or(|port| port > 65535);
            let name_too = if daemon.eq_ignore_ascii_case(name) {
                &b"*"[..]
            } else {
                b"/"
            };
            wraps.then(|| [name_too, &word[name.len()..]].concat())
        });
        *line = [&left[..], &line[daemons..]].concat();
    });
}

/// T3: numbers of options that are none.
pub(crate) fn no_values(case: &mut Case) {
    each_line(case, |_, line| {
        let (_, clients) = fields(line);
        let right = each_word(
            &line[clients..],
            |byte| !byte.is_ascii_digit(),
            |digits| {
                let octal =
                    number::octal(digits).is_none() && digits.iter().all(|digit| *digit < b'8');
                let wraps = digits.len() > 8
                    && number::decimal(digits).is_none_or(|value| i32::try_from(value).is_err());
                (octal || wraps).then(|| [digits, b"x"].concat())
            },
        );
        line.splice(clients.., right);
    });
}

/// T4: globs of digits and dots are for addresses only.
pub(crate) fn address_globs(case: &mut Case, lists: Lists) {
    each_host(case, lists, |word, address| {
        let numeric = word
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'*' | b'?'));
        let address = if address.is_empty() {
            b"unknown"
        } else {
            subject(address)
        };
        (numeric && is_glob(word)).then(|| {
            if glob_match(word, address) {
                b"ALL".to_vec()
            } else {
                NEVER.to_vec()
            }
        })
    });
}

/// T13: a netgroup never matches, and nothing asks for the name.
pub(crate) fn no_netgroups(case: &mut Case, lists: Lists) {
    each_host(case, lists, |word, _| {
        word.starts_with(b"@").then(|| NEVER.to_vec())
    });
}

/// T11: an interface number other than the client's never matches.
pub(crate) fn other_links(case: &mut Case, lists: Lists) {
    each_host(case, lists, |word, address| {
        let end = word.iter().position(|byte| *byte == b']')?;
        let inside = word.strip_prefix(b"[")?.get(..end - 1)?;
        let (_, scope) = inside.split_at(inside.iter().position(|byte| *byte == b'%')?);
        let scope = scope.get(1..)?;
        let here =
            address.ends_with(b"%lo") && (scope == b"lo" || number::decimal(scope) == Some(1));
        let never = split_net(word).map_or(NO_NAME, |_| NEVER);
        (!here).then(|| never.to_vec())
    });
}

/// T5: indented comments, byte order marks.
pub(crate) fn plain_comments(case: &mut Case) {
    for path in [ALLOW, DENY] {
        if let Some(rest) = case
            .text(path)
            .and_then(|text| text.strip_prefix(b"\xef\xbb\xbf"))
        {
            let rest = rest.to_vec();
            case.set(path, Content::Text(rest));
        }
    }
    each_line(case, |_, line| {
        let blanks = line
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
            .count();
        if line.get(blanks) == Some(&b'#') {
            line.drain(..blanks);
        }
    });
}

/// T6: comments in lists.
pub(crate) fn plain_lists(case: &mut Case) {
    for (path, content) in &mut case.files {
        let Content::Text(text) = content else {
            continue;
        };
        if !is_list(path) {
            continue;
        }
        let mut kept = Vec::new();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let mut last = b' ';
            let comment = line.iter().position(|byte| {
                let begins = *byte == b'#' && (last.is_ascii_whitespace() || last == 0x0b);
                last = *byte;
                begins
            });
            kept.extend_from_slice(&line[..comment.unwrap_or(line.len())]);
            if comment.is_some() {
                kept.push(b'\n');
            }
        }
        *text = kept;
    }
}

/// T1: names and what is compared with them become shorter by as much; runs of the same thing become
/// short, and those of different length stay different.
pub(crate) fn short(case: &mut Case) {
    let shorten = |text: &[u8]| {
        if text.len() > LONG_NAME {
            squeeze(&each_word(text, is_end_of_name, |word| Some(less(word))))
        } else {
            text.to_vec()
        }
    };
    each_line(case, |_, line| *line = shorten(line));
    for (path, content) in &mut case.files {
        if let (Content::Text(text), false) = (content, path == ALLOW || path == DENY) {
            *text = shorten(text);
        }
    }
    each_fact(case, less);
    for forward in &mut case.forwards {
        forward.canonical = less(&forward.canonical);
    }
}

/// What is longer may be compared with a name that the original cuts.
const LONG_NAME: usize = 90;

/// O8: expansions that get too long even for us are an error of the option, as a missing value is.
pub(crate) fn no_long_values(case: &mut Case) {
    const MANY: usize = 2 * 1000;
    each_line(case, |_, line| {
        let (_, clients) = fields(line);
        let is_many = |part: &[u8]| part.iter().filter(|byte| **byte == b'%').count() * 2 >= MANY;
        let mut options = Vec::new();
        let mut escaped = false;
        for option in line[clients..].split_inclusive(|byte| {
            let ends = *byte == b':' && !escaped;
            escaped = *byte == b'\\';
            ends
        }) {
            let blank = |byte: &u8| matches!(byte, b' ' | b'=' | b'\t');
            let begin = option.iter().take_while(|byte| blank(byte)).count();
            let keyword = option[begin..].iter().position(blank);
            match keyword.filter(|_| is_many(option)) {
                Some(length) => {
                    options.extend_from_slice(&option[..begin + length]);
                    options.extend(option.ends_with(b":").then_some(b':'));
                }
                None => options.extend_from_slice(option),
            }
        }
        line.splice(clients.., options);
    });
}

fn is_end_of_name(byte: u8) -> bool {
    is_separator(byte) || matches!(byte, b':' | b'@')
}

/// Takes a few letters out of the longest run of a letter, if the text is about as long as the
/// names that the original cuts.
fn less(text: &[u8]) -> Vec<u8> {
    const FEW: usize = 20;
    if text.len() <= LONG_NAME {
        return text.to_vec();
    }
    let mut at = 0;
    let (mut from, mut size) = (0, 0);
    for run in text.chunk_by(|left, right| left == right) {
        if run.len() > size {
            (from, size) = (at, run.len());
        }
        at += run.len();
    }
    let mut text = text.to_vec();
    if size > FEW {
        text.drain(from..from + FEW);
    }
    text
}

fn each_fact(case: &mut Case, change: impl Fn(&[u8]) -> Vec<u8>) {
    case.daemon = change(&case.daemon);
    for text in [
        &mut case.user,
        &mut case.ident,
        &mut case.client.name,
        &mut case.server.name,
    ]
    .into_iter()
    .flatten()
    {
        *text = change(text);
    }
    for (_, name) in &mut case.pointers {
        *name = change(name);
    }
    for forward in &mut case.forwards {
        forward.name = change(&forward.name);
    }
}

fn squeeze(text: &[u8]) -> Vec<u8> {
    const LONG_RUN: usize = 900;
    let mut text = text.to_vec();
    for unit in 1..=4 {
        let mut at = 0;
        while at + LONG_RUN < text.len() {
            let run = text[at..]
                .iter()
                .zip(&text[at + unit..])
                .take_while(|(left, right)| left == right)
                .count()
                + unit;
            let times = run / unit;
            if run > LONG_RUN {
                let kept = (300 / unit + times % 100) * unit;
                text.drain(at + kept..at + times * unit);
                at += kept;
            } else {
                at += 1;
            }
        }
    }
    text
}

/// O2: an aclexec that failed has no part in later rules.
pub(crate) fn fresh_aclexec(case: &mut Case) {
    each_line(case, |path, line| {
        let (_, clients) = fields(line);
        if path == DENY && clients < line.len() {
            line.splice(clients..clients, b":aclexec ~".iter().copied());
        }
    });
}

/// O3: names of syslog(3) that the original lacks.
pub(crate) fn old_severities(case: &mut Case) {
    each_line(case, |_, line| {
        let (_, clients) = fields(line);
        let options = each_word(
            &line[clients..],
            |byte| !byte.is_ascii_alphanumeric(),
            |word| {
                let other = match &word.to_ascii_lowercase()[..] {
                    b"authpriv" | b"ftp" | b"syslog" => "uucp",
                    b"security" => "auth",
                    b"error" => "err",
                    b"panic" => "emerg",
                    b"warn" => "warning",
                    _ => return None,
                };
                Some(other.into())
            },
        );
        line.splice(clients.., options);
    });
}

/// N7: nothing is asked about a connection to port 113.
pub(crate) fn no_loop(case: &mut Case) {
    if case
        .server
        .socket
        .is_some_and(|socket| socket.port() == 113)
    {
        case.ident = None;
    }
}

/// O12: one spelling for each of the words that stand for a state.
pub(crate) fn one_spelling(case: &mut Case) {
    each_fact(case, |text| match &text.to_ascii_lowercase()[..] {
        word @ (b"unknown" | b"paranoid") => word.to_vec(),
        _ => text.to_vec(),
    });
    let forwards = std::mem::take(&mut case.forwards);
    for forward in forwards {
        match case
            .forwards
            .iter_mut()
            .find(|known| known.name == forward.name)
        {
            Some(known) => known.addresses.extend(forward.addresses),
            None => case.forwards.push(forward),
        }
    }
}

/// O7: facts as the filter leaves them.
pub(crate) fn filtered(case: &mut Case) {
    each_fact(case, |text| filter(text.to_vec()));
    for forward in &mut case.forwards {
        forward.canonical = filter(std::mem::take(&mut forward.canonical));
    }
}

/// O12: a name that stands for "unknown" is none.
pub(crate) fn no_such_name(case: &mut Case) {
    case.pointers
        .retain(|(_, name)| name == b"unknown" || !name.eq_ignore_ascii_case(b"unknown"));
}

/// Whether a file may be a list: no table and no banner.
fn is_list(path: &[u8]) -> bool {
    path != ALLOW && path != DENY && !plain(path).windows(4).any(|part| part == b"ban/")
}

/// Whether a list holds a word that overflows the original's buffer.
pub(crate) fn overflows(case: &Case) -> bool {
    case.files.iter().any(|(path, content)| match content {
        Content::Text(text) => {
            is_list(path)
                && text
                    .split(|byte| byte.is_ascii_whitespace() || *byte == 0x0b)
                    .any(|word| word.len() > 8000)
        }
        _ => false,
    })
}
