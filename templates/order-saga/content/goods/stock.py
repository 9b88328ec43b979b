"""Keeps goods for orders, and gives them back."""
import json
import time

import bucket
from rehearse import error, rehearse

IN_STOCK = {"lamp": 100, "chair": 20, "piano": 2}


def handler(event, context):
    asked = json.loads(event)
    return {"reserve": reserve, "release": release}[asked["do"]](asked["order"])


def reserve(order):
    rehearse(order, "Reserve")
    key = claim_of(order)
    bucket.claim(key, {})
    # Own claim first, then count: whoever wins has seen all who won before. Of orders that claim the last pieces at the same
    # moment the oldest, whose key is the greatest, waits for the others to give way.
    for wait in (0.1, 0.2, 0.4, 0.8, 0):
        claims = bucket.keys("reserved/%s/" % order["sku"])
        if taken(claims) <= IN_STOCK.get(order["sku"], 0):
            return {"reserved": order["count"]}
        if taken(other for other in claims if other >= key) > IN_STOCK.get(order["sku"], 0):
            break
        time.sleep(wait)
    bucket.remove(key)
    raise error("SoldOut", "there are not enough of %s" % order["sku"])


def release(order):
    rehearse(order, "Release")
    bucket.remove(claim_of(order))
    return {"reserved": 0}


def claim_of(order):
    """The key says how many, so that a list of keys is enough to count."""
    return "reserved/%s/%s/%d" % (order["sku"], order["id"], order["count"])


def taken(claims):
    return sum(int(claim.rsplit("/", 1)[1]) for claim in claims)
