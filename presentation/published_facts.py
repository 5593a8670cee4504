"""The public facts that a first page is made of, as a document, and back.

A page depends on its release and on these facts alone, so anyone who has both can reproduce its bytes. A
sign's code is not among them: it opens the page, and only who stands before the sign should have it. Facts
of a sign are found by a digest of its code.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lots.contacts import code_digest
from presentation.page_data import LotFacts, SignFacts

FORMAT = "pure-code-facts/1"
_LOT = {
    "slug": str,
    "name": str,
    "address": str,
    "zone": str,
    "province": str,
    "exit_window": int,
    "retention_hours": int,
    "closed": bool,
    "legal_name": str,
    "contact": str,
    "service_phone": str,
    "complaint_phones": str,
    "cash_information": str,
    "takes_coupons": bool,
}
_SIGN = {"number": int, "place": str, "at_exit": bool, "at_entry": bool}


class BadFacts(ValueError):
    """A document of facts is incomplete, or a value has the wrong type; the message names it."""


@dataclass(frozen=True)
class PublishedFacts:
    """The facts of one lot, and of its signs by the digest of their code."""

    lot: dict[str, Any]
    signs: dict[str, dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        return {"format": FORMAT, "lot": self.lot, "signs": self.signs}


def publish(lot: LotFacts, signs: Iterable[SignFacts]) -> PublishedFacts:
    """Return the facts to publish for a lot and its signs."""
    facts: dict[str, Any] = {name: getattr(lot, name) for name in _LOT}
    facts["tariff_version"] = lot.tariff_version
    facts["tariff"] = json.loads(lot.tariff) if lot.tariff else None
    facts["tariff_from"] = lot.tariff_from.isoformat() if lot.tariff_from else None
    return PublishedFacts(
        facts, {code_digest(sign.code): {name: getattr(sign, name) for name in _SIGN} for sign in signs}
    )


def read_sign(document: Mapping[str, Any], code: str) -> SignFacts:
    """Return the facts of the sign with this code from a published document; raises BadFacts."""
    if document.get("format") != FORMAT:
        raise BadFacts("format")
    sign = _section(_section(document, "signs"), code_digest(code))
    return SignFacts(code=code, lot=_read_lot(_section(document, "lot")), **_typed(sign, _SIGN))


def _read_lot(facts: Mapping[str, Any]) -> LotFacts:
    tariff, version, begins = facts.get("tariff"), facts.get("tariff_version"), facts.get("tariff_from")
    if tariff is not None and not isinstance(tariff, dict):
        raise BadFacts("tariff")
    if version is not None and type(version) is not int:
        raise BadFacts("tariff_version")
    try:
        tariff_from = datetime.fromisoformat(begins) if begins is not None else None
    except (TypeError, ValueError):
        raise BadFacts("tariff_from") from None
    return LotFacts(
        **_typed(facts, _LOT),
        tariff=json.dumps(tariff, sort_keys=True) if tariff is not None else "",
        tariff_version=version,
        tariff_from=tariff_from,
    )


def _section(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise BadFacts(name)
    return value


def _typed(facts: Mapping[str, Any], types: Mapping[str, type]) -> dict[str, Any]:
    for name, expected in types.items():
        if type(facts.get(name)) is not expected:
            raise BadFacts(name)
    return {name: facts[name] for name in types}
