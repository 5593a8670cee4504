"""When a measured fact is OK, a warning or an alarm. Pure: facts in, signals out; the time is a fact too.

Red: drivers, money or data suffer now or within days, and an alert is sent. Amber: staff should look today.
Each bound has its reason beside it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Level(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


ORDER = (Level.RED, Level.AMBER, Level.GREEN)

type Number = int | float | str


@dataclass(frozen=True)
class Signal:
    """One fact, judged. `subject` names what it is about; `values` are the figures in its text."""

    kind: str
    level: Level
    subject: str = ""
    values: Mapping[str, Number] = field(default_factory=dict)


@dataclass(frozen=True)
class ChannelSignals:
    """One merchant at one channel: what it counted in the last two hours, and its clock and certificates."""

    name: str
    troubles: Mapping[str, int] = field(default_factory=dict)
    skew_seconds: float | None = None
    certificates: tuple[tuple[str, datetime], ...] = ()  # whose, and when it ends


@dataclass(frozen=True)
class Trouble:
    """A channel at a lot that failed lately. `hidden_at` None: drivers are still sent there."""

    subject: str
    call: str
    reason: str
    failed_at: datetime | None
    hidden_at: datetime | None


@dataclass(frozen=True)
class SettledTimes:
    """How the latest payments became known: by which cause, and how many seconds after the money moved."""

    delays: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Disk:
    path: str
    free: int  # bytes
    total: int


@dataclass(frozen=True)
class Continuous:
    """PostgreSQL's report of its continuous backup: who receives the changes, and how far behind it is."""

    is_received: bool
    behind: int = 0  # bytes that were not received yet
    has_gap: bool = False  # changes were thrown away before they were received


@dataclass(frozen=True)
class System:
    """The parking system of another vendor that a lot stands in front of. `fault`: "" where it answers."""

    lot: str
    fault: str = ""
    failing_since: datetime | None = None
    support: str = ""  # whom to call
    clock_offset: int | None = None
    is_weak: bool = False  # not encrypted, or signed with MD5 only
    answer_ms: int | None = None
    last_notice_at: datetime | None = None  # when it last sent a notice of its own
    silent_after: timedelta | None = None  # without one


@dataclass(frozen=True)
class Barrier:
    """A barrier that was ordered to open for `cars` since then, without any opening reported."""

    lane: str
    cars: int
    since: datetime


