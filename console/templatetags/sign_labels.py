"""What the console calls print formats, cities and parts of a sign.

`lots.signs` is pure and prints Chinese, so these labels stand here, by the codes of the rules:
`{{ form.name|format_label }}`. A test compares the codes.
"""

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lots.signs.sign_wording import City

register = template.Library()

FORMATS: dict[str, tuple[Promise, Promise]] = {  # by `Format.name`: what it is, where it hangs
    "a3": (_("A3 poster"), _("main ways, lift lobbies")),
    "a4": (_("A4 poster"), _("lift lobbies, beside pay machines")),
    "a5": (_("A5 table card"), _("service desks, booth counters")),
    "sticker-square": (_("Square sticker 120"), _("beside bays, at escalators")),
    "sticker-round": (_("Round sticker 150"), _("glass doors, gates")),
    "lane": (_("Lane board 400 × 600"), _("beside barriers")),
    "pillar": (_("Pillar band 800 × 300"), _("pillars of the car park")),
    "window": (_("Window sticker 210 × 150"), _("booth windows")),
}
CITIES: dict[str, Promise] = {
    City.GENERAL: _("General"),
    City.SHANGHAI: _("Shanghai"),
    City.BEIJING: _("Beijing"),
    City.SHENZHEN: _("Shenzhen"),
    City.CHONGQING: _("Chongqing"),
    City.YUNNAN: _("Yunnan"),
}
TEXTS: dict[str, Promise] = {  # by the fields of `Wording`
    "headline": _("Headline"),
    "headline_en": _("English headline"),
    "promise": _("Promise"),
    "promise_en": _("English promise"),
    "note": _("Note on the sign"),
    "note_en": _("English note"),
}


@register.filter
def format_label(name: str) -> str:
    """Return what a print format is called."""
    return str(FORMATS[name][0]) if name in FORMATS else ""


@register.filter
def format_use(name: str) -> str:
    """Return where a print format hangs best."""
    return str(FORMATS[name][1]) if name in FORMATS else ""


@register.filter
def city_label(city: str) -> str:
    """Return what a city's wording is called."""
    return str(CITIES.get(city, city))
