//! Debian's programs: how each is started, and how a client asks.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::common::unpacked;
use crate::world::{on_debians_library, said, tcp, udp};

/// A program of Debian's that asks the library.
pub(crate) struct Subject {
    /// Where the program lies.
    pub(crate) path: &'static str,
    /// Its name in rules.
    pub(crate) daemon: &'static str,
    /// Writes what is needed, and gives the command line that serves. `None` if the program is run anew
    /// for each question.
    pub(crate) prepare: Option<fn() -> String>,
    /// What a client with this address gets.
    pub(crate) ask: fn(&str) -> String,
    /// What only a client gets that is served.
    pub(crate) served: &'static str,
}

fn write(path: &str, text: &str) {
    fs::write(path, text).unwrap();
}

pub(crate) const SSHD: Subject = Subject {
    path: "usr/sbin/sshd",
    daemon: "sshd",
    prepare: Some(|| {
        let made = Command::new(unpacked("usr/bin/ssh-keygen"))
            .args(["-q", "-t", "ed25519", "-N", "", "-f", "/run/key"])
            .status();
        assert!(made.is_ok_and(|status| status.success()));
        "usr/sbin/sshd -D -f /dev/null -p 5000 -h /run/key -o PidFile=none -o UsePAM=no".to_owned()
    }),
    ask: |client| tcp(client, 5000, b""),
    served: "SSH-2.0",
};

pub(crate) const VSFTPD: Subject = Subject {
    path: "usr/sbin/vsftpd",
    daemon: "vsftpd",
    prepare: Some(|| {
        write(
            "/run/vsftpd.conf",
            "listen_ipv6=YES\nlisten_port=5000\nbackground=NO\ntcp_wrappers=YES\nlocal_enable=YES\n\
             anonymous_enable=NO\nsecure_chroot_dir=/run/vsftpd/empty\nseccomp_sandbox=NO\n",
        );
        "usr/sbin/vsftpd /run/vsftpd.conf".to_owned()
    }),
    ask: |client| tcp(client, 5000, b""),
    served: "220 (vsFTPd",
};

pub(crate) const XINETD: Subject = Subject {
    path: "usr/sbin/xinetd",
    daemon: "svcd",
    prepare: Some(|| {
        write(
            "/run/xinetd.conf",
            "service svcd\n{\n type = UNLISTED\n port = 5000\n socket_type = stream\n protocol = tcp\n \
             flags = IPv6\n libwrap = svcd\n wait = no\n user = root\n server = /bin/echo\n server_args = served\n}\n",
        );
        "usr/sbin/xinetd -dontfork -f /run/xinetd.conf -pidfile /run/pid".to_owned()
    }),
    ask: |client| tcp(client, 5000, b""),
    served: "served",
};

pub(crate) const OPENBSD_INETD: Subject = Subject {
    path: "usr/sbin/inetd",
    daemon: "svcd",
    prepare: Some(|| {
        let line = |kind| format!("5000 stream {kind} nowait root /bin/echo svcd served\n");
        write("/run/inetd.conf", &[line("tcp4"), line("tcp6")].concat());
        "usr/sbin/inetd -i -l /run/inetd.conf".to_owned()
    }),
    ask: |client| tcp(client, 5000, b""),
    served: "served",
};

/// Started by inetd, which does not ask the library itself here.
pub(crate) const TCPD: Subject = Subject {
    path: "usr/sbin/tcpd",
    daemon: "echo",
    prepare: Some(|| {
        let tcpd = unpacked("usr/sbin/tcpd").display().to_string();
        let line = |kind| format!("5000 stream {kind} nowait root {tcpd} /bin/echo served\n");
        write("/run/inetd.conf", &[line("tcp4"), line("tcp6")].concat());
        "usr/sbin/inetd -i /run/inetd.conf".to_owned()
    }),
    ask: |client| tcp(client, 5000, b""),
    served: "served",
};

/// Who is let through and sends a greeting that makes no sense gets an alert of TLS.
pub(crate) const STUNNEL4: Subject = Subject {
    path: "usr/bin/stunnel4",
    daemon: "svcd",
    prepare: Some(|| {
        write("/run/secrets", "svcd:0123456789abcdef0123456789abcdef\n");
        write(
            "/run/stunnel.conf",
            "foreground = yes\npid =\n[svcd]\nlibwrap = yes\naccept = :::5000\nconnect = 127.0.0.1:1\n\
             ciphers = PSK\nPSKsecrets = /run/secrets\n",
        );
        "usr/bin/stunnel4 /run/stunnel.conf".to_owned()
    }),
    ask: |client| tcp(client, 5000, b"\x16\x03\x01\0\x04\x01\0\0\0"),
    served: "\u{15}\u{3}",
};

