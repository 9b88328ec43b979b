"""The vendor's alibabacloud-oss-v2 SDK, unmodified, against a local cloud: signatures V1 and V4."""

import datetime
import hashlib
import os
import sys
import traceback
import urllib.error
import urllib.request
import uuid

import alibabacloud_oss_v2 as oss

URL = os.environ["SDEV_LOCAL_URL"]
KEY = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
REGION = os.environ.get("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")

passed = 0
failed = []


def check(name, got, expected):
    global passed
    if got == expected:
        passed += 1
    else:
        failed.append(f"{name}: got {got!r}, expected {expected!r}")


def refused(name, call, status, code):
    try:
        call()
    except oss.exceptions.OperationError as error:
        inner = error.unwrap()
        if isinstance(inner, oss.exceptions.ServiceError):
            check(name, (inner.status_code, inner.code), (status, code))
            check(name + " request id", bool(inner.request_id), True)
        else:
            failed.append(f"{name}: {inner!r}")
        return
    failed.append(f"{name}: was not refused")


def client(version, key=KEY, secret=SECRET):
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(key, secret)
    config.region = REGION
    config.endpoint = URL
    config.signature_version = version
    return oss.Client(config)


def quoted(text):
    return f'"{text}"'


def buckets(label, api, bucket):
    check(label + " not there", api.is_bucket_exist(bucket), False)
    configuration = oss.CreateBucketConfiguration(storage_class="IA")
    api.put_bucket(oss.PutBucketRequest(bucket=bucket, acl="private", create_bucket_configuration=configuration))
    api.put_bucket(oss.PutBucketRequest(bucket=bucket))
    check(label + " there", api.is_bucket_exist(bucket), True)
    info = api.get_bucket_info(oss.GetBucketInfoRequest(bucket=bucket)).bucket_info
    check(label + " info", (info.name, info.storage_class, info.acl, info.location), (bucket, "IA", "private", "oss-" + REGION))
    check(label + " owner", bool(info.owner.id), True)
    check(label + " location", api.get_bucket_location(oss.GetBucketLocationRequest(bucket=bucket)).location, "oss-" + REGION)
    api.put_bucket_acl(oss.PutBucketAclRequest(bucket=bucket, acl="public-read"))
    check(label + " acl", api.get_bucket_acl(oss.GetBucketAclRequest(bucket=bucket)).acl, "public-read")
    api.put_bucket_acl(oss.PutBucketAclRequest(bucket=bucket, acl="private"))
    listed = [b for page in api.list_buckets_paginator().iter_page(oss.ListBucketsRequest(prefix=bucket)) for b in page.buckets]
    check(label + " listed", [(b.name, b.region) for b in listed], [(bucket, REGION)])
    refused(label + " no website", lambda: api.get_bucket_website(oss.GetBucketWebsiteRequest(bucket=bucket)), 404, "NoSuchWebsiteConfiguration")
    site = oss.WebsiteConfiguration(
        index_document=oss.IndexDocument(suffix="index.html", support_sub_dir=True, type=2),
        error_document=oss.ErrorDocument(key="404.html", http_status=404),
    )
    api.put_bucket_website(oss.PutBucketWebsiteRequest(bucket=bucket, website_configuration=site))
    site = api.get_bucket_website(oss.GetBucketWebsiteRequest(bucket=bucket)).website_configuration
    check(
        label + " website",
        (site.index_document.suffix, site.index_document.support_sub_dir, site.index_document.type, site.error_document.key, site.error_document.http_status),
        ("index.html", True, 2, "404.html", 404),
    )
    api.delete_bucket_website(oss.DeleteBucketWebsiteRequest(bucket=bucket))
    tags = oss.Tagging(tag_set=oss.TagSet(tags=[oss.Tag(key="owner", value="a/b")]))
    api.put_bucket_tags(oss.PutBucketTagsRequest(bucket=bucket, tagging=tags))
    tags = api.get_bucket_tags(oss.GetBucketTagsRequest(bucket=bucket)).tagging
    check(label + " tags", [(t.key, t.value) for t in tags.tag_set.tags], [("owner", "a/b")])
    api.delete_bucket_tags(oss.DeleteBucketTagsRequest(bucket=bucket))
    refused(label + " lifecycle refused", lambda: api.get_bucket_lifecycle(oss.GetBucketLifecycleRequest(bucket=bucket)), 501, "NotImplemented")
    refused(label + " encryption refused", lambda: api.get_bucket_encryption(oss.GetBucketEncryptionRequest(bucket=bucket)), 501, "NotImplemented")


