//! Appending to an object.

use http::StatusCode;
use hyper::body::Incoming;
use rusqlite::Connection;

use super::{permit, traits};
use crate::body::Reply;
use crate::oss::call::Call;
use crate::oss::error::{OssError, Outcome};
use crate::oss::intake::receive;
use crate::oss::model::{Action, Caller};
use crate::oss::reply::{empty, set};
use crate::oss::service::Shared;
use crate::oss::table::object::{self, Kind, Object, Traits};
use crate::oss::table::piece;
use crate::oss::watch::Herald;

/// `AppendObject`: one more piece behind those that are there.
pub(in crate::oss) async fn object(
    oss: &Shared,
    call: &Call,
    body: &mut Incoming,
) -> Outcome<Reply> {
    let (bucket, key, caller) = (call.bucket()?, call.key()?, call.caller);
    let traits = traits::of(call)?;
    let position = call.number("position")?.ok_or(OssError::InvalidArgument {
        name: "position",
        value: String::new(),
        message: "The position to append at is missing.",
    })?;
    let (early_bucket, early_key) = (bucket.clone(), key.clone());
    oss.store
        .read(move |db| appendable(db, caller, (&early_bucket, &early_key), position).map(drop))
        .await?;
    let received = receive(body, &oss.blobs).await?;
    traits::check_digest(call, &received)?;
    let modified = oss.now();
    let herald = Herald::new(oss, call);
    let appended = oss.store.write(move |db| {
        let former = appendable(db, caller, (&bucket, &key), position)?;
        let before = former
            .as_ref()
            .map(|object| (object.size, object.etag.clone()));
        let mut object = former.unwrap_or_else(|| nothing(traits));
        object.crc = wire::crc64::combine(object.crc, received.crc, received.size);
        // The content's own digest is not known without reading it all; the tag only has to change with it.
        object.etag =
            wire::digest::md5_hex_upper(format!("{}{}", object.etag, received.etag()).as_bytes());
        object.size += received.size;
        object.modified = modified;
        object.pieces.push(piece::add(db, received)?);
        object::replace(db, &bucket, &key, &object)?;
        let what = ("ObjectCreated:AppendObject", &*bucket, &*key);
        herald.created(db, what, (object.size, &object.etag), before.as_ref())?;
        Ok::<_, OssError>(object)
    });
    let object = appended.await?;
    let mut reply = empty(StatusCode::OK);
    set(&mut reply, "etag", &format!("\"{}\"", object.etag));
    set(&mut reply, "x-oss-hash-crc64ecma", &object.crc.to_string());
    set(
        &mut reply,
        "x-oss-next-append-position",
        &object.size.to_string(),
    );
    Ok(reply)
}

fn appendable(
    db: &Connection,
    caller: Caller,
    (bucket, key): (&str, &str),
    position: u64,
) -> Outcome<Option<Object>> {
    permit::check(db, caller, Action::Write, bucket, Some(key))?;
    let former = object::find(db, bucket, key)?;
    if former
        .as_ref()
        .is_some_and(|object| object.kind != Kind::Appendable)
    {
        return Err(OssError::ObjectNotAppendable);
    }
    let length = former.as_ref().map_or(0, |object| object.size);
    if position != length {
        return Err(OssError::PositionNotEqualToLength { length });
    }
    Ok(former)
}

fn nothing(traits: Traits) -> Object {
    Object {
        size: 0,
        etag: String::new(),
        crc: 0,
        modified: 0,
        kind: Kind::Appendable,
        traits,
        pieces: Vec::new(),
    }
}
