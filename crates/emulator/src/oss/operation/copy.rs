//! Copying objects, whole or as parts of uploads.

use wire::xml::Document;

use super::{get, multipart, permit, traits};
use crate::body::Reply;
use crate::oss::blob::Blobs;
use crate::oss::call::Call;
use crate::oss::content::Content;
use crate::oss::error::{OssError, Outcome};
use crate::oss::intake::receive;
use crate::oss::model::{Action, Asked, Caller, Conditions, is_bucket_name, is_object_name, pick};
use crate::oss::reply::{iso_date, set, xml};
use crate::oss::service::Shared;
use crate::oss::table::object::{self, Kind, Object};
use crate::oss::table::piece;
use crate::oss::watch::Herald;

/// Header that names what is copied.
pub(in crate::oss) const SOURCE_HEADER: &str = "x-oss-copy-source";

/// What is copied, and under which conditions.
struct Source {
    bucket: String,
    key: String,
    conditions: Conditions,
    caller: Caller,
}

/// `CopyObject`: also onto itself, to change its headers. Bytes in blobs get a second name instead of being copied.
pub(in crate::oss) async fn object(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let (bucket, key, caller) = (call.bucket()?, call.key()?, call.caller);
    let source = Source::of(call)?;
    let replaces = |header: &str| {
        call.header(header)
            .is_some_and(|value| value.eq_ignore_ascii_case("REPLACE"))
    };
    let replaces = (
        replaces("x-oss-metadata-directive"),
        replaces("x-oss-tagging-directive"),
    );
    let mut traits = traits::of(call)?;
    let keeps_class = call.header("x-oss-storage-class").is_none();
    let forbids = traits::forbids_overwrite(call);
    let (modified, blobs) = (oss.now(), oss.blobs.clone());
    let herald = Herald::new(oss, call);
    let copied = oss.store.write(move |db| {
        permit::check(db, caller, Action::Write, &bucket, Some(&key))?;
        if forbids && object::find(db, &bucket, &key)?.is_some() {
            return Err(OssError::FileAlreadyExists);
        }
        let original = source.find(db)?;
        if !replaces.0 {
            traits.headers.clone_from(&original.traits.headers);
        }
        if !replaces.1 {
            traits.tagging.clone_from(&original.traits.tagging);
        }
        if keeps_class {
            traits
                .storage_class
                .clone_from(&original.traits.storage_class);
        }
        let copy = Object {
            modified,
            traits,
            kind: if original.kind == Kind::Appendable {
                Kind::Normal
            } else {
                original.kind
            },
            pieces: copy_pieces(db, &blobs, &original.pieces)?,
            ..original
        };
        let former = herald.former(db, &bucket, &key)?;
        let unused = object::replace(db, &bucket, &key, &copy)?;
        let what = ("ObjectCreated:CopyObject", &*bucket, &*key);
        herald.created(db, what, (copy.size, &copy.etag), former.as_ref())?;
        Ok((copy, unused))
    });
    let (copy, unused) = copied.await?;
    oss.blobs.remove(unused).await;
    let mut reply = result("CopyObjectResult", &copy.etag, copy.modified);
    set(&mut reply, "x-oss-hash-crc64ecma", &copy.crc.to_string());
    Ok(reply)
}

/// `UploadPartCopy`: the bytes are read and received again, because a part may be any range.
pub(in crate::oss) async fn part(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let source = Source::of(call)?;
    let range = call.header("x-oss-copy-source-range");
    let read = oss.store.read(move |db| {
        let original = source.find(db)?;
        let content = Content::find(db, &original.pieces)?;
        Ok::<_, OssError>((original, content))
    });
    let (original, content) = read.await?;
    let (first, length) = match pick(range.as_deref(), original.size, true) {
        Asked::Whole => (0, original.size),
        Asked::Part { first, length } => (first, length),
        Asked::Unsatisfiable => {
            return Err(OssError::InvalidRange {
                size: original.size,
            });
        }
    };
    let mut body = content.send(oss, first, length).await?;
    let received = receive(&mut body, &oss.blobs).await?;
    let part = multipart::store_part(oss, call, received).await?;
    Ok(result("CopyPartResult", &part.etag, part.modified))
}

impl Source {
    fn of(call: &Call) -> Outcome<Self> {
        let header = call.header(SOURCE_HEADER).unwrap_or_default();
        let invalid = || OssError::InvalidArgument {
            name: SOURCE_HEADER,
            value: header.clone(),
            message: "Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.",
        };
        if header.contains("?versionId=") {
            return Err(OssError::NotImplemented("versions of objects".to_owned()));
        }
        let path = wire::escape::decode(&header).ok_or_else(invalid)?;
        let path = path.strip_prefix('/').unwrap_or(&path);
        let (bucket, key) = path.split_once('/').ok_or_else(invalid)?;
        if !is_bucket_name(bucket) || !is_object_name(key) {
            return Err(invalid());
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            conditions: get::conditions(call, "x-oss-copy-source-"),
            caller: call.caller,
        })
    }

    fn find(&self, db: &rusqlite::Connection) -> Outcome<Object> {
        let object = get::find(db, self.caller, &self.bucket, &self.key)?;
        get::judge(&self.conditions, &object)?;
        Ok(object)
    }
}

fn copy_pieces(db: &rusqlite::Connection, blobs: &Blobs, pieces: &[i64]) -> Outcome<Vec<i64>> {
    let copy = |piece: piece::Piece| {
        let link = piece
            .blob
            .as_deref()
            .map(|blob| blobs.link(blob))
            .transpose()?;
        piece::copy(db, &piece, link)
    };
    piece::find(db, pieces)?.into_iter().map(copy).collect()
}

fn result(root: &'static str, etag: &str, modified: i64) -> Reply {
    let document = Document::new(root).leaf("LastModified", &iso_date(modified));
    let mut reply = xml(document.leaf("ETag", &format!("\"{etag}\"")).finish());
    set(&mut reply, "etag", &format!("\"{etag}\""));
    reply
}
