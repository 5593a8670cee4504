"""What must hold: after each event, and at rest, when everything answers and nothing is due any more."""

from collections import Counter

from django.db.models import Count

from core.vault import plate_index
from lots.models import GateCommand, ParkingSession
from payments import ledger
from payments.models import Discrepancy, Payment, Refund, Settlement
from payments.providers.contract import Outcome
from tests.simulate.parties import Channel
from tests.simulate.simulation import Car, Simulation

HOUR_FEN, CAP_FEN = 500, 4000


def check_now(simulation: Simulation) -> None:
    for channel in simulation.channels:
        for statement in channel.accepted[simulation.counts[f"seen {channel.name}"] :]:
            simulation.counts[f"seen {channel.name}"] += 1
            if statement.outcome != Outcome.PAID or statement.number not in channel.taken:
                continue
            if statement == channel.lie_of(statement.number):  # taken, and put on record as a discrepancy
                continue
            payment = Payment.objects.get(number=statement.number)
            simulation.require("acknowledged payment is stored", payment.state == "paid", payment.number)


def check_at_rest(simulation: Simulation) -> None:
    require = simulation.require
    unfinished = Payment.objects.filter(state__in=Payment.UNFINISHED).count()
    unfinished += Refund.objects.filter(state__in=["requested", "sent"]).count()
    unfinished += Settlement.objects.filter(state__in=Settlement.UNFINISHED).count()
    require("nothing is left open", not unfinished, unfinished)
    _channel_money(simulation)
    _sessions(simulation)
    _barriers(simulation)
    own = Payment.objects.filter(lot=simulation.place.other, credited_fen__gt=0)
    counted = {number: each.amount_fen for number, each in simulation.system.counted.items()}
    require(
        "parking system is notified once", counted == dict(own.values_list("number", "credited_fen")), counted
    )


def _channel_money(simulation: Simulation) -> None:
    require, balances = simulation.require, ledger.balances()
    require("ledger sums to zero", not sum(balances.values()), balances)
    for channel in simulation.channels:
        if _given_back_by_hand_too(channel):
            simulation.counts["given back twice by people, reported"] += 1
            continue
        paid = Payment.objects.filter(provider=channel.name, state="paid")
        booked = dict(paid.values_list("number", "amount_fen"))
        taken = {number: channel.orders[number].amount_fen for number in channel.taken}
        require("every payment is booked, no other", booked == taken, booked)
        rows = Refund.objects.filter(payment__provider=channel.name, state=Refund.State.DONE)
        wanted: Counter[str] = Counter()
        for refund in rows:
            wanted[refund.external_number or refund.number] += refund.amount_fen
        given = {number: order.amount_fen for number, order in channel.given.items()}
        require("refund happens once", given == wanted, f"{given} of {dict(wanted)}")
        held = balances.get(f"channel:{channel.name}:{channel.merchant}", 0)
        require("ledger equals the channel's books", held == channel.balance(), held)


def _given_back_by_hand_too(channel: Channel) -> bool:
    """Return whether the merchant gave back by hand what we had promised already: staff see a discrepancy."""
    by_hand = [each.payment_number for each in channel.given.values() if each.number.startswith("HAND")]
    return Discrepancy.objects.filter(kind="over_refunded", number__in=by_hand).exists()


def _sessions(simulation: Simulation) -> None:
    require = simulation.require
    simulation.check_sessions()
    for car in simulation.cars:
        kept = _kept(car)
        if car.lot == simulation.place.other:
            continue
        index = plate_index(car.lot.pk, car.plate.text)
        found = ParkingSession.objects.filter(lot=car.lot, plate_index=index)
        is_timed = not simulation.counts["server's clock"]  # else times, and what they make, are wrong
        require("one session for one stay", len(found) == 1 or not is_timed, f"{car.name}: {len(found)}")
        reported = any(map(_given_back_by_hand_too, simulation.channels))
        counted = sum(session.paid_fen for session in found)
        require("session counts what was paid", reported or counted == kept, car.name)
        is_gone = car.left_at is not None and all(session.left_at is not None for session in found)
        require("car gets out", is_gone, car.name)
        assert car.left_at is not None
        assert car.entered_at is not None
        seconds = (
            car.left_at - car.entered_at
        ).total_seconds() + 600  # entry lane, a charge's five minutes, the cameras' clocks
        most = min(CAP_FEN, HOUR_FEN * -int(-seconds // 3600))
        require("stay is charged once", kept <= most or not is_timed, f"{car.name} {kept} of {most}")


def _kept(car: Car) -> int:
    """Return what the channels kept of the money for this car."""
    took = sum(channel.orders[number].amount_fen for channel, number in car.paid)
    mine = {number for _, number in car.paid}
    back = [
        each
        for channel in car.simulation.channels
        for each in channel.given.values()
        if each.payment_number in mine
    ]
    return took - sum(each.amount_fen for each in back)


def _barriers(simulation: Simulation) -> None:
    """One car leaves by one order; one that was never fetched, or of staff, does not count."""
    went = GateCommand.objects.filter(state__in=["sent", "opened"]).exclude(cause="manual")
    exits = went.exclude(cause="entry").values("session").annotate(orders=Count("pk")).filter(orders__gt=1)
    simulation.require("barrier opens once", not exits, list(exits))
