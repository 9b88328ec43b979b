//! The manifest language through the binary: base files, templates, environments, `.env`, what is told at once.

use crate::support::Sandbox;

fn preview(sandbox: &Sandbox, line: &str) -> serde_json::Value {
    let ran = sandbox.run(&format!("preview --json {line}")).code(0);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn a_file_lies_over_its_base_and_a_template_under_its_resources() {
    let sandbox = Sandbox::new();
    sandbox
        .file("public/index.html", "x")
        .file(
            "base.yaml",
            "edition: 3.0.0\nname: shop\naccess: local\nvars: { index: start.html }\ntemplate:\n  page: { source: ./public, index: \"${vars.index}\" }\nresources:\n  site:\n    component: site\n    extend: { name: page, ignore: [none] }\n    props: { error: \"${this.props.index}\" }\n",
        )
        .file(
            "s.yaml",
            "extend: base.yaml\nvars: { index: index.html }\nresources:\n  site: { props: { spa: false } }\n  twin: { component: site, extend: { name: page } }\n",
        );
    let document = preview(&sandbox, "");
    assert_eq!(document.get("extend"), None);
    assert_eq!(
        document["resources"]["site"]["props"],
        serde_json::json!({ "source": "./public", "index": "index.html", "error": "index.html", "spa": false })
    );
    assert_eq!(
        document["resources"]["twin"]["props"]["index"],
        "index.html"
    );
    sandbox.run("validate").code(0);
    sandbox.file("s.yaml", "extend: bsae.yaml\nresources: {}\n");
    sandbox
        .run("validate")
        .code(1)
        .says("SD0132")
        .says("s.yaml:1:9");
}

#[test]
fn an_environment_lays_its_overlays_over_and_has_its_own_state() {
    let sandbox = Sandbox::new();
    sandbox
        .file("public/index.html", "x")
        .file(".env", "TITLE=from a file\n")
        .file("env.yaml", "environments:\n  - name: test\n    access: local\n    overlays:\n      components: { site: { ignore: [\"${this.name}/**\"] } }\n      resources: { site: { headers: { X-T: \"${env('TITLE')}\" }, domain: t.example.com } }\n")
        .file("s.yaml", "edition: 3.0.0\nname: shop\nresources:\n  site: { component: site, props: { source: ./public } }\n");
    let document = preview(&sandbox, "--env test");
    assert_eq!(document["access"], "local");
    assert_eq!(
        document["resources"]["site"]["props"]["ignore"][0],
        "test/**"
    );
    assert_eq!(
        document["resources"]["site"]["props"]["headers"]["X-T"],
        "from a file"
    );
    assert_eq!(preview(&sandbox, "").get("access"), None);
    sandbox
        .run("validate --env tset")
        .code(0)
        .says("SD0133")
        .says("--env test");

    let mut default = sandbox.command(&["preview", "--json"]);
    sandbox.file(
        "home-of-s/.s/cache/default-env.json",
        "{\"project\":\"shop\",\"default\":\"test\"}",
    );
    default.env(
        "serverless_devs_config_home",
        sandbox.work().join("home-of-s"),
    );
    let ran = sandbox.run_command(default).code(0);
    assert!(ran.stdout.contains("t.example.com"), "{}", ran.stdout);
}

#[test]
fn what_is_wrong_anywhere_is_told_at_once() {
    let sandbox = Sandbox::new();
    sandbox.file("public/index.html", "x").file(
        "s.yaml",
        "edition: 3.0.0\nname: shop\nflow: { deploy: [[two], [sites]] }\nactions: { pre-deploy: { run: x } }\nresources:\n  site: { component: site, props: { source: \"${vars.none}\", sorce: 1 } }\n  two: { component: site, props: { source: ./public, sorce: 1 } }\n",
    );
    let told = sandbox.run("validate").code(1).stderr;
    let places: Vec<&str> = told
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--> s.yaml:"))
        .collect();
    assert_eq!(places, ["3:26", "4:24", "6:48", "6:61", "7:54"], "{told}");
}
