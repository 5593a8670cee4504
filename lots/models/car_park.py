"""The car park itself: its operator, the lot with its lanes and printed signs, and its tariffs."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import data_kinds
from core.privacy import Stored
from lots.models.querysets import SignQuerySet, TariffVersionQuerySet
from lots.plates import PROVINCES


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
