"""The backend of the app: short answers that a device may keep for a minute, and ask again only whether they changed."""

import hashlib
import json

import bearer
import limit
from services import ask_all

LATEST = 3


def handler(event, context):
    request = json.loads(event)
    headers = {name.lower(): value for name, value in (request.get("headers") or {}).items()}
    user = bearer.read(headers.get("authorization", ""))
    if user is None:
        return answer(401, {"error": "there is no token"}, {"WWW-Authenticate": "Bearer"})
    wait = limit.wait(user)
    if wait:
        return answer(429, {"error": "you ask too often"}, {"Retry-After": str(wait)})
    if (request["requestContext"]["http"]["method"], request["rawPath"]) != ("GET", "/home"):
        return answer(404, {"error": "there is nothing here"})
    return home(user, headers.get("if-none-match"))


def home(user, known):
    told, missing = ask_all({"profile": user, "orders": user, "catalog": ""})
    shown = {
        "hello": told["profile"] and told["profile"]["name"],
        "orders": told["orders"] and [small_order(order) for order in told["orders"][:LATEST]],
        "catalog": told["catalog"] and [small_product(product) for product in told["catalog"]],
    }
    if missing:
        return answer(200, {**shown, "missing": missing})
    tag = '"%s"' % hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]
    keep = {"Cache-Control": "private, max-age=60", "ETag": tag}
    if known == tag:
        return {"statusCode": 304, "headers": {**keep, "Vary": "Authorization"}, "body": ""}
    return answer(200, shown, keep)


def small_order(order):
    return {"id": order["id"], "state": order["state"]}


def small_product(product):
    return {
        "id": product["id"],
        "name": product["name"],
        "cents": product["price"]["amount"],
        "picture": product["pictures"]["small"],
    }


def answer(status, value, headers=None):
    """An answer that nobody keeps, unless `headers` say otherwise."""
    usual = {"Content-Type": "application/json", "Cache-Control": "no-store", "Vary": "Authorization"}
    return {"statusCode": status, "headers": {**usual, **(headers or {})}, "body": json.dumps(value, separators=(",", ":"))}
