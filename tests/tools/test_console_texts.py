"""A page with a text that lacks Chinese is reported: `python -m tools.console_texts` prints it."""

import re
from functools import cache

import pytest

from tools import console_texts
from tools.console_texts import catalogue, entry, of_module, of_template

PAGE = """{% load i18n %}{# 说明 #}<p title="{% translate 'Title' %}">{{ row.at|default:_("Never") }}</p>
{% blocktranslate trimmed with n=row.n|default:_("None") %}
  %{{ n }} in all
{% endblocktranslate %}{% if x %}今日{% endif %}<b aria-label="菜单">English</b>
{% blocktranslate count n=n context "stay" %}One{% plural %}{{ n }}{% endblocktranslate %}
{% translate "Paid" context "stay" as paid %}"""
MODULE = '''"""说明"""
from django.utils.translation import gettext, gettext_lazy as _, ngettext, pgettext
LABEL = _("Today")
BARE = {"a": "未译"}
def f():
    """说明"""
    text = gettext("%(n)s rows" " so far") % {"n": 1} + f"{1} 条"
    return text + pgettext("stay", "Paid") + ngettext("1", "2", 3)
'''


@cache
def marked():
    """Every message of the code, which takes a second to read."""
    return console_texts.marked()


def test_template_texts_are_found():
    assert of_template(PAGE) == (
        {
            *(("", "Title"), ("", "Never"), ("", "None"), ("", "%%%(n)s in all")),
            *(("stay", "One"), ("stay", "Paid")),
        },
        ["今日", "菜单"],
    )


def test_module_texts_are_found():
    assert of_module(MODULE) == (
        {("", "Today"), ("", "%(n)s rows so far"), ("stay", "Paid"), ("", "1")},
        ["未译", " 条"],
    )


def test_catalogue_entry_round_trips():
    text = ("", '“%(name)s”\\ "x"\nsecond line')
    assert catalogue(entry(text, text[1])) == {text: text[1]}
    assert catalogue(entry(("stay", "Paid"), "已缴费")) == {("stay", "Paid"): "已缴费"}


def test_console_has_no_unmarked_chinese():
    assert console_texts.bare() == []


def test_message_ids_are_english():
    ours = {"沪", "应急", "个人", "手机网站支付", "当面付", "账号管理"}
    found = {text for _, text in marked() if console_texts.CHINESE.search(text)}
    assert {text for text in found if not any(word in text for word in ours)} == set()


def test_chinese_catalogue_is_complete():
    assert console_texts.missing() == set()
    assert console_texts.left_over() == set()


ONE_WORD = {  # what staff read: the word that is not used, and the one that is
    r"\bsessions?\b": "stay",
    "会话": "停车记录",
    "进场": "入场",
    "优惠券|抵用券": "停车券",
    "商家|店铺|商铺": "商户",
    "司机|驾驶员": "车主",
    "收费亭|收费岗": "岗亭",
    "缴费单|支付订单": "支付单",
    "价目牌|收费牌": "公示牌",
    "运营商|经营方": "运营方",
    "帐|登陆": "账、登录",
    "审计日志|操作日志": "操作记录",
    "巡查": "巡检",
    "退费": "退款",
    "（¥）": "（元）",
}
PLACEHOLDER = re.compile(r"%\(\w+\)\w|\{\w+\}")
SEARCHED = {"search"}  # words by which a page is found, in whatever way staff call it
OF_A_SIGN_IN = {
    "a session when it ends, after 30 days at most; a receipt's digest 31 days after it was shown",
    "member session",
}


@pytest.mark.parametrize("word", ONE_WORD)
def test_staff_texts_have_one_word_for_one_thing(word):
    chinese = console_texts.known("zh_Hans")
    found = {
        shown
        for text in marked()
        if text[0] not in SEARCHED and text[1] not in OF_A_SIGN_IN
        for shown in (text[1], chinese.get(text, ""))
        if re.search(word, PLACEHOLDER.sub("", shown))
    }
    assert found == set(), ONE_WORD[word]
