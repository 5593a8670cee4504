"""The test plate: invented, typed, and then searched for wherever the page sends something.

A random plate is drawn for each page. It has three letters among its last five places, which no plate issued
in China has (GA 36 allows two), so it belongs to no car. With the plate of one's own parked car (`--plate`)
the way to the cashier is tested too.
"""

import base64
import hashlib
import re
import secrets
import string
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, unquote_plus

LETTERS, DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123456789"
SHORTEST = 6  # signs of a disguise: a shorter one stands in many a text by chance
PART = 4  # so many characters of a plate that is not complete are still looked for
_SIGN = r"[0-9A-Za-z\u4e00-\u9fff]"
_ONE_BY_ONE = re.compile(rf"(?<=(?<!{_SIGN}){_SIGN})[^0-9A-Za-z\u4e00-\u9fff]+(?={_SIGN}(?!{_SIGN}))")
_HASHES = ("md5", "sha1", "sha256", "sha512")


def random_plate(place: str = "沪Q") -> str:
    """Return a plate of the usual form that no car can have."""
    draw = secrets.SystemRandom()
    tail = [draw.choice(LETTERS) for _ in range(3)] + [draw.choice(DIGITS) for _ in range(2)]
    while tail[0] in LETTERS and tail[1] in LETTERS:  # 沪AD12345 would be an electric car's beginning
        draw.shuffle(tail)
    return place + "".join(tail)


def random_electric_plate() -> str:
    """Return a plate of eight signs, as electric cars have; none has a letter among the last four."""
    draw = secrets.SystemRandom()
    tail = [draw.choice(LETTERS), *(draw.choice(DIGITS) for _ in range(3))]
    draw.shuffle(tail)
    return f"沪AD{draw.choice(LETTERS)}{''.join(tail)}"


@dataclass(frozen=True)
class Canary:
    """One plate, with all that it may be disguised as."""

    plate: str

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """The plate as people and pages write it."""
        head, tail = self.plate[:2], self.plate[2:]
        whole = (self.plate, f"{head}·{tail}", f"{head}-{tail}", f"{head} {tail}", self.plate[1:])
        return (*whole, *(text.lower() for text in whole))

    @cached_property
    def _encoded(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for text in dict.fromkeys(self.spellings):
            found[text] = "plain"
            for charset in ("utf-8", "gbk", "utf-16-le", "utf-16-be"):
                raw = text.encode(charset)
                if not charset.startswith("utf-16"):
                    found[quote(raw).lower()] = "plain"
                found[raw.hex()] = "hex"
                found |= dict.fromkeys(in_base64(raw), "base64")
                found |= dict.fromkeys(in_base64(base64.b64encode(raw)), "base64 twice")
                found[base64.b32encode(raw).decode().rstrip("=")[:-1].lower()] = "base32"
                found[",".join(map(str, raw))] = "numbers"
                found |= {form: name for name in _HASHES for form in _digests(name, raw)}
                found |= dict.fromkeys(_as_one_number(raw), "one number")
            found |= dict.fromkeys(_shifted(text), "shifted letters")
            found[quote(text[::-1]).lower()] = "reversed"
            found[",".join(str(ord(c)) for c in text)] = "numbers"
            found["".join(f"&#{ord(c)};" for c in text)] = "entities"
            found["".join(f"\\u{ord(c):04x}" if ord(c) > 127 else c for c in text).lower()] = "plain"
        found = {form: how for form, how in found.items() if len(form) >= SHORTEST}
        return {form[::-1]: "reversed" for form in found} | found

    @cached_property
    def _rows(self) -> re.Pattern[str]:
        """The plate as numbers in a row, whatever stands between them: for taking it out of a text."""
        rows = sorted(
            {row.strip(",") for row in self._numbers}, key=len, reverse=True
        )  # the longest first: one may hold another
        between = r"(?:%[0-9a-f]{2}|\\[nt]|[^0-9a-z])+"
        one_of = "|".join(between.join(re.escape(number) for number in row.split(",")) for row in rows)
        start = r"(?:(?<![0-9a-z])|(?<=%[0-9a-f]{2}))"
        return re.compile(rf"{start}(?:{one_of})(?![0-9a-z])", re.IGNORECASE)

    @cached_property
    def _by_beginning(self) -> dict[str, list[str]]:
        """The disguises by their first signs: a text in which those do not stand need not be searched."""
        found: dict[str, list[str]] = defaultdict(list)
        for form in self._encoded:
            found[form[:SHORTEST]].append(form)
        return found

    @cached_property
    def _numbers(self) -> set[str]:
        """The plate as numbers in a row: of its characters or bytes, in the bases that scripts write."""
        rows = [row for text in self.spellings for row in ([ord(c) for c in text], list(text.encode()))]
        return {f",{','.join(_in_base(number, base) for number in row)}," for row in rows for base in BASES}

    def forms_in(self, text: str) -> tuple[str, ...]:
        """Return in which forms the plate stands in a text: plain, base64, hex, md5 ... sorted."""
        plain = unquote_plus(text)
        twice = unquote_plus(plain)
        joined = _ONE_BY_ONE.sub("", plain)  # as parts of a path, or of a list
        texts = "\0".join(dict.fromkeys((text, text.lower(), plain, plain.lower(), twice, joined)))
        beginnings = {texts[at : at + SHORTEST] for at in range(len(texts) - SHORTEST + 1)}
        likely = (self._by_beginning[begins] for begins in self._by_beginning.keys() & beginnings)
        found = {self._encoded[form] for forms in likely for form in forms if form in texts}
        listed = re.sub(r"[^0-9a-z]+", ",", f",{plain.lower()},")
        found |= {"numbers"} if any(form in listed for form in self._numbers) else set()
        return tuple(sorted(found))

    def part_in(self, text: str) -> bool:
        """Return whether the beginning of the plate stands in a text that was sent while it was typed.

        The first seven signs of eight are an ordinary plate: a page may ask for that at once, and listen on.
        """
        plain = unquote_plus(text)
        part, ordinary = self.plate[1 : 1 + PART], self.plate[1:7] if len(self.plate) > 7 else ""
        for written in (text, plain, from_base64(plain)):
            for word, whole in ((part, ordinary), (part.lower(), ordinary.lower())):
                if word in (written.replace(whole, "") if whole else written):
                    return True
        return False

    def scrubbed(self, text: str) -> str:
        """Return the text without the plate in any disguise: for evidence that is kept."""
        for form in sorted(self._encoded, key=len, reverse=True):
            text = text.replace(form, "〈plate〉").replace(form.upper(), "〈plate〉")
        return self._rows.sub("〈plate〉", self.taken_out(text))

    def taken_out(self, text: str) -> str:
        """Return the text without the plate, however it is written."""
        for word in sorted(self.spellings, key=len, reverse=True):
            text = text.replace(word, "〈plate〉")
        return text


BASES, SIGNS = (10, 16, 36), string.digits + string.ascii_lowercase


def _in_base(number: int, base: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, base)
        digits = SIGNS[digit] + digits
    return digits


def _as_one_number(raw: bytes) -> set[str]:
    """Return the bytes as one long number, in the bases that scripts write."""
    number = int.from_bytes(raw)
    return {_in_base(number, base) for base in BASES if base != 16}  # that is hexadecimal


def _shifted(text: str) -> set[str]:
    """Return the text with its letters moved along the alphabet: by 13 places; with the province by any."""
    moved = set()
    for places in range(1, 26) if text[0] > "z" else (13,):
        letters = {ord("A") + place: ord("A") + (place + places) % 26 for place in range(26)}
        one = text.upper().translate(letters)
        moved |= {one.lower(), quote(one).lower()}
    return moved


def _digests(name: str, raw: bytes) -> tuple[str, ...]:
    digest = hashlib.new(name, raw, usedforsecurity=False)
    return digest.hexdigest(), base64.b64encode(digest.digest()).decode().rstrip("=")


_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,2000}={0,2}")


