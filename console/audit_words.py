"""How staff read the audit log: what was done, what was before and after, and why. No plate is shown."""

from collections.abc import Callable
from datetime import datetime
from difflib import unified_diff
from typing import Any

from django.db.models import TextChoices
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from compliance.audit.audit_log import Entry
from compliance.models import DataRequest, Erasure, Inspection, NoticeVersion, SelfCheckAlarm
from console.setup.setup_words import history
from core.audit_sources import WORDS, Told, Words
from lots.models import (
    Permit,
    PermitExtension,
    SettingChange,
    SignEvent,
    SignWording,
    TariffEdit,
    TariffVersion,
)
from lots.reasons import names_somebody
from payments import exit_grace_override
from payments.amount_csv import Yuan
from payments.coupons.coupon_models import Coupon, CouponEvent
from payments.invoices.invoice_models import InvoiceEvent, InvoiceRequest, RedLetter
from payments.models.closing_models import DayClosingEvent
from payments.models.staff_action_models import StaffAct
from payments.reports import REPORTS
from selfcheck.verdicts import Verdict
from staff.models import Grant, Invitation, PlateAccess, ReportMailing

TITLES = {
    "act": gettext_lazy("Money and stay actions"),
    "setting": gettext_lazy("Settings"),
    "look": gettext_lazy("Plate views"),
    "sign": gettext_lazy("Signs"),
    "wording": gettext_lazy("Sign wording"),
    "draft": gettext_lazy("Tariff draft"),
    "tariff": gettext_lazy("Tariffs signed"),
    "withdrawn": gettext_lazy("Tariffs withdrawn"),
    "grant": gettext_lazy("Role granted"),
    "grant_end": gettext_lazy("Role removed"),
    "invitation": gettext_lazy("Invitations and password resets"),
    "access": gettext_lazy("Permits granted"),
    "access_more": gettext_lazy("Permits extended"),
    "access_end": gettext_lazy("Permits revoked"),
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
    "shift": pgettext_lazy("one", "shift"),
    "discrepancy": pgettext_lazy("one", "discrepancy"),
    "lane": pgettext_lazy("one", "lane"),
    "read": pgettext_lazy("one", "plate read"),
}
SHOWN_LINES = 4  # of a tariff's difference
LONGEST = 200  # letters of a change of settings


def told(entry: Entry) -> Told:
    """Return an entry in words; what someone typed is left out where it names a car or a phone."""
    words = WORDS[entry.source.name].tell(entry.row)
    return Told(str(words.what), str(words.before), str(words.after), _without_names(words.why))


def _without_names(text: str) -> str:
    return _("(not shown: contains a plate or phone number)") if names_somebody(text) else text


def _act(row: StaffAct) -> Told:
    if row.kind in {StaffAct.Kind.JAM, StaffAct.Kind.JAM_OVER}:
        return Told(row.get_kind_display(), "", _jam(row), row.reason)
    money = "" if row.amount_fen is None else f"¥{Yuan(row.amount_fen)}"
    thing, _space, number = row.subject.partition(" ")
    what = _("%(what)s (%(thing)s %(number)s)") % {
        "what": row.get_kind_display(),
        "thing": SUBJECTS.get(thing, thing),
        "number": number,
    }
    return Told(what, "", money, row.reason)


def _jam(row: StaffAct) -> str:
    effect = exit_grace_override.effect_of(row)
    if effect is None:
        return ""
    cars, until = effect
    return _("%(cars)s cars, until %(until)s") % {"cars": cars, "until": f"{localtime(until):%m-%d %H:%M}"}


def _setting(row: SettingChange) -> Told:
    [told] = history([row])
    what = f"{told['act']} · {told['thing']} {row.name}"
    before, after = ([(name, pair[at]) for name, *pair in told["fields"]] for at in (0, 1))
    return Told(what, _pairs(before) if row.before else "", _pairs(after), row.why)


def _pairs(values: list[tuple[Any, str]]) -> str:
    text = _("; ").join(f"{name} {value}" for name, value in values)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _look(row: PlateAccess) -> Told:
    return Told(row.get_kind_display(), "", _("%(count)s rows") % {"count": row.count})


def _sign(row: SignEvent) -> Told:
    what = f"{row.get_kind_display()} No. {row.sign.number} {row.sign.place}"
    return Told(what, "", row.format, row.why)


def _wording(row: SignWording) -> Told:
    return Told(_("Sign wording changed"), "", row.city, row.why)


