//! The key `sdev`: protection, moves, policies, and where the state lives.

use crate::crash::killed_at;
use crate::site::{MANIFEST, shop};
use crate::support::{Sandbox, fetch};

/// The shop with this under `sdev`, in one line.
fn with(own: &str) -> String {
    format!("{MANIFEST}sdev: {{ {own} }}\n")
}

/// The shop without a name for its bucket, its resource called `name`.
fn derived(name: &str, own: &str) -> String {
    with(own)
        .replace("      bucket: shop-pages\n", "")
        .replace("  web:", &format!("  {name}:"))
}

/// A manifest of the same name without resources.
const NOTHING: &str = "edition: 3.0.0\nname: shop\naccess: local\nresources: {}\n";

fn buckets(sandbox: &Sandbox) -> serde_json::Value {
    let status = sandbox.run("local status --json").object("local");
    status["status"]["counts"]["oss"]["buckets"].clone()
}

#[test]
fn what_is_protected_is_neither_replaced_nor_deleted() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.file("s.yaml", with("protect: [web]"));
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    // A change in place is no loss.
    sandbox
        .file("public/index.html", "<h1>Shop, second edition</h1>")
        .run("deploy -y")
        .code(0);
    let renamed = with("protect: [web]").replace("shop-pages", "shop-other");
    let ran = sandbox.file("s.yaml", renamed).run("deploy -y").code(1);
    insta::assert_snapshot!(ran.stderr);
    let without_domain = with("protect: [web]").replace("      domain: shop.test\n", "");
    sandbox
        .file("s.yaml", without_domain)
        .run("deploy -y")
        .code(1)
        .says("SD0608")
        .says("`web.cdn` (cdn.domain) would be deleted");
    sandbox
        .file("s.yaml", with("protect: [web]"))
        .run("remove -y")
        .code(1)
        .says("SD0608");
    assert_eq!(fetch(sandbox.port(), "shop.test", "/", &[]).status, 200);
}

#[test]
fn protection_outlives_its_line_and_ends_with_a_deploy() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    // The line alone is a change, told and written down.
    sandbox.file("s.yaml", with("protect: [web]"));
    let plan = sandbox.run("plan --detailed-exitcode").code(2).stdout;
    assert!(
        plan.contains("# web.bucket  protected from now on"),
        "{plan}"
    );
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    // Resource and line deleted together.
    sandbox
        .file("s.yaml", NOTHING)
        .run("deploy -y")
        .code(1)
        .says("SD0608")
        .says("deploy once with the resource `web` in the manifest");
    // The line alone deleted: a removal still needs the deploy that ends the protection.
    sandbox.file("s.yaml", MANIFEST).run("remove -y").code(1);
    let deployed = sandbox.run("deploy -y --json").code(0);
    assert_eq!(
        deployed.object("plan")["protection"]["ends"],
        serde_json::json!(["web.bucket", "web.cdn", "web.files"])
    );
    sandbox.file("s.yaml", NOTHING).run("deploy -y").code(0);
    assert_eq!(buckets(&sandbox), 0);
}

#[test]
fn a_moved_resource_keeps_its_bucket_with_and_without_the_line() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.file("s.yaml", derived("web", ""));
    sandbox.run("deploy -y").code(0);
    let bucket = sandbox.run("output web.bucket").code(0).stdout;
    sandbox.file("s.yaml", derived("pages", "moved: { web: pages }"));
    insta::assert_snapshot!(sandbox.run("plan").code(0).stdout);
    sandbox.run("deploy -y").code(0);
    assert_eq!(sandbox.run("output pages.bucket").code(0).stdout, bucket);
    sandbox.run("plan --detailed-exitcode").code(0);
    // The bucket is still the one that was named after `web`.
    sandbox.file("s.yaml", derived("pages", ""));
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox.file(
        "s.yaml",
        derived("front", "moved: { web: pages, pages: front }"),
    );
    sandbox.run("deploy -y").code(0);
    assert_eq!(sandbox.run("output front.bucket").code(0).stdout, bucket);
    assert_eq!(buckets(&sandbox), 1);
    assert_eq!(fetch(sandbox.port(), "shop.test", "/", &[]).status, 200);
    sandbox.run("remove -y").code(0);
    assert_eq!(buckets(&sandbox), 0);
    // What is made anew is named after itself.
    sandbox.run("deploy -y").code(0);
    assert_ne!(sandbox.run("output front.bucket").code(0).stdout, bucket);
}

