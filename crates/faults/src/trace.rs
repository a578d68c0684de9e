//! What strace writes, taken apart: who made which call, and whether a fault was in it.

use std::collections::BTreeMap;

/// One call in a trace.
#[derive(Clone, Debug)]
pub(crate) struct Made<'t> {
    /// The thread: 0 where only one is traced.
    pub(crate) thread: u32,
    /// The call's name.
    pub(crate) call: &'t str,
    /// The whole line.
    pub(crate) line: &'t str,
}

/// The calls of a trace in order. What cannot be hit is left out: the execve that starts the program, and
/// calls that do not return.
pub(crate) fn calls(trace: &str) -> Vec<Made<'_>> {
    let mut made = Vec::new();
    for line in trace.lines() {
        let (thread, rest) = threaded(line);
        if rest.starts_with(['<', '+', '-']) {
            continue;
        }
        let Some((call, _)) = rest.split_once('(') else {
            continue;
        };
        made.push(Made { thread, call, line });
    }
    if made.first().is_some_and(|first| first.call == "execve") {
        made.remove(0);
    }
    made.retain(|one| {
        !["exit", "exit_group", "rt_sigreturn", "restart_syscall"].contains(&one.call)
    });
    made
}

/// A line without the thread's number, which is there where several are traced.
fn threaded(line: &str) -> (u32, &str) {
    let split = line.split_once(' ');
    let numbered = split.and_then(|(number, rest)| Some((number.parse().ok()?, rest.trim_start())));
    numbered.unwrap_or((0, line))
}

/// How many calls at the start are the loader's: up to the one that gives the cache of libraries back.
/// They are the same for every policy.
pub(crate) fn loader(made: &[Made<'_>]) -> usize {
    let first = made.iter().position(|one| one.call == "munmap");
    first.map_or(0, |at| at + 1)
}

/// How often each call was made.
pub(crate) fn counts<'t>(made: &[Made<'t>]) -> BTreeMap<&'t str, u32> {
    let mut counts = BTreeMap::new();
    for one in made {
        *counts.entry(one.call).or_default() += 1;
    }
    counts
}

/// Calls with their number: the how-manieth of its name in its thread.
pub(crate) fn numbered<'t>(made: &[Made<'t>]) -> Vec<(Made<'t>, u32)> {
    let mut counts = BTreeMap::<(u32, &str), u32>::new();
    let number = |one: &Made<'t>| {
        let count = counts.entry((one.thread, one.call)).or_default();
        *count += 1;
        (one.clone(), *count)
    };
    made.iter().map(number).collect()
}

/// A lookup of the C library, between the marks of `c/markers.c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lookup<'t> {
    /// Its thread.
    pub(crate) thread: u32,
    /// Its function.
    pub(crate) function: &'t str,
    /// What that returned.
    pub(crate) result: i32,
    /// The error number that innetgr(3) left.
    pub(crate) error: i32,
}

/// For every call, the lookup in which it was made. One that has no end is none.
pub(crate) fn lookups<'t>(made: &[Made<'t>]) -> Vec<Option<Lookup<'t>>> {
    let mut found: Vec<Option<Lookup<'_>>> = vec![None; made.len()];
    let mut open = BTreeMap::<u32, usize>::new();
    for (at, one) in made.iter().enumerate() {
        let Some(mark) = mark(one) else { continue };
        let words: Vec<_> = mark.split(' ').collect();
        match words[..] {
            ["begin", _] => drop(open.insert(one.thread, at)),
            ["end", function, result, "errno", error] => {
                let Some(begin) = open.remove(&one.thread) else {
                    continue;
                };
                let lookup = Lookup {
                    thread: one.thread,
                    function,
                    result: result.parse().unwrap_or(i32::MIN),
                    error: error.parse().unwrap_or(i32::MIN),
                };
                for inside in begin + 1..at {
                    if made[inside].thread == one.thread {
                        found[inside] = Some(lookup.clone());
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// The text of a mark.
fn mark<'t>(one: &Made<'t>) -> Option<&'t str> {
    let text = one.line.split_once("mkdirat(-1, \"")?.1;
    Some(text.split_once('"')?.0)
}

/// The call that was made to fail in this line.
pub(crate) fn hit(line: &str) -> Option<&str> {
    if !line.contains("(INJECTED)") {
        return None;
    }
    let (_, rest) = threaded(line);
    // A call that another thread has interrupted in the trace ends in a line of its own.
    let name = rest.strip_prefix("<... ").unwrap_or(rest);
    name.split(['(', ' ']).next()
}

/// Whether a call is one of those that bring a line to the log.
pub(crate) fn is_logging(line: &str) -> bool {
    line.contains("\"/dev/log\"")
        || line.contains("socket(AF_UNIX, SOCK_DGRAM")
        || (line.contains("send") && line.contains(", \"<"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "\
7 execve(\"./t\", [\"./t\"], 0x7ffe /* 35 vars */) = 0
7 openat(AT_FDCWD, \"/etc/ld.so.cache\", O_RDONLY) = 3
7 munmap(0x7f0b, 33699) = 0
7 clone3({flags=CLONE_VM} <unfinished ...>
8 mkdirat(-1, \"begin getaddrinfo\", 0) = -1 EBADF (Bad file descriptor)
7 <... clone3 resumed>) = 8
7 openat(AT_FDCWD, \"/etc/x\", O_RDONLY) = 3
8 openat(AT_FDCWD, \"/etc/hosts\", O_RDONLY) = -1 EMFILE (Too many open files) (INJECTED)
8 mkdirat(-1, \"end getaddrinfo -3 errno 0\", 0) = -1 EBADF (Bad file descriptor)
--- SIGCHLD {si_signo=SIGCHLD} ---
8 exit(0) = ?
8 +++ exited with 0 +++
";

    #[test]
    fn a_trace_is_taken_apart() {
        let made = calls(TRACE);
        let names: Vec<_> = made.iter().map(|one| (one.thread, one.call)).collect();
        assert_eq!(names[..3], [(7, "openat"), (7, "munmap"), (7, "clone3")]);
        assert_eq!(names.len(), 7);
        assert_eq!(loader(&made), 2);
        assert_eq!(counts(&made)["openat"], 3);
        let second: Vec<_> = numbered(&made)
            .into_iter()
            .filter(|(_, number)| *number == 2)
            .map(|(one, _)| one.line)
            .collect();
        assert_eq!(second.len(), 2, "{second:?}");
        let found = lookups(&made);
        let inside: Vec<_> = found.iter().flatten().collect();
        assert_eq!(inside.len(), 1);
        assert_eq!((inside[0].function, inside[0].result), ("getaddrinfo", -3));
        let at = made.iter().position(|one| hit(one.line).is_some()).unwrap();
        assert_eq!(
            (found[at].is_some(), hit(made[at].line)),
            (true, Some("openat"))
        );
        let resumed = "8 <... read resumed>) = -1 EIO (Input/output error) (INJECTED)";
        assert_eq!(hit(resumed), Some("read"));
    }

    #[test]
    fn calls_of_the_log_are_known() {
        assert!(is_logging(
            "connect(3, {sa_family=AF_UNIX, sun_path=\"/dev/log\"}, 11) = 0"
        ));
        assert!(is_logging(
            "sendto(3, \"<30>Nov 28 02:54:44 svcd[7]: con\"..., 60, 0, NULL, 0) = 60"
        ));
        assert!(!is_logging(
            "sendto(3, \"\\1\\2\", 40, MSG_NOSIGNAL, NULL, 0) = 40"
        ));
        assert!(!is_logging(
            "socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3"
        ));
    }
}
