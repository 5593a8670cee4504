"""Every fault of a document at once, so that a form can show each beside its field. Pure.

The reader stops at the first fault. Here that part is replaced by one that is right, and the document is read
again; what the replacement itself would cause is not reported.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from lots.tariffs.json_fields import below
from lots.tariffs.reading import open_times, read
from lots.tariffs.tariff_errors import TariffError

MOST_FAULTS = 60
MOST_DEPTH = 16  # objects and lists in each other; a step of a class in a season has 12
MOST_WORK = 10_000_000  # characters times rules: a form is answered within a second or two, whatever it says
RIGHT: dict[str, Any] = {  # a value for each key with which the rest of most documents can be read
    "format": 3,
    "currency": "CNY",
    "rounding": "started",
    "steps_count": "stay",
    "cycle": {"basis": "from_entry", "hours": 24},
    "after_exit_window": "recomputed",
    "basis": "none",
    "steps": [{"until_min": None, "unit_min": 60, "price": 0}],
    "hours": 24,
    "reset": "00:00",
    "caps_count": "per_cycle",
    "crossing": "sum_per_band",
    "band_days": "moment",
    "after_cycle": "begin_again",
    "cycle_starts": "entry",
    "offers_apply": "first",
    "sum_rounding": {"unit": 1, "how": "down"},
    "unit": 1,
    "how": "down",
    "price": 0,
    "flat": 0,
    "total": 0,
    "amount": 1_000_000,
    "cap": 1_000_000,
    "unit_min": 1,
    "minutes": 1,
    "times": 1,
    "stay_cap": 1_000_000,
    "month_cap": 10_000_000,
    "week_cap": 10_000_000,
    "entry_fee": 1,
    "stay_minimum": 1,
    "measure": "length",
    "unknown_entry": 1,
    "mode": "threshold",
    "repeat": "once",
    "after_min": 44640,
    "cycles": 2,
    "at": "00:00",
    "nights": "each",
    "from": "00:00",
    "by": "24:00",
    "within_min": 1,
    "day": "next",
    "as": "no_free",
}
PARTS_OF = {  # settings, and the parts that each belongs to
    "crossing": ("bands",),
    "band_days": ("bands",),
    "after_cycle": ("bands", "cycle"),
    "cycle_starts": ("free", "cycle"),
    "caps_count": ("caps",),
    "day_caps": ("caps", "caps_count"),
    "offers_apply": ("offers",),
}
BETWEEN_PARTS = (
    *("must not be below", "must not be above", "must not make longer", "must be below"),
    "must be above the minimum",
)
OF_BANDS = ("is missing: no band holds", "must not overlap", "must not be band: there are no bands")
OF_ONE_PART = ("must be null", "must not be the whole day", "must not be the beginning of the night")


def all_faults(document: object) -> list[TariffError]:
    """Return the faults of a document, the reader's first one first; none if it is a tariff."""
    if not isinstance(document, Mapping):
        return [TariffError("", "must be an object")]
    if _is_deep(document):
        return [TariffError("", f"must not be deeper than {MOST_DEPTH}")]
    found: list[TariffError] = []
    rest = deepcopy(dict(document))
    for _ in range(_most_reads(document)):
        try:
            tariff = read(rest)
        except TariffError as error:
            known = {one.path for one in found}
            if not found or (error.path not in known and not _is_of_repair(error, known)):
                found.append(error)
            if not _repaired(rest, error.path, again=error.path in known):
                break
        else:
            return found or list(open_times(tariff))
    return found


def _is_of_repair(error: TariffError, known: set[str]) -> bool:
    """Return whether a fault can come from a replacement, or from a part that was taken out below it."""
    parent, _, key = error.path.rpartition(".")
    if error.reason.startswith(OF_BANDS) or "shared_caps[" in parent:
        return any(re.search(r"\bbands\b", path) for path in known)
    if error.reason == "is missing" and key != "until_min":
        return any(path.startswith((f"{error.path}.", f"{error.path}[")) for path in known)
    if error.reason.startswith(OF_ONE_PART) or key == "until_min":
        whole = (f"{parent.rpartition('[')[0]}[", f"{parent}.", f"{error.path}.")
        return any(path.startswith(whole) for path in known)
    if error.reason.startswith("must not be there"):
        parts = [below(parent, part) for part in PARTS_OF.get(key, ())]
        return any(re.match(rf"{re.escape(part)}\b", path) for part in parts for path in known)
    if error.reason.startswith("must say"):
        return any(path.startswith(f"{error.path}.") for path in known)
    return error.reason.startswith(BETWEEN_PARTS)


def _is_deep(document: object) -> bool:
    """Return whether a document is nested too deep to be copied; level by level, without recursion."""
    level: list[Any] = [document]
    for _ in range(MOST_DEPTH):
        holders = [part.values() if isinstance(part, Mapping) else part for part in level]
        level = [one for holder in holders for one in holder if isinstance(one, Mapping | list)]
    return bool(level)


def _most_reads(document: Mapping[str, Any]) -> int:
    """Return how often a document may be read; each class has a rule of its own in each season."""
    lists = (document.get(key) for key in ("classes", "seasons"))
    classes, seasons = (1 + len(one) if isinstance(one, list) else 1 for one in lists)
    rule = {key: part for key, part in document.items() if key not in ("classes", "seasons")}
    return max(1, min(MOST_FAULTS, MOST_WORK // (len(repr(rule)) * classes * seasons)))


def _repaired(document: dict[str, Any], path: str, *, again: bool) -> bool:
    """Put something right at a path, or take the part out; return whether anything could be done."""
    tokens: list[str | int] = [
        int(index) if index else key for key, index in re.findall(r"(\w+)|\[(\d+)\]", path)
    ]
    if not tokens:
        return False
    *way, last = tokens
    holder: Any = document
    for token in way:
        try:
            holder = holder[token]
        except (KeyError, IndexError, TypeError):
            return _removed(document, tokens[:-1])
    if isinstance(holder, dict) and last in RIGHT and not again and holder.get(str(last)) != RIGHT[str(last)]:
        holder[str(last)] = deepcopy(RIGHT[str(last)])
        return True
    return _removed(document, tokens)


def _removed(document: dict[str, Any], tokens: list[str | int]) -> bool:
    """Remove the part at a path, or the last part on the way to it; a list that becomes empty goes too."""
    holder: Any = document
    try:
        for token in tokens[:-1]:
            holder = holder[token]
        del holder[tokens[-1]]
    except (KeyError, IndexError, TypeError):
        return _removed(document, tokens[:-1]) if len(tokens) > 1 else False
    if isinstance(holder, list) and not holder and len(tokens) > 1:
        return _removed(document, tokens[:-1])
    return True
