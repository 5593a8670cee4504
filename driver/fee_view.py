"""A quote as a driver reads it: the amount, the stay in billing units, the reasons, until when it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lots.models import Lot
from payments.channels import available
from payments.coupons.rules import Refusal
from payments.models import Quote
from payments.providers.contract import Scene
from presentation import formatting
from presentation.page_data import LotFacts


@dataclass(frozen=True)
class Fee:
    """What stands on the page before paying. Never the time of entry, a lane, a photo or an earlier stay."""

    plate: str  # as it is shown: whole where the driver typed it, masked where a camera read it
    typed: str  # goes along with the payment, so that an expired amount can be quoted again
    overseas: bool
    amount: str
    earlier: bool  # of a stay whose car has left unpaid
    already_paid: str  # of the same stay, for a car that stayed beyond its exit window
    stay: str
    lines: list[tuple[str, str]]
    price: str  # before the coupons, where there are any: so that the sum can be redone
    coupon_lines: list[tuple[str, str]]
    coupons: list[str]  # codes that count; they go along like the plate
    refused: list[tuple[str, str]]  # codes that do not, and why
    tariff_version: int  # that of the entry, which need not be the one in force now
    token: str
    until: str
    seconds: int
    channels: list[tuple[str, str]]


def fee_of(
    quote: Quote,
    *,
    lot: Lot,
    facts: LotFacts,
    plate: str,
    typed: str = "",
    overseas: bool = False,
    where: Scene | None = None,
    without: str = "",
    codes: Sequence[str] = (),
    at: datetime,
) -> Fee:
    entered_at = quote.session.entered_at
    charged = [line for line in quote.lines if not formatting.is_coupon(line)]
    due = ((formatting.line(line["values"], line["code"]), line["fen"]) for line in charged)
    return Fee(
        plate=plate,
        typed=typed,
        overseas=overseas,
        amount=formatting.yuan(quote.amount_fen),
        already_paid=formatting.yuan(paid)
        if (paid := quote.price_fen - quote.relief_fen - quote.amount_fen) > 0
        else "",
        stay=formatting.stay(entered_at, quote.until, charged) if entered_at else "",
        earlier=quote.session.left_at is not None,
        lines=[(text, formatting.yuan(fen) if fen else "") for text, fen in due if text],
        price=formatting.yuan(quote.price_fen) if quote.relief_fen else "",
        coupon_lines=formatting.coupon_lines(quote.lines),
        coupons=[code for code in codes if code not in dict(quote.refused)],
        refused=[
            (formatting.shown_code(code), str(formatting.REFUSALS[Refusal(why)]))
            for code, why in quote.refused
        ],
        tariff_version=quote.tariff.version,
        token=quote.token,
        until=f"{quote.valid_until.astimezone(facts.tz):%H:%M}",
        seconds=max(0, int((quote.valid_until - at).total_seconds())),
        channels=choices(lot, where, at=at, without=without),
    )


def choices(
    lot: Lot, where: Scene | None, *, at: datetime | None = None, without: str = ""
) -> list[tuple[str, str]]:
    """Return the channels that a driver may choose from, each with its label, best first."""
    offered = available(lot, where, at=at)
    return [(c.name, str(formatting.CHANNELS.get(c.name, c.label))) for c in offered if c.name != without]
