"""Audit log entries in words: what was done, the values before and after, and why. Without plates."""

from collections.abc import Callable
from datetime import datetime
from difflib import unified_diff
from functools import lru_cache
from typing import Any

from django.db.models import TextChoices
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from compliance.audit.audit_log import AuditEntry
from compliance.models import DataRequest, Erasure, Inspection, NoticeVersion, SelfCheckAlarm
from console.bulk_acts import BULK_ACTS
from console.setup.setup_words import history
from console.templatetags import sign_labels
from core.audit_sources import WORDS, EntryWords, Words
from lots import tariff_drafts, tariffs
from lots.models import (
    Permit,
    PermitExtension,
    SettingChange,
    SignAlarm,
    SignEvent,
    SignWording,
    TariffEdit,
    TariffVersion,
)
from lots.reasons import identifies_person
from lots.signs.print_formats import FORMATS
from lots.tariffs import TariffError
from payments import exit_grace_override
from payments.amount_csv import Yuan
from payments.coupons.coupon_models import Coupon, CouponEvent
from payments.invoices.invoice_models import InvoiceEvent, InvoiceRequest, RedLetter
from payments.models.closing_models import DayClosingEvent
from payments.models.staff_action_models import StaffAct
from payments.reports import REPORTS
from presentation.price_board import price_board
from selfcheck.purity_verdict import PurityVerdict
from staff.models import BulkRun, Grant, Invitation, PlateAccess, ReportMailing

TITLES = {
    "act": gettext_lazy("Money and stay actions"),
    "setting": gettext_lazy("Settings"),
    "bulk": gettext_lazy("Bulk actions"),
    "look": gettext_lazy("Plate views"),
    "sign": gettext_lazy("Signs"),
    "sign_alarm": gettext_lazy("Sign alarms"),
    "sign_alarm_end": gettext_lazy("Sign alarms handled"),
    "wording": gettext_lazy("Sign wording"),
    "draft": gettext_lazy("Tariff draft"),
    "tariff": gettext_lazy("Tariffs signed"),
    "withdrawn": gettext_lazy("Tariffs withdrawn"),
    "grant": gettext_lazy("Role granted"),
    "grant_end": gettext_lazy("Role removed"),
    "invitation": gettext_lazy("Invitations and password resets"),
    "access": gettext_lazy("Permits granted"),
    "access_more": gettext_lazy("Permits extended"),
    "access_end": gettext_lazy("Permits cancelled"),
    "day": gettext_lazy("Daily closing"),
    "coupon": gettext_lazy("Coupon"),
    "invoice": gettext_lazy("Invoices"),
    "red_letter": gettext_lazy("Credit notes"),
    "mailing": gettext_lazy("Scheduled reports"),
    "mailing_end": gettext_lazy("Scheduled report stopped"),
    "right": gettext_lazy("Data requests"),
    "alarm": gettext_lazy("Self-check relapses resolved"),
    "forgetting": gettext_lazy("Plates erased early"),
    "notice": gettext_lazy("Privacy notice changes"),
    "papers": gettext_lazy("Inspection documents"),
}
SUBJECTS = {
    "session": pgettext_lazy("one", "stay"),
    "payment": pgettext_lazy("one", "payment"),
    "refund": gettext_lazy("refund"),
    "coupon": pgettext_lazy("one", "coupon"),
    "shift": pgettext_lazy("one", "shift"),
    "discrepancy": pgettext_lazy("one", "discrepancy"),
    "lane": pgettext_lazy("one", "lane"),
    "read": pgettext_lazy("one", "plate read"),
}
SHOWN_LINES = 4  # of a tariff's difference
LONGEST = 200  # letters of a change of settings


def entry_words(entry: AuditEntry) -> EntryWords:
    """Return an entry in words; what someone typed is left out where it names a car or a phone."""
    words = WORDS[entry.source.name].describe(entry.row)
    return EntryWords(str(words.what), str(words.before), str(words.after), _without_names(words.why))


def _without_names(text: str) -> str:
    return _("(not shown: contains a plate or phone number)") if identifies_person(text) else text


def _act(row: StaffAct) -> EntryWords:
    if row.kind in {StaffAct.Kind.JAM, StaffAct.Kind.JAM_OVER}:
        return EntryWords(row.get_kind_display(), "", _jam(row), row.reason)
    money = "" if row.amount_fen is None else f"¥{Yuan(row.amount_fen)}"
    thing, _space, number = row.subject.partition(" ")
    if row.lane is not None:
        money = f"{row.lane.name} {money}".strip()
    what = _("%(what)s (%(thing)s %(number)s)") % {
        "what": row.get_kind_display(),
        "thing": SUBJECTS.get(thing, thing),
        "number": number,
    }
    return EntryWords(what, "", money, row.reason)


