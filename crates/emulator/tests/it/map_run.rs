//! Distributed maps: items from the data and from the object storage, results written there, failures, stops and kills.

use std::time::Duration;

use emulator::LocalCloud;
use serde_json::{Value as Json, json};

use crate::client::{Cloud, call, settings};
use crate::crash::spawn;
use crate::flow::{fnf, make_flow, make_function, output, types, until};

/// A flow whose map distributes its items, with these fields besides.
fn distributed(name: &str, fields: &str, states: &str) -> String {
    format!(
        "
Type: StateMachine
Name: {name}
SpecVersion: v1
StartAt: M
States:
- Type: Map
  Name: M
  ProcessorConfig: {{ExecutionMode: Standard}}
{fields}
  Processor:
    StartAt: T
    States:
{states}
  End: true
"
    )
}

const LIST: &str = "  ItemsPath: $Input.list";
const ECHO: &str = "    - {Type: Pass, Name: T, End: true}";
const WAIT: &str = "    - {Type: Wait, Name: T, Seconds: 300, End: true}";
/// Fails for what is above two.
const PICKY: &str = "
    - {Type: Choice, Name: T, Branches: [{Condition: $Input.Item > 2, Next: F}], Default: P}
    - {Type: Fail, Name: F, Code: TooLarge, Detail: above two}
    - {Type: Pass, Name: P, End: true}";

