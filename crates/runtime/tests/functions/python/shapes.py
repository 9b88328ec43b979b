"""A handler for each way to answer and to fail."""
import asyncio
import datetime
import decimal
import json
import logging
import os
import subprocess
import sys
import threading
import time

loads = len(sys.modules)
initialized = []
at_work = 0
loop = None


class Own:
    def to_json(self):
        return {"own": True}


def initialize(context):
    initialized.append(context.request_id)


def initialize_badly(context):
    raise OSError("no database")


def initialize_slowly(context):
    time.sleep(60)


def initialize_and_leave(context):
    sys.exit("I cannot go on")


def stop(context):
    with open(os.environ["STOPPED"], "w") as file:
        file.write(context.function.name)


def echo(event, context):
    return event


def text(event, context):
    return "täglich 日"


def nothing(event, context):
    pass


def value(event, context):
    return {"b": [1, 2.5, None, True], "a": "ä", "at": datetime.datetime(2026, 11, 26, 17), "day": datetime.date(2026, 11, 26),
            "price": decimal.Decimal("1.5"), "own": Own(), "initialized": len(initialized)}


def no_value(event, context):
    return {"a": object}


def buffer(event, context):
    return bytearray(b"x")


def raises(event, context):
    raise ValueError("something is wrong")


def raises_oddly(event, context):
    class Odd(Exception):
        def __str__(self):
            raise KeyError("x")
    raise Odd


def raises_surrogate(event, context):
    raise ValueError("\udcff")


def interrupts(event, context):
    raise KeyboardInterrupt


def leaves(event, context):
    print("leaving")
    sys.exit(3)


def recurs(event, context):
    return recurs(event, context)


def wrong(event):
    return event


def large(event, context):
    return b"x" * (33 << 20)


async def later(event, context):
    global loop
    await asyncio.sleep(0)
    same = loop in (None, asyncio.get_event_loop())
    loop = asyncio.get_event_loop()
    return {"later": event.decode(), "same": same}


async def later_raises(event, context):
    await asyncio.sleep(0)
    raise ValueError("something is wrong later")


def whole_context(event, context):
    fields = json.loads(context.to_json())
    for name in ("request_id", "requestId", "region", "account_id", "log_project", "log_store", "retry_count"):
        fields["context." + name] = getattr(context, name, None)
    for of in ("credentials", "function", "service"):
        fields["context." + of] = vars(getattr(context, of)) if hasattr(context, of) else None
    fields["logger"] = context.logger is logging.getLogger()
    return fields


def place(event, context):
    return {"cwd": os.getcwd(), "path": sys.path, "input": sys.stdin.read(), "file": __file__, "word": os.environ["WORD"],
            "argument": sys.argv[1:], "child": subprocess.run("cat; ls /proc/self/fd | wc -l", shell=True, stdout=subprocess.PIPE).stdout.decode()}


def steals(event, context):
    if sys.stdout is not None:
        os.close(0)
    sys.stdout = None
    return "done"


def logs(event, context):
    print("printed")
    logging.info("of %s", "information")
    logging.getLogger("own").warning("careful\nsecond")
    logging.debug("not shown")
    context.logger.error("failed")
    sys.stderr.write("to stderr\n")
    sys.stdout.write("without end")
    return ""


def floods(event, context):
    for number in range(30000):
        print("word", number, "x" * 100)
    return "flooded"


def together(event, context):
    global at_work
    at_work += 1
    deadline = time.monotonic() + 10
    while at_work < 4 and time.monotonic() < deadline:
        time.sleep(0.005)
    logging.info("in %s", threading.current_thread().daemon)
    if event == b"exit":
        sys.exit(1)
    return {"at work": at_work, "event": event.decode()}
