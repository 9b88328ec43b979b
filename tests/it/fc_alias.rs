//! Aliases that deploys lead to what they publish.

use serde_json::{Value as Json, json};

use crate::crash::killed_at;
use crate::support::{Sandbox, fetch};

const MANIFEST: &str = "\
edition: 3.0.0
name: shop
access: local
resources:
  api:
    component: function
    props:
      code: ./code
      url: true
      alias: live
";

fn code(word: &str) -> String {
    format!("def handler(event, context):\n    return '{word}'\n")
}

fn with_alias(alias: &str) -> String {
    MANIFEST.replace("alias: live", alias)
}

/// A deployed function that says `one`.
fn deployed(manifest: &str) -> Sandbox {
    let sandbox = Sandbox::new().with_cloud();
    sandbox
        .file("s.yaml", manifest)
        .file("code/index.py", code("one"));
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox
}

/// Deploys code that says this, after which a plan is empty.
fn deploy(sandbox: &Sandbox, word: &str) {
    sandbox.file("code/index.py", code(word));
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
}

fn versions(sandbox: &Sandbox) -> Vec<String> {
    let listed = sandbox.run("version list api --json").code(0);
    let listed = listed.object("function_versions")["versions"].clone();
    let ids = listed.as_array().unwrap().iter();
    ids.map(|v| v["versionId"].as_str().unwrap().to_owned())
        .collect()
}

/// Where the alias leads, and which parts others have.
fn led(sandbox: &Sandbox, name: &str) -> (Json, Json) {
    let shown = sandbox.run(&format!("alias get api --alias-name {name} --json"));
    let alias = shown.code(0).object("function_alias")["alias"].clone();
    (
        alias["versionId"].clone(),
        alias["additionalVersionWeight"].clone(),
    )
}

fn to(version: &str) -> (Json, Json) {
    (version.into(), json!({}))
}

fn says(sandbox: &Sandbox, qualifier: &str) -> String {
    let called = sandbox.run(&format!("invoke api --qualifier {qualifier}"));
    called.code(0).stdout.trim_end().to_owned()
}

fn plan(sandbox: &Sandbox) -> Json {
    sandbox.run("plan --json").code(0).object("plan")
}

/// The differences of a resource in a plan.
fn diff(plan: &Json, id: &str) -> Vec<Json> {
    let steps = plan["steps"].as_array().unwrap().iter();
    let mut of = steps.filter(|step| step["id"] == id);
    let step = of.next().unwrap_or_else(|| panic!("no {id} in {plan}"));
    step["diff"].as_array().unwrap().clone()
}

#[test]
fn each_change_is_a_version_and_the_alias_leads_to_it() {
    let sandbox = deployed(MANIFEST);
    assert_eq!(versions(&sandbox), ["1"]);
    assert_eq!(led(&sandbox, "live"), to("1"));
    let output = sandbox.run("output api.alias").code(0).stdout;
    assert_eq!(output, "live\n");

    sandbox.file("code/index.py", code("two"));
    let planned = plan(&sandbox);
    for (id, name) in [("api.version", "revision"), ("api.alias", "versionId")] {
        let [of] = &diff(&planned, id)[..] else {
            panic!("{planned}");
        };
        assert_eq!(
            (&of["path"], &of["unknown"]),
            (&json!([name]), &json!(true))
        );
    }
    assert_eq!(planned["summary"]["update"], 3);
    deploy(&sandbox, "two");
    assert_eq!(versions(&sandbox), ["2", "1"]);
    assert_eq!(led(&sandbox, "live"), to("2"));
    assert_eq!(
        (says(&sandbox, "live"), says(&sandbox, "1")),
        ("two".into(), "one".into())
    );

    // Configuration counts like code.
    let manifest = format!("{MANIFEST}      env: {{ STAGE: test }}\n");
    sandbox.file("s.yaml", &manifest);
    sandbox.run("deploy -y").code(0);
    assert_eq!(versions(&sandbox), ["3", "2", "1"]);
    // What does not is no version.
    sandbox.file(
        "s.yaml",
        format!("{manifest}      async: {{ retries: 1 }}\n"),
    );
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    assert_eq!(versions(&sandbox), ["3", "2", "1"]);

    sandbox.run("remove -y").code(0);
    assert_eq!(sandbox.state("".as_ref(), "shop")["records"], json!({}));
}

#[test]
fn whoever_calls_the_function_calls_it_by_its_alias() {
    let sandbox = deployed(MANIFEST);
    let url = sandbox.run("output api.url.system_url").code(0).stdout;
    assert!(url.contains("/_fc/shop-api.live"), "{url}");
    let page = |path: &str| fetch(sandbox.port(), "127.0.0.1", path, &[]).text();
    assert_eq!(page("/_fc/shop-api.live/"), "one");

    // Without the alias everything leads to the function itself again, and what was published goes.
    sandbox.file("s.yaml", with_alias("timeout: 5"));
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    assert_eq!(page("/_fc/shop-api/"), "one");
    assert_eq!(versions(&sandbox), Vec::<String>::new());
    sandbox.run("alias list api").code(0).says("has no alias");

    // And with it again by it.
    sandbox.file("s.yaml", MANIFEST);
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    assert_eq!(page("/_fc/shop-api.live/"), "one");
}

