"""Measures what `monitoring.signal_rules` judges, by cheap reads: a scrape every second would do no harm.

Figures about money come from the latest rows by number, never from a scan. Nothing here names a person.
"""

import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Min, Q, QuerySet, Sum

from compliance.models import SelfCheck
from core import schema_gate
from lots.barrier_faults import barrier_faults
from lots.device_presence import silent
from lots.lookup_budget import failed_in
from lots.models import Device, Lot, ParkingSystemLink
from lots.systems import REMOTE
from monitoring.models import AlertMessage, Heartbeat, OpenCircuit
from monitoring.signal_rules import (
    Barrier,
    ChannelSignals,
    Continuous,
    Disk,
    Facts,
    SettledTimes,
    System,
    Trouble,
)
from payments import refunds
from payments.channels import BY_HAND, of_lot
from payments.merchants import Merchant
from payments.models import (
    ChannelCount,
    ChannelReading,
    ChannelState,
    Discrepancy,
    PaymentEvent,
    PriceCheck,
    Refund,
    Settlement,
)
from payments.observations import STRANGER

RECENT_HOURS = 2  # this hour and the one before
LATEST = 500  # events of payments, by number: they have no index by time
SETTLED_WITHIN = timedelta(hours=24)
CLOCK_SLACK = timedelta(hours=1)  # what a file may be ahead of this clock
SKEW_IS_OLD = timedelta(hours=1)
CIRCUIT_IS_OLD = timedelta(minutes=10)
PRICE_CHECKS = timedelta(days=3)  # of so long ago are still shown


def measure_of(lots: Sequence[Lot], *, at: datetime) -> Facts:
    """Measure what concerns only these lots: their devices, channels, refunds and discrepancies.

    Nothing about the machine, other operators' lots, or merchants that take no money for these lots.
    """
    ids = [lot.pk for lot in lots]
    here = {(provider.name, provider.merchant) for lot in lots for provider in of_lot(lot).values()}
    unresolved = Discrepancy.objects.filter(resolved_at=None, lot__in=ids)
    return Facts(
        at,
        beat_at=at,
        channels=tuple(
            _channel(merchant, at)
            for merchant in settings.MERCHANTS
            if not merchant.former and (merchant.provider, merchant.name) in here
        ),
        troubles=tuple(troubles(ids)),
        devices=devices(at, ids),
        barriers=barriers(at, ids),
        systems=systems(ids),
        unreported=unreported(at, ids),
        lookups=lookups(at, ids),
        abnormal_refunds=_undelivered(at).filter(payment__lot__in=ids).count(),
        discrepancies=unresolved.count(),
        oldest_discrepancy=unresolved.aggregate(oldest=Min("seen_at"))["oldest"],
        diverged_prices=diverged_prices(at, ids),
        sandbox=bool(settings.SANDBOX_URL),
        include_host=False,
    )


def measure(*, at: datetime) -> Facts:
    """Measure everything; an unreachable database is a fact too."""
    disks, (backup, backup_at) = _disks(), _backup(at)
    machine: dict[str, Any] = {"disks": disks, "backup": backup, "backup_at": backup_at, "proof": _proof(at)}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        pending = pending_migrations()
        if pending:  # the tables may not be there yet
            return Facts(at, migrations=pending, **machine)
        unresolved = Discrepancy.objects.filter(resolved_at=None)
        return Facts(
            at,
            beat_at=last_beat(),
            queues=queues(at),
            channels=tuple(_channel(merchant, at) for merchant in settings.MERCHANTS if not merchant.former),
            troubles=tuple(troubles()),
            circuits=circuits(at),
            unknown_merchants=unknown_merchants(at),
            settled=settled(at),
            devices=devices(at),
            barriers=barriers(at),
            systems=systems(),
            unreported=unreported(at),
            lookups=lookups(at),
            abnormal_refunds=_undelivered(at).count(),
            discrepancies=unresolved.count(),
            oldest_discrepancy=unresolved.aggregate(oldest=Min("seen_at"))["oldest"],
            diverged_prices=diverged_prices(at),
            unknown_lots=tuple(unknown_lots()),
            sandbox=bool(settings.SANDBOX_URL),
            continuous=continuous_backup(),
            **machine,
            undelivered=AlertMessage.objects.filter(
                sent_at=None, next_check_at=None, created_at__gte=at - timedelta(days=1)
            ).count(),
        )
    except DatabaseError:
        return Facts(at, database=False, **machine)


def _undelivered(at: datetime) -> QuerySet[Refund]:
    """Return the refunds that a channel could not deliver. Of money taken by hand there are tasks only."""
    return refunds.waiting(Refund.objects.exclude(payment__provider__in=BY_HAND), at=at)


def pending_migrations() -> int:
    return len(schema_gate.pending_migrations())


def last_beat() -> datetime | None:
    beat: datetime | None = Heartbeat.objects.order_by("-beat_at").values_list("beat_at", flat=True).first()
    return beat


