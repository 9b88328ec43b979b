//! Listings: buckets, and objects in both versions of the call.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use wire::xml::Document;

use super::bucket::owner;
use super::permit::{self, owner_only};
use crate::body::Reply;
use crate::oss::call::Call;
use crate::oss::error::{OssError, Outcome};
use crate::oss::model::{Action, Entry, ListQuery, Page};
use crate::oss::reply::{iso_date, xml};
use crate::oss::service::Shared;
use crate::oss::table::object::Listed;
use crate::oss::table::{bucket, object};

/// Entries of a page when nothing else is asked for.
const DEFAULT_MAX: u64 = 100;
/// Entries of a page at most.
const LIMIT: u64 = 1000;

/// `ListBuckets`.
pub(in crate::oss) async fn buckets(oss: &Shared, call: &Call) -> Outcome<Reply> {
    owner_only(call)?;
    let (prefix, marker) = (text(call, "prefix"), text(call, "marker"));
    let max = max(call, "max-keys")?;
    let (asked_prefix, asked_marker) = (prefix.clone(), marker.clone());
    let found = oss
        .store
        .read(move |db| bucket::list(db, &asked_prefix, &asked_marker, max + 1))
        .await?;
    let is_truncated = found.len() > max;
    let shown = &found[..found.len().min(max)];
    let next = shown
        .last()
        .filter(|_| is_truncated)
        .map(|bucket| bucket.name.as_str());
    let document = Document::new("ListAllMyBucketsResult")
        .leaf("Prefix", &prefix)
        .leaf("Marker", &marker)
        .leaf("MaxKeys", &max.to_string())
        .leaf("IsTruncated", &is_truncated.to_string())
        .optional("NextMarker", next);
    let document = owner(document, oss)
        .open("Buckets")
        .each(shown, |document, bucket| {
            let region = &bucket.region;
            document
                .open("Bucket")
                .leaf("CreationDate", &iso_date(bucket.created))
                .leaf("ExtranetEndpoint", &format!("oss-{region}.aliyuncs.com"))
                .leaf(
                    "IntranetEndpoint",
                    &format!("oss-{region}-internal.aliyuncs.com"),
                )
                .leaf("Location", &format!("oss-{region}"))
                .leaf("Name", &bucket.name)
                .leaf("Region", region)
                .leaf("StorageClass", &bucket.storage_class)
                .close()
        });
    Ok(xml(document.finish()))
}

/// `ListObjects` and `ListObjectsV2`.
pub(in crate::oss) async fn objects(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let second = match call.param("list-type") {
        None | Some("1" | "") => false,
        Some("2") => true,
        Some(other) => {
            return Err(OssError::InvalidArgument {
                name: "list-type",
                value: other.to_owned(),
                message: "The list type must be 2.",
            });
        }
    };
    let after = if second {
        after_token(call)?
    } else {
        text(call, "marker")
    };
    let query = ListQuery {
        prefix: text(call, "prefix"),
        delimiter: text(call, "delimiter"),
        after,
        max: max(call, "max-keys")?,
    };
    let (name, caller) = (call.bucket()?, call.caller);
    let page = oss.store.read(move |db| {
        permit::check(db, caller, Action::Read, &name, None)?;
        object::page(db, &name, query)
    });
    let listing = Listing {
        oss,
        call,
        encode: encodes(call)?,
        page: page.await?,
    };
    Ok(xml(if second {
        listing.second()
    } else {
        listing.first()
    }))
}

/// Whether names in the reply are to be percent-encoded.
pub(super) fn encodes(call: &Call) -> Outcome<bool> {
    match call.param("encoding-type") {
        None | Some("") => Ok(false),
        Some("url") => Ok(true),
        Some(other) => Err(OssError::InvalidArgument {
            name: "encoding-type",
            value: other.to_owned(),
            message: "Invalid Encoding Method specified in Request.",
        }),
    }
}

