"""The parking systems of others that our lots stand in front of: how to reach them, and their sessions."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from lots.models.car_park import Lot
from lots.models.querysets import SystemSessionQuerySet
from lots.models.session_models import ParkingSession


class ParkingSystemLink(models.Model):
    """How one lot reaches the parking system that owns its sessions (停车系统接入). See `lots.systems.links`.

    Which system that is stands in `Lot.system`.
    """

    lot = models.OneToOneField(Lot, models.CASCADE, related_name="system_link")
    base_url = models.CharField(max_length=200, help_text="What the vendor gave as address of its interface.")
    lot_code = models.CharField(max_length=64, help_text="The vendor's number of this lot; never left out.")
    options = models.JSONField(default=dict, help_text="What else the vendor gave that is not secret.")
    secrets = models.BinaryField(help_text="Keys and passwords as JSON, sealed like a plate.")
    known_as = models.CharField(
        max_length=16,
        blank=True,
        default="",
        help_text="Lot.system_digest from before the address was corrected; empty: that of this row.",
    )
    address_changed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the address was corrected; null: it never was."
    )
    own_certificate = models.TextField(
        blank=True, help_text="PEM; then only this is trusted at an https address. Empty: public authorities."
    )
    lanes = models.JSONField(default=dict, help_text="Id of our exit lane → the vendor's number of it.")
    recipient_name = models.CharField(
        max_length=120, help_text="Legal name of who runs the system; stands in the notice."
    )
    recipient_contact = models.CharField(max_length=200, help_text="How to reach it about personal data.")
    support_phone = models.CharField(max_length=40, blank=True, help_text="Whom staff call when it fails.")
    weak_link_accepted_at = models.DateTimeField(
        null=True, blank=True, help_text="When the operator accepted a link without encryption or with MD5."
    )
    weak_link_accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    checked_at = models.DateTimeField(null=True, blank=True, help_text="When the last test passed.")
    answered_at = models.DateTimeField(null=True, blank=True, help_text="When it last answered.")
    failing_since = models.DateTimeField(null=True, blank=True, help_text="Null: it works, as far as known.")
    fault = models.CharField(max_length=40, blank=True, help_text="Code of the last fault.")
    answer_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="Milliseconds until the last answer; null: not measured."
    )
    clock_offset = models.IntegerField(
        null=True, blank=True, help_text="Seconds by which its clock is ahead of ours; null: not known."
    )

    last_notice_at = models.DateTimeField(
        null=True, blank=True, help_text="When it last sent a notice of its own; null: it never did."
    )

    PRIVACY = (
        Stored(
            "id lot base_url lot_code options own_certificate lanes known_as address_changed_at",
            data_kinds.SETUP,
            _("how to ask the parking system that owns this lot's stays"),
        ),
        Stored("secrets", data_kinds.SETUP, _("to sign requests to that system; sealed")),
        Stored(
            "recipient_name recipient_contact support_phone",
            data_kinds.SETUP,
            _("who receives plates for this lot, for its notice; whom staff call"),
        ),
        Stored(
            "weak_link_accepted_at weak_link_accepted_by",
            data_kinds.STAFF,
            _("who accepted a link without encryption"),
        ),
        Stored(
            "checked_at answered_at failing_since fault answer_ms clock_offset last_notice_at",
            data_kinds.OPERATION,
            _("whether that system answers"),
        ),
    )

    def __str__(self) -> str:
        return f"{self.lot_id} {self.lot_code}"


class SystemSession(models.Model):
    """Which of our session rows stands for a stay of another system. Made when a payment is started.

    Our row has no plate: the other system knows it, and a payment needs none.
    """

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    system = models.CharField(
        max_length=16, help_text="Whose session it is; the lot may have another by now."
    )
    system_digest = models.CharField(
        max_length=16, blank=True, default="", help_text="Which lot of that system; see Lot.system_digest."
    )
    reference = models.CharField(max_length=64, help_text="The session in the system's own terms.")
    plate_name = models.CharField(  # noqa: DJ001 - few have one: an index of these alone
        max_length=26, null=True, help_text="The plate's part of `reference`, as long as it has one."
    )
    session = models.OneToOneField(ParkingSession, models.CASCADE, related_name="system_session")

    objects = SystemSessionQuerySet["SystemSession"].as_manager()

    PRIVACY = (
        Stored(
            "id lot system system_digest reference plate_name session",
            data_kinds.SESSION,
            _("to find what was paid for a stay of another parking system"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "lot", "system", "system_digest", "reference", name="system_session_once_per_lot"
            )
        ]
        indexes = [
            models.Index(
                "lot",
                "plate_name",
                condition=models.Q(plate_name__isnull=False),
                name="system_session_plate_names",
            )
        ]

    def __str__(self) -> str:
        return f"session {self.session_id}"


class SystemNotice(models.Model):
    """A notice that another vendor's system sent by itself, so that a repeat changes nothing.

    Of a stay that was paid over there, the driver's page says so. No plate is stored. Deleted after a week.
    """

    class Kind(models.TextChoices):
        ENTERED = "entered"
        LEFT = "left"
        PAID = "paid"  # there, by another way than ours
        SETTLED = "settled"  # what became of a payment that we had sent

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=16, help_text="Of what the notice says; finds a repeat.")
    kind = models.CharField(max_length=7, choices=Kind)
    reference = models.CharField(
        max_length=64,
        blank=True,
        help_text="The session there where it was paid; the number of ours that it counted.",
    )
    amount_fen = models.BigIntegerField(null=True, help_text="What was paid there.")
    at = models.DateTimeField(help_text="When it came.")

    PRIVACY = (
        Stored(
            "id lot digest kind reference amount_fen at",
            data_kinds.SESSION,
            _("to count a system's notice once, and not to ask for a fee that was paid there"),
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint("lot", "digest", name="system_notice_once")]
        indexes = [
            models.Index(fields=["lot", "reference"], name="system_notice_of_session"),
            models.Index(fields=["at"], name="system_notice_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Recipient(models.Model):
    """A company that receives personal data of a lot's drivers, besides those that the software itself knows.

    It stands in the lot's privacy notice, and in the records of entrusting and providing, which are kept for
    three years (Network Data Security Regulation, Art. 12).
    """

    class Kind(models.TextChoices):
        CITY = "city", _("city parking platform")
        ETC = "etc", _("ETC gateway")
        PLATE_PAY = "plate_pay", _("payment by plate")
        INVOICE = "invoice", _("invoicing service")
        SMS = "sms", _("text message service")
        CLOUD_HOST = "cloud_host", _("host of the servers")
        CAMERA_CLOUD = "camera_cloud", _("cloud of the camera maker")
        MAINTENANCE = "maintenance", _("maintenance company")

    # These work for the operator; the others decide for themselves.
    ENTRUSTED = frozenset({Kind.INVOICE, Kind.SMS, Kind.CLOUD_HOST, Kind.CAMERA_CLOUD, Kind.MAINTENANCE})

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="recipients")
    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=120, help_text="Legal name.")
    contact = models.CharField(max_length=200)
    since = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    PRIVACY = (
        Stored(
            "id lot kind name contact since ended_on",
            data_kinds.SETUP,
            _("who else receives data of this lot, for its notice and the records of providing"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "kind", "name"],
                condition=models.Q(ended_on=None),
                name="recipient_once_per_lot",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def is_entrusted(self) -> bool:
        return self.kind in self.ENTRUSTED
