"""Named like a module of the standard library."""


def handler(event, context):
    return "own"
