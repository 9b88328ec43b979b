//! Actions around a command: their order, what a failure means, what becomes of them when something is killed.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Sandbox, fetch};

/// A manifest of sites `one` and `two`, each line of whose actions notes itself in `log`.
fn noting(sandbox: &Sandbox, command: &str, more: &[(&str, &str)]) {
    let hooks = |name: &str, indent: &str| -> String {
        let hook = |hook: &str| {
            let note = format!("{name}-{hook}");
            let extra = more
                .iter()
                .find(|(of, _)| *of == note)
                .map_or("", |(_, e)| e);
            format!("{indent}{hook}-{command}: [{{ run: 'echo {note} >> log{extra} }}]\n")
        };
        ["pre", "success", "fail", "complete"].map(hook).concat()
    };
    let extra = |name: &str| {
        more.iter()
            .find(|(of, _)| *of == name)
            .map_or("", |(_, e)| e)
    };
    let block = |name: &str| {
        format!(
            "  {name}:\n    component: site\n    props: {{ source: ./{name}, bucket: shop-{name} }}\n{}    actions:\n{}",
            extra(name),
            hooks(name, "      ")
        )
    };
    let text = format!(
        "edition: 3.0.0\nname: shop\naccess: local\n{}actions:\n{}resources:\n{}{}",
        extra("top"),
        hooks("all", "  "),
        block("one"),
        block("two")
    );
    // An extra replaces the quote that ends the line.
    let text = text.replace("log }", "log' }");
    sandbox.file("s.yaml", text);
    for name in ["one", "two"] {
        sandbox.file(&format!("{name}/index.html"), format!("<h1>{name}</h1>"));
    }
}

/// What was noted, and the notes begin anew.
fn noted(sandbox: &Sandbox) -> Vec<String> {
    let file = sandbox.work().join("log");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_file(file);
    text.lines().map(str::to_owned).collect()
}

fn buckets(sandbox: &Sandbox) -> u64 {
    let status = sandbox.run("local status --json").object("local");
    status["status"]["counts"]["oss"]["buckets"]
        .as_u64()
        .unwrap()
}

const FALSE: &str = "; false' ";

#[test]
fn all_goes_well_in_the_order_of_the_original() {
    let sandbox = Sandbox::new().with_cloud();
    noting(&sandbox, "deploy", &[]);
    let plan = sandbox.run("plan").code(0).stdout;
    assert!(plan.contains("12 actions run with it:"), "{plan}");
    let plan = sandbox.run("plan --json").code(0).object("plan");
    assert_eq!(plan["actions"].as_array().unwrap().len(), 12);
    sandbox.run("validate").code(0);
    sandbox.run("preview").code(0);
    assert!(noted(&sandbox).is_empty());
    sandbox.run("deploy -y").code(0);
    let order = [
        "all-pre",
        "one-pre",
        "one-success",
        "one-complete",
        "two-pre",
        "two-success",
        "two-complete",
        "all-success",
        "all-complete",
    ];
    assert_eq!(noted(&sandbox), order);
    // They run whether or not something is to change, and not with the flag.
    sandbox.run("deploy -y").code(0);
    assert_eq!(noted(&sandbox), order);
    sandbox.run("deploy -y --skip-actions").code(0);
    sandbox.run("remove -y").code(0);
    assert!(noted(&sandbox).is_empty());
}

#[test]
fn a_removal_goes_backwards_with_its_own_actions() {
    let sandbox = Sandbox::new().with_cloud();
    noting(&sandbox, "remove", &[]);
    sandbox.run("deploy -y").code(0);
    sandbox.run("remove -y").code(0);
    let order = [
        "all-pre",
        "two-pre",
        "two-success",
        "two-complete",
        "one-pre",
        "one-success",
        "one-complete",
        "all-success",
        "all-complete",
    ];
    assert_eq!(
        (noted(&sandbox), buckets(&sandbox)),
        (order.map(str::to_owned).to_vec(), 0)
    );
}

