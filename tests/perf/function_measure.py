"""Figures of functions in the local cloud: `measure.py` calls `function`, and lends it what it works with."""
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HEAD = "edition: 3.0.0\nname: perf\naccess: local\nresources:\n"
NODE = """\
const http = require("http");
const server = http.createServer((request, response) => response.end("hello"));
server.keepAliveTimeout = 900000;
server.listen(Number(process.env.PORT));
"""
PYTHON_WEB = """\
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
# How a server of one's own is started.
COMMANDS = {"custom": ("node", "server.cjs"), "custom.debian10": ("python3", "server.py")}
# The same answer by the peers' means.
FRAMEWORK_NODE = "exports.hello = (request, response) => response.send('hello');\n"
FRAMEWORK_PYTHON = "def hello(request):\n    return 'hello'\n"
OFFLINE = """\
service: perf
frameworkVersion: '3'
provider: {name: aws, runtime: nodejs20.x, region: us-east-1}
plugins: [serverless-offline]
functions:
  hello: {handler: index.hello, events: [{httpApi: 'GET /'}]}
"""
OFFLINE_NODE = "exports.hello = async () => ({ statusCode: 200, body: 'hello' });\n"
PYTHON = "def handler(event, context):\n    return 'hello'\n"
NODE_HANDLER = "exports.handler = async () => 'hello';\n"
SECONDS = 3


def resource(name, runtime):
    more = f"      runtime: {runtime}\n      handler: index.handler\n"
    if runtime in COMMANDS:
        program, file = COMMANDS[runtime]
        more = f"      runtime: {runtime}\n      command: [{program}, /code/{file}]\n      concurrency: 200\n"
    return (f"  {name}:\n    component: function\n    props:\n      name: {name}\n      code: ./{name}\n"
            f"      timeout: 20\n      url: true\n{more}")


def project(work, functions):
    """A project of functions: name -> (runtime, file, text)."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="functions-", dir=work))
    (folder / "s.yaml").write_text(HEAD + "".join(resource(name, one[0]) for name, one in functions.items()))
    for name, (_, file, text) in functions.items():
        (folder / name).mkdir()
        (folder / name / file).write_text(text)
    return folder


def load(url, connections):
    """Requests per second, and the median and the 99th percentile of the wait in milliseconds."""
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "--timeout", "20s", url],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        sys.exit(f"{url}:\n{done}")
    factor = {"us": 0.001, "ms": 1, "s": 1000}
    waits = [re.search(rf"{part}%\s+([\d.]+)(us|ms|s)", done).groups() for part in (50, 99)]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done).group(1))
    return rate, *(float(wait) * factor[unit] for wait, unit in waits)


def get(url):
    with urllib.request.urlopen(url, timeout=30) as reply:
        return reply.read()


