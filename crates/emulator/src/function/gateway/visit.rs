//! Serves web requests.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use runtime::{BoxError, CallBody, FunctionError, Language};

use super::admit::{Entrance, domain_entrance, entrance};
use super::event::{self, Circumstance};
use super::{rewrite, route, token};
use crate::body::{Reply, ReplyBody};
use crate::function::error::{FcError, Outcome};
use crate::function::model::Domain;
use crate::function::resolve::Target;
use crate::function::service::{Functions, Shared};
use crate::identity::request_uuid;
use crate::rpc::RpcCall;

/// Bytes of a body at most. The vendor's limit.
const LARGEST_BODY: usize = 32 * 1024 * 1024;
/// Bytes of all headers of a request, and of a response, at most. The vendor's limit.
const LARGEST_HEADERS: usize = 8 * 1024;
/// Bytes of path and query at most. The vendor's limit.
const LONGEST_TARGET: usize = 4 * 1024;

/// A request and what it is for.
struct Visit {
    request: Request<Incoming>,
    about: About,
}

/// What a request is for.
struct About {
    request_id: String,
    host: String,
    /// What the function shall see of path and query.
    target: String,
    /// What of the path led to the function.
    base_path: String,
}

impl Functions {
    /// Answers a request to `/_fc/{name}{rest}`, the address of a function's http trigger.
    pub(crate) async fn visit(
        &self,
        (name, rest): (&str, String),
        request: Request<Incoming>,
    ) -> Reply {
        let (function, qualifier) = name.split_once('.').unwrap_or((name, "LATEST"));
        let host = format!("{}.{}.fcapp.run", function.to_lowercase(), self.0.region);
        let about = About {
            request_id: request_uuid(),
            host,
            target: rest,
            base_path: format!("/_fc/{name}"),
        };
        let id = about.request_id.clone();
        let visit = Visit { request, about };
        let answered = self.0.visit_trigger((function, qualifier), visit).await;
        finished(answered, &id)
    }

    /// Answers a request to a domain of the user's own.
    pub(crate) async fn visit_domain(&self, name: &str, request: Request<Incoming>) -> Reply {
        let target = request.uri().path_and_query();
        let target = target.map_or("/", |target| target.as_str()).to_owned();
        let about = About {
            request_id: request_uuid(),
            host: name.to_owned(),
            target,
            base_path: String::new(),
        };
        let id = about.request_id.clone();
        let visit = Visit { request, about };
        let answered = match self.0.resolver.domain(name) {
            Some(domain) => self.0.visit_route(&domain, visit).await,
            None => Err(FcError::missing(
                "DomainNameNotFound",
                format!("domain name '{name}' does not exist"),
            )),
        };
        finished(answered, &id)
    }
}

impl Shared {
    async fn visit_trigger(
        &self,
        (function, qualifier): (&str, &str),
        visit: Visit,
    ) -> Outcome<Reply> {
        let target = self.resolver.target(function, qualifier).await?;
        let trigger = target.web.clone().ok_or_else(|| {
            FcError::missing(
                "TriggerNotFound",
                format!("function '{function}' has no http trigger for {qualifier}"),
            )
        })?;
        let entrance = entrance(&trigger, visit.request.method())?;
        self.let_in(entrance, &target, visit, |target| target).await
    }

    /// Serves a request whose sender may come in; `rewrite` makes of the path and query what the function shall see.
    async fn let_in(
        &self,
        entrance: Entrance,
        target: &Target,
        mut visit: Visit,
        rewrite: impl FnOnce(String) -> String + Send,
    ) -> Outcome<Reply> {
        match entrance {
            Entrance::Anonymous => {
                visit.about.target = rewrite(visit.about.target);
                self.serve(target, visit).await
            }
            Entrance::Token(config) => {
                let (mut parts, body) = visit.request.into_parts();
                let now = self.now_ms().div_euclid(1000);
                token::admit(&config, &mut parts, &mut visit.about.target, now)?;
                visit.request = Request::from_parts(parts, body);
                visit.about.target = rewrite(visit.about.target);
                self.serve(target, visit).await
            }
            Entrance::Signed => {
                let mut visit = self.checked(visit).await?;
                visit.about.target = rewrite(visit.about.target);
                self.serve_read(target, visit).await
            }
        }
    }

