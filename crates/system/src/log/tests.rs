//! The records, the limits, and what is lost.

use super::*;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn socket_path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("log-{name}-{}", std::process::id()))
}

const MAIL_CRIT: Severity = Severity {
    facility: Some(Facility(2)),
    level: Level(2),
};

#[test]
fn records_are_the_c_librarys() {
    let path = socket_path("dgram");
    let daemon = UnixDatagram::bind(&path).unwrap();
    let log = Syslog::at(&path, b"svcd");
    log.log_verdict(MAIL_CRIT, b"two\nlines\t\xc3\xa9");
    let mut buffer = [0; 256];
    let count = daemon.recv(&mut buffer).unwrap();
    let record = String::from_utf8(buffer[..count].to_vec()).unwrap();
    let (head, tail) = record.split_at("<18>Nov  1 22:54:07".len());
    assert!(head.starts_with("<18>"), "{record}");
    assert_eq!(head.as_bytes()[7], b' ', "{record}");
    let pid = std::process::id();
    assert_eq!(tail, format!(" svcd[{pid}]: two\\012lines\té"));
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_record_that_no_socket_takes_is_cut() {
    let path = socket_path("long");
    let daemon = UnixDatagram::bind(&path).unwrap();
    let log = Syslog::at(&path, b"svcd");
    log.log_verdict(MAIL_CRIT, &vec![1; 1 << 20]);
    let mut buffer = vec![0; 1 << 20];
    let count = daemon.recv(&mut buffer).unwrap();
    assert!(buffer[..count].ends_with(b"\\001\\001..."));
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_stream_daemon_gets_records_that_end_in_nul() {
    let path = socket_path("stream");
    let daemon = UnixListener::bind(&path).unwrap();
    Syslog::at(&path, b"svcd").log_verdict(MAIL_CRIT, b"x");
    let mut record = Vec::new();
    let (mut stream, _) = daemon.accept().unwrap();
    io::Read::read_to_end(&mut stream, &mut record).unwrap();
    assert!(record.ends_with(b"]: x\0"));
    std::fs::remove_file(&path).unwrap();
}

/// A log with short limits, whose daemon has a full queue; what takes a line of it out.
fn stuck(name: &str, limits: [u64; 2]) -> (Syslog, impl Fn() -> Option<String> + Send) {
    let path = socket_path(name);
    let daemon = UnixDatagram::bind(&path).unwrap();
    daemon.set_nonblocking(true).unwrap();
    let filler = UnixDatagram::unbound().unwrap();
    filler.set_nonblocking(true).unwrap();
    while filler.send_to(b"filler", &path).is_ok() {}
    let limits = limits.map(Duration::from_millis);
    let log = Syslog::on(LogSocket::with_limits(&path, limits), b"svcd");
    let take = move || {
        let mut buffer = [0; 256];
        let count = daemon.recv(&mut buffer).ok()?;
        let record = String::from_utf8(buffer[..count].to_vec()).unwrap();
        Some(record.split("]: ").last()?.to_owned())
    };
    (log, take)
}

fn messages(log: &Syslog, count: u32) {
    for _ in 0..count {
        log.log_level(Level::ERR, b"message");
    }
}

#[test]
fn a_daemon_that_does_not_read_costs_so_much_time_and_no_more() {
    let (log, _take) = stuck("stuck", [200, 500]);
    let least = |begun: Instant, milliseconds| {
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(milliseconds), "{took:?}");
    };
    let start = Instant::now();
    (0..1000).for_each(|_| log.log_debug(b"debug"));
    // All of the time is still there.
    let begun = Instant::now();
    messages(&log, 1000);
    least(begun, 200);
    let begun = Instant::now();
    log.log_verdict(MAIL_CRIT, b"verdict");
    messages(&log, 1000);
    least(begun, 500);
    // If each message waited for itself, it would be minutes.
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn the_verdict_gets_through_first_and_tells_what_was_lost() {
    let (log, take) = stuck("slow", [10, 5000]);
    log.log_debug(b"debug");
    messages(&log, 3);
    let reader = std::thread::spawn(move || {
        let mut lines = Vec::new();
        while lines.len() < 3 {
            lines.extend(take().filter(|line| line != "filler"));
            std::thread::sleep(Duration::from_millis(2));
        }
        lines
    });
    log.log_verdict(MAIL_CRIT, b"verdict");
    log.log_level(Level::ERR, b"after it");
    let lines = reader.join().unwrap();
    let lost = "warning: 3 earlier messages are lost: the log daemon did not read in time";
    assert_eq!(lines, ["verdict", lost, "after it"]);
}

#[test]
fn what_no_daemon_takes_is_told_to_the_next() {
    let path = socket_path("gone");
    let log = Syslog::at(&path, b"svcd");
    messages(&log, 1);
    let daemon = UnixDatagram::bind(&path).unwrap();
    messages(&log, 2);
    let mut buffer = [0; 256];
    for expected in [
        "message",
        "warning: 1 earlier message is lost: No such file or directory",
        "message",
    ] {
        let count = daemon.recv(&mut buffer).unwrap();
        let record = String::from_utf8_lossy(&buffer[..count]);
        assert!(record.ends_with(&format!("]: {expected}")), "{record}");
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn without_a_daemon_no_time_is_lost() {
    let start = Instant::now();
    Syslog::at(Path::new("/nonexistent/log"), b"svcd").log_verdict(MAIL_CRIT, b"x");
    // It would wait 5 s for the others and 15 s for the verdict.
    assert!(start.elapsed() < Duration::from_secs(4));
}

/// A record that fits in part only is lost, and what follows is not taken for its rest.
#[test]
fn a_stream_that_is_full_has_whole_records() {
    let path = socket_path("full-stream");
    let daemon = UnixListener::bind(&path).unwrap();
    let limits = [50, 50].map(Duration::from_millis);
    let log = Syslog::on(LogSocket::with_limits(&path, limits), b"svcd");
    // Each becomes four bytes, and the kernel takes 32 kB at once at most.
    let text = vec![1; 15 << 10];
    (0..100).for_each(|_| log.log_level(Level::ERR, &text));
    log.log_verdict(MAIL_CRIT, b"verdict");
    drop(log);
    daemon.set_nonblocking(true).unwrap();
    let (mut whole, mut cut, mut verdicts) = (0, 0, 0);
    while let Ok((mut stream, _)) = daemon.accept() {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut stream, &mut bytes).unwrap();
        for record in bytes.split_inclusive(|byte| *byte == 0) {
            assert!(record.starts_with(b"<"), "the rest of another record");
            let tail = record.rsplit(|byte| *byte == b' ').next();
            match tail.unwrap_or_default() {
                b"verdict\0" => verdicts += 1,
                [text @ .., 0] if text.len() == 60 << 10 => whole += 1,
                [.., 0] => {}
                _ => cut += 1,
            }
        }
    }
    assert!(whole > 0 && cut > 0, "{whole} whole, {cut} cut");
    assert_eq!(verdicts, 1);
    std::fs::remove_file(&path).unwrap();
}
