"""The console's menu: eight places with their pages, each with the action that one must be allowed for it.

Here, because only `config` knows every app. A page that is not in the menu is reached from another; its
address begins with that of the page which leads to it, or it stands in `BELONGS_TO`.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

type Entry = tuple[str, Promise, str]  # route, label, action

SHOPS = pgettext_lazy("place", "Shops")
MENU: list[tuple[Promise, list[Entry]]] = [
    (
        pgettext_lazy("place", "Today"),
        [
            ("console:today", _("Today"), "lots.see"),
            ("console:tasks", _("To do"), "money.see"),
            ("console:health", _("System health"), "health.see"),
        ],
    ),
    (
        pgettext_lazy("place", "Booth"),
        [
            ("console:booths", _("Lanes now"), "stays.act"),
            ("console:openings", _("Opened by hand"), "stays.see"),
            ("console:shifts", _("Shifts"), "shifts.see"),
        ],
    ),
    (
        _("Parking"),
        [
            ("console:stays", _("Stays"), "stays.see"),
            ("console:reads", _("Plate reads"), "stays.see"),
            ("console:access", _("Permits"), "rights.see"),
            ("console:lots", pgettext_lazy("many", "Lots"), "lots.see"),
            ("console:tariffs", _("Tariffs"), "tariffs.see"),
        ],
    ),
    (
        _("Money"),
        [
            ("console:payments", _("Payments"), "money.see"),
            ("console:bills", _("Reconciliation"), "days.see"),
            ("console:days", _("Daily closing"), "days.see"),
            ("console:reports", _("Reports"), "reports.see"),
            ("console:invoices", _("Invoices"), "invoices.see"),
        ],
    ),
    (SHOPS, [("console:shops", _("Shops and coupons"), "shops.see")]),
    (
        pgettext_lazy("place", "Devices"),
        [
            ("console:devices", _("Devices"), "devices.see"),
            ("console:all-signs", _("Signs"), "signs.see"),
        ],
    ),
    (
        _("Compliance"),
        [
            ("console:selfchecks", _("Purity self-check"), "purity.see"),
            ("console:rights", _("Data requests"), "requests.see"),
            ("console:notices", _("Privacy notices"), "compliance.see"),
            ("console:data", _("Data inventory"), "compliance.see"),
            ("console:erasures", _("Erasure history"), "compliance.see"),
            ("console:papers", _("Inspection documents"), "compliance.see"),
            ("console:audit", _("Audit log"), "audit.see"),
        ],
    ),
    (
        pgettext_lazy("place", "Settings"),
        [
            ("console:setup", _("Set-up and settings"), "lots.edit"),
            ("console:people", _("People"), "people.edit"),
        ],
    ),
]
BELONGS_TO = {  # addresses of pages that do not begin with the one they are reached from
    "/console/discrepancies/": "console:tasks",
    "/console/exits/": "console:lots",
    "/console/selfchecks/": "console:selfchecks",
    "/console/operators/": "console:setup",
    "/console/trials/": "console:setup",
    "/console/red-letters/": "console:invoices",
    "/console/price-checks": "console:bills",
}
BELONGS_TO_OF_LOT = {"access": "console:access", "signs": "console:all-signs", "patrol": "console:all-signs"}


def with_members(*, on: bool) -> list[tuple[Promise, list[Entry]]]:
    """Return the menu; with the members' page beside that of the shops if there are members."""
    page = ("members-console:members", pgettext_lazy("many", "Members"), "members.see")
    return [(label, [*entries, page] if on and label is SHOPS else entries) for label, entries in MENU]
