//! Web servers: what they are told with a call.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use runtime::{BoxError, Call, CallBody, Custom, Language, Reply, Request, Spec};
use serde_json::{Value as Json, json};

use crate::bench::{Bench, JAEGER, SPAN, TRACE, spec, traced};

/// A server that answers with the headers of the request.
fn head() -> Spec {
    let server = "require('http').createServer((asked, answer) => answer.end(JSON.stringify(asked.headers)))";
    let program = format!("{server}.listen(process.env.FC_SERVER_PORT)");
    let command = ["node", "-e", &program].map(str::to_owned);
    Spec {
        custom: Some(Custom {
            command: command.into(),
            ..Custom::default()
        }),
        ..spec(Language::Custom, "api", "")
    }
}

/// What the server is told with a web request.
async fn told(bench: &Bench, spec: &Arc<Spec>) -> Json {
    let empty = Full::new(Bytes::new()).map_err(|never| -> BoxError { match never {} });
    let request = http::Request::get("/").header("x-fc-tracing-jaeger-endpoint", "made up");
    let call = Call {
        request_id: "id".to_owned(),
        trace: Some(TRACE.to_owned()),
        retries: 0,
        request: Request::Web {
            request: request.body(CallBody::new(empty)).unwrap(),
            base_path: String::new(),
        },
    };
    let Ok(Reply::Web { response, .. }) = bench.fleet.call(spec, call).await else {
        panic!("a web request has a response");
    };
    let body = response.into_body().collect().await.unwrap();
    serde_json::from_slice(&body.to_bytes()).unwrap()
}

#[tokio::test]
async fn a_server_is_told_the_trace_in_the_vendors_form_when_its_function_is_traced() {
    let bench = Bench::new();
    let spec = Arc::new(head());
    let traced = traced(&spec);
    for plain in [told(&bench, &spec).await, bench.said(&spec, "event").await] {
        assert_eq!(plain["traceparent"], TRACE);
        assert_eq!(plain.get("x-fc-tracing-opentracing-span-context"), None);
    }
    for said in [
        told(&bench, &traced).await,
        bench.said(&traced, "event").await,
    ] {
        for (name, value) in [
            ("traceparent", TRACE),
            ("x-fc-tracing-opentracing-span-context", SPAN),
            ("x-fc-tracing-opentracing-span-baggages", ""),
            ("x-fc-tracing-jaeger-endpoint", JAEGER),
        ] {
            assert_eq!(said[name], json!(value), "{name}");
        }
    }
}
