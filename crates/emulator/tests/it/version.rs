//! Versions and aliases of functions: published, called, weighted, kept over a restart, deleted.

use serde_json::{Value as Json, json};

use emulator::LocalCloud;

use crate::client::{Answer, Cloud, settings};
use crate::function::{archive, hello};

/// Answers with the word, the version and the qualifier that the code was told.
fn saying(word: &str) -> String {
    let code = format!(
        "import os\ndef handler(event, context):\n    return [{word:?}, os.environ['FC_VERSION_ID'], os.environ['FC_QUALIFIER']]\n"
    );
    archive("index.py", &code)
}

async fn update(cloud: &Cloud, word: &str) {
    let change = json!({ "code": { "zipFile": saying(word) } });
    let changed = cloud.fc_json("PUT", "functions/hello", &change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
}

async fn publish(cloud: &Cloud, word: &str) -> Json {
    update(cloud, word).await;
    let body = json!({ "description": word });
    let published = cloud
        .fc_json("POST", "functions/hello/versions", &body)
        .await;
    assert_eq!(published.status, 200, "{published:?}");
    published.json()["versionId"].clone()
}

async fn call(cloud: &Cloud, qualifier: &str) -> Answer {
    let target = format!("functions/hello/invocations?qualifier={qualifier}");
    cloud.fc("POST", &target, b"").await
}

/// A cloud with versions 1 and 2 of `hello`, and newer code that is not published.
async fn versions() -> Cloud {
    let cloud = Cloud::start().await;
    cloud.fc_json("POST", "functions", &hello()).await;
    assert_eq!(publish(&cloud, "one").await, "1");
    assert_eq!(publish(&cloud, "two").await, "2");
    update(&cloud, "new").await;
    cloud
}

async fn alias(cloud: &Cloud, method: &str, body: &Json) -> Answer {
    let target = match method {
        "PUT" => "functions/hello/aliases/prod",
        _ => "functions/hello/aliases",
    };
    cloud.fc_json(method, target, body).await
}

fn refusal(answer: &Answer) -> (u16, Json) {
    (answer.status, answer.json()["Code"].clone())
}

#[tokio::test]
async fn a_version_stays_what_it_was() {
    let cloud = versions().await;
    for (qualifier, expected) in [
        ("1", json!(["one", "1", "1"])),
        ("2", json!(["two", "2", "2"])),
        ("LATEST", json!(["new", "LATEST", "LATEST"])),
    ] {
        assert_eq!(call(&cloud, qualifier).await.json(), expected);
    }
    let first = cloud.fc("GET", "functions/hello?qualifier=1", b"").await;
    let latest = cloud.fc("GET", "functions/hello", b"").await;
    assert_ne!(first.json()["codeChecksum"], latest.json()["codeChecksum"]);
    assert_eq!(
        first.json()["functionArn"],
        "acs:fc:cn-hangzhou:1234567890123456:functions/hello/1"
    );
    let gone = call(&cloud, "3").await;
    assert_eq!(refusal(&gone), (404, json!("VersionNotFound")));
}

#[tokio::test]
async fn versions_aliases_and_their_code_outlive_the_cloud() {
    let Cloud { running, folder } = versions().await;
    running.stop().await;
    let settings = settings(folder.path().to_owned(), 0);
    let running = LocalCloud::start(settings).await.unwrap();
    let cloud = Cloud { running, folder };
    alias(
        &cloud,
        "POST",
        &json!({"aliasName": "prod", "versionId": "1"}),
    )
    .await;
    assert_eq!(
        call(&cloud, "prod").await.json(),
        json!(["one", "1", "prod"])
    );
    assert_eq!(call(&cloud, "2").await.json(), json!(["two", "2", "2"]));
}

#[tokio::test]
async fn versions_are_listed_either_way_and_their_numbers_are_not_given_again() {
    let cloud = versions().await;
    let list = async |query: &str| {
        let target = format!("functions/hello/versions?{query}");
        let listed = cloud.fc("GET", &target, b"").await.json();
        let ids = listed["versions"].as_array().unwrap().iter();
        let ids: Vec<String> = ids
            .map(|version| version["versionId"].as_str().unwrap().to_owned())
            .collect();
        (ids.join(" "), listed["nextToken"].clone())
    };
    assert_eq!(publish(&cloud, "three").await, "3");
    assert_eq!(list("").await, ("3 2 1".to_owned(), Json::Null));
    assert_eq!(list("limit=2").await, ("3 2".to_owned(), json!("1")));
    assert_eq!(list("limit=2&nextToken=1").await.0, "1");
    assert_eq!(
        list("direction=FORWARD&limit=2").await,
        ("1 2".to_owned(), json!("3"))
    );
    assert_eq!(list("direction=FORWARD&nextToken=3").await.0, "3");

    let deleted = cloud.fc("DELETE", "functions/hello/versions/3", b"").await;
    assert_eq!(deleted.status, 204);
    assert_eq!(
        refusal(&call(&cloud, "3").await),
        (404, json!("VersionNotFound"))
    );
    assert_eq!(publish(&cloud, "four").await, "4");
}

#[tokio::test]
async fn an_alias_leads_to_a_version_and_can_be_moved() {
    let cloud = versions().await;
    let made = alias(
        &cloud,
        "POST",
        &json!({"aliasName": "prod", "versionId": "1"}),
    )
    .await;
    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(
        call(&cloud, "prod").await.json(),
        json!(["one", "1", "prod"])
    );
    let moved = alias(
        &cloud,
        "PUT",
        &json!({"versionId": "2", "description": "now"}),
    )
    .await;
    assert_eq!(moved.json()["description"], "now");
    assert_eq!(
        call(&cloud, "prod").await.json(),
        json!(["two", "2", "prod"])
    );

    for (body, expected) in [
        (json!({"versionId": "9"}), (404, "VersionNotFound")),
        (
            json!({"additionalVersionWeight": {"9": 0.1}}),
            (404, "VersionNotFound"),
        ),
        (
            json!({"additionalVersionWeight": {"1": 2}}),
            (400, "InvalidArgument"),
        ),
    ] {
        let refused = alias(&cloud, "PUT", &body).await;
        assert_eq!(refusal(&refused), (expected.0, json!(expected.1)), "{body}");
    }
    let twice = alias(
        &cloud,
        "POST",
        &json!({"aliasName": "prod", "versionId": "1"}),
    )
    .await;
    assert_eq!(refusal(&twice), (409, json!("AliasAlreadyExists")));

    let removed = cloud.fc("DELETE", "functions/hello/versions/2", b"").await;
    assert_eq!(removed.status, 204);
    assert_eq!(
        refusal(&call(&cloud, "prod").await),
        (404, json!("VersionNotFound"))
    );
    let gone = cloud
        .fc("DELETE", "functions/hello/aliases/prod", b"")
        .await;
    assert_eq!(gone.status, 204);
    assert_eq!(
        refusal(&call(&cloud, "prod").await),
        (404, json!("AliasNotFound"))
    );
}

#[tokio::test]
async fn an_alias_shares_calls_out_by_weight() {
    let cloud = versions().await;
    let body =
        json!({"aliasName": "prod", "versionId": "1", "additionalVersionWeight": {"2": 0.25}});
    alias(&cloud, "POST", &body).await;
    let mut twos = 0;
    for _ in 0..40 {
        let said = call(&cloud, "prod").await.json();
        twos += u32::from(said == json!(["two", "2", "prod"]));
    }
    assert!((9..=11).contains(&twos), "{twos}");
}

#[tokio::test]
async fn a_web_address_leads_by_an_alias_whatever_its_capitals() {
    let cloud = versions().await;
    let body = json!({"aliasName": "Prod", "versionId": "1"});
    alias(&cloud, "POST", &body).await;
    let config = json!({"authType": "anonymous", "methods": ["GET"]}).to_string();
    let trigger = json!({"triggerName": "web", "triggerType": "http", "qualifier": "Prod", "triggerConfig": config});
    let made = cloud
        .fc_json("POST", "functions/hello/triggers", &trigger)
        .await;
    assert_eq!(made.status, 200, "{made:?}");
    let host = [("host", "hello.prod.cn-hangzhou.fcapp.run")];
    for (path, headers) in [("/_fc/hello.Prod/", &[][..]), ("/", &host[..])] {
        let seen = cloud.visit("GET", path, headers).await;
        assert_eq!(
            (seen.status, seen.json()),
            (200, json!(["one", "1", "Prod"])),
            "{path}"
        );
    }
}

/// Waits for an instance by a qualifier that `fits`; its id.
async fn instance(cloud: &Cloud, qualifier: &str, fits: impl Fn(&Json) -> bool) -> String {
    let target = format!("functions/hello/instances?qualifier={qualifier}");
    for _ in 0..500 {
        let listed = cloud.fc("GET", &target, b"").await.json();
        let mut all = listed["instances"].as_array().unwrap().iter();
        if let Some(found) = all.find(|instance| fits(instance)) {
            return found["instanceId"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no such instance by {qualifier}");
}

#[tokio::test]
async fn instances_that_are_kept_are_replaced_after_an_update() {
    let cloud = versions().await;
    let target = "functions/hello/provision-config?qualifier=LATEST";
    let put = cloud
        .fc_json("PUT", target, &json!({"defaultTarget": 1}))
        .await;
    assert_eq!(put.status, 200, "{put:?}");
    let before = instance(&cloud, "LATEST", |_| true).await;
    update(&cloud, "newer").await;
    let is_new = |kept: &Json| kept["instanceId"] != before;
    instance(&cloud, "LATEST", is_new).await;
}

#[tokio::test]
async fn instances_are_kept_for_what_an_alias_leads_to_now() {
    let cloud = versions().await;
    alias(
        &cloud,
        "POST",
        &json!({"aliasName": "prod", "versionId": "1"}),
    )
    .await;
    let target = "functions/hello/provision-config?qualifier=prod";
    let put = cloud
        .fc_json("PUT", target, &json!({"defaultTarget": 1}))
        .await;
    assert_eq!(put.status, 200, "{put:?}");
    instance(&cloud, "prod", |kept| kept["versionId"] == "1").await;
    let config = cloud.fc("GET", target, b"").await.json();
    assert_eq!(config["current"], 1);
    alias(&cloud, "PUT", &json!({"versionId": "2"})).await;
    instance(&cloud, "prod", |kept| kept["versionId"] == "2").await;
    cloud
        .fc("DELETE", "functions/hello/aliases/prod", b"")
        .await;
    let left = cloud
        .fc("GET", "provision-configs?functionName=hello", b"")
        .await;
    assert_eq!(left.json()["provisionConfigs"], json!([]));
}

#[tokio::test]
async fn nothing_is_set_of_a_version_or_an_alias_that_is_not_there() {
    let cloud = versions().await;
    for (path, body) in [
        ("provision-config", json!({"defaultTarget": 1})),
        ("scaling-config", json!({"minInstances": 1})),
        ("async-invoke-config", json!({})),
    ] {
        // Instances are kept for aliases, and for no version.
        let of_version = match path {
            "async-invoke-config" => [(404, "VersionNotFound"), (200, "")],
            _ => [(400, "InvalidArgument"); 2],
        };
        for (qualifier, (status, code)) in [
            ("prod", (404, "AliasNotFound")),
            ("9", of_version[0]),
            ("1", of_version[1]),
        ] {
            let target = format!("functions/hello/{path}?qualifier={qualifier}");
            let put = cloud.fc_json("PUT", &target, &body).await;
            let said = put.json()["Code"].as_str().unwrap_or_default().to_owned();
            assert_eq!((put.status, &*said), (status, code), "{target}");
            if status == 200 {
                continue;
            }
            let shown = cloud.fc("GET", &target, b"").await;
            assert_eq!(shown.status, 404, "{target}");
        }
    }
}

#[tokio::test]
async fn a_trigger_leads_to_a_version_or_an_alias_that_is_there() {
    let cloud = versions().await;
    let new = |name: &str, qualifier: &str| {
        json!({
            "triggerName": name, "triggerType": "timer", "qualifier": qualifier,
            "triggerConfig": r#"{"cronExpression": "@every 1h", "enable": false}"#,
        })
    };
    let path = "functions/hello/triggers";
    for (qualifier, code) in [("nope", "AliasNotFound"), ("9", "VersionNotFound")] {
        let refused = cloud.fc_json("POST", path, &new("tick", qualifier)).await;
        assert_eq!(refusal(&refused), (404, json!(code)), "{qualifier}");
    }
    let made = cloud.fc_json("POST", path, &new("tick", "1")).await;
    assert_eq!(made.status, 200, "{made:?}");
    let tick = format!("{path}/tick");
    let refused = cloud
        .fc_json("PUT", &tick, &json!({"qualifier": "nope"}))
        .await;
    assert_eq!(refusal(&refused), (404, json!("AliasNotFound")));
    let kept = cloud.fc("GET", &tick, b"").await.json();
    assert_eq!(kept["qualifier"], "1");
}
