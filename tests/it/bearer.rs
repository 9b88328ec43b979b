//! Web requests that are known by a token: it lets in, is kept as a secret, and shows nowhere.

use std::path::Path;
use std::process::Stdio;

use crate::support::{FUNCTION, Sandbox, fetch};

const TOKEN: &str = "cAnArY-bearer.7f3a9+0123456789/abcdefgh";

/// Further properties of the function.
const PROPERTIES: &str = "      triggers:
        - triggerName: web
          triggerType: http
          triggerConfig:
            authType: bearer
            methods: [GET]
            authConfig:
              tokens:
                - { tokenName: first, enable: true, tokenData: \"${secret('TOKEN')}\" }
";

fn manifest() -> String {
    [FUNCTION, PROPERTIES].concat()
}

#[test]
fn a_token_that_is_a_secret_lets_in_and_shows_nowhere() {
    let sandbox = Sandbox::new().with_cloud();
    sandbox
        .file("s.yaml", manifest())
        .file(
            "code/index.py",
            "def handler(event, context): return 'in'\n",
        )
        .file("../token", TOKEN);
    let mut set = sandbox.command(&["secret", "set", "TOKEN"]);
    let token = std::fs::File::open(sandbox.work().join("../token")).unwrap();
    set.stdin(Stdio::from(token));
    sandbox.run_command(set).code(0);

    let mut said = String::new();
    for line in [
        "validate",
        "plan",
        "deploy -y",
        "plan --detailed-exitcode",
        "info",
    ] {
        let ran = sandbox.run(line).code(0);
        said += &ran.stdout;
        said += &ran.stderr;
    }
    assert!(!said.contains("is not known"), "{said}");
    said += &sandbox.state(Path::new(""), "shop").to_string();
    assert!(!said.contains(TOKEN), "{said}");

    let visit = |given: &[(&str, &str)]| {
        let fetched = fetch(sandbox.port(), "127.0.0.1", "/_fc/api/", given);
        (fetched.status, fetched.text())
    };
    let bearer = format!("Bearer {TOKEN}");
    let (status, text) = visit(&[("Authorization", &bearer)]);
    assert_eq!((status, text.contains("in")), (200, true), "{text}");
    let (status, text) = visit(&[]);
    let missing = "Authorization header is expected but missing";
    assert_eq!((status, text.contains(missing)), (403, true), "{text}");
    let (status, text) = visit(&[("Authorization", "Bearer of-another")]);
    let invalid = "access denied due to invalid bearer token";
    assert_eq!((status, text.contains(invalid)), (403, true), "{text}");

    // The service's own answer stands in the way of what it does not take.
    let short = manifest().replace("${secret('TOKEN')}", "too-short");
    sandbox.file("s.yaml", short);
    let refused = sandbox.run("deploy -y").code(1);
    refused.says("authConfig.tokens[0].tokenData");
}
