//! A clock that leaps over days while timers, retries and calls are under way.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::client::Cloud;
use crate::strain::{counts, function, lines, make, send, shared, until};

/// Milliseconds that the clock leaps over, each time.
const LEAP_MS: u64 = 86_400_000;
/// Leaps, all at once.
const LEAPS: usize = 5;
/// Times that an hourly timer has in them.
const TICKS: usize = 24 * LEAPS;
/// Events for each function beside the timer's.
const SENT: usize = 30;

/// `ticks` has an hourly timer; `fails` does, and `told` hears of it; `waits` waits for a gate. The last two have events.
async fn make_for_leaps(cloud: &Cloud) {
    let address = cloud.address();
    let fails = ["append('fails', event)", "raise ValueError('no')"];
    let waits = [
        "while not os.path.exists('/mnt/shared/gate'):",
        "    time.sleep(0.01)",
        "append('waits', event)",
    ];
    make(address, &function("ticks", &["append('ticks', event)"])).await;
    make(address, &function("told", &["append('told', event)"])).await;
    make(address, &function("fails", &fails)).await;
    make(address, &function("waits", &waits)).await;
    let timer = json!({ "cronExpression": "@every 1h", "enable": true }).to_string();
    let timer = json!({ "triggerName": "clock", "triggerType": "timer", "triggerConfig": timer });
    let told = "acs:fc:cn-hangzhou:1234567890123456:functions/told";
    let config = json!({ "destinationConfig": { "onFailure": { "destination": told } } });
    for (method, target, body) in [
        ("POST", "functions/ticks/triggers", timer),
        ("PUT", "functions/fails/async-invoke-config", config),
    ] {
        let made = cloud.fc_json(method, target, &body).await;
        assert_eq!(made.status, 200, "{made:?}");
    }
    for number in 0..SENT {
        for name in ["fails", "waits"] {
            let sent = send(address, name, &number.to_string()).await.unwrap();
            assert_eq!(sent.status, 202);
        }
    }
}

/// What a field of the JSON in each line says, in order.
fn fields(file: &Path, field: &str) -> Vec<String> {
    let all = lines(file).into_iter().map(|line| {
        let line: Json = serde_json::from_str(&line).unwrap();
        line[field].as_str().unwrap().to_owned()
    });
    let mut all: Vec<String> = all.collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_leaps_loses_nothing_and_fires_nothing_twice() {
    let cloud = Cloud::start().await;
    let file = |name: &str| shared(cloud.folder.path()).join(name);
    make_for_leaps(&cloud).await;
    until("some failed", || lines(&file("fails")).len() > 5).await;
    let waits = cloud.fc("POST", "functions/waits/invocations", b"now");
    let leaps = async {
        let body = json!({ "advance_ms": LEAP_MS }).to_string();
        let leaps = (0..LEAPS).map(|_| cloud.admin("POST", "clock", body.as_bytes()));
        let leaps = futures_util::future::join_all(leaps).await;
        assert!(leaps.iter().all(|leap| leap.status == 200), "{leaps:?}");
        until("all ticks", || lines(&file("ticks")).len() >= TICKS).await;
        std::fs::write(file("gate"), "").unwrap();
    };
    let (waited, ()) = futures_util::future::join(waits, leaps).await;
    assert_eq!(waited.status, 200, "{waited:?}");
    assert_eq!(waited.header("x-fc-error-type"), None, "{waited:?}");
    until("all waited", || lines(&file("waits")).len() > SENT).await;
    until("all told", || lines(&file("told")).len() >= SENT).await;
    // Whatever would come twice comes now.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let at = fields(&file("ticks"), "triggerTime");
    let at = at
        .iter()
        .map(|text| text.parse::<jiff::Timestamp>().unwrap());
    let at: Vec<i64> = at.map(jiff::Timestamp::as_second).collect();
    assert!(
        at.windows(2).all(|pair| pair[1] - pair[0] == 3600),
        "{at:?}"
    );
    assert_eq!(at.len(), TICKS);
    let waited = counts(&file("waits"));
    assert!(waited.len() == SENT + 1 && waited.values().all(|count| *count == 1));
    let failed = counts(&file("fails"));
    assert!(
        failed.values().all(|count| (1..=4).contains(count)),
        "{failed:?}"
    );
    let failed: Vec<String> = failed.into_keys().collect();
    assert_eq!(failed.len(), SENT);
    assert_eq!(fields(&file("told"), "requestPayload"), failed);
}
