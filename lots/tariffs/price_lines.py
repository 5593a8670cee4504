"""A price and its explanation: codes and values, no prose. A page makes the sentences."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Self

type Values = dict[str, int | str]


class PriceLine(NamedTuple):
    """One line of the explanation. `code` picks the sentence, `values` fill it, `fen` is what it adds.

    `start` and `end` are seconds since the entry: the part of the stay that the line speaks of. The codes
    and their values are listed in docs/tariffs.md, "Lines of a price"; amounts end in `_fen`, times of day
    are `from` and `to` as HH:MM, and `times` says in how many equal cycles the line comes again. A tuple,
    because a long stay has hundreds of them.
    """

    code: str
    fen: int
    values: Values
    start: int = 0
    end: int = 0

    @property
    def week_fen(self) -> int:
        """What of it counts towards the cap of a week: also what a cap of the month did not charge."""
        return int(self.values.get("week_fen", self.fen))

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "fen": self.fen, "values": self.values, "from": self.start, "to": self.end}

    @classmethod
    def of_json(cls, line: dict[str, Any]) -> Self:
        return cls(line["code"], line["fen"], line["values"], line["from"], line["to"])


@dataclass(frozen=True)
class Price:
    """What a stay costs and why. The lines add up to it. None is negative but the one that takes off what
    was settled before (`earlier_stays`, `settled`): a capped cycle is one line in place of its units, so
    nobody reads a sum that he does not pay."""

    lines: tuple[PriceLine, ...]
    missed: tuple[PriceLine, ...] | None = field(default=None, compare=False)  # `why_not`, where it is known

    @cached_property
    def fen(self) -> int:
        return sum([line.fen for line in self.lines])

    @property
    def week_fen(self) -> int:
        """What of it counts towards the cap of a week."""
        return sum([line.week_fen for line in self.lines])

    @property
    def has_free(self) -> bool:
        """Whether free minutes made the stay free, or were deducted from it."""
        return any(
            line.code in {"free_within", "free_deducted"} and line.end > line.start for line in self.lines
        )