@dataclass(frozen=True)
class Facts:
    """All that was measured at `at`. None: could not be measured, or is not set up."""

    at: datetime
    database: bool = True
    migrations: int = 0
    beat_at: datetime | None = None
    queues: Mapping[str, tuple[int, datetime | None]] = field(
        default_factory=dict
    )  # how many due, the oldest
    channels: tuple[ChannelSignals, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    circuits: tuple[str, ...] = ()  # outside parties that are not called for the moment
    unknown_merchants: Mapping[str, tuple[int, bool]] = field(
        default_factory=dict
    )  # notices to merchants that are not set up: how many, and whether our books know the merchant
    settled: SettledTimes = field(default_factory=SettledTimes)
    devices: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # lot → silent, all
    barriers: tuple[Barrier, ...] = ()  # of those that do not open
    systems: tuple[System, ...] = ()
    unreported: Mapping[str, tuple[int, datetime]] = field(
        default_factory=dict
    )  # lot → payments that its parking system has not accepted, and since when
    lookups: Mapping[str, int] = field(default_factory=dict)  # lot → failed searches in an hour
    abnormal_refunds: int = 0
    discrepancies: int = 0
    oldest_discrepancy: datetime | None = None
    diverged_prices: int = 0  # paid charges whose price no longer follows from their stored inputs
    unknown_lots: tuple[str, ...] = ()
    sandbox: bool = False
    disks: tuple[Disk, ...] = ()
    backup: str = "unset"  # unset, missing or found
    backup_at: datetime | None = None
    proof: datetime | str | None = None  # when a backup was last proven; or missing, failed
    continuous: Continuous | None = None
    undelivered: int = 0
    include_host: bool = True  # False: only what concerns some lots was measured, not the machine


def judge(facts: Facts) -> list[Signal]:
    """Return every signal, the worst first."""
    if not facts.database:
        return [Signal("database", Level.RED)]
    rules = [*MACHINE_RULES, *INSTALLATION_RULES, *LOT_RULES] if facts.include_host else LOT_RULES
    if facts.migrations:  # the tables were not read: nothing is known about their contents
        rules = MACHINE_RULES
    found = [signal for rule in rules for signal in rule(facts)]
    return sorted(found, key=lambda signal: ORDER.index(signal.level))


def worst(signals: Iterable[Signal]) -> Level:
    return min((signal.level for signal in signals), key=ORDER.index, default=Level.GREEN)


def _at_least(value: float, amber: float, red: float) -> Level:
    return Level.RED if value >= red else Level.AMBER if value >= amber else Level.GREEN


def _database(facts: Facts) -> Iterator[Signal]:
    yield Signal("database", Level.GREEN)
    # Code that is newer than its tables fails at some request, not at the start.
    yield Signal("migrations", _at_least(facts.migrations, 1, 1), values={"count": facts.migrations})


def _settings(facts: Facts) -> Iterator[Signal]:
    if facts.unknown_lots:  # a mistake in the merchants file: that lot's money would go to another merchant
        yield Signal("merchant_lots", Level.RED, values={"names": ", ".join(facts.unknown_lots)})
    if facts.undelivered:
        yield Signal("undelivered", Level.AMBER, values={"count": facts.undelivered})


def _circuits(facts: Facts) -> Iterator[Signal]:
    """Yield amber only: payments and settlements have signals of their own for how long drivers suffer."""
    for party in facts.circuits:
        yield Signal("circuit", Level.AMBER, party)


def _worker(facts: Facts) -> Iterator[Signal]:
    if facts.beat_at is None:
        yield Signal("worker_never", Level.RED)
        return
    # Its loop runs every second; a call to a channel may take a dozen seconds, a batch a minute.
    seconds = (facts.at - facts.beat_at).total_seconds()
    yield Signal("worker", _at_least(seconds, 60, 180), values={"seconds": round(seconds)})


# No one waits for these, and a browser takes a minute per lot: of hundreds, the last waits for hours.
NOT_URGENT = {"compliance.selfcheck": (12 * 3600, 24 * 3600)}


def _queues(facts: Facts) -> Iterator[Signal]:
    # A driver waits at the barrier for what is due; five minutes mean that the worker does not keep up.
    for kind, (count, oldest) in sorted(facts.queues.items()):
        seconds = max(0.0, (facts.at - oldest).total_seconds()) if oldest else 0.0
        level = _at_least(seconds, *NOT_URGENT.get(kind, (60, 300)))
        yield Signal("queue", level, kind, {"seconds": round(seconds), "count": count})


def _channels(facts: Facts) -> Iterator[Signal]:
    if facts.sandbox:
        yield Signal("sandbox", Level.AMBER)
    elif not facts.channels:
        yield Signal("no_channel", Level.AMBER)
    for channel in facts.channels:
        if channel.skew_seconds is not None:  # WeChat refuses from 300 s on; then it is too late
            skew = round(channel.skew_seconds)
            yield Signal("clock", _at_least(abs(skew), 30, 120), channel.name, {"seconds": skew})
        for kind, (amber, red) in BOUNDS.items():
            count = channel.troubles.get(kind, 0)
            yield Signal(kind, _at_least(count, amber, red), channel.name, {"count": count})
        for whose, ends in channel.certificates:
            days = (ends - facts.at) / timedelta(days=1)
            level = _at_least(-days, -30, -7)  # a new one takes a signature of the legal representative
            yield Signal("certificate", level, f"{channel.name} {whose}", {"days": int(days // 1)})


# In two hours. WeChat now and then sends a notice with a wrong signature to test that it is rejected; a key
# that we do not know, or an answer with a bad signature, is never normal.
BOUNDS = {
    "unknown_serial": (1, 10),
    "bad_signature": (1, 10),
    "notice_refused": (20, 200),
    "start_failed": (3, 30),
    "query_failed": (10, 100),
    "refund_failed": (3, 30),
}


def _unknown_merchants(facts: Facts) -> Iterator[Signal]:
    # For a merchant with payments here, a single one means unreported money. Other addresses may be made up.
    for subject, (count, in_books) in sorted(facts.unknown_merchants.items()):
        yield Signal(
            "unknown_merchant", _at_least(count, 1, 1 if in_books else 20), subject, {"count": count}
        )


def _troubles(facts: Facts) -> Iterator[Signal]:
    for each in facts.troubles:
        values = {"call": each.call, "reason": each.reason}
        if each.hidden_at is not None:
            minutes = round((facts.at - each.hidden_at).total_seconds() / 60)
            yield Signal("channel_hidden", Level.RED, each.subject, {**values, "minutes": minutes})
        elif each.failed_at is not None and facts.at - each.failed_at < timedelta(minutes=15):
            yield Signal("channel_failing", Level.AMBER, each.subject, values)


def _settling(facts: Facts) -> Iterator[Signal]:
    delays = facts.settled.delays
    by_notice, by_others = (
        len(delays.get("notice", ())),
        sum(len(d) for c, d in delays.items() if c != "notice"),
    )
    if by_others >= ENOUGH and not by_notice:  # drivers still get out, each some seconds later
        yield Signal("notices_missing", Level.RED, values={"count": by_others})
    elif by_notice + by_others >= ENOUGH:
        share = round(100 * by_notice / (by_notice + by_others))
        yield Signal("notices", Level.AMBER if share < 50 else Level.GREEN, values={"share": share})
    for cause, seconds in sorted(delays.items()):
        late = percentile(seconds, 95)
        yield Signal(
            "delay", _at_least(late, 60, 600), cause, {"seconds": round(late), "count": len(seconds)}
        )


ENOUGH = 5  # payments, below which a share says nothing


def percentile(values: Iterable[float], share: int) -> float:
    """Return the smallest value that `share` per cent do not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)] if ordered else 0.0


def _devices(facts: Facts) -> Iterator[Signal]:
    for lot, (silent, known) in sorted(facts.devices.items()):
        level = Level.GREEN if not silent else Level.RED if silent == known else Level.AMBER
        yield Signal("devices", level, lot, {"silent": silent, "known": known})


def _barriers(facts: Facts) -> Iterator[Signal]:
    # Drivers who have paid stand in front of it, or it opens and its device no longer reports that.
    for barrier in facts.barriers:
        minutes = round((facts.at - barrier.since) / timedelta(minutes=1))
        yield Signal("barrier", Level.RED, barrier.lane, {"cars": barrier.cars, "minutes": minutes})


def _systems(facts: Facts) -> Iterator[Signal]:
    for system in facts.systems:
        minutes = (
            round((facts.at - system.failing_since) / timedelta(minutes=1)) if system.failing_since else 0
        )
        # One lost answer is no alarm; after three minutes drivers stand at the barrier and cannot pay.
        level = _at_least(minutes, 0, 3) if system.fault else Level.GREEN
        values: dict[str, Number] = {"fault": system.fault, "minutes": minutes, "support": system.support}
        if system.answer_ms is not None:
            values["ms"] = system.answer_ms
        yield Signal("parking_system", level, system.lot, values)
        if system.clock_offset is not None and abs(system.clock_offset) >= 60:
            # Vendors refuse signatures that are five to ten minutes old.
            level = _at_least(abs(system.clock_offset), 60, 240)
            yield Signal("system_clock", level, system.lot, {"seconds": system.clock_offset})
        if system.answer_ms is not None and not system.fault and system.answer_ms >= 2000:
            # The driver waits for it, and at six seconds gets no fee.
            level = _at_least(system.answer_ms, 2000, 4000)
            yield Signal("system_slow", level, system.lot, {"seconds": round(system.answer_ms / 1000, 1)})
        if system.last_notice_at is not None and system.silent_after is not None:
            silence = facts.at - system.last_notice_at
            if silence > system.silent_after:
                minutes = round(silence / timedelta(minutes=1))
                values = {"minutes": minutes, "support": system.support}
                yield Signal("system_silent", Level.AMBER, system.lot, values)
        if system.is_weak:
            yield Signal("weak_link", Level.AMBER, system.lot)
    for lot, (count, since) in sorted(facts.unreported.items()):
        minutes = round((facts.at - since) / timedelta(minutes=1))
        # The driver has paid, and that system's barrier does not know.
        yield Signal("unreported", _at_least(minutes, 1, 5), lot, {"count": count, "minutes": minutes})


def _lookups(facts: Facts) -> Iterator[Signal]:
    # Of 2,000 drivers in an hour a hundred mistype; a sweep makes thousands.
    for lot, count in sorted(facts.lookups.items()):
        yield Signal("plate_sweep", _at_least(count, 200, 600), lot, {"count": count})


def _money(facts: Facts) -> Iterator[Signal]:
    # A driver was promised this money, and the channel will not deliver it by itself.
    yield Signal("refunds", _at_least(facts.abnormal_refunds, 1, 1), values={"count": facts.abnormal_refunds})
    oldest = facts.oldest_discrepancy
    hours = (facts.at - oldest) / timedelta(hours=1) if oldest else 0.0
    level = Level.GREEN if not facts.discrepancies else _at_least(hours, 0, 24)
    yield Signal("discrepancies", level, values={"count": facts.discrepancies, "hours": round(hours)})
    # A driver paid an amount that the tariff does not give: the engine or what it reads was changed.
    yield Signal(
        "diverged_prices", _at_least(facts.diverged_prices, 1, 1), values={"count": facts.diverged_prices}
    )


def _disks(facts: Facts) -> Iterator[Signal]:
    for disk in facts.disks:
        free = 100 * disk.free / disk.total if disk.total else 0.0
        level = Level.RED if free < 5 or disk.free < 2**30 else Level.AMBER if free < 15 else Level.GREEN
        yield Signal(
            "disk", level, disk.path, {"percent": round(free), "gigabytes": round(disk.free / 2**30)}
        )


def _backup(facts: Facts) -> Iterator[Signal]:
    if facts.backup == "unset":
        yield Signal("backup_unset", Level.AMBER)
    elif facts.backup_at is None:
        yield Signal("backup_missing", Level.RED)
    else:  # a day, and two hours for one that takes longer
        hours = max(0.0, (facts.at - facts.backup_at) / timedelta(hours=1))
        yield Signal("backup", _at_least(hours, 26, 50), values={"hours": round(hours)})


def _proof(facts: Facts) -> Iterator[Signal]:
    if isinstance(facts.proof, datetime):  # weekly, and a day for a server that was off
        days = max(0.0, (facts.at - facts.proof) / timedelta(days=1))
        yield Signal("proof", _at_least(days, 8, 15), values={"days": round(days)})
    elif facts.proof == "failed":
        yield Signal("proof_failed", Level.RED)
    elif facts.proof:
        yield Signal("proof_missing", Level.AMBER)


def _continuous(facts: Facts) -> Iterator[Signal]:
    found = facts.continuous
    if found is None:
        return
    if found.has_gap:
        yield Signal("continuous_gap", Level.RED)
    elif not found.is_received:  # it starts again within seconds
        yield Signal("continuous_stopped", Level.RED, values={"megabytes": found.behind >> 20})
    else:  # it is reported at the end of each file of 16 MB
        behind = found.behind >> 20
        yield Signal("continuous", _at_least(behind, 64, 1024), values={"megabytes": behind})


MACHINE_RULES = [_database, _disks, _backup, _proof]
# One for all operators
INSTALLATION_RULES = [_continuous, _settings, _worker, _queues, _circuits, _unknown_merchants, _settling]
LOT_RULES = [_channels, _troubles, _devices, _barriers, _lookups, _systems, _money]