#[test]
fn a_failure_stops_what_comes_next() {
    let sandbox = Sandbox::new().with_cloud();
    noting(&sandbox, "deploy", &[("all-pre", FALSE)]);
    sandbox.run("deploy -y").code(1).says("SD1101");
    assert_eq!(noted(&sandbox), ["all-pre", "all-fail", "all-complete"]);
    assert_eq!(buckets(&sandbox), 0);
    noting(&sandbox, "deploy", &[("one-pre", FALSE)]);
    sandbox.run("deploy -y").code(1).says("SD1101");
    let order = [
        "all-pre",
        "one-pre",
        "one-fail",
        "one-complete",
        "all-fail",
        "all-complete",
    ];
    assert_eq!(noted(&sandbox), order);
    assert_eq!(buckets(&sandbox), 0);
    // The command itself fails: what its pre action leaves cannot be deployed.
    noting(&sandbox, "deploy", &[("one-pre", "; rm -r one' ")]);
    sandbox.run("deploy -y").code(1).says("SD0301");
    assert_eq!(noted(&sandbox), order);
    assert_eq!(buckets(&sandbox), 0);
}

#[test]
fn failures_that_are_allowed_stop_nothing() {
    let well = [
        "all-pre",
        "one-pre",
        "one-success",
        "one-complete",
        "two-pre",
        "two-success",
        "two-complete",
        "all-success",
        "all-complete",
    ];
    let failed = [
        "all-pre",
        "one-pre",
        "one-fail",
        "one-complete",
        "all-fail",
        "all-complete",
    ];
    let sandbox = Sandbox::new().with_cloud();
    for (allow, code) in [
        ("; exit 7', allow_failure: true ", 0),
        ("; exit 7', allow_failure: { exit_code: [7] } ", 0),
        (
            "; exit 7', allow_failure: { exit_code: [101], command: [deploy] } ",
            0,
        ),
        ("; exit 7', allow_failure: { exit_code: [8] } ", 1),
        ("; exit 7', allow_failure: { command: [remove] } ", 1),
    ] {
        noting(&sandbox, "deploy", &[("one-pre", allow)]);
        sandbox.run("deploy -y").code(code);
        let order: &[&str] = if code == 0 { &well } else { &failed };
        assert_eq!(noted(&sandbox), order, "{allow}");
    }
    for tolerant in ["    continue-on-error: true\n", "    allow_failure: true\n"] {
        noting(&sandbox, "deploy", &[("one", tolerant), ("one-pre", FALSE)]);
        let ran = sandbox.run("deploy -y --json").code(0);
        assert_eq!(ran.object("summary")["well"], true);
        let mut order = well;
        order[2] = "one-fail";
        assert_eq!(noted(&sandbox), order);
    }
}

#[test]
fn an_action_makes_the_folder_that_is_deployed() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.file(
        "s.yaml",
        "edition: 3.0.0\nname: made\naccess: local\nresources:\n  web:\n    component: site\n    props: { source: ./dist, domain: made.test }\n    actions:\n      pre-deploy:\n        - run: mkdir -p ../dist && cp page.html ../dist/index.html && cat page.html\n          path: ./src\n",
    );
    sandbox.file("src/page.html", "<h1>one</h1>");
    let plan = sandbox.run("plan").code(0).stdout;
    assert!(plan.contains("(known after its actions)"), "{plan}");
    sandbox
        .run("deploy -y")
        .code(0)
        .says("web | <h1>one</h1>")
        .says("After its actions:");
    let page = || fetch(sandbox.port(), "made.test", "/", &[]).text();
    assert_eq!(page(), "<h1>one</h1>");
    sandbox.file("src/page.html", "<h1>two</h1>");
    sandbox.run("deploy -y").code(0);
    assert_eq!(page(), "<h1>two</h1>");
    sandbox.run("plan --detailed-exitcode").code(0);
    // Without the action it is an error again, and a folder for the action must be there.
    std::fs::remove_dir_all(sandbox.work().join("dist")).unwrap();
    sandbox.run("plan --skip-actions").code(1).says("SD0301");
    std::fs::remove_dir_all(sandbox.work().join("src")).unwrap();
    sandbox.run("deploy -y").code(1).says("SD1102");
}