/// The name of the map run that an execution's history tells of.
async fn name_of(cloud: &Cloud, flow: &str, execution: &str) -> String {
    loop {
        let history = cloud.history(flow, execution).await;
        let mut started = history
            .iter()
            .filter(|event| event["Type"] == "MapRunStarted");
        if let Some(event) = started.next_back() {
            let detail: Json =
                serde_json::from_str(event["EventDetail"].as_str().unwrap()).unwrap();
            return detail["output"]["MapRunName"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn described(cloud: &Cloud, flow: &str, execution: &str) -> Json {
    let name = name_of(cloud, flow, execution).await;
    let params = [
        ("FlowName", flow),
        ("ExecutionName", execution),
        ("MapRunName", name.as_str()),
    ];
    cloud.fnf("DescribeMapRun", &params).await
}

/// Waits until so many items of the map run are in that state.
async fn until_items(cloud: &Cloud, (flow, execution): (&str, &str), state: &str, count: u64) {
    let wait = async {
        while described(cloud, flow, execution).await["ItemCounts"][state] != count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait)
        .await
        .unwrap();
}

async fn children(cloud: &Cloud, flow: &str, map_run: &str, status: &str) -> Vec<Json> {
    let params = [
        ("FlowName", flow),
        ("MapRunName", map_run),
        ("Status", status),
        ("Limit", "100"),
    ];
    let listed = cloud.fnf("ListExecutions", &params).await;
    listed["Executions"].as_array().unwrap().clone()
}

async fn put(cloud: &Cloud, key: &str, body: &[u8]) {
    let target = format!("/bkt/{key}");
    let put = cloud.call("PUT", &target, &[], body).await;
    assert_eq!(put.status, 200, "{put:?}");
}

async fn read(cloud: &Cloud, key: &str) -> Json {
    let answer = cloud.call("GET", &format!("/bkt/{key}"), &[], b"").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn items_are_executions_of_their_own() {
    let cloud = Cloud::start().await;
    cloud.flow("f", &distributed("f", LIST, ECHO)).await;
    cloud
        .run("f", "e", &json!({"list": [1, {"a": 2}, 3]}))
        .await;
    let ended = cloud.until("f", "e", "Succeeded").await;
    assert_eq!(
        output(&ended),
        json!({"Items": [{"Item": 1}, {"a": 2}, {"Item": 3}]})
    );
    let history = cloud.history("f", "e").await;
    let wanted = ["MapRunStarted", "MapRunSucceeded"];
    assert_eq!(types(&history)[2..4], wanted);
    let shown = described(&cloud, "f", "e").await;
    assert_eq!(shown["Status"], "Succeeded");
    assert_eq!(shown["Concurrency"], 100);
    assert_eq!(
        shown["ItemCounts"],
        json!({"Total": 3, "Pending": 0, "Running": 0, "Succeed": 3, "Failed": 0, "Aborted": 0})
    );
    assert_ne!(shown["StoppedTime"], "");
    // The items' executions are listed by their map run only.
    let name = shown["MapRunName"].as_str().unwrap();
    let items = children(&cloud, "f", name, "Succeeded").await;
    assert_eq!(items.len(), 3);
    let listed = cloud.fnf("ListExecutions", &[("FlowName", "f")]).await;
    assert_eq!(listed["Executions"].as_array().unwrap().len(), 1);
    // Each has a history of its own.
    let first = format!("_{name}-0");
    let history = cloud.history("f", &first).await;
    let wanted = [
        "ExecutionStarted",
        "StepEntered",
        "StepExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(types(&history), wanted);
    let absent = [
        ("FlowName", "f"),
        ("ExecutionName", "e"),
        ("MapRunName", "nobody"),
    ];
    let refused = cloud.refused("DescribeMapRun", &absent).await;
    assert_eq!(refused, (404, "MapRunNotExists".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn items_come_from_objects_and_results_go_to_them() {
    let cloud = Cloud::with_bucket("private").await;
    put(&cloud, "in/a.csv", b"n,who\n1,\"x, y\"\n2,z\n").await;
    put(&cloud, "in/b.json", br#"[{"n": 1}, {"n": 3}]"#).await;
    put(
        &cloud,
        "inventory/part.csv",
        b"\"bkt\",\"in/a.csv\",\"20\"\n",
    )
    .await;
    let manifest = json!({
        "destinationBucket": "bkt", "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "inventory/part.csv", "size": 20}],
    });
    put(
        &cloud,
        "inventory/manifest.json",
        manifest.to_string().as_bytes(),
    )
    .await;
    let all = [
        ("csv", "OSS_CSV", "ObjectName: in/a.csv"),
        ("json", "OSS_JSON_LIST", "ObjectName: in/b.json"),
        ("objects", "OSS_OBJECTS", "Prefix: in/"),
        (
            "inventory",
            "OSS_INVENTORY_FILES",
            "ObjectName: inventory/manifest.json",
        ),
        ("missing", "OSS_CSV", "ObjectName: in/none.csv"),
    ];
    for (name, kind, place) in all {
        let reader = format!(
            "  ItemReader: {{SourceType: {kind}, SourceParameters: {{Bucket: bkt, {place}}}}}"
        );
        cloud.flow(name, &distributed(name, &reader, ECHO)).await;
        cloud.run(name, "e", &json!({})).await;
    }
    let items =
        async |name: &str| output(&cloud.until(name, "e", "Succeeded").await)["Items"].clone();
    assert_eq!(
        items("csv").await,
        json!([{"n": "1", "who": "x, y"}, {"n": "2", "who": "z"}])
    );
    assert_eq!(items("json").await, json!([{"n": 1}, {"n": 3}]));
    let objects = items("objects").await;
    assert_eq!(objects[0]["Key"], "in/a.csv");
    assert_eq!(objects[1]["Size"], 20);
    assert_eq!(
        items("inventory").await,
        json!([{"Bucket": "bkt", "Key": "in/a.csv", "Size": "20"}])
    );
    cloud.until("missing", "e", "Failed").await;
    let history = cloud.history("missing", "e").await;
    let detail = history.last().unwrap()["EventDetail"].as_str().unwrap();
    assert!(detail.contains("FnF.ItemReaderFailed"), "{detail}");
    assert_eq!(described(&cloud, "missing", "e").await["Status"], "Failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_written_with_what_failed() {
    let cloud = Cloud::with_bucket("private").await;
    let fields = format!(
        "{LIST}\n  ToleratedFailurePercentage: 50\n  ResultWriter: {{Parameters: {{Bucket.$: $Input.bucket, Prefix: out/}}}}"
    );
    cloud.flow("f", &distributed("f", &fields, PICKY)).await;
    let input = |bucket: &str| json!({"list": [1, 2, 3], "bucket": bucket});
    cloud.run("f", "e", &input("bkt")).await;
    let output = output(&cloud.until("f", "e", "Succeeded").await);
    let key = output["ResultWriterDetails"]["Key"].as_str().unwrap();
    let name = output["MapRunName"].as_str().unwrap();
    assert_eq!(key, format!("out/{name}/manifest.json"));
    let manifest = read(&cloud, key).await;
    let file = |kind: &str| {
        manifest["ResultFiles"][kind][0]["Key"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let succeeded = read(&cloud, &file("SUCCEEDED")).await;
    assert_eq!(succeeded.as_array().unwrap().len(), 2);
    assert_eq!(succeeded[0]["Output"], r#"{"Item":1}"#);
    let failed = read(&cloud, &file("FAILED")).await;
    assert_eq!(failed[0]["Error"], "TooLarge");
    assert_eq!(failed[0]["Name"], format!("_{name}-2"));
    cloud
        .run("f", "none", &json!({"list": [], "bucket": "bkt"}))
        .await;
    let ended = cloud.until("f", "none", "Succeeded").await;
    assert!(
        ended["Output"].as_str().unwrap().contains("manifest.json"),
        "{ended}"
    );
    cloud.run("f", "nowhere", &input("other")).await;
    cloud.until("f", "nowhere", "Failed").await;
    let history = cloud.history("f", "nowhere").await;
    let detail = history.last().unwrap()["EventDetail"].as_str().unwrap();
    assert!(detail.contains("FnF.ResultWriterFailed"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_failures_stop_the_other_items() {
    let cloud = Cloud::start().await;
    let slow = PICKY.replace(
        "{Type: Pass, Name: P, End: true}",
        "{Type: Wait, Name: P, Seconds: 300, End: true}",
    );
    let fields = format!("{LIST}\n  ToleratedFailureCount: 1");
    cloud.flow("f", &distributed("f", &fields, &slow)).await;
    cloud.run("f", "tolerated", &json!({"list": [1, 3]})).await;
    until_items(&cloud, ("f", "tolerated"), "Failed", 1).await;
    assert_eq!(
        described(&cloud, "f", "tolerated").await["Status"],
        "Running"
    );
    cloud.run("f", "e", &json!({"list": [1, 3, 2, 4]})).await;
    cloud.until("f", "e", "Failed").await;
    let shown = described(&cloud, "f", "e").await;
    assert_eq!(shown["Status"], "Failed");
    assert_eq!(shown["ItemCounts"]["Failed"], 2);
    assert_eq!(shown["ItemCounts"]["Aborted"], 2);
    assert_eq!(shown["ToleratedFailedCount"], 1);
    let name = shown["MapRunName"].as_str().unwrap();
    while !children(&cloud, "f", name, "Running").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(children(&cloud, "f", name, "Stopped").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_stops_the_items_and_an_update_begins_more_of_them() {
    let cloud = Cloud::start().await;
    let fields = format!("{LIST}\n  MaxConcuccency: 2");
    cloud.flow("f", &distributed("f", &fields, WAIT)).await;
    cloud.run("f", "e", &json!({"list": [1, 2, 3, 4, 5]})).await;
    until_items(&cloud, ("f", "e"), "Running", 2).await;
    let name = name_of(&cloud, "f", "e").await;
    let named = [
        ("FlowName", "f"),
        ("ExecutionName", "e"),
        ("MapRunName", name.as_str()),
    ];
    let update = [
        &named[..],
        &[("Concurrency", "3"), ("ToleratedFailedCount", "4")],
    ]
    .concat();
    let updated = cloud.fnf("UpdateMapRun", &update).await;
    assert_eq!(
        (&updated["Concurrency"], &updated["ToleratedFailedCount"]),
        (&json!(3), &json!(4))
    );
    until_items(&cloud, ("f", "e"), "Running", 3).await;
    while children(&cloud, "f", &name, "Running").await.len() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    cloud.fnf("StopExecution", &named[..2]).await;
    let shown = described(&cloud, "f", "e").await;
    assert_eq!(shown["Status"], "Aborted");
    assert_eq!(
        (
            &shown["ItemCounts"]["Aborted"],
            &shown["ItemCounts"]["Pending"]
        ),
        (&json!(3), &json!(2))
    );
    while children(&cloud, "f", &name, "Stopped").await.len() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let refused = cloud.refused("UpdateMapRun", &update).await;
    assert_eq!(refused, (400, "MapRunAlreadyTerminated".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ten_map_runs_go_on_at_once() {
    let cloud = Cloud::start().await;
    cloud.flow("f", &distributed("f", LIST, WAIT)).await;
    for number in 0..10 {
        let name = format!("e{number}");
        cloud.run("f", &name, &json!({"list": [1]})).await;
        until_items(&cloud, ("f", &name), "Running", 1).await;
    }
    cloud.run("f", "more", &json!({"list": [1]})).await;
    cloud.until("f", "more", "Failed").await;
    let history = cloud.history("f", "more").await;
    let detail = history.last().unwrap()["EventDetail"].as_str().unwrap();
    assert!(detail.contains("FnF.MapRunLimitExceeded"), "{detail}");
    // One that ends makes room.
    let first = [("FlowName", "f"), ("ExecutionName", "e0")];
    cloud.fnf("StopExecution", &first).await;
    cloud.run("f", "again", &json!({"list": [1]})).await;
    until_items(&cloud, ("f", "again"), "Running", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_begins_what_did_not_succeed_again() {
    let cloud = Cloud::start().await;
    let fields = format!("{LIST}\n  MaxConcurrency: 1");
    cloud.flow("f", &distributed("f", &fields, PICKY)).await;
    cloud.run("f", "e", &json!({"list": [1, 3, 2]})).await;
    cloud.until("f", "e", "Failed").await;
    let name = name_of(&cloud, "f", "e").await;
    let named = [("FlowName", "f"), ("ExecutionName", "e")];
    cloud.fnf("RedriveExecution", &named).await;
    cloud.until("f", "e", "Failed").await;
    let failed = children(&cloud, "f", &name, "Failed").await;
    let called: Vec<&str> = failed
        .iter()
        .map(|one| one["Name"].as_str().unwrap())
        .collect();
    assert_eq!(called, [format!("_{name}-1-1"), format!("_{name}-1")]);
    assert_eq!(children(&cloud, "f", &name, "Succeeded").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn states_language_reads_and_writes_objects_too() {
    let cloud = Cloud::with_bucket("private").await;
    put(&cloud, "in/rows.tsv", b"1\tone\n2\ttwo\n3\tthree\n").await;
    let machine = r"
StartAt: M
States:
  M:
    Type: Map
    ItemReader:
      Resource: arn:aws:states:::s3:getObject
      ReaderConfig: {InputType: CSV, CSVHeaderLocation: GIVEN, CSVHeaders: [n, word], CSVDelimiter: TAB, MaxItems: 2}
      Parameters: {Bucket: bkt, Key.$: $.key}
    ItemSelector: {word.$: $$.Map.Item.Value.word, place.$: $$.Map.Item.Index}
    ItemProcessor:
      ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: EXPRESS}
      StartAt: P
      States:
        P: {Type: Pass, End: true}
    ResultWriter:
      Resource: arn:aws:states:::s3:putObject
      Parameters: {Bucket: bkt, Prefix: out}
    ResultPath: $.written
    End: true
";
    cloud.flow("f", machine).await;
    cloud.run("f", "e", &json!({"key": "in/rows.tsv"})).await;
    let output = output(&cloud.until("f", "e", "Succeeded").await);
    let key = output["written"]["ResultWriterDetails"]["Key"]
        .as_str()
        .unwrap();
    let manifest = read(&cloud, key).await;
    let file = manifest["ResultFiles"]["SUCCEEDED"][0]["Key"]
        .as_str()
        .unwrap();
    let written = read(&cloud, file).await;
    let outputs: Vec<Json> = written
        .as_array()
        .unwrap()
        .iter()
        .map(|item| serde_json::from_str(item["Output"].as_str().unwrap()).unwrap())
        .collect();
    let wanted = [
        json!({"word": "one", "place": 0}),
        json!({"word": "two", "place": 1}),
    ];
    assert_eq!(outputs, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn items_may_distribute_items_of_their_own_and_stop_with_the_rest() {
    let cloud = Cloud::start().await;
    let inner = "
    - Type: Map
      Name: T
      ItemsPath: $Input.list
      ProcessorConfig: {ExecutionMode: Standard}
      Processor:
        StartAt: C
        States:
        - {Type: Choice, Name: C, Branches: [{Condition: $Input.Item < 0, Next: W}], Default: P}
        - {Type: Pass, Name: P, End: true}
        - {Type: Wait, Name: W, Seconds: 300, End: true}
      End: true";
    cloud.flow("f", &distributed("f", LIST, inner)).await;
    let input = json!({"list": [{"list": [1, 2]}, {"list": [3]}]});
    cloud.run("f", "e", &input).await;
    assert_eq!(
        output(&cloud.until("f", "e", "Succeeded").await),
        json!({"Items": [{"Items": [{"Item": 1}, {"Item": 2}]}, {"Items": [{"Item": 3}]}]})
    );
    let input = json!({"list": [{"list": [-1, -2]}]});
    cloud.run("f", "w", &input).await;
    until_items(&cloud, ("f", "w"), "Running", 1).await;
    let map_run = name_of(&cloud, "f", "w").await;
    // An item counts as running a moment before its execution is kept.
    while children(&cloud, "f", &map_run, "Running").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let first = format!("_{map_run}-0");
    until_items(&cloud, ("f", &first), "Running", 2).await;
    cloud
        .fnf(
            "StopExecution",
            &[("FlowName", "f"), ("ExecutionName", "w")],
        )
        .await;
    let wait = async {
        while cloud.fnf("DescribeFlow", &[("Name", "f")]).await["RunningExecutions"] != 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait)
        .await
        .unwrap();
    assert_eq!(described(&cloud, "f", &first).await["Status"], "Aborted");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_by_kills() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, address) = spawn(folder.path());
    make_function(address, "f").await;
    let made = call(address, "PUT", "/bkt/", &[], b"").await.unwrap();
    assert_eq!(made.status, 200, "{made:?}");
    let list: Vec<Json> = (0..40).map(|number| json!({"n": number})).collect();
    let body = Json::from(list.clone()).to_string();
    let put = call(address, "PUT", "/bkt/items.json", &[], body.as_bytes());
    assert_eq!(put.await.unwrap().status, 200);
    let fields = "
  ItemReader: {SourceType: OSS_JSON_LIST, SourceParameters: {Bucket: bkt, ObjectName: items.json}}
  ResultWriter: {Parameters: {Bucket: bkt, Prefix: out}}
  MaxConcurrency: 7";
    let states = "    - {Type: Task, Name: T, Action: 'FC:InvokeFunction', Parameters: {resourceArn: 'acs:fc:::functions/f', body.$: $Input}, End: true}";
    make_flow(address, "m", &distributed("m", fields, states), "Standard").await;
    let params = [("FlowName", "m"), ("ExecutionName", "e")];
    assert_eq!(fnf(address, "StartExecution", &params).await.status, 200);
    for round in 0..5 {
        tokio::time::sleep(Duration::from_millis(60 * round)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        (child, _) = spawn(folder.path());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    let ended = until(cloud.address(), "m", "e", "Succeeded").await;
    let key = output(&ended)["ResultWriterDetails"]["Key"]
        .as_str()
        .unwrap()
        .to_owned();
    let manifest = read(&cloud, &key).await;
    assert_eq!(manifest["ResultFiles"]["FAILED"], json!([]));
    let file = manifest["ResultFiles"]["SUCCEEDED"][0]["Key"]
        .as_str()
        .unwrap();
    let written = read(&cloud, file).await;
    let got: Vec<Json> = written
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let output: Json = serde_json::from_str(item["Output"].as_str().unwrap()).unwrap();
            output["Body"]["got"].clone()
        })
        .collect();
    assert_eq!(got, list);
    // One execution for each item, and each has one result.
    let name = name_of(&cloud, "m", "e").await;
    let items = children(&cloud, "m", &name, "Succeeded").await;
    assert_eq!(items.len(), 40);
    for item in &items {
        let history = cloud.history("m", item["Name"].as_str().unwrap()).await;
        let done = types(&history)
            .into_iter()
            .filter(|kind| *kind == "TaskSucceeded");
        assert_eq!(done.count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_right_after_a_stop_leaves_no_item_running() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, address) = spawn(folder.path());
    make_flow(address, "m", &distributed("m", LIST, WAIT), "Standard").await;
    let list: Vec<u32> = (0..100).collect();
    let input = json!({"list": list}).to_string();
    let named = [("FlowName", "m"), ("ExecutionName", "e")];
    let start = [&named[..], &[("Input", input.as_str())]].concat();
    assert_eq!(fnf(address, "StartExecution", &start).await.status, 200);
    let running = async || {
        let params = [("Name", "m")];
        let flow = fnf(address, "DescribeFlow", &params).await.json();
        flow["RunningExecutions"].as_u64().unwrap()
    };
    while running().await < 60 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(fnf(address, "StopExecution", &named).await.status, 200);
    child.kill().unwrap();
    child.wait().unwrap();
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0))
        .await
        .unwrap();
    let cloud = Cloud { running, folder };
    let wait = async {
        while cloud.fnf("DescribeFlow", &[("Name", "m")]).await["RunningExecutions"] != 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait)
        .await
        .unwrap();
}
