"""What the judges in Python share: expectations that are counted."""

import re
import sys

passed, failed = [], []


def check(name, condition, shown=None):
    """Counts one expectation."""
    (passed if condition else failed).append(name)
    if not condition:
        print(f"FAILED {name}: {shown!r}", file=sys.stderr)


def equal(name, got, expected):
    """Counts one expectation of a value."""
    check(name, got == expected, {"got": got, "expected": expected})


class Text:
    """Equals any text that the pattern matches whole."""

    def __init__(self, pattern):
        self.pattern = pattern

    def __eq__(self, other):
        return isinstance(other, str) and re.fullmatch(self.pattern, other) is not None

    def __repr__(self):
        return f"Text({self.pattern!r})"
