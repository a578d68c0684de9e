//! tcpd behind the super-servers that people really use.

use std::time::Duration;

use scenarios::{Client, Superserver, World, scenario};

/// What a client at an address reads from port 4000.
fn ask(from: &str) -> String {
    let bytes = Client::connect(from, "127.0.0.1", 4000).read_all(Duration::from_secs(10));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One client that is served, one that is refused, as all super-servers must show it.
fn serves_and_refuses(world: &mut World) {
    world.tables("svcd: 127.0.0.2\n", "ALL: ALL\n");
    world.same(
        "a granted client reads",
        ask("127.0.0.2"),
        "served\n".into(),
    );
    let refused = Client::connect("127.0.0.3", "127.0.0.1", 4000);
    for (priority, text) in [
        ("daemon.info", "connect from 127.0.0.2 (127.0.0.2)"),
        (
            "daemon.warning",
            "refused connect from 127.0.0.3 (127.0.0.3)",
        ),
    ] {
        let record = world
            .log
            .wait(|record| record.tag == "svcd" && record.text == text);
        let got = record.map(|record| record.priority);
        world.same(text, got.as_deref(), Some(priority));
    }
    drop(refused);
}

#[test]
fn inetd_runs_a_wrapped_service() {
    scenario(&["openbsd-inetd"], |world| {
        let line = "4000 stream tcp nowait root /usr/sbin/tcpd /srv/svcd\n";
        let _inetd = Superserver::inetd(world, line, &[4000]);
        serves_and_refuses(world);
    });
}

#[test]
fn inetd_runs_a_relative_name_of_sbin() {
    scenario(&["openbsd-inetd"], |world| {
        let line = "4000 stream tcp nowait root /usr/sbin/tcpd svcd\n";
        let _inetd = Superserver::inetd(world, line, &[4000]);
        serves_and_refuses(world);
    });
}

#[test]
fn xinetd_runs_a_wrapped_service() {
    scenario(&["root", "xinetd"], |world| {
        let conf = "service svcd\n{\n    type = UNLISTED\n    port = 4000\n    socket_type = stream\n\
            \x20   protocol = tcp\n    wait = no\n    user = root\n    flags = NAMEINARGS NOLIBWRAP\n\
            \x20   server = /usr/sbin/tcpd\n    server_args = /srv/svcd\n    disable = no\n}\n";
        let _xinetd = Superserver::xinetd(world, conf, &[4000]);
        serves_and_refuses(world);
    });
}

#[test]
fn systemd_runs_a_wrapped_service() {
    scenario(&["systemd"], |world| {
        // The unit would say ExecStart=@/usr/sbin/tcpd /srv/svcd.
        let command = ["/srv/launch", "-a", "/srv/svcd", "/usr/sbin/tcpd"];
        let _systemd = Superserver::systemd("127.0.0.1:4000", &command, &[4000]);
        serves_and_refuses(world);
    });
}
