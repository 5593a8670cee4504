"""Members (会员): who chose to register, what they get, and what they agreed to. No stay is named here.

A member belongs to an operator, the group of lots in which a plate has one holder. What a lot gives its
members is a coupon or a permit; what it was used for stands in the tables of payments, without a name.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from members import member_data_kinds as member_kinds
from members.asked import AskedField, BenefitKind


class Benefit(models.Model):
    """One thing that members of one lot get (会员权益). Only ended, never changed: it was promised."""

    class KindOf(models.TextChoices):
        MINUTES = BenefitKind.MINUTES.value
        PERCENT = BenefitKind.PERCENT.value
        POINTS = BenefitKind.POINTS.value
        PASS = BenefitKind.PASS.value

    lot = models.ForeignKey("lots.Lot", models.CASCADE, related_name="member_benefits")
    kind = models.CharField(max_length=7, choices=KindOf)
    value = models.PositiveIntegerField(
        default=0, help_text="Minutes, percent off, or the fen of a coupon for points, as the kind says."
    )
    points = models.PositiveIntegerField(default=0, help_text="Of points: how many a coupon costs.")
    asks_plate = models.BooleanField(default=False, help_text="Offers to remember a plate.")
    asks_name = models.BooleanField(default=False, help_text="Offers to remember a name for the invoice.")
    shop = models.ForeignKey("payments.Shop", models.PROTECT, null=True, related_name="+")
    offer = models.ForeignKey("payments.CouponOffer", models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    PRIVACY = (
        Stored("id lot kind value points shop offer", data_kinds.SETUP, _("what members of a lot get")),
        Stored(
            "asks_plate asks_name", data_kinds.SETUP, _("which optional fields it offers, of a fixed list")
        ),
        Stored(
            "started_at started_by ended_at ended_by",
            data_kinds.STAFF,
            _("which staff member began and ended it"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "kind"], condition=Q(ended_at=None), name="member_benefit_once_per_lot"
            ),
            models.CheckConstraint(
                condition=Q(asks_name=False) | Q(kind="pass"), name="member_name_for_a_pass_alone"
            ),
            models.CheckConstraint(
                condition=Q(kind="pass", asks_plate=True)
                | Q(kind="points", asks_plate=False)
                | Q(kind__in=["minutes", "percent"]),
                name="member_plate_where_it_serves",
            ),
            models.CheckConstraint(
                condition=Q(kind="pass", value=0, points=0)
                | Q(kind="minutes", value__gt=0, points=0)
                | Q(kind="percent", value__gte=1, value__lte=99, points=0)
                | Q(kind="points", value__gt=0, points__gt=0),
                name="member_benefit_has_a_value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.lot_id}"

    @property
    def optional(self) -> frozenset[AskedField]:
        """Return the optional fields that it offers."""
        values = {
            AskedField.PLATE: self.asks_plate and self.kind != BenefitKind.PASS,
            AskedField.NAME: self.asks_name,
        }
        return frozenset(field for field, offered in values.items() if offered)


class MemberSign(models.Model):
    """One printed copy of a member code, hanging in one place (会员标识). No table of pure signs has it."""

    lot = models.ForeignKey("lots.Lot", models.CASCADE, related_name="member_signs")
    number = models.PositiveIntegerField()
    place = models.CharField(max_length=80)
    title = models.CharField(max_length=40, help_text="Says 会员 or 公众号.")
    code = models.CharField(max_length=16, unique=True)
    address = models.CharField(
        max_length=200,
        blank=True,
        help_text="Of an official account (公众号), if its QR leads there.",
    )
    printed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    PRIVACY = (
        Stored(
            "id lot number place title code address printed_at revoked_at",
            data_kinds.SETUP,
            _("which member code hangs where, apart from the pure codes"),
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint("lot", "number", name="member_sign_number_once_per_lot")]

    def __str__(self) -> str:
        return f"会{self.number} {self.place}"


class Terms(models.Model):
    """What members of a lot agree to, in the words they were shown (同意文本). Named by its content."""

    lot = models.ForeignKey("lots.Lot", models.PROTECT, related_name="+")
    version = models.CharField(max_length=8)
    texts = models.JSONField(help_text="The sentences by language.")
    made_at = models.DateTimeField()

    PRIVACY = (Stored("id lot version texts made_at", data_kinds.SETUP, _("the text that members agree to")),)

    class Meta:
        constraints = [models.UniqueConstraint("lot", "version", name="member_terms_once_per_version")]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.version}"


class Member(models.Model):
    """One account (会员). Phone and name are sealed; deleting the row deletes all that is known of them."""

    operator = models.ForeignKey("lots.Operator", models.PROTECT, related_name="+")
    phone = models.BinaryField(help_text="Sealed.")
    phone_digest = models.BinaryField(max_length=16, help_text="Blind index per operator.")
    name = models.BinaryField(null=True, help_text="For the invoice of a pass; sealed.")
    joined_at = models.DateTimeField()
    used_on = models.DateField(help_text="The last day on which the account was used.")

    PRIVACY = (
        Stored(
            "phone phone_digest",
            member_kinds.MEMBER,
            _("to let the member in by a code; sealed, and indexed"),
        ),
        Stored("name", member_kinds.MEMBER, _("for the invoice of a pass, if given; sealed")),
        Stored(
            "id operator joined_at used_on",
            member_kinds.MEMBERSHIP,
            _("that there is an account, and whether it is used"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("operator", "phone_digest", name="member_phone_once_per_operator")
        ]
        indexes = [models.Index(fields=["used_on"], name="member_unused")]

    def __str__(self) -> str:
        return f"member {self.pk}"


class Consent(models.Model):
    """A member's consent at one lot: when, and to which text. It remains as proof without the member."""

    class Ended(models.TextChoices):
        NOT = ""
        WITHDRAWN = "withdrawn"
        RENEWED = "renewed"  # agreed to newer words
        DELETED = "deleted"  # with the account
        UNUSED = "unused"  # with an unused account

    lot = models.ForeignKey("lots.Lot", models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="consents")
    terms = models.ForeignKey(Terms, models.PROTECT, related_name="+")
    language = models.CharField(max_length=8)
    given_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_how = models.CharField(max_length=9, choices=Ended, default=Ended.NOT, blank=True)

    PRIVACY = (
        Stored(
            "id lot member terms language given_at ended_at ended_how",
            member_kinds.CONSENT,
            _("that a member agreed"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "lot"],
                condition=Q(ended_at=None, member__isnull=False),
                name="member_consent_one_in_force",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_how="") | Q(ended_at__isnull=False) & ~Q(ended_how=""),
                name="member_consent_end_has_reason",
            ),
        ]
        indexes = [models.Index(fields=["lot", "ended_at"], name="member_consent_of_lot")]

    def __str__(self) -> str:
        return f"consent {self.pk}"


