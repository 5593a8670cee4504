"""The money: what is owed, each attempt to pay it, refunds, and an append-only ledger in fen."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import data_kinds, hot_sql
from core.privacy import Stored
from core.state import StateMachine, Transition
from lots.models import Lane, Lot, ParkingSession, Sign


class WechatReturn(models.Model):
    """One way to WeChat and back for the silent openid: which charge is to be paid when its `state` returns.

    It holds what our own page knew already. The openid that the way is for never comes here.
    """

    charge = models.CharField(max_length=340, help_text="The sealed charge; see payments.charge_token.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the state in the address.")
    is_last = models.BooleanField(help_text="The second try: after it another channel is offered.")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    PRIVACY = (
        Stored(
            "id charge is_last",
            data_kinds.WECHAT_RETURN,
            _("the sealed charge, to go on with it when WeChat sends the driver back"),
        ),
        Stored(
            "digest expires_at used_at",
            data_kinds.WECHAT_RETURN,
            _("so that a return address works once and only briefly"),
        ),
    )

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="wechat_return_expiry")]

    def __str__(self) -> str:
        return f"way to WeChat {self.pk}"


class Payment(StateMachine):
    """One attempt to pay one charge: one number, one fixed amount, committed before the channel is called.

    It carries the charge as the driver saw it, so that receipts, refunds and disputes need no other row.
    """

    class State(models.TextChoices):
        NEW = "new", _("New")
        UNKNOWN = "unknown", _("Waiting for the channel")  # the channel may or may not know it
        OPEN = "open", _("Awaiting payment")
        CLOSING = "closing", _("Closing")
        CLOSED = "closed", pgettext_lazy("payment", "Closed")
        PAID = "paid", pgettext_lazy("payment", "Paid")

    TRANSITIONS = {
        State.NEW: {State.OPEN, State.UNKNOWN, State.CLOSING, State.CLOSED, State.PAID},
        State.UNKNOWN: {State.OPEN, State.CLOSING, State.CLOSED, State.PAID},
        State.OPEN: {State.CLOSING, State.CLOSED, State.PAID},
        State.CLOSING: {State.CLOSED, State.PAID},
        State.CLOSED: {State.PAID},  # money that arrived late must be seen
        State.PAID: set(),
    }
    UNFINISHED = (State.NEW, State.UNKNOWN, State.OPEN, State.CLOSING)

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)  # by `payment_of_lot`
    session = models.ForeignKey(ParkingSession, models.PROTECT, related_name="payments")
    reference = models.CharField(
        max_length=64, blank=True, help_text="What the parking system calls this charge; blank: our own."
    )
    after_settlement = models.BigIntegerField(
        null=True, help_text="The newest of its session when that system named this charge; null: our own."
    )
    sign = models.ForeignKey(
        Sign, models.PROTECT, null=True, related_name="+", db_index=False, help_text="From whose page."
    )
    lane = models.ForeignKey(
        Lane,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="The exit lane whose code was scanned.",
    )
    tariff_version = models.PositiveIntegerField(null=True, help_text="Null: another system's rules.")
    price_fen = models.BigIntegerField(help_text="What the whole stay costs up to `until`, without coupons.")
    discount_fen = models.BigIntegerField(default=0, db_default=0, help_text="What coupons take off it.")
    due_fen = models.BigIntegerField(help_text="Due then: the price less coupons and what was paid before.")
    until = models.DateTimeField(help_text="The stay is priced up to here.")
    lines = models.JSONField(default=list, help_text="The explanation, a lots.tariffs.PriceLine each.")
    coupons = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),
        help_text="Ids of the coupons that it counts on.",
    )
    moved_at = models.DateTimeField(null=True, help_text="When it was moved here from another stay.")
    provider = models.CharField(max_length=16)
    merchant = models.CharField(max_length=64)
    app = models.CharField(max_length=64, blank=True)
    number = models.CharField(max_length=26, help_text="Our number at the channel (out_trade_no).")
    token = models.CharField(max_length=26, help_text="Names the status page; not our number.")
    is_shared = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Taken up from a second look-up: its status page has no receipt code.",
    )
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.NEW)
    provider_number = models.CharField(max_length=64, null=True)  # noqa: DJ001 - unique where known
    language = models.CharField(
        max_length=7, help_text="In which the driver reads the pages of this payment."
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="The channel takes no money for it after this.")
    paid_at = models.DateTimeField(null=True, help_text="When the channel says the money moved.")
    credited_fen = models.BigIntegerField(
        default=0, help_text="Counts towards its stay; the rest is refunded."
    )
    receipt_code = models.CharField(max_length=12, null=True)  # noqa: DJ001 - unique where known
    reserved_refund_fen = models.BigIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True)
    checks = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True, help_text="When a waiting page last made us ask the channel.")

    PRIVACY = (
        Stored("id lot session reference after_settlement", data_kinds.PAYMENT, _("what is paid")),
        Stored("sign lane", data_kinds.PAYMENT, _("from whose page, and at which exit its barrier opens")),
        Stored(
            "tariff_version price_fen discount_fen due_fen until lines coupons",
            data_kinds.PAYMENT,
            _("the charge as the driver saw it; its lines hold durations, no plate"),
        ),
        Stored(
            "provider merchant app number provider_number",
            data_kinds.PAYMENT,
            _("to find the money at the channel"),
        ),
        Stored(
            "token language", data_kinds.PAYMENT, _("the address and language of the driver's status page")
        ),
        Stored(
            "is_shared",
            data_kinds.PAYMENT,
            _("whether two look-ups led to its status page, which then shows no receipt code"),
        ),
        Stored(
            "amount_fen credited_fen reserved_refund_fen state created_at expires_at paid_at moved_at",
            data_kinds.PAYMENT,
            _("how much, and what became of it"),
        ),
        Stored(
            "receipt_code",
            data_kinds.PAYMENT,
            _("the driver's proof, for questions and for data requests without an account"),
        ),
        Stored(
            "next_check_at checks asked_at", data_kinds.PAYMENT, _("when the worker asks the channel again")
        ),
    )

    class Meta:
        constraints = [
            # `unique=True` would make a second index of each text, for patterns that nothing searches.
            models.UniqueConstraint(fields=["token"], name="payment_token_once"),
            models.UniqueConstraint(fields=["receipt_code"], name="payment_receipt_code_once"),
            models.UniqueConstraint("number", "provider", "merchant", name="payment_number_once"),
            models.UniqueConstraint("provider_number", "provider", name="payment_provider_number_once"),
            models.UniqueConstraint(
                fields=["session", "provider"],
                condition=Q(state__in=["new", "unknown", "open", "closing"]),
                name="payment_one_open_per_session_and_provider",
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payment_is_of_something"),
            models.CheckConstraint(condition=Q(due_fen__gt=0), name="payment_of_a_charge"),
            models.CheckConstraint(
                condition=Q(reserved_refund_fen__gte=0, reserved_refund_fen__lte=F("amount_fen")),
                name="payment_refunds_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["closed", "paid"]) | Q(next_check_at__isnull=False),
                name="payment_unfinished_is_due",
            ),
        ]
        indexes = [
            models.Index(fields=["lot", "created_at"], name="payment_of_lot"),
            models.Index(
                fields=["lot", "created_at"],
                condition=Q(state__in=["closed", "unknown"]),
                name="payment_not_paid",
            ),
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="payment_due"
            ),
            models.Index(
                fields=["provider", "merchant", "paid_at"],
                condition=Q(state="paid"),
                name="payment_of_bill_day",
            ),
        ]

    def __str__(self) -> str:
        return f"payment {self.pk}"

    @property
    def billed_on(self) -> date | None:
        """The Beijing day whose bill has it; None: no bill yet."""
        mark = getattr(self, "bill_mark", None)
        return mark.day if mark else None

    def _event(self, **event: Any) -> models.Model:
        return hot_sql.new(PaymentEvent, payment_id=self.pk, **event)


class Refund(StateMachine):
    """Money back for one payment (退款单). A repeat uses the same number."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("To be sent")
        SENT = "sent", _("Being processed by the channel")
        DONE = "done", pgettext_lazy("refund", "Refunded")
        FAILED = "failed", _("Failed")
        ABNORMAL = "abnormal", _("Needs staff")  # the channel could not deliver it; staff must act

    TRANSITIONS = {
        State.REQUESTED: {State.SENT, State.DONE, State.FAILED, State.ABNORMAL},
        State.SENT: {State.DONE, State.FAILED, State.ABNORMAL},
        State.ABNORMAL: {State.DONE, State.FAILED},
        State.DONE: set(),
        State.FAILED: set(),
    }

    class Reason(models.TextChoices):
        SURPLUS = "surplus", _("Overpaid")  # the stay was already paid
        OVERPAID = "overpaid", _("Difference to refund")
        STAFF = "staff", _("Refunded by staff")
        # made by hand at the channel, found by its word
        EXTERNAL = "external", _("Refunded on the channel's site")

    class Means(models.TextChoices):
        """By what means the money is refunded."""

        CHANNEL = "", _("To the payer's account")
        CASH = "cash", _("Cash at the booth")  # from the booth's drawer
        ELSEWHERE = "other", _("Other method")  # a bank transfer, say

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    number = models.CharField(max_length=26, unique=True)
    amount_fen = models.BigIntegerField()
    reason = models.CharField(max_length=8, choices=Reason)
    means = models.CharField(max_length=5, choices=Means, default=Means.CHANNEL, blank=True)
    external_number = models.CharField(
        max_length=64, blank=True, help_text="The channel's number of a refund that we did not order."
    )
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    checks = models.PositiveSmallIntegerField(default=0)
    billed_on = models.DateField(null=True, help_text="The Beijing day whose bill has it; null: none yet.")

    PRIVACY = (
        Stored(
            "id payment number amount_fen reason state", data_kinds.PAYMENT, _("how much is refunded and why")
        ),
        Stored("means", data_kinds.PAYMENT, _("which way it went")),
        Stored(
            "created_at done_at next_check_at checks",
            data_kinds.PAYMENT,
            _("when, and when the worker asks again"),
        ),
        Stored(
            "external_number billed_on",
            data_kinds.PAYMENT,
            _("to find it in the channel's bill, made by hand or not"),
        ),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_is_of_something"),
            models.UniqueConstraint(
                fields=["payment", "external_number", "reason"],
                condition=~Q(external_number=""),
                name="refund_external_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["requested", "sent"]) | Q(next_check_at__isnull=False),
                name="refund_unfinished_is_due",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="refund_due"
            ),
            models.Index(fields=["done_at"], condition=Q(state="done"), name="refund_of_bill_day"),
        ]

    def __str__(self) -> str:
        return f"refund {self.pk}"

    def _event(self, **event: Any) -> models.Model:
        return PaymentEvent(payment_id=self.payment_id, refund_id=self.pk, **event)