def objects(label, api, bucket):
    key, body = "dir/a b+c%2f\u4e2d&?.txt", b"hello \x00\xff world"
    etag = hashlib.md5(body).hexdigest().upper()
    put = api.put_object(
        oss.PutObjectRequest(
            bucket=bucket, key=key, body=body, content_type="text/plain", cache_control="no-cache", metadata={"author": "someone"}, tagging="a=1&b=2"
        )
    )
    check(label + " put", put.etag, quoted(etag))
    got = api.get_object(oss.GetObjectRequest(bucket=bucket, key=key))
    check(label + " bytes", got.body.read(), body)
    check(
        label + " headers",
        (got.content_type, got.cache_control, got.metadata.get("author"), got.etag, got.object_type, got.tagging_count),
        ("text/plain", "no-cache", "someone", quoted(etag), "Normal", 2),
    )
    head = api.head_object(oss.HeadObjectRequest(bucket=bucket, key=key))
    check(label + " head", (head.content_length, head.etag, head.storage_class), (len(body), quoted(etag), "Standard"))
    now = datetime.datetime.now(datetime.timezone.utc)
    check(label + " modified", abs((now - head.last_modified).total_seconds()) < 100, True)
    meta = api.get_object_meta(oss.GetObjectMetaRequest(bucket=bucket, key=key))
    check(label + " meta", (meta.content_length, meta.etag), (len(body), quoted(etag)))
    part = api.get_object(oss.GetObjectRequest(bucket=bucket, key=key, range_header="bytes=1-3"))
    check(label + " range", (part.status_code, part.content_range, part.body.read()), (206, f"bytes 1-3/{len(body)}", body[1:4]))
    whole = api.get_object(oss.GetObjectRequest(bucket=bucket, key=key, range_header="bytes=1-3000"))
    check(label + " range outside", (whole.status_code, whole.body.read()), (200, body))
    standard = api.get_object(oss.GetObjectRequest(bucket=bucket, key=key, range_header="bytes=1-3000", range_behavior="standard"))
    check(label + " standard range", (standard.status_code, standard.body.read()), (206, body[1:]))
    outside = oss.GetObjectRequest(bucket=bucket, key=key, range_header="bytes=3000-", range_behavior="standard")
    refused(label + " no such range", lambda: api.get_object(outside), 416, "InvalidRange")
    check(label + " exists", api.is_object_exist(bucket, key), True)
    check(label + " does not exist", api.is_object_exist(bucket, "nothing"), False)
    refused(label + " no key", lambda: api.get_object(oss.GetObjectRequest(bucket=bucket, key="nothing")), 404, "NoSuchKey")
    refused(label + " head of no key", lambda: api.head_object(oss.HeadObjectRequest(bucket=bucket, key="nothing")), 404, "NoSuchKey")
    refused(label + " precondition", lambda: api.get_object(oss.GetObjectRequest(bucket=bucket, key=key, if_match='"0"')), 412, "PreconditionFailed")
    refused(
        label + " no overwrite",
        lambda: api.put_object(oss.PutObjectRequest(bucket=bucket, key=key, body=b"x", forbid_overwrite=True)),
        409,
        "FileAlreadyExists",
    )
    tags = api.get_object_tagging(oss.GetObjectTaggingRequest(bucket=bucket, key=key)).tag_set.tags
    check(label + " tags", [(t.key, t.value) for t in tags], [("a", "1"), ("b", "2")])
    large = os.urandom(2_500_000)
    api.put_object(oss.PutObjectRequest(bucket=bucket, key="large", body=large))
    check(label + " large", api.get_object(oss.GetObjectRequest(bucket=bucket, key="large")).body.read() == large, True)
    copied = api.copy_object(oss.CopyObjectRequest(bucket=bucket, key="copy", source_bucket=bucket, source_key=key))
    check(label + " copy etag", copied.etag, quoted(etag))
    check(label + " copy", api.get_object(oss.GetObjectRequest(bucket=bucket, key="copy")).body.read(), body)
    replaced = oss.CopyObjectRequest(
        bucket=bucket, key="copy", source_bucket=bucket, source_key="copy", metadata_directive="REPLACE", metadata={"author": "other"}
    )
    api.copy_object(replaced)
    check(label + " new meta", api.head_object(oss.HeadObjectRequest(bucket=bucket, key="copy")).metadata.get("author"), "other")
    api.put_object_acl(oss.PutObjectAclRequest(bucket=bucket, key="copy", acl="public-read"))
    check(label + " object acl", api.get_object_acl(oss.GetObjectAclRequest(bucket=bucket, key="copy")).acl, "public-read")
    api.delete_object(oss.DeleteObjectRequest(bucket=bucket, key="copy"))
    check(label + " deleted", api.delete_object(oss.DeleteObjectRequest(bucket=bucket, key="copy")).status_code, 204)
    doomed = [oss.DeleteObject(key="large"), oss.DeleteObject(key=key)]
    deleted = api.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=bucket, objects=doomed, encoding_type="url"))
    check(label + " multi-delete", sorted(d.key for d in deleted.deleted_objects), sorted(["large", key]))
    quiet = api.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=bucket, objects=doomed, quiet=True))
    check(label + " quiet", quiet.deleted_objects or [], [])
    for position, data in [(0, b"one "), (4, b"two")]:
        appended = api.append_object(oss.AppendObjectRequest(bucket=bucket, key="log", position=position, body=data))
    check(label + " append", appended.next_position, 7)
    check(label + " appended", api.get_object(oss.GetObjectRequest(bucket=bucket, key="log")).body.read(), b"one two")
    refused(
        label + " wrong position",
        lambda: api.append_object(oss.AppendObjectRequest(bucket=bucket, key="log", position=1, body=b"x")),
        409,
        "PositionNotEqualToLength",
    )