def from_base64(text: str) -> str:
    """Return what stands in a text as base64, decoded; what is none comes out as noise."""
    found = []
    for run in _BASE64.findall(text)[:20]:
        with suppress(ValueError):
            whole = run.rstrip("=").replace("-", "+").replace("_", "/")
            found.append(base64.b64decode(whole + "=" * (-len(whole) % 4)).decode("utf-8", "ignore"))
    return "\n".join(found)


def in_base64(raw: bytes) -> set[str]:
    """Return how bytes look inside a longer base64 text: at each of the three places they may begin."""
    found = set()
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        inner = text[-(-shift * 8 // 6) :]
        inner = inner if (shift + len(raw)) % 3 == 0 else inner[:-1]
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found


def _sent_in_order(plate: str, texts: list[str]) -> bool:
    """Return whether at most four words in turn make up the plate, one of three characters or more."""
    words = re.findall(rf"{_SIGN}+", unquote_plus("\n".join(texts)).upper())
    states = {(0, 0, False), (1, 0, False)}  # place in the plate, words so far, whether one was long
    for word in words:
        states |= {
            (place + len(word), count + 1, long or len(word) >= 3)
            for place, count, long in states
            if count < 4 and plate.startswith(word, place)
        }
    return any(place == len(plate) and long for place, _, long in states)


def pieces_sent(canary: Canary, texts: list[str]) -> bool:
    """Return whether several texts hold pieces of the plate that make up nearly all of it."""
    if _sent_in_order(canary.plate, texts):
        return True
    tail = canary.plate[1:]
    found: set[int] = set()
    for text in texts:
        plain = unquote_plus(text)
        for size in range(len(tail) - 1, 2, -1):
            for start in range(len(tail) - size + 1):
                piece = tail[start : start + size]
                if re.search(rf"(?<![0-9A-Za-z]){piece}(?![0-9A-Za-z])", plain):
                    found |= set(range(start, start + size))
    return len(found) >= len(tail) - 1
