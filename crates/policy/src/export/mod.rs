//! The addresses that are granted in every case, for what never asks the tables: nftables, systemd and sshd.
//!
//! Each text lets in what [`Admitted`] holds and refuses everything else, an address that its reader knows no
//! better included. Nothing is written to any file here. `tests/proof` reads each text as its reader does and holds that
//! against the engine.

mod nft;
mod sshd;
mod systemd;

use crate::admitted::Admitted;

pub use sshd::{MAX_TEXT, knows_refuse_connection};

/// For whom a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form<'f> {
    /// `nft -f`: a table with a chain that guards these ports.
    Nft(&'f [u16]),
    /// A drop-in of a service unit, or of a socket unit.
    Systemd {
        /// Whether it is for a socket unit.
        socket: bool,
    },
    /// A part of sshd_config.
    Sshd {
        /// Whether that sshd knows RefuseConnection.
        refuse_connection: bool,
    },
}

impl Form<'_> {
    /// What this form cannot do, in lines.
    pub fn limits(self) -> &'static [&'static str] {
        match self {
            Self::Nft(_) => nft::LIMITS,
            Self::Systemd { .. } => systemd::LIMITS,
            Self::Sshd { .. } => sshd::LIMITS,
        }
    }

    /// The text, after these lines of comments.
    pub fn text(self, daemon: &[u8], admitted: &Admitted, comments: &[String]) -> String {
        let mut text = String::new();
        for line in comments {
            push_comment(&mut text, line);
        }
        match self {
            Self::Nft(ports) => nft::push(&mut text, daemon, ports, admitted),
            Self::Systemd { socket } => systemd::push(&mut text, socket, admitted),
            Self::Sshd { refuse_connection } => {
                sshd::push(&mut text, refuse_connection, admitted);
            }
        }
        text
    }
}

/// Adds a comment. No text in it may end it, or go on in the next line.
fn push_comment(text: &mut String, comment: &str) {
    text.push_str("# ");
    text.extend(comment.chars().map(|letter| match letter {
        '\\' => '/',
        letter if letter.is_control() => '?',
        letter => letter,
    }));
    text.push('\n');
}
