"""What is wrong with what an operator typed for a link, field by field, in words."""

import unicodedata
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, urlsplit

from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from lots.models import Lot
from lots.systems.own_certificate import own_certificate_faults
from lots.systems.vendor_fields import COUPONS, FIELDS

System = Lot.System
VALUES: Mapping[str, tuple[str, ...]] = {
    COUPONS: ("no", "yes"),
    "form": ("cloud", "lan"),
    "role": ("page", "cloud"),
    "version": ("v3", "v2"),
}
ADDED: Mapping[str, str] = {  # each system adds to the address what begins with this
    System.AIKE: "/openydt",
    System.BOLIAN: "/unionapi",
    System.GENERIC: "/charge",
    System.HIKVISION: "/artemis",
    System.HIKVISION_8700: "/openapi",
    System.JIESHUN: "/jsaims",
    System.KEYTOP: "/api",
}
NEEDED: Mapping[str, tuple[str, str, tuple[str, ...]]] = {  # unless an option has this value
    System.BOLIAN: ("role", "cloud", ("union_id", "park_union_id")),
    System.KEYTOP: ("form", "lan", ("app_id",)),
}
DES_KEY_LENGTH = 24

NO_ADDRESS = _("An address begins with https:// or http:// and the name of a server.")
MORE_THAN_ADDRESS = _("Only the address: no user, password or question mark in it.")
ADDED_TWICE = _("Only the part before “%(part)s”, which is added automatically.")
FULL_WIDTH = _("There is a full-width character or a line break in it. Type it on a Latin keyboard.")
NO_KEY = _("Only letters, digits and signs of a Latin keyboard: something else was pasted along.")
NO_CHOICE = _("Must be one of: %(values)s.")
NO_DES_KEY = _("A 3DES key has 24 characters.")
IS_NEEDED = _("The vendor's system needs it in this form.")


def address_of(text: str) -> SplitResult:
    """Return the parts of an address; one without a server where it is none that we can ask."""
    nothing = SplitResult("", "", "", "", "")
    try:
        address = urlsplit(text)
        is_one = address.scheme in {"http", "https"} and address.port != 0 and text.isascii()
    except ValueError:
        return nothing
    return address if is_one and not any(map(str.isspace, text)) else nothing


def link_faults(given: Mapping[str, str]) -> Iterator[tuple[str, str | Promise]]:
    """Yield each field that cannot be right, and why. Fields that are absent or empty are left to others."""
    system, vendor = given["system"], FIELDS[given["system"]]
    if text := given.get("base_url", ""):
        yield from _address_faults(system, text)
    certificate = given.get("own_certificate", "")
    for why in own_certificate_faults(certificate, base_url=given.get("base_url", ""), at=now()):
        yield "own_certificate", why
    if not _is_plain(given.get("lot_code", "")):
        yield "lot_code", FULL_WIDTH
    for name in (*vendor.options, *vendor.secrets):
        text = given.get(name, "")
        if not (text.isascii() and text.isprintable()):
            yield name, NO_KEY
        elif text and name in VALUES and text not in VALUES[name]:
            yield name, NO_CHOICE % {"values": ", ".join(VALUES[name])}
    if len(given.get("des_key", "") or "x" * DES_KEY_LENGTH) != DES_KEY_LENGTH:
        yield "des_key", NO_DES_KEY
    if system in NEEDED:
        option, value, names = NEEDED[system]
        if given.get(option) != value:
            yield from ((name, IS_NEEDED) for name in names if not given.get(name))


def lane_faults(lanes: Mapping[str, str]) -> Iterator[tuple[str, str | Promise]]:
    """Yield each lane whose number at the vendor cannot be right, and why."""
    seen: set[str] = set()
    for lane, code in lanes.items():
        if not code or len(code) > 64 or not _is_plain(code):
            yield lane, FULL_WIDTH
        elif code in seen:
            yield lane, _("Another lane has this number.")
        seen.add(code)


def _address_faults(system: str, text: str) -> Iterator[tuple[str, str | Promise]]:
    address = address_of(text)
    if address.hostname is None:
        yield "base_url", NO_ADDRESS
    elif address.username or address.password or address.query or address.fragment:
        yield "base_url", MORE_THAN_ADDRESS
    elif (part := ADDED.get(system)) and f"{part}/" in f"{address.path}/":
        yield "base_url", ADDED_TWICE % {"part": part}


def _is_plain(text: str) -> bool:
    """Return whether a text has no full-width or invisible characters. Chinese characters may be in it."""
    return text.isprintable() and unicodedata.normalize("NFKC", text) == text
