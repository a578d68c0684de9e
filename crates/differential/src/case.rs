//! A case: two tables, the files around them, and a request of which everything is given.

use std::net::{IpAddr, SocketAddr};

/// One end of the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct End {
    /// Address as text; empty if unknown.
    pub(crate) address: Vec<u8>,
    /// The socket's address; names are looked up and the ident server is asked only if there is one.
    pub(crate) socket: Option<SocketAddr>,
    /// The host name, if it was looked up already.
    pub(crate) name: Option<Vec<u8>>,
}

/// What stands under a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A file with this text.
    Text(Vec<u8>),
    /// A file that may not be read.
    Unreadable,
    /// A directory.
    Directory,
}

/// What the name service says of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forward {
    pub(crate) name: Vec<u8>,
    pub(crate) canonical: Vec<u8>,
    pub(crate) addresses: Vec<IpAddr>,
}

/// Number of a status that stands for a command that is killed.
pub(crate) const KILLED: u32 = 256;

/// Path of hosts.allow.
pub(crate) const ALLOW: &[u8] = b"/A";

/// Path of hosts.deny.
pub(crate) const DENY: &[u8] = b"/D";

/// Everything that an answer may depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) daemon: Vec<u8>,
    pub(crate) client: End,
    pub(crate) server: End,
    /// Whether the socket is a connected stream.
    pub(crate) stream: bool,
    /// The user, if known before anything is asked.
    pub(crate) user: Option<Vec<u8>>,
    /// The user that the ident server names.
    pub(crate) ident: Option<Vec<u8>>,
    /// How each aclexec command ends.
    pub(crate) aclexec: u32,
    pub(crate) pointers: Vec<(IpAddr, Vec<u8>)>,
    pub(crate) forwards: Vec<Forward>,
    /// The tables too; what is not here does not exist.
    pub(crate) files: Vec<(Vec<u8>, Content)>,
    /// Group and host; an empty host is any host.
    pub(crate) netgroups: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Case {
    /// A request from one address, all else unknown.
    pub(crate) fn new(daemon: &str, client: &str) -> Self {
        Self {
            daemon: daemon.into(),
            client: End {
                address: client.into(),
                ..End::default()
            },
            ..Self::default()
        }
    }

    pub(crate) fn file(mut self, path: &[u8], text: &[u8]) -> Self {
        self.files
            .push((path.to_vec(), Content::Text(text.to_vec())));
        self
    }

    pub(crate) fn allow(self, text: &[u8]) -> Self {
        self.file(ALLOW, text)
    }

    pub(crate) fn deny(self, text: &[u8]) -> Self {
        self.file(DENY, text)
    }

    pub(crate) fn unreadable(mut self, path: &[u8]) -> Self {
        self.files.push((path.to_vec(), Content::Unreadable));
        self
    }

    pub(crate) fn directory(mut self, path: &[u8]) -> Self {
        self.files.push((path.to_vec(), Content::Directory));
        self
    }

    pub(crate) fn server(mut self, address: &str) -> Self {
        self.server.address = address.into();
        self
    }

    pub(crate) fn client_socket(mut self, socket: &str) -> Self {
        self.client.socket = socket.parse().ok();
        self
    }

    pub(crate) fn server_socket(mut self, socket: &str) -> Self {
        self.server.socket = socket.parse().ok();
        self
    }

    pub(crate) fn client_name(mut self, name: &[u8]) -> Self {
        self.client.name = Some(name.to_vec());
        self
    }

    pub(crate) fn server_name(mut self, name: &[u8]) -> Self {
        self.server.name = Some(name.to_vec());
        self
    }

    pub(crate) fn stream(mut self) -> Self {
        self.stream = true;
        self
    }

    pub(crate) fn user(mut self, user: &[u8]) -> Self {
        self.user = Some(user.to_vec());
        self
    }

    pub(crate) fn ident(mut self, user: &[u8]) -> Self {
        self.ident = Some(user.to_vec());
        self
    }

    pub(crate) fn aclexec(mut self, status: u32) -> Self {
        self.aclexec = status;
        self
    }

    pub(crate) fn pointer(mut self, address: &str, name: &[u8]) -> Self {
        self.pointers
            .extend(address.parse().ok().map(|ip| (ip, name.to_vec())));
        self
    }

    pub(crate) fn forward(mut self, name: &[u8], canonical: &[u8], addresses: &[&str]) -> Self {
        self.forwards.push(Forward {
            name: name.to_vec(),
            canonical: canonical.to_vec(),
            addresses: addresses.iter().filter_map(|ip| ip.parse().ok()).collect(),
        });
        self
    }

    pub(crate) fn netgroup(mut self, group: &[u8], host: &[u8]) -> Self {
        self.netgroups.push((group.to_vec(), host.to_vec()));
        self
    }

    /// What stands under a path.
    pub(crate) fn content(&self, path: &[u8]) -> Option<&Content> {
        let mut files = self.files.iter();
        files.find(|(name, _)| name == path).map(|(_, text)| text)
    }

    /// The text of a table, if it can be read.
    pub(crate) fn text(&self, path: &[u8]) -> Option<&[u8]> {
        match self.content(path) {
            Some(Content::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The same case with another text in a file.
    pub(crate) fn set(&mut self, path: &[u8], content: Content) {
        if let Some(file) = self.files.iter_mut().find(|(name, _)| name == path) {
            file.1 = content;
        }
    }

    /// The case as Rust source, for `regressions.rs`.
    pub(crate) fn source(&self) -> String {
        let show = |text: &[u8]| format!("b\"{}\"", text.escape_ascii());
        let plain = |text: &[u8]| text.escape_ascii().to_string();
        let mut lines = vec![format!(
            "Case::new(\"{}\", \"{}\")",
            plain(&self.daemon),
            plain(&self.client.address)
        )];
        let mut add = |line: String| lines.push(format!("    .{line}"));
        if !self.server.address.is_empty() {
            add(format!("server(\"{}\")", plain(&self.server.address)));
        }
        for (side, end) in [("client", &self.client), ("server", &self.server)] {
            if let Some(socket) = end.socket {
                add(format!("{side}_socket(\"{socket}\")"));
            }
            if let Some(name) = &end.name {
                add(format!("{side}_name({})", show(name)));
            }
        }
        if self.stream {
            add("stream()".into());
        }
        if let Some(user) = &self.user {
            add(format!("user({})", show(user)));
        }
        if let Some(user) = &self.ident {
            add(format!("ident({})", show(user)));
        }
        if self.aclexec != 0 {
            add(format!("aclexec({})", self.aclexec));
        }
        for (ip, name) in &self.pointers {
            add(format!("pointer(\"{ip}\", {})", show(name)));
        }
        for forward in &self.forwards {
            let addresses: Vec<_> = forward.addresses.iter().map(IpAddr::to_string).collect();
            add(format!(
                "forward({}, {}, &{addresses:?})",
                show(&forward.name),
                show(&forward.canonical)
            ));
        }
        for (group, host) in &self.netgroups {
            add(format!("netgroup({}, {})", show(group), show(host)));
        }
        for (path, content) in &self.files {
            add(match (content, &path[..]) {
                (Content::Text(text), ALLOW) => format!("allow({})", show(text)),
                (Content::Text(text), DENY) => format!("deny({})", show(text)),
                (Content::Text(text), _) => format!("file({}, {})", show(path), show(text)),
                (Content::Unreadable, _) => format!("unreadable({})", show(path)),
                (Content::Directory, _) => format!("directory({})", show(path)),
            });
        }
        lines.push(String::new());
        let mut source = lines.join("\n");
        source.truncate(source.trim_end().len());
        source.push(',');
        source
    }
}
