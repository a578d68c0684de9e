//! Requests and worlds to choose from.

use hosts_access::fake::FakeWorld;
use hosts_access::request::facts::Fact;
use hosts_access::request::{Host, Request};

const ADDRESSES: [&str; 4] = ["192.0.2.7", "::ffff:192.0.2.7", "fe80::1%lo", ""];

const NAMES: [&str; 4] = ["host.example.org", "", "paranoid", "a;b\x1b$(x)\u{e9}"];

const USERS: [&str; 2] = ["joe", "-rf\x07`id`"];

/// One of 64 requests.
pub(crate) fn request(choice: u8) -> Request {
    let choice = usize::from(choice);
    let name = Fact::from_value(NAMES[choice / 4 % 4].as_bytes());
    let client = Host::from_text(ADDRESSES[choice % 4]).with_name(name);
    let server = Host::from_text("127.0.0.1").with_port(22);
    let mut request = Request::new("svcd", client, server);
    request.pid = 4711;
    if choice & 16 == 0 {
        request.user = Fact::from_value(USERS[choice / 32 % 2].as_bytes());
    }
    request
}

thread_local! {
    static WORLD: FakeWorld = FakeWorld::new()
        .interface("lo", 1)
        .netgroup("trusted", "host.example.org")
        .user("nobody", 65534, 65534)
        .group("nogroup", 65534);
}

/// Names, users and the rest.
pub(crate) fn with_world<T>(task: impl FnOnce(&FakeWorld) -> T) -> T {
    WORLD.with(task)
}
