"""Any order of cars, drivers, channels, cameras and workers keeps the books right and the barriers honest."""

from collections import Counter
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from itertools import pairwise, permutations
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import Count, Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from core.errors import ParkingError
from core.transport import OutcomeUnknown
from lots import gates, sessions
from lots.models import GateCommand, ParkingSession
from lots.plates import parse
from lots.pricing import price_session
from lots.tickets import issue_ticket
from payments import booth, channels, external_payments, ledger, refund_acts, refunds, staff_actions
from payments import payment_jobs as work
from payments.channels import BY_HAND, WAIVER
from payments.charges import ChargeRecord
from payments.models import (
    Debt,
    Discrepancy,
    LedgerEntry,
    Payment,
    PaymentEvent,
    Refund,
    RefundRequest,
    Reporter,
    StaffAct,
)
from payments.providers.contract import Order, Outcome, Payer, RefundOrder, Statement
from payments.refunds import request_refund
from payments.settling import settle
from payments.staff_action_log import ActedBy
from tests.effort import cases
from tests.factories import NOON, make_device, make_lot, see
from tests.payments import acting
from tests.payments.at_wechat import AtWechat
from tests.payments.fakes import FakeProvider
from tests.payments.payment_steps import Shown, look_in_lane, look_up, start_paying

PLATES = ["沪A12345", "沪AD12345", "粤Z1234港"]
MISREAD = "沪A12346"
FINAL = {Payment.State.PAID, Payment.State.CLOSED}
CHARGE = [each.name for each in fields(ChargeRecord) if each.name != "session_id"]  # staff may move a payment
FIXED = [*CHARGE, "amount_fen", "provider", "merchant", "app", "number"]
lanes = st.integers(0, 1)
plates = st.sampled_from(PLATES)
picks = st.integers(0, 3)  # counted from the newest
faults = st.sampled_from(["", "", "", "", "unknown", "drop", "refused"])


@dataclass
class Channel(FakeProvider):
    """A channel that counts the money it takes and gives, and refuses to be called inside a transaction."""

    taken: dict[str, int] = field(default_factory=dict)
    taken_at: dict[str, datetime] = field(default_factory=dict)
    given: dict[str, RefundOrder] = field(default_factory=dict)
    asked: dict[str, RefundOrder] = field(default_factory=dict)
    gives: Outcome = Outcome.REFUND_DONE
    depth: int = 0
    ordered: list[str] = field(default_factory=list)

    def take(self, number: str, at: datetime) -> None:
        self.pay(number)
        self.taken[number] = self.orders[number].amount_fen
        self.taken_at[number] = at

    def start(self, order: Order, payer: Payer):
        known = self.orders.get(order.number, order)
        assert known == order, "a repeat must be equal in every field"
        try:
            return super().start(order, payer)
        finally:
            if order.number in self.orders and order.number not in self.ordered:
                self.ordered.append(order.number)

    def refund(self, refund: RefundOrder) -> Statement:
        self._call("refund")
        assert self.asked.setdefault(refund.number, refund) == refund
        self.finish(refund.number, self.refunds.get(refund.number, self.gives))
        if self.fault == "drop":
            raise OutcomeUnknown
        return self.refund_statement(refund)

    def finish(self, number: str, outcome: Outcome) -> None:
        if self.refunds.get(number, Outcome.REFUND_PENDING) == Outcome.REFUND_PENDING:
            self.refunds[number] = outcome
            if outcome == Outcome.REFUND_DONE:
                self.given[number] = self.asked[number]

    def statement(self, number: str, **changes: object) -> Statement:
        stated = super().statement(number, **changes)
        return replace(stated, at=self.taken_at.get(number)) if stated.outcome == Outcome.PAID else stated

    def _call(self, name: str) -> None:
        assert len(connection.savepoint_ids) == self.depth, f"{name} inside a transaction"
        super()._call(name)


