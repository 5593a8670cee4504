"""Describes a column of sealed values, for `compliance.rekeying`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

BATCH = 1000  # rows read at once


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values. `context` returns what a row's value is bound to (`core.vault`)."""

    model: type[Model]
    column: str
    context: Callable[[Any], str]
<<<<<<< HEAD
    batch: int = BATCH
=======
    at_once: int = BATCH


ALSO: list[Sealed] = []


def also_sealed(*columns: Sealed) -> None:
    """Include these columns when everything is sealed with a new key."""
    ALSO.extend(column for column in columns if column not in ALSO)
>>>>>>> refs/heads/lots
