//! A site's life through the real binary: made, planned, deployed, changed, drifted, removed.

use crate::support::{Ran, Sandbox, fetch};

pub(crate) const MANIFEST: &str = "\
edition: 3.0.0
name: shop
access: local
resources:
  web:
    component: site
    props:
      source: ./public
      bucket: shop-pages
      domain: shop.test
";

/// A small site with one page of each sort.
pub(crate) fn shop(sandbox: &Sandbox) {
    sandbox
        .file("s.yaml", MANIFEST)
        .file("public/index.html", "<h1>Shop</h1>")
        .file("public/docs/index.html", "<h1>Docs</h1>")
        .file("public/404.html", "<h1>Nothing here</h1>")
        .file("public/assets/app.0123abcd.js", "console.log('one')");
}

fn summary(ran: &Ran) -> serde_json::Value {
    ran.object("plan")["summary"].clone()
}

#[test]
fn a_site_lives_from_init_to_remove() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.run("init static-site mysite").code(0);
    let at = |command: &str| sandbox.run(&format!("{command} -t mysite/s.yaml"));
    at("validate").code(0).says("is valid: 1 resource");
    at("plan --detailed-exitcode").code(2);
    at("deploy -y").code(0).says("site.files created");
    at("plan --detailed-exitcode").code(0);
    let page = fetch(sandbox.port(), "mysite.test", "/", &[]);
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    assert!(page.text().contains("<title>"));
    let url = at("output site.url").code(0).stdout;
    assert_eq!(url, "http://mysite.test.localhost:[PORT]/\n");
    at("remove -y").code(0).says("site.bucket deleted");
    assert_eq!(fetch(sandbox.port(), "mysite.test", "/", &[]).status, 404);
    let state = sandbox.state("mysite".as_ref(), "mysite");
    assert_eq!(state["records"], serde_json::json!({}));
    at("remove -y").code(0);
    let status = sandbox.run("local status --json").code(0).object("local");
    assert_eq!(status["status"]["counts"]["oss"]["buckets"], 0);
}

#[test]
fn the_first_plan_reads_well() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    let plan = sandbox.run("plan").code(0).stdout;
    insta::assert_snapshot!(plan);
}

#[test]
fn one_changed_file_is_one_upload_and_one_refresh() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    sandbox.file("public/docs/index.html", "<h1>Docs, second edition</h1>");
    let plan = sandbox.run("plan").code(0).stdout;
    insta::assert_snapshot!(plan);
    let deployed = sandbox.run("deploy -y --json").code(0);
    let items = deployed
        .stdout
        .lines()
        .filter(|l| l.contains("\"type\":\"item\""))
        .count();
    assert_eq!(items, 1, "{}", deployed.stdout);
    assert_eq!(deployed.object("summary")["report"]["done"], 2);
    assert_eq!(
        fetch(sandbox.port(), "shop.test", "/docs/", &[]).text(),
        "<h1>Docs, second edition</h1>"
    );
    assert_eq!(summary(&sandbox.run("plan --json").code(0))["update"], 0);
}

#[test]
fn a_page_is_cached_refreshed_and_expires_by_the_clock() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    let manifest = format!("{MANIFEST}      cdn: {{ ttl: [{{ path: /assets, seconds: 600 }}] }}\n");
    sandbox.file("s.yaml", manifest).run("deploy -y").code(0);
    let get = || fetch(sandbox.port(), "shop.test", "/assets/app.0123abcd.js", &[]);
    let cache = |hit: &str| {
        let reply = get();
        assert_eq!(reply.status, 200);
        assert!(
            reply.header("x-cache").unwrap().starts_with(hit),
            "{hit}: {}",
            reply.head
        );
        reply
    };
    cache("MISS");
    cache("HIT");
    sandbox.run("local clock advance 9m").code(0);
    let age: u64 = cache("HIT").header("age").unwrap().parse().unwrap();
    assert!((540..600).contains(&age), "{age}");
    sandbox.run("local clock advance 2m").code(0);
    cache("MISS");
    cache("HIT");
    sandbox
        .file("public/assets/app.0123abcd.js", "console.log('two')")
        .run("deploy -y")
        .code(0);
    assert_eq!(get().text(), "console.log('two')");
}

