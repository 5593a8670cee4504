"""What staff do about money: acts, shifts at the booth, refunds that a second person approves, debts, and
the devices that may report money taken outside."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from core.state import StateMachine
from lots.models import Device, Lane, Lot, ParkingSession


class ShiftQuerySet(models.QuerySet["Shift"]):
    """Shifts, with what their drawers held."""

    def with_count(self) -> Self:
        """Add `last_count_fen`: what was counted last; null while the shift is open."""
        corrections = StaffAct.objects.filter(shift=OuterRef("pk"), kind=StaffAct.Kind.RECOUNTED)
        newest = corrections.order_by("-pk").values("amount_fen")[:1]
        return self.annotate(last_count_fen=Coalesce(Subquery(newest), "counted_fen"))

    def with_difference(self) -> Self:
        """Keep closed shifts whose drawer held more or less than it had to, as counted last."""
        return self.with_count().filter(closed_at__isnull=False).exclude(last_count_fen=F("expected_fen"))


class Shift(StateMachine):
    """One person's time at one booth (班次): the cash in the drawer is counted when it ends."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    TRANSITIONS = {State.OPEN: {State.CLOSED}, State.CLOSED: set()}

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="shifts")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="shifts")
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    float_fen = models.BigIntegerField(help_text="In the drawer at the start, to give change (备用金).")
    closed_at = models.DateTimeField(null=True)
    expected_fen = models.BigIntegerField(null=True, help_text="What the drawer had to hold at the end.")
    counted_fen = models.BigIntegerField(null=True, help_text="What it held.")

    PRIVACY = (
        Stored(
            "id lot staff state opened_at float_fen closed_at expected_fen counted_fen",
            data_kinds.STAFF_ACTION,
            _("whose drawer held how much cash, and what was missing"),
        ),
    )

    objects = ShiftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff"], condition=Q(closed_at=None), name="shift_one_open_per_person"
            ),
            models.CheckConstraint(condition=Q(float_fen__gte=0), name="shift_float_not_negative"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None, expected_fen=None, counted_fen=None)
                | Q(
                    state="closed",
                    closed_at__isnull=False,
                    expected_fen__isnull=False,
                    counted_fen__gte=0,
                ),
                name="shift_is_counted_at_its_end",
            ),
        ]
        indexes = [models.Index(fields=["lot", "-opened_at"], name="shift_of_lot")]

    def __str__(self) -> str:
        return f"shift {self.pk}"

    @cached_property
    def last_count_fen(self) -> int | None:
        """What was counted last: at the shift's end, or when that count was corrected (更正清点)."""
        newest = self.acts.filter(kind=StaffAct.Kind.RECOUNTED).order_by("-pk").first()
        return newest.amount_fen if newest else self.counted_fen

    @property
    def difference_fen(self) -> int | None:
        """What was counted last less what had to be there: negative where money is missing."""
        if self.last_count_fen is None or self.expected_fen is None:
            return None
        return self.last_count_fen - self.expected_fen


