"""What older formats of the document left open, and how they are read. Pure.

Format 2 had no setting for a band that goes on after a cycle, and none for cycles after deducted minutes. Its
documents mean what they always meant (OPEN_IN_FORMAT_2), so that no signed version changes its price. A new
document must state both.
"""

from collections.abc import Mapping
from typing import Any

from lots.tariffs.checks import dependent_settings

OPEN_IN_FORMAT_2 = {"after_cycle": "run_on", "cycle_starts": "after_free"}
FORMAT_3_ONLY = (
    frozenset(OPEN_IN_FORMAT_2)
    | {"tail_min", "long_caps", "offers", "offers_apply", "seasons", "ends"}
    | {"shared_caps", "percent", "sum_rounding", "turn", "month_cap", "week_cap", "reached", "unknown_entry"}
    | {"overnight", "entry_fee", "stay_minimum", "day_caps"}
)

type Document = dict[str, Any]


def completed(part: Mapping[str, Any]) -> Document:
    """Return a rule with the settings of format 3 that it needs, each as format 2 meant it, and no others.

    A part that is malformed is returned unchanged: the reader names the fault.
    """
    try:
        wanted = {key: needed for key, needed, _ in dependent_settings(part) if key in OPEN_IN_FORMAT_2}
    except (KeyError, TypeError, AttributeError):
        return dict(part)
    rest = {key: value for key, value in part.items() if key not in wanted}
    return rest | {key: part.get(key) or OPEN_IN_FORMAT_2[key] for key, needed in wanted.items() if needed}


def latest(document: Mapping[str, Any]) -> Document:
    """Return a valid document in format 3, with what format 2 left open stated as it was priced."""
    top = completed(document) | {"format": 3}
    if "classes" in top:
        top["classes"] = [_class(one, document, top) for one in top["classes"]]
    return top


def _class(part: Mapping[str, Any], before: Mapping[str, Any], top: Document) -> Document:
    if "rule" not in part:
        return dict(part)
    merged = {key: value for key, value in (dict(before) | part["rule"]).items() if value is not None}
    whole, own = completed(merged), dict(part["rule"])
    for key in OPEN_IN_FORMAT_2:
        if whole.get(key) != top.get(key):
            own[key] = whole.get(key)
    return {**part, "rule": own}


def unanswered(document: Mapping[str, Any]) -> list[str]:
    """Return the paths of the settings that a valid document of format 2 leaves open."""
    if document["format"] != 2:
        return []
    new = latest(document)
    paths = [key for key in OPEN_IN_FORMAT_2 if key in new]
    for index, one in enumerate(new.get("classes", [])):
        own = one.get("rule", {})
        paths += [f"classes[{index}].rule.{key}" for key in OPEN_IN_FORMAT_2 if own.get(key)]
    return paths
