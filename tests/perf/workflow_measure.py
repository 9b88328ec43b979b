"""Figures of workflows in the local cloud: `measure.py` calls `workflow`, and lends it what it works with."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
WAITING = 100_000
AT_ONCE = 10_000
MANIFEST = "edition: 3.0.0\nname: perf\naccess: local\nresources:\n  saga:\n    component: workflow\n    props:\n" \
    "      name: saga\n      mode: express\n      definition: ./saga.yaml\n"
STEPS = ("One", "Two", "Three", "Four")
SECONDS = 4
# Rounds in which sdev and its peers take turns.
ROUNDS = 3


def definition(url, body="{}"):
    """Four steps, each a call to the handler."""
    states = []
    for number, name in enumerate(STEPS):
        after = "End: true" if name == STEPS[-1] else f"Next: {STEPS[number + 1]}"
        states.append(f"- Type: Task\n  Name: {name}\n  Action: HTTP:Request\n"
                      f"  Parameters: {{url: '{url}', method: POST, body: {body}}}\n"
                      f"  OutputConstructor: {{ok: true}}\n  {after}\n")
    return "Type: StateMachine\nName: saga\nSpecVersion: v1\nStartAt: One\nStates:\n" + "".join(states)


def load(whom, url, in_flight, env, **more):
    """Executions per second and their milliseconds."""
    told = {**os.environ, **env, **more, "WHOM": whom, "URL": url, "IN_FLIGHT": str(in_flight), "SECONDS": str(SECONDS)}
    done = subprocess.run(["node", HERE / "workflow_load.mjs"], env=told, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def dbos(python, url, in_flight):
    """The same of DBOS, which is a library: it loads itself."""
    told = {**os.environ, "STEP": url, "IN_FLIGHT": str(in_flight), "SECONDS": str(SECONDS)}
    done = subprocess.run([python, HERE / "workflow_dbos.py"], env=told, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def get(url, body=None):
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply.read()


def wait(url):
    for _ in range(300):
        try:
            return get(url)
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


class Restate:
    """The peer with its service, in a folder of its own."""

    def __init__(self, modules, lent, step):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="restate-", dir=lent.WORK))
        ports = [lent.free_port() for _ in range(4)]
        env = dict(os.environ, RESTATE_INGRESS__BIND_ADDRESS=f"127.0.0.1:{ports[0]}",
                   RESTATE_ADMIN__BIND_ADDRESS=f"127.0.0.1:{ports[1]}", RESTATE_BIND_ADDRESS=f"127.0.0.1:{ports[2]}",
                   RESTATE_DISABLE_TELEMETRY="true", DO_NOT_TRACK="1")
        log = open(self.folder / "log", "wb")
        self.server = subprocess.Popen([modules / ".bin" / "restate-server", "--base-dir", self.folder / "data"],
                                       env=env, stdout=log, stderr=log, start_new_session=True)
        service = self.folder / "service.mjs"
        service.write_text((HERE / "workflow_restate.mjs").read_text())
        (self.folder / "node_modules").symlink_to(modules)
        self.service = subprocess.Popen(["node", service], env=dict(os.environ, STEP=step, PORT=str(ports[3])),
                                        stdout=log, stderr=log, start_new_session=True)
        self.url = f"http://127.0.0.1:{ports[0]}"
        wait(f"http://127.0.0.1:{ports[1]}/health")
        body = json.dumps({"uri": f"http://127.0.0.1:{ports[3]}"}).encode()
        for _ in range(50):
            try:
                get(f"http://127.0.0.1:{ports[1]}/deployments", body)
                break
            except OSError:
                time.sleep(0.2)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.service, self.server):
            # The server is started by a script of its package.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def workflow(table, peers, lent):
    """Four durable steps, each a call to one Node handler, beside restate and DBOS with the same handler."""
    step = subprocess.Popen(["node", HERE / "workflow_step.mjs"], stdout=subprocess.PIPE, text=True)
    port = int(step.stdout.readline())
    url = f"http://127.0.0.1:{port}/"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="workflow-", dir=lent.WORK))
    (folder / "s.yaml").write_text(MANIFEST)
    (folder / "saga.yaml").write_text(definition(url))
    try:
        with lent.local_cloud(peers.sdev) as env, Restate(pathlib.Path(peers.restate), lent, url) as restate:
            lent.run([peers.sdev, "deploy", "-y"], folder, env)
            for in_flight in (1, 10, 50):
                with lent.Others() as others:
                    rounds = [(load("sdev", env["SDEV_LOCAL_URL"], in_flight, env), load("restate", restate.url, in_flight, {}),
                               dbos(peers.dbos, url, in_flight)) for _ in range(ROUNDS)]
                for place, name in ((1, "restate"), (2, "DBOS on SQLite")):
                    pairs = [(one[0], one[place]) for one in rounds]
                    # The round in the middle: the disk's pace changes within minutes.
                    ours, peer = sorted(pairs, key=lambda pair: pair[0]["rate"] / pair[1]["rate"])[ROUNDS // 2]
                    ratio = ours["rate"] / peer["rate"]
                    said = [f"{one['rate']:,.0f}/s (p50 {one['p50']:.1f}, p99 {one['p99']:.1f} ms)" for one in (ours, peer)]
                    table.add(f"saga of 4 steps, {in_flight} in flight", said[0], f"{name} {said[1]}", f"{ratio:.1f} (≥ 5)",
                              ratio >= 5, str(others))
        beside_a_log(table, peers)
        crowds(table, peers, lent, port)
    finally:
        step.kill()


def beside_a_log(table, peers):
    """Steps whose results come from inside, beside the same records in a bare log with group commit."""
    rounds = []
    for _ in range(3):
        told = subprocess.run([peers.flow, "--ignored", "--nocapture", "executions_beside_a_bare_log"], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        rounds.append(next(json.loads(line) for line in told.splitlines() if line.startswith("{")))
    ours, bare = (max(one[whose] for one in rounds) for whose in ("ours", "bare"))
    table.add("4 steps inside the process, 50 in flight", f"{ours:,.0f}/s", f"bare log {bare:,.0f}/s",
              f"{bare / ours:.1f} (≤ 4)", bare / ours <= 4)


def crowds(table, peers, lent, step):
    """Many executions that wait, what they cost, and how evenly they go on."""
    waits = "- {Type: Wait, Name: Rest, Seconds: 300, End: true}\n"
    head = "Type: StateMachine\nName: saga\nSpecVersion: v1\nStartAt: Rest\nStates:\n"
    with lent.Background(peers.sdev) as cloud:
        deploy(peers, lent, head + waits)
        begun = load("begin", cloud.url, 64, cloud.keys, COUNT=str(WAITING))
        table.add("executions begun, 64 in flight", f"{begun['rate']:,.0f}/s (p50 {begun['p50']:.1f}, p99 {begun['p99']:.1f} ms)")
        used = cloud.megabytes()
        table.add(f"memory while {WAITING:,} executions wait", f"{used:.0f} MB", "< 300 MB", "", used < 300)
        cloud.kill()
        seconds = cloud.start()
        table.add("start after a kill with all of them", f"{seconds:.2f} s", "< 2 s", "", seconds < 2)
        used = cloud.megabytes()
        table.add("its memory", f"{used:.0f} MB", "< 300 MB", "", used < 300)
    with lent.Background(peers.sdev) as cloud:
        url = f"http://127.0.0.1:{step}/"
        deploy(peers, lent, at_one_moment(url))
        load("begin", cloud.url, 64, cloud.keys, COUNT=str(AT_ONCE))
        lent.run([peers.sdev, "local", "clock", "advance", "6m"], lent.WORK)
        progress = []
        while not progress or progress[-1]["all"] < 4 * AT_ONCE:
            time.sleep(1)
            progress = json.loads(get(url))
        rate = 4 * AT_ONCE / progress[-1]["seconds"]
        table.add(f"{AT_ONCE:,} executions of 4 steps that go on at once", f"{rate:,.0f} steps/s")
        half = next(one for one in progress if one["all"] == 2 * AT_ONCE)
        fair = half["callers"] == AT_ONCE
        table.add("of them at half of the steps", f"{half['callers']:,} have done {half['fewest']} to {half['most']}",
                  "all have begun", "", fair)


def at_one_moment(url):
    """Four steps that begin at a moment that is the same for all, in five minutes: the clock goes from moment to moment."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 300))
    call = "action: HTTP:Request, serviceParams: {url: '%s', method: POST, body: {name: $context.execution.name}}" % url
    steps = "".join(f"- {{type: task, name: {name}, {call}}}\n" for name in STEPS)
    return f"version: v1\ntype: flow\nsteps:\n- {{type: wait, name: Rest, timestamp: '{moment}'}}\n{steps}"


def deploy(peers, lent, text):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="crowd-", dir=lent.WORK))
    (folder / "s.yaml").write_text(MANIFEST.replace("mode: express", "mode: standard"))
    (folder / "saga.yaml").write_text(text)
    lent.run([peers.sdev, "deploy", "-y"], folder)
