"""Tries what a function must not do."""
import os
import subprocess


def looks(event, context):
    seen = {"cwd": os.getcwd(), "shared": os.environ.get("SHARED")}
    for path in event.decode().split():
        try:
            seen[path] = sorted(os.listdir(path)) if os.path.isdir(path) else open(path).read()
        except OSError as error:
            seen[path] = type(error).__name__
    try:
        open("written", "w").close()
        seen["writes"] = True
    except OSError:
        seen["writes"] = False
    seen["processes"] = sum(name.isdigit() for name in os.listdir("/proc"))
    return seen


def fills(event, context):
    held = bytearray()
    while True:
        held += b"x" * (8 << 20)


def multiplies(event, context):
    while True:
        subprocess.Popen(["sleep", "60"])


def fills_disk(event, context):
    try:
        with open("/tmp/large", "wb") as file:
            for _ in range(64):
                file.write(b"x" * (1 << 20))
    except OSError as error:
        return error.errno
    return 0
