"""Figures of the queue of events: `measure.py` calls `queue`, and lends it what it works with."""
import json
import os
import pathlib
import random
import subprocess
import tempfile
import time
from collections import Counter

HERE = pathlib.Path(__file__).parent
MANIFEST = """\
edition: 3.0.0
name: perf
access: local
resources:
  queued:
    component: fc3
    props:
      region: cn-hangzhou
      functionName: queued
      runtime: python3.10
      handler: index.handler
      code: ./code
      # What is left out with 512 MB is sent as 0.35: the local cloud is measured, not a share of the processors.
      memorySize: 1024
      instanceConcurrency: 20
      nasConfig:
        userId: 0
        groupId: 0
        mountPoints:
          - serverAddr: perf.cn-hangzhou.nas.aliyuncs.com:/
            mountDir: /mnt/seen
"""
CODE = """\
def handler(event, context):
    with open('/mnt/seen/numbers', 'ab', 0) as file:
        file.write(event + b'\\n')
"""
EVENTS = 5000
KILLS = 20
EACH = 2000


def send(cloud, first, count):
    told = {**os.environ, **cloud.keys, "URL": cloud.url, "IN_FLIGHT": "50", "FROM": str(first), "COUNT": str(count)}
    return subprocess.Popen(["node", HERE / "queue_send.mjs"], env=told, stdout=subprocess.PIPE, text=True)


def seen():
    """How often each event was run."""
    home = pathlib.Path(os.environ["SDEV_HOME"])
    files = list(home.glob("local/data/nas/*/numbers"))
    return Counter(files[0].read_text().split()) if files else Counter()


def settled(wanted):
    """The events that ran, when all of these have; those that never do are left out."""
    deadline, counts = time.monotonic() + 300, seen()
    while wanted - counts.keys() and time.monotonic() < deadline:
        time.sleep(0.2)
        counts = seen()
    return counts


def queue(table, peers, lent):
    """Events accepted into the queue on the disk, and what 20 kills make of them."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="queue-", dir=lent.WORK))
    (folder / "s.yaml").write_text(MANIFEST)
    (folder / "code").mkdir()
    (folder / "code" / "index.py").write_text(CODE)
    with lent.Background(peers.sdev) as cloud:
        lent.run([peers.sdev, "deploy", "-y"], folder)
        began = time.monotonic()
        sent = json.loads(send(cloud, 0, EVENTS).communicate()[0])
        wanted = set(map(str, sent["accepted"]))
        table.add("events accepted, 50 in flight", f"{sent['rate']:,.0f}/s", "≥ 1,000/s", "", sent["rate"] >= 1000)
        counts = settled(wanted)
        seconds = time.monotonic() - began
        table.add("accepted and run", f"{len(wanted) / seconds:,.0f}/s", "all of them", "", wanted <= counts.keys())
        chance = random.Random(7)
        for number in range(KILLS):
            sender = send(cloud, EVENTS + number * EACH, EACH)
            time.sleep(0.3 + chance.random())
            cloud.kill()
            sent = json.loads(sender.communicate()[0])
            wanted |= set(map(str, sent["accepted"]))
            cloud.start()
        counts = settled(wanted)
        lost = len(wanted - counts.keys())
        again = sum(count - 1 for count in counts.values())
        table.add(f"accepted over {KILLS} kills and never run", f"{lost} of {len(wanted):,}", "0", "", lost == 0)
        table.add("run again after a kill", f"{again}")
