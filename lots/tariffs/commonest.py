"""The settings that most lots have, as a small form: read from a document and written into it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lots.tariffs.document_formats import completed, latest

NEW: dict[str, Any] = {
    "format": 3,
    "currency": "CNY",
    "rounding": "started",
    "steps": [{"until_min": None, "unit_min": 60, "price": 500}],
    "steps_count": "cycle",
    "cycle": {"basis": "from_entry", "hours": 24},
    "exempt": ["emergency"],
    "after_exit_window": "recomputed",
}


@dataclass(frozen=True)
class Commonest:
    """Minutes and fen; `first_min` 0: one price from the beginning; `cap` 0: no cap."""

    free_min: int = 0
    free_mode: str = "threshold"
    first_min: int = 0
    first_unit: int = 60
    first_price: int = 0
    unit_min: int = 60
    price: int = 500
    cap: int = 0
    basis: str = "from_entry"


def commonest_of(document: Mapping[str, Any]) -> Commonest | None:
    """Return what the small form shows of a valid document; None where its parts are more than that."""
    steps, caps, free = document.get("steps", []), document.get("caps", []), document.get("free") or {}
    units = 1 <= len(steps) <= 2 and all("unit_min" in step for step in steps)
    if not units or len(caps) > 1 or document.get("caps_count", "per_cycle") != "per_cycle":
        return None
    first, last = steps[0], steps[-1]
    two = len(steps) == 2
    return Commonest(
        free_min=free.get("minutes", 0),
        free_mode=free.get("mode", "threshold"),
        first_min=first["until_min"] if two else 0,
        first_unit=first["unit_min"] if two else 60,
        first_price=first["price"] if two else 0,
        unit_min=last["unit_min"],
        price=last["price"],
        cap=caps[0]["amount"] if caps else _stay_cap(document),
        basis=document["cycle"]["basis"],
    )


def with_commonest(document: Mapping[str, Any] | None, said: Commonest) -> dict[str, Any]:
    """Return the document with these settings in their places and all others as they were."""
    top = latest(document or NEW)
    for key in ("free", "caps", "caps_count"):
        if key == "free" and isinstance(top.get("free"), Mapping) and said.free_min:
            continue
        top.pop(key, None)
    if said.free_min:
        before = top.get("free") or {"repeat": "once"}
        top["free"] = {**before, "minutes": said.free_min, "mode": said.free_mode}
    top["steps"] = [{"until_min": None, "unit_min": said.unit_min, "price": said.price}]
    if said.first_min:
        first = {"until_min": said.first_min, "unit_min": said.first_unit, "price": said.first_price}
        top["steps"].insert(0, first)
    if top.get("cycle", {}).get("basis") != said.basis:
        top["cycle"] = {
            "from_entry": {"basis": "from_entry", "hours": 24},
            "calendar_day": {"basis": "calendar_day", "reset": "00:00"},
        }.get(said.basis, {"basis": "none"})
    if said.basis == "none":
        top["steps_count"] = "stay" if top.get("steps_count") == "cycle" else top.get("steps_count", "stay")
    if said.basis == "none":
        top.pop("stay_cap", None)
    if said.cap:
        if said.basis == "none":
            top["stay_cap"] = said.cap
        else:
            top |= {"caps": [{"cycle": "each", "amount": said.cap}], "caps_count": "per_cycle"}
    starts = top.pop("cycle_starts", "entry")  # as boards put it: each 24 hours from the entry
    done = completed(top)
    return done | {"cycle_starts": starts} if "cycle_starts" in done else done


def _stay_cap(top: Mapping[str, Any]) -> int:
    """Without cycles the one cap is that of the stay."""
    return int(top.get("stay_cap") or 0) if top["cycle"]["basis"] == "none" else 0
