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
            ("money:today", _("今日"), "lots.see"),
            ("money:stays", _("停车记录"), "stays.see"),
            ("console:access", _("通行权限"), "rights.see"),
            ("console:reads", _("识别记录"), "stays.see"),
            ("console:devices", _("设备"), "devices.see"),
            ("console:lots", pgettext_lazy("many", "停车场"), "lots.see"),
            ("money:tariffs", _("计费规则"), "tariffs.see"),
        ],
    ),
    (
        _("资金"),
        [
            ("money:payments", _("支付"), "money.see"),
            ("money:tasks", _("待办"), "money.see"),
            ("money:shifts", _("班次"), "cash.take"),
            ("money:bills", _("对账"), "days.see"),
            ("money:days", _("日结"), "days.see"),
            ("money:reports", _("报表"), "reports.see"),
            ("money:invoices", _("发票"), "invoices.see"),
            ("money:shops", _("商户与停车券"), "shops.see"),
        ],
    ),
    (
        _("合规"),
        [
            ("purity:selfchecks", _("纯净自查"), "purity.see"),
            ("duties:data", _("个人信息清单"), "compliance.see"),
            ("duties:erasures", _("清除记录"), "compliance.see"),
            ("duties:notices", _("隐私说明"), "compliance.see"),
            ("duties:rights", _("个人信息请求"), "requests.see"),
            ("duties:papers", _("检查材料"), "compliance.see"),
            ("duties:audit", _("操作记录"), "audit.see"),
        ],
    ),
    (
        _("管理"),
        [
            ("operations:health", _("运行状况"), "health.see"),
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
