//! Code that nothing needs any more is deleted, while the cloud runs and after a start.

use std::collections::BTreeSet;
use std::time::Duration;

use emulator::LocalCloud;
use serde_json::json;

use crate::client::{Cloud, settings};
use crate::function::{archive, hello};
use crate::layer::publish;

/// What is in a folder of packages.
fn kept(cloud: &Cloud, part: &str) -> BTreeSet<String> {
    let folder = cloud.folder.path().join("function").join(part);
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

/// Waits until something is so, for a minute at most.
pub(crate) async fn until(is_so: impl Fn() -> bool, what: &str) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_mins(1), waiting).await;
    assert!(waited.is_ok(), "{what}");
}

/// Says that it has begun, waits until it may go on, and reads its own code then.
const WAITS: &str = "import os, time, urllib.request
def handler(event, context):
    bucket = os.environ['OSS_ENDPOINT'] + '/bkt/'
    begun = urllib.request.Request(bucket + 'begun', data=b'', method='PUT')
    urllib.request.urlopen(begun).read()
    while True:
        try:
            urllib.request.urlopen(bucket + 'go').read()
            break
        except OSError:
            time.sleep(0.05)
    return open(__file__).readline().strip()
";

#[tokio::test(flavor = "multi_thread")]
async fn code_goes_soon_after_the_last_instance_that_runs_from_it() {
    let cloud = Cloud::with_bucket("public-read-write").await;
    let mut waits = hello();
    waits["code"]["zipFile"] = archive("index.py", WAITS).into();
    waits["timeout"] = 300.into();
    cloud.fc_json("POST", "functions", &waits).await;
    let old = kept(&cloud, "code");
    let call = cloud.fc("POST", "functions/hello/invocations", b"{}");
    let change = async {
        while cloud.visit("GET", "/bkt/begun", &[]).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        publish(&cloud, "words", "one", &[]).await;
        let next = archive(
            "index.py",
            "def handler(event, context):\n    return 'new'\n",
        );
        let change = json!({ "code": { "zipFile": next } });
        let changed = cloud.fc_json("PUT", "functions/hello", &change).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_eq!(kept(&cloud, "code").len(), 3);
        cloud.fc("DELETE", "layers/words/versions/1", b"").await;
        let both = || kept(&cloud, "code").len() == 2;
        until(both, "a layer that was deleted stays").await;
        assert!(
            kept(&cloud, "code").is_superset(&old),
            "an instance has this code"
        );
        cloud.call("PUT", "/bkt/go", &[], b"").await;
    };
    let (called, ()) = tokio::join!(call, change);
    let own = "import os, time, urllib.request";
    assert_eq!(called.text(), own, "{called:?}");
    let new = || kept(&cloud, "code").len() == 1 && kept(&cloud, "zip").len() == 1;
    until(new, "code that nothing runs from stays").await;
    assert!(kept(&cloud, "code").is_disjoint(&old));
    cloud.fc("DELETE", "functions/hello", b"").await;
    let parts = ["code", "zip", "draft", "trash"];
    let nothing = || parts.iter().all(|part| kept(&cloud, part).is_empty());
    until(nothing, "code of a deleted function stays").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_is_refused_or_forgotten_goes() {
    let cloud = Cloud::start().await;
    cloud.fc_json("POST", "functions", &hello()).await;
    let mut again = hello();
    again["code"]["zipFile"] = archive("index.py", "other = 1\n").into();
    let refused = cloud.fc_json("POST", "functions", &again).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    let one = || kept(&cloud, "code").len() == 1;
    until(one, "refused code stays").await;
    publish(&cloud, "words", "one", &[]).await;
    cloud.admin("POST", "reset", b"").await;
    let none = || kept(&cloud, "code").is_empty() && kept(&cloud, "zip").is_empty();
    until(none, "forgotten code stays").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_cloud_left_is_deleted_after_the_start() {
    let cloud = Cloud::start().await;
    cloud.fc_json("POST", "functions", &hello()).await;
    let named = kept(&cloud, "code");
    let Cloud { running, folder } = cloud;
    running.stop().await;
    let packages = folder.path().join("function");
    for left in ["code/0", "draft/1/code", "trash/2/deep"] {
        std::fs::create_dir_all(packages.join(left)).unwrap();
        std::fs::write(packages.join(left).join("file"), "").unwrap();
    }
    std::fs::write(packages.join("zip/0.zip"), "").unwrap();
    let running = LocalCloud::start(settings(folder.path().to_owned(), 0));
    let running = running.await.unwrap();
    let cloud = Cloud { running, folder };
    let swept = || kept(&cloud, "trash").is_empty() && kept(&cloud, "code") == named;
    until(swept, "what was left stays").await;
    assert!(kept(&cloud, "draft").is_empty() && kept(&cloud, "zip").len() == 1);
    let called = cloud.fc("POST", "functions/hello/invocations", b"{}").await;
    assert_eq!(called.status, 200, "{called:?}");
}
