"""A compiled translation is compared by what it says; a traditional one has no simplified character, and
the numbers of the simplified one.
"""

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


def test_other_number_in_traditional_is_named() -> None:
    simplified: dict[object, str] = {
        "": "1",
        "a": "8:00 至 20:00 每次 2.5 元",
        ("b", 0): "%(n)s 次",
        "c": "3 天",
    }
    traditional: dict[object, str] = {"": "2", "a": "8:00 至 20:30 每次 2.5 元", ("b", 0): "%(n)s 次"}
    assert messages.other_numbers(simplified, traditional) == ["8:00 至 20:00 每次 2.5 元"]
    traditional["a"] = "20:00 前、8:00 起每次 2.5 元"
    assert messages.other_numbers(simplified, traditional) == []
