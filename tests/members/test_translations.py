"""Every text of the members' pages has its Chinese in both scripts, and each of the console's in one."""

from pathlib import Path

import pytest
from django.utils import translation

from tools import console_texts

ROOT = Path(__file__).resolve().parents[2]
SAME_IN_CHINESE = {"%(field)s: %(why)s.", "; ", "："}


def messages_in(path: Path) -> set[console_texts.Text]:
    """Return the messages of a module or a template."""
    read = console_texts.of_template if path.suffix == ".html" else console_texts.of_module
    return read(path.read_text(encoding="utf-8"))[0]


def translated(text: console_texts.Text) -> str:
    return translation.pgettext(*text) if text[0] else translation.gettext(text[1])


def pages() -> list[Path]:
    modules = [
        path
        for path in (ROOT / "members").rglob("*.py")
        if not {"console", "extensions.py"} & set(path.relative_to(ROOT).parts)
    ]
    return sorted([*modules, *(ROOT / "templates" / "members").glob("*.html")])


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_every_member_text_is_translated(language):
    texts = {text for path in pages() for text in messages_in(path)}
    assert len(texts) > 90
    with translation.override(language):
        left = [
            text
            for text in texts
            if text[1].strip()
            and text[1] not in SAME_IN_CHINESE
            and translated(text) == text[1]
            and "%(points)s" not in text[1]
        ]
        assert left == []
        assert translation.ngettext("%(points)s point", "%(points)s points", 2).endswith(("积分", "積分"))


def test_every_staff_text_has_chinese():
    staff = [ROOT / "members" / "extensions.py", *(ROOT / "members" / "console").rglob("*.py")]
    files = [*staff, *(ROOT / "templates" / "members" / "console").glob("*.html")]
    texts = {text for path in files for text in messages_in(path)}
    assert len(texts) > 60
    with translation.override("zh-hans"):
        assert [text for text in texts if translated(text) == text[1]] == []
