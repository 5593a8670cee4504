"""Models of staff: grants, invitations, sign-ins, identities; mailed reports and records."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import data_kinds
from core.privacy import Stored
from core.state import StateMachine
from core.write_once import AddedOnly
from staff.session_store import SessionStore


class Role(models.TextChoices):
    """A user's role at an operator or at one of its lots."""

    OWNER = "owner", _("Owner")  # 负责人
    FINANCE = "finance", _("Finance")  # 财务
    DUTY = "duty", _("Duty manager")  # 值班经理
    BOOTH = "booth", _("Booth cashier")  # 岗亭收费员
    TECHNICIAN = "technician", _("Technician")  # 设备维护
    AUDITOR = "auditor", _("Auditor")  # 审计, reads everything and changes nothing
    REGULATOR = "regulator", _("Regulator")  # 监管人员, sees the compliance pages alone
    SHOP = "shop", _("Shop")  # 商户, hands out coupons and sees nothing else


class Grant(models.Model):
    """One role of one person at one operator, or at one lot of it alone.

    It is ended, never deleted: who could do what at any time stays known.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grants")
    operator = models.ForeignKey("lots.Operator", models.PROTECT, related_name="grants")
    lot = models.ForeignKey(
        "lots.Lot", models.PROTECT, null=True, related_name="grants", help_text="Null: each of its lots."
    )
    role = models.CharField(max_length=10, choices=Role)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    PRIVACY = (
        Stored("id user operator lot role", data_kinds.STAFF, _("what staff may do, and where")),
        Stored("given_at given_by ended_at ended_by", data_kinds.STAFF, _("who gave and ended it, and when")),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "operator", "role"],
                condition=Q(lot=None, ended_at=None),
                name="grant_once_per_operator",
            ),
            models.UniqueConstraint(
                fields=["user", "lot", "role"],
                condition=Q(lot__isnull=False, ended_at=None),
                name="grant_once_per_lot",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.operator_id}/{self.lot_id or '*'}"


class Invitation(models.Model):
    """A code, valid once and for some days, for a new account or for a new password.

    The owner who asked for it sees it once and hands it over; here is its digest only.
    """

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the code.")
    operator = models.ForeignKey("lots.Operator", models.PROTECT, related_name="+")
    lot = models.ForeignKey("lots.Lot", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=10, choices=Role, blank=True, help_text="Blank: only a new password.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Whose new password it is for; null: a new account.",
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    PRIVACY = (
        Stored(
            "id digest operator lot role user",
            data_kinds.STAFF,
            _("to invite a new person, or to reset a password"),
        ),
        Stored(
            "made_by made_at expires_at used_at withdrawn_at",
            data_kinds.STAFF,
            _("who invited, and what became of it"),
        ),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role="", user__isnull=False) | (~Q(role="") & Q(user=None)),
                name="invitation_gives_a_role_or_a_password",
            )
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class ClerkInvitation(models.Model):
    """An invitation whose holder becomes a clerk of a shop: the account sees this shop alone."""

    invitation = models.OneToOneField(Invitation, models.PROTECT, related_name="+")
    shop = models.ForeignKey("payments.Shop", models.PROTECT, related_name="invitations")

    PRIVACY = (Stored("id invitation shop", data_kinds.STAFF, _("which shop an invitation is for")),)

    def __str__(self) -> str:
        return f"clerk of shop {self.shop_id}"


class SignInManager(BaseSessionManager["SignIn"]):
    def current(self, user: Any) -> "models.QuerySet[SignIn]":
        """Return where a user is signed in now, the newest first."""
        return self.filter(user=user, expire_date__gt=now()).order_by("-since")

    def end(self, user: Any, *, but: str | None = None) -> int:
        """Sign a user out everywhere, or everywhere but in the session `but`; return how often."""
        return self.current(user).exclude(pk=but or "").delete()[0]


class SignIn(AbstractBaseSession):
    """A staff session with its user, so that users can list and end their own.

    Drivers have none. It stores neither address nor browser.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sign_ins")
    since = models.DateTimeField()

    PRIVACY = (
        Stored(
            "session_key session_data expire_date user since",
            data_kinds.SIGN_IN,
            _("sign-ins of staff; drivers have none"),
        ),
    )

    objects: ClassVar[SignInManager] = SignInManager()

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore


class StaffIdentity(models.Model):
    """One account of staff at an identity provider."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255, help_text="The provider's unchanging name for the account.")
    linked_at = models.DateTimeField()

    PRIVACY = (
        Stored(
            "id user issuer subject linked_at",
            data_kinds.STAFF,
            _("single sign-on of staff: their account's name there"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_once"),
            models.UniqueConstraint(fields=["user", "issuer"], name="identity_one_per_account"),
        ]

    def __str__(self) -> str:
        return f"identity {self.pk}"


class PlateAccess(AddedOnly):
    """One access of one user to plates. Written once, never changed."""

    class Kind(models.TextChoices):
        WHOLE = "whole", _("Searched by full plate")  # searched by a whole plate
        PART = "part", _("Searched by part of a plate")  # searched by a piece of one
        SHOWN = "shown", _("Full plates shown")  # had the plates of a page shown whole

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    lot = models.ForeignKey(
        "lots.Lot", models.PROTECT, null=True, related_name="+", help_text="Null: each lot of this person."
    )
    kind = models.CharField(max_length=5, choices=Kind)
    count = models.PositiveIntegerField(help_text="How many stays it found or showed.")
    at = models.DateTimeField()

    PRIVACY = (
        Stored(
            "id staff lot kind count at",
            data_kinds.STAFF,
            _(
                "which staff member searched for a plate or viewed whole plates, and when; the plate is not"
                " in it"
            ),
        ),
    )

    class Meta:
        indexes = [models.Index(fields=["lot", "-at"], name="look_of_lot")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ReportMailing(models.Model):
    """One report to one person of staff, again and again. The row is the queue.

    It goes only as long as that person may see the report in the console. Once it has ended the address goes.
    """

    class Every(models.TextChoices):
        DAY = "day", _("Every day")
        WEEK = "week", _("Every Monday")
        MONTH = "month", _("On the 1st of each month")

    class Form(models.TextChoices):
        XLSX = "xlsx", _("Excel attachment")
        CSV = "csv", _("CSV attachment")
        TEXT = "text", _("In the message text")  # in the mail itself

    operator = models.ForeignKey("lots.Operator", models.PROTECT, related_name="+")
    lot = models.ForeignKey(
        "lots.Lot", models.PROTECT, null=True, related_name="+", help_text="Null: each lot of the operator."
    )
    report = models.CharField(max_length=16)
    every = models.CharField(max_length=5, choices=Every)
    form = models.CharField(max_length=4, choices=Form)
    language = models.CharField(max_length=10, help_text="That of the page on which it was set up.")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    address = models.EmailField(blank=True, help_text="Blank once it has ended.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    due_at = models.DateTimeField(help_text="The morning for which the next one is.")
    next_check_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, help_text="When one last went out.")
    failed_at = models.DateTimeField(null=True, help_text="When one was last given up.")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Null: the permission ended.",
    )

    PRIVACY = (
        Stored(
            "id operator lot report every form language",
            data_kinds.SETUP,
            _("which report goes out, how often"),
        ),
        Stored(
            "staff address made_at made_by ended_at ended_by",
            data_kinds.MAILED_REPORT,
            _("which staff member receives it, and who set it up"),
        ),
        Stored(
            "due_at next_check_at tries sent_at failed_at",
            data_kinds.SETUP,
            _("the next one, and what became of the last"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "report", "every", "staff"],
                condition=Q(lot=None, ended_at=None),
                name="mailing_once_per_operator",
            ),
            models.UniqueConstraint(
                fields=["lot", "report", "every", "staff"],
                condition=Q(lot__isnull=False, ended_at=None),
                name="mailing_once_per_lot",
            ),
            models.CheckConstraint(
                condition=(Q(ended_at=None) & ~Q(address=""))
                | Q(ended_at__isnull=False, address="", next_check_at=None),
                name="mailing_forgets_its_address",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="mailing_due"
            )
        ]

    def __str__(self) -> str:
        return f"mailing {self.pk}"


class BulkRun(AddedOnly):
    """One confirmed act on many rows of a list; each row's own record of it is where it always is."""

    key = models.UUIDField(unique=True, help_text="Made with the preview: a second press finds it.")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    list_name = models.CharField(max_length=16)
    act = models.CharField(max_length=16)
    values = models.JSONField(default=dict, help_text="What was filled in, but for the reason.")
    reason = models.CharField(max_length=200)
    total = models.PositiveIntegerField(help_text="How many rows the preview showed.")
    at = models.DateTimeField()

    PRIVACY = (
        Stored(
            "id key staff list_name act values reason total at",
            data_kinds.STAFF_ACTION,
            _("which staff member acted on many rows of a list at once, and why"),
        ),
    )

    def __str__(self) -> str:
        return f"{self.list_name} {self.act} {self.pk}"


