"""The car park: places, devices, plate reads, sessions, and commands to barriers.

Every hot row carries its lot, and every hot index leads with it (one PostgreSQL serves a city).
Plates are stored sealed, with a blind index per lot; see `core.vault`.
"""

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import data_kinds
from core.privacy import Stored
from core.state import StateMachine
from lots.models.querysets import (
    GateCommandQuerySet,
    ReadQuerySet,
    Revocable,
    SessionQuerySet,
    SignQuerySet,
    TariffVersionQuerySet,
)
from lots.plates import PROVINCES
from lots.sightings import TRUSTED
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


class Operator(models.Model):
    """The company that runs lots and is responsible for them (运营方)."""

    legal_name = models.CharField(max_length=120)
    contact = models.CharField(max_length=200, help_text="Where a person writes about their data.")
    service_phone = models.CharField(max_length=40)
    complaint_phones = models.CharField(max_length=80, default="12345 / 12315")
    cash_information = models.CharField(max_length=200)
    revision = models.PositiveIntegerField(
        default=1, db_default=1, help_text="Counts changes: two people may edit."
    )

    PRIVACY = (
        Stored(
            "id legal_name contact service_phone complaint_phones cash_information",
            data_kinds.SETUP,
            _("who answers for a lot; shown on its pages, as PIPL Art. 17 and the price and cash rules ask"),
        ),
        Stored("revision", data_kinds.SETUP, _("so that two people who edit it at once lose nothing")),
    )

    def __str__(self) -> str:
        return self.legal_name


