//! Our requests against those of the vendor's own client for the same inputs: all that is signed is the same, so the
//! signatures are.

use std::collections::BTreeMap;

use http::Method;

use super::bucket::{Website, delete_bucket, get, put_acl, put_bucket, put_website};
use super::listing::list_objects;
use super::multipart::{begin, complete, part};
use super::object::{Put, delete_objects};
use super::request::{OssRequest, Payload};
use crate::provider::alibaba::recording::{query_of, recording};

const UPLOAD: &str = "0004B9894A22E5B1888A1E29F823CA8D";

fn put<'a>(key: &'a str, content_type: &'a str) -> Put<'a> {
    Put {
        bucket: "bkt",
        key,
        content_type: Some(content_type),
        cache_control: None,
    }
}

#[track_caller]
fn assert_same(operation: &str, ours: &OssRequest<'_>) {
    let Some(theirs) = recording("py-ossv2-v4", operation) else {
        return;
    };
    let target = theirs.target();
    let signed = ours.signed(&target, theirs.time());
    let path = signed.url.strip_prefix(target.endpoint.as_deref().unwrap());
    let path = path.unwrap().split('?').next().unwrap();
    assert_eq!(ours.method.as_str(), theirs.method, "{operation}");
    assert_eq!(path, theirs.path, "{operation}");
    assert_eq!(query_of(&signed.url), theirs.query, "{operation}");
    let is_signed = |name: &str| name.starts_with("x-oss-") || name.starts_with("content-");
    let signed_of = |headers: &[(String, String)]| -> BTreeMap<String, String> {
        let headers = headers.iter().filter(|(name, _)| is_signed(name));
        headers
            .filter(|(name, _)| name != "content-length")
            .cloned()
            .collect()
    };
    assert_eq!(
        signed_of(&signed.headers),
        signed_of(&theirs.headers),
        "{operation}"
    );
    let (_, authorization) = signed.headers.last().unwrap();
    assert_eq!(authorization, theirs.header("authorization"), "{operation}");
    if let Payload::Document(document) = &ours.payload {
        assert_eq!(document, theirs.body.as_bytes(), "{operation}");
    }
}

#[test]
fn buckets_are_made_described_and_removed_as_the_vendors_client_does() {
    assert_same("PutBucket.01", &put_bucket("bkt", "Standard"));
    assert_same("PutBucketAcl.01", &put_acl("bkt", "public-read"));
    assert_same(
        "GetBucketInfo.01",
        &get("GetBucketInfo", "bkt", "bucketInfo"),
    );
    assert_same("GetBucketAcl.01", &get("GetBucketAcl", "bkt", "acl"));
    assert_same("DeleteBucket.01", &delete_bucket("bkt"));
    let website = Website {
        index: "index.html".into(),
        error: Some("404.html".into()),
        error_status: 404,
        sub_dirs: true,
    };
    assert_same("PutBucketWebsite.01", &put_website("bkt", &website));
}

#[test]
fn objects_are_listed_put_and_deleted_as_the_vendors_client_does() {
    assert_same(
        "ListObjectsV2.01",
        &list_objects("bkt").param("prefix", "a"),
    );
    assert_same(
        "DeleteMultipleObjects.01",
        &delete_objects("bkt", &["a", "b"]),
    );
    let object = put("dir/a b+中.txt", "text/plain");
    let mut request = object.request("PutObject", Method::PUT);
    request = request.header("x-oss-meta-k", "v");
    request.payload = Payload::Bytes("hello".into());
    assert_same("PutObject.01", &request);
    let head = OssRequest::object("HeadObject", Method::HEAD, "bkt", "a.txt");
    assert_same("HeadObject.01", &head);
}

#[test]
fn parts_are_begun_sent_and_joined_as_the_vendors_client_does() {
    let object = put("big.bin", "application/octet-stream");
    assert_same("Multipart.01", &begin(&object));
    let bytes = || vec![b'x'; 100].into();
    assert_same("Multipart.02", &part(&object, UPLOAD, "1", bytes()));
    assert_same("Multipart.03", &part(&object, UPLOAD, "2", bytes()));
    let Some(theirs) = recording("py-ossv2-v4", "Multipart.04") else {
        return;
    };
    let root = wire::xml::Element::parse(&theirs.body).unwrap();
    let tag = |part: &wire::xml::Element| part.text_of("ETag").unwrap().to_owned();
    let etags = (1..).zip(root.all("Part").map(tag)).collect();
    assert_same("Multipart.04", &complete(&object, UPLOAD, &etags));
}
