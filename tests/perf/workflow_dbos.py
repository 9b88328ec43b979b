"""The peer DBOS on SQLite: four durable steps, each a call to the handler at STEP, IN_FLIGHT at a time for SECONDS. Prints how many
ended each second, and the median and 99th percentile of their milliseconds."""
import http.client
import json
import logging
import os
import tempfile
import threading
import time

from dbos import DBOS, DBOSConfig

IN_FLIGHT, SECONDS = int(os.environ["IN_FLIGHT"]), float(os.environ["SECONDS"])
host = os.environ["STEP"].split("/")[2]
mine = threading.local()


@DBOS.step()
def step():
    if not hasattr(mine, "connection"):
        mine.connection = http.client.HTTPConnection(host)
    mine.connection.request("POST", "/", "{}")
    return json.loads(mine.connection.getresponse().read())


@DBOS.workflow()
def saga():
    for _ in range(4):
        step()
    return {"ok": True}


waits = []


def work(until, count):
    while time.perf_counter() < until:
        began = time.perf_counter()
        saga()
        if count:
            waits.append((time.perf_counter() - began) * 1000)


def together(seconds, count):
    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=work, args=(until, count)) for _ in range(IN_FLIGHT)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


logging.disable(logging.CRITICAL)
with tempfile.TemporaryDirectory() as folder:
    DBOS(config=DBOSConfig(name="saga", system_database_url=f"sqlite:///{folder}/dbos.sqlite", run_admin_server=False))
    DBOS.launch()
    together(1, False)
    seconds = together(SECONDS, True)
    waits.sort()
    at = lambda part: waits[min(len(waits) - 1, int(len(waits) * part))]
    print(json.dumps({"rate": len(waits) / seconds, "p50": at(0.5), "p99": at(0.99)}))
    DBOS.destroy()
