"""How reports call channels and reasons."""

CHANNELS = {
    "sandbox": "沙箱",
    "wechat": "微信支付",
    "alipay": "支付宝",
    "cash": "现金",
    "manual": "其他收款",
    "etc": "ETC",
    "plate_pay": "无感支付",
    "other": "外部渠道",
    "elsewhere": "其他账户",
    "waived": "减免冲回",
}
REASONS = {"surplus": "多付", "overpaid": "应退差额", "staff": "人工退款", "external": "渠道后台退款"}
STATES = {
    "requested": "待发送",
    "sent": "渠道处理中",
    "done": "已退",
    "failed": "失败",
    "abnormal": "待人工处理",
}


def channel(name: str) -> str:
    return CHANNELS.get(name, name)
