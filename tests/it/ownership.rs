//! Whose things are whose: nothing of another project is ever changed or deleted.

use crate::site::{MANIFEST, shop};
use crate::support::{Sandbox, fetch};

/// Another project takes over the shop's bucket and domain.
fn taken_over(sandbox: &Sandbox) {
    shop(sandbox);
    sandbox.run("deploy -y").code(0);
    sandbox.file("other.yaml", MANIFEST.replace("name: shop", "name: other"));
    sandbox
        .run("deploy -y -t other.yaml")
        .code(1)
        .says("SD0602");
    sandbox.run("deploy -y --adopt -t other.yaml").code(0);
}

#[test]
fn what_another_project_took_over_is_only_forgotten() {
    let sandbox = Sandbox::new().with_cloud();
    taken_over(&sandbox);
    sandbox
        .run("plan")
        .code(1)
        .says("SD0602")
        .says("other/local/");
    let removed = sandbox.run("remove -y --json").code(0);
    assert_eq!(removed.object("plan")["summary"]["forget"], 3);
    assert_eq!(fetch(sandbox.port(), "shop.test", "/", &[]).status, 200);
    sandbox
        .run("plan --detailed-exitcode -t other.yaml")
        .code(0);
}

#[test]
fn what_was_taken_over_can_be_taken_back() {
    let sandbox = Sandbox::new().with_cloud();
    taken_over(&sandbox);
    sandbox.run("deploy -y --adopt").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox
        .run("plan -t other.yaml")
        .code(1)
        .says("SD0602")
        .says("shop/local/");
}

#[test]
fn a_lost_state_is_made_up_for_by_adoption() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    std::fs::remove_dir_all(sandbox.work().join(".sdev")).unwrap();
    sandbox
        .run("deploy -y")
        .code(1)
        .says("SD0602")
        .says("sdev deploy --adopt");
    sandbox.run("deploy -y --adopt").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox.run("remove -y").code(0);
    let status = sandbox.run("local status --json").object("local");
    assert_eq!(status["status"]["counts"]["oss"]["buckets"], 0);
}

#[test]
fn objects_of_others_in_the_bucket_stop_its_deletion_and_nothing_else() {
    let sandbox = Sandbox::new().with_cloud();
    taken_over(&sandbox);
    sandbox
        .file("public/theirs.txt", "theirs")
        .run("deploy -y -t other.yaml")
        .code(0);
    std::fs::remove_file(sandbox.work().join("public/theirs.txt")).unwrap();
    sandbox.run("deploy -y --adopt").code(0);
    sandbox
        .run("remove -y")
        .code(1)
        .says("SD0704")
        .says("theirs.txt");
    assert_eq!(
        fetch(
            sandbox.port(),
            "127.0.0.1",
            "/_site/shop-pages/theirs.txt",
            &[]
        )
        .text(),
        "theirs"
    );
}

#[test]
fn environments_are_apart() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    let manifest = MANIFEST
        .replace("      bucket: shop-pages\n", "")
        .replace("      domain: shop.test\n", "");
    sandbox.file("s.yaml", manifest);
    sandbox.run("deploy -y").code(0);
    sandbox.run("deploy -y --env staging").code(0);
    let status = sandbox.run("local status --json").object("local");
    assert_eq!(status["status"]["counts"]["oss"]["buckets"], 2);
    sandbox.run("remove -y --env staging").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn a_bucket_is_not_renamed_onto_one_that_nobody_marked() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    sandbox.run("deploy -y").code(0);
    // A second project leaves a bucket behind, and the mark on it is the second project's.
    let other = MANIFEST
        .replace("name: shop", "name: other")
        .replace("shop-pages", "taken")
        .replace("shop.test", "o.test");
    sandbox
        .file("other.yaml", other)
        .run("deploy -y -t other.yaml")
        .code(0);
    sandbox.file("s.yaml", MANIFEST.replace("shop-pages", "taken"));
    sandbox.run("plan").code(1).says("SD0602");
}

#[test]
fn whatever_form_the_access_is_written_in_local_is_local() {
    let sandbox = Sandbox::new().with_cloud();
    shop(&sandbox);
    let forms = [
        "\"access\": local",
        "access : local",
        "access:\n  local",
        "access: 'local' # mine",
        "access: &a local",
    ];
    for form in forms {
        sandbox.file("s.yaml", MANIFEST.replace("access: local", form));
        sandbox.run("deploy -y").code(0);
    }
    sandbox
        .file("s.yaml", format!("\u{feff}{MANIFEST}"))
        .run("plan --detailed-exitcode")
        .code(0);
}
