//! Words of lists that cannot mean what they seem to.

use hosts_access::address::notation::{dotted_quad, parse_ipv6, split_scope};
use hosts_access::options;
use hosts_access::table::compare::is_glob;
use hosts_access::table::pattern::HostPattern;
use hosts_access::text::bytes::bracketed;
use hosts_access::text::escape::TableText;

use crate::checked_rule::bare_ipv6::looks_like_ipv6;
use crate::finding::Finding;
use crate::word::{HostWord, is_fail, is_reserved};

tools::checks! {
    /// What is wrong with words.
    CHECKS;
    NAME_NEVER: "name-never", Error, "a name that no host can have",
        why "Patterns are compared with host names, so this one never matches. In hosts.deny it lets everybody in.",
        remedy "Write a host name, .domain, an address, a network, or a wildcard; see hosts_access(5).";
    WILDCARD_DOT: "wildcard-dot", Error, "a wildcard with a dot before or after it",
        why "The dot makes it the end or the beginning of a name, and the wildcard a part of that name; or the \
             other way round: beside a * or ?, the dot is a plain dot.",
        remedy "Use one of them: *.example.org or .example.org, 192.168.* or 192.168., ALL.";
    OPERATOR: "except-misspelled", Error, "a word that was meant to be EXCEPT",
        why "It is the name of a host here, and what stands after it is no exception but one client or daemon more.",
        remedy "Write EXCEPT.";
    OPTION_AS_CLIENT: "option-as-client", Error, "an option where a client was meant",
        why "Options stand after a colon of their own. In the client list the word is the name of a host.",
        remedy "Write a colon before the option: DAEMONS: CLIENTS: OPTION.";
    TEMPLATE: "template", Error, "something that a template should have filled in",
        why "The table was copied before its template was filled in, so the rule is not what was meant.",
        remedy "Fill the template in, and install what comes out.";
    INVISIBLE: "invisible-character", Error, "a character that cannot be seen",
        why "It is part of the word, so the word is not what it seems and never matches. Such characters come with \
             text that was copied from a web page or a word processor.",
        remedy "Delete the word and type it again.";
    NON_ASCII: "non-ascii", Warning, "a letter that host and daemon names do not have",
        why "Names of hosts and daemons are made of ASCII; letters of other alphabets that look alike do not match.",
        remedy "Delete the word and type it again; write international names in their xn-- form.";
}

/// A character of a word that cannot be seen.
pub(crate) fn check_invisible(word: &HostWord<'_>) -> Option<Finding> {
    let text = String::from_utf8_lossy(word.word);
    let hidden = text.chars().find(|letter| is_invisible(*letter))?;
    let plain: String = text
        .chars()
        .filter(|letter| !is_invisible(*letter))
        .collect();
    // Inside of a word it may stand for a blank, unless it takes no room.
    let inside = text.trim_matches(is_invisible);
    let room = |letter: char| letter.is_whitespace() || letter.is_control();
    let around = !inside.contains(room);
    let text = format!(
        "{plain}: contains the invisible character U+{:04X}",
        u32::from(hidden)
    );
    Some(word.own(&INVISIBLE, text).instead(around.then_some(plain)))
}

/// A letter of a word that is not ASCII.
pub(crate) fn check_ascii(word: &HostWord<'_>) -> Option<Finding> {
    let text = String::from_utf8_lossy(word.word);
    let odd = text.chars().find(|letter| !letter.is_ascii())?;
    let code = u32::from(odd);
    let shown = TableText(word.word);
    Some(word.own(
        &NON_ASCII,
        format!("{shown}: contains U+{code:04X}, which is not ASCII"),
    ))
}

/// Control characters, and what Unicode has of blanks and marks without a shape.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || letter.is_whitespace()
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// What a template left in a list.
pub(crate) fn check_template(word: &HostWord<'_>) -> Option<Finding> {
    let text = word.word;
    let inner = text
        .strip_prefix(b"@")
        .and_then(|text| text.strip_suffix(b"@"));
    let placeholder = inner.is_some_and(|name| {
        name.len() > 1
            && name
                .iter()
                .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'))
    });
    let variable = text.starts_with(b"$") || text.windows(2).any(|pair| pair == b"${");
    (placeholder || variable || has_placeholder(text)).then(|| {
        let text = format!("{}: was not filled in", TableText(word.word));
        word.own(&TEMPLATE, text)
    })
}

/// Whether a word has a name in it to be replaced, as `<IP>` has.
fn has_placeholder(word: &[u8]) -> bool {
    let mut parts = word.split(|byte| *byte == b'<').skip(1);
    parts.any(|part| {
        let name = part.split(|byte| *byte == b'>').next().unwrap_or_default();
        let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        name.len() < part.len()
            && name.iter().any(u8::is_ascii_alphabetic)
            && name.iter().all(letter)
    })
}

/// An option in a client list. `ends`: the word is the last one of its rule, and not the first client.
pub(crate) fn check_option(client: &HostWord<'_>, ends: bool) -> Option<Finding> {
    let option = options::find(client.word)?;
    let text = format!("{}: is an option, not a client", TableText(client.word));
    let finding = client.own(&OPTION_AS_CLIENT, text);
    let whole = ends && option.argument == options::Argument::None;
    Some(finding.instead(whole.then(|| format!(": {}", option.keyword))))
}

