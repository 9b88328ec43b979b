"""The pages, as HTML."""

import os
import time
from html import escape

TITLE = "{{name}}"
ASSETS = os.environ.get("ASSETS", "/")


def _page(who, body):
    if who is None:
        session = """<form method="post" action="/session">
      <label>Your name <input name="name" maxlength="40" required autocomplete="nickname"></label>
      <button>Come in</button>
    </form>"""
    else:
        session = f"""<form method="post" action="/session/end">
      <span>Hello, {escape(who)}</span> <button class="quiet">Leave</button>
    </form>"""
    return f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{escape(TITLE)}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="{escape(ASSETS)}main.css">
  <script src="{escape(ASSETS)}main.js" defer></script>
</head>
<body>
  <header>
    <h1><a href="/">{escape(TITLE)}</a></h1>
    {session}
  </header>
  <main>
{body}
  </main>
</body>
</html>
"""


def board(who, entries, problem=None):
    """The entries, and a form for a new one."""
    parts = []
    if problem:
        parts.append(f'    <p class="problem" role="alert">{escape(problem)}</p>')
    if who is not None:
        parts.append("""    <form method="post" action="/entries" class="write">
      <label for="text">What is new?</label>
      <textarea id="text" name="text" rows="3" maxlength="1000" required></textarea>
      <button>Write</button>
    </form>""")
    for name, text, at in entries:
        stamp = time.gmtime(at)
        parts.append(f"""    <article>
      <p>{escape(text)}</p>
      <footer>{escape(name)}, <time datetime="{time.strftime('%Y-%m-%dT%H:%M:%SZ', stamp)}">{time.strftime('%Y-%m-%d %H:%M', stamp)}</time></footer>
    </article>""")
    if not entries:
        parts.append('    <p class="empty">Nothing is written yet.</p>')
    return _page(who, "\n".join(parts))


def nothing_here(who):
    """The page for addresses that do not exist."""
    return _page(who, '    <p class="empty">There is nothing here. <a href="/">To the beginning</a></p>')
