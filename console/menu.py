"""The console's menu: groups of pages, each with the act that one must be allowed to see it for.

Here, because only `config` knows every app. A page that is not in the menu is reached from another.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

MENU: list[tuple[Promise, list[tuple[str, Promise, str]]]] = [
    (
        _("停车"),
        [
            ("console:today", _("今日"), "lots.see"),
            ("console:stays", _("停车记录"), "stays.see"),
            ("console:access", _("通行权限"), "rights.see"),
            ("console:reads", _("识别记录"), "stays.see"),
            ("console:devices", _("设备"), "devices.see"),
            ("console:lots", pgettext_lazy("many", "停车场"), "lots.see"),
            ("console:tariffs", _("计费规则"), "tariffs.see"),
        ],
    ),
    (
        _("资金"),
        [
            ("console:payments", _("支付"), "money.see"),
            ("console:tasks", _("待办"), "money.see"),
            ("console:shifts", _("班次"), "cash.take"),
            ("console:bills", _("对账"), "days.see"),
            ("console:days", _("日结"), "days.see"),
            ("console:reports", _("报表"), "reports.see"),
            ("console:invoices", _("发票"), "invoices.see"),
            ("console:shops", _("商户与停车券"), "shops.see"),
        ],
    ),
    (
        _("合规"),
        [
            ("console:selfchecks", _("纯净自查"), "purity.see"),
            ("console:data", _("个人信息清单"), "compliance.see"),
            ("console:erasures", _("清除记录"), "compliance.see"),
            ("console:notices", _("隐私说明"), "compliance.see"),
            ("console:rights", _("个人信息请求"), "requests.see"),
            ("console:papers", _("检查材料"), "compliance.see"),
            ("console:audit", _("操作记录"), "audit.see"),
        ],
    ),
    (
        _("管理"),
        [
            ("console:health", _("运行状况"), "health.see"),
            ("console:setup", _("开通与设置"), "lots.edit"),
            ("console:people", _("人员"), "people.edit"),
        ],
    ),
]


def with_members(*, on: bool) -> list[tuple[Promise, list[tuple[str, Promise, str]]]]:
    """Return the menu, with the page about members where there are any, before that of staff."""
    pages = [("members-console:members", pgettext_lazy("many", "会员"), "members.see")] if on else []
    *groups, (label, entries) = MENU
    return [*groups, (label, [*entries[:-1], *pages, *entries[-1:]])]
