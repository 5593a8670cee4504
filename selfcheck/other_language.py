"""Asks for the fee again: as a phone of another language does, and as it is later.

The look-up is sent again as it was, and once with another Accept-Language: the same stay costs the same. A
bill that has an address of its own is opened once more: it may have grown. Only a number at the very
place of the fee counts.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urljoin

from selfcheck.chrome import Options
from selfcheck.fetching import fetch
from selfcheck.proxy import Exchange
from selfcheck.sites import site_of
from selfcheck.visit import Phase

OWN, OTHER = "zh-CN,zh;q=0.9", "en-US,en;q=0.9"
_SENT_AGAIN = {"content-type", "cookie", "accept", "origin", "referer", "user-agent", "x-requested-with"}
_REDIRECTS = {301, 302, 303}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_MONEY = re.compile(r"[¥￥$]\s*(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\s*(?:[元圆圓]|yuan|CNY|RMB)", re.IGNORECASE)


async def other_fees(
    exchanges: Iterable[Exchange], site: str, fee: float, options: Options
) -> tuple[str, str]:
    """Return what the fee is in another language, and what it has become by now, in yuan; empty: same."""
    early = [one for one in exchanges if _is_early(one, site)]
    bill = next((one for one in early if one.status == 200 and _places(one.answer, fee)), None)
    if bill is None:
        return "", ""
    places = _places(bill.answer, fee)
    look_up = next((one for one in early if _leads_to(one, bill)), bill)
    own = dict(_numbers(await _ask(look_up, OWN, options)))
    other = dict(_numbers(await _ask(look_up, OTHER, options)))
    differ = _changed(own, other, set(places))
    if differ:  # what changes by itself, such as the time, is no fee
        differ -= _changed(own, dict(_numbers(await _ask(look_up, OWN, options))), differ)
    grown: dict[str, float] = {}
    if look_up is not bill and bill.method == "GET":
        grown = dict(_numbers(await _ask(bill, OWN, options)))
    later = {place for place in _changed(places, grown, set(places)) if grown[place] > places[place]}
    return _as_change(fee, places, other, differ), _as_change(fee, places, grown, later)


def _changed(before: dict[str, float], after: dict[str, float], places: set[str]) -> set[str]:
    return {p for p in places if before.get(p) and after.get(p) and before[p] != after[p]}


def _as_change(fee: float, first: dict[str, float], then: dict[str, float], places: set[str]) -> str:
    return next((f"{fee:.2f} → {then[place] * fee / first[place]:.2f}" for place in sorted(places)), "")


def _leads_to(exchange: Exchange, bill: Exchange) -> bool:
    to = exchange.answer_header("location")
    return exchange.status in _REDIRECTS and bool(to) and urljoin(exchange.url, to) == bill.url


def _is_early(exchange: Exchange, site: str) -> bool:
    mark = exchange.mark
    early = getattr(mark, "phase", None) is Phase.SUBMIT and not getattr(mark, "muted", False)
    return early and site_of(exchange.url) == site and not exchange.socket


async def _ask(exchange: Exchange, language: str, options: Options) -> bytes:
    headers = {name: value for name, value in exchange.headers if name.lower() in _SENT_AGAIN}
    headers["Accept-Language"] = language
    answer = await fetch(
        exchange.url, options, headers=headers, body=exchange.body or None, method=exchange.method
    )
    to = urljoin(exchange.url, answer.leads_to)
    if answer.status in _REDIRECTS and site_of(to) == site_of(exchange.url):
        headers.pop("Content-Type", None)
        answer = await fetch(to, options, headers=headers)
    return answer.body if answer.status == 200 else b""


def _is_fee(number: float, fee: float) -> bool:
    return round(number, 2) in {round(fee, 2), round(100 * fee, 2)}


def _places(answer: bytes, fee: float) -> dict[str, float]:
    """Return where an answer holds the fee, in yuan or fen, and the number there."""
    return {place: number for place, number in _numbers(answer) if _is_fee(number, fee)}


def _numbers(answer: bytes) -> Iterator[tuple[str, float]]:
    """Yield the numbers of an answer with their places: names in JSON, the order of amounts in a page."""
    text = answer.decode("utf-8", "replace")
    try:
        yield from _leaves(json.loads(text))
    except ValueError:
        for place, found in enumerate(_MONEY.finditer(_MARKUP.sub("", text))):
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
