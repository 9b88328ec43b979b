//! A state in a bucket: shared by machines, under kills, suspensions and races.

use std::process::{Child, Stdio};

use crate::crash::killed_at;
use crate::site::MANIFEST;
use crate::support::{Sandbox, fetch};

const FILES: [(&str, &str); 4] = [
    ("index.html", "<h1>Shop</h1>"),
    ("docs/index.html", "<h1>Docs</h1>"),
    ("404.html", "<h1>Nothing here</h1>"),
    ("assets/app.0123abcd.js", "console.log('one')"),
];

const SHARED: &str = "state: { bucket: acme-states, prefix: teams/web }";

/// The shop, and a second checkout of it in `other`, as on another machine. The state is in a bucket.
fn two_checkouts(sandbox: &Sandbox) {
    for folder in ["", "other/"] {
        sandbox.file(&format!("{folder}s.yaml"), with(SHARED));
        for (path, text) in FILES {
            sandbox.file(&format!("{folder}public/{path}"), text);
        }
    }
}

fn with(own: &str) -> String {
    format!("{MANIFEST}sdev: {{ {own} }}\n")
}

const OTHER: [&str; 4] = ["deploy", "-y", "-t", "other/s.yaml"];

fn buckets(sandbox: &Sandbox) -> u64 {
    let status = sandbox.run("local status --json").object("local");
    status["status"]["counts"]["oss"]["buckets"]
        .as_u64()
        .unwrap()
}

fn assert_whole(sandbox: &Sandbox) {
    for (path, text) in [("/", FILES[0].1), ("/docs/", FILES[1].1)] {
        let reply = fetch(sandbox.port(), "shop.test", path, &[]);
        assert_eq!((reply.status, reply.text().as_str()), (200, text), "{path}");
    }
    for manifest in ["s.yaml", "other/s.yaml"] {
        sandbox
            .run(&format!("plan --detailed-exitcode -t {manifest}"))
            .code(0);
    }
    // The site's, and the state's.
    assert_eq!(buckets(sandbox), 2);
}

