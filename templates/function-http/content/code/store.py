{{#if (eq database "postgres")}}
"""The database: a PostgreSQL server that all instances share."""

import contextlib
import os
import queue
import secrets
import time
from urllib.parse import parse_qs, unquote, urlsplit

import pg8000.native

URL = urlsplit(os.environ["DATABASE"])

# Each step is done once, in this order, by whichever instance comes first. Add new ones at the end.
STEPS = [
    "CREATE TABLE entry (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, who TEXT NOT NULL, text TEXT NOT NULL, at BIGINT NOT NULL)",
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
]

# Any number will do, as long as it is this application's own.
_LOCK = 7_201_403

_idle = queue.LifoQueue()


def _connected():
    wants_tls = parse_qs(URL.query).get("sslmode", ["prefer"])[0] not in ("prefer", "allow", "disable")
    return pg8000.native.Connection(
        unquote(URL.username or "postgres"),
        host=URL.hostname or "localhost",
        port=URL.port or 5432,
        database=unquote(URL.path.lstrip("/")) or None,
        password=unquote(URL.password) if URL.password else None,
        timeout=10,
        ssl_context=True if wants_tls else None,
    )


@contextlib.contextmanager
def _database():
    """A connection for one piece of work. One that fails is not used again, nor one that the server has closed."""
    while True:
        try:
            database = _idle.get_nowait()
        except queue.Empty:
            database = _connected()
            break
        try:
            database.run("SELECT 1")
            break
        except Exception:
            _close(database)
    try:
        yield database
    except BaseException:
        _close(database)
        raise
    _idle.put(database)


def _close(database):
    with contextlib.suppress(Exception):
        database.close()


def open_database():
    """Brings the database to the newest form. Instances that start together wait for each other here."""
    with _database() as database:
        database.run("BEGIN")
        database.run("SELECT pg_advisory_xact_lock(:lock)", lock=_LOCK)
        database.run("CREATE TABLE IF NOT EXISTS form (steps INTEGER NOT NULL)")
        rows = database.run("SELECT steps FROM form")
        done = rows[0][0] if rows else 0
        for step in STEPS[done:]:
            database.run(step)
        database.run("DELETE FROM form")
        database.run("INSERT INTO form VALUES (:steps)", steps=len(STEPS))
        database.run(
            "INSERT INTO setting VALUES ('session key', :key) ON CONFLICT DO NOTHING",
            key=secrets.token_hex(32),
        )
        database.run("COMMIT")


def session_key():
    """The key that sessions are signed with: made once, the same in all instances."""
    with _database() as database:
        found = database.run("SELECT value FROM setting WHERE name = 'session key'")
    return bytes.fromhex(found[0][0])


def entries():
    """The latest entries, newest first: (who, text, seconds since 1970)."""
    with _database() as database:
        return database.run("SELECT who, text, at FROM entry ORDER BY id DESC LIMIT 100")


def add(who, text):
    """Adds an entry."""
    # PostgreSQL keeps no text with this sign in it.
    who, text = who.replace("\0", ""), text.replace("\0", "")
    with _database() as database:
        database.run(
            "INSERT INTO entry (who, text, at) VALUES (:who, :text, :at)",
            who=who,
            text=text,
            at=int(time.time()),
        )
{{else}}
"""The database: one SQLite file that all instances share."""

import os
import secrets
import sqlite3
import threading
import time

PATH = os.environ.get("DATABASE", "app.db")

# Each step is done once, in this order, by whichever instance comes first. Add new ones at the end.
STEPS = [
    "CREATE TABLE entry (id INTEGER PRIMARY KEY, who TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL)",
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
]

_of_thread = threading.local()


def _database():
    if not hasattr(_of_thread, "database"):
        # Transactions are begun below by name, so the module shall not begin any.
        _of_thread.database = sqlite3.connect(PATH, timeout=10, isolation_level=None)
    return _of_thread.database


def open_database():
    """Brings the database to the newest form. Instances that start together wait for each other here."""
    database = _database()
    database.execute("BEGIN IMMEDIATE")
    try:
        done = database.execute("PRAGMA user_version").fetchone()[0]
        for step in STEPS[done:]:
            database.execute(step)
        database.execute(f"PRAGMA user_version = {len(STEPS)}")
        new = (secrets.token_hex(32),)
        database.execute("INSERT OR IGNORE INTO setting VALUES ('session key', ?)", new)
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def session_key():
    """The key that sessions are signed with: made once, the same in all instances."""
    found = _database().execute("SELECT value FROM setting WHERE name = 'session key'")
    return bytes.fromhex(found.fetchone()[0])


def entries():
    """The latest entries, newest first: (who, text, seconds since 1970)."""
    found = _database().execute("SELECT who, text, at FROM entry ORDER BY id DESC LIMIT 100")
    return found.fetchall()


def add(who, text):
    """Adds an entry."""
    new = (who, text, int(time.time()))
    _database().execute("INSERT INTO entry (who, text, at) VALUES (?, ?, ?)", new)
{{/if}}
