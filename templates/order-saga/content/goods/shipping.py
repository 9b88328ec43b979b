"""Hands parcels to the carrier."""
import json

import bucket
from rehearse import error, rehearse


def handler(event, context):
    order = json.loads(event)["order"]
    rehearse(order, "Ship")
    if bucket.read("cancelled/" + order["id"]):
        raise error("Cancelled", "the customer does not want it any more")
    # A carrier of your own gets the order's id too, so that it can tell a repetition.
    bucket.claim("parcels/" + order["id"], {"sku": order["sku"], "count": order["count"]})
    return {"shipped": True}
