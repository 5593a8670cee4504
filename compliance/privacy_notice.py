"""The privacy notice of a lot (隐私说明): short, true, and with all that PIPL Art. 17 asks for.

In the language that is active when it is made. It never claims that no data is collected: a plate is. It
mentions pictures only where the lot keeps them: elsewhere they are dropped before anything is stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from compliance import inventory
from core.data_kinds import PICTURE
from core.privacy import DataKind
from core.spoken_time import spoken_hours
from lots import pictures
from lots import recipients as lot_recipients
from lots.models import Lot, ParkingSystemLink, Recipient

VERSION = "2026-11-27"  # the day on which the words below last changed


@dataclass(frozen=True)
class NoticeText:
    """What a page says, in plain values: sentences, and rows of (what, why, how long)."""

    lot: str
    controller: str  # the operator's legal name
    contact: str
    complaint_phones: str
    retention_hours: int
    version: str
    what: tuple[str, ...]
    ground: tuple[str, ...]
    stored: tuple[tuple[str, str, str], ...]
    recipients: tuple[str, ...]
    rights: tuple[str, ...]


def notice_for(lot: Lot) -> NoticeText:
    """Return the notice of a lot."""
    keeps = pictures.kept_in(lot.slug)
    return make_notice(**inputs_of(lot, keeps_pictures=keeps, recipients=recipients_of(lot)))


def inputs_of(
    lot: Lot, *, keeps_pictures: bool, recipients: tuple[tuple[str, str, str], ...]
) -> dict[str, Any]:
    """Return all that a lot's notice depends on, as `make_notice` takes it; each value is hashable."""
    operator = lot.operator
    return {
        "lot": lot.name,
        "controller": operator.legal_name,
        "contact": operator.contact,
        "complaint_phones": operator.complaint_phones,
        "retention_hours": lot.retention_hours,
        "keeps_pictures": keeps_pictures,
        "systems": systems_of(lot),
        "recipients": recipients,
    }


def systems_of(lot: Lot) -> tuple[tuple[str, str], ...]:
    """Return name and contact of who runs the parking system that this lot stands in front of."""
    if lot.system == Lot.System.BUILTIN:
        return ()
    links = ParkingSystemLink.objects.filter(lot=lot)
    return tuple(links.values_list("recipient_name", "recipient_contact"))


def recipients_of(lot: Lot) -> tuple[tuple[str, str, str], ...]:
    """Return kind, name and contact of each further company that receives data of this lot's drivers."""
    return tuple(lot_recipients.in_force(lot).values_list("kind", "name", "contact"))


def make_notice(
    *,
    lot: str,
    controller: str,
    contact: str,
    complaint_phones: str,
    retention_hours: int,
    keeps_pictures: bool,
    systems: tuple[tuple[str, str], ...],
    recipients: tuple[tuple[str, str, str], ...],
) -> NoticeText:
    times: dict[str, int | str] = {
        "time": spoken_hours(retention_hours),
        "days": settings.DEBT_DAYS,
        "invoice_days": settings.INVOICE_RETENTION_DAYS,
    }
    kinds = [kind for kind in inventory.kinds() if not kind.topic and (keeps_pictures or kind is not PICTURE)]
    return NoticeText(
        lot=lot,
        controller=controller,
        contact=contact,
        complaint_phones=complaint_phones,
        retention_hours=retention_hours,
        version=VERSION,
        what=(*_what(retention_hours), *(_of_pictures() if keeps_pictures else ()), *_sensitive()),
        ground=_ground(),
        stored=_rows(kinds, times),
        recipients=_recipients(systems, recipients),
        rights=_rights(contact, complaint_phones),
    )


def extension_rows(topic: str) -> tuple[tuple[str, str, str], ...]:
    """Return the notice rows of an extension of the lot, such as members."""
    kinds = [kind for kind in inventory.kinds() if kind.topic == topic]
    return _rows(kinds, {"member_days": settings.MEMBER_DAYS})


def _rows(kinds: Iterable[DataKind], times: Mapping[str, int | str]) -> tuple[tuple[str, str, str], ...]:
    rows = [kind.notice for kind in kinds if kind.notice]
    return tuple((str(row.what), str(row.why), str(row.how_long) % times) for row in rows)


def _what(hours: int) -> tuple[str, ...]:
    return (
        _("Only the plate, only to look up the fee of this stay; erased %(time)s after the car has left.")
        % {"time": spoken_hours(hours)},
        _("The cameras at the lanes read it when you drive in and out. If no exit was seen, the car counts as"
          " inside and its plate stays until the car is seen or staff end the stay."),
        _("No phone number, no login, no account to follow, no location. Your network address serves only to"
          " answer you and to stop mass queries; it is not stored."),
    )  # fmt: skip


