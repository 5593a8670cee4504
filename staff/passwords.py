"""Refuses passwords that are guessed first: breached ones with a little added, words of the place, key rows.

No service is asked. Django's list has the 20,000 most frequent passwords of breaches; people who are refused
one of them add digits or a mark, so what is left without these is looked up too.
"""

import re
from functools import lru_cache

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from lots.models import Lot, Operator

ROWS = (
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    "abcdefghijklmnopqrstuvwxyz",
)
WALK = 5  # neighbouring keys in a row
OWN_WORDS = (
    "purecode",
    "chunjingma",
    "parking",
    "tingche",
    "carpark",
    "console",
    "shanghai",
    "停车",
    "缴费",
)
SHORTEST_WORD = 4
LEAST_REST = 6  # characters that must be left without known words and walks
_LEET = str.maketrans("@4310$5!7", "aaeiossit")


class GuessableValidator:
    """Refuses a password that is made of known words, walks over keys, repeats and digits."""

    def validate(self, password: str, user: User | None = None) -> None:
        text = password.casefold()
        if any(self._is_breached(form) for form in forms_of(text)):
            raise ValidationError(
                _("This password is among those that are tried first."), "password_breached"
            )
        if len(without_known(text, words_of(user))) < LEAST_REST:
            raise ValidationError(
                _("This password is made of names, key rows or repeats. Use several unrelated words."),
                "password_guessable",
            )

    def get_help_text(self) -> str:
        return _("No names of this place, no key rows, no password that has been breached.")

    @staticmethod
    def _is_breached(text: str) -> bool:
        return len(text) >= SHORTEST_WORD and text in _common()


def forms_of(text: str) -> set[str]:
    """Return a password without what people add to a refused one: digits, marks, replaced letters."""
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
    return {text, bare, text.translate(_LEET), bare.translate(_LEET), re.sub(r"[\W_]+", "", text)}


def without_known(text: str, words: set[str]) -> str:
    """Return what is left of a password without known words, key walks, years and repeats."""
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    text = re.sub(r"(?:19|20)\d\d", "", text)
    text = re.sub(r"(.{1,4}?)\1+", r"\1", text)
    for row in ROWS:
        for way in (row, row[::-1]):
            for length in range(len(way), WALK - 1, -1):
                for start in range(len(way) - length + 1):
                    text = text.replace(way[start : start + length], "")
    return text


def words_of(user: User | None) -> set[str]:
    """Return the names that are known to everyone here: of the person, the operators and the lots."""
    names = [user.get_username() if user else "", *OWN_WORDS]
    names += Operator.objects.values_list("legal_name", flat=True)
    for row in Lot.objects.values_list("name", "slug"):
        names += row
    parts = {part for name in names for part in re.split(r"[\W_]+", name.casefold())}
    whole = {re.sub(r"[\W_]+", "", name.casefold()) for name in names}
    pairs = {part[at : at + 2] for part in parts for at in range(len(part) - 1) if not part.isascii()}
    return pairs | {word for word in parts | whole if len(word) >= SHORTEST_WORD}


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)