def function(table, peers, lent):
    """Calls through the local cloud beside the same handler alone; starts; many functions."""
    functions = {"web": ("custom", "server.cjs", NODE), "webpy": ("custom.debian10", "server.py", PYTHON_WEB),
                 "py": ("python3", "index.py", PYTHON)}
    folder = project(lent.WORK, functions)
    port = lent.free_port()
    bare = ["env", f"PORT={port}", "node", folder / "web" / "server.cjs"]
    with lent.local_cloud(peers.sdev) as env, lent.server(bare, port):
        lent.run([peers.sdev, "deploy", "-y"], folder, env)
        web, webpy, py = (f"{env['SDEV_LOCAL_URL']}/_fc/{name}/" for name in functions)
        get(web), get(py)
        with lent.Others() as others:
            ours, alone = beside(web, f"http://127.0.0.1:{port}/", lent.ROUNDS)
        table.add("web function in Node, 50 connections", f"{ours:,.0f} requests/s", f"bare Node {alone:,.0f}/s",
                  f"{ours / alone:.2f} (≥ 0.35)", ours / alone >= 0.35, str(others))
        before = processor_seconds(peers.sdev)
        calls = load(web, 50)[0] * SECONDS
        spent = processor_seconds(peers.sdev) - before
        table.add("its processor time in the local cloud", f"{spent / calls * 1e6:.0f} µs a call")
        waits = [(load(web, 1), load(f"http://127.0.0.1:{port}/", 1)) for _ in range(lent.ROUNDS)]
        for part, name, limit in ((1, "median", 0.15), (2, "99th percentile", 1)):
            ours, alone = (min(one[part] for one in side) for side in zip(*waits))
            added = ours - alone
            table.add(f"added to a call at 1 connection, {name}", f"{added:.3f} ms", f"< {limit} ms", "", added < limit)
        for measure, (command, address), own, limit in frameworks(peers, lent, (web, py)):
            with lent.server(command, int(address.rpartition(":")[2])), lent.Others() as others:
                get(address), load(address, 50)
                ours, peer = beside(own, address, lent.ROUNDS)
            table.add(measure, f"{ours:,.0f} requests/s", f"{command[0].name} {peer:,.0f}/s",
                      f"{ours / peer:.1f} (≥ {limit})", ours / peer >= limit, str(others))
        starts(table, peers, lent, (folder, env, py))
        for address, (runtime, file, text) in zip((web, webpy), functions.values()):
            cold(table, peers, lent, (folder, env, address), (runtime, file, text))
    reload(table, peers, lent)
    many(table, peers, lent)


def beside(ours, peer, rounds):
    """Requests per second of both, in the round in the middle by their ratio: a machine may change its pace meanwhile."""
    pairs = [(load(ours, 50)[0], load(peer, 50)[0]) for _ in range(rounds)]
    return sorted(pairs, key=lambda pair: pair[0] / pair[1])[rounds // 2]


def processor_seconds(program):
    """What all processes of a program have used by now."""
    ticks = 0
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (process / "exe").readlink() == pathlib.Path(program):
                ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:13]))
        except OSError:
            pass  # it has ended, or is somebody else's
    return ticks / os.sysconf("SC_CLK_TCK")


def frameworks(peers, lent, functions):
    """What others answer the same with: what is measured, their command and address, our address, the ratio that is asked for."""
    web, py = functions
    modules = pathlib.Path(peers.functions)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="peers-", dir=lent.WORK))
    for name, text in (("index.js", FRAMEWORK_NODE), ("main.py", FRAMEWORK_PYTHON)):
        (folder / name).write_text(text)
    (folder / "node_modules").symlink_to(modules / "node_modules")
    offline = folder / "offline"
    offline.mkdir()
    (offline / "serverless.yml").write_text(OFFLINE)
    (offline / "index.js").write_text(OFFLINE_NODE)
    (offline / "node_modules").symlink_to(modules / "node_modules")
    tools, ports = modules / "node_modules" / ".bin", [lent.free_port() for _ in range(5)]
    start = folder / "serverless-offline"
    start.write_text(f"#!/bin/sh\ncd {offline} && exec {tools}/serverless offline \"$@\"\n")
    start.chmod(0o755)
    commands = (
        [tools / "functions-framework", "--target=hello", f"--source={folder}", f"--port={ports[0]}"],
        [start, "--httpPort", str(ports[1]), "--lambdaPort", str(ports[3]), "--albPort", str(ports[4])],
        [modules / "venv" / "bin" / "functions-framework", "--target=hello", f"--source={folder}/main.py",
         f"--port={ports[2]}"],
    )
    measures = (("web function in Node, 50 connections", web, 3), ("the same", web, 10),
                ("handler in Python, 50 connections", py, 2))
    for (measure, own, limit), command, port in zip(measures, commands, ports):
        yield measure, (command, f"http://127.0.0.1:{port}"), own, limit


