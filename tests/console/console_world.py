"""One operator's lot with a row of every kind, for tests that go through every page of the console.

`ADDRESSES` says for each page about something which row of this world it is about. A page whose address
names only a lot needs no line: `slug` is the lot's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import User
from django.utils.timezone import now

from compliance import data_requests, notice_versions
from compliance.models import NoticeVersion, SelfCheckAlarm
from lots import lane_calls, patrol, permits, pictures, sign_register, tariff_drafts
from lots.models import Device, Lot, ParkingSession, Permit, PlateRead, Recipient, Sign, TariffDraft
from lots.plates import parse
from payments import booth
from payments.coupons.coupon_models import Coupon, Shop
from payments.invoices.invoice_models import RedLetter
from payments.invoices.invoice_requests import ask
from payments.models import Discrepancy, Payment, Settlement, Shift
from payments.models.closing_models import BillRun
from staff import background, invitations
from staff.models import Invitation, ReportMailing, Role
from staff.report_mailings import sending as mailing
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
    session: ParkingSession  # paid
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
    right: Permit
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
    tariff_drafts.save(lot=lot, text=tariff_drafts.written(TARIFF), revision=0, by=make_person(), at=at)
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
        sign=sign_register.new_sign(lot=lot, place="B1"),
        shop=shop,
        coupon=hand_out(shop, make_offer(shop), at, None, count=1, request="press-of-the-world"),
        payment=payment,
        session=payment.session,
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
        asked=data_requests.request_correction(payment, topic="entry", at=at),
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
        right=permits.grant(
            lot=lot,
            plate=parse("沪D00001"),
            valid_from=at,
            valid_until=at + timedelta(days=30),
            source=Permit.Source.STAFF,
            at=at,
        ),
        notice=_notice_of(lot, at),
    )


def _notice_of(lot: Lot, at: datetime) -> NoticeVersion:
    notice_versions.record_changed(at=at)
    return NoticeVersion.objects.get(lot=lot)


def _unreported(world: World) -> Settlement:
    """Return a payment that a parking system has not accepted."""
    at = now() - timedelta(hours=1)
    fields = {"reference": "b1", "session_reference": "s1", "created_at": at, "next_check_at": at}
    row, _ = Settlement.objects.get_or_create(payment=world.payment, defaults={"lot": world.lot, **fields})
    return row


def _sign_alarm(world: World) -> int:
    return patrol.raise_alarm(world.lot, "foreign", by=world.clerk, at=NOON).pk


def _background(world: World) -> int:
    """Return a background task of another person."""
    return background.begin("print", key=UUID(int=1), by=world.clerk, lot=world.lot, at=NOON).pk


def _recipient(world: World) -> Recipient:
    row, _ = Recipient.objects.get_or_create(
        lot=world.lot,
        kind="city",
        name="上海市停车信息平台",
        defaults={"contact": "021-5555 0199", "since": NOON.date()},
    )
    return row


def _of_members(model: str, **fields: Any) -> Callable[[World], Args]:
    """About a row of the members' app, which is not everywhere and therefore not imported."""

    def args(world: World) -> Args:
        rows = apps.get_model("members", model).objects
        return {"pk": rows.get_or_create(lot=world.lot, defaults=fields)[0].pk}

    return args


DAY = "2026-11-24"


def _of(name: str, **more: Any) -> Callable[[World], Args]:
    return lambda world: {"pk": getattr(world, name).pk, **more}


