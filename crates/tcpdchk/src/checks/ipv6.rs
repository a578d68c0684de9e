//! IPv6 addresses that are not written as tables want them.

use hosts_access::address::notation::parse_ipv6;
use hosts_access::text::bytes::bracketed;
use hosts_access::text::escape::TableText;

use crate::finding::Finding;
use crate::word::HostWord;

tools::checks! {
    /// What is wrong with IPv6 addresses.
    CHECKS;
    BRACKETS: "ipv6-brackets", Error, "an IPv6 address without brackets",
        why "Colons separate the fields of a rule, so the address is torn apart: its first part is the client, the \
             rest is taken for options. The rule never matches this address.",
        remedy "Put the address in brackets: [2001:db8::1].";
    LENGTH_INSIDE: "ipv6-length-inside", Error, "a prefix length inside the brackets",
        why "Brackets hold an address and nothing else, so the pattern never matches.",
        remedy "Write the length after the brackets: [2001:db8::]/32.";
}

/// A word in brackets that holds a prefix length.
pub(crate) fn check_host(host: &HostWord<'_>) -> Option<Finding> {
    let inside = bracketed(host.word)?;
    let slash = inside.iter().position(|byte| *byte == b'/')?;
    let (address, length) = inside.split_at(slash);
    parse_ipv6(address)?;
    let shown = TableText(host.word);
    let text = format!("{shown}: prefix length inside the brackets");
    let instead = format!("[{}]{}", TableText(address), TableText(length));
    Some(host.own(&LENGTH_INSIDE, text).instead(instead))
}