def parts(label, api, bucket):
    first, second = os.urandom(150_000), os.urandom(70_000)
    upload = api.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=bucket, key="multi", content_type="a/b")).upload_id
    done = []
    for number, data in [(1, first), (2, second)]:
        part = api.upload_part(oss.UploadPartRequest(bucket=bucket, key="multi", upload_id=upload, part_number=number, body=data))
        done.append(oss.UploadPart(part_number=number, etag=part.etag))
    listed = api.list_parts(oss.ListPartsRequest(bucket=bucket, key="multi", upload_id=upload, max_parts=1))
    check(label + " first part", ([p.size for p in listed.parts], listed.is_truncated), ([150_000], True))
    paged = [p.size for page in api.list_parts_paginator(limit=1).iter_page(oss.ListPartsRequest(bucket=bucket, key="multi", upload_id=upload)) for p in page.parts]
    check(label + " all parts", paged, [150_000, 70_000])
    uploads = api.list_multipart_uploads(oss.ListMultipartUploadsRequest(bucket=bucket)).uploads
    check(label + " uploads", [(u.key, u.upload_id) for u in uploads], [("multi", upload)])
    complete = oss.CompleteMultipartUpload(parts=done)
    api.complete_multipart_upload(oss.CompleteMultipartUploadRequest(bucket=bucket, key="multi", upload_id=upload, complete_multipart_upload=complete))
    got = api.get_object(oss.GetObjectRequest(bucket=bucket, key="multi"))
    check(label + " multipart", (got.body.read() == first + second, got.content_type, got.object_type), (True, "a/b", "Multipart"))
    across = api.get_object(oss.GetObjectRequest(bucket=bucket, key="multi", range_header="bytes=149990-150009"))
    check(label + " across parts", across.body.read(), first[-10:] + second[:10])
    upload = api.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=bucket, key="all")).upload_id
    api.upload_part(oss.UploadPartRequest(bucket=bucket, key="all", upload_id=upload, part_number=7, body=b"seven"))
    api.complete_multipart_upload(oss.CompleteMultipartUploadRequest(bucket=bucket, key="all", upload_id=upload, complete_all="yes"))
    check(label + " complete all", api.get_object(oss.GetObjectRequest(bucket=bucket, key="all")).body.read(), b"seven")
    upload = api.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=bucket, key="gone")).upload_id
    copied = api.upload_part_copy(
        oss.UploadPartCopyRequest(bucket=bucket, key="gone", upload_id=upload, part_number=1, source_bucket=bucket, source_key="multi", source_range="bytes=0-9")
    )
    check(label + " part copied", copied.etag, quoted(hashlib.md5(first[:10]).hexdigest().upper()))
    api.abort_multipart_upload(oss.AbortMultipartUploadRequest(bucket=bucket, key="gone", upload_id=upload))
    refused(label + " aborted", lambda: api.list_parts(oss.ListPartsRequest(bucket=bucket, key="gone", upload_id=upload)), 404, "NoSuchUpload")
    name = f"/tmp/{uuid.uuid4().hex}"
    with open(name, "wb") as file:
        file.write(first * 5)
    up = api.uploader(part_size=200 * 1024, parallel_num=3)
    up.upload_file(oss.PutObjectRequest(bucket=bucket, key="file"), name)
    api.downloader(part_size=300 * 1024, parallel_num=3).download_file(oss.GetObjectRequest(bucket=bucket, key="file"), name + ".back")
    with open(name + ".back", "rb") as file:
        check(label + " file", file.read() == first * 5, True)
    os.remove(name)
    os.remove(name + ".back")


