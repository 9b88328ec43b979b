"""The vendor's oss2 SDK, unmodified, against a local cloud: signatures V1, V2 and V4."""

import hashlib
import io
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

import oss2
from oss2 import exceptions as errors
from oss2 import models

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


def refused(name, call, kind, status, code=None):
    try:
        call()
    except kind as error:
        check(name + " status", error.status, status)
        if code:
            check(name + " code", error.code, code)
        check(name + " request id", bool(error.request_id), True)
        return
    except Exception as error:  # noqa: BLE001
        failed.append(f"{name}: {type(error).__name__} {error} instead of {kind.__name__}")
        return
    failed.append(f"{name}: was not refused")


def fetch(url, headers=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {})) as reply:
            return reply.status, {k.lower(): v for k, v in reply.headers.items()}, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def buckets(label, auth, bucket):
    name = bucket.bucket_name
    bucket.create_bucket(oss2.BUCKET_ACL_PRIVATE)
    bucket.create_bucket()
    check(label + " acl", bucket.get_bucket_acl().acl, "private")
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
    check(label + " acl changed", bucket.get_bucket_acl().acl, "public-read")
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PRIVATE)
    info = bucket.get_bucket_info()
    check(label + " info", (info.name, info.storage_class, info.acl.grant), (name, "Standard", "private"))
    check(label + " location", bucket.get_bucket_location().location, "oss-" + REGION)
    service = oss2.Service(auth, URL, **region(auth))
    check(label + " listed", name in [b.name for b in oss2.BucketIterator(service)], True)
    check(label + " listed by prefix", [b.name for b in service.list_buckets(prefix=name).buckets], [name])
    tagging = models.Tagging(models.TaggingRule())
    tagging.tag_set.add("owner", "sdev <&>")
    bucket.put_bucket_tagging(tagging)
    check(label + " tags", bucket.get_bucket_tagging().tag_set.tagging_rule, {"owner": "sdev <&>"})
    bucket.delete_bucket_tagging()
    check(label + " no tags", bucket.get_bucket_tagging().tag_set.tagging_rule, {})
    refused(label + " no website", bucket.get_bucket_website, errors.NoSuchWebsite, 404, "NoSuchWebsiteConfiguration")
    bucket.put_bucket_website(models.BucketWebsite("index.html", "404.html"))
    site = bucket.get_bucket_website()
    check(label + " website", (site.index_file, site.error_file), ("index.html", "404.html"))
    bucket.delete_bucket_website()
    refused(label + " website gone", bucket.get_bucket_website, errors.NoSuchWebsite, 404)
    refused(label + " cors refused", bucket.get_bucket_cors, errors.ServerError, 501, "NotImplemented")


