"""Data that a member may be asked for: a fixed list, with the benefit that each entry serves. Pure.

An operator chooses benefits, never fields. A benefit brings the fields that it cannot work without, and
may be set to offer some that only make it handier. What is not in this table has no column and no form.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from core.errors import ParkingError


class Field(StrEnum):
    """Everything that this product can ever ask of a member."""

    PHONE = "phone"
    PLATE = "plate"
    NAME = "name"


class Kind(StrEnum):
    """What a member gets."""

    MINUTES = "minutes"  # so many minutes free, once a day
    PERCENT = "percent"  # so much off, once a day
    POINTS = "points"  # for receipts; they become coupons
    PASS = "pass"  # noqa: S105 - a monthly pass


class Need(StrEnum):
    """Whether a benefit works without the field."""

    NEEDED = "needed"
    OPTIONAL = "optional"


# The phone is the way in: without it nobody could come back to an account, or prove that it is theirs.
SERVES: dict[Kind, dict[Field, Need]] = {
    Kind.MINUTES: {Field.PHONE: Need.NEEDED, Field.PLATE: Need.OPTIONAL},
    Kind.PERCENT: {Field.PHONE: Need.NEEDED, Field.PLATE: Need.OPTIONAL},
    Kind.POINTS: {Field.PHONE: Need.NEEDED},
    Kind.PASS: {Field.PHONE: Need.NEEDED, Field.PLATE: Need.NEEDED, Field.NAME: Need.OPTIONAL},
}


class NotAsked(ParkingError):
    """Someone wants to ask for what is not in the table, or for what serves another benefit."""

    code = "member_field"


def chosen(kind: Kind, optional: Iterable[str]) -> frozenset[Field]:
    """Return the optional fields that an operator may switch on for a benefit, or raise `NotAsked`."""
    offered = {field for field, need in SERVES[kind].items() if need is Need.OPTIONAL}
    unknown = set(optional) - {str(field) for field in offered}
    if unknown:
        raise NotAsked(", ".join(sorted(unknown)))
    return frozenset(Field(name) for name in optional)


def asked(benefits: Sequence[tuple[Kind, frozenset[Field]]]) -> dict[Field, Need]:
    """Return what is asked where these benefits run; `NEEDED` only where none of them works without it."""
    switched = {field for _, optional in benefits for field in optional}
    found: dict[Field, Need] = {}
    for field in Field:
        needs = [SERVES[kind].get(field) for kind, _ in benefits]
        if needs and all(need is Need.NEEDED for need in needs):
            found[field] = Need.NEEDED
        elif Need.NEEDED in needs or field in switched:
            found[field] = Need.OPTIONAL
    return found
