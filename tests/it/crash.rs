//! Kills at every journaled point, of the deploy and of the local cloud: the same command run again finishes the job.

use std::process::Stdio;

use crate::site::shop;
use crate::support::{Sandbox, fetch};

/// Runs a command that kills itself at the n-th journal entry; whether it got that far.
pub(crate) fn killed_at(sandbox: &Sandbox, args: &[&str], n: u32) -> bool {
    let mut command = sandbox.command(args);
    let status = command
        .env("SDEV_TEST_KILL_AT", n.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.unwrap().code().is_none()
}

fn assert_whole(sandbox: &Sandbox) {
    for (path, text) in [
        ("/", "<h1>Shop</h1>"),
        ("/docs/", "<h1>Docs</h1>"),
        ("/assets/app.0123abcd.js", "console.log('one')"),
    ] {
        let reply = fetch(sandbox.port(), "shop.test", path, &[]);
        assert_eq!((reply.status, reply.text().as_str()), (200, text), "{path}");
    }
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn a_deploy_killed_at_any_journaled_point_is_finished_by_the_next() {
    let mut points = 0;
    loop {
        points += 1;
        let sandbox = Sandbox::new().with_cloud();
        shop(&sandbox);
        let killed = killed_at(&sandbox, &["deploy", "-y"], points);
        if killed {
            sandbox.run("deploy -y").code(0);
        }
        assert_whole(&sandbox);
        let status = sandbox.run("local status --json").object("local");
        assert_eq!(
            status["status"]["counts"]["oss"]["buckets"], 1,
            "killed at {points}"
        );
        if !killed {
            break;
        }
    }
    // Three changes begin and end, four files are done.
    assert!(points > 8, "only {points} points");
}

#[test]
fn a_removal_killed_at_any_journaled_point_leaves_nothing_behind() {
    for point in 1.. {
        let sandbox = Sandbox::new().with_cloud();
        shop(&sandbox);
        sandbox.run("deploy -y").code(0);
        let killed = killed_at(&sandbox, &["remove", "-y"], point);
        sandbox.run("remove -y").code(0);
        let status = sandbox.run("local status --json").object("local");
        assert_eq!(
            status["status"]["counts"]["oss"]["buckets"], 0,
            "killed at {point}"
        );
        assert_eq!(
            sandbox.state("".as_ref(), "shop")["records"],
            serde_json::json!({})
        );
        if !killed {
            break;
        }
    }
}

#[test]
fn what_a_killed_deploy_owes_the_cache_is_refreshed_by_the_next() {
    for point in 1.. {
        let sandbox = Sandbox::new().with_cloud();
        shop(&sandbox);
        sandbox.run("deploy -y").code(0);
        let path = "/assets/app.0123abcd.js";
        assert_eq!(fetch(sandbox.port(), "shop.test", path, &[]).status, 200);
        sandbox.file("public/assets/app.0123abcd.js", "console.log('two')");
        let killed = killed_at(&sandbox, &["deploy", "-y"], point);
        sandbox.run("deploy -y").code(0);
        assert_eq!(
            fetch(sandbox.port(), "shop.test", path, &[]).text(),
            "console.log('two')",
            "killed at {point}"
        );
        if !killed {
            break;
        }
    }
}

#[test]
fn a_local_cloud_killed_during_a_deploy_loses_nothing_acknowledged() {
    for file in [0, 3, 11, 29] {
        let mut sandbox = Sandbox::new().with_cloud();
        shop(&sandbox);
        for n in 0..40 {
            sandbox.file(&format!("public/many/{n}.txt"), format!("file {n}"));
        }
        // The deploy stops itself after some files; the cloud dies before anything else is asked of it.
        killed_at(&sandbox, &["deploy", "-y"], 4 + file);
        sandbox.kill_cloud();
        // Asked at the dead one's address, nothing is taken for gone.
        let mut plan = sandbox.command(&["plan"]);
        plan.env(
            "SDEV_LOCAL_URL",
            format!("http://127.0.0.1:{}", sandbox.port()),
        );
        sandbox.run_command(plan).code(1).says("SD0802");
        sandbox.start_cloud();
        sandbox.run("deploy -y").code(0);
        for n in 0..40 {
            assert_eq!(
                fetch(sandbox.port(), "shop.test", &format!("/many/{n}.txt"), &[]).text(),
                format!("file {n}")
            );
        }
        sandbox.run("plan --detailed-exitcode").code(0);
    }
}

#[test]
fn a_deploy_outlives_the_death_of_its_cloud_with_a_clear_error() {
    let mut sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    for n in 0..3000 {
        sandbox.file(&format!("public/many/{n}.txt"), format!("file {n}"));
    }
    let child = sandbox
        .command(&["deploy", "-y", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    // The first file is there: the upload is under way.
    let item = lines
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.contains("\"type\":\"item\""));
    assert!(item.is_some());
    sandbox.kill_cloud();
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest:?}");
    assert!(
        rest.iter().any(|line| line.contains("SD0703")),
        "{:?}",
        rest.last()
    );
    sandbox.start_cloud();
    sandbox.run("deploy -y").code(0);
    assert_eq!(
        fetch(sandbox.port(), "shop.test", "/many/2999.txt", &[]).text(),
        "file 2999"
    );
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn an_interrupted_deploy_stops_cleanly_and_is_finished_by_the_next() {
    for signal in ["-INT", "-TERM"] {
        let sandbox = Sandbox::new().with_cloud();
        shop(&sandbox);
        for n in 0..3000 {
            sandbox.file(&format!("public/many/{n}.txt"), format!("file {n}"));
        }
        let child = sandbox
            .command(&["deploy", "-y", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.unwrap();
        let mut lines =
            std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        assert!(
            lines
                .by_ref()
                .map_while(Result::ok)
                .any(|line| line.contains("\"type\":\"item\""))
        );
        let sent = std::process::Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{:?}", rest.last());
        let summary: serde_json::Value = serde_json::from_str(rest.last().unwrap()).unwrap();
        assert_eq!(
            (&summary["type"], &summary["report"]["interrupted"]),
            (&"summary".into(), &true.into())
        );
        sandbox.run("deploy -y").code(0);
        sandbox.run("plan --detailed-exitcode").code(0);
    }
}

#[test]
fn a_bucket_renamed_under_kills_leaves_one_bucket_and_the_right_pages() {
    let manifest = |bucket: &str| crate::site::MANIFEST.replace("shop-pages", bucket);
    for point in 1.. {
        let sandbox = Sandbox::new().with_cloud();
        shop(&sandbox);
        sandbox.run("deploy -y").code(0);
        sandbox.file("s.yaml", manifest("shop-second"));
        let first = killed_at(&sandbox, &["deploy", "-y"], point);
        // Killed again on the way back to the first name.
        sandbox.file("s.yaml", manifest("shop-pages"));
        killed_at(&sandbox, &["deploy", "-y"], point);
        sandbox.run("deploy -y").code(0);
        assert_whole(&sandbox);
        let status = sandbox.run("local status --json").object("local");
        assert_eq!(
            status["status"]["counts"]["oss"]["buckets"], 1,
            "killed at {point}"
        );
        sandbox.run("remove -y").code(0);
        if !first {
            break;
        }
    }
}

#[test]
fn a_local_cloud_killed_at_any_point_of_a_deploy_serves_the_whole_site_after_the_next() {
    for point in 1.. {
        let mut sandbox = Sandbox::new().with_cloud();
        shop(&sandbox);
        let killed = killed_at(&sandbox, &["deploy", "-y"], point);
        sandbox.kill_cloud();
        sandbox.start_cloud();
        sandbox.run("deploy -y").code(0);
        assert_whole(&sandbox);
        if !killed {
            break;
        }
    }
}
