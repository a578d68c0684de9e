//! A syslog socket that keeps what it is sent.

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// One record of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Facility and level, as in `daemon.info`.
    pub priority: String,
    /// The name before the process id.
    pub tag: String,
    /// The process id, 0 if there is none.
    pub pid: u32,
    /// What was said. Bytes that are not UTF-8 show as `\xNN`.
    pub text: String,
}

impl std::fmt::Display for Record {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{} {}[{}]: {}",
            self.priority, self.tag, self.pid, self.text
        )
    }
}

/// The collector behind a datagram socket such as `/dev/log`.
pub struct Syslog {
    path: PathBuf,
    records: Arc<Mutex<Vec<Record>>>,
}

const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp", "12", "13", "14", "15", "local0", "local1", "local2", "local3", "local4", "local5",
    "local6", "local7",
];
const LEVELS: [&str; 8] = [
    "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
];

/// Text of the records by which [`Syslog::sync`] knows that all earlier ones were read.
const MARK: &str = "harness mark ";

impl Syslog {
    /// Binds the socket and collects from now on.
    pub fn bind(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_path_buf();
        let socket = UnixDatagram::bind(&path).expect("bind the syslog socket");
        crate::chmod(&path, 0o666);
        let records = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&records);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 20];
            while let Ok(length) = socket.recv(&mut buffer) {
                sink.lock().unwrap().push(parse(&buffer[..length]));
            }
        });
        Self { path, records }
    }

    /// All records so far, once everything sent before this call was read.
    pub fn records(&self) -> Vec<Record> {
        self.sync();
        let records = self.records.lock().unwrap();
        records
            .iter()
            .filter(|record| !record.text.starts_with(MARK))
            .cloned()
            .collect()
    }

    /// The records of one process.
    pub fn of(&self, pid: u32) -> Vec<Record> {
        self.records()
            .into_iter()
            .filter(|record| record.pid == pid)
            .collect()
    }

    /// Whether a record passes the test, without waiting for those still on their way.
    pub fn any(&self, test: impl Fn(&Record) -> bool) -> bool {
        self.records.lock().unwrap().iter().any(test)
    }

    /// Waits until a record passes the test; gives it, or nothing after ten seconds.
    pub fn wait(&self, test: impl Fn(&Record) -> bool) -> Option<Record> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if let Some(record) = self
                .records
                .lock()
                .unwrap()
                .iter()
                .find(|record| test(record))
            {
                return Some(record.clone());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        None
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.sync();
        self.records.lock().unwrap().clear();
    }

    /// Returns once all that was sent before was read: the socket keeps the order.
    fn sync(&self) {
        static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mark = format!("{MARK}{count}");
        let socket = UnixDatagram::unbound().expect("socket");
        // The scenario may have taken the path away.
        if socket
            .send_to(format!("<191>{mark}").as_bytes(), &self.path)
            .is_err()
        {
            return;
        }
        self.wait(|record| record.text == mark)
            .expect("the syslog collector reads");
    }
}

/// Takes `<PRIORITY>TIME TAG[PID]: TEXT` apart; what does not look so is all text.
fn parse(raw: &[u8]) -> Record {
    let line = readable(raw.strip_suffix(b"\n").unwrap_or(raw));
    let (priority, rest) = line
        .strip_prefix('<')
        .and_then(|rest| rest.split_once('>'))
        .and_then(|(number, rest)| Some((number.parse::<usize>().ok()?, rest)))
        .unwrap_or((13, &line));
    let facility = FACILITIES.get(priority / 8).copied().unwrap_or("?");
    let priority = format!("{facility}.{}", LEVELS[priority % 8]);
    // "Nov 21 22:54:07 " is 16 bytes.
    let rest = match rest.as_bytes().get(15) {
        Some(b' ')
            if rest.as_bytes()[..15]
                .iter()
                .filter(|byte| **byte == b':')
                .count()
                == 2 =>
        {
            &rest[16..]
        }
        _ => rest,
    };
    let (tag, pid, text) = tagged(rest).unwrap_or(("", 0, rest));
    Record {
        priority,
        tag: tag.into(),
        pid,
        text: text.into(),
    }
}

fn tagged(line: &str) -> Option<(&str, u32, &str)> {
    let end = line.find("]: ")?;
    let start = line[..end].rfind('[')?;
    Some((
        &line[..start],
        line[start + 1..end].parse().ok()?,
        &line[end + 3..],
    ))
}

/// UTF-8 as it is; other bytes as `\xNN`.
pub(crate) fn readable(bytes: &[u8]) -> String {
    bytes
        .utf8_chunks()
        .flat_map(|chunk| {
            let bad = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}"));
            std::iter::once(chunk.valid().to_string()).chain(bad)
        })
        .collect()
}
