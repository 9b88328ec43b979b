import os
import subprocess
import sys
import time


def sleeps(event, context):
    """Starts a program that goes its own way, and sleeps as long as it does."""
    begin(event.decode())
    time.sleep(60)


def shares(event, context):
    """Sleeps for an event with a word; for one without it waits for a file."""
    if event:
        begin(event.decode())
        time.sleep(60)
    while not os.path.exists(os.environ["GATE"]):
        time.sleep(0.01)
    return "done"


def initialize(context):
    begin("initializes")
    time.sleep(60)


def begin(word):
    code = "import time; time.sleep(60)"
    subprocess.Popen([sys.executable, "-c", code, word], start_new_session=True)
