//! Custom runtimes and containers: the user's own web server, by HTTP/1.1 on loopback.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use tokio::net::TcpStream;

use super::watched::Watched;
use super::{Dialect, Outcome, tracing};
use crate::call::{BoxError, Call, CallBody, Fault, FunctionError, Request};
use crate::spec::{Health, Language, Spec};
use crate::upstream::Upstream;

/// Pauses between questions whether the server listens: a part of the time that it took so far, so that little of a start is lost
/// by them and few are asked in vain.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);
const PART_OF_START: u32 = 32;
/// How long a connection stays open that leads somewhere.
const KEPT_OPEN: Duration = Duration::from_millis(100);
/// Headers of one connection, which do not go on to the next. What upgrades a connection does.
const OF_CONNECTION: [HeaderName; 4] = [
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    http::header::TE,
    http::header::TRAILER,
];
/// Bytes of an answer to an event at most.
pub(super) const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// A web server that runs function code.
pub(crate) struct Custom {
    port: u16,
    /// Whether an engine listens there in the server's place.
    is_published: bool,
    /// Where it was found to listen: an address of loopback and the port.
    upstream: OnceLock<Upstream>,
    health: Option<Health>,
    hooks: Hooks,
    /// What every request carries.
    known: HeaderMap,
    is_traced: bool,
}

/// What the server is asked at the begin and the end.
struct Hooks {
    initializer: bool,
    pre_stop: bool,
}

impl Custom {
    /// Speaks with a server on `port` of loopback.
    pub(crate) fn new(port: u16, spec: &Spec) -> Self {
        let custom = spec
            .custom
            .as_ref()
            .and_then(|custom| custom.health.clone());
        let container = || spec.container.as_ref()?.health.clone();
        Self {
            port,
            is_published: spec.language == Language::Container,
            upstream: OnceLock::new(),
            health: custom.or_else(container),
            hooks: Hooks {
                initializer: spec.initializer.is_some(),
                pre_stop: spec.pre_stop.is_some(),
            },
            known: headers(spec),
            is_traced: spec.tracing.is_some(),
        }
    }

    /// Connects, if the server listens on an address of loopback.
    async fn listens(&self) -> bool {
        let addresses: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        for address in addresses {
            let address = SocketAddr::from((address, self.port));
            if let Ok(stream) = TcpStream::connect(address).await
                && (!self.is_published || is_kept(stream).await)
                && let Ok(upstream) = Upstream::new(&address.to_string())
            {
                let _ = self.upstream.set(upstream);
                return true;
            }
        }
        false
    }

    /// Adds what the vendor tells the server of a call.
    fn tell(&self, headers: &mut HeaderMap, request_id: &str, control: &'static str) {
        // A copy of the many that are known costs less than to add them to the few that come with a call.
        let own = std::mem::replace(headers, self.known.clone());
        let mut last = None;
        for (name, value) in own {
            // A name is told once, before the first of its values. Nobody can say what we say.
            if let Some(name) = name {
                last = Some(name).filter(|name| !self.known.contains_key(name));
            }
            if let Some(name) = &last {
                headers.append(name.clone(), value);
            }
        }
        if let Ok(id) = HeaderValue::try_from(request_id) {
            headers.insert("x-fc-request-id", id);
        }
        headers.insert("x-fc-control-path", HeaderValue::from_static(control));
    }

    async fn send(
        &self,
        request: http::Request<CallBody>,
    ) -> Result<http::Response<CallBody>, Fault> {
        let upstream = self.upstream.get();
        let upstream =
            upstream.ok_or_else(|| Fault::Start("the server does not listen".to_owned()))?;
        upstream.send(request).await.map_err(|error| {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(next) = cause {
                text = format!("{text}: {next}");
                cause = next.source();
            }
            Fault::Exited(format!("the server did not answer: {text}"))
        })
    }

    /// A request of the platform itself; the status that it was answered with.
    async fn control(
        &self,
        method: Method,
        path: &'static str,
        request_id: &str,
    ) -> Result<StatusCode, Fault> {
        let mut request = http::Request::new(full(Bytes::new()));
        *request.method_mut() = method;
        *request.uri_mut() = Uri::from_static(path);
        self.tell(request.headers_mut(), request_id, path);
        Ok(self.send(request).await?.status())
    }

    async fn event(&self, came: &Came, payload: Bytes) -> Result<Outcome, Fault> {
        let mut request = http::Request::new(full(payload));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_static("/invoke");
        self.tell(request.headers_mut(), &came.request_id, "/invoke");
        let octets = HeaderValue::from_static("application/octet-stream");
        request
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, octets);
        came.pass(request.headers_mut());
        let response = self.send(request).await?;
        let failed = response
            .headers()
            .get("x-fc-status")
            .is_some_and(|status| status.as_bytes() == b"404")
            || !response.status().is_success();
        let limited = Limited::new(response.into_body(), LARGEST_ANSWER);
        let payload = CallBody::new(limited)
            .collect()
            .await
            .map_err(|error| Fault::Protocol(format!("the answer broke off: {error}")))?;
        Ok(Outcome::Answer {
            payload: payload.to_bytes(),
            error: failed.then_some(FunctionError::Unhandled),
        })
    }

    /// Whether the server counts as well now.
    async fn is_well(&self, health: &Health) -> bool {
        let Ok(target) = PathAndQuery::try_from(health.path.as_str()) else {
            return false;
        };
        let mut request = http::Request::new(full(Bytes::new()));
        *request.uri_mut() = Uri::from(target);
        let asked = tokio::time::timeout(health.timeout, self.send(request)).await;
        matches!(asked, Ok(Ok(response)) if response.status().is_success())
    }
}