/// With tables of its own: /etc has none.
pub(crate) const SOCAT: Subject = Subject {
    path: "usr/bin/socat",
    daemon: "svcd",
    prepare: Some(|| {
        for table in ["allow", "deny"] {
            let common = format!("/etc/hosts.{table}");
            fs::copy(&common, format!("/run/own.{table}")).unwrap();
            fs::remove_file(common).unwrap();
        }
        write("/run/served", "#!/bin/sh\necho served\n");
        fs::set_permissions("/run/served", PermissionsExt::from_mode(0o755)).unwrap();
        "usr/bin/socat TCP6-LISTEN:5000,fork,reuseaddr,tcpwrap=svcd,allow-table=/run/own.allow,deny-table=/run/own.deny \
         EXEC:/run/served"
            .to_owned()
    }),
    ask: |client| tcp(client, 5000, b""),
    served: "served",
};

pub(crate) const MOSQUITTO: Subject = Subject {
    path: "usr/sbin/mosquitto",
    daemon: "mosquitto",
    prepare: Some(|| {
        let settings = "listener 5000\nallow_anonymous true\nuser root\n";
        write("/run/mosquitto.conf", settings);
        "usr/sbin/mosquitto -c /run/mosquitto.conf".to_owned()
    }),
    ask: |client| tcp(client, 5000, b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a"),
    served: "\u{20}\u{2}",
};

/// Asked over TCP for a port: the reply to a call (RFC 5531) says whether it was accepted.
pub(crate) const RPCBIND: Subject = Subject {
    path: "sbin/rpcbind",
    daemon: "rpcbind",
    prepare: Some(|| "sbin/rpcbind -f -a".to_owned()),
    ask: |client| {
        // Fragment, call 1, RPC 2, port mapper 2, procedure 4 (dump), no credentials, no verifier.
        let words = [0x8000_0028_u32, 1, 0, 2, 100_000, 2, 4, 0, 0, 0, 0];
        let call = words.map(u32::to_be_bytes).concat();
        let accepted = "\0\0\0\u{1}\0\0\0\u{1}\0\0\0\0";
        let reply = tcp(client, 111, &call);
        if reply.contains(accepted) {
            "accepted".to_owned()
        } else {
            reply
        }
    },
    served: "accepted",
};

/// An anonymous bind of LDAP, and its reply.
pub(crate) const SLAPD: Subject = Subject {
    path: "usr/sbin/slapd",
    daemon: "slapd",
    prepare: Some(|| {
        write(
            "/run/slapd.conf",
            "pidfile /run/slapd.pid\nmodulepath /run\n",
        );
        "usr/sbin/slapd -d 0 -h ldap://:5000/ -f /run/slapd.conf".to_owned()
    }),
    ask: |client| {
        tcp(
            client,
            5000,
            b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0",
        )
    },
    served: "\u{2}\u{1}\u{1}\u{61}",
};

/// Asked for a file over UDP, on a socket that is not connected.
pub(crate) const TFTPD_HPA: Subject = Subject {
    path: "usr/sbin/in.tftpd",
    daemon: "in.tftpd",
    prepare: Some(|| {
        write("/run/files/file", "content of the file");
        "usr/sbin/in.tftpd --foreground --listen --user root --address :69 --secure /run/files"
            .to_owned()
    }),
    ask: |client| udp(client, 69, b"\0\x01file\0octet\0"),
    served: "content of the file",
};

pub(crate) const PERL: Subject = Subject {
    path: "usr/lib/*/perl5/*/Authen/Libwrap.pm",
    daemon: "svcd",
    prepare: None,
    ask: |client| {
        let module = unpacked(PERL.path);
        let include = module.ancestors().nth(2).unwrap();
        let script = "use Authen::Libwrap qw(hosts_ctl STRING_UNKNOWN); \
                      print hosts_ctl('svcd', STRING_UNKNOWN, $ARGV[0]) ? 'granted' : 'denied'";
        said(
            Command::new("/usr/bin/perl")
                .arg("-I")
                .arg(include)
                .args(["-e", script, client]),
        )
    },
    served: "granted",
};

pub(crate) const TCPDMATCH: Subject = Subject {
    path: "usr/sbin/tcpdmatch",
    daemon: "svcd",
    prepare: None,
    ask: |client| {
        write(
            "/run/inetd.conf",
            "svcd stream tcp nowait root /usr/sbin/tcpd /bin/svcd\n",
        );
        let ask =
            |command: &mut Command| said(command.args(["-i", "/run/inetd.conf", "svcd", client]));
        let answer = ask(&mut Command::new(unpacked(TCPDMATCH.path)));
        let original = ask(&mut on_debians_library(TCPDMATCH.path));
        assert_eq!(answer, original, "{client}");
        answer
    },
    served: "access:   granted",
};
