"""Names of payment channels as people read them. Channels that are not listed keep their own name."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lots.models import Lot
from payments.channels import WAIVER
from payments.models import LedgerEntry

ONLINE: dict[str, Promise] = {  # those that a driver pays with on our pages
    "wechat": _("WeChat Pay"),
    "alipay": _("Alipay"),
}
CHANNELS: dict[str, str | Promise] = {  # all that payments come through
    **ONLINE,
    "cash": _("Cash"),
    "manual": _("Other payment"),
    "waiver": _("Waiver"),
    "etc": "ETC",
    "plate_pay": _("Plate payment"),
    "other": _("External channel"),
}
ACCOUNTS: dict[str, str | Promise] = {  # other sources of refunds
    "elsewhere": _("Other account"),
    "waived": _("Waiver reversed"),
}


def channel_label(name: str) -> str:
    """Return what a channel, another account of a report, or a parking system is called."""
    return str({**dict(Lot.System.choices), **CHANNELS, **ACCOUNTS}.get(name, name))


def figure_label(account: str, kind: str) -> str:
    """Return what a report calls the account of a figure: a waiver and its reversal share one account."""
    return channel_label(WAIVER if kind == LedgerEntry.Kind.WAIVED else account)