def _jam(row: StaffAct) -> str:
    effect = exit_grace_override.effect_of(row)
    if effect is None:
        return ""
    cars, until = effect
    return _("%(cars)s cars, until %(until)s") % {"cars": cars, "until": f"{localtime(until):%m-%d %H:%M}"}


def _setting(row: SettingChange) -> EntryWords:
    [change] = history([row])
    what = f"{change['act']} · {change['thing']} {row.name}"
    before, after = ([(name, pair[at]) for name, *pair in change["fields"]] for at in (0, 1))
    return EntryWords(what, _pairs(before) if row.before else "", _pairs(after), row.why)


def _pairs(values: list[tuple[Any, str]]) -> str:
    text = _("; ").join(f"{name} {value}" for name, value in values)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _bulk(row: BulkRun) -> EntryWords:
    what = str(BULK_ACTS[row.list_name, row.act].label)
    return EntryWords(what, "", _("%(count)s rows") % {"count": row.total}, row.reason)


def _look(row: PlateAccess) -> EntryWords:
    return EntryWords(row.get_kind_display(), "", _("%(count)s rows") % {"count": row.count})


def _sign(row: SignEvent) -> EntryWords:
    number = _("No. %(number)s") % {"number": row.sign.number}
    form = sign_labels.format_label(row.format) if row.format in FORMATS else row.format
    return EntryWords(f"{row.get_kind_display()} {number} {row.sign.place}", "", str(form), row.why)


def _sign_alarm(row: SignAlarm) -> EntryWords:
    return EntryWords(row.get_kind_display(), "", str(row.sign or ""))


def _sign_alarm_end(row: SignAlarm) -> EntryWords:
    return EntryWords(row.get_kind_display(), "", str(row.sign or ""), row.done)


def _wording(row: SignWording) -> EntryWords:
    return EntryWords(_("Sign wording changed"), "", row.city, row.why)


def _draft(row: TariffEdit) -> EntryWords:
    before: str | None = row.text_before  # type: ignore[attr-defined] # an annotation of its source
    gone, come = _tariff_change(before or "", row.text)
    what = _("Draft revision %(revision)s") % {"revision": row.revision}
    return EntryWords(what, _some(gone), _some(come))


