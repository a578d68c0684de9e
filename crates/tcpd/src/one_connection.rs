//! One connection, from the first look at its socket to the daemon or the refusal.
//!
//! Order, log lines and exit status are the original's (tcpd(8)); what the system refuses on the
//! way is logged, and ends in the verdict that the manual gives for it.

use std::ffi::OsString;
use std::fmt::Display;
use std::io;

use hosts_access::action::ShellText;
use hosts_access::fault::reason;
use hosts_access::report::problem::{Diagnostic, Problem};
use hosts_access::request::Request;
use hosts_access::search::access::{Decision, Verdict, hosts_access};
use hosts_access::search::comments::refusing_comment;
use hosts_access::severity::{Level, Severity};
use hosts_access::table::place::Place;
use hosts_access::text::escape::{TableText, Untrusted};
use hosts_access::world::Log;
use system::connection_lines::{ConnectionLine, REFUSED_UNKNOWN};
use system::effects::RealEffects;
use system::exec;
use system::log::{self, Syslog};
use system::peer::{Connection, OptionsVerdict};
use system::settings;
use system::system_world::SystemWorld;
use system::twist;

use crate::EXIT_OK;
use crate::argv0::Daemon;

/// What the log says of a comment for which tcp_wrappers 7.6 refuses a client that is granted here.
const LIVE_COMMENT: &str = "a comment, but a rule for tcp_wrappers 7.6, which refuses this client by it, \
    since \"#\" is not first in its line: remove the \"#\" for a rule, what is before it for a comment";

/// Sees a connection through. Returns the exit status unless the process becomes another program.
pub(crate) fn see_through(arguments: Vec<OsString>) -> i32 {
    system::effects::set_umask(settings::DAEMON_UMASK);
    let (daemon, defect) = match Daemon::from_arguments(arguments) {
        Ok(daemon) => {
            let defect = daemon.check_not_ourselves().err();
            (Some(daemon), defect)
        }
        Err(defect) => (None, Some(defect)),
    };
    let name = daemon.as_ref().map_or(&b"tcpd"[..], |daemon| &daemon.name);
    log::prepare(name, REFUSED_UNKNOWN);
    let log = Syslog::new(name);
    let connection = match Connection::on_stdin() {
        Ok(connection) => connection,
        Err(error) => {
            say_no_address(&log, &error);
            say(&log, Level::ERR, ConnectionLine::NoPeer(&error));
            return EXIT_OK;
        }
    };
    let mut request = connection.request(name);
    log::prepare(name, refused(&request).as_bytes());
    let wrapper = Wrapper {
        log: &log,
        connection: &connection,
    };
    match (daemon, defect) {
        (Some(daemon), None) => wrapper.check(&daemon, &mut request),
        (_, defect) => {
            if let Some(defect) = defect {
                say(&log, Level::ERR, format!("error: {defect:#}"));
            }
            wrapper.refuse(&request, false)
        }
    }
}

fn say(log: &Syslog, level: Level, text: impl Display) {
    log.log_level(level, text.to_string().as_bytes());
}

/// The line that says that the client is refused.
fn refused(request: &Request) -> String {
    let (client, address) = (request.client_info(), request.client.address_text());
    ConnectionLine::Refused(Untrusted(&client), Untrusted(address)).to_string()
}

fn say_no_address(log: &Syslog, error: &io::Error) {
    let line = ConnectionLine::NoAddress(error);
    say(log, Level::ERR, format_args!("warning: {line}"));
}

/// What every step needs.
struct Wrapper<'g> {
    log: &'g Syslog,
    connection: &'g Connection,
}

