"""Catalog: what there is."""

import json

PRODUCTS = [
    {
        "id": "kettle",
        "name": "Kettle",
        "about": "Boils a litre in three minutes, and says so by a whistle that can be turned off.",
        "price": {"amount": 3900, "currency": "EUR"},
        "pictures": {"large": "/pictures/kettle-1600.webp", "small": "/pictures/kettle-240.webp"},
    },
    {
        "id": "teapot",
        "name": "Teapot",
        "about": "Holds what the kettle boiled, for six cups. The lid stays on when it pours.",
        "price": {"amount": 2450, "currency": "EUR"},
        "pictures": {"large": "/pictures/teapot-1600.webp", "small": "/pictures/teapot-240.webp"},
    },
]


def handler(event, context):
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(PRODUCTS)}
