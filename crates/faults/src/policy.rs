//! The policies that are tried, each with a client whom it lets in and one whom it does not.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Known to the name service as `good.example.test`; its user is joe.
const GOOD: &str = "127.0.0.2";
/// `pc.evil.test`; its user is mallory.
const EVIL: &str = "127.0.0.9";
/// Says that it is `liar.example.test`, whose address is another.
const LIAR: &str = "127.0.0.3";
/// Has no name and no ident server.
const NAMELESS: &str = "127.0.0.8";

/// Where host names come from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Names {
    /// /etc/hosts.
    Files,
    /// A DNS server.
    Dns,
}

/// The form of a policy: with a client that is let in, or with one that is not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Form {
    /// The client is served.
    Grants,
    /// The client is not served.
    Refuses,
}

/// What a client comes to; a later one is more open. A twist is not a refusal: a command runs for the
/// client, though not the one that it came for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Open {
    /// Nothing runs for it.
    Denied,
    /// The command of a twist runs.
    Twisted,
    /// The daemon serves it.
    Served,
    /// The daemon serves it with rights that it does not have without a fault.
    ServedWithMore,
}

/// Two tables and who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// Its name in the report.
    pub(crate) name: &'static str,
    /// hosts.allow; none if empty.
    pub(crate) allow: &'static str,
    /// hosts.deny; none if empty.
    pub(crate) deny: &'static str,
    /// The client that is let in.
    pub(crate) good: &'static str,
    /// The client that is not.
    pub(crate) bad: &'static str,
    /// What the second one comes to.
    pub(crate) refusal: Open,
    /// Whether a word of it asks for a host name.
    pub(crate) asks_names: bool,
    /// Whether it is only for tcpd: a process that serves many cannot do it.
    pub(crate) only_tcpd: bool,
    /// Whether real root is needed, and the rights of the daemon are compared.
    pub(crate) rights: bool,
}

const fn policy(name: &'static str, allow: &'static str, deny: &'static str) -> Policy {
    Policy {
        name,
        allow,
        deny,
        good: GOOD,
        bad: EVIL,
        refusal: Open::Denied,
        asks_names: false,
        only_tcpd: false,
        rights: false,
    }
}

const fn names(name: &'static str, allow: &'static str, deny: &'static str) -> Policy {
    Policy {
        asks_names: true,
        ..policy(name, allow, deny)
    }
}

impl Policy {
    const fn of(self, good: &'static str, bad: &'static str) -> Self {
        Self { good, bad, ..self }
    }
}

/// The rule of hosts.deny that closes the rest.
const REST: &str = "ALL: ALL\n";

