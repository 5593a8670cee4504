"""What a format could not say, or left open: a code, and where in our document. Pure.

On export: a setting that the data does not hold, so that its reader will charge otherwise. On load: a
setting that the data leaves open, and what was taken for it.

Silence has one meaning here, the same in both directions (`conventions`): what the data does not say is as on
most boards. So a tariff made of nothing else survives the way there and back.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lots.plates import PlateKind
from lots.tariffs.charging_rules import CapsCount, Overstay, Rounding
from lots.tariffs.currencies import CNY
from lots.tariffs.sums import is_fine
from lots.tariffs.tariff import Tariff
from lots.tariffs.tariff_errors import TariffError


@dataclass(frozen=True)
class Loss:
    code: str
    path: str


def require_cny(tariff: Tariff) -> None:
    """Refuse a tariff in another currency: neither format is known to name its minor unit."""
    if tariff.currency is not CNY:
        raise TariffError("currency", "must be CNY: amounts of another currency cannot be exported")


def conventions(tariff: Tariff) -> Iterator[Loss]:
    """Yield what neither format can say of a tariff, whatever its prices."""
    rule = tariff.rule
    checks = (
        (rule.rounding is not Rounding.STARTED, "rounding", "rounding"),
        (bool(rule.bands), "bands", "bands"),
        (bool(tariff.classes), "classes", "classes"),
        (tariff.exempt != {PlateKind.EMERGENCY}, "exempt", "exempt"),
        (bool(tariff.passes), "passes", "passes"),
        (tariff.reentry is not None, "reentry", "reentry"),
        (tariff.after_exit_window is not Overstay.RECOMPUTED, "after_exit_window", "after_exit_window"),
        (tariff.max_stay is not None, "max_stay", "max_stay_min"),
        (bool(rule.tail), "tail", "tail_min"),
        (bool(rule.day_caps), "day_caps", "day_caps"),
        (bool(rule.long_caps), "long_caps", "long_caps"),
        (bool(rule.offers), "offers", "offers"),
        (bool(tariff.seasons), "seasons", "seasons"),
        (bool(rule.shared_caps), "shared_caps", "shared_caps"),
        (rule.overnight is not None, "overnight", "overnight"),
        (bool(rule.entry_fee), "entry_fee", "entry_fee"),
        (bool(rule.stay_minimum), "stay_minimum", "stay_minimum"),
        (rule.percent != 100, "percent", "percent"),
        (rule.sum is not None, "sum_rounding", "sum_rounding"),
        (rule.turn is not None, "turn", "turn"),
        (bool(rule.reached), "reached", "reached"),
        (tariff.unknown_entry is not None, "unknown_entry", "unknown_entry"),
        (is_fine(rule), "fine_prices", "steps"),
        (rule.caps_count is CapsCount.POOLED, "caps_pooled", "caps_count"),
    )
    yield from (Loss(code, path) for lost, code, path in checks if lost)
    yield from (Loss(cap.key, cap.key) for cap in rule.plate_caps)
