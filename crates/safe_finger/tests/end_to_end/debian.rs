//! Ours and Debian's original side by side: the same bytes out, the same exit status.
//!
//! The finger program is the same for both and says what the test wants. Row X5 of
//! docs/differences.md is kept out of the input here and tested apart.

use std::process::Command;

use fastrand::Rng;

use crate::sandbox::{DEBIANS, OURS, Ran, Sandbox, sandbox};

/// A finger program that says what it reads. Whether it can write all of a stream that is
/// cut, or dies of SIGPIPE, is a race; its exit status must not depend on that.
const COPY: &str = "cat; exit 0";

/// Both programs with the same arguments and input.
fn both(sandbox: &Sandbox, arguments: &[&str], input: &[u8]) -> [Ran; 2] {
    [OURS, DEBIANS].map(|program| sandbox.pipe(Command::new(program).args(arguments), input))
}

#[track_caller]
fn assert_same(sandbox: &Sandbox, arguments: &[&str], input: &[u8]) {
    let [ours, debians] = both(sandbox, arguments, input);
    assert!(
        ours == debians,
        "input {:?}\n{ours:?}\n{debians:?}",
        String::from_utf8_lossy(input)
    );
}

/// Streams that sit on the borders: of a line, of the alphabet, of the volume.
fn border_streams() -> Vec<Vec<u8>> {
    let mut streams = vec![Vec::new()];
    streams.extend(
        (0..=255)
            .filter(|&byte| byte != b'\r')
            .map(|byte| vec![b'a', byte, b'b']),
    );
    for length in 120..=132 {
        for last in [
            &b""[..],
            b"\n",
            b"\\",
            b"\\\n",
            b"\x1b",
            b"\x1b\n",
            b"x\n\n",
            b"\t",
        ] {
            streams.push([vec![b'x'; length], last.to_vec()].concat());
            streams.push([vec![b'\\'; length / 2], last.to_vec()].concat());
        }
    }
    for length in 99_998..=100_002 {
        streams.push(vec![b'x'; length]);
        streams.push(vec![b'\n'; length]);
        streams.push(b"1234567\n".iter().copied().cycle().take(length).collect());
    }
    streams
}

#[test]
fn borders() {
    sandbox("debian_borders", &["tcpd"], |sandbox| {
        sandbox.finger(COPY);
        border_streams()
            .iter()
            .for_each(|stream| assert_same(sandbox, &[], stream));
    });
}

/// Text with the odd byte in it, or bytes of any kind; short, or over the limit.
fn stream(random: &mut Rng) -> Vec<u8> {
    let odd = [1, 4, 40, 400][random.usize(..4)];
    let length = [40, 400, 4000, 120_000][random.usize(..4)];
    let length = random.usize(..length);
    (0..length).map(|_| byte(random, odd)).collect()
}

fn byte(random: &mut Rng, odd: usize) -> u8 {
    let byte = if random.usize(..odd) == 0 {
        random.u8(..)
    } else {
        b'x'
    };
    match byte {
        // Row X5.
        b'\r' => b'\n',
        _ if random.u8(..100) == 0 => b"\n\\ \t"[random.usize(..4)],
        byte => byte,
    }
}

#[test]
fn random_streams() {
    sandbox("debian_random_streams", &["tcpd"], |sandbox| {
        sandbox.finger(COPY);
        let mut random = Rng::with_seed(5);
        for _ in 0..400 {
            assert_same(sandbox, &[], &stream(&mut random));
        }
    });
}

#[test]
fn arguments_environment_and_endings() {
    sandbox(
        "debian_arguments_environment_and_endings",
        &["tcpd"],
        |sandbox| {
            for script in [
                r#"printf '<%s>' "$0" "$@"; env | sort | grep -v '^_='; pwd; umask"#,
                "exit 0",
                "exit 1",
                "exit 255",
                "echo a; kill -PIPE $$",
                "exec yes",
                "yes | head -c 100001; exit 7",
                "echo a; exec >&-; sleep 0.1; exit 3",
                "grep -E '^[UG]id' /proc/self/status",
                "cat; echo to the terminal >&2",
            ] {
                sandbox.finger(script);
                for arguments in [
                    &[][..],
                    &["-l", "joe@host"],
                    &["", "a b", "--", "-x", "\u{e9}\n"],
                ] {
                    let [mut ours, debians] = both(sandbox, arguments, b"typed\n");
                    // Row X5: standard error is filtered too.
                    ours.errors = ours.errors.replace(" to the terminal", "to the terminal");
                    assert_eq!(ours, debians, "{script} {arguments:?}");
                }
            }
        },
    );
}

#[test]
fn a_caller_without_root() {
    sandbox("debian_a_caller_without_root", &["tcpd"], |sandbox| {
        sandbox.finger("id; exec cat");
        for program in [OURS, DEBIANS] {
            let identity = ["--reuid=1000", "--regid=1001", "--groups=4,27", program];
            let ran = sandbox.pipe(Command::new("setpriv").args(identity), "\x1b\n");
            assert!(ran.output.contains("groups=1001,4"), "{ran:?}");
            assert!(ran.output.ends_with("\n \\033\n"), "{ran:?}");
        }
    });
}

/// Nobody can learn the finger program's status then.
#[test]
fn a_caller_that_ignores_the_end_of_children() {
    sandbox(
        "debian_a_caller_that_ignores_the_end_of_children",
        &["tcpd"],
        |sandbox| {
            sandbox.finger("echo a");
            for program in [OURS, DEBIANS] {
                let script = "$SIG{CHLD} = 'IGNORE'; exec @ARGV";
                let ran = sandbox.run(Command::new("perl").args(["-e", script, program]));
                assert_eq!((ran.status, ran.output.as_str()), (Some(1), " a\n"));
            }
        },
    );
}

/// Row X5 of docs/differences.md, but for the time limit and the privileges.
#[test]
fn what_differs() {
    sandbox("debian_what_differs", &["tcpd"], |sandbox| {
        sandbox.finger("exec cat");
        let [ours, debians] = both(sandbox, &[], b"a\r\n");
        assert_eq!(
            [ours.output.as_str(), &debians.output],
            [" a\\015\n", " a\r\n"]
        );

        sandbox.finger(r"printf '\033\n' >&2");
        let [ours, debians] = both(sandbox, &[], b"");
        assert_eq!(
            [ours.errors.as_str(), &debians.errors],
            [" \\033\n", "\x1b\n"]
        );

        sandbox.finger("echo a");
        let full = |program| format!("{program} > /dev/full");
        let status = [OURS, DEBIANS].map(|program| {
            sandbox
                .run(Command::new("sh").args(["-c", &full(program)]))
                .status
        });
        assert_eq!(status, [Some(1), Some(0)]);
    });
}
