"""The opening checklist of a lot (开通清单): what is left to do before it takes money, read from the data."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.addresses import public_url
from lots.models import Lane, Lot, ParkingSystemLink
from lots.systems.fault_texts import meaning_of
from payments import channel_test, channels
from payments.models import Payment
from staff.access import Access


@dataclass(frozen=True)
class ChecklistStep:
    """One step of a lot's opening: whether it is done, its page, and the command that does it too."""

    label: str
    done: bool
    hint: str | Promise = ""
    command: str = ""  # to be typed on the server as it stands
    page: str = ""  # address of the console's page
    action: str = "lots.edit"  # the permission that page requires
    link: str = ""  # a driver page
    before_opening: bool = True  # best done before drivers pay
    operator_wide: bool = False  # the page requires the permission in every lot of the operator


APPLY = "manage.py apply lot.json"  # the same by command, for each step of the lot itself


def steps_of(lot: Lot) -> list[ChecklistStep]:
    """Return every step of a lot, in the order in which they are best done."""
    steps = STEPS if lot.system == Lot.System.BUILTIN else STEPS_IN_FRONT
    return [step(lot) for step in steps]


def progress_of(lot: Lot, person: Access) -> dict[str, Any]:
    """Return the steps for a page, how many are done, and which comes next.

    A step whose page `person` cannot open has none.
    """
    steps = [step if _may_open(step, lot, person) else replace(step, page="") for step in steps_of(lot)]
    done = sum(step.done for step in steps)
    following = next((step for step in steps if not step.done), None)
    return {"steps": steps, "done_count": done, "undone": len(steps) - done, "next_step": following}


def _may_open(step: ChecklistStep, lot: Lot, person: Access) -> bool:
    if step.operator_wide:
        return person.operators(step.action).filter(pk=lot.operator_id).exists()
    return person.may(step.action, lot.pk)


def operator_details(lot: Lot) -> ChecklistStep:
    operator = lot.operator
    required = (
        operator.legal_name,
        operator.contact,
        operator.service_phone,
        operator.cash_information,
    )
    return ChecklistStep(
        _("Operator details"),
        all(text.strip() for text in required),
        _("Full name, contact, service phone and cash payment details are all required: drivers see them."),
        APPLY,
        reverse("console:operator", args=[operator.pk]) + "?" + urlencode({"lot": lot.slug}),
        operator_wide=True,
    )


def lot_details(lot: Lot) -> ChecklistStep:
    return ChecklistStep(
        _("Lot details"),
        bool(lot.address.strip()),
        _("Full street address: it is shown on signs and payment pages."),
        APPLY,
        reverse("console:lot-settings", args=[lot.slug]),
    )


def lanes(lot: Lot) -> ChecklistStep:
    directions = set(lot.lanes.values_list("direction", flat=True))
    complete = Lane.Direction.BOTH in directions or {Lane.Direction.ENTRY, Lane.Direction.EXIT} <= directions
    return ChecklistStep(
        _("Lane"),
        complete,
        _("At least one entry lane and one exit lane."),
        APPLY,
        reverse("console:lanes", args=[lot.slug]),
    )


def tariff(lot: Lot) -> ChecklistStep:
    has_one = lot.tariffs.not_withdrawn().exists()
    return ChecklistStep(
        _("Tariffs"),
        has_one,
        _("Fees cannot be calculated without a tariff. Start with a common one and change it later."),
        APPLY,
        reverse("console:tariff" if has_one else "console:first-tariff", args=[lot.slug]),
        "tariffs.see" if has_one else "tariffs.sign",
    )


