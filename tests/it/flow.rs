//! Workflows through the real binary: made, planned step by step, changed, removed.

use crate::support::{Ran, Sandbox};

const MANIFEST: &str = "\
edition: 3.0.0
name: shop
access: local
resources:
  pay:
    component: workflow
    props:
      definition: ./pay.yaml
      description: Pays orders
      environment: { STAGE: test }
      schedules:
        - { name: nightly, cron: 0 0 4 * * *, input: { all: true } }
";

const FLOW: &str = "\
Type: StateMachine
Name: shop-pay
SpecVersion: v1
StartAt: Reserve
States:
- { Type: Pass, Name: Reserve, Next: Charge } # the goods
- { Type: Pass, Name: Charge, End: true }
";

fn shop() -> Sandbox {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.file("s.yaml", MANIFEST).file("pay.yaml", FLOW);
    sandbox
}

fn summary(ran: &Ran) -> serde_json::Value {
    ran.object("plan")["summary"].clone()
}

#[test]
fn a_workflow_lives_from_deploy_to_remove() {
    let sandbox = shop();
    let plan = sandbox.run("plan").code(0);
    for line in ["+ pay.flow  flow.flow", "+ step Reserve", "+ step Charge"] {
        assert!(plan.stdout.contains(line), "{}", plan.stdout);
    }
    sandbox.run("deploy -y").code(0).says("pay.flow created");
    sandbox.run("plan --detailed-exitcode").code(0);
    let outputs = sandbox.run("output pay --json").code(0).object("outputs");
    let arn = outputs["outputs"]["pay"]["arn"].as_str().unwrap();
    assert!(arn.starts_with("acs:fnf:cn-"), "{arn}");
    assert!(arn.ends_with(":flow/shop-pay"), "{arn}");

    let changed = FLOW.replace(
        "Charge, End: true }",
        "Charge, Next: Tell }\n- { Type: Succeed, Name: Tell }",
    );
    sandbox.file("pay.yaml", &changed);
    let plan = sandbox.run("plan --diff").code(0);
    for line in [
        "~ step Charge",
        "+ step Tell",
        "+ - { Type: Succeed, Name: Tell }",
    ] {
        assert!(plan.stdout.contains(line), "{}", plan.stdout);
    }
    assert!(!plan.stdout.contains("step Reserve"), "{}", plan.stdout);
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);

    sandbox.run("remove -y").code(0);
    let plan = sandbox.run("plan --json").code(0);
    assert_eq!(summary(&plan)["create"], 2);
}

#[test]
fn what_a_schedule_hands_over_is_kept_as_it_is_written_or_left_out() {
    let sandbox = shop();
    let more = "        - { name: hourly, cron: 0 0 * * * * }\n        - { name: spaced, cron: 0 30 * * * *, input: '{\"all\":   true}' }\n";
    sandbox.file("s.yaml", format!("{MANIFEST}{more}"));
    sandbox.run("deploy -y").code(0);
    let plan = sandbox.run("plan --detailed-exitcode").code(0);
    assert!(!plan.stdout.contains("outside sdev"), "{}", plan.stdout);
}

#[test]
fn a_schedule_is_changed_in_place_and_goes_with_its_line() {
    let sandbox = shop();
    sandbox.run("deploy -y").code(0);
    sandbox.file("s.yaml", MANIFEST.replace("0 0 4", "0 30 4"));
    let plan = sandbox.run("plan --json").code(0);
    assert_eq!(summary(&plan)["update"], 1);
    assert_eq!(plan.object("plan")["flows"], serde_json::json!({}));
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    let without = MANIFEST.split("      schedules:").next().unwrap();
    sandbox.file("s.yaml", without);
    let plan = sandbox.run("plan --json").code(0);
    assert_eq!(summary(&plan)["delete"], 1);
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox.run("remove -y").code(0);
}

#[test]
fn an_express_workflow_takes_the_place_of_a_standard_one() {
    let sandbox = shop();
    sandbox.run("deploy -y").code(0);
    let express = MANIFEST.replace(
        "      description",
        "      mode: express\n      description",
    );
    sandbox.file("s.yaml", express);
    let plan = sandbox.run("plan --json").code(0);
    assert_eq!(summary(&plan)["replace"], 2);
    let words = sandbox.run("plan").code(0).stdout;
    assert_eq!(words.matches("step Reserve").count(), 1, "{words}");
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox.run("remove -y").code(0);
}

