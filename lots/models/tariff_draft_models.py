"""A tariff in the making (计费规则草稿), and every text that it ever had: what is saved is never lost."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored


class TariffDraft(models.Model):
    """What a lot's next tariff might say. One is open per lot; it ends signed or thrown away.

    `text` is kept as it was typed, valid or not: a draft may be saved in the middle of a thought. Two people
    may have it on their screens; a save names the `revision` that it began with.
    """

    lot = models.ForeignKey("lots.Lot", models.CASCADE, related_name="drafts")
    text = models.TextField(help_text="The document as typed; see lots.tariffs.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    became = models.OneToOneField(
        "lots.TariffVersion", models.PROTECT, null=True, related_name="draft", help_text="Null: thrown away."
    )

    PRIVACY = (
        Stored("id lot text revision became", data_kinds.SETUP, _("a price rule in the making")),
        Stored(
            "author created_at changed_by changed_at closed_by closed_at",
            data_kinds.STAFF,
            _("which staff member worked on it"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("lot", condition=Q(closed_at=None), name="draft_one_open_per_lot")
        ]

    def __str__(self) -> str:
        return f"draft {self.pk} r{self.revision}"


class TariffEdit(models.Model):
    """One saved text of a draft. Rows are only added."""

    draft = models.ForeignKey(TariffDraft, models.CASCADE, related_name="edits")
    revision = models.PositiveIntegerField()
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    PRIVACY = (
        Stored(
            "id draft revision text",
            data_kinds.SETUP,
            _("each saved text of a draft, so that no work is lost"),
        ),
        Stored("by at", data_kinds.STAFF, _("which staff member saved it")),
    )

    class Meta:
        constraints = [models.UniqueConstraint("draft", "revision", name="draft_revision_once")]

    def __str__(self) -> str:
        return f"{self.draft_id} r{self.revision}"