#[test]
fn an_output_inside_a_line_is_filled_in_or_an_error() {
    let sandbox = Sandbox::new().with_cloud();
    let line = "; echo ${resources.two.output.bucket} >> log' ";
    noting(&sandbox, "deploy", &[("one-pre", line)]);
    sandbox
        .run("deploy -y")
        .code(1)
        .says("SD1103")
        .says("output `bucket` of `two`");
    noted(&sandbox);
    let flow = "flow: { deploy: [[two], [one]] }\n";
    noting(&sandbox, "deploy", &[("one-pre", line), ("top", flow)]);
    sandbox.run("deploy -y").code(0);
    let log = noted(&sandbox);
    let at = |word: &str| log.iter().position(|l| l == word).unwrap();
    assert!(
        at("two-complete") < at("one-pre") && at("shop-two") == at("one-pre") + 1,
        "{log:?}"
    );
}

#[test]
fn what_a_component_would_run_is_refused_unless_allowed() {
    let sandbox = Sandbox::new().with_cloud();
    let manifest = |allow: &str| {
        format!(
            "edition: 3.0.0\nname: c\naccess: local\nresources:\n  web:\n    component: site\n    props: {{ source: ./p }}\n    actions:\n      pre-deploy:\n        - component: fc3 build --use-docker\n{allow}"
        )
    };
    sandbox
        .file("p/index.html", "x")
        .file("s.yaml", manifest(""));
    let plan = sandbox.run("plan").code(0).stdout;
    assert!(plan.contains("component fc3 build --use-docker"), "{plan}");
    sandbox.run("deploy -y").code(1).says("SD0114");
    sandbox.file("s.yaml", manifest("          allow_failure: true\n"));
    sandbox.run("deploy -y").code(0).says("which is allowed");
}

#[test]
fn an_action_that_takes_too_long_is_stopped() {
    let sandbox = Sandbox::new().with_cloud();
    noting(&sandbox, "deploy", &[("all-pre", "; sleep 1000' ")]);
    sandbox
        .run("deploy -y --action-timeout 50ms")
        .code(1)
        .says("SD1104");
    assert_eq!(noted(&sandbox), ["all-pre", "all-fail", "all-complete"]);
}

#[test]
fn a_deploy_with_actions_killed_at_any_journaled_point_is_finished_by_the_next() {
    for point in 1.. {
        let sandbox = Sandbox::new().with_cloud();
        noting(&sandbox, "deploy", &[]);
        let mut command = sandbox.command(&["deploy", "-y"]);
        command.env("SDEV_TEST_KILL_AT", point.to_string());
        let killed = command.output().unwrap().status.code().is_none();
        noted(&sandbox);
        sandbox.run("deploy -y").code(0);
        assert_eq!(
            (noted(&sandbox).len(), buckets(&sandbox)),
            (9, 2),
            "killed at {point}"
        );
        sandbox.run("plan --detailed-exitcode").code(0);
        if !killed {
            assert!(point > 4, "only {point} points");
            break;
        }
    }
}

/// A deploy whose first action has written a file and waits.
fn waiting(sandbox: &Sandbox, line: &str) -> Child {
    noting(sandbox, "deploy", &[("all-pre", line)]);
    let child = sandbox
        .command(&["deploy", "-y"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the action to begin", || {
        sandbox.work().join("begun").exists()
    });
    child
}

#[track_caller]
fn until(what: &str, mut is: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is() {
        assert!(Instant::now() < deadline, "waited for {what}");
        std::thread::yield_now();
    }
}

/// Whether a process runs. A zombie does not.
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

