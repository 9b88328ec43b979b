//! Listing: all objects of a bucket page by page, and uploads that were never finished.

use http::Method;
use quick_xml::Reader;
use quick_xml::events::Event;
use wire::escape::decode;

use super::bucket::parse;
use super::client::{Oss, unreadable};
use super::request::OssRequest;
use crate::provider::ProviderError;

/// The most objects that one page may have.
const PAGE: &str = "1000";
const LIST: &str = "ListObjectsV2";

/// One object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::provider::alibaba) struct Listed {
    pub(in crate::provider::alibaba) key: String,
    /// Without quotes: the MD5 in upper-case hex, or another text for objects made of parts.
    pub(in crate::provider::alibaba) etag: String,
    /// Bytes.
    pub(in crate::provider::alibaba) size: u64,
}

#[derive(Debug, Default, PartialEq)]
struct Page {
    objects: Vec<Listed>,
    /// Where the next page starts; `None`: this was the last.
    next: Option<String>,
}

impl Oss {
    /// All objects of the bucket, by key.
    pub(in crate::provider::alibaba) async fn list(
        &self,
        bucket: &str,
    ) -> Result<Vec<Listed>, ProviderError> {
        let mut objects = Vec::new();
        let mut token = None;
        loop {
            let page = self.page(bucket, PAGE, token.as_deref()).await?;
            objects.extend(page.objects);
            match page.next {
                Some(next) => token = Some(next),
                None => return Ok(objects),
            }
        }
    }

    /// The first few objects of the bucket.
    pub(in crate::provider::alibaba) async fn first_objects(
        &self,
        bucket: &str,
        count: u16,
    ) -> Result<Vec<Listed>, ProviderError> {
        let page = self.page(bucket, &count.to_string(), None).await?;
        Ok(page.objects)
    }

    async fn page(
        &self,
        bucket: &str,
        size: &str,
        token: Option<&str>,
    ) -> Result<Page, ProviderError> {
        let mut request = list_objects(bucket).param("max-keys", size);
        if let Some(token) = token {
            request = request.param("continuation-token", token);
        }
        let reply = self.send(&request).await?;
        let page = std::str::from_utf8(&reply.body).ok().and_then(page_of);
        page.ok_or_else(|| unreadable(LIST))
    }

    /// Uploads in parts that were begun and neither completed nor aborted: key and upload id, one page of them.
    pub(in crate::provider::alibaba) async fn unfinished_uploads(
        &self,
        bucket: &str,
    ) -> Result<Vec<(String, String)>, ProviderError> {
        let operation = "ListMultipartUploads";
        let request = OssRequest::bucket(operation, Method::GET, bucket)
            .about("uploads")
            .param("encoding-type", "url");
        let root = parse(operation, &self.send(&request).await?)?;
        let upload = |upload: &wire::xml::Element| {
            let key = decode(upload.text_of("Key")?)?;
            Some((key, upload.text_of("UploadId")?.to_owned()))
        };
        Ok(root.all("Upload").filter_map(upload).collect())
    }
}

pub(super) fn list_objects(bucket: &str) -> OssRequest<'_> {
    OssRequest::bucket(LIST, Method::GET, bucket)
        .header("content-type", "application/octet-stream")
        .param("encoding-type", "url")
        .param("list-type", "2")
}

/// Reads a page in one pass; a page of a thousand objects is the hot path of every plan.
fn page_of(text: &str) -> Option<Page> {
    let mut reader = Reader::from_str(text);
    let mut page = Page::default();
    let mut object = Listed::default();
    let mut value = String::new();
    let mut truncated = false;
    let mut whole = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) => value.clear(),
            Event::Text(text) => value.push_str(&text.xml10_content()),
            Event::GeneralRef(name) => value.push(entity(&name)?),
            Event::End(end) => match end.name().0 {
                "Key" => object.key = decode(&value)?,
                "ETag" => value.trim_matches('"').clone_into(&mut object.etag),
                "Size" => object.size = value.parse().ok()?,
                "Contents" => page.objects.push(std::mem::take(&mut object)),
                "ListBucketResult" => whole = true,
                "IsTruncated" => truncated = value == "true",
                "NextContinuationToken" => page.next = decode(&value).filter(|t| !t.is_empty()),
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    // A cut page without a way to go on would make what follows look deleted.
    if !whole || (truncated && page.next.is_none()) {
        return None;
    }
    page.next = page.next.filter(|_| truncated);
    Some(page)
}

/// In listings only the quotes of an `ETag` come as an entity, beside what XML itself reserves.
fn entity(name: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Some(char) = name.resolve_char_ref().ok()? {
        return Some(char);
    }
    match name.as_ref() {
        "quot" => Some('"'),
        "apos" => Some('\''),
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_encoded_keys_and_quoted_etags() {
        let text = r#"<?xml version="1.0"?><ListBucketResult><Name>bkt</Name><IsTruncated>true</IsTruncated>
            <NextContinuationToken>a%3D%3D</NextContinuationToken>
            <Contents><Key>dir/a%20b%2B%E4%B8%AD.txt</Key><ETag>"5D41"</ETag><Size>5</Size></Contents>
            <Contents><Key>z</Key><ETag>&quot;AA-2&quot;</ETag><Size>6</Size><Owner><ID>1</ID></Owner></Contents>
            </ListBucketResult>"#;
        let page = page_of(text).unwrap();
        assert_eq!(page.next.as_deref(), Some("a=="));
        let seen: Vec<_> = page
            .objects
            .iter()
            .map(|o| (o.key.as_str(), o.etag.as_str(), o.size))
            .collect();
        assert_eq!(seen, [("dir/a b+中.txt", "5D41", 5), ("z", "AA-2", 6)]);
    }

    #[test]
    fn a_page_that_cannot_be_trusted_is_no_page() {
        for text in [
            "<html></html>",
            "",
            "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
            "<ListBucketResult><Contents><Size>x</Size></Contents></ListBucketResult>",
            "<ListBucketResult><Contents>",
        ] {
            assert_eq!(page_of(text), None, "{text}");
        }
        let empty = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
        assert_eq!(page_of(empty), Some(Page::default()));
    }
}
