//! The environment that commands and daemons get: the inherited one, byte for byte, with what the
//! `setenv` option has set.
//!
//! It is a copy, so that setting a variable cannot disturb a lookup that still runs in a thread.

use std::ffi::{CStr, CString, c_char};

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// Variables as `NAME=VALUE`, in their order, malformed ones included.
#[derive(Clone, Debug)]
pub struct Environment(Vec<CString>);

impl Environment {
    /// A copy of the process's own.
    pub fn inherited() -> Self {
        let mut entries = Vec::new();
        // SAFETY: environ is null or points to an array of strings that ends with a null pointer
        // (POSIX, environ); nothing in this program changes it.
        unsafe {
            let mut entry = environ;
            while !entry.is_null() && !(*entry).is_null() {
                entries.push(CStr::from_ptr(*entry).to_owned());
                entry = entry.add(1);
            }
        }
        Self(entries)
    }

    /// Sets a variable: in place of the one with this name, or at the end.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        let Ok(entry) = CString::new([name, b"=", value].concat()) else {
            return;
        };
        let same = |other: &CString| {
            let rest = other.as_bytes().strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(b"="))
        };
        match self.0.iter_mut().find(|other| same(other)) {
            Some(old) => *old = entry,
            None => self.0.push(entry),
        }
    }

    /// The entries, for execve(2).
    pub fn entries(&self) -> &[CString] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_replaces_or_adds() {
        let mut environment = Environment(vec![c"A=1".into(), c"junk".into(), c"AB=2".into()]);
        environment.set(b"A", b"x=y");
        environment.set(b"C", b"");
        environment.set(b"D", b"nul\0");
        let expected: Vec<CString> = [c"A=x=y", c"junk", c"AB=2", c"C="]
            .map(CString::from)
            .into();
        assert_eq!(environment.0, expected);
    }

    #[test]
    fn the_inherited_one_has_path() {
        let environment = Environment::inherited();
        let found = environment
            .0
            .iter()
            .any(|entry| entry.as_bytes().starts_with(b"PATH="));
        assert!(found);
    }
}
