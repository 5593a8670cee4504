"""Draws faces with typst: PDF for the press or for a screen, PNG and SVG of the trimmed sign. Pure.

Texts reach the template as data, never as markup, so nothing in a name is ever executed or set as code.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from lots.signs import font_coverage
from lots.signs.print_errors import TextTooLong
from lots.signs.sign_faces import Face
from lots.signs.sign_messages import message as _

FOLDER = Path(__file__).parent / "typst"
AUTHOR = "PureCode"
# What the templates say by themselves.
STATIC = (FOLDER / "parts.typ", FOLDER / "layouts.typ", FOLDER / "pictures.typ", FOLDER / "lists.typ")
PNG_DPI = 150
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # pictures carry no date
_TOO_LONG = re.compile(r"too-long:(.*?)[\"'`]?$", re.MULTILINE | re.DOTALL)


def press_pdf(faces: Sequence[Face], *, at: datetime) -> bytes:
    """Return one page a sign: CMYK, 3 mm bleed, crop marks, trim and bleed boxes."""
    from lots.signs import pdf_boxes  # with pypdf, which few processes need

    inputs = {"signs": _data(faces), "mode": "press", **_common(faces)}
    drawn = _draw("sign.typ", inputs, _texts(faces), "pdf", at=at)
    return pdf_boxes.mark(drawn, [face.form for face in faces])


def png(face: Face, *, dpi: float = PNG_DPI) -> bytes:
    """Return the trimmed sign as a picture."""
    return _draw("sign.typ", _on_screen(face), face.texts(), "png", dpi=dpi)


def svg(face: Face) -> bytes:
    """Return the trimmed sign as a drawing; its letters are outlines, so it needs no font."""
    return _draw("sign.typ", _on_screen(face), face.texts(), "svg")


def proof_pdf(faces: Sequence[Face], head: Mapping[str, str], *, at: datetime) -> bytes:
    """Return all signs small on A4 sheets, with numbers and places, for sign-off."""
    inputs = {"signs": _data(faces), "head": json.dumps(head), "mode": "proof", **_common(faces)}
    return _draw("lists.typ", inputs, [*_texts(faces), *head.values()], "pdf", at=at)


def inventory_pdf(rows: Sequence[Mapping[str, str]], head: Mapping[str, str], *, at: datetime) -> bytes:
    """Return the list for the patrol: what hangs where, with room for ticks."""
    inputs = {"rows": json.dumps(rows), "head": json.dumps(head), "mode": "list", "title": head["title"]}
    texts = [text for row in rows for text in row.values()]
    return _draw("lists.typ", inputs, [*texts, *head.values()], "pdf", at=at)


def _on_screen(face: Face) -> dict[str, str]:
    return {"signs": _data([face]), "mode": "screen", **_common([face])}


def _data(faces: Sequence[Face]) -> str:
    return json.dumps([face.data for face in faces])


def _texts(faces: Sequence[Face]) -> list[str]:
    return [text for face in faces for text in face.texts()]


def _common(faces: Sequence[Face]) -> dict[str, str]:
    first = faces[0].data
    many = f"{first['lot']} · {len(faces)}"
    return {
        "title": str(first["headline"]) if len(faces) == 1 else many,
        "plate": str(first["plate"]),
        "colour": faces[0].colour,
        "logo": json.dumps(list(faces[0].logo)),
    }


def _draw(
    file: str,
    inputs: Mapping[str, str],
    texts: Iterable[str],
    kind: Literal["pdf", "png", "svg"],
    *,
    at: datetime = EPOCH,
    dpi: float = PNG_DPI,
) -> bytes:
    choice = font_coverage.choose([*static_texts(), *texts])
    try:
        made = typst.compile(
            str(FOLDER / file),
            root=str(FOLDER),
            font_paths=_typefaces(system=choice.system),
            sys_inputs={"families": "|".join(choice.families), "author": AUTHOR, **inputs},
            format=kind,
            ppi=float(dpi),
            pdf_tags=False,  # a press reads no structure, and the file halves
            timestamp=at.astimezone(UTC).replace(microsecond=0),
        )
    except typst.TypstError as error:
        raise _explained(error) from None
    return made if isinstance(made, bytes) else made[0]


def _explained(error: typst.TypstError) -> Exception:
    found = _TOO_LONG.search(error.message)
    return TextTooLong(_("This text is too long for the sign: %(text)s", text=found[1])) if found else error


@cache
def static_texts() -> tuple[str, ...]:
    """Return what the templates themselves say, so that it is checked like everything else."""
    return tuple(file.read_text(encoding="utf-8") for file in STATIC)


@cache
def _typefaces(*, system: bool) -> Any:
    return typst.Fonts(system, False, [str(font_coverage.FOLDER)])
