"""Asks for the fee once more as a phone of another language does: the same stay costs the same.

The request that was answered with the fee is sent again as it was, and once with another Accept-Language. Only a
number at the very place of the fee counts, and only where the first language still gets the fee, before and after.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from selfcheck.chrome import Options
from selfcheck.fetching import fetch
from selfcheck.proxy import Exchange
from selfcheck.sites import site_of
from selfcheck.visit import Phase

OWN, OTHER = "zh-CN,zh;q=0.9", "en-US,en;q=0.9"
_SENT_AGAIN = {"content-type", "cookie", "accept", "origin", "referer", "user-agent", "x-requested-with"}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MONEY = re.compile(r"[¥￥$]\s*(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\s*(?:[元圆圓]|yuan|CNY|RMB)", re.IGNORECASE)


async def other_fee(exchanges: Iterable[Exchange], site: str, fee: float, options: Options) -> str:
    """Return the fee and what it is in another language, in yuan; empty: the same, or not known."""
    asked = next((one for one in exchanges if _is_look_up(one, site) and _places(one.answer, fee)), None)
    if asked is None:
        return ""
    if not (own := _places(await _ask(asked, OWN, options), fee)):
        return ""
    other = dict(_numbers(await _ask(asked, OTHER, options)))
    differ = {place for place in own if other.get(place, 0) and not _is_fee(other[place], fee)}
    if differ:  # what changes by itself, such as the time, is no fee
        differ &= set(_places(await _ask(asked, OWN, options), fee))
    return next((f"{fee:.2f} → {other[place] * fee / own[place]:.2f}" for place in sorted(differ)), "")


def _is_look_up(exchange: Exchange, site: str) -> bool:
    mark = exchange.mark
    early = getattr(mark, "phase", None) is Phase.SUBMIT and not getattr(mark, "muted", False)
    return early and exchange.status == 200 and site_of(exchange.url) == site and not exchange.socket


async def _ask(exchange: Exchange, language: str, options: Options) -> bytes:
    headers = {name: value for name, value in exchange.headers if name.lower() in _SENT_AGAIN}
    headers["Accept-Language"] = language
    answer = await fetch(
        exchange.url, options, headers=headers, body=exchange.body or None, method=exchange.method
    )
    return answer.body if answer.status == 200 else b""


def _is_fee(number: float, fee: float) -> bool:
    return round(number, 2) in {round(fee, 2), round(100 * fee, 2)}


def _places(answer: bytes, fee: float) -> dict[str, float]:
    """Return where an answer holds the fee, in yuan or fen, and the number there."""
    return {place: number for place, number in _numbers(answer) if _is_fee(number, fee)}


def _numbers(answer: bytes) -> Iterator[tuple[str, float]]:
    """Yield the numbers of an answer with their places: names in JSON, the amounts of a page in their order."""
    text = answer.decode("utf-8", "replace")
    try:
        yield from _leaves(json.loads(text))
    except ValueError:
        for place, found in enumerate(_MONEY.finditer(text)):
            yield str(place), float(found[1] or found[2])


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, f"{place}.{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _leaves(part, f"{place}.{index}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield place, float(value)
    elif isinstance(value, str) and (found := _NUMBER.fullmatch(value.strip("¥￥元 "))):
        yield place, float(found[0])
