"""Proof of erasure, data requests, notice versions, self-checks, inspection reports and audit digests."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from core.state import StateMachine
from core.write_once import AddedOnly
from lots.models import Lot, Operator
from payments.models import Payment


class Erasure(models.Model):
    """One run that erased plates in one lot: the proof, without any plate.

    `by` is null where the retention had ended; staff who erase early give a reason.
    """

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    left_before = models.DateTimeField(help_text="Plates of cars that left before this were erased.")
    sessions = models.PositiveIntegerField(default=0)
    reads = models.PositiveIntegerField(default=0)
    pictures = models.PositiveIntegerField(default=0)
    coupons = models.PositiveIntegerField(default=0, help_text="Coupons whose plate was erased.")
    permits = models.PositiveIntegerField(default=0, help_text="Passes and white list entries.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True, db_default="")

    PRIVACY = (
        Stored(
            "id lot at left_before sessions reads pictures coupons permits",
            data_kinds.PROOF,
            _("how much each run erased, without any plate"),
        ),
        Stored("by reason", data_kinds.STAFF, _("which staff member erased plates early, and why")),
    )

    class Meta:
        indexes = [models.Index(fields=["lot", "-at"], name="erasure_of_lot")]

    def __str__(self) -> str:
        return f"{self.at} {self.sessions} sessions, {self.reads} reads, {self.pictures} pictures"


class DataRequest(StateMachine):
    """A request by receipt code for access, correction or erasure (个人信息请求; PIPL Art. 44-47, 50).

    It has no free text: what is to be corrected and what was answered are chosen from lists, so that no name
    or phone number gets into it.
    """

    class Kind(models.TextChoices):
        ACCESS = "access", _("Access")
        CORRECTION = "correction", _("Correction")
        DELETION = "deletion", _("Erasure")

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        REFUSED = "refused"

    TRANSITIONS = {
        State.OPEN: {State.DONE, State.REFUSED},
        State.DONE: set(),
        State.REFUSED: set(),
    }

    class Topic(models.TextChoices):
        NONE = ""
        ENTRY = "entry"
        EXIT = "exit"
        FEE = "fee"
        PLATE = "plate"
        OTHER = "other"

    class Answer(models.TextChoices):
        NONE = "", ""
        SHOWN = "shown", _("Shown immediately")
        ERASED = "erased", _("Erased")
        CORRECTED = "corrected", _("Corrected")
        RIGHT = "right", _("Checked; data is correct")  # checked: the record is right
        CALL = "call", _("Please call us")  # the person is asked to call

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    topic = models.CharField(max_length=5, choices=Topic, default=Topic.NONE, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    answer = models.CharField(max_length=9, choices=Answer, default=Answer.NONE, blank=True)
    asked_at = models.DateTimeField()
    due_on = models.DateField(help_text="To be answered by this day: 15 working days after it was asked.")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    PRIVACY = (
        Stored(
            "id lot payment kind topic asked_at due_on",
            data_kinds.DATA_REQUEST,
            _("what was asked, and by when to answer"),
        ),
        Stored(
            "state answer done_at done_by",
            data_kinds.DATA_REQUEST,
            _("what was answered, when, and by which staff member"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "kind", "topic"],
                condition=Q(state="open"),
                name="data_request_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state="open", done_at=None) | ~Q(state="open") & Q(done_at__isnull=False),
                name="data_request_done_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], condition=Q(state="open"), name="data_request_open"),
            models.Index(fields=["lot", "-asked_at"], name="data_request_of_lot"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class SelfCheck(models.Model):
    """The latest self-check (自查) of a lot's own page, and when the next is due."""

    lot = models.OneToOneField(Lot, models.CASCADE, related_name="+")
    next_check_at = models.DateTimeField(db_index=True)
    asked_at = models.DateTimeField(
        null=True, help_text="When staff asked for a test at once; null once tested."
    )
    checked_at = models.DateTimeField(null=True)
    verdict = models.CharField(
        max_length=8, blank=True, help_text="pure, remarks, partial, not_pure or unknown."
    )
    document = models.JSONField(null=True, help_text="The result as `selfcheck --json` writes it.")

    PRIVACY = (
        Stored(
            "id lot next_check_at asked_at checked_at",
            data_kinds.PROOF,
            _("when the lot's own page was tested, and is again"),
        ),
        Stored(
            "verdict document",
            data_kinds.PROOF,
            _("whether the page was pure, with the evidence; the plate typed is made up"),
        ),
    )

    def __str__(self) -> str:
        return f"{self.lot_id} {self.verdict}"


class SelfCheckAlarm(StateMachine):
    """A lot's page got worse (回潮): open until staff record what was done."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        HANDLED = "handled", _("Handled")

    TRANSITIONS = {State.OPEN: {State.HANDLED}, State.HANDLED: set()}

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    was = models.CharField(max_length=8)
    became = models.CharField(max_length=8)
    worse = models.CharField(max_length=200, help_text="The rules newly broken, for example P6 P7a.")
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True, help_text="What was done, in staff's words.")

    PRIVACY = (
        Stored("id lot at was became worse state", data_kinds.PROOF, _("when and how a page got worse")),
        Stored(
            "handled_at handled_by reason",
            data_kinds.STAFF,
            _("which staff member dealt with it, when and how"),
        ),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", handled_at=None, handled_by=None)
                | Q(state="handled", handled_at__isnull=False, handled_by__isnull=False),
                name="selfcheck_alarm_handled_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.was} {self.became}"


class NoticeVersion(AddedOnly):
    """The text of a lot's privacy notice from some time on (隐私说明版本); the newest is in force."""

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+")
    at = models.DateTimeField(help_text="When this text was first seen.")
    words = models.CharField(max_length=10, help_text="The day on which the wording last changed.")
    text = models.JSONField(help_text="The notice as it is shown, in Chinese.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the text.")

    PRIVACY = (
        Stored(
            "id lot at words text digest", data_kinds.PROOF, _("which text the privacy notice had from when")
        ),
    )

    class Meta:
        indexes = [models.Index(fields=["lot", "-at"], name="notice_version_of_lot")]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.words} {self.digest[:12]}"


class Inspection(AddedOnly):
    """An inspection report that was made (检查材料): by whom, when, for which operator, and which file."""

    class Kind(models.TextChoices):
        PAPERS = "papers", _("Inspection documents")
        SET = "set", _("Operator's compliance set")

    operator = models.ForeignKey(Operator, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.PAPERS)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the PDF that was handed out.")

    PRIVACY = (
        Stored("id operator kind at digest", data_kinds.PROOF, _("which inspection reports were made")),
        Stored("by", data_kinds.STAFF, _("which staff member made them")),
    )

    def __str__(self) -> str:
        return f"inspection {self.pk}"


class AuditDigest(AddedOnly):
    """A link of the chain over the rows of the audit log (操作记录), made each night.

    It covers what happened in [since, until) and the link before it. A row that is changed, removed or
    inserted afterwards no longer matches, and neither does any later link.
    """

    since = models.DateTimeField(null=True, help_text="Null: the first, from the beginning.")
    until = models.DateTimeField(unique=True)
    at = models.DateTimeField()
    parts = models.JSONField(help_text="For each source: the number of rows and their SHA-256.")
    follows = models.CharField(max_length=64, blank=True, help_text="The digest of the link before.")
    digest = models.CharField(max_length=64)

    PRIVACY = (
        Stored(
            "id since until at parts follows digest",
            data_kinds.PROOF,
            _("to prove that the audit log was not changed: nightly digests of its rows"),
        ),
    )

    def __str__(self) -> str:
        return f"{self.until} {self.digest[:12]}"
