"""How staff read codes: kinds of acts, moves of payments, and why something could not be done."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.errors import ParkingError
from payments.reports import labels

FAILURES = {
    "no_reason": _("请填写原因（最多 200 字）。"),
    "reason_names_somebody": _("原因里不要写号牌或电话号码：操作记录会长期保存，号牌不会。"),
    "no_shift": _("您在本停车场没有开着的班次，请先开班再收付现金。"),
    "shift_open": _("您已有一个开着的班次，请先交班。"),
    "bad_amount": _("金额不对，请核对。"),
    "no_tariff": _("这次停车没有适用的计费规则，算不出费用。"),
    "no_entry": _("没有识别到入场，算不出费用，请先更正入场时间。"),
    "nothing_owed": _("这次停车目前没有应缴费用。"),
    "refund_too_much": _("超过了这笔支付还能退的金额。"),
    "refund_not_waiting": _("这笔退款不在等待人工处理，或渠道不支持这种办法。请刷新后再看。"),
    "decided": _("已有人处理过，或已有一份待审批的申请。"),
    "same_person": _("申请人不能审批自己的申请，请换一位同事。"),
    "not_at_exit": _("没有相机看到这辆车停在出口。若车已离场，请用「结束停车」。"),
    "nothing_left": _("已经没有可以再退的金额。"),
    "not_movable": _("这笔支付不能转到那条记录：须在同一停车场，且仍有计入停车费的金额。"),
    "earlier_payment_pending": _("有一笔支付还在确认中，暂时不能这样做。几分钟后再试。"),
    "already_left": _("这次停车已经结束。"),
    "bad_time": _("时间不对：不能在将来，离场也不能早于入场。"),
    "stays_overlap": _("与这辆车的另一条停车记录重叠，请先处理那一条。"),
    "stay_in_use": _("这条记录上有支付或操作记录，不能删除或并入别的记录。"),
    "no_such_stay": _("找不到这条停车记录。"),
    "search_too_short": _("请填写完整号牌、至少 3 位的号牌片段、凭证号、支付单号或渠道单号。"),
    "search_needs_lot": _("按号牌片段查找时，请先选定停车场。"),
    "bad_jam": _("时间不对：从现在起至少 1 分钟，最多 4 小时。"),
    "orphan_not_adoptable": _(
        "它不是未知单号的款项，或单号不是本系统的格式。请到渠道后台处理，再登记已处理。"
    ),
    "orphan_not_paid_there": _("重新查询后，渠道没有说这笔款已付或金额相同。请到渠道后台核对。"),
    "orphan_not_its_lot": _("收到这笔款的商户不收这个停车场的钱，请换一个停车场。"),
    "channel_down": _("渠道暂时不可用，请稍后再试。"),
}
ACTS = {
    "cash": _("收现金"),
    "manual": _("登记其他收款"),
    "waived": _("减免"),
    "refund": _("退款"),
    "refund_asked": _("申请退款（待第二人审批）"),
    "refund_declined": _("驳回退款申请"),
    "moved": _("支付转到另一条停车记录"),
    "entry": _("更正入场时间"),
    "plate": _("更正号牌"),
    "class": _("更正车型"),
    "ended": _("结束停车"),
    "released": _("人工放行"),
    "merged": _("并入停车记录"),
    "dropped": _("删除停车记录"),
    "retried": _("重新发起退款"),
    "to_merchant": _("异常退款转到商户账户"),
    "given_back": _("已把钱退给车主"),
    "again": _("再次退还多付"),
    "resolved": _("账目差异已处理"),
    "adopted": _("长款计入停车记录"),
    "sent_back": _("长款退回付款人"),
    "orphan_asked": _("申请处理长款（待第二人审批）"),
    "orphan_declined": _("驳回长款处理申请"),
    "jam": _("出口拥堵，延长所有已缴费车辆的离场时限"),
    "jam_over": _("出口拥堵解除"),
    "shift_opened": _("开班"),
    "shift_closed": _("交班"),
}
PAYMENT = {
    "new": _("新建"),
    "unknown": _("等待渠道答复"),
    "open": _("待支付"),
    "closing": _("关闭中"),
    "closed": _("已关闭"),
    "paid": _("已支付"),
}
REFUND, REASONS = labels.STATES, labels.REASONS
MEANS = {"": _("原路退回"), "cash": _("岗亭现金"), "other": _("其他方式")}
COMMANDS = {
    "queued": _("等待道闸取走"),
    "sent": _("已发给道闸"),
    "opened": _("道闸已开"),
    "failed": _("道闸未开"),
    "expired": _("过期未取"),
}
COMMAND_CAUSES = {
    "entry": _("入场"),
    "ticket": _("取票入场"),
    "paid": _("已缴费"),
    "nothing_owed": _("无需缴费"),
    "manual": _("人工放行"),
}
READS = {
    "entered": _("识别入场"),
    "left": _("识别离场"),
    "held": _("出口识别，待缴费"),
    "duplicate": _("重复识别"),
    "unread": _("未识别到号牌"),
    "unmatched": _("无入场记录"),
    "quarantined": _("时间异常"),
    "late": _("补传记录"),
}
CAUSES = {
    "notice": _("渠道通知"),
    "query": _("查询渠道"),
    "close": _("关单"),
    "bill": _("账单"),
    "start": _("下单"),
    "worker": _("后台任务"),
    "operator": _("员工登记"),
    "outside": _("外部渠道上报"),
    "by_hand": _("人工"),
    "waiver": _("减免"),
    "never_there": _("渠道无此单"),
    "refused not_enough": _("渠道：商户余额不足"),
    "to_merchant": _("转商户账户"),
}
CHANNELS = {
    "sandbox": _("沙箱"),
    "wechat": _("微信支付"),
    "alipay": _("支付宝"),
    "cash": _("现金"),
    "manual": _("其他收款"),
    "waiver": _("减免"),
    "etc": "ETC",
    "plate_pay": _("无感支付"),
    "other": _("外部渠道"),
}
DISCREPANCIES = {
    "unknown_number": _("长款：渠道有、我方无"),
    "differs": _("金额或商户不符"),
    "over_refunded": _("多退，或金额不符的退款"),
    "missing_there": _("短款：我方有、账单无"),
    "books": _("账内合计不符"),
}


def failure(error: ParkingError) -> str:
    """Return the sentence for a known failure."""
    return str(FAILURES.get(error.code, gettext("没有完成，请刷新后再试。")))


VEHICLES = {
    "small": _("小型车"),
    "large": _("大型车"),
    "extra_large": _("超大型车"),
    "special": _("特种车"),
    "goods": _("货车"),
    "motorcycle": _("摩托车"),
    "new_energy": _("新能源车"),
}
