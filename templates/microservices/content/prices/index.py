"""Prices: what it costs, in cents."""

import json

PRICES = {"p1": {"amount": 3900, "currency": "EUR"}, "p2": {"amount": 2450, "currency": "EUR"}}


def handler(event, context):
    path = json.loads(event)["rawPath"].strip("/")
    found = PRICES.get(path)
    return {
        "statusCode": 200 if found else 404,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(found or {"error": "there is no price for it"}),
    }