    async fn visit_route(&self, domain: &Domain, visit: Visit) -> Outcome<Reply> {
        let path = visit.about.target.split('?').next().unwrap_or_default();
        let routes = domain.routes();
        let route = route::choose(routes, path).ok_or_else(|| {
            let message = format!(
                "no route of domain '{}' fits the path '{path}'",
                domain.name
            );
            FcError::missing("PathNotSupported", message)
        })?;
        let method = visit.request.method().as_str();
        if !route.methods.is_empty() && !route.methods.iter().any(|known| known == method) {
            let message = format!("the route takes {}", route.methods.join(", "));
            let status = StatusCode::METHOD_NOT_ALLOWED;
            return Err(FcError::new(status, "MethodNotAllowed", message));
        }
        let entrance = domain_entrance(domain)?;
        let target = self
            .resolver
            .target(&route.function_name, route.qualifier())
            .await?;
        let rewritten = |target: String| rewrite::target(&route.rewrite_config, &target);
        self.let_in(entrance, &target, visit, rewritten).await
    }

    /// Reads a request whole and checks that the account signed it.
    async fn checked(&self, visit: Visit) -> Outcome<Visited> {
        let (parts, body) = visit.request.into_parts();
        let body = read(body).await?;
        let call = RpcCall {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers.clone(),
            body: body.clone(),
            params: Vec::new(),
            version: String::new(),
            action: String::new(),
            request_id: visit.about.request_id.clone(),
        };
        if self.verifier.refuse(&call).is_some() {
            let message =
                "the authType is function, and the request is not signed with the account's key";
            return Err(FcError::new(StatusCode::FORBIDDEN, "AccessDenied", message));
        }
        Ok(Visited {
            parts,
            body,
            about: visit.about,
        })
    }

    async fn serve(&self, target: &Target, visit: Visit) -> Outcome<Reply> {
        let (parts, body) = visit.request.into_parts();
        let about = visit.about;
        if is_server(target) {
            let body = CallBody::new(body.map_err(BoxError::from));
            return self.pass(target, (parts, about), body).await;
        }
        let body = read(body).await?;
        let visited = Visited { parts, body, about };
        self.serve_read(target, visited).await
    }

    async fn serve_read(&self, target: &Target, visited: Visited) -> Outcome<Reply> {
        let Visited { parts, body, about } = visited;
        if is_server(target) {
            let body = http_body_util::Full::new(body);
            let body = CallBody::new(body.map_err(|never| -> BoxError { match never {} }));
            return self.pass(target, (parts, about), body).await;
        }
        check_limits(&parts.headers, &about.target)?;
        let (path, query) = about.target.split_once('?').unwrap_or((&about.target, ""));
        let circumstance = Circumstance {
            account: &self.account,
            domain: &about.host,
            source_ip: "127.0.0.1",
            request_id: &about.request_id,
            now_ms: self.now_ms(),
        };
        let event = event::event(&parts, (path, query), &body, &circumstance);
        let call = runtime::Call {
            request_id: about.request_id,
            trace: trace(&parts.headers),
            retries: 0,
            request: runtime::Request::Event(event),
        };
        let runtime::Reply::Answer(answer) = self.run.call(&target.spec, call).await? else {
            return Err(bad("the function answered an event with a web response"));
        };
        if let Some(error) = answer.error {
            return Ok(failed(error, answer.payload));
        }
        let response = event::response(&answer.payload).map_err(bad)?;
        if header_bytes(response.headers()) > LARGEST_HEADERS {
            return Err(bad("the response's headers are larger than 8 KB"));
        }
        Ok(response.map(ReplyBody::full))
    }