class Money(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.at = NOON
        self.lot = make_lot()
        self.ways_in = [make_device(self.lot, "entry") for _ in range(2)]
        self.ways_out = [make_device(self.lot, "exit") for _ in range(2)]
        depth = len(connection.savepoint_ids)
        self.ordered: list[str] = []
        self.patch = pytest.MonkeyPatch()
        self.channels = self.open_channels(depth)
        self.patch.setattr(channels, "providers", lambda: {(c.name, c.merchant): c for c in self.channels})
        Reporter.objects.create(device=self.ways_out[0], channel="etc", gives_back=True)
        self.clerks = [acting.staff(name) for name in ("li", "wang")]
        self.presses = 0
        for clerk in self.clerks:
            booth.open_shift(self.lot, float_fen=5000, by=self._by(clerk), at=self.at)
        self.shown: list[Shown] = []
        self.handed: list[GateCommand] = []
        self.fixed: dict[int, tuple[object, ...]] = {}
        self.paid_session: dict[int, int] = {}
        self.states: dict[object, str] = {}

    def open_channels(self, depth):
        return [
            Channel(name=name, merchant="m", depth=depth, ordered=self.ordered) for name in ("one", "two")
        ]

    def teardown(self) -> None:
        try:
            self.come_to_rest()
        finally:
            self.patch.undo()
            transaction.set_rollback(True)
            self.rollback.__exit__(None, None, None)

    # cars and cameras

    @rule(minutes=st.sampled_from([0.1, 0.5, 1.5, 3, 6, 16, 61]))
    def wait(self, minutes):
        self.at += timedelta(minutes=minutes)

    @initialize()
    def two_cars_are_inside(self):
        for plate in PLATES[:2]:
            see(self.ways_in[0], plate, self.at)
        self.at += timedelta(minutes=61)

    @rule(plate=plates, lane=lanes)
    def enter(self, plate, lane):
        see(self.ways_in[lane], plate, self.at)

    @rule(lane=lanes)
    def enter_unplated(self, lane):
        see(self.ways_in[lane], None, self.at)

    @rule(lane=lanes)
    def press_for_a_ticket(self, lane):
        try:
            issue_ticket(lane=self.ways_in[lane].lane, at=self.at)
        except ParkingError:
            return

    @rule(plate=st.sampled_from([*PLATES, *PLATES, MISREAD, None]), lane=lanes)
    def leave(self, plate, lane):
        see(self.ways_out[lane], plate, self.at)

    @rule(plate=plates, lane=lanes, out=st.booleans(), ago=st.integers(0, 400))
    def replay(self, plate, lane, out, ago):
        device = (self.ways_out if out else self.ways_in)[lane]
        when = self.at - timedelta(minutes=ago)
        verdict = see(device, plate, when, offline=True, received=self.at)
        assert verdict.command is None

    @rule(lane=lanes, entry=st.booleans(), opened=st.booleans(), answers=st.booleans())
    def fetch_commands(self, lane, entry, opened, answers):
        device = (self.ways_in if entry else self.ways_out)[lane]
        for command in gates.take_commands(device, at=self.at):
            assert command.pk not in {known.pk for known in self.handed}, "handed out twice"
            assert self.at < command.expires_at
            self.handed.append(command)
            if answers:
                gates.acknowledge(device, command.pk, opened=opened, at=self.at)

    @precondition(lambda self: GateCommand.objects.filter(state="sent").exists())
    @rule(pick=picks, opened=st.booleans())
    def acknowledge(self, pick, opened):
        sent = list(
            GateCommand.objects.filter(state="sent").order_by("issued_at", "read_id")
        )  # an id is random
        command = sent[-1 - pick % len(sent)]
        device = next(d for d in (*self.ways_in, *self.ways_out) if d.lane_id == command.lane_id)
        gates.acknowledge(device, command.pk, opened=opened, at=self.at)

    # drivers

    @rule(plate=plates, lane=st.sampled_from([None, 0, 1]))
    def ask(self, plate, lane):
        lane = None if lane is None else self.ways_out[lane].lane
        self._keep(lambda: look_up(lot=self.lot, plate=parse(plate), at=self.at, lane=lane))

    @rule(lane=lanes)
    def scan_a_lane_code(self, lane):
        self._keep(lambda: look_in_lane(lane=self.ways_out[lane].lane, at=self.at))

    def _keep(self, ask):
        try:
            shown = ask()
        except ParkingError:
            return
        assert 0 < shown.amount_fen <= shown.price_fen
        self.shown.append(shown)

    @rule(plate=plates, lane=st.sampled_from([None, 0, 1]), channel=lanes, pays=st.booleans())
    def ask_and_start(self, plate, lane, channel, pays):
        self.ask(plate, lane)
        if self.shown:
            self.start(0, channel, "")
            orders = self.channels[channel].orders
            if pays and orders:
                self.pay(0, False, True)

    @precondition(lambda self: self.shown)
    @rule(back=picks, channel=lanes, fault=faults)
    def start(self, back, channel, fault):
        with self._failing(fault):
            try:
                start_paying(self.shown[-1 - back % len(self.shown)], self.channels[channel].name, at=self.at)
            except ParkingError:
                return

    @precondition(lambda self: self.ordered)
    @rule(pick=picks, late=st.booleans(), notify=st.booleans())
    def pay(self, pick, late, notify):
        """The payer pays; sometimes after the order was closed, as happens at a channel now and then."""
        channel, number = self._order(pick)
        if number not in channel.taken and (late or channel.outcomes[number] == Outcome.OPEN):
            channel.take(number, self.at)
            if notify:
                self._settle(channel.statement(number))

    # what channels say

    @precondition(lambda self: self.ordered)
    @rule(pick=picks, times=st.integers(1, 3))
    def notice(self, pick, times):
        channel, number = self._order(pick)
        for _ in range(times):
            self._settle(channel.statement(number))

    @precondition(lambda self: self.ordered)
    @rule(
        pick=picks,
        changes=st.sampled_from([{"amount_fen": 1}, {"app": "x"}, {"currency": "USD"}, {"amount_fen": None}]),
    )
    def forged(self, pick, changes):
        channel, number = self._order(pick)
        before = Payment.objects.get(number=number).state
        settle(
            replace(channel.statement(number, outcome=Outcome.PAID), **changes), cause="notice", at=self.at
        )
        assert Payment.objects.get(number=number).state == before

    @rule(channel=lanes)
    def unknown_number(self, channel):
        statement = self.channels[channel].statement("NOTOURS", outcome=Outcome.PAID, amount_fen=700)
        assert settle(statement, cause="notice", at=self.at) is None

    @rule(fault=faults)
    def work(self, fault):
        with self._failing(fault):
            work.chase_payments(self.at)
            work.send_refunds(self.at)
        work.settle_changed_sessions(self.at)
        gates.expire_commands(at=self.at)

    # money back

    @precondition(lambda self: Payment.objects.filter(state="paid").exists())
    @rule(pick=picks, part=st.sampled_from([1, 300, 500, 1000, 4000]), reason=st.sampled_from(Refund.Reason))
    def refund(self, pick, part, reason):
        paid = list(Payment.objects.filter(state="paid").order_by("pk"))
        try:
            request_refund(paid[-1 - pick % len(paid)], amount_fen=part, reason=reason, at=self.at)
        except ParkingError:
            return

    # staff; whatever they press, they press twice

    def _by(self, clerk=None):
        self.presses += 1
        return ActedBy(UUID(int=self.presses), clerk or self.clerks[0], "司机要求")

    def _act(self, service, *args, clerk=None, **kwargs):
        press = self._by(clerk)
        done = []
        for _ in range(2):
            try:
                done.append(service(*args, by=press, at=self.at, **kwargs))
            except ParkingError:
                break
        assert len({row.pk for row in done}) <= 1
        assert StaffAct.objects.filter(act=press.act).count() == len({row.pk for row in done})

    def _session(self, pick):
        found = list(ParkingSession.objects.order_by("-pk")[:4])
        return found[pick % len(found)]

    def _paid(self, pick):
        paid = list(Payment.objects.filter(state="paid").order_by("-pk")[:4])
        return paid[pick % len(paid)]

    @rule(pick=picks, fen=st.sampled_from([300, 500, 1000, 5000]), elsewhere=st.booleans())
    def take_money(self, pick, fen, elsewhere):
        service = booth.take_elsewhere if elsewhere else booth.take_cash
        self._act(service, self._session(pick), amount_fen=fen)

    @rule(pick=picks, fen=st.sampled_from([None, 200]))
    def waive(self, pick, fen):
        self._act(booth.waive, self._session(pick), amount_fen=fen)

    @precondition(lambda self: Payment.objects.filter(state="paid").exists())
    @rule(
        pick=picks,
        fen=st.sampled_from([200, 500, 21000]),
        owed=st.booleans(),
        limit=st.sampled_from([0, 9999]),
    )
    def staff_refund(self, pick, fen, owed, limit):
        self.patch.setattr("django.conf.settings.STAFF_REFUND_LIMIT", limit)
        self._act(refund_acts.refund, self._paid(pick), amount_fen=fen, still_owed=owed)

    @precondition(lambda self: RefundRequest.objects.filter(decided_at=None).exists())
    @rule(approves=st.booleans(), same=st.booleans())
    def decide(self, approves, same):
        asked = RefundRequest.objects.filter(decided_at=None).first()
        service = refund_acts.approve if approves else refund_acts.decline
        self._act(service, asked, clerk=self.clerks[0 if same else 1])
        asked.refresh_from_db()
        assert asked.decided_by_id != asked.asked_by_id

    @precondition(lambda self: Payment.objects.filter(state="paid").exists())
    @rule(pick=picks, to=picks)
    def move(self, pick, to):
        self._act(staff_actions.move, self._paid(pick), to=self._session(to))

    @rule(pick=picks, minutes=st.sampled_from([-70, -20, 20, 70]))
    def correct_entry(self, pick, minutes):
        session = self._session(pick)
        if session.entered_at is not None:
            self._act(
                staff_actions.correct_entry,
                session,
                entered_at=session.entered_at + timedelta(minutes=minutes),
            )

    @rule(pick=picks, plate=plates)
    def correct_plate(self, pick, plate):
        self._act(staff_actions.correct_plate, self._session(pick), plate=parse(plate))

    @rule(pick=picks, ago=st.sampled_from([0, 5, 50]), fault=faults)
    def end_session(self, pick, ago, fault):
        session = self._session(pick)
        with self._failing(fault):
            try:
                staff_actions.close_attempts(session, at=self.at)
            except ParkingError:
                return
        self._act(staff_actions.end_session, session, left_at=self.at - timedelta(minutes=ago))

    @rule(pick=picks)
    def release_car(self, pick):
        self._act(staff_actions.release, self._session(pick))

    @rule(pick=picks, to=picks, merges=st.booleans())
    def remove_session(self, pick, to, merges):
        session, had = self._session(pick), Payment.objects.count()
        if ParkingSession.objects.count() > 2:
            if merges:
                self._act(staff_actions.merge, session, into=self._session(to))
            else:
                self._act(staff_actions.drop, session)
        assert Payment.objects.count() == had

    @precondition(lambda self: Refund.objects.filter(state__in=["abnormal", "failed"]).exists())
    @rule(pick=picks, how=st.sampled_from(["cash", "other", "retry", "again", "reporter"]))
    def resolve_refund(self, pick, how):
        rows = list(Refund.objects.filter(state__in=["abnormal", "failed"]).order_by("-pk")[:4])
        refund = rows[pick % len(rows)]
        if how == "retry":
            self._act(refund_acts.retry, refund)
        elif how == "again":
            self._act(refund_acts.promise_again, refund)
        elif how == "reporter":
            for each in external_payments.to_give_back(self.ways_out[0]):
                external_payments.gave_back(
                    device=self.ways_out[0], number=each.number, done=True, at=self.at
                )
        else:
            self._act(refund_acts.given_back, refund, means=how)

    @rule(plate=plates, number=st.integers(1, 4), fen=st.sampled_from([500, 1000]), ago=st.integers(0, 70))
    def etc_reports(self, plate, number, fen, ago):
        paid_at = self.at - timedelta(minutes=ago)
        for _ in range(2):
            external_payments.report(
                device=self.ways_out[0],
                number=f"E{number}",
                plate=parse(plate),
                amount_fen=fen,
                paid_at=paid_at,
                at=self.at,
            )

    @precondition(lambda self: any(c.taken for c in self.channels))
    @rule(pick=picks, fen=st.sampled_from([100, 400]), by_bill=st.booleans())
    def refund_at_the_console(self, pick, fen, by_bill):
        """Someone gives money back at the channel itself; its notice or its bill tells."""
        payment = (
            Payment.objects.filter(state="paid", provider__in=[c.name for c in self.channels])
            .order_by("pk")
            .last()
        )
        if payment is None or fen > refunds.left_of(payment) + refunds.surplus_of(payment):
            return
        channel = next(c for c in self.channels if c.name == payment.provider)
        self.presses += 1
        number = f"CONSOLE{self.presses}"
        channel.given[number] = RefundOrder(number, payment.number, fen, payment.amount_fen, "")
        for _ in range(2):
            if by_bill:
                refunds.record_external(payment, amount_fen=fen, number=number, cause="bill", at=self.at)
            else:
                statement = channel.statement(
                    payment.number, outcome=Outcome.REFUND_DONE, amount_fen=fen, refund_number=number
                )
                settle(statement, cause="notice", at=self.at)

    @rule(
        channel=lanes,
        gives=st.sampled_from(
            [
                Outcome.REFUND_DONE,
                Outcome.REFUND_PENDING,
                Outcome.REFUND_FAILED,
                Outcome.REFUND_ABNORMAL,
            ]
        ),
    )
    def refunds_will_be(self, channel, gives):
        self.channels[channel].gives = gives

    @precondition(lambda self: any(c.asked for c in self.channels))
    @rule(pick=picks, done=st.booleans(), notify=st.booleans())
    def refund_ends(self, pick, done, notify):
        asked = [(c, order) for c in self.channels for order in c.asked.values()]
        channel, order = asked[-1 - pick % len(asked)]
        channel.finish(order.number, Outcome.REFUND_DONE if done else Outcome.REFUND_FAILED)
        if notify:
            settle(channel.refund_statement(order), cause="notice", at=self.at)

    def _order(self, pick):
        number = self.ordered[-1 - pick % len(self.ordered)]
        return next((c, number) for c in self.channels if number in c.orders)

    def _failing(self, fault):
        patch = pytest.MonkeyPatch()
        for channel in self.channels:
            patch.setattr(channel, "fault", fault)
        return _undo_on_exit(patch)

    def _settle(self, statement: Statement) -> None:
        before = Payment.objects.get(number=statement.number)
        settle(statement, cause="notice", at=self.at)
        payment = Payment.objects.select_related("session").get(number=statement.number)
        if payment.state == before.state or payment.state != Payment.State.PAID:
            return
        session, price = payment.session, payment.price_fen
        if not payment.credited_fen:
            return
        if session.entered_at is not None:
            until = max(payment.paid_at or self.at, payment.until)
            price = max(price, price_session(session, until=until)[0].fen)
        assert session.paid_fen <= price, "credited more than the stay cost"
        read = gates._held(session, self.at)
        if read is not None and session.left_at is None and not sessions.due_fen(session, at=self.at):
            assert read.command.state in {"queued", "sent"}, "paid, standing at the barrier, and not let out"

    # what is always true

    @invariant()
    def cash_drawers_match_ledger(self):
        expected = sum(booth.expected(shift) - shift.float_fen for shift in self.lot.shifts.all())
        assert ledger.balances().get(f"channel:cash:{self.lot.slug}", 0) == expected

    @invariant()
    def amounts_are_integers_from_charges(self):
        """Invariants 2, 11: a channel takes what a charge says; staff and reporters say what was taken."""
        for payment in Payment.objects.all():
            assert isinstance(payment.amount_fen, int)
            of_charge = payment.amount_fen == payment.due_fen
            assert of_charge or payment.provider in {*BY_HAND, WAIVER}
        for entry in LedgerEntry.objects.all():
            assert isinstance(entry.amount_fen, int)
            assert entry.amount_fen > 0

    @invariant()
    def paid_has_one_settlement_event(self):
        """Invariants 4 and 5: a paid payment has one event that says so, and its channel's number alone."""
        for payment in Payment.objects.filter(state="paid"):
            causes = list(payment.events.filter(refund=None, became="paid").values_list("cause", flat=True))
            assert len(causes) == 1
            assert causes[0] in {"notice", "query", "close", "bill", "operator", "outside"}
        numbers = [
            (one.provider, one.provider_number)
            for one in Payment.objects.all()
            if one.provider_number is not None
        ]
        assert len(numbers) == len(set(numbers))

    @invariant()
    def payment_records_hold_no_plate(self):
        """Invariants 12 and 13: events and acts hold codes, never a payload."""
        found = [
            *PaymentEvent.objects.values_list("cause", flat=True),
            *StaffAct.objects.values_list("subject", flat=True),
            *Payment.objects.values_list("number", flat=True),
        ]
        assert not [text for text in found for plate in PLATES if plate[1:] in text]

    @invariant()
    def debts_belong_to_departed_stays(self):
        for debt in Debt.objects.select_related("session"):
            session = debt.session
            assert (debt.amount_fen == 0) == (debt.cleared_at is not None)
            assert debt.cleared_at is None or debt.plate_index is None
            if debt.cleared_at is None and session.unsettled_at is None:
                assert session.left_at is not None
                assert debt.amount_fen <= price_session(session, until=session.left_at)[0].fen

    @invariant()
    def balances_match_rows(self):
        expected: Counter[str] = Counter()
        for payment in Payment.objects.filter(state="paid"):
            expected[ledger.channel_account(payment)] += payment.amount_fen
            expected["parking"] -= payment.credited_fen
            expected["to_refund"] -= payment.amount_fen - payment.credited_fen
        for refund in Refund.objects.select_related("payment"):
            if refund.reason != "surplus" and refund.state != "failed":
                expected["parking"] += refund.amount_fen
                expected["to_refund"] -= refund.amount_fen
            if refund.state == "done":
                expected["to_refund"] += refund.amount_fen
                expected[ledger.paid_back_from(refund)] -= refund.amount_fen
        balances = ledger.balances()
        assert sum(balances.values()) == 0
        assert {k: v for k, v in balances.items() if v} == {k: v for k, v in expected.items() if v}

    @invariant()
    def stays_match_credited_amounts(self):
        kept: Counter[int] = Counter()
        for payment in Payment.objects.all():
            assert 0 <= payment.credited_fen <= payment.amount_fen
            assert payment.credited_fen == 0 or payment.state == "paid"
            kept[payment.session_id] += payment.credited_fen
        for refund in Refund.objects.exclude(reason="surplus").exclude(state="failed"):
            kept[Payment.objects.get(pk=refund.payment_id).session_id] -= refund.amount_fen
        for session in ParkingSession.objects.all():
            assert session.paid_fen == kept[session.pk]

    @invariant()
    def open_stays_and_payments_are_unique(self):
        inside = ParkingSession.objects.filter(left_at=None).values("plate_index").annotate(n=Count("pk"))
        assert all(row["n"] == 1 for row in inside)
        unfinished = Payment.objects.exclude(state__in=FINAL).values("session", "provider")
        assert all(row["n"] == 1 for row in unfinished.annotate(n=Count("pk")))

    @invariant()
    def unfinished_rows_have_next_check(self):
        assert not Payment.objects.exclude(state__in=FINAL).filter(next_check_at=None).exists()
        assert not Refund.objects.filter(state__in=["requested", "sent"], next_check_at=None).exists()

    @invariant()
    def transitions_are_allowed_and_recorded(self):
        for row in (*Payment.objects.all(), *Refund.objects.all()):
            events = row.events.order_by("pk")
            if isinstance(row, Payment):
                events = events.filter(refund=None)
            first = Payment.State.NEW if isinstance(row, Payment) else Refund.State.REQUESTED
            path = [first, *(event.became for event in events)]
            assert [event.was for event in events] == path[:-1]
            assert path[-1] == row.state
            assert all(became in row.TRANSITIONS[was] for was, became in pairwise(path))

    @invariant()
    def gate_commands_follow_their_graph(self):
        for command in GateCommand.objects.select_related("session"):
            was = self.states.get(command.pk)
            if was is None and command.cause in {"paid", "nothing_owed"}:
                assert not sessions.due_fen(command.session, at=command.issued_at)
            assert was is None or command.state in _reachable(was)
            self.states[command.pk] = command.state

    @invariant()
    def payment_terms_never_change(self):
        """Neither the charge that a payment is for nor its order at the channel changes once it is stored."""
        for payment in Payment.objects.all():
            now = tuple(getattr(payment, name) for name in FIXED)
            assert self.fixed.setdefault(payment.pk, now) == now
            first_session = self.paid_session.setdefault(payment.pk, payment.session_id)
            assert payment.moved_at is not None or payment.session_id == first_session

    @invariant()
    def books_match_channel_money(self):
        for payment in Payment.objects.filter(state="paid"):
            channel = next((c for c in self.channels if c.name == payment.provider), None)
            assert channel is None or channel.taken[payment.number] == payment.amount_fen
            back = payment.refunds.exclude(state="failed").aggregate(fen=Sum("amount_fen"))["fen"] or 0
            assert back == payment.reserved_refund_fen <= payment.amount_fen
        for channel in self.channels:
            for number, order in channel.given.items():
                rows = Refund.objects.filter(external_number=number) or Refund.objects.filter(number=number)
                assert sum(refund.amount_fen for refund in rows) == order.amount_fen
                assert all(refund.state != "failed" for refund in rows)

    def come_to_rest(self) -> None:
        """Channels answer again and time goes by: every fen is booked or with staff, nothing is left open."""
        for channel in self.channels:
            channel.gives = Outcome.REFUND_DONE
            for number in channel.asked:
                channel.finish(number, Outcome.REFUND_DONE)
        for minutes in (1, 10, 10, 100, 2000, 2000):
            self.at += timedelta(minutes=minutes)
            work.chase_payments(self.at)
            work.send_refunds(self.at)
        for channel in self.channels:
            for number in channel.taken:  # what the daily bill would say
                settle(channel.statement(number), cause="bill", at=self.at)
        work.send_refunds(self.at)
        assert not Payment.objects.exclude(state__in=FINAL).exists()
        assert not Refund.objects.filter(state__in=["requested", "sent"]).exists()
        self.balances_match_rows()
        self.stays_match_credited_amounts()
        for channel in self.channels:
            paid = Payment.objects.filter(provider=channel.name, state="paid")
            assert set(paid.values_list("number", flat=True)) == set(channel.taken)
            held = sum(channel.taken.values()) - sum(order.amount_fen for order in channel.given.values())
            assert ledger.balances().get(f"channel:{channel.name}:{channel.merchant}", 0) == held
        work.settle_changed_sessions(self.at)
        assert not Discrepancy.objects.filter(kind="over_refunded").exists()
        self.cash_drawers_match_ledger()
        self.debts_belong_to_departed_stays()


def _reachable(state: str) -> set[GateCommand.State]:
    seen, todo = {GateCommand.State(state)}, [GateCommand.State(state)]
    while todo:
        for after in GateCommand.TRANSITIONS[todo.pop()] - seen:
            seen.add(after)
            todo.append(after)
    return seen


class _undo_on_exit:  # noqa: N801 - reads as what it does
    def __init__(self, patch):
        self.patch = patch

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.patch.undo()


class MoneyAtWechat(Money):
    """The same, where one of the channels is the sandbox's WeChat Pay behind the production client.

    Each walk begins with a car that has paid there, has a part of it back, and its own rules have more
    money move there: left to the rules of the other machine, most short walks would compare two empty books.
    """

    keys: Path

    def open_channels(self, depth):
        self.patch.setattr("sandbox.channel._now", lambda: self.at)
        two = Channel(name="two", merchant="m", depth=depth, ordered=self.ordered)
        return [AtWechat(self.keys, depth=depth, ordered=self.ordered), two]

    @initialize(back=st.sampled_from([300, 1000]))
    def two_cars_are_inside(self, back):
        super().two_cars_are_inside()
        self.ask_and_start(PLATES[0], None, 0, True)
        self.give_back_there(0, back, Refund.Reason.STAFF, "")

    @rule(plate=plates, minutes=st.sampled_from([16, 61]), notify=st.booleans())
    def come_and_pay_there(self, plate, minutes, notify):
        self.enter(plate, 0)
        self.at += timedelta(minutes=minutes)
        had = len(self.ordered)
        self.ask_and_start(plate, None, 0, False)
        if len(self.ordered) > had:
            self.pay(0, False, notify)

    @precondition(lambda self: self.paid_there())
    @rule(
        pick=picks, part=st.sampled_from([1, 300, 500]), reason=st.sampled_from(Refund.Reason), fault=faults
    )
    def give_back_there(self, pick, part, reason, fault):
        paid = self.paid_there()
        try:
            request_refund(paid[-1 - pick % len(paid)], amount_fen=part, reason=reason, at=self.at)
        except ParkingError:
            return
        self.work(fault)

    def paid_there(self):
        return list(Payment.objects.filter(provider="wechat", state="paid").order_by("pk"))


@pytest.mark.django_db
def test_ledger_matches_sandbox_books(tmp_path_factory):
    MoneyAtWechat.keys = tmp_path_factory.mktemp("keys") / "wechat"
    run(
        MoneyAtWechat,
        settings=settings(
            max_examples=cases(3),
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_payment_and_refund_match_sandbox(tmp_path_factory):
    """One sure way through the machine, however little money chance moves in it."""
    MoneyAtWechat.keys = tmp_path_factory.mktemp("keys") / "wechat"
    machine = MoneyAtWechat()
    machine.two_cars_are_inside(back=300)
    machine.teardown()
    at_wechat = machine.channels[0]
    assert list(at_wechat.taken.values()) == [1000]
    assert [order.amount_fen for order in at_wechat.given.values()] == [300]


@pytest.mark.django_db
def test_books_and_barriers_stay_correct():
    run(
        Money,
        settings=settings(
            max_examples=cases(6),
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_arrival_order_does_not_change_books(monkeypatch, order):
    """Invariant 14: two payments of one stay, cash among them, and a refund of each word's doing."""
    channel = Channel()
    monkeypatch.setattr(channels, "providers", lambda: {(channel.name, channel.merchant): channel})
    channel.depth = len(connection.savepoint_ids)
    lot = make_lot()
    session = acting.park(make_device(lot, "entry"))
    device = make_device(lot, "exit")
    Reporter.objects.create(device=device, channel="etc")
    payment = acting.pay(lot, channel, notify=False)
    channel.take(payment.number, acting.LEAVING)
    shift = acting.on_shift(lot)
    press, at = acting.by(), acting.LEAVING
    words = [
        lambda: settle(channel.statement(payment.number), cause="notice", at=at),
        lambda: booth.take_cash(session, amount_fen=1000, by=press, at=at),
        lambda: external_payments.report(
            device=device, number="E1", plate=parse(acting.PLATE), amount_fen=1000, paid_at=at, at=at
        ),
        lambda: settle(channel.statement(payment.number), cause="query", at=at),
    ]
    for number in (*order, *reversed(order)):
        words[number]()
    session.refresh_from_db()
    balances = ledger.balances()
    assert (session.paid_fen, balances["parking"], balances["to_refund"]) == (1000, -1000, -2000)
    assert booth.cash_in(shift) == balances[f"channel:cash:{lot.slug}"] == 1000
