"""The reports of the console (报表): what a period brought in, how full it was, how fast people paid.

`REPORTS` names them. Each is made from an `ReportRange` (lots and whole days) and holds no plate.
"""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.reports import coupon_totals, income, occupancy, payment_times, refund_totals
from payments.reports.report import Report, ReportRange

REPORTS: dict[str, tuple[Promise, Callable[[ReportRange], Report]]] = {
    "income": (_("Income"), income.by_day),
    "occupancy": (_("Cars inside"), occupancy.by_hour),
    "lengths": (_("Length of stays"), occupancy.by_length),
    "speed": (_("Time to pay"), payment_times.by_time),
    "coupons": (_("Shop coupons"), coupon_totals.by_shop),
    "refunds": (pgettext_lazy("many", "Refunds"), refund_totals.by_reason),
}
