"""Parts of a page rendered once per shape and filled for each driver: the fee, which every look-up shows.

The template is the same. It is rendered with a hole for each text, and cached under the language and the
shape: what is empty, what is set, how long each list is. A request fills the holes, escaped as the template
escapes. A template may therefore test a text only for being empty; tests compare every byte with a render.
"""

import re
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any, NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import get_language

MOST = 500  # shapes; a full store starts again
_HOLE = re.compile("\ue000([0-9]+)\ue001")
_BETWEEN = "\0"
_SPECIAL = re.compile("[&<>\"'\n]|\0\\s|\\s\0")  # to be escaped, or white space that a page would drop
_FRAMES: dict[Hashable, "Frame"] = {}
_NAMES: dict[type[Any], tuple[str, ...]] = {}


class Frame(NamedTuple):
    """A rendered page in parts: at each place of a hole comes the text of that number."""

    parts: list[str]
    holes: tuple[tuple[int, int], ...]


def framed(render: Callable[[dict[str, Any]], str], name: str, context: dict[str, Any]) -> str:
    """Return what `render(context)` returns, from the frame of this shape where the values allow it."""
    texts: list[str] = []
    shape = _shape(context, texts)
    if _SPECIAL.search(_BETWEEN.join(["", *texts, ""])):  # most texts of most pages are plain
        if any(_moves_space(text) for text in texts):
            return render(context)
        texts = [text if isinstance(text, SafeString) else escape(text) for text in texts]  # as a template
    key = name, get_language(), shape
    frame = _FRAMES.get(key)
    if frame is None:
        if len(_FRAMES) >= MOST:
            _FRAMES.clear()
        frame = _FRAMES[key] = _frame_of(render(_with_holes(context, iter(range(len(texts))))))
    filled = frame.parts.copy()
    for place, number in frame.holes:
        filled[place] = texts[number]
    return "".join(filled)


def _frame_of(html: str) -> Frame:
    parts = _HOLE.split(html)
    return Frame(parts, tuple((place, int(parts[place])) for place in range(1, len(parts), 2)))


def _moves_space(text: str) -> bool:
    """Return whether white space in a text would be part of what the page drops around its lines."""
    return "\n" in text or text[:1].isspace() or text[-1:].isspace()


def _shape(value: Any, texts: list[str]) -> Hashable:
    """Return all of a value but its texts, which are added to `texts`."""
    kind = type(value)
    if kind is str or isinstance(value, str):
        if value:
            texts.append(value)
        return isinstance(value, SafeString), bool(value)
    if value is None or kind is bool:
        return value  # type: ignore[no-any-return]
    if isinstance(value, int):
        texts.append(str(value))
        return int, bool(value)
    if kind is dict:
        return tuple([(name, _shape(each, texts)) for name, each in value.items()])
    if kind is list or kind is tuple:
        return tuple([_shape(each, texts) for each in value])
    assert is_dataclass(value), type(value)
    return tuple([_shape(getattr(value, name), texts) for name in _names(kind)])


def _with_holes(value: Any, numbers: Any) -> Any:
    """Return a copy of a value in which each text is a hole."""
    if value is None or isinstance(value, bool) or value == "":
        return value
    if isinstance(value, int):
        hole = _hole(numbers)
        return hole if value else value
    if isinstance(value, str):
        return SafeString(_hole(numbers)) if isinstance(value, SafeString) else _hole(numbers)
    if isinstance(value, dict):
        return {name: _with_holes(each, numbers) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_with_holes(each, numbers) for each in value)
    return type(value)(**{name: _with_holes(getattr(value, name), numbers) for name in _names(type(value))})


def _hole(numbers: Any) -> str:
    return f"\ue000{next(numbers)}\ue001"


def _names(kind: type[Any]) -> tuple[str, ...]:
    """Return the fields of a dataclass."""
    if kind not in _NAMES:
        _NAMES[kind] = tuple(field.name for field in fields(kind))
    return _NAMES[kind]
