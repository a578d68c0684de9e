//! The original's dialogue: facts, the rule that matches, its options, the verdict.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;

use hosts_access::expand::filter;
use hosts_access::facts::{Fact, PARANOID, UNKNOWN};
use hosts_access::problem::{Diagnostic, Place, Written};
use hosts_access::request::Host;
use hosts_access::settings::REAL_DAEMON_DIR;
use hosts_access::world::Log;
use system::names::SystemResolver;
use tools::arguments::Files;
use tools::hosts::{alias_texts, not_found_text};
use tools::inetd::{InetdConf, Wrapped, base_name};
use tools::output::{Output, option_line};
use tools::paths::{check_daemon_directory, check_tables};
use tools::remark::Remark;

use crate::endpoint::{self, End, Resolved};
use crate::judge::{Judge, verdict_word};
use crate::question::Question;

/// Daemons of Sun RPC, which inetd does not start.
const PORT_MAPPERS: [&[u8]; 2] = [b"portmap", b"rpcbind"];

/// Looks at what surrounds the tables, then judges each address of the client.
pub(crate) fn run(
    question: &Question<'_>,
    files: &Files,
    judge: &Judge,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let question = &surroundings(question, files, judge, output)?;
    let resolver = SystemResolver::new(Rc::default());
    let Some(server) = server(question, &resolver, output)? else {
        return Ok(crate::EXIT_FAILED.into());
    };
    let Some(client) = endpoint::client(question.client, &resolver) else {
        tell(&not_found_text(question.client), output);
        return Ok(crate::EXIT_FAILED.into());
    };
    tell_alias(question.client, &client, output);
    for (number, end) in client.ends.iter().enumerate() {
        if number > 0 {
            output.line("");
        }
        tell_complaint(end, output);
        block(question, &end.host, &server, judge, output);
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks the daemon's folder, its name, inetd.conf and the paths of the tables. Gives the question
/// with the daemon's plain name.
fn surroundings<'q>(
    question: &Question<'q>,
    files: &Files,
    judge: &Judge,
    output: &Output,
) -> anyhow::Result<Question<'q>> {
    let report = &mut |remark: Remark| output.line(remark);
    check_daemon_directory(Path::new(REAL_DAEMON_DIR), &judge.disk, report);
    let mut question = question.clone();
    if question.daemon.starts_with(b"/") {
        let plain = base_name(question.daemon);
        let full = Written(question.daemon);
        tell(
            &format!("{full}: daemon name normalized to: {}", Written(plain)),
            output,
        );
        question.daemon = plain;
    }
    let conf =
        InetdConf::read(files.inetd.as_deref(), &judge.disk, report).map_err(anyhow::Error::msg)?;
    check_wrapped(question.daemon, &conf, output);
    check_tables(&judge.tables, &judge.disk, report);
    Ok(question)
}

/// Says so if the daemon's clients may not pass tcpd.
fn check_wrapped(daemon: &[u8], conf: &InetdConf, output: &Output) {
    let is_port_mapper = PORT_MAPPERS
        .iter()
        .any(|name| daemon.eq_ignore_ascii_case(name));
    let wrapped = match is_port_mapper {
        true => Some(Wrapped::No),
        false => conf.daemon(daemon).map(|known| known.wrapped),
    };
    match wrapped {
        None => {
            let conf = conf.shown();
            tell(
                &format!("{}: no such process name in {conf}", Written(daemon)),
                output,
            );
        }
        Some(Wrapped::No) => {
            tell(
                &format!("{}: service possibly not wrapped", Written(daemon)),
                output,
            );
        }
        Some(Wrapped::Yes | Wrapped::Maybe) => {}
    }
}

/// The server's end; nothing is known of it if none was named. `None`: it cannot be used.
fn server(
    question: &Question<'_>,
    resolver: &SystemResolver,
    output: &Output,
) -> anyhow::Result<Option<Host>> {
    let Some(name) = question.server else {
        return Ok(Some(Host::unknown().with_name(Fact::Unknown)));
    };
    let Some(found) = endpoint::server(name, resolver) else {
        tell(&not_found_text(name), output);
        return Ok(None);
    };
    let [end] = &found.ends[..] else {
        output.flush()?;
        // A closed standard error leaves the exit status to tell.
        let _ = writeln!(
            std::io::stderr(),
            "Error: {} has more than one address\nPlease specify an address instead",
            Written(name)
        );
        return Ok(None);
    };
    tell_alias(name, &found, output);
    tell_complaint(end, output);
    Ok(Some(end.host.clone()))
}

fn tell(text: &str, output: &Output) {
    output.line(format_args!("warning: {text}"));
}

fn tell_alias(name: &[u8], found: &Resolved, output: &Output) {
    if let Some(official) = &found.official {
        for text in alias_texts(name, official) {
            tell(&text, output);
        }
    }
}

fn tell_complaint(end: &End, output: &Output) {
    if let Some(complaint) = &end.complaint {
        tell(&complaint.to_string(), output);
    }
}

/// The facts, then what the engine says as it goes, then the verdict.
fn block(question: &Question<'_>, client: &Host, server: &Host, judge: &Judge, output: &Output) {
    let mut request = question.request(client, server);
    for (what, value) in [
        ("client:   hostname", name_text(client, question.client)),
        ("client:   address ", client.address_text()),
        ("client:   username", request.user.text()),
        (
            "server:   hostname",
            name_text(server, question.server.unwrap_or_default()),
        ),
        ("server:   address ", server.address_text()),
        ("server:   process ", &request.daemon),
    ] {
        if !value.eq_ignore_ascii_case(UNKNOWN) {
            // Shown as `%n`, `%a` and so on would be handed to a command.
            let value = filter(value.to_vec());
            output.line(format_args!("{what} {}", Written(&value)));
        }
    }
    let decision = judge.decide(&mut request, &Spoken(output), Some(output));
    output.line(format_args!(
        "access:   {}",
        verdict_word(&decision.verdict)
    ));
}

/// A host's name; the word `paranoid` as it was typed.
fn name_text<'n>(host: &'n Host, typed: &'n [u8]) -> &'n [u8] {
    match &host.name {
        Fact::Paranoid if typed.eq_ignore_ascii_case(PARANOID) => typed,
        name => name.text(),
    }
}

/// The engine's messages, on the terminal.
pub(crate) struct Spoken<'o>(pub &'o Output);

impl Log for Spoken<'_> {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        self.0.line(diagnostic);
    }

    fn matched(&self, place: &Place) {
        let table = place.table.display();
        self.0
            .line(format_args!("matched:  {table} line {}", place.line));
    }

    fn option(&self, keyword: &[u8], value: &[u8]) {
        self.0.line(option_line(keyword, value));
    }
}
