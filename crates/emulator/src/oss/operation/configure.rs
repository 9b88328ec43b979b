//! Settings of buckets and objects: access, website, tags.

use http::StatusCode;
use hyper::body::Incoming;
use wire::xml::{Document, Element};

use super::bucket::{self, MAX_DOCUMENT, bucket_acl, owner};
use super::permit::owner_only;
use super::{get, traits};
use crate::body::Reply;
use crate::oss::call::Call;
use crate::oss::error::{OssError, Outcome};
use crate::oss::intake::receive_text;
use crate::oss::model::{Acl, Website, WebsiteError};
use crate::oss::reply::{empty, xml};
use crate::oss::service::Shared;
use crate::oss::table::bucket::{Document as Setting, set_acl, set_document};
use crate::oss::table::object;

/// `GetBucketAcl`.
pub(in crate::oss) async fn get_bucket_acl(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let bucket = bucket::find(oss, call).await?;
    Ok(acl_reply(oss, bucket.acl.as_str()))
}

/// `PutBucketAcl`.
pub(in crate::oss) async fn put_bucket_acl(oss: &Shared, call: &Call) -> Outcome<Reply> {
    owner_only(call)?;
    let name = call.bucket()?;
    let acl = bucket_acl(call)?.ok_or(OssError::InvalidArgument {
        name: "x-oss-acl",
        value: String::new(),
        message: "The bucket acl is missing.",
    })?;
    oss.store.write(move |db| set_acl(db, &name, acl)).await?;
    Ok(empty(StatusCode::OK))
}

/// `GetObjectAcl`.
pub(in crate::oss) async fn get_object_acl(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let found = find_object(oss, call).await?;
    Ok(acl_reply(oss, found.acl.map_or("default", Acl::as_str)))
}

/// `PutObjectAcl`.
pub(in crate::oss) async fn put_object_acl(oss: &Shared, call: &Call) -> Outcome<Reply> {
    find_object(oss, call).await?;
    let (bucket, key, acl) = (call.bucket()?, call.key()?, traits::acl(call)?);
    oss.store
        .write(move |db| object::set_acl(db, &bucket, &key, acl))
        .await?;
    Ok(empty(StatusCode::OK))
}

/// `GetBucketWebsite`: the document as it was put.
pub(in crate::oss) async fn get_website(oss: &Shared, call: &Call) -> Outcome<Reply> {
    let bucket = bucket::find(oss, call).await?;
    bucket
        .website
        .map(xml)
        .ok_or(OssError::NoSuchWebsite(bucket.name))
}

/// `PutBucketWebsite`.
pub(in crate::oss) async fn put_website(
    oss: &Shared,
    call: &Call,
    body: &mut Incoming,
) -> Outcome<Reply> {
    let text = receive_text(body, MAX_DOCUMENT).await?;
    Website::parse(&text).map_err(|error| match error {
        WebsiteError::Malformed => OssError::MalformedXml,
        WebsiteError::RoutingRules => {
            OssError::NotImplemented("routing rules of websites".to_owned())
        }
        WebsiteError::Invalid(message) => OssError::InvalidArgument {
            name: "WebsiteConfiguration",
            value: String::new(),
            message,
        },
    })?;
    put_document(oss, call, Setting::Website, &text).await
}

/// `DeleteBucketWebsite`.
pub(in crate::oss) async fn delete_website(oss: &Shared, call: &Call) -> Outcome<Reply> {
    delete_document(oss, call, Setting::Website).await
}

/// `GetBucketTags`; an empty set when there are none.
pub(in crate::oss) async fn get_bucket_tagging(oss: &Shared, call: &Call) -> Outcome<Reply> {
    Ok(tagging_reply(bucket::find(oss, call).await?.tagging))
}

/// `PutBucketTags`.
pub(in crate::oss) async fn put_bucket_tagging(
    oss: &Shared,
    call: &Call,
    body: &mut Incoming,
) -> Outcome<Reply> {
    let text = receive_tagging(body, 20).await?;
    put_document(oss, call, Setting::Tagging, &text).await
}

