//! Buckets: existence, access, website and tags.

use std::collections::BTreeMap;

use http::Method;
use wire::xml::{Document, Element};

use super::client::{Oss, unreadable};
use super::request::{OssRequest, bare};
use crate::provider::alibaba::fault::is_missing;
use crate::provider::alibaba::transport::Reply;
use crate::provider::{ErrorKind, ProviderError};

/// What a bucket is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::provider::alibaba) struct BucketInfo {
    /// Region id, without `oss-`.
    pub(in crate::provider::alibaba) region: String,
    /// `Standard`, `IA`, …
    pub(in crate::provider::alibaba) storage_class: Option<String>,
    /// `private`, `public-read`, …
    pub(in crate::provider::alibaba) acl: Option<String>,
    /// `Enabled` or `Suspended`; absent: it never was.
    pub(in crate::provider::alibaba) versioning: Option<String>,
}

/// How a bucket serves pages
/// (<https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketwebsite>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::provider::alibaba) struct Website {
    /// Key of the index document, relative to each folder.
    pub(in crate::provider::alibaba) index: String,
    /// Key of the document for what is missing.
    pub(in crate::provider::alibaba) error: Option<String>,
    /// The status it is sent with: 404, or 200 for an application that routes in the browser.
    pub(in crate::provider::alibaba) error_status: u16,
    /// Whether folders have index documents of their own (`SupportSubDir`, with `Type` 0: redirect to the folder).
    pub(in crate::provider::alibaba) sub_dirs: bool,
}

/// What the service sends a missing page with when nothing else is set.
pub(in crate::provider::alibaba) const DEFAULT_ERROR_STATUS: u16 = 404;

impl Oss {
    /// Makes a private bucket. Repeating it is a success for the bucket's owner.
    pub(in crate::provider::alibaba) async fn put_bucket(
        &self,
        bucket: &str,
        storage_class: &str,
    ) -> Result<(), ProviderError> {
        self.send(&put_bucket(bucket, storage_class)).await?;
        Ok(())
    }

    /// What the bucket is; `None`: there is none of this name anywhere.
    pub(in crate::provider::alibaba) async fn bucket_info(
        &self,
        bucket: &str,
    ) -> Result<Option<BucketInfo>, ProviderError> {
        let request = get(GET_INFO, bucket, "bucketInfo");
        let Some(reply) = unless(self.send(&request).await, &["NoSuchBucket"])? else {
            return Ok(None);
        };
        let root = parse(GET_INFO, &reply)?;
        let info = root.child("Bucket").ok_or_else(|| unreadable(GET_INFO))?;
        let location = info.text_of("Location").unwrap_or_default();
        let list = info.child("AccessControlList");
        Ok(Some(BucketInfo {
            region: location.trim_start_matches("oss-").to_owned(),
            storage_class: info.text_of("StorageClass").map(str::to_owned),
            acl: list.and_then(|l| l.text_of("Grant")).map(str::to_owned),
            versioning: info.text_of("Versioning").map(str::to_owned),
        }))
    }

    /// Removes an empty bucket.
    pub(in crate::provider::alibaba) async fn delete_bucket(
        &self,
        bucket: &str,
    ) -> Result<(), ProviderError> {
        self.send(&delete_bucket(bucket)).await?;
        Ok(())
    }

    /// Who may read and write the bucket.
    pub(in crate::provider::alibaba) async fn bucket_acl(
        &self,
        bucket: &str,
    ) -> Result<String, ProviderError> {
        let reply = self.send(&get(GET_ACL, bucket, "acl")).await?;
        let root = parse(GET_ACL, &reply)?;
        let list = root.child("AccessControlList");
        let grant = list.and_then(|list| list.text_of("Grant"));
        Ok(grant.ok_or_else(|| unreadable(GET_ACL))?.to_owned())
    }

    /// Sets who may read and write the bucket.
    pub(in crate::provider::alibaba) async fn put_bucket_acl(
        &self,
        bucket: &str,
        acl: &str,
    ) -> Result<(), ProviderError> {
        self.send(&put_acl(bucket, acl)).await.map_err(|error| {
            // Accounts and buckets may forbid public access as a whole, which the message says and the code does not.
            if error.kind == ErrorKind::Denied && acl != "private" && error.hint.is_none() { error.with_hint(
                "public access may be blocked for the account or the bucket; see \"Block Public Access\" in the console",
            ) } else { error }
        })?;
        Ok(())
    }

    /// How the bucket serves pages; `None`: it does not.
    pub(in crate::provider::alibaba) async fn website(
        &self,
        bucket: &str,
    ) -> Result<Option<Website>, ProviderError> {
        let reply = self.send(&get(GET_WEBSITE, bucket, "website")).await;
        let Some(reply) = unless(reply, &["NoSuchWebsiteConfiguration"])? else {
            return Ok(None);
        };
        Ok(website_of(&parse(GET_WEBSITE, &reply)?))
    }

