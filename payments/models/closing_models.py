"""Reconciliation and daily closing (对账、日结): a run per merchant and bill day, a closing per lot and day.

The channel's day is Beijing's; a lot's day is that of its own zone. Nothing here holds a plate.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from core.state import StateMachine
from core.write_once import AddedOnly
from lots.models import Lot


class BillRun(StateMachine):
    """The reconciliation of one merchant's bill of one Beijing day (对账). Sums are fen."""

    class State(models.TextChoices):
        WAITING = "waiting"  # for the bill, or for another try at it
        CHECKING = "checking"  # it is read; what differs is being put right or asked about
        DONE = "done"
        FAILED = "failed"  # given up: no usable bill for hours. Tried once a day from then on

    TRANSITIONS = {
        State.WAITING: {State.WAITING, State.CHECKING, State.FAILED},
        State.CHECKING: {State.DONE, State.WAITING},
        State.FAILED: {State.FAILED, State.CHECKING, State.WAITING},
        State.DONE: {State.WAITING},  # staff have it read again
    }

    class Verdict(models.TextChoices):
        NONE = ""
        OK = "ok"  # every row agrees
        FIXED = "fixed"  # rows were missing here and are booked now
        OPEN = "open"  # something is left for a person

    provider = models.CharField(max_length=16)
    merchant = models.CharField(max_length=64)
    day = models.DateField(help_text="In Beijing, wherever the lots are.")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    verdict = models.CharField(max_length=5, choices=Verdict, default=Verdict.NONE, blank=True)
    fault = models.CharField(max_length=40, blank=True, help_text="Why the last try came to nothing.")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True, help_text="A worker is at it until then.")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, help_text="When the bill was read to its end.")
    done_at = models.DateTimeField(null=True)
    payments = models.PositiveIntegerField(default=0)
    payments_fen = models.BigIntegerField(default=0)
    refunds = models.PositiveIntegerField(default=0)
    refunds_fen = models.BigIntegerField(default=0)
    fee_milli = models.BigIntegerField(default=0, help_text="The channel's fees, thousandths of a fen.")
    agreed = models.PositiveIntegerField(default=0, help_text="Rows that agreed at once.")
    by_lot = models.JSONField(default=dict, help_text="Counts and sums of the bill by the lot's id.")

    PRIVACY = (
        Stored(
            "id provider merchant day state verdict fault attempts next_check_at leased_until created_at"
            " read_at done_at",
            data_kinds.BOOKS,
            _("that each day's bill of a channel was compared, and with what result"),
        ),
        Stored(
            "payments payments_fen refunds refunds_fen fee_milli agreed by_lot",
            data_kinds.BOOKS,
            _("the totals of the bill; the bill itself is not stored"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("provider", "merchant", "day", name="bill_run_once_a_day"),
            models.CheckConstraint(
                condition=~Q(state__in=["waiting", "checking"]) | Q(next_check_at__isnull=False),
                name="bill_run_unfinished_is_due",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="bill_run_due"
            ),
        ]

    def __str__(self) -> str:
        return f"bill {self.provider} {self.day}"

    @property
    def fee_fen(self) -> int:
        """The channel's fees to the nearest fen."""
        return (self.fee_milli + 500) // 1000


class BillLine(models.Model):
    """One row of a bill, or one of ours, that did not agree at once. Rows that agree are only counted."""

    class Verdict(models.TextChoices):
        MISSING_HERE = "missing_here"  # the channel has it, we had not
        MISSING_THERE = "missing_there"  # we have it, the bill has not
        DIFFERS = "differs"

    class Became(models.TextChoices):
        PENDING = "pending", _("Checking with the channel")  # still to be put right or asked about
        FIXED = "fixed", _("Booked")  # booked now, by `settle` as every other notice
        # a refund made by hand at the channel, booked as such
        EXTERNAL = "external", _("Recorded as refunded at the channel")
        EXPLAINED = "explained"  # of another day, by the channel's own clock
        OPEN = "open", _("Needs staff")  # left for a person, as a discrepancy

    run = models.ForeignKey(BillRun, models.CASCADE, related_name="lines")
    verdict = models.CharField(max_length=13, choices=Verdict)
    became = models.CharField(max_length=9, choices=Became, default=Became.PENDING)
    payment = models.ForeignKey("payments.Payment", models.PROTECT, null=True, related_name="+")
    refund = models.ForeignKey("payments.Refund", models.PROTECT, null=True, related_name="+")
    number = models.CharField(max_length=64)
    refund_number = models.CharField(max_length=64, blank=True)
    provider_number = models.CharField(max_length=64, blank=True)
    amount_fen = models.BigIntegerField(help_text="As the bill says; as we say where it is missing there.")
    outcome = models.CharField(max_length=15, help_text="What the bill, or our row, says of it.")
    at = models.DateTimeField()
    due_day = models.DateField(null=True, help_text="The day whose bill should have it, where not this.")
    asked = models.PositiveSmallIntegerField(default=0)

    PRIVACY = (
        Stored(
            "id run verdict became payment refund number refund_number provider_number amount_fen outcome at"
            " due_day asked",
            data_kinds.BOOKS,
            _("the rows of a bill that did not agree at once, and what became of each"),
        ),
    )

    class Meta:
        indexes = [
            models.Index(fields=["run", "verdict", "became"], name="bill_line_of_run"),
            models.Index(fields=["due_day"], condition=Q(due_day__isnull=False), name="bill_line_due"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.pk}"


class BillMark(models.Model):
    """Marks a payment that a day's bill contains.

    In a table of its own: a mark in the payment's row would write each of its many indexes again.
    """

    payment = models.OneToOneField(
        "payments.Payment",
        models.PROTECT,
        primary_key=True,
        related_name="bill_mark",
        db_constraint=False,  # a check for each row of a bill, of a row that was just joined
    )
    day = models.DateField(help_text="The Beijing day whose bill has it.")

    PRIVACY = (
        Stored("payment day", data_kinds.PAYMENT, _("on which day's bill of the channel it was found")),
    )

    class Meta:
        indexes = [models.Index(fields=["day"], name="bill_mark_of_day")]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.day}"


class BooksCheck(models.Model):
    """The nightly comparison of our own sums (账内核对), so that "all ok" is on record too."""

    day = models.DateField(unique=True, help_text="The Beijing day in whose night it ran.")
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    faults = models.PositiveIntegerField(default=0)

    PRIVACY = (
        Stored(
            "id day leased_until done_at faults", data_kinds.BOOKS, _("the nightly check of our own books")
        ),
    )

    def __str__(self) -> str:
        return f"books {self.day}"


class PriceCheck(models.Model):
    """The nightly recomputation of the prices that were paid in a lot on one day; it corrects nothing."""

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField(help_text="On which the payments were made, by the site's clock.")
    done_at = models.DateTimeField()
    agreed = models.PositiveIntegerField(default=0)
    inputs_differ = models.PositiveIntegerField(default=0, help_text="Their stay or plate has changed since.")
    diverged = models.JSONField(
        default=list, help_text="Ids of payments with the same inputs, another price."
    )

    PRIVACY = (
        Stored(
            "id lot day done_at agreed inputs_differ diverged",
            data_kinds.BOOKS,
            _("the nightly check that each price follows from its stored inputs"),
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint("lot", "day", name="price_check_once_a_day")]

    def __str__(self) -> str:
        return f"prices {self.lot_id} {self.day}"


class DayClosing(StateMachine):
    """One business day of one lot (日结), open or closed. A day without a row is open."""

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    TRANSITIONS = {State.OPEN: {State.CLOSED}, State.CLOSED: {State.OPEN}}

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+")
    day = models.DateField(help_text="In the lot's own zone.")
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    version = models.PositiveIntegerField(default=0, help_text="Counts its closings and reopenings.")

    PRIVACY = (Stored("id lot day state version", data_kinds.BOOKS, _("which business days are closed")),)

    class Meta:
        constraints = [models.UniqueConstraint("lot", "day", name="day_closing_once")]

    def __str__(self) -> str:
        return f"closing {self.lot_id} {self.day}"


class DayClosingEvent(AddedOnly):
    """Who closed or reopened a day, when and why, with the figures as they stood. Append-only.

    `digest` is the SHA-256 of the figures and of the lot's event before (`follows`): a chain, so that no
    row can be changed or taken out unnoticed.
    """

    class Kind(models.TextChoices):
        CLOSED = "closed"
        REOPENED = "reopened"

    closing = models.ForeignKey(DayClosing, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=8, choices=Kind)
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="Null: a command."
    )
    reason = models.CharField(max_length=200, blank=True)
    open_discrepancies = models.PositiveIntegerField(default=0)
    figures = models.JSONField()
    follows = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    PRIVACY = (
        Stored(
            "id closing kind version at reason open_discrepancies figures follows digest",
            data_kinds.BOOKS,
            _("when and why a day was closed or opened, with its figures"),
        ),
        Stored("by", data_kinds.BOOKS, _("which staff member answers for that")),
    )

    class Meta:
        constraints = [models.UniqueConstraint("closing", "version", name="day_closing_event_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.closing_id} v{self.version}"
