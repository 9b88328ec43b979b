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
