"""The invoice of a payment: one request, what became of it, and corrections after a refund (红字)."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from core.state import StateMachine, Transition
from core.vault import Unreadable
from payments.invoices.buyer import Buyer, seal_buyer, unseal_buyer

KEPT_WITHOUT = Q(state="issued") | Q(state="rejected") | Q(state="withdrawn")


class InvoiceRequest(StateMachine):
    """What a driver asked for after paying. Once it is done, the buyer is erased and the row stays."""

    class State(models.TextChoices):
        # for staff; or, where `next_check_at` is set, to be sent to the issuer
        WAITING = "waiting", _("To be issued")
        TAKEN = "taken", _("In progress")  # a member of staff has it
        # the issuer may or may not have it: ask, never send under another number
        UNKNOWN = "unknown", _("Result unknown")
        SENT = "sent", _("At the invoice service")  # the issuer has it
        ISSUED = "issued", _("Issued")
        REJECTED = "rejected", _("Rejected")  # may be corrected by the driver
        WITHDRAWN = "withdrawn", _("Withdrawn by the driver")  # by the driver, before anything was issued

    TRANSITIONS = {
        State.WAITING: {
            *(State.WAITING, State.TAKEN, State.UNKNOWN, State.SENT),
            *(State.ISSUED, State.REJECTED, State.WITHDRAWN),
        },
        State.TAKEN: {State.TAKEN, State.WAITING, State.ISSUED, State.REJECTED, State.WITHDRAWN},
        State.UNKNOWN: {State.WAITING, State.TAKEN, State.SENT, State.ISSUED, State.REJECTED},
        State.SENT: {State.WAITING, State.TAKEN, State.UNKNOWN, State.ISSUED, State.REJECTED},
        State.REJECTED: {State.WAITING, State.WITHDRAWN},
        State.WITHDRAWN: {State.WAITING},
        State.ISSUED: {State.REJECTED},  # its invoice was reversed, so that another can be issued
    }
    CORRECTABLE = (State.WAITING, State.TAKEN, State.REJECTED, State.WITHDRAWN)
    FOR_STAFF = (State.WAITING, State.TAKEN, State.UNKNOWN, State.SENT)

    class Reason(models.TextChoices):
        """Why none was issued: from a list, so that it can be translated and holds nobody's data."""

        # title and tax number do not belong together, or there is no such company
        BUYER = "buyer", _("Title and tax number do not match")
        TITLE = "title", _("Title incomplete")
        NOTHING = "nothing", _("Fully refunded, nothing to invoice")  # all of the money was refunded
        # issued already, at the booth for example
        ELSEWHERE = "elsewhere", _("Already invoiced another way")
        OTHER = "other", _("Other (please call us)")
        REISSUE = "reissue", _("Invoice reversed, to be issued again")  # it was issued with a wrong title

    class Mail(models.TextChoices):
        NONE = ""
        WANTED = "wanted"
        SENT = "sent"
        FAILED = "failed"

    lot = models.ForeignKey("lots.Lot", models.PROTECT, related_name="+")
    payment = models.OneToOneField("payments.Payment", models.PROTECT, related_name="invoice")
    number = models.CharField(max_length=26, unique=True, help_text="Ours; each correction has another.")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    made_out_to = models.BinaryField(
        null=True, help_text="The buyer, sealed (see buyer.py); null once forgotten."
    )
    is_company = models.BooleanField()
    mail = models.CharField(max_length=6, choices=Mail, default=Mail.NONE, blank=True)
    amount_fen = models.BigIntegerField(
        null=True, help_text="What the invoice is of; set when it is sent or issued."
    )
    reason = models.CharField(max_length=9, choices=Reason, blank=True)
    invoice_number = models.CharField(max_length=40, blank=True)
    asked_at = models.DateTimeField(help_text="When the driver asked, or last corrected it.")
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True, help_text="Issued, rejected or withdrawn.")
    forgotten_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    checks = models.PositiveSmallIntegerField(default=0)

    PRIVACY = (
        Stored(
            "made_out_to",
            data_kinds.INVOICE,
            _("title, tax number, e-mail and link of an invoice that was asked for; sealed"),
        ),
        Stored(
            "id lot payment number state is_company mail",
            data_kinds.INVOICE_RECORD,
            _("what was asked for, and how far it is"),
        ),
        Stored(
            "amount_fen reason invoice_number", data_kinds.INVOICE_RECORD, _("what was issued, or why not")
        ),
        Stored(
            "asked_at taken_by done_at next_check_at checks",
            data_kinds.INVOICE_RECORD,
            _("when, and which staff member handles it"),
        ),
        Stored("forgotten_at", data_kinds.PROOF, _("to prove when the buyer was erased")),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "unknown"]) | Q(next_check_at__isnull=False),
                name="invoice_sent_is_due",
            ),
            models.CheckConstraint(
                condition=~Q(state="issued") | Q(amount_fen__gt=0, done_at__isnull=False),
                name="invoice_issued_is_of_something",
            ),
            models.CheckConstraint(
                condition=Q(made_out_to__isnull=False) | KEPT_WITHOUT, name="invoice_open_has_buyer"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="invoice_due"
            ),
            models.Index(
                fields=["done_at"], condition=Q(made_out_to__isnull=False), name="invoice_to_forget"
            ),
            models.Index(fields=["lot", "state", "asked_at"], name="invoice_of_lot"),
        ]

    def __str__(self) -> str:
        return f"invoice request {self.pk}"

    @property
    def was_sent(self) -> bool:
        """Whether an issuer got this request, as it stands, and did not clearly refuse it."""
        return self.amount_fen is not None

    @property
    def is_correctable(self) -> bool:
        """Whether the driver may still change it: not once a second invoice could come of that."""
        return self.state == self.State.REJECTED or (self.state in self.CORRECTABLE and not self.was_sent)

    def put(self, buyer: Buyer) -> bytes:
        return seal_buyer(self.payment_id, buyer)

    def who(self) -> Buyer | None:
        """Return the buyer; None once forgotten. Raises `core.vault.Unreadable` where the key is gone."""
        return None if self.made_out_to is None else unseal_buyer(self.payment_id, self.made_out_to)

    def who_if_readable(self) -> Buyer | None:
        """Return the buyer; None once forgotten, and where the key is gone."""
        try:
            return self.who()
        except Unreadable:
            return None

    def advance(self, to: str, **fields: Any) -> bool:
        """Move to `to` if the row still has its state and number: a driver may have corrected it."""
        return super().advance(to, unchanged=("number",), **fields)

    def _event(self, **event: Any) -> models.Model:
        return InvoiceEvent(request=self, **{**event, "cause": event["cause"][:40]})


