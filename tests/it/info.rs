//! What is in the cloud, shown by the real binary.

use serde_json::{Value as Json, json};

use crate::function::api;
use crate::support::Sandbox;

const SECRET: &str = "cAnArY-info-51c0";
const MANIFEST: &str = "\
edition: 3.0.0
name: shop
access: local
sdev: { secrets: [TOKEN] }
resources:
  api:
    component: fc3
    props:
      region: cn-hangzhou
      functionName: api
      runtime: python3.10
      handler: index.handler
      code: ./code
      environmentVariables: { STAGE: test, TOKEN: '${env(\"TOKEN\")}' }
      asyncInvokeConfig: { maxAsyncRetryAttempts: 2 }
      triggers:
        - triggerName: web
          triggerType: http
          triggerConfig: { authType: anonymous, methods: [GET] }
  worker:
    component: function
    props: { code: ./code }
";

fn run(sandbox: &Sandbox, line: &str) -> crate::support::Ran {
    let mut command = sandbox.command(&line.split(' ').collect::<Vec<_>>());
    command.env("TOKEN", SECRET);
    sandbox.run_command(command)
}

fn deployed() -> Sandbox {
    let sandbox = Sandbox::new().with_cloud();
    sandbox
        .file("s.yaml", MANIFEST)
        .file("code/index.py", "def handler(e, c):\n    return 'hello'\n");
    run(&sandbox, "info").code(0).says("Nothing was deployed");
    run(&sandbox, "deploy -y").code(0);
    sandbox
}

fn thing(info: &Json, id: &str) -> Json {
    let things = info["things"].as_array().unwrap();
    let found = things.iter().find(|thing| thing["id"] == id);
    found.unwrap_or_else(|| panic!("no {id} in {info}")).clone()
}

#[test]
fn everything_of_a_function_is_shown_as_it_is_now() {
    let sandbox = deployed();
    for line in [
        "version publish api --description first",
        "alias publish api --alias-name prod --version-id 1",
        "provision put api --target 1 --qualifier prod",
        "concurrency put api --reserved-concurrency 4",
    ] {
        let mut command = sandbox.command(&line.split(' ').collect::<Vec<_>>());
        command.env("TOKEN", SECRET);
        sandbox.run_command(command).code(0);
    }
    // What others did is there too.
    let change = json!({ "environmentVariables": { "STAGE": "online", "TOKEN": SECRET } });
    let path = "/2023-03-30/functions/api";
    assert_eq!(api(&sandbox, "PUT", path, &change).0, 200);
    let other = json!({
        "triggerName": "other", "triggerType": "timer",
        "triggerConfig": "{\"cronExpression\":\"@every 1h\",\"enable\":true}",
    });
    let triggers = "/2023-03-30/functions/api/triggers";
    assert_eq!(api(&sandbox, "POST", triggers, &other).0, 200);

    let shown = run(&sandbox, "info api --json").code(0);
    assert!(!shown.stdout.contains(SECRET), "{}", shown.stdout);
    assert_eq!(shown.stdout.lines().count(), 1);
    let info = shown.object("info");
    assert_eq!(info["resource"], "api");
    let attrs = thing(&info, "api.function")["attributes"].clone();
    assert_eq!(attrs["environmentVariables"]["STAGE"], "online");
    assert_eq!(
        thing(&info, "api.async")["attributes"]["maxAsyncRetryAttempts"],
        2
    );
    let function = &info["function"];
    assert_eq!(function["status"]["state"], "Active");
    assert_eq!(function["versions"][0]["description"], "first");
    assert_eq!(function["aliases"][0]["aliasName"], "prod");
    assert_eq!(function["provision"][0]["qualifier"], "prod");
    assert_eq!(function["async_config"][0]["qualifier"], "LATEST");
    assert_eq!(function["concurrency"]["reservedConcurrency"], 4);
    let names: Vec<&Json> = function["triggers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trigger| &trigger["triggerName"])
        .collect();
    assert_eq!(names, ["other", "web"]);

    let words = run(&sandbox, "info").code(0).stdout;
    for word in [
        "api.function  fc.function api",
        "worker.function  fc.function shop-worker",
        "online",
        "(secret env:TOKEN)",
        "prod   1",
        "/_fc/api/",
        "environmentVariables.STAGE",
    ] {
        assert!(words.contains(word), "`{word}` is not in\n{words}");
    }
    assert!(!words.contains(SECRET), "{words}");
}

#[test]
fn what_is_gone_is_said_to_be_gone_and_an_unknown_resource_is_refused() {
    let sandbox = deployed();
    let path = "/2023-03-30/functions/shop-worker";
    assert!(api(&sandbox, "DELETE", path, &Json::Null).0 < 300);
    let words = run(&sandbox, "info worker").code(0).stdout;
    assert!(words.contains("not in the cloud any more"), "{words}");
    let info = run(&sandbox, "info worker --json").code(0).object("info");
    let gone = thing(&info, "worker.function");
    assert_eq!(gone["attributes"], Json::Null);
    assert_eq!(gone["name"], "shop-worker");
    run(&sandbox, "info wroker").code(1).says("worker");
}

#[test]
fn what_was_refused_is_said_to_have_never_been_made() {
    let sandbox = Sandbox::new().with_cloud();
    let refused = "edition: 3.0.0
name: shop
access: local
resources:
  api:
    component: fc3
    props:
      region: cn-hangzhou
      functionName: api
      runtime: custom.debian10
      handler: index.handler
      code: ./code
      customRuntimeConfig: { command: [no-such-program] }
";
    sandbox.file("s.yaml", refused).file("code/index.py", "");
    run(&sandbox, "deploy -y").code(1).says("no-such-program");
    let words = run(&sandbox, "info").code(0).stdout;
    assert!(words.contains("was begun and never made"), "{words}");
    let info = run(&sandbox, "info --json").code(0).object("info");
    let begun = thing(&info, "api.function");
    assert_eq!(begun["begun"], true);
    assert_eq!(begun["attributes"], Json::Null);
    let removed = run(&sandbox, "remove -y").code(0).stdout;
    assert!(removed.contains("it was begun and never made"), "{removed}");
    assert!(!removed.contains("gone already"), "{removed}");
    run(&sandbox, "info").code(0).says("Nothing was deployed");
}
