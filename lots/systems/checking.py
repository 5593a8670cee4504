"""The test of a link: what works, and in words what does not. It takes no money and stores no plate."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from lots.models import Lot, ParkingSystemLink
from lots.plates import Plate, parse
from lots.systems import system_of
from lots.systems.base import Charge, ChargeQuery, NothingDue, Unreachable
from lots.systems.faults import meaning_of

SLOW_SECONDS = 2.0
NO_CAR = "沪A00000"  # a plate that is issued to no car


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `code` is that of a fault."""

    is_good: bool
    text: str | Promise
    code: str = ""


def check(lot: Lot, *, plate: Plate | None = None, at: datetime) -> list[Finding]:
    """Ask the lot's system for a car that is not there, and for `plate` if one is given; note the result."""
    row = ParkingSystemLink.objects.filter(lot=lot).first()
    if lot.system == Lot.System.BUILTIN or row is None:
        return [Finding(is_good=False, text=meaning_of("not_configured"), code="not_configured")]
    findings = [_recipient(row), *_absent_car(lot, at)]
    if plate is not None and all(finding.is_good for finding in findings):
        findings.append(_present_car(lot, plate, at))
    note(row, next((finding.code for finding in findings if finding.code), ""), at=at)
    if all(finding.is_good for finding in findings):
        ParkingSystemLink.objects.filter(pk=row.pk).update(checked_at=at)
    return findings


def probe_all(*, at: datetime) -> int:
    """Ask each linked system of an open lot for a car that is not there, and note whether it answers."""
    rows = ParkingSystemLink.objects.filter(lot__closed_at=None).exclude(lot__system=Lot.System.BUILTIN)
    for row in rows.select_related("lot"):
        answer = system_of(row.lot).charge(ChargeQuery(at, plate=parse(NO_CAR)))
        note(row, answer.fault if isinstance(answer, Unreachable) else "", at=at)
    return len(rows)


def note(row: ParkingSystemLink, fault: str, *, at: datetime) -> None:
    """Record whether the system answers, for the health page."""
    rows = ParkingSystemLink.objects.filter(pk=row.pk)
    if fault:
        rows.update(fault=fault[:40])
        rows.filter(failing_since=None).update(failing_since=at)
    else:
        rows.update(fault="", failing_since=None, answered_at=at)


def _recipient(row: ParkingSystemLink) -> Finding:
    if row.recipient_name and row.recipient_contact:
        return Finding(is_good=True, text=_("The company that receives the plates is named."))
    return Finding(is_good=False, text=_("Name the company that receives the plates: the notice needs it."))


def _absent_car(lot: Lot, at: datetime) -> list[Finding]:
    answer, seconds = _timed(lambda: system_of(lot).charge(ChargeQuery(at, plate=parse(NO_CAR))))
    if isinstance(answer, Unreachable):
        return [Finding(is_good=False, text=meaning_of(answer.fault), code=answer.fault)]
    if isinstance(answer, Charge):
        text = _("A fee came back for a plate that no car has. Do not open this lot; call the vendor.")
        return [Finding(is_good=False, text=text, code="bad_amount")]
    found = [Finding(is_good=True, text=_("The system answers, knows the lot and accepts our signature."))]
    if seconds > SLOW_SECONDS:
        text = _("The answer took %(seconds)s s. Drivers wait for it; ask the vendor.") % {
            "seconds": f"{seconds:.1f}"
        }
        found.append(Finding(is_good=False, text=text))
    return found


def _present_car(lot: Lot, plate: Plate, at: datetime) -> Finding:
    match system_of(lot).charge(ChargeQuery(at, plate=plate)):
        case Charge(due_fen=fen):
            amount = f"{fen // 100}.{fen % 100:02d}"
            text = _("This car owes ¥%(amount)s. Compare it with the vendor's own page.") % {"amount": amount}
            return Finding(is_good=True, text=text)
        case NothingDue(reason=reason):
            text = _("Nothing is due for this car (%(reason)s). Try a car that has to pay.") % {
                "reason": reason.value
            }
            return Finding(is_good=True, text=text)
        case Unreachable(fault=fault):
            return Finding(is_good=False, text=meaning_of(fault), code=fault)


def _timed[T](ask: Callable[[], T]) -> tuple[T, float]:
    start = monotonic()
    return ask(), monotonic() - start
