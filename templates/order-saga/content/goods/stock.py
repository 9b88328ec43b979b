"""Keeps goods for orders, and gives them back."""
import json

import bucket
from rehearse import error, rehearse

IN_STOCK = {"lamp": 100, "chair": 20, "piano": 2}


def handler(event, context):
    asked = json.loads(event)
    return {"reserve": reserve, "release": release}[asked["do"]](asked["order"])


def reserve(order):
    rehearse(order, "Reserve")
    folder = "reserved/%s/" % order["sku"]
    key = folder + order["id"]
    bucket.claim(key, {"count": order["count"]})
    # Own claim first, then count: of two orders for the last piece both may lose, and never both win.
    # Another's may be gone by the time it is read.
    claims = (bucket.read(other) for other in bucket.keys(folder))
    taken = sum(claim["count"] for claim in claims if claim)
    if taken > IN_STOCK.get(order["sku"], 0):
        bucket.remove(key)
        raise error("SoldOut", "there are not enough of %s" % order["sku"])
    return {"reserved": order["count"]}


def release(order):
    rehearse(order, "Release")
    bucket.remove("reserved/%s/%s" % (order["sku"], order["id"]))
    return {"reserved": 0}
