//! Web servers that speak HTTP/1.0: their visitors are spoken with in HTTP/1.1.

use serde_json::json;

use crate::client::Cloud;
use crate::function::archive;
use crate::web::Wire;

/// Says the length of what it sends unless it is asked for what ends with the connection.
const SERVER: &str = "import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        if self.path != '/open':
            self.send_header('Content-Length', '4')
        self.end_headers()
        self.wfile.write(b'text')

HTTPServer(('127.0.0.1', int(os.environ['FC_SERVER_PORT'])), Handler).serve_forever()
";

#[tokio::test(flavor = "multi_thread")]
async fn visitors_of_an_old_server_have_a_connection_that_stays() {
    let cloud = Cloud::start().await;
    let new = json!({
        "functionName": "old", "runtime": "custom.debian12", "handler": "none", "timeout": 20,
        "code": { "zipFile": archive("index.py", SERVER) },
        "customRuntimeConfig": { "command": ["python3", "/code/index.py"], "port": 9000 },
    });
    let made = cloud.fc_json("POST", "functions", &new).await;
    assert_eq!(made.status, 200, "{made:?}");
    let trigger = json!({
        "triggerName": "web", "triggerType": "http", "triggerConfig": r#"{"authType":"anonymous"}"#,
    });
    cloud
        .fc_json("POST", "functions/old/triggers", &trigger)
        .await;
    let ask = |path: &str, version: &str| {
        format!("GET /_fc/old{path} HTTP/{version}\nHost: localhost\n\n")
    };
    let mut wire = Wire::open(&cloud, &ask("/open", "1.1")).await;
    let open = wire.until(b"\r\n4\r\ntext\r\n0\r\n\r\n").await;
    assert!(open.starts_with("HTTP/1.1 200 OK\r\n"), "{open}");
    assert!(open.contains("transfer-encoding: chunked\r\n"), "{open}");
    let next = ask("/", "1.1").replace('\n', "\r\n");
    wire.send(next.as_bytes()).await;
    let whole = wire.until(b"\r\n\r\ntext").await;
    assert!(whole.starts_with("HTTP/1.1 200 OK\r\n"), "{whole}");
    assert!(whole.contains("content-length: 4\r\n"), "{whole}");
    assert!(!whole.contains("connection:"), "{whole}");
    // A visitor who knows no newer version gets none.
    let mut wire = Wire::open(&cloud, &ask("/open", "1.0")).await;
    let old = wire.until(b"\r\n\r\ntext").await;
    assert!(old.starts_with("HTTP/1.0 200 OK\r\n"), "{old}");
}
