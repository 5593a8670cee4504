"""What to measure, and what was measured: plain values that pass between the processes of one run."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Plan:
    """What `tools.bench` asks for."""

    stays: int
    lots: int = 1000
    to_settle: int = 32_000
    to_quote: int = 9_000
    for_floor: int = 9_000
    floor_payments: int = 120_000
    rounds: int = 5
    seconds: float = 2.0
    warm_up: float = 1.0
    workers: int = 2
    threads: int = 2
    connections: int = 16
    programs: str = ""  # where pgbench is; empty on SQLite


@dataclass
class Sample:
    """One run of one kind of request, or of one floor, in one round."""

    rate: float
    p50: float = 0.0
    p99: float = 0.0
    server_us: float = 0.0
    database_us: float = 0.0
    client_share: float = 0.0  # of one core
    failures: dict[str, int] = field(default_factory=dict)


@dataclass
class Outcome:
    """Everything measured on one database of one size."""

    database: str
    plan: Plan
    load_seconds: float
    rounds: list[dict[str, Sample]]
    others: list[float]  # cores that other work took, in each round; a quiet machine has next to none
    page: dict[str, list[int]]  # encoding: bytes of the head, bytes of the body

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Outcome":
        rounds = [{name: Sample(**sample) for name, sample in one.items()} for one in told["rounds"]]
        return cls(**{**told, "plan": Plan(**told["plan"]), "rounds": rounds})
