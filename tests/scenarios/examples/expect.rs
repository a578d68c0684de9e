//! The `expect` files of the examples; examples/README.md has their grammar.

use std::path::Path;

/// One client, and what it meets.
#[derive(Debug, Default)]
pub(crate) struct Request {
    /// The whole line, for reports.
    pub(crate) line: String,
    pub(crate) daemon: String,
    pub(crate) client: String,
    pub(crate) udp: bool,
    pub(crate) name: Option<String>,
    pub(crate) forward: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) server: Option<String>,
    /// `served`, `refused` or `twisted`.
    pub(crate) outcome: String,
    /// All that the client reads before the daemon speaks.
    pub(crate) reads: String,
    /// Priority and text of each message.
    pub(crate) log: Vec<(String, String)>,
    /// Path, and a line with `*` for anything.
    pub(crate) files: Vec<(String, String)>,
    pub(crate) mails: Vec<Mail>,
}

/// One mail.
#[derive(Debug, Default)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) subject: String,
    /// Lines with `*` for anything.
    pub(crate) body: Vec<String>,
}

/// Reads an `expect` file; panics on what the grammar does not know.
pub(crate) fn read(path: &Path) -> Vec<Request> {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut requests = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        add(&mut requests, line)
            .unwrap_or_else(|| panic!("{}:{}: cannot read {line:?}", path.display(), number + 1));
    }
    for request in &requests {
        let Request {
            line, outcome, log, ..
        } = request;
        assert!(
            !outcome.is_empty() && !log.is_empty(),
            "{line}: no outcome or no log line"
        );
    }
    requests
}

/// Adds a line to the request that it belongs to.
fn add(requests: &mut Vec<Request>, line: &str) -> Option<()> {
    let (keyword, rest) = line.split_once(' ').unwrap_or((line, ""));
    if keyword == "request" {
        requests.push(request(line, rest)?);
        return Some(());
    }
    let request = requests.last_mut()?;
    match keyword {
        "outcome" if ["served", "refused", "twisted"].contains(&rest) => {
            request.outcome = rest.into();
        }
        "reads" => request.reads += &(unescaped(rest)? + "\n"),
        "log" => request.log.push(pair(rest)?),
        "file" => request.files.push(pair(rest)?),
        "mail" => {
            let (to, subject) = rest.split_once(' ').unwrap_or((rest, ""));
            request.mails.push(Mail {
                to: to.into(),
                subject: subject.into(),
                body: Vec::new(),
            });
        }
        "body" => request.mails.last_mut()?.body.push(rest.into()),
        _ => return None,
    }
    Some(())
}

fn request(line: &str, rest: &str) -> Option<Request> {
    let mut words = rest.split(' ');
    let mut request = Request {
        line: line.into(),
        daemon: words.next()?.into(),
        client: words.next()?.into(),
        ..Request::default()
    };
    for word in words {
        match word.split_once('=') {
            None if word == "udp" => request.udp = true,
            Some(("name", name)) => request.name = Some(name.into()),
            Some(("forward", address)) => request.forward = Some(address.into()),
            Some(("user", user)) => request.user = Some(user.into()),
            Some(("server", address)) => request.server = Some(address.into()),
            _ => return None,
        }
    }
    Some(request)
}

fn pair(text: &str) -> Option<(String, String)> {
    let (first, second) = text.split_once(' ')?;
    Some((first.into(), second.into()))
}

fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next()? {
                'r' => '\r',
                '0' => '\0',
                '\\' => '\\',
                _ => return None,
            },
            other => other,
        });
    }
    Some(plain)
}

/// Whether one of the lines of a text is as expected, where `*` stands for anything.
pub(crate) fn has_line(text: &str, expected: &str) -> bool {
    text.lines().any(|line| fits(expected, line))
}

fn fits(expected: &str, line: &str) -> bool {
    match expected.split_once('*') {
        None => expected == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|line| {
            let mut tails = line.char_indices().map(|(at, _)| &line[at..]);
            tails.any(|tail| fits(rest, tail)) || fits(rest, "")
        }),
    }
}

#[test]
fn a_star_fits_anything() {
    for (expected, line, fitting) in [
        ("a*c", "abc", true),
        ("a*c", "ac", true),
        ("a*c", "abcd", false),
        ("*c*", "abcd", true),
        ("a*", "a", true),
        ("a", "ab", false),
    ] {
        assert_eq!(has_line(line, expected), fitting, "{expected} {line}");
    }
}
