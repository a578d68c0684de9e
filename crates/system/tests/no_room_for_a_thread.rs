//! A name lookup in a process that may make no thread. In a process of its own, since the limit is
//! the whole process's.

use std::fs;
use std::rc::Rc;

use hosts_access::address::Family;
use hosts_access::world::Resolver;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use system::resolver::SystemResolver;

#[test]
fn the_lookup_runs_without_one() {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)
        .unwrap()
        .unwrap();
    let (_, hard) = getrlimit(Resource::RLIMIT_AS).unwrap();
    // Half of what the stack of the lookup's thread takes.
    let limit = pages * page.unsigned_abs() + (512 << 10);
    setrlimit(Resource::RLIMIT_AS, limit, hard).unwrap();
    let resolver = SystemResolver::new(Rc::default());
    let found = resolver.addresses_of(b"127.0.0.1", Family::Inet);
    setrlimit(Resource::RLIMIT_AS, hard, hard).unwrap();
    assert!(matches!(found, Ok(Some(_))), "{found:?}");
}
