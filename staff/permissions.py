"""The one table of what each role may do in the console. What is not here is forbidden.

An action is named after the thing and the act. Pages ask `staff.access`, which looks here; a test
walks every page and finds the ones that ask nothing.
"""

from staff.models import Role

_LOOK = {Role.OWNER, Role.FINANCE, Role.DUTY, Role.AUDITOR}
_ON_SITE = {Role.OWNER, Role.DUTY, Role.BOOTH}

MAY: dict[str, frozenset[Role]] = {
    action: frozenset(roles)
    for action, roles in {
        # the car park
        "lots.see": _LOOK | {Role.BOOTH, Role.TECHNICIAN},
        "lots.edit": {Role.OWNER},
        "stays.see": _LOOK | {Role.BOOTH},
        "stays.act": _ON_SITE,  # open the barrier, correct, end a stay
        "exits.jam": {Role.OWNER, Role.DUTY},  # give all paid cars more time to leave
        "plates.unmask": _ON_SITE,  # each look is put on record
        "pictures.see": _ON_SITE,
        "devices.see": _LOOK | {Role.BOOTH, Role.TECHNICIAN},
        "devices.edit": {Role.OWNER, Role.TECHNICIAN},
        "signs.see": _LOOK | {Role.TECHNICIAN},
        "signs.edit": {Role.OWNER, Role.DUTY, Role.TECHNICIAN},
        "rights.see": _LOOK | {Role.BOOTH},  # passes and white lists
        "rights.edit": {Role.OWNER, Role.DUTY},
        "tariffs.see": _LOOK | {Role.BOOTH, Role.TECHNICIAN},
        "tariffs.edit": {Role.OWNER, Role.FINANCE},
        "tariffs.sign": {Role.OWNER},
        # the money
        "money.see": _LOOK,
        "shifts.see": _LOOK | {Role.BOOTH},
        "cash.take": _ON_SITE,
        "shifts.correct": {Role.OWNER, Role.FINANCE, Role.DUTY},  # the count of a colleague's closed shift
        "fees.waive": {Role.OWNER, Role.DUTY},
        "refunds.ask": {Role.OWNER, Role.FINANCE, Role.DUTY},
        "refunds.approve": {Role.OWNER, Role.FINANCE},
        "payments.move": {Role.OWNER, Role.FINANCE, Role.DUTY},
        "tasks.resolve": {Role.OWNER, Role.FINANCE},
        "days.see": {Role.OWNER, Role.FINANCE, Role.AUDITOR},
        "days.close": {Role.OWNER, Role.FINANCE},
        "invoices.see": {Role.OWNER, Role.FINANCE, Role.AUDITOR},
        "invoices.handle": {Role.OWNER, Role.FINANCE},
        "reports.see": {Role.OWNER, Role.FINANCE, Role.AUDITOR},
        "reports.schedule": {Role.OWNER, Role.FINANCE},  # let them go out by mail
        "shops.see": _LOOK,
        "shops.edit": {Role.OWNER, Role.FINANCE},
        "coupons.issue": {Role.OWNER, Role.DUTY, Role.SHOP},
        "coupons.withdraw": {Role.OWNER, Role.DUTY},  # many at once, of any shop
        # members, where there are any
        "members.see": {Role.OWNER, Role.DUTY, Role.AUDITOR},
        "members.edit": {Role.OWNER, Role.DUTY},
        # the installation
        "health.see": _LOOK | {Role.TECHNICIAN},
        "health.silence": {Role.OWNER, Role.DUTY, Role.TECHNICIAN},
        "people.edit": {Role.OWNER},
        "account.see": set(Role),  # one's own
        "purity.see": _LOOK | {Role.REGULATOR},
        "purity.check": {Role.OWNER, Role.DUTY},
        "compliance.see": {Role.OWNER, Role.AUDITOR, Role.REGULATOR},
        "compliance.erase": {Role.OWNER},  # plates, before the lot's own clock
        "audit.see": {Role.OWNER, Role.AUDITOR},
        "requests.see": {Role.OWNER, Role.DUTY, Role.AUDITOR, Role.REGULATOR},  # of people about their data
        "requests.answer": {Role.OWNER, Role.DUTY},
    }.items()
}

# What needs a second factor, where the site asks for one (CONSOLE_MFA): all that shows money, invoices or
# plates, money going out, and the settings. A password alone sees signs, devices, tariffs and one's account.
STRONG = frozenset(
    {
        "stays.see",
        "stays.act",
        "exits.jam",
        "plates.unmask",
        "pictures.see",
        "rights.see",
        "money.see",
        "shifts.see",
        "cash.take",
        "shifts.correct",
        "days.see",
        "invoices.see",
        "invoices.handle",
        "reports.see",
        "shops.see",
        "members.see",
        "requests.see",
        "requests.answer",
        "audit.see",
        "lots.edit",
        "devices.edit",
        "rights.edit",
        "tariffs.edit",
        "tariffs.sign",
        "fees.waive",
        "refunds.ask",
        "refunds.approve",
        "payments.move",
        "tasks.resolve",
        "days.close",
        "reports.schedule",
        "shops.edit",
        "coupons.withdraw",
        "members.edit",
        "people.edit",
        "compliance.erase",
    }
)
