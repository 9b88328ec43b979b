"""Products: what there is."""

import json

PRODUCTS = {
    "p1": {"id": "p1", "name": "Kettle", "about": "Boils a litre in three minutes."},
    "p2": {"id": "p2", "name": "Teapot", "about": "Holds what the kettle boiled."},
}


def handler(event, context):
    path = json.loads(event)["rawPath"].strip("/")
    found = PRODUCTS.get(path)
    return {
        "statusCode": 200 if found else 404,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(found or {"error": "there is no such product"}),
    }
