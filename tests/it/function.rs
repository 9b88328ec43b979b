//! Functions through the real binary: made, planned, changed, drifted, taken over, removed.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value as Json, json};

use crate::crash::killed_at;
use crate::support::{FUNCTION, Ran, Sandbox};

pub(crate) const MANIFEST: &str = "\
edition: 3.0.0
name: shop
access: local
resources:
  api:
    component: fc3
    props:
      region: cn-hangzhou
      functionName: api
      runtime: python3.10
      handler: index.handler
      code: ./code
      timeout: 10
      environmentVariables: { STAGE: test }
      tags: [{ key: team, value: web }]
      triggers:
        - triggerName: web
          triggerType: http
          triggerConfig: { authType: anonymous, methods: [GET] }
        - triggerName: tick
          triggerType: timer
          triggerConfig: { cronExpression: '@every 1h', payload: now }
  worker:
    component: function
    props:
      code: ./code
      env: { API: '${resources.api.output.url.system_url}' }
";

pub(crate) fn shop() -> Sandbox {
    let sandbox = Sandbox::new().with_cloud();
    sandbox.file("s.yaml", MANIFEST).file(
        "code/index.py",
        "def handler(event, context):\n    return 'hello'\n",
    );
    sandbox
}

fn summary(ran: &Ran) -> Json {
    ran.object("plan")["summary"].clone()
}

/// No two calls have the same nonce.
static CALLS: AtomicU32 = AtomicU32::new(0);

