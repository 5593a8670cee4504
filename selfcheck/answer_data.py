"""What the data of an answer tells besides the fee: a page may hide what its interface gives away."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote

from selfcheck.answer_wording import CAR_PHOTO, CHINA, TELLS_TOO_MUCH, WHOLE_PLATE, bare_plate
from selfcheck.canary import from_base64
from selfcheck.proxy import Exchange

# What the data of an answer should not hold: the name of a member, and what its value looks like.
DISCLOSING = {
    "入场时间": (
        re.compile(r"^(?:in|enter|entry|entrance|arriv\w*|come|park\w*in|jin|ru)_?\w{0,6}_?(?:time|date|at|dt|stamp)$|入场|进场", re.IGNORECASE),
        re.compile(r"\d{1,2}[:：]\d{2}|\d{4}[-/年]\d|^1[5-9]\d{8}(?:\d{3})?$"),
    ),
    "照片": (
        re.compile(r"^(?!.*(?:logo|icon|qr|banner|avatar|ad_?|map|plan|board|(?:background|border|mask|style)-?image)).*(?:img|image|pic(?:ture|url)?$|photo|snap|capture|照片|图片)", re.IGNORECASE),
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


# Whatever the name: a moment of the past that is none of the answer itself, a photo, a masked name or number.
_MOMENT = re.compile(r"^(\d{4}[-/]\d{1,2}[-/]\d{1,2})[ T]\d{1,2}:\d{2}|^1[5-9]\d{8}(?:\d{3})?$")
_OF_THE_ANSWER = re.compile(
    r"query|search|now|server|system|curr|respon|request|stamp|creat|updat|publish|expir|deadline|valid|until|end|free|leave|exit|out|nonce|sign|version|build|notice",
    re.IGNORECASE,
)
_PHOTO = re.compile(r"\.(?:jpe?g|png|webp)(?:\?|$)", re.IGNORECASE)
_NO_PHOTO = re.compile(
    r"logo|icon|qr|banner|avatar|ad_?|map|plan|sign|board|(?:background|border|mask|style)-?image",
    re.IGNORECASE,
)
_MASKED = re.compile(r"^[\u4e00-\u9fff]\*{1,2}$|^1\d{2}\*{4}\d{4}$")


def disclosures(exchange: Exchange) -> list[tuple[str, str]]:
    """Return what is answered about the car or its driver besides the fee, seen or not: kind and name."""
    found = []
    with suppress(ValueError, RecursionError):
        for name, value in _data(exchange):
            kinds = [
                kind
                for kind, (names, values) in DISCLOSING.items()
                if names.search(name) and values.search(value)
            ]
            found += [(kind, name) for kind in kinds or _by_value(name, value)]
    return found


MANY_PLATES = 5  # whole ones of other cars: an example or two stand on many pages
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_IN_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")


def plates_of_others(exchange: Exchange, own: str) -> int:
    """Return how many whole plates of other cars an answer holds, in clear, escaped or in base64; 0: not many."""
    if not re.search(r"text|json|script|html", exchange.answer_header("content-type")):
        return 0
    raw = exchange.answer[:200_000]
    text = raw.decode("utf-8", "replace")
    text = raw.decode("gb18030", "replace") if "\ufffd" in text else text
    texts = [text, *map(from_base64, _IN_BASE64.findall(text)[:20])]
    plain = (unquote(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), one)) for one in texts)
    plates = {bare_plate(plate) for one in plain for plate in WHOLE_PLATE.findall(one)}
    others = {plate for plate in plates - {own} if not plate.endswith("12345")}
    return len(others) if len(others) >= MANY_PLATES else 0


# What pays, refunds or reads in the operator's name. What is called a secret may also be no more than a salt.
_SECRET = re.compile(
    r"""["']?\b(?P<name>(?:mch|merchant|partner)_?(?:api_?)?(?:v3_?)?key|api_?v3_?key|app_?secret|(?:access_?)?key_?secret|secret_?key)\b["']?"""
    r"""\s*[:=]\s*["'`](?P<value>[A-Za-z0-9+/=_-]{16,})["'`]""",
    re.IGNORECASE,
)
_CERTAIN = re.compile(r"^(?:mch|api_?v3)", re.IGNORECASE)
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:RSA |EC )?PRIVATE KEY-----(?:\\n|\s)*[A-Za-z0-9+/]{40}")
_CONNECTION = re.compile(
    r"\b(?:jdbc:\w+|mysql|postgres(?:ql)?|mongodb(?:\+srv)?|redis|amqps?)://(?P<login>[^\s\"'`@/]{3,}:[^\s\"'`@/]{3,}@)?[\w.-]{4,}"
)