def _tariff_change(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return what went and what came: sentences of the price board, or lines where they do not change."""
    language = get_language() or ""
    old, new = _board(before, language), _board(after, language)
    if new and old != new:
        return [one for one in old if one not in new], [one for one in new if one not in old]
    lines = list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    gone, come = ([line[1:].strip() for line in lines if line.startswith(mark)] for mark in "-+")
    return gone, come


@lru_cache(maxsize=64)  # in a list of revisions each text is read as the later and as the earlier one
def _board(text: str, _language: str) -> list[str]:
    """Return the sentences of a draft in the language that is active; none where it is no valid rule yet."""
    try:
        return price_board(tariffs.read(tariff_drafts.document_of(text)))
    except TariffError:
        return []


def _some(lines: list[str]) -> str:
    more = _(" … %(count)s lines in total") % {"count": len(lines)} if len(lines) > SHOWN_LINES else ""
    return " ".join(lines[:SHOWN_LINES])[:160] + more


def _tariff(row: TariffVersion) -> EntryWords:
    what = _("Version %(version)s signed") % {"version": row.version}
    return EntryWords(
        what, "", _("In force from %(day)s") % {"day": f"{localtime(row.valid_from):%Y-%m-%d}"}, row.why
    )


def _withdrawn(row: TariffVersion) -> EntryWords:
    return EntryWords(_("Version %(version)s withdrawn") % {"version": row.version})


def _grant(row: Grant) -> EntryWords:
    return EntryWords(row.user.get_username(), "", _role(row))


def _grant_end(row: Grant) -> EntryWords:
    return EntryWords(row.user.get_username(), _role(row))


def _role(row: Grant | Invitation) -> str:
    return row.get_role_display()


def _invitation(row: Invitation) -> EntryWords:
    if row.user is None:
        return EntryWords(_("Account invitation"), "", _role(row))
    return EntryWords(_("Password reset for %(name)s") % {"name": row.user.get_username()})


def _access(row: Permit) -> EntryWords:
    return EntryWords(row.name or _("White list"), "", _until(row.valid_until))


def _access_more(row: PermitExtension) -> EntryWords:
    return EntryWords(row.right.name or _("White list"), _until(row.was_until), _until(row.until))


def _access_end(row: Permit) -> EntryWords:
    return EntryWords(row.name or _("White list"), _until(row.valid_until), _("cancelled"), row.revoked_why)


def _until(moment: datetime) -> str:
    return _("Until %(day)s") % {"day": f"{localtime(moment):%Y-%m-%d}"}


def _day(row: DayClosingEvent) -> EntryWords:
    what = _("Daily closing") if row.kind == DayClosingEvent.Kind.CLOSED else pgettext("audit", "Reopened")
    return EntryWords(
        f"{what} {row.closing.day}", "", _("Version %(version)s") % {"version": row.version}, row.reason
    )


def _coupon(row: CouponEvent) -> EntryWords:
    what = f"{row.coupon.shop.name} {_('Coupon')} {row.coupon_id}"
    return EntryWords(what, _label(Coupon.State, row.was), _label(Coupon.State, row.became), row.cause)


def _invoice(row: InvoiceEvent) -> EntryWords:
    return EntryWords(
        row.request.number,
        _label(InvoiceRequest.State, row.was),
        _label(InvoiceRequest.State, row.became),
        row.cause,
    )


def _label(states: type[TextChoices], state: str) -> str:
    """Return the label of a state, "" before the first."""
    return str(states(state).label) if state else ""


def _red_letter(row: RedLetter) -> EntryWords:
    return EntryWords(row.request.number, f"¥{Yuan(row.amount_fen)}", row.invoice_number)


def _mailing(row: ReportMailing) -> EntryWords:
    return EntryWords(_mailed(row), "", row.staff.get_username())


def _mailing_end(row: ReportMailing) -> EntryWords:
    return EntryWords(_mailed(row), row.staff.get_username())


def _mailed(row: ReportMailing) -> str:
    return f"{REPORTS[row.report][0]} · {row.get_every_display()}"


def _right(row: DataRequest) -> EntryWords:
    return EntryWords(row.get_kind_display(), _("To be answered"), row.get_answer_display())


def _alarm(row: SelfCheckAlarm) -> EntryWords:
    return EntryWords(row.worse, _verdict(row.was), _verdict(row.became), row.reason)


def _verdict(name: str) -> str:
    verdict = PurityVerdict(name)
    return verdict.zh if (get_language() or "zh").startswith("zh") else verdict.en


def _forgetting(row: Erasure) -> EntryWords:
    count = _("%(sessions)s stays, %(reads)s reads, %(pictures)s pictures") % {
        "sessions": row.sessions,
        "reads": row.reads,
        "pictures": row.pictures,
    }
    return EntryWords(_("Plates erased early"), "", count, row.reason)


def _notice(row: NoticeVersion) -> EntryWords:
    return EntryWords(_("New version of the privacy notice"), "", row.digest[:12])


def _papers(row: Inspection) -> EntryWords:
    return EntryWords(_("Inspection documents created"), "", f"sha256 {row.digest[:12]}")


_DESCRIBE: dict[str, Callable[[Any], EntryWords]] = {
    "act": _act,
    "setting": _setting,
    "bulk": _bulk,
    "look": _look,
    "sign": _sign,
    "sign_alarm": _sign_alarm,
    "sign_alarm_end": _sign_alarm_end,
    "wording": _wording,
    "draft": _draft,
    "tariff": _tariff,
    "withdrawn": _withdrawn,
    "grant": _grant,
    "grant_end": _grant_end,
    "invitation": _invitation,
    "access": _access,
    "access_more": _access_more,
    "access_end": _access_end,
    "day": _day,
    "coupon": _coupon,
    "invoice": _invoice,
    "red_letter": _red_letter,
    "mailing": _mailing,
    "mailing_end": _mailing_end,
    "right": _right,
    "alarm": _alarm,
    "forgetting": _forgetting,
    "notice": _notice,
    "papers": _papers,
}
WORDS.update({name: Words(title, _DESCRIBE[name]) for name, title in TITLES.items()})


def kinds() -> dict[str, Any]:
    """Return what each sort of row is called, also those of other apps."""
    return {name: words.title for name, words in WORDS.items()}
