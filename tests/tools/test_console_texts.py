"""Who adds a page to the console is told what lacks English: `python -m tools.console_texts` prints it."""

from tools import console_texts
from tools.console_texts import CATALOGUE, catalogue, entry, of_module, of_template

PAGE = """{% load i18n %}{# 说明 #}<p title="{% translate '标题' %}">{{ row.at|default:_("从未") }}</p>
{% blocktranslate trimmed with n=row.n|default:_("无") %}
  共 {{ n }} 条
{% endblocktranslate %}{% if x %}今日{% endif %}<b aria-label="菜单">English</b>"""
MODULE = '''"""说明"""
LABEL = _("今日")
BARE = {"a": "未译"}
def f():
    """说明"""
    return gettext("共 %(n)s 条" " 到此") % {"n": 1} + f"{1} 条"
'''


def test_template_texts_are_found():
    assert of_template(PAGE) == ({"标题", "从未", "无", "共 %(n)s 条"}, ["今日", "菜单"])


def test_module_texts_are_found():
    assert of_module(MODULE) == ({"今日", "共 %(n)s 条 到此"}, ["未译", " 条"])


def test_catalogue_entry_round_trips():
    text = '「%(name)s」\\ "x"\n第二行'
    assert catalogue(entry(text, "a.py", text)) == {text: text}


def test_console_has_no_unmarked_chinese():
    assert console_texts.bare() == []


def test_console_catalogue_is_complete():
    said = catalogue(CATALOGUE.read_text(encoding="utf-8"))
    assert {text for text, english in said.items() if not english.strip(" ")} == set()
    assert set(said) == set(console_texts.marked())