impl Wrapper<'_> {
    fn check(&self, daemon: &Daemon, request: &mut Request) -> i32 {
        if let Some(error) = &self.connection.client_error {
            say_no_address(self.log, error);
            if self.connection.client_gone {
                return self.refuse(request, false);
            }
        }
        if !self.check_ip_options(request) {
            self.connection.discard_datagram();
            return EXIT_OK;
        }
        let mut effects = RealEffects::new();
        let decision = self.decide(request, &mut effects);
        match decision.verdict {
            Verdict::Granted => self.serve(daemon, request, &effects),
            Verdict::Twist(command) => self.twist(&command, decision.matched, request, &effects),
            Verdict::Denied => {
                if let Some(place) = decision.matched {
                    let text = ConnectionLine::Matched(&place).to_string();
                    self.log.log_debug(text.as_bytes());
                }
                self.refuse(request, effects.banner_sent())
            }
        }
    }

    /// The engine's answer, with the system as its world.
    fn decide(&self, request: &mut Request, effects: &mut RealEffects) -> Decision {
        let (system, tables) = (SystemWorld::new(), settings::tables());
        let world = system.with_log(self.log);
        let decision = hosts_access(&tables, request, &world, effects);
        if let Some(place) = refusing_comment(&tables, &decision, request, &world) {
            let text = format!("warning: {place}: {LIVE_COMMENT}");
            say(self.log, Level::WARNING, text);
        }
        decision
    }

    /// Logs and clears IP options; `false` for a client that is refused for its own.
    fn check_ip_options(&self, request: &Request) -> bool {
        let log = |level, line: ConnectionLine<'_>| match line {
            ConnectionLine::SourceRoute(..) => self.say_verdict(settings::DENY_SEVERITY, line),
            _ => say(self.log, level, line),
        };
        let verdict = self
            .connection
            .check_ip_options(|| request.client_info(), log);
        if verdict == OptionsVerdict::Unread {
            let client = request.client_info();
            let line = ConnectionLine::UnreadOptions(Untrusted(&client));
            self.say_verdict(settings::DENY_SEVERITY, line);
        }
        verdict == OptionsVerdict::Harmless
    }

    /// Logs the connection and becomes the daemon.
    fn serve(&self, daemon: &Daemon, request: &Request, effects: &RealEffects) -> i32 {
        let severity = request.severity.unwrap_or(settings::ALLOW_SEVERITY);
        let (client, address) = (request.client_info(), request.client.address_text());
        let line = ConnectionLine::Connect(Untrusted(&client), Untrusted(address));
        self.say_verdict(severity, line);
        let error = exec::become_program(&daemon.path, &daemon.arguments, &effects.environment);
        self.log.set_tag(daemon.base_name());
        let path = Untrusted(daemon.path.to_bytes());
        let text = format!("error: cannot execute {path}: {}", reason(&error));
        say(self.log, Level::ERR, text);
        self.connection.discard_datagram();
        EXIT_OK
    }

    /// Logs the refusal and lets the connection end.
    fn refuse(&self, request: &Request, banner_sent: bool) -> i32 {
        let severity = request.severity.unwrap_or(settings::DENY_SEVERITY);
        self.say_verdict(severity, refused(request));
        self.connection.discard_datagram();
        self.connection.say_farewell(banner_sent);
        EXIT_OK
    }

    fn say_verdict(&self, severity: Severity, text: impl Display) {
        self.log.log_verdict(severity, text.to_string().as_bytes());
    }

    /// Logs the twist and becomes its command.
    fn twist(
        &self,
        command: &ShellText,
        place: Option<Place>,
        request: &Request,
        effects: &RealEffects,
    ) -> i32 {
        let severity = request.severity.unwrap_or(settings::DENY_SEVERITY);
        let (client, command) = (request.client_info(), command.as_bytes());
        let line = ConnectionLine::Twist(Untrusted(&client), TableText(command));
        self.say_verdict(severity, line);
        let connection = Some(self.connection);
        twist::serve(command, &effects.environment, io::stdin(), connection).unwrap_or_else(
            |fault| {
                let problem = Problem::OptionFault(fault);
                self.log.diagnostic(&Diagnostic { place, problem });
                EXIT_OK
            },
        )
    }
}