/// Words that other languages have in place of EXCEPT.
const OPERATORS: [&[u8]; 6] = [
    b"BUT",
    b"BUTNOT",
    b"NOT",
    b"EXCLUDE",
    b"EXCLUDING",
    b"WITHOUT",
];

/// How many letters of EXCEPT may be wrong.
const OPERATOR_EDITS: usize = 2;

/// A word that was meant to be EXCEPT. `between`: it stands between a pattern that matches many and
/// another word.
pub(crate) fn check_operator(word: &HostWord<'_>, between: bool) -> Option<Finding> {
    let name = word.word.to_ascii_uppercase();
    let alike = |name: &str| {
        name.len() > 3 && strsim::damerau_levenshtein(name, "EXCEPT") <= OPERATOR_EDITS
    };
    let meant = between
        && !word.minor
        && name.iter().all(u8::is_ascii_uppercase)
        && (OPERATORS.contains(&&*name) || std::str::from_utf8(&name).is_ok_and(alike));
    meant.then(|| {
        let text = format!(
            "{}: is a name here, so nothing is excepted",
            TableText(word.word)
        );
        word.own(&OPERATOR, text).instead("EXCEPT".to_owned())
    })
}

/// What there is to say of a word that is a name, or a pattern of one.
pub(crate) fn check_name(host: &HostWord<'_>) -> Option<Finding> {
    let HostPattern::Text { word, .. } = HostPattern::parse(host.word) else {
        return None;
    };
    if is_reserved(word) || is_fail(word) || word.is_empty() {
        return None;
    }
    check_wildcard(host, word).or_else(|| {
        let (reason, meant) = never(word)?;
        let text = format!("{}: {reason}, so it never matches", TableText(word));
        Some(host.own(&NAME_NEVER, text).instead(meant))
    })
}

fn check_wildcard(host: &HostWord<'_>, word: &[u8]) -> Option<Finding> {
    let dotted = word.starts_with(b".") || word.ends_with(b".");
    let text = String::from_utf8_lossy(word);
    // Home networks have names that end in .local.
    let domain = text.eq_ignore_ascii_case(".local");
    let wildcard = is_reserved(text.trim_matches('.').as_bytes()) && !domain;
    if !dotted || !(wildcard || is_glob(word)) {
        return None;
    }
    let named = |domain: &&str| {
        domain.contains('.') && domain.contains(|letter: char| letter.is_alphabetic())
    };
    let numbered = |network: &&str| network.split('.').all(|part| part.parse::<u8>().is_ok());
    let meant = if let Some(domain) = text.strip_prefix(".*.").filter(named) {
        Some(format!(".{domain}"))
    } else if let Some(network) = text.strip_suffix(".*.").filter(numbered) {
        Some(format!("{network}."))
    } else {
        let plain = text.strip_suffix('.').unwrap_or_default();
        plain
            .strip_prefix("*.")
            .filter(named)
            .map(|_| plain.to_owned())
    };
    let text = format!("{}: a wildcard beside a dot at the end", TableText(word));
    Some(host.own(&WILDCARD_DOT, text).instead(meant))
}

/// Longest host name and longest part of one, in bytes (RFC 1035, section 2.3.4).
const NAME_BYTES: usize = 253;
const LABEL_BYTES: usize = 63;

/// Why no host has such a name, and what was probably meant.
fn never(word: &[u8]) -> Option<(String, Option<String>)> {
    if let Some(inside) = bracketed(word).filter(|_| !is_glob(word)) {
        let (address, _) = split_scope(inside);
        if parse_ipv6(address).is_some() {
            return None;
        }
        let meant = dotted_quad(inside).map(|address| address.to_string());
        return Some(("brackets are for IPv6 addresses".to_owned(), meant));
    }
    if looks_like_ipv6(word) {
        return None;
    }
    let digits = word
        .iter()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    if digits && word.contains(&b'-') {
        return Some(("there are no ranges of addresses".to_owned(), None));
    }
    // A glob or the end of a word may match the text of an IPv6 address, with its scope.
    let part = is_glob(word) || word.starts_with(b".");
    let legal = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b'*' | b'?')
            || (part && matches!(byte, b'%' | b':'))
    };
    if let Some(byte) = word.iter().find(|byte| byte.is_ascii() && !legal(byte)) {
        let letter = char::from(*byte);
        return Some((format!("no host name has a {letter:?} in it"), None));
    }
    // Letters of other alphabets are no names either, but some resolver might give them.
    let text = String::from_utf8_lossy(word);
    let mark = |letter: &char| !letter.is_ascii() && !letter.is_alphanumeric();
    if let Some(letter) = text.chars().find(mark) {
        let code = u32::from(letter);
        return Some((format!("no host name has U+{code:04X} in it"), None));
    }
    if is_glob(word) {
        return None;
    }
    let name = word.strip_prefix(b".").unwrap_or(word);
    let name = name.strip_suffix(b".").unwrap_or(name);
    let mut labels = name.split(|byte| *byte == b'.');
    if name.len() > NAME_BYTES || labels.clone().any(|label| label.len() > LABEL_BYTES) {
        return Some(("it is longer than names can be".to_owned(), None));
    }
    labels
        .any(<[u8]>::is_empty)
        .then(|| ("it has two dots in a row".to_owned(), None))
        .filter(|_| word != b".")
}