    /// Hands a request through to a web server, body and all.
    async fn pass(
        &self,
        target: &Target,
        (mut parts, about): (http::request::Parts, About),
        body: CallBody,
    ) -> Outcome<Reply> {
        check_limits(&parts.headers, &about.target)?;
        let trace = trace(&parts.headers);
        parts.uri = about
            .target
            .parse()
            .map_err(|_| FcError::invalid("the path is not one"))?;
        let vendor: Vec<_> = parts
            .headers
            .keys()
            .filter(|name| name.as_str().starts_with("x-fc-"))
            .cloned()
            .collect();
        for name in vendor {
            parts.headers.remove(name);
        }
        let call = runtime::Call {
            request_id: about.request_id,
            trace,
            retries: 0,
            request: runtime::Request::Web {
                request: Request::from_parts(parts, body),
                base_path: about.base_path,
            },
        };
        match self.run.call(&target.spec, call).await? {
            runtime::Reply::Web { response, .. } => Ok(response.map(|body| {
                let length = http_body::Body::size_hint(&body).exact();
                let stream = body.into_data_stream().map_err(std::io::Error::other);
                ReplyBody::stream(stream, length)
            })),
            runtime::Reply::Answer(_) => Err(bad("the server gave no web response")),
        }
    }
}

/// A request that was read.
struct Visited {
    parts: http::request::Parts,
    body: Bytes,
    about: About,
}

/// Whether requests go through to a web server as they are.
fn is_server(target: &Target) -> bool {
    matches!(target.spec.language, Language::Custom | Language::Container)
}

async fn read(body: Incoming) -> Outcome<Bytes> {
    let read = Limited::new(body, LARGEST_BODY).collect().await;
    let read =
        read.map_err(|error| FcError::invalid(format!("the body cannot be read: {error}")))?;
    Ok(read.to_bytes())
}

fn check_limits(headers: &HeaderMap, target: &str) -> Outcome<()> {
    if header_bytes(headers) > LARGEST_HEADERS {
        return Err(FcError::invalid("the headers are larger than 8 KB"));
    }
    if target.len() > LONGEST_TARGET {
        return Err(FcError::invalid("path and query are longer than 4 KB"));
    }
    Ok(())
}

fn header_bytes(headers: &HeaderMap) -> usize {
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    sizes.sum()
}

fn trace(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("traceparent")?;
    value.to_str().ok().map(str::to_owned)
}

fn bad(message: &str) -> FcError {
    FcError::new(StatusCode::BAD_GATEWAY, "BadResponse", message)
}

/// How a function that failed is shown to a visitor: 502 with the error's JSON. The vendor's answer is not documented;
/// a status that no cache keeps and every client takes for a failure is chosen here.
fn failed(error: FunctionError, payload: Bytes) -> Reply {
    let mut reply = Reply::new(ReplyBody::full(payload));
    *reply.status_mut() = StatusCode::BAD_GATEWAY;
    let kind = match error {
        FunctionError::Handled => "HandledInvocationError",
        FunctionError::Unhandled => "UnhandledInvocationError",
    };
    let headers = reply.headers_mut();
    headers.insert("x-fc-error-type", HeaderValue::from_static(kind));
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    reply
}

/// The reply, with what every reply of the gateway carries and without what none may.
fn finished(answered: Outcome<Reply>, request_id: &str) -> Reply {
    let mut reply = answered.unwrap_or_else(|error| error.reply(request_id));
    let headers = reply.headers_mut();
    for name in ["connection", "keep-alive", "transfer-encoding"] {
        headers.remove(name);
    }
    if let Ok(id) = HeaderValue::try_from(request_id) {
        headers.insert("x-fc-request-id", id);
    }
    reply
}
