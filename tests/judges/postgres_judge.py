"""Deploys the template function-http with a PostgreSQL server of Debian's as its database, and uses the application.

usage: sdev local run -- python postgres_judge.py SDEV
"""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

import verdict
from verdict import check, equal

SDEV = sys.argv[1]
CLOUD = os.environ["SDEV_LOCAL_URL"]
PASSWORD = "p@ss/word"


class Server:
    """A server of its own, that nobody but its password lets in."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = max(glob.glob("/usr/lib/postgresql/*/bin"))
        # It does not run as root.
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        secret = os.path.join(folder, "password")
        with open(secret, "w") as file:
            file.write(PASSWORD)
        os.chmod(secret, 0o644)
        self.run("initdb", "-A", "scram-sha-256", "-U", "shop", "--pwfile", secret, "-D", "data", "-N")

    def run(self, program, *words):
        command = [os.path.join(self.bin, program), *words]
        subprocess.run(command, cwd=self.folder, user=self.user, check=True, stdout=subprocess.DEVNULL)

    def start(self):
        options = f"-p {self.port} -k {self.folder} -h 127.0.0.1 -F"
        self.run("pg_ctl", "start", "-w", "-D", "data", "-l", "log", "-o", options)

    def stop(self):
        self.run("pg_ctl", "stop", "-w", "-m", "fast", "-D", "data")

    def url(self):
        return f"postgres://shop:{urllib.parse.quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/postgres"


class NoMove(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(path, form=None, cookie=None):
    """Status, headers and text of a page."""
    body = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(CLOUD + path, data=body, headers={"Host": "shop.test"})
    if cookie:
        request.add_header("Cookie", cookie)
    try:
        reply = urllib.request.build_opener(NoMove).open(request, timeout=60)
    except urllib.error.HTTPError as error:
        reply = error
    return reply.status, reply.headers, reply.read().decode()


def judge(work, server):
    def sdev(*words, said=None):
        done = subprocess.run([SDEV, *words], cwd=work, input=said, text=True, capture_output=True)
        check(f"sdev {' '.join(words[:2])}", done.returncode == 0, done.stdout + done.stderr)
        return done.stdout

    sdev("init", "function-http", ".", "--param", "name=shop", "--param", "database=postgres")
    sdev("secret", "set", "DATABASE_URL", said=server.url())
    sdev("build")
    sdev("deploy", "-y")

    status, _, page = ask("/")
    equal("the first page", status, 200)
    check("nothing is there at first", "Nothing is written yet." in page, page)
    status, headers, _ = ask("/session", {"name": "Ann"})
    equal("a session begins", status, 303)
    cookie = headers["Set-Cookie"].split(";")[0]
    equal("an entry", ask("/entries", {"text": "it's <kept>\0"}, cookie)[0], 303)
    page = ask("/", cookie=cookie)[2]
    check("the entry shows", "it&#x27;s &lt;kept&gt;" in page, page)
    check("so does the visitor", "Hello, Ann" in page, page)

    # Another instance finds the same database in its newest form, and the same key of sessions.
    with open(os.path.join(work, "code/pages.py"), "a") as file:
        file.write("\n# another\n")
    sdev("deploy", "-y")
    page = ask("/", cookie=cookie)[2]
    check("another instance has the entry", "it&#x27;s &lt;kept&gt;" in page, page)
    check("another instance knows the visitor", "Hello, Ann" in page, page)

    # Connections that the server closed are not used again.
    server.stop()
    server.start()
    status, _, page = ask("/", cookie=cookie)
    equal("a page after the server was started anew", status, 200)
    check("with its entry", "it&#x27;s &lt;kept&gt;" in page, page)

    plan = sdev("plan", "--detailed-exitcode")
    state = subprocess.run(["grep", "-rl", "p%40ss", ".sdev"], cwd=work, capture_output=True, text=True)
    check("the password is in no plan and no state", "p%40ss" not in plan and not state.stdout, state.stdout)
    sdev("remove", "-y")


def main():
    work, data = tempfile.mkdtemp(prefix="sdev-postgres-"), tempfile.mkdtemp(prefix="pg-")
    try:
        server = Server(data)
        server.start()
        try:
            judge(work, server)
        finally:
            server.stop()
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)
    print(f"{len(verdict.passed)} passed, {len(verdict.failed)} failed")
    sys.exit(1 if verdict.failed else 0)


main()
