//! IPv6.

use hosts_access::rule::Rule;

/// IPv6 addresses without brackets.
pub(crate) fn bare<'r>(_text: &'r [u8], _fields: &Rule<'r>) -> Vec<&'r [u8]> {
    Vec::new()
}
