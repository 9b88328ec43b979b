import os
import sys

calls = 0


def handler(event, context):
    global calls
    calls += 1
    print("called", calls)
    return {"event": event.decode(), "calls": calls, "request": context.request_id, "name": context.function.name,
            "word": os.environ.get("WORD"), "input": sys.stdin.read()}


def fails(event, context):
    raise ValueError("no such thing as " + event.decode())


def leaves(event, context):
    os._exit(3)


def sleeps(event, context):
    import time
    time.sleep(30)
