//! The local cloud's own API under `/_sdev/`: status, clock, reset, stop.

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
use crate::store::StoreError;

/// Header that every admin call but `ping` carries; its value is [`admin_token`].
pub const ADMIN_TOKEN_HEADER: &str = "x-sdev-token";

/// Bytes of an admin request's body at most.
const BODY_LIMIT: usize = 64 * 1024;

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
        (Method::POST, "clock") => advance_clock(cloud, request).await,
        (Method::POST, "reset") => reset(cloud).await,
        (Method::POST, "stop") => {
            cloud.stop_asked.cancel();
            reply(StatusCode::ACCEPTED, &json!({"stopping": true}))
        }
        (_, "status" | "clock" | "reset" | "stop" | "ping") => {
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
        Ok::<_, StoreError>(json!({"oss": oss, "cdn": cdn, "function": function}))
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
    let clock = cloud.clock.clone();
    let advance = move || clock.advance(Duration::from_millis(by));
    match tokio::task::spawn_blocking(advance).await {
        Ok(Ok(())) => reply(StatusCode::OK, &clock_value(cloud)),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::InvalidInput => failure(
            StatusCode::BAD_REQUEST,
            "InvalidArgument",
            &error.to_string(),
        ),
        Ok(Err(error)) => internal(&error.into()),
        Err(_) => internal(&StoreError::Closed),
    }
}

async fn reset(cloud: &Cloud) -> Reply {
    let wiped = async {
        cloud.functions.reset().await?;
        cloud.cdn.reset().await?;
        cloud.oss.reset().await
    };
    match wiped.await {
        Ok(()) => reply(StatusCode::OK, &json!({"reset": true})),
        Err(error) => internal(&error),
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
