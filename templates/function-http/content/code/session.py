"""Sessions: the visitor's name in a signed cookie, so that any instance knows it and none has to remember it."""

import base64
import hashlib
import hmac
import time

import store

COOKIE = "session"
DAYS = 30


def _sign(text):
    return hmac.new(store.session_key(), text.encode(), hashlib.sha256).hexdigest()


def begun(name):
    """The cookie of a session that begins."""
    until = int(time.time()) + DAYS * 24 * 3600
    text = f"{base64.urlsafe_b64encode(name.encode()).decode().rstrip('=')}.{until}"
    return f"{COOKIE}={text}.{_sign(text)}; Path=/; Max-Age={DAYS * 24 * 3600}; HttpOnly; SameSite=Lax"


def ended():
    """The cookie that ends a session."""
    return f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"


def name_in(value):
    """Who a cookie's value is about; None when it is forged or too old."""
    text, _, signature = value.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _sign(text).encode()):
        return None
    name, _, until = text.partition(".")
    if int(until) < time.time():
        return None
    return base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
