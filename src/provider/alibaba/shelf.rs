//! A bucket as the place of shared states.

use std::sync::Arc;

use async_trait::async_trait;

use super::fault::is_missing;
use super::oss::Oss;
use super::target::Target;
use super::transport::Transport;
use crate::provider::{ErrorKind, ProviderError};
use crate::state::{Shelf, ShelfError, Shelved};

/// Objects of one bucket under one prefix.
pub struct BucketShelf {
    oss: Oss,
    bucket: String,
    /// Ends with a slash, or is empty.
    prefix: String,
}

impl BucketShelf {
    /// The objects of a bucket whose keys begin with `prefix` and a slash. Nothing is sent yet.
    pub fn new(target: Target, bucket: &str, prefix: &str) -> Result<Self, ProviderError> {
        Ok(Self {
            oss: Oss::new(Arc::new(Transport::new(target)?)),
            bucket: bucket.to_owned(),
            prefix: format!("{prefix}/").trim_start_matches('/').to_owned(),
        })
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Refuses a bucket in which a state would not be safe.
    async fn check(&self) -> Result<bool, ShelfError> {
        let Some(info) = self.oss.bucket_info(&self.bucket).await.map_err(said)? else {
            return Ok(false);
        };
        let (bucket, region) = (&self.bucket, &self.oss.target().region);
        if info.region != *region {
            return Err(refused(
                format!(
                    "bucket `{bucket}` is in region {}, and was looked for in {region}",
                    info.region
                ),
                &format!("write `region: {}` under `sdev.state`", info.region),
            ));
        }
        if info.versioning.is_some() {
            return Err(refused(
                format!(
                    "bucket `{bucket}` has, or had, versioning, and then two writers could overwrite each other"
                ),
                "take a bucket that never had versioning",
            ));
        }
        match info.acl.as_deref() {
            Some("private") => Ok(true),
            acl => Err(refused(
                format!(
                    "bucket `{bucket}` can be read by others (its access is `{}`)",
                    acl.unwrap_or("unknown")
                ),
                "make the bucket private, or take another one",
            )),
        }
    }
}

#[async_trait]
impl Shelf for BucketShelf {
    fn name(&self) -> String {
        format!(
            "oss://{}/{}",
            self.bucket,
            self.prefix.trim_end_matches('/')
        )
    }

    async fn prepare(&self) -> Result<Option<String>, ShelfError> {
        if self.check().await? {
            return Ok(None);
        }
        let made = self.oss.put_bucket(&self.bucket, "Standard").await;
        made.map_err(|error| match error.kind {
            ErrorKind::Conflict => said(error.with_hint(
                "bucket names are shared by all accounts of the cloud; choose another one",
            )),
            _ => said(error),
        })?;
        let region = &self.oss.target().region;
        Ok(Some(format!("bucket `{}` in {region}", self.bucket)))
    }

