//! Why a word matches or not, and what options would do, in plain words.

use hosts_access::action::{Action, RuleOutcome, Step};
use hosts_access::report::trace::{Need, Subject, Test};
use hosts_access::request::Side;
use hosts_access::table::compare::Form;

use crate::answer::text;

/// Why a test came out as it did.
pub(crate) fn why(test: &Test<'_>, matched: bool) -> String {
    let not = if matched { "" } else { "not " };
    match test {
        Test::Port(0) => "a number is the server's port, and that is not known here".to_owned(),
        Test::Port(port) => format!("a number is the server's port, which is {port}"),
        Test::Text {
            subject,
            form,
            value,
        } => compared(&whose(*subject), *form, &text(value), matched),
        Test::Address {
            sensible: false, ..
        } => "between the brackets is no IPv6 address".to_owned(),
        Test::Address { side, value, .. } => {
            let address = whose(Subject::Address(*side));
            format!("{address} {} is {not}this one", text(value))
        }
        Test::Net {
            sensible: false, ..
        } => "this is no network, so it matches nothing".to_owned(),
        Test::Net { side, value, .. } => {
            let address = whose(Subject::Address(*side));
            format!("{address} {} is {not}in this network", text(value))
        }
        Test::Known {
            side,
            address,
            name,
        } => {
            let end = end(*side);
            let (address, name) = (text(address), text(name));
            format!("the {end}'s address is {address}, its name {name}; both must be known")
        }
        Test::Local { side, name } => {
            let name = text(name);
            format!(
                "the {}'s name is {name}; it must be known, without a dot",
                end(*side)
            )
        }
        Test::Netgroup { side, name } => {
            let name = text(name);
            format!("the {}'s name {name} is {not}in this netgroup", end(*side))
        }
        Test::DnsList {
            side, name: None, ..
        } => {
            format!(
                "the {}'s address is not known, so it is on no list",
                end(*side)
            )
        }
        Test::DnsList {
            name: Some(name),
            listed_as,
            ..
        } => match listed_as {
            Some(address) => format!("{} has the address {address}", text(name)),
            None => format!("{} has no address in 127.0.0.0/8", text(name)),
        },
        Test::NoFile => "slashes alone name no file, so it matches nothing".to_owned(),
        Test::File { found: false } => "there is no such file".to_owned(),
        Test::File { found: true } if matched => "a word in this file matches".to_owned(),
        Test::File { found: true } => "no word in this file matches".to_owned(),
    }
}

fn compared(whose: &str, form: Form, value: &str, matched: bool) -> String {
    let not = if matched { "" } else { "not " };
    match form {
        Form::All => "ALL is anything".to_owned(),
        Form::Bracketed => format!("{whose} is {value}; an address in brackets equals no name"),
        Form::Glob => format!("{whose} {value} does {not}fit").replace("does fit", "fits"),
        Form::Suffix => format!("{whose} {value} does {not}end in it").replace("does end", "ends"),
        Form::Prefix => {
            format!("{whose} {value} does {not}begin with it").replace("does begin", "begins")
        }
        Form::Known | Form::Equal => format!("{whose} is {value}"),
    }
}

fn end(side: Side) -> &'static str {
    match side {
        Side::Client => "client",
        Side::Server => "server",
    }
}

fn whose(subject: Subject) -> String {
    match subject {
        Subject::Daemon => "the daemon".to_owned(),
        Subject::User => "the user".to_owned(),
        Subject::Address(side) => format!("the {}'s address", end(side)),
        Subject::Name(side) => format!("the {}'s name", end(side)),
    }
}

/// What has to be looked up.
pub(crate) fn needed(need: Need) -> String {
    match need {
        Need::Name(side) => format!("name of the {}", end(side)),
        Need::User => "user at the client".to_owned(),
    }
}

/// What an option would do.
pub(crate) fn would(step: &Step) -> String {
    match step {
        Step::Act(action) => acts(action),
        Step::Banners(directory) => format!(
            "would send the client the file of the daemon's name in {}",
            text(directory)
        ),
        Step::Severity(_) => "would log the verdict with this severity".to_owned(),
        Step::User(None) => "would ask the client's ident server for the user".to_owned(),
        Step::User(Some(seconds)) => {
            format!(
                "would ask the client's ident server for the user, for {seconds} seconds at most"
            )
        }
        Step::End(RuleOutcome::Allow) => "grants, whatever the table".to_owned(),
        Step::End(RuleOutcome::Twist(command)) => format!(
            "would run in place of the service: /bin/sh -c '{}'",
            text(command.as_bytes())
        ),
        Step::End(_) => "denies, whatever the table".to_owned(),
    }
}

fn acts(action: &Action) -> String {
    match action {
        Action::Spawn(command) => {
            let command = text(command.as_bytes());
            format!("would run, and wait for it: /bin/sh -c '{command}'")
        }
        Action::Aclexec(command) => {
            let command = text(command.as_bytes());
            format!(
                "would run: /bin/sh -c '{command}'; taken to succeed here, else the rule does not match"
            )
        }
        Action::Banner(_) => "would send a banner".to_owned(),
        Action::SetEnv { name, value } => {
            format!(
                "would set {} to \"{}\" in the environment",
                text(name),
                text(value)
            )
        }
        Action::Umask(mask) => format!("would set the file mode mask to {mask:03o}"),
        Action::Nice(increment) => format!("would change the nice value by {increment}"),
        Action::Linger(seconds) => format!("would set SO_LINGER to {seconds} seconds"),
        Action::KeepAlive => "would switch SO_KEEPALIVE on".to_owned(),
        Action::User { user, group } => {
            let group = group.as_ref().map_or_else(
                || "its own groups".to_owned(),
                |(gid, name)| format!("the group {} ({})", text(name), gid.0),
            );
            format!(
                "would become the user {} ({}) with {group}",
                text(&user.name),
                user.uid.0
            )
        }
        Action::Group(gid, name) => format!("would take the group {} ({})", text(name), gid.0),
    }
}
