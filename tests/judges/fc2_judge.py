"""Judges how code reaches the local cloud by way of its staging bucket, with the vendor's unmodified SDKs.

aliyun-fc2 2.5.2 asks for a key (`tempBucketToken`; it has no method of its own for it, so its general one is used), oss2 puts
the archive with that key, alibabacloud-fc20230330 makes functions of it and calls them. Needs SDEV_LOCAL_URL and the
ALIBABA_CLOUD_* variables. Prints `N passed, N failed`; the exit code says whether all passed.
"""

import io
import logging
import os
import sys
import traceback
import uuid
import zipfile
from urllib.parse import urlsplit

import fc2
import oss2
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.models import Config
from fc2.fc_exceptions import FcError

from verdict import check, equal, failed, passed

URL = os.environ["SDEV_LOCAL_URL"].rstrip("/")
KEY = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
REGION = os.environ.get("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")
RUN = uuid.uuid4().hex[:8]
TOKEN = "/2016-08-15/tempBucketToken"
# More than the local cloud keeps in its database.
FILLER = os.urandom(3 * 1024 * 1024)

# The SDK logs each refusal; here they are expected.
logging.disable(logging.CRITICAL)


def refused(name, status, code, call):
    """Expects a refusal of either SDK."""
    try:
        answer = call()
    except oss2.exceptions.OssError as error:
        equal(name, (error.status, error.code), (status, code))
    except FcError as error:
        equal(name, (error.status_code, error.err_code), (status, code))
    else:
        check(name, False, answer)


def old(key=KEY, secret=SECRET):
    """The client of the older API."""
    return fc2.Client(endpoint=URL, accessKeyID=key, accessKeySecret=secret)


def ask(client):
    """Asks for a key."""
    return client._do_request("GET", TOKEN, client._build_common_headers("GET", TOKEN)).json()


def archive(text):
    """A zip archive of code and something large beside it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("index.py", text)
        file.writestr("filler.bin", FILLER)
    return packed.getvalue()


def bucket(lent, version, token=None):
    """The staging bucket by a lent key."""
    key = lent["credentials"]
    auth = oss2.StsAuth(key["AccessKeyId"], key["AccessKeySecret"], token or key["SecurityToken"], auth_version=version)
    return oss2.Bucket(auth, URL, lent["ossBucket"], region=REGION)


def account(fc):
    """The account's id, as the ARN of a function tells it."""
    wanted = models.CreateFunctionInput(function_name=f"judge-arn-{RUN}", runtime="python3.10", handler="index.handler",
                                        code=models.InputCodeLocation(zip_file=EMPTY))
    arn = fc.create_function(models.CreateFunctionRequest(body=wanted)).body.function_arn
    fc.delete_function(wanted.function_name)
    return arn.split(":")[3]


# An archive of no files.
EMPTY = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="


def judge_code(fc, owner, version):
    """From the key to the call, for one version of the object storage's signature."""
    lent = ask(old())
    equal(f"{version}: reply", sorted(lent), ["credentials", "objectName", "ossBucket"])
    equal(f"{version}: credentials", sorted(lent["credentials"]), ["AccessKeyId", "AccessKeySecret", "SecurityToken"])
    key = f"{owner}/{lent['objectName']}"
    store = bucket(lent, version)
    packed = archive(f"def handler(event, context):\n    return 'by {version}'\n")
    equal(f"{version}: put", store.put_object(key, packed).status, 200)

    name = f"judge-{version}-{RUN}"
    where = models.InputCodeLocation(oss_bucket_name=lent["ossBucket"], oss_object_name=key)
    wanted = models.CreateFunctionInput(function_name=name, runtime="python3.10", handler="index.handler", timeout=20, code=where)
    made = fc.create_function(models.CreateFunctionRequest(body=wanted)).body
    equal(f"{version}: size", made.code_size, len(packed))
    said = fc.invoke_function(name, models.InvokeFunctionRequest(body=io.BytesIO(b"{}")))
    equal(f"{version}: said", said.body.read().decode(), f"by {version}")

    again = ask(old())
    other = archive("def handler(event, context):\n    return 'changed'\n")
    bucket(again, version).put_object(f"{owner}/{again['objectName']}", other)
    where = models.InputCodeLocation(oss_bucket_name=again["ossBucket"], oss_object_name=f"{owner}/{again['objectName']}")
    changed = fc.update_function(name, models.UpdateFunctionRequest(body=models.UpdateFunctionInput(code=where))).body
    equal(f"{version}: changed size", changed.code_size, len(other))
    said = fc.invoke_function(name, models.InvokeFunctionRequest(body=io.BytesIO(b"{}")))
    equal(f"{version}: said then", said.body.read().decode(), "changed")
    fc.delete_function(name)

    refused(f"{version}: another object", 403, "AccessDenied", lambda: store.put_object(f"{key}x", b"x"))
    refused(f"{version}: reading", 403, "AccessDenied", lambda: store.get_object(key))
    refused(f"{version}: listing", 403, "AccessDenied", lambda: store.list_objects())
    refused(f"{version}: another's token", 403, "InvalidSecurityToken",
            lambda: bucket(lent, version, again["credentials"]["SecurityToken"]).put_object(key, b"x"))


def judge_refusals(fc, owner):
    """Who gets no key, what the account sees of the bucket, and what is not served."""
    refused("keys: unknown id", 403, "InvalidAccessKeyID", lambda: ask(old(key="nobody")))
    refused("keys: wrong secret", 403, "SignatureNotMatch", lambda: ask(old(secret="wrong")))
    refused("older API: not served", 501, "NotImplemented", lambda: old().list_services())
    lent = ask(old())
    own = oss2.Auth(KEY, SECRET)
    names = [one.name for one in oss2.Service(own, URL).list_buckets().buckets]
    check("bucket: not in the list", lent["ossBucket"] not in names, names)
    mine = oss2.Bucket(own, URL, lent["ossBucket"])
    refused("bucket: not the account's", 403, "AccessDenied", lambda: mine.put_object(f"{owner}/{lent['objectName']}", b"x"))


def main():
    """Runs every judgement; one that breaks counts as failed and stops none of the others."""
    fc = Client(Config(access_key_id=KEY, access_key_secret=SECRET, endpoint=urlsplit(URL).netloc, protocol="HTTP",
                       region_id=REGION, read_timeout=60_000))
    owner = account(fc)
    judgements = [lambda version=version: judge_code(fc, owner, version)
                  for version in [oss2.AUTH_VERSION_1, oss2.AUTH_VERSION_2, oss2.AUTH_VERSION_4]]
    for judgement in [*judgements, lambda: judge_refusals(fc, owner)]:
        try:
            judgement()
        except Exception as error:  # noqa: BLE001
            traceback.print_exc()
            failed.append(repr(error))
    print(f"{len(passed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
