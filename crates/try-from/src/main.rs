//! try-from: prints what a wrapped service would know of the client on its standard input
//! (try-from(8)).
//!
//! Looks up names and the user, as `%n` and `%u` do. Whatever cannot be known is `unknown`;
//! problems go to syslog. The exit status is always 0, so inetd takes it for any service.

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use hosts_access::limits::MAX_EXPANSION_BYTES;
use hosts_access::options::expand::expand;
use hosts_access::request::{Host, Request};
use hosts_access::severity::Level;
use system::connection_lines::ConnectionLine;
use system::log::Syslog;
use system::peer::Connection;
use system::system_world::SystemWorld;

/// What is shown, in this order: a lookup that one line makes is known to the next.
const REPORT: &[u8] = b"\
client address  (%%a): %a
client hostname (%%n): %n
client username (%%u): %u
client info     (%%c): %c
server address  (%%A): %A
server hostname (%%N): %N
server process  (%%d): %d
server info     (%%s): %s
";

fn main() {
    let program = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&program).file_name().unwrap_or_default();
    let log = Syslog::of_a_plain_program(name.as_bytes());
    let mut request = request(name.as_bytes(), &log);
    let system = SystemWorld::new();
    let world = system.with_log(&log);
    if let Ok(report) = expand(REPORT, &mut request, &world, None, MAX_EXPANSION_BYTES) {
        // The client may have gone; there is nobody else to tell.
        let _gone = io::stdout().write_all(report.as_bytes());
    }
}

/// The request that standard input makes; one of which nothing is known if it is no socket.
fn request(name: &[u8], log: &Syslog) -> Request {
    let say = |error: &io::Error| {
        let text = format!("warning: {}", ConnectionLine::NoAddress(error));
        log.log_level(Level::ERR, text.as_bytes());
    };
    match Connection::on_stdin() {
        Ok(connection) => {
            if let Some(error) = &connection.client_error {
                say(error);
            }
            connection.request(name)
        }
        Err(error) => {
            say(&error);
            Request::new(name, Host::unknown(), Host::unknown())
        }
    }
}
