"""What staff fill in while they set up. Shapes and words; what may be kept, `lots.setup` decides.

Each form brings the number of its press, so that a double click is one act, and a form that changes
something brings the revision that it was made from.
"""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from lots.models import Device, Lane, Lot, Operator
from lots.plates import PROVINCES
from lots.setup.setting_changes import LONGEST_WHY, By
from staff.access import access

KINDS = [
    (Lot.Kind.MALL, _("商场")),
    (Lot.Kind.HOSPITAL, _("医院")),
    (Lot.Kind.HOTEL, _("酒店")),
    (Lot.Kind.PARK, _("公园")),
    (Lot.Kind.SCENIC, _("景区")),
    (Lot.Kind.OTHER, _("其他")),
]
DIRECTIONS = [
    (Lane.Direction.ENTRY, _("入口")),
    (Lane.Direction.EXIT, _("出口")),
    (Lane.Direction.BOTH, _("出入口")),
]
MAKES = [
    (Device.Make.VZENITH, _("臻识（Vzenith）相机")),
    (Device.Make.API, _("其他设备，按开放接口接入")),
]
REQUIRED = _("请填写。")


def _text(label: Any, most: int, help_text: Any = "", **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", **more.pop("attrs", {})})
    return forms.CharField(label=label, max_length=most, help_text=help_text, widget=widget, **more)


def _number(label: Any, help_text: Any, low: int, high: int, initial: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, min_value=low, max_value=high, initial=initial
    )


class SetupForm(forms.Form):
    """A step of the set-up. `press` is made with the page."""

    press = forms.CharField(widget=forms.HiddenInput, required=False)
    template_name = "console/setup/_form.html"

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        self.initial.setdefault("press", str(uuid4()))
        for field in self.fields.values():
            field.error_messages["required"] = REQUIRED

    def by(self, request: HttpRequest) -> By:
        """Return who presses, as which press: a number that is none counts as a press of its own."""
        try:
            press = UUID(self.cleaned_data["press"])
        except ValueError:
            press = uuid4()
        return By(access(request).user, press, self.cleaned_data.get("why", ""))

    def refuse(self, faults: Any) -> None:
        """Put what the service found beside its fields."""
        for name, said in faults.items():
            self.add_error(name if name in self.fields else None, list(said))


class OperatorForm(SetupForm):
    legal_name = _text(_("运营方全称"), 120, _("营业执照上的名称。车主在缴费页、标识和隐私说明上看到它。"))
    contact = _text(_("个人信息联系方式"), 200, _("地址或邮箱。车主问自己的信息时写到这里，法律要求公示。"))
    service_phone = _text(_("服务电话"), 40, _("付款出问题时车主打这个电话，最好有人值守。"))
    complaint_phones = _text(
        _("投诉电话"), 80, _("默认是 12345 市民热线和 12315 消费者热线。"), initial="12345 / 12315"
    )
    cash_information = _text(
        _("现金缴费说明"), 200, _("在哪里、什么时间能付现金，例如：B1 层东出口岗亭，24 小时，可找零。")
    )


class LotForm(SetupForm):
    """A lot's settings; a new one also gets its short name."""

    name = _text(_("停车场名称"), 80, _("车主看到的名称，例如：浦江广场地下停车库。"))
    slug = _text(
        _("短名称"),
        50,
        _("出现在网址和商户配置里，用小写字母、数字和连字符。定了不能改。"),
        required=False,
        attrs={"autocapitalize": "none", "spellcheck": "false"},
    )
    address = _text(_("地址"), 200, _("写到门牌号。缴费页和标识上会显示。"))
    kind = forms.ChoiceField(label=_("类型"), choices=KINDS, initial=Lot.Kind.MALL)
    province = forms.ChoiceField(
        label=_("号牌首字"),
        choices=[(each, each) for each in PROVINCES],
        initial=Lot._meta.get_field("province").default,
        help_text=_("车主输入号牌时，先选好的第一个字。"),
    )
    bays = _number(_("车位数"), _("用来显示占用情况；不清楚就填 0。"), 0, 100_000, 0)
    retention_hours = _number(
        _("号牌保存小时数"), _("车辆离场后过这么久，号牌自动清除。越短越好，默认 24。"), 1, 720, 24
    )
    exit_window = _number(_("离场时限（分钟）"), _("付款后多久内离场不再计费，默认 15。"), 5, 120, 15)
    zone = _text(_("时区"), 40, _("全国都用 Asia/Shanghai，一般不用改。"), initial="Asia/Shanghai")


class NewLotForm(LotForm):
    operator = forms.ModelChoiceField(Operator.objects.none(), label=_("运营方"), empty_label=None)
    field_order = ["operator", "name", "slug"]

    def __init__(self, data: Any = None, *, operators: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["operator"].queryset = operators  # type: ignore[attr-defined]


class SettingsForm(LotForm):
    slug = None  # type: ignore[assignment]
    jam_minutes = _number(
        _("拥堵宽限（分钟）"), _("出口拥堵时，一次给已付款车辆这么多时间离场，默认 30。"), 1, 240, 30
    )
    field_order = [*(name for name in LotForm.base_fields if name not in {"slug", "zone"}), "jam_minutes"]
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class OperatorSettingsForm(OperatorForm):
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class LaneForm(SetupForm):
    name = _text(_("车道名称"), 40, _("现场的叫法，例如：东入口、B1 层出口。"))
    direction = forms.ChoiceField(label=_("方向"), choices=DIRECTIONS)


class LaneNameForm(SetupForm):
    name = _text(_("车道名称"), 40)
    was = forms.CharField(widget=forms.HiddenInput, max_length=40)


class LaneChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class DeviceForm(SetupForm):
    lane = LaneChoice(Lane.objects.none(), label=_("装在哪条车道"), empty_label=None)
    make = forms.ChoiceField(label=_("接入方式"), choices=MAKES)
    name = _text(_("设备名称"), 40, _("留空就用车道的名称。"), required=False)
    serial = _text(
        _("序列号"), 64, _("相机网页或机身上的序列号。填了就只认这一台；不清楚可以留空。"), required=False
    )
    keep_images = forms.BooleanField(
        label=_("保存抓拍照片"),
        required=False,
        help_text=_("只有臻识相机可用。照片加密保存，与号牌一同清除，并写进隐私说明。默认不存。"),
    )

    def __init__(self, data: Any = None, *, lot: Lot, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["lane"].queryset = lot.lanes.order_by("name")  # type: ignore[attr-defined]


class OpenForm(SetupForm):
    starts_at = forms.DateTimeField(
        label=_("从何时起收款"),
        required=False,
        help_text=_("留空为立即。写将来的时间，到时自动开放。"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class CloseForm(SetupForm):
    why = _text(_("原因"), LONGEST_WHY, _("写进设置记录，例如：渠道故障，改收现金。"))
