"""Who holds a device: a token that only the holder of the key can make. Its purpose is signed too, so it opens nothing else.

`KEY=… python3 bearer.py ada` prints one, for trying.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time

SECONDS = 30 * 24 * 60 * 60
KEY = os.environ.get("KEY", "").encode()
if len(KEY) < 16:
    raise RuntimeError("KEY must have 16 characters or more")


def _sign(payload):
    return hmac.new(KEY, b"mobile-token." + payload, hashlib.sha256).digest()


def _text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def make(user):
    payload = _text(json.dumps({"user": user, "until": int(time.time()) + SECONDS}).encode())
    return b".".join([payload, _text(_sign(payload))]).decode()


def read(header):
    """The user that an `Authorization` header names; None when its token is missing, false or over."""
    kind, _, token = header.partition(" ")
    payload, _, signature = token.strip().encode().partition(b".")
    if kind.lower() != "bearer" or not hmac.compare_digest(signature, _text(_sign(payload))):
        return None
    told = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    return told["user"] if told["until"] > time.time() else None


if __name__ == "__main__":
    print(make(sys.argv[1]))
