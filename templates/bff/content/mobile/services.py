"""Asks the services behind, signed with the keys that the function was given (ACS3-HMAC-SHA256)."""

import hashlib
import hmac
import json
import os
import time
import urllib.parse
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor, wait

PATIENCE = 2
ALGORITHM = "ACS3-HMAC-SHA256"
THREADS = ThreadPoolExecutor(max_workers=12)


def _sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _signed(url):
    parts = urllib.parse.urlsplit(url)
    headers = {
        "host": parts.netloc,
        "x-acs-content-sha256": _sha256(""),
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "x-acs-signature-nonce": str(uuid.uuid4()),
    }
    token = os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN")
    if token:
        headers["x-acs-security-token"] = token
    names = sorted(headers)
    lines = "".join("%s:%s\n" % (name, headers[name]) for name in names)
    request = "\n".join(["GET", parts.path, "", lines, ";".join(names), headers["x-acs-content-sha256"]])
    secret = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].encode()
    signature = hmac.new(secret, ("%s\n%s" % (ALGORITHM, _sha256(request))).encode(), hashlib.sha256).hexdigest()
    credential = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
    headers["authorization"] = "%s Credential=%s,SignedHeaders=%s,Signature=%s" % (
        ALGORITHM,
        credential,
        ";".join(names),
        signature,
    )
    return headers


def _ask(name, path):
    url = os.environ[name.upper()] + urllib.parse.quote(path, safe="")
    request = urllib.request.Request(url, headers=_signed(url))
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        return json.load(response)


def ask_all(questions):
    """Asks services side by side: what each said, None for those that failed or were late, and the names of these."""
    asked = {name: THREADS.submit(_ask, name, path) for name, path in questions.items()}
    done, _ = wait(asked.values(), timeout=PATIENCE)
    told = {}
    for name, answer in asked.items():
        error = answer.exception() if answer in done else "late"
        if error:
            print(name, repr(error))
        told[name] = None if error else answer.result()
    return told, [name for name, value in told.items() if value is None]
