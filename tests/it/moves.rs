//! What moves in a manifest: to another key, another component, another function, another region. Whatever the order of the
//! steps, what is wanted is there in the end.

use crate::support::{Sandbox, fetch};

const CODE: &str = "def handler(event, context): return 'here'\n";

/// A manifest of these resources, each in flow style.
fn manifest(resources: &[(&str, &str)]) -> String {
    let lines = resources
        .iter()
        .map(|(key, text)| format!("  {key}: {text}\n"));
    format!(
        "edition: 3.0.0\nname: moves\naccess: local\nresources:\n{}",
        lines.collect::<String>()
    )
}

/// An fc3 function with more properties.
fn function(name: &str, more: &str) -> String {
    format!(
        "{{component: fc3, props: {{region: cn-hangzhou, functionName: {name}, runtime: python3.10, handler: index.handler, code: ./code{more}}}}}"
    )
}

fn deployed(sandbox: &Sandbox, resources: &[(&str, &str)]) {
    sandbox.file("s.yaml", manifest(resources));
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.file("code/index.py", CODE);
    sandbox
}

#[test]
fn a_domain_stays_when_another_component_says_it() {
    const HOST: &str = "w.example.com";
    let sandbox = sandbox();
    let trigger = ", triggers: [{triggerName: web, triggerType: http, triggerConfig: {authType: anonymous, methods: [GET]}}]";
    let route = |path: &str| {
        let domain = format!(
            ", customDomain: {{domainName: {HOST}, protocol: HTTP, route: {{path: {path}}}}}"
        );
        function("api", &format!("{trigger}{domain}"))
    };
    let alone = function("api", trigger);
    let domain = |paths: &[&str]| {
        let routes = paths
            .iter()
            .map(|path| format!("{{path: {path}, functionName: api}}"));
        let routes = routes.collect::<Vec<_>>().join(", ");
        format!(
            "{{component: fc3-domain, props: {{region: cn-hangzhou, domainName: {HOST}, protocol: HTTP, routeConfig: {{routes: [{routes}]}}}}}}"
        )
    };
    let answers = |path: &str| fetch(sandbox.port(), HOST, path, &[]).status == 200;

    deployed(&sandbox, &[("api", &route("/a/*"))]);
    assert!(answers("/a/x"));
    deployed(
        &sandbox,
        &[("api", &alone), ("d", &domain(&["/a/*", "/b/*"]))],
    );
    assert!(answers("/a/x") && answers("/b/x"));
    deployed(&sandbox, &[("api", &route("/a/*"))]);
    assert!(answers("/a/x"));
    assert!(!answers("/b/x"), "nobody says this path any more");
}

#[test]
fn reserved_instances_stay_when_a_key_changes() {
    let sandbox = sandbox();
    let api = function("api", ", concurrencyConfig: {reservedConcurrency: 3}");
    deployed(&sandbox, &[("a", &api)]);
    deployed(&sandbox, &[("api", &api)]);
    let reserved = sandbox.run("concurrency get --json").code(0).stdout;
    assert!(reserved.contains("\"reservedConcurrency\":3"), "{reserved}");
}

#[test]
fn a_bucket_trigger_moves_with_its_function_and_to_another() {
    let sandbox = sandbox();
    let bucket = (
        "store",
        "{component: site, props: {source: ./public, bucket: moves-in}}",
    );
    sandbox.file("public/index.html", "<p>in</p>");
    let oss = ", triggers: [{triggerName: put, triggerType: oss, sourceArn: 'acs:oss:cn-hangzhou:1:moves-in', invocationRole: 'acs:ram::1:role/r', triggerConfig: {events: ['oss:ObjectCreated:*'], filter: {key: {prefix: in/, suffix: ''}}}}]";
    let none = "";
    let one = |name: &str, more: &str| function(name, more);
    deployed(&sandbox, &[bucket, ("w", &one("w-one", oss))]);
    // The function gets another name.
    deployed(&sandbox, &[bucket, ("w", &one("w-two", oss))]);
    // The resource gets another key, and the function another name with it.
    deployed(&sandbox, &[bucket, ("v", &one("v-one", oss))]);
    // The trigger goes to another function, before and behind the one that had it.
    let (with, without) = (one("v-one", oss), one("v-one", none));
    let (other, other_with) = (one("u-one", none), one("u-one", oss));
    deployed(&sandbox, &[bucket, ("u", &other_with), ("v", &without)]);
    deployed(&sandbox, &[bucket, ("u", &other), ("v", &with)]);
}

#[test]
fn nothing_moves_to_another_region() {
    let sandbox = sandbox();
    let api = function("api", "");
    deployed(&sandbox, &[("api", &api)]);
    let moved = api.replace("cn-hangzhou", "cn-beijing");
    sandbox.file("s.yaml", manifest(&[("api", &moved)]));
    for line in ["plan", "deploy -y"] {
        sandbox
            .run(line)
            .code(1)
            .says("SD0114")
            .says("`cn-hangzhou` and shall be in `cn-beijing`")
            .says("sdev remove");
    }
    // What is there can be removed, and made there.
    sandbox.run("remove -y").code(0);
    sandbox.run("deploy -y").code(0);
    sandbox.run("invoke").code(0);
}

#[test]
fn functions_of_two_regions_are_two_and_told_before_any_deploy() {
    let sandbox = sandbox();
    let here = function("api", "");
    let there = here.replace("cn-hangzhou", "cn-beijing");
    sandbox.file("s.yaml", manifest(&[("here", &here), ("there", &there)]));
    for line in ["validate", "plan", "deploy -y"] {
        let ran = sandbox.run(line).code(1).says("SD0114");
        assert!(!ran.stderr.contains("SD0604"), "{}", ran.stderr);
    }
}
