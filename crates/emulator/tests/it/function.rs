//! Functions through the API: made, called, changed, deleted; what is refused.

use std::io::{Cursor, Write as _};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use wire::acs3;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::client::{Answer, Cloud, SECRET, exchange, request};

const HANDLER: &str = "def handler(event, context):\n    return {'said': event.decode(), 'by': context.function.name}\n";

/// A zip archive of one file in base64.
pub(crate) fn archive(name: &str, text: &str) -> String {
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = ZipWriter::new(&mut bytes);
    writer
        .start_file(name, SimpleFileOptions::default())
        .unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap();
    STANDARD.encode(bytes.into_inner())
}

/// The function `hello` in Python.
pub(crate) fn hello() -> Json {
    json!({
        "functionName": "hello", "runtime": "python3.10", "handler": "index.handler", "timeout": 20,
        "code": { "zipFile": archive("index.py", HANDLER) },
    })
}

/// A signed call of the API of the cloud at `address`.
pub(crate) async fn fc(
    address: std::net::SocketAddr,
    call: (&str, &str),
    more: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    try_fc(address, call, more, body).await.unwrap()
}

/// The same of a cloud that may be gone.
pub(crate) async fn try_fc(
    address: std::net::SocketAddr,
    (method, target): (&str, &str),
    more: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let nonce = format!("{:?}", SystemTime::now());
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    let mut headers: Vec<(String, String)> = [
        ("host", "127.0.0.1".to_owned()),
        ("x-acs-action", "Any".to_owned()),
        ("x-acs-version", "2023-03-30".to_owned()),
        ("x-acs-date", now.to_string()),
        ("x-acs-signature-nonce", nonce),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let target = format!("/2023-03-30/{target}");
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let signed = acs3::Call {
        method,
        path,
        query: &wire::escape::parse_form(query),
        headers: &headers,
        body_sha256: &acs3::body_sha256(body),
    };
    let authorization = acs3::sign(&signed, "AKID", SECRET);
    headers.push(("authorization".to_owned(), authorization));
    headers.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let bytes = request(method, &target, &headers, body);
    exchange(address, &bytes).await
}

impl Cloud {
    /// A signed call of the API; `target` is below its root.
    pub(crate) async fn fc(&self, method: &str, target: &str, body: &[u8]) -> Answer {
        self.fc_with(method, target, &[], body).await
    }

    pub(crate) async fn fc_with(
        &self,
        method: &str,
        target: &str,
        more: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        fc(self.address(), (method, target), more, body).await
    }

    pub(crate) async fn fc_json(&self, method: &str, target: &str, body: &Json) -> Answer {
        self.fc(method, target, body.to_string().as_bytes()).await
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

#[tokio::test]
async fn a_function_is_made_called_changed_and_deleted() {
    let cloud = Cloud::start().await;
    let made = cloud.fc_json("POST", "functions", &hello()).await;
    assert_eq!(made.status, 200, "{made:?}");
    let shown = made.json();
    assert_eq!(
        shown["functionArn"],
        "acs:fc:cn-hangzhou:1234567890123456:functions/hello"
    );
    assert_eq!(shown["memorySize"], 512);
    assert_eq!(cloud.fc("GET", "functions/hello", b"").await.json(), shown);

    let tail = [("x-fc-log-type", "Tail")];
    let said = cloud
        .fc_with("POST", "functions/hello/invocations", &tail, b"good day")
        .await;
    assert_eq!(said.json(), json!({"said": "good day", "by": "hello"}));
    assert_eq!(said.header("x-fc-error-type"), None);
    let log = STANDARD
        .decode(said.header("x-fc-log-result").unwrap())
        .unwrap();
    let id = said.header("x-fc-request-id").unwrap();
    assert!(
        String::from_utf8(log)
            .unwrap()
            .contains(&format!("FC Invoke Start RequestId: {id}")),
        "{said:?}"
    );

    let other = HANDLER.replace("'said'", "'heard'");
    let change =
        json!({ "code": { "zipFile": archive("index.py", &other) }, "description": "new" });
    let changed = cloud
        .fc_json("PUT", "functions/hello", &change)
        .await
        .json();
    assert_eq!(changed["description"], "new");
    assert_ne!(changed["codeChecksum"], shown["codeChecksum"]);
    assert_eq!(changed["timeout"], 20);
    let said = cloud.fc("POST", "functions/hello/invocations", b"x").await;
    assert_eq!(said.json(), json!({"heard": "x", "by": "hello"}));

    assert_eq!(cloud.fc("DELETE", "functions/hello", b"").await.status, 204);
    let gone = cloud.fc("POST", "functions/hello/invocations", b"x").await;
    assert_eq!(
        (gone.status, &gone.json()["Code"]),
        (404, &json!("FunctionNotFound"))
    );
}

#[tokio::test]
async fn the_archive_of_a_function_can_be_fetched_for_an_hour() {
    let cloud = Cloud::start().await;
    cloud.fc_json("POST", "functions", &hello()).await;
    let code = cloud.fc("GET", "functions/hello/code", b"").await.json();
    let url = code["url"].as_str().unwrap().to_owned();
    let target = url.split_once("://").unwrap().1.split_once('/').unwrap().1;
    let target = format!("/{target}");
    let fetched = cloud.visit("GET", &target, &[]).await;
    assert_eq!(
        STANDARD.encode(&fetched.body),
        hello()["code"]["zipFile"].as_str().unwrap()
    );
    cloud
        .admin("POST", "clock", br#"{"advance_ms":3600001}"#)
        .await;
    assert_eq!(cloud.visit("GET", &target, &[]).await.status, 403);
}

#[tokio::test]
async fn code_comes_by_way_of_a_bucket_too() {
    let cloud = Cloud::with_bucket("private").await;
    let zip = STANDARD.decode(archive("index.py", HANDLER)).unwrap();
    cloud.call("PUT", "/bkt/code.zip", &[], &zip).await;
    let mut new = hello();
    new["code"] = json!({ "ossBucketName": "bkt", "ossObjectName": "code.zip" });
    assert_eq!(cloud.fc_json("POST", "functions", &new).await.status, 200);
    let said = cloud.fc("POST", "functions/hello/invocations", b"x").await;
    assert_eq!(said.json()["said"], "x");
    new["functionName"] = "other".into();
    new["code"]["ossObjectName"] = "nothing".into();
    let refused = cloud.fc_json("POST", "functions", &new).await;
    assert_eq!(
        (refused.status, &refused.json()["Code"]),
        (400, &json!("InvalidArgument"))
    );
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_the_vendors_codes() {
    let cloud = Cloud::start().await;
    cloud.fc_json("POST", "functions", &hello()).await;
    let twice = cloud.fc_json("POST", "functions", &hello()).await;
    assert_eq!(
        (twice.status, &twice.json()["Code"]),
        (409, &json!("FunctionAlreadyExists"))
    );
    let mut broken = hello();
    broken["functionName"] = "broken".into();
    broken["code"]["zipFile"] = STANDARD.encode(b"no archive").into();
    let refused = cloud.fc_json("POST", "functions", &broken).await;
    assert_eq!(
        (refused.status, &refused.json()["Code"]),
        (400, &json!("InvalidArgument"))
    );
    let nobody = cloud.visit("GET", "/2023-03-30/functions", &[]).await;
    assert_eq!(nobody.status, 400);
    let absent = cloud.fc("GET", "functions/hello/triggers/none", b"").await;
    assert_eq!(
        (absent.status, &absent.json()["Code"]),
        (404, &json!("TriggerNotFound"))
    );
    let failing = "def handler(event, context):\n    raise KeyError('x')\n";
    let change = json!({ "code": { "zipFile": archive("index.py", failing) } });
    cloud.fc_json("PUT", "functions/hello", &change).await;
    let failed = cloud.fc("POST", "functions/hello/invocations", b"x").await;
    assert_eq!(failed.status, 200);
    assert_eq!(
        failed.header("x-fc-error-type"),
        Some("UnhandledInvocationError")
    );
    assert_eq!(failed.json()["errorType"], "KeyError");
}

#[tokio::test]
async fn triggers_are_made_shown_changed_and_deleted() {
    let cloud = Cloud::start().await;
    cloud.fc_json("POST", "functions", &hello()).await;
    let new = json!({
        "triggerName": "web", "triggerType": "http",
        "triggerConfig": r#"{"authType":"anonymous","methods":["GET"]}"#,
    });
    let made = cloud
        .fc_json("POST", "functions/hello/triggers", &new)
        .await
        .json();
    let url = made["httpTrigger"]["urlInternet"].as_str().unwrap();
    assert_eq!(url, format!("http://{}/_fc/hello/", cloud.address()));
    let again = cloud
        .fc_json("POST", "functions/hello/triggers", &new)
        .await;
    assert_eq!(again.json()["Code"], "TriggerAlreadyExists");
    let change = json!({ "triggerConfig": r#"{"authType":"function"}"#, "description": "d" });
    let changed = cloud
        .fc_json("PUT", "functions/hello/triggers/web", &change)
        .await
        .json();
    assert_eq!(changed["triggerConfig"], r#"{"authType":"function"}"#);
    let listed = cloud
        .fc("GET", "functions/hello/triggers", b"")
        .await
        .json();
    assert_eq!(listed["triggers"], json!([changed]));
    assert_eq!(
        cloud
            .fc("DELETE", "functions/hello/triggers/web", b"")
            .await
            .status,
        204
    );
    let listed = cloud
        .fc("GET", "functions/hello/triggers", b"")
        .await
        .json();
    assert_eq!(listed["triggers"], json!([]));
}

/// Whether a process of this machine has the word in its command.
pub(crate) fn runs(word: &str) -> bool {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let mut lines = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.any(|line| {
        line.split(|byte| *byte == 0)
            .any(|part| part == word.as_bytes())
    })
}

#[tokio::test]
async fn functions_outlive_the_cloud_and_their_processes_do_not() {
    let cloud = Cloud::start().await;
    cloud.fc_json("POST", "functions", &hello()).await;
    let seconds = format!("7{}", std::process::id());
    let starts = format!(
        "import subprocess\ndef handler(event, context):\n    subprocess.Popen(['sleep', '{seconds}'], start_new_session=True)\n    return 'started'\n"
    );
    let change = json!({ "code": { "zipFile": archive("index.py", &starts) } });
    cloud.fc_json("PUT", "functions/hello", &change).await;
    let said = cloud.fc("POST", "functions/hello/invocations", b"").await;
    assert_eq!(said.text(), "started");
    // A process has its new command a moment after whoever started it goes on.
    let end = SystemTime::now() + Duration::from_secs(5);
    while !runs(&seconds) {
        assert!(SystemTime::now() < end, "the process never ran");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let Cloud { running, folder } = cloud;
    running.stop().await;
    let end = SystemTime::now() + Duration::from_secs(5);
    while runs(&seconds) {
        assert!(SystemTime::now() < end, "the process is still there");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let settings = crate::client::settings(folder.path().to_owned(), 0);
    let running = emulator::LocalCloud::start(settings).await.unwrap();
    let cloud = Cloud { running, folder };
    let said = cloud.fc("POST", "functions/hello/invocations", b"").await;
    assert_eq!(said.status, 200, "{said:?}");
}

const WEB: &str = "import json
def handler(event, context):
    request = json.loads(event)
    if request['rawPath'] == '/fail':
        raise ValueError('on purpose')
    return {'statusCode': 201, 'headers': {'x-own': 'yes'}, 'body': json.dumps([request['rawPath'],
            request['queryParameters'], request['body'], request['requestContext']['http']['method']])}
";

async fn web(cloud: &Cloud, config: &str) {
    let mut new = hello();
    new["code"]["zipFile"] = archive("index.py", WEB).into();
    cloud.fc_json("POST", "functions", &new).await;
    let trigger = json!({ "triggerName": "web", "triggerType": "http", "triggerConfig": config });
    let made = cloud
        .fc_json("POST", "functions/hello/triggers", &trigger)
        .await;
    assert_eq!(made.status, 200, "{made:?}");
}

#[tokio::test]
async fn a_web_request_becomes_an_event_and_its_answer_a_response() {
    let cloud = Cloud::start().await;
    web(&cloud, r#"{"authType":"anonymous","methods":["GET"]}"#).await;
    let said = cloud.visit("GET", "/_fc/hello/a%20b?c=d", &[]).await;
    assert_eq!(said.status, 201, "{said:?}");
    assert_eq!(said.header("x-own"), Some("yes"));
    assert_eq!(said.json(), json!(["/a%20b", {"c": "d"}, "", "GET"]));
    assert!(said.header("x-fc-request-id").is_some());
    let failed = cloud.visit("GET", "/_fc/hello/fail", &[]).await;
    assert_eq!(failed.status, 502);
    assert_eq!(
        failed.header("x-fc-error-type"),
        Some("UnhandledInvocationError")
    );
    assert_eq!(cloud.visit("POST", "/_fc/hello/", &[]).await.status, 405);
    assert_eq!(cloud.visit("GET", "/_fc/nobody/", &[]).await.status, 404);
    let long = format!("/_fc/hello/?{}", "x".repeat(5000));
    assert_eq!(cloud.visit("GET", &long, &[]).await.status, 400);
}

#[tokio::test]
async fn a_trigger_for_signed_requests_takes_no_others() {
    let cloud = Cloud::start().await;
    web(&cloud, r#"{"authType":"function"}"#).await;
    assert_eq!(cloud.visit("GET", "/_fc/hello/", &[]).await.status, 403);
    let change =
        json!({ "triggerConfig": r#"{"authType":"anonymous","disableURLInternet":true}"# });
    cloud
        .fc_json("PUT", "functions/hello/triggers/web", &change)
        .await;
    assert_eq!(cloud.visit("GET", "/_fc/hello/", &[]).await.status, 403);
}

#[tokio::test]
async fn a_domain_leads_to_functions_by_its_routes() {
    let cloud = Cloud::start().await;
    web(&cloud, r#"{"authType":"anonymous"}"#).await;
    let domain = json!({
        "domainName": "api.shop.test", "protocol": "HTTP",
        "routeConfig": { "routes": [{
            "path": "/v1/*", "functionName": "hello", "methods": ["GET"],
            "rewriteConfig": { "wildcardRules": [{ "match": "/v1/*", "replacement": "/$1" }] },
        }]},
    });
    let made = cloud.fc_json("POST", "custom-domains", &domain).await;
    assert_eq!(made.json()["routeConfig"], domain["routeConfig"]);
    let again = cloud.fc_json("POST", "custom-domains", &domain).await;
    assert_eq!(again.json()["Code"], "DomainNameAlreadyExists");
    let host = [("host", "api.shop.test")];
    let said = cloud.visit("GET", "/v1/items?x=1", &host).await;
    assert_eq!(said.json(), json!(["/items", {"x": "1"}, "", "GET"]));
    assert_eq!(cloud.visit("POST", "/v1/items", &host).await.status, 405);
    assert_eq!(cloud.visit("GET", "/v2", &host).await.status, 404);
    let local = [("host", "api.shop.test.localhost:80")];
    assert_eq!(cloud.visit("GET", "/v1/", &local).await.status, 201);
    assert_eq!(
        cloud
            .visit("GET", "/_site/api.shop.test/v1/x", &[])
            .await
            .status,
        201
    );
    let change = json!({ "routeConfig": { "routes": [] } });
    cloud
        .fc_json("PUT", "custom-domains/api.shop.test", &change)
        .await;
    assert_eq!(cloud.visit("GET", "/v1/items", &host).await.status, 404);
    assert_eq!(
        cloud
            .fc("DELETE", "custom-domains/api.shop.test", b"")
            .await
            .status,
        204
    );
    let gone = cloud.fc("GET", "custom-domains/api.shop.test", b"").await;
    assert_eq!(gone.json()["Code"], "DomainNameNotFound");
}

#[tokio::test]
async fn a_web_token_opens_triggers_and_domains_alike() {
    let cloud = Cloud::start().await;
    let key = "YW4tZXhhbXBsZS1vZi1hLXNoYXJlZC1rZXktd2l0aC1hdC1sZWFzdC02NC1ieXRlcy1pbi1pdC1mb3Itc2hhLTUxMg";
    let token = "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.WnUegCBMQBpASXLxjCc-bPeWwbRcXQaW5fVKFH9ogEw";
    let auth = json!({
        "jwks": { "keys": [{ "kty": "oct", "k": key }] },
        "tokenLookup": "header:Authorization:Bearer ", "claimPassBy": "query:sub:who",
        "whitelist": ["/open"],
    });
    let config = json!({ "authType": "jwt", "authConfig": auth });
    web(&cloud, &config.to_string()).await;
    let domain = json!({
        "domainName": "api.shop.test", "protocol": "HTTP",
        "authConfig": { "authType": "jwt", "authInfo": auth.to_string() },
        "routeConfig": { "routes": [{ "path": "/*", "functionName": "hello" }] },
    });
    cloud.fc_json("POST", "custom-domains", &domain).await;
    for (start, host) in [("/_fc/hello", "localhost"), ("", "api.shop.test")] {
        let host = ("host", host);
        let with = [host, ("authorization", token)];
        let forged = [host, ("authorization", &token[..token.len() - 2])];
        let at = |path: &str| format!("{start}{path}");
        let said = cloud.visit("GET", &at("/a?who=root"), &with).await;
        assert_eq!(said.json()[1], json!({ "who": "ann" }));
        assert_eq!(cloud.visit("GET", &at("/a"), &[host]).await.status, 403);
        assert_eq!(cloud.visit("GET", &at("/a"), &forged).await.status, 403);
        assert_eq!(cloud.visit("GET", &at("/open"), &[host]).await.status, 201);
    }
}

#[tokio::test]
async fn what_a_function_writes_can_be_read_by_its_request() {
    let cloud = Cloud::start().await;
    let mut new = hello();
    let text = "def handler(event, context):\n    print('heard', event.decode())\n";
    new["code"]["zipFile"] = archive("index.py", text).into();
    cloud.fc_json("POST", "functions", &new).await;
    let mut ids = Vec::new();
    for word in ["one", "two"] {
        let said = cloud
            .fc("POST", "functions/hello/invocations", word.as_bytes())
            .await;
        ids.push(said.header("x-fc-request-id").unwrap().to_owned());
    }
    let lines = |target: String| {
        let cloud = &cloud;
        async move {
            let found = cloud.admin("GET", &target, b"").await.text();
            let lines = found
                .lines()
                .map(|line| serde_json::from_str::<Json>(line).unwrap());
            let texts = lines.map(|line| line["text"].as_str().unwrap().to_owned());
            texts
                .filter(|text| text.starts_with("heard"))
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(
        lines("logs?function=hello".into()).await,
        ["heard one", "heard two"]
    );
    let one = format!("logs?function=hello&request={}", ids[0]);
    assert_eq!(lines(one).await, ["heard one"]);
    assert_eq!(
        lines("logs?function=hello&text=two".into()).await,
        ["heard two"]
    );
    assert_eq!(cloud.admin("GET", "logs", b"").await.status, 400);
}

#[tokio::test]
async fn settings_are_put_shown_listed_and_deleted() {
    let cloud = Cloud::start().await;
    cloud.fc_json("POST", "functions", &hello()).await;
    for (path, list, body, field) in [
        (
            "async-invoke-config",
            "async-invoke-configs",
            json!({"maxAsyncRetryAttempts": 1}),
            "maxAsyncRetryAttempts",
        ),
        (
            "concurrency",
            "concurrency-configs",
            json!({"reservedConcurrency": 1}),
            "reservedConcurrency",
        ),
        (
            "provision-config",
            "provision-configs",
            json!({"defaultTarget": 1}),
            "target",
        ),
        (
            "scaling-config",
            "scaling-configs",
            json!({"minInstances": 1}),
            "targetInstances",
        ),
    ] {
        let target = format!("functions/hello/{path}");
        let absent = cloud.fc("GET", &target, b"").await;
        assert_eq!(absent.status, 404, "{path}: {absent:?}");
        let put = cloud.fc_json("PUT", &target, &body).await;
        assert_eq!(
            (put.status, &put.json()[field]),
            (200, &json!(1)),
            "{path}: {put:?}"
        );
        let listed = cloud
            .fc("GET", &format!("{list}?functionName=hello"), b"")
            .await
            .json();
        let lists: Vec<_> = listed.as_object().unwrap().values().collect();
        assert_eq!(lists[0][0][field], 1, "{path}: {listed}");
        assert_eq!(cloud.fc("DELETE", &target, b"").await.status, 204, "{path}");
        assert_eq!(cloud.fc("GET", &target, b"").await.status, 404, "{path}");
    }
    let bound = cloud
        .fc_json(
            "POST",
            "functions/hello/vpc-bindings",
            &json!({"vpcId": "vpc-1"}),
        )
        .await;
    assert_eq!(bound.status, 200);
    let shown = cloud
        .fc("GET", "functions/hello/vpc-bindings", b"")
        .await
        .json();
    assert_eq!(shown["vpcIds"], json!(["vpc-1"]));
}

/// Waits until there are so many instances, none of them `but`; their ids.
async fn instances(cloud: &Cloud, wanted: usize, but: &[String]) -> Vec<String> {
    let end = SystemTime::now() + Duration::from_secs(20);
    loop {
        let shown = cloud.fc("GET", "functions/hello/instances", b"").await;
        let shown = shown.json();
        let ids = shown["instances"].as_array().unwrap().iter();
        let ids: Vec<String> = ids
            .map(|one| one["instanceId"].as_str().unwrap().to_owned())
            .collect();
        if ids.len() == wanted && ids.iter().all(|id| !but.contains(id)) {
            return ids;
        }
        assert!(SystemTime::now() < end, "{shown}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn instances_are_kept_warm_and_replaced_with_the_code() {
    let cloud = Cloud::start().await;
    cloud.fc_json("POST", "functions", &hello()).await;
    cloud
        .fc_json(
            "PUT",
            "functions/hello/provision-config",
            &json!({"defaultTarget": 2}),
        )
        .await;
    let first = instances(&cloud, 2, &[]).await;
    let other = HANDLER.replace("'said'", "'heard'");
    let change = json!({ "code": { "zipFile": archive("index.py", &other) } });
    cloud.fc_json("PUT", "functions/hello", &change).await;
    instances(&cloud, 2, &first).await;
    let said = cloud.fc("POST", "functions/hello/invocations", b"x").await;
    assert_eq!(said.json()["heard"], "x");
}

#[tokio::test]
async fn calls_beyond_the_reserved_instances_and_of_a_disabled_function_are_refused() {
    let cloud = Cloud::start().await;
    let mut new = hello();
    let slow = "import time\ndef handler(event, context):\n    time.sleep(1)\n    return 'done'\n";
    new["code"]["zipFile"] = archive("index.py", slow).into();
    cloud.fc_json("POST", "functions", &new).await;
    cloud
        .fc_json(
            "PUT",
            "functions/hello/concurrency",
            &json!({"reservedConcurrency": 1}),
        )
        .await;
    let call = || cloud.fc("POST", "functions/hello/invocations", b"");
    let (one, two) = tokio::join!(call(), call());
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 429]);
    cloud
        .fc_json("POST", "functions/hello/invoke/disable", &json!({}))
        .await;
    assert_eq!(call().await.status, 403);
    cloud
        .fc_json("POST", "functions/hello/invoke/enable", &json!({}))
        .await;
    assert_eq!(call().await.status, 200);
}

#[tokio::test]
async fn calls_that_go_on_are_ended_when_that_is_asked_with_the_refusal_of_others() {
    let cloud = Cloud::start().await;
    let mut new = hello();
    let slow = "import time\ndef handler(event, context):\n    print('begun', flush=True)\n    time.sleep(60)\n";
    new["code"]["zipFile"] = archive("index.py", slow).into();
    new["timeout"] = 120.into();
    cloud.fc_json("POST", "functions", &new).await;
    let call = || cloud.fc("POST", "functions/hello/invocations", b"");
    let disable = async |abort: bool| {
        let body = json!({ "abortOngoingRequest": abort });
        let path = "functions/hello/invoke/disable";
        let reply = cloud.fc_json("POST", path, &body).await;
        assert_eq!(reply.json(), json!({"success": true}));
    };
    let begun = std::time::Instant::now();
    let ended = async {
        instances(&cloud, 2, &[]).await;
        disable(false).await;
        instances(&cloud, 2, &[]).await;
        disable(true).await;
    };
    let (one, two, ()) = tokio::join!(call(), call(), ended);
    assert!(begun.elapsed() < std::time::Duration::from_secs(50));
    for answer in [one, two] {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(
            answer.json(),
            json!({"errorMessage": "the call was stopped"})
        );
    }
    instances(&cloud, 0, &[]).await;
    assert_eq!(call().await.status, 403);
}

#[tokio::test]
async fn what_is_reserved_holds_for_instances_that_run_already() {
    let cloud = Cloud::start().await;
    let mut new = hello();
    let slow = "import time\ndef handler(event, context):\n    time.sleep(1)\n    return 'done'\n";
    new["code"]["zipFile"] = archive("index.py", slow).into();
    cloud.fc_json("POST", "functions", &new).await;
    let keep = json!({"defaultTarget": 2});
    let kept = cloud.fc_json("PUT", "functions/hello/provision-config", &keep);
    assert_eq!(kept.await.status, 200);
    let reserve = async |number: u32| {
        let body = json!({ "reservedConcurrency": number });
        let put = cloud.fc_json("PUT", "functions/hello/concurrency", &body);
        assert_eq!(put.await.status, 200);
    };
    let call = || cloud.fc("POST", "functions/hello/invocations", b"");
    let four = async || {
        let (a, b, c, d) = tokio::join!(call(), call(), call(), call());
        let mut statuses = [a.status, b.status, c.status, d.status];
        statuses.sort_unstable();
        statuses
    };
    assert_eq!(four().await, [200; 4]);
    instances(&cloud, 4, &[]).await;
    reserve(1).await;
    instances(&cloud, 1, &[]).await;
    assert_eq!(four().await, [200, 429, 429, 429]);
    reserve(0).await;
    instances(&cloud, 0, &[]).await;
    assert_eq!(call().await.status, 429);
    reserve(2).await;
    instances(&cloud, 2, &[]).await;
    assert_eq!(call().await.status, 200);
}

#[tokio::test]
async fn a_file_system_is_shared_by_functions_and_stays() {
    let cloud = Cloud::start().await;
    let text = "import os\ndef handler(event, context):\n    path = os.environ['FILE']\n    if event:\n        open(path, 'wb').write(event)\n    return open(path, 'rb').read()\n";
    let mut new = hello();
    new["code"]["zipFile"] = archive("index.py", text).into();
    new["environmentVariables"] = json!({"FILE": "/mnt/data/file"});
    new["nasConfig"] = json!({
        "userId": 0, "groupId": 0,
        "mountPoints": [{"serverAddr": "a.cn-hangzhou.nas.aliyuncs.com:/x", "mountDir": "/mnt/data"}],
    });
    cloud.fc_json("POST", "functions", &new).await;
    let said = cloud
        .fc("POST", "functions/hello/invocations", b"kept")
        .await;
    assert_eq!(said.text(), "kept");
    new["functionName"] = "other".into();
    cloud.fc_json("POST", "functions", &new).await;
    let said = cloud.fc("POST", "functions/other/invocations", b"").await;
    assert_eq!(said.text(), "kept", "{said:?}");
}

#[tokio::test]
async fn what_refused_calls_is_shown_with_its_reason_and_time() {
    let cloud = Cloud::start().await;
    cloud.fc_json("POST", "functions", &hello()).await;
    let shown = async || {
        let function = cloud.fc("GET", "functions/hello", b"").await.json();
        function["invocationRestriction"].clone()
    };
    assert_eq!(shown().await, json!({"disable": false}));
    let path = "functions/hello/invoke/disable";
    let reply = cloud
        .fc_json("POST", path, &json!({"reason": "rest"}))
        .await;
    assert_eq!(reply.json(), json!({"success": true}));
    let restriction = shown().await;
    assert_eq!(
        (&restriction["disable"], &restriction["reason"]),
        (&json!(true), &json!("rest"))
    );
    assert!(restriction["lastModifiedTime"].is_string(), "{restriction}");
    let reply = cloud.fc("POST", "functions/hello/invoke/enable", b"").await;
    assert_eq!(reply.json(), json!({"success": true}));
    let restriction = shown().await;
    assert_eq!(
        (&restriction["disable"], &restriction["reason"]),
        (&json!(false), &json!(null))
    );
}

#[tokio::test]
async fn all_tags_are_taken_as_the_python_client_asks_and_lists_name_their_request() {
    let cloud = Cloud::start().await;
    let mut new = hello();
    new["tags"] = json!([{"Key": "team", "Value": "a"}]);
    cloud.fc_json("POST", "functions", &new).await;
    let list = "tags-v2?ResourceType=function&ResourceId=%5B%22hello%22%5D";
    let before = cloud.fc("GET", list, b"").await.json();
    assert_eq!(before["TagResources"][0]["TagKey"], "team");
    assert!(before["RequestId"].is_string(), "{before}");
    cloud.fc("DELETE", &format!("{list}&All=True"), b"").await;
    let after = cloud.fc("GET", list, b"").await.json();
    assert_eq!(after["TagResources"], json!([]));
}

#[tokio::test]
async fn a_runtime_that_cannot_run_here_is_refused_when_the_function_is_made() {
    let cloud = Cloud::start().await;
    cloud.fc_json("POST", "functions", &hello()).await;
    for (runtime, words) in [("dotnetcore3.1", "does not serve the runtime dotnetcore3.1")] {
        let mut new = hello();
        new["functionName"] = "other".into();
        new["runtime"] = runtime.into();
        let made = cloud.fc_json("POST", "functions", &new).await;
        assert_eq!(made.status, 501, "{made:?}");
        assert!(made.text().contains(words), "{made:?}");
        let change = json!({ "runtime": runtime });
        let changed = cloud.fc_json("PUT", "functions/hello", &change).await;
        assert_eq!(changed.status, 501, "{changed:?}");
    }
    assert_eq!(cloud.fc("GET", "functions/other", b"").await.status, 404);
    let kept = cloud.fc("GET", "functions/hello", b"").await.json();
    assert_eq!(kept["runtime"], hello()["runtime"]);
}

#[tokio::test]
async fn regions_are_told_and_functions_change_their_group() {
    let cloud = Cloud::start().await;
    let told = cloud.fc("GET", "regions", b"").await.json();
    assert_eq!(told["Regions"]["Region"][0]["RegionId"], "cn-hangzhou");
    cloud.fc_json("POST", "functions", &hello()).await;
    for (id, group, before) in [
        ("hello", "rg-1", ""),
        (
            "acs:fc:cn-hangzhou:1234567890123456:functions/hello",
            "rg-2",
            "rg-1",
        ),
    ] {
        let change =
            json!({ "ResourceType": "function", "ResourceId": id, "NewResourceGroupId": group });
        let changed = cloud.fc_json("PUT", "resource-groups", &change).await;
        let expected =
            json!({ "ResourceId": id, "NewResourceGroupId": group, "OldResourceGroupId": before });
        assert_eq!((changed.status, changed.json()), (200, expected));
    }
    let shown = cloud.fc("GET", "functions/hello", b"").await.json();
    assert_eq!(shown["resourceGroupId"], "rg-2");
    for (change, status) in [
        (
            json!({ "ResourceId": "absent", "NewResourceGroupId": "rg-1" }),
            404,
        ),
        (
            json!({ "ResourceId": "hello", "NewResourceGroupId": "" }),
            400,
        ),
        (
            json!({ "ResourceType": "layer", "ResourceId": "hello", "NewResourceGroupId": "rg-1" }),
            400,
        ),
    ] {
        let answer = cloud.fc_json("PUT", "resource-groups", &change).await;
        assert_eq!(answer.status, status, "{change}");
    }
}
