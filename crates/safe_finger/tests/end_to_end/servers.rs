//! Servers that answer as they please, where there is no finger program.
//!
//! First through the library, with short limits; then with the program itself on port 79.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::socket::{setsockopt, sockopt};
use safe_finger::supervise::Unfinished;
use safe_finger::{Invocation, Limits, Outputs, serve};

use crate::sandbox::{Ran, sandbox};

/// A server on loopback that does this with each connection, after the question.
fn server(address: &str, answer: impl Fn(TcpStream, String) + Send + 'static) -> u16 {
    let listener = TcpListener::bind(address).expect("bind");
    let port = listener.local_addr().expect("address").port();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut reader = BufReader::new(connection.expect("connection"));
            let mut question = String::new();
            let _ = reader.read_line(&mut question);
            answer(reader.into_inner(), question);
        }
    });
    port
}

/// A server that says this, whatever the question.
fn says(answer: &[u8]) -> u16 {
    let answer = answer.to_vec();
    server("127.0.0.1:0", move |mut connection, _| {
        _ = connection.write_all(&answer)
    })
}

/// An output that the test can read, also when the work still holds it.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("lock").clone()).expect("filtered text is ASCII")
    }
}

/// Asks with the library; the status of a run that the time limit ended is `None`.
fn ask(port: u16, questions: &[&str], limits: Limits) -> Ran {
    let [output, errors] = [Shared::default(), Shared::default()];
    let request = Invocation {
        arguments: questions.iter().map(Into::into).collect(),
        search_path: "/nonexistent".into(),
        port,
    };
    let outputs = Outputs {
        output: Box::new(output.clone()),
        errors: Box::new(errors.clone()),
        same: false,
    };
    let status = match serve(request, outputs, limits, Instant::now()) {
        Ok(well) => Some(i32::from(!well)),
        Err(Unfinished::Late) => None,
        Err(Unfinished::Broken(message)) => panic!("{message}"),
    };
    Ran {
        status,
        output: output.text(),
        errors: errors.text(),
    }
}

/// Enough for any test that does not wait for a limit.
const AMPLE: Limits = Limits {
    bytes: 100_000,
    time: Duration::from_secs(30),
};

fn ran(status: impl Into<Option<i32>>, output: &str, errors: &str) -> Ran {
    Ran {
        status: status.into(),
        output: output.to_string(),
        errors: errors.to_string(),
    }
}

/// One case a line: what the server says, and what is shown below `[127.0.0.1]`.
#[test]
fn answers_are_filtered() {
    let cases: [(&[u8], &str); 8] = [
        (
            b"Login: joe\r\n\r\nNo Plan.\r\n",
            " Login: joe\n\n No Plan.\n",
        ),
        (b"plain\nlines\n", " plain\n lines\n"),
        (b"no end", " no end"),
        (b"", ""),
        (b"a\rb\r", " a\\015b\\015"),
        (
            b"\x1b]2;title\x07\x9b2J\0\x7f\r\n",
            " \\033]2;title\\007\\2332J\\000\\177\n",
        ),
        ("J\u{fc}rgen\r\n".as_bytes(), " J\\303\\274rgen\n"),
        (b".\r\nFrom root\r\n~!rm\r\n", " .\n From root\n ~!rm\n"),
    ];
    for (answer, shown) in cases {
        let output = format!(" [127.0.0.1]\n{shown}");
        assert_eq!(
            ask(says(answer), &["joe@127.0.0.1"], AMPLE),
            ran(0, &output, "")
        );
    }
}

/// One case a line: arguments, and the bytes that the server gets.
#[test]
fn questions_follow_the_protocol() {
    let cases: [(&[&str], &str); 6] = [
        (&["joe@127.0.0.1"], "joe\r\n"),
        (&["@127.0.0.1"], "\r\n"),
        (&["-l", "joe@127.0.0.1"], "/W joe\r\n"),
        (&["-l", "@127.0.0.1"], "/W\r\n"),
        (&["joe@inner.example@127.0.0.1"], "joe@inner.example\r\n"),
        (&["joe q. public@127.0.0.1"], "joe q. public\r\n"),
    ];
    for (arguments, question) in cases {
        let echo = |mut connection: TcpStream, question: String| {
            let _ = connection.write_all(question.escape_debug().to_string().as_bytes());
        };
        let shown = question.escape_debug().to_string().replace('\\', "\\\\");
        let output = format!(" [127.0.0.1]\n {shown}");
        assert_eq!(
            ask(server("127.0.0.1:0", echo), arguments, AMPLE),
            ran(0, &output, "")
        );
    }
}