def objects(label, bucket):
    body = b"hello \x00\xff world"
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-cache",
        "Content-Disposition": "attachment; filename=a.txt",
        "Content-Encoding": "identity",
        "Expires": "Wed, 21 Oct 2037 07:28:00 GMT",
        "x-oss-meta-author": "someone",
    }
    key = "dir/a b+c%2f\u4e2d&?.txt"
    put = bucket.put_object(key, body, headers=headers)
    etag = hashlib.md5(body).hexdigest().upper()
    check(label + " put etag", put.etag, etag)
    got = bucket.get_object(key)
    check(label + " bytes", got.read(), body)
    for name, value in headers.items():
        check(f"{label} header {name}", got.headers.get(name), value)
    check(label + " object type", got.object_type, "Normal")
    head = bucket.head_object(key)
    check(label + " head", (head.content_length, head.etag), (len(body), etag))
    check(label + " modified", abs(head.last_modified - time.time()) < 100, True)
    meta = bucket.get_object_meta(key)
    check(label + " meta", (meta.content_length, meta.etag), (len(body), etag))
    check(label + " range", bucket.get_object(key, byte_range=(6, 7)).read(), body[6:8])
    check(label + " tail", bucket.get_object(key, byte_range=(None, 5)).read(), body[-5:])
    check(label + " exists", bucket.object_exists(key), True)
    check(label + " does not exist", bucket.object_exists("nothing"), False)
    refused(label + " no key", lambda: bucket.get_object("nothing"), errors.NoSuchKey, 404, "NoSuchKey")
    refused(label + " head of no key", lambda: bucket.head_object("nothing"), errors.NotFound, 404)
    refused(label + " not modified", lambda: bucket.get_object(key, headers={"If-None-Match": f'"{etag}"'}), errors.NotModified, 304)
    refused(
        label + " precondition",
        lambda: bucket.get_object(key, headers={"If-Match": '"0"'}),
        errors.PreconditionFailed,
        412,
        "PreconditionFailed",
    )
    override = bucket.get_object(key, params={"response-content-type": "a/b"})
    check(label + " override", override.headers["Content-Type"], "a/b")
    override.read()
    refused(
        label + " wrong md5",
        lambda: bucket.put_object("md5", b"x", headers={"Content-MD5": "XUFAKrxLKna5cZ2REBfFkg=="}),
        errors.InvalidDigest,
        400,
        "InvalidDigest",
    )
    check(label + " nothing kept", bucket.object_exists("md5"), False)
    refused(
        label + " no overwrite",
        lambda: bucket.put_object(key, b"other", headers={"x-oss-forbid-overwrite": "true"}),
        errors.ServerError,
        409,
        "FileAlreadyExists",
    )
    bucket.put_object("stream", io.BytesIO(b"abc"))
    check(label + " chunked", bucket.get_object("stream").read(), b"abc")
    bucket.put_object("empty", b"")
    check(label + " empty", bucket.get_object("empty").read(), b"")
    large = os.urandom(3_000_000)
    bucket.put_object("large", large)
    check(label + " large", hashlib.md5(bucket.get_object("large").read()).digest(), hashlib.md5(large).digest())
    check(label + " large range", bucket.get_object("large", byte_range=(1_000_000, 1_000_009)).read(), large[1_000_000:1_000_010])
    bucket.copy_object(bucket.bucket_name, key, "copy")
    copied = bucket.get_object("copy")
    check(label + " copy", (copied.read(), copied.headers["x-oss-meta-author"]), (body, "someone"))
    bucket.copy_object(bucket.bucket_name, "large", "large-copy")
    bucket.delete_object("large")
    check(label + " copy outlives", bucket.get_object("large-copy").read() == large, True)
    bucket.update_object_meta("copy", {"x-oss-meta-author": "other", "Content-Type": "text/css"})
    copied = bucket.get_object("copy")
    check(label + " new meta", (copied.read(), copied.headers["x-oss-meta-author"], copied.headers["Content-Type"]), (body, "other", "text/css"))
    check(label + " object acl", bucket.get_object_acl("copy").acl, "default")
    bucket.put_object_acl("copy", oss2.OBJECT_ACL_PUBLIC_READ)
    check(label + " object acl changed", bucket.get_object_acl("copy").acl, "public-read")
    tagging = models.Tagging(models.TaggingRule())
    tagging.tag_set.add("a", "1")
    bucket.put_object_tagging("copy", tagging)
    check(label + " object tags", bucket.get_object_tagging("copy").tag_set.tagging_rule, {"a": "1"})
    bucket.delete_object_tagging("copy")
    check(label + " object tags gone", bucket.get_object_tagging("copy").tag_set.tagging_rule, {})
    refused(label + " symlinks refused", lambda: bucket.put_symlink("copy", "link"), errors.ServerError, 501, "NotImplemented")
    check(label + " delete", bucket.delete_object("copy").status, 204)
    check(label + " delete again", bucket.delete_object("copy").status, 204)
    check(label + " multi-delete", sorted(bucket.batch_delete_objects(["stream", key, "never"]).deleted_keys), sorted(["stream", key, "never"]))
    for evil in ["../../../etc/passwd", "a/../../b", "./c", "%2e%2e/d", "e//f", "g\\..\\h"]:
        bucket.put_object(evil, evil.encode())
        check(f"{label} key {evil}", bucket.get_object(evil).read(), evil.encode())
        bucket.delete_object(evil)
    refused(label + " bad key", lambda: bucket.put_object("x" * 1024, b""), errors.ServerError, 400, "InvalidObjectName")