#[test]
fn a_canary_gets_its_part_until_it_is_settled() {
    let canary = with_alias("alias: { name: live, canary: 0.25 }");
    let sandbox = deployed(&canary);
    // There is nothing yet that the rest could stay at.
    assert_eq!(led(&sandbox, "live"), to("1"));

    sandbox.file("code/index.py", code("two"));
    let planned = plan(&sandbox);
    let paths: Vec<Json> = diff(&planned, "api.alias")
        .iter()
        .map(|d| d["path"].clone())
        .collect();
    assert_eq!(paths, [json!(["trial"])], "{planned}");
    deploy(&sandbox, "two");
    assert_eq!(led(&sandbox, "live"), ("1".into(), json!({ "2": 0.25 })));
    let mut said: Vec<String> = (0..8).map(|_| says(&sandbox, "live")).collect();
    said.sort();
    assert_eq!(
        said,
        ["one", "one", "one", "one", "one", "one", "two", "two"]
    );

    // The next one takes the trial's part, and what is settled stays that.
    deploy(&sandbox, "three");
    assert_eq!(led(&sandbox, "live"), ("1".into(), json!({ "3": 0.25 })));
    // Another part is no other version.
    sandbox.file("s.yaml", canary.replace("0.25", "0.5"));
    sandbox.run("deploy -y").code(0);
    assert_eq!(led(&sandbox, "live"), ("1".into(), json!({ "3": 0.5 })));
    sandbox.file("s.yaml", canary.replace("0.25", "0"));
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    assert_eq!(led(&sandbox, "live"), to("1"));

    // Without a canary all calls go to the newest, which is known beforehand.
    sandbox.file("s.yaml", MANIFEST);
    let planned = plan(&sandbox);
    let of = diff(&planned, "api.alias");
    let version = of
        .iter()
        .find(|d| d["path"] == json!(["versionId"]))
        .unwrap();
    assert_eq!(
        (&version["before"], &version["after"]),
        (&json!("1"), &json!("3"))
    );
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    assert_eq!(led(&sandbox, "live"), to("3"));
    assert_eq!(versions(&sandbox), ["3", "2", "1"]);

    // The next trial is against that one.
    sandbox.file("s.yaml", &canary);
    deploy(&sandbox, "four");
    assert_eq!(led(&sandbox, "live"), ("3".into(), json!({ "4": 0.25 })));
}

#[test]
fn what_was_changed_by_hand_is_put_right() {
    let sandbox = deployed(MANIFEST);
    deploy(&sandbox, "two");
    let moved = "alias publish api --alias-name live --version-id 1 --vw 2=0.5";
    sandbox
        .run(moved)
        .code(0)
        .says("SD0721")
        .says("s.yaml:10:14");
    let planned = plan(&sandbox);
    assert!(planned["drift"]["api.alias"].is_array(), "{planned}");
    sandbox.run("deploy -y").code(0);
    assert_eq!(led(&sandbox, "live"), to("2"));
    assert_eq!(versions(&sandbox), ["2", "1"]);
    sandbox.run("alias remove api --alias-name live -y").code(0);
    sandbox.run("version remove api --version-id 2 -y").code(0);
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    assert_eq!(led(&sandbox, "live"), to("3"));
    assert_eq!(says(&sandbox, "live"), "two");
}

#[test]
fn an_alias_with_another_name_takes_over() {
    let sandbox = deployed(MANIFEST);
    sandbox.file("s.yaml", with_alias("alias: prod"));
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    assert_eq!(led(&sandbox, "prod"), to("1"));
    let listed = sandbox
        .run("alias list api --json")
        .code(0)
        .object("function_aliases");
    assert_eq!(listed["aliases"].as_array().unwrap().len(), 1);
}

#[test]
fn a_function_with_another_name_is_called_by_its_alias_at_once() {
    let sandbox = deployed(MANIFEST);
    deploy(&sandbox, "two");
    sandbox.file("s.yaml", with_alias("alias: live\n      name: front"));
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    assert_eq!(led(&sandbox, "live"), to("1"));
    let page = |path: &str| fetch(sandbox.port(), "127.0.0.1", path, &[]);
    assert_eq!(page("/_fc/front.live/").text(), "two");
    assert_eq!(page("/_fc/shop-api.live/").status, 404);
}

#[test]
fn what_is_no_alias_is_said_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.file("code/index.py", code("one"));
    for (alias, words) in [
        ("alias: LATEST", "and not LATEST"),
        ("alias: 1a", "must be a letter"),
        ("alias: { canary: 0.5 }", "needs the property `name`"),
        ("alias: { name: live, canary: 2 }", "a number from 0 to 1"),
        (
            "alias: { name: live, cannary: 0.5 }",
            "did you mean `canary`",
        ),
    ] {
        sandbox.file("s.yaml", with_alias(alias));
        let refused = sandbox.run("validate").code(1);
        refused.says(words).says("s.yaml:10:");
    }
}

#[test]
fn a_deploy_killed_at_any_journaled_point_publishes_once() {
    for point in 1.. {
        let sandbox = deployed(&with_alias("alias: { name: live, canary: 0.5 }"));
        sandbox.file("code/index.py", code("two"));
        let killed = killed_at(&sandbox, &["deploy", "-y"], point);
        sandbox.run("deploy -y").code(0);
        sandbox.run("plan --detailed-exitcode").code(0);
        assert_eq!(versions(&sandbox), ["2", "1"], "killed at {point}");
        assert_eq!(led(&sandbox, "live"), ("1".into(), json!({ "2": 0.5 })));
        if !killed {
            break;
        }
    }
}
