"""Settle bills of zero in parking systems that open their barrier only then (海康).

The driver's look-up writes a row; the worker settles it within a second or two. So a car that owes nothing
costs the page no call more than one that is not there. A repeat changes nothing in that system.
"""

from datetime import datetime, timedelta

from core.claims import Pace, Queue
from core.jobs import queue_job
from lots.models import Lot
from lots.systems import can, system_of
from lots.systems.parking_system import Accepted, ConfirmsNothing, Nothing, NothingDue
from payments.models import ZeroBill

PACE = Pace(tuple(timedelta(seconds=seconds) for seconds in (3, 10, 30)), timedelta(minutes=1))
GIVEN_UP_AFTER = timedelta(minutes=15)  # the driver has called the booth by then


def enqueue(lot: Lot, nothing: NothingDue, *, at: datetime) -> ZeroBill | None:
    """Have a bill of zero settled, where the lot's system wants that; None elsewhere."""
    is_present = nothing.session and nothing.reason in {Nothing.FREE, Nothing.PERMIT, Nothing.PAID}
    if not is_present or not can(lot, ConfirmsNothing):
        return None
    row, _ = ZeroBill.objects.get_or_create(
        lot=lot,
        system_digest=lot.system_digest,
        reference=nothing.session[:64],
        defaults={"created_at": at, "next_check_at": at},
    )
    return row


def _work(row: ZeroBill, at: datetime) -> None:
    system = system_of(row.lot)
    is_former = row.system_digest != row.lot.system_digest  # another lot may have a bill of that number
    if is_former or at - row.created_at >= GIVEN_UP_AFTER or not isinstance(system, ConfirmsNothing):
        row.delete()
        return
    if isinstance(system.confirm_nothing(NothingDue(Nothing.FREE, row.reference)), Accepted):
        row.delete()
        return
    PACE.check_again(row, at)


settle_zero_bills = queue_job(
    "payments.zero_bills.settle_zero_bills",
    Queue(lambda: ZeroBill.objects.select_related("lot"), _work, party=("lot_id",), pace=PACE),
    every=timedelta(seconds=1),
)
