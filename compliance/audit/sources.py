"""Which rows say what staff did, and what of each row never changes. To add a sort of row, add a `Source`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet

from compliance.models import Forgetting, Inspection, NoticeVersion, RightsRequest, SelfCheckAlarm
from lots.models import (
    AccessRight,
    Grant,
    PlateLook,
    SettingChange,
    SignEvent,
    SignWording,
    TariffEdit,
    TariffVersion,
)
from payments.books import DayClosingEvent
from payments.coupons.models import CouponEvent
from payments.invoices.models import InvoiceEvent
from payments.staff_models import StaffAct

_ALL, _STAFF = Q(), Q(by__isnull=False)


@dataclass(frozen=True)
class Source:
    """One sort of row. `when`, `who`, `lot` are paths; where `when` is null, it is not done yet.

    `sealed` are the fields that the nightly digest covers: those that stay as they are once `when` is set.
    Another choice of fields is another name: what was sealed is worked out by the old one.
    """

    name: str
    model: type[Model]
    when: str
    who: str
    lot: str
    sealed: str
    related: str = ""
    operator: str = ""  # where rows may belong to each lot of an operator
    counts: Q = _ALL  # which rows are meant at all
    listed: Q = _ALL  # which of them a person did; the others are only in the digest

    def rows(self) -> QuerySet[Any]:
        return self.model._default_manager.filter(self.counts, **{f"{self.when}__isnull": False})

    def listed_rows(self) -> QuerySet[Any]:
        return self.rows().filter(self.listed).select_related(*{*self.related.split(), *self._reached()})

    def _reached(self) -> set[str]:
        return {path for path in (self.who, self.lot, self.operator) if path}

    def within(self, since: datetime | None, until: datetime) -> QuerySet[Any]:
        """Return the rows of a stretch of time, in the one order that the digest knows."""
        start = {} if since is None else {f"{self.when}__gte": since}
        return self.rows().filter(**start, **{f"{self.when}__lt": until}).order_by(self.when, "pk")


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            "act", StaffAct, "at", "staff", "lot",
            "act kind staff_id lot_id at reason subject amount_fen payment_id refund_id discrepancy_id"
            " shift_id",
        ),
        Source(
            "setting", SettingChange, "at", "by", "lot",
            "operator_id lot_id thing row name kind before after revision why by_id at", "", "operator",
        ),
        Source("look", PlateLook, "at", "staff", "lot", "staff_id lot_id kind count at"),
        Source(
            "sign", SignEvent, "at", "by", "sign__lot",
            "sign_id kind run_id at by_id why format distance_cm", "sign",
        ),
        Source("wording", SignWording, "at", "by", "lot", "lot_id city texts at by_id why"),
        Source("draft", TariffEdit, "at", "by", "draft__lot", "draft_id revision text by_id at", "draft"),
        Source(
            "tariff", TariffVersion, "signed_at", "signed_by", "lot",
            "lot_id version document valid_from signed_by_id signed_at why",
        ),
        Source(
            "withdrawn", TariffVersion, "withdrawn_at", "withdrawn_by", "lot",
            "lot_id version withdrawn_at withdrawn_by_id",
        ),
        Source(
            "grant", Grant, "given_at", "given_by", "lot",
            "user_id operator_id lot_id role given_at given_by_id", "user", "operator",
        ),
        Source(
            "grant_end", Grant, "ended_at", "ended_by", "lot",
            "user_id operator_id lot_id role ended_at ended_by_id", "user", "operator",
        ),
        Source(
            "access", AccessRight, "granted_at", "granted_by", "lot",
            "lot_id name valid_from source granted_by_id granted_at instead_of_id",
        ),
        Source(
            "access_end", AccessRight, "revoked_at", "revoked_by", "lot",
            "lot_id name revoked_at revoked_by_id revoked_why",
        ),
        Source(
            "day", DayClosingEvent, "at", "by", "closing__lot",
            "closing_id kind version at by_id reason open_discrepancies follows digest", "closing",
        ),
        Source(
            "coupon", CouponEvent, "at", "by", "coupon__lot", "coupon_id was became cause by_id at",
            "coupon coupon__shop", counts=_STAFF,
        ),
        Source(
            "invoice", InvoiceEvent, "at", "by", "request__lot", "request_id was became cause by_id at",
            "request", counts=_STAFF,
        ),
        Source(
            "right", RightsRequest, "done_at", "done_by", "lot",
            "lot_id payment_id right topic state answer asked_at due_on done_at done_by_id",
            listed=Q(done_by__isnull=False),
        ),
        Source(
            "alarm", SelfCheckAlarm, "handled_at", "handled_by", "lot",
            "lot_id at was became worse handled_at handled_by_id reason",
        ),
        Source(
            "forgetting", Forgetting, "at", "by", "lot",
            "lot_id at left_before sessions reads pictures coupons access_rights by_id reason", listed=_STAFF,
        ),
        Source("notice", NoticeVersion, "at", "", "lot", "lot_id at words digest"),
        Source("papers", Inspection, "at", "by", "", "operator_id at by_id digest", "", "operator"),
    )
}  # fmt: skip
