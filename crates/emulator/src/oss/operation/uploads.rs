//! Listings of uploads under way and of their parts.

use wire::xml::Document;

use super::list::{encodes, max};
use super::multipart::{MAX_PARTS, shown, upload_id};
use super::permit::owner_only;
use crate::body::Reply;
use crate::oss::call::Call;
use crate::oss::error::{OssError, Outcome};
use crate::oss::reply::{iso_date, xml};
use crate::oss::service::Shared;
use crate::oss::table::bucket;
use crate::oss::table::upload::{self, Upload};

/// `ListParts`.
pub(in crate::oss) async fn list_parts(oss: &Shared, call: &Call) -> Outcome<Reply> {
    owner_only(call)?;
    let (bucket, key, id) = (call.bucket()?, call.key()?, upload_id(call));
    let max = if call.param("max-parts").is_some() {
        max(call, "max-parts")?
    } else {
        1000
    };
    let marker = call
        .number("part-number-marker")?
        .unwrap_or(0)
        .min(MAX_PARTS);
    let document = Document::new("ListPartsResult")
        .leaf("Bucket", &bucket)
        .optional("EncodingType", encodes(call)?.then_some("url"))
        .leaf("Key", &shown(call, &key)?)
        .leaf("UploadId", &id);
    let found = oss.store.read(move |db| {
        let upload = upload::find(db, &bucket, &key, &id)?;
        Ok::<_, OssError>((upload, upload::parts(db, &id, marker, max + 1)?))
    });
    let (upload, found) = found.await?;
    let shown = &found[..found.len().min(max)];
    let next = shown.last().map_or(marker, |part| u64::from(part.number));
    let document = document
        .leaf("StorageClass", &upload.traits.storage_class)
        .leaf("PartNumberMarker", &marker.to_string())
        .leaf("NextPartNumberMarker", &next.to_string())
        .leaf("MaxParts", &max.to_string())
        .leaf("IsTruncated", &(found.len() > max).to_string());
    let document = document.each(shown, |document, part| {
        document
            .open("Part")
            .leaf("PartNumber", &part.number.to_string())
            .leaf("LastModified", &iso_date(part.modified))
            .leaf("ETag", &format!("\"{}\"", part.etag))
            .leaf("HashCrc64ecma", &part.crc.to_string())
            .leaf("Size", &part.size.to_string())
            .close()
    });
    Ok(xml(document.finish()))
}

/// `ListMultipartUploads`. Uploads are not rolled up by a delimiter.
pub(in crate::oss) async fn list_uploads(oss: &Shared, call: &Call) -> Outcome<Reply> {
    owner_only(call)?;
    if call
        .param("delimiter")
        .is_some_and(|delimiter| !delimiter.is_empty())
    {
        return Err(OssError::NotImplemented(
            "a delimiter in listings of uploads".to_owned(),
        ));
    }
    let name = call.bucket()?;
    let max = if call.param("max-uploads").is_some() {
        max(call, "max-uploads")?
    } else {
        1000
    };
    let param = |name: &str| call.param(name).unwrap_or_default().to_owned();
    let (prefix, marker) = (param("prefix"), param("key-marker"));
    // Without an id, the marker means every upload to that key: U+FFFF is greater than any id.
    let id_marker = call
        .param("upload-id-marker")
        .filter(|id| !id.is_empty())
        .unwrap_or("\u{FFFF}");
    let id_marker = if marker.is_empty() {
        String::new()
    } else {
        id_marker.to_owned()
    };
    let found = oss.store.read(move |db| {
        bucket::find(db, &name)?;
        upload::list(db, &name, &prefix, (&marker, &id_marker), max + 1)
    });
    let mut found = found.await?;
    let is_truncated = found.len() > max;
    found.truncate(max);
    let document = uploads_head(call, found.last().filter(|_| is_truncated))?
        .leaf("MaxUploads", &max.to_string())
        .leaf("IsTruncated", &is_truncated.to_string());
    let encode = encodes(call)?;
    let document = document.each(&found, |document, upload| {
        let key = if encode {
            wire::escape::strict(&upload.key)
        } else {
            upload.key.clone()
        };
        document
            .open("Upload")
            .leaf("Key", &key)
            .leaf("UploadId", &upload.id)
            .leaf("StorageClass", &upload.traits.storage_class)
            .leaf("Initiated", &iso_date(upload.started))
            .close()
    });
    Ok(xml(document.finish()))
}

fn uploads_head(call: &Call, next: Option<&Upload>) -> Outcome<Document> {
    let param = |name: &str| call.param(name).unwrap_or_default();
    let next = next.map_or(("", ""), |upload| (upload.key.as_str(), upload.id.as_str()));
    Ok(Document::new("ListMultipartUploadsResult")
        .leaf("Bucket", call.bucket.as_deref().unwrap_or_default())
        .optional("EncodingType", encodes(call)?.then_some("url"))
        .leaf("KeyMarker", &shown(call, param("key-marker"))?)
        .leaf("UploadIdMarker", param("upload-id-marker"))
        .leaf("NextKeyMarker", &shown(call, next.0)?)
        .leaf("NextUploadIdMarker", next.1)
        .leaf("Prefix", &shown(call, param("prefix"))?))
}
