"""How often one visitor may ask in a minute. Each instance counts for itself: with more of them a visitor may ask more often, and none
has to ask another."""

import math
import os
import time

MOST = int(os.environ["PER_MINUTE"])
_counts = {}
_minute = 0


def wait(user):
    """The seconds to wait; None when there is no need to."""
    global _minute
    now = time.time()
    if now // 60 != _minute:
        _minute = now // 60
        _counts.clear()
    _counts[user] = _counts.get(user, 0) + 1
    return math.ceil((_minute + 1) * 60 - now) if _counts[user] > MOST else None
