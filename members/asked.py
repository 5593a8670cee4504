"""Data that a member may be asked for: a fixed list, with the benefit that each entry serves. Pure.

An operator chooses benefits, never fields. A benefit brings the fields that it cannot work without, and
may be set to offer some that only make it handier. What is not in this table has no column and no form.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from core.errors import ParkingError


class AskedField(StrEnum):
    """Everything that this product can ever ask of a member."""

    PHONE = "phone"
    PLATE = "plate"
    NAME = "name"


class BenefitKind(StrEnum):
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
SERVES: dict[BenefitKind, dict[AskedField, Need]] = {
    BenefitKind.MINUTES: {AskedField.PHONE: Need.NEEDED, AskedField.PLATE: Need.OPTIONAL},
    BenefitKind.PERCENT: {AskedField.PHONE: Need.NEEDED, AskedField.PLATE: Need.OPTIONAL},
    BenefitKind.POINTS: {AskedField.PHONE: Need.NEEDED},
    BenefitKind.PASS: {
        AskedField.PHONE: Need.NEEDED,
        AskedField.PLATE: Need.NEEDED,
        AskedField.NAME: Need.OPTIONAL,
    },
}


class NotAsked(ParkingError):
    """Someone wants to ask for what is not in the table, or for what serves another benefit."""

    code = "member_field"


def chosen(kind: BenefitKind, optional: Iterable[str]) -> frozenset[AskedField]:
    """Return the optional fields that an operator may switch on for a benefit, or raise `NotAsked`."""
    offered = {field for field, need in SERVES[kind].items() if need is Need.OPTIONAL}
    unknown = set(optional) - {str(field) for field in offered}
    if unknown:
        raise NotAsked(", ".join(sorted(unknown)))
    return frozenset(AskedField(name) for name in optional)


def asked(benefits: Sequence[tuple[BenefitKind, frozenset[AskedField]]]) -> dict[AskedField, Need]:
    """Return what is asked where these benefits run; `NEEDED` only where none of them works without it."""
    switched = {field for _, optional in benefits for field in optional}
    found: dict[AskedField, Need] = {}
    for field in AskedField:
        needs = [SERVES[kind].get(field) for kind, _ in benefits]
        if needs and all(need is Need.NEEDED for need in needs):
            found[field] = Need.NEEDED
        elif Need.NEEDED in needs or field in switched:
            found[field] = Need.OPTIONAL
    return found
