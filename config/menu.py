"""The console's menu: groups of pages, each with the act that one must be allowed to see it for.

Here, because only `config` knows every app. A page that is not in the menu is reached from another.
"""

MENU: list[tuple[str, list[tuple[str, str, str]]]] = [
    ("停车", [("console:lots", "停车场", "lots.see")]),
    ("资金", [("money:payments", "支付", "money.see")]),
    ("管理", [("console:people", "人员", "people.edit")]),
]