/// `DeleteBucketTags`.
pub(in crate::oss) async fn delete_bucket_tagging(oss: &Shared, call: &Call) -> Outcome<Reply> {
    delete_document(oss, call, Setting::Tagging).await
}

/// `GetObjectTagging`; an empty set when there are none.
pub(in crate::oss) async fn get_object_tagging(oss: &Shared, call: &Call) -> Outcome<Reply> {
    Ok(tagging_reply(find_object(oss, call).await?.tagging))
}

/// `PutObjectTagging`.
pub(in crate::oss) async fn put_object_tagging(
    oss: &Shared,
    call: &Call,
    body: &mut Incoming,
) -> Outcome<Reply> {
    let text = receive_tagging(body, 10).await?;
    set_object_tagging(oss, call, Some(text), StatusCode::OK).await
}

/// `DeleteObjectTagging`.
pub(in crate::oss) async fn delete_object_tagging(oss: &Shared, call: &Call) -> Outcome<Reply> {
    set_object_tagging(oss, call, None, StatusCode::NO_CONTENT).await
}

async fn find_object(oss: &Shared, call: &Call) -> Outcome<object::Traits> {
    owner_only(call)?;
    let (bucket, key, caller) = (call.bucket()?, call.key()?, call.caller);
    oss.store
        .read(move |db| Ok(get::find(db, caller, &bucket, &key)?.traits))
        .await
}

async fn set_object_tagging(
    oss: &Shared,
    call: &Call,
    text: Option<String>,
    status: StatusCode,
) -> Outcome<Reply> {
    find_object(oss, call).await?;
    let (bucket, key) = (call.bucket()?, call.key()?);
    oss.store
        .write(move |db| object::set_tagging(db, &bucket, &key, text.as_deref()))
        .await?;
    Ok(empty(status))
}

async fn put_document(oss: &Shared, call: &Call, which: Setting, text: &str) -> Outcome<Reply> {
    owner_only(call)?;
    let (name, text) = (call.bucket()?, canonical(text)?);
    oss.store
        .write(move |db| set_document(db, &name, which, Some(&text)))
        .await?;
    Ok(empty(StatusCode::OK))
}

async fn delete_document(oss: &Shared, call: &Call, which: Setting) -> Outcome<Reply> {
    owner_only(call)?;
    let name = call.bucket()?;
    oss.store
        .write(move |db| set_document(db, &name, which, None))
        .await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

async fn receive_tagging(body: &mut Incoming, max: usize) -> Outcome<String> {
    let text = receive_text(body, MAX_DOCUMENT).await?;
    let root = Element::parse(&text)
        .filter(|root| root.name == "Tagging")
        .ok_or(OssError::MalformedXml)?;
    let set = root.child("TagSet").ok_or(OssError::MalformedXml)?;
    let is_tag = |tag: &Element| tag.text_of("Key").is_some_and(|key| !key.is_empty());
    if set.all("Tag").count() > max || !set.all("Tag").all(is_tag) {
        return Err(OssError::InvalidArgument {
            name: "Tag",
            value: String::new(),
            message: "There are too many tags, or a tag has no key.",
        });
    }
    canonical(&text)
}

/// The same document without declarations, namespaces and the like.
fn canonical(text: &str) -> Outcome<String> {
    let root = Element::parse(text).ok_or(OssError::MalformedXml)?;
    Ok(Document::of(&root))
}

fn tagging_reply(tagging: Option<String>) -> Reply {
    xml(tagging.unwrap_or_else(|| Document::new("Tagging").leaf("TagSet", "").finish()))
}

fn acl_reply(oss: &Shared, grant: &str) -> Reply {
    let document = owner(Document::new("AccessControlPolicy"), oss);
    xml(document
        .open("AccessControlList")
        .leaf("Grant", grant)
        .finish())
}
