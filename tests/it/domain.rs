//! Domains of functions through the real binary: their paths, whose they are, and what they are named.

use serde_json::{Value as Json, json};

use crate::function::{MANIFEST, api, function, shop};
use crate::support::{FUNCTION, Sandbox};

#[test]
fn paths_of_one_domain_lead_to_several_functions_and_go_with_them() {
    let sandbox = shop();
    let api =
        "      customDomain: { domainName: shop.test, protocol: HTTP, route: { path: /api/* } }\n";
    let both = format!("{MANIFEST}      domain: shop.test/work/*\n")
        .replace("      timeout: 10\n", &format!("      timeout: 10\n{api}"));
    sandbox.file("s.yaml", &both).run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    let domain = "/2023-03-30/custom-domains/shop.test";
    let paths = || {
        let (status, shown) = self::api(&sandbox, "GET", domain, &Json::Null);
        let routes = shown["routeConfig"]["routes"].as_array().cloned();
        let mut paths: Vec<String> = routes
            .iter()
            .flatten()
            .map(|route| format!("{}={}", route["path"], route["functionName"]).replace('"', ""))
            .collect();
        paths.sort();
        (status, paths.join(" "))
    };
    assert_eq!(paths(), (200, "/api/*=api /work/*=shop-worker".to_owned()));
    let url = sandbox.run("output api.url.custom_domain").code(0).stdout;
    assert!(url.ends_with("/api/\n"), "{url}");
    sandbox.file(
        "s.yaml",
        MANIFEST.replace("      timeout: 10\n", &format!("      timeout: 10\n{api}")),
    );
    sandbox.run("deploy -y").code(0);
    assert_eq!(paths(), (200, "/api/*=api".to_owned()));
    sandbox.run("remove -y").code(0);
    assert_eq!(paths().0, 404);
}

#[test]
fn a_path_that_leads_to_a_function_of_somebody_else_is_refused_before_anything_happens() {
    let sandbox = shop();
    sandbox.run("deploy -y").code(0);
    let route = json!({ "path": "/api/*", "functionName": "api", "qualifier": "LATEST" });
    let domain = json!({
        "domainName": "shop.test", "protocol": "HTTP", "routeConfig": { "routes": [route] },
    });
    let made = api(&sandbox, "POST", "/2023-03-30/custom-domains", &domain);
    assert_eq!(made.0, 200, "{}", made.1);
    let other = "\
edition: 3.0.0
name: other
access: local
resources:
  mine:
    component: function
    props: { code: ./code, domain: shop.test/api/* }
";
    sandbox.file("s.yaml", other);
    sandbox
        .run("deploy -y")
        .code(1)
        .says("SD0602")
        .says("shop/");
    assert_eq!(function(&sandbox, "other-mine").0, 404);
}

#[test]
fn a_domain_of_its_own_has_the_routes_of_the_manifest() {
    let sandbox = shop();
    let domain = "  site:
    component: fc3-domain
    props:
      region: cn-hangzhou
      domainName: www.shop.test
      protocol: HTTP
      routeConfig:
        routes:
          - { path: /api/*, functionName: '${resources.api.output.functionName}', methods: [GET] }
          - { path: /*, functionName: shop-worker }
";
    sandbox.file("s.yaml", format!("{MANIFEST}{domain}"));
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    let less = domain.replace("          - { path: /*, functionName: shop-worker }\n", "");
    sandbox.file("s.yaml", format!("{MANIFEST}{less}"));
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    let path = "/2023-03-30/custom-domains/www.shop.test";
    let (_, shown) = api(&sandbox, "GET", path, &Json::Null);
    let routes = shown["routeConfig"]["routes"].as_array();
    assert_eq!(routes.map(Vec::len), Some(1), "{shown}");
    sandbox.run("remove -y").code(0);
    assert_eq!(api(&sandbox, "GET", path, &Json::Null).0, 404);
}

#[test]
fn a_domain_that_is_named_automatically_is_named_after_the_function_that_an_output_names() {
    let sandbox = Sandbox::new().with_cloud();
    let manifest = |function: &str| {
        let api = FUNCTION.replace("functionName: api", "functionName: Shop_api");
        format!(
            "{api}  site:
    component: fc3-domain
    props:
      region: cn-hangzhou
      domainName: auto
      protocol: HTTP
      routeConfig:
        routes:
          - {{ path: /*, functionName: '${{{function}}}' }}
"
        )
    };
    sandbox
        .file(
            "code/index.py",
            "def handler(event, context):\n    return 'x'\n",
        )
        .file("s.yaml", manifest("resources.api.output.functionName"));
    let plan = sandbox.run("plan").code(0).stdout;
    assert!(plan.contains("shop-api.fcv3."), "{plan}");
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    sandbox.file("s.yaml", manifest("resources.api.output.functionId"));
    sandbox.run("plan").code(1).says("SD0202").says("`auto`");
}
