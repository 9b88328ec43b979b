//! Asks the origins of a domain: buckets and functions of this cloud in process, other hosts over HTTP.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use http_body_util::{BodyExt as _, Either, Empty};
use hyper::Request;
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use runtime::{BoxError, CallBody};

use crate::body::{Reply, ReplyBody};
use crate::function::Functions;
use crate::oss::{Oss, WebRequest};

use super::domain::{Source, SourceKind};
use super::site::Site;

/// A connection must stand within this time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The origin must begin to answer within this time.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Why no origin answered.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum OriginError {
    #[error("no origin could be reached: {0}")]
    Unreachable(String),
    #[error("the origin did not answer in time")]
    TimedOut,
    #[error("the origin's answer broke off: {0}")]
    BrokeOff(String),
    #[error("the target is not valid: {0}")]
    BadTarget(String),
}

/// What an origin is asked.
pub(super) struct OriginRequest {
    pub(super) method: Method,
    /// Path and query, as the visitor sent them.
    pub(super) target: String,
    /// Without `Host`.
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Incoming>,
}

type OriginBody = Either<Incoming, Empty<Bytes>>;

/// The ways to the origins.
pub(super) struct Origins {
    oss: Oss,
    functions: Functions,
    http: Client<HttpConnector, OriginBody>,
}

impl Origins {
    pub(super) fn new(oss: Oss, functions: Functions) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_nodelay(true);
        let http = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_timer(TokioTimer::new())
            .build(connector);
        Self {
            oss,
            functions,
            http,
        }
    }

    /// Asks the sources of a site by priority until one answers, whatever it answers.
    ///
    /// A request with a body is tried once: what was sent of the body cannot be sent again.
    pub(super) async fn ask(
        &self,
        site: &Site,
        mut request: OriginRequest,
    ) -> Result<Reply, OriginError> {
        let mut failure = OriginError::Unreachable("there is none".to_owned());
        for source in &site.sources {
            let has_body = request.body.is_some();
            let attempt = OriginRequest {
                method: request.method.clone(),
                target: request.target.clone(),
                headers: request.headers.clone(),
                body: request.body.take(),
            };
            match self.ask_one(site, source, attempt).await {
                Ok(reply) => return Ok(reply),
                Err(error @ OriginError::BadTarget(_)) => return Err(error),
                Err(error) => failure = error,
            }
            if has_body {
                break;
            }
        }
        Err(failure)
    }

    async fn ask_one(
        &self,
        site: &Site,
        source: &Source,
        mut request: OriginRequest,
    ) -> Result<Reply, OriginError> {
        let bucket = source.bucket();
        let function = self.function(site, source);
        let host = match (&site.policy.request_host, bucket) {
            (Some(host), _) => Ok(host.clone()),
            (None, None) if function.is_none() => HeaderValue::from_str(&site.name),
            (None, _) => HeaderValue::from_str(&source.content),
        };
        let host = host.map_err(|error| OriginError::BadTarget(error.to_string()))?;
        request.headers.insert(header::HOST, host);
        match (bucket, function) {
            (Some(bucket), _) => self.ask_bucket(bucket, request).await,
            (None, Some(name)) => self.ask_function(&name, request).await,
            (None, None) if source.kind == SourceKind::FcDomain => {
                let content = &source.content;
                let message = format!("no domain of functions is called {content:?}");
                Err(OriginError::Unreachable(message))
            }
            (None, None) => self.ask_host(source, request).await,
        }
    }

    /// The name by which a source leads to functions of this cloud: the host that the site asks for, else the source's
    /// own. The vendor asks for the accelerated domain unless told otherwise; here that would only ever fail.
    fn function(&self, site: &Site, source: &Source) -> Option<String> {
        if !matches!(source.kind, SourceKind::FcDomain | SourceKind::Domain)
            || !self.functions.knows(&source.content)
        {
            return None;
        }
        let host = site.policy.request_host.as_ref();
        let host = host.and_then(|host| host.to_str().ok());
        Some(host.unwrap_or(&source.content).to_ascii_lowercase())
    }

    async fn ask_function(&self, name: &str, asked: OriginRequest) -> Result<Reply, OriginError> {
        let bad = |error: http::Error| OriginError::BadTarget(error.to_string());
        let body = match asked.body {
            Some(body) => CallBody::new(body.map_err(BoxError::from)),
            None => CallBody::new(Empty::new().map_err(|never| -> BoxError { match never {} })),
        };
        let is_head = asked.method == Method::HEAD;
        let request = Request::builder().method(asked.method).uri(asked.target);
        let mut request = request.body(body).map_err(bad)?;
        *request.headers_mut() = asked.headers;
        let (functions, name) = (self.functions.clone(), name.to_owned());
        // Boxed: the compiler cannot tell that so deep a future may change threads.
        let answered: BoxFuture<'static, Reply> =
            Box::pin(async move { functions.visit_as_origin(&name, request).await });
        let reply = tokio::time::timeout(ANSWER_TIMEOUT, answered).await;
        let reply = reply.map_err(|_| OriginError::TimedOut)?;
        if is_head {
            return Ok(reply.map(|_| ReplyBody::empty()));
        }
        Ok(reply)
    }

    async fn ask_bucket(&self, bucket: &str, request: OriginRequest) -> Result<Reply, OriginError> {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let path = wire::escape::decode(path)
            .ok_or_else(|| OriginError::BadTarget("its path is not UTF-8".to_owned()))?;
        let web = WebRequest {
            method: request.method,
            path,
            query: query.to_owned(),
            headers: request.headers,
        };
        Ok(self.oss.web(bucket, web).await)
    }

    async fn ask_host(
        &self,
        source: &Source,
        request: OriginRequest,
    ) -> Result<Reply, OriginError> {
        let bad = |error: http::Error| OriginError::BadTarget(error.to_string());
        let authority = match source.content.parse::<std::net::Ipv6Addr>() {
            Ok(address) => format!("[{address}]:{}", source.port),
            Err(_) => format!("{}:{}", source.content, source.port),
        };
        let uri = Uri::builder()
            .scheme("http")
            .authority(authority)
            .path_and_query(request.target)
            .build()
            .map_err(bad)?;
        let is_head = request.method == Method::HEAD;
        let body = request
            .body
            .map_or(Either::Right(Empty::new()), Either::Left);
        let mut asked = Request::builder()
            .method(request.method)
            .uri(uri)
            .body(body)
            .map_err(bad)?;
        *asked.headers_mut() = request.headers;
        let answered = tokio::time::timeout(ANSWER_TIMEOUT, self.http.request(asked)).await;
        let answer = answered
            .map_err(|_| OriginError::TimedOut)?
            .map_err(|error| OriginError::Unreachable(causes(&error)))?;
        Ok(answer.map(|body| {
            if is_head {
                return ReplyBody::empty();
            }
            let length = body.size_hint().exact();
            ReplyBody::stream(body.into_data_stream().map_err(io::Error::other), length)
        }))
    }
}

/// An error with what caused it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
