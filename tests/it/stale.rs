//! After a deploy nobody gets what was there before, however long the CDN may keep it.

use crate::site::{MANIFEST, shop};
use crate::support::{Sandbox, fetch};

/// Everything is kept for a day.
fn kept(manifest: &str) -> String {
    format!("{manifest}      cdn: {{ ttl: [{{ path: /, seconds: 86400 }}] }}\n")
}

fn text(sandbox: &Sandbox, path: &str) -> String {
    fetch(sandbox.port(), "shop.test", path, &[]).text()
}

#[test]
fn deep_links_of_a_single_page_app_follow_its_index() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox
        .file("s.yaml", kept(&format!("{MANIFEST}      spa: true\n")))
        .run("deploy -y")
        .code(0);
    assert_eq!(text(&sandbox, "/deep/link"), "<h1>Shop</h1>");
    sandbox
        .file("public/index.html", "<h1>New</h1>")
        .run("deploy -y")
        .code(0);
    assert_eq!(
        (text(&sandbox, "/deep/link"), text(&sandbox, "/")),
        ("<h1>New</h1>".into(), "<h1>New</h1>".into())
    );
}

#[test]
fn another_index_document_is_served_at_once() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox
        .file("public/start.html", "<h1>Start</h1>")
        .file("s.yaml", kept(MANIFEST))
        .run("deploy -y")
        .code(0);
    assert_eq!(text(&sandbox, "/"), "<h1>Shop</h1>");
    sandbox
        .file(
            "s.yaml",
            kept(&format!("{MANIFEST}      index: start.html\n")),
        )
        .run("deploy -y")
        .code(0);
    assert_eq!(text(&sandbox, "/"), "<h1>Start</h1>");
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn a_new_bucket_is_served_at_once_and_changes_after_it_too() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox
        .file("s.yaml", kept(MANIFEST))
        .run("deploy -y")
        .code(0);
    assert_eq!(text(&sandbox, "/"), "<h1>Shop</h1>");
    let moved = kept(&MANIFEST.replace("shop-pages", "shop-pages-2"));
    sandbox
        .file("s.yaml", &moved)
        .file("public/index.html", "<h1>Two</h1>")
        .run("deploy -y")
        .code(0);
    assert_eq!(text(&sandbox, "/"), "<h1>Two</h1>");
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox
        .file("public/index.html", "<h1>Three</h1>")
        .run("deploy -y")
        .code(0);
    assert_eq!(text(&sandbox, "/"), "<h1>Three</h1>");
    sandbox.run("remove -y").code(0);
    let status = sandbox.run("local status --json").object("local");
    assert_eq!(status["status"]["counts"]["oss"]["buckets"], 0);
}

#[test]
fn what_adoption_overwrites_is_refreshed() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox
        .file("s.yaml", kept(MANIFEST))
        .run("deploy -y")
        .code(0);
    assert_eq!(text(&sandbox, "/"), "<h1>Shop</h1>");
    std::fs::remove_dir_all(sandbox.work().join(".sdev")).unwrap();
    sandbox
        .file("public/index.html", "<h1>New</h1>")
        .run("deploy -y --adopt")
        .code(0);
    assert_eq!(text(&sandbox, "/"), "<h1>New</h1>");
}
