"""Which cars may park without paying, from when until when (通行权限: 月租、白名单)."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from lots.models.querysets import PermitQuerySet
from lots.tariffs.charging_rules import DAY
from lots.tariffs.day_kinds import KINDS

ALL_DAYS = " ".join(KINDS)


class Permit(models.Model):
    """A permit of one plate in one lot: a pass that the lot sells, or a place on its white list.

    It is never deleted, and of one kind (`name`) a plate has one at a time: a renewal extends it. What it
    covers is written out here, so that a later tariff takes nothing from a pass that was paid for. A
    revoked one covers its car up to that moment. Its plate is forgotten on the lot's clock once it is over.
    """

    class Source(models.TextChoices):
        """Who asked for it."""

        STAFF = "staff", _("Staff")
        IMPORT = "import", _("Import")
        MEMBER = "member", _("Member")
        API = "api", _("API")

    lot = models.ForeignKey("lots.Lot", models.PROTECT, related_name="permits", db_index=False)
    plate = models.BinaryField(null=True, help_text="Sealed; null once forgotten.")
    plate_index = models.BinaryField(max_length=16, null=True, help_text="Blind index; null once forgotten.")
    plate_kind = models.CharField(max_length=16)
    name = models.CharField(max_length=40, blank=True, help_text="A pass of the tariff; blank: white list.")
    hours_from = models.PositiveIntegerField(default=0, help_text="Seconds after midnight.")
    hours_to = models.PositiveIntegerField(default=0, help_text="As hours_from; equal: all day.")
    days = models.CharField(
        max_length=60, default=ALL_DAYS, help_text="Kinds of day; see lots.tariffs.day_kinds."
    )
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    source = models.CharField(max_length=6, choices=Source)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="Null: no staff."
    )
    granted_at = models.DateTimeField()
    instead_of = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="replacement", help_text="It went to another car."
    )
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_why = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True, help_text="Revoked, or over and given way: not extended.")
    forgotten_at = models.DateTimeField(null=True)

    PRIVACY = (
        Stored(
            "plate plate_index",
            data_kinds.PLATE,
            _(
                "to recognise the car that parks by a pass or the white list, in this lot and in no"
                " other; erased once the lot's retention period has passed since the permit ended"
            ),
        ),
        Stored(
            "id lot plate_kind name hours_from hours_to days valid_from valid_until",
            data_kinds.PERMIT,
            _("what kind of permit it is, and when it counts"),
        ),
        Stored(
            "source instead_of closed_at", data_kinds.PERMIT, _("where it came from, and what became of it")
        ),
        Stored(
            "granted_by granted_at revoked_by revoked_at revoked_why",
            data_kinds.STAFF_ACTION,
            _("which staff member granted or revoked it"),
        ),
        Stored("forgotten_at", data_kinds.PROOF, _("to prove when the plate was erased")),
    )

    objects = PermitQuerySet["Permit"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "plate_index", "name"],
                condition=Q(closed_at=None, plate_index__isnull=False),
                name="access_one_of_a_sort_per_plate",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="access_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(closed_at__isnull=False), name="access_revoked_is_closed"
            ),
            models.CheckConstraint(
                condition=Q(plate__isnull=False, plate_index__isnull=False)
                | Q(plate=None, plate_index=None, closed_at__isnull=False),
                name="access_running_knows_its_plate",
            ),
            models.CheckConstraint(
                condition=Q(hours_from__lt=DAY, hours_to__lt=DAY), name="access_hours_within_a_day"
            ),
        ]
        indexes = [
            models.Index(
                fields=["lot", "plate_index", "valid_until"],
                condition=Q(plate_index__isnull=False),
                name="access_of_plate",
            ),
            models.Index(fields=["lot", "valid_until"], name="access_of_lot"),
        ]

    def __str__(self) -> str:
        return f"permit {self.pk}"

    @property
    def ends_at(self) -> datetime:
        """Return when it ends, or ended: by its term, or because it was revoked."""
        return min(self.valid_until, self.revoked_at or self.valid_until)


class PermitExtension(models.Model):
    """One extension of a permit (续期). Rows are only added."""

    right = models.ForeignKey(Permit, models.PROTECT, related_name="extensions")
    was_until = models.DateTimeField()
    until = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    PRIVACY = (
        Stored("id right was_until until", data_kinds.PERMIT, _("until when it was extended")),
        Stored("by at", data_kinds.STAFF_ACTION, _("which staff member did it, and when")),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("was_until")), name="access_extension_adds_time")
        ]

    def __str__(self) -> str:
        return f"extension of {self.right_id}"