#[test]
fn executions_that_run_are_told_of_and_go_on_as_they_began() {
    let sandbox = shop();
    let wait = "- { Type: Wait, Name: Charge, Seconds: 300, End: true }\n";
    let (before, _) = FLOW.rsplit_once("- {").unwrap();
    sandbox.file("pay.yaml", format!("{before}{wait}"));
    sandbox.run("deploy -y").code(0);
    let plan = sandbox.run("plan --destroy").code(0).stdout;
    assert!(!plan.contains("execution"), "{plan}");
    for name in ["a", "b"] {
        let start = format!("workflow start {name}");
        sandbox.run(&start).code(0);
    }
    sandbox.file("pay.yaml", FLOW);
    let plan = sandbox.run("plan").code(0).stdout;
    let said = "2 executions run and will go on with the old definition";
    assert!(plan.contains(said), "{plan}");
    let plan = sandbox.run("plan --json").code(0).object("plan");
    assert_eq!(plan["running"], serde_json::json!({ "pay.flow": 2 }));
    sandbox.run("deploy -y").code(0);
    let shown = sandbox.run("workflow show a").code(0).stdout;
    assert!(shown.contains("Running"), "{shown}");
    let plan = sandbox.run("plan --destroy").code(0).stdout;
    let said = "2 executions run and will end with it";
    assert!(plan.contains(said), "{plan}");
    sandbox.run("remove -y").code(0);
}

/// Versions and their parts of a hundred, by the name of the version.
fn routes(sandbox: &Sandbox) -> serde_json::Value {
    let state = sandbox.state("".as_ref(), "shop");
    let attrs = &state["records"]["pay.alias"]["attrs"];
    serde_json::json!([attrs["versionId"], attrs["trial"]["versionId"]])
}

#[test]
fn each_definition_is_a_version_and_the_alias_leads_to_it() {
    let sandbox = shop();
    let with_alias = |alias: &str| {
        MANIFEST.replace(
            "      description",
            &format!("      alias: {alias}\n      description"),
        )
    };
    sandbox.file("s.yaml", with_alias("live"));
    let deploy = || {
        sandbox.run("deploy -y").code(0);
        sandbox.run("plan --detailed-exitcode").code(0);
    };
    let runs = |name: &str| {
        let line = format!("workflow start {name} --qualifier live --wait");
        sandbox.run(&line).code(0);
        sandbox.run(&format!("workflow show {name}")).code(0).stdout
    };
    deploy();
    assert_eq!(routes(&sandbox), serde_json::json!(["1", null]));
    // What is not the definition is no version.
    sandbox.file("s.yaml", with_alias("live").replace("Pays", "Charges"));
    deploy();
    assert_eq!(routes(&sandbox), serde_json::json!(["1", null]));

    let changed = FLOW.replace("Name: Charge, End: true", "Name: Charge, Next: Tell");
    let told = |word: &str| format!("{changed}- {{ Type: Pass, Name: {word}, End: true }}\n");
    sandbox.file("pay.yaml", told("Tell"));
    deploy();
    assert_eq!(routes(&sandbox), serde_json::json!(["2", null]));
    assert!(runs("a").contains("Tell"));

    // On trial for none: everything stays where it was.
    sandbox.file("s.yaml", with_alias("{ name: live, canary: 0 }"));
    deploy();
    sandbox.file("pay.yaml", FLOW);
    deploy();
    assert_eq!(routes(&sandbox), serde_json::json!(["2", "3"]));
    assert!(runs("b").contains("Tell"));
    sandbox.file("s.yaml", with_alias("{ name: live, canary: 1 }"));
    deploy();
    assert!(!runs("c").contains("Tell"));
    sandbox.file("s.yaml", with_alias("live"));
    deploy();
    assert_eq!(routes(&sandbox), serde_json::json!(["3", null]));

    sandbox.file("s.yaml", with_alias("{ name: live, canary: 0.125 }"));
    sandbox.run("plan").code(1).says("whole hundredths");
    // Without the alias its versions go.
    sandbox.file("s.yaml", MANIFEST);
    deploy();
    sandbox.file("s.yaml", with_alias("live"));
    deploy();
    assert_eq!(routes(&sandbox), serde_json::json!(["4", null]));
    sandbox.run("remove -y").code(0);
}

#[test]
fn a_workflow_waits_for_what_its_definition_names() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox
        .file(
            "code/index.py",
            "def handler(event, context):\n    return {}\n",
        )
        .file(
            "s.yaml",
            "\
edition: 3.0.0
name: shop
access: local
resources:
  pay:
    component: workflow
    props:
      definition:
        type: flow
        version: v1
        steps:
          - type: task
            name: charge
            resourceArn: ${resources.charge.output.functionArn}
  charge: { component: function, props: { code: ./code } }
",
        );
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox.run("remove -y").code(0);
}