#[test]
fn a_control_character_is_not_sent() {
    let port = server("127.0.0.1:0", |_, question| {
        panic!("was asked {question:?}")
    });
    let errors = "safe_finger: joe\\015\\012root@127.0.0.1: control character in a question\n";
    assert_eq!(
        ask(port, &["@127.0.0.1", "joe\r\nroot@127.0.0.1"], AMPLE),
        ran(1, "", errors)
    );
}

#[test]
fn several_questions_are_set_apart() {
    let output = " [127.0.0.1]\n hello\n [127.0.0.1]\n hello";
    assert_eq!(
        ask(says(b"hello"), &["a@127.0.0.1", "b@127.0.0.1"], AMPLE),
        ran(0, output, "")
    );
}

#[test]
fn endless_data_without_a_newline_is_cut() {
    let endless =
        |mut connection: TcpStream, _| while connection.write_all(&[b'x'; 5000]).is_ok() {};
    let ran = ask(server("127.0.0.1:0", endless), &["@127.0.0.1"], AMPLE);
    assert_eq!((ran.status, ran.errors.as_str()), (Some(1), ""));
    assert!(
        ran.output
            .ends_with("x\n\n Input truncated to 100000 bytes...\n")
    );
    assert!(ran.output.lines().all(|line| line.len() <= 129));
    assert_eq!(
        ran.output.matches('x').count(),
        100_000 - "[127.0.0.1]\n".len()
    );
}

/// A server that makes each byte cost four must not get more for it.
#[test]
fn endless_control_bytes_are_cut() {
    let endless =
        |mut connection: TcpStream, _| while connection.write_all(&[0x9b; 5000]).is_ok() {};
    let ran = ask(server("127.0.0.1:0", endless), &["@127.0.0.1"], AMPLE);
    assert_eq!(ran.status, Some(1));
    assert_eq!(
        ran.output.matches("\\233").count(),
        100_000 - "[127.0.0.1]\n".len()
    );
}

#[test]
fn the_volume_counts_for_all_servers_together() {
    let limits = Limits { bytes: 40, ..AMPLE };
    let output =
        " [127.0.0.1]\n 0123456789\n\n [127.0.0.1]\n 0123\n\n Input truncated to 40 bytes...\n";
    let questions = ["a@127.0.0.1", "b@127.0.0.1", "c@127.0.0.1"];
    assert_eq!(
        ask(says(b"0123456789\n"), &questions, limits),
        ran(1, output, "")
    );
}

