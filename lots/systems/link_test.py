"""The test of a link: what works, and in words what does not. It takes no money and stores no plate."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.transport import Unreached, reach
from lots.models import Lot, ParkingSystemLink
from lots.plates import Plate, parse
from lots.systems import system_of
from lots.systems.fault_texts import meaning_of
from lots.systems.links import link_of
from lots.systems.own_certificate import ends_at
from lots.systems.parking_system import Charge, ChargeQuery, Nothing, NothingDue, Unreachable

SLOW_SECONDS = 2.0
PROBES_SECONDS = 40.0  # of a turn, which comes each minute
SKEW_SECONDS = 60
REACH_SECONDS = 3.0
# Vendors that publish no code for a wrong number or key answer one of these.
VAGUE = {
    "unknown_code",
    "system_error",
    "bad_request",
    "lot_offline",
    "http_error",
    "malformed",
    "bill_refused",
}
NO_CAR = "沪A00000"  # a plate that is issued to no car


@dataclass(frozen=True)
class LinkFinding:
    """One thing that was looked at. `code` is that of a fault."""

    is_good: bool
    text: str | Promise
    code: str = ""


def check(lot: Lot, *, plate: Plate | None = None, at: datetime) -> list[LinkFinding]:
    """Ask the lot's system for a car that is not there, by each lane, and for `plate`; note the result."""
    row = ParkingSystemLink.objects.filter(lot=lot).first()
    if lot.system == Lot.System.BUILTIN or row is None:
        return [LinkFinding(is_good=False, text=meaning_of("not_configured"), code="not_configured")]
    findings = [_recipient(row), *_link(lot), *_certificate(row), *_absent_car(lot, row, at)]
    if not any(finding.code for finding in findings):
        findings += _lanes(lot, row, at)
        findings += _present_car(lot, plate, at) if plate is not None else []
    note(row, next((finding.code for finding in findings if finding.code), ""), at=at)
    if all(finding.is_good for finding in findings):
        _as_read(row).update(checked_at=at)
    return findings


def probe_all(*, at: datetime) -> int:
    """Ask each linked system of an open lot for a car that is not there, and note whether it answers.

    Those that failed come last, in any order, and only as long as there is time: silent ones delay no other.
    """
    rows = ParkingSystemLink.objects.filter(lot__closed_at=None).exclude(lot__system=Lot.System.BUILTIN)
    end, asked = monotonic() + PROBES_SECONDS, 0
    rows = rows.select_related("lot").order_by("?")
    for row in sorted(rows, key=lambda row: row.failing_since is not None):
        if row.failing_since is not None and monotonic() > end:
            break
        _probe(row, at)
        asked += 1
    return asked


def _probe(row: ParkingSystemLink, at: datetime) -> None:
    system = system_of(row.lot)
    answer, seconds = _timed(partial(system.charge, ChargeQuery(at, plate=parse(NO_CAR))))
    note(row, answer.fault if isinstance(answer, Unreachable) else "", at=at)
    _note_measured(row, system, seconds)


def note(row: ParkingSystemLink, fault: str, *, at: datetime) -> None:
    """Record whether the system answers, for the health page."""
    rows = _as_read(row)
    if fault:
        rows.update(fault=fault[:40])
        rows.filter(failing_since=None).update(failing_since=at)
    else:
        rows.update(fault="", failing_since=None, answered_at=at)


def _as_read(row: ParkingSystemLink) -> QuerySet[ParkingSystemLink]:
    """Return the row unless it was changed while the system was asked: each change seals new secrets."""
    return ParkingSystemLink.objects.filter(pk=row.pk, secrets=row.secrets)


def _recipient(row: ParkingSystemLink) -> LinkFinding:
    if row.recipient_name and row.recipient_contact:
        return LinkFinding(is_good=True, text=_("The company that receives the plates is named."))
    return LinkFinding(
        is_good=False, text=_("Name the company that receives the plates: the notice needs it.")
    )


def _link(lot: Lot) -> list[LinkFinding]:
    """Return what the operator accepted: a link that others on the way can read, or could forge."""
    link = link_of(lot)
    if link is None or link.is_local:
        return []
    if link.is_clear_text:
        text = _("Plates travel unencrypted (http). Ask the vendor for https, or put a tunnel in between.")
        return [
            LinkFinding(is_good=True, text=text)
        ]  # accepted by the operator: else the question is refused
    if getattr(system_of(lot), "is_weak", False):
        text = _(
            "Requests are signed with MD5 only, inside the encrypted connection. The vendor offers no more."
        )
        return [LinkFinding(is_good=True, text=text)]
    return []


def _certificate(row: ParkingSystemLink) -> list[LinkFinding]:
    if not row.own_certificate:
        return []
    text = _("The encrypted connection is checked with the certificate that you gave; it ends on %(day)s.")
    return [LinkFinding(is_good=True, text=text % {"day": f"{ends_at(row.own_certificate):%Y-%m-%d}"})]


def _absent_car(lot: Lot, row: ParkingSystemLink, at: datetime) -> list[LinkFinding]:
    system = system_of(lot)
    answer, seconds = _timed(lambda: system.charge(ChargeQuery(at, plate=parse(NO_CAR))))
    _note_measured(row, system, seconds)
    if isinstance(answer, Unreachable):
        code = (
            why_no_answer(row.base_url, row.own_certificate) if answer.fault == "no_answer" else answer.fault
        )
        return [
            LinkFinding(is_good=False, text=meaning_of(code), code=code),
            *_typing(row, code),
            *_clock(system),
        ]
    if isinstance(answer, Charge):
        text = _("A fee came back for a plate that no car has. Do not open this lot; call the vendor.")
        return [LinkFinding(is_good=False, text=text, code="bad_amount")]
    found = [
        LinkFinding(is_good=True, text=_("The system answers, knows the lot and accepts our signature."))
    ]
    if seconds > SLOW_SECONDS:
        text = _("The answer took %(seconds)s s. Drivers wait for it; ask the vendor.") % {
            "seconds": f"{seconds:.1f}"
        }
        found.append(LinkFinding(is_good=False, text=text))
    return found + _clock(system)