def queues(at: datetime) -> dict[str, tuple[int, datetime | None]]:
    """Return, for each table with a `next_check_at`, the count of due rows and the oldest due time."""
    found = {}
    for model in apps.get_models():
        if model is SelfCheck and not settings.SELFCHECK_HOURS:
            continue  # switched off: old rows are due, but nothing is late
        if any(field.name == "next_check_at" for field in model._meta.get_fields()):
            due = model._default_manager.filter(next_check_at__lte=at)
            row = due.aggregate(count=Count("pk"), oldest=Min("next_check_at"))
            found[model._meta.label_lower] = (row["count"], row["oldest"])
    return found


def troubles(lots: Sequence[int] | None = None) -> list[Trouble]:
    rows = ChannelState.objects.filter(Q(hidden_at__isnull=False) | Q(failures__gt=0)).select_related("lot")
    if lots is not None:
        rows = rows.filter(lot__in=lots)
    return [
        Trouble(
            f"{label(row.provider, row.merchant)} · {lot_label(row.lot.name, row.lot.slug)}",
            row.last_call,
            row.last_reason,
            row.last_failed_at,
            row.hidden_at,
        )
        for row in rows
    ]


def circuits(at: datetime) -> tuple[str, ...]:
    """Return the outside parties that some process found silent lately; a killed process deletes no row."""
    rows = OpenCircuit.objects.filter(seen_at__gte=at - CIRCUIT_IS_OLD).order_by("kind", "host")
    return tuple(f"{kind} {host}" for kind, host in rows.values_list("kind", "host"))


def unknown_merchants(at: datetime) -> dict[str, tuple[int, bool]]:
    """Return the notices of the last hours to merchants that are not set up, by channel and merchant."""
    rows = ChannelCount.objects.filter(kind=STRANGER, hour__gte=_hours_ago(at)).order_by()
    counted = rows.values_list("provider", "merchant").annotate(total=Sum("count"))
    return {label(name, merchant).strip(): (total, bool(merchant)) for name, merchant, total in counted}


def _hours_ago(at: datetime) -> datetime:
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour - timedelta(hours=RECENT_HOURS - 1)


def settled(at: datetime) -> SettledTimes:
    """Return how long after the money moved each of the latest payments became known, by cause."""
    rows = (
        PaymentEvent.objects.filter(became="paid", refund=None)
        .order_by("-pk")
        .values_list("cause", "at", "payment__paid_at")[:LATEST]
    )
    delays: dict[str, list[float]] = defaultdict(list)
    for cause, known_at, paid_at in rows:
        if paid_at is not None and known_at >= at - SETTLED_WITHIN:
            delays[cause].append(max(0.0, (known_at - paid_at).total_seconds()))
    return SettledTimes({cause: tuple(seconds) for cause, seconds in delays.items()})


def devices(at: datetime, lots: Sequence[int] | None = None) -> dict[str, tuple[int, int]]:
    """Return silent and all devices of each open lot that has any."""
    used = Device.objects.filter(revoked_at=None, lot__closed_at=None)
    if lots is not None:
        used = used.filter(lot__in=lots)
    rows = used.order_by().values_list("lot__name", "lot__slug")
    counted = rows.annotate(silent=Count("pk", filter=silent(at)), known=Count("pk"))
    return {lot_label(name, slug): (silent, known) for name, slug, silent, known in counted}


def barriers(at: datetime, lots: Sequence[int] | None = None) -> tuple[Barrier, ...]:
    """Return the barriers that do not open; see `lots.barrier_faults`."""
    return tuple(
        Barrier(f"{lane.name} · {lot_label(lane.lot.name, lane.lot.slug)}", fault.count, fault.since)
        for fault in barrier_faults(at, lots)
        for lane in [fault.lane]
    )


def systems(lots: Sequence[int] | None = None) -> tuple[System, ...]:
    """Return how the parking systems of open lots that stand in front of one answer."""
    rows = ParkingSystemLink.objects.filter(lot__closed_at=None).exclude(lot__system=Lot.System.BUILTIN)
    if lots is not None:
        rows = rows.filter(lot__in=lots)
    return tuple(
        System(
            lot_label(row.lot.name, row.lot.slug),
            row.fault,
            row.failing_since,
            row.support_phone or row.recipient_contact,
            row.clock_offset,
            row.weak_link_accepted_at is not None,
            row.answer_ms,
            row.last_notice_at,
            REMOTE[row.lot.system].silent_after if row.lot.system in REMOTE else None,
        )
        for row in rows.select_related("lot").order_by("lot__slug")
    )


def unreported(at: datetime, lots: Sequence[int] | None = None) -> dict[str, tuple[int, datetime]]:
    """Return, by lot, the payments that its parking system has not accepted for a minute, and since when."""
    rows = Settlement.objects.filter(
        state__in=Settlement.UNFINISHED, created_at__lte=at - timedelta(minutes=1)
    )
    if lots is not None:
        rows = rows.filter(lot__in=lots)
    counted = rows.order_by().values_list("lot__name", "lot__slug")
    found = counted.annotate(count=Count("pk"), since=Min("created_at"))
    return {lot_label(name, slug): (count, since) for name, slug, count, since in found}