FORM_DATA: dict[
    str, Callable[[], Args]
] = {  # what a form must say to be looked at; elsewhere an empty one will do
    "console:answer-right": lambda: {"answer": "right"},
    "console:reject-invoice": lambda: {"reason": "other"},
    "console:tariff-drop": lambda: {"draft": TariffDraft.objects.latest("pk").pk, "revision": "1"},
    "console:tariff-sign": lambda: {"draft": TariffDraft.objects.latest("pk").pk, "revision": "1"},
}
ADDRESSES: dict[str, Callable[[World], Args]] = {
    "console:background-task": lambda world: {"pk": _background(world)},
    "console:background-file": lambda world: {"pk": _background(world)},
    "console:cancel-background": lambda world: {"pk": _background(world)},
    "console:invite-back": _of("clerk"),
    "console:drop-factors": _of("clerk"),
    "console:withdraw": _of("invitation"),
    "console:end-all-grants": _of("clerk"),
    "console:end-grant": lambda world: {"pk": world.clerk.grants.get().pk},
    "console:device": _of("device"),
    "console:revoke-device": _of("device"),
    "console:read-picture": _of("read"),
    "console:sign-png": _of("sign"),
    "console:revoke-sign": _of("sign"),
    "console:report-sign": _of("sign"),
    "console:sign-alarm-handled": lambda world: {"pk": _sign_alarm(world)},
    "console:sign-picture": _of("sign"),
    "console:end-mailing": _of("mailing"),
    "console:shop": _of("shop"),
    "console:shop-csv": _of("shop"),
    "console:shop-hand-out": _of("shop"),
    "console:shop-codes": _of("shop", press="press-of-the-world"),
    "console:shop-take-back": lambda world: {"pk": world.shop.pk, "coupon_pk": world.coupon.pk},
    "console:bill": _of("bill"),
    "console:repeat-bill": _of("bill"),
    "console:operator-day": lambda world: {"pk": world.lot.operator_id, "day": DAY},
    **{
        f"console:{name}": lambda world: {"slug": world.lot.slug, "day": DAY}
        for name in ("day", "close-day", "reopen-day", "print-day", "day-csv")
    },
    "console:payment": _of("payment"),
    "console:payment-act": _of("payment", act="refund"),
    "console:stay": _of("session"),
    "console:stay-act": _of("owing", act="end"),
    "console:tariff-version": lambda world: {"slug": world.lot.slug, "number": 1},
    "console:tariff-call-off": lambda world: {"slug": world.lot.slug, "number": 1},
    "console:shift": _of("shift"),
    "console:close-shift": _of("shift"),
    "console:correct-count": _of("shift"),
    "console:resolve": _of("discrepancy"),
    "console:entered-by-hand": lambda world: {"pk": _unreported(world).pk},
    "console:drop-recipient": lambda world: {"slug": world.lot.slug, "pk": _recipient(world).pk},
    "console:invoice": _of("invoice"),
    "console:take-invoice": _of("invoice"),
    "console:invoice-issued": _of("invoice"),
    "console:reject-invoice": _of("invoice"),
    "console:reverse-invoice": _of("invoice"),
    "console:red-letter": _of("red_letter"),
    "console:answer-right": _of("asked"),
    "console:notice": _of("notice"),
    "console:make-papers": lambda world: {"pk": world.lot.operator_id},
    "console:make-set": lambda world: {"pk": world.lot.operator_id},
    "console:rename-lane": lambda world: {"slug": world.lot.slug, "pk": world.lot.lanes.get().pk},
    "console:operator": lambda world: {"pk": world.lot.operator_id},
    "console:rotate-device": _of("device"),
    "console:finish-rotation": _of("device"),
    "console:access-right": _of("right"),
    "console:access-act": _of("right", act="extend"),
    "console:shop-offer-end": lambda world: {"slug": world.lot.slug, "pk": world.shop.offers.get().pk},
    "console:shop-settings": _of("shop"),
    "console:shop-end": _of("shop"),
    "console:shop-invite": _of("shop"),
    "console:shop-dismiss": lambda world: {"pk": world.shop.pk, "user_pk": world.clerk.pk},
    "console:booth-act": lambda world: {
        "slug": world.lot.slug,
        "pk": world.device.lane_id,
        "act": "open",
    },
    "console:call-lane": lambda world: {"slug": world.lot.slug, "pk": world.device.lane_id},
    "console:answer-call": lambda world: {
        "pk": lane_calls.call(world.device.lane, by=world.clerk, at=now()).pk
    },
    "console:exits-act": lambda world: {"slug": world.lot.slug, "act": "jam"},
    "console:begin-trial": lambda world: {"slug": world.lot.slug, "provider": "fake"},
    "console:trial": lambda _world: {"pk": 1},  # none was made, so each role gets 404
    "console:advance-trial": lambda _world: {"pk": 1},
    "console:orphan": _of("discrepancy"),
    "console:orphan-act": _of("discrepancy", act="resolve"),
    "console:selfcheck-handled": _of("alarm"),
    "members-console:end": _of_members("Benefit", kind="percent", value=10, started_at=NOON),
    "members-console:revoke-sign": _of_members(
        "MemberSign", number=1, place="B1", title="会员码", code="W0RLD"
    ),
}
