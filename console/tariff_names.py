"""Names in the tariff form: the words of each list, other words for them, and what to type instead."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from presentation.class_boards import SEASONS
from presentation.formatting import DAYS, NAMES, PASSES, listed

type Words = Mapping[str, str | Promise]

OFFER_NAMES: Words = {
    "early_bird": gettext_lazy("Early bird"),
    "evening": NAMES["evening"],
    "weekend": DAYS["weekend"],
}
SEASON_NAMES: Words = {key: word for key, word in SEASONS.items() if not key.startswith("other")}
LISTS: dict[str, Words] = {
    "bands": NAMES,
    "offers": OFFER_NAMES,
    "seasons": SEASON_NAMES,
    "passes": PASSES,
}
# Separated by spaces. A word that could mean two of one list stands in none.
OTHER_WORDS: dict[str, Promise] = {
    "day": pgettext_lazy("other words for it", "day days"),
    "evening": pgettext_lazy("other words for it", "evenings"),
    "night": pgettext_lazy("other words for it", "nights overnight"),
    "month": pgettext_lazy("other words for it", "month monthly"),
    "whitelist": pgettext_lazy("other words for it", "whitelist free"),
    "early_bird": pgettext_lazy("other words for it", "early"),
    "golden_week": pgettext_lazy("other words for it", "golden-week"),
    "short_holiday": pgettext_lazy("other words for it", "short-holiday"),
    "peak": pgettext_lazy("other words for it", "high-season"),
    "off_peak": pgettext_lazy("other words for it", "low-season"),
}
DAY_WORDS = pgettext_lazy("days, not times", "workday weekday weekend saturday sunday holiday")
_NAME = re.compile(r"(?:.+\.)?(bands|offers|seasons|passes)\[\d+\]\.name")


def key_of(names: Words, text: str) -> str:
    """Return the value that a word, or another word for it, stands for; other text as it was typed."""
    typed = _folded(text)
    for key, word in names.items():
        if typed == _folded(str(word)) or typed in _folded(str(OTHER_WORDS.get(key, ""))).split():
            return key
    return text


def name_fault(document: Any, path: str) -> str:
    """Return what to type instead of a name that is no word of its list; "" where that is not the fault."""
    match, text = _NAME.fullmatch(path), _value(document, path)
    if match is None or not isinstance(text, str) or not text or re.fullmatch("[a-z][a-z0-9_]*", text):
        return ""
    words = {"typed": text, "names": listed(str(word) for word in LISTS[match[1]].values())}
    if any(word in _folded(text) for word in str(DAY_WORDS).split()):
        return _("“%(typed)s” names days: tick those days below, and choose a name here: %(names)s") % words
    return _("“%(typed)s” is not in the list: choose %(names)s, or write small Latin letters") % words


def _value(document: Any, path: str) -> Any:
    for key, index in re.findall(r"([a-z_]+)|\[(\d+)\]", path):
        try:
            document = document[key or int(index)]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