#[test]
fn missing_pages_get_the_error_document() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    let reply = fetch(sandbox.port(), "shop.test", "/no/such/page", &[]);
    assert_eq!(
        (reply.status, reply.text().as_str()),
        (404, "<h1>Nothing here</h1>")
    );
    let folder = fetch(sandbox.port(), "shop.test", "/docs", &[]);
    assert_eq!(
        (folder.status, folder.header("location")),
        (302, Some("/docs/"))
    );
}

#[test]
fn a_single_page_app_answers_every_path() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox
        .file("s.yaml", format!("{MANIFEST}      spa: true\n"))
        .run("deploy -y")
        .code(0);
    let reply = fetch(sandbox.port(), "shop.test", "/some/deep/link", &[]);
    assert_eq!(
        (reply.status, reply.text().as_str()),
        (200, "<h1>Shop</h1>")
    );
}

#[test]
fn a_file_changed_online_is_drift_and_is_put_right() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    // Another project with the same account writes into the bucket.
    let state = sandbox.work().join(".sdev");
    let aside = sandbox.work().join("aside");
    std::fs::rename(&state, &aside).unwrap();
    sandbox
        .file("public/index.html", "<h1>Hacked</h1>")
        .file("public/extra.txt", "x");
    sandbox.run("deploy -y --adopt").code(0);
    std::fs::remove_dir_all(&state).unwrap();
    std::fs::rename(&aside, &state).unwrap();
    std::fs::remove_file(sandbox.work().join("public/extra.txt")).unwrap();
    sandbox.file("public/index.html", "<h1>Shop</h1>");
    let plan = sandbox.run("plan --adopt").code(0);
    let plan_json = sandbox.run("plan --adopt --json").code(0).object("plan");
    assert_eq!(
        plan_json["drift"]["web.files"][0]["path"],
        serde_json::json!(["files", "index.html"])
    );
    assert_eq!(
        plan_json["unmanaged"]["web.files"],
        serde_json::json!(["extra.txt"])
    );
    assert!(
        plan.stdout.contains("Changed outside sdev"),
        "{}",
        plan.stdout
    );
    sandbox.run("deploy -y --adopt").code(0);
    assert_eq!(
        fetch(sandbox.port(), "shop.test", "/", &[]).text(),
        "<h1>Shop</h1>"
    );
}

#[test]
fn what_vanished_online_is_made_again() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    sandbox.run("local reset").code(0);
    let plan = sandbox.run("plan --json").code(0);
    assert_eq!(summary(&plan)["create"], 3);
    sandbox.run("deploy -y").code(0);
    assert_eq!(fetch(sandbox.port(), "shop.test", "/", &[]).status, 200);
}

#[test]
fn a_new_bucket_takes_over_before_the_old_one_goes() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    sandbox.file("s.yaml", MANIFEST.replace("shop-pages", "shop-pages-2"));
    let plan = sandbox.run("plan").code(0).stdout;
    insta::assert_snapshot!(plan);
    sandbox.run("deploy -y").code(0);
    assert_eq!(fetch(sandbox.port(), "shop.test", "/", &[]).status, 200);
    assert_eq!(
        fetch(sandbox.port(), "127.0.0.1", "/_site/shop-pages/", &[]).status,
        404
    );
    assert_eq!(summary(&sandbox.run("plan --json"))["create"], 0);
}

#[test]
fn a_bucket_of_another_project_is_refused_before_anything_happens() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    let other = MANIFEST
        .replace("name: shop", "name: other")
        .replace("shop.test", "other.test");
    sandbox.file("other.yaml", other);
    sandbox
        .run("deploy -y -t other.yaml")
        .code(1)
        .says("SD0602")
        .says("shop/local/");
}