class Lot(models.Model):
    """One car park (停车场、库)."""

    class Kind(models.TextChoices):
        MALL = "mall", _("Mall")
        HOSPITAL = "hospital", _("Hospital")
        HOTEL = "hotel", _("Hotel")
        PARK = "park", _("Park")
        SCENIC = "scenic", _("Scenic area")
        OTHER = "other", _("Other")

    class System(models.TextChoices):
        """Who owns this lot's stays and says what they cost; see lots.systems."""

        BUILTIN = "builtin", _("Built in")
        AIKE = "aike", "艾科智泊"
        KEYTOP = "keytop", "科拓"
        JIESHUN = "jieshun", "捷顺"
        PCLOUD = "pcloud", "P云"
        BOLIAN = "bolian", "泊链"
        HIKVISION = "hikvision", "海康 ISC"
        HIKVISION_8700 = "hikvision8700", "海康 8700"
        GENERIC = "generic", _("Open interface")

    operator = models.ForeignKey(Operator, models.PROTECT, related_name="lots")
    slug = models.SlugField(unique=True, help_text="Public name in addresses, for example xujiahui.")
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    zone = models.CharField(max_length=40, default="Asia/Shanghai", help_text="IANA time zone.")
    province = models.CharField(max_length=1, default="沪", help_text="First character offered for a plate.")
    bays = models.PositiveIntegerField(default=0, help_text="Marked spaces (车位); 0: unknown.")
    retention_hours = models.PositiveSmallIntegerField(
        default=24, help_text="A plate is forgotten this many hours after its car left."
    )
    exit_window = models.PositiveSmallIntegerField(
        default=15, help_text="Minutes to leave after paying (离场时限)."
    )
    jam_minutes = models.PositiveSmallIntegerField(
        default=30,
        db_default=30,
        help_text="Minutes that staff give all paid cars while the way out is jammed (出口拥堵宽限).",
    )
    jam_until = models.DateTimeField(
        null=True, blank=True, help_text="Paid cars may leave until then: the exit is jammed."
    )
    system = models.CharField(
        max_length=16,
        choices=System,
        default=System.BUILTIN,
        db_default=System.BUILTIN,
        help_text="The parking system that answers for it; see lots.systems.",
    )
    system_digest = models.CharField(
        max_length=16,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Digest of which lot at which address of that system answers; empty: our own.",
    )
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Set while no payment is taken here.")
    opens_at = models.DateTimeField(
        null=True, blank=True, help_text="When it is going to take payments; null: nothing is planned."
    )
    revision = models.PositiveIntegerField(
        default=1, db_default=1, help_text="Counts changes: two people may edit."
    )
    is_trial = models.BooleanField(
        default=False, help_text="For test payments alone (支付测试): no report counts its money."
    )

    PRIVACY = (
        Stored(
            "id operator slug name address kind zone province bays system system_digest",
            data_kinds.SETUP,
            _("which car park it is"),
        ),
        Stored("retention_hours", data_kinds.SETUP, _("how long its plates are stored")),
        Stored(
            "exit_window jam_minutes jam_until closed_at opens_at is_trial",
            data_kinds.SETUP,
            _("rules of its exits and whether it takes payments"),
        ),
        Stored("revision", data_kinds.SETUP, _("so that two people who edit it at once lose nothing")),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(province__in=list(PROVINCES)), name="lot_province_exists"),
            models.CheckConstraint(condition=Q(retention_hours__gte=1), name="lot_retention_at_least_1h"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def is_counted(self) -> bool:
        """Return whether its cars are counted here, and not by another parking system."""
        return self.system == self.System.BUILTIN


class Lane(models.Model):
    """One way in or out (车道)."""

    class Direction(models.TextChoices):
        ENTRY = "entry", pgettext_lazy("lane", "Entry")
        EXIT = "exit", pgettext_lazy("lane", "Exit")
        BOTH = "both", _("Entry and exit")

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="lanes")
    name = models.CharField(max_length=40)
    direction = models.CharField(max_length=5, choices=Direction)
    min_confidence = models.PositiveSmallIntegerField(
        default=50, help_text="Percent; a plate read with less counts as unread."
    )
    has_screen = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Its screen shows a code that changes; the printed one asks for the plate.",
    )

    PRIVACY = (
        Stored(
            "id lot name direction min_confidence has_screen",
            data_kinds.SETUP,
            _("which way in or out it is, how sure its camera must be, and whether its code changes"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("lot", "name", name="lane_name_once_per_lot"),
            models.CheckConstraint(condition=Q(min_confidence__lte=100), name="lane_confidence_is_percent"),
        ]

    def __str__(self) -> str:
        return self.name


class Sign(models.Model):
    """One printed copy of a code, hanging in one place (标识)."""

    class Kind(models.TextChoices):
        PURE = "pure"
        LANE = "lane"

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="signs")
    lane = models.ForeignKey(Lane, models.CASCADE, null=True, blank=True, related_name="signs")
    kind = models.CharField(max_length=4, choices=Kind, default=Kind.PURE)
    number = models.PositiveIntegerField()
    place = models.CharField(max_length=80)
    code = models.CharField(max_length=16, unique=True)
    printed_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    PRIVACY = (
        Stored("id lot lane kind number place", data_kinds.SETUP, _("which printed copy hangs where")),
        Stored(
            "code printed_at revoked_at",
            data_kinds.SETUP,
            _("to tell a genuine sign from a forged or withdrawn one"),
        ),
    )

    objects = SignQuerySet["Sign"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("lot", "number", name="sign_number_once_per_lot"),
            models.CheckConstraint(
                condition=Q(kind="pure", lane=None) | Q(kind="lane", lane__isnull=False),
                name="sign_lane_code_has_a_lane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.place}"


class TariffVersion(models.Model):
    """One version of a lot's charging rule (计费规则); never changed once it is in force."""

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="tariffs")
    version = models.PositiveIntegerField()
    document = models.JSONField(help_text="See lots.tariffs.")
    valid_from = models.DateTimeField()
    counts_from = models.DateTimeField(
        null=True, help_text="Of cars from before the first tariff: time before it costs nothing."
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="Null: command line."
    )
    signed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True, db_default="")
    withdrawn_at = models.DateTimeField(null=True, help_text="Called off before it was in force.")
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    PRIVACY = (
        Stored(
            "id lot version document valid_from counts_from",
            data_kinds.SETUP,
            _("the price rule that each bill names"),
        ),
        Stored(
            "signed_by signed_at why withdrawn_at withdrawn_by",
            data_kinds.STAFF,
            _("who answers for a price rule"),
        ),
    )

    objects = TariffVersionQuerySet["TariffVersion"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["valid_from"], name="tariff_begins")]
        constraints = [
            models.UniqueConstraint("lot", "version", name="tariff_version_once_per_lot"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__lt=F("valid_from")),
                name="tariff_in_force_is_not_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot_id} v{self.version}"


class Device(models.Model):
    """A camera or gate box with a key of its own (设备)."""

    class Make(models.TextChoices):
        API = "api", _("Other device, using the open API")
        VZENITH = "vzenith", _("Vzenith camera")

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="devices")
    lane = models.ForeignKey(Lane, models.CASCADE, related_name="devices")
    name = models.CharField(max_length=40)
    make = models.CharField(max_length=10, choices=Make)
    serial = models.CharField(max_length=64, blank=True, help_text="What the camera calls itself.")
    key_id = models.CharField(max_length=32, unique=True, help_text="Public half of the device's key.")
    secret = models.BinaryField(help_text="The device's secret, sealed like a plate.")
    next_key_id = models.CharField(
        max_length=32,
        unique=True,
        null=True,
        blank=True,
        help_text="While its key is being changed: the new one.",
    )
    next_secret = models.BinaryField(
        null=True, help_text="The new key's secret; both keys are good until then."
    )
    next_used_at = models.DateTimeField(null=True, blank=True, help_text="When the new key was first used.")
    keep_images = models.BooleanField(
        default=False, help_text="Keep the pictures that it pushes; else they are dropped."
    )
    clock_offset = models.IntegerField(default=0, help_text="Seconds by which its clock is ahead of ours.")
    last_seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    PRIVACY = (
        Stored("id lot lane name make serial", data_kinds.DEVICE, _("where each camera or gate box is")),
        Stored("key_id secret", data_kinds.DEVICE, _("to authenticate its requests; the secret is sealed")),
        Stored(
            "next_key_id next_secret next_used_at",
            data_kinds.DEVICE,
            _("to change its key while it works; sealed"),
        ),
        Stored(
            "keep_images clock_offset last_seen_at revoked_at",
            data_kinds.DEVICE,
            _("its settings and its health"),
        ),
    )

    objects = Revocable["Device"].as_manager()

    def __str__(self) -> str:
        return self.name


