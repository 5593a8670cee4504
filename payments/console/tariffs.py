"""The console's pages about tariffs: versions, the draft's editor with its preview, signing, calling off."""

import contextlib
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lots import drafts
from lots.console.access import access, allowed
from lots.console.language import in_english
from lots.draft_models import TariffDraft
from lots.models import Lot, TariffVersion
from lots.pricing import PastTariff, place_of, version_at, versions_next, versions_now
from lots.replay import DAYS, MOST, STEPS, replay
from lots.tariffs import Tariff, TariffError
from lots.tariffs.commonest import NEW, Commonest, commonest_of, with_commonest
from lots.tariffs.examples import MONDAY_AT_TEN
from lots.tariffs.presets import PRESETS
from payments.console import tariff_preview
from payments.console.tariff_words import fault
from payments.driver.boards import PLATES

EDITS = 20
LONGEST = timedelta(days=31)  # of a typed stay
YUAN: dict[str, Any] = {"min_value": 0, "max_value": 10_000, "decimal_places": 2, "required": False}
MINUTES: dict[str, Any] = {"min_value": 0, "max_value": 44_640, "required": False}


class CommonestForm(forms.Form):
    """The settings that most lots have; amounts in yuan."""

    free_min = forms.IntegerField(label=_("免费分钟"), **MINUTES)
    free_mode = forms.ChoiceField(
        label=_("超过免费时长后"),
        choices=[("threshold", _("从第一分钟起计费")), ("deduct", _("扣除免费时长"))],
        required=False,
    )
    first_min = forms.IntegerField(label=_("首段到第几分钟（0 为不分段）"), **MINUTES)
    first_unit = forms.IntegerField(label=_("首段计费单元（分钟）"), **MINUTES)
    first_price = forms.DecimalField(label=_("首段单价（元）"), **YUAN)
    unit_min = forms.IntegerField(label=_("其后计费单元（分钟）"), min_value=1, max_value=44_640)
    price = forms.DecimalField(label=_("其后单价（元）"), min_value=0, max_value=10_000, decimal_places=2)
    cap = forms.DecimalField(label=_("每周期封顶（元，0 为不封顶）"), **YUAN)
    basis = forms.ChoiceField(
        label=_("计费周期"),
        choices=[
            ("from_entry", _("自入场起每 24 小时")),
            ("calendar_day", _("自然日")),
            ("none", _("不分周期")),
        ],
    )

    def said(self) -> Commonest:
        found = self.cleaned_data
        fen = {key: int((found[key] or 0) * 100) for key in ("first_price", "price", "cap")}
        return Commonest(
            free_min=found["free_min"] or 0,
            free_mode=found["free_mode"] or "threshold",
            first_min=found["first_min"] or 0,
            first_unit=found["first_unit"] or 60,
            unit_min=found["unit_min"],
            basis=found["basis"],
            **fen,
        )


class StayForm(forms.Form):
    """When the car of the preview comes in, and a stay to be priced."""

    came = forms.DateTimeField(required=False)
    left = forms.DateTimeField(required=False)
    kind = forms.ChoiceField(choices=[(kind.value, kind.value) for kind in PLATES], required=False)


@allowed("tariffs.see")
@require_safe
def tariffs(request: HttpRequest) -> HttpResponse:
    """Each lot with the version in force, the next one and the draft."""
    at, lots = now(), list(access(request).lots().order_by("name")[:200])
    current, following, open_drafts = (
        versions_now(lots, at),
        versions_next(lots, at),
        drafts.open_drafts(lots),
    )
    lines = [
        {
            "lot": lot,
            "current": current.get(lot.pk),
            "next": following.get(lot.pk),
            "draft": open_drafts.get(lot.pk),
        }
        for lot in lots
    ]
    return render(request, "console/tariffs.html", {"lines": lines})


@allowed("tariffs.see")
@require_safe
def tariff(request: HttpRequest, slug: str) -> HttpResponse:
    """All versions of a lot's tariff, newest first, and what was saved of its draft."""
    lot, at = access(request).lot(slug), now()
    current = version_at(lot, at)
    lines = [
        {"row": row, "state": _state(row, current, at), "waits": _waits(row, at)}
        for row in lot.tariffs.select_related("signed_by", "withdrawn_by").order_by("-version")
    ]
    draft = drafts.open_draft(lot)
    edits = draft.edits.select_related("by").order_by("-revision")[:EDITS] if draft else []
    closed = lot.drafts.exclude(closed_at=None).select_related("closed_by", "became").order_by("-closed_at")
    context = {"lot": lot, "lines": lines, "draft": draft, "edits": edits, "closed": closed[:EDITS]}
    return render(request, "console/tariff.html", context)


def _state(row: TariffVersion, current: TariffVersion | None, at: datetime) -> str:
    if row.withdrawn_at:
        return gettext("已撤回")
    if row == current:
        return gettext("执行中")
    return gettext("待生效") if _waits(row, at) else gettext("已停用")


def _waits(row: TariffVersion, at: datetime) -> bool:
    return row.withdrawn_at is None and row.valid_from > at


