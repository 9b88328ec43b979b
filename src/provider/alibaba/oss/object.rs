//! Objects: putting one from a local file whatever its size, and deleting many.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use wire::escape::decode;
use wire::xml::{Document, Element};

use super::bucket::parse;
use super::client::Oss;
use super::request::{OssRequest, Payload, bare};
use super::source::{SharedSums, Source, path_below, source_error, with_sums};
use crate::provider::alibaba::fault::SourceFault;
use crate::provider::alibaba::transport::Reply;
use crate::provider::{ErrorKind, Progress, ProviderError, Tell};

/// Files smaller than this are read whole before anything is sent.
const SMALL: u64 = 64 * 1024;
/// Files larger than this are sent in parts.
const IN_PARTS: u64 = 16 * 1024 * 1024;
/// The most keys that one deletion may name.
const DELETE_AT_ONCE: usize = 1000;

/// An object to make from a local file.
#[derive(Debug, Clone)]
pub(in crate::provider::alibaba) struct Put<'a> {
    pub(in crate::provider::alibaba) bucket: &'a str,
    pub(in crate::provider::alibaba) key: &'a str,
    /// `Content-Type` it is served with.
    pub(in crate::provider::alibaba) content_type: Option<&'a str>,
    /// `Cache-Control` it is served with.
    pub(in crate::provider::alibaba) cache_control: Option<&'a str>,
}

/// The file that an object is made from, as the plan knows it.
#[derive(Debug, Clone, Copy)]
pub(in crate::provider::alibaba) struct Upload<'a> {
    /// The folder; the key is the path below it.
    pub(in crate::provider::alibaba) folder: &'a Path,
    /// Bytes the file had.
    pub(in crate::provider::alibaba) size: u64,
    /// Lower-case hex MD5 it had.
    pub(in crate::provider::alibaba) md5: &'a str,
}