class DeviceNonce(models.Model):
    """The nonce of a signed request, stored while its time stamp would still be accepted."""

    device = models.ForeignKey(Device, models.CASCADE)
    nonce = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    PRIVACY = (
        Stored(
            "id device nonce expires_at",
            data_kinds.DEVICE,
            _("to refuse a device's request that is sent twice; dropped within minutes of its expiry"),
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint("device", "nonce", name="device_nonce_once")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.nonce}"


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


class GateCommand(StateMachine):
    """One order to one barrier, with an expiry (开闸指令). It opens at most once."""

    class Cause(models.TextChoices):
        ENTRY = "entry", _("Entry")
        TICKET = "ticket", _("Entered with a ticket")
        PAID = "paid", pgettext_lazy("stay", "Paid")
        NOTHING_OWED = "nothing_owed", _("Nothing to pay")
        MANUAL = "manual", _("Manual release")

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting for the barrier to fetch it")
        SENT = "sent", _("Sent to the barrier")
        OPENED = "opened", _("Barrier opened")
        FAILED = "failed", _("Barrier not opened")
        EXPIRED = "expired", _("Expired before it was fetched")

    TRANSITIONS = {
        State.QUEUED: {State.SENT, State.EXPIRED},
        State.SENT: {State.OPENED, State.FAILED},
        State.OPENED: set(),
        State.FAILED: set(),
        State.EXPIRED: {State.QUEUED},  # never sent, and the car still stands there
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    lane = models.ForeignKey(Lane, models.PROTECT, related_name="commands", db_index=False)
    session = models.ForeignKey(ParkingSession, models.SET_NULL, null=True, related_name="commands")
    read = models.OneToOneField(PlateRead, models.SET_NULL, null=True, related_name="command")
    cause = models.CharField(max_length=12, choices=Cause)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    PRIVACY = (
        Stored(
            "id lot lane session read cause state issued_at expires_at sent_at answered_at",
            data_kinds.BARRIER,
            _("to open a barrier once and never late, and to record why a car was let out"),
        ),
    )

    objects = GateCommandQuerySet["GateCommand"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["lane", "issued_at"], condition=Q(state="queued"), name="command_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.cause} {self.state}"

    def advance(self, to: str, *, unchanged: tuple[str, ...] = (), **fields: Any) -> bool:
        """Move to `to` and set `fields`, its own `cause` among them; no event is recorded."""
        return self._move(to, unchanged, fields, event={})

    def is_in_time(self, at: datetime) -> bool:
        """Return whether the barrier may still move for it: see `_too_late`."""
        return self.issued_at <= at + TRUSTED and at < self.expires_at

    def expire(self, *, at: datetime) -> bool:
        """Expire a command that was not fetched by `at`; False if it was, or was queued again."""
        lapsed = self.state == self.State.QUEUED and not self.is_in_time(at)
        return lapsed and self.advance(self.State.EXPIRED, unchanged=("expires_at",))


class LaneCall(models.Model):
    """A request of staff for help at a lane; every open booth screen of its lot shows it (呼叫)."""

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="+", db_index=False)
    lane = models.ForeignKey(Lane, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    PRIVACY = (
        Stored(
            "id lot lane at by answered_at answered_by",
            data_kinds.STAFF,
            _("who asked for help at a lane, and who went; deleted after a day"),
        ),
    )

    class Meta:
        indexes = [models.Index(fields=["lot", "at"], name="lane_call_of_lot")]
        constraints = [
            models.UniqueConstraint(
                fields=["lane"], condition=Q(answered_at=None), name="lane_call_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"