/// A deploy that suspends itself at the n-th point; whether it got that far.
fn suspended_at(sandbox: &Sandbox, n: u32) -> (Child, bool) {
    let mut child = sandbox
        .command(&["deploy", "-y"])
        .env("SDEV_TEST_STOP_AT", n.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stat = format!("/proc/{}/stat", child.id());
    loop {
        if child.try_wait().unwrap().is_some() {
            return (child, false);
        }
        let text = std::fs::read_to_string(&stat).unwrap_or_default();
        if text
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .starts_with(" T")
        {
            return (child, true);
        }
        std::thread::yield_now();
    }
}

/// Lets a suspended process go on; its exit code and what it said.
fn go_on(child: Child) -> (Option<i32>, String) {
    let sent = std::process::Command::new("kill")
        .args(["-CONT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

#[test]
fn what_one_machine_deploys_another_one_knows() {
    let sandbox = Sandbox::new().with_cloud();
    two_checkouts(&sandbox);
    sandbox
        .run("deploy -y")
        .code(0)
        .says("bucket `acme-states` in cn-hangzhou was made to keep the state in");
    assert_whole(&sandbox);
    assert!(!sandbox.work().join(".sdev/shop/local/state.json").exists());
    let bucket = sandbox
        .run("output web.bucket -t other/s.yaml")
        .code(0)
        .stdout;
    assert_eq!(bucket, "shop-pages\n");
    sandbox.run("remove -y -t other/s.yaml").code(0);
    assert_eq!(buckets(&sandbox), 1);
    sandbox.run("plan --detailed-exitcode").code(2);
    sandbox.run("deploy -y").code(0);
    assert_whole(&sandbox);
}

#[test]
fn a_deploy_killed_at_any_point_is_finished_by_another_machine() {
    let mut points = 0;
    loop {
        points += 1;
        let sandbox = Sandbox::new().with_cloud();
        two_checkouts(&sandbox);
        let killed = killed_at(&sandbox, &["deploy", "-y"], points);
        sandbox.run(&OTHER.join(" ")).code(0);
        assert_whole(&sandbox);
        if !killed {
            break;
        }
    }
    // Lease, hold, first write; three changes begin and end; the last state, clearing, the end of the hold.
    assert!(points > 12, "only {points} points");
}

#[test]
fn a_removal_killed_at_any_point_is_finished_by_another_machine() {
    for point in 1.. {
        let sandbox = Sandbox::new().with_cloud();
        two_checkouts(&sandbox);
        sandbox.run("deploy -y").code(0);
        let killed = killed_at(&sandbox, &["remove", "-y"], point);
        sandbox.run("remove -y -t other/s.yaml").code(0);
        assert_eq!(buckets(&sandbox), 1, "killed at {point}");
        sandbox.run("plan --destroy --detailed-exitcode").code(0);
        if !killed {
            break;
        }
    }
}

#[test]
fn a_deploy_suspended_at_any_point_does_no_harm_when_it_wakes_after_a_takeover() {
    let mut lost = 0;
    for point in 1.. {
        let sandbox = Sandbox::new().with_cloud();
        two_checkouts(&sandbox);
        let (child, suspended) = suspended_at(&sandbox, point);
        // For the bucket more than a minute passes without a sign of life.
        sandbox.run("local clock advance 2m").code(0);
        sandbox.run(&OTHER.join(" ")).code(0);
        let (code, said) = if suspended {
            go_on(child)
        } else {
            (Some(0), String::new())
        };
        assert!(
            code == Some(0) || code == Some(1) && said.contains("SD0507"),
            "suspended at {point}: {code:?} {said}"
        );
        lost += u32::from(code == Some(1));
        assert_whole(&sandbox);
        if !suspended {
            break;
        }
    }
    assert!(lost > 6, "only {lost} of them found out");
}

#[test]
fn a_held_state_is_refused_with_its_holder_and_the_time_left() {
    let sandbox = Sandbox::new().with_cloud();
    two_checkouts(&sandbox);
    let (child, suspended) = suspended_at(&sandbox, 3);
    assert!(suspended);
    let ran = sandbox.run(&OTHER.join(" ")).code(3).says("SD0501");
    assert!(ran.stderr.contains("tester on "), "{}", ran.stderr);
    assert!(ran.stderr.contains("for `deploy`"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("run the same command again in "),
        "{}",
        ran.stderr
    );
    // Reading waits for nobody.
    sandbox.run("plan -t other/s.yaml").code(0);
    let (code, said) = go_on(child);
    assert_eq!(code, Some(0), "{said}");
    assert_whole(&sandbox);
}

#[test]
fn of_deploys_at_once_each_is_done_or_refused() {
    let sandbox = Sandbox::new().with_cloud();
    two_checkouts(&sandbox);
    let start = |n: usize| {
        let args: &[&str] = if n.is_multiple_of(2) {
            &OTHER[..2]
        } else {
            &OTHER
        };
        let mut command = sandbox.command(args);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let children: Vec<Child> = (0..6).map(start).collect();
    let mut done = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => done += 1,
            Some(3) => assert!(said.contains("SD0501"), "{said}"),
            other => panic!("{other:?}: {said}"),
        }
    }
    assert!(done > 0);
    assert_whole(&sandbox);
}

#[test]
fn a_derived_name_stays_with_what_moved_in_a_shared_state() {
    let sandbox = Sandbox::new().with_cloud();
    two_checkouts(&sandbox);
    let manifest = |name: &str, own: &str| {
        with(&format!("{SHARED}, {own}"))
            .replace("      bucket: shop-pages\n", "")
            .replace("  web:", &format!("  {name}:"))
    };
    sandbox.file("s.yaml", manifest("web", ""));
    sandbox.run("deploy -y").code(0);
    let bucket = sandbox.run("output web.bucket").code(0).stdout;
    sandbox.file("s.yaml", manifest("pages", "moved: { web: pages }"));
    sandbox.run("deploy -y").code(0);
    sandbox.file("s.yaml", manifest("pages", ""));
    sandbox.run("plan --detailed-exitcode").code(0);
    assert_eq!(sandbox.run("output pages.bucket").code(0).stdout, bucket);
    sandbox.run("remove -y").code(0);
    assert_eq!(buckets(&sandbox), 1);
}

#[test]
fn another_place_is_refused_until_the_state_is_moved_there() {
    let sandbox = Sandbox::new().with_cloud();
    two_checkouts(&sandbox);
    sandbox.file("s.yaml", MANIFEST);
    sandbox.run("deploy -y").code(0);
    let to = |own: &str| sandbox.file("s.yaml", with(own));
    to(SHARED)
        .run("deploy -y")
        .code(1)
        .says("SD0505")
        .says("sdev state move --from .sdev");
    sandbox.run("plan").code(1).says("SD0505");
    sandbox
        .run("state move --from nowhere")
        .code(1)
        .says("there is no state in nowhere");
    sandbox
        .run("state move --from .sdev")
        .code(0)
        .says("the state is in oss://acme-states/teams/web now");
    assert_whole(&sandbox);
    // Back to a folder, by way of the note that the first place left.
    sandbox
        .file("s.yaml", MANIFEST)
        .run("plan")
        .code(1)
        .says("there was one in oss://acme-states/teams/web");
    to("state: { folder: ../states }")
        .run("output")
        .code(1)
        .says("SD0505");
    sandbox
        .run("state move --from oss://acme-states/teams/web")
        .code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox.file("s.yaml", MANIFEST);
    sandbox.run("state move --from ../states").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox
        .run("state move --from .sdev")
        .code(1)
        .says("is in .sdev already");
    sandbox.run("remove -y").code(0);
    assert_eq!(buckets(&sandbox), 1);
}

#[test]
fn a_move_of_the_state_killed_at_any_point_ends_well_when_done_again() {
    for point in 1.. {
        let sandbox = Sandbox::new().with_cloud();
        two_checkouts(&sandbox);
        sandbox.file("s.yaml", MANIFEST);
        sandbox.run("deploy -y").code(0);
        sandbox.file("s.yaml", with(SHARED));
        let args = ["state", "move", "--from", ".sdev"];
        let killed = killed_at(&sandbox, &args, point);
        // Either it is not there yet, and nothing is begun anew; or it is, and the old one is put away by now.
        let next = sandbox.run("deploy -y");
        if next.code != 0 {
            assert!(next.stderr.contains("SD0505"), "{}", next.stderr);
            sandbox.run("state move --from .sdev").code(0);
        }
        assert_whole(&sandbox);
        assert!(!sandbox.work().join(".sdev/shop/local/state.json").exists());
        if !killed {
            break;
        }
    }
}

#[test]
fn a_bucket_that_others_can_read_keeps_no_state() {
    let sandbox = Sandbox::new().with_cloud();
    two_checkouts(&sandbox);
    sandbox.file("s.yaml", MANIFEST);
    sandbox.run("deploy -y").code(0);
    std::fs::remove_dir_all(sandbox.work().join(".sdev")).unwrap();
    sandbox
        .file("s.yaml", with("state: { bucket: shop-pages }"))
        .run("deploy -y")
        .code(1)
        .says("SD0506")
        .says("`public-read`");
}

#[test]
fn a_cloud_that_is_away_is_no_empty_state() {
    let mut sandbox = Sandbox::new().with_cloud();
    two_checkouts(&sandbox);
    sandbox.run("deploy -y").code(0);
    sandbox.kill_cloud();
    let mut plan = sandbox.command(&["output"]);
    let url = format!("http://127.0.0.1:{}", sandbox.port());
    plan.env("SDEV_LOCAL_URL", url);
    sandbox.run_command(plan).code(1).says("SD0802");
    sandbox.start_cloud();
    sandbox.run("output").code(0);
}