#[test]
fn one_byte_at_a_time_ends_with_the_time() {
    let slow = |mut connection: TcpStream, _| {
        while connection.write_all(b"a").is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    };
    let limits = Limits {
        time: Duration::from_millis(600),
        ..AMPLE
    };
    let started = Instant::now();
    let ran = ask(server("127.0.0.1:0", slow), &["@127.0.0.1"], limits);
    assert!(
        (600..5000).contains(&started.elapsed().as_millis()),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(ran.status, None);
    assert!(ran.output.starts_with(" [127.0.0.1]\n aaa"), "{ran:?}");
}

#[test]
fn silence_ends_with_the_time() {
    let silent = |mut connection: TcpStream, _| _ = connection.read(&mut [0]);
    let limits = Limits {
        time: Duration::from_millis(300),
        ..AMPLE
    };
    let expected = ran(None, " [127.0.0.1]\n", "");
    assert_eq!(
        ask(server("127.0.0.1:0", silent), &["@127.0.0.1"], limits),
        expected
    );
}

#[test]
fn a_refused_connection_is_told_and_the_next_is_asked() {
    // Nobody listens on a port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = port.expect("a free port").port();
    let output = " [127.0.0.1]\n\n [127.0.0.2]\n";
    let errors = "safe_finger: 127.0.0.1: connect to 127.0.0.1: Connection refused\n\
        safe_finger: 127.0.0.2: connect to 127.0.0.2: Connection refused\n";
    assert_eq!(
        ask(port, &["@127.0.0.1", "@127.0.0.2"], AMPLE),
        ran(1, output, errors)
    );
}

#[test]
fn a_reset_connection_is_told() {
    let reset = |mut connection: TcpStream, _| {
        let _ = connection.write_all(b"begun");
        thread::sleep(Duration::from_millis(200));
        let at_once = nix::libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        setsockopt(&connection, sockopt::Linger, &at_once).expect("linger");
    };
    let errors = "safe_finger: 127.0.0.1: Connection reset by peer\n";
    let expected = ran(1, " [127.0.0.1]\n begun", errors);
    assert_eq!(
        ask(server("127.0.0.1:0", reset), &["@127.0.0.1"], AMPLE),
        expected
    );
}

#[test]
fn an_unknown_host_is_told() {
    sandbox("servers_an_unknown_host_is_told", &[], |_| {
        let ran = ask(79, &["joe@no\u{e9}.invalid"], AMPLE);
        let begin = "safe_finger: no\\303\\251.invalid: failed to lookup address information: ";
        assert!(ran.errors.starts_with(begin), "{ran:?}");
        assert_eq!(
            (ran.status, ran.output.as_str()),
            (Some(1), " [no\\303\\251.invalid]\n")
        );
    });
}

/// The program on port 79, by root and by a user, over IPv4 and IPv6.
#[test]
fn the_program_asks_port_79() {
    sandbox("servers_the_program_asks_port_79", &[], |sandbox| {
        for address in ["127.0.0.1:79", "[::1]:79"] {
            server(address, |mut connection, question| {
                let _ = connection.write_all(format!("\x1b{question}").as_bytes());
            });
        }
        for identity in [&["--reuid=1000", "--clear-groups"][..], &["--clear-groups"]] {
            for (argument, host) in [
                ("a@127.0.0.1", "127.0.0.1"),
                ("a@::1", "::1"),
                ("a@[::1]", "::1"),
                ("a@localhost", "localhost"),
            ] {
                let mut command = std::process::Command::new("setpriv");
                command
                    .args(identity)
                    .args([crate::sandbox::OURS, "-l", argument]);
                let expected = ran(0, &format!(" [{host}]\n \\033/W a\n"), "");
                assert_eq!(sandbox.run(&mut command), expected);
            }
        }
    });
}

/// A host with two addresses of which only the second listens.
#[test]
fn every_address_of_a_host_is_tried() {
    sandbox("servers_every_address_of_a_host_is_tried", &[], |sandbox| {
        server("127.0.0.1:79", |mut connection, _| {
            _ = connection.write_all(b"here\r\n")
        });
        sandbox.replace("/etc/hosts", "::1 two.example\n127.0.0.1 two.example\n");
        assert_eq!(
            sandbox.ours(&["@two.example"]),
            ran(0, " [two.example]\n here\n", "")
        );
    });
}

/// The time that one address takes is not all the time there is.
#[test]
fn an_address_that_never_answers_does_not_hide_the_next() {
    let name = "servers_an_address_that_never_answers_does_not_hide_the_next";
    sandbox(name, &[], |sandbox| {
        server("127.0.0.5:79", |mut connection, _| {
            _ = connection.write_all(b"here\r\n")
        });
        let deaf = "127.0.0.1:79".parse().expect("address");
        let listener = TcpListener::bind(deaf).expect("bind");
        nix::sys::socket::listen(
            &listener,
            nix::sys::socket::Backlog::new(0).expect("backlog"),
        )
        .expect("listen");
        let soon = Duration::from_millis(100);
        let waiting: Vec<_> = std::iter::from_fn(|| TcpStream::connect_timeout(&deaf, soon).ok())
            .take(200)
            .collect();
        assert!(waiting.len() < 200, "the queue does not fill");
        sandbox.replace(
            "/etc/hosts",
            "127.0.0.1 two.example\n127.0.0.5 two.example\n",
        );
        let limits = Limits {
            time: Duration::from_secs(3),
            ..AMPLE
        };
        assert_eq!(
            ask(79, &["@two.example"], limits),
            ran(0, " [two.example]\n here\n", "")
        );
    });
}
