"""A compiled translation is compared by what it says; a traditional one has no simplified character."""

from pathlib import Path

import pytest

from tools import messages

SOURCE = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Licence plate"
msgstr "车牌号"
"""


@pytest.mark.servers
def test_changed_source_makes_catalogue_stale(tmp_path: Path) -> None:
    source = tmp_path / "django.po"
    source.write_text(SOURCE, encoding="utf-8")
    assert messages.stale(source)
    messages.compile_to(source, source.with_suffix(".mo"))
    assert not messages.stale(source)
    source.write_text(SOURCE.replace("车牌号", "号牌"), encoding="utf-8")
    assert messages.stale(source)


def test_simplified_character_in_traditional_is_named(tmp_path: Path) -> None:
    source = tmp_path / "zh_Hant" / "django.po"
    source.parent.mkdir()
    source.write_text('msgid "Closed 暂"\nmsgstr "暂停 90 %："\n"線上繳費€"\n', encoding="utf-8")
    assert messages.simplified(source) == "暂"
    source.write_text('msgid "Closed 暂"\nmsgstr "暫停 90 %："\n"線上繳費"\n', encoding="utf-8")
    assert messages.simplified(source) == ""
