"""The web server: takes requests apart, finds the page, answers."""

import os
import socket
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pages
import session
import store

LONGEST_FORM = 64 * 1024


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave as one packet, and none waits for the other's receipt.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self):
        path = urlsplit(self.path).path
        if path == "/":
            self.page(200, pages.board(self.who(), store.entries()))
        elif path == "/health":
            self.answer(200, "text/plain; charset=utf-8", "ok\n")
        else:
            self.page(404, pages.nothing_here(self.who()))

    do_HEAD = do_GET

    def do_POST(self):
        form = self.form()
        if form is None:
            return
        path = urlsplit(self.path).path
        if path == "/session":
            self.sign_in(form.get("name", ""))
        elif path == "/session/end":
            self.move("/", cookie=session.ended())
        elif path == "/entries":
            self.write(form.get("text", ""))
        else:
            self.page(404, pages.nothing_here(self.who()))

    def sign_in(self, name):
        name = " ".join(name.split())[:40]
        if name:
            self.move("/", cookie=session.begun(name))
        else:
            self.page(400, pages.board(None, store.entries(), "A name is needed."))

    def write(self, text):
        who = self.who()
        if who is None:
            self.page(403, pages.board(None, store.entries(), "Say who you are first."))
        elif not text.strip():
            self.page(400, pages.board(who, store.entries(), "There is nothing to write."))
        else:
            store.add(who, text.strip()[:1000])
            self.move("/")

    def who(self):
        """The visitor's name, if there is a session."""
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return None
        found = cookie.get(session.COOKIE)
        return session.name_in(found.value) if found else None

    def form(self):
        """The fields of a form; answers by itself when there is none that can be read."""
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if not 0 <= length <= LONGEST_FORM:
            self.close_connection = True
            self.answer(413, "text/plain; charset=utf-8", "too long, or of no known length\n")
            return None
        text = self.rfile.read(length).decode("utf-8", "replace")
        return {name: values[0] for name, values in parse_qs(text).items()}

    def page(self, status, text):
        self.answer(status, "text/html; charset=utf-8", text)

    def move(self, to, cookie=None):
        headers = {"Location": to}
        if cookie:
            headers["Set-Cookie"] = cookie
        self.answer(303, "text/plain; charset=utf-8", "", headers)

    def answer(self, status, kind, text, headers=()):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, form, *values):
        print(self.address_string(), form % values, flush=True)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    address_family = socket.AF_INET


if __name__ == "__main__":
    store.open_database()
    port = int(os.environ.get("FC_SERVER_PORT", "9000"))
    Server(("0.0.0.0", port), Handler).serve_forever()
