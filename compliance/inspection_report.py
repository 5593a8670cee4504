"""Data of the inspection report (检查材料) of one operator, in plain values for one PDF. In Chinese."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Max, Min, OuterRef, Q, Subquery, Sum
from django.utils import translation
from django.utils.timezone import localtime

from compliance import inventory
from compliance.models import AuditDigest, DataRequest, Erasure, NoticeVersion, SelfCheck
from compliance.notice_versions import LANGUAGE
from compliance.recipient_list import receivers_of
from lots.models import Lot, Operator, ParkingSession
from selfcheck.purity_verdict import PurityVerdict
from selfcheck.signed_declaration import PATH, public_key
from staff.models import Grant, PlateAccess

PERIOD = timedelta(days=90)  # what is counted goes back this far
MOST_WORDINGS = 5  # a page each
RIGHTS = {"access": "查阅", "correction": "更正", "deletion": "删除"}


def collect(operator: Operator, lots: Sequence[Lot], *, by: str, at: datetime) -> dict[str, Any]:
    """Return the facts of these lots of an operator. No plate, no driver, and no staff except the author."""
    since, notices = at - PERIOD, _in_force(lots)
    with translation.override(LANGUAGE):
        return {
            "head": _head(operator, lots, by, at, since),
            "lots": _lots(lots),
            "notices": _notices(notices),
            "wordings": _wordings(notices),
            "recipients": [row for lot in lots for row in _recipients(lot)],
            "kinds": _kinds(),
            "fields": _fields(),
            "forgetting": _forgetting(lots, since),
            "rights": _rights(lots, since, at),
            "declaration": _declaration(),
            "audit": _audit(lots, since),
        }


def _head(operator: Operator, lots: Sequence[Lot], by: str, at: datetime, since: datetime) -> dict[str, str]:
    return {
        "operator": operator.legal_name,
        "contact": operator.contact,
        "service": operator.service_phone,
        "complaint": operator.complaint_phones,
        "count": str(len(lots)),
        "by": by,
        "at": _moment(at),
        "since": f"{localtime(since):%Y-%m-%d}",
        "until": f"{localtime(at):%Y-%m-%d}",
        "host": settings.PUBLIC_URL,
    }


def _lots(lots: Sequence[Lot]) -> list[dict[str, str]]:
    checks = {row.lot_id: row for row in SelfCheck.objects.filter(lot__in=lots)}
    return [_lot(lot, checks.get(lot.pk)) for lot in lots]


def _lot(lot: Lot, check: SelfCheck | None) -> dict[str, str]:
    checked = check and check.checked_at
    document = (check and check.document) or {}
    broken = [rule["id"] for rule in document.get("rules", []) if rule["state"] == "breached"]
    return {
        "name": lot.name,
        "address": lot.address,
        "hours": f"{lot.retention_hours} 小时",
        "verdict": PurityVerdict(check.verdict).zh if check and check.verdict else "尚未自查",
        "bad": "1" if check and check.verdict == PurityVerdict.NOT_PURE else "",
        "broken": " ".join(broken) or "—",
        "on": _moment(checked) if checked else "—",
    }


def _in_force(lots: Sequence[Lot]) -> list[NoticeVersion]:
    """Return the version in force of each lot that has any, by the name of the lot."""
    newest = NoticeVersion.objects.filter(lot=OuterRef("lot")).order_by("-at", "-pk").values("pk")[:1]
    rows = NoticeVersion.objects.filter(lot__in=lots, pk=Subquery(newest))
    return list(rows.select_related("lot").order_by("lot__name", "pk"))


def _notices(rows: Sequence[NoticeVersion]) -> list[dict[str, str]]:
    versions = NoticeVersion.objects.filter(lot__in=[row.lot_id for row in rows]).order_by()
    counts = dict(versions.values_list("lot").annotate(n=Count("pk")))
    return [
        {
            "lot": row.lot.name,
            "words": row.words,
            "at": _moment(row.at),
            "count": str(counts[row.lot_id]),
            "digest": row.digest,
        }
        for row in rows
    ]


def _wordings(rows: Sequence[NoticeVersion]) -> list[dict[str, Any]]:
    """Return each text that lots have in common, with their names; none where that would be a book."""
    found: dict[str, tuple[list[str], dict[str, Any]]] = {}
    for row in rows:
        values = {name: value for name, value in row.text.items() if name != "lot"}
        names, _ = found.setdefault(json.dumps(values, sort_keys=True), ([], values))
        names.append(row.lot.name)
    if len(found) > MOST_WORDINGS:
        return []
    return [{"lots": "、".join(names), **values} for names, values in found.values()]


def _recipients(lot: Lot) -> list[dict[str, str]]:
    return [
        {
            "lot": lot.name,
            "name": one.name,
            "contact": one.contact,
            "data": str(one.data),
            "purpose": str(one.purpose),
            "relation": "委托处理" if one.is_entrusted else "提供",
        }
        for one in receivers_of(lot)
    ]


def _kinds() -> list[dict[str, str]]:
    return [
        {
            "personal": str(kind.personal.label),
            "name": str(kind.label),
            "ground": str(kind.ground),
            "recipients": str(kind.recipients),
            "retention": str(kind.retention),
        }
        for kind in inventory.kinds()
    ]


def _fields() -> list[dict[str, str]]:
    return [
        {
            "model": model,
            "fields": " ".join(entry.fields),
            "purpose": str(entry.purpose),
            "kind": str(entry.kind.label),
        }
        for model, entries in inventory.tables().items()
        for entry in entries
    ]


def _forgetting(lots: Sequence[Lot], since: datetime) -> list[dict[str, str]]:
    runs = Erasure.objects.filter(lot__in=lots, at__gte=since).order_by().values("lot")
    sums = runs.annotate(
        n=Count("pk"), last=Max("at"), sessions=Sum("sessions"), reads=Sum("reads"), pictures=Sum("pictures"),
        early=Count("pk", filter=Q(by__isnull=False)),
    )  # fmt: skip
    values: dict[int, Any] = {row["lot"]: row for row in sums}
    kept = ParkingSession.objects.filter(lot__in=lots, plate__isnull=False, left_at__isnull=False)
    left: dict[int, Any] = {
        row["lot"]: row for row in kept.order_by().values("lot").annotate(n=Count("pk"), first=Min("left_at"))
    }
    return [_forgotten(lot, values.get(lot.pk, {}), left.get(lot.pk, {})) for lot in lots]


def _forgotten(lot: Lot, run: dict[str, Any], left: dict[str, Any]) -> dict[str, str]:
    return {
        "lot": lot.name,
        "hours": str(lot.retention_hours),
        "runs": str(run.get("n", 0)),
        "early": str(run.get("early", 0)),
        "sessions": str(run.get("sessions", 0)),
        "reads": str(run.get("reads", 0)),
        "pictures": str(run.get("pictures", 0)),
        "last": _moment(run["last"]) if run else "—",
        "held": str(left.get("n", 0)),
        "oldest": _moment(left["first"]) if left else "—",
    }


def _rights(lots: Sequence[Lot], since: datetime, at: datetime) -> list[dict[str, str]]:
    rows = DataRequest.objects.filter(lot__in=lots, asked_at__gte=since).order_by().values("kind")
    today = localtime(at).date()
    late = Q(state="open", due_on__lt=today) | Q(done_at__date__gt=F("due_on"))
    sums = rows.annotate(
        n=Count("pk"), open=Count("pk", filter=Q(state="open")), late=Count("pk", filter=late)
    )
    values: dict[str, Any] = {row["kind"]: row for row in sums}
    return [
        {"right": name, **{part: str(values.get(right, {}).get(part, 0)) for part in ("n", "open", "late")}}
        for right, name in RIGHTS.items()
    ]


def _declaration() -> dict[str, str]:
    key = public_key(settings.DECLARATION_KEY) if settings.DECLARATION_KEY else ""
    return {"address": f"{settings.PUBLIC_URL}{PATH}" if key else "", "key": key}


def _audit(lots: Sequence[Lot], since: datetime) -> dict[str, str]:
    last = AuditDigest.objects.order_by("until").last()
    staff = Grant.objects.filter(operator__in={lot.operator_id for lot in lots}).values("user")
    here = Q(lot__in=lots) | Q(lot=None, staff__in=staff)  # without a lot: a look in each of theirs
    looks = PlateAccess.objects.filter(here, at__gte=since).count()
    return {
        "looks": str(looks),
        "count": str(AuditDigest.objects.count()),
        "until": _moment(last.until) if last else "",
        "digest": last.digest if last else "",
    }


def _moment(at: datetime) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M}"
