//! What the finger program gets, and what becomes of what it says and how it ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::{OURS, Ran, ours, sandbox};

/// Each test: a shell script that is the finger program, and how ours ends with it:
/// exit status, standard output, standard error.
macro_rules! shows {
    ($($name:ident: $script:expr => $status:expr, $output:expr, $errors:expr;)*) => {
        $(#[test] fn $name() {
            sandbox(stringify!($name), &[], |sandbox| {
                sandbox.finger($script);
                let expected = Ran {
                    status: Some($status),
                    output: $output.to_string(),
                    errors: $errors.to_string(),
                };
                assert_eq!(sandbox.ours(&["-l", "a b@c", "--", "-x"]), expected);
            });
        })*
    };
}

shows! {
    arguments_are_passed_on_unchanged: r#"printf '<%s>' "$@""# => 0, " <-l><a b@c><--><-x>", "";
    the_path_is_replaced: "echo $PATH" => 0, " /bin:/usr/bin:/sbin:/usr/sbin\n", "";
    output_and_errors_are_filtered_apart:
        r"printf 'a\033\nb\r\n'; printf 'c\033\nd\377' >&2" =>
        0, " a\\033\n b\\015\n", " c\\033\n d\\377";
    success: "exit 0" => 0, "", "";
    failure: "echo no such user >&2; exit 3" => 1, "", " no such user\n";
    killed: "echo begun; kill -SEGV $$" =>
        1, " begun\n", "safe_finger: finger was killed by SIGSEGV\n";
    output_closed_long_before_the_end: "echo a; exec >&-; sleep 0.3; echo b >&2; exit 5" =>
        1, " a\n", " b\n";
    an_endless_error_stream_is_cut: "yes | head -c 100001 >&2; exit 0" =>
        0, "", " y\n".repeat(50_000) + "\n\n Input truncated to 100000 bytes...\n";
    as_much_as_the_limit: "yes | head -c 100000" => 0, " y\n".repeat(50_000), "";
    more_than_the_limit: "yes | head -c 100001" =>
        0, " y\n".repeat(50_000) + "\n\n Input truncated to 100000 bytes...\n", "";
    much_more_than_the_limit: "exec yes" =>
        1, " y\n".repeat(50_000) + "\n\n Input truncated to 100000 bytes...\n", "";
    signals_have_their_defaults: IGNORED_OR_BLOCKED => 0, " SigBlk 0\n SigIgn 0\n", "";
    it_leads_a_process_group: "set -- $(cat /proc/$$/stat); [ $5 = $$ ] && echo yes" =>
        0, " yes\n", "";
    without_an_interpreter_line_it_is_a_shell_script: "#\nexec echo yes" => 0, " yes\n", "";
}

/// What goes to one place through two streams has its lines made harmless as one.
#[test]
fn streams_that_are_mixed_share_their_lines() {
    sandbox("streams_that_are_mixed_share_their_lines", &[], |sandbox| {
        sandbox.finger("printf a; sleep 0.2; echo b >&2; sleep 0.2; echo .; printf c; kill -9 $$");
        let script = "exec /usr/sbin/safe_finger x 2>&1";
        let ran = sandbox.run(Command::new("sh").args(["-c", script]));
        let expected = " ab\n .\n c\nsafe_finger: finger was killed by SIGKILL\n";
        assert_eq!((ran.output.as_str(), ran.errors.as_str()), (expected, ""));
    });
}

/// Prints the two sets; the C library keeps the signals from 32 on to itself.
const IGNORED_OR_BLOCKED: &str = r"
    sed -n 's/^Sig\(Blk\|Ign\):.*\(........\)$/\1 0x\2/p' /proc/self/status |
    while read name set; do echo Sig$name $(($set & 0x7fffffff)); done
";

#[test]
fn a_program_that_cannot_start_is_told() {
    sandbox("a_program_that_cannot_start_is_told", &[], |sandbox| {
        sandbox.program("finger", "#!/no/such/interpreter\n");
        let errors = "safe_finger: finger: No such file or directory\n".to_string();
        assert_eq!(
            sandbox.ours(&[]),
            Ran {
                status: Some(1),
                output: String::new(),
                errors
            }
        );
    });
}

#[test]
fn a_file_that_cannot_be_run_is_no_finger_program() {
    sandbox(
        "a_file_that_cannot_be_run_is_no_finger_program",
        &[],
        |sandbox| {
            sandbox.finger("echo it has run");
            sandbox.run(Command::new("chmod").args(["600", "/usr/sbin/finger"]));
            let ran = sandbox.ours(&["joe"]);
            assert!(ran.errors.contains("no finger program found"), "{ran:?}");
        },
    );
}

/// It would run itself without end.
#[test]
fn this_program_under_the_name_of_finger_is_no_finger_program() {
    sandbox(
        "this_program_under_the_name_of_finger_is_no_finger_program",
        &[],
        |sandbox| {
            sandbox.run(Command::new("ln").args(["-s", OURS, "/usr/sbin/finger"]));
            let ran = sandbox.ours(&["joe"]);
            assert!(ran.errors.contains("no finger program found"), "{ran:?}");
        },
    );
}

#[test]
fn standard_input_and_environment_are_inherited() {
    sandbox(
        "standard_input_and_environment_are_inherited",
        &[],
        |sandbox| {
            sandbox.finger("cat; echo $COLOUR");
            let mut command = Command::new(OURS);
            let ran = sandbox.pipe(command.env("COLOUR", "blue"), "typed\n");
            assert_eq!(
                (ran.status, ran.output.as_str()),
                (Some(0), " typed\n blue\n")
            );
        },
    );
}

