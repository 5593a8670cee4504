"""The shapes of the API's part about money taken outside."""

from datetime import UTC
from typing import Any

from rest_framework import serializers

from devices.api.device_serializers import LONGEST_PLATE, ExactNumber, ExactText, Flag, Instant, Name, Shape
from payments.booth import MOST
from payments.models import Refund


class PaymentReportSerializer(Shape):
    """Money that a channel outside took for a car."""

    report_id = Name(
        r"^[A-Za-z0-9_.:-]{1,64}\Z",
        trim_whitespace=False,
        help_text="The channel's own number of this payment. A repeated one is the same payment.",
    )
    plate = ExactText(max_length=LONGEST_PLATE, allow_blank=True, help_text="Which car it was for.")
    amount_fen = ExactNumber(min_value=1, max_value=MOST)
    paid_at = Instant(
        default_timezone=UTC,
        help_text="When the money moved, with offset. A time that cannot be true counts as now.",
    )


class OutsideRefundSerializer(serializers.Serializer[Any]):
    number = serializers.CharField(help_text="Our number of the refund, always the same.")
    report_id = serializers.CharField(help_text="The payment that it is of.")
    amount_fen = serializers.IntegerField()


class ReportedSerializer(serializers.Serializer[Any]):
    known = serializers.BooleanField(
        help_text="False: no stay of this plate was found, or the report differs from an earlier one; staff"
        " look at it."
    )
    credited_fen = serializers.IntegerField(help_text="Counts for the stay.")
    surplus_fen = serializers.IntegerField(help_text="Was not owed: it is refunded.")


class OutsideRefundsSerializer(serializers.Serializer[Any]):
    refunds = OutsideRefundSerializer(many=True)


class RefundDoneSerializer(Shape):
    """What became of a refund at the channel."""

    done = Flag(help_text="False: it failed for good; staff look after it.")


class RefundStateSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    state = serializers.ChoiceField(Refund.State.choices)
