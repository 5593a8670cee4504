"""Charging rules (计费规则): read a document, price a stay, explain it. Pure: no database, no clock.

docs/tariffs.md describes the document, with an example for every part, and the lines of a price;
`schema.json` is its JSON Schema. `read` returns the tariff of a document.

A longer stay never costs less unless the document declares it (`allows_cheaper_longer`): with no negative
amount anywhere, each unit, step, band, cap and cycle can only add to what a shorter stay costs.
"""

from lots.tariffs.charged_time import EarlierSession
from lots.tariffs.charging_rules import HOUR, MINUTE, Band, Rule, Step
from lots.tariffs.currencies import CNY, CURRENCIES, Currency
from lots.tariffs.day_kinds import KINDS, PLAIN, Calendar
from lots.tariffs.examples import examples
from lots.tariffs.permit_times import AccessRight
from lots.tariffs.price_lines import Price, PriceLine, Values
from lots.tariffs.reading import read, read_new
from lots.tariffs.schema import schema
from lots.tariffs.tariff import Settled, Tariff
from lots.tariffs.tariff_errors import TariffError
from lots.tariffs.tariff_place import Place
from lots.tariffs.why_not import why_not

__all__ = [
    "CNY",
    "CURRENCIES",
    "HOUR",
    "KINDS",
    "MINUTE",
    "PLAIN",
    "AccessRight",
    "Band",
    "Calendar",
    "Currency",
    "EarlierSession",
    "Place",
    "Price",
    "PriceLine",
    "Rule",
    "Settled",
    "Step",
    "Tariff",
    "TariffError",
    "Values",
    "examples",
    "read",
    "read_new",
    "schema",
    "why_not",
]
