//! The netgroup database, through the system's name services: innetgr(3).

use std::ffi::{CStr, CString, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::rc::Rc;

use hosts_access::request::facts::Unanswered;
use hosts_access::world::Netgroups;
use nix::errno::Errno;
use nix::libc;
use nix::sys::utsname::uname;

use crate::deadline::Budget;
use crate::lookup_resources;

/// What uname(2) gives where no NIS domain is set.
const NO_DOMAIN: &[u8] = b"(none)";

unsafe extern "C" {
    fn innetgr(
        group: *const c_char,
        host: *const c_char,
        user: *const c_char,
        domain: *const c_char,
    ) -> c_int;
}

/// The system's netgroups, within a budget of time.
#[derive(Clone, Debug)]
pub struct SystemNetgroups {
    budget: Rc<Budget>,
}

impl SystemNetgroups {
    /// Netgroups that charge this budget.
    pub fn new(budget: Rc<Budget>) -> Self {
        Self { budget }
    }

    /// Whether the group exists and has a member of any kind.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn has_members(&self, group: &[u8]) -> Result<bool, Unanswered> {
        let Ok(group) = CString::new(group) else {
            return Ok(false);
        };
        self.look_up(move || in_group(&group, None, None))
    }

    fn look_up(
        &self,
        ask: impl FnOnce() -> Result<bool, Unanswered> + Send + 'static,
    ) -> Result<bool, Unanswered> {
        lookup_resources::check()?;
        let limit = self.budget.limits.name;
        let found = self.budget.look_up(limit, move || ask().map(Some))?;
        let found = found.unwrap_or(false);
        if !found {
            lookup_resources::check_after()?;
        }
        Ok(found)
    }
}

impl Netgroups for SystemNetgroups {
    fn contains_host(&self, group: &[u8], host: &[u8]) -> Result<bool, Unanswered> {
        let (Ok(group), Ok(host)) = (CString::new(group), CString::new(host)) else {
            return Ok(false);
        };
        self.look_up(move || in_group(&group, Some(&host), domain().as_deref()))
    }
}

/// Whether a triple with this host and domain is in the group; none stands for any.
fn in_group(group: &CStr, host: Option<&CStr>, domain: Option<&CStr>) -> Result<bool, Unanswered> {
    let host = host.map_or(ptr::null(), CStr::as_ptr);
    let domain = domain.map_or(ptr::null(), CStr::as_ptr);
    Errno::clear();
    // SAFETY: each pointer is null or to a string that ends in NUL and lives through the call.
    let found = unsafe { innetgr(group.as_ptr(), host, ptr::null(), domain) != 0 };
    match Errno::last_raw() {
        // No such group, file, service or cache; a buffer that was too small, and made larger.
        _ if found => Ok(true),
        0 | libc::ENOENT | libc::ECONNREFUSED | libc::ESRCH | libc::ERANGE => Ok(false),
        number => Err(Unanswered::Failed(number)),
    }
}

/// The NIS domain, if one is set.
fn domain() -> Option<CString> {
    let names = uname().ok()?;
    let name = names.domainname().as_bytes();
    let set = !name.is_empty() && name != NO_DOMAIN;
    set.then(|| CString::new(name).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_in_a_group_that_does_not_exist() {
        let netgroups = SystemNetgroups::new(Rc::default());
        assert_eq!(
            netgroups.contains_host(b"no-such-group", b"host"),
            Ok(false)
        );
        assert_eq!(netgroups.contains_host(b"no\0group", b"host"), Ok(false));
        assert_eq!(netgroups.has_members(b"no-such-group"), Ok(false));
    }
}
