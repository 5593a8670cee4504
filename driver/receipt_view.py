"""A receipt in plain values, in the words of the page's language. It never holds a plate."""

from dataclasses import dataclass
from datetime import timedelta

from lots.former_names import legal_name_at
from payments.channel_names import ONLINE
from payments.models import Payment, Refund
from payments.receipts import written
from presentation import formatting
from presentation.page_data import LotFacts

SECOND = timedelta(seconds=1)
TAIL = 6  # of the channel's number: enough to find the payment in the driver's own list, of no use to others


@dataclass(frozen=True)
class ReceiptView:
    """A receipt: the payment, its purpose, the payee, and refunds."""

    code: str
    amount: str
    paid_at: str
    entered_at: str
    until: str  # the stay is priced up to here
    stay: str  # from one to the other; all three to the second, as the tariff counts
    payee: str
    lines: list[tuple[str, str]]
    already_paid: str  # of the same stay, earlier
    due: str  # where another amount was paid, at the booth for example; else ""
    channel: str
    tail: str
    tariff_version: int | None  # None: another system's rules
    refunds: list[tuple[str, bool]]  # amount, and whether it has arrived
    kept: str  # paid less refunds; "" where nothing was refunded
    surplus: bool


def receipt_view(payment: Payment, lot: LotFacts) -> ReceiptView:
    """Return the receipt of a paid payment."""
    entered_at, until = payment.session.entered_at, payment.until
    if entered_at:  # as the tariff counts: whole seconds after the second of entry that is shown
        until = entered_at + (until - entered_at) // SECOND * SECOND
    refunds = list(payment.refunds.exclude(state=Refund.State.FAILED).order_by("pk"))
    back = sum(refund.amount_fen for refund in refunds)
    earlier = sum(line["fen"] for line in payment.lines) - payment.due_fen
    return ReceiptView(
        code=written(payment.receipt_code or ""),
        amount=formatting.yuan(payment.amount_fen),
        paid_at=lot.moment(payment.paid_at),
        entered_at=lot.second(entered_at),
        until=lot.second(until),
        stay=formatting.exact_duration(until - entered_at) if entered_at else "",
        payee=legal_name_at(payment.lot, payment.paid_at) or lot.legal_name,
        lines=_lines(payment),
        already_paid=formatting.yuan(earlier) if earlier > 0 else "",
        due=formatting.yuan(payment.due_fen) if payment.due_fen != payment.amount_fen else "",
        channel=str(ONLINE.get(payment.provider, payment.provider)),
        tail=(payment.provider_number or "")[-TAIL:],
        tariff_version=payment.tariff_version,
        refunds=[
            (formatting.yuan(refund.amount_fen), refund.state == Refund.State.DONE) for refund in refunds
        ],
        kept=formatting.yuan(payment.amount_fen - back) if refunds else "",
        surplus=payment.credited_fen == 0,
    )


def _lines(payment: Payment) -> list[tuple[str, str]]:
    found = ((formatting.line(line["values"], line["code"]), line["fen"]) for line in payment.lines)
    return [(text, _signed(fen) if fen else "") for text, fen in found if text]


def _signed(fen: int) -> str:
    return f"-¥{formatting.yuan(-fen)}" if fen < 0 else f"¥{formatting.yuan(fen)}"
