"""A reader of price boards: it knows the Chinese sentences, and prices stays from them alone.

It never sees a tariff document, a rule or a clause, and shares no code with the engine or with `reference`.
What a sentence means to a driver is written here a second time, minute by minute. A sentence that it does not
know is an error, so every new clause needs its meaning here.
"""

from tests.lots.tariffs.board_reader.board_values import Board
from tests.lots.tariffs.board_reader.read_board import read
from tests.lots.tariffs.board_reader.seasons import board_of_entry, price_by_entries
from tests.lots.tariffs.board_reader.stay_price import in_periods, price
from tests.lots.tariffs.board_reader.visits import visits, with_counted_free
from tests.lots.tariffs.board_reader.words import days_named

__all__ = [
    "Board",
    "board_of_entry",
    "days_named",
    "in_periods",
    "price",
    "price_by_entries",
    "read",
    "visits",
    "with_counted_free",
]
