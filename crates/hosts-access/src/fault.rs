//! What the system refused, and why, in the C library's words.

use std::error::Error;
use std::fmt;
use std::io;

/// Why an action could not be carried out: what failed, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What failed, as `setgid(nobody)`.
    pub what: String,
    /// The reason, as `Operation not permitted`.
    pub reason: String,
}

impl Fault {
    /// A fault from a system call.
    pub fn new(what: impl Into<String>, error: &io::Error) -> Self {
        Self {
            what: what.into(),
            reason: reason(error),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reason.is_empty() {
            f.write_str(&self.what)
        } else {
            write!(f, "{}: {}", self.what, self.reason)
        }
    }
}

impl Error for Fault {}

/// The C library's words for a system error.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) if error.raw_os_error().is_some() => text[..end].to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_the_c_librarys() {
        assert_eq!(
            reason(&io::Error::from_raw_os_error(13)),
            "Permission denied"
        );
        assert_eq!(
            reason(&io::Error::other("is (os error 1)")),
            "is (os error 1)"
        );
    }
}
