//! References between resources: by output, in order, known after what they refer to.

use crate::support::{Sandbox, fetch};

fn pages(sandbox: &Sandbox, web_headers: &str, api_headers: &str) {
    sandbox.file("public/index.html", "<h1>Hello</h1>");
    let site = |name: &str, headers: &str| {
        format!(
            "  {name}:\n    component: site\n    props: {{ source: ./public, domain: {name}.test{headers} }}\n"
        )
    };
    let head = "edition: 3.0.0\nname: pair\naccess: local\nresources:\n";
    // The one that refers comes first: order in the file means nothing.
    sandbox.file(
        "s.yaml",
        format!(
            "{head}{}{}",
            site("web", web_headers),
            site("zoo", api_headers)
        ),
    );
}

const LINKED: &str = ", headers: { Access-Control-Allow-Origin: \"${resources.zoo.output.url}\", X-Frame-Options: DENY }";

#[test]
fn an_output_is_filled_in_after_the_deploy_of_what_it_refers_to() {
    let sandbox = Sandbox::new().with_cloud();
    pages(&sandbox, LINKED, "");
    let plan = sandbox.run("plan").code(0).stdout;
    assert!(plan.contains("(known after the deploy)"), "{plan}");
    let deployed = sandbox.run("deploy -y --json").code(0);
    let done: Vec<_> = deployed
        .stdout
        .lines()
        .filter(|l| l.contains("\"type\":\"done\""))
        .collect();
    let position = |id: &str| {
        done.iter()
            .position(|l| l.contains(&format!("\"id\":\"{id}\"")))
            .unwrap()
    };
    assert!(position("zoo.cdn") < position("web.cdn"));
    let page = fetch(sandbox.port(), "web.test", "/", &[]);
    let url = format!("http://zoo.test.localhost:{}/", sandbox.port());
    assert_eq!(
        page.header("access-control-allow-origin"),
        Some(url.as_str())
    );
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    sandbox.run("plan --detailed-exitcode").code(0);
    pages(&sandbox, "", "");
    sandbox.run("deploy -y").code(0);
    assert_eq!(
        fetch(sandbox.port(), "web.test", "/", &[]).header("x-frame-options"),
        None
    );
    sandbox.run("remove -y").code(0);
}

#[test]
fn an_output_that_is_not_there_is_named_with_those_that_are() {
    let sandbox = Sandbox::new();
    pages(
        &sandbox,
        ", headers: { X-Other: \"${resources.zoo.output.ulr}\" }",
        "",
    );
    sandbox
        .run("validate")
        .code(1)
        .says("SD0203")
        .says("did you mean `url`?");
}

#[test]
fn resources_that_wait_for_each_other_are_refused_with_the_path() {
    let sandbox = Sandbox::new();
    pages(
        &sandbox,
        LINKED,
        ", headers: { X-Other: \"${resources.web.output.url}\" }",
    );
    sandbox
        .run("validate")
        .code(1)
        .says("SD0204")
        .says("web.cdn → zoo.cdn → web.cdn");
}

#[test]
fn headers_are_checked() {
    let sandbox = Sandbox::new();
    for bad in [
        "{ 'a b': x }",
        "{ X-A: 5 }",
        "{ X-A: 'line\u{e9}' }",
        "[ x ]",
    ] {
        pages(&sandbox, &format!(", headers: {bad}"), "");
        sandbox.run("validate").code(1).says("SD0202");
    }
}