def _typing(row: ParkingSystemLink, code: str) -> list[LinkFinding]:
    """Return what to look at first where a code may mean anything and no test has passed yet."""
    if code not in VAGUE or row.checked_at is not None:
        return []
    text = _(
        "These entries have not worked yet: compare the lot number and each key with the vendor's first."
    )
    return [LinkFinding(is_good=False, text=text)]


def _clock(system: object) -> list[LinkFinding]:
    offset = getattr(system, "clock_offset", None)
    if offset is None or abs(offset) < SKEW_SECONDS:
        return []
    text = _("Its clock is %(seconds)s s ahead of ours. Set both by network time: signatures depend on it.")
    return [LinkFinding(is_good=False, text=text % {"seconds": offset})]


def _note_measured(row: ParkingSystemLink, system: object, seconds: float) -> None:
    _as_read(row).update(
        clock_offset=getattr(system, "clock_offset", None), answer_ms=min(round(seconds * 1000), 600_000)
    )


def _lanes(lot: Lot, row: ParkingSystemLink, at: datetime) -> list[LinkFinding]:
    """Ask by each lane that has a number at the vendor, as the lane's code will."""
    numbered = lot.lanes.filter(pk__in=[int(lane) for lane in row.lanes]).order_by("pk")
    return [_lane(lane.name, system_of(lot).charge(ChargeQuery(at, lane=lane.pk))) for lane in numbered]


def _lane(name: str, answer: Charge | NothingDue | Unreachable) -> LinkFinding:
    match answer:
        case Unreachable(fault=fault):
            text = f"{name}: {meaning_of(fault)}"
            return LinkFinding(is_good=False, text=text, code=fault)
        case Charge():
            text = _("Lane “%(lane)s” can be asked: the car in it owes ¥%(amount)s.")
            return LinkFinding(is_good=True, text=text % {"lane": name, "amount": _yuan(answer.due_fen)})
        case NothingDue(reason=Nothing.NO_LANE_CAR):
            text = _("Lane “%(lane)s” can be asked: no car is in it. Test again while one is: is it found?")
            return LinkFinding(is_good=True, text=text % {"lane": name})
    text = _("Lane “%(lane)s” can be asked: the car in it owes nothing.")
    return LinkFinding(is_good=True, text=text % {"lane": name})


def _present_car(lot: Lot, plate: Plate, at: datetime) -> list[LinkFinding]:
    """Return what was read of the answer for a car: all that we ever keep of it, and no plate."""
    match system_of(lot).charge(ChargeQuery(at, plate=plate)):
        case Charge() as charge:
            text = _("This car owes ¥%(amount)s. Compare it with the vendor's own page.")
            return [
                LinkFinding(is_good=True, text=text % {"amount": _yuan(charge.due_fen)}),
                _read(lot, charge),
            ]
        case NothingDue() as nothing:
            text = _("Nothing is due for this car (%(reason)s). Try a car that has to pay.")
            return [LinkFinding(is_good=True, text=text % {"reason": _why_nothing(lot, nothing)})]
        case Unreachable(fault=fault):
            return [LinkFinding(is_good=False, text=meaning_of(fault), code=fault)]


def _why_nothing(lot: Lot, nothing: NothingDue) -> str:
    reasons = {
        Nothing.ABSENT: _("the system says that it is not inside"),
        Nothing.FREE: _("free minutes, or free of charge"),
        Nothing.PERMIT: _("it has a permit"),
        Nothing.PAID: _("paid"),
        Nothing.NO_LANE_CAR: _("no car is in the lane"),
    }
    if nothing.leave_by is None:
        return reasons[nothing.reason]
    leave_by = f"{nothing.leave_by.astimezone(lot.tz):%H:%M}"
    return _("%(reason)s, leave by %(time)s") % {"reason": reasons[nothing.reason], "time": leave_by}


def _read(lot: Lot, charge: Charge) -> LinkFinding:
    entered = f"{charge.entered_at.astimezone(lot.tz):%Y-%m-%d %H:%M}" if charge.entered_at else "—"
    text = _(
        "Read from the answer: price ¥%(price)s, paid ¥%(paid)s, entered %(entered)s, valid until %(until)s,"
        " and the vendor's number of the bill. Everything else was dropped unread."
    )
    values = {
        "price": _yuan(charge.price_fen),
        "paid": _yuan(charge.paid_fen),
        "entered": entered,
        "until": f"{charge.valid_until.astimezone(lot.tz):%H:%M}",
    }
    return LinkFinding(is_good=True, text=text % values)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _timed[T](ask: Callable[[], T]) -> tuple[T, float]:
    start = monotonic()
    return ask(), monotonic() - start


def why_no_answer(base_url: str, certificates: str) -> str:
    """Return the code of what fails first on the way to an address: its name, the way there, its certificate.

    "no_answer" where the way is free. Sends no plate.
    """
    address = urlsplit(base_url)
    is_tls = address.scheme == "https"
    try:
        host, port = address.hostname or "", address.port or (443 if is_tls else 80)
        reach(
            "connection test",
            host,
            port,
            is_tls=is_tls,
            seconds=REACH_SECONDS,
            certificates=certificates,
        )
    except ValueError:  # a port that is none, or a name that no resolver takes
        return "bad_address"
    except Unreached as error:
        return error.reason
    return "no_answer"
