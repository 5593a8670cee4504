"""The console's menu: groups of pages, each with the act that one must be allowed to see it for.

Here, because only `config` knows every app. A page that is not in the menu is reached from another.
"""

MENU: list[tuple[str, list[tuple[str, str, str]]]] = [
    (
        "停车",
        [
            ("money:today", "今日", "lots.see"),
            ("money:stays", "停车记录", "stays.see"),
            ("console:reads", "识别记录", "stays.see"),
            ("console:devices", "设备", "devices.see"),
            ("console:lots", "停车场", "lots.see"),
            ("money:tariffs", "计费规则", "tariffs.see"),
        ],
    ),
    (
        "资金",
        [
            ("money:payments", "支付", "money.see"),
            ("money:tasks", "待办", "money.see"),
            ("money:shifts", "班次", "cash.take"),
            ("money:bills", "对账", "days.see"),
            ("money:days", "日结", "days.see"),
            ("money:reports", "报表", "reports.see"),
            ("money:invoices", "发票", "invoices.see"),
            ("money:shops", "商户与停车券", "shops.see"),
        ],
    ),
    (
        "管理",
        [
            ("purity:selfchecks", "纯净自查", "purity.see"),
            ("operations:health", "运行状况", "health.see"),
            ("duties:rights", "个人信息请求", "requests.see"),
            ("console:people", "人员", "people.edit"),
        ],
    ),
]