class BulkRow(AddedOnly):
    """What one row of a bulk act came to. It is written with the act itself: each row is acted on once."""

    class Outcome(models.TextChoices):
        DONE = "done", _("Done")
        CHANGED = "changed", _("Changed since the preview")
        REFUSED = "refused", _("Refused")

    run = models.ForeignKey(BulkRun, models.PROTECT, related_name="rows")
    row = models.BigIntegerField()
    outcome = models.CharField(max_length=7, choices=Outcome)
    code = models.CharField(max_length=40, blank=True, help_text="Why it was refused.")

    PRIVACY = (Stored("id run row outcome code", data_kinds.STAFF_ACTION, _("what each row of it came to")),)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "row"], name="bulk_row_once")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.row} {self.outcome}"


class SavedFilter(models.Model):
    """A filter of a list that a member of staff named to use again. It holds no free text and no plate."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    list_name = models.CharField(max_length=16)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500, help_text="As it stands in the address.")
    made_at = models.DateTimeField()

    PRIVACY = (
        Stored(
            "id user list_name name query made_at",
            data_kinds.STAFF,
            _("filters of lists that staff saved for themselves, without plates or free text"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "list_name", "name"], name="saved_filter_once")
        ]

    def __str__(self) -> str:
        return self.name


class BackgroundTask(StateMachine):
    """Work of the console that takes longer than a page may: the worker does it (staff.background).

    Only the person who started it sees it. It is deleted some days after it ended.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("background", "Waiting")
        RUNNING = "running", pgettext_lazy("background", "Running")
        DONE = "done", pgettext_lazy("background", "Done")
        FAILED = "failed", pgettext_lazy("background", "Failed")
        CANCELLED = "cancelled", pgettext_lazy("background", "Cancelled")

    TRANSITIONS: ClassVar[Mapping[str, set[str]]] = {
        State.WAITING: {State.RUNNING, State.CANCELLED, State.FAILED},
        State.RUNNING: {State.RUNNING, State.DONE, State.FAILED, State.CANCELLED},
        State.DONE: set(),
        State.FAILED: set(),
        State.CANCELLED: set(),
    }

    key = models.UUIDField(unique=True, help_text="Chosen by the page; a second press is the same task.")
    kind = models.CharField(max_length=20)
    lot = models.ForeignKey("lots.Lot", models.CASCADE, null=True, related_name="+")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    language = models.CharField(max_length=10)
    arguments = models.JSONField(default=dict)
    upload = models.BinaryField(null=True, help_text="Sealed; erased when the task ends.")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0)
    steps_done = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(default=0)
    outcome = models.JSONField(null=True)
    faults = models.JSONField(default=list)
    file = models.BinaryField(null=True, help_text="Sealed.")
    file_name = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)

    PRIVACY = (
        Stored(
            "id key kind lot staff language arguments state attempt created_at ended_at",
            data_kinds.BACKGROUND,
            _("what a staff member asked the worker to do"),
        ),
        Stored("upload", data_kinds.BACKGROUND, _("the table to import; sealed, erased when the task ends")),
        Stored(
            "steps_done steps outcome faults file file_name next_check_at",
            data_kinds.BACKGROUND,
            _(
                "how far it is, and its result; files are sealed, and a table that was only checked is erased"
                " when it is imported, after a day at the latest"
            ),
        ),
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="background_due"
            ),
            models.Index(fields=["staff", "-created_at"], name="background_of_staff"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(upload=None, next_check_at=None),
                name="background_forgets_its_upload",
            )
        ]

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
