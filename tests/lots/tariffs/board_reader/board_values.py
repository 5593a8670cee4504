"""What a driver knows after reading a board."""

from dataclasses import dataclass, field
from typing import Any

ENDLESS = 10**9
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass
class Price:
    """From minute `start` up to `end` of the count: fen for each unit, or once if there is no unit."""

    start: int
    end: int
    unit: int
    fen: int
    instead: bool = False  # of everything before
    reached: bool = False  # due already at the very minute of its start


@dataclass
class Period:
    """A part of the day with its own prices; without hours: all other time."""

    days: set[str] = field(default_factory=lambda: {*WEEK, "holiday", "makeup", "eve"})
    start: str = ""
    end: str = ""
    prices: list[Any] = field(default_factory=list)
    cap: int | None = None
    once: bool = False


@dataclass
class Board:
    rest: Period = field(default_factory=Period)
    periods: list[Any] = field(default_factory=list)
    free: int = 0
    deducted: bool = False
    free_each: bool = False
    free_daily: bool = False
    full: bool = False
    by_start_of_unit: bool = False
    amounts_run_on: bool = False
    free_counts: bool = False
    steps_by_period: bool = False
    steps_by_stay: bool = False
    cycle_hours: int = 0
    cycle_time: str = ""
    cycle_after_free: bool = False
    periods_again: bool = False
    caps: list[Any] = field(default_factory=list)
    day_caps: list[Any] = field(default_factory=list)  # (kinds of day, amount)
    so_far: list[Any] = field(default_factory=list)
    later: int = 0
    stay_cap: int = ENDLESS
    least: int = 0
    entry_fee: int = 0
    fee_uncapped: bool = False
    together: list[Any] = field(default_factory=list)
    pooled: int = 0
    by_first_day: bool = False
    tail: int = 0
    long_caps: list[Any] = field(default_factory=list)
    offers: list[Any] = field(default_factory=list)
    cheapest: bool = False
    shared: list[Any] = field(default_factory=list)
    percent: int = 100
    round_to: int = 1
    round_how: str = ""
    turn_after: int = 0
    turn_whole: bool = False
    turned: Any = None
    free_times: int = 0
    free_in_charged_hours: bool = False
    free_in_steps: bool = False
    week_cap: int = 0  # of all stays of a plate in a week
    month_cap: int = 0
    night_at: str = ""
    night_end: str = ""
    night_fen: int = 0
    night_once: bool = False
    night_least: bool = False
    night_uncapped: bool = False
    ends: str = ""  # time of day at which the prices of an entry end
    free_at_end: bool = False
    free_below: bool = False
    tail_below: bool = False
    amounts_reached: bool = False
    turn_reached: bool = False
    eves: bool = False