def parts(label, bucket):
    first, second = os.urandom(200_000), os.urandom(50_000)
    upload = bucket.init_multipart_upload("multi", headers={"Content-Type": "video/mp4"}).upload_id
    done = [
        models.PartInfo(number, bucket.upload_part("multi", upload, number, data).etag, size=len(data))
        for number, data in [(1, first), (2, second)]
    ]
    check(label + " parts", [(p.part_number, p.size) for p in bucket.list_parts("multi", upload).parts], [(1, 200_000), (2, 50_000)])
    check(label + " uploads", [u.upload_id for u in bucket.list_multipart_uploads(prefix="mul").upload_list], [upload])
    refused(
        label + " wrong part",
        lambda: bucket.complete_multipart_upload("multi", upload, [models.PartInfo(1, "0" * 32)]),
        errors.ServerError,
        400,
        "InvalidPart",
    )
    check(label + " not visible", bucket.object_exists("multi"), False)
    whole = bucket.complete_multipart_upload("multi", upload, done)
    check(label + " multipart etag", whole.etag.endswith("-2"), True)
    got = bucket.get_object("multi")
    check(label + " multipart", (got.read(), got.headers["Content-Type"], got.object_type), (first + second, "video/mp4", "Multipart"))
    check(label + " across parts", bucket.get_object("multi", byte_range=(199_990, 200_010)).read(), (first + second)[199_990:200_011])
    refused(label + " no upload", lambda: bucket.upload_part("multi", upload, 1, b"x"), errors.NoSuchUpload, 404, "NoSuchUpload")
    upload = bucket.init_multipart_upload("aborted").upload_id
    bucket.upload_part("aborted", upload, 1, b"x")
    bucket.upload_part_copy(bucket.bucket_name, "multi", (0, 99), "aborted", upload, 2)
    check(label + " part copied", [p.size for p in bucket.list_parts("aborted", upload).parts], [1, 100])
    bucket.abort_multipart_upload("aborted", upload)
    refused(label + " aborted", lambda: bucket.list_parts("aborted", upload), errors.NoSuchUpload, 404)
    name = f"/tmp/{uuid.uuid4().hex}"
    with open(name, "wb") as file:
        file.write(first * 6)
    oss2.resumable_upload(bucket, "resumed", name, multipart_threshold=100 * 1024, part_size=300 * 1024, num_threads=3)
    oss2.resumable_download(bucket, "resumed", name + ".back", multiget_threshold=1024, part_size=200 * 1024, num_threads=3)
    with open(name + ".back", "rb") as file:
        check(label + " resumable", file.read() == first * 6, True)
    os.remove(name)
    os.remove(name + ".back")
    position = bucket.append_object("log", 0, b"one ").next_position
    check(label + " append", bucket.append_object("log", position, b"two").next_position, 7)
    check(label + " appended", bucket.get_object("log").read(), b"one two")
    refused(label + " wrong position", lambda: bucket.append_object("log", 3, b"x"), errors.PositionNotEqualToLength, 409)
    try:
        bucket.append_object("log", 3, b"x")
    except errors.PositionNotEqualToLength as error:
        check(label + " next position", error.next_position, 7)
    refused(label + " not appendable", lambda: bucket.append_object("multi", 0, b"x"), errors.ObjectNotAppendable, 409)


