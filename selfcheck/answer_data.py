"""What the data of an answer tells besides the fee: a page may hide what its interface gives away."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from selfcheck.proxy import Exchange

# What the data of an answer should not hold: the name of a member, and what its value looks like.
DISCLOSING = {
    "入场时间": (
        re.compile(r"^(?:in|enter|entry|entrance|arriv\w*|come|park\w*in|jin|ru)_?\w{0,6}_?(?:time|date|at|dt|stamp)$|入场|进场", re.IGNORECASE),
        re.compile(r"\d{1,2}[:：]\d{2}|\d{4}[-/年]\d|^1[5-9]\d{8}(?:\d{3})?$"),
    ),
    "照片": (
        re.compile(r"^(?!.*(?:logo|icon|qr|banner|avatar|ad_?)).*(?:img|image|pic(?:ture|url)?$|photo|snap|capture|照片|图片)", re.IGNORECASE),
        re.compile(r"^(?:https?:)?//|^/\S+\.\w{3,4}|^data:image|\.(?:jpe?g|png|webp)$|^[A-Za-z0-9+/=]{200,}", re.IGNORECASE),
    ),
    "车主": (
        re.compile(r"owner|user_?name|real_?name|nick|open_?id|union_?id|member_?(?:id|no|name)|id_?card|车主|姓名", re.IGNORECASE),
        re.compile(r"\S"),
    ),
    "手机号": (
        re.compile(r"^(?!.*(?:serv|hot|complain|custom|kefu|help)).*(?:phone|mobile|tel|手机)", re.IGNORECASE),
        re.compile(r"^1\d{2}(?:\d{8}|\*{4}\d{4})$|^\*+\d{4}$"),
    ),
    "位置": (
        re.compile(r"berth|(?:park\w*|car)?_?(?:space|spot|slot|seat)(?:_?(?:no|num|code|name|id))?$|floor|gate|lane|channel_?name|车位|泊位|楼层", re.IGNORECASE),
        re.compile(r"[A-Za-z]-?\d|负|层|区|门|口"),
    ),
    "历史": (
        re.compile(r"last_?\w*(?:time|date)|histor\w*|visit_?(?:count|times)|上次|历史", re.IGNORECASE),
        re.compile(r"\d"),
    ),
}  # fmt: skip


def disclosures(exchange: Exchange) -> list[tuple[str, str]]:
    """Return what an interface answers about the car or its driver besides the fee: kind and name."""
    if "json" not in exchange.answer_header("content-type") and exchange.answer[:1] not in {b"{", b"["}:
        return []
    with suppress(ValueError, RecursionError):
        return [
            (kind, name)
            for name, value in _leaves(json.loads(exchange.answer), "")
            for kind, (names, values) in DISCLOSING.items()
            if names.search(name) and values.search(value)
        ]
    return []


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, str(key)[:60])
    elif isinstance(value, list):
        for inner in value[:50]:
            yield from _leaves(inner, name)
    elif isinstance(value, str | int | float):
        yield name, str(value)[:300]