def _of_pictures() -> tuple[str, ...]:
    return (
        _("In this lot the lane cameras' pictures are kept as well, encrypted, for staff to put a misread"
          " plate right; nobody is recognised by them. They are erased together with the plate."),
    )  # fmt: skip


def _sensitive() -> tuple[str, ...]:
    # PIPL Art. 28 and 30: prosecutors count plate, place and time together as whereabouts.
    return (
        _("Plate, place and time together can show where you were (whereabouts, sensitive personal"
          " information). The fee cannot be worked out without them. These pages show nobody a history or"
          " entry times; if the data leaked, others could learn that your car was here."),
    )  # fmt: skip


def _ground() -> tuple[str, ...]:
    return (
        _("Personal Information Protection Law, Article 13(1)(2): the plate is needed to perform the parking"
          " contract. Therefore no consent is asked for, and nothing else is tied to it."),
    )  # fmt: skip


def _further() -> dict[str, str]:
    """Return the sentence about each kind of recipient."""
    return {
        Recipient.Kind.CITY: _(
            "The city's parking platform, run by %(name)s (%(contact)s), receives plate, entry and exit time"
            " and amount, as the city's rules on connected car parks ask."
        ),
        Recipient.Kind.ETC: _(
            "For payment by ETC, %(name)s (%(contact)s) receives plate, time and amount at the exit."
        ),
        Recipient.Kind.PLATE_PAY: _(
            "For payment by plate that you agreed on with it, %(name)s (%(contact)s) receives plate, time and"
            " amount."
        ),
        Recipient.Kind.INVOICE: _(
            "Invoices that drivers ask for are issued through %(name)s (%(contact)s), which works for the"
            " operator: it receives title, tax number and amount, never the plate."
        ),
        Recipient.Kind.SMS: _(
            "Text messages to members are sent by %(name)s (%(contact)s), which works for the operator: it"
            " receives their phone number and the text, never the plate."
        ),
        Recipient.Kind.CLOUD_HOST: _(
            "The servers are rented from %(name)s (%(contact)s): what is kept is stored there, plates"
            " encrypted; it must not use it."
        ),
        Recipient.Kind.CAMERA_CLOUD: _(
            "The cameras send their reads through the servers of %(name)s (%(contact)s), which works for the"
            " operator and must not use them."
        ),
        Recipient.Kind.MAINTENANCE: _(
            "%(name)s (%(contact)s) maintains the system for the operator and may see plates while it repairs"
            " it; it must not use them."
        ),
    }


def _recipients(
    systems: tuple[tuple[str, str], ...], recipients: tuple[tuple[str, str, str], ...]
) -> tuple[str, ...]:
    further = _further()
    return (
        *(
            _("The parking system of this car park is run by %(name)s (%(contact)s). Its cameras read the"
              " plate. We send it the plate to ask for the fee, and the amount once you have paid.")
            % {"name": name, "contact": contact}
            for name, contact in systems
        ),
        *(further[kind] % {"name": name, "contact": contact} for kind, name, contact in recipients),
        _("The payment channel that you choose receives our order number and the amount, never the plate."),
        _("If you use a parking coupon, its shop learns that it was used and what it took off, not for which"
          " car."),
        _("WeChat Pay also needs the openid of your WeChat or your network address. It passes through once"
          " and is not stored."),
        _("Only if you ask for an invoice: its title and tax number go to the operator's invoicing service"
          " and to the tax authority, the e-mail address to the mail server. The plate does not."),
        _("There are no advertisements.")
        if systems or recipients
        else _("Nobody else receives anything. There are no advertisements."),
    )  # fmt: skip


def _rights(contact: str, complaint_phones: str) -> tuple[str, ...]:
    # 15 working days: 《App违法违规收集使用个人信息行为认定方法》 section 6.
    return (
        _("You may ask what is kept about you, have a copy, have it corrected or erased. The receipt code"
          " shown after paying is your proof: no account and no identity card."),
        _("Type it at %(address)s: you see at once what is stored, may ask for a correction, and may have the"
          " plate erased, at once if the car has left and no money is open, else as soon as that is so.")
        % {"address": f"{settings.PUBLIC_URL}/r"},
        _("Or ask %(contact)s or the service phone; if you have not paid yet, the booth. You get an answer"
          " within 15 working days.") % {"contact": contact},
        _("Not content? Complaints: %(phones)s.") % {"phones": complaint_phones},
        _("Version of %(date)s.") % {"date": VERSION},
    )  # fmt: skip
