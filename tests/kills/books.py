"""One state of the books of a mall whose processes may be killed, and what must be true of it.

The processes go on meanwhile. So the channel's own record is read before and after the database: all that it
knew before we have a row for, and all that we book it knows after.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from payments.models import Payment, Refund
from tests.kills.conftest import World

FINAL = {"paid", "closed"}
REPORTED_BY = {"notice", "query", "close", "bill", "operator", "outside"}


@dataclass(frozen=True)
class Sight:
    """One state of the database, and the channel's record just before and just after it."""

    payments: list[dict[str, Any]]
    refunds: list[dict[str, Any]]
    events: list[dict[str, Any]]
    entries: list[dict[str, Any]]
    sessions: dict[int, int]
    seen_at_the_exit: list[dict[str, Any]]
    before: dict[str, dict[str, dict[str, Any]]]
    after: dict[str, dict[str, dict[str, Any]]]

    @classmethod
    def of(cls, world: World) -> "Sight":
        before = {kind: world.theirs(kind) for kind in ("orders", "refunds")}
        with world.books.standing_still() as ask:
            seen = cls(
                payments=ask("SELECT * FROM payments_payment"),
                refunds=ask("SELECT * FROM payments_refund"),
                events=ask("SELECT * FROM payments_paymentevent ORDER BY id"),
                entries=ask("SELECT * FROM payments_ledgerentry"),
                sessions={row["id"]: row["paid_fen"] for row in ask("SELECT * FROM lots_parkingsession")},
                seen_at_the_exit=ask(
                    "SELECT r.session_id, c.id AS command FROM lots_plateread r"
                    " JOIN lots_lane l ON l.id = r.lane_id LEFT JOIN lots_gatecommand c ON c.read_id = r.id"
                    " WHERE l.direction = 'exit'"
                ),
                before=before,
                after={},
            )
        seen.after.update({kind: world.theirs(kind) for kind in ("orders", "refunds")})
        return seen

    def of_payment(self, payment: dict[str, Any]) -> list[dict[str, Any]]:
        return [each for each in self.refunds if each["payment_id"] == payment["id"]]


def are_right(seen: Sight) -> None:
    for payment in seen.payments:
        its_money_is_real(seen, payment)
        it_was_paid_by_a_word_of_the_channel_once(seen, payment)
        no_more_goes_back_than_came(seen, payment)
    for row in (*seen.payments, *seen.refunds):
        it_moved_along_its_graph_and_is_looked_at_again(seen, row)
    numbers_are_given_once_and_one_order_is_open(seen)
    sums_agree(seen)
    who_paid_and_stands_at_the_barrier_is_let_out(seen)


def its_money_is_real(seen: Sight, payment: dict[str, Any]) -> None:
    """Invariants 1 and 4: of the amount of its charge, and not without the channel's record."""
    assert isinstance(payment["amount_fen"], int)
    assert payment["amount_fen"] == payment["due_fen"]
    if payment["state"] == "paid":
        assert seen.after["orders"][payment["number"]]["state"] == "paid"
        assert seen.after["orders"][payment["number"]]["amount_fen"] == payment["amount_fen"]
    for refund in seen.of_payment(payment):
        if refund["state"] == "done":
            assert seen.after["refunds"][refund["number"]]["amount_fen"] == refund["amount_fen"]


def it_was_paid_by_a_word_of_the_channel_once(seen: Sight, payment: dict[str, Any]) -> None:
    """Invariants 4 and 12."""
    causes = [
        each["cause"]
        for each in seen.events
        if each["payment_id"] == payment["id"] and each["refund_id"] is None and each["became"] == "paid"
    ]
    assert len(causes) == (payment["state"] == "paid")
    assert set(causes) <= REPORTED_BY


def no_more_goes_back_than_came(seen: Sight, payment: dict[str, Any]) -> None:
    """Invariant 7."""
    back = sum(each["amount_fen"] for each in seen.of_payment(payment) if each["state"] != "failed")
    assert back == payment["reserved_refund_fen"] <= payment["amount_fen"]


def it_moved_along_its_graph_and_is_looked_at_again(seen: Sight, row: dict[str, Any]) -> None:
    """Invariants 6 and 9."""
    model, first = (Refund, "requested") if "payment_id" in row else (Payment, "new")
    mine = ("refund_id", row["id"]) if model is Refund else ("payment_id", row["id"])
    events = [
        each
        for each in seen.events
        if each[mine[0]] == mine[1] and (model is Refund or each["refund_id"] is None)
    ]
    path = [first, *(each["became"] for each in events)]
    assert [each["was"] for each in events] == path[:-1]
    assert path[-1] == row["state"]
    assert all(became in model.TRANSITIONS[was] for was, became in pairwise(path))
    assert row["next_check_at"] is not None or row["state"] not in {
        *("new", "unknown", "open", "closing"),
        *("requested", "sent"),
    }


def who_paid_and_stands_at_the_barrier_is_let_out(seen: Sight) -> None:
    """Invariant 10: the order to open is written with the payment; a read has one at most, by the schema."""
    of = {each["id"]: each["session_id"] for each in seen.payments}
    owes_again = {of[each["payment_id"]] for each in seen.refunds if each["reason"] != "surplus"}
    paid = {session for session, fen in seen.sessions.items() if fen} - owes_again
    assert all(each["command"] for each in seen.seen_at_the_exit if each["session_id"] in paid)


def numbers_are_given_once_and_one_order_is_open(seen: Sight) -> None:
    """Invariants 3 and 5: what the channel had on record, we had written down before."""
    numbers = [each["number"] for each in (*seen.payments, *seen.refunds)]
    theirs = [each["provider_number"] for each in seen.payments if each["provider_number"]]
    for each in (numbers, theirs):
        assert len(set(each)) == len(each)
    assert {*seen.before["orders"], *seen.before["refunds"]} <= set(numbers)
    unfinished = [each["session_id"] for each in seen.payments if each["state"] not in FINAL]
    assert len(set(unfinished)) == len(unfinished)


def sums_agree(seen: Sight) -> None:
    """Invariants 2 and 8: stays and ledger are what payments and refunds add up to."""
    sessions: Counter[int] = Counter()
    accounts: Counter[str] = Counter()
    of = {each["id"]: each["session_id"] for each in seen.payments}
    for each in seen.payments:
        assert each["credited_fen"] == 0 or each["state"] == "paid"
        sessions[each["session_id"]] += each["credited_fen"]
        if each["state"] == "paid":
            accounts["channel"] += each["amount_fen"]
            accounts["parking"] -= each["credited_fen"]
            accounts["to_refund"] -= each["amount_fen"] - each["credited_fen"]
    for each in seen.refunds:
        if each["reason"] != "surplus" and each["state"] != "failed":
            sessions[of[each["payment_id"]]] -= each["amount_fen"]
            accounts["parking"] += each["amount_fen"]
            accounts["to_refund"] -= each["amount_fen"]
        if each["state"] == "done":
            accounts["to_refund"] += each["amount_fen"]
            accounts["channel"] -= each["amount_fen"]
    assert {session: fen for session, fen in seen.sessions.items() if fen} == {
        k: v for k, v in sessions.items() if v
    }
    booked: Counter[str] = Counter()
    for entry in seen.entries:
        booked[entry["debit"].split(":")[0]] += entry["amount_fen"]
        booked[entry["credit"].split(":")[0]] -= entry["amount_fen"]
    assert {k: v for k, v in booked.items() if v} == {k: v for k, v in accounts.items() if v}
