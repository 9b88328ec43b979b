//! `InvokeFunction`: an event from a call of the API, and its answer; or that it is kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, StatusCode};
use runtime::{Answer, FunctionError, Request};

use crate::body::{Reply, ReplyBody};
use crate::function::call::Call;
use crate::function::error::{FcError, Outcome};
use crate::function::queue::{self, Asked, Event};
use crate::function::resolve::Target;
use crate::function::service::Shared;
use crate::function::trace::Origin;

/// Bytes of an event at most, when its sender waits. The vendor's limit.
const LARGEST: usize = 32 * 1024 * 1024;

pub(super) async fn invoke(shared: &Shared, call: &Call, name: &str) -> Outcome<Reply> {
    let header = |name: &str| {
        let value = call.http.headers.get(name);
        value.and_then(|value| value.to_str().ok())
    };
    if let Some(asked) = Asked::of(&call.http.headers) {
        return enqueue(shared, call, name, asked).await;
    }
    if call.http.body.len() > LARGEST {
        return Err(FcError::invalid(format!(
            "the event is larger than {} MB",
            LARGEST >> 20
        )));
    }
    let target = shared.resolver.target(name, call.qualifier()).await?;
    let (id, origin) = (&call.http.request_id, Origin::of(&call.http.headers));
    let event = runtime::Call {
        request_id: id.clone(),
        trace: Some(shared.traceparent(name, id, origin.as_ref())),
        retries: 0,
        request: Request::Event(call.http.body.clone()),
    };
    let answered = shared.run.call(&target.spec, event).await?;
    let runtime::Reply::Answer(answer) = answered else {
        return Err(FcError::new(
            StatusCode::BAD_GATEWAY,
            "BadResponse",
            "the function answered an event with a web response",
        ));
    };
    let tail = header("x-fc-log-type").is_some_and(|kind| kind.eq_ignore_ascii_case("tail"));
    Ok(reply(&answer, &target, tail))
}

/// Keeps an event whose sender does not wait.
async fn enqueue(shared: &Shared, call: &Call, name: &str, asked: Asked) -> Outcome<Reply> {
    if call.http.body.len() > queue::LARGEST {
        return Err(FcError::invalid("the event is larger than 128 KB"));
    }
    let qualifier = call.qualifier();
    shared.resolver.target(name, qualifier).await?;
    let (id, now) = (&call.http.request_id, shared.now_ms());
    let event = Event::new(id, name, qualifier, &call.http.body, now)
        .made_for(Origin::of(&call.http.headers));
    shared.accept(event, asked).await
}

/// What the code answered is the body as it is; all else is in headers. A function that failed is a call that
/// succeeded: 200 with the kind of the error.
fn reply(answer: &Answer, target: &Target, tail: bool) -> Reply {
    let mut reply = Reply::new(ReplyBody::full(answer.payload.clone()));
    let ended = &answer.ended;
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            let name = HeaderName::from_static(name);
            reply.headers_mut().insert(name, value);
        }
    };
    set("content-type", "application/octet-stream".to_owned());
    set("x-fc-instance-id", ended.instance.clone());
    let duration = ended.duration.as_secs_f64() * 1000.0;
    set("x-fc-invocation-duration", format!("{duration:.0}"));
    set(
        "x-fc-max-memory-usage",
        format!("{:.2}", f64::from(ended.memory_mb)),
    );
    let package = target.function.code.as_ref();
    if let Some(package) = package {
        set("x-fc-code-checksum", package.crc64.to_string());
    }
    if let Some(error) = answer.error {
        let name = match error {
            FunctionError::Handled => "HandledInvocationError",
            FunctionError::Unhandled => "UnhandledInvocationError",
        };
        set("x-fc-error-type", name.to_owned());
    }
    if tail {
        set("x-fc-log-result", STANDARD.encode(&ended.log_tail));
    }
    reply
}
