//! What a writing request says about the object: headers to keep, access, tags, preconditions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::xml::Document;

use crate::oss::call::Call;
use crate::oss::error::{OssError, Outcome};
use crate::oss::intake::Received;
use crate::oss::model::Acl;
use crate::oss::table::object::Traits;

/// Content headers that come back as they were given.
const KEPT: [&str; 6] = [
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
];
/// Bytes of all `x-oss-meta-*` headers at most.
const META_LIMIT: usize = 8 * 1024;

/// Reads the traits of the object that a request writes.
pub(super) fn of(call: &Call) -> Outcome<Traits> {
    refuse_unserved(call)?;
    let mut headers: Vec<(String, String)> = KEPT
        .iter()
        .filter_map(|name| call.header(name).map(|value| ((*name).to_owned(), value)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    if headers
        .first()
        .is_none_or(|(name, _)| name != "content-type")
    {
        headers.insert(
            0,
            (
                "content-type".to_owned(),
                "application/octet-stream".to_owned(),
            ),
        );
    }
    let meta = call
        .headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-oss-meta-"));
    let meta: Vec<_> = meta
        .filter_map(|name| {
            call.header(name.as_str())
                .map(|value| (name.as_str().to_owned(), value))
        })
        .collect();
    if meta
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum::<usize>()
        > META_LIMIT
    {
        return Err(OssError::InvalidArgument {
            name: "x-oss-meta",
            value: String::new(),
            message: "The user metadata is larger than 8 KB.",
        });
    }
    headers.extend(meta);
    Ok(Traits {
        headers,
        acl: acl(call)?,
        storage_class: call
            .header("x-oss-storage-class")
            .unwrap_or_else(|| "Standard".to_owned()),
        tagging: call
            .header("x-oss-tagging")
            .map(|tags| tagging(&tags))
            .transpose()?,
    })
}

/// The object's own access control list that a request sets; `default` and nothing follow the bucket.
pub(super) fn acl(call: &Call) -> Outcome<Option<Acl>> {
    let Some(text) = call
        .header("x-oss-object-acl")
        .filter(|text| text != "default")
    else {
        return Ok(None);
    };
    Acl::parse(&text)
        .map(Some)
        .ok_or(OssError::InvalidArgument {
            name: "x-oss-object-acl",
            value: text,
            message: "no such object acl exists",
        })
}

/// Whether the request must not replace an object.
pub(super) fn forbids_overwrite(call: &Call) -> bool {
    call.header("x-oss-forbid-overwrite")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Compares what was received with the digest that the request carries, if any.
pub(super) fn check_digest(call: &Call, received: &Received) -> Outcome<()> {
    let Some(expected) = call.header("content-md5") else {
        return Ok(());
    };
    match STANDARD.decode(&expected) {
        Ok(digest) if digest == received.md5 => Ok(()),
        Ok(digest) if digest.len() == received.md5.len() => Err(OssError::BadDigest {
            expected,
            received: STANDARD.encode(received.md5),
        }),
        _ => Err(OssError::InvalidDigest(expected)),
    }
}

fn refuse_unserved(call: &Call) -> Outcome<()> {
    let refused = [
        "x-oss-server-side-encryption",
        "x-oss-server-side-data-encryption",
        "x-oss-callback",
    ];
    let found = refused
        .into_iter()
        .find(|name| call.headers.contains_key(*name));
    found.map_or(Ok(()), |name| {
        Err(OssError::NotImplemented(format!("the header {name}")))
    })
}

fn tagging(tags: &str) -> Outcome<String> {
    let tags = wire::escape::parse_form(tags);
    if tags.len() > 10 || tags.iter().any(|(name, _)| name.is_empty()) {
        return Err(OssError::InvalidArgument {
            name: "x-oss-tagging",
            value: String::new(),
            message: "At most 10 tags with names are allowed.",
        });
    }
    let document = Document::new("Tagging").open("TagSet");
    Ok(document
        .each(tags, |document, (name, value)| {
            document
                .open("Tag")
                .leaf("Key", &name)
                .leaf("Value", &value)
                .close()
        })
        .finish())
}