/// Two approvals side by side, each of which is reported on; the call itself begins a flow that passes.
const ASKING: &str = "\
edition: 3.0.0
name: shop
access: local
resources:
  note:
    component: workflow
    props:
      definition: { Type: StateMachine, Name: shop-note, SpecVersion: v1, StartAt: A, States: [{ Type: Pass, Name: A, End: true }] }
  pay:
    component: workflow
    props:
      definition:
        type: flow
        version: v1
        steps:
          - type: foreach
            name: all
            iterationMapping: { collection: $.who, item: name }
            steps:
              - { type: task, name: Ask, resourceArn: 'acs:fnf:::flow/shop-note', pattern: waitForCallback }
          - { type: wait, name: a, duration: 3600 }
          - { type: task, name: Sign, resourceArn: 'acs:fnf:::flow/shop-note', pattern: waitForCallback }
          - { type: wait, name: b, duration: 3600 }
";

/// A report to an execution without its step, while two of its steps `Ask` wait.
fn a_name_alone_says_too_little(sandbox: &Sandbox) {
    sandbox
        .run("workflow report one --resource pay")
        .code(1)
        .says("`one` is an execution, and a report is for one of its steps")
        .says("name its step, too: sdev workflow report one --step STEP")
        .says("waiting for a report: `Ask`");
    sandbox
        .run("workflow report two --resource pay")
        .code(1)
        .says("not a token of this cloud")
        .says("if `two` is an execution, name its step, too: sdev workflow report two --step STEP");
}

/// While one execution runs.
fn only_statuses_that_there_are_can_be_asked_for(sandbox: &Sandbox) {
    let list = |status: &str| {
        let asked = format!("workflow list --resource pay --status {status}");
        sandbox.run(&asked)
    };
    for status in ["Running", "running"] {
        let listed = list(status).code(0).stdout;
        assert!(listed.contains("one "), "{listed}");
    }
    list("Stopped")
        .code(0)
        .says("has no executions that are Stopped.");
    list("Bogus").code(1).says("TimedOut");
}

#[test]
fn steps_that_wait_are_shown_with_their_tokens_and_reported_to_by_name() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.file("s.yaml", ASKING);
    sandbox.run("deploy -y").code(0);
    sandbox
        .run(r#"workflow start one --resource pay -i {"who":["Ada","Grace"]}"#)
        .code(0);
    // The calls that begin what is waited for are made.
    sandbox.run("local clock advance 1s").code(0);
    let shown = |name: &str| {
        let ran = sandbox.run(&format!("workflow show {name} --resource pay --json"));
        ran.code(0).object("execution")
    };
    let waiting = shown("one")["waiting"].clone();
    let tokens: Vec<&str> = waiting
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            assert_eq!(one["step"], "Ask");
            one["token"].as_str().unwrap()
        })
        .collect();
    assert_eq!(tokens.len(), 2, "{waiting}");
    let tree = sandbox.run("workflow show one --resource pay").code(0);
    for token in &tokens {
        assert!(
            tree.stdout.contains(&format!("token  {token}")),
            "{}",
            tree.stdout
        );
    }
    // Of two the name says too little.
    sandbox
        .run("workflow report one --step Ask --resource pay")
        .code(1)
        .says("2 steps `Ask` of one wait for a report");
    a_name_alone_says_too_little(&sandbox);
    // A token names its flow.
    let first = tokens[0];
    sandbox.run(&format!("workflow report {first}")).code(0);
    only_statuses_that_there_are_can_be_asked_for(&sandbox);
    sandbox
        .run("workflow report one --step Ask --resource pay")
        .code(0);
    sandbox
        .run("workflow report one --step Sign --resource pay")
        .code(1)
        .says("no step `Sign` of one waits for a report");
    // One move goes through the wait and to the next step; one more to the end.
    sandbox.run("local clock advance 1h").code(0);
    sandbox
        .run("workflow report one --step Sgn --resource pay")
        .code(1)
        .says("waiting for a report: `Sign`");
    sandbox
        .run(r#"workflow report one --step Sign --resource pay --output {"ok":true}"#)
        .code(0);
    sandbox.run("local clock advance 1h").code(0);
    let ended = shown("one");
    assert_eq!(ended["execution"]["Status"], "Succeeded", "{ended}");
    assert_eq!(ended["waiting"], serde_json::json!([]));
}