@allowed("tariffs.see")
@require_safe
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One version: what it means, who signed it, what it changed."""
    lot, at = access(request).lot(slug), now()
    row = get_object_or_404(lot.tariffs.select_related("signed_by", "withdrawn_by"), version=number)
    place, meant = place_of(lot), Tariff.from_document(row.document)
    before = lot.tariffs.filter(version__lt=number, withdrawn_at=None).order_by("-version").first()
    context = {
        "lot": lot,
        "row": row,
        "state": _state(row, version_at(lot, at), at),
        "text": drafts.written(row.document),
        "preview": tariff_preview.preview(meant, place, _monday(lot)),
        "before": before,
    }
    if before:
        context["change"] = tariff_preview.change(Tariff.from_document(before.document), meant, place)
    return render(request, "console/tariff_version.html", context)


@allowed("tariffs.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """The editor. A POST previews, fills in a preset or the small form, or saves; only `save` writes."""
    lot = access(request).lot(slug)
    open_now = drafts.open_draft(lot)
    if request.method != "POST":
        return _editor(request, lot, open_now, _begin(lot, open_now), _revision_of(open_now))
    text, revision, act = request.POST.get("text", ""), _number(request), request.POST.get("act", "")
    if act == "save":
        return _saved(request, lot, text, revision)
    if act == "preset" and (preset := PRESETS.get(request.POST.get("preset", ""))):
        return _editor(request, lot, open_now, drafts.written(preset[1]), revision)
    if act == "fill":
        return _filled(request, lot, open_now, text, revision)
    return _editor(request, lot, open_now, text, revision)


def _begin(lot: Lot, open_now: TariffDraft | None) -> str:
    """Return the text that an editor opens with: the draft's, else that of the version in force."""
    if open_now:
        return open_now.text
    current = version_at(lot, now())
    return drafts.written(current.document if current else NEW)


def _revision_of(open_now: TariffDraft | None) -> int:
    return open_now.revision if open_now else 0