def _draft(row: TariffEdit) -> Told:
    earlier = TariffEdit.objects.filter(draft=row.draft_id, revision__lt=row.revision)
    last = earlier.order_by("-revision").values_list("text", flat=True).first() or ""
    lines = list(unified_diff(last.splitlines(), row.text.splitlines(), lineterm="", n=0))[2:]
    gone, come = ([line[1:].strip() for line in lines if line.startswith(mark)] for mark in "-+")
    what = _("Draft revision %(revision)s") % {"revision": row.revision}
    return Told(what, _some(gone), _some(come))


def _some(lines: list[str]) -> str:
    more = _(" … %(count)s lines in total") % {"count": len(lines)} if len(lines) > SHOWN_LINES else ""
    return " ".join(lines[:SHOWN_LINES])[:160] + more


def _tariff(row: TariffVersion) -> Told:
    what = _("Version %(version)s signed") % {"version": row.version}
    return Told(
        what, "", _("in force from %(day)s") % {"day": f"{localtime(row.valid_from):%Y-%m-%d}"}, row.why
    )


def _withdrawn(row: TariffVersion) -> Told:
    return Told(_("Version %(version)s withdrawn") % {"version": row.version})


def _grant(row: Grant) -> Told:
    return Told(row.user.get_username(), "", _role(row))


def _grant_end(row: Grant) -> Told:
    return Told(row.user.get_username(), _role(row))


def _role(row: Grant | Invitation) -> str:
    return row.get_role_display()


def _invitation(row: Invitation) -> Told:
    if row.user is None:
        return Told(_("Account invitation"), "", _role(row))
    return Told(_("Password reset for %(name)s") % {"name": row.user.get_username()})


def _access(row: Permit) -> Told:
    return Told(row.name or _("White list"), "", _until(row.valid_until))


def _access_more(row: PermitExtension) -> Told:
    return Told(row.right.name or _("White list"), _until(row.was_until), _until(row.until))


def _access_end(row: Permit) -> Told:
    return Told(row.name or _("White list"), _until(row.valid_until), _("revoked"), row.revoked_why)


def _until(moment: datetime) -> str:
    return _("until %(day)s") % {"day": f"{localtime(moment):%Y-%m-%d}"}


def _day(row: DayClosingEvent) -> Told:
    what = _("Daily closing") if row.kind == DayClosingEvent.Kind.CLOSED else pgettext("audit", "Reopened")
    return Told(f"{what} {row.closing.day}", "", f"v{row.version}", row.reason)


def _coupon(row: CouponEvent) -> Told:
    what = f"{row.coupon.shop.name} {_('Coupon')} {row.coupon_id}"
    return Told(what, _label(Coupon.State, row.was), _label(Coupon.State, row.became), row.cause)


def _invoice(row: InvoiceEvent) -> Told:
    return Told(
        row.request.number,
        _label(InvoiceRequest.State, row.was),
        _label(InvoiceRequest.State, row.became),
        row.cause,
    )


def _label(states: type[TextChoices], state: str) -> str:
    """Return the label of a state, "" before the first."""
    return str(states(state).label) if state else ""


def _red_letter(row: RedLetter) -> Told:
    return Told(row.request.number, f"¥{Yuan(row.amount_fen)}", row.invoice_number)


def _mailing(row: ReportMailing) -> Told:
    return Told(_mailed(row), "", row.staff.get_username())


def _mailing_end(row: ReportMailing) -> Told:
    return Told(_mailed(row), row.staff.get_username())


def _mailed(row: ReportMailing) -> str:
    return f"{REPORTS[row.report][0]} · {row.get_every_display()}"


def _right(row: DataRequest) -> Told:
    return Told(row.get_kind_display(), _("To be answered"), row.get_answer_display())


def _alarm(row: SelfCheckAlarm) -> Told:
    return Told(row.worse, _verdict(row.was), _verdict(row.became), row.reason)


def _verdict(name: str) -> str:
    verdict = Verdict(name)
    return verdict.zh if (get_language() or "zh").startswith("zh") else verdict.en


def _forgetting(row: Erasure) -> Told:
    count = _("%(sessions)s stays, %(reads)s reads, %(pictures)s pictures") % {
        "sessions": row.sessions,
        "reads": row.reads,
        "pictures": row.pictures,
    }
    return Told(_("Plates erased early"), "", count, row.reason)


def _notice(row: NoticeVersion) -> Told:
    return Told(_("New version of the privacy notice"), "", row.digest[:12])


def _papers(row: Inspection) -> Told:
    return Told(_("Inspection documents created"), "", f"sha256 {row.digest[:12]}")


_TELL: dict[str, Callable[[Any], Told]] = {
    "act": _act,
    "setting": _setting,
    "look": _look,
    "sign": _sign,
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
WORDS.update({name: Words(title, _TELL[name]) for name, title in TITLES.items()})


def kinds() -> dict[str, Any]:
    """Return what each sort of row is called, also those of other apps."""
    return {name: words.title for name, words in WORDS.items()}
