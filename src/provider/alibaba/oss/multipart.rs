//! Large objects in parts: begun, sent, checked, joined; or aborted
//! (<https://www.alibabacloud.com/help/en/oss/developer-reference/multipart-upload>).

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use http::Method;
use wire::xml::Document;

use super::bucket::parse;
use super::client::{Oss, unreadable};
use super::object::{Put, check_crc, source_fault};
use super::request::{OssRequest, Payload, bare};
use super::source::{Source, Sums};
use crate::provider::alibaba::fault::is_missing;
use crate::provider::{ErrorKind, Progress, ProviderError, Tell};

/// Bytes of a part. The service takes 10,000 parts at most, so larger files get larger parts.
const PART: u64 = 8 * 1024 * 1024;
const MOST_PARTS: u64 = 10_000;
/// Parts of one file under way at once; each is held in memory.
const AT_ONCE: usize = 4;

const BEGIN: &str = "InitiateMultipartUpload";
const SEND: &str = "UploadPart";
const COMPLETE: &str = "CompleteMultipartUpload";
const ABORT: &str = "AbortMultipartUpload";

/// An upload that was begun.
struct Parts<'a> {
    oss: &'a Oss,
    put: &'a Put<'a>,
    id: String,
    tell: &'a dyn Tell,
}

impl Oss {
    /// Makes the object from parts of the file; its `ETag` comes back. Aborts the upload when anything fails.
    pub(super) async fn put_parts(
        &self,
        put: &Put<'_>,
        source: &Source,
        tell: &dyn Tell,
    ) -> Result<String, ProviderError> {
        // The semaphore is never closed; without a place the upload only needs more memory.
        let _place = self.large.acquire().await;
        let reply = self.send(&begin(put)).await?;
        let id = parse(BEGIN, &reply)?.text_of("UploadId").map(str::to_owned);
        let parts = Parts {
            oss: self,
            put,
            id: id.ok_or_else(|| unreadable(BEGIN))?,
            tell,
        };
        let done = parts.send_and_join(source).await;
        if done.is_err() {
            // What went wrong matters more than that the parts stay; they are listed and removed with the bucket.
            drop(self.abort_upload(put.bucket, put.key, &parts.id).await);
        }
        done
    }

    /// Forgets an upload and its parts; one that is not there counts as forgotten.
    pub(in crate::provider::alibaba) async fn abort_upload(
        &self,
        bucket: &str,
        key: &str,
        upload: &str,
    ) -> Result<(), ProviderError> {
        let request = OssRequest::object(ABORT, Method::DELETE, bucket, key);
        match self.send(&request.param("uploadId", upload)).await {
            Err(error) if !is_missing(&error, &["NoSuchUpload"]) => Err(error),
            _ => Ok(()),
        }
    }
}

impl Parts<'_> {
    async fn send_and_join(&self, source: &Source) -> Result<String, ProviderError> {
        let mut file = source.open().await.map_err(source_fault)?;
        let size = PART.max(source.size.div_ceil(MOST_PARTS));
        let mut sums = Sums::default();
        let mut etags = BTreeMap::new();
        let mut under_way = FuturesUnordered::new();
        for number in 1..=source.size.div_ceil(size) {
            self.check_stopped()?;
            let count = size.min(source.size - (number - 1) * size);
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            let bytes = source.read_some(&mut file, count).await;
            let bytes = bytes.map_err(source_fault)?;
            sums.update(&bytes);
            under_way.push(self.send_part(number, bytes));
            if under_way.len() >= AT_ONCE
                && let Some(part) = under_way.next().await
            {
                let (number, etag) = part?;
                etags.insert(number, etag);
            }
        }
        while let Some(part) = under_way.next().await {
            let (number, etag) = part?;
            etags.insert(number, etag);
        }
        source.check(&sums).map_err(source_fault)?;
        self.complete(&etags, sums.crc()).await
    }

    async fn send_part(&self, number: u64, bytes: Bytes) -> Result<(u64, String), ProviderError> {
        let text = number.to_string();
        let crc = wire::crc64::crc64(&bytes);
        let count = bytes.len() as u64;
        let reply = self
            .oss
            .send(&part(self.put, &self.id, &text, bytes))
            .await?;
        check_crc(SEND, &reply, crc)?;
        let etag = reply.header("etag").ok_or_else(|| unreadable(SEND))?;
        self.tell.progress(Progress::Bytes(count));
        Ok((number, etag.to_owned()))
    }

    async fn complete(
        &self,
        etags: &BTreeMap<u64, String>,
        crc: u64,
    ) -> Result<String, ProviderError> {
        match self.oss.send(&complete(self.put, &self.id, etags)).await {
            // A try whose answer was lost may have joined the parts already; what is stored decides.
            Err(error) if !is_missing(&error, &["NoSuchUpload"]) => return Err(error),
            _ => {}
        }
        self.check_stored(crc).await
    }

    async fn check_stored(&self, crc: u64) -> Result<String, ProviderError> {
        let operation = "HeadObject";
        let request = OssRequest::object(operation, Method::HEAD, self.put.bucket, self.put.key);
        let reply = self.oss.send(&request).await?;
        check_crc(operation, &reply, crc)?;
        let etag = reply.header("etag").ok_or_else(|| unreadable(operation))?;
        Ok(etag.trim_matches('"').to_owned())
    }

    fn check_stopped(&self) -> Result<(), ProviderError> {
        if self.tell.stopped() {
            Err(ProviderError::new(ErrorKind::Stopped, SEND, "stopped"))
        } else {
            Ok(())
        }
    }
}

pub(super) fn begin<'a>(put: &Put<'a>) -> OssRequest<'a> {
    let mut request = put.request(BEGIN, Method::POST).about("uploads");
    request.payload = Payload::Document(Bytes::new());
    request.param("encoding-type", "url")
}

pub(super) fn part<'a>(
    put: &Put<'a>,
    upload: &'a str,
    number: &'a str,
    bytes: Bytes,
) -> OssRequest<'a> {
    let mut request = OssRequest::object(SEND, Method::PUT, put.bucket, put.key)
        .param("partNumber", number)
        .param("uploadId", upload);
    request.payload = Payload::Bytes(bytes);
    request
}

pub(super) fn complete<'a>(
    put: &Put<'a>,
    upload: &'a str,
    etags: &BTreeMap<u64, String>,
) -> OssRequest<'a> {
    let document = Document::new("CompleteMultipartUpload").each(etags, |document, (n, etag)| {
        let part = document.open("Part").leaf("PartNumber", &n.to_string());
        part.leaf("ETag", etag).close()
    });
    let mut request = OssRequest::object(COMPLETE, Method::POST, put.bucket, put.key)
        .param("encoding-type", "url")
        .param("uploadId", upload);
    request.payload = Payload::Document(bare(document).into());
    request
}
