"""Every text of the members' pages is said in three languages, and each of the console's in English."""

import ast
import re
from pathlib import Path

import pytest
from django.utils import translation

from tools import console_texts

ROOT = Path(__file__).resolve().parents[2]
SAME_IN_CHINESE = {"%(field)s: %(why)s.", "; ", "："}


def messages_in(path: Path) -> set[str]:
    """Return the texts that a module or a template hands to gettext."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        return of_template(source)
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    marked = [call for call in calls if getattr(call.func, "id", "") in console_texts.CALLS]
    return {str(call.args[0].value) for call in marked if isinstance(call.args[0], ast.Constant)}


def of_template(source: str) -> set[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console_texts, "CHINESE", re.compile(""))
        return {text for text in console_texts.of_template(source)[0] if text.strip()}


def pages() -> list[Path]:
    modules = [path for path in (ROOT / "members").rglob("*.py") if "console" not in path.parts]
    return sorted([*modules, *(ROOT / "templates" / "members").glob("*.html")])


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_every_member_text_is_translated(language):
    texts = {text for path in pages() for text in messages_in(path) if not console_texts.CHINESE.search(text)}
    assert len(texts) > 90
    with translation.override(language):
        left = [
            text
            for text in texts - SAME_IN_CHINESE
            if translation.gettext(text) == text and "%(points)s" not in text
        ]
        assert left == []
        assert translation.ngettext("%(points)s point", "%(points)s points", 2).endswith(("积分", "積分"))


def test_every_staff_text_has_english():
    files = [*(ROOT / "members").rglob("*.py"), *(ROOT / "templates" / "members" / "console").glob("*.html")]
    texts = {text for path in files for text in messages_in(path) if console_texts.CHINESE.search(text)}
    assert len(texts) > 60
    with translation.override("en"):
        assert [text for text in texts if translation.gettext(text) == text] == []