    /// Sets how the bucket serves pages; `None`: not at all.
    pub(in crate::provider::alibaba) async fn put_website(
        &self,
        bucket: &str,
        website: Option<&Website>,
    ) -> Result<(), ProviderError> {
        let request = match website {
            Some(website) => put_website(bucket, website),
            None => {
                OssRequest::bucket("DeleteBucketWebsite", Method::DELETE, bucket).about("website")
            }
        };
        self.send(&request).await?;
        Ok(())
    }

    /// The bucket's tags.
    pub(in crate::provider::alibaba) async fn bucket_tags(
        &self,
        bucket: &str,
    ) -> Result<BTreeMap<String, String>, ProviderError> {
        let reply = self.send(&get(GET_TAGS, bucket, "tagging")).await;
        // Some services of this API say it so instead of an empty list.
        let Some(reply) = unless(reply, &["NoSuchTagSet", "NoSuchTagging"])? else {
            return Ok(BTreeMap::new());
        };
        let root = parse(GET_TAGS, &reply)?;
        let pair = |tag: &Element| {
            let value = tag.text_of("Value").unwrap_or_default().to_owned();
            Some((tag.text_of("Key")?.to_owned(), value))
        };
        let set = root.child("TagSet");
        Ok(set.map_or_else(BTreeMap::new, |set| {
            set.all("Tag").filter_map(pair).collect()
        }))
    }

    /// Replaces the bucket's tags.
    pub(in crate::provider::alibaba) async fn put_bucket_tags(
        &self,
        bucket: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), ProviderError> {
        let document =
            Document::new("Tagging")
                .open("TagSet")
                .each(tags, |document, (key, value)| {
                    let tag = document.open("Tag").leaf("Key", key);
                    tag.leaf("Value", value).close()
                });
        let request = OssRequest::bucket("PutBucketTags", Method::PUT, bucket)
            .about("tagging")
            .xml(bare(document));
        self.send(&request).await?;
        Ok(())
    }
}

const GET_INFO: &str = "GetBucketInfo";
const GET_ACL: &str = "GetBucketAcl";
const GET_WEBSITE: &str = "GetBucketWebsite";
const GET_TAGS: &str = "GetBucketTags";

pub(super) fn put_bucket<'a>(bucket: &'a str, storage_class: &str) -> OssRequest<'a> {
    let document = Document::new("CreateBucketConfiguration").leaf("StorageClass", storage_class);
    OssRequest::bucket("PutBucket", Method::PUT, bucket)
        .header("x-oss-acl", "private")
        .xml(bare(document))
}

pub(super) fn delete_bucket(bucket: &str) -> OssRequest<'_> {
    OssRequest::bucket("DeleteBucket", Method::DELETE, bucket)
        .header("content-type", "application/xml")
}

pub(super) fn put_acl<'a>(bucket: &'a str, acl: &str) -> OssRequest<'a> {
    OssRequest::bucket("PutBucketAcl", Method::PUT, bucket)
        .about("acl")
        .header("x-oss-acl", acl)
}

pub(super) fn put_website<'a>(bucket: &'a str, website: &Website) -> OssRequest<'a> {
    let mut document = Document::new("WebsiteConfiguration")
        .open("IndexDocument")
        .leaf("Suffix", &website.index);
    if website.sub_dirs {
        document = document.leaf("SupportSubDir", "true").leaf("Type", "0");
    }
    document = document.close();
    if let Some(error) = &website.error {
        document = document
            .open("ErrorDocument")
            .leaf("Key", error)
            .leaf("HttpStatus", &website.error_status.to_string())
            .close();
    }
    OssRequest::bucket("PutBucketWebsite", Method::PUT, bucket)
        .about("website")
        .xml(bare(document))
}

pub(super) fn get<'a>(operation: &'static str, bucket: &'a str, about: &'a str) -> OssRequest<'a> {
    OssRequest::bucket(operation, Method::GET, bucket).about(about)
}

fn website_of(root: &Element) -> Option<Website> {
    let index = root.child("IndexDocument")?;
    let error = root.child("ErrorDocument");
    let status = error.and_then(|error| error.text_of("HttpStatus")?.trim().parse().ok());
    Some(Website {
        index: index.text_of("Suffix")?.to_owned(),
        error: error
            .and_then(|error| error.text_of("Key"))
            .map(str::to_owned),
        error_status: status.unwrap_or(DEFAULT_ERROR_STATUS),
        sub_dirs: index.text_of("SupportSubDir") == Some("true"),
    })
}

/// `None` for a 404 with one of the codes; every other failure stays one.
pub(super) fn unless(
    reply: Result<Reply, ProviderError>,
    codes: &[&str],
) -> Result<Option<Reply>, ProviderError> {
    match reply {
        Ok(reply) => Ok(Some(reply)),
        Err(error) if is_missing(&error, codes) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn parse(operation: &str, reply: &Reply) -> Result<Element, ProviderError> {
    let text = std::str::from_utf8(&reply.body).ok();
    let element = text.and_then(Element::parse);
    element.ok_or_else(|| unreadable(operation))
}
