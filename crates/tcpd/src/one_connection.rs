//! One connection, from the first look at its socket to the daemon or the refusal.
//!
//! Order, log lines and exit status are the original's (tcpd(8)); what the system refuses on the
//! way is logged, and ends in the verdict that the manual gives for it.

use std::ffi::OsString;
use std::fmt::Display;
use std::io;
use std::time::Duration;

use hosts_access::action::ShellText;
use hosts_access::fault::{Fault, reason};
use hosts_access::report::problem::{Diagnostic, Problem};
use hosts_access::request::Request;
use hosts_access::search::access::{Decision, Verdict, hosts_access};
use hosts_access::search::comments::refusing_comment;
use hosts_access::severity::{Level, Severity};
use hosts_access::table::place::Place;
use hosts_access::text::escape::{TableText, Untrusted};
use hosts_access::world::Log;
use system::effects::RealEffects;
use system::exec;
use system::ip_options::{Hex, IpOptions};
use system::log::{self, Syslog};
use system::peer::Connection;
use system::process::{Ended, Stdio, run_shell};
use system::settings;
use system::system_world::SystemWorld;

use crate::EXIT_OK;
use crate::argv0::Daemon;

/// How long a refused client may take to read its banner before the connection is closed.
const FAREWELL: Duration = Duration::from_secs(1);

/// The line that refuses a client that nobody has looked at yet.
pub(crate) const NOT_YET_KNOWN: &[u8] = b"refused connect from unknown (unknown)";

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
    log::prepare(name, NOT_YET_KNOWN);
    let log = Syslog::new(name);
    let connection = match Connection::on_stdin() {
        Ok(connection) => connection,
        Err(error) => {
            say_no_address(&log, &error);
            say(&log, Level::ERR, format!("getpeername: {}", reason(&error)));
            return EXIT_OK;
        }
    };
    let mut request = connection.request(name);
    log::prepare(name, line("refused connect", &request).as_bytes());
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

/// The line that says what became of a client.
fn line(event: &str, request: &Request) -> String {
    let address = Untrusted(request.client.address_text());
    format!("{event} from {} ({address})", Client(request))
}

fn say_no_address(log: &Syslog, error: &io::Error) {
    let text = format!("warning: can't get client address: {}", reason(error));
    say(log, Level::ERR, text);
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
                    let table = TableText(place.table.as_os_str().as_encoded_bytes()).to_string();
                    let text = format!("matched:  {table} line {}", place.line);
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

    /// Logs and clears IP options; `false` for a source-routed connection, which is refused since
    /// its address proves nothing.
    fn check_ip_options(&self, request: &Request) -> bool {
        let client = Client(request);
        match self.connection.take_ip_options() {
            Ok(IpOptions::None) => true,
            Ok(IpOptions::Harmless(options)) => {
                let options = Hex(&options);
                let text = format!("connect from {client} with IP options (ignored):{options}");
                say(self.log, Level::NOTICE, text);
                true
            }
            Ok(IpOptions::SourceRoute) => {
                let text = format!("refused connect from {client} with IP source routing options");
                self.say_verdict(settings::DENY_SEVERITY, &text);
                false
            }
            Err(error) => {
                let text = format!("setsockopt IP_OPTIONS NULL: {}", reason(&error));
                say(self.log, Level::ERR, text);
                let text = format!("refused connect from {client}: its IP options cannot be read");
                self.say_verdict(settings::DENY_SEVERITY, &text);
                false
            }
        }
    }

    /// Logs the connection and becomes the daemon.
    fn serve(&self, daemon: &Daemon, request: &Request, effects: &RealEffects) -> i32 {
        let severity = request.severity.unwrap_or(settings::ALLOW_SEVERITY);
        self.say_verdict(severity, &line("connect", request));
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
        self.say_verdict(severity, &line("refused connect", request));
        self.connection.discard_datagram();
        if banner_sent {
            self.connection.finish_sending(FAREWELL);
        } else {
            self.connection.drain();
        }
        EXIT_OK
    }

    fn say_verdict(&self, severity: Severity, text: &str) {
        self.log.log_verdict(severity, text.as_bytes());
    }

    /// Logs the twist and becomes its command, or runs it if a datagram is to be cleared away after
    /// it: left queued, it would make inetd start the service again without end.
    fn twist(
        &self,
        command: &ShellText,
        place: Option<Place>,
        request: &Request,
        effects: &RealEffects,
    ) -> i32 {
        let severity = request.severity.unwrap_or(settings::DENY_SEVERITY);
        let text = format!(
            "twist {} to {}",
            Client(request),
            TableText(command.as_bytes())
        );
        self.say_verdict(severity, &text);
        let command = command.as_bytes();
        let fault = match self.connection.queued_datagram() {
            None => {
                let error = exec::become_shell(command, &effects.environment, io::stdin());
                Fault::new("twist_option: /bin/sh", &error)
            }
            Some(datagram) => {
                let ended = run_shell(command, &effects.environment, Stdio::Socket);
                if self.connection.queued_datagram() == Some(datagram) {
                    self.connection.discard_datagram();
                }
                match ended {
                    Ok(Ended::Exited(status)) => return status,
                    Ok(Ended::Killed { signal, .. }) => return 128 + signal,
                    Err(error) => error.fault("twist_option: /bin/sh"),
                }
            }
        };
        self.log.diagnostic(&Diagnostic {
            place,
            problem: Problem::OptionFault(fault),
        });
        EXIT_OK
    }
}

/// `[user@]host` of the client, safe to log.
struct Client<'r>(&'r Request);

impl Display for Client<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Untrusted(&self.0.client_info()).fmt(f)
    }
}
