//! Several manifests of one name in one folder: none takes away what another one describes.

use crate::support::{FUNCTION, Sandbox};

const PROD: &str = "s-prod.yaml";
const PRE: &str = "s-pre.yaml";

/// The function under this name.
fn function(name: &str) -> String {
    FUNCTION.replace("functionName: api", &format!("functionName: {name}"))
}

/// A sandbox with a manifest for each of two stages, the first one deployed.
fn stages(prod: &str, pre: &str) -> Sandbox {
    let sandbox = Sandbox::new().with_cloud();
    sandbox
        .file("code/index.py", "def handler(event, context): return 1\n")
        .file(PROD, prod)
        .file(PRE, pre);
    sandbox.run("deploy -y -t s-prod.yaml").code(0);
    sandbox
}

/// Demands that the second stage is refused by every command, and that the first one is as it was.
fn assert_refused(sandbox: &Sandbox, words: &str) {
    for command in ["plan", "deploy -y", "remove -y", "plan --destroy"] {
        let ran = sandbox.run(&format!("{command} -t s-pre.yaml")).code(1);
        ran.says("SD0509").says(words).says("both are named `shop`");
    }
    assert_whole(sandbox, PROD);
}

/// Demands that what a manifest describes is there.
fn assert_whole(sandbox: &Sandbox, manifest: &str) {
    let ran = sandbox.run(&format!("plan --detailed-exitcode -t {manifest}"));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_stage_in_a_file_of_its_own_does_not_replace_another() {
    let sandbox = stages(&function("api-prod"), &function("api-pre"));
    let words = "`s-pre.yaml` would delete what `s-prod.yaml` deployed: `api.function` (api-prod)";
    let removed = sandbox.run("remove -y -t s-pre.yaml").code(1);
    removed.says(words).says("sdev remove -t s-prod.yaml");
    assert_refused(
        &sandbox,
        "what `s-prod.yaml` deployed: `api.function` (api-prod)",
    );
    let replaced = sandbox.run("deploy -y -t s-pre.yaml").code(1);
    replaced.says("would delete or replace").says("--env NAME");
    // Both ways out.
    sandbox.run("deploy -y -t s-pre.yaml --env pre").code(0);
    sandbox.run("remove -y -t s-pre.yaml --env pre").code(0);
    assert_whole(&sandbox, PROD);
    let renamed = function("api-pre").replace("name: shop", "name: shop-pre");
    sandbox.file(PRE, renamed);
    sandbox.run("deploy -y -t s-pre.yaml").code(0);
    assert_whole(&sandbox, PROD);
    sandbox.run("remove -y -t s-prod.yaml").code(0);
    assert_whole(&sandbox, PRE);
}

#[test]
fn other_resources_under_the_same_name_delete_nothing() {
    let pre = function("other").replace("  api:", "  other:");
    let sandbox = stages(&function("api"), &pre);
    assert_refused(
        &sandbox,
        "would delete what `s-prod.yaml` deployed: `api.function` (api)",
    );
    // A part of the other stage changes nothing about whose the rest is, in both directions.
    sandbox.run("deploy other -y -t s-pre.yaml").code(0);
    let refused = sandbox.run("deploy -y -t s-pre.yaml").code(1);
    refused.says("`api.function` (api)");
    let refused = sandbox.run("deploy -y -t s-prod.yaml").code(1);
    refused.says("`other.function` (other)");
    // A file that is not there any more holds nothing, and neither does one that cannot be told from another application's.
    std::fs::remove_file(sandbox.work().join(PRE)).unwrap();
    let plan = sandbox.run("deploy -y -t s-prod.yaml --json").code(0);
    assert_eq!(plan.object("plan")["summary"]["delete"], 1);
}

#[test]
fn a_file_that_is_broken_still_holds_what_it_deployed() {
    let sandbox = stages(&function("api-prod"), &function("api-pre"));
    for broken in [
        "name: [",
        "edition: 3.0.0\nname: shop\nresources:\n  api: { component: fc3 }\n",
    ] {
        sandbox.file(PROD, broken);
        sandbox
            .run("deploy -y -t s-pre.yaml")
            .code(1)
            .says("SD0509");
    }
    sandbox.file(PROD, function("api-prod"));
    assert_whole(&sandbox, PROD);
}

#[test]
fn two_files_of_the_same_resources_go_on_as_one() {
    let both = [
        function("api"),
        function("jobs").replace("  api:", "  jobs:"),
    ];
    let second = both[1].split_once("resources:\n").unwrap().1;
    let whole = format!("{}{second}", both[0]);
    let sandbox = stages(&whole, &whole.replace("index.handler", "index.main"));
    sandbox.run("deploy -y -t s-pre.yaml").code(0);
    sandbox.run("deploy -y -t s-prod.yaml").code(0);
    // What both give up goes, and what both turn into another thing.
    for manifest in [PROD, PRE] {
        sandbox.file(manifest, function("api-2"));
    }
    sandbox.run("deploy -y -t s-pre.yaml").code(0);
    assert_whole(&sandbox, PROD);
    sandbox.run("remove -y -t s-prod.yaml").code(0);
    assert_eq!(
        sandbox.state("".as_ref(), "shop")["records"],
        serde_json::json!({})
    );
}

#[test]
fn a_renamed_file_goes_on_and_a_new_one_under_its_old_name_does_not() {
    let sandbox = stages(&function("api"), &function("api"));
    for from in [PROD, PRE] {
        std::fs::remove_file(sandbox.work().join(from)).unwrap();
    }
    sandbox.file("s-live.yaml", function("api"));
    // Nothing changes, and the new name is written down.
    sandbox.run("deploy -y -t s-live.yaml").code(0);
    sandbox.file(PROD, function("api-new"));
    let refused = sandbox.run("deploy -y -t s-prod.yaml").code(1);
    refused.says("what `s-live.yaml` deployed: `api.function` (api)");
    // A state of before does not say whose it is: it is told with the next deploy.
    let file = sandbox.work().join(".sdev/shop/local/state.json");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("\"manifest\": \"s-live.yaml\""), "{text}");
    let old: String = text
        .lines()
        .filter(|line| !line.contains("\"manifest\""))
        .collect();
    std::fs::write(
        &file,
        old.replace(",    }", "    }")
            .replace(",      }", "      }"),
    )
    .unwrap();
    sandbox
        .run("plan --detailed-exitcode -t s-live.yaml")
        .code(0);
    sandbox.run("deploy -y -t s-live.yaml").code(0);
    sandbox
        .run("deploy -y -t s-prod.yaml")
        .code(1)
        .says("SD0509");
}

#[test]
fn a_shared_state_knows_whose_resources_are() {
    let own = "sdev:\n  state: { bucket: acme-states }\n";
    let [prod, pre] = ["api-prod", "api-pre"].map(|name| format!("{}{own}", function(name)));
    let sandbox = stages(&prod, &pre);
    assert_refused(
        &sandbox,
        "what `s-prod.yaml` deployed: `api.function` (api-prod)",
    );
    std::fs::remove_file(sandbox.work().join(PROD)).unwrap();
    sandbox.run("deploy -y -t s-pre.yaml").code(0);
    assert_whole(&sandbox, PRE);
}