class StaffAct(models.Model):
    """One thing that a person of staff did, and why (操作记录). Append-only."""

    class Kind(models.TextChoices):
        CASH = "cash", _("Cash in")
        MANUAL = "manual", _("Record another payment")  # money that staff saw arrive elsewhere
        WAIVED = "waived", _("Waiver")
        COUPON = "coupon", _("Coupon taken")  # a code on paper, entered by staff
        REFUND = "refund", _("Refund")
        REFUND_ASKED = "refund_asked", _("Refund requested (needs a second approver)")
        REFUND_DECLINED = "refund_declined", _("Decline the refund")
        MOVED = "moved", _("Payment moved to another stay")
        ENTRY = "entry", _("Correct the entry time")
        PLATE = "plate", _("Correct the plate")
        CLASS = "class", _("Correct the vehicle class")
        ENDED = "ended", _("End the stay")
        RELEASED = "released", _("Manual release")
        OPENED = "opened", _("Barrier opened by hand")  # for no session: unread, or no camera saw a car
        MERGED = "merged", _("Stays merged")
        DROPPED = "dropped", _("Stay deleted")
        # sent again, or sent to the merchant's own account
        RETRIED = "retried", _("Refund requested again")
        TO_MERCHANT = "to_merchant", _("Failed refund moved to the merchant account")
        GIVEN_BACK = "given_back", _("Money returned to the driver")
        # by a person who looked at a channel that this system cannot ask any more
        FOUND_PAID = "found_paid", _("Refund confirmed: the channel has paid it")
        FOUND_UNPAID = "found_unpaid", _("Refund not paid by the channel")
        PROMISED_AGAIN = "again", _("Overpayment refunded again")
        RESOLVED = "resolved", _("Discrepancy resolved")
        # money for an order that was not ours counts for a stay
        ADOPTED = "adopted", _("Unmatched payment credited to a stay")
        SENT_BACK = "sent_back", _("Unmatched payment refunded")  # such money is returned to its payer
        INCOME = "income", _("Unmatched payment counted as income")  # its stay was lost
        # one of these, above the limit of one person
        ORPHAN_ASKED = "orphan_asked", _("Unmatched payment: action requested (needs a second approver)")
        INCOME_ASKED = "income_asked", _("Unmatched payment as income: requested (needs a second approver)")
        ORPHAN_DECLINED = "orphan_declined", _("Request on an unmatched payment declined")
        # all paid cars of a lot got more time to leave
        JAM = "jam", _("Exit congestion: more time to leave for all paid cars")
        JAM_OVER = "jam_over", _("Exit congestion over")
        SHIFT_OPENED = "shift_opened", _("Open shift")
        SHIFT_CLOSED = "shift_closed", _("Close shift")
        RECOUNTED = "recounted", _("Count of a shift corrected")  # the amount is what the drawer held

    act = models.UUIDField(unique=True, help_text="Made with the form: a second press is the same act.")
    kind = models.CharField(max_length=16, choices=Kind)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="+")
    lane = models.ForeignKey(
        Lane,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,  # found by `act_opening`
        help_text="Whose barrier it opened by hand.",
    )
    at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    subject = models.CharField(max_length=60, help_text="What it was about, also where that is gone.")
    amount_fen = models.BigIntegerField(null=True)
    session = models.ForeignKey(ParkingSession, models.PROTECT, null=True, related_name="acts")
    other_session = models.ForeignKey(ParkingSession, models.PROTECT, null=True, related_name="+")
    payment = models.ForeignKey("payments.Payment", models.PROTECT, null=True, related_name="acts")
    refund = models.ForeignKey("payments.Refund", models.PROTECT, null=True, related_name="acts")
    discrepancy = models.ForeignKey("payments.Discrepancy", models.PROTECT, null=True, related_name="acts")
    shift = models.ForeignKey(Shift, models.PROTECT, null=True, related_name="acts")

    PRIVACY = (
        Stored(
            "id act kind staff lot lane at reason subject amount_fen session other_session payment refund"
            " discrepancy shift",
            data_kinds.STAFF_ACTION,
            _(
                "which staff member did what to money or a stay, and why; a reason with a plate or phone"
                " number is rejected"
            ),
        ),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="act_has_a_reason"),
            models.CheckConstraint(
                condition=~Q(kind__in=["released", "opened"]) | Q(lane__isnull=False),
                name="act_opening_has_lane",
            ),
        ]
        indexes = [
            models.Index(fields=["lot", "-at"], name="act_of_lot"),
            models.Index(fields=["at"], condition=Q(lane__isnull=False), name="act_opening"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class RefundRequest(StateMachine):
    """A refund above the limit of one person (退款申请): someone else approves or declines it."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")

    TRANSITIONS = {
        State.OPEN: {State.APPROVED, State.DECLINED},
        State.APPROVED: set(),
        State.DECLINED: set(),
    }

    payment = models.ForeignKey("payments.Payment", models.PROTECT, related_name="refund_requests")
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    still_owed = models.BooleanField(help_text="The fee is owed again; else it is waived.")
    reason = models.CharField(max_length=200)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refund = models.OneToOneField(
        "payments.Refund", models.PROTECT, null=True, related_name="request", help_text="Null: declined."
    )

    PRIVACY = (
        Stored(
            "id payment amount_fen state still_owed reason asked_by asked_at decided_by decided_at refund",
            data_kinds.STAFF_ACTION,
            _("that a second person approves a large refund"),
        ),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_request_is_of_something"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="refund_request_needs_a_second_person",
            ),
            models.UniqueConstraint(
                fields=["payment"], condition=Q(decided_at=None), name="refund_request_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None) | ~Q(state="open") & Q(decided_at__isnull=False),
                name="refund_request_decided_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"refund request {self.pk}"


class Debt(models.Model):
    """What a stay still owes although its car has left (欠费).

    It names no car but by the blind index, and that only for some days: then the debt stands in the books
    without one. It ends when it is paid, waived, or found not to be owed.
    """

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+")
    session = models.OneToOneField(ParkingSession, models.PROTECT, related_name="debt")
    amount_fen = models.BigIntegerField(help_text="0: nothing is owed any more.")
    plate_index = models.BinaryField(max_length=16, null=True, help_text="Null once forgotten or cleared.")
    since = models.DateTimeField()
    forget_at = models.DateTimeField(help_text="The car is forgotten then, paid or not.")
    cleared_at = models.DateTimeField(null=True)

    PRIVACY = (
        Stored("id lot session", data_kinds.BOOKS, _("which stay left unpaid")),
        Stored("amount_fen since cleared_at forget_at", data_kinds.BOOKS, _("what it owes, and since when")),
        Stored(
            "plate_index",
            data_kinds.OUTSTANDING,
            _("to recognise the car when it comes back; an index for one lot, as in the stay"),
        ),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_fen=0, cleared_at__isnull=False, plate_index=None)
                | Q(amount_fen__gt=0, cleared_at=None),
                name="debt_is_owed_or_cleared",
            )
        ]
        indexes = [
            models.Index(
                fields=["lot", "plate_index"],
                condition=Q(plate_index__isnull=False),
                name="debt_of_plate",
            ),
            models.Index(fields=["forget_at"], condition=Q(plate_index__isnull=False), name="debt_to_forget"),
        ]

    def __str__(self) -> str:
        return f"debt of session {self.session_id}"


class Reporter(models.Model):
    """A device that may report money which a channel outside of this system took (外部收款上报).

    Devices without such a row are refused: who opens a barrier does not by that say who has paid.
    """

    class Channel(models.TextChoices):
        ETC = "etc"
        PLATE_PAY = "plate_pay"  # 无感支付: charged by the plate
        OTHER = "other"

    NAMES: ClassVar[frozenset[str]] = frozenset(Channel.values)

    device = models.OneToOneField(Device, models.CASCADE, related_name="reporter")
    channel = models.CharField(max_length=9, choices=Channel)
    gives_back = models.BooleanField(
        default=False, help_text="It fetches refunds and carries them out; else staff do."
    )

    PRIVACY = (
        Stored(
            "id device channel gives_back",
            data_kinds.DEVICE,
            _("which devices may report money taken outside"),
        ),
    )

    def __str__(self) -> str:
        return f"{self.channel} of device {self.device_id}"
