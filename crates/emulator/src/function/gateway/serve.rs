//! Hands an admitted request to its function and makes a response of what comes back.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, Version, header};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use runtime::{BoxError, CallBody, FunctionError, Language};

use super::event::{self, Circumstance};
use super::header::{from_server, from_visitor, size};
use super::upgrade::Wish;
use super::visit::{About, Visit};
use crate::body::{Reply, ReplyBody};
use crate::function::error::{FcError, Outcome};
use crate::function::queue::Asked;
use crate::function::resolve::Target;
use crate::function::service::Shared;
use crate::function::trace::{Origin, TRACEPARENT};

/// Bytes of a request's body at most. The vendor's limit; for a response's it names none.
const LARGEST_BODY: usize = 32 * 1024 * 1024;
/// Bytes of all headers of a request, and of a response, at most. The vendor's limit.
const LARGEST_HEADERS: usize = 8 * 1024;
/// Bytes of path and query at most. The vendor's limit.
const LONGEST_TARGET: usize = 4 * 1024;

impl Shared {
    pub(super) async fn serve(&self, target: &Target, visit: Visit) -> Outcome<Reply> {
        let Visit { mut request, about } = visit;
        check_limits(request.headers(), &about.target)?;
        let origin = Origin::of(request.headers());
        let asked = Asked::of(request.headers());
        let wish = Wish::of(&mut request);
        let (mut parts, body) = request.into_parts();
        from_visitor(&mut parts.headers);
        let (function, id) = (&target.spec.function, &about.request_id);
        let trace = self.traceparent(function, id, origin.as_ref());
        if asked.is_none() && is_server(target) {
            return self.pass(target, (parts, about), (body, wish), trace).await;
        }
        if let Ok(trace) = HeaderValue::try_from(&*trace) {
            parts.headers.insert(TRACEPARENT, trace);
        }
        if let Some(asked) = asked {
            return Box::pin(self.defer(target, (parts, about), body, (asked, origin))).await;
        }
        let body = read(body).await?;
        self.handle(target, (parts, about), &body, trace).await
    }

    /// Makes an event of a request, for a handler.
    async fn handle(
        &self,
        target: &Target,
        (parts, about): (Parts, About),
        body: &[u8],
        trace: String,
    ) -> Outcome<Reply> {
        let event = self.event(target, (&parts, &about), body, self.now_ms());
        let call = runtime::Call {
            request_id: about.request_id,
            trace: Some(trace),
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
        if size(response.headers()) > LARGEST_HEADERS {
            return Err(bad("the response's headers are larger than 8 KB"));
        }
        Ok(response.map(ReplyBody::full))
    }

    /// The event of a request that came at `now_ms`.
    pub(super) fn event(
        &self,
        target: &Target,
        (parts, about): (&Parts, &About),
        body: &[u8],
        now_ms: i64,
    ) -> Bytes {
        let (path, query) = about.target.split_once('?').unwrap_or((&about.target, ""));
        let circumstance = Circumstance {
            account: &self.account,
            domain: &about.host,
            source_ip: &about.source_ip,
            trigger_id: target.web.as_ref().map(|trigger| trigger.id.as_str()),
            request_id: &about.request_id,
            now_ms,
        };
        event::event(parts, (path, query), body, &circumstance)
    }

    /// Hands a request through to a web server, body and all.
    async fn pass(
        &self,
        target: &Target,
        (mut parts, about): (Parts, About),
        (body, wish): (CallBody, Option<Wish>),
        trace: String,
    ) -> Outcome<Reply> {
        if body.size_hint().lower() > LARGEST_BODY as u64 {
            return Err(too_large(LARGEST_BODY));
        }
        let mut request = Request::new(limited(body, LARGEST_BODY));
        *request.method_mut() = parts.method;
        *request.uri_mut() = address(&about.target)?;
        if let Some(wish) = &wish {
            wish.tell(&mut parts.headers);
        }
        *request.headers_mut() = parts.headers;
        let call = runtime::Call {
            request_id: about.request_id,
            trace: Some(trace),
            retries: 0,
            request: runtime::Request::Web {
                request,
                base_path: about.base_path,
            },
        };
        match self.run.call(&target.spec, call).await? {
            runtime::Reply::Web { response, .. } => passed(response, wish),
            runtime::Reply::Answer(_) => Err(bad("the server gave no web response")),
        }
    }
}

/// A web server's response as its visitor gets it. Its body is streamed and may be as long as it likes.
fn passed(mut response: Response<CallBody>, wish: Option<Wish>) -> Outcome<Reply> {
    if size(response.headers()) > LARGEST_HEADERS {
        return Err(bad("the response's headers are larger than 8 KB"));
    }
    // Who passes a message on says its own version (RFC 9110, 2.5); the server that the visitor speaks with knows which that can be.
    *response.version_mut() = Version::HTTP_11;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let wish = wish.ok_or_else(|| bad("the server switches protocols, and nobody asked"))?;
        let head = wish.fulfil(response);
        return Ok(Reply::from_parts(head, ReplyBody::empty()));
    }
    from_server(response.headers_mut());
    Ok(response.map(|body| {
        let length = body.size_hint().exact();
        let stream = body.into_data_stream().map_err(std::io::Error::other);
        ReplyBody::stream(stream, length)
    }))
}

/// Whether a function is a web server, and no handler.
pub(super) fn is_server(target: &Target) -> bool {
    matches!(target.spec.language, Language::Custom | Language::Container)
}

/// What a web server is asked for.
pub(super) fn address(target: &str) -> Outcome<Uri> {
    let parsed = target.parse();
    parsed.map_err(|_| FcError::invalid("the path is not one"))
}

/// Reads a body whole.
pub(super) async fn read(body: CallBody) -> Outcome<Bytes> {
    read_within(body, LARGEST_BODY).await
}

/// Reads a body of so many bytes at most.
pub(super) async fn read_within(body: CallBody, most: usize) -> Outcome<Bytes> {
    match limited(body, most).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(most)),
        Err(error) => Err(FcError::invalid(format!(
            "the body cannot be read: {error}"
        ))),
    }
}

fn limited(body: CallBody, most: usize) -> CallBody {
    if body.is_end_stream() {
        return body;
    }
    CallBody::new(Limited::new(body, most))
}

/// A body of bytes at hand.
pub(super) fn whole(bytes: Bytes) -> CallBody {
    CallBody::new(Full::new(bytes).map_err(|never| -> BoxError { match never {} }))
}

fn check_limits(headers: &HeaderMap, target: &str) -> Outcome<()> {
    if size(headers) > LARGEST_HEADERS {
        return Err(FcError::invalid("the headers are larger than 8 KB"));
    }
    if target.len() > LONGEST_TARGET {
        return Err(FcError::invalid("path and query are longer than 4 KB"));
    }
    Ok(())
}

fn too_large(most: usize) -> FcError {
    FcError::invalid(format!("the body is larger than {} KB", most >> 10))
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
