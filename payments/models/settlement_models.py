"""Telling a parking system of another vendor that a charge is paid (销账)."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from core.state import StateMachine, Transition
from lots.models import Lot
from payments.models.payment_models import Payment


class Settlement(StateMachine):
    """One payment that the parking system must count, once: each repeat has the same number."""

    class State(models.TextChoices):
        OPEN = "open"  # not accepted yet; the worker goes on asking
        OVERDUE = "overdue"  # for a day: staff must act; the worker still asks
        ACCEPTED = "accepted"
        GONE = "gone"  # the stay is over or the charge void: the money is refunded
        BY_HAND = "by_hand"  # staff entered it in the parking system
        WITHDRAWN = "withdrawn"  # the money was refunded before the system was asked

    TRANSITIONS = {
        State.OPEN: {State.OVERDUE, State.ACCEPTED, State.GONE, State.BY_HAND, State.WITHDRAWN},
        State.OVERDUE: {State.ACCEPTED, State.GONE, State.BY_HAND},
        State.ACCEPTED: set(),
        State.GONE: set(),
        State.BY_HAND: set(),
        State.WITHDRAWN: set(),
    }
    UNFINISHED = (State.OPEN, State.OVERDUE)
    NOT_COUNTED = (State.GONE, State.WITHDRAWN)  # there the stay is as if nothing had been paid

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    payment = models.OneToOneField(Payment, models.PROTECT, related_name="settlement")
    system = models.CharField(
        max_length=16, blank=True, help_text="The parking system that owns the session; see Lot.System."
    )
    system_digest = models.CharField(
        max_length=16, blank=True, default="", help_text="Which lot of that system; see Lot.system_digest."
    )
    reference = models.CharField(max_length=64, help_text="What the parking system calls the charge.")
    session_reference = models.CharField(max_length=64, help_text="What it calls the session.")
    lane_id = models.BigIntegerField(
        null=True, help_text="Our lane where the car stands, if its code was scanned."
    )
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    fault = models.CharField(
        max_length=40, blank=True, help_text="Why it was not accepted last; see lots.systems.fault_texts."
    )
    may_be_counted = models.BooleanField(
        default=False,
        help_text="An earlier message was not answered clearly, so that it may have been counted.",
    )
    leave_by = models.DateTimeField(null=True, help_text="The system's own deadline, if it has one.")
    created_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, help_text="When it was accepted or found gone.")
    next_check_at = models.DateTimeField(null=True)
    checks = models.PositiveSmallIntegerField(default=0)

    PRIVACY = (
        Stored(
            "id lot payment system system_digest reference session_reference lane_id",
            data_kinds.PAYMENT,
            _("to tell the parking system what was paid"),
        ),
        Stored(
            "state fault may_be_counted leave_by created_at answered_at next_check_at checks",
            data_kinds.PAYMENT,
            _("whether it has counted the payment, and when it is asked again"),
        ),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["open", "overdue"]) | Q(next_check_at__isnull=False),
                name="settlement_unfinished_is_due",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="settlement_due"
            ),
            models.Index(
                fields=["lot", "created_at"],
                condition=Q(state__in=["open", "overdue"]),
                name="settlement_not_accepted",
            ),
        ]

    def __str__(self) -> str:
        return f"settlement {self.pk}"

    def _event(self, **what: Any) -> models.Model:
        return SettlementEvent(settlement=self, **what)


class SettlementEvent(Transition):
    """One step of a settlement. Append-only."""

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="events")
    was = models.CharField(max_length=9)
    became = models.CharField(max_length=9)
    cause = models.CharField(max_length=40)

    PRIVACY = (
        Stored(
            "id settlement was became cause at",
            data_kinds.BOOKS,
            _("each step of a settlement, for disputes"),
        ),
    )


class CouponHandover(StateMachine):
    """One parking coupon given to another vendor's system by a driver's tap.

    It is counted there at once, or covers all that is due and is settled with nothing paid. The coupon is
    held as long as the row is open.
    """

    class State(models.TextChoices):
        OPEN = "open"  # not answered yet; the worker repeats it with the same number
        TAKEN = "taken"
        REFUSED = "refused"  # the coupon is free again

    TRANSITIONS = {State.OPEN: {State.TAKEN, State.REFUSED}, State.TAKEN: set(), State.REFUSED: set()}

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    coupon = models.ForeignKey("payments.Coupon", models.PROTECT, related_name="handovers")
    session = models.ForeignKey("lots.ParkingSession", models.PROTECT, related_name="+")
    reference = models.CharField(max_length=64, help_text="What the parking system calls the charge.")
    session_reference = models.CharField(max_length=64, help_text="What it calls the session.")
    number = models.CharField(max_length=32, unique=True, help_text="The same in each repeat.")
    due_fen = models.BigIntegerField(help_text="What was due before.")
    covers = models.BooleanField(help_text="It takes all of it: settled with nothing paid.")
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    fault = models.CharField(
        max_length=40, blank=True, help_text="Why it was not taken last; see lots.systems.fault_texts."
    )
    created_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    checks = models.PositiveSmallIntegerField(default=0)

    PRIVACY = (
        Stored(
            "id lot coupon session reference session_reference number due_fen covers",
            data_kinds.COUPON,
            _("to have a coupon counted by the parking system that owns the stay"),
        ),
        Stored(
            "state fault created_at answered_at next_check_at checks",
            data_kinds.COUPON,
            _("whether it has counted the coupon, and when it is asked again"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["coupon"], condition=~Q(state="refused"), name="coupon_handed_over_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="open") | Q(next_check_at__isnull=False),
                name="coupon_handover_open_is_due",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="coupon_handover_due"
            )
        ]

    def __str__(self) -> str:
        return f"coupon handover {self.pk}"


class SystemListRun(models.Model):
    """The paid list that a lot's parking system gave for one day, compared with our books."""

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField(help_text="By the lot's own clock.")
    equal = models.PositiveIntegerField(default=0)
    equal_fen = models.BigIntegerField(default=0)
    differences = models.PositiveIntegerField(default=0)
    fault = models.CharField(max_length=40, blank=True, help_text="Why there is no list yet.")
    done_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True, db_index=True)
    checks = models.PositiveSmallIntegerField(default=0)

    PRIVACY = (
        Stored(
            "id lot day equal equal_fen differences fault done_at next_check_at checks",
            data_kinds.BOOKS,
            _("whether a parking system's books agree with ours"),
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint("lot", "day", name="system_list_once_a_day")]

    def __str__(self) -> str:
        return f"list of {self.day}"


class ZeroBill(models.Model):
    """A bill of zero that a parking system wants settled, else its barrier stays down. Deleted once it is."""

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="+", db_index=False)
    system_digest = models.CharField(
        max_length=16, blank=True, default="", help_text="Which lot of that system; see Lot.system_digest."
    )
    reference = models.CharField(max_length=64, help_text="What the parking system calls the bill.")
    created_at = models.DateTimeField()
    next_check_at = models.DateTimeField(db_index=True)
    checks = models.PositiveSmallIntegerField(default=0)

    PRIVACY = (
        Stored(
            "id lot system_digest reference created_at next_check_at checks",
            data_kinds.OPERATION,
            _("to have a barrier opened for a car that owes nothing; deleted once that system has answered"),
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint("lot", "system_digest", "reference", name="zero_bill_once")]

    def __str__(self) -> str:
        return f"zero bill {self.pk}"
