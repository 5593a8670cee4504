"""One operator's lot with a row of every kind, for tests that go through every page of the console.

`ADDRESSES` says for each page about something which row of this world it is about. A page whose address
names only a lot needs no line: `slug` is the lot's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.utils.timezone import now

from compliance import notice_versions, rights
from compliance.models import NoticeVersion, SelfCheckAlarm
from lots import access_rights, drafts, invitations, pictures, signs
from lots.models import AccessRight, Device, Invitation, Lot, ParkingSession, PlateRead, Sign, TariffDraft
from lots.people import Role
from lots.plates import parse
from payments import booth
from payments.books import BillRun
from payments.coupons.models import Coupon, Shop
from payments.invoices.models import RedLetter
from payments.invoices.requests import ask
from payments.models import Discrepancy, Payment, Shift
from payments.reports import mailing
from payments.reports.models import ReportMailing
from tests.factories import NOON, TARIFF, make_device, make_lot, make_person, see
from tests.payments.acting import OTHER, PLATE, by, pay
from tests.payments.coupons.making import hand_out, make_offer, make_shop
from tests.payments.invoices.conftest import COMPANY

type Args = dict[str, Any]

ONLY_HERE = "只此一家停车场"  # the lot's name: stands on no page of others


@dataclass
class World:
    """The lot, and one row of each kind that a page is about."""

    lot: Lot
    sister: Lot
    strange: Lot
    device: Device
    read: PlateRead
    sign: Sign
    shop: Shop
    coupon: Coupon
    payment: Payment
    stay: ParkingSession  # paid
    owing: ParkingSession
    shift: Shift | None
    discrepancy: Discrepancy
    bill: BillRun
    invoice: Any
    red_letter: RedLetter
    asked: Any
    alarm: SelfCheckAlarm
    clerk: User
    invitation: Invitation
    mailing: ReportMailing
    right: AccessRight
    notice: NoticeVersion


def make_world(channel: Any) -> World:
    lot = make_lot(slug="lot-x", name=ONLY_HERE)
    sister, strange = make_lot(slug="sister"), make_lot(slug="strange")
    Lot.objects.filter(pk=sister.pk).update(operator=lot.operator)
    sister.refresh_from_db()
    entry = make_device(lot, "entry")
    at = now()
    for plate in (PLATE, OTHER):
        see(entry, plate, at - timedelta(minutes=61))
    drafts.save(lot=lot, text=drafts.written(TARIFF), revision=0, by=make_person(), at=at)
    read = PlateRead.objects.filter(lot=lot).latest("pk")
    pictures.keep(read, b"picture")
    payment = pay(lot, channel, at=at)
    shop = make_shop(lot)
    clerk = make_person(Role.FINANCE, operator=lot.operator)
    shop.clerks.add(clerk)
    owner = make_person(Role.OWNER, operator=lot.operator)
    invitations.invite(operator=lot.operator, lot=lot, role=Role.BOOTH, by=owner, at=at)
    invoice = ask(payment, buyer=COMPANY, at=at)
    return World(
        lot=lot,
        sister=sister,
        strange=strange,
        device=entry,
        read=read,
        sign=signs.new_sign(lot=lot, place="B1"),
        shop=shop,
        coupon=hand_out(shop, make_offer(shop), at, None, count=1, request="press-of-the-world"),
        payment=payment,
        stay=payment.session,
        owing=ParkingSession.objects.exclude(pk=payment.session_id).get(),
        shift=booth.open_shift(lot, float_fen=0, by=by("li", "接班"), at=at).shift,
        discrepancy=Discrepancy.objects.create(
            kind="differs", provider="fake", merchant="m1", number="T1", lot=lot, seen_at=at
        ),
        bill=BillRun.objects.create(
            provider="fake", merchant="m1", day=date(2026, 11, 20), state="done", created_at=NOON
        ),
        invoice=invoice,
        red_letter=RedLetter.objects.create(request=invoice, amount_fen=1, created_at=at),
        asked=rights.ask_correction(payment, topic="entry", at=at),
        alarm=SelfCheckAlarm.objects.create(lot=lot, at=at, was="pure", became="not_pure", worse="P6"),
        clerk=clerk,
        invitation=Invitation.objects.get(),
        mailing=mailing.begin(
            staff=clerk,
            address="cw@mall.example",
            report="income",
            every="day",
            form="csv",
            operator=lot.operator,
            lot=lot,
            by=owner,
            at=at,
        ),
        right=access_rights.grant(
            lot=lot,
            plate=parse("沪D00001"),
            valid_from=at,
            valid_until=at + timedelta(days=30),
            source=AccessRight.Source.STAFF,
            at=at,
        ),
        notice=_notice_of(lot, at),
    )


def _notice_of(lot: Lot, at: datetime) -> NoticeVersion:
    notice_versions.keep_changed(at=at)
    return NoticeVersion.objects.get(lot=lot)


def _of_members(model: str, **fields: Any) -> Callable[[World], Args]:
    """About a row of the members' app, which is not everywhere and therefore not imported."""

    def args(world: World) -> Args:
        rows = apps.get_model("members", model).objects
        return {"pk": rows.get_or_create(lot=world.lot, defaults=fields)[0].pk}

    return args


