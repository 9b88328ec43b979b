//! Layers: published, listed, deleted; what functions keep of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use emulator::LocalCloud;
use serde_json::{Value as Json, json};

use crate::client::{Answer, Cloud, exchange, request, settings};
use crate::function::{archive, hello};
use crate::sweep::until;

const ARN: &str = "acs:fc:cn-hangzhou:1234567890123456:layers";

pub(crate) async fn publish(cloud: &Cloud, name: &str, word: &str, runtimes: &[&str]) -> Answer {
    let body = json!({
        "code": { "zipFile": archive("python/word.py", &format!("WORD = '{word}'\n")) },
        "compatibleRuntime": runtimes, "description": word, "license": "MIT",
    });
    let target = format!("layers/{name}/versions");
    cloud.fc_json("POST", &target, &body).await
}

fn with_layers(layers: &[&str]) -> Json {
    let mut function = hello();
    function["layers"] = json!(layers);
    function
}

fn refusal(answer: &Answer) -> (u16, Json) {
    (answer.status, answer.json()["Code"].clone())
}

/// Unpacked packages, by the file that they hold.
fn unpacked(cloud: &Cloud) -> Vec<String> {
    let code = cloud.folder.path().join("function/code");
    let folders = std::fs::read_dir(code).unwrap().map(|entry| entry.unwrap());
    let mut words: Vec<String> = folders
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("python/word.py")).ok())
        .collect();
    words.sort();
    words
}

async fn restart(cloud: Cloud) -> Cloud {
    let Cloud { running, folder } = cloud;
    running.stop().await;
    let settings = settings(folder.path().to_owned(), 0);
    let running = LocalCloud::start(settings).await.unwrap();
    Cloud { running, folder }
}

#[tokio::test]
async fn a_layer_is_published_shown_and_fetched() {
    let cloud = Cloud::start().await;
    let made = publish(&cloud, "words", "one", &["python3.10"]).await;
    assert_eq!(made.status, 200, "{made:?}");
    let shown = made.json();
    let arn = format!("{ARN}/words/versions/1");
    assert_eq!(shown["layerVersionArn"], arn);
    assert_eq!((&shown["version"], &shown["acl"]), (&json!(1), &json!("0")));
    assert_eq!(shown["compatibleRuntime"], json!(["python3.10"]));
    assert_eq!(
        (&shown["description"], &shown["license"]),
        (&json!("one"), &json!("MIT"))
    );

    let escaped = arn.replace(':', "%3A").replace('/', "%2F");
    for target in [
        "layers/words/versions/1".to_owned(),
        format!("layerarn/{escaped}"),
        format!("layerarn/{arn}"),
    ] {
        let got = cloud.fc("GET", &target, b"").await.json();
        assert_eq!(got["codeChecksum"], shown["codeChecksum"], "{target}");
    }
    let location = shown["code"]["location"].as_str().unwrap();
    let path = location.splitn(4, '/').nth(3).unwrap();
    let got = request("GET", &format!("/{path}"), &[], b"");
    let got = exchange(cloud.address(), &got).await.unwrap();
    let sent = STANDARD.decode(archive("python/word.py", "WORD = 'one'\n"));
    assert_eq!(got.body.len(), sent.unwrap().len());
    assert_eq!(shown["codeSize"], got.body.len());
}

#[tokio::test]
async fn versions_count_up_and_are_never_given_again() {
    let cloud = Cloud::start().await;
    for number in 1..=3 {
        let made = publish(&cloud, "words", &format!("v{number}"), &[]).await;
        assert_eq!(made.json()["version"], number);
    }
    let page = async |query: &str| {
        let target = format!("layers/words/versions?{query}");
        let listed = cloud.fc("GET", &target, b"").await.json();
        let versions = listed["layers"].as_array().unwrap().iter();
        let versions: Vec<Json> = versions.map(|one| one["version"].clone()).collect();
        (json!(versions), listed["nextVersion"].clone())
    };
    assert_eq!(page("limit=2").await, (json!([1, 2]), json!(3)));
    assert_eq!(
        page("limit=2&startVersion=3").await,
        (json!([3]), Json::Null)
    );

    for number in 1..=3 {
        let target = format!("layers/words/versions/{number}");
        assert_eq!(cloud.fc("DELETE", &target, b"").await.status, 204);
    }
    let gone = cloud.fc("GET", "layers/words/versions", b"").await;
    assert_eq!(refusal(&gone), (404, json!("LayerNotFound")));
    assert_eq!(
        publish(&cloud, "words", "v4", &[]).await.json()["version"],
        4
    );
    let gone = cloud.fc("GET", "layers/words/versions/3", b"").await;
    assert_eq!(refusal(&gone), (404, json!("LayerVersionNotFound")));
    let gone = cloud.fc("DELETE", "layers/words/versions/x", b"").await;
    assert_eq!(refusal(&gone), (404, json!("LayerVersionNotFound")));
}

