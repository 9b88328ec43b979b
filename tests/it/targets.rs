//! Single resources as targets, and the groups of `flow`: what is left out is left alone.

use crate::support::Sandbox;

/// Three sites; `web` refers to `api`.
fn three(sandbox: &Sandbox, top: &str) {
    let block = |name: &str, more: &str| {
        sandbox.file(&format!("{name}/index.html"), format!("<h1>{name}</h1>"));
        format!(
            "  {name}:\n    component: site\n    props: {{ source: ./{name}, domain: {name}.test{more} }}\n"
        )
    };
    let link = ", headers: { X-Api: \"${resources.api.output.url}\" }";
    let text = format!(
        "edition: 3.0.0\nname: shop\naccess: local\n{top}resources:\n{}{}{}",
        block("web", link),
        block("api", ""),
        block("old", "")
    );
    sandbox.file("s.yaml", text);
}

/// The blocks that the state knows.
fn blocks(sandbox: &Sandbox) -> Vec<String> {
    let state = sandbox.state("".as_ref(), "shop");
    let ids = state["records"].as_object().unwrap().keys();
    let mut names: Vec<String> = ids
        .map(|id| id.split('.').next().unwrap().to_owned())
        .collect();
    names.dedup();
    names
}

#[test]
fn only_the_targets_are_touched() {
    let sandbox = Sandbox::new().with_cloud();
    three(&sandbox, "");
    sandbox
        .run("deploy web -y")
        .code(1)
        .says("SD0606")
        .says("sdev deploy api");
    sandbox.run("deploy api -y").code(0);
    sandbox.run("deploy web -y").code(0);
    assert_eq!(blocks(&sandbox), ["api", "web"]);
    sandbox.run("deploy -y").code(0);
    // Changes, drift and blocks that are gone from the manifest are left alone outside.
    let text = std::fs::read_to_string(sandbox.work().join("s.yaml")).unwrap();
    sandbox.file("s.yaml", text.split("  old:").next().unwrap());
    sandbox
        .file("web/index.html", "changed")
        .file("api/index.html", "changed");
    let plan = sandbox.run("plan api --json").code(0).object("plan");
    let steps = plan["steps"].as_array().unwrap();
    assert!(
        !steps.is_empty()
            && steps
                .iter()
                .all(|s| s["id"].as_str().unwrap().starts_with("api."))
    );
    sandbox.run("deploy api -y").code(0);
    assert_eq!(blocks(&sandbox), ["api", "old", "web"]);
    sandbox.run("plan api --detailed-exitcode").code(0);
    sandbox.run("plan web --detailed-exitcode").code(2);
    // What is only remembered can be removed by its name.
    sandbox.run("remove old -y").code(0);
    assert_eq!(blocks(&sandbox), ["api", "web"]);
    sandbox.run("remove web -y").code(0);
    assert_eq!(blocks(&sandbox), ["api"]);
}

#[test]
fn a_name_that_is_none_is_explained() {
    let sandbox = Sandbox::new();
    three(&sandbox, "");
    sandbox
        .run("deploy wbe -y")
        .code(1)
        .says("SD1001")
        .says("did you mean `web`?");
    sandbox
        .run("web deploy")
        .code(1)
        .says("did you mean `sdev deploy web`?");
}

#[test]
fn a_targeted_deploy_killed_anywhere_leaves_the_others_alone() {
    for point in 1.. {
        let sandbox = Sandbox::new().with_cloud();
        three(&sandbox, "");
        sandbox.run("deploy api old -y").code(0);
        let before = sandbox.state("".as_ref(), "shop")["records"].clone();
        let mut command = sandbox.command(&["deploy", "web", "-y"]);
        command.env("SDEV_TEST_KILL_AT", point.to_string());
        let killed = command.output().unwrap().status.code().is_none();
        sandbox.run("deploy web -y").code(0);
        let after = sandbox.state("".as_ref(), "shop")["records"].clone();
        for (id, record) in before.as_object().unwrap() {
            assert_eq!(&after[id], record, "killed at {point}");
        }
        sandbox.run("plan --detailed-exitcode").code(0);
        if !killed {
            break;
        }
    }
}

#[test]
fn a_flow_orders_and_leaves_out() {
    let sandbox = Sandbox::new().with_cloud();
    three(&sandbox, "flow: { deploy: [[old], [api]] }\n");
    let plan = sandbox.run("plan --json").code(0).object("plan");
    let steps = plan["steps"].as_array().unwrap();
    let block = |n: &serde_json::Value| {
        let step = &steps[usize::try_from(n.as_u64().unwrap()).unwrap()];
        step["id"].as_str().unwrap()[..3].to_owned()
    };
    for step in steps {
        assert!(!step["id"].as_str().unwrap().starts_with("web."));
        if step["id"] == "api.bucket" {
            let waits: Vec<String> = step["waits"]
                .as_array()
                .unwrap()
                .iter()
                .map(block)
                .collect();
            assert_eq!(waits, ["old", "old", "old"]);
        }
    }
    sandbox.run("deploy -y").code(0);
    assert_eq!(blocks(&sandbox), ["api", "old"]);
    sandbox.run("deploy web -y").code(0);
    sandbox.run("deploy -y").code(0);
    assert_eq!(blocks(&sandbox), ["api", "old", "web"]);
}
