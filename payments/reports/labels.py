"""How reports call channels and reasons."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

CHANNELS = {
    "sandbox": _("Sandbox"),
    "wechat": _("WeChat Pay"),
    "alipay": _("Alipay"),
    "cash": _("Cash"),
    "manual": _("Other payment"),
    "etc": "ETC",
    "plate_pay": _("Plate payment"),
    "other": _("External channel"),
    "elsewhere": _("Other account"),
    "waived": _("Waiver reversed"),
}
REASONS = {
    "surplus": _("Overpaid"),
    "overpaid": _("Difference to refund"),
    "staff": _("Refunded by staff"),
    "external": _("Refunded on the channel's site"),
}
STATES = {
    "requested": _("To be sent"),
    "sent": _("Being processed by the channel"),
    "done": pgettext_lazy("refund", "Refunded"),
    "failed": _("Failed"),
    "abnormal": _("Needs staff"),
}


def channel(name: str) -> str:
    return str(CHANNELS.get(name, name))
