"""The reports of the console (报表): what a period brought in, how full it was, how fast people paid.

`REPORTS` names them. Each is made from an `Asked` (lots and whole days) and holds no plate.
"""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.reports import coupons, income, payments, refunds, stays
from payments.reports.base import Asked, Report

REPORTS: dict[str, tuple[Promise, Callable[[Asked], Report]]] = {
    "income": (_("收入"), income.by_day),
    "occupancy": (_("在场车辆"), stays.by_hour),
    "lengths": (_("停车时长"), stays.by_length),
    "speed": (_("支付用时"), payments.by_time),
    "coupons": (_("商户停车券"), coupons.by_shop),
    "refunds": (pgettext_lazy("many", "退款"), refunds.by_reason),
}
