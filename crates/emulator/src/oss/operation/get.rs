//! Reading objects: content, headers, conditions, ranges.

use http::{Method, StatusCode};

use super::permit;
use crate::body::{Reply, ReplyBody};
use crate::oss::call::Call;
use crate::oss::content::Content;
use crate::oss::error::{OssError, Outcome};
use crate::oss::model::{Action, Asked, Caller, Conditions, Verdict, pick};
use crate::oss::reply::{empty, http_date, set};
use crate::oss::service::Shared;
use crate::oss::table::object::{self, Kind, Object};

/// Headers that a signed request may replace in the reply.
const OVERRIDES: [&str; 6] = [
    "content-type",
    "content-language",
    "expires",
    "cache-control",
    "content-disposition",
    "content-encoding",
];
/// Tries to read an object that is being replaced.
pub(in crate::oss) const TRIES: usize = 3;

/// An object as it was found, with its content unless only its headers are wanted.
pub(in crate::oss) struct Found {
    pub(in crate::oss) object: Object,
    pub(in crate::oss) content: Option<Content>,
}

/// How a found object is sent.
pub(in crate::oss) struct View {
    pub(in crate::oss) status: StatusCode,
    pub(in crate::oss) range: Option<String>,
    /// Whether ranges behave as RFC 9110 has it.
    pub(in crate::oss) standard: bool,
}

/// `GetObject` and `HeadObject`.
pub(in crate::oss) async fn object(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let standard = call
        .header("x-oss-range-behavior")
        .is_some_and(|value| value == "standard");
    let view = || View {
        status: StatusCode::OK,
        range: call.header("range"),
        standard,
    };
    let overrides = overrides(call)?;
    let conditions = conditions(call, "");
    let mut tries = 0;
    loop {
        tries += 1;
        let found = load(oss, call).await?;
        judge(&conditions, &found.object)?;
        match send(oss, call, found, view()).await {
            // Another writer replaced the object and removed its blob before it was opened.
            Err(OssError::Internal(_)) if tries < TRIES => {}
            sent => {
                let mut reply = sent?;
                for (name, value) in &overrides {
                    set(&mut reply, name, value);
                }
                return Ok(reply);
            }
        }
    }
}

/// `GetObjectMeta`: the few headers that cost the vendor nothing.
pub(in crate::oss) async fn meta(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let (bucket, key, caller) = (call.bucket()?, call.key()?, call.caller);
    let object = oss
        .store
        .read(move |db| find(db, caller, &bucket, &key))
        .await?;
    let mut reply = empty(StatusCode::OK);
    set(&mut reply, "etag", &format!("\"{}\"", object.etag));
    set(&mut reply, "last-modified", &http_date(object.modified));
    set(&mut reply, "x-oss-hash-crc64ecma", &object.crc.to_string());
    if call.method == Method::HEAD {
        set(&mut reply, "content-length", &object.size.to_string());
    }
    Ok(reply)
}

/// Finds an object that the caller may read.
pub(in crate::oss) fn find(
    db: &rusqlite::Connection,
    caller: Caller,
    bucket: &str,
    key: &str,
) -> Outcome<Object> {
    permit::check(db, caller, Action::Read, bucket, Some(key))?;
    object::find(db, bucket, key)?.ok_or_else(|| OssError::NoSuchKey(key.to_owned()))
}

/// The conditions in a request's headers; those of a copy's source have names with a prefix.
pub(in crate::oss) fn conditions(call: &Call, prefix: &str) -> Conditions {
    let header = |name: &str| call.header(&format!("{prefix}{name}"));
    let time = |name: &str| {
        let time = httpdate::parse_http_date(&header(name)?).ok()?;
        let since = time
            .duration_since(std::time::SystemTime::UNIX_EPOCH)
            .ok()?;
        i64::try_from(since.as_secs()).ok()
    };
    Conditions {
        matches: header("if-match"),
        none_match: header("if-none-match"),
        modified_since: time("if-modified-since"),
        unmodified_since: time("if-unmodified-since"),
    }
}

/// Ends the request when its conditions do not hold.
pub(in crate::oss) fn judge(conditions: &Conditions, object: &Object) -> Outcome<()> {
    match conditions.judge(&object.etag, object.modified.div_euclid(1000)) {
        Verdict::Proceed => Ok(()),
        Verdict::NotModified => Err(OssError::NotModified {
            etag: object.etag.clone(),
            modified: object.modified,
        }),
        Verdict::Failed(condition) => Err(OssError::PreconditionFailed(condition)),
    }
}

/// The reply with an object, or a part of it.
pub(in crate::oss) async fn send(
    oss: &Shared,
    call: &Call,
    found: Found,
    view: View,
) -> Outcome<Reply> {
    let object = found.object;
    let (first, length, status) = match pick(view.range.as_deref(), object.size, view.standard) {
        Asked::Whole => (0, object.size, view.status),
        Asked::Part { first, length } => (first, length, StatusCode::PARTIAL_CONTENT),
        Asked::Unsatisfiable => return Err(OssError::InvalidRange { size: object.size }),
    };
    let body = match found.content {
        Some(content) if call.method != Method::HEAD => content.send(oss, first, length).await?,
        _ => ReplyBody::empty(),
    };
    let mut reply = Reply::new(body);
    *reply.status_mut() = status;
    describe(&mut reply, &object);
    set(&mut reply, "content-length", &length.to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        let last = first + length - 1;
        set(
            &mut reply,
            "content-range",
            &format!("bytes {first}-{last}/{}", object.size),
        );
    }
    Ok(reply)
}

async fn load(oss: &Shared, call: &Call) -> Outcome<Found> {
    let (bucket, key, caller) = (call.bucket()?, call.key()?, call.caller);
    let with_content = call.method != Method::HEAD;
    let found = oss.store.read(move |db| {
        let object = find(db, caller, &bucket, &key)?;
        let content = with_content
            .then(|| Content::find(db, &object.pieces))
            .transpose()?;
        Ok(Found { object, content })
    });
    found.await
}

fn describe(reply: &mut Reply, object: &Object) {
    for (name, value) in &object.traits.headers {
        set(reply, name, value);
    }
    set(reply, "etag", &format!("\"{}\"", object.etag));
    set(reply, "last-modified", &http_date(object.modified));
    set(reply, "accept-ranges", "bytes");
    set(reply, "x-oss-object-type", object.kind.as_str());
    set(reply, "x-oss-storage-class", &object.traits.storage_class);
    set(reply, "x-oss-hash-crc64ecma", &object.crc.to_string());
    if object.kind == Kind::Appendable {
        set(
            reply,
            "x-oss-next-append-position",
            &object.size.to_string(),
        );
    }
    if let Some(tagging) = &object.traits.tagging {
        set(
            reply,
            "x-oss-tagging-count",
            &tagging.matches("<Tag>").count().to_string(),
        );
    }
}

fn overrides(call: &Call) -> Outcome<Vec<(&'static str, String)>> {
    let found = OVERRIDES.iter().filter_map(|name| {
        let value = call.param(&format!("response-{name}"))?;
        (!value.is_empty()).then(|| (*name, value.to_owned()))
    });
    let found: Vec<_> = found.collect();
    if call.caller == Caller::Anonymous && !found.is_empty() {
        return Err(OssError::InvalidRequest(
            "Response headers can be replaced in signed requests only.",
        ));
    }
    Ok(found)
}
