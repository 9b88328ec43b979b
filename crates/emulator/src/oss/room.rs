//! What other rooms of this cloud do with objects: they act for the account.

use bytes::Bytes;
use http_body_util::Full;
use serde_json::{Value, json};

use super::error::{OssError, Outcome};
use super::intake::receive;
use super::model::{Entry, ListQuery};
use super::reply::iso_date;
use super::service::Oss;
use super::table::object::{self, Kind, Listed, Object, Traits};
use super::table::{bucket, piece};
use super::watch::Herald;

/// Objects that are listed at a time.
const PAGE: usize = 1000;

impl Oss {
    /// The objects of a bucket whose keys begin so, in the order of their keys, as listings show them; so many at most.
    ///
    /// # Errors
    /// There is no such bucket, or it cannot be read: in words.
    pub(crate) async fn all(
        &self,
        bucket: &str,
        prefix: &str,
        most: usize,
    ) -> Result<Vec<Value>, String> {
        let mut found = Vec::new();
        let mut after = String::new();
        loop {
            let query = ListQuery {
                prefix: prefix.to_owned(),
                delimiter: String::new(),
                after,
                max: PAGE.min(most - found.len()),
            };
            let name = bucket.to_owned();
            let page = self.0.store.read(move |db| {
                if !bucket::exists(db, &name)? {
                    return Err(OssError::NoSuchBucket(name));
                }
                object::page(db, &name, query)
            });
            let page = page.await.map_err(|error| error.to_string())?;
            let next = page.next().map(str::to_owned);
            found.extend(page.entries.into_iter().filter_map(|entry| match entry {
                Entry::Key(key, listed) => Some(shown(&key, &listed)),
                Entry::Prefix(_) => None,
            }));
            match next {
                Some(next) if found.len() < most => after = next,
                _ => return Ok(found),
            }
        }
    }

    /// Puts a JSON object where it belongs; whoever watches the bucket hears of it. Its size in bytes.
    ///
    /// # Errors
    /// There is no such bucket, or it cannot be kept: in words.
    pub(crate) async fn put(&self, bucket: &str, key: &str, text: String) -> Result<u64, String> {
        let put = self.put_whole(bucket.to_owned(), key.to_owned(), text);
        put.await.map_err(|error| error.to_string())
    }

    async fn put_whole(&self, bucket: String, key: String, text: String) -> Outcome<u64> {
        let oss = &self.0;
        let received = receive(&mut Full::new(Bytes::from(text)), &oss.blobs).await?;
        let (etag, crc, size) = (received.etag(), received.crc, received.size);
        let modified = oss.now();
        let herald = Herald::of_room(oss);
        let told = herald.told();
        let replaced = oss.store.write(move |db| {
            if !bucket::exists(db, &bucket)? {
                return Err(OssError::NoSuchBucket(bucket));
            }
            let former = herald.former(db, &bucket, &key)?;
            let what = ("ObjectCreated:PutObject", &*bucket, &*key);
            herald.created(db, what, (size, &etag), former.as_ref())?;
            let json = ("content-type".to_owned(), "application/json".to_owned());
            let object = Object {
                size,
                etag,
                crc,
                modified,
                kind: Kind::Normal,
                traits: Traits {
                    headers: vec![json],
                    storage_class: "Standard".to_owned(),
                    ..Traits::default()
                },
                pieces: vec![piece::add(db, received)?],
            };
            object::replace(db, &bucket, &key, &object)
        });
        oss.blobs.remove(replaced.await?).await;
        if told()
            && let Some(watch) = oss.watch.get()
        {
            watch.committed();
        }
        Ok(size)
    }
}

fn shown(key: &str, listed: &Listed) -> Value {
    json!({
        "Key": key,
        "Size": listed.size,
        "ETag": format!("\"{}\"", listed.etag),
        "LastModified": iso_date(listed.modified),
        "StorageClass": listed.storage_class,
        "Type": listed.kind.as_str(),
    })
}
