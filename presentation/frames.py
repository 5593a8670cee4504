"""Parts of a page rendered once per shape and filled for each driver: the fee, which every look-up shows.

The template is the same. It is rendered with a hole for each text, and cached under the language and the
shape: what is empty, what is set, how long each list is. A request fills the holes, escaped as the template
escapes. A template may therefore test a text only for being empty; tests compare every byte with a render.
"""

import re
from collections.abc import Callable, Hashable
from html import escape
from typing import Any, NamedTuple

from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import get_language

MOST = 500  # shapes; a full store starts again
_HOLE = re.compile("\ue000([0-9]+)\ue001")
_BETWEEN = "\0"
_SPECIAL = re.compile("[&<>\"'\n]|\0\\s|\\s\0")  # to be escaped, or white space that a page would drop
_FRAMES: dict[Hashable, "Frame"] = {}


class Frame(NamedTuple):
    """A rendered page in parts: at each place of a hole comes the text of that number."""

    parts: list[str]
    holes: tuple[tuple[int, int], ...]


def framed(
    render: Callable[[dict[str, Any]], str], name: str, context: dict[str, Any], language: str | None = None
) -> str:
    """Return what `render(context)` returns, from the frame of this shape where the values allow it.

    `language`: one that need not be active.
    """
    language = language or get_language()
    texts: list[str] = []
    shape: list[Any] = [name, language]
    _note(context, shape, texts)
    if _SPECIAL.search(_BETWEEN.join(["", *texts, ""])):  # most texts of most pages are plain
        if any(_moves_space(text) for text in texts):
            return _rendered(render, context, language)
        texts = [text if isinstance(text, SafeString) else escape(text) for text in texts]  # as a template
    key = tuple(shape)
    frame = _FRAMES.get(key)
    if frame is None:
        if len(_FRAMES) >= MOST:
            _FRAMES.clear()
        frame = _FRAMES[key] = _frame_of(
            _rendered(render, _with_holes(context, iter(range(len(texts)))), language)
        )
    filled = frame.parts.copy()
    for place, number in frame.holes:
        filled[place] = texts[number]
    return "".join(filled)


def _rendered(render: Callable[[dict[str, Any]], str], context: Any, language: str | None) -> str:
    with translation.override(language):
        return render(context)


def _frame_of(html: str) -> Frame:
    parts = _HOLE.split(html)
    return Frame(parts, tuple((place, int(parts[place])) for place in range(1, len(parts), 2)))


def _moves_space(text: str) -> bool:
    """Return whether white space in a text would be part of what the page drops around its lines."""
    return "\n" in text or text[:1].isspace() or text[-1:].isspace()


def _note(value: Any, shape: list[Any], texts: list[str]) -> None:
    """Add all of a value but its texts to `shape`, and these to `texts`.

    What holds other values (a dict, a list, a tuple, also a named one) is written before them, so that two
    contexts with one shape are alike. Types and emptiness are noted at once: a call for each value would
    cost more than the page.
    """
    kind = type(value)
    inner = value
    if kind is dict:
        shape.append(tuple(value))
        inner = value.values()
    shape += kind, *map(type, inner), *map(bool, inner)
    for each in inner:
        if not each or each is True:
            continue
        own = type(each)
        if own is str or own is SafeString:
            texts.append(each)
        elif own is list or own is tuple or own is dict:
            _note(each, shape, texts)
        elif isinstance(each, str):
            texts.append(each)
        elif isinstance(each, int):
            texts.append(str(each))
        else:
            _note(each, shape, texts)


def _with_holes(value: Any, numbers: Any) -> Any:
    """Return a copy of a value in which each text is a hole."""
    if not value or value is True:
        return value
    if isinstance(value, int):
        return _hole(numbers)
    if isinstance(value, str):
        return SafeString(_hole(numbers)) if isinstance(value, SafeString) else _hole(numbers)
    if isinstance(value, dict):
        return {name: _with_holes(each, numbers) for name, each in value.items()}
    made = getattr(value, "_make", type(value))  # of a named tuple
    return made([_with_holes(each, numbers) for each in value])


def _hole(numbers: Any) -> str:
    return f"\ue000{next(numbers)}\ue001"