class InvoiceEvent(Transition):
    """One step of an invoice request: who, when, why. Holds nothing of the buyer."""

    request = models.ForeignKey(InvoiceRequest, models.PROTECT, related_name="events")
    was = models.CharField(max_length=9, blank=True)
    became = models.CharField(max_length=9)
    cause = models.CharField(max_length=40, help_text="driver, worker, staff, mail, or a reason")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    PRIVACY = (
        Stored(
            "id request was became cause by at",
            data_kinds.INVOICE_RECORD,
            _("each step of an invoice: who, when, why"),
        ),
    )

    class Meta:
        indexes = [models.Index(fields=["request", "at"], name="invoice_event_of_request")]


class RedLetter(models.Model):
    """A refund after the invoice was issued: staff must correct that by a red-letter invoice (红字发票)."""

    request = models.ForeignKey(InvoiceRequest, models.PROTECT, related_name="red_letters")
    amount_fen = models.BigIntegerField(help_text="By how much the invoice is too high.")
    created_at = models.DateTimeField()
    invoice_number = models.CharField(max_length=40, blank=True, help_text="Of the red-letter invoice.")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    PRIVACY = (
        Stored(
            "id request amount_fen created_at invoice_number done_at done_by",
            data_kinds.INVOICE_RECORD,
            _("invoices to correct after a refund, and who corrected them"),
        ),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="red_letter_is_of_something"),
            models.UniqueConstraint(
                fields=["request"], condition=Q(done_at=None), name="red_letter_one_open_per_invoice"
            ),
        ]

    def __str__(self) -> str:
        return f"red letter {self.pk}"