def secrets_in(exchange: Exchange) -> list[tuple[str, bool]]:
    """Return the secrets of the operator that an answer holds: the name of each, and whether it is certain."""
    if not re.search(r"text|json|script|html", exchange.answer_header("content-type")):
        return []
    text = exchange.answer.decode("utf-8", "replace")
    found = [
        (row["name"], bool(_CERTAIN.match(row["name"])))
        for row in _SECRET.finditer(text)
        if _random(row["value"])
    ]
    if _PRIVATE_KEY.search(text):
        found.append(("PRIVATE KEY", True))
    found += [(row.group().partition("://")[0], bool(row["login"])) for row in _CONNECTION.finditer(text)]
    return list(dict.fromkeys(found))


# Functions that this browser lacks: a script asks whether they are there, and does nothing here.
_OF_PHONES = re.compile(r"\bnavigator\??\.(share|contacts)\b|\b(NDEFReader)\b")


def phone_functions_in(exchange: Exchange) -> set[str]:
    """Return the functions that only phones have and that a page or script of the site names."""
    if not re.search(r"script|html", exchange.answer_header("content-type")):
        return set()
    text = exchange.answer[:SCRIPT].decode("utf-8", "replace")
    return {share_or_contacts or nfc for share_or_contacts, nfc in _OF_PHONES.findall(text)}


SCRIPT = 256 * 1024  # bytes of a script that are searched


def _random(value: str) -> bool:
    """Return whether a value looks drawn at random, and is neither a word nor a blank to be filled in."""
    return len(set(value)) >= 9 and any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _data(exchange: Exchange) -> Iterator[tuple[str, str]]:
    kind = exchange.answer_header("content-type")
    if "json" in kind or exchange.answer[:1] in {b"{", b"["}:
        yield from _leaves(json.loads(exchange.answer), "")
    elif "html" in kind:  # what stands in hidden fields and attributes
        text = exchange.answer[:200_000].decode("utf-8", "replace")
        for row in _HIDDEN.finditer(text):
            name, value, attribute, kept = (part or "" for part in row.groups())
            yield (name or attribute)[:60], unescape(value or kept)[:300]
        for script, comment in _UNSEEN.findall(text):  # and what a script or a comment holds
            pairs = _PAIR.finditer(script or comment)
            yield from ((row[1], row[2]) for row in pairs if not _is_drawn(row))


_HIDDEN = re.compile(
    r"""<input[^>]*?\bname=["']?([\w.-]+)[^>]*?\bvalue=["']([^"']*)|\bdata-([\w-]+)=["']([^"']*)""",
    re.IGNORECASE,
)


_UNSEEN = re.compile(r"<script\b[^>]*>(.{0,20000}?)</script>|<!--(.{0,5000}?)-->", re.IGNORECASE | re.DOTALL)
_PAIR = re.compile(r"""["']?([A-Za-z_\u4e00-\u9fff][\w-]{1,40})["']?\s*[:=]\s*["']([^"'\n]{2,80})["']""")


def _is_drawn(pair: re.Match[str]) -> bool:
    """Return whether a script puts a picture on the page, as by img.src: it is judged where it is shown.

    What the address itself names as a photo of a car is one, shown or not.
    """
    assigns = pair[1] == "src" and pair.string[: pair.start()].endswith(".")
    return assigns and not CAR_PHOTO.search(pair[2])


def _by_value(name: str, value: str) -> list[str]:
    if _MASKED.search(value):
        return ["车主"]
    if TELLS_TOO_MUCH.search(value):
        return ["车辆或车主的信息"]
    if _PHOTO.search(value) and not _NO_PHOTO.search(f"{name} {value}"):
        return ["照片"]
    if (found := _MOMENT.search(value)) and not _OF_THE_ANSWER.search(name):
        return ["入场时间"] if _past(found.group()) else []
    return []


LONGEST_STAY = timedelta(days=60)


def _past(moment: str) -> bool:
    """Return whether a moment lies more than five minutes back: an answer's own moment is now or later.

    A bare number counts only as far back as a car may have been parked: a merchant's number looks like one, too.
    """
    if moment.isdigit():
        then = datetime.fromtimestamp(int(moment[:10]), UTC)
        if datetime.now(UTC) - then > LONGEST_STAY:
            return False
    else:
        day, clock = moment.replace("/", "-").replace("T", " ").split(" ")
        parts = [int(part) for part in (*day.split("-"), *clock.split(":"))]
        then = datetime(parts[0], parts[1], parts[2], parts[3], parts[4], tzinfo=CHINA)
    return then < datetime.now(UTC) - timedelta(minutes=5)


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, str(key)[:60])
    elif isinstance(value, list):
        for inner in value[:50]:
            yield from _leaves(inner, name)
    elif isinstance(value, str | int | float):
        yield name, str(value)[:300]
