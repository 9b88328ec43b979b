//! Deleting objects: missing ones count as deleted.

use http::StatusCode;
use hyper::body::Incoming;
use wire::xml::{Document, Element};

use super::permit;
use crate::body::Reply;
use crate::oss::call::Call;
use crate::oss::error::{OssError, Outcome};
use crate::oss::intake::receive_text;
use crate::oss::model::Action;
use crate::oss::reply::{empty, set, xml};
use crate::oss::service::Shared;
use crate::oss::table::object;
use crate::oss::watch::Herald;

/// Keys in one request at most.
const MAX_KEYS: usize = 1000;
/// Bytes of a request's document at most.
const MAX_DOCUMENT: usize = 8 * 1024 * 1024;

/// `DeleteObject`.
pub(in crate::oss) async fn one(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let (bucket, key, caller) = (call.bucket()?, call.key()?, call.caller);
    let herald = Herald::new(oss, call);
    let deleted = oss.store.write(move |db| {
        permit::check(db, caller, Action::Write, &bucket, Some(&key))?;
        let former = herald.former(db, &bucket, &key)?;
        let what = ("ObjectRemoved:DeleteObject", &*bucket, &*key);
        herald.removed(db, what, former.as_ref())?;
        object::delete(db, &bucket, &key)
    });
    let blobs: Option<Vec<String>> = deleted.await?;
    oss.blobs.remove(blobs.unwrap_or_default()).await;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// `DeleteMultipleObjects`: all keys of the document in one transaction.
pub(in crate::oss) async fn many(oss: &Shared, call: &Call, body: &mut Incoming) -> Outcome<Reply> {
    let (bucket, caller) = (call.bucket()?, call.caller);
    let text = receive_text(body, MAX_DOCUMENT).await?;
    if let Some(digest) = call.header("content-md5")
        && digest != wire::digest::md5_base64(text.as_bytes())
    {
        return Err(OssError::InvalidDigest(digest));
    }
    let root = Element::parse(&text)
        .filter(|root| root.name == "Delete")
        .ok_or(OssError::MalformedXml)?;
    let keys: Option<Vec<String>> = root
        .all("Object")
        .map(|object| object.text_of("Key").map(str::to_owned))
        .collect();
    let keys = keys
        .filter(|keys| (1..=MAX_KEYS).contains(&keys.len()))
        .ok_or(OssError::MalformedXml)?;
    let quiet = root
        .text_of("Quiet")
        .is_some_and(|quiet| quiet.trim() == "true");
    let doomed = keys.clone();
    let herald = Herald::new(oss, call);
    let deleted = oss.store.write(move |db| {
        let mut blobs = Vec::new();
        for key in &doomed {
            permit::check(db, caller, Action::Write, &bucket, Some(key))?;
            let former = herald.former(db, &bucket, key)?;
            let what = ("ObjectRemoved:DeleteObjects", &*bucket, key.as_str());
            herald.removed(db, what, former.as_ref())?;
            blobs.extend(object::delete(db, &bucket, key)?.unwrap_or_default());
        }
        Ok::<_, OssError>(blobs)
    });
    let blobs = deleted.await?;
    oss.blobs.remove(blobs).await;
    if quiet {
        let mut reply = empty(StatusCode::OK);
        set(&mut reply, "content-length", "0");
        return Ok(reply);
    }
    let encode = call.param("encoding-type") == Some("url");
    let document = Document::new("DeleteResult");
    let document = document.optional("EncodingType", encode.then_some("url"));
    let shown = |key: &str| {
        if encode {
            wire::escape::strict(key)
        } else {
            key.to_owned()
        }
    };
    Ok(xml(document
        .each(&keys, |document, key| {
            document.open("Deleted").leaf("Key", &shown(key)).close()
        })
        .finish()))
}
