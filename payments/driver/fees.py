"""A quote as a driver reads it: the amount, the stay in billing units, the reasons, until when it holds."""

from dataclasses import dataclass
from datetime import datetime

from lots.models import Lot
from payments.channels import available
from payments.driver import words
from payments.driver.facts import LotFacts
from payments.models import Quote
from payments.providers.base import Scene


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
    at: datetime,
) -> Fee:
    entered_at = quote.session.entered_at
    due = ((words.line(line["values"], line["code"]), line["fen"]) for line in quote.lines)
    return Fee(
        plate=plate,
        typed=typed,
        overseas=overseas,
        amount=words.yuan(quote.amount_fen),
        earlier=quote.session.left_at is not None,
        already_paid=words.yuan(paid) if (paid := quote.price_fen - quote.amount_fen) > 0 else "",
        stay=words.stay(entered_at, quote.until, quote.lines) if entered_at else "",
        lines=[(text, words.yuan(fen) if fen else "") for text, fen in due if text],
        token=quote.token,
        until=f"{quote.valid_until.astimezone(facts.tz):%H:%M}",
        seconds=max(0, int((quote.valid_until - at).total_seconds())),
        channels=[
            (c.name, str(words.CHANNELS.get(c.name, c.label)))
            for c in available(lot, where, at=at)
            if c.name != without
        ],
    )
