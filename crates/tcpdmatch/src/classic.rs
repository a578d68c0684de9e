//! The original's dialogue: facts, the rule that matches, its options, the verdict.

use std::cell::RefCell;
use std::path::Path;
use std::process::ExitCode;

use hosts_access::options::expand::filter;
use hosts_access::report::problem::Diagnostic;
use hosts_access::request::facts::{Fact, PARANOID, UNKNOWN};
use hosts_access::request::{Host, Request};
use hosts_access::table::place::Place;
use hosts_access::text::escape::TableText;
use hosts_access::world::Log;
use serde_json::json;
use system::resolver::SystemResolver;
use system::settings::REAL_DAEMON_DIR;
use tools::arguments::Files;
use tools::disk::Disk;
use tools::hosts::{alias_texts, not_found_text, patience};
use tools::inetd::{InetdConf, Wrapped};
use tools::output::{Output, option_line};
use tools::paths::{check_daemon_directory, check_tables};
use tools::remark::Remark;
use tools::services::{Applies, Services};

use crate::answer::{Answer, AnswerLog};
use crate::arguments::AnswerFormat;
use crate::endpoint::{self, Endpoint, Resolved};
use crate::explain::Explainer;
use crate::predictor::{Predictor, verdict_word};
use crate::question::Question;

/// Daemons of Sun RPC, which inetd does not start.
const PORT_MAPPERS: [&[u8]; 2] = [b"portmap", b"rpcbind"];

/// How an answer is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnswerOptions {
    /// In which form.
    pub format: AnswerFormat,
    /// With every step.
    pub explain: bool,
}

/// Takes warnings, one line each.
type Say<'s> = &'s dyn Fn(&str);

/// Looks at what surrounds the tables, then judges each address of the client.
pub(crate) fn run(
    question: &Question<'_>,
    files: &Files,
    predictor: &Predictor,
    options: AnswerOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let said = RefCell::new(Vec::new());
    let say: Say<'_> = &|text| match options.format {
        AnswerFormat::Human => output.line(text),
        AnswerFormat::Json => said.borrow_mut().push(text.to_owned()),
    };
    let question = &surroundings(question, files, predictor, say)?;
    let resolver = SystemResolver::new(patience());
    let ends = server(question, &resolver, say)?.and_then(|server| {
        let client = endpoint::client(question.client, &resolver).ok();
        if client.is_none() {
            tell(&not_found_text(question.client), say);
        }
        Some((server, client?))
    });
    let Some((server, client)) = ends else {
        if options.format == AnswerFormat::Json {
            output.line(json!({"error": "host not found", "messages": said.take()}));
        }
        return Ok(crate::EXIT_FAILED.into());
    };
    tell_alias(question.client, &client, say);
    for (number, end) in client.ends.iter().enumerate() {
        if number > 0 && options.format == AnswerFormat::Human {
            output.line("");
        }
        tell_complaint(end, say);
        let mut request = question.request(&end.host, &server);
        if let Some(text) = predictor.without_name(&request) {
            tell(&text, say);
        }
        match options.format {
            AnswerFormat::Human => block(question, &mut request, predictor, options, output),
            AnswerFormat::Json => {
                answer(&mut request, predictor, options, said.take()).write(output)
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The answer as an object, with what was said before it.
fn answer(
    request: &mut Request,
    predictor: &Predictor,
    options: AnswerOptions,
    said: Vec<String>,
) -> Answer {
    let heard = AnswerLog::default();
    let steps = options.explain.then(|| Explainer::collecting(request));
    let prediction = match &steps {
        Some(steps) => predictor.decide(request, &Both(&heard, steps), None),
        None => predictor.decide(request, &heard, None),
    };
    let mut answer = Answer::new(request, &prediction, heard, said);
    answer.steps = steps.map(Explainer::into_steps);
    answer
}

/// Two that listen.
struct Both<'b>(&'b dyn Log, &'b dyn Log);

impl Log for Both<'_> {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        self.0.diagnostic(diagnostic);
        self.1.diagnostic(diagnostic);
    }

    fn matched(&self, place: &Place) {
        self.0.matched(place);
        self.1.matched(place);
    }

    fn option(&self, keyword: &[u8], value: &[u8]) {
        self.0.option(keyword, value);
        self.1.option(keyword, value);
    }

    fn wants_events(&self) -> bool {
        self.0.wants_events() || self.1.wants_events()
    }

    fn event(&self, event: &hosts_access::report::trace::Event<'_>) {
        self.0.event(event);
        self.1.event(event);
    }
}

/// Checks the daemon's folder, its name, inetd.conf and the paths of the tables. Gives the question
/// with the daemon's plain name.
fn surroundings<'q>(
    question: &Question<'q>,
    files: &Files,
    predictor: &Predictor,
    say: Say<'_>,
) -> anyhow::Result<Question<'q>> {
    let report = &mut |remark: Remark| say(&remark.to_string());
    check_daemon_directory(Path::new(REAL_DAEMON_DIR), &predictor.disk, report);
    let full = question.daemon;
    let question = question.clone().with_plain_daemon();
    if question.daemon != full {
        let (full, plain) = (TableText(full), TableText(question.daemon));
        tell(&format!("{full}: daemon name normalized to: {plain}"), say);
    }
    let conf = InetdConf::read(files.inetd.as_deref(), &predictor.disk, report)?;
    check_wrapped(question.daemon, &conf, files, &predictor.disk, say);
    check_tables(&predictor.tables, &predictor.disk, report);
    Ok(question)
}

