//! Small objects written and read whole: never over another one if that is asked, and listed with their age.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use wire::escape::decode;
use wire::xml::Element;

use super::bucket::parse;
use super::client::{Oss, unreadable};
use super::listing::list_objects;
use super::request::{OssRequest, Payload};
use crate::provider::ProviderError;
use crate::provider::alibaba::transport::Reply;

const PUT: &str = "PutObject";
const LIST: &str = "ListObjectsV2";

/// An object and how long ago it was written, by the service's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::provider::alibaba) struct Aged {
    pub(in crate::provider::alibaba) key: String,
    pub(in crate::provider::alibaba) age: Duration,
}

impl Oss {
    /// Writes a JSON document.
    pub(in crate::provider::alibaba) async fn put_document(
        &self,
        (bucket, key): (&str, &str),
        content: Bytes,
    ) -> Result<(), ProviderError> {
        self.send(&put(bucket, key, content)).await?;
        Ok(())
    }

    /// Writes a JSON document where there is none; `false`: there is one. It works in buckets that never had versioning
    /// (<https://www.alibabacloud.com/help/en/oss/developer-reference/putobject>, `x-oss-forbid-overwrite`).
    pub(in crate::provider::alibaba) async fn put_new_document(
        &self,
        (bucket, key): (&str, &str),
        content: Bytes,
    ) -> Result<bool, ProviderError> {
        let request = put(bucket, key, content).header("x-oss-forbid-overwrite", "true");
        match self.send(&request).await {
            Ok(_) => Ok(true),
            Err(error) if error.code.as_deref() == Some("FileAlreadyExists") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The objects whose keys begin with `prefix` and come after `after`.
    pub(in crate::provider::alibaba) async fn list_aged(
        &self,
        bucket: &str,
        prefix: &str,
        after: &str,
    ) -> Result<Vec<Aged>, ProviderError> {
        let mut objects = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut request = list_objects(bucket)
                .param("prefix", prefix)
                .param("max-keys", "1000");
            if !after.is_empty() {
                request = request.param("start-after", after);
            }
            if let Some(token) = &token {
                request = request.param("continuation-token", token);
            }
            let reply = self.send(&request).await?;
            let root = parse(LIST, &reply)?;
            for listed in root.all("Contents") {
                objects.push(aged(listed, &reply).ok_or_else(|| unreadable(LIST))?);
            }
            if root.text_of("IsTruncated") != Some("true") {
                return Ok(objects);
            }
            token = Some(next(&root).ok_or_else(|| unreadable(LIST))?);
        }
    }
}

fn put<'a>(bucket: &'a str, key: &'a str, content: Bytes) -> OssRequest<'a> {
    let mut request = OssRequest::object(PUT, Method::PUT, bucket, key)
        .header("content-type", "application/json");
    request.payload = Payload::Document(content);
    request
}

fn next(root: &Element) -> Option<String> {
    decode(root.text_of("NextContinuationToken")?).filter(|token| !token.is_empty())
}

fn aged(listed: &Element, reply: &Reply) -> Option<Aged> {
    let key = decode(listed.text_of("Key")?)?;
    let written: Timestamp = listed.text_of("LastModified")?.parse().ok()?;
    let now = jiff::fmt::rfc2822::parse(reply.header("date")?).ok()?;
    let age = now.timestamp().duration_since(written);
    Some(Aged {
        key,
        age: Duration::try_from(age).unwrap_or_default(),
    })
}