/// Whether a connection is not closed at once. An engine takes connections to a port of a container before its server does, and closes
/// those that it cannot pass on.
async fn is_kept(stream: TcpStream) -> bool {
    let peeked = tokio::time::timeout(KEPT_OPEN, stream.peek(&mut [0])).await;
    !matches!(peeked, Ok(Ok(0) | Err(_)))
}

/// What comes with a call beside what is asked.
struct Came {
    request_id: String,
    trace: Option<String>,
    retries: u32,
    /// Whether the trace is told in the vendor's form too.
    is_traced: bool,
}

impl Came {
    fn pass(&self, headers: &mut HeaderMap) {
        headers.insert("x-fc-retry-count", HeaderValue::from(self.retries));
        let Some(trace) = self.trace.as_deref() else {
            return;
        };
        if let Ok(trace) = HeaderValue::try_from(trace) {
            headers.insert("traceparent", trace);
        }
        let span = self.is_traced.then(|| tracing::span(trace)).flatten();
        if let Some(Ok(span)) = span.map(HeaderValue::try_from) {
            headers.insert(tracing::SPAN, span);
        }
    }
}

/// What the vendor tells code with every call.
pub(super) fn headers(spec: &Spec) -> HeaderMap {
    let identity = &spec.identity;
    let pairs = [
        ("x-fc-access-key-id", identity.access_key_id.clone()),
        ("x-fc-access-key-secret", identity.access_key_secret.clone()),
        ("x-fc-security-token", identity.security_token.clone()),
        ("x-fc-function-name", spec.function.clone()),
        ("x-fc-function-handler", spec.handler.clone()),
        ("x-fc-function-memory", spec.memory_mb.to_string()),
        ("x-fc-function-timeout", spec.timeout.as_secs().to_string()),
        ("x-fc-region", identity.region.clone()),
        ("x-fc-account-id", identity.account.clone()),
        ("x-fc-qualifier", identity.qualifier.clone()),
        ("x-fc-version-id", spec.version.clone()),
    ];
    let mut headers = HeaderMap::with_capacity(2 * pairs.len());
    for (name, value) in pairs {
        if let Ok(mut value) = HeaderValue::try_from(value) {
            value.set_sensitive(name.contains("secret") || name.contains("token"));
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    tracing::tell(spec, &mut headers);
    headers
}

fn full(bytes: Bytes) -> CallBody {
    let body = Full::new(bytes).map_err(|never| -> BoxError { match never {} });
    CallBody::new(body)
}

#[async_trait]
impl Dialect for Custom {
    async fn ready(&self) -> Result<(), Fault> {
        let began = Instant::now();
        while !self.listens().await {
            let pause = began.elapsed() / PART_OF_START;
            tokio::time::sleep(pause.clamp(SHORTEST_PAUSE, LONGEST_PAUSE)).await;
        }
        let Some(health) = &self.health else {
            return Ok(());
        };
        tokio::time::sleep(health.initial_delay).await;
        let (mut well, mut unwell) = (0, 0);
        while well < health.successes.max(1) {
            if self.is_well(health).await {
                well += 1;
                continue;
            }
            (well, unwell) = (0, unwell + 1);
            if unwell >= health.failures.max(1) {
                let path = &health.path;
                return Err(Fault::Start(format!(
                    "the health check {path} failed {unwell} times"
                )));
            }
            tokio::time::sleep(health.period).await;
        }
        Ok(())
    }

    async fn initialize(&self, request_id: &str) -> Result<(), Fault> {
        if !self.hooks.initializer {
            return Ok(());
        }
        let status = self
            .control(Method::POST, "/initialize", request_id)
            .await?;
        if status.is_success() {
            return Ok(());
        }
        let why = format!("the initializer failed: POST /initialize was answered with {status}");
        Err(Fault::initializer(&why))
    }

    async fn call(&self, call: Call) -> Result<Outcome, Fault> {
        let came = Came {
            request_id: call.request_id,
            trace: call.trace,
            retries: call.retries,
            is_traced: self.is_traced,
        };
        let (request, base_path) = match call.request {
            Request::Event(payload) => return self.event(&came, payload).await,
            Request::Web { request, base_path } => (request, base_path),
        };
        let (mut head, body) = request.into_parts();
        head.version = http::Version::HTTP_11;
        if !head.headers.contains_key(http::header::UPGRADE) {
            head.headers.remove(http::header::CONNECTION);
        }
        for name in &OF_CONNECTION {
            head.headers.remove(name);
        }
        self.tell(&mut head.headers, &came.request_id, "/http-invoke");
        came.pass(&mut head.headers);
        if let Ok(base) = HeaderValue::try_from(base_path) {
            head.headers.insert("x-fc-base-path", base);
        }
        let (body, broken) = Watched::watch(body);
        let sent = self.send(http::Request::from_parts(head, body)).await;
        // The server is not to blame for a visitor who broke off.
        let response = match (sent, broken.get()) {
            (Err(_), Some(why)) => return Err(Fault::Request(why.clone())),
            (sent, _) => sent?,
        };
        Ok(Outcome::Web(response))
    }

    async fn pre_stop(&self, request_id: &str) -> Result<(), Fault> {
        if self.hooks.pre_stop {
            self.control(Method::GET, "/pre-stop", request_id).await?;
        }
        Ok(())
    }
}
