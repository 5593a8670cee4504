"""Acts on many rows of a list: end sessions, extend or cancel permits, withdraw coupons, revoke devices.

A list names its acts in `acts`. Staff choose rows, or all that are filtered, and fill in the form. A
preview (`console.bulk_pages`) says what will happen to which rows; the confirmation acts on those alone, and
leaves out each that is not as the preview showed it.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django import forms
from django.contrib.auth.models import User
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.list_filters import day_field
from console.permit_words import moment_words
from console.reason_forms import ReasonField
from core.money import yuan
from lots import permits
from lots.models import ParkingSession, Permit, PlateRead
from lots.permit_import import term_of
from lots.pricing import NoTariff
from lots.sessions import due_fen
from lots.setup import device_settings
from lots.setup.change_recorder import ChangedBy as SettingBy
from payments import staff_actions
from payments.coupons.coupon_issuing import NotRevocable, revoke
from payments.coupons.coupon_models import Coupon
from payments.staff_action_log import ActedBy
from presentation.templatetags.money_tags import grouped

MOST = 200  # rows of one act: each has its own transaction


class BulkForm(forms.Form):
    """Fields of every bulk act."""

    why = ReasonField(label=_("Reason (no plates or names)"))

    def __init__(self, data: Any = None, *, prefix: str) -> None:
        super().__init__(data, prefix=prefix, label_suffix="")

    def values(self) -> dict[str, str]:
        """Return what was filled in as plain text, but for the reason."""
        return {name: str(value) for name, value in self.cleaned_data.items() if name != "why"}


class EndSessionsForm(BulkForm):
    exit = forms.ChoiceField(
        label=_("Time of exit"),
        choices=[("seen", _("When a camera last saw the car")), ("now", _("Now"))],
    )
    field_order = ["exit", "why"]


class ExtendPermitsForm(BulkForm):
    last = day_field(_("Extend until (inclusive)"))
    field_order = ["last", "why"]

    def __init__(self, data: Any = None, *, prefix: str) -> None:
        super().__init__(data, prefix=prefix)
        self.fields["last"].required = True


@dataclass(frozen=True)
class Press:
    """A confirmed act: who, why, which values. `key` and `shown_at` are the preview's, `at` is now."""

    key: UUID
    staff: User
    why: str
    values: dict[str, str]
    shown_at: datetime
    at: datetime

    def number(self, row: Any) -> UUID:
        """Return the number of this act on one row: the same for each press."""
        return uuid5(self.key, str(row.pk))


@dataclass(frozen=True)
class BulkAct:
    """One act. `refusal` says why a row cannot take part ("": it can), `effect` what will become of it."""

    name: str
    label: Promise
    action: str  # the permission, in the row's lot
    form: type[BulkForm]
    sentence: Callable[[int, Press, list[Any]], str]
    seen: Callable[[Any], tuple[Any, ...]]  # what must still be so when it is confirmed
    refusal: Callable[[Any, Press], str]
    effect: Callable[[Any, Press], str]
    do: Callable[[Any, Press], Any]
    before: Callable[[Any, Press], Any] = lambda _row, _press: None  # outside of the row's transaction

    def mark(self, row: Any) -> str:
        """Return a short digest of what the preview showed of a row."""
        return hashlib.sha256(repr(self.seen(row)).encode()).hexdigest()[:16]


def _in_lots(rows: Iterable[Any]) -> str:
    names = sorted({row.lot.name for row in rows})
    more = gettext(" and %(count)s more") % {"count": len(names) - 3} if len(names) > 3 else ""
    return gettext(", ").join(names[:3]) + more


# Sessions


def _left_at(row: ParkingSession, press: Press) -> datetime:
    """Return when a car counts as gone: now, or when it was last read, at its entry at the earliest."""
    if press.values["exit"] == "now":
        return press.shown_at
    last = PlateRead.objects.filter(session=row).aggregate(at=Max("captured_at"))["at"]
    known = [at for at in (last, row.entered_at) if at is not None]
    return min(max(known), press.shown_at) if known else press.shown_at


def _balance(row: ParkingSession, press: Press) -> int:
    """Return what a session would owe at its end, in fen; 0 where that is unknown."""
    if row.entered_at is None:
        return 0
    try:
        return due_fen(row, at=_left_at(row, press))
    except NoTariff:
        return 0


def _end_sentence(count: int, press: Press, rows: list[ParkingSession]) -> str:
    fen = sum(_balance(row, press) for row in rows)
    return gettext(
        "Stays to end: %(count)s (%(lots)s). ¥%(amount)s that is unpaid becomes outstanding balances. No"
        " barrier opens."
    ) % {"count": count, "lots": _in_lots(rows), "amount": grouped(yuan(fen))}


def _end_effect(row: ParkingSession, press: Press) -> str:
    left, fen = f"{localtime(_left_at(row, press)):%Y-%m-%d %H:%M}", _balance(row, press)
    if not fen:
        return gettext("ends %(at)s, owes nothing") % {"at": left}
    return gettext("ends %(at)s, owes ¥%(amount)s") % {"at": left, "amount": grouped(yuan(fen))}


