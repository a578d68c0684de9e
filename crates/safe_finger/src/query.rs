//! The command line as this program's own client reads it, where there is no finger program.
//!
//! Pure. Options are finger's: `-l` asks for the long form, `-m`, `-p` and `-s` say nothing
//! to a remote server and are accepted. Anything that could not be asked is refused here,
//! before anything is sent.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStrExt;

use crate::filter::escaped;

/// One question to one server.
#[derive(Debug, PartialEq, Eq)]
pub struct Query {
    /// Name or address of the server, without brackets.
    pub host: String,
    /// What is sent, without the line end.
    pub text: Vec<u8>,
}

/// Why the command line cannot be served.
#[derive(Debug, PartialEq, Eq)]
pub enum Unasked {
    /// An option that finger does not have.
    Option(String),
    /// A question about local users.
    Local(String),
    /// An argument with a control character, which could be a second question.
    Control(String),
    /// Nothing after the last `@`, or nothing that could be a name.
    Host(String),
}

impl fmt::Display for Unasked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(argument) => write!(f, "{argument}: unknown option; try --help"),
            Self::Local(user) if user.is_empty() => {
                write!(
                    f,
                    "no finger program found, so only user@host or @host can be asked"
                )
            }
            Self::Local(user) => {
                write!(
                    f,
                    "{user}: no finger program found, so only {user}@host can be asked"
                )
            }
            Self::Control(text) => write!(f, "{text}: control character in a question"),
            Self::Host(text) => write!(f, "{text}: no host name after the @"),
        }
    }
}

/// The questions that finger's arguments ask.
pub fn parse(arguments: &[OsString]) -> Result<Vec<Query>, Unasked> {
    let mut long = false;
    let mut operands = Vec::new();
    let mut arguments = arguments.iter().map(|argument| argument.as_bytes());
    while let Some(argument) = arguments.next() {
        match argument {
            b"--" => operands.extend(arguments.by_ref()),
            [b'-', letters @ ..] if !letters.is_empty() => long |= options(letters)?,
            operand => operands.push(operand),
        }
    }
    if operands.is_empty() {
        return Err(Unasked::Local(String::new()));
    }
    operands
        .into_iter()
        .map(|operand| query(operand, long))
        .collect()
}

/// Checks a group of option letters; tells whether one of them is `l`.
fn options(letters: &[u8]) -> Result<bool, Unasked> {
    if letters.iter().all(|letter| b"lmps".contains(letter)) {
        return Ok(letters.contains(&b'l'));
    }
    Err(Unasked::Option(format!("-{}", escaped(letters))))
}

fn query(operand: &[u8], long: bool) -> Result<Query, Unasked> {
    let shown = escaped(operand);
    if operand.iter().any(u8::is_ascii_control) {
        return Err(Unasked::Control(shown));
    }
    let Some(at) = operand.iter().rposition(|&byte| byte == b'@') else {
        return Err(Unasked::Local(shown));
    };
    let (user, host) = (&operand[..at], &operand[at + 1..]);
    let Some(host) = str::from_utf8(host)
        .ok()
        .map(unbracketed)
        .filter(|host| !host.is_empty())
    else {
        return Err(Unasked::Host(shown));
    };
    let token: &[u8] = match (long, user.is_empty()) {
        (false, _) => b"",
        (true, true) => b"/W",
        (true, false) => b"/W ",
    };
    Ok(Query {
        host: host.to_string(),
        text: [token, user].concat(),
    })
}

/// `[::1]` as `::1`; anything else as it is.
fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    fn parsed(arguments: &[&[u8]]) -> Result<Vec<Query>, Unasked> {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|argument| OsString::from_vec(argument.to_vec()))
            .collect();
        parse(&arguments)
    }

    /// Arguments, separated by blanks, and the questions they ask as `HOST<TEXT`.
    macro_rules! asks {
        ($($name:ident: $line:expr => $($question:expr),+;)*) => {
            $(#[test] fn $name() {
                let arguments: Vec<_> = $line.split(' ').map(str::as_bytes).collect();
                let questions: Vec<_> = parsed(&arguments).expect("questions").into_iter()
                    .map(|query| format!("{}<{}", query.host, String::from_utf8_lossy(&query.text)))
                    .collect();
                assert_eq!(questions, [$($question),+]);
            })*
        };
    }

    asks! {
        a_user: "joe@host" => "host<joe";
        everybody: "@host" => "host<";
        long_form: "-l joe@host" => "host</W joe";
        long_form_of_everybody: "-l @host" => "host</W";
        long_form_in_a_group_of_letters: "-ml joe@host" => "host</W joe";
        letters_without_a_meaning_here: "-m -p -s joe@host" => "host<joe";
        options_after_the_operand: "joe@host -l" => "host</W joe";
        end_of_options: "-- -l@host" => "host<-l";
        forwarding: "joe@inner@outer" => "outer<joe@inner";
        forwarding_of_everybody: "-l @inner@outer" => "outer</W @inner";
        ipv4: "joe@192.0.2.1" => "192.0.2.1<joe";
        ipv6: "joe@2001:db8::1" => "2001:db8::1<joe";
        ipv6_in_brackets: "joe@[2001:db8::1]" => "2001:db8::1<joe";
        ipv6_with_a_scope: "@fe80::1%eth0" => "fe80::1%eth0<";
        several: "a@x @y" => "x<a", "y<";
    }

    /// Arguments that are refused, with the message.
    macro_rules! refuses {
        ($($name:ident: [$($argument:expr),*] => $message:expr;)*) => {
            $(#[test] fn $name() {
                let arguments: &[&[u8]] = &[$($argument),*];
                assert_eq!(parsed(arguments).expect_err("refused").to_string(), $message);
            })*
        };
    }

    refuses! {
        no_argument: [] => "no finger program found, so only user@host or @host can be asked";
        only_options: [b"-l"] => "no finger program found, so only user@host or @host can be asked";
        a_local_user: [b"joe"] => "joe: no finger program found, so only joe@host can be asked";
        a_local_user_among_others: [b"a@x", b"joe"] =>
            "joe: no finger program found, so only joe@host can be asked";
        a_lone_hyphen: [b"-"] => "-: no finger program found, so only -@host can be asked";
        unknown_option: [b"-lz", b"a@x"] => "-lz: unknown option; try --help";
        unknown_long_option: [b"--long", b"a@x"] => "--long: unknown option; try --help";
        unknown_option_in_octal: [b"-\x1b", b"a@x"] => "-\\033: unknown option; try --help";
        a_second_question: [b"a\r\nb@x"] => "a\\015\\012b@x: control character in a question";
        delete: [b"a\x7f@x"] => "a\\177@x: control character in a question";
        escape_in_the_host: [b"a@x\x1b"] => "a@x\\033: control character in a question";
        no_host: [b"joe@"] => "joe@: no host name after the @";
        empty_brackets: [b"joe@[]"] => "joe@[]: no host name after the @";
        host_that_is_no_text: [b"joe@\xff"] => "joe@\\377: no host name after the @";
    }

    #[test]
    fn eight_bit_users_may_be_asked_for() {
        let query = Query {
            host: "x".into(),
            text: b"j\xf6rg".to_vec(),
        };
        assert_eq!(parsed(&[b"j\xf6rg@x"]), Ok(vec![query]));
    }
}
