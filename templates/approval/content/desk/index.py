"""What visitors ask.
   GET /                                      the page
   POST /expenses {"who", "what", "amount"}   an expense; its way begins. Sent again with the same `Idempotency-Key` it is still one
   GET /expenses                              the latest expenses
   GET /expenses/ID                           one of them
   POST /expenses/ID/approve {"by"}           yes, by whom
   POST /expenses/ID/refuse {"by"}            no, by whom
"""
import base64
import json
import os
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import bucket
import flows

_ID = re.compile(r"[0-9a-z-]{1,60}")
_KEY = re.compile(r"[\w-]{1,100}", re.ASCII)
_SHOWN = 20
_MOST = 1_000_000


def handler(event, context):
    request = json.loads(event)
    method = request["requestContext"]["http"]["method"]
    path = [part for part in request["rawPath"].split("/") if part]
    body = request.get("body") or ""
    if request.get("isBase64Encoded"):
        body = base64.b64decode(body)
    if not path:
        return page()
    if path[0] != "expenses" or len(path) > 3 or not all(_ID.fullmatch(part) for part in path[1:]):
        return answer(404, {"error": "there is nothing here"})
    if (method, len(path)) == ("POST", 1):
        keys = [value for name, value in (request.get("headers") or {}).items() if name.lower() == "idempotency-key"]
        return hand_in(body, keys[0] if keys else None)
    way = _WAYS.get((method, len(path)))
    return way(*path[1:], body) if way else answer(405, {"error": "this cannot be done"})


def hand_in(body, key):
    told = read(body)
    who, what, amount = told.get("who"), told.get("what"), told.get("amount")
    if not (is_text(who) and is_text(what) and is_amount(amount)):
        return answer(400, {"error": "an expense has a who, a what, and an amount from 0.01 to %d" % _MOST})
    if key is not None and not _KEY.fullmatch(key):
        return answer(400, {"error": "a key has letters, digits, - and _, 100 at most"})
    # The latest come first in a list of keys: 9 less each digit of the time.
    id = "%013d-%s" % (10**13 - time.time() * 1000, uuid.uuid4().hex[:8])
    expense = {"id": id, "who": who, "what": what, "amount": amount}
    if key and not bucket.claim("requests/" + key, expense):
        expense = bucket.read("requests/" + key)
    # It begins before it is shown: an expense that is shown has begun.
    flows.begin(os.environ["FLOW"], "expense-" + expense["id"], {"expense": expense})
    bucket.claim("expenses/" + expense["id"], {**expense, "state": "under way"})
    return answer(201, expense)


def latest(body):
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(bucket.read, bucket.keys("expenses/")[:_SHOWN])
        return answer(200, [one for one in found if one])


def show(id, body):
    found = bucket.read("expenses/" + id)
    return answer(200, found) if found else answer(404, {"error": "there is no such expense"})


def decide(id, verb, body):
    by = read(body).get("by")
    if verb not in ("approve", "refuse") or not is_text(by):
        return answer(400, {"error": "say approve or refuse, and by whom"})
    asked = bucket.read("waiting/" + id)
    if not asked:
        return answer(404, {"error": "nobody is asked about this expense"})
    try:
        if verb == "approve":
            flows.ask("ReportTaskSucceeded", TaskToken=asked["token"], Output=json.dumps({"by": by}))
        else:
            flows.ask("ReportTaskFailed", TaskToken=asked["token"], Error="Refused", Cause="%s said no" % by)
    except flows.Refused:
        return answer(409, {"error": "this was decided already"})
    return answer(202, {"id": id})


_WAYS = {("GET", 1): latest, ("GET", 2): show, ("POST", 3): decide}


def is_text(value):
    return isinstance(value, str) and 0 < len(value.strip()) <= 200


def is_amount(value):
    """Whole cents."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 < value <= _MOST and round(value, 2) == value


def read(body):
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def page():
    with open(os.path.join(os.path.dirname(__file__), "page.html"), encoding="utf-8") as file:
        return {"statusCode": 200, "headers": {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"}, "body": file.read()}


def answer(status, value):
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(value)}
