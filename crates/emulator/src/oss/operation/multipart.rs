//! Uploads in parts.

use std::collections::HashMap;

use http::StatusCode;
use hyper::body::Incoming;
use wire::xml::{Document, Element};

use super::list::encodes;
use super::permit;
use super::traits;
use crate::body::Reply;
use crate::identity::random_hex;
use crate::oss::call::Call;
use crate::oss::error::{OssError, Outcome};
use crate::oss::intake::{Received, receive, receive_text};
use crate::oss::model::Action;
use crate::oss::reply::{empty, set, xml};
use crate::oss::service::Shared;
use crate::oss::table::object::{self, Kind, Object};
use crate::oss::table::piece;
use crate::oss::table::upload::{self, Part, Upload};
use crate::oss::watch::Herald;

/// Parts of an upload at most, and the highest number of one.
pub(super) const MAX_PARTS: u64 = 10_000;
/// Bytes of every part but the last at least.
const MIN_PART: u64 = 100 * 1024;
/// Bytes of the list of parts at most.
const MAX_DOCUMENT: usize = 8 * 1024 * 1024;

/// `InitiateMultipartUpload`.
pub(in crate::oss) async fn initiate(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let (name, key, caller) = (call.bucket()?, call.key()?, call.caller);
    let upload = Upload {
        id: random_hex::<16>(),
        key: key.clone(),
        started: oss.now(),
        traits: traits::of(call)?,
    };
    let document = Document::new("InitiateMultipartUploadResult")
        .leaf("Bucket", &name)
        .optional("EncodingType", encodes(call)?.then_some("url"))
        .leaf("Key", &shown(call, &key)?)
        .leaf("UploadId", &upload.id);
    let started = oss.store.write(move |db| {
        permit::check(db, caller, Action::Write, &name, Some(&key))?;
        upload::start(db, &name, &upload)
    });
    started.await?;
    Ok(xml(document.finish()))
}

/// `UploadPart`.
pub(in crate::oss) async fn put_part(
    oss: &Shared,
    call: &Call,
    body: &mut Incoming,
) -> Outcome<Reply> {
    let (bucket, key, id) = (call.bucket()?, call.key()?, upload_id(call));
    part_number(call)?;
    oss.store
        .read(move |db| upload::find(db, &bucket, &key, &id).map(drop))
        .await?;
    let received = receive(body, &oss.blobs).await?;
    traits::check_digest(call, &received)?;
    let part = store_part(oss, call, received).await?;
    let mut reply = empty(StatusCode::OK);
    set(&mut reply, "etag", &format!("\"{}\"", part.etag));
    set(&mut reply, "x-oss-hash-crc64ecma", &part.crc.to_string());
    Ok(reply)
}

/// Makes received bytes a part of the upload that the call names.
pub(super) async fn store_part(oss: &Shared, call: &Call, received: Received) -> Outcome<Part> {
    let (bucket, key, caller) = (call.bucket()?, call.key()?, call.caller);
    let (id, number, modified) = (upload_id(call), part_number(call)?, oss.now());
    let stored = oss.store.write(move |db| {
        permit::check(db, caller, Action::Write, &bucket, Some(&key))?;
        upload::find(db, &bucket, &key, &id)?;
        let mut part = Part {
            number,
            size: received.size,
            etag: received.etag(),
            crc: received.crc,
            modified,
            piece: 0,
        };
        part.piece = piece::add(db, received)?;
        let replaced = upload::put_part(db, &id, &part)?;
        Ok::<_, OssError>((part, replaced))
    });
    let (part, replaced) = stored.await?;
    oss.blobs.remove(replaced).await;
    Ok(part)
}

