//! Options that the original carries out differently.

use hosts_access::options::Field;
use hosts_access::text::number::signed;

use crate::checked_rule::CheckedRule;
use crate::source::Origin;

use super::{ACCOUNT, ACLEXEC, NUMBER, Portable, RESOLVER, SEVERITY, verdict};

/// Names that the original's severity does not know.
const NEW_SEVERITIES: [&str; 7] = [
    "authpriv", "ftp", "error", "panic", "warn", "security", "syslog",
];

/// Variables that the C library's resolver reads.
const RESOLVER_VARIABLES: [&str; 2] = ["RES_OPTIONS", "LOCALDOMAIN"];

/// Options whose value is a number.
const NUMBERS: [&[u8]; 4] = [b"linger", b"nice", b"rfc931", b"umask"];

impl Portable<'_> {
    /// The options of a rule.
    pub(super) fn options(&self, rule: &CheckedRule<'_>) {
        for field in rule.options() {
            self.option(&field, rule);
        }
    }

    fn option(&self, field: &Field<'_>, rule: &CheckedRule<'_>) {
        let keyword = field.keyword.to_ascii_lowercase();
        let value: &[u8] = &field.value;
        let part = if value.is_empty() {
            &*field.keyword
        } else {
            value
        };
        let place = || rule.origin.place(part);
        let verdict = verdict(rule);
        match &keyword[..] {
            b"user" | b"group" => self.find(
                &ACCOUNT,
                place(),
                &keyword,
                "has no effect, the daemon keeps its rights",
                "the daemon gets the rights of that account, or the client is refused",
            ),
            b"aclexec" => self.find(
                &ACLEXEC,
                place(),
                &keyword,
                &format!("a command that cannot be run counts as success, so the client is {verdict}; a failure sticks"),
                "a command that cannot be run is in error, and never grants",
            ),
            b"severity" => {
                let text = String::from_utf8_lossy(value).to_ascii_lowercase();
                if text.split('.').any(|name| NEW_SEVERITIES.contains(&name.trim())) {
                    let here = format!("known, and the client is {verdict}");
                    self.find(&SEVERITY, place(), value, "an error, which denies", &here);
                }
            }
            b"setenv" => {
                let name = value.split(u8::is_ascii_whitespace).next();
                let name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
                if RESOLVER_VARIABLES.contains(&name.as_str()) {
                    let original = "changes the lookups of this connection as well";
                    let here = "only what runs later gets it";
                    self.find(&RESOLVER, place(), name.as_bytes(), original, here);
                }
            }
            keyword if NUMBERS.contains(&keyword) => {
                let long = value.len() > 9 && value.iter().all(u8::is_ascii_digit);
                if long && signed(value).is_none() {
                    let here = "an error, which denies";
                    self.find(&NUMBER, place(), value, "cut to another number", here);
                }
            }
            _ => {}
        }
    }
}