class PaymentEvent(Transition):
    """One move of a payment or of its refund. Append-only; holds no payload."""

    class Cause(models.TextChoices):
        """The common causes; a channel's own reason may stand in `cause` too."""

        NOTICE = "notice", _("Channel notice")
        QUERY = "query", _("Channel queried")
        CLOSE = "close", _("Order closed")
        BILL = "bill", _("Bill")
        START = "start", _("Order placed")
        WORKER = "worker", _("Worker")
        OPERATOR = "operator", _("Recorded by staff")
        OUTSIDE = "outside", _("Reported by an external channel")
        BY_HAND = "by_hand", _("Staff")
        WAIVER = "waiver", _("Waiver")
        NEVER_THERE = "never_there", _("Unknown to the channel")
        REFUNDED_THERE = "refunded_there", _("Channel: this order was refunded there already")
        ALL_THE_SAME = "all_the_same", _("Staff: send it all the same")
        NOT_ENOUGH = "refused not_enough", _("Channel: insufficient merchant balance")
        TO_MERCHANT = "to_merchant", _("Moved to the merchant account")
        NO_MERCHANT = "no_merchant", _("Merchant missing in the settings")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="events")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="events", db_index=False)
    was = models.CharField(max_length=9)
    became = models.CharField(max_length=9)
    cause = models.CharField(
        max_length=40, choices=Cause, help_text="notice, query, bill, start, worker, operator …"
    )

    PRIVACY = (
        Stored(
            "id payment refund was became cause at",
            data_kinds.BOOKS,
            _("each step of a payment, for disputes"),
        ),
    )

    class Meta:
        indexes = [models.Index(fields=["refund"], condition=Q(refund__isnull=False), name="event_of_refund")]

    def get_was_display(self) -> str:
        return self._label(self.was)

    def get_became_display(self) -> str:
        return self._label(self.became)

    def _label(self, state: str) -> str:
        """Return the label of a state of the payment, or of the refund where the event is about one."""
        states = Refund.State if self.refund_id else Payment.State
        return str(dict(states.choices).get(state, state))


