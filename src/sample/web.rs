//! The event of a web request, for handlers: the vendor's version `v1`.

use serde_json::{Value as Json, json};

use super::{REQUEST_ID, Scene, TRIGGER_ID, first};
use crate::resource::Object;

const AGENT: &str = "sdev";

pub(super) fn event(trigger: &Object, scene: &Scene<'_>) -> Json {
    let example = format!("example.{}.fcapp.run", scene.region);
    let host = scene.host.unwrap_or(&example);
    let method = first(trigger, "methods").unwrap_or("GET");
    let is_sent = matches!(method, "POST" | "PUT" | "PATCH");
    let mut headers = json!({ "Accept": "*/*", "Host": host, "User-Agent": AGENT });
    if is_sent {
        headers["Content-Type"] = "application/json".into();
    }
    json!({
        "version": "v1",
        "rawPath": "/example",
        "headers": headers,
        "queryParameters": { "name": "value" },
        "body": if is_sent { r#"{"hello":"world"}"# } else { "" },
        "isBase64Encoded": false,
        "requestContext": {
            "accountId": scene.account,
            "triggerId": scene.trigger_id.unwrap_or(TRIGGER_ID),
            "domainName": host,
            "domainPrefix": host.split('.').next().unwrap_or_default(),
            "requestId": REQUEST_ID,
            "time": scene.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "timeEpoch": scene.time.as_millisecond().to_string(),
            "http": {
                "method": method,
                "path": "/example",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": AGENT,
            },
        },
    })
}
