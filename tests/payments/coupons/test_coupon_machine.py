"""Any order of looking, paying, leaving and taking back keeps coupons, stays and books in step."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from core.errors import ParkingError
from lots.models import ParkingSession
from lots.plates import parse
from lots.pricing import price_session
from payments import channels, ledger
from payments import payment_jobs as work
from payments.coupons.coupon_issuing import revoke
from payments.coupons.coupon_models import Coupon, CouponUse
from payments.models import LedgerEntry, Payment, Refund
from payments.settling import settle
from tests.effort import cases
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.coupons.making import hand_out, make_offer, make_shop
from tests.payments.fakes import FakeProvider
from tests.payments.payment_steps import Shown, look_up, start_paying, tap

PLATES = ["沪A12345", "沪B12345"]
plates = st.sampled_from(PLATES)
picks = st.integers(0, 2)  # counted from the newest


class Validations(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.at = NOON
        lot = self.lot = make_lot()
        self.way_in, self.way_out = make_device(lot, "entry"), make_device(lot, "exit")
        self.shop = make_shop(lot, pays_percent=70)
        more = {"stackable": True, "per_stay": 3}
        self.offers = [
            make_offer(self.shop, "minutes", 60, **more),
            make_offer(self.shop, "minutes", 90, **{**more, "position": "shift_entry"}),
            make_offer(self.shop, "percent", 30, **more, funded_by="operator"),
            make_offer(self.shop, "amount", 350, most_fen=300, **more),
            make_offer(self.shop, "all_free", 0),
        ]
        self.codes: list[Coupon] = []
        self.shown: list[Shown] = []
        self.channel = FakeProvider("one", "m")
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(channels, "providers", lambda: {("one", "m"): self.channel})
        for plate in PLATES:
            see(self.way_in, plate, self.at)
        self.at += timedelta(minutes=88)

    def teardown(self) -> None:
        self.patch.undo()
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    @rule(minutes=st.sampled_from([1, 6, 16, 61]))
    def wait(self, minutes):
        self.at += timedelta(minutes=minutes)

    @rule(plate=plates)
    def enter(self, plate):
        see(self.way_in, plate, self.at)

    @rule(plate=plates)
    def drive_up(self, plate):
        see(self.way_out, plate, self.at)

    @rule(offer=st.integers(0, 4))
    def issue_a_code(self, offer):
        self.codes.append(hand_out(self.shop, self.offers[offer], self.at, plate=None))

    @rule(offer=st.integers(0, 4), plate=plates)
    def issue_for_a_plate(self, offer, plate):
        hand_out(self.shop, self.offers[offer], self.at, plate=plate)

    @precondition(lambda self: self.codes)
    @rule(which=picks)
    def take_back(self, which):
        revoke(self.codes[-1 - which % len(self.codes)], why="x", at=self.at)

    @rule(plate=plates, shown=st.lists(picks, max_size=2))
    def request_quote(self, plate, shown):
        codes = [self.codes[-1 - one % len(self.codes)].code or "" for one in shown if self.codes]
        try:
            shown = look_up(lot=self.lot, plate=parse(plate), at=self.at, codes=codes)
        except ParkingError:
            return
        due = shown.due
        assert due.amount_fen - due.back_fen == sum(line.fen for line in due.lines) - due.charge.paid_fen
        self.shown.append(shown)

    @precondition(lambda self: self.shown)
    @rule(which=picks)
    def tap_on_coupons(self, which):
        shown = self.shown[-1 - which % len(self.shown)]
        if not shown.amount_fen:
            tap(shown, at=self.at)

    @precondition(lambda self: self.shown)
    @rule(which=picks)
    def press_pay(self, which):
        shown = self.shown[-1 - which % len(self.shown)]
        try:
            start_paying(shown, "one", at=self.at)
        except ParkingError:
            return

    @precondition(lambda self: self.channel.orders)
    @rule(which=picks)
    def payment_arrives(self, which):
        numbers = list(self.channel.orders)
        settle(self.channel.pay(numbers[-1 - which % len(numbers)]), cause="notice", at=self.at)

    @rule()
    def work(self):
        for job in (work.chase_payments, work.send_refunds, work.expire_coupons):
            job(self.at)

    @invariant()
    def coupons_are_used_at_most_once(self):
        used = set(Coupon.objects.filter(state="used").values_list("pk", flat=True))
        assert used == set(CouponUse.objects.values_list("coupon", flat=True))

    @invariant()
    def stay_uses_and_ledger_agree(self):
        for session in ParkingSession.objects.all():
            uses = session.coupon_uses.aggregate(fen=Sum("fen"))["fen"] or 0
            assert session.relief_fen == uses
            paid = Payment.objects.filter(session=session).aggregate(fen=Sum("credited_fen"))["fen"] or 0
            back = Refund.objects.filter(payment__session=session).exclude(reason="surplus")
            assert session.paid_fen == paid - (back.aggregate(fen=Sum("amount_fen"))["fen"] or 0)
        for use in CouponUse.objects.all():
            booked = {"coupon": 0, "uncoupon": 0}
            for entry in LedgerEntry.objects.filter(coupon_use=use):
                booked[entry.kind] += entry.amount_fen
            assert booked["coupon"] - booked["uncoupon"] == use.fen

    @invariant()
    def driver_accounts_exclude_coupons(self):
        balances = ledger.balances()
        assert sum(balances.values()) == 0
        assert balances.get("parking", 0) == -sum(ParkingSession.objects.values_list("paid_fen", flat=True))
        taken = sum(CouponUse.objects.values_list("fen", flat=True))
        assert balances.get("validated", 0) == -taken

    @invariant()
    def no_stay_is_overpaid(self):
        for session in ParkingSession.objects.exclude(entered_at=None):
            price = price_session(session, until=max(self.at, session.left_at or self.at))[0].fen
            assert session.paid_fen + session.relief_fen <= price


@pytest.mark.django_db
def test_coupons_match_books_in_any_order():
    run(
        Validations,
        settings=settings(
            max_examples=cases(10),
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
        ),
    )
