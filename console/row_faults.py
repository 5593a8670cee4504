"""What is wrong with the rows of a file, in words: each reason once, with the rows that have it."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.number_ranges import ranges

MOST_REASONS = 100
MOST_RANGES = 20  # of the rows of one reason


def row_faults(faults: Sequence[tuple[int, str]]) -> list[str]:
    """Return a sentence for each reason; one wrong column makes every row wrong, and hides no other fault."""
    rows_of: dict[str, list[int]] = {}
    for number, why in faults:
        rows_of.setdefault(why, []).append(number)
    shown = list(rows_of.items())[:MOST_REASONS]
    more = len(faults) - sum(len(rows) for _why, rows in shown)
    return [
        *(_sentence(rows, why) for why, rows in shown),
        *([_("… and %(count)s more rows.") % {"count": more}] if more else []),
        _("Nothing was imported. Fix these rows and upload the whole file again."),
    ]


def _sentence(rows: list[int], why: str) -> str:
    if len(rows) == 1:
        return _("Row %(number)s: %(why)s") % {"number": rows[0], "why": why}
    found = list(ranges(rows))
    comma = pgettext("list", ", ")
    some = comma.join(found[:MOST_RANGES]) + (comma + "…" if len(found) > MOST_RANGES else "")
    words = {"numbers": some, "count": len(rows), "why": why}
    return _("Rows %(numbers)s (%(count)s rows): %(why)s") % words