class BoundPlate(models.Model):
    """A plate that a member has proved to have (绑定号牌). It has one holder in all lots of an operator."""

    class Proof(models.TextChoices):
        LANE = "lane"  # the code on the exit lane's screen
        RECEIPT = "receipt"  # of a stay that was paid
        STAFF = "staff"

    operator = models.ForeignKey("lots.Operator", models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, models.CASCADE, related_name="plates")
    held = models.BinaryField(help_text="The plate, sealed.")
    held_digest = models.BinaryField(max_length=16, help_text="Blind index per operator.")
    proof = models.CharField(max_length=7, choices=Proof)
    bound_at = models.DateTimeField()
    bound_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    PRIVACY = (
        Stored(
            "held held_digest",
            member_kinds.MEMBER,
            _("the plate that a benefit is for; sealed, found by an index per operator that no stay has"),
        ),
        Stored(
            "id operator member proof bound_at",
            member_kinds.MEMBERSHIP,
            _("whose it is, and how that was shown"),
        ),
        Stored("bound_by", data_kinds.STAFF, _("which staff member bound it, if any")),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("operator", "held_digest", name="member_plate_one_holder"),
        ]

    def __str__(self) -> str:
        return f"plate of member {self.member_id}"


class SmsCode(models.Model):
    """One code on its way to a phone, with what its owner agreed to when asking. Gone within the hour."""

    token_digest = models.BinaryField(max_length=16, unique=True)
    lot = models.ForeignKey("lots.Lot", models.CASCADE, related_name="+")
    phone = models.BinaryField(help_text="Sealed.")
    phone_digest = models.BinaryField(max_length=16)
    code_digest = models.BinaryField(max_length=32)
    terms = models.ForeignKey(
        Terms,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Null: to sign in, or to change the number.",
    )
    language = models.CharField(max_length=8)
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    PRIVACY = (
        Stored(
            "token_digest code_digest",
            member_kinds.TEXT_MESSAGE,
            _("to check the code; neither can be read back"),
        ),
        Stored(
            "phone phone_digest",
            member_kinds.TEXT_MESSAGE,
            _("whose it is, and how often it was asked for; sealed"),
        ),
        Stored(
            "id lot terms language tries made_at expires_at used_at",
            member_kinds.TEXT_MESSAGE,
            _("what was agreed to when asking, and whether it is still good"),
        ),
    )

    class Meta:
        indexes = [models.Index(fields=["phone_digest", "made_at"], name="member_codes_of_phone")]

    def __str__(self) -> str:
        return f"code {self.pk}"


