"""How much the tests try: `make test-deep` tries four times as many random cases as usual (EFFORT=4).

The usual cases are the same each time, so that only a change can fail a run; more effort draws others.
Tables of one thing by another (role × page, death × engine) are tried in part, and whole with more effort.
"""

import os

EFFORT = float(os.environ.get("EFFORT", "1"))


def cases(usual: int) -> int:
    """Return how many cases to try where `usual` are usual; at least one."""
    return max(1, round(usual * EFFORT))