/// Says so if the daemon's clients may not pass tcpd, and nothing else is known that asks the tables about them. Who
/// names an inetd.conf asks about that file alone.
fn check_wrapped(daemon: &[u8], conf: &InetdConf, files: &Files, disk: &Disk, say: Say<'_>) {
    let is_port_mapper = PORT_MAPPERS
        .iter()
        .any(|name| daemon.eq_ignore_ascii_case(name));
    let wrapped = if is_port_mapper {
        Some(Wrapped::No)
    } else {
        conf.daemon(daemon).map(|known| known.wrapped)
    };
    let shown = TableText(daemon);
    let text = match wrapped {
        Some(Wrapped::Yes | Wrapped::Maybe) => return,
        Some(Wrapped::No) => format!("{shown}: service possibly not wrapped"),
        None => format!("{shown}: no such process name in {}", conf.shown()),
    };
    if files.inetd.is_some() {
        return tell(&text, say);
    }
    let verdict = Services::new(disk, conf).verdict(daemon);
    match (verdict.applies, &conf.path) {
        (Applies::Yes, _) => {}
        (Applies::No | Applies::Unknown, None) if wrapped.is_none() => {
            tell(&format!("{shown}: {}", verdict.reason()), say)
        }
        _ => tell(&text, say),
    }
}

/// The server's end; nothing is known of it if none was named. `None`: it cannot be used.
fn server(
    question: &Question<'_>,
    resolver: &SystemResolver,
    say: Say<'_>,
) -> anyhow::Result<Option<Host>> {
    let Some(name) = question.server else {
        return Ok(Some(Host::unknown().with_name(Fact::Unknown)));
    };
    let Ok(found) = endpoint::server(name, resolver) else {
        tell(&not_found_text(name), say);
        return Ok(None);
    };
    let [end] = &found.ends[..] else {
        anyhow::bail!(
            "Error: {} has more than one address\nPlease specify an address instead",
            TableText(name)
        );
    };
    tell_alias(name, &found, say);
    tell_complaint(end, say);
    Ok(Some(end.host.clone()))
}

fn tell(text: &str, say: Say<'_>) {
    say(&format!("warning: {text}"));
}

fn tell_alias(name: &[u8], found: &Resolved, say: Say<'_>) {
    if let Some(official) = &found.official {
        for text in alias_texts(name, official) {
            tell(&text, say);
        }
    }
}

fn tell_complaint(end: &Endpoint, say: Say<'_>) {
    if let Some(complaint) = &end.complaint {
        tell(&complaint.to_string(), say);
    }
}

/// The facts, then what the engine says as it goes, then the verdict.
fn block(
    question: &Question<'_>,
    request: &mut Request,
    predictor: &Predictor,
    options: AnswerOptions,
    output: &Output,
) {
    let (client, server) = (&request.client, &request.server);
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
            output.line(format_args!("{what} {}", TableText(&value)));
        }
    }
    let prediction = if options.explain {
        let explainer = Explainer::speaking(request, output);
        let prediction = predictor.decide(request, &explainer, Some(output));
        explainer.conclude(&prediction);
        prediction
    } else {
        predictor.decide(request, &TerminalLog(output), Some(output))
    };
    let verdict = verdict_word(&prediction.decision.verdict);
    output.line(format_args!("access:   {verdict}"));
    if let Some(otherwise) = &prediction.otherwise {
        let otherwise = verdict_word(otherwise);
        output.line(format_args!(
            "aclexec:  {otherwise} if a command of aclexec says no"
        ));
    }
}

/// A host's name; the word `paranoid` as it was typed.
fn name_text<'n>(host: &'n Host, typed: &'n [u8]) -> &'n [u8] {
    match &host.name {
        Fact::Paranoid if typed.eq_ignore_ascii_case(PARANOID) => typed,
        name => name.text(),
    }
}

/// The engine's messages, on the terminal.
pub(crate) struct TerminalLog<'o>(pub &'o Output);

impl Log for TerminalLog<'_> {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        self.0.line(diagnostic);
    }

    fn matched(&self, place: &Place) {
        let table = TableText::from(&*place.table);
        self.0
            .line(format_args!("matched:  {table} line {}", place.line));
    }

    fn option(&self, keyword: &[u8], value: &[u8]) {
        self.0.line(option_line(keyword, value));
    }
}
