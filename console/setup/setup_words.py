"""Setting changes in words, and advice for a device that is silent or refused."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from console.setup.setup_forms import OperatorForm, SettingsForm
from console.shop_forms import ShopForm
from core.money import yuan
from lots.models import Device, Lane, Lot, SettingChange
from presentation.templatetags.money_tags import grouped

OTHERS = {
    "slug": _("Short name"),
    "direction": _("Direction"),
    "make": _("Connection"),
    "lane": _("Lane"),
    "serial": _("Serial number"),
    "keep_images": _("pictures stored"),
    "min_confidence": _("Least confidence of the camera, in percent"),
    "has_screen": _("A screen at the barrier shows the code"),
    "closed_at": _("Suspended since"),
    "opens_at": _("Opens at"),
    "cars_inside": _("Cars imported from another system"),
    "early_price": _("Price of cars from before the first tariff"),
    "system": _("Parking system"),
    "weak_link": _("Weak connection accepted"),
    "base_url": _("Address of the interface"),
    "lot_code": _("Lot number at the vendor"),
    "recipient": _("Recipient of data"),
}
CHOICES: dict[str, dict[Any, Any]] = {
    "kind": dict(Lot.Kind.choices),
    "direction": dict(Lane.Direction.choices),
    "make": dict(Device.Make.choices),
    "system": dict(Lot.System.choices),
}
TROUBLES = {
    "unreadable": _(
        "Unreadable message: check that the camera's push format is JSON and its firmware is up to date."
    ),
    "wrong_serial": _("Wrong serial number: this is not the enrolled device. Enrol it again."),
    "clock_skew": _("Its clock is too far off, so requests are rejected: turn on NTP on the device."),
    "replayed": _("The same request was sent twice: use a new nonce for each attempt."),
    "incomplete": _("Incomplete message: usually an unstable network; the device sends it again."),
    "no_tariff": _("The lot has no tariff in force: set one up first."),
    "too_large": _("The message is too large: lower the camera's picture quality."),
    "length_required": _("Sent in chunks without a length: connect through nginx, or switch chunks off."),
    "packed": _("Sent packed (gzip): switch compression off."),
}
SILENT = {
    "vzenith": (
        _("Check the camera's power and network lights; restore power and network first."),
        _(
            "Compare the three addresses on the camera's web page: push, heartbeat, polling. One wrong "
            "character breaks the connection."
        ),
        _("Press “Test” on the camera's web page and check here whether “Last contact” changes."),
        _("If the addresses are lost, change the key to get new ones."),
    ),
    "api": (
        _("Check the device's power and network."),
        _("Check the API address, key ID and secret."),
        _("Requests are rejected if the device clock is more than 10 minutes off: turn on NTP."),
        _("If the key is lost, change it."),
    ),
}


def label_of(thing: str, name: str) -> Any:
    """Return what a field is called on its form."""
    form: Any = {"operator": OperatorForm, "shop": ShopForm}.get(thing, SettingsForm)
    field = form.base_fields.get(name)
    if thing in {"lane", "device"} and name == "name":
        return _("Name")
    return field.label if field is not None else OTHERS.get(name, name)


def display_value(name: str, value: Any) -> str:
    """Return a stored value as staff read it."""
    if value in (None, ""):
        return "—"
    if isinstance(value, list):
        return pgettext("list", ", ").join(map(str, value)) or "—"
    if name.endswith("_fen"):
        return grouped(yuan(value))
    if isinstance(value, bool):
        return "✓" if value else "—"
    if name.endswith("_at"):
        return f"{localtime(datetime.fromisoformat(value)):%Y-%m-%d %H:%M}"
    return str(CHOICES.get(name, {}).get(value, value))


def history(rows: Iterable[SettingChange]) -> list[dict[str, Any]]:
    """Return changes for a page: who, when, what, each field from what to what."""
    return [
        {
            "row": row,
            "act": row.get_kind_display(),
            "thing": row.get_thing_display(),
            "fields": [
                (
                    label_of(row.thing, name),
                    display_value(name, row.before.get(name)),
                    display_value(name, row.after.get(name)),
                )
                for name in {**row.before, **row.after}
                if name not in row.before
                or display_value(name, row.before[name]) != display_value(name, row.after.get(name))
            ],
        }
        for row in rows
    ]