class LedgerEntry(models.Model):
    """Moves `amount_fen` from one account to another. Append-only.

    One row holds both legs, so the legs of the whole ledger always sum to zero. It keeps no plate.
    Accounts: `channel:<provider>:<merchant>` (money a channel holds for us; `channel:cash:<lot>` is the
    booth's drawer), `parking` (earned), `to_refund` (owed back to payers), `waived:<lot>` (fees that the
    operator bears itself), `elsewhere:<lot>` (given back from another account of the operator). Coupons
    move no driver's money, so they have accounts of their own: `shop:<id>` (what a shop owes for its
    coupons), `discounts` (what the operator bears), `validated` (fees that coupons settled).
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment"
        WAIVED = "waived"  # counts for the stay, but no money came
        SURPLUS = "surplus"
        REFUND_PROMISED = "promised"
        REFUND_DONE = "refund"
        REFUND_FAILED = "failed"
        COUPON = "coupon"
        COUPON_LESS = "uncoupon"  # it turned out to take less

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    debit = models.CharField(max_length=100)
    credit = models.CharField(max_length=100)
    amount_fen = models.BigIntegerField()
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="entries")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="entries", db_index=False)
    coupon_use = models.ForeignKey(
        "payments.CouponUse", models.PROTECT, null=True, related_name="entries", db_index=False
    )
    at = models.DateTimeField()

    PRIVACY = (
        Stored(
            "id lot kind debit credit amount_fen payment refund coupon_use at",
            data_kinds.BOOKS,
            _("the accounts in fen"),
        ),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="ledger_moves_something"),
            models.CheckConstraint(
                condition=Q(payment__isnull=False) | Q(coupon_use__isnull=False), name="ledger_has_a_cause"
            ),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="ledger_between_two_accounts"),
            models.UniqueConstraint(
                fields=["payment", "kind"],
                condition=Q(kind__in=["payment", "surplus", "waived"]),
                name="ledger_one_receipt_per_payment",
            ),
            models.UniqueConstraint(
                fields=["refund", "kind"],
                condition=Q(refund__isnull=False),
                name="ledger_once_per_refund_step",
            ),
        ]
        indexes = [
            models.Index(fields=["lot", "at"], name="ledger_of_lot"),
            # What came after a closing, whatever the clock was then: payments.day_report.
            models.Index(fields=["lot", "id"], name="ledger_of_lot_by_number"),
            models.Index(
                fields=["coupon_use"], condition=Q(coupon_use__isnull=False), name="ledger_of_coupon"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.debit} → {self.credit} {self.amount_fen}"


class Discrepancy(models.Model):
    """Something about money that a person must look at: kept until it is resolved."""

    class Kind(models.TextChoices):
        # money for an order that is not ours (长款)
        UNKNOWN_NUMBER = "unknown_number", _("Over: at the channel, not in our books")
        # amount, merchant or currency differ from our order
        DIFFERS = "differs", _("Amount, merchant or state differs")
        OVER_REFUNDED = "over_refunded", _("Refunded too much, or with a different amount")
        # in our books, not in the channel's bill (短款)
        MISSING_THERE = "missing_there", _("Short: in our books, not in the bill")
        # a lot's parking system of another vendor, whose day was compared with our books
        SYSTEM_OVER = "system_over", _("Over: in the parking system, not in our books")
        SYSTEM_SHORT = "system_short", _("Short: in our books, not in the parking system")
        SYSTEM_DIFFERS = "system_differs", _("Amount or state differs")
        BOOKS = "books", _("Our ledger totals do not match")  # our own sums do not agree with each other

    kind = models.CharField(max_length=16, choices=Kind)
    provider = models.CharField(max_length=16)
    merchant = models.CharField(max_length=64)
    number = models.CharField(max_length=64)
    provider_number = models.CharField(max_length=64, blank=True)
    amount_fen = models.BigIntegerField(null=True)
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="+", help_text="Null: not known.")
    day = models.DateField(null=True, help_text="The bill's Beijing day; null: no bill has it.")
    seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    PRIVACY = (
        Stored(
            "id kind provider merchant number provider_number amount_fen lot day seen_at resolved_at",
            data_kinds.BOOKS,
            _("money on which the channel's books and ours disagree"),
        ),
    )

    class Meta:
        verbose_name_plural = "discrepancies"
        constraints = [
            models.UniqueConstraint(  # another amount is another claim
                "kind",
                "provider",
                "merchant",
                "number",
                "provider_number",
                Coalesce("amount_fen", -1),
                name="discrepancy_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