DAY = "2026-11-24"


def _of(name: str, **more: Any) -> Callable[[World], Args]:
    return lambda world: {"pk": getattr(world, name).pk, **more}


SAID: dict[
    str, Callable[[], Args]
] = {  # what a form must say to be looked at; elsewhere an empty one will do
    "duties:answer-right": lambda: {"answer": "right"},
    "money:reject-invoice": lambda: {"reason": "other"},
    "money:tariff-drop": lambda: {"draft": TariffDraft.objects.latest("pk").pk, "revision": "1"},
    "money:tariff-sign": lambda: {"draft": TariffDraft.objects.latest("pk").pk, "revision": "1"},
}
ADDRESSES: dict[str, Callable[[World], Args]] = {
    "console:invite-back": _of("clerk"),
    "console:drop-factors": _of("clerk"),
    "console:withdraw": _of("invitation"),
    "console:end-grant": lambda world: {"pk": world.clerk.grants.get().pk},
    "console:device": _of("device"),
    "console:revoke-device": _of("device"),
    "console:read-picture": _of("read"),
    "console:sign-png": _of("sign"),
    "console:revoke-sign": _of("sign"),
    "console:sign-picture": _of("sign"),
    "money:end-mailing": _of("mailing"),
    "money:shop": _of("shop"),
    "money:shop-csv": _of("shop"),
    "money:shop-hand-out": _of("shop"),
    "money:shop-codes": _of("shop", press="press-of-the-world"),
    "money:shop-take-back": lambda world: {"pk": world.shop.pk, "coupon_pk": world.coupon.pk},
    "money:bill": _of("bill"),
    "money:repeat-bill": _of("bill"),
    "money:operator-day": lambda world: {"pk": world.lot.operator_id, "day": DAY},
    **{
        f"money:{name}": lambda world: {"slug": world.lot.slug, "day": DAY}
        for name in ("day", "close-day", "reopen-day", "print-day", "day-csv")
    },
    "money:payment": _of("payment"),
    "money:payment-act": _of("payment", act="refund"),
    "money:stay": _of("stay"),
    "money:stay-act": _of("owing", act="end"),
    "money:tariff-version": lambda world: {"slug": world.lot.slug, "number": 1},
    "money:tariff-call-off": lambda world: {"slug": world.lot.slug, "number": 1},
    "money:shift": _of("shift"),
    "money:close-shift": _of("shift"),
    "money:resolve": _of("discrepancy"),
    "money:invoice": _of("invoice"),
    "money:take-invoice": _of("invoice"),
    "money:invoice-issued": _of("invoice"),
    "money:reject-invoice": _of("invoice"),
    "money:red-letter": _of("red_letter"),
    "duties:answer-right": _of("asked"),
    "duties:notice": _of("notice"),
    "duties:make-papers": lambda world: {"pk": world.lot.operator_id},
    "console:rename-lane": lambda world: {"slug": world.lot.slug, "pk": world.lot.lanes.get().pk},
    "console:operator": lambda world: {"pk": world.lot.operator_id},
    "console:rotate-device": _of("device"),
    "console:finish-rotation": _of("device"),
    "console:access-right": _of("right"),
    "console:access-act": _of("right", act="extend"),
    "money:shop-offer-end": lambda world: {"slug": world.lot.slug, "pk": world.shop.offers.get().pk},
    "money:shop-settings": _of("shop"),
    "money:shop-end": _of("shop"),
    "money:shop-invite": _of("shop"),
    "money:shop-dismiss": lambda world: {"pk": world.shop.pk, "user_pk": world.clerk.pk},
    "money:exits-act": lambda world: {"slug": world.lot.slug, "act": "jam"},
    "money:begin-trial": lambda world: {"slug": world.lot.slug, "provider": "fake"},
    "money:trial": lambda _world: {"pk": 1},  # none was made: nobody finds one
    "money:advance-trial": lambda _world: {"pk": 1},
    "money:orphan": _of("discrepancy"),
    "money:orphan-act": _of("discrepancy", act="resolve"),
    "purity:selfcheck-handled": _of("alarm"),
    "members-console:end": _of_members("Benefit", kind="percent", value=10, started_at=NOON),
    "members-console:revoke-sign": _of_members(
        "MemberSign", number=1, place="B1", title="会员码", code="W0RLD"
    ),
}