/// All policies. Those named `deny-` and `last-` have one table.
pub(crate) const POLICIES: &[Policy] = &[
    policy("deny-address", "", "svcd: 127.0.0.9\n"),
    policy("deny-list", "", "ALL: /etc/evil.list\n"),
    policy(
        "deny-command",
        "",
        "ALL: ALL: aclexec test %a = 127.0.0.9\n",
    ),
    policy("deny-user", "", "ALL: mallory@ALL\n"),
    names("deny-name", "", "ALL: .evil.test\n"),
    names("deny-paranoid", "", "ALL: PARANOID\n").of(GOOD, LIAR),
    names("deny-unknown", "", "ALL: UNKNOWN\n").of(GOOD, NAMELESS),
    names("deny-netgroup", "", "ALL: @evil\n"),
    Policy {
        refusal: Open::Twisted,
        only_tcpd: true,
        ..policy("deny-twist", "", "ALL: 127.0.0.9: twist echo twisted\n")
    },
    policy("last-address", "svcd: 127.0.0.2\nALL: ALL: deny\n", ""),
    policy(
        "last-but-one-address",
        "ALL: 127.0.0.9: deny\nALL: ALL: allow\n",
        "",
    ),
    policy("last-list", "svcd: /etc/good.list\nALL: ALL: deny\n", ""),
    policy(
        "last-but-one-list",
        "ALL: /etc/evil.list: deny\nALL: ALL: allow\n",
        "",
    ),
    policy(
        "last-but-one-command",
        "ALL: 127.0.0.9: aclexec exit 0: deny\nALL: ALL: allow\n",
        "",
    ),
    names("last-name", "svcd: .example.test\nALL: ALL: deny\n", ""),
    names(
        "last-but-one-name",
        "ALL: .evil.test: deny\nALL: ALL: allow\n",
        "",
    ),
    names(
        "last-except",
        "svcd: ALL EXCEPT .evil.test\nALL: ALL: deny\n",
        "",
    ),
    names("last-netgroup", "svcd: @good\nALL: ALL: deny\n", ""),
    policy("address", "svcd: 127.0.0.2\n", REST),
    policy("list", "svcd: /etc/good.list\n", REST),
    policy("list-except", "svcd: ALL EXCEPT /etc/evil.list\n", REST),
    policy("command", "svcd: ALL: aclexec test %a = 127.0.0.2\n", REST),
    policy("user", "svcd: joe@127.0.0.2\n", REST),
    policy("user-except", "svcd: ALL EXCEPT mallory@ALL\n", REST),
    names("name", "svcd: .example.test\n", REST),
    names("name-except", "svcd: ALL EXCEPT .evil.test\n", REST),
    names("unknown", "svcd: UNKNOWN\n", REST).of(NAMELESS, GOOD),
    names("paranoid-except", "svcd: ALL EXCEPT PARANOID\n", REST).of(GOOD, LIAR),
    names("netgroup", "svcd: @good\n", REST),
    names("netgroup-except", "svcd: ALL EXCEPT @evil\n", REST),
    policy(
        "options",
        "svcd: 127.0.0.2: severity mail.info: keepalive: linger 1: umask 027: nice: setenv A %a: rfc931 3\n",
        "ALL: ALL: severity mail.notice\n",
    ),
    policy(
        "spawn",
        "svcd: 127.0.0.2: spawn exit 0\n",
        "ALL: ALL: spawn exit 0\n",
    ),
    policy(
        "banners",
        "svcd: 127.0.0.2: banners /etc/banners\n",
        "ALL: ALL: banners /etc/banners\n",
    ),
    Policy {
        only_tcpd: true,
        rights: true,
        ..policy("rights", "svcd: 127.0.0.2: umask 077: user nobody\n", REST)
    },
];

/// A policy in one of its forms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    /// Place in [`POLICIES`].
    policy: usize,
    /// Where names come from.
    pub(crate) names: Names,
    /// Which client asks.
    pub(crate) form: Form,
}

impl Question {
    /// Every policy in every form; what asks for names with both name services.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for (number, policy) in POLICIES.iter().enumerate() {
            let services = if policy.asks_names {
                &[Names::Files, Names::Dns][..]
            } else {
                &[Names::Files]
            };
            for &names in services {
                all.extend([Form::Grants, Form::Refuses].map(|form| Self {
                    policy: number,
                    names,
                    form,
                }));
            }
        }
        all
    }

    /// Its policy.
    pub(crate) fn policy(&self) -> &'static Policy {
        &POLICIES[self.policy]
    }

    /// The client's address.
    pub(crate) fn client(&self) -> &'static str {
        match self.form {
            Form::Grants => self.policy().good,
            Form::Refuses => self.policy().bad,
        }
    }

    /// What the client comes to without a fault.
    pub(crate) fn expected(&self) -> Open {
        match self.form {
            Form::Grants => Open::Served,
            Form::Refuses => self.policy().refusal,
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.policy().name)?;
        if self.policy().asks_names {
            f.write_str(match self.names {
                Names::Files => "@files",
                Names::Dns => "@dns",
            })?;
        }
        f.write_str(match self.form {
            Form::Grants => "/grants",
            Form::Refuses => "/refuses",
        })
    }
}