impl Oss {
    /// An object's content, whole: for small ones.
    pub(in crate::provider::alibaba) async fn content(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<bytes::Bytes, ProviderError> {
        let request = OssRequest::object("GetObject", Method::GET, bucket, key);
        Ok(self.send(&request).await?.body)
    }

    /// Makes the object, telling bytes as they go out. The result is the object's `ETag` if it was sent in parts
    /// (it is no MD5 then).
    ///
    /// A file that is not what the plan says never becomes the object: small files are checked before they are
    /// sent, streamed ones by the service through `Content-MD5`, parts before they are joined.
    pub(in crate::provider::alibaba) async fn upload(
        &self,
        put: &Put<'_>,
        upload: &Upload<'_>,
        tell: &dyn Tell,
    ) -> Result<Option<String>, ProviderError> {
        let Some(path) = path_below(upload.folder, put.key) else {
            let message = format!("`{}` cannot be a file below a folder", put.key);
            return Err(ProviderError::new(ErrorKind::Invalid, PUT, message));
        };
        let source = Source {
            path,
            size: upload.size,
            md5: upload.md5.to_owned(),
        };
        match upload.size {
            0..SMALL => self.put_whole(put, &source, tell).await.map(|()| None),
            SMALL..=IN_PARTS => self.put_stream(put, &source, tell).await.map(|()| None),
            _ => self.put_parts(put, &source, tell).await.map(Some),
        }
    }

    async fn put_whole(
        &self,
        put: &Put<'_>,
        source: &Source,
        tell: &dyn Tell,
    ) -> Result<(), ProviderError> {
        let (bytes, sums) = source.read().await.map_err(source_fault)?;
        let mut request = put.request(PUT, Method::PUT);
        request.payload = Payload::Bytes(bytes);
        let reply = self.send(&request).await?;
        check_crc(PUT, &reply, sums.crc())?;
        tell.progress(Progress::Bytes(source.size));
        Ok(())
    }

    pub(super) async fn put_stream(
        &self,
        put: &Put<'_>,
        source: &Source,
        tell: &dyn Tell,
    ) -> Result<(), ProviderError> {
        let (passed, passing) = unbounded_channel();
        // Every try computes its digests anew; the last one counts.
        let latest: Mutex<SharedSums> = Mutex::default();
        let start = || {
            let sums = SharedSums::default();
            *latest.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&sums);
            reqwest::Body::wrap_stream(source.stream(sums, passed.clone()))
        };
        let mut request = put.request(PUT, Method::PUT);
        if let Some(md5) = md5_base64(&source.md5) {
            request = request.header("content-md5", md5);
        }
        request.payload = Payload::Stream(source.size, &start);
        let reply = telling(self.send(&request), passing, source.size, tell).await;
        let sums = Arc::clone(&latest.lock().unwrap_or_else(PoisonError::into_inner));
        match reply {
            Ok(reply) => with_sums(&sums, |sums| {
                source.check(sums).map_err(source_fault)?;
                check_crc(PUT, &reply, sums.crc())
            }),
            // The service refused what it got because it is not what the plan knows.
            Err(error) if error.code.as_deref() == Some("InvalidDigest") => {
                with_sums(&sums, |sums| source.check(sums).map_err(source_fault))?;
                Err(error)
            }
            Err(error) if error.kind == ErrorKind::Source => {
                Err(source_fault(SourceFault(error.message)))
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes objects; keys that are not there count as deleted. `gone` hears of every key as it is done. Nothing is deleted
    /// when the request cannot name one of the keys: another object would go instead.
    pub(in crate::provider::alibaba) async fn delete_objects(
        &self,
        bucket: &str,
        keys: &[&str],
        gone: &(dyn Fn(&str) + Sync),
    ) -> Result<(), ProviderError> {
        if let Some(key) = keys.iter().find(|key| !wire::xml::can_hold(key)) {
            let message = format!("XML cannot hold the name {key:?}");
            let error = ProviderError::new(ErrorKind::Invalid, DELETE, message);
            return Err(error.with_hint(
                "delete that object with another tool, then run the same command again",
            ));
        }
        for batch in keys.chunks(DELETE_AT_ONCE) {
            let reply = self.send(&delete_objects(bucket, batch)).await?;
            let root = parse(DELETE, &reply)?;
            let key = |deleted: &Element| decode(deleted.text_of("Key")?);
            let done: std::collections::BTreeSet<_> = root.all("Deleted").filter_map(key).collect();
            let (deleted, left): (Vec<&str>, Vec<&str>) =
                batch.iter().partition(|key| done.contains(**key));
            deleted.into_iter().for_each(gone);
            if let Some(key) = left.first() {
                let message = format!("{} objects were not deleted, such as `{key}`", left.len());
                return Err(ProviderError::new(ErrorKind::Unexpected, DELETE, message));
            }
        }
        Ok(())
    }
}

const PUT: &str = "PutObject";
const DELETE: &str = "DeleteMultipleObjects";

impl<'a> Put<'a> {
    /// A request for the object with the headers it shall be served with.
    pub(super) fn request(&self, operation: &'static str, method: Method) -> OssRequest<'a> {
        let mut request = OssRequest::object(operation, method, self.bucket, self.key);
        if let Some(content_type) = self.content_type {
            request = request.header("content-type", content_type);
        }
        if let Some(cache_control) = self.cache_control {
            request = request.header("cache-control", cache_control);
        }
        request
    }
}

pub(super) fn delete_objects<'a>(bucket: &'a str, keys: &[&str]) -> OssRequest<'a> {
    let document = Document::new("Delete").each(keys, |document, key| {
        document.open("Object").leaf("Key", key).close()
    });
    OssRequest::bucket(DELETE, Method::POST, bucket)
        .about("delete")
        .param("encoding-type", "url")
        .xml(bare(document))
}

/// Waits for a request while telling how many bytes went out; bytes sent again by a further try are not told twice.
pub(super) async fn telling<T>(
    request: impl Future<Output = Result<T, ProviderError>>,
    mut passing: UnboundedReceiver<u64>,
    size: u64,
    tell: &dyn Tell,
) -> Result<T, ProviderError> {
    let mut request = std::pin::pin!(request);
    let mut left = size;
    let mut pass = |count: u64| {
        let new = count.min(left);
        left -= new;
        if new > 0 {
            tell.progress(Progress::Bytes(new));
        }
    };
    let result = loop {
        tokio::select! {
            biased;
            Some(count) = passing.recv() => pass(count),
            result = &mut request => break result,
        }
    };
    while let Ok(count) = passing.try_recv() {
        pass(count);
    }
    result
}

/// Whether the service computed the same checksum of what it got.
pub(super) fn check_crc(operation: &str, reply: &Reply, sent: u64) -> Result<(), ProviderError> {
    let Some(stored) = reply.header("x-oss-hash-crc64ecma") else {
        return Ok(());
    };
    if stored.parse() == Ok(sent) {
        return Ok(());
    }
    let message = format!("the checksum of what was stored is {stored}, of what was sent {sent}");
    let error = ProviderError::new(ErrorKind::Unexpected, operation, message);
    Err(error.with_hint("the bytes were damaged on their way; run the same command again"))
}

pub(super) fn source_fault(fault: SourceFault) -> ProviderError {
    source_error(PUT, fault)
}

fn md5_base64(hex: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect();
    bytes.map(|bytes| STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::provider::alibaba::retry::RetryPolicy;
    use crate::provider::alibaba::stub::{Answer, Stub};
    use crate::provider::alibaba::transport::Transport;

    /// Counts the bytes told.
    #[derive(Default)]
    struct Ear(AtomicU64);

    impl Tell for Ear {
        fn progress(&self, progress: Progress) {
            if let Progress::Bytes(count) = progress {
                self.0.fetch_add(count, Ordering::Relaxed);
            }
        }

        fn stopped(&self) -> bool {
            false
        }
    }

    struct Case {
        folder: tempfile::TempDir,
        bytes: Vec<u8>,
        md5: String,
        ear: Ear,
    }

    impl Case {
        fn new(size: usize) -> Self {
            let bytes: Vec<u8> = (0..=250_u8).cycle().take(size).collect();
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("a.bin"), &bytes).unwrap();
            let mut sums = super::super::source::Sums::default();
            sums.update(&bytes);
            Self {
                folder,
                md5: sums.md5(),
                bytes,
                ear: Ear::default(),
            }
        }

        fn stored(&self) -> Answer {
            let crc = wire::crc64::crc64(&self.bytes);
            let header = format!("x-oss-hash-crc64ecma: {crc}\r\n");
            Answer::Reply(200, header.leak(), String::new())
        }

        async fn upload(&self, stub: &Stub) -> Result<Option<String>, ProviderError> {
            let policy = RetryPolicy {
                base: std::time::Duration::ZERO,
                ..RetryPolicy::default()
            };
            let transport = Transport::with_policy(stub.target(), policy).unwrap();
            let put = Put {
                bucket: "bkt",
                key: "a.bin",
                content_type: Some("text/plain"),
                cache_control: Some("no-cache"),
            };
            let upload = Upload {
                folder: self.folder.path(),
                size: self.bytes.len() as u64,
                md5: &self.md5,
            };
            Oss::new(Arc::new(transport))
                .upload(&put, &upload, &self.ear)
                .await
        }
    }

    #[tokio::test]
    async fn a_streamed_file_is_sent_whole_again_after_a_break_and_told_once() {
        let case = Case::new(300_000);
        let stub = Stub::start(vec![Answer::Break, case.stored()]).await;
        assert_eq!(case.upload(&stub).await.unwrap(), None);
        for asked in stub.asked() {
            let head = asked.to_ascii_lowercase();
            assert!(head.contains("\r\ncontent-length: 300000\r\n"), "{asked}");
            assert!(head.contains("\r\ncontent-type: text/plain\r\n"), "{asked}");
            assert!(head.contains("\r\ncache-control: no-cache\r\n"), "{asked}");
            assert!(head.contains("\r\ncontent-md5: "), "{asked}");
            assert!(!head.contains("transfer-encoding"), "{asked}");
        }
        assert_eq!(case.ear.0.load(Ordering::Relaxed), 300_000);
    }

    #[tokio::test]
    async fn damage_on_the_way_is_found_by_the_checksum() {
        for size in [10, 100_000] {
            let case = Case::new(size);
            let answer = Answer::Reply(200, "x-oss-hash-crc64ecma: 1\r\n", String::new());
            let stub = Stub::start(vec![answer]).await;
            let error = case.upload(&stub).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Unexpected, "{error}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_not_what_was_planned_is_named() {
        for size in [10, 100_000, 17 * 1024 * 1024] {
            let case = Case::new(size);
            std::fs::write(case.folder.path().join("a.bin"), "shorter").unwrap();
            let begun = "<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>";
            let aborted = Answer::Reply(204, "", String::new());
            let stub = Stub::start(vec![Answer::Reply(200, "", begun.to_owned()), aborted]).await;
            let error = case.upload(&stub).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Source, "{error}");
            assert!(error.message.contains("a.bin"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_digest_that_the_service_refuses_means_a_changed_file() {
        let case = Case::new(100_000);
        let mut other = case.bytes.clone();
        other[5] ^= 1;
        std::fs::write(case.folder.path().join("a.bin"), other).unwrap();
        let body = "<Error><Code>InvalidDigest</Code></Error>".to_owned();
        let stub = Stub::start(vec![Answer::Reply(400, "", body)]).await;
        let error = case.upload(&stub).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Source, "{error}");
    }

    #[tokio::test]
    async fn keys_that_lead_out_of_the_folder_are_refused() {
        for key in ["../a", "a/../b", "/a", "a//b", "."] {
            assert_eq!(path_below(Path::new("/x"), key), None, "{key}");
        }
        let inside = path_below(Path::new("/x"), "a/b");
        assert_eq!(inside.as_deref(), Some(Path::new("/x/a/b")));
    }

    #[tokio::test]
    async fn a_key_that_the_request_cannot_name_is_refused_before_anything_is_sent() {
        let stub = Stub::start(Vec::new()).await;
        let oss = Oss::new(Arc::new(Transport::new(stub.target()).unwrap()));
        let error = oss
            .delete_objects("bkt", &["a", "b\u{1}"], &|_| panic!("nothing is gone"))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
        assert!(error.message.contains("\\u{1}"), "{error}");
        assert_eq!(stub.asked().len(), 0);
    }

    #[tokio::test]
    async fn a_key_that_was_not_reported_as_deleted_is_an_error() {
        let body = "<DeleteResult><Deleted><Key>a%20b</Key></Deleted></DeleteResult>".to_owned();
        let stub = Stub::start(vec![Answer::Reply(200, "", body)]).await;
        let oss = Oss::new(Arc::new(Transport::new(stub.target()).unwrap()));
        let gone = Mutex::new(Vec::new());
        let note = |key: &str| gone.lock().unwrap().push(key.to_owned());
        let error = oss
            .delete_objects("bkt", &["a b", "c"], &note)
            .await
            .unwrap_err();
        assert!(error.message.contains("`c`"), "{error}");
        assert_eq!(*gone.lock().unwrap(), ["a b"]);
    }
}
