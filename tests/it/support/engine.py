#!/usr/bin/env python3
"""Stands in for a container engine. `daemon` serves what `run` asks for: a container is a web server that says how it was started.
Everything is a file beside this one, so that a test can look."""
import http.server
import json
import os
import sys
import threading
import time

HOME = os.path.dirname(os.path.abspath(__file__))
RUNNING = os.path.join(HOME, "running")
CALLS = os.path.join(HOME, "calls")


def place(name):
    return os.path.join(RUNNING, name)


def options(words):
    """The options of `run`, then the image and what follows it."""
    found, at = {}, 0
    while at < len(words) and words[at].startswith("--"):
        if words[at] == "--":
            return found, words[at + 1:]
        if words[at] == "--rm":
            at += 1
            continue
        found.setdefault(words[at], []).append(words[at + 1])
        at += 2
    return found, words[at:]


def run(words):
    found, rest = options(words)
    name = found["--name"][0]
    environment = {}
    for word in found["--env"]:
        key, has_value, value = word.partition("=")
        environment[key] = value if has_value else os.environ[key]
    asked = {"options": found, "rest": rest, "environment": environment}
    with open(place(name + ".new"), "w") as file:
        json.dump(asked, file)
    os.rename(place(name + ".new"), place(name))
    print("container is up", flush=True)
    while os.path.exists(place(name)):
        time.sleep(0.02)


def serve(name):
    with open(place(name)) as file:
        asked = json.load(file)

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            self.rfile.read(int(self.headers.get("content-length", 0)))
            said = json.dumps({"name": name, "path": self.path, **asked}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    port = int(asked["options"]["--publish"][0].split(":")[1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def daemon():
    os.makedirs(RUNNING, exist_ok=True)
    servers = {}
    while True:
        there = {name for name in os.listdir(RUNNING) if not name.endswith(".new")}
        for name in there - servers.keys():
            servers[name] = serve(name)
        for name in servers.keys() - there:
            servers.pop(name).server_close()
        time.sleep(0.02)


def listed(label):
    for name in os.listdir(RUNNING):
        with open(place(name)) as file:
            if "label=" + json.load(file)["options"]["--label"][0] == label:
                print(name)


def main(words):
    if words == ["daemon"]:
        daemon()
    with open(CALLS, "a") as file:
        file.write(json.dumps(words) + "\n")
    if not os.path.isdir(RUNNING):
        sys.exit("Cannot connect to the stand-in. Is it running?")
    if words[0] == "run":
        run(words[1:])
    elif words[:2] == ["image", "inspect"]:
        sys.exit(0 if os.path.exists(os.path.join(HOME, "fetched")) else "no such image")
    elif words[0] == "pull":
        if "missing" in words[-1]:
            sys.exit("manifest unknown")
        open(os.path.join(HOME, "fetched"), "w").close()
    elif words[:2] == ["rm", "--force"]:
        for name in words[2:]:
            if os.path.exists(place(name)):
                os.remove(place(name))
    elif words[0] == "ps":
        listed(words[-1])


if __name__ == "__main__":
    main(sys.argv[1:])
