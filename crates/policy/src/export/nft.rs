//! A table of nftables, in which a chain guards the ports of a daemon (nft(8)).
//!
//! Loading it takes the place of the one before in one step. An address that is in no set is dropped.

use std::fmt::Write;

use crate::admitted::Admitted;
use crate::space::Family;

/// What it cannot do.
pub(super) const LIMITS: &[&str] = &[
    "What is refused is dropped: its client waits, and no line is logged.",
    "It guards the ports, for every protocol that has ports, whichever program is there.",
    "It looks at each packet that comes to this host, those of connections made before it too; what",
    "is forwarded to another host or to a network namespace is not looked at.",
];

/// A family: the name of its set, the type of its elements, and how its sources are named.
const SETS: [(Family, &str, &str, &str); 2] = [
    (Family::V4, "granted4", "ipv4_addr", "ip"),
    (Family::V6, "granted6", "ipv6_addr", "ip6"),
];

/// Writes the table.
pub(super) fn push(text: &mut String, daemon: &[u8], ports: &[u16], admitted: &Admitted) {
    let name = name(daemon);
    // It has to be there to be deleted.
    *text += &format!("table inet {name}\ndelete table inet {name}\ntable inet {name} {{\n");
    for (family, set, kind, _) in SETS {
        *text += &format!("\tset {set} {{\n\t\ttype {kind}\n\t\tflags interval\n");
        let mut networks = admitted.networks(family).peekable();
        if networks.peek().is_some() {
            text.push_str("\t\telements = {\n");
            for network in networks {
                // Writing to a String never fails.
                let _ = writeln!(text, "\t\t\t{network},");
            }
            text.push_str("\t\t}\n");
        }
        text.push_str("\t}\n");
    }
    text.push_str("\tchain guard {\n");
    for (family, set, _, sources) in SETS {
        if family == Family::V6 {
            // The tables judge such a source by its IPv4 address; no honest packet has it.
            text.push_str("\t\tip6 saddr ::ffff:0.0.0.0/96 drop\n");
        }
        *text += &format!("\t\t{sources} saddr @{set} return\n");
    }
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    *text += &format!(
        "\t\tdrop\n\t}}\n\tchain input {{\n\t\ttype filter hook input priority filter; policy accept;\n\
         \t\tmeta l4proto {{ tcp, udp, udplite, sctp, dccp }} th dport {{ {} }} jump guard\n\t}}\n}}\n",
        ports.join(", ")
    );
}

/// The name of the table: another one for each daemon, of letters and digits. What is neither is written by
/// its number.
fn name(daemon: &[u8]) -> String {
    let mut name = "tcp_wrappers_".to_owned();
    for byte in daemon {
        if byte.is_ascii_alphanumeric() {
            name.push(char::from(*byte));
        } else {
            name += &format!("_{byte:02x}");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_daemon_has_a_table_of_its_own() {
        assert_eq!(name(b"sshd"), "tcp_wrappers_sshd");
        assert_eq!(name(b"in.ftpd"), "tcp_wrappers_in_2eftpd");
        assert_ne!(name(b"a_2eb"), name(b"a.b"));
    }
}