#[test]
fn nothing_that_an_action_started_outlives_a_killed_deploy() {
    let sandbox = Sandbox::new().with_cloud();
    let mut child = waiting(
        &sandbox,
        "; sleep 1000 & echo $$ $! > pids; mv pids begun; sleep 1000' ",
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let pids = std::fs::read_to_string(sandbox.work().join("begun")).unwrap();
    for pid in pids.split_whitespace() {
        until("the action to end", || !runs(pid));
    }
    noting(&sandbox, "deploy", &[]);
    sandbox.run("deploy -y").code(0);
}

#[test]
fn an_interrupt_reaches_the_action_and_ends_the_deploy() {
    for signal in ["INT", "TERM"] {
        let sandbox = Sandbox::new().with_cloud();
        let trap = "; trap \"echo heard >> log; exit 0\" INT TERM; touch begun; while :; do sleep 0.01; done' ";
        let mut child = waiting(&sandbox, trap);
        let sent = std::process::Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_eq!(noted(&sandbox), ["all-pre", "heard"]);
        assert_eq!(buckets(&sandbox), 0);
    }
}

#[test]
fn a_second_interrupt_ends_an_action_that_does_not_listen() {
    let sandbox = Sandbox::new().with_cloud();
    let deaf = "; trap \"echo heard >> log\" INT; echo $$ > pid; mv pid begun; while :; do sleep 0.01; done' ";
    let mut child = waiting(&sandbox, deaf);
    let interrupt = || {
        let pid = child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status();
        assert!(sent.unwrap().success());
    };
    interrupt();
    let heard = || std::fs::read_to_string(sandbox.work().join("log")).unwrap_or_default();
    until("the first to be heard", || heard().contains("heard"));
    interrupt();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let pid = std::fs::read_to_string(sandbox.work().join("begun")).unwrap();
    until("the action to end", || !runs(pid.trim()));
}

#[test]
fn the_blocks_of_a_group_go_side_by_side_and_fail_apart() {
    let sandbox = Sandbox::new().with_cloud();
    let flow = ("top", "flow: { deploy: [[two, one]] }\n");
    noting(&sandbox, "deploy", &[flow]);
    sandbox.run("deploy -y").code(0);
    let log = noted(&sandbox);
    let hooks: Vec<&str> = log
        .iter()
        .map(|note| note.split('-').next_back().unwrap())
        .collect();
    let order = [
        "pre", "pre", "pre", "success", "success", "complete", "complete", "success", "complete",
    ];
    assert_eq!(hooks, order, "{log:?}");
    sandbox.run("remove -y").code(0);
    noting(&sandbox, "deploy", &[flow, ("one-pre", FALSE)]);
    sandbox.run("deploy -y").code(1);
    assert_eq!(buckets(&sandbox), 1);
    let log = noted(&sandbox);
    for note in ["one-fail", "two-success", "all-fail"] {
        assert!(log.contains(&note.to_owned()), "{note}: {log:?}");
    }
}

#[test]
fn a_secret_reaches_the_line_and_nobody_else() {
    let sandbox = Sandbox::new().with_cloud();
    let line = "; echo key ${secret(\"API_KEY\")}; printf %s ${secret(\"API_KEY\")} > got' ";
    noting(&sandbox, "deploy", &[("one-pre", line)]);
    for args in [&["deploy", "-y"][..], &["deploy", "-y", "--json"]] {
        let mut command = sandbox.command(args);
        command
            .env("SDEV_SECRET_API_KEY", "s3cr3t-value-1")
            .env("SDEV_SECRET_KEY", "0123456789abcdef0123");
        let ran = sandbox.run_command(command).code(0);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(all.contains("key ***") && !all.contains("s3cr3t"), "{all}");
        let got = std::fs::read_to_string(sandbox.work().join("got")).unwrap();
        assert_eq!(got, "s3cr3t-value-1");
        std::fs::remove_file(sandbox.work().join("got")).unwrap();
    }
}
