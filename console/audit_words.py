"""How staff read the audit log: what was done, what was before and after, and why. No plate is shown."""

from collections.abc import Callable
from datetime import datetime
from difflib import unified_diff
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from compliance.audit.audit_log import Entry
from compliance.models import Forgetting, Inspection, NoticeVersion, RightsRequest, SelfCheckAlarm
from console.code_labels import ACTS
from console.data_request_list import BY_STAFF
from console.mailing_pages import EVERY
from console.people_pages import ROLES
from console.setup.setup_words import history
from core.audit_sources import WORDS, Told, Words
from lots.models import (
    AccessExtension,
    AccessRight,
    SettingChange,
    SignEvent,
    SignWording,
    TariffEdit,
    TariffVersion,
)
from lots.reasons import names_somebody
from payments import exit_grace_override
from payments.amount_csv import Yuan
from payments.coupons.coupon_models import CouponEvent
from payments.invoices.invoice_models import InvoiceEvent, RedLetter
from payments.models.day_closing import DayClosingEvent
from payments.models.staff_actions import StaffAct
from payments.reports import REPORTS
from selfcheck.verdicts import Verdict
from staff.models import Grant, Invitation, PlateLook, ReportMailing, Role

TITLES = {
    "act": gettext_lazy("资金与停车操作"),
    "setting": gettext_lazy("设置"),
    "look": gettext_lazy("查看号牌"),
    "sign": gettext_lazy("标识"),
    "wording": gettext_lazy("标识用语"),
    "draft": gettext_lazy("计费规则草稿"),
    "tariff": gettext_lazy("计费规则签发"),
    "withdrawn": gettext_lazy("计费规则撤回"),
    "grant": gettext_lazy("授予权限"),
    "grant_end": gettext_lazy("收回权限"),
    "invitation": gettext_lazy("邀请与重设密码"),
    "access": gettext_lazy("通行权限授予"),
    "access_more": gettext_lazy("通行权限续期"),
    "access_end": gettext_lazy("通行权限撤销"),
    "day": gettext_lazy("日结"),
    "coupon": gettext_lazy("停车券"),
    "invoice": gettext_lazy("发票"),
    "red_letter": gettext_lazy("红字发票"),
    "mailing": gettext_lazy("定时发送报表"),
    "mailing_end": gettext_lazy("停发报表"),
    "right": gettext_lazy("个人信息请求"),
    "alarm": gettext_lazy("自查回潮处理"),
    "forgetting": gettext_lazy("提前清除号牌"),
    "notice": gettext_lazy("隐私说明变更"),
    "papers": gettext_lazy("检查材料"),
}
LOOKS = {
    "whole": gettext_lazy("按完整号牌查找"),
    "part": gettext_lazy("按号牌片段查找"),
    "shown": gettext_lazy("显示完整号牌"),
}
SIGNS = {
    "printed": gettext_lazy("印制"),
    "reprinted": gettext_lazy("重印"),
    "revoked": gettext_lazy("作废"),
}
RIGHTS = {
    "access": gettext_lazy("查阅"),
    "correction": gettext_lazy("更正"),
    "deletion": gettext_lazy("删除"),
}
SUBJECTS = {
    "session": pgettext_lazy("one", "停车记录"),
    "payment": pgettext_lazy("one", "支付单"),
    "refund": gettext_lazy("退款单"),
    "shift": pgettext_lazy("one", "班次"),
    "discrepancy": pgettext_lazy("one", "账目差异"),
}
COUPON = {
    "": "",
    "issued": gettext_lazy("有效"),
    "held": gettext_lazy("支付中"),
    "used": gettext_lazy("已使用"),
    "revoked": gettext_lazy("已撤回"),
    "expired": gettext_lazy("已过期"),
}
INVOICE = {
    "": "",
    "waiting": gettext_lazy("待开具"),
    "taken": gettext_lazy("处理中"),
    "unknown": gettext_lazy("结果待确认"),
    "sent": gettext_lazy("开票服务处理中"),
    "issued": gettext_lazy("已开具"),
    "rejected": gettext_lazy("已退回"),
    "withdrawn": gettext_lazy("车主已撤回"),
}
SHOWN_LINES = 4  # of a tariff's difference
LONGEST = 200  # letters of a change of settings


def told(entry: Entry) -> Told:
    """Return an entry in words; what somebody typed is left out where it names a car or a phone."""
    words = WORDS[entry.source.name].tell(entry.row)
    return Told(str(words.what), str(words.before), str(words.after), _without_names(words.why))


def _without_names(text: str) -> str:
    return _("（原文含号牌或电话，不显示）") if names_somebody(text) else text


def _act(row: StaffAct) -> Told:
    if row.kind in {StaffAct.Kind.JAM, StaffAct.Kind.JAM_OVER}:
        return Told(str(ACTS[row.kind]), "", _jam(row), row.reason)
    money = "" if row.amount_fen is None else f"¥{Yuan(row.amount_fen)}"
    thing, _space, number = row.subject.partition(" ")
    what = _("%(what)s（%(thing)s %(number)s）") % {
        "what": ACTS.get(row.kind, row.kind),
        "thing": SUBJECTS.get(thing, thing),
        "number": number,
    }
    return Told(what, "", money, row.reason)


def _jam(row: StaffAct) -> str:
    effect = exit_grace_override.effect_of(row)
    if effect is None:
        return ""
    cars, until = effect
    return _("%(cars)s 辆，至 %(until)s") % {"cars": cars, "until": f"{localtime(until):%m-%d %H:%M}"}