def devices(lot: Lot) -> ChecklistStep:
    """Return the step that is done once every lane has a device that made contact."""
    connected = lot.devices.in_use().filter(last_seen_at__isnull=False).values("lane")
    first = lot.lanes.exclude(pk__in=connected).order_by("pk").first()
    page, waiting = reverse("console:add-device", args=[lot.slug]), None
    if first:
        page += "?" + urlencode({"lane": first.pk})
        waiting = lot.devices.in_use().filter(lane=first).order_by("pk").first()
    if waiting:
        page = reverse("console:device", args=[waiting.pk])
    hint = _("No lanes yet.")
    if first:
        text = (
            _("The device of lane “%(lane)s” is enrolled but has not made contact.")
            if waiting
            else _("Lane “%(lane)s” has no device yet.")
        )
        hint = text % {"lane": first.name}
    return ChecklistStep(
        _("Devices"),
        first is None and lot.lanes.exists(),
        hint,
        APPLY,
        page,
        "devices.edit",
    )


def parking_system(lot: Lot) -> ChecklistStep:
    """Return the step that is done once the lot's parking system passed its test and answers."""
    row = ParkingSystemLink.objects.filter(lot=lot).first()
    text = _("Name the system that is there, and test the connection.")
    return ChecklistStep(
        _("Parking system"),
        row is not None and row.checked_at is not None and not row.fault,
        meaning_of(row.fault) if row and row.fault else text,
        f"manage.py check_system {lot.slug}",
        reverse("console:system", args=[lot.slug]),
    )


def signs(lot: Lot) -> ChecklistStep:
    return ChecklistStep(
        _("Signs"),
        lot.signs.pure().exists(),
        _("At least one pure code where drivers can see it."),
        APPLY,
        reverse("console:signs", args=[lot.slug]),
        "signs.edit",
    )


def payment_channels(lot: Lot) -> ChecklistStep:
    return ChecklistStep(
        _("Payment channel"),
        bool(channels.of_lot(lot)),
        _(
            "The server administrator adds it to the merchants' file; secrets never pass through a "
            "page. This page shows the line to add."
        ),
        "manage.py check_merchants --online",
        reverse("console:channels", args=[lot.slug]),
    )


def test_payment(lot: Lot) -> ChecklistStep:
    """Return the step that is done once the lot's merchant refunded ¥0.01 or took money of this lot."""
    return ChecklistStep(
        _("¥0.01 test"),
        _paid_through_a_channel(lot).exists() or channel_test.is_proven(lot),
        _(
            "Pay ¥0.01 with a phone; it is refunded automatically. This proves that orders, notices "
            "and refunds work."
        ),
        "manage.py pay_test wechat",
        reverse("console:channels", args=[lot.slug]) + "#test",
    )


def opening(lot: Lot) -> ChecklistStep:
    when = lot.opens_at
    return ChecklistStep(
        _("Open for payments"),
        lot.closed_at is None,
        _("Opens at %(when)s.") % {"when": f"{when.astimezone(lot.tz):%Y-%m-%d %H:%M}"}
        if when
        else _("Open here once all earlier steps are done; until then drivers cannot pay."),
        APPLY,
        reverse("console:opening", args=[lot.slug]),
        before_opening=False,
    )


def first_payment(lot: Lot) -> ChecklistStep:
    """Return the step that is done once a real channel took money of this lot."""
    play = {merchant.name for merchant in settings.MERCHANTS if merchant.sandbox}
    real = _paid_through_a_channel(lot).exclude(merchant__in=play)
    sign = lot.signs.pure().first()
    return ChecklistStep(
        _("First payment"),
        real.exists(),
        _("This checklist disappears once a real merchant has received the first payment."),
        link=public_url(f"/p/{sign.code}") if sign and lot.closed_at is None else "",
        before_opening=False,
    )


def _paid_through_a_channel(lot: Lot) -> QuerySet[Payment]:
    paid = Payment.objects.filter(lot=lot, state=Payment.State.PAID)
    return paid.exclude(provider__in=[*channels.BY_HAND, channels.WAIVER])


STEPS = (
    operator_details,
    lot_details,
    lanes,
    tariff,
    devices,
    signs,
    payment_channels,
    test_payment,
    opening,
    first_payment,
)
# Its own system has the lanes, cameras and tariffs.
STEPS_IN_FRONT = (
    operator_details,
    lot_details,
    parking_system,
    signs,
    payment_channels,
    test_payment,
    opening,
    first_payment,
)