#[test]
fn outputs_and_events_are_versioned_objects() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    let ran = sandbox.run("deploy -y --json").code(0);
    let kinds: Vec<String> = ran
        .stdout
        .lines()
        .map(|line| {
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(object["version"], 1, "{line}");
            object["type"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(kinds.first().map(String::as_str), Some("plan"));
    assert_eq!(kinds.last().map(String::as_str), Some("outputs"));
    assert_eq!(kinds.iter().filter(|k| *k == "done").count(), 3);
    assert_eq!(
        ran.object("outputs")["outputs"]["web"]["bucket"],
        "shop-pages"
    );
}

#[test]
fn the_example_plans_as_it_is() {
    let sandbox = Sandbox::new().with_cloud();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/s.yaml.example");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(example).unwrap();
    let properties = [
        "source", "index", "error", "spa", "bucket", "region", "domain", "domains", "headers",
        "cache", "ignore", "cdn",
    ];
    for property in properties {
        assert!(
            text.contains(&format!("\n      {property}:")),
            "`{property}` is not in the example"
        );
    }
    sandbox.file("s.yaml", text);
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(root.join("templates"))
        .arg(sandbox.work())
        .status();
    assert!(copied.unwrap().success());
    let ran = sandbox.run("plan --json").code(0);
    assert!(summary(&ran)["create"].as_u64().unwrap() >= 3);
}

#[test]
fn nobody_is_asked_without_a_terminal() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy").code(1).says("SD1002").says("-y");
    assert!(!sandbox.work().join(".sdev/shop/local/state.json").exists());
}

#[test]
fn a_deploy_starts_the_local_cloud_by_itself() {
    let sandbox = Sandbox::new();
    shop(&sandbox);
    sandbox
        .run("deploy -y")
        .code(0)
        .says("local cloud started at");
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn a_taken_port_that_nobody_asked_for_is_no_obstacle() {
    let sandbox = Sandbox::new();
    shop(&sandbox);
    // Taken by us, or by somebody else: taken in any case.
    let taken = std::net::TcpListener::bind("127.0.0.1:7380");
    sandbox.run("deploy -y").code(0);
    let url = sandbox.run("local status --json").object("local")["url"].clone();
    assert_ne!(url, "http://127.0.0.1:7380");
    sandbox.run("local stop").code(0);
    drop(taken);
    // It stays where it was, so that addresses do.
    sandbox.run("local start").code(0);
    assert_eq!(
        sandbox.run("local status --json").object("local")["url"],
        url
    );
}

#[test]
fn a_site_lives_in_the_region_that_it_names() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    let manifest = format!("{MANIFEST}      region: cn-shanghai\n");
    sandbox.file("s.yaml", &manifest).run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    let second =
        "  more:\n    component: site\n    props: { source: ./public, region: cn-beijing }\n";
    sandbox
        .file("s.yaml", manifest + second)
        .run("plan")
        .code(1)
        .says("SD0114")
        .says("cn-beijing");
}

#[test]
fn a_renamed_block_keeps_its_bucket_and_its_files() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    sandbox.file("s.yaml", MANIFEST.replace("  web:", "  pages:"));
    let plan = sandbox.run("plan").code(0).stdout;
    insta::assert_snapshot!(plan);
    let deployed = sandbox.run("deploy -y --json").code(0);
    assert_eq!(
        deployed.object("summary")["files"],
        0,
        "nothing is uploaded or deleted"
    );
    assert_eq!(fetch(sandbox.port(), "shop.test", "/", &[]).status, 200);
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox.run("remove -y").code(0);
}

#[test]
fn two_sites_with_one_bucket_are_refused() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    let second =
        "  more:\n    component: site\n    props: { source: ./public, bucket: shop-pages }\n";
    sandbox
        .file("s.yaml", format!("{MANIFEST}{second}"))
        .run("deploy -y")
        .code(1)
        .says("SD0604");
}

#[test]
fn a_plan_shows_what_changes_inside_a_text_file() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox
        .file("public/poem.txt", "one\ntwo\nthree\nfour\nfive\n")
        .run("deploy -y")
        .code(0);
    sandbox.file("public/poem.txt", "one\ntwo\nTHREE\nfour\nfive\n");
    let plan = sandbox.run("plan --diff").code(0).stdout;
    insta::assert_snapshot!(plan);
}
