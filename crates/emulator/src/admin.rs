//! The local cloud's own API under `/_sdev/`: status, clock, agenda, faults, reset, stop, kill.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::Request;
use hyper::body::Incoming;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::body::{Reply, ReplyBody};
use crate::cloud::Cloud;
use crate::function::{Entry, Query, Record};
use crate::store::StoreError;

/// Header that every admin call but `ping` carries; its value is [`admin_token`].
pub const ADMIN_TOKEN_HEADER: &str = "x-sdev-token";

/// Bytes of an admin request's body at most.
const BODY_LIMIT: usize = 64 * 1024;
/// Log lines of an answer at most.
const MOST_LINES: usize = 10_000;

/// The admin token of a cloud whose account has this access key secret: 64 lower-case hex digits.
pub fn admin_token(secret: &str) -> String {
    let mac = token_mac(secret).finalize().into_bytes();
    wire::digest::hex_lower(&mac)
}

/// Answers `/_sdev/{call}`.
pub(crate) async fn answer(cloud: &Arc<Cloud>, request: Request<Incoming>) -> Reply {
    let call = request
        .uri()
        .path()
        .trim_start_matches("/_sdev/")
        .to_owned();
    let method = request.method().clone();
    if method == Method::GET && call == "ping" {
        return reply(
            StatusCode::OK,
            &json!({"service": "sdev", "version": env!("CARGO_PKG_VERSION")}),
        );
    }
    if !is_allowed(cloud, &request) {
        let message = "the x-sdev-token header is missing or wrong";
        return failure(StatusCode::FORBIDDEN, "AccessDenied", message);
    }
    match (method, call.as_str()) {
        (Method::GET, "status") => status(cloud).await,
        (Method::GET, "agenda") => match crate::agenda::is_busy(cloud).await {
            Ok(is_busy) => reply(StatusCode::OK, &json!({"busy": is_busy})),
            Err(error) => internal(&error),
        },
        (Method::POST, "clock") => advance_clock(cloud, request).await,
        (Method::POST, "reset") => reset(cloud).await,
        (Method::GET, "runtimes") => runtimes(cloud, &request).await,
        (Method::GET, "logs") => logs(cloud, &request).await,
        (Method::GET, "faults") => reply(StatusCode::OK, &cloud.faults.shown()),
        (Method::POST, "faults") => set_faults(cloud, request).await,
        (Method::POST, "kill") => match cloud.faults.kill() {
            Ok(()) => reply(StatusCode::ACCEPTED, &json!({"stopping": true})),
            Err(error) => failure(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalError",
                &error.to_string(),
            ),
        },
        (Method::POST, "stop") => {
            cloud.stop_asked.cancel();
            reply(StatusCode::ACCEPTED, &json!({"stopping": true}))
        }
        (
            _,
            "status" | "clock" | "agenda" | "reset" | "stop" | "kill" | "ping" | "logs" | "faults"
            | "runtimes",
        ) => {
            let message = "this call wants another method";
            failure(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
        }
        _ => failure(StatusCode::NOT_FOUND, "NotFound", "no such admin call"),
    }
}

fn is_allowed(cloud: &Cloud, request: &Request<Incoming>) -> bool {
    let given = request
        .headers()
        .get(ADMIN_TOKEN_HEADER)
        .and_then(|value| decode_hex(value.as_bytes()));
    // `verify_slice` compares in constant time.
    given.is_some_and(|given| {
        token_mac(&cloud.settings.account.access_key_secret)
            .verify_slice(&given)
            .is_ok()
    })
}

fn token_mac(secret: &str) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(b"sdev-admin");
    mac
}

fn decode_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.chunks(2)
        .map(|pair| match *pair {
            [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
            _ => None,
        })
        .collect()
}

async fn status(cloud: &Cloud) -> Reply {
    let counts = async {
        let oss = cloud.oss.counts().await?;
        let cdn = cloud.cdn.counts();
        let function = cloud.functions.counts().await?;
        let flow = cloud.flows.counts().await?;
        let mns = cloud.mns.counts().await?;
        let bridge = cloud.bridge.counts().await?;
        let counts = json!({
            "oss": oss, "cdn": cdn, "function": function, "flow": flow, "mns": mns, "bridge": bridge,
        });
        Ok::<_, StoreError>(counts)
    };
    match counts.await {
        Ok(counts) => reply(
            StatusCode::OK,
            &json!({
                "service": "sdev",
                "version": env!("CARGO_PKG_VERSION"),
                "pid": std::process::id(),
                "address": cloud.address.to_string(),
                "region": cloud.settings.region,
                "account_id": cloud.settings.account.id,
                "clock": clock_value(cloud),
                "counts": counts,
                "commits": cloud.store.commits(),
            }),
        ),
        Err(error) => internal(&error),
    }
}

/// Whether functions of the runtime `name` can run on this machine.
async fn runtimes(cloud: &Cloud, request: &Request<Incoming>) -> Reply {
    let params = wire::escape::parse_form(request.uri().query().unwrap_or_default());
    let name = params.iter().find(|(key, _)| key == "name");
    let name = name.map_or("", |(_, name)| name.as_str());
    let value = match cloud.functions.can_run(name).await {
        Ok(()) => json!({"runtime": name, "runs": true}),
        Err(why) => json!({"runtime": name, "runs": false, "why": why}),
    };
    reply(StatusCode::OK, &value)
}

fn clock_value(cloud: &Cloud) -> Value {
    let offset_ms = i64::try_from(cloud.clock.offset().as_millis()).unwrap_or(i64::MAX);
    json!({"now": cloud.clock.now().to_string(), "offset_ms": offset_ms})
}

