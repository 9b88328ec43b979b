"""Keeps small records in the bucket, with the keys that the function was given."""
import base64
import hashlib
import hmac
import json
import os
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree
from email.utils import formatdate

_BUCKET = os.environ["BUCKET"]
_ENDPOINT = os.environ.get("OSS_ENDPOINT") or "https://oss-%s-internal.aliyuncs.com" % os.environ.get("FC_REGION")


def _address(key):
    """In the cloud a bucket is part of the host's name; at an address of numbers it is part of the path."""
    scheme, host = _ENDPOINT.split("://")
    path = urllib.parse.quote(key)
    if host.split(":")[0].replace(".", "").isdigit():
        return "%s://%s/%s/%s" % (scheme, host, _BUCKET, path)
    return "%s://%s.%s/%s" % (scheme, _BUCKET, host, path)


def _ask(method, key, body=None, query="", more=None):
    """The reply's bytes; None for what is not there, or is there already."""
    headers = {"Date": formatdate(usegmt=True)}
    if body is not None:
        headers["Content-Type"] = "application/json"
    special = dict(more or {})
    token = os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN")
    if token:
        special["x-oss-security-token"] = token
    signed = "".join("%s:%s\n" % pair for pair in sorted(special.items()))
    text = "%s\n\n%s\n%s\n%s/%s/%s" % (method, headers.get("Content-Type", ""), headers["Date"], signed, _BUCKET, key)
    secret = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].encode()
    signature = base64.b64encode(hmac.new(secret, text.encode(), hashlib.sha1).digest()).decode()
    headers["Authorization"] = "OSS %s:%s" % (os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], signature)
    headers.update(special)
    request = urllib.request.Request(_address(key) + query, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=15) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        if error.code in (404, 409):
            return None
        raise RuntimeError("%s %s: %d %s" % (method, key, error.code, error.read().decode(errors="replace"))) from None


def read(key):
    """What was written there; None when it is not there."""
    found = _ask("GET", key)
    return None if found is None else json.loads(found)


def write(key, value):
    _ask("PUT", key, json.dumps(value).encode())


def claim(key, value):
    """Writes what is not there yet; whether it was this call that did. Of several at the same moment one does."""
    return _ask("PUT", key, json.dumps(value).encode(), more={"x-oss-forbid-overwrite": "true"}) is not None


def remove(key):
    _ask("DELETE", key)


def keys(prefix):
    """The keys that begin so, up to a thousand."""
    listed = _ask("GET", "", query="?list-type=2&max-keys=1000&prefix=" + urllib.parse.quote(prefix))
    return [key.text for key in xml.etree.ElementTree.fromstring(listed).iter("Key")]