/// How many entries a page may have.
pub(super) fn max(call: &Call, name: &'static str) -> Outcome<usize> {
    let max = call.number(name)?.unwrap_or(DEFAULT_MAX);
    if max > LIMIT {
        return Err(OssError::InvalidArgument {
            name,
            value: max.to_string(),
            message: "Argument must be an integer between 0 and 1000.",
        });
    }
    Ok(usize::try_from(max).unwrap_or_default())
}

fn text(call: &Call, name: &str) -> String {
    call.param(name).unwrap_or_default().to_owned()
}

fn after_token(call: &Call) -> Outcome<String> {
    let Some(token) = call
        .param("continuation-token")
        .filter(|token| !token.is_empty())
    else {
        return Ok(text(call, "start-after"));
    };
    let decoded = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.ok_or_else(|| OssError::InvalidArgument {
        name: "continuation-token",
        value: token.to_owned(),
        message: "The continuation token is not one that this server gave.",
    })
}

struct Listing<'a> {
    oss: &'a Shared,
    call: &'a Call,
    encode: bool,
    page: Page<Listed>,
}

impl Listing<'_> {
    fn first(&self) -> String {
        let document = self.head().leaf("Marker", &self.name("marker"));
        let next = self.page.next().map(|next| self.shown(next));
        let document = document.optional("NextMarker", next.as_deref());
        self.entries(document, true).finish()
    }

    fn second(&self) -> String {
        let mut document = self.head();
        for (param, element) in [
            ("start-after", "StartAfter"),
            ("continuation-token", "ContinuationToken"),
        ] {
            if self.call.has(param) {
                document = document.leaf(element, &self.name(param));
            }
        }
        let next = self.page.next().map(|next| URL_SAFE_NO_PAD.encode(next));
        let document = document
            .optional("NextContinuationToken", next.as_deref())
            .leaf("KeyCount", &self.page.entries.len().to_string());
        let with_owner = self.call.param("fetch-owner") == Some("true");
        self.entries(document, with_owner).finish()
    }

    fn head(&self) -> Document {
        let encoding = self.encode.then_some("url");
        Document::new("ListBucketResult")
            .leaf("Name", self.call.bucket.as_deref().unwrap_or_default())
            .leaf("Prefix", &self.name("prefix"))
            .leaf(
                "MaxKeys",
                self.call
                    .param("max-keys")
                    .filter(|max| !max.is_empty())
                    .unwrap_or("100"),
            )
            .leaf("Delimiter", &self.name("delimiter"))
            .optional("EncodingType", encoding)
            .leaf("IsTruncated", &self.page.is_truncated.to_string())
    }

    fn entries(&self, document: Document, with_owner: bool) -> Document {
        let (mut keys, mut prefixes) = (Vec::new(), Vec::new());
        for entry in &self.page.entries {
            match entry {
                Entry::Key(key, listed) => keys.push((key, listed)),
                Entry::Prefix(prefix) => prefixes.push(prefix),
            }
        }
        let document = document.each(keys, |document, (key, listed)| {
            let document = document
                .open("Contents")
                .leaf("Key", &self.shown(key))
                .leaf("LastModified", &iso_date(listed.modified))
                .leaf("ETag", &format!("\"{}\"", listed.etag))
                .leaf("Type", listed.kind.as_str())
                .leaf("Size", &listed.size.to_string())
                .leaf("StorageClass", &listed.storage_class);
            if with_owner {
                owner(document, self.oss)
            } else {
                document
            }
            .close()
        });
        document.each(prefixes, |document, prefix| {
            document
                .open("CommonPrefixes")
                .leaf("Prefix", &self.shown(prefix))
                .close()
        })
    }

    fn name(&self, param: &str) -> String {
        self.shown(self.call.param(param).unwrap_or_default())
    }

    fn shown(&self, name: &str) -> String {
        if self.encode {
            wire::escape::strict(name)
        } else {
            name.to_owned()
        }
    }
}
