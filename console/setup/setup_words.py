"""How staff read what was changed, and what to do about a device that is silent or refused."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.setup.setup_forms import DIRECTIONS, KINDS, MAKES, OperatorForm, SettingsForm
from lots.models import SettingChange

ACTS = {
    "added": pgettext_lazy("done", "登记"),
    "changed": _("修改"),
    "opened": _("开放收款"),
    "planned": _("定下开放时间"),
    "closed": _("暂停收款"),
    "rotating": _("开始更换密钥"),
    "rotated": _("停用旧密钥"),
    "revoked": _("停用"),
}
THINGS = {"operator": _("运营方"), "lot": _("停车场"), "lane": _("车道"), "device": _("设备")}
OTHERS = {
    "slug": _("短名称"),
    "direction": _("方向"),
    "make": _("接入方式"),
    "lane": _("车道"),
    "serial": _("序列号"),
    "keep_images": _("保存照片"),
    "closed_at": _("停收时间"),
    "opens_at": _("开放时间"),
}
CHOICES: dict[str, dict[Any, Any]] = {
    "kind": dict(KINDS),
    "direction": dict(DIRECTIONS),
    "make": dict(MAKES),
}
TROUBLES = {
    "unreadable": _("消息读不懂：请核对相机的推送格式是否为 JSON，固件是否过旧。"),
    "wrong_serial": _("序列号不符：装的不是登记的那一台，请重新登记。"),
    "clock_skew": _("时间偏差太大，请求被拒：请在设备上开启 NTP 校时。"),
    "replayed": _("同一条请求发了两次：重发时请换一个随机数。"),
    "incomplete": _("消息没有传完：多为网络不稳，设备会重发。"),
    "no_tariff": _("停车场没有生效的计费规则：请先设好。"),
    "too_large": _("消息太大：请把相机的图片质量调低。"),
}
SILENT = {
    "vzenith": (
        _("看相机电源灯和网口灯；断电或断网的，先恢复供电和网络。"),
        _("在相机网页里核对三个地址：推送、心跳、轮询。抄错一个字符就连不上。"),
        _("在相机网页里点「测试」，回到本页看「最近联络」有没有变化。"),
        _("地址丢了就「更换密钥」，会得到新的地址。"),
    ),
    "api": (
        _("看设备电源和网络。"),
        _("核对接口地址、密钥编号和密钥。"),
        _("设备时间与服务器相差超过 10 分钟，请求会被拒绝：开启 NTP 校时。"),
        _("密钥丢了就「更换密钥」。"),
    ),
}


def label_of(thing: str, name: str) -> Any:
    """Return what a field is called on its form."""
    form = OperatorForm if thing == "operator" else SettingsForm
    field = form.base_fields.get(name)
    if thing in {"lane", "device"} and name == "name":
        return _("名称")
    return field.label if field is not None else OTHERS.get(name, name)


def said(name: str, value: Any) -> str:
    """Return a stored value as staff read it."""
    if value in (None, ""):
        return "—"
    if isinstance(value, bool):
        return "✓" if value else "—"
    if name.endswith("_at"):
        return f"{localtime(datetime.fromisoformat(value)):%Y-%m-%d %H:%M}"
    return str(CHOICES.get(name, {}).get(value, value))


def history(rows: Iterable[SettingChange]) -> list[dict[str, Any]]:
    """Return changes for a page: who, when, what, each field from what to what."""
    return [
        {
            "row": row,
            "act": ACTS.get(row.kind, row.kind),
            "thing": THINGS.get(row.thing, row.thing),
            "fields": [
                (label_of(row.thing, name), said(name, row.before.get(name)), said(name, row.after.get(name)))
                for name in {**row.before, **row.after}
            ],
        }
        for row in rows
    ]