/// `CompleteMultipartUpload`: with a list of parts, or with all that are there.
pub(in crate::oss) async fn complete(
    oss: &Shared,
    call: &Call,
    body: &mut Incoming,
) -> Outcome<Reply> {
    let (bucket, key, caller, id) = (call.bucket()?, call.key()?, call.caller, upload_id(call));
    let text = receive_text(body, MAX_DOCUMENT).await?;
    let all = call
        .header("x-oss-complete-all")
        .is_some_and(|value| value.eq_ignore_ascii_case("yes"));
    let listed = if all { None } else { Some(read_list(&text)?) };
    let forbids = traits::forbids_overwrite(call);
    let modified = oss.now();
    let (shown_bucket, shown_key) = (bucket.clone(), shown(call, &key)?);
    let herald = Herald::new(oss, call);
    let completed = oss.store.write(move |db| {
        permit::check(db, caller, Action::Write, &bucket, Some(&key))?;
        let upload = upload::find(db, &bucket, &key, &id)?;
        if forbids && object::find(db, &bucket, &key)?.is_some() {
            return Err(OssError::FileAlreadyExists);
        }
        let there = upload::parts(db, &id, 0, usize::MAX)?;
        let parts = match listed {
            Some(listed) => choose(there, &listed)?,
            None => there,
        };
        let object = assemble(&parts, upload, modified)?;
        let former = herald.former(db, &bucket, &key)?;
        let mut blobs = object::replace(db, &bucket, &key, &object)?;
        let what = ("ObjectCreated:CompleteMultipartUpload", &*bucket, &*key);
        herald.created(db, what, (object.size, &object.etag), former.as_ref())?;
        blobs.extend(upload::end(db, &id, &object.pieces)?);
        Ok((object, blobs))
    });
    let (object, blobs) = completed.await?;
    oss.blobs.remove(blobs).await;
    let etag = format!("\"{}\"", object.etag);
    let document = Document::new("CompleteMultipartUploadResult")
        .optional("EncodingType", encodes(call)?.then_some("url"))
        .leaf(
            "Location",
            &format!("http://{}/{}", call.host, wire::escape::path(&shown_key)),
        )
        .leaf("Bucket", &shown_bucket)
        .leaf("Key", &shown_key)
        .leaf("ETag", &etag);
    let mut reply = xml(document.finish());
    set(&mut reply, "etag", &etag);
    set(&mut reply, "x-oss-hash-crc64ecma", &object.crc.to_string());
    Ok(reply)
}

/// `AbortMultipartUpload`.
pub(in crate::oss) async fn abort(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let (bucket, key, caller, id) = (call.bucket()?, call.key()?, call.caller, upload_id(call));
    let aborted = oss.store.write(move |db| {
        permit::check(db, caller, Action::Write, &bucket, Some(&key))?;
        upload::find(db, &bucket, &key, &id)?;
        upload::end(db, &id, &[])
    });
    let blobs = aborted.await?;
    oss.blobs.remove(blobs).await;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) fn upload_id(call: &Call) -> String {
    call.param("uploadId").unwrap_or_default().to_owned()
}

fn part_number(call: &Call) -> Outcome<u32> {
    let number = call
        .number("partNumber")?
        .filter(|number| (1..=MAX_PARTS).contains(number));
    number
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| OssError::InvalidArgument {
            name: "partNumber",
            value: call.param("partNumber").unwrap_or_default().to_owned(),
            message: "Part number must be an integer between 1 and 10000, inclusive.",
        })
}

pub(super) fn shown(call: &Call, name: &str) -> Outcome<String> {
    Ok(if encodes(call)? {
        wire::escape::strict(name)
    } else {
        name.to_owned()
    })
}

fn read_list(text: &str) -> Outcome<Vec<(u32, String)>> {
    let root = Element::parse(text).filter(|root| root.name == "CompleteMultipartUpload");
    let root = root.ok_or(OssError::MalformedXml)?;
    let parts: Option<Vec<_>> = root
        .all("Part")
        .map(|part| {
            let number = part.text_of("PartNumber")?.trim().parse().ok()?;
            Some((
                number,
                part.text_of("ETag")?.trim().trim_matches('"').to_owned(),
            ))
        })
        .collect();
    let parts = parts
        .filter(|parts| !parts.is_empty())
        .ok_or(OssError::MalformedXml)?;
    if !parts.is_sorted_by(|left, right| left.0 < right.0) {
        return Err(OssError::InvalidPartOrder);
    }
    Ok(parts)
}

fn choose(there: Vec<Part>, listed: &[(u32, String)]) -> Outcome<Vec<Part>> {
    let mut there: HashMap<u32, Part> = there.into_iter().map(|part| (part.number, part)).collect();
    let chosen = listed.iter().map(|(number, etag)| {
        let part = there
            .remove(number)
            .filter(|part| part.etag.eq_ignore_ascii_case(etag));
        part.ok_or(OssError::InvalidPart { number: *number })
    });
    chosen.collect()
}

fn assemble(parts: &[Part], upload: Upload, modified: i64) -> Outcome<Object> {
    let Some((_, inner)) = parts.split_last() else {
        return Err(OssError::InvalidRequest("The upload has no parts."));
    };
    if inner.iter().any(|part| part.size < MIN_PART) {
        return Err(OssError::EntityTooSmall);
    }
    let etags: String = parts.iter().map(|part| part.etag.as_str()).collect();
    let crc = parts.iter().fold(0, |crc, part| {
        wire::crc64::combine(crc, part.crc, part.size)
    });
    Ok(Object {
        size: parts.iter().map(|part| part.size).sum(),
        etag: format!(
            "{}-{}",
            wire::digest::md5_hex_upper(etags.as_bytes()),
            parts.len()
        ),
        crc,
        modified,
        kind: Kind::Multipart,
        traits: upload.traits,
        pieces: parts.iter().map(|part| part.piece).collect(),
    })
}
