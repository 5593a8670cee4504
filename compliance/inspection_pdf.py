"""Sets the papers for an inspector with typst. Texts go in as data, never as markup."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

from lots.signs import font_coverage

FOLDER = Path(__file__).parent / "typst"
PAPERS, OPERATOR_SET = FOLDER / "papers.typ", FOLDER / "operator_set.typ"


def papers_pdf(facts: dict[str, Any], *, at: datetime, template: Path = PAPERS) -> bytes:
    """Return the papers, or another document of the operator, as a PDF that can be read aloud."""
    choice = font_coverage.choose([template.read_text(encoding="utf-8"), *_texts(facts)])
    made = typst.compile(
        str(template),
        root=str(FOLDER),
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
