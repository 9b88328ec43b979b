//! Versions, aliases and kept instances of functions through the real binary.

use serde_json::{Value as Json, json};

use crate::support::{FUNCTION, Ran, Sandbox};

fn code(word: &str) -> String {
    format!("def handler(event, context):\n    return '{word}'\n")
}

/// A deployed function that says `one`.
fn deployed(manifest: &str) -> Sandbox {
    let sandbox = Sandbox::new().with_cloud();
    sandbox
        .file("s.yaml", manifest)
        .file("code/index.py", code("one"));
    sandbox.run("deploy -y").code(0);
    sandbox
}

/// Versions 1, which says `one`, and 2, which says `two`.
fn published() -> Sandbox {
    let sandbox = deployed(FUNCTION);
    let first = sandbox.run("version publish --description first").code(0);
    assert_eq!(first.stdout, "1\n");
    sandbox.file("code/index.py", code("two"));
    sandbox.run("deploy -y").code(0);
    let second = sandbox.run("version publish api --json").code(0);
    let second = second.object("version_published");
    assert_eq!(second["published"]["versionId"], "2");
    sandbox
}

fn says(sandbox: &Sandbox, qualifier: &str) -> String {
    let called = sandbox.run(&format!("invoke --qualifier {qualifier}"));
    called.code(0).stdout.trim_end().to_owned()
}

fn versions(sandbox: &Sandbox) -> Vec<String> {
    let listed = sandbox.run("version list --json").code(0);
    let listed = listed.object("function_versions")["versions"].clone();
    let ids = listed.as_array().unwrap().iter();
    ids.map(|v| v["versionId"].as_str().unwrap().to_owned())
        .collect()
}

/// The cells of the table that a command prints, below its head.
fn cells(ran: &Ran) -> Vec<Vec<String>> {
    let rows = ran.stdout.lines().skip(1);
    rows.map(|row| row.split_whitespace().map(str::to_owned).collect())
        .collect()
}

