"""The tables of the money: one module a group, all importable from here."""

from payments.channel_state import ChannelCount, ChannelReading, ChannelState
from payments.coupons.coupon_models import Coupon, CouponEvent, CouponOffer, CouponUse, Shop
from payments.invoices.invoice_models import InvoiceEvent, InvoiceRequest, RedLetter
from payments.models.closing_models import (
    BillLine,
    BillMark,
    BillRun,
    BooksCheck,
    DayClosing,
    DayClosingEvent,
    PriceCheck,
)
from payments.models.payment_models import (
    Discrepancy,
    LedgerEntry,
    Payment,
    PaymentEvent,
    Refund,
    WechatReturn,
)
from payments.models.report_models import SessionDay
from payments.models.settlement_models import (
    CouponHandover,
    Settlement,
    SettlementEvent,
    SystemListRun,
    ZeroBill,
)
from payments.models.staff_action_models import Debt, RefundRequest, Reporter, Shift, StaffAct

__all__ = [
    "BillLine",
    "BillMark",
    "BillRun",
    "BooksCheck",
    "ChannelCount",
    "ChannelReading",
    "ChannelState",
    "Coupon",
    "CouponEvent",
    "CouponHandover",
    "CouponOffer",
    "CouponUse",
    "DayClosing",
    "DayClosingEvent",
    "Debt",
    "Discrepancy",
    "InvoiceEvent",
    "InvoiceRequest",
    "LedgerEntry",
    "Payment",
    "PaymentEvent",
    "PriceCheck",
    "RedLetter",
    "Refund",
    "RefundRequest",
    "Reporter",
    "SessionDay",
    "Settlement",
    "SettlementEvent",
    "Shift",
    "Shop",
    "StaffAct",
    "SystemListRun",
    "WechatReturn",
    "ZeroBill",
]
