"""A charge as a driver reads it: the amount, the stay in billing units, the reasons, until when it holds."""

from datetime import datetime
from functools import cache
from typing import NamedTuple

from django.utils import translation
from django.utils.translation import get_language

from lots.models import Lot
from lots.plates import PlateKind
from payments.channel_names import ONLINE
from payments.channels import available
from payments.charges import Due
from payments.coupons.coupon_rules import Refusal
from payments.providers.contract import Scene
from presentation import formatting
from presentation.page_data import LotFacts

WITHOUT_TIMES = {  # anyone can type a plate: no line shows when the car came in, or what it paid before
    "not_free": "not_free_longer",
    "not_free_reached": "not_free_reached_longer",
    "not_free_hours": "not_free_hours",
    "not_capped": "not_capped",
    "not_capped_so_far": "not_capped_so_far",
    "not_capped_stay": "not_capped_stay",
    "not_capped_long": "not_capped_long",
    "not_shared_cap": "not_shared_cap",
    "not_shared_cap_stay": "not_shared_cap_stay",
    "not_week_cap": "not_week_cap_alone",
    "not_month_cap": "not_month_cap_alone",
}


class Fee(NamedTuple):
    """Data of the fee page. Never the time of entry, a lane, a photo or an earlier stay."""

    plate: str  # as it is shown: whole where the driver typed it, masked where a camera read it
    colour: str  # of the plate
    typed: str  # goes along with the payment, so that an expired amount can be asked for again
    overseas: bool
    sign: str  # of the currency, before each amount
    amount: str
    covers: bool  # coupons pay for all of it: one tap uses them
    gives_back: str  # what coupons that came after the payment give back: one tap uses them
    earlier: bool  # of a stay whose car has left unpaid
    already_paid: str  # of the same stay, for a car that stayed beyond its exit window
    stay: str
    lines: list[tuple[str, str]]
    missed: list[str]  # why free minutes and caps did not apply
    price: str  # before the coupons, where there are any: so that the sum can be redone
    coupon_lines: list[tuple[str, str]]
    coupons: list[str]  # codes that count; they go along like the plate
    offered: list[tuple[str, str]]  # codes for a tap that gives them to the parking system, and as read out
    refused: list[tuple[str, str]]  # codes that do not, and why
    tariff_version: int | None  # that of the entry, which need not be the one in force now
    token: str
    until: str
    seconds: int
    channels: list[tuple[str, str]]


def fee_of(
    due: Due,
    *,
    token: str,
    valid_until: datetime,
    lot: Lot,
    facts: LotFacts,
    plate: str,
    kind: PlateKind | None = None,
    typed: str = "",
    overseas: bool = False,
    where: Scene | None = None,
    without: str = "",
    is_brief: bool = False,
    at: datetime,
    language: str,
) -> Fee:
    """Return what a page in `language`, which need not be active, shows of a charge.

    `kind`: of a plate that was typed. `is_brief`: no more than the barrier's display shows.
    """
    charge, currency = due.charge, due.charge.currency
    until = valid_until.astimezone(facts.tz)
    charged = [line for line in due.lines if not line.code.startswith("coupon_")]
    coupons = [line.as_json() for line in due.lines] if len(charged) < len(due.lines) else []
    missed, stay = [], ""
    if is_brief:
        charged = []
    else:
        missed = [one for one in charge.missed if one.code in WITHOUT_TIMES]
        if charge.entered_at:
            stay = formatting.stay(charge.entered_at, charge.until, [one.values for one in charged], language)
    texts = [(formatting.line(one.values, one.code, currency, language), one.fen) for one in charged]
    channels = []
    if due.amount_fen:
        channels = choices(lot, where, at=at, without=without, currency=currency.code, language=language)
    return Fee(
        plate=plate,
        colour=formatting.KIND_COLOURS.get(kind, "") if kind else formatting.plate_colour(plate),
        typed=typed,
        overseas=overseas,
        sign=currency.sign,
        amount=currency.exact(due.amount_fen),
        covers=not due.amount_fen and not due.back_fen,
        gives_back=currency.exact(due.back_fen) if due.back_fen else "",
        already_paid=currency.exact(charge.paid_fen) if charge.paid_fen > 0 else "",
        stay=stay,
        earlier=charge.has_left,
        lines=[(text, formatting.money(fen, currency) if fen else "") for text, fen in texts if text],
        missed=[formatting.line(one.values, WITHOUT_TIMES[one.code], currency, language) for one in missed],
        price=currency.exact(charge.price_fen) if due.discount_fen else "",
        coupon_lines=formatting.coupon_lines(coupons, currency, language),
        coupons=list(due.codes),
        offered=[(code, formatting.shown_code(code)) for code in due.offered],
        refused=[(formatting.shown_code(code), _why(language, why)) for code, why in due.refused],
        tariff_version=charge.tariff_version,
        token=token,
        until=f"{until.hour:02}:{until.minute:02}",
        seconds=max(0, int((valid_until - at).total_seconds())),
        channels=channels,
    )


def choices(
    lot: Lot,
    where: Scene | None,
    *,
    at: datetime | None = None,
    without: str = "",
    currency: str = "CNY",
    language: str | None = None,
) -> list[tuple[str, str]]:
    """Return the channels that a driver may choose from, each with its label, best first."""
    offered = available(lot, where, at=at, currency=currency)
    named = language or get_language()
    return [(c.name, _label(named, c.name)) for c in offered if c.name != without]


@cache
def _label(language: str | None, channel: str) -> str:
    with translation.override(language):
        return str(ONLINE.get(channel, channel))


def _why(language: str, refusal: Refusal) -> str:
    with translation.override(language):
        return str(formatting.REFUSALS[refusal])
