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
    batch: int = BATCH