#[test]
fn a_move_killed_at_any_journaled_point_is_finished_by_the_next() {
    for point in 1.. {
        let sandbox = Sandbox::new().with_cloud();
        shop(&sandbox);
        sandbox.file("s.yaml", derived("web", ""));
        sandbox.run("deploy -y").code(0);
        sandbox
            .file("public/new.html", "new")
            .file("s.yaml", derived("pages", "moved: { web: pages }"));
        let killed = killed_at(&sandbox, &["deploy", "-y"], point);
        sandbox.run("deploy -y").code(0);
        sandbox.run("plan --detailed-exitcode").code(0);
        assert_eq!(buckets(&sandbox), 1, "killed at {point}");
        assert_eq!(
            fetch(sandbox.port(), "shop.test", "/new.html", &[]).text(),
            "new"
        );
        if !killed {
            break;
        }
    }
}

#[test]
fn a_move_onto_a_name_in_use_is_refused() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    let two = MANIFEST
        .replace("  web:", "  pages:")
        .replace("shop", "other");
    let two = two.replace("name: other", "name: shop");
    sandbox.file(
        "s.yaml",
        format!("{MANIFEST}{}", &two[two.find("  pages:").unwrap()..]),
    );
    sandbox.run("deploy -y").code(0);
    sandbox.file(
        "s.yaml",
        format!("{two}sdev: {{ moved: {{ web: pages }} }}\n"),
    );
    sandbox.run("deploy -y").code(1).says("SD0508");
    sandbox.file("s.yaml", two);
    sandbox.run("deploy -y").code(0);
    assert_eq!(buckets(&sandbox), 1);
}

#[test]
fn a_policy_stops_what_breaks_it_before_anything_happens() {
    let sandbox = Sandbox::new();
    shop(&sandbox);
    let policy = |more: &str| {
        with(&format!(
            "policies: [{{ name: names, for: site, property: bucket, matches: 'acme-*', {more} }}]"
        ))
    };
    sandbox.file(
        "s.yaml",
        policy("message: Buckets are called acme-something"),
    );
    for command in ["validate", "plan", "deploy -y"] {
        sandbox
            .run(command)
            .code(1)
            .says("SD0128")
            .says("Buckets are called acme-something");
    }
    sandbox.file("s.yaml", policy("level: warning"));
    sandbox.run("validate").code(0).says("warning[SD0128]");
    sandbox.file("s.yaml", policy("environment: 'prod*'"));
    sandbox.run("validate").code(0);
    sandbox.run("validate --env production").code(1);
}

#[test]
fn a_plan_that_exceeds_a_limit_is_refused() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    let limit = |own: &str| with(&format!("policies: [{{ name: stay, {own} }}]"));
    sandbox.file("s.yaml", limit("plan: { deletes: 0, replaces: 1 }"));
    sandbox.run("deploy -y").code(0);
    sandbox
        .run("remove -y")
        .code(1)
        .says("SD0609")
        .says("the plan deletes 3 (`web.cdn`, `web.files`, `web.bucket`), and 0 are allowed");
    let other = limit("plan: { deletes: 0, replaces: 1 }").replace("shop-pages", "shop-other");
    sandbox
        .file("s.yaml", &other)
        .run("plan")
        .code(1)
        .says("the plan replaces 2 (`web.bucket`, `web.files`), and 1 are allowed");
    sandbox.file("s.yaml", other.replace("replaces: 1", "replaces: 2"));
    sandbox.run("plan").code(0);
    sandbox.file("s.yaml", limit("level: warning, plan: { deletes: 2 }"));
    sandbox.run("remove -y").code(0).says("warning[SD0609]");
}

#[test]
fn the_state_can_live_in_another_folder() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.file("s.yaml", with("state: { folder: ../states }"));
    sandbox.run("deploy -y").code(0);
    assert!(!sandbox.work().join(".sdev/shop/local/state.json").exists());
    let file = sandbox.work().join("../states/shop/local/state.json");
    assert!(
        std::fs::read_to_string(file)
            .unwrap()
            .contains("web.bucket")
    );
    sandbox.run("plan --detailed-exitcode").code(0);
    let url = sandbox.run("output web.bucket").code(0).stdout;
    assert_eq!(url, "shop-pages\n");
    sandbox.run("remove -y").code(0);
    assert_eq!(buckets(&sandbox), 0);
}
