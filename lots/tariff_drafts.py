"""Drafts of a lot's tariff: save, throw away, sign off with a date, call off before that date."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from core import shallow_json
from core.errors import ParkingError
from lots import pricing, tariffs
from lots.models import Lot, TariffVersion
from lots.models.tariff_draft_models import TariffDraft, TariffEdit
from lots.tariffs import TariffError

MOST_TEXT = 40_000  # characters; the longest real tariff has about 3,000


class StaleDraft(ParkingError):
    """Someone else saved, signed or threw away this draft in the meantime; nothing was written."""

    code = "draft_stale"


class InForce(ParkingError):
    """A version that is in force is what drivers were promised: it cannot be called off."""

    code = "tariff_in_force"


class NoDocument(TariffError):
    """The text is no JSON at all: `line` and `column` say where it stops being it."""

    code = "tariff_no_json"

    def __init__(self, line: int, column: int) -> None:
        super().__init__("", "is no JSON")
        self.line, self.column = line, column


class DraftTooLong(TariffError):
    """The text has more characters than a draft holds: it is neither read nor saved, and never cut."""

    code = "tariff_too_long"

    def __init__(self, length: int) -> None:
        super().__init__("", f"must not be longer than {MOST_TEXT} characters")
        self.length, self.most = length, MOST_TEXT


def json_of(text: str) -> dict[str, Any] | None:
    """Return the object that a text holds, faults and all; None if it holds none."""
    try:
        document = _parsed(text)
    except TariffError:
        return None
    return document if isinstance(document, dict) else None


def document_of(text: str) -> dict[str, Any]:
    """Return the valid document in a text. Raises `NoDocument`, `DraftTooLong` or another `TariffError`."""
    document = _parsed(text)
    tariffs.read(document)
    return dict(document)


def _parsed(text: str) -> Any:
    """Return the JSON value of a text. Raises `NoDocument`, `DraftTooLong` or another `TariffError`."""
    _must_fit(text)
    try:
        value = shallow_json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
        json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair cannot be shown or stored
    except json.JSONDecodeError as error:
        raise NoDocument(error.lineno, error.colno) from None
    except ValueError:  # nested too deep, a number of thousands of digits, NaN
        raise NoDocument(1, 1) from None
    return value


def _must_fit(text: str) -> None:
    if len(text) > MOST_TEXT:
        raise DraftTooLong(len(text))


def _no_number(word: str) -> None:
    raise ValueError(word)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that is there twice: JSON would keep the last in silence."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise TariffError(next(key for key in keys if keys.count(key) > 1), "must be there once")
    return found


def written(document: Any) -> str:
    """Return a document as the editor shows it: small parts on one line, to be read at a glance."""
    return _written(document, "")


def _written(value: Any, indent: str) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or (indent and len(flat) + len(indent) <= 76):
        return flat
    deeper = indent + "  "
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}: {_written(one, deeper)}" for key, one in value.items()
        ]
    else:
        parts = [_written(one, deeper) for one in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{indent}{closing}"


def open_draft(lot: Lot) -> TariffDraft | None:
    return lot.drafts.filter(closed_at=None).select_related("author", "changed_by").first()


def open_drafts(lots: Iterable[Lot]) -> dict[int, TariffDraft]:
    """Return the open draft of each lot that has one, by the lot's id; without their texts."""
    rows = TariffDraft.objects.filter(lot__in=lots, closed_at=None).defer("text")
    return {row.lot_id: row for row in rows.select_related("changed_by")}


def save(*, lot: Lot, text: str, revision: int, by: User, at: datetime) -> TariffDraft:
    """Keep a text as the lot's draft. `revision` is what the editor began with; 0 where there was no draft.

    Raises `StaleDraft` where someone else saved since, and `DraftTooLong`. The same text saved again by the
    same person (a double click) changes nothing.
    """
    text = text.replace("\r\n", "\n")
    _must_fit(text)
    try:
        with transaction.atomic():
            return _save(lot, text, revision, by, at)
    except IntegrityError:  # someone else's first draft came in between
        raise StaleDraft(f"lot {lot.pk}") from None


def _save(lot: Lot, text: str, revision: int, by: User, at: datetime) -> TariffDraft:
    draft = lot.drafts.select_for_update().filter(closed_at=None).first()
    if draft is None:
        if revision:
            raise StaleDraft(f"lot {lot.pk}")
        draft = TariffDraft.objects.create(
            lot=lot, text=text, author=by, created_at=at, changed_by=by, changed_at=at
        )
    elif draft.text == text and draft.changed_by_id == by.pk:
        return draft
    elif draft.revision != revision:
        raise StaleDraft(f"draft {draft.pk}")
    else:
        draft.text, draft.changed_by, draft.changed_at, draft.revision = text, by, at, revision + 1
        draft.save(update_fields=["text", "changed_by", "changed_at", "revision"])
    TariffEdit.objects.create(draft=draft, revision=draft.revision, text=text, by=by, at=at)
    return draft


@transaction.atomic
def throw_away(draft_id: int, *, revision: int, by: User, at: datetime) -> None:
    """Close a draft unsigned; its texts stay. A second click finds it closed and changes nothing."""
    draft = TariffDraft.objects.select_for_update().get(pk=draft_id)
    if draft.closed_at is not None and draft.became_id is None:
        return
    _must_be(draft, revision)
    _close(draft, None, by, at)


@transaction.atomic
def sign(
    draft_id: int, *, revision: int, valid_from: datetime, by: User, why: str, at: datetime
) -> TariffVersion:
    """Make a draft the lot's next version, in force from a moment that is still to come.

    What is signed is the revision that the signer read: `StaleDraft` if it changed since. A second click
    returns the version of the first. Raises `TariffError` for what is no tariff, `PastTariff` for a moment
    that has gone by: cars inside were promised another price.
    """
    draft = TariffDraft.objects.select_for_update().select_related("lot").get(pk=draft_id)
    if draft.became is not None and draft.closed_by_id == by.pk and draft.revision == revision:
        return draft.became
    _must_be(draft, revision)
    version = pricing.add_version(
        lot=draft.lot, document=document_of(draft.text), valid_from=valid_from, at=at
    )
    version.signed_by, version.signed_at, version.why = by, at, why
    version.save(update_fields=["signed_by", "signed_at", "why"])
    _close(draft, version, by, at)
    return version


def call_off(version_id: int, *, by: User, at: datetime) -> None:
    """Take back a version that is not in force yet. Raises `InForce` where it is; a repeat is nothing."""
    rows = TariffVersion.objects.filter(pk=version_id, withdrawn_at=None)
    if rows.filter(valid_from__gt=at).update(withdrawn_at=at, withdrawn_by=by):
        return
    if rows.exists():
        raise InForce(f"version {version_id}")


def _must_be(draft: TariffDraft, revision: int) -> None:
    if draft.closed_at is not None or draft.revision != revision:
        raise StaleDraft(f"draft {draft.pk}")


def _close(draft: TariffDraft, version: TariffVersion | None, by: User, at: datetime) -> None:
    draft.became, draft.closed_by, draft.closed_at = version, by, at
    draft.save(update_fields=["became", "closed_by", "closed_at"])
