"""Reads and writes objects with the keys that the function was given."""
import base64
import hashlib
import hmac
import os
import urllib.error
import urllib.parse
import urllib.request
from email.utils import formatdate

_ENDPOINT = os.environ.get("OSS_ENDPOINT") or "https://oss-%s-internal.aliyuncs.com" % os.environ.get("FC_REGION")


def _address(bucket, key):
    """In the cloud a bucket is part of the host's name; at an address of numbers it is part of the path."""
    scheme, host = _ENDPOINT.split("://")
    path = urllib.parse.quote(key)
    if host.split(":")[0].replace(".", "").isdigit():
        return "%s://%s/%s/%s" % (scheme, host, bucket, path)
    return "%s://%s.%s/%s" % (scheme, bucket, host, path)


def _ask(method, bucket, key, body=None, kind=""):
    token = os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN")
    date = formatdate(usegmt=True)
    extra = "x-oss-security-token:%s\n" % token if token else ""
    text = "%s\n\n%s\n%s\n%s/%s/%s" % (method, kind, date, extra, bucket, key)
    secret = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].encode()
    signature = base64.b64encode(hmac.new(secret, text.encode(), hashlib.sha1).digest()).decode()
    headers = {"Date": date, "Authorization": "OSS %s:%s" % (os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], signature)}
    if kind:
        headers["Content-Type"] = kind
    if token:
        headers["x-oss-security-token"] = token
    request = urllib.request.Request(_address(bucket, key), data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise RuntimeError("%s %s: %d %s" % (method, key, error.code, error.read().decode(errors="replace")))


def read(bucket, key):
    """The bytes of an object; None when it is not there."""
    return _ask("GET", bucket, key)


def write(bucket, key, body, kind):
    _ask("PUT", bucket, key, body, kind)


def exists(bucket, key):
    return _ask("HEAD", bucket, key) is not None


def remove(bucket, key):
    _ask("DELETE", bucket, key)
