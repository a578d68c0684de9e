//! inetd.conf.

use std::path::Path;

use tools::disk::Disk;
use tools::inetd::InetdConf;

/// A folder below which nothing is: no path of the text leads to a file of this machine.
const NOWHERE: &str = "/nonexistent/fuzz";

/// Checks that remarks are plain lines about lines that there are, and that names are in lower
/// case, not longer than the text, and found in any case.
pub fn check(input: &[u8]) {
    let disk = Disk::new(Some(NOWHERE.into()));
    let path = Path::new("/etc/inetd.conf");
    let lines = input.split(|byte| *byte == b'\n').count() as u64;
    let mut remarks = 0;
    let conf = InetdConf::parse(path, input, &disk, &mut |remark| {
        remarks += 1;
        let (_, line) = remark.place.as_ref().expect("a place");
        assert!((1..=lines).contains(line), "line {line} of {lines}");
        let text = remark.to_string();
        assert!(!text.contains(char::is_control), "{text:?}");
    });
    let mut daemons = 0;
    for (name, daemon) in conf.daemons() {
        daemons += 1;
        assert!(name.len() <= input.len());
        assert!(!name.iter().any(u8::is_ascii_uppercase));
        let found = conf.daemon(&name.to_ascii_uppercase()).expect("any case");
        assert_eq!(found.program, daemon.program);
    }
    assert!(daemons as u64 <= lines);
    // A line is at fault in no more ways than there are remarks of a line.
    assert!(remarks <= 8 * lines);
}
