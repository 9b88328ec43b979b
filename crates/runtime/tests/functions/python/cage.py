"""Tries what a function must not do."""
import os
import subprocess
import sys
import time


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


def burns(event, context):
    """The processors' time over the clock's, of as many processes at once as the event says, in as many seconds."""
    count, seconds = event.decode().split()
    burn = "import time\nend = time.time() + %s\nwhile time.time() < end: pass" % seconds
    begun, before = time.time(), os.times()
    if count == "0":
        exec(burn, {})
    else:
        for each in [subprocess.Popen([sys.executable, "-c", burn]) for _ in range(int(count))]:
            each.wait()
    after = os.times()
    return sum(now - then for now, then in zip(after[:4], before[:4])) / (time.time() - begun)


def groups():
    with open("/proc/self/cgroup") as file:
        return file.read()


def warms(context):
    global at_start
    at_start = groups()


def tells_groups(event, context):
    return [at_start, groups()]


def fills_disk(event, context):
    try:
        with open("/tmp/large", "wb") as file:
            for _ in range(64):
                file.write(b"x" * (1 << 20))
    except OSError as error:
        return error.errno
    return 0