def starts(table, peers, lent, deployed):
    """The first call of new code: a process has to be there first."""
    folder, env, url = deployed
    times = []
    for number in range(9):
        (folder / "py" / "index.py").write_text(PYTHON + f"# {number}\n")
        lent.run([peers.sdev, "deploy", "-y"], folder, env)
        time.sleep(0.7)
        began = time.perf_counter()
        get(url)
        times.append(time.perf_counter() - began)
    middle = statistics.median(times[2:])
    table.add("first call of new code, Python", lent.milliseconds(middle), "< 40 ms", "", middle < 0.04)


def cold(table, peers, lent, deployed, code):
    """From no instance to the reply of a server of one's own, beside the same server started by hand."""
    folder, env, url = deployed
    runtime, file, text = code
    program, _ = COMMANDS[runtime]
    place = folder / url.split("/")[-2] / file
    ours, bare = [], []
    for number in range(9):
        place.write_text(text + f"{'//' if program == 'node' else '#'} {number}\n")
        lent.run([peers.sdev, "deploy", "-y"], folder, env)
        time.sleep(0.5)
        began = time.perf_counter()
        get(url)
        ours.append(time.perf_counter() - began)
        port = lent.free_port()
        began = time.perf_counter()
        server = subprocess.Popen([program, place], env={**os.environ, "PORT": str(port)}, stderr=subprocess.DEVNULL)
        while True:
            try:
                get(f"http://127.0.0.1:{port}/")
                break
            except OSError:
                time.sleep(0.001)
        bare.append(time.perf_counter() - began)
        server.kill()
        server.wait()
    with_us, alone = (statistics.median(times[2:]) for times in (ours, bare))
    table.add(f"first call of a server of one's own, {program}", lent.milliseconds(with_us),
              f"started by hand {lent.milliseconds(alone)}", f"{with_us / alone:.2f} (≤ 1.3)", with_us / alone <= 1.3)


def reload(table, peers, lent):
    """From a change of a file to the first answer by it, while `sdev dev` watches."""
    handlers = {"py": ("python3", "index.py", PYTHON), "js": ("nodejs20", "index.js", NODE_HANDLER)}
    folder = project(lent.WORK, handlers)
    with lent.local_cloud(peers.sdev) as env:
        watching = subprocess.Popen([peers.sdev, "dev"], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for name, (_, file, text) in handlers.items():
                url = f"{env['SDEV_LOCAL_URL']}/_fc/{name}/"
                answered(url, b"hello")
                times = []
                for number in range(9):
                    time.sleep(0.5)
                    (folder / name / file).write_text(text.replace("hello", f"word {number}"))
                    began = time.perf_counter()
                    answered(url, f"word {number}".encode())
                    times.append(time.perf_counter() - began)
                middle = statistics.median(times[2:])
                table.add(f"change seen with `sdev dev`, {name}", lent.milliseconds(middle), "< 300 ms", "", middle < 0.3)
        finally:
            watching.terminate()
            watching.wait()


def answered(url, wanted):
    """Waits until an address answers with these bytes."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if get(url) == wanted:
                return
        except OSError:
            pass
        time.sleep(0.002)
    sys.exit(f"{url} never answered with {wanted}")


def many(table, peers, lent):
    """200 functions at once, and what they cost while nobody calls them."""
    folder = project(lent.WORK, {f"f{number}": ("python3", "index.py", PYTHON) for number in range(200)})
    with lent.local_cloud(peers.sdev) as env:
        seconds, _ = lent.run([peers.sdev, "deploy", "-y"], folder, env)
        table.add("deploy of 200 functions", f"{seconds:.2f} s", "< 5 s", "", seconds < 5)
        _, out = lent.run([peers.sdev, "local", "status", "--json"], folder, env)
        status = next(json.loads(line) for line in out.splitlines() if '"status"' in line)
        pid = status["status"]["pid"]
        kilobytes = next(int(line.split()[1]) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                         if line.startswith("VmRSS"))
        table.add("local cloud with 200 idle functions", f"{kilobytes / 1024:.0f} MB", "< 80 MB", "", kilobytes < 80 * 1024)
