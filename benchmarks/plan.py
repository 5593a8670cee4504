"""Inputs and results of a benchmark run: plain values passed between its processes."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Plan:
    """What to measure."""

    sessions: int  # in all, inside and past
    lots: int = 4000  # the public car parks of a city
    to_settle: int = 32_000  # sessions with a payment that waits for its notice
    to_charge: int = 9_000  # sessions whose fee is queried
    for_floor: int = 9_000  # sessions that only the floors use
    floor_payments: int = 120_000
    rounds: int = 4
    seconds: float = 2.0
    warm_up: float = 1.0
    workers: int = 2
    threads: int = 2
    connections: int = 16
    programs: str = ""  # where pgbench is; empty on SQLite


@dataclass
class Sample:
    """One run of one request type, or of one floor, in one round."""

    rate: float
    p50: float = 0.0
    p99: float = 0.0
    server_us: float = 0.0
    database_us: float = 0.0
    client_share: float = 0.0  # of one core
    failures: dict[str, int] = field(default_factory=dict)


@dataclass
class BenchOutcome:
    """Everything measured on one database of one size."""

    database: str
    plan: Plan
    load_seconds: float
    rounds: list[dict[str, Sample]]
    other_load: list[float]  # cores used by other programs, per round; near 0 on a quiet machine
    page: dict[str, list[int]]  # encoding: header bytes, body bytes
    layers: dict[str, dict[str, float]] = field(default_factory=dict)  # act: share of each layer

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "BenchOutcome":
        rounds = [{name: Sample(**sample) for name, sample in one.items()} for one in values["rounds"]]
        return cls(**{**values, "plan": Plan(**values["plan"]), "rounds": rounds})