def listings(label, bucket, many):
    keys = sorted(f"list/{letter}/{number:04}" for letter in "abc" for number in range(3)) + ["list/z \u4e2d+&<>"]
    for key in keys:
        bucket.put_object(key, key.encode())
    page = bucket.list_objects(prefix="list/", delimiter="/")
    check(label + " v1 rolled up", (page.prefix_list, [o.key for o in page.object_list]), (["list/a/", "list/b/", "list/c/"], ["list/z \u4e2d+&<>"]))
    entry = page.object_list[0]
    check(label + " v1 entry", (entry.etag, entry.size, entry.type), (hashlib.md5(keys[-1].encode()).hexdigest().upper(), len(keys[-1].encode()), "Normal"))
    for size in [1, 2, 3, 7]:
        check(f"{label} v1 pages of {size}", [o.key for o in oss2.ObjectIterator(bucket, prefix="list/", max_keys=size)], keys)
        check(f"{label} v2 pages of {size}", [o.key for o in oss2.ObjectIteratorV2(bucket, prefix="list/", max_keys=size)], keys)
        rolled = [o.key for o in oss2.ObjectIterator(bucket, prefix="list/", delimiter="/", max_keys=size)]
        check(f"{label} v1 rolled pages of {size}", sorted(rolled), ["list/a/", "list/b/", "list/c/", keys[-1]])
    page = bucket.list_objects_v2(prefix="list/", start_after="list/b/0001", max_keys=2, fetch_owner=True)
    check(label + " v2 start after", [o.key for o in page.object_list], ["list/b/0002", "list/c/0000"])
    check(label + " v2 owner", bool(page.object_list[0].owner.id), True)
    check(label + " v2 truncated", page.is_truncated, True)
    refused(label + " too many keys", lambda: bucket.list_objects(max_keys=1001), errors.InvalidArgument, 400, "InvalidArgument")
    if many:
        import concurrent.futures

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda number: bucket.put_object(f"many/{number:05}", b"x"), range(1100)))
        page = bucket.list_objects_v2(prefix="many/", max_keys=1000)
        check(label + " first thousand", (len(page.object_list), page.is_truncated), (1000, True))
        names = [o.key for o in oss2.ObjectIteratorV2(bucket, prefix="many/", max_keys=1000)]
        check(label + " over a thousand", names, [f"many/{number:05}" for number in range(1100)])
        for start in range(0, 1100, 550):
            bucket.batch_delete_objects(names[start : start + 550])
        check(label + " all gone", bucket.list_objects(prefix="many/").object_list, [])


def signing(label, auth, bucket):
    wrong = type(auth)(KEY, "wrong" + SECRET)
    bad = oss2.Bucket(wrong, URL, bucket.bucket_name, **region(auth))
    refused(label + " wrong secret", lambda: bad.get_object("x"), errors.SignatureDoesNotMatch, 403, "SignatureDoesNotMatch")
    refused(label + " wrong secret for put", lambda: bad.put_object("x", b"x"), errors.SignatureDoesNotMatch, 403)
    unknown = oss2.Bucket(type(auth)("nobody", SECRET), URL, bucket.bucket_name, **region(auth))
    refused(label + " wrong key", lambda: unknown.list_objects(), errors.ServerError, 403, "InvalidAccessKeyId")
    anonymous = oss2.Bucket(oss2.AnonymousAuth(), URL, bucket.bucket_name)
    bucket.put_object("secret", b"s")
    refused(label + " stranger", lambda: anonymous.get_object("secret"), errors.AccessDenied, 403, "AccessDenied")
    refused(label + " stranger's put", lambda: anonymous.put_object("x", b"x"), errors.AccessDenied, 403, "AccessDenied")
    refused(label + " stranger's list", lambda: anonymous.list_objects(), errors.AccessDenied, 403, "AccessDenied")
    bucket.put_object_acl("secret", oss2.OBJECT_ACL_PUBLIC_READ)
    check(label + " opened", anonymous.get_object("secret").read(), b"s")
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    anonymous.put_object("guest", b"g")
    check(label + " guest", anonymous.get_object("guest").read(), b"g")
    refused(label + " guest's settings", lambda: anonymous.get_bucket_acl(), errors.AccessDenied, 403, "AccessDenied")
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PRIVATE)
    if isinstance(auth, oss2.AuthV2):
        return
    url = bucket.sign_url("GET", "guest", 60, slash_safe=True)
    check(label + " signed url", fetch(url)[::2], (200, b"g"))
    check(label + " other url", fetch(url.replace("guest", "secrex"))[0], 403)
    url = bucket.sign_url("GET", "guest", 1, slash_safe=True)
    deadline = time.time() + 3
    while time.time() < deadline and fetch(url)[0] == 200:
        time.sleep(0.2)
    check(label + " expired url", fetch(url)[0], 403)
    put = bucket.sign_url("PUT", "by-url", 60, slash_safe=True, headers={"Content-Type": "text/plain"})
    request = urllib.request.Request(put, data=b"u", method="PUT", headers={"Content-Type": "text/plain"})
    urllib.request.urlopen(request).read()
    check(label + " put by url", bucket.get_object("by-url").read(), b"u")