class Outgoing(models.Model):
    """A text that the worker has to send; sealed whole, and deleted once it is sent or too late."""

    message = models.BinaryField(help_text="Sealed: to whom, what.")
    next_check_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    PRIVACY = (
        Stored(
            "id message next_check_at expires_at tries",
            member_kinds.TEXT_MESSAGE,
            _("a text message to be sent; sealed as a whole"),
        ),
    )

    def __str__(self) -> str:
        return f"text {self.pk}"


class MemberSession(models.Model):
    """A browser that is signed in. Stores neither its address nor its user agent."""

    digest = models.BinaryField(max_length=16, unique=True)
    member = models.ForeignKey(Member, models.CASCADE, related_name="sessions")
    expires_at = models.DateTimeField(db_index=True)

    PRIVACY = (
        Stored(
            "id digest member expires_at",
            member_kinds.MEMBER_SESSION,
            _("that a browser is signed in; no address, no agent"),
        ),
    )

    def __str__(self) -> str:
        return f"session {self.pk}"


class Points(models.Model):
    """Points got for a receipt, or given for a coupon (积分). Names neither the payment nor the stay."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="points")
    lot = models.ForeignKey("lots.Lot", models.PROTECT, related_name="+")
    points = models.IntegerField()
    press = models.CharField(max_length=36, help_text="Of the form that was sent; a repeat changes nothing.")
    at = models.DateTimeField()

    PRIVACY = (
        Stored(
            "id member lot points press at",
            member_kinds.MEMBERSHIP,
            _("points and what became of them; not linked to a stay"),
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint("member", "press", name="member_points_once_per_press")]

    def __str__(self) -> str:
        return f"points {self.pk}"


class ClaimedReceipt(models.Model):
    """A receipt whose points were given. Names neither the member nor the payment."""

    digest = models.BinaryField(max_length=16, unique=True)
    at = models.DateTimeField(db_index=True)

    PRIVACY = (
        Stored(
            "id digest at",
            member_kinds.MEMBER_SESSION,
            _("that a receipt has given its points; names no payment and no member"),
        ),
    )

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class LaneDisplay(models.Model):
    """A screen at an exit that shows a code to the car standing there; who has its address is the screen."""

    lane = models.OneToOneField("lots.Lane", models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=16, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    PRIVACY = (
        Stored(
            "id lane digest made_at", data_kinds.DEVICE, _("which screen may show codes to cars at an exit")
        ),
        Stored("made_by", data_kinds.STAFF, _("which staff member set it up")),
    )

    def __str__(self) -> str:
        return f"display of lane {self.lane_id}"