/// Calls the API of the local cloud with its own keys.
pub(crate) fn api(sandbox: &Sandbox, method: &str, path: &str, body: &Json) -> (u16, Json) {
    let keys = std::fs::read_to_string(sandbox.home().join("access.yaml")).unwrap();
    let keys: Json = serde_yaml::from_str(&keys).unwrap();
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let digest = wire::acs3::body_sha256(body.as_bytes());
    let date = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let host = format!("127.0.0.1:{}", sandbox.port());
    let mut headers: Vec<(String, String)> = [
        ("host", host.as_str()),
        ("x-acs-action", "Test"),
        ("x-acs-version", "2023-03-30"),
        ("x-acs-date", &date),
        (
            "x-acs-signature-nonce",
            &format!("nonce-{}", CALLS.fetch_add(1, Ordering::Relaxed)),
        ),
        ("x-acs-content-sha256", &digest),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let call = wire::acs3::Call {
        method,
        path,
        query: &[],
        headers: &headers,
        body_sha256: &digest,
    };
    let text = |name: &str| keys["local"][name].as_str().unwrap();
    let signed = wire::acs3::sign(&call, text("access_key_id"), text("access_key_secret"));
    headers.push(("authorization".to_owned(), signed));
    let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in &headers {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut stream = TcpStream::connect(&host).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

pub(crate) fn function(sandbox: &Sandbox, name: &str) -> (u16, Json) {
    let path = format!("/2023-03-30/functions/{name}");
    api(sandbox, "GET", &path, &Json::Null)
}

#[test]
fn a_function_lives_from_deploy_to_remove() {
    let sandbox = shop();
    sandbox.run("plan --detailed-exitcode").code(2);
    sandbox
        .run("deploy -y")
        .code(0)
        .says("api.trigger[web] created");
    sandbox.run("plan --detailed-exitcode").code(0);
    let (status, shown) = function(&sandbox, "api");
    assert_eq!(status, 200);
    assert_eq!(shown["environmentVariables"], json!({ "STAGE": "test" }));
    let (_, worker) = function(&sandbox, "shop-worker");
    let url = sandbox.run("output api.url.system_url").code(0).stdout;
    let address = worker["environmentVariables"]["API"].as_str().unwrap();
    assert_eq!(sandbox.stable(address), url.trim_end());
    assert_eq!(worker["handler"], "index.handler");

    sandbox.run("remove -y").code(0);
    assert_eq!(function(&sandbox, "api").0, 404);
    assert_eq!(function(&sandbox, "shop-worker").0, 404);
    let state = sandbox.state("".as_ref(), "shop");
    assert_eq!(state["records"], json!({}));
}

#[test]
fn one_changed_variable_is_one_update_without_an_upload() {
    let sandbox = shop();
    sandbox.run("deploy -y").code(0);
    let (_, before) = function(&sandbox, "api");
    sandbox.file("s.yaml", MANIFEST.replace("STAGE: test", "STAGE: live"));
    let plan = sandbox.run("plan --json").code(0);
    let counts = summary(&plan);
    assert_eq!(
        (&counts["update"], &counts["create"]),
        (&json!(1), &json!(0)),
        "{counts}"
    );
    assert!(!plan.stdout.contains("\"code\""), "{}", plan.stdout);
    sandbox.run("deploy -y").code(0);
    let (_, after) = function(&sandbox, "api");
    assert_eq!(after["environmentVariables"], json!({ "STAGE": "live" }));
    assert_eq!(after["codeChecksum"], before["codeChecksum"]);
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn changed_code_is_shown_by_its_files_and_sent() {
    let sandbox = shop();
    sandbox.run("deploy -y").code(0);
    let (_, before) = function(&sandbox, "api");
    sandbox.file(
        "code/index.py",
        "def handler(event, context):\n    return 'bye'\n",
    );
    let plan = sandbox.run("plan").code(0).stdout;
    assert!(plan.contains("index.py"), "{plan}");
    sandbox.run("deploy -y").code(0);
    let (_, after) = function(&sandbox, "api");
    assert_ne!(after["codeChecksum"], before["codeChecksum"]);
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn changed_code_is_shown_line_by_line_against_what_is_in_the_cloud() {
    let sandbox = shop();
    sandbox
        .file("code/lib/data.bin", [0xff, 0xfe, 1])
        .file("code/lib/names.txt", "a\nb\nc\n");
    sandbox.run("deploy -y").code(0);
    sandbox
        .file(
            "code/index.py",
            "def handler(event, context):\n    return 'bye'\n",
        )
        .file("code/lib/data.bin", [0xff, 0xfe, 2])
        .file("code/lib/new.txt", "new\n");
    let short = sandbox.run("plan").code(0).stdout;
    assert!(!short.contains("return 'hello'"), "{short}");
    let plan = sandbox.run("plan api --diff").code(0).stdout;
    for line in [
        "          def handler(event, context):",
        "        -     return 'hello'",
        "        +     return 'bye'",
    ] {
        assert!(plan.contains(line), "`{line}` is not in\n{plan}");
    }
    // What is no text, new or the same has no lines.
    assert_eq!(plan.matches("        - ").count(), 1, "{plan}");
    assert!(!plan.contains("names.txt"), "{plan}");
}

#[test]
fn what_is_left_out_of_the_manifest_is_taken_back() {
    let sandbox = shop();
    sandbox.run("deploy -y").code(0);
    let (head, rest) = MANIFEST.split_once("        - triggerName: tick").unwrap();
    let (_, rest) = rest.split_once("payload: now }\n").unwrap();
    let less = format!("{head}{rest}")
        .replace("      environmentVariables: { STAGE: test }\n", "")
        .replace("      tags: [{ key: team, value: web }]\n", "")
        .replace("      timeout: 10\n", "");
    sandbox.file("s.yaml", less);
    sandbox
        .run("deploy -y")
        .code(0)
        .says("api.trigger[tick] deleted");
    let (_, shown) = function(&sandbox, "api");
    assert_eq!(shown["environmentVariables"], json!({}));
    assert_eq!(shown["timeout"], 3);
    let tags = shown["tags"].as_array().unwrap();
    assert_eq!(tags.len(), 1, "only the mark: {tags:?}");
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn what_others_changed_is_drift_and_is_put_right() {
    let sandbox = shop();
    sandbox.run("deploy -y").code(0);
    let change = json!({ "environmentVariables": { "STAGE": "hacked", "MORE": "1" } });
    let path = "/2023-03-30/functions/api";
    assert_eq!(api(&sandbox, "PUT", path, &change).0, 200);
    let tick = "/2023-03-30/functions/api/triggers/tick";
    assert!(api(&sandbox, "DELETE", tick, &Json::Null).0 < 300);
    // A trigger that somebody else made in the function is nobody's business.
    let other = json!({
        "triggerName": "other", "triggerType": "timer",
        "triggerConfig": "{\"cronExpression\":\"@every 1h\",\"enable\":true}",
    });
    let triggers = "/2023-03-30/functions/api/triggers";
    assert_eq!(api(&sandbox, "POST", triggers, &other).0, 200);
    let plan = sandbox.run("plan").code(0).stdout;
    assert!(
        plan.contains("hacked") && plan.contains("api.trigger[tick]"),
        "{plan}"
    );
    sandbox.run("deploy -y").code(0);
    let (_, shown) = function(&sandbox, "api");
    assert_eq!(shown["environmentVariables"], json!({ "STAGE": "test" }));
    assert_eq!(api(&sandbox, "GET", tick, &Json::Null).0, 200);
    let other = "/2023-03-30/functions/api/triggers/other";
    assert_eq!(api(&sandbox, "GET", other, &Json::Null).0, 200);
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn a_function_of_somebody_else_is_refused_until_it_is_adopted() {
    let sandbox = shop();
    sandbox.run("deploy -y").code(0);
    std::fs::remove_dir_all(sandbox.work().join(".sdev")).unwrap();
    sandbox.file("s.yaml", MANIFEST.replace("name: shop", "name: other"));
    sandbox.run("deploy -y").code(1).says("SD0602");
    sandbox
        .run("deploy -y --adopt")
        .code(0)
        .says("api.function adopted");
    sandbox.run("plan --detailed-exitcode").code(0);
}

#[test]
fn a_deploy_of_functions_killed_at_any_journaled_point_is_finished_by_the_next() {
    let mut points = 0;
    loop {
        points += 1;
        let sandbox = shop();
        let killed = killed_at(&sandbox, &["deploy", "-y"], points);
        if killed {
            sandbox.run("deploy -y").code(0);
        }
        sandbox.run("plan --detailed-exitcode").code(0);
        let (_, all) = api(&sandbox, "GET", "/2023-03-30/functions", &Json::Null);
        assert_eq!(
            all["functions"].as_array().unwrap().len(),
            2,
            "killed at {points}"
        );
        if !killed {
            break;
        }
    }
    assert!(points > 8, "only {points} points");
}

#[test]
fn a_removal_of_functions_killed_at_any_journaled_point_leaves_nothing_behind() {
    for point in 1.. {
        let sandbox = shop();
        sandbox.run("deploy -y").code(0);
        let killed = killed_at(&sandbox, &["remove", "-y"], point);
        sandbox.run("remove -y").code(0);
        let (_, all) = api(&sandbox, "GET", "/2023-03-30/functions", &Json::Null);
        assert_eq!(all["functions"], json!([]), "killed at {point}");
        if !killed {
            break;
        }
    }
}

#[test]
fn a_function_with_another_name_has_its_triggers_and_the_old_one_none() {
    let sandbox = shop();
    sandbox.run("deploy -y").code(0);
    let renamed = MANIFEST.replace("functionName: api", "functionName: front");
    sandbox.file("s.yaml", renamed);
    sandbox.run("deploy -y").code(0);
    sandbox.run("plan --detailed-exitcode").code(0);
    assert_eq!(function(&sandbox, "api").0, 404);
    let path = "/2023-03-30/functions/front/triggers";
    let (_, all) = api(&sandbox, "GET", path, &Json::Null);
    let names: Vec<&Json> = all["triggers"].as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 2, "{all}");
}

#[test]
fn a_function_that_would_call_itself_is_refused_with_both_places() {
    let sandbox = Sandbox::new();
    let manifest = "\
edition: 3.0.0
name: shop
resources:
  thumbs:
    component: function
    props:
      code: ./code
      on: { bucket: pictures, prefix: in/ }
      env: { OUTPUT_BUCKET: pictures, OUTPUT_PREFIX: small/ }
";
    sandbox
        .file("code/index.py", "def handler(e, c): pass")
        .file("s.yaml", manifest);
    sandbox.run("validate").code(0);
    let looping = manifest.replace("small/", "in/small/");
    sandbox.file("s.yaml", looping);
    let said = sandbox.run("validate").code(1).says("SD0140");
    said.says("here it says where it writes");
}

#[test]
fn what_must_be_made_first_is_refused_away_from_the_local_cloud() {
    let manifest = MANIFEST.replace("      timeout: 10\n", "      logConfig: auto\n");
    let sandbox = shop();
    sandbox.file("s.yaml", &manifest);
    sandbox
        .run("deploy -y")
        .code(0)
        .says("SD0141")
        .says("logConfig");
    sandbox.run("plan --detailed-exitcode").code(0);
    let away = manifest.replace("access: local", "access: prod");
    sandbox.file("s.yaml", away);
    let mut deploy = sandbox.command(&["deploy", "-y"]);
    deploy
        .env("AccountID", "1")
        .env("AccessKeyID", "AK")
        .env("AccessKeySecret", "SK");
    sandbox
        .run_command(deploy)
        .code(1)
        .says("SD0114")
        .says("logConfig");
}

#[test]
fn a_name_that_no_function_may_have_is_told_before_the_deploy() {
    let sandbox = Sandbox::new().with_cloud();
    for (name, is_one) in [
        ("1-bad", false),
        ("bad name", false),
        ("-bad", false),
        ("_good-1", true),
        ("service$function", true),
        (&"a".repeat(65), false),
        (&"a".repeat(64), true),
    ] {
        let manifest = FUNCTION.replace("functionName: api", &format!("functionName: {name}"));
        sandbox
            .file(
                "code/index.py",
                "def handler(event, context):\n    return 'x'\n",
            )
            .file("s.yaml", manifest);
        let plan = sandbox.run("plan");
        if is_one {
            plan.code(0);
        } else {
            plan.code(1)
                .says("SD0202")
                .says("functionName` must be a letter");
        }
    }
}

#[test]
fn a_file_system_that_is_made_automatically_is_there_and_stays() {
    let sandbox = Sandbox::new().with_cloud();
    let more = "      nasConfig: auto\n      environmentVariables: { DATA: /mnt/api }\n";
    let code = "import os\ndef handler(event, context):\n    with open(os.environ['DATA'] + '/calls', 'a+') as f:\n        f.write('x')\n        f.seek(0)\n        return f.read()\n";
    sandbox
        .file("s.yaml", [FUNCTION, more].concat())
        .file("code/index.py", code);
    let deploy = sandbox.run("deploy -y").code(0);
    assert!(!deploy.stderr.contains("SD0141"), "{}", deploy.stderr);
    sandbox.run("plan --detailed-exitcode").code(0);
    assert_eq!(sandbox.run("invoke").code(0).stdout.trim(), "x");
    sandbox.file("code/index.py", format!("# again\n{code}"));
    sandbox.run("deploy -y").code(0);
    assert_eq!(sandbox.run("invoke").code(0).stdout.trim(), "xx");
}
