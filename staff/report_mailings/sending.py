"""Sends reports by mail: begin one, end it, make and send what is due.

What goes out is what its reader would see in the console that morning, and only while they may. A mail
server's error may quote an address, so only the type of an error is recorded. If a worker dies right after
sending, a mail goes out twice rather than never.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.timezone import now
from django.utils.translation import gettext as _

from core.claims import LEASE
from core.errors import ParkingError
from lots.models import Lot, Operator
from payments.amount_csv import Yuan
from payments.reports import REPORTS, report_files
from payments.reports.report import Report, ReportRange
from staff.access import Access
from staff.models import ReportMailing
from staff.report_mailings.mailing_schedule import days_of, next_due

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ACTION = "reports.see"
STEPS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720)]
LONG = timedelta(minutes=10)  # making one of many lots takes longer than the usual lease
MOST = 1000  # rows written in the mail itself
OLDEST = timedelta(days=7)  # what a worker that was away longer than this missed is not sent
HOME = ZoneInfo("Asia/Shanghai")
log = structlog.get_logger("reports")


class MayNotSee(ParkingError):
    """This person has no permission for the report there, so it is not sent."""

    code = "mailing_may_not_see"


@transaction.atomic
def begin(
    *,
    staff: "User",
    address: str,
    report: str,
    every: str,
    form: str,
    operator: Operator,
    by: "User",
    at: datetime,
    lot: Lot | None = None,
    language: str = "",
) -> ReportMailing:
    """Mail a report to a user from now on, in the language given. Raises `MayNotSee`.

    A repeat changes address, form and language.
    """
    if not _may_see(staff, operator.pk, lot.pk if lot else None):
        raise MayNotSee(report)
    due = next_due(every, at, _zone(operator.pk, lot))
    how = {"address": address, "form": form, "language": language}
    row, _created = ReportMailing.objects.update_or_create(
        operator=operator,
        lot=lot,
        report=report,
        every=every,
        staff=staff,
        ended_at=None,
        defaults=how,
        create_defaults=how
        | {
            "made_at": at,
            "made_by": by,
            "due_at": due,
            "next_check_at": due,
        },
    )
    return row


def end(mailing: ReportMailing, *, at: datetime, by: "User | None" = None) -> bool:
    """Send no more of it and forget the address; False if it had ended."""
    rows = ReportMailing.objects.filter(pk=mailing.pk, ended_at=None)
    return bool(rows.update(ended_at=at, ended_by=by, address="", next_check_at=None))


def end_without_right(*, at: datetime) -> int:
    """End the mailings of people who have lost the permission."""
    live = ReportMailing.objects.filter(ended_at=None).select_related("staff")
    return sum(end(row, at=at) for row in live if not may_still_see(row))


def may_still_see(row: ReportMailing) -> bool:
    return _may_see(row.staff, row.operator_id, row.lot_id)


def step(row: ReportMailing, at: datetime) -> None:
    """Send one that was claimed and set the next morning, or put it off; after the last try it is left out.

    A report takes long, so the row is claimed for longer. Where another worker has it meanwhile, that one
    sends it.
    """
    until = max(at, now()) + LONG
    if not _held(row, at + LEASE).update(next_check_at=until):
        return
    row = ReportMailing.objects.select_related("staff", "lot", "operator").get(pk=row.pk)
    if not may_still_see(row):
        end(row, at=at)
        return
    zone = _zone(row.operator_id, row.lot)
    later = _next(row, zone, at)
    mine = _held(row, until)
    if _sent(row, zone):
        mine.update(sent_at=at, failed_at=None, tries=0, due_at=later, next_check_at=later)
    elif row.tries < len(STEPS):
        mine.update(tries=row.tries + 1, next_check_at=at + STEPS[row.tries])
    else:
        mine.update(failed_at=at, tries=0, due_at=later, next_check_at=later)


def _held(row: ReportMailing, until: datetime) -> QuerySet[ReportMailing]:
    return ReportMailing.objects.filter(pk=row.pk, next_check_at=until, ended_at=None)


def letter(row: ReportMailing, zone: ZoneInfo) -> EmailMessage:
    """Return the mail of one that is due."""
    title, build = REPORTS[row.report]
    first, last = days_of(row.every, row.due_at, zone)
    every = Lot.objects.filter(operator=row.operator_id, is_trial=False)  # as the page has them
    lots = [row.lot] if row.lot else list(every.order_by("name"))
    report = build(ReportRange(lots, first, last))
    place = row.lot.name if row.lot else row.operator.legal_name
    period = f"{first}" if first == last else f"{first} – {last}"
    heading = _("%(report)s (%(place)s, %(period)s)") % {"report": title, "place": place, "period": period}
    mail = EmailMessage(
        subject=" ".join(f"{title} · {place} · {period}".split())[:150],  # a header is one line
        body=_body(report, row, heading, (first, last)),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[row.address],
    )
    _attach(mail, row, report, str(title), (first, last))
    return mail


def _attach(
    mail: EmailMessage, row: ReportMailing, report: Report, title: str, period: tuple[date, date]
) -> None:
    name = f"{row.report}-{'-'.join(dict.fromkeys(map(str, period)))}.{row.form}"
    if row.form == ReportMailing.Form.CSV:
        mail.attach(name, report_files.as_csv(report), "text/csv")
    elif row.form == ReportMailing.Form.XLSX:
        mail.attach(name, report_files.as_xlsx(report, title), report_files.XLSX)


def _body(report: Report, row: ReportMailing, title: str, period: tuple[date, date]) -> str:
    """Return the text: the sums; every row, as names and values, where nothing is attached and they fit."""
    whole, count = row.form == ReportMailing.Form.TEXT, len(report.rows)
    every = list(report_files.lines(report))
    rows, sums = every[:count], every[count:]
    names = [str(label) for label, _unit in report.columns]
    lines = []
    if not report.rows:
        lines, sums = [_("No data in this period.")], []
    elif whole and count <= MOST:
        lines = [_named(names, values) for values in rows]
    lines += [f"{values[0]}{_(': ')}{_named(names[1:], values[1:])}" for values in sums]
    if whole and count > MOST:
        lines.append(
            _("%(rows)s rows do not fit here: look at them in the console, or choose an attachment.")
            % {"rows": count}
        )
    elif not whole and report.rows:
        lines.append(_("%(rows)s rows are attached.") % {"rows": count})
    return "\n".join([title, "", *lines, "", str(report.note), "", *_links(row, period)]) + "\n"


def _links(row: ReportMailing, period: tuple[date, date]) -> list[str]:
    if not settings.CONSOLE_URL:
        return [_("To end these mails, open Reports, then Schedule, in the console.")]
    reports = f"{settings.CONSOLE_URL}/console/reports"
    first, last = period
    asked = urlencode({"first": first, "last": last} | ({"lot": row.lot.slug} if row.lot else {}))
    return [
        _("See it in the console: %(url)s") % {"url": f"{reports}/{row.report}?{asked}"},
        _("End these mails: %(url)s") % {"url": f"{reports}/mailings"},
    ]


def _named(names: Sequence[str], values: Sequence[object]) -> str:
    """Return a row as text, each value with its name."""
    pairs = zip(names, values, strict=True)
    return _("; ").join(f"{name} {_shown(value)}" for name, value in pairs if str(value))


def _shown(value: object) -> str:
    """Return a value as the console's page shows it, with thousands set apart."""
    if isinstance(value, Yuan):
        return f"{Decimal(value.fen) / 100:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _sent(row: ReportMailing, zone: ZoneInfo) -> bool:
    try:
        with translation.override(row.language or settings.LANGUAGE_CODE):
            letter(row, zone).send()
    except Exception as error:  # noqa: BLE001 - every error of a mail server may quote the address
        log.warning("report_not_mailed", mailing=row.pk, error=type(error).__name__)
        return False
    return True


def _next(row: ReportMailing, zone: ZoneInfo, at: datetime) -> datetime:
    return next_due(row.every, max(row.due_at, at - OLDEST), zone)


def _may_see(staff: "User", operator_id: int, lot_id: int | None) -> bool:
    if not staff.is_active:
        return False
    person = Access(staff, ACTION)
    if lot_id is not None:
        return person.lots().filter(pk=lot_id).exists()
    return person.operators().filter(pk=operator_id).exists()


def _zone(operator_id: int, lot: Lot | None) -> ZoneInfo:
    """Return the zone of the lot, or of the operator's first one."""
    first = lot or Lot.objects.filter(operator=operator_id).order_by("pk").first()
    return first.tz if first else HOME
