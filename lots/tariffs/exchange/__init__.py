"""Tariffs in the formats of others: what they can say goes over, what they cannot is named. Pure.

`export(tariff)` returns the data and what was lost; `load(data)` a document and what was assumed where
the format is silent. Data from outside goes through `guard.check` (or `guard.parse`, from text) first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lots.tariffs.exchange import apds, pcloud_charge
from lots.tariffs.exchange.losses import Loss
from lots.tariffs.tariff import Tariff

__all__ = ["FORMATS", "Format", "Loss"]


@dataclass(frozen=True)
class Format:
    export: Callable[[Tariff], tuple[dict[str, Any], tuple[Loss, ...]]]
    load: Callable[[object], tuple[dict[str, Any], tuple[Loss, ...]]]


FORMATS = {"apds": Format(apds.export, apds.load), "pcloud": Format(pcloud_charge.export, pcloud_charge.load)}