    async fn list(&self, under: &str, after: &str) -> Result<Vec<Shelved>, ShelfError> {
        let after = if after.is_empty() {
            String::new()
        } else {
            self.key(after)
        };
        let listed = self
            .oss
            .list_aged(&self.bucket, &self.key(under), &after)
            .await;
        let listed = match listed {
            Err(error) if is_missing(&error, &["NoSuchBucket"]) => Vec::new(),
            listed => listed.map_err(said)?,
        };
        let own = |object: super::oss::Aged| {
            let key = object.key.strip_prefix(&self.prefix)?.to_owned();
            Some(Shelved {
                key,
                age: object.age,
            })
        };
        Ok(listed.into_iter().filter_map(own).collect())
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ShelfError> {
        match self.oss.content(&self.bucket, &self.key(key)).await {
            Err(error) if is_missing(&error, &["NoSuchKey", "NoSuchBucket"]) => Ok(None),
            content => Ok(Some(content.map_err(said)?.to_vec())),
        }
    }

    async fn put(&self, key: &str, content: &[u8]) -> Result<(), ShelfError> {
        let (key, content) = (self.key(key), content.to_vec().into());
        let put = self.oss.put_document((&self.bucket, &key), content);
        put.await.map_err(said)
    }

    async fn put_new(&self, key: &str, content: &[u8]) -> Result<bool, ShelfError> {
        let (key, content) = (self.key(key), content.to_vec().into());
        let put = self.oss.put_new_document((&self.bucket, &key), content);
        put.await.map_err(said)
    }

    async fn delete(&self, keys: &[String]) -> Result<(), ShelfError> {
        let keys: Vec<String> = keys.iter().map(|key| self.key(key)).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let deleted = self.oss.delete_objects(&self.bucket, &keys, &|_| ());
        deleted.await.map_err(said)
    }
}

fn said(error: ProviderError) -> ShelfError {
    ShelfError {
        said: error.to_string(),
        passing: matches!(error.kind, ErrorKind::Temporary | ErrorKind::Unreachable),
        hint: error.hint,
    }
}

fn refused(said: String, hint: &str) -> ShelfError {
    ShelfError {
        said,
        hint: Some(hint.to_owned()),
        passing: false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::stub::{Answer, Stub};
    use super::*;

    async fn prepared(more: &str) -> Result<Option<String>, ShelfError> {
        let body = format!("<BucketInfo><Bucket>{more}</Bucket></BucketInfo>");
        let stub = Stub::start(vec![Answer::Reply(200, "", body)]).await;
        let shelf = BucketShelf::new(stub.target(), "states", "a/b").unwrap();
        shelf.prepare().await
    }

    const HERE: &str = "<Location>oss-cn-hangzhou</Location>";
    const PRIVATE: &str = "<AccessControlList><Grant>private</Grant></AccessControlList>";

    #[tokio::test]
    async fn only_a_private_bucket_without_versions_in_the_right_region_will_do() {
        let good = format!("{HERE}{PRIVATE}");
        assert_eq!(prepared(&good).await, Ok(None));
        for (bad, words) in [
            (
                format!("{good}<Versioning>Suspended</Versioning>"),
                "versioning",
            ),
            (
                format!("<Location>oss-us-east-1</Location>{PRIVATE}"),
                "us-east-1",
            ),
            (good.replace("private", "public-read"), "`public-read`"),
        ] {
            let error = prepared(&bad).await.unwrap_err();
            assert!(
                error.said.contains(words) && error.hint.is_some(),
                "{error:?}"
            );
            assert!(!error.passing);
        }
    }

    #[tokio::test]
    async fn ages_are_by_the_services_clock_and_keys_lose_the_prefix() {
        let body = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a%2Fb%2Flog%2F1</Key><LastModified>2026-11-22T08:29:05.000Z</LastModified></Contents></ListBucketResult>";
        let date = "Date: Sun, 22 Nov 2026 08:29:25 GMT\r\n";
        let stub = Stub::start(vec![Answer::Reply(200, date, body.to_owned())]).await;
        let shelf = BucketShelf::new(stub.target(), "states", "a/b").unwrap();
        let listed = shelf.list("log/", "log/0").await.unwrap();
        let wanted = Shelved {
            key: "log/1".into(),
            age: std::time::Duration::from_secs(20),
        };
        assert_eq!(listed, [wanted]);
        let asked = stub.asked().remove(0);
        assert!(asked.contains("prefix=a%2Fb%2Flog%2F"), "{asked}");
        assert!(asked.contains("start-after=a%2Fb%2Flog%2F0"), "{asked}");
    }

    #[tokio::test]
    async fn what_is_there_is_not_written_over() {
        let exists = "<Error><Code>FileAlreadyExists</Code><Message>m</Message></Error>";
        let stub = Stub::start(vec![
            Answer::Reply(409, "", exists.to_owned()),
            Answer::Reply(200, "", String::new()),
        ])
        .await;
        let shelf = BucketShelf::new(stub.target(), "states", "").unwrap();
        assert_eq!(shelf.put_new("log/1", b"{}").await, Ok(false));
        assert_eq!(shelf.put_new("log/2", b"{}").await, Ok(true));
        for asked in stub.asked() {
            let head = asked.to_ascii_lowercase();
            assert!(
                head.contains("\r\nx-oss-forbid-overwrite: true\r\n"),
                "{asked}"
            );
            assert!(head.contains("\r\ncontent-md5: "), "{asked}");
        }
    }
}