def _setting(row: SettingChange) -> Told:
    [told] = history([row])
    what = f"{told['act']} · {told['thing']} {row.name}"
    before, after = ([(name, pair[at]) for name, *pair in told["fields"]] for at in (0, 1))
    return Told(what, _pairs(before) if row.before else "", _pairs(after), row.why)


def _pairs(values: list[tuple[Any, str]]) -> str:
    text = _("；").join(f"{name} {value}" for name, value in values)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _look(row: PlateLook) -> Told:
    return Told(LOOKS[row.kind], "", _("%(count)s 条") % {"count": row.count})  # type: ignore[arg-type]


def _sign(row: SignEvent) -> Told:
    what = f"{SIGNS[row.kind]} No. {row.sign.number} {row.sign.place}"
    return Told(what, "", row.format, row.why)


def _wording(row: SignWording) -> Told:
    return Told(_("更改标识用语"), "", row.city, row.why)


def _draft(row: TariffEdit) -> Told:
    earlier = TariffEdit.objects.filter(draft=row.draft_id, revision__lt=row.revision)
    last = earlier.order_by("-revision").values_list("text", flat=True).first() or ""
    lines = list(unified_diff(last.splitlines(), row.text.splitlines(), lineterm="", n=0))[2:]
    gone, come = ([line[1:].strip() for line in lines if line.startswith(mark)] for mark in "-+")
    what = _("第 %(revision)s 稿") % {"revision": row.revision}
    return Told(what, _some(gone), _some(come))


def _some(lines: list[str]) -> str:
    more = _(" 等 %(count)s 行") % {"count": len(lines)} if len(lines) > SHOWN_LINES else ""
    return " ".join(lines[:SHOWN_LINES])[:160] + more


def _tariff(row: TariffVersion) -> Told:
    what = _("签发第 %(version)s 版") % {"version": row.version}
    return Told(what, "", _("%(day)s 起生效") % {"day": f"{localtime(row.valid_from):%Y-%m-%d}"}, row.why)


def _withdrawn(row: TariffVersion) -> Told:
    return Told(_("撤回第 %(version)s 版") % {"version": row.version})


def _grant(row: Grant) -> Told:
    return Told(row.user.get_username(), "", _role(row))


def _grant_end(row: Grant) -> Told:
    return Told(row.user.get_username(), _role(row))


def _role(row: Grant | Invitation) -> str:
    return str(ROLES[Role(row.role)])


def _invitation(row: Invitation) -> Told:
    if row.user is None:
        return Told(_("邀请开通账号"), "", _role(row))
    return Told(_("让 %(name)s 重设密码") % {"name": row.user.get_username()})


def _access(row: AccessRight) -> Told:
    return Told(row.name or _("白名单"), "", _until(row.valid_until))


def _access_more(row: AccessExtension) -> Told:
    return Told(row.right.name or _("白名单"), _until(row.was_until), _until(row.until))


def _access_end(row: AccessRight) -> Told:
    return Told(row.name or _("白名单"), _until(row.valid_until), _("已撤销"), row.revoked_why)


def _until(moment: datetime) -> str:
    return _("至 %(day)s") % {"day": f"{localtime(moment):%Y-%m-%d}"}


def _day(row: DayClosingEvent) -> Told:
    what = _("日结") if row.kind == DayClosingEvent.Kind.CLOSED else _("重开")
    return Told(f"{what} {row.closing.day}", "", f"v{row.version}", row.reason)


def _coupon(row: CouponEvent) -> Told:
    what = f"{row.coupon.shop.name} {_('停车券')} {row.coupon_id}"
    return Told(what, str(COUPON[row.was]), str(COUPON[row.became]), row.cause)


def _invoice(row: InvoiceEvent) -> Told:
    return Told(row.request.number, str(INVOICE[row.was]), str(INVOICE[row.became]), row.cause)


def _red_letter(row: RedLetter) -> Told:
    return Told(row.request.number, f"¥{Yuan(row.amount_fen)}", row.invoice_number)


def _mailing(row: ReportMailing) -> Told:
    return Told(_mailed(row), "", row.staff.get_username())


def _mailing_end(row: ReportMailing) -> Told:
    return Told(_mailed(row), row.staff.get_username())


def _mailed(row: ReportMailing) -> str:
    return f"{REPORTS[row.report][0]} · {EVERY[ReportMailing.Every(row.every)]}"


def _right(row: RightsRequest) -> Told:
    return Told(RIGHTS[row.right], _("待答复"), BY_STAFF.get(row.answer, row.answer))  # type: ignore[arg-type, call-overload]


def _alarm(row: SelfCheckAlarm) -> Told:
    return Told(row.worse, _verdict(row.was), _verdict(row.became), row.reason)


def _verdict(name: str) -> str:
    verdict = Verdict(name)
    return verdict.zh if (get_language() or "zh").startswith("zh") else verdict.en


def _forgetting(row: Forgetting) -> Told:
    count = _("停车记录 %(sessions)s、识别 %(reads)s、照片 %(pictures)s") % {
        "sessions": row.sessions,
        "reads": row.reads,
        "pictures": row.pictures,
    }
    return Told(_("提前清除号牌"), "", count, row.reason)


def _notice(row: NoticeVersion) -> Told:
    return Told(_("隐私说明有新版本"), "", row.digest[:12])


def _papers(row: Inspection) -> Told:
    return Told(_("制作检查材料"), "", f"sha256 {row.digest[:12]}")


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