def lookups(at: datetime, lots: Sequence[int] | None = None) -> dict[str, int]:
    """Return the failed searches for plates of each lot that has any, in an hour."""
    failed = failed_in(lots, timestamp=at.timestamp())
    rows = Lot.objects.filter(pk__in=failed).values_list("pk", "name", "slug")
    return {lot_label(name, slug): failed[lot_id] for lot_id, name, slug in rows}


def diverged_prices(at: datetime, lots: Sequence[int] | None = None) -> int:
    """Return how many prices of the last nightly checks do not follow from their stored inputs."""
    checks = PriceCheck.objects.filter(done_at__gte=at - PRICE_CHECKS)
    if lots is not None:
        checks = checks.filter(lot__in=lots)
    return sum(len(one) for one in checks.values_list("diverged", flat=True))


def unknown_lots() -> list[str]:
    """Return the slugs in the merchants file that no lot has."""
    named = {slug for merchant in settings.MERCHANTS for slug in merchant.lots or ()}
    return sorted(named - set(Lot.objects.filter(slug__in=named).values_list("slug", flat=True)))


def totals() -> dict[tuple[str, str, str], int]:
    """Return the all-time counts by channel, merchant and kind: they never decrease."""
    rows = ChannelCount.objects.order_by().values_list("provider", "merchant", "kind")
    return {(p, m, kind): total for p, m, kind, total in rows.annotate(total=Sum("count"))}


def lot_label(name: str, slug: str) -> str:
    """Return the name of a lot in signals: operators may share a lot name, but a slug is unique.

    The name is cut so that the slug always fits into an incident's subject.
    """
    return f"{name[:40]} ({slug})"


def label(provider: str, merchant: str) -> str:
    return f"{provider} {merchant}"


def _channel(merchant: Merchant, at: datetime) -> ChannelSignals:
    of_it = {"provider": merchant.provider, "merchant": merchant.name}
    counted = ChannelCount.objects.filter(**of_it, hour__gte=_hours_ago(at))
    troubles = counted.order_by().values_list("kind").annotate(total=Sum("count"))
    skew = ChannelReading.objects.filter(**of_it, kind="clock_skew", at__gte=at - SKEW_IS_OLD).first()
    config = merchant.config
    ends = config.certificates
    return ChannelSignals(
        label(merchant.provider, merchant.name),
        dict(troubles),
        skew.value if skew else None,
        tuple((f"{each.whose}_certificate {each.serial[-8:]}", each.at) for each in ends),
    )


def _disks() -> tuple[Disk, ...]:
    found = []
    for path in settings.DISK_PATHS:
        try:
            usage = shutil.disk_usage(path)
        except OSError:
            found.append(Disk(path, 0, 0))
        else:
            found.append(Disk(path, usage.free, usage.total))
    return tuple(found)


def _backup(at: datetime) -> tuple[str, datetime | None]:
    """Return when the backup was made: the time of the file, or of the newest one in the folder.

    One of a time still to come was made while the clock was wrong: it would count as fresh for years.
    """
    path: Path | None = settings.BACKUP_PATH
    if path is None:
        return "unset", None
    try:
        inside = path.iterdir() if path.is_dir() else [path]
        files = [each for each in inside if each.is_file() and each.suffix != ".part"]  # of a stopped backup
        times = (each.stat().st_mtime for each in files)
        newest = max(time for time in times if time <= (at + CLOCK_SLACK).timestamp())
    except (OSError, ValueError):
        return "missing", None
    return "found", datetime.fromtimestamp(newest, UTC)


def continuous_backup() -> Continuous | None:
    """Return the state of the replication slot that the continuous backup reads (BACKUP_SLOT)."""
    if not settings.BACKUP_SLOT or connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT active, wal_status, pg_wal_lsn_diff("
            "  CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,"
            "  restart_lsn) FROM pg_replication_slots WHERE slot_name = %s",
            [settings.BACKUP_SLOT],
        )
        row = cursor.fetchone()
    if row is None:
        return Continuous(is_received=False)
    is_received, state, behind = row
    return Continuous(is_received, max(0, int(behind or 0)), has_gap=state == "lost")


def _proof(at: datetime) -> datetime | str | None:
    """Return when a backup was last restored and checked.

    "failed": the last try failed; "missing": there was none, or it is of a time still to come; None: nothing
    is watched.
    """
    path: Path | None = settings.BACKUP_PROOF
    if path is None:
        return None
    try:
        proof = json.loads(path.read_text(encoding="utf-8"))
        if proof.get("failed_at"):
            return "failed"
        proven_at = datetime.fromisoformat(proof["proven_at"])
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return "missing"
    return proven_at if proven_at.tzinfo and proven_at <= at + CLOCK_SLACK else "missing"


def hidden_keys() -> list[tuple[str, str, str]]:
    """Return channel, merchant and lot of all that is hidden now."""
    rows = ChannelState.objects.filter(hidden_at__isnull=False)
    return list(rows.values_list("provider", "merchant", "lot__slug"))
