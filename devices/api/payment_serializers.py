"""Requests and answers about money that an outside channel took."""

from datetime import UTC
from typing import Any

from rest_framework import serializers

from devices.api.device_serializers import LONGEST_PLATE, ExactNumber, Flag, Instant, Name, PlateText, Shape
from payments.booth import MOST
from payments.models import Refund


class PaymentReportSerializer(Shape):
    """A payment that an outside channel took for a car."""

    report_id = Name(
        r"^[A-Za-z0-9_.:-]{1,64}\Z",
        trim_whitespace=False,
        help_text="The channel's own number of this payment. A repeated one is the same payment.",
    )
    plate = PlateText(max_length=LONGEST_PLATE, allow_blank=True, help_text="The car that it was for.")
    amount_fen = ExactNumber(min_value=1, max_value=MOST)
    paid_at = Instant(
        default_timezone=UTC,
        help_text="When the money moved, with the offset from UTC. An impossible time counts as now.",
    )


class OutsideRefundSerializer(serializers.Serializer[Any]):
    number = serializers.CharField(help_text="Our number of the refund; it never changes.")
    report_id = serializers.CharField(help_text="The payment that is refunded.")
    amount_fen = serializers.IntegerField()


class ReportedSerializer(serializers.Serializer[Any]):
    known = serializers.BooleanField(
        help_text="False: no session of this plate was found, or the report differs from an earlier one; it"
        " is a task for staff."
    )
    credited_fen = serializers.IntegerField(help_text="What counts for the session.")
    surplus_fen = serializers.IntegerField(help_text="What was not owed and must be refunded.")


class OutsideRefundsSerializer(serializers.Serializer[Any]):
    refunds = OutsideRefundSerializer(many=True)


class RefundDoneSerializer(Shape):
    """The result of a refund at the channel."""

    done = Flag(help_text="False: it failed for good and becomes a task for staff.")


class RefundStateSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    state = serializers.ChoiceField(Refund.State.choices)
