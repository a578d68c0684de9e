//! Descriptors that are scarce or closed: what a command writes never reaches the client by
//! accident, and neither does the log.

use std::time::Duration;

use scenarios::{Call, Subject, Verdict, scenario};

#[test]
fn a_command_with_few_descriptors_left_does_not_speak_to_the_client() {
    scenario(&[], |world| {
        for limit in 4..=12 {
            let limit = limit.to_string();
            let call = Call::new()
                .launch(&["-n", &limit])
                .patience(Duration::from_secs(8));
            world.tables("svcd: ALL: spawn echo leak; echo leak >&2\n", "ALL: ALL\n");
            let outcome = world.run(&call);
            world.same(&limit, outcome.verdict, Verdict::Granted);
            world.same(&limit, outcome.read, String::new());
            world.tables("svcd: ALL: aclexec echo leak\n", "ALL: ALL\n");
            let outcome = world.run(&call);
            let read = world.differs("O2", "leak\n", "");
            world.same(&limit, outcome.read.as_str(), read);
        }
    });
}

#[test]
fn the_log_does_not_take_the_place_of_standard_output() {
    scenario(&[], |world| {
        world.file("/srv/sh", "no program");
        world.tool("mount", &["--bind", "/srv/sh", "/usr/bin/dash"]);
        world.tables("svcd: ALL: twist echo hi\n", "");
        let outcome = world.run(&Call::new().launch(&["-c", "1", "-c", "2"]));
        world.same("verdict", outcome.verdict, Verdict::Twisted);
        if world.subject == Subject::Debian {
            return;
        }
        // In the original the log's socket becomes the client's, who reads the last record.
        world.same("client", outcome.read.as_str(), "");
        let last = "warning: /etc/hosts.allow, line 1: twist_option: /bin/sh: Permission denied";
        world.same("log", outcome.texts().last().copied(), Some(last));
    });
}
