"""Sets the papers for an inspector with typst. Texts go in as data, never as markup."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

from lots.signs import font_coverage

FILE = Path(__file__).parent / "typst" / "papers.typ"


def papers_pdf(facts: dict[str, Any], *, at: datetime) -> bytes:
    """Return the papers as a PDF with a structure that can be read aloud."""
    choice = font_coverage.choose([FILE.read_text(encoding="utf-8"), *_texts(facts)])
    made = typst.compile(
        str(FILE),
        root=str(FILE.parent),
        font_paths=typst.Fonts(choice.system, False, [str(font_coverage.FOLDER)]),
        sys_inputs={"families": "|".join(choice.families), "facts": json.dumps(facts, ensure_ascii=False)},
        format="pdf",
        timestamp=at.astimezone(UTC).replace(microsecond=0),
    )
    assert isinstance(made, bytes)
    return made


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
