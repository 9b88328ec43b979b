#!/usr/bin/env python3
"""Takes the figures of sdev and its peers in turn and prints them as one table; run.sh installs and calls it.

Everything happens in a temporary folder with a home of its own. Peers of a ratio are measured in the same run, round by
round, so that work of others on the machine meets both. The last column is how many cores others used meanwhile.
"""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import function_measure
import queue_measure
import workflow_measure

ROUNDS = int(os.environ.get("ROUNDS", "5"))
MANIFEST = """\
edition: 3.0.0
name: perf
access: local
resources:
  site:
    component: site
    props:
      source: ./site
"""
DOMAIN = "www.perf.example.com"
WITH_CDN = f"""\
      domain: {DOMAIN}
      cdn:
        ttl:
          - path: /
            seconds: 3600
"""


class Table:
    """Rows as they are measured, and whether one missed."""

    def __init__(self):
        self.rows = []
        self.missed = False

    def add(self, measure, figure, against="", ratio="", passed=None, others=""):
        verdict = {None: "", True: "pass", False: "MISS"}[passed]
        self.missed |= passed is False
        self.rows.append((measure, figure, against, ratio, verdict, others))
        print("  " + "  ".join(cell for cell in self.rows[-1] if cell), flush=True)

    def show(self):
        head = ("measure", "sdev", "peer or limit", "ratio", "", "others' cores")
        rows = [head, *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def machine_ticks():
    """Ticks that all cores were in use since the machine started."""
    values = [int(n) for n in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(values) - values[3] - values[4]


def own_ticks():
    """Ticks of this process and of everything below it, what has ended included."""
    parents, ticks = {}, {}
    for place in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = place.read_text().rpartition(")")[2].split()
            pid = int(place.parent.name)
            parents[pid], ticks[pid] = int(fields[1]), sum(map(int, fields[11:15]))
    def is_own(pid):
        while pid and pid != os.getpid():
            pid = parents.get(pid)
        return bool(pid)
    return sum(used for pid, used in ticks.items() if is_own(pid))


class Others:
    """The cores that others used, on average, while the block ran."""

    def __enter__(self):
        self.began, self.machine, self.own = time.monotonic(), machine_ticks(), own_ticks()
        return self

    def __exit__(self, *_):
        seconds = time.monotonic() - self.began
        used = machine_ticks() - self.machine - (own_ticks() - self.own)
        self.cores = max(0, used) / os.sysconf("SC_CLK_TCK") / seconds

    def __str__(self):
        return f"{self.cores:.1f}"


def run(command, cwd, env=None, expected=(0,)):
    """Runs to the end; the wall seconds and the output. Another exit code than expected ends the program."""
    began = time.perf_counter()
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    seconds = time.perf_counter() - began
    if done.returncode not in expected:
        sys.exit(f"{' '.join(map(str, command))} exited with {done.returncode}:\n{done.stdout}")
    return seconds, done.stdout


@contextlib.contextmanager
def local_cloud(sdev):
    """A fresh local cloud by `sdev local run`; the environment that a command inside has."""
    inside = subprocess.Popen([sdev, "local", "run", "--", "sh", "-c", "env -0; printf '\\0ready\\0'; exec cat"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    text = b""
    while not text.endswith(b"\0ready\0"):
        more = os.read(inside.stdout.fileno(), 65536)
        if not more:
            sys.exit("sdev local run did not start")
        text += more
    pairs = [entry.decode().partition("=") for entry in text.split(b"\0") if b"=" in entry]
    try:
        yield {name: value for name, _, value in pairs}
    finally:
        inside.stdin.close()
        if inside.wait() != 0:
            sys.exit("sdev local run failed")


class Background:
    """A local cloud in the background, which can be killed and comes back with its data."""

    def __init__(self, sdev):
        fresh_home()
        self.sdev = sdev

    def start(self):
        """Starts it; the seconds until it answers."""
        seconds, _ = run([self.sdev, "local", "start"], WORK)
        _, said = run([self.sdev, "local", "status", "--json", "--show-secret"], WORK)
        told = next(json.loads(line) for line in said.splitlines() if '"status"' in line)
        self.url, self.pid = told["url"], told["status"]["pid"]
        keys = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        self.keys = {key: told[key] for key in keys}
        return seconds

    def kill(self):
        os.kill(self.pid, 9)
        while pathlib.Path(f"/proc/{self.pid}").exists():
            time.sleep(0.01)

    def megabytes(self):
        lines = pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        run([self.sdev, "local", "stop"], WORK)


def fresh_home():
    """A home that no earlier run left anything in, for sdev and for rclone."""
    home = tempfile.mkdtemp(prefix="home-", dir=WORK)
    os.environ.update(SDEV_HOME=f"{home}/.sdev", RCLONE_CONFIG=f"{home}/rclone.conf", NO_COLOR="1")


def project(files, extra=""):
    """A project folder with a site of these files: path -> bytes."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="project-", dir=WORK))
    (folder / "s.yaml").write_text(MANIFEST + extra)
    for path, content in files.items():
        place = folder / "site" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder


def forget(folder):
    """Makes a project one that was never deployed."""
    shutil.rmtree(folder / ".sdev", ignore_errors=True)


def milliseconds(seconds):
    return f"{seconds * 1000:.1f} ms"


def start(table, peers):
    """The time of commands that only read."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="start-", dir=WORK))
    run([peers.sdev, "init", "static-site", "mysite"], folder)
    for name in ("--version", "validate"):
        report = folder / "hyperfine.json"
        with Others() as others:
            run(["hyperfine", "-N", "--warmup", "10", "--runs", "100", "--export-json", report,
                 f"{peers.sdev} {name}"], folder / "mysite")
        result = json.loads(report.read_text())["results"][0]
        figure = (f"mean {milliseconds(result['mean'])}, median {milliseconds(result['median'])}, "
                  f"max {milliseconds(result['max'])}")
        table.add(f"sdev {name}", figure, "mean < 10 ms", "", result["mean"] < 0.010, str(others))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def server(command, port):
    """A server that runs when the block begins; it is asked until it answers."""
    log = tempfile.NamedTemporaryFile(dir=WORK, delete=False)
    process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"{command[0]} did not start: {pathlib.Path(log.name).read_text()}")
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def rclone(folder, port, bucket, count):
    """Copies the site into a fresh bucket; the wall seconds. How many were copied is checked."""
    settings = {"TYPE": "s3", "PROVIDER": "Other", "REGION": "us-east-1", "FORCE_PATH_STYLE": "true",
                "ACCESS_KEY_ID": "perfperfperf", "SECRET_ACCESS_KEY": "perfperfperfperf",
                "ENDPOINT": f"http://127.0.0.1:{port}"}
    env = os.environ | {f"RCLONE_CONFIG_PEER_{name}": value for name, value in settings.items()}
    env.pop("AWS_CA_BUNDLE", None)
    command = ["rclone", "copy", "--transfers", "32", "--stats", "1h", "--stats-log-level", "NOTICE"]
    seconds, said = run([*command, folder / "site", f"peer:{bucket}"], folder, env)
    # Its own count: rclone 1.60 sees nothing in a listing by s3s-fs.
    if f" {count} / {count}, 100%" not in said:
        sys.exit(f"rclone did not copy {count} files:\n{said}")
    return seconds


def deploy_fresh(sdev, folder):
    """Deploys a project that was never deployed to a fresh local cloud; the wall seconds of the whole command."""
    forget(folder)
    with local_cloud(sdev) as env:
        seconds, _ = run([sdev, "deploy", "-y"], folder, env)
        # Everything is there: observed and compared with the folder.
        run([sdev, "plan", "--detailed-exitcode"], folder, env)
    return seconds


def deploy(table, peers):
    """1,000 files of 4 KB: sdev to its local cloud against rclone to S3 servers."""
    count = 1000
    files = {f"part-{n % 10}/file-{n:04}.bin": os.urandom(4096) for n in range(count - 1)}
    folder = project(files | {"index.html": os.urandom(4096)})
    stored = pathlib.Path(tempfile.mkdtemp(prefix="s3s-", dir=WORK))
    s3s_port, moto_port = free_port(), free_port()
    s3s = [peers.s3s, "--host", "127.0.0.1", "--port", s3s_port, "--access-key", "perfperfperf",
           "--secret-key", "perfperfperfperf", stored]
    walls = {"sdev": [], "s3s-fs": [], "moto_server": []}
    moto = [peers.moto, "-H", "127.0.0.1", "-p", moto_port]
    with Others() as others, server(s3s, s3s_port), server(moto, moto_port):
        for number in range(ROUNDS):
            walls["sdev"].append(deploy_fresh(peers.sdev, folder))
            walls["s3s-fs"].append(rclone(folder, s3s_port, f"perf-{number}", count))
            # Far slower than the other one: fewer rounds show it.
            if number < 3:
                walls["moto_server"].append(rclone(folder, moto_port, f"perf-{number}", count))
    medians = {name: statistics.median(seconds) for name, seconds in walls.items()}
    for name, seconds in walls.items():
        print(f"    {name}: " + ", ".join(f"{one:.3f}" for one in seconds))
    ours = medians.pop("sdev")
    peer = min(medians, key=medians.get)
    table.add("deploy of 1,000 files of 4 KB", f"{ours:.3f} s", f"rclone to {peer} {medians[peer]:.3f} s",
              f"{ours / medians[peer]:.2f} of its time", ours < medians[peer], str(others))
    other = max(medians, key=medians.get)
    table.add("", "", f"rclone to {other} {medians[other]:.3f} s", f"{ours / medians[other]:.2f} of its time")


def timed(command, folder, env):
    """Wall seconds and peak resident megabytes (of 1,000,000 bytes)."""
    report = folder / ".time"
    seconds, _ = run(["/usr/bin/time", "-f", "%M", "-o", report, *command], folder, env)
    return seconds, int(report.read_text().split()[-1]) * 1024 / 1e6


def plan(table, peers):
    """A plan with nothing to do, and the deploy of one changed file, of 10,000 files."""
    count = 10_000
    files = {f"part-{n % 100:02}/file-{n:05}.txt": f"file {n}\n".encode() * 20 for n in range(count - 1)}
    folder = project(files | {"index.html": b"<p>site</p>\n"})
    with local_cloud(peers.sdev) as env:
        with Others() as others:
            seconds, _ = run([peers.sdev, "deploy", "-y"], folder, env)
        table.add("deploy of 10,000 small files", f"{seconds:.2f} s", others=str(others))
        walls, peaks = [], []
        with Others() as others:
            for _ in range(max(7, ROUNDS)):
                wall, peak = timed([peers.sdev, "plan", "--detailed-exitcode"], folder, env)
                walls.append(wall)
                peaks.append(peak)
        print("    plan: " + ", ".join(f"{one:.3f}" for one in walls))
        wall, peak = statistics.median(walls), max(peaks)
        table.add("no-op plan of 10,000 files", f"{wall:.3f} s", "< 0.5 s", "", wall < 0.5, str(others))
        table.add("its peak memory", f"{peak:.0f} MB", "< 100 MB", "", peak < 100)
        (folder / "site/part-07/file-00007.txt").write_text("changed\n")
        seconds, out = run([peers.sdev, "deploy", "-y", "--json"], folder, env)
        items = sum('"type":"item"' in line for line in out.splitlines())
        table.add("one changed file of 10,000", f"{items} upload, {seconds:.3f} s", "1 upload", "", items == 1)


def cdn(table, peers):
    """Pages that the CDN serves as hits, against nginx's proxy_cache."""
    pages = {f"page-{size}.html": b"x" * size for size in (1024, 102400)}
    folder = project(pages | {"index.html": b"<p>site</p>\n"}, WITH_CDN)
    with local_cloud(peers.sdev) as env:
        run([peers.sdev, "deploy", "-y"], folder, env)
        script = pathlib.Path(__file__).with_name("cdn_hit.sh")
        env = env | {"ROUNDS": os.environ.get("CDN_ROUNDS", "5"), "SECONDS_EACH": "3"}
        paths = [f"/{name}" for name in pages]
        with Others() as others:
            _, out = run([script, env["SDEV_LOCAL_URL"], DOMAIN, *paths], folder, env, expected=(0, 1))
    found = [line for line in out.splitlines() if ", ratio " in line]
    if len(found) != len(pages):
        sys.exit(f"cdn_hit.sh said:\n{out}")
    for line in found:
        what, _, figures = line.partition(": ")
        ours, nginx, ratio = (part.split()[1] for part in figures.split(", "))
        table.add(f"CDN hit {what}", f"{ours.removesuffix('/s')} requests/s",
                  f"nginx proxy_cache {nginx.removesuffix('/s')}/s", f"{ratio} (≥ 0.5)", float(ratio) >= 0.5, str(others))


# Serverless Devs' own variables come from the user's home and environment; it gets neither, and no network.
NO_NETWORK = ["unshare", "--net", "--map-root-user"]


def manifest(table, peers):
    """A manifest's way from text to graph: against a bare event parse, and against the Serverless Devs CLI."""
    rounds = max(7, ROUNDS)
    with Others() as others:
        found = {}
        for count in (1_000, 10_000):
            _, out = run([peers.bench, count, rounds], WORK)
            found[count] = json.loads(out)
    many, few = found[10_000], found[1_000]
    for one in (few, many):
        if one["errors"]:
            sys.exit(f"the manifest of {one['resources']} resources is refused, with {one['errors']} errors")
        print(f"    {one['resources']} resources, {one['bytes'] / 1e6:.1f} MB: parse {milliseconds(one['parse'])}, "
              f"load {milliseconds(one['load'])}, lower {milliseconds(one['lower'])}, errors {one['errors']}")
    ratio = many["whole"] / many["parse"]
    table.add("manifest of 10,000 resources", milliseconds(many["whole"]),
              f"saphyr-parser's events {milliseconds(many['parse'])}", f"{ratio:.2f} (≤ 3)", ratio <= 3, str(others))
    growth = many["whole"] / 10 / few["whole"]
    table.add("its time a resource, against 1,000", f"{many['whole'] / 10:.4f} ms", f"{few['whole']:.4f} ms",
              f"{growth:.2f} (≤ 1.5)", growth <= 1.5)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="manifest-", dir=WORK))
    _, peak = timed([peers.bench, 10_000, 1], folder, None)
    table.add("its peak memory", f"{peak:.0f} MB", "< 200 MB", "", peak < 200)
    run([peers.bench, "--write", "s.yaml", 1_000], folder)
    preview(table, peers, folder)


def preview(table, peers, folder):
    """`preview` of both, whole processes, in turn."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "SDEV_HOME": str(folder / "home"), "CI": "true"}
    walls = {"sdev": [], "s": []}
    with Others() as others:
        for _ in range(3):
            for name, command in (("sdev", [peers.sdev]), ("s", [*NO_NETWORK, peers.s])):
                seconds, said = run([*command, "preview"], folder, env)
                # Both have resolved the last one.
                if "NEXT: handler-998" not in said:
                    sys.exit(f"{name} preview said:\n{said[-2000:]}")
                walls[name].append(seconds)
    for name, seconds in walls.items():
        print(f"    {name} preview: " + ", ".join(f"{one:.3f}" for one in seconds))
    ours, theirs = (statistics.median(seconds) for seconds in walls.values())
    table.add("sdev preview of 1,000 resources", milliseconds(ours), f"s preview {theirs:.2f} s",
              f"{theirs / ours:.0f} times faster (≥ 50)", theirs / ours >= 50, str(others))


def size(table, peers):
    """The release binary."""
    table.add("release binary", f"{os.path.getsize(peers.sdev) / 1e6:.1f} MB")


def function(table, peers):
    """Functions in the local cloud."""
    function_measure.function(table, peers, sys.modules[__name__])


def queue(table, peers):
    """Events of functions."""
    queue_measure.queue(table, peers, sys.modules[__name__])


def workflow(table, peers):
    """Executions of workflows."""
    workflow_measure.workflow(table, peers, sys.modules[__name__])


MEASURES = {measure.__name__: measure for measure in (start, deploy, plan, cdn, manifest, function, queue, workflow, size)}

if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    for peer in ("sdev", "s3s", "moto", "bench", "s", "restate", "dbos", "functions", "flow"):
        arguments.add_argument(f"--{peer}", required=True)
    arguments.add_argument("measures", nargs="*", metavar="|".join(MEASURES))
    chosen = arguments.parse_args()
    if unknown := set(chosen.measures) - set(MEASURES):
        arguments.error(f"no such measure: {', '.join(unknown)}")
    table = Table()
    print(f"{time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(prefix="sdev-perf-") as WORK:
        for name in chosen.measures or MEASURES:
            fresh_home()
            print(f"== {name}", flush=True)
            MEASURES[name](table, chosen)
    print()
    table.show()
    sys.exit(1 if table.missed else 0)
