"""Documents of the first format, read as documents of the second. Pure."""

from collections.abc import Mapping
from typing import Any

FIRST_MUST = {"currency", "steps", "cycle"}
FIRST_MAY = {"free", "caps", "exempt"}
FIRST_MEANT = {  # what the first format could not say, and always meant
    "rounding": "started",
    "steps_count": "cycle",
    "after_exit_window": "recomputed",
}


def upgraded(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a valid document of the first format as one of the second that prices every stay alike."""
    new = {"format": 2, **document, **FIRST_MEANT}
    new["cycle"] = {"basis": "from_entry", **document["cycle"]}
    if "free" in document:
        new["free"] = {**document["free"], "repeat": "once"}
    if document.get("caps"):
        new["caps_count"] = "per_cycle"
    else:
        new.pop("caps", None)
    return new
