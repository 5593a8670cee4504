"""Names of ours for stays of a parking system that numbers only its bills, a new one for each question.

A name is `~` and a digest of plate and entry time, then the plate's part: `~p` and a digest of the plate.
Where an answer tells no entry time, the name is the plate's part alone, and means any stay of that plate.
"""

MARK = "~"  # before each name of ours
PLATE_MARK = f"{MARK}p"
LENGTH = 24  # of each digest
TIMED_LENGTH = len(MARK) + LENGTH  # of what is left once the plate's part was dropped


def plate_part(name: str) -> str:
    """Return the plate's part of a name of ours; "" where it was dropped, and of another system's number."""
    at = name.find(PLATE_MARK) if name.startswith(MARK) else -1
    return name[at:] if at >= 0 else ""


def may_be_one(name: str, other: str) -> bool:
    """Return whether two names may be of one stay: its system may tell the entry time in one answer only."""
    plate = plate_part(name)
    return name == other or (bool(plate) and plate_part(other) == plate and plate in {name, other})
