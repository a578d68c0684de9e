//! The environment that commands and daemons get: the inherited one, byte for byte, with what the
//! `setenv` option has set.
//!
//! What is set goes into a copy, so that it cannot disturb a lookup that still runs in a thread. Without it there is no
//! copy: the strings of a process that is not ours may be freed by another of its threads at any time, so
//! they are left to execve(2) in the child, as the original leaves them.

use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

// SAFETY: the C library has this variable, which programs change a word at a time.
unsafe extern "C" {
    safe static environ: AtomicPtr<*const c_char>;
}

/// Variables as `NAME=VALUE`, in their order, malformed ones included.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `None`: what the process has at the time of the exec.
    changed: Option<Vec<CString>>,
}

impl Environment {
    /// Sets a variable: in place of the one with this name, or at the end. Not for a process with threads
    /// that change their environment.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        let Ok(entry) = CString::new([name, b"=", value].concat()) else {
            return;
        };
        let same = |other: &CString| {
            let rest = other.as_bytes().strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(b"="))
        };
        let entries = self.changed.get_or_insert_with(inherited);
        match entries.iter_mut().find(|other| same(other)) {
            Some(old) => *old = entry,
            None => entries.push(entry),
        }
    }

    /// What was set, with what it was set in; `None` if nothing was.
    pub(crate) fn changed(&self) -> Option<&[CString]> {
        self.changed.as_deref()
    }

    /// The entries for execve(2).
    pub(crate) fn pointers(&self) -> Variables {
        Variables(self.changed.as_deref().map(|changed| {
            let strings = changed.iter().map(|string| string.as_ptr());
            strings.chain([ptr::null()]).collect()
        }))
    }
}

/// An environment as execve(2) takes it. It points into the [`Environment`] that it was made of.
pub(crate) struct Variables(Option<Vec<*const c_char>>);

impl Variables {
    /// The array. To be asked for in the process that is to exec. (Async-signal-safe.)
    pub(crate) fn as_ptr(&self) -> *const *const c_char {
        match &self.0 {
            Some(own) => own.as_ptr(),
            None => environ.load(Ordering::Relaxed),
        }
    }
}

/// A copy of the process's own.
fn inherited() -> Vec<CString> {
    let mut entries = Vec::new();
    // SAFETY: environ is null or points to an array of strings that ends with a null pointer
    // (POSIX, environ); nothing in this program changes it.
    unsafe {
        let mut entry = environ.load(Ordering::Relaxed);
        while !entry.is_null() && !(*entry).is_null() {
            entries.push(CStr::from_ptr(*entry).to_owned());
            entry = entry.add(1);
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_replaces_or_adds() {
        let entries = vec![c"A=1".into(), c"junk".into(), c"AB=2".into()];
        let mut environment = Environment {
            changed: Some(entries),
        };
        environment.set(b"A", b"x=y");
        environment.set(b"C", b"");
        environment.set(b"D", b"nul\0");
        let expected: Vec<CString> = [c"A=x=y", c"junk", c"AB=2", c"C="]
            .map(CString::from)
            .into();
        assert_eq!(environment.changed, Some(expected));
    }

    #[test]
    fn nothing_is_copied_before_something_is_set() {
        let mut environment = Environment::default();
        let own = environ.load(Ordering::Relaxed).cast_const();
        assert_eq!(environment.pointers().as_ptr(), own);
        environment.set(b"A", b"1");
        assert_ne!(environment.pointers().as_ptr(), own);
        let entries = environment.changed.unwrap();
        let has = |start: &[u8]| {
            entries
                .iter()
                .any(|entry| entry.as_bytes().starts_with(start))
        };
        assert!(has(b"PATH=") && has(b"A=1"));
    }
}
