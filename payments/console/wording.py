"""How staff read codes: kinds of acts, moves of payments, and why something could not be done."""

from lots.errors import ParkingError

FAILURES = {
    "no_reason": "请填写原因（最多 200 字）。",
    "reason_names_somebody": "原因里不要写号牌或电话号码：操作记录会长期保存，号牌不会。",
    "no_shift": "您在本停车场没有开着的班次，请先开班再收付现金。",
    "shift_open": "您已有一个开着的班次，请先交班。",
    "bad_amount": "金额不对，请核对。",
    "no_tariff": "这次停车没有适用的计费规则，算不出费用。",
    "no_entry": "没有识别到入场，算不出费用，请先更正入场时间。",
    "nothing_owed": "这次停车目前没有应缴费用。",
    "refund_too_much": "超过了这笔支付还能退的金额。",
    "refund_not_waiting": "这笔退款不在等待人工处理，或渠道不支持这种办法。请刷新后再看。",
    "decided": "已有人处理过，或已有一份待审批的申请。",
    "same_person": "申请人不能审批自己的申请，请换一位同事。",
    "not_at_exit": "没有相机看到这辆车停在出口。若车已离场，请用「结束停车」。",
    "nothing_left": "已经没有可以再退的金额。",
    "not_movable": "这笔支付不能转到那条记录：须在同一停车场，且仍有计入停车费的金额。",
    "earlier_payment_pending": "有一笔支付还在确认中，暂时不能这样做。几分钟后再试。",
    "already_left": "这次停车已经结束。",
    "bad_time": "时间不对：不能在将来，离场也不能早于入场。",
    "stays_overlap": "与这辆车的另一条停车记录重叠，请先处理那一条。",
    "stay_in_use": "这条记录上有支付或操作记录，不能删除或并入别的记录。",
    "no_such_stay": "找不到这条停车记录。",
    "search_too_short": "请填写完整号牌、至少 3 位的号牌片段、凭证号、支付单号或渠道单号。",
    "search_needs_lot": "按号牌片段查找时，请先选定停车场。",
    "channel_down": "渠道暂时不可用，请稍后再试。",
}
ACTS = {
    "cash": "收现金",
    "manual": "登记其他收款",
    "waived": "减免",
    "refund": "退款",
    "refund_asked": "申请退款（待第二人审批）",
    "refund_declined": "驳回退款申请",
    "moved": "支付转到另一条停车记录",
    "entry": "更正入场时间",
    "plate": "更正号牌",
    "ended": "结束停车",
    "released": "人工放行",
    "merged": "并入停车记录",
    "dropped": "删除停车记录",
    "retried": "重新发起退款",
    "to_merchant": "异常退款转到商户账户",
    "given_back": "已把钱退给车主",
    "again": "再次退还多付",
    "resolved": "账目差异已处理",
    "shift_opened": "开班",
    "shift_closed": "交班",
}
PAYMENT = {
    "new": "新建",
    "unknown": "等待渠道答复",
    "open": "待支付",
    "closing": "关闭中",
    "closed": "已关闭",
    "paid": "已支付",
}
REFUND = {
    "requested": "待发送",
    "sent": "渠道处理中",
    "done": "已退",
    "failed": "失败",
    "abnormal": "待人工处理",
}
REASONS = {"surplus": "多付", "overpaid": "应退差额", "staff": "人工退款", "external": "渠道后台退款"}
MEANS = {"": "原路退回", "cash": "岗亭现金", "other": "其他方式"}
COMMANDS = {
    "queued": "等待道闸取走",
    "sent": "已发给道闸",
    "opened": "道闸已开",
    "failed": "道闸未开",
    "expired": "过期未取",
}
COMMAND_CAUSES = {
    "entry": "入场",
    "ticket": "取票入场",
    "paid": "已缴费",
    "nothing_owed": "无需缴费",
    "manual": "人工放行",
}
READS = {
    "entered": "识别入场",
    "left": "识别离场",
    "held": "出口识别，待缴费",
    "duplicate": "重复识别",
    "unread": "未识别到号牌",
    "unmatched": "无入场记录",
    "quarantined": "时间异常",
    "late": "补传记录",
}
CAUSES = {
    "notice": "渠道通知",
    "query": "查询渠道",
    "close": "关单",
    "bill": "账单",
    "start": "下单",
    "worker": "后台任务",
    "operator": "岗亭登记",
    "outside": "外部渠道上报",
    "by_hand": "人工",
    "waiver": "减免",
    "never_there": "渠道无此单",
    "to_merchant": "转商户账户",
}
CHANNELS = {
    "sandbox": "沙箱",
    "wechat": "微信支付",
    "alipay": "支付宝",
    "cash": "现金",
    "manual": "其他收款",
    "waiver": "减免",
    "etc": "ETC",
    "plate_pay": "无感支付",
    "other": "外部渠道",
}
DISCREPANCIES = {
    "unknown_number": "长款：渠道有、我方无",
    "differs": "金额或商户不符",
    "over_refunded": "多退，或金额不符的退款",
}


def failure(error: ParkingError) -> str:
    """Return the sentence for a known failure."""
    return FAILURES.get(error.code, "没有完成，请刷新后再试。")
