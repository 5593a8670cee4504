"""How reports call channels and reasons."""

from django.utils.translation import gettext_lazy as _

CHANNELS = {
    "sandbox": _("沙箱"),
    "wechat": _("微信支付"),
    "alipay": _("支付宝"),
    "cash": _("现金"),
    "manual": _("其他收款"),
    "etc": "ETC",
    "plate_pay": _("无感支付"),
    "other": _("外部渠道"),
    "elsewhere": _("其他账户"),
    "waived": _("减免冲回"),
}
REASONS = {
    "surplus": _("多付"),
    "overpaid": _("应退差额"),
    "staff": _("人工退款"),
    "external": _("渠道后台退款"),
}
STATES = {
    "requested": _("待发送"),
    "sent": _("渠道处理中"),
    "done": _("已退"),
    "failed": _("失败"),
    "abnormal": _("待人工处理"),
}


def channel(name: str) -> str:
    return str(CHANNELS.get(name, name))
