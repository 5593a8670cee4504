"""The canary: an invented plate that is typed, and then looked for wherever the page sends something.

No Django.

沪Q has not been given to cars, as far as is known; with a plate of one's own car that is parked there
(`--plate`) the way to the cashier is seen too.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, unquote_plus

PLATE, SECOND = "沪Q7K319", "沪Q2M846"
PART = 4  # so many characters of a plate that is not complete are still looked for
_HASHES = ("md5", "sha1", "sha256", "sha512")


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
            for charset in ("utf-8", "gbk"):
                raw = text.encode(charset)
                found[quote(raw).lower()] = "plain"
                found[raw.hex()] = "hex"
                found |= dict.fromkeys(_in_base64(raw), "base64")
                found |= {form: name for name in _HASHES for form in _digests(name, raw)}
            found["".join(f"\\u{ord(c):04x}" if ord(c) > 127 else c for c in text).lower()] = "plain"
        return {form: how for form, how in found.items() if len(form) >= 6}

    def forms_in(self, text: str) -> tuple[str, ...]:
        """Return in which forms the plate stands in a text: plain, base64, hex, md5 ... sorted."""
        plain = unquote_plus(text)
        texts = (text, text.lower(), plain, plain.lower())
        return tuple(sorted({how for form, how in self._encoded.items() if any(form in t for t in texts)}))

    def part_in(self, text: str, typed: str) -> bool:
        """Say whether an incomplete plate stands in a text; `typed` is what stands in the field."""
        part = typed[1:]
        return len(part) >= PART and any(
            word in t for word in (part, part.lower()) for t in (text, unquote_plus(text))
        )

    def scrubbed(self, text: str) -> str:
        """Return the text without the plate in any disguise: for evidence that is kept."""
        for form in sorted(self._encoded, key=len, reverse=True):
            text = text.replace(form, "〈plate〉").replace(form.upper(), "〈plate〉")
        return self.taken_out(text)

    def taken_out(self, text: str) -> str:
        """Return the text without the plate, however it is written."""
        for word in sorted(self.spellings, key=len, reverse=True):
            text = text.replace(word, "〈plate〉")
        return text


def _digests(name: str, raw: bytes) -> tuple[str, ...]:
    digest = hashlib.new(name, raw, usedforsecurity=False)
    return digest.hexdigest(), base64.b64encode(digest.digest()).decode().rstrip("=")


def _in_base64(raw: bytes) -> set[str]:
    """Return how bytes look inside a longer base64 text: at each of the three places they may begin."""
    found = set()
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        inner = text[-(-shift * 8 // 6) :]
        inner = inner if (shift + len(raw)) % 3 == 0 else inner[:-1]
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found
