"""Which columns hold sealed values, of apps that `compliance.rekeying` does not know; they say so.

Else their values would be lost when an old key is dropped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

BATCH = 1000  # rows read at once


@dataclass(frozen=True)
class Sealed:
    """A column of sealed values; `context` says what each is bound to, as `core.vault` wants it."""

    model: type[Model]
    column: str
    context: Callable[[Any], str]
    at_once: int = BATCH


ALSO: list[Sealed] = []


def also_sealed(*columns: Sealed) -> None:
    """Include these columns when everything is sealed with a new key."""
    ALSO.extend(column for column in columns if column not in ALSO)
