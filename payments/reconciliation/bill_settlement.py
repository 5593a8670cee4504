"""One line that did not agree: booked by `settle`, as all money is, or left for a person.

Nothing is edited here. A lost payment or refund goes through `settle`, a refund made by hand at the channel
becomes an external refund, and before anything is called missing the channel is asked.
"""

from collections.abc import Callable
from datetime import datetime

from core.transport import OutcomeUnknown
from payments import discrepancies, refunds
from payments.business_days import BEIJING, day_of
from payments.channels import ChannelDown, provider_named
from payments.models import Discrepancy, Payment, Refund
from payments.models.closing_models import BillLine
from payments.providers.contract import Outcome, Provider, ProviderRefused, RefundOrder, Statement
from payments.reconciliation import bill_marks
from payments.settling import settle

Became = BillLine.Became
Verdict = BillLine.Verdict
Kind = Discrepancy.Kind
CAUSE = "bill"
ASK_AT_MOST = 6  # times, half an hour apart; after that a line is left for a person unasked


def deal(line: BillLine, *, at: datetime) -> Became:
    """Deal with a line and return what became of it; PENDING where the channel gave no usable answer."""
    if line.verdict == Verdict.MISSING_THERE:
        return _missing_there(line, at)
    if line.refund_number:
        return _refund(line, at)
    return _payment(line, at)


def _payment(line: BillLine, at: datetime) -> Became:
    """Settle a payment that the bill has. One that is not ours, or not as ours, is left for a person."""
    if line.verdict == Verdict.MISSING_HERE:
        # Staff may have counted the money of an unknown order while the bill was read.
        ours = Payment.objects.filter(provider=line.run.provider, merchant=line.run.merchant)
        line.payment = line.payment or ours.filter(number=line.number, amount_fen=line.amount_fen).first()
        settle(_statement(line), cause=CAUSE, at=at)
        payment = ours.filter(pk=line.payment_id or 0, state=Payment.State.PAID).first()
        if payment is not None and payment.provider_number in (None, line.provider_number):
            _mark(line)
            return Became.FIXED
    return _leave(line, Kind.DIFFERS if line.payment_id else Kind.UNKNOWN_NUMBER, at)


def _refund(line: BillLine, at: datetime) -> Became:
    if line.payment is None:
        return _leave(line, Kind.OVER_REFUNDED, at)
    is_external = line.refund is None or line.refund.external_number == line.refund_number
    if is_external and line.verdict == Verdict.DIFFERS:  # two of one number, or of another amount
        return _leave(line, Kind.OVER_REFUNDED, at)
    if line.refund is None:
        return _external(line, line.payment, at)
    if line.refund.payment_id != line.payment_id or line.refund.amount_fen != line.amount_fen:
        return _leave(line, Kind.DIFFERS, at)
    is_news = line.outcome == Outcome.REFUND_DONE and line.verdict == Verdict.MISSING_HERE
    answer = _statement(line) if is_news else _asked(line)
    if answer is None:
        return Became.PENDING
    settle(answer, cause=CAUSE if is_news else "query", at=at)
    line.refund.refresh_from_db()
    if line.refund.billed_on is not None or refunds.BECOMES.get(answer.outcome) != line.refund.state:
        return _leave(line, Kind.DIFFERS, at)
    _mark(line)
    return Became.FIXED


def _external(line: BillLine, payment: Payment, at: datetime) -> Became:
    """Book a refund that someone made at the channel itself. It means that the order was paid."""
    if payment.state != Payment.State.PAID:
        answer = _ask(
            line,
            lambda: _provider(payment).query(payment.number),
        )
        if answer is None:
            return Became.PENDING
        settle(answer, cause="query", at=at)
        payment.refresh_from_db()
    if line.outcome != Outcome.REFUND_DONE:
        reply = _asked(line)
        if reply is None or reply.outcome == Outcome.REFUND_PENDING:
            return Became.PENDING
        if reply.outcome == Outcome.REFUND_FAILED:
            return Became.EXPLAINED
        if reply.outcome != Outcome.REFUND_DONE:
            return _leave(line, Kind.OVER_REFUNDED, at)
    made = refunds.record_external(
        payment, number=line.refund_number, amount_fen=line.amount_fen, at=at, cause=CAUSE
    )
    if not made:
        return _leave(line, Kind.OVER_REFUNDED, at)
    Refund.objects.filter(pk__in=[each.pk for each in made]).update(billed_on=line.run.day)
    line.refund = made[-1]
    discrepancies.amount_is_known(payment, at=at)
    return Became.EXTERNAL


def _missing_there(line: BillLine, at: datetime) -> Became:
    """Ask the channel. Its own clock may say that the row is of another day, whose bill then decides."""
    assert line.payment is not None
    if line.refund_number:
        answer = _asked(line)
    else:
        provider = _provider(line.payment)
        number = line.payment.number
        answer = _ask(line, lambda: provider.query(number))
    if answer is None:
        return Became.PENDING
    settle(answer, cause="query", at=at)
    moved = answer.outcome in {Outcome.PAID, Outcome.REFUND_DONE}
    if moved and answer.at is not None and day_of(answer.at, BEIJING) > line.run.day:
        line.due_day = day_of(answer.at, BEIJING)
        return Became.EXPLAINED
    return _leave(line, Kind.MISSING_THERE, at)


def _ask(line: BillLine, call: Callable[[], Statement]) -> Statement | None:
    """Return the channel's answer, or None and count the try."""
    line.asked += 1
    try:
        return call()
    except (OutcomeUnknown, ProviderRefused, ChannelDown):
        return None


def _asked(line: BillLine) -> Statement | None:
    """Ask about a refund."""
    payment = line.payment
    assert payment is not None
    order = RefundOrder(
        number=line.refund_number,
        payment_number=payment.number,
        amount_fen=line.amount_fen,
        total_fen=payment.amount_fen,
        notify_url="",
    )
    return _ask(line, lambda: _provider(payment).query_refund(order))


def give_up(line: BillLine, *, at: datetime) -> Became:
    """Leave a line for a person although the channel did not answer about it."""
    kind = Kind.MISSING_THERE if line.verdict == Verdict.MISSING_THERE else Kind.DIFFERS
    return _leave(line, kind, at)


def _leave(line: BillLine, kind: Kind, at: datetime) -> Became:
    payment = line.payment
    discrepancies.report(
        kind,
        provider=line.run.provider,
        merchant=line.run.merchant,
        number=line.number,
        provider_number=line.refund_number or line.provider_number,
        amount_fen=line.amount_fen,
        at=at,
        lot_id=payment.lot_id if payment else None,
        day=line.run.day,
    )
    return Became.OPEN


def _mark(line: BillLine) -> None:
    """Note that this day's bill has the row."""
    if line.refund_number:
        Refund.objects.filter(pk=line.refund_id or 0).update(billed_on=line.run.day)
    else:
        bill_marks.mark([line.payment_id] if line.payment_id else [], line.run.day)


def _statement(line: BillLine) -> Statement:
    """Return a line as the channel's word, which a whole bill is. It names no app: the order's counts."""
    return Statement(
        provider=line.run.provider,
        merchant=line.run.merchant,
        number=line.number,
        outcome=Outcome(line.outcome),
        app=line.payment.app if line.payment else "",
        provider_number=line.provider_number,
        amount_fen=line.amount_fen,
        at=line.at,
        refund_number=line.refund_number,
    )


def _provider(payment: Payment) -> Provider:
    """Return the channel as the payment met it: a merchant may have changed its app since."""
    return provider_named(payment.provider, payment.merchant, payment.app)
