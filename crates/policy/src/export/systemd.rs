//! A drop-in of a unit (systemd.resource-control(5)). An address that no IPAddressAllow names is refused.

use std::fmt::Write;

use crate::admitted::Admitted;
use crate::space::Family;

/// What it cannot do.
pub(super) const LIMITS: &[&str] = &[
    "What is refused is dropped: its client waits, and no line is logged.",
    "It filters what the unit sends too, to name servers and all others, and whatever the unit starts.",
    "It needs control groups of version 2 with BPF. Without them systemd says so in its log, and",
    "nothing is filtered.",
    "Addresses that a slice of the unit, or a drop-in read after this one, allows are let in besides.",
    "Connections through a socket of another unit are not filtered by this one.",
];

/// Writes the drop-in.
pub(super) fn push(text: &mut String, socket: bool, admitted: &Admitted) {
    text.push_str(if socket { "[Socket]\n" } else { "[Service]\n" });
    // What was read before this has no say.
    text.push_str("IPAddressAllow=\nIPAddressDeny=\nIPAddressDeny=any\n");
    for family in Family::BOTH {
        for network in admitted.networks(family) {
            // Writing to a String never fails.
            let _ = writeln!(text, "IPAddressAllow={network}");
        }
    }
}
