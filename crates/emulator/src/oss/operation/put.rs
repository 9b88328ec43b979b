//! Writing a whole object.

use http::StatusCode;
use hyper::body::Incoming;

use super::{permit, traits};
use crate::body::Reply;
use crate::oss::call::Call;
use crate::oss::error::{OssError, Outcome};
use crate::oss::intake::{INLINE, receive};
use crate::oss::model::Action;
use crate::oss::reply::{empty, set};
use crate::oss::service::Shared;
use crate::oss::table::object::{self, Kind, Object};
use crate::oss::table::piece;
use crate::oss::watch::Herald;

/// `PutObject`: visible only when received whole and durable.
pub(in crate::oss) async fn object(
    oss: &Shared,
    call: &Call,
    body: &mut Incoming,
) -> Outcome<Reply> {
    let (bucket, key, caller) = (call.bucket()?, call.key()?, call.caller);
    let traits = traits::of(call)?;
    let forbids = traits::forbids_overwrite(call);
    let check = move |db: &rusqlite::Connection, bucket: &str, key: &str| {
        permit::check(db, caller, Action::Write, bucket, Some(key))?;
        if forbids && object::find(db, bucket, key)?.is_some() {
            return Err(OssError::FileAlreadyExists);
        }
        Ok(())
    };
    if call
        .content_length()
        .is_none_or(|length| length > INLINE as u64)
    {
        // Refuse before a large body is sent, not after.
        let (bucket, key) = (bucket.clone(), key.clone());
        oss.store.read(move |db| check(db, &bucket, &key)).await?;
    }
    let received = receive(body, &oss.blobs).await?;
    traits::check_digest(call, &received)?;
    let (etag, crc, size) = (received.etag(), received.crc, received.size);
    let (modified, tag) = (oss.now(), etag.clone());
    let md5 = received.md5;
    let herald = Herald::new(oss, call);
    let replaced = oss.store.write(move |db| {
        check(db, &bucket, &key)?;
        let former = herald.former(db, &bucket, &key)?;
        let what = ("ObjectCreated:PutObject", &*bucket, &*key);
        herald.created(db, what, (size, &tag), former.as_ref())?;
        let object = Object {
            size,
            etag: tag,
            crc,
            modified,
            kind: Kind::Normal,
            traits,
            pieces: vec![piece::add(db, received)?],
        };
        object::replace(db, &bucket, &key, &object)
    });
    let replaced = replaced.await?;
    oss.blobs.remove(replaced).await;
    let mut reply = empty(StatusCode::OK);
    set(&mut reply, "etag", &format!("\"{etag}\""));
    set(&mut reply, "x-oss-hash-crc64ecma", &crc.to_string());
    set(&mut reply, "content-md5", &wire::digest::base64(&md5));
    Ok(reply)
}
