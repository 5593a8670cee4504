"""The daily bill (业务账单): a ZIP of GBK tables, one with every trade and one with totals by shop."""

import io
import zipfile
from datetime import date, datetime

from sandbox.alipay.alipay_orders import BEIJING, format_time, format_yuan
from sandbox.alipay.simulated_alipay_keys import AlipayKeys
from sandbox.store import SandboxOrder, SandboxRefund, Store

HEADER = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
    "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
ACCOUNT = "**箱(138****0000)"
_SHOPS = (
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,"
    "卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）"
)


def make(keys: AlipayKeys, store: Store, day: date, damage: str = "") -> bytes | None:
    """Return the day's ZIP, or None for a day without trades. `damage`: `cut` or `sum`."""
    orders = {order.number: order for order in list(store.orders.values()) if order.kind == "alipay"}
    paid = [order for order in orders.values() if _day(order.paid_at) == day]
    refunds = [
        refund
        for refund in list(store.refunds.values())
        if refund.payment_number in orders and _day(refund.done_at) == day
    ]
    if not paid and not refunds:
        return None
    rows = [_row(order) for order in paid] + [
        _refund_row(each, orders[each.payment_number]) for each in refunds
    ]
    taken = sum(order.amount_fen - order.extra["coupon_fen"] for order in paid) + (damage == "sum")
    refunded = sum(refund.amount_fen for refund in refunds)
    if damage == "cut":
        rows.pop()
    head = [
        f"#账号：[{keys.seller_id}0156]",
        f"#起始日期：[{day:%Y年%m月%d日} 00:00:00]   终止日期：[{day:%Y年%m月%d日} 24:00:00]",
    ]
    detail = [
        "#支付宝业务明细查询",
        *head,
        f"#{'-' * 41}业务明细列表{'-' * 40}",
        HEADER,
        *rows,
        f"#{'-' * 41}业务明细列表结束{'-' * 36}",
        f"#交易合计：{len(paid)}笔，商家实收共{format_yuan(taken)}元，商家优惠共0.00元",
        f"#退款合计：{len(refunds)}笔，商家实收退款共-{format_yuan(refunded)}元，商家优惠退款共0.00元",
        f"#导出时间：[{datetime.now(BEIJING):%Y年%m月%d日 %T}]",
    ]
    shops = [
        "#支付宝业务汇总查询",
        *head,
        f"#{'-' * 41}业务汇总列表{'-' * 40}",
        _SHOPS,
        f"合计,,{len(paid)},{len(refunds)},{format_yuan(taken)},{format_yuan(taken)},0.00,0.00,0.00,0.00,0.00,{format_yuan(taken)}",
        f"#{'-' * 40}业务汇总列表结束{'-' * 37}",
    ]
    name = f"{keys.seller_id}0156_{day:%Y%m%d}_业务明细"
    return _zip({f"{name}.csv": detail, f"{name}(汇总).csv": shops})


def _row(order: SandboxOrder) -> str:
    received = format_yuan(order.amount_fen - order.extra["coupon_fen"])
    discount = format_yuan(order.extra["coupon_fen"])
    fee = f"-{format_yuan((order.amount_fen * 6 + 500) // 1000)}"  # 0.6 %
    return _line(order, "交易", order.paid_at, format_yuan(order.amount_fen), received, discount, "", fee)


def _refund_row(refund: SandboxRefund, order: SandboxOrder) -> str:
    amount = f"-{format_yuan(refund.amount_fen)}"
    fee = format_yuan((refund.amount_fen * 6 + 500) // 1000)
    return _line(order, "退款", refund.done_at, amount, amount, "0.00", refund.number, fee)


def _line(
    order: SandboxOrder, kind: str, at: str, amount: str, received: str, discount: str, batch: str, fee: str
) -> str:
    cells = [
        *(
            order.channel_number,
            order.number,
            kind,
            order.description,
            format_time(order.paid_at),
            format_time(at),
        ),
        *("", "", "", "", ACCOUNT, amount, received, "0.00", "0.00", discount, "0.00", "0.00", "", "0.00"),
        *("0.00", batch, fee, "0.00", order.description),
    ]
    return ",".join(f"{cell}\t" if index in {0, 1, 21} else cell for index, cell in enumerate(cells))


def _zip(tables: dict[str, list[str]]) -> bytes:
    """Compress as Alipay does: file names in GBK, without a flag for the encoding."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, lines in tables.items():
            text = "".join(f"{line}\r\n" for line in lines).encode("gbk")
            archive.writestr(_GbkName(name), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


class _GbkName(zipfile.ZipInfo):
    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - name from the base class
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


def _day(at: str) -> date | None:
    return datetime.fromisoformat(at).astimezone(BEIJING).date() if at else None