/// Otherwise the finger program's pipe could become descriptor 0, 1 or 2.
#[test]
fn closed_descriptors_are_opened_on_dev_null() {
    sandbox(
        "closed_descriptors_are_opened_on_dev_null",
        &[],
        |sandbox| {
            sandbox.finger("readlink /proc/$$/fd/0 > /usr/sbin/seen; echo a; echo b >&2");
            sandbox.run(Command::new("install").args(["-m", "666", "/dev/null", "/usr/sbin/seen"]));
            let closed = format!("{OURS} x <&- >&- 2>&-");
            let ran = sandbox.run(Command::new("sh").args(["-c", &closed]));
            assert_eq!(ran.status, Some(0));
            assert_eq!(
                fs::read_to_string("/usr/sbin/seen").expect("seen"),
                "/dev/null\n"
            );
        },
    );
}

#[test]
fn a_full_disk_is_told() {
    sandbox("a_full_disk_is_told", &[], |sandbox| {
        sandbox.finger("sleep 600 & echo a; wait");
        let full = format!("{OURS} x > /dev/full");
        let ran = sandbox.run(Command::new("sh").args(["-c", &full]));
        let errors = "safe_finger: standard output: No space left on device\n".to_string();
        assert_eq!(
            ran,
            Ran {
                status: Some(1),
                output: String::new(),
                errors
            }
        );
        sandbox.assert_nothing_left();
    });
}

#[test]
fn a_reader_that_goes_away_ends_it_with_its_finger_program() {
    sandbox(
        "a_reader_that_goes_away_ends_it_with_its_finger_program",
        &[],
        |sandbox| {
            sandbox.finger("sleep 600 & while echo a; do sleep 0.1; done");
            let left = format!("{{ {OURS} x; echo status $? >&2; }} | head -n 1");
            let ran = sandbox.run(Command::new("sh").args(["-c", &left]));
            assert_eq!(
                (ran.output.as_str(), ran.errors.as_str()),
                (" a\n", "status 1\n")
            );
            sandbox.assert_nothing_left();
        },
    );
}

#[test]
fn help_is_ours_and_runs_nothing() {
    sandbox("help_is_ours_and_runs_nothing", &[], |sandbox| {
        sandbox.finger("echo it has run");
        for arguments in [vec!["--help"], vec!["-l", "--help", "x"]] {
            let ran = sandbox.ours(&arguments);
            assert!(ran.output.starts_with("Usage: safe_finger "), "{ran:?}");
            assert_eq!((ran.status, ran.errors.as_str()), (Some(0), ""));
        }
        assert_eq!(sandbox.ours(&["--", "--help"]).output, " it has run\n");
        let full = format!("{OURS} --help > /dev/full");
        assert_eq!(
            sandbox.run(Command::new("sh").args(["-c", &full])).status,
            Some(1)
        );
    });
}

/// What is left behind with standard error open is not waited for.
#[test]
fn a_process_left_behind_does_not_hold_it() {
    sandbox("a_process_left_behind_does_not_hold_it", &[], |sandbox| {
        sandbox.finger("echo a; echo b >&2; sleep 600 > /dev/null & exit 0");
        let started = Instant::now();
        let mut child = spawn(Command::new(OURS).stderr(Stdio::piped()));
        assert_eq!(line_of(&mut child), " a\n");
        assert!(child.wait().expect("status").success());
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{:?}",
            started.elapsed()
        );
        assert_eq!(sandbox.left_behind(), ["sleep 600"]);
    });
}

/// Whatever ends this program, ends the finger program.
#[test]
fn the_finger_program_dies_with_it() {
    sandbox("the_finger_program_dies_with_it", &[], |sandbox| {
        sandbox.finger("echo a; exec sleep 600");
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGKILL] {
            let mut child = spawn(&mut ours());
            assert_eq!(line_of(&mut child), " a\n");
            let id = child.id().try_into().expect("process id");
            kill(Pid::from_raw(id), signal).expect("kill");
            assert_eq!(child.wait().expect("status").signal(), Some(signal as i32));
            sandbox.assert_nothing_left();
        }
    });
}

/// What goes in makes no difference to the memory that is used.
#[test]
fn memory_stays_constant() {
    sandbox("memory_stays_constant", &[], |sandbox| {
        // The finger program waits when all that it has said has been read.
        let peak = |script: &str| {
            sandbox.finger(&format!("{script}; echo end; exec sleep 600"));
            let mut child = spawn(&mut Command::new(OURS));
            let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
            assert!(lines.any(|line| line.expect("line") == " end"));
            let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
            child.kill().expect("kill");
            child.wait().expect("status");
            let status = status.expect("still running");
            let peak = status
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:"))
                .expect("peak");
            peak.trim_end_matches("kB")
                .trim()
                .parse::<u32>()
                .expect("size")
        };
        let [little, much] = [peak(":"), peak("yes | head -c 99990")];
        assert!(much < little + 300, "{little} kB and {much} kB");
    });
}

fn spawn(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("run the program")
}

fn line_of(child: &mut Child) -> String {
    let mut line = String::new();
    let output = child.stdout.take().expect("standard output");
    BufReader::new(output).read_line(&mut line).expect("a line");
    line
}
