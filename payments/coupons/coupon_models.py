"""Shops that hand out coupons (商户), what they may hand out, each coupon, and what it took off a stay.

A coupon is bound to a lot, never to a person. One for a plate knows it by the lot's blind index alone, which
is forgotten with the stay's clock (`compliance.retention`).
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from core.state import StateMachine, Transition
from payments.coupons import coupon_rules


class Shop(models.Model):
    """A shop, or the operator itself, that hands out coupons in one lot. Limits: null is none."""

    lot = models.ForeignKey("lots.Lot", models.PROTECT, related_name="shops")
    name = models.CharField(max_length=60)
    pays_percent = models.PositiveSmallIntegerField(
        default=100, help_text="What it pays of the value that its coupons took; the operator bears the rest."
    )
    per_hour = models.PositiveIntegerField(null=True, blank=True, help_text="Coupons in 60 minutes.")
    per_day = models.PositiveIntegerField(null=True, blank=True, help_text="Coupons in the lot's day.")
    per_plate_day = models.PositiveIntegerField(
        null=True, blank=True, default=1, help_text="Coupons for one plate in the lot's day."
    )
    month_fen = models.BigIntegerField(
        null=True, blank=True, help_text="Most that coupons issued in one month may take."
    )
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Set when it may issue no more.")
    revision = models.PositiveIntegerField(
        default=1, help_text="Counts its changes, so that none is overwritten unseen."
    )
    clerks = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="shops", help_text="Accounts that see this shop alone."
    )

    PRIVACY = (
        Stored(
            "id lot name pays_percent created_at ended_at revision",
            data_kinds.SETUP,
            _("which shop may issue coupons"),
        ),
        Stored("per_hour per_day per_plate_day month_fen", data_kinds.SETUP, _("its limits, against misuse")),
        Stored("clerks", data_kinds.STAFF, _("which accounts see only this shop")),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("lot", "name", name="shop_name_once_per_lot"),
            models.CheckConstraint(condition=Q(pays_percent__lte=100), name="shop_pays_at_most_all"),
        ]

    def __str__(self) -> str:
        return self.name


class CouponOffer(models.Model):
    """A template: what a coupon of this sort takes off, and when. Never changed, only ended.

    Coupons that drivers hold were promised its terms.
    """

    class Kind(models.TextChoices):
        ALL_FREE = coupon_rules.CouponKind.ALL_FREE.value, _("Free parking")
        TARIFF = coupon_rules.CouponKind.TARIFF.value, _("Other tariff")
        MINUTES = coupon_rules.CouponKind.MINUTES.value, _("Minutes")
        PERCENT = coupon_rules.CouponKind.PERCENT.value, _("Percent off")
        AMOUNT = coupon_rules.CouponKind.AMOUNT.value, _("Amount off (¥)")

    class Position(models.TextChoices):
        NONE = ""
        SHIFT_ENTRY = coupon_rules.Position.SHIFT_ENTRY.value
        DEDUCT_HEAD = coupon_rules.Position.DEDUCT_HEAD.value
        DEDUCT_TAIL = coupon_rules.Position.DEDUCT_TAIL.value

    class Funder(models.TextChoices):
        SHOP = "shop"
        OPERATOR = "operator"

    lot = models.ForeignKey("lots.Lot", models.PROTECT, related_name="coupon_offers")
    shops = models.ManyToManyField(Shop, related_name="offers", blank=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=8, choices=Kind)
    value = models.PositiveIntegerField(default=0, help_text="Fen, minutes or percent off, as the kind says.")
    position = models.CharField(max_length=11, choices=Position, default=Position.NONE, blank=True)
    tariff = models.JSONField(null=True, blank=True, help_text="Another tariff; see lots.tariffs.")
    most_fen = models.BigIntegerField(null=True, blank=True, help_text="One coupon takes no more than this.")
    stackable = models.BooleanField(default=False, help_text="Counts together with other coupons.")
    per_stay = models.PositiveSmallIntegerField(default=1)
    most_minutes = models.PositiveIntegerField(null=True, blank=True, help_text="Of this sort in one stay.")
    same_day = models.BooleanField(default=True, help_text="Good on the day of its issue alone.")
    valid_hours = models.PositiveIntegerField(default=24)
    entry_from = models.TimeField(null=True, blank=True, help_text="For cars that came in from this hour …")
    entry_to = models.TimeField(null=True, blank=True, help_text="… to before this one.")
    funded_by = models.CharField(max_length=8, choices=Funder, default=Funder.SHOP)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    PRIVACY = (
        Stored(
            "id lot name kind value position tariff most_fen stackable per_stay most_minutes same_day"
            " valid_hours entry_from entry_to funded_by created_at ended_at",
            data_kinds.SETUP,
            _("what a coupon of this kind is worth, when, and who pays for it"),
        ),
        Stored("shops", data_kinds.SETUP, _("which shop may issue which coupons")),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("lot", "name", name="coupon_offer_name_once_per_lot"),
            models.CheckConstraint(
                condition=Q(kind__in=["all_free", "tariff"], value=0)
                | Q(kind__in=["minutes", "amount"], value__gt=0)
                | Q(kind="percent", value__gte=1, value__lte=99),
                name="coupon_offer_has_a_value",
            ),
            models.CheckConstraint(
                condition=Q(kind="minutes", position__in=["shift_entry", "deduct_head", "deduct_tail"])
                | ~Q(kind="minutes") & Q(position=""),
                name="coupon_offer_says_which_minutes",
            ),
            models.CheckConstraint(
                condition=Q(kind="tariff") | Q(tariff__isnull=True), name="coupon_offer_tariff_of_its_kind"
            ),
            models.CheckConstraint(
                condition=Q(entry_from__isnull=True, entry_to__isnull=True)
                | Q(entry_from__isnull=False, entry_to__isnull=False),
                name="coupon_offer_whole_window",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Coupon(StateMachine):
    """One right to a reduction, for one stay (停车券).

    Held: a payment with it is on its way for `session`. It is free again as soon as that stay has no
    unfinished payment; nothing has to be done for that (`payments.coupons.redemption`).
    """

    class State(models.TextChoices):
        ISSUED = "issued", _("Valid")
        HELD = "held", _("Payment in progress")
        USED = "used", _("Used")
        REVOKED = "revoked", _("Withdrawn")
        EXPIRED = "expired", _("Expired")

    TRANSITIONS = {
        State.ISSUED: {State.HELD, State.USED, State.REVOKED, State.EXPIRED},
        State.HELD: {State.ISSUED, State.USED},
        State.USED: set(),
        State.REVOKED: set(),
        State.EXPIRED: {State.USED},  # its payment was pressed in time, and its money came late
    }
    OPEN = (State.ISSUED, State.HELD)
    code: str | None = None  # in memory, where the caller knows it; no statement and no log ever has it
    by: Any = None  # the staff member who makes the next move; goes into its event

    lot = models.ForeignKey("lots.Lot", models.PROTECT, related_name="+")
    shop = models.ForeignKey(Shop, models.PROTECT, related_name="coupons")
    offer = models.ForeignKey(CouponOffer, models.PROTECT, related_name="coupons")
    digest = models.BinaryField(max_length=16, null=True, unique=True, help_text="Finds it by its code.")
    sealed_code = models.BinaryField(null=True, help_text="To show its QR again; sealed like a plate.")
    code_end = models.CharField(max_length=4, blank=True, help_text="To tell two apart in a list.")
    plate_index = models.BinaryField(max_length=16, null=True, help_text="Blind index; null once forgotten.")
    for_plate = models.BooleanField(help_text="Issued for a plate; stays when that is forgotten.")
    session = models.ForeignKey(
        "lots.ParkingSession", models.PROTECT, null=True, related_name="coupons", help_text="Held or used by."
    )
    state = models.CharField(max_length=7, choices=State, default=State.ISSUED)
    issued_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    bound_fen = models.BigIntegerField(help_text="Most that it was thought to take: for the shop's budget.")
    request = models.CharField(
        max_length=48, unique=True, help_text="The press of the button that issued it; a repeat issues none."
    )

    PRIVACY = (
        Stored(
            "plate_index",
            data_kinds.PLATE,
            _(
                "to find the coupon of a plate in this lot and in no other; erased with its stay, or if"
                " the car never came, once the lot's retention period has passed since the coupon ended,"
                " which is a day after it was issued"
            ),
        ),
        Stored(
            "id lot shop offer for_plate state",
            data_kinds.COUPON,
            _("which discount it gives, and whether it is used"),
        ),
        Stored(
            "digest sealed_code code_end",
            data_kinds.COUPON,
            _("to find it by its code, and to show the code again"),
        ),
        Stored(
            "session issued_at valid_until",
            data_kinds.COUPON,
            _("for which stay it is used, and until when it may be"),
        ),
        Stored(
            "bound_fen request",
            data_kinds.COUPON,
            _("to stay within the shop's budget; to issue once per click"),
        ),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(for_plate=True, digest__isnull=True) | Q(for_plate=False, digest__isnull=False),
                name="coupon_by_code_or_plate",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["held", "used"]) | Q(session__isnull=False),
                name="coupon_in_use_has_a_stay",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lot", "plate_index"], condition=Q(plate_index__isnull=False), name="coupon_of_plate"
            ),
            models.Index(fields=["shop", "issued_at"], name="coupon_of_shop"),
            models.Index(
                fields=["valid_until"], condition=Q(state__in=["issued", "held"]), name="coupon_to_expire"
            ),
        ]

    def __str__(self) -> str:
        return f"coupon {self.pk}"

    def _event(self, **event: Any) -> models.Model:
        return CouponEvent(coupon=self, by=self.by, **event)


class CouponEvent(Transition):
    """One move of a coupon, and who of staff made it and why. Append-only; holds no code and no plate."""

    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="events")
    was = models.CharField(max_length=7, blank=True)
    became = models.CharField(max_length=7)
    cause = models.CharField(max_length=100, help_text="issue, pay, settle, covered, or staff's own words")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    PRIVACY = (
        Stored("id coupon was became cause at", data_kinds.COUPON, _("each step of a coupon, for disputes")),
        Stored("by", data_kinds.STAFF, _("which staff member issued it or took it back")),
    )


class CouponUse(models.Model):
    """What one coupon took off one stay. `fen` follows the stay meanwhile; the ledger has each step."""

    coupon = models.OneToOneField(Coupon, models.PROTECT, related_name="use")
    lot = models.ForeignKey("lots.Lot", models.PROTECT, related_name="+")
    shop = models.ForeignKey(Shop, models.PROTECT, related_name="uses")
    session = models.ForeignKey("lots.ParkingSession", models.PROTECT, related_name="coupon_uses")
    payment = models.ForeignKey(
        "payments.Payment", models.PROTECT, null=True, related_name="coupon_uses", help_text="Null: none."
    )
    fen = models.BigIntegerField(default=0)
    face_fen = models.BigIntegerField(default=0, help_text="By its face: see payments.coupons.coupon_rules.")
    shop_fen = models.BigIntegerField(default=0, help_text="What of `fen` the shop pays.")
    used_at = models.DateTimeField()

    PRIVACY = (
        Stored(
            "id coupon lot shop session payment fen face_fen shop_fen used_at",
            data_kinds.COUPON,
            _("how much it took off, and how much of that the shop owes"),
        ),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(fen__gte=0, shop_fen__gte=0, shop_fen__lte=models.F("fen")),
                name="coupon_use_within_itself",
            ),
        ]
        indexes = [
            models.Index(fields=["lot", "used_at"], name="coupon_use_of_lot"),
            models.Index(fields=["shop", "used_at"], name="coupon_use_of_shop"),
        ]

    def __str__(self) -> str:
        return f"use of coupon {self.coupon_id}"
