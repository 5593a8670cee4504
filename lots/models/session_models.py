"""Plate reads, and the sessions that are made from them.

Each row carries its lot, and each index of a hot row leads with it (one PostgreSQL serves a city). Plates are
stored sealed, with a blind index per lot; see `core.vault`.
"""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from lots.models.car_park import Lane, Lot
from lots.models.device_models import Device
from lots.models.querysets import ReadQuerySet, SessionQuerySet
from lots.tariffs.charging_rules import Seen
from lots.tariffs.price_lines import Price

VEHICLES = [
    (Seen.SMALL.value, _("Small vehicle")),
    (Seen.MEDIUM.value, _("Medium-sized vehicle")),
    (Seen.LARGE.value, _("Large vehicle")),
    (Seen.EXTRA_LARGE.value, _("Extra large vehicle")),
    (Seen.SPECIAL.value, _("Special vehicle")),
    (Seen.GOODS.value, _("Goods vehicle")),
    (Seen.MOTORCYCLE.value, _("Motorcycle")),
    (Seen.NEW_ENERGY.value, _("New energy vehicle")),
]


class ParkingSession(models.Model):
    """One stay, entry to exit (停车记录)."""

    class Departure(models.TextChoices):
        """How the departure is known."""

        NONE = ""
        RELEASED = "released"  # let out by us
        OFFLINE = "offline"  # a camera that was cut off reported it later
        MISSED = "missed"  # never seen leaving; it came in again
        MANUAL = "manual"  # entered by staff

    lot = models.ForeignKey(  # found by `session_of_lot`
        Lot, models.PROTECT, related_name="sessions", db_index=False
    )
    plate = models.BinaryField(null=True, help_text="Sealed; null once forgotten.")
    plate_index = models.BinaryField(max_length=16, null=True, help_text="Blind index; null once forgotten.")
    plate_kind = models.CharField(max_length=16)
    vehicle_class = models.CharField(
        max_length=12,
        choices=VEHICLES,
        blank=True,
        default="",
        db_default="",
        help_text="As the entry's camera reports it, or staff entered it.",
    )
    entered_at = models.DateTimeField(null=True, help_text="Null: the entry was never seen.")
    left_at = models.DateTimeField(null=True)
    entry_lane = models.ForeignKey(Lane, models.PROTECT, null=True, related_name="+", db_index=False)
    exit_lane = models.ForeignKey(Lane, models.PROTECT, null=True, related_name="+", db_index=False)
    departure = models.CharField(max_length=8, choices=Departure, default=Departure.NONE, blank=True)
    paid_fen = models.BigIntegerField(default=0, help_text="Credited to this stay, less refunds; fen.")
    relief_fen = models.BigIntegerField(
        default=0, db_default=0, help_text="Taken off its price by rights such as coupons; fen."
    )
    paid_at = models.DateTimeField(null=True, help_text="Up to when the stay is paid.")
    exit_until = models.DateTimeField(null=True, help_text="May leave until then without paying more.")
    needs_review = models.BooleanField(default=False)
    unsettled_at = models.DateTimeField(
        null=True, help_text="Its times changed then: what it costs is to be compared with what was paid."
    )
    covered = models.JSONField(
        null=True, help_text="Of a forgotten plate: what its rights covered; see lots.permit_coverage."
    )
    forgotten_at = models.DateTimeField(null=True)

    PRIVACY = (
        Stored(
            "plate",
            data_kinds.PLATE,
            _("to show staff and the driver in the lane, masked, which car it is; sealed"),
        ),
        Stored("plate_index", data_kinds.PLATE, _("to find the stay of a plate in this lot and in no other")),
        Stored(
            "id lot plate_kind vehicle_class entered_at left_at", data_kinds.SESSION, _("to work out the fee")
        ),
        Stored(
            "entry_lane exit_lane departure needs_review",
            data_kinds.SESSION,
            _("to explain a stay and to correct it"),
        ),
        Stored(
            "paid_fen relief_fen paid_at exit_until", data_kinds.SESSION, _("to let out cars that have paid")
        ),
        Stored(
            "unsettled_at",
            data_kinds.SESSION,
            _("to compare cost and payments again after its times changed"),
        ),
        Stored(
            "covered",
            data_kinds.SESSION,
            _(
                "once the plate is erased: which pass or free access the car had, and what part of the stay"
                " it covered"
            ),
        ),
        Stored("forgotten_at", data_kinds.PROOF, _("to prove when the plate was erased")),
    )

    objects = SessionQuerySet["ParkingSession"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "plate_index"],
                condition=Q(left_at=None, plate_index__isnull=False),
                name="session_one_open_per_plate_and_lot",
            ),
            models.UniqueConstraint(
                fields=["lot", "plate_index", "entered_at"],
                condition=Q(entered_at__isnull=False, plate_index__isnull=False),
                name="session_one_per_entry",
            ),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(entered_at=None) | Q(left_at__gte=F("entered_at")),
                name="session_leaves_after_it_enters",
            ),
            models.CheckConstraint(
                condition=Q(entered_at__isnull=False) | Q(left_at__isnull=False),
                name="session_was_seen",
            ),
            models.CheckConstraint(condition=Q(paid_fen__gte=0), name="session_paid_not_negative"),
            models.CheckConstraint(condition=Q(relief_fen__gte=0), name="session_relief_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["lot", "left_at"],
                condition=Q(Q(plate__isnull=False) | Q(plate_index__isnull=False), left_at__isnull=False),
                name="session_to_forget",
            ),
            models.Index(fields=["lot", "entered_at"], name="session_of_lot"),
            models.Index(Coalesce("entered_at", "left_at"), name="session_by_time"),  # of the console's list
            models.Index(fields=["lot", "left_at"], condition=Q(left_at__isnull=False), name="session_ended"),
            models.Index(fields=["lot"], condition=Q(needs_review=True), name="session_to_review"),
            models.Index(
                fields=["unsettled_at"], condition=Q(unsettled_at__isnull=False), name="session_unsettled"
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"

    def may_leave(self, at: datetime) -> bool:
        """Return whether the exit window of a payment is still open."""
        return self.exit_until is not None and at <= self.exit_until

    def priced_until(self, at: datetime) -> datetime:
        """Return the end of the time to be priced at `at`: the session's end if it has one."""
        return min(at, self.left_at or at)

    def due_of(self, price: Price, *, at: datetime) -> int:
        """Return what is due at `at`, in fen, from a price that was worked out up to then."""
        return 0 if self.may_leave(at) else max(0, price.fen - self.relief_fen - self.paid_fen)


class PlateRead(models.Model):
    """What a camera reports (号牌识别记录)."""

    class Outcome(models.TextChoices):
        ENTERED = "entered", _("Read at the entry")
        LEFT = "left", _("Read when leaving")
        HELD = "held", _("Read at the exit, payment due")  # stands at the exit and owes
        DUPLICATE = "duplicate", _("Repeat read")  # the same car, seen again within moments
        UNREAD = "unread", _("Plate not read")  # a car, but no plate
        UNMATCHED = "unmatched", _("No entry on record")  # at the exit, never seen at the entry
        QUARANTINED = "quarantined", _("Implausible time")  # its time cannot be true
        LATE = "late", _("Uploaded late")  # reported after the fact; stays were rebuilt with it

    TO_REVIEW = (Outcome.UNMATCHED, Outcome.UNREAD, Outcome.QUARANTINED)

    # Each entry and exit writes these rows: no index that another one begins with.
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="reads", db_index=False)
    lane = models.ForeignKey(Lane, models.PROTECT, related_name="reads", db_index=False)
    device = models.ForeignKey(Device, models.PROTECT, related_name="reads", db_index=False)
    key = models.CharField(
        max_length=80, help_text="The camera's own id of this event; a repeat is the same read."
    )
    direction = models.CharField(max_length=5, choices=Lane.Direction)
    captured_at = models.DateTimeField(help_text="Event time, corrected for the device's clock.")
    received_at = models.DateTimeField()
    offline = models.BooleanField(default=False)
    plate = models.BinaryField(null=True)
    plate_index = models.BinaryField(max_length=16, null=True)
    plate_kind = models.CharField(max_length=16, blank=True)
    vehicle_class = models.CharField(
        max_length=12,
        choices=VEHICLES,
        blank=True,
        default="",
        db_default="",
        help_text="As the camera says.",
    )
    confidence = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome)
    moved_at = models.DateTimeField(null=True, help_text="When the car went in or out; null: it did not.")
    session = models.ForeignKey(ParkingSession, models.SET_NULL, null=True, related_name="reads")

    PRIVACY = (
        Stored(
            "plate plate_index",
            data_kinds.PLATE,
            _("to join what the cameras saw of one car to a stay; as above"),
        ),
        Stored(
            "id lot lane device session direction",
            data_kinds.SESSION,
            _("where it was seen, and in which stay"),
        ),
        Stored(
            "key", data_kinds.SESSION, _("the camera's own id of the event, so that a repeat counts once")
        ),
        Stored(
            "captured_at received_at moved_at offline",
            data_kinds.SESSION,
            _("when, so that late reports fit in"),
        ),
        Stored(
            "plate_kind vehicle_class confidence outcome",
            data_kinds.SESSION,
            _("what it was, and misreads for staff"),
        ),
    )

    objects = ReadQuerySet["PlateRead"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("device", "key", name="read_once_per_device")]
        indexes = [
            models.Index(
                fields=["lot", "plate_index"],
                condition=Q(moved_at__isnull=False, plate_index__isnull=False),
                name="read_moves_of_plate",
            ),
            models.Index(
                fields=["lot", "plate_index"], condition=Q(outcome="held"), name="read_held_of_plate"
            ),
            models.Index(fields=["lane", "-captured_at"], name="read_at_lane"),
            models.Index(fields=["captured_at"], name="read_by_time"),  # of the console's list
            models.Index(
                fields=["lot", "captured_at"],
                condition=Q(plate__isnull=False) | Q(plate_index__isnull=False),
                name="read_to_forget",
            ),
            models.Index(
                fields=["lot", "captured_at"],
                condition=Q(outcome__in=["unmatched", "unread", "quarantined"]),
                name="read_to_review",
            ),
        ]

    def __str__(self) -> str:
        return f"read {self.pk}"


class ReadPicture(models.Model):
    """The camera's picture of a read (抓拍照片), of devices with `keep_images` alone; see `lots.pictures`.

    In a table of its own, so that no hot query carries it and forgetting it frees the whole row.
    """

    read = models.OneToOneField(PlateRead, models.CASCADE, primary_key=True, related_name="picture")
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+")
    picture = models.BinaryField(help_text="A JPEG, sealed like a plate.")

    PRIVACY = (
        Stored("read lot picture", data_kinds.PICTURE, _("to compare with a plate that was misread; sealed")),
    )

    def __str__(self) -> str:
        return f"picture of read {self.pk}"
