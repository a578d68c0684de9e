//! Settings fixed when the programs are built, as in the original's Makefile.
//!
//! No environment variable or argument changes them at run time: the environment of inetd is no
//! authority. `make REAL_DAEMON_DIR=/usr/libexec` hands them to the compiler.

use hosts_access::search::access::Tables;
use hosts_access::severity::Severity;
use hosts_access::text::number::{decimal_const, octal_const};

/// The value of a build setting, or its default.
macro_rules! setting {
    ($name:literal, $default:literal) => {
        match option_env!($name) {
            Some(value) => value,
            None => $default,
        }
    };
}

/// Where tcpd looks for daemons whose `argv[0]` is relative.
pub const REAL_DAEMON_DIR: &str = setting!("TCPD_REAL_DAEMON_DIR", "/usr/sbin");

/// The table of clients that are granted access.
pub const HOSTS_ALLOW: &str = setting!("TCPD_HOSTS_ALLOW", "/etc/hosts.allow");

/// The table of clients that are denied access.
pub const HOSTS_DENY: &str = setting!("TCPD_HOSTS_DENY", "/etc/hosts.deny");

/// Both tables.
pub fn tables() -> Tables {
    Tables {
        allow: HOSTS_ALLOW.into(),
        deny: HOSTS_DENY.into(),
    }
}

/// The syslog socket.
pub const LOG_SOCKET: &str = setting!("TCPD_LOG_SOCKET", "/dev/log");

const FACILITY: &str = setting!("TCPD_FACILITY", "daemon");
const SEVERITY: &str = setting!("TCPD_SEVERITY", "info");

/// Severity of the connect line unless a rule says otherwise; refusals are logged at warning.
pub const ALLOW_SEVERITY: Severity = match Severity::from_settings(FACILITY, SEVERITY) {
    Some(severity) => severity,
    None => panic!("FACILITY or SEVERITY is not a name of syslog(3)"),
};

/// Severity of the refuse and twist lines unless a rule says otherwise.
pub const DENY_SEVERITY: Severity = ALLOW_SEVERITY.at_warning();

const TIMEOUT_TEXT: &str = setting!("TCPD_RFC931_TIMEOUT", "10");
const UMASK_TEXT: &str = setting!("TCPD_UMASK", "022");

/// Time limit of an ident query unless a rule sets another, in seconds.
pub const RFC931_TIMEOUT: u32 = match decimal_const(TIMEOUT_TEXT.as_bytes()) {
    Some(seconds) if seconds > 0 => seconds,
    _ => panic!("RFC931_TIMEOUT is not a number of seconds"),
};

/// File mode mask that tcpd sets first of all.
pub const DAEMON_UMASK: u32 = match octal_const(UMASK_TEXT.as_bytes()) {
    Some(mask) if mask <= 0o777 => mask,
    _ => panic!("UMASK is not an octal file mode mask"),
};

/// Every setting by its name in the Makefile, with its value: what these programs were built with.
pub const ALL: [(&str, &str); 8] = [
    ("REAL_DAEMON_DIR", REAL_DAEMON_DIR),
    ("HOSTS_ALLOW", HOSTS_ALLOW),
    ("HOSTS_DENY", HOSTS_DENY),
    ("LOG_SOCKET", LOG_SOCKET),
    ("FACILITY", FACILITY),
    ("SEVERITY", SEVERITY),
    ("RFC931_TIMEOUT", TIMEOUT_TEXT),
    ("UMASK", UMASK_TEXT),
];
