//! Replies to visitors: whole, part or confirmation of a cached answer; what passes through; refusals.

use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::body::{Reply, ReplyBody};

use super::condition;
use super::entry::Entry;
use super::origin::OriginError;
use super::policy::{Dressed, Policy};
use super::range::Part;

/// How a reply came about, as `X-Cache` says it: it begins with `HIT` when the origin was not asked for this
/// visitor, else with `MISS`. The second word's names for confirmed and renewed content are this cloud's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CacheWord {
    Hit,
    Miss,
    /// The origin said that what was cached is still good.
    Confirmed,
    /// The origin sent something in the place of what was cached.
    Renewed,
}

impl CacheWord {
    fn value(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Hit => "HIT TCP_MEM_HIT dirn:-2:-2",
            Self::Miss => "MISS TCP_MISS dirn:-2:-2",
            Self::Confirmed => "MISS TCP_REFRESH_HIT dirn:-2:-2",
            Self::Renewed => "MISS TCP_REFRESH_MISS dirn:-2:-2",
        })
    }
}

const X_CACHE: header::HeaderName = header::HeaderName::from_static("x-cache");

/// Answers a visitor with these headers from a cached answer.
pub(super) fn from_entry(
    entry: &Entry,
    visitor: &HeaderMap,
    policy: &Policy,
    word: CacheWord,
    now_ms: i64,
) -> Reply {
    let mut headers = entry.headers.clone();
    headers.insert(X_CACHE, word.value());
    headers.insert(header::AGE, HeaderValue::from(entry.age(now_ms)));
    let mut status = entry.status;
    let mut body = entry.body.clone();
    if status == StatusCode::OK {
        if condition::is_unchanged(visitor, &entry.headers) {
            status = StatusCode::NOT_MODIFIED;
            body.clear();
        } else if visitor.contains_key(header::RANGE)
            && condition::allows_range(visitor, &entry.headers)
        {
            let total = body.len();
            match part(visitor, total as u64) {
                Part::Whole => {}
                Part::Bytes { first, last } => {
                    status = StatusCode::PARTIAL_CONTENT;
                    body = body.slice(index(first)..=index(last));
                    note_range(&mut headers, &format!("bytes {first}-{last}/{total}"));
                }
                Part::Beyond => {
                    status = StatusCode::RANGE_NOT_SATISFIABLE;
                    body.clear();
                    note_range(&mut headers, &format!("bytes */{total}"));
                }
            }
        }
    }
    let mut reply = Reply::new(ReplyBody::full(body));
    *reply.status_mut() = status;
    *reply.headers_mut() = headers;
    dress(reply, policy)
}

/// Completes a reply that passes through.
pub(super) fn finish(mut reply: Reply, policy: &Policy, word: CacheWord) -> Reply {
    reply.headers_mut().insert(X_CACHE, word.value());
    dress(reply, policy)
}

/// What a visitor sees when no origin answers. Nothing stale is served in its place.
pub(super) fn failure(error: &OriginError) -> Reply {
    let status = match error {
        OriginError::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        OriginError::BadTarget(_) => StatusCode::BAD_REQUEST,
        OriginError::Unreachable(_) | OriginError::BrokeOff(_) => StatusCode::BAD_GATEWAY,
    };
    refusal(status, &format!("{error}\n"))
}

/// A short text of the CDN itself.
pub(super) fn refusal(status: StatusCode, text: &str) -> Reply {
    let mut reply = Reply::new(ReplyBody::full(text.to_owned()));
    *reply.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    reply.headers_mut().insert(header::CONTENT_TYPE, kind);
    reply.headers_mut().insert(X_CACHE, CacheWord::Miss.value());
    reply
}

fn dress(reply: Reply, policy: &Policy) -> Reply {
    if policy.dresses_nothing() {
        return reply;
    }
    let (mut head, body) = reply.into_parts();
    match policy.dress(&mut head.status, &mut head.headers) {
        Dressed::AsItWas => Reply::from_parts(head, body),
        Dressed::WithoutBody => Reply::from_parts(head, ReplyBody::empty()),
    }
}

fn part(visitor: &HeaderMap, length: u64) -> Part {
    let range = visitor.get(header::RANGE);
    range
        .and_then(|value| value.to_str().ok())
        .map_or(Part::Whole, |value| Part::parse(value, length))
}

fn note_range(headers: &mut HeaderMap, range: &str) {
    if let Ok(value) = HeaderValue::from_str(range) {
        headers.insert(header::CONTENT_RANGE, value);
    }
}

fn index(at: u64) -> usize {
    usize::try_from(at).expect("a part lies inside a body in memory")
}