#[tokio::test]
async fn layers_are_listed_by_their_last_version_and_by_who_may_use_them() {
    let cloud = Cloud::start().await;
    for name in ["b", "a", "a", "other"] {
        publish(&cloud, name, "x", &[]).await;
    }
    let list = async |query: &str| {
        let listed = cloud
            .fc("GET", &format!("layers?{query}"), b"")
            .await
            .json();
        let layers = listed["layers"].as_array().unwrap().iter();
        let names =
            layers.map(|one| format!("{}{}", one["layerName"].as_str().unwrap(), one["version"]));
        let names: Vec<String> = names.collect();
        (names.join(" "), listed["nextToken"].clone())
    };
    assert_eq!(list("").await.0, "a2 b1 other1");
    assert_eq!(list("prefix=o").await.0, "other1");
    let (first, next) = list("limit=2").await;
    assert_eq!(first, "a2 b1");
    assert_eq!(
        list(&format!("limit=2&nextToken={}", next.as_str().unwrap())).await,
        ("other1".to_owned(), Json::Null)
    );
    assert_eq!(list("public=true").await.0, "");
    assert_eq!(cloud.fc("PUT", "layers/b/acl?acl=1", b"").await.status, 204);
    assert_eq!(list("public=True").await.0, "b1");
    assert_eq!(list("official=true&public=true").await.0, "");
    assert_eq!(
        cloud
            .fc("PUT", "layers/b/acl?public=false", b"")
            .await
            .status,
        204
    );
    assert_eq!(list("public=true").await.0, "");
    let none = cloud.fc("PUT", "layers/none/acl?acl=1", b"").await;
    assert_eq!(refusal(&none), (404, json!("LayerNotFound")));
}

#[tokio::test]
async fn what_is_no_layer_is_refused() {
    let cloud = Cloud::start().await;
    let bad = publish(&cloud, "1layer", "x", &[]).await;
    assert_eq!(refusal(&bad), (400, json!("InvalidArgument")));
    let target = "layers/words/versions";
    for body in [
        json!({}),
        json!({ "code": { "zipFile": "bm9uc2Vuc2U=" } }),
        json!({ "code": { "zipFile": archive("a", "b"), "checksum": "1" } }),
        json!({ "code": { "ossBucketName": "none", "ossObjectName": "none" } }),
    ] {
        let refused = cloud.fc_json("POST", target, &body).await;
        assert_eq!(refusal(&refused), (400, json!("InvalidArgument")), "{body}");
    }
    assert_eq!(cloud.fc("GET", target, b"").await.status, 404);
}

#[tokio::test]
async fn a_function_names_layers_that_are_there_and_fit() {
    let cloud = Cloud::start().await;
    let python = publish(&cloud, "python", "py", &["python3.10"])
        .await
        .json();
    publish(&cloud, "node", "js", &["nodejs20"]).await;
    publish(&cloud, "any", "any", &[]).await;
    let arn = |name: &str, version: u32| format!("{ARN}/{name}/versions/{version}");
    let many = vec![arn("any", 1); 6];
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (layers, status, code, word) in [
        (vec!["any"], 400, "InvalidArgument", "form"),
        (
            vec![&*arn("node", 1)],
            400,
            "InvalidArgument",
            "is not supported by layer",
        ),
        (vec![&*arn("none", 1)], 404, "LayerNotFound", "none"),
        (vec![&*arn("any", 2)], 404, "LayerVersionNotFound", "'2'"),
        (
            vec!["acs:fc:cn-beijing:1:layers/any/versions/1"],
            404,
            "LayerNotFound",
            "cn-hangzhou",
        ),
        (many, 400, "InvalidArgument", "at most 5"),
    ] {
        let refused = cloud
            .fc_json("POST", "functions", &with_layers(&layers))
            .await;
        assert_eq!(refusal(&refused), (status, json!(code)), "{layers:?}");
        assert!(refused.text().contains(word), "{}", refused.text());
    }
    let (first, second) = (arn("python", 1), arn("any", 1));
    let made = cloud
        .fc_json("POST", "functions", &with_layers(&[&first, &second]))
        .await;
    assert_eq!(made.status, 200, "{made:?}");
    let shown = made.json()["layers"].clone();
    assert_eq!(
        shown[0],
        json!({ "arn": first, "size": python["codeSize"] })
    );
    assert_eq!(shown[1]["arn"], second);
    let changed = cloud
        .fc_json("PUT", "functions/hello", &json!({ "runtime": "nodejs20" }))
        .await;
    assert_eq!(refusal(&changed), (400, json!("InvalidArgument")));
    let none = cloud
        .fc_json("PUT", "functions/hello", &json!({ "layers": [] }))
        .await;
    assert_eq!(none.json()["layers"], json!([]));
}