def _number(request: HttpRequest) -> int:
    said = request.POST.get("revision", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 9 else -1


def _saved(request: HttpRequest, lot: Lot, text: str, revision: int) -> HttpResponse:
    try:
        drafts.save(lot=lot, text=text, revision=revision, by=_staff(request), at=now())
    except drafts.StaleDraft:
        open_now = drafts.open_draft(lot)
        context: dict[str, Any] = {"theirs": open_now.text if open_now else "", "stale": True}
        return _editor(request, lot, open_now, text, _revision_of(open_now), status=409, **context)
    messages.success(request, gettext("草稿已保存。"))
    return redirect("money:tariff-draft", lot.slug)


def _filled(
    request: HttpRequest, lot: Lot, open_now: TariffDraft | None, text: str, revision: int
) -> HttpResponse:
    """Write the small form into the document; a text that cannot be read stays as it is."""
    form = CommonestForm(request.POST)
    if form.is_valid():
        try:
            document = with_commonest(drafts.document_of(text), form.said())
        except TariffError:
            return _editor(request, lot, open_now, text, revision, form=form, unread=True, status=422)
        return _editor(request, lot, open_now, drafts.written(document), revision, form=form)
    return _editor(request, lot, open_now, text, revision, form=form, status=422)


def _editor(
    request: HttpRequest,
    lot: Lot,
    open_now: TariffDraft | None,
    text: str,
    revision: int,
    *,
    form: CommonestForm | None = None,
    status: int = 200,
    **shown: Any,
) -> HttpResponse:
    context = {
        "lot": lot,
        "draft": open_now,
        "text": text,
        "revision": revision,
        "presets": [(key, names[in_english()]) for key, (names, _) in PRESETS.items()],
        "saved": open_now is not None and open_now.text == text,
        "kinds": [(kind.value, str(said)) for kind, said in PLATES.items()],
        **_stay_of(request, lot),
        **shown,
    }
    try:
        document = drafts.document_of(text)
    except TariffError as error:
        return render(
            request,
            "console/tariff_draft.html",
            {**context, "fault": fault(error), "form": form},
            status=status,
        )
    context |= _meaning(lot, Tariff.from_document(document), context)
    context["form"] = form or _small_form(document)
    return render(request, "console/tariff_draft.html", context, status=status)


def _meaning(lot: Lot, meant: Tariff, context: dict[str, Any]) -> dict[str, Any]:
    place, current = place_of(lot), version_at(lot, now())
    found: dict[str, Any] = {"preview": tariff_preview.preview(meant, place, context["came"]), "valid": True}
    if current:
        old = Tariff.from_document(current.document)
        found |= {"current": current, "change": tariff_preview.change(old, meant, place)}
    if context["left"]:
        found["priced"] = tariff_preview.typed_stay(
            meant, place, context["came"], context["left"], context["kind"]
        )
    return found


def _small_form(document: dict[str, Any]) -> CommonestForm | None:
    found = commonest_of(document)
    if found is None:
        return None
    yuan = {key: f"{getattr(found, key) / 100:.2f}" for key in ("first_price", "price", "cap")}
    return CommonestForm(initial={**vars(found), **yuan})


def _stay_of(request: HttpRequest, lot: Lot) -> dict[str, Any]:
    """Return when the car of the preview comes in and, if typed, leaves: on the lot's own clock."""
    form = StayForm(request.POST if request.method == "POST" else None)
    said = form.cleaned_data if form.is_valid() else {}
    came, left = (one.replace(tzinfo=lot.tz) if (one := said.get(key)) else None for key in ("came", "left"))
    came = came or _monday(lot)
    if left and not timedelta(0) <= left - came <= LONGEST:
        left = None
    return {"came": came, "left": left, "kind": said.get("kind") or "ordinary"}


def _monday(lot: Lot) -> datetime:
    return MONDAY_AT_TEN.replace(tzinfo=lot.tz)


@allowed("tariffs.edit")
@require_POST
def drop(request: HttpRequest, slug: str) -> HttpResponse:
    """Throw the draft away; its texts stay on record."""
    lot = access(request).lot(slug)
    row = _draft_named(request, lot)
    try:
        drafts.throw_away(row.pk, revision=_number(request), by=_staff(request), at=now())
    except drafts.StaleDraft:
        messages.error(request, gettext("草稿刚被别人改过，没有放弃。请先看看新的内容。"))
    return redirect("money:tariff", lot.slug)


@allowed("tariffs.sign")
@require_POST
def sign(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign the draft off as the next version, from a date."""
    lot = access(request).lot(slug)
    row, why = _draft_named(request, lot), request.POST.get("why", "").strip()[:200]
    start = None
    with contextlib.suppress(ValueError):
        start = datetime.fromisoformat(request.POST.get("valid_from", "")).replace(tzinfo=lot.tz)
    if start is None or not why:
        messages.error(request, gettext("请填写生效时间和调价依据。"))
        return redirect("money:tariff-draft", lot.slug)
    try:
        signed = drafts.sign(
            row.pk, revision=_number(request), valid_from=start, by=_staff(request), why=why, at=now()
        )
    except drafts.StaleDraft:
        messages.error(request, gettext("草稿在您查看之后被改过，没有签批。请重新核对。"))
    except PastTariff:
        messages.error(request, gettext("生效时间已过。新规则只能从将来的时间起执行。"))
    except TariffError:
        messages.error(request, gettext("草稿还有错误，不能签批。"))
    else:
        messages.success(
            request,
            gettext("已签批，第 %(version)s 版将于 %(start)s 起执行。")
            % {"version": signed.version, "start": f"{start:%Y-%m-%d %H:%M}"},
        )
        return redirect("money:tariff", lot.slug)
    return redirect("money:tariff-draft", lot.slug)


@allowed("tariffs.sign")
@require_POST
def call_off(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take back a version that is not in force yet."""
    lot = access(request).lot(slug)
    row = get_object_or_404(lot.tariffs, version=number)
    try:
        drafts.call_off(row.pk, by=_staff(request), at=now())
    except drafts.InForce:
        messages.error(request, gettext("这一版已经生效，不能撤回；请另起草稿。"))
    return redirect("money:tariff", lot.slug)


@allowed("tariffs.edit")
@require_safe
def month(request: HttpRequest, slug: str) -> HttpResponse:
    """What the stays of the last 30 days would have cost by the draft, against the version in force."""
    lot, at = access(request).lot(slug), now()
    row, current = drafts.open_draft(lot), version_at(lot, at)
    if row is None or current is None:
        raise Http404
    context: dict[str, Any] = {"lot": lot, "draft": row, "current": current, "days": DAYS, "most": MOST}
    try:
        new = Tariff.from_document(drafts.document_of(row.text))
    except TariffError as error:
        return render(request, "console/tariff_month.html", {**context, "fault": fault(error)}, status=422)
    old = Tariff.from_document(current.document)
    found = replay(lot, old=old, new=new, place=place_of(lot), at=at)
    groups = [(_group(index), found.groups[index]) for index in range(len(STEPS) + 1)]
    most = max([count for _, count in groups] + [1])
    context |= {"found": found, "shares": [(label, n, round(100 * n / most)) for label, n in groups]}
    return render(request, "console/tariff_month.html", context)


def _group(index: int) -> str:
    low, high = (STEPS[i] // 100 if 0 <= i < len(STEPS) else None for i in (index - 1, index))
    if low is None:
        return gettext("少收 %(high)s 元及以上") % {"high": -cast(int, high)}
    if high is None:
        return gettext("多收 %(low)s 元以上") % {"low": low}
    return (
        gettext("少收 %(high)s 至 %(low)s 元") % {"high": -high, "low": -low}
        if low < 0
        else gettext("多收 %(low)s 至 %(high)s 元") % {"low": low, "high": high}
    )


def _draft_named(request: HttpRequest, lot: Lot) -> TariffDraft:
    pk = request.POST.get("draft", "")
    if not (pk.isascii() and pk.isdecimal() and len(pk) < 18):
        raise Http404
    return get_object_or_404(lot.drafts, pk=int(pk))


def _staff(request: HttpRequest) -> User:
    return cast(User, request.user)
