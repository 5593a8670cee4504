"""The console's menu: groups of pages, each with the act that one must be allowed to see it for.

Here, because only `config` knows every app. A page that is not in the menu is reached from another.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

MENU: list[tuple[Promise, list[tuple[str, Promise, str]]]] = [
    (
        _("Parking"),
        [
            ("console:today", _("Today"), "lots.see"),
            ("console:stays", _("Stays"), "stays.see"),
            ("console:access", _("Permits"), "rights.see"),
            ("console:reads", _("Plate reads"), "stays.see"),
            ("console:devices", _("Devices"), "devices.see"),
            ("console:lots", pgettext_lazy("many", "Lots"), "lots.see"),
            ("console:tariffs", _("Tariffs"), "tariffs.see"),
        ],
    ),
    (
        _("Money"),
        [
            ("console:payments", _("Payments"), "money.see"),
            ("console:tasks", _("To do"), "money.see"),
            ("console:shifts", _("Shifts"), "cash.take"),
            ("console:bills", _("Reconciliation"), "days.see"),
            ("console:days", _("Daily closing"), "days.see"),
            ("console:reports", _("Reports"), "reports.see"),
            ("console:invoices", _("Invoices"), "invoices.see"),
            ("console:shops", _("Shops and coupons"), "shops.see"),
        ],
    ),
    (
        _("Compliance"),
        [
            ("console:selfchecks", _("Purity self-check"), "purity.see"),
            ("console:data", _("Data inventory"), "compliance.see"),
            ("console:erasures", _("Erasure history"), "compliance.see"),
            ("console:notices", _("Privacy notices"), "compliance.see"),
            ("console:rights", _("Data requests"), "requests.see"),
            ("console:papers", _("Inspection documents"), "compliance.see"),
            ("console:audit", _("Audit log"), "audit.see"),
        ],
    ),
    (
        _("Administration"),
        [
            ("console:health", _("System health"), "health.see"),
            ("console:setup", _("Set-up and settings"), "lots.edit"),
            ("console:people", _("People"), "people.edit"),
        ],
    ),
]


def with_members(*, on: bool) -> list[tuple[Promise, list[tuple[str, Promise, str]]]]:
    """Return the menu, with the page about members where there are any, before that of staff."""
    pages = [("members-console:members", pgettext_lazy("many", "Members"), "members.see")] if on else []
    *groups, (label, entries) = MENU
    return [*groups, (label, [*entries[:-1], *pages, *entries[-1:]])]
