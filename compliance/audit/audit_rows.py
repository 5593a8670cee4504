"""The rows of lots, payments, staff and compliance that record what staff did. Each kind is a `Source`."""

from django.db.models import OuterRef, Q, Subquery

from compliance.models import DataRequest, Erasure, Inspection, NoticeVersion, SelfCheckAlarm
from core.audit_sources import SOURCES, STAFF, Source, add_source
from lots.models import (
    Permit,
    PermitExtension,
    SettingChange,
    SignAlarm,
    SignEvent,
    SignWording,
    TariffEdit,
    TariffVersion,
)
from payments.coupons.coupon_models import CouponEvent
from payments.invoices.invoice_models import InvoiceEvent, RedLetter
from payments.models.closing_models import DayClosingEvent
from payments.models.staff_action_models import StaffAct
from staff.models import BulkRun, Grant, Invitation, PlateAccess, ReportMailing

__all__ = ["SOURCES"]

_EARLIER = TariffEdit.objects.filter(draft=OuterRef("draft"), revision__lt=OuterRef("revision"))

for _source in (
    Source(
        "act", StaffAct, "at", "staff", "lot",
        "act kind staff_id lot_id lane_id at reason subject amount_fen payment_id refund_id discrepancy_id"
        " shift_id",
        "lane",
    ),
    Source(
        "setting", SettingChange, "at", "by", "lot",
        "operator_id lot_id thing row name kind before after revision why by_id at", "", "operator",
    ),
    Source(
        "bulk", BulkRun, "at", "staff", "", "key staff_id list_name act values reason total at",
        of_staff=True,
    ),
    Source("look", PlateAccess, "at", "staff", "lot", "staff_id lot_id kind count at", of_staff=True),
    Source(
        "sign", SignEvent, "at", "by", "sign__lot",
        "sign_id kind run_id at by_id why format distance_cm", "sign",
    ),
    Source("sign_alarm", SignAlarm, "at", "by", "lot", "lot_id sign_id kind found at by_id"),
    Source(
        "sign_alarm_end", SignAlarm, "handled_at", "handled_by", "lot",
        "lot_id sign_id kind handled_at handled_by_id done",
    ),
    Source("wording", SignWording, "at", "by", "lot", "lot_id city texts colour at by_id why"),
    Source(
        "draft", TariffEdit, "at", "by", "draft__lot", "draft_id revision text by_id at", "draft",
        beside={"text_before": Subquery(_EARLIER.order_by("-revision").values("text")[:1])},
    ),
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
        "invitation", Invitation, "made_at", "made_by", "lot",
        "digest operator_id lot_id role user_id made_at made_by_id expires_at", "user", "operator",
    ),
    Source(
        "access", Permit, "granted_at", "granted_by", "lot",
        "lot_id name valid_from source granted_by_id granted_at instead_of_id",
    ),
    Source(
        "access_end", Permit, "revoked_at", "revoked_by", "lot",
        "lot_id name revoked_at revoked_by_id revoked_why",
    ),
    Source(
        "access_more", PermitExtension, "at", "by", "right__lot",
        "right_id was_until until by_id at", "right",
    ),
    Source(
        "day", DayClosingEvent, "at", "by", "closing__lot",
        "closing_id kind version at by_id reason open_discrepancies follows digest", "closing",
    ),
    Source(
        "coupon", CouponEvent, "at", "by", "coupon__lot", "coupon_id was became cause by_id at",
        "coupon coupon__shop", counts=STAFF,
    ),
    Source(
        "invoice", InvoiceEvent, "at", "by", "request__lot", "request_id was became cause by_id at",
        "request", counts=STAFF,
    ),
    Source(
        "red_letter", RedLetter, "done_at", "done_by", "request__lot",
        "request_id amount_fen created_at invoice_number done_at done_by_id", "request",
    ),
    Source(
        "mailing", ReportMailing, "made_at", "made_by", "lot",
        "operator_id lot_id report every staff_id made_at made_by_id", "staff", "operator",
    ),
    Source(
        "mailing_end", ReportMailing, "ended_at", "ended_by", "lot",
        "operator_id lot_id report every staff_id ended_at ended_by_id", "staff", "operator",
    ),
    Source(
        "right", DataRequest, "done_at", "done_by", "lot",
        "lot_id payment_id kind topic state answer asked_at due_on done_at done_by_id",
            listed=Q(done_by__isnull=False),
    ),
    Source(
        "alarm", SelfCheckAlarm, "handled_at", "handled_by", "lot",
        "lot_id at was became worse handled_at handled_by_id reason",
    ),
    Source(
        "forgetting", Erasure, "at", "by", "lot",
        "lot_id at left_before sessions reads pictures coupons permits by_id reason", listed=STAFF,
    ),
    Source("notice", NoticeVersion, "at", "", "lot", "lot_id at words digest"),
    Source("papers", Inspection, "at", "by", "", "operator_id at by_id digest", "", "operator"),
):  # fmt: skip
    add_source(_source)