async fn advance_clock(cloud: &Arc<Cloud>, request: Request<Incoming>) -> Reply {
    let body = Limited::new(request.into_body(), BODY_LIMIT)
        .collect()
        .await;
    let by = body
        .ok()
        .and_then(|body| serde_json::from_slice::<Value>(&body.to_bytes()).ok())
        .and_then(|value| value.get("advance_ms")?.as_u64());
    let Some(by) = by else {
        let message = "the body must be {\"advance_ms\": a number that is not negative}";
        return failure(StatusCode::BAD_REQUEST, "InvalidArgument", message);
    };
    match crate::agenda::advance(cloud, Duration::from_millis(by)).await {
        Ok(()) => reply(StatusCode::OK, &clock_value(cloud)),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => failure(
            StatusCode::BAD_REQUEST,
            "InvalidArgument",
            &error.to_string(),
        ),
        Err(error) => internal(&error.into()),
    }
}

/// Sets what fails, `{"faults": [RULE, …]}`, in the place of what was set before, and counts calls from nothing.
async fn set_faults(cloud: &Cloud, request: Request<Incoming>) -> Reply {
    let body = Limited::new(request.into_body(), BODY_LIMIT)
        .collect()
        .await;
    let body = body
        .ok()
        .and_then(|body| serde_json::from_slice::<Value>(&body.to_bytes()).ok());
    let rules = body.and_then(|mut body| Some(body.get_mut("faults")?.take()));
    match cloud.faults.set(rules.unwrap_or_default()) {
        Ok(()) => reply(StatusCode::OK, &cloud.faults.shown()),
        Err(why) => failure(StatusCode::BAD_REQUEST, "InvalidArgument", &why),
    }
}

async fn reset(cloud: &Cloud) -> Reply {
    cloud.faults.clear();
    let wiped = async {
        cloud.flows.reset().await?;
        cloud.functions.reset().await?;
        cloud.bridge.reset().await?;
        cloud.mns.reset().await?;
        cloud.logs.clear()?;
        cloud.cdn.reset().await?;
        cloud.oss.reset().await
    };
    match wiped.await {
        Ok(()) => reply(StatusCode::OK, &json!({"reset": true})),
        Err(error) => internal(&error),
    }
}

/// The lines of functions, one JSON object a line: those at hand and, with `follow=1`, those that come. `tail` bounds
/// the first.
async fn logs(cloud: &Arc<Cloud>, request: &Request<Incoming>) -> Reply {
    let params = wire::escape::parse_form(request.uri().query().unwrap_or_default());
    let query = match Query::parse(&params) {
        Ok(query) => query,
        Err(why) => return failure(StatusCode::BAD_REQUEST, "InvalidArgument", &why),
    };
    let param = |name: &str| params.iter().find(|(key, _)| key == name);
    let tail = param("tail").and_then(|(_, value)| value.parse().ok());
    let follow = param("follow").is_some_and(|(_, value)| value == "1");
    // Before what is at hand is read, so that nothing falls between the two.
    let live = cloud.logs.follow();
    let (logs, mut query) = (cloud.logs.clone(), query);
    let most = tail.unwrap_or(MOST_LINES).min(MOST_LINES);
    let read = move || Ok((logs.find(&mut query, most)?, query));
    let (found, query) = match tokio::task::spawn_blocking(read).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return internal(&StoreError::Disk(error)),
        Err(failure) => std::panic::resume_unwind(failure.into_panic()),
    };
    let last = found.last().cloned();
    let text: String = found
        .iter()
        .filter_map(|record| Some(serde_json::to_string(record).ok()? + "\n"))
        .collect();
    let body = if follow {
        let first = futures_util::stream::iter([Ok(bytes::Bytes::from(text))]);
        let more = futures_util::stream::unfold((live, query, last), next_line);
        ReplyBody::stream(futures_util::StreamExt::chain(first, more), None)
    } else {
        ReplyBody::full(text)
    };
    let mut reply = Reply::new(body);
    let kind = http::HeaderValue::from_static("application/x-ndjson");
    reply.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    reply
}

type Live = tokio::sync::broadcast::Receiver<Arc<Entry>>;

/// The next line that a follower asks for; lines that were read from the files already are passed over.
async fn next_line(
    (mut live, mut query, mut last): (Live, Query, Option<Record<'static>>),
) -> Option<(
    std::io::Result<bytes::Bytes>,
    (Live, Query, Option<Record<'static>>),
)> {
    use tokio::sync::broadcast::error::RecvError;
    loop {
        let received = live.recv().await;
        match received.as_deref() {
            Ok(Entry::Link(link)) => query.learn(link),
            Ok(Entry::Record(record)) if query.fits(record) => {
                if last.as_ref().is_some_and(|last| record.time < last.time) {
                    continue;
                }
                if last.as_ref() == Some(record) {
                    last = None;
                    continue;
                }
                let text = serde_json::to_string(record).ok()? + "\n";
                return Some((Ok(text.into()), (live, query, last)));
            }
            // A slow follower misses lines; the files have them.
            Ok(Entry::Record(_)) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

fn internal(error: &StoreError) -> Reply {
    failure(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalError",
        &error.to_string(),
    )
}

fn failure(status: StatusCode, code: &str, message: &str) -> Reply {
    reply(status, &json!({"code": code, "message": message}))
}

fn reply(status: StatusCode, value: &Value) -> Reply {
    let mut reply = Reply::new(ReplyBody::full(value.to_string()));
    *reply.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    reply.headers_mut().insert(http::header::CONTENT_TYPE, json);
    reply
}