def website(label, bucket):
    name = bucket.bucket_name
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
    bucket.put_bucket_website(models.BucketWebsite("index.html", "404.html"))
    html = {"Content-Type": "text/html"}
    bucket.put_object("index.html", b"<p>home", headers=html)
    bucket.put_object("404.html", b"<p>lost", headers=html)
    site = f"{URL}/_site/{name}/"
    status, headers, body = fetch(site)
    check(label + " home", (status, headers.get("content-type"), body), (200, "text/html", b"<p>home"))
    check(label + " lost", fetch(site + "nothing")[::2], (404, b"<p>lost"))
    check(label + " by host", fetch(URL + "/", {"Host": name + ".localhost"})[::2], (200, b"<p>home"))
    check(label + " by vendor's host", fetch(URL + "/", {"Host": f"{name}.oss-{REGION}.aliyuncs.com"})[::2], (200, b"<p>home"))
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PRIVATE)
    check(label + " closed", fetch(site)[0], 403)
    bucket.delete_bucket_website()


def remove(label, bucket):
    refused(label + " not empty", bucket.delete_bucket, errors.BucketNotEmpty, 409, "BucketNotEmpty")
    for found in list(oss2.ObjectIterator(bucket)):
        bucket.delete_object(found.key)
    for upload in list(oss2.MultipartUploadIterator(bucket)):
        bucket.abort_multipart_upload(upload.key, upload.upload_id)
    bucket.delete_bucket()
    refused(label + " gone", bucket.list_objects, errors.NoSuchBucket, 404, "NoSuchBucket")
    refused(label + " put into nothing", lambda: bucket.put_object("a", b"a"), errors.NoSuchBucket, 404, "NoSuchBucket")


def region(auth):
    return {"region": REGION} if isinstance(auth, oss2.AuthV4) else {}


def judge(label, auth, many):
    bucket = oss2.Bucket(auth, URL, "judge-" + uuid.uuid4().hex[:12], **region(auth))
    buckets(label, auth, bucket)
    objects(label, bucket)
    parts(label, bucket)
    listings(label, bucket, many)
    signing(label, auth, bucket)
    website(label, bucket)
    remove(label, bucket)


def main():
    for label, auth, many in [
        ("V1", oss2.Auth(KEY, SECRET), False),
        ("V2", oss2.AuthV2(KEY, SECRET), False),
        ("V4", oss2.AuthV4(KEY, SECRET), True),
    ]:
        try:
            judge(label, auth, many)
        except Exception as error:  # noqa: BLE001
            import traceback

            traceback.print_exc()
            failed.append(f"{label}: stopped by {type(error).__name__}: {error}")
    for failure in failed:
        print("FAILED", failure)
    print(f"oss2: {passed} passed, {len(failed)} failed")
    sys.exit(1 if failed or not passed else 0)


main()