#[tokio::test]
async fn functions_and_their_versions_keep_layers_that_are_deleted() {
    let cloud = Cloud::start().await;
    for word in ["one", "two", "three"] {
        publish(&cloud, "words", word, &[]).await;
    }
    let arn = |version: u32| format!("{ARN}/words/versions/{version}");
    cloud
        .fc_json("POST", "functions", &with_layers(&[&arn(1)]))
        .await;
    let published = cloud
        .fc_json("POST", "functions/hello/versions", &json!({}))
        .await;
    assert_eq!(published.status, 200);
    cloud
        .fc_json("PUT", "functions/hello", &json!({ "layers": [arn(2)] }))
        .await;
    for version in 1..=3 {
        cloud
            .fc("DELETE", &format!("layers/words/versions/{version}"), b"")
            .await;
    }
    let kept = ["WORD = 'one'\n", "WORD = 'two'\n"];
    until(|| unpacked(&cloud) == kept, "the third stays").await;
    let cloud = restart(cloud).await;
    assert_eq!(unpacked(&cloud), kept);
    let old = cloud
        .fc("GET", "functions/hello?qualifier=1", b"")
        .await
        .json();
    assert_eq!(old["layers"][0]["arn"], arn(1));
    let change = json!({ "layers": [arn(2)], "description": "the same layers" });
    let same = cloud.fc_json("PUT", "functions/hello", &change).await;
    assert_eq!(same.status, 200, "{same:?}");
    let other = cloud
        .fc_json("PUT", "functions/hello", &json!({ "layers": [arn(1)] }))
        .await;
    assert_eq!(refusal(&other), (404, json!("LayerNotFound")));

    cloud.fc("DELETE", "functions/hello", b"").await;
    until(|| unpacked(&cloud).is_empty(), "layers stay").await;
}

#[tokio::test]
async fn code_finds_what_is_in_its_layers_and_earlier_ones_win() {
    let cloud = Cloud::start().await;
    for word in ["one", "two"] {
        assert_eq!(
            publish(&cloud, word, word, &["python3.10"]).await.status,
            200
        );
    }
    let arn = |name: &str| format!("{ARN}/{name}/versions/1");
    let code =
        "import word\ndef handler(event, context):\n    return word.WORD + ' ' + word.__file__\n";
    for (layers, said) in [
        (vec![arn("one")], "one /opt/python/word.py"),
        (vec![arn("two"), arn("one")], "two /opt/python/word.py"),
    ] {
        let mut function = hello();
        function["functionName"] = said[..3].into();
        function["code"]["zipFile"] = archive("index.py", code).into();
        function["layers"] = json!(layers);
        let made = cloud.fc_json("POST", "functions", &function).await;
        assert_eq!(made.status, 200, "{made:?}");
        let target = format!("functions/{}/invocations", &said[..3]);
        let answer = cloud.fc("POST", &target, b"").await;
        let is_refused = answer.text().contains("layers need namespaces");
        assert!(answer.text() == said || is_refused, "{answer:?}");
    }
}

#[tokio::test]
async fn official_layers_bring_this_machines_interpreters_and_nothing_else() {
    let cloud = Cloud::start().await;
    publish(&cloud, "words", "one", &["python3.10"]).await;
    let official = |name: &str| format!("acs:fc:cn-shanghai:official:layers/{name}/versions/2");
    let code = "
import json, os, subprocess
import word
def handler(event, context):
    program = '/opt/python3.10/bin/python3'
    said = subprocess.run([program, '-c', 'print(1 + 1)'], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    return json.dumps([said, word.WORD, sorted(os.listdir('/opt'))])
";
    let layers = [
        official("Python310"),
        format!("{ARN}/words/versions/1"),
        official("Python3-Flask2x"),
    ];
    let mut function = hello();
    function["code"]["zipFile"] = archive("index.py", code).into();
    function["layers"] = json!(layers);
    let made = cloud.fc_json("POST", "functions", &function).await;
    assert_eq!(made.status, 200, "{made:?}");
    let shown: Vec<Json> = made.json()["layers"].as_array().unwrap().clone();
    let arns: Vec<&str> = shown
        .iter()
        .map(|one| one["arn"].as_str().unwrap())
        .collect();
    assert_eq!(arns, layers);
    assert_eq!(shown[0]["size"], 0);
    let answer = cloud.fc("POST", "functions/hello/invocations", b"").await;
    let is_refused = answer.text().contains("layers need namespaces");
    let expected = r#"["2", "one", ["python", "python3.10"]]"#;
    assert!(answer.text() == expected || is_refused, "{answer:?}");
}
