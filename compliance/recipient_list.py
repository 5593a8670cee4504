"""Who receives data of a lot's drivers besides the payment channels: what, why, and how to reach them.

One list for the notice, the declaration, the inspection paper, the operator's set and docs/data.md.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lots.models import Lot, ParkingSystemLink, Recipient, SettingChange

type Text = str | Promise

SYSTEM = "parking_system"
PLATE_TIME_AMOUNT = _("plate, time, amount")
# Kind of recipient → what it receives, and why. The same facts as the sentences of the privacy notice.
RECEIVES: dict[str, tuple[Text, Text]] = {
    SYSTEM: (
        _("plate (to ask for the fee), amount (once it is paid)"),
        _("this system records the stays and prices them"),
    ),
    Recipient.Kind.CITY: (
        _("plate, entry and exit time, amount"),
        _("reported as the city's rules on car parks ask"),
    ),
    Recipient.Kind.ETC: (PLATE_TIME_AMOUNT, _("the driver chose to pay by ETC")),
    Recipient.Kind.PLATE_PAY: (PLATE_TIME_AMOUNT, _("the driver agreed with it on payment by plate")),
    Recipient.Kind.INVOICE: (
        _("title, tax number and amount of an invoice; no plate"),
        _("the driver asked for an invoice"),
    ),
    Recipient.Kind.SMS: (
        _("phone number and text of a message to a member; no plate"),
        _("messages that members asked for"),
    ),
    Recipient.Kind.CLOUD_HOST: (
        _("all that is stored here; plates encrypted"),
        _("the servers are rented from it"),
    ),
    Recipient.Kind.CAMERA_CLOUD: (
        _("reads of the cameras (plate, time)"),
        _("the cameras send through the maker's servers"),
    ),
    Recipient.Kind.MAINTENANCE: (_("may see plates while it repairs"), _("maintenance of the system")),
}
LABELS: dict[str, Text] = {SYSTEM: _("Parking system"), **dict(Recipient.Kind.choices)}


@dataclass(frozen=True)
class Receiver:
    """One recipient of one lot's data. `is_entrusted`: it works for the operator and decides nothing."""

    kind: str
    name: str
    contact: str
    is_entrusted: bool = False
    since: date | None = None
    ended_on: date | None = None

    @property
    def data(self) -> Text:
        return RECEIVES[self.kind][0]

    @property
    def purpose(self) -> Text:
        return RECEIVES[self.kind][1]


def receivers_of(lot: Lot, *, with_ended: bool = False) -> list[Receiver]:
    """Return the parking system that a lot stands in front of, and its further recipients."""
    rows = lot.recipients.order_by("kind", "name")
    if not with_ended:
        rows = rows.filter(ended_on=None)
    further = [
        Receiver(row.kind, row.name, row.contact, row.is_entrusted, row.since, row.ended_on) for row in rows
    ]
    return [*_system_of(lot), *further]


def _system_of(lot: Lot) -> list[Receiver]:
    if lot.system == Lot.System.BUILTIN:
        return []
    since = _since(lot)
    return [
        Receiver(SYSTEM, link.recipient_name, link.recipient_contact, since=since)
        for link in ParkingSystemLink.objects.filter(lot=lot)
    ]


def _since(lot: Lot) -> date | None:
    """Return the day on which the lot was put in front of its present system."""
    changes = SettingChange.objects.filter(lot=lot, after__system=lot.system)
    at: datetime | None = (
        changes.exclude(before__system=lot.system).order_by("-at").values_list("at", flat=True).first()
    )
    return at.astimezone(lot.tz).date() if at else None