def listings(label, api, bucket):
    keys = sorted(f"list/{letter}/{number:04}" for letter in "abc" for number in range(3)) + ["list/z \u4e2d+&<>"]
    for key in keys:
        api.put_object(oss.PutObjectRequest(bucket=bucket, key=key, body=key.encode()))
    for size in [1, 2, 3, 7]:
        for version, pages in [
            ("v1", api.list_objects_paginator(limit=size).iter_page(oss.ListObjectsRequest(bucket=bucket, prefix="list/"))),
            ("v2", api.list_objects_v2_paginator(limit=size).iter_page(oss.ListObjectsV2Request(bucket=bucket, prefix="list/"))),
        ]:
            check(f"{label} {version} pages of {size}", [o.key for page in pages for o in page.contents or []], keys)
        rolled = oss.ListObjectsV2Request(bucket=bucket, prefix="list/", delimiter="/")
        pages = list(api.list_objects_v2_paginator(limit=size).iter_page(rolled))
        found = [p.prefix for page in pages for p in page.common_prefixes or []] + [o.key for page in pages for o in page.contents or []]
        check(f"{label} rolled pages of {size}", found, ["list/a/", "list/b/", "list/c/", keys[-1]])
    page = api.list_objects_v2(oss.ListObjectsV2Request(bucket=bucket, prefix="list/", start_after="list/b/0001", max_keys=2, fetch_owner=True))
    check(label + " start after", ([o.key for o in page.contents], page.is_truncated, page.key_count), (["list/b/0002", "list/c/0000"], True, 2))
    check(label + " owner", bool(page.contents[0].owner.id), True)
    refused(label + " too many", lambda: api.list_objects_v2(oss.ListObjectsV2Request(bucket=bucket, max_keys=1001)), 400, "InvalidArgument")


def signing(label, version, api, bucket):
    get = oss.GetObjectRequest(bucket=bucket, key="log")
    refused(label + " wrong secret", lambda: client(version, secret="wrong").get_object(get), 403, "SignatureDoesNotMatch")
    refused(label + " wrong key", lambda: client(version, key="nobody").get_object(get), 403, "InvalidAccessKeyId")
    signed = api.presign(get, expires=datetime.timedelta(seconds=60))
    with urllib.request.urlopen(signed.url) as reply:
        check(label + " presigned", reply.read(), b"one two")
    try:
        urllib.request.urlopen(signed.url.replace("/log", "/multi"))
        failed.append(label + " presigned: opens another key")
    except urllib.error.HTTPError as error:
        check(label + " presigned for one key", error.code, 403)
    put = api.presign(oss.PutObjectRequest(bucket=bucket, key="by-url", content_type="text/x"), expires=datetime.timedelta(seconds=60))
    request = urllib.request.Request(put.url, data=b"u", method=put.method, headers=put.signed_headers or {})
    if "Content-Type" not in request.headers and "Content-type" not in request.headers:
        request.add_header("Content-Type", "text/x")
    urllib.request.urlopen(request).read()
    check(label + " presigned put", api.get_object(oss.GetObjectRequest(bucket=bucket, key="by-url")).body.read(), b"u")


def remove(label, api, bucket):
    refused(label + " not empty", lambda: api.delete_bucket(oss.DeleteBucketRequest(bucket=bucket)), 409, "BucketNotEmpty")
    for page in api.list_objects_v2_paginator().iter_page(oss.ListObjectsV2Request(bucket=bucket)):
        for found in page.contents or []:
            api.delete_object(oss.DeleteObjectRequest(bucket=bucket, key=found.key))
    api.delete_bucket(oss.DeleteBucketRequest(bucket=bucket))
    refused(label + " gone", lambda: api.list_objects_v2(oss.ListObjectsV2Request(bucket=bucket)), 404, "NoSuchBucket")


def judge(label, version):
    api, bucket = client(version), "judge-" + uuid.uuid4().hex[:12]
    buckets(label, api, bucket)
    objects(label, api, bucket)
    parts(label, api, bucket)
    listings(label, api, bucket)
    signing(label, version, api, bucket)
    remove(label, api, bucket)


def main():
    for label, version in [("V1", "v1"), ("V4", "v4")]:
        try:
            judge(label, version)
        except Exception as error:  # noqa: BLE001
            traceback.print_exc()
            failed.append(f"{label}: stopped by {type(error).__name__}: {error}")
    for failure in failed:
        print("FAILED", failure)
    print(f"alibabacloud-oss-v2: {passed} passed, {len(failed)} failed")
    sys.exit(1 if failed or not passed else 0)


main()
