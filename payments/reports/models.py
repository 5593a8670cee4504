"""Reports that go out by mail (定时报表): who of staff gets which, of where, how often."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ReportMailing(models.Model):
    """One report to one person of staff, again and again. The row is the queue.

    It goes only as long as that person may see the report in the console. Once it has ended the address goes.
    """

    class Every(models.TextChoices):
        DAY = "day"
        WEEK = "week"
        MONTH = "month"

    class Form(models.TextChoices):
        XLSX = "xlsx"
        CSV = "csv"
        TEXT = "text"  # in the mail itself

    operator = models.ForeignKey("lots.Operator", models.PROTECT, related_name="+")
    lot = models.ForeignKey(
        "lots.Lot", models.PROTECT, null=True, related_name="+", help_text="Null: each lot of the operator."
    )
    report = models.CharField(max_length=16)
    every = models.CharField(max_length=5, choices=Every)
    form = models.CharField(max_length=4, choices=Form)
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
        help_text="Null: the right ended.",
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
