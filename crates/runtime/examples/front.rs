//! Measures what the fleet costs: a plain HTTP server that hands each request to one function, a web server in Node.
//!
//! `cargo run --release -p runtime --example front -- 7000 CONCURRENCY`, then
//! `wrk -c50 -t2 -d10 http://127.0.0.1:7000/`; and without the fleet:
//! `FC_SERVER_PORT=7001 node crates/runtime/tests/functions/bare.js` and `wrk -c50 -t2 -d10 http://127.0.0.1:7001/`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use runtime::{
    BoxError, Call, CallBody, Custom, Fleet, Identity, Language, Line, LogSink, Reply, Request,
    Settings, Spec,
};

struct Nowhere;

impl LogSink for Nowhere {
    fn line(&self, _: Line<'_>) {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().unwrap_or_default().parse()?;
    let concurrency: u32 = arguments.next().unwrap_or_default().parse()?;
    let folder = std::env::temp_dir().join(format!("front-{}", std::process::id()));
    let fleet = Fleet::open(Settings {
        folder,
        launcher: Vec::new(),
        log: Arc::new(Nowhere),
        clock: Arc::new(SystemTime::now),
        pool: false,
    })?;
    let spec = Arc::new(spec(concurrency));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let (fleet, spec) = (fleet.clone(), Arc::clone(&spec));
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&fleet, &spec, request));
            let server = hyper::server::conn::http1::Builder::new();
            let _ = server.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

async fn answer(
    fleet: &Fleet,
    spec: &Arc<Spec>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<CallBody>, Infallible> {
    let request = request.map(|body| CallBody::new(body.map_err(BoxError::from)));
    let call = Call {
        request_id: "1-674588f0-15fd3a0e-3f3a2e6e9c1b".to_owned(),
        trace: None,
        retries: 0,
        request: Request::Web {
            request,
            base_path: String::new(),
        },
    };
    let words = match fleet.call(spec, call).await {
        Ok(Reply::Web { response, .. }) => return Ok(response),
        Ok(Reply::Answer(_)) => "an answer to an event".to_owned(),
        Err(fault) => fault.to_string(),
    };
    let body = Full::new(words.into()).map_err(|never| -> BoxError { match never {} });
    let mut response = hyper::Response::new(CallBody::new(body));
    *response.status_mut() = hyper::StatusCode::BAD_GATEWAY;
    Ok(response)
}

fn spec(concurrency: u32) -> Spec {
    Spec {
        function: "bare".to_owned(),
        version: "LATEST".to_owned(),
        revision: "1".to_owned(),
        language: Language::Custom,
        handler: String::new(),
        code: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions"),
        layers: Vec::new(),
        mounts: Vec::new(),
        environment: BTreeMap::new(),
        memory_mb: 512,
        cpu: None,
        disk_mb: 512,
        timeout: Duration::from_mins(1),
        concurrency,
        idle: Duration::from_mins(3),
        initializer: None,
        pre_stop: None,
        custom: Some(Custom {
            command: vec!["node".to_owned(), "/code/bare.js".to_owned()],
            ..Custom::default()
        }),
        container: None,
        tracing: None,
        identity: Identity {
            account: "1".to_owned(),
            region: "cn-hangzhou".to_owned(),
            qualifier: "LATEST".to_owned(),
            access_key_id: String::new(),
            access_key_secret: String::new(),
            security_token: String::new(),
            log: (String::new(), String::new()),
            endpoints: BTreeMap::new(),
        },
    }
}