#[test]
fn versions_are_published_listed_and_removed() {
    let sandbox = deployed(FUNCTION);
    sandbox
        .run("version list")
        .code(0)
        .says("no published version");
    let none = sandbox.run("version remove --version-id latest -y").code(1);
    none.says("no published version")
        .says("sdev version publish");
    drop(sandbox);

    let sandbox = published();
    assert_eq!(versions(&sandbox), ["2", "1"]);
    let table = cells(&sandbox.run("version list").code(0));
    assert_eq!((&*table[0][0], table[0].len()), ("2", 2), "{table:?}");
    assert_eq!((&*table[1][0], &*table[1][2]), ("1", "first"), "{table:?}");
    assert_eq!(says(&sandbox, "1"), "one");
    sandbox
        .run("version remove --version-id 9 -y")
        .code(1)
        .says("published versions: 2, 1");
    sandbox
        .run("version remove --version-id 1")
        .code(1)
        .says("SD1002");
    assert_eq!(versions(&sandbox), ["2", "1"]);
    sandbox
        .run("version remove api --version-id latest -y")
        .code(0)
        .says("version 2");
    assert_eq!(versions(&sandbox), ["1"]);
    sandbox
        .run("version list shop")
        .code(1)
        .says("SD0720")
        .says("functions here: api");
    // What is published is nobody's drift.
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn aliases_lead_where_the_last_publication_says() {
    let sandbox = published();
    sandbox.run("alias list").code(0).says("has no alias");
    let made = sandbox.run("alias publish --alias-name prod --version-id 1 --description live");
    made.code(0).says("Made alias prod of api");
    assert_eq!(says(&sandbox, "prod"), "one");

    let canary = "alias publish --alias-name prod --version-id 1 --vw 2=50% --json";
    let canary = sandbox.run(canary).code(0).object("function_alias");
    assert_eq!(canary["created"], false);
    let weights = &canary["alias"]["additionalVersionWeight"];
    assert_eq!(weights, &json!({ "2": 0.5 }));
    let mut said: Vec<String> = (0..4).map(|_| says(&sandbox, "prod")).collect();
    said.sort();
    assert_eq!(said, ["one", "one", "two", "two"]);
    let table = cells(&sandbox.run("alias list api").code(0));
    assert_eq!(table, [["prod", "1", "2", "50%", "live"]]);

    // The next one mentions no other version: none has a part any more. What it is for stays.
    let moved = "alias publish --alias-name prod --version-id LATEST";
    sandbox.run(moved).code(0).says("Changed alias prod");
    let alias = sandbox.run("alias get --alias-name prod --json").code(0);
    let alias = alias.object("function_alias")["alias"].clone();
    assert_eq!(
        (
            &alias["versionId"],
            &alias["additionalVersionWeight"],
            &alias["description"]
        ),
        (&json!("2"), &json!({}), &json!("live"))
    );
    assert_eq!(says(&sandbox, "prod"), "two");

    let wrong = "alias publish --alias-name prod --version-id 7";
    sandbox.run(wrong).code(1).says("published versions: 2, 1");
    let wrong = "alias publish --alias-name prod --version-id 1 --vw 2=7";
    sandbox.run(wrong).code(1).says("from 0 to 1");
    for command in ["get", "remove -y"] {
        let ran = sandbox.run(&format!("alias {command} --alias-name test"));
        ran.code(1).says("aliases: prod");
    }
    sandbox
        .run("alias remove --alias-name prod")
        .code(1)
        .says("SD1002");
    sandbox.run("alias remove --alias-name prod -y").code(0);
    sandbox.run("alias list").code(0).says("has no alias");
    let none = sandbox.run("alias get --alias-name prod").code(1);
    none.says("sdev alias publish");
}

#[test]
fn a_published_json_of_weights_is_taken_as_the_original_takes_it() {
    let sandbox = published();
    let mut publish = sandbox.command(&["alias", "publish", "--alias-name", "prod", "--json"]);
    publish.args(["--version-id", "1", "--vw", r#"{"2": 0.25}"#]);
    let alias = sandbox.run_command(publish).code(0);
    let alias = alias.object("function_alias");
    assert_eq!(alias["created"], true);
    let weights = &alias["alias"]["additionalVersionWeight"];
    assert_eq!(weights, &json!({ "2": 0.25 }));
}

fn target(sandbox: &Sandbox, qualifier: &str) -> Json {
    let got = sandbox.run(&format!("provision get --qualifier {qualifier} --json"));
    got.code(0).object("provision")["provision"]["defaultTarget"].clone()
}

#[test]
fn what_the_manifest_states_is_said_to_be_set_back() {
    let stated = format!(
        "{FUNCTION}      provisionConfig: {{ defaultTarget: 1 }}\n      concurrencyConfig: {{ reservedConcurrency: 3 }}\n"
    );
    let sandbox = deployed(&stated);
    assert_eq!(target(&sandbox, "LATEST"), 1);
    let put = sandbox.run("provision put --target 2").code(0);
    let put = put.says("SD0721").says("api.provision").says("s.yaml:13");
    assert_eq!(cells(&put)[0][..2], ["LATEST", "2"]);
    let put = sandbox.run("concurrency put --reserved-concurrency 5 --json");
    let warning = put.code(0).object("diagnostic");
    assert_eq!(warning["code"], "SD0721");
    sandbox.run("plan --detailed-exitcode").code(2);
    sandbox.run("deploy -y").code(0);
    assert_eq!(target(&sandbox, "LATEST"), 1);
    let reserved = sandbox.run("concurrency get --json").code(0);
    let reserved = reserved.object("concurrency")["concurrency"].clone();
    assert_eq!(reserved["reservedConcurrency"], 3);
    let removed = sandbox.run("concurrency remove -y").code(0);
    removed.says("SD0721");
}

#[test]
fn what_no_manifest_states_is_kept_by_deploys() {
    let sandbox = published();
    sandbox
        .run("alias publish --alias-name prod --version-id 1")
        .code(0);
    sandbox.run("provision list").code(0).says("No instances");
    sandbox
        .run("concurrency get")
        .code(0)
        .says("No instances are reserved");
    let none = sandbox.run("provision get --json").code(0);
    assert_eq!(none.object("provision")["provision"], Json::Null);
    for qualifier in ["LATEST", "prod"] {
        let put = format!("provision put api --target 1 --qualifier {qualifier}");
        let put = sandbox.run(&put).code(0);
        assert_eq!(put.stderr, "");
    }
    let put = sandbox.run("concurrency put --reserved-concurrency 4");
    assert_eq!(cells(&put.code(0)), [["api", "4"]]);
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox.run("deploy -y").code(0);
    let listed = sandbox.run("provision list --json").code(0);
    let listed = listed.object("provisions")["provisions"].clone();
    let qualifiers: Vec<&str> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["qualifier"].as_str().unwrap())
        .collect();
    assert_eq!(qualifiers, ["LATEST", "prod"]);
    let asked = sandbox.run("provision remove --qualifier prod").code(1);
    asked.says("SD1002");
    sandbox.run("provision remove --qualifier prod -y").code(0);
    assert_eq!(target(&sandbox, "prod"), Json::Null);
    assert_eq!(target(&sandbox, "LATEST"), 1);
    sandbox.run("concurrency remove -y").code(0).says("Removed");
    sandbox.run("concurrency remove -y").code(0).says("no such");
}

#[test]
fn instances_that_are_there_at_least_are_set_by_hand() {
    let stated = format!("{FUNCTION}      scalingConfig: {{ minInstances: 1 }}\n");
    let sandbox = deployed(&stated);
    let least = |sandbox: &Sandbox| {
        let got = sandbox.run("scaling get --json").code(0);
        got.object("scaling")["scaling"]["minInstances"].clone()
    };
    assert_eq!(least(&sandbox), 1);
    let put = sandbox.run("scaling put api --min-instances 2").code(0);
    let put = put.says("SD0721").says("api.scaling").says("s.yaml:13");
    assert_eq!(cells(&put)[0][..2], ["LATEST", "2"]);
    assert_eq!(least(&sandbox), 2);
    let listed = sandbox
        .run("scaling list --json")
        .code(0)
        .object("scalings");
    assert_eq!(listed["scalings"][0]["qualifier"], "LATEST");
    assert_eq!(
        cells(&sandbox.run("scaling list").code(0))[0][..2],
        ["LATEST", "2"]
    );
    sandbox.run("scaling remove").code(1).says("SD1002");
    sandbox.run("scaling remove -y").code(0).says("Removed");
    sandbox.run("scaling remove -y").code(0).says("no such");
    sandbox.run("scaling list").code(0).says("no instances");
    sandbox.run("deploy -y").code(0);
    assert_eq!(least(&sandbox), 1);
}

#[test]
fn a_function_is_named_as_the_cloud_names_it_also_one_of_another_manifest() {
    let sandbox = Sandbox::new().with_cloud();
    let manifest = |name: &str| {
        format!(
            "edition: 3.0.0\nname: {name}\naccess: local\nresources:\n  api:\n    component: function\n    props: {{ name: {name}, runtime: python3.10, handler: index.handler, code: ./code }}\n"
        )
    };
    sandbox.file(
        "code/index.py",
        "def handler(event, context):\n    return 1\n",
    );
    for name in ["first", "second"] {
        sandbox.file("s.yaml", manifest(name));
        sandbox.run("deploy -y").code(0);
    }
    let published = sandbox.run("version publish --function-name first --json");
    assert_eq!(
        published.code(0).object("version_published")["function"],
        "first"
    );
    let versions = |of: &str| {
        let listed = sandbox.run(&format!("version list {of} --json")).code(0);
        let listed = listed.object("function_versions")["versions"].clone();
        listed.as_array().unwrap().len()
    };
    assert_eq!(versions("--function-name first"), 1);
    assert_eq!(versions("--function-name second"), 0);
    assert_eq!(versions("api --region cn-hangzhou"), 0);
    sandbox
        .run("alias publish --function-name first --alias-name live --version-id 1")
        .code(0);
    let listed = sandbox
        .run("alias list --function-name first --table")
        .code(0);
    assert!(listed.stdout.contains("live"), "{}", listed.stdout);
    sandbox
        .run("layer list --region cn-hangzhou --table")
        .code(0);
    for line in [
        "provision list --function-name first",
        "scaling list --function-name first",
        "concurrency get --function-name first",
    ] {
        sandbox.run(line).code(0);
    }
    sandbox
        .run("version list api --function-name first")
        .code(1);
    sandbox
        .run("version publish --function-name third")
        .code(1)
        .says("third");
}
