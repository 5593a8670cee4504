"""What staff fill in about passes and white lists."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from console.list_filters import Filter
from lots.models import Lot
from lots.permits import ALWAYS, Hours, passes_of
from lots.plates import LONGEST, Plate, PlateError, parse
from lots.tariffs.day_kinds import kinds_of

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
PASSES = {"day": _("日票"), "night": _("夜间票"), "month": _("月卡")}
WHITE_LIST = _("白名单（免费）")


def sort_of(name: str) -> str:
    """Return what staff call a sort of right."""
    return str(PASSES.get(name, name)) if name else str(WHITE_LIST)


class RightFilter(Filter):
    state = forms.ChoiceField(
        required=False,
        label=_("状态"),
        choices=[("", _("有效")), ("soon", _("7 天内到期")), ("ended", _("已结束")), ("all", _("全部"))],
    )


class PlateField(forms.CharField):
    """A plate as it is written; it never comes back in an address."""

    def __init__(self) -> None:
        attrs = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        super().__init__(label=_("号牌"), max_length=LONGEST, widget=forms.TextInput(attrs=attrs))


class PlateForm(forms.Form):
    plate = PlateField()
    overseas = forms.ChoiceField(
        required=False, label=_("号牌格式"), choices=[("", _("内地")), ("1", _("境外或其他，照原样登记"))]
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        try:
            self.known = parse(said.get("plate", ""), overseas=bool(said.get("overseas")))
        except PlateError:
            if "plate" in said:
                self.add_error("plate", _("号牌不正确，请核对。"))
        return said

    known: Plate


class GrantForm(PlateForm):
    """A new right. Both days count whole; hours are for the white list, a pass brings its own."""

    name = forms.ChoiceField(required=False, label=_("类型"))
    first = forms.DateField(label=_("开始日期"), widget=DAY)
    last = forms.DateField(label=_("结束日期（含当日）"), widget=DAY)
    start = forms.TimeField(required=False, label=_("白名单时段：从（不填为全天）"), widget=TIME)
    end = forms.TimeField(required=False, label=_("白名单时段：到"), widget=TIME)
    days = forms.ChoiceField(
        required=False,
        label=_("白名单日期"),
        choices=[
            ("", _("每天")),
            ("workday", _("工作日（含调休上班日）")),
            ("restday", _("周末和法定节假日")),
        ],
    )

    def __init__(self, data: Any, *, lot: Lot, at: datetime) -> None:
        super().__init__(data, initial={"first": at.astimezone(lot.tz).date()}, label_suffix="")
        sorts = ["", *(one.name for one in passes_of(lot, at))]
        self.fields["name"].choices = [(name, sort_of(name)) for name in sorts]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if (said.get("start") is None) != (said.get("end") is None):
            self.add_error("end", _("时段要填起止两个时间，或都不填。"))
        if said.get("name") and (said.get("start") is not None or said.get("days")):
            self.add_error("name", _("停车证的时段由计费规则决定，请不填时段和日期。"))
        return said

    def hours(self) -> Hours:
        said = self.cleaned_data
        start, end = said.get("start"), said.get("end")
        days = kinds_of([said["days"]]) if said.get("days") else ALWAYS.days
        if start is None or end is None:
            return Hours(days=days)
        return Hours(_second(start), _second(end), days)


def _second(at: time) -> int:
    return at.hour * 3600 + at.minute * 60


class ExtendForm(forms.Form):
    last = forms.DateField(label=_("续期至（含当日）"), widget=DAY)


class RevokeForm(forms.Form):
    why = forms.CharField(label=_("原因（不写号牌和姓名）"), max_length=200)


class MoveForm(PlateForm):
    why = forms.CharField(label=_("原因（不写号牌和姓名）"), max_length=200)


class FileForm(forms.Form):
    file = forms.FileField(label=_("CSV 文件"))