END = BulkAct(
    name="end",
    label=_("End stays"),
    action="stays.act",
    form=EndSessionsForm,
    sentence=_end_sentence,
    seen=lambda row: (
        row.entered_at,
        row.left_at,
        row.paid_fen,
        row.relief_fen,
        bytes(row.plate_index or b""),
        PlateRead.objects.filter(session=row).aggregate(at=Max("captured_at"))["at"],
    ),
    refusal=lambda row, _press: "" if row.left_at is None else gettext("has ended already"),
    effect=_end_effect,
    before=lambda row, press: staff_actions.close_attempts(row, at=press.at),
    do=lambda row, press: staff_actions.end_session(
        row,
        left_at=_left_at(row, press),
        by=ActedBy(press.number(row), press.staff, press.why),
        at=press.at,
    ),
)


# Permits


def _until(row: Permit, press: Press) -> datetime:
    first = row.valid_from.astimezone(row.lot.tz).date()
    return term_of(row.lot, first, datetime.fromisoformat(press.values["last"]).date())[1]


def _extend_refusal(row: Permit, press: Press) -> str:
    if row.closed_at is not None:
        return gettext("has ended; add a new one")
    try:
        until = _until(row, press)
    except permits.BadTerm:
        return gettext("cannot end on that day")
    if until <= row.valid_until:
        return gettext("is valid that long already")
    return gettext("cannot end on that day") if until <= press.at else ""


EXTEND = BulkAct(
    name="extend",
    label=_("Extend permits"),
    action="rights.edit",
    form=ExtendPermitsForm,
    sentence=lambda count, press, rows: (
        gettext("Permits to extend until %(last)s: %(count)s (%(lots)s).")
        % {"count": count, "last": press.values["last"], "lots": _in_lots(rows)}
    ),
    seen=lambda row: (
        row.valid_from,
        row.valid_until,
        row.closed_at,
        row.name,
        bytes(row.plate_index or b""),
    ),
    refusal=_extend_refusal,
    effect=lambda row, press: f"{moment_words(row.ends_at, row.lot, ends=True)} → {press.values['last']}",
    do=lambda row, press: permits.extend(row, until=_until(row, press), at=press.at, by=press.staff),
)


CANCEL = BulkAct(
    name="cancel",
    label=_("Cancel permits"),
    action="rights.edit",
    form=BulkForm,
    sentence=lambda count, _press, rows: (
        gettext(
            "Permits that end now: %(count)s (%(lots)s). They cannot be restored; these cars pay from now on."
        )
        % {"count": count, "lots": _in_lots(rows)}
    ),
    seen=EXTEND.seen,
    refusal=lambda row, press: (
        gettext("has ended already") if row.closed_at is not None or row.valid_until <= press.at else ""
    ),
    effect=lambda row, _press: (
        gettext("%(end)s → ends now") % {"end": moment_words(row.ends_at, row.lot, ends=True)}
    ),
    do=lambda row, press: permits.revoke(row, why=press.why, at=press.at, by=press.staff),
)


# Devices

REVOKE = BulkAct(
    name="revoke",
    label=_("Revoke devices"),
    action="devices.edit",
    form=BulkForm,
    sentence=lambda count, _press, rows: (
        gettext(
            "Devices whose keys are revoked for good: %(count)s (%(lots)s). No reads and no barrier orders"
            " until they are enrolled again."
        )
        % {"count": count, "lots": _in_lots(rows)}
    ),
    seen=lambda row: (row.name, row.lane_id, row.key_id, row.revoked_at),
    refusal=lambda row, _press: "" if row.revoked_at is None else gettext("is revoked already"),
    effect=lambda _row, _press: gettext("key revoked"),
    do=lambda row, press: device_settings.revoke(
        row, by=SettingBy(press.staff, press.number(row), press.why), at=press.at
    ),
)


# Coupons


def _coupon_refusal(row: Coupon, press: Press) -> str:
    if row.state not in Coupon.OPEN:
        return gettext("is used, withdrawn or expired already")
    return gettext("has expired") if row.valid_until <= press.at else ""


def _coupon_effect(row: Coupon, _press: Press) -> str:
    how = gettext("by plate") if row.for_plate else gettext("QR code …%(end)s") % {"end": row.code_end}
    facts = {"shop": row.shop.name, "coupon": row.offer.name, "how": how}
    return gettext("%(shop)s, %(coupon)s, %(how)s: no longer works") % facts


def _withdraw(row: Coupon, press: Press) -> None:
    """Withdraw a coupon. Raises `NotRevocable`, so that the outcome is stored as a refusal."""
    if not revoke(row, why=press.why, at=press.at, by=press.staff):
        raise NotRevocable


WITHDRAW = BulkAct(
    name="withdraw",
    label=_("Withdraw coupons"),
    action="coupons.withdraw",
    form=BulkForm,
    sentence=lambda count, _press, rows: (
        gettext(
            "Unused coupons to withdraw: %(count)s (%(lots)s). They stop working at once and cannot be"
            " restored; printed QR codes become worthless."
        )
        % {"count": count, "lots": _in_lots(rows)}
    ),
    seen=lambda row: (row.state, row.session_id, row.valid_until),
    refusal=_coupon_refusal,
    effect=_coupon_effect,
    do=_withdraw,
)

BULK_ACTS: dict[tuple[str, str], BulkAct] = {  # by the list's name and the act's
    ("stays", END.name): END,
    ("permits", EXTEND.name): EXTEND,
    ("permits", CANCEL.name): CANCEL,
    ("devices", REVOKE.name): REVOKE,
    ("coupons", WITHDRAW.name): WITHDRAW,
}
