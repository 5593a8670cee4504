"""Views for payments and refunds of outside channels. Each reads, calls one service, answers.

Deny by default: a device that opens barriers must not report payments, unless it was made a `Reporter`.
"""

from typing import Any

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api import payment_serializers as shapes
from devices.api.auth import IsDevice
from devices.api.device_views import DeviceView, device_of, valid
from lots.models import Device
from lots.plate_reads import plate_of
from payments import external_payments


class IsReporter(BasePermission):
    """Only a device that was allowed to report payments."""

    message = "This device is not allowed to report payments."

    def has_permission(self, request: Request, _view: Any) -> bool:
        try:
            return isinstance(request.auth, Device) and bool(external_payments.reporter_of(request.auth))
        except external_payments.NotAReporter:
            return False


class ReporterView(DeviceView):
    permission_classes = (IsDevice, IsReporter)
    needs_permission = True


class PaymentsView(ReporterView):
    @extend_schema(
        operation_id="report_payment",
        summary="Report a payment",
        request=shapes.PaymentReportSerializer,
        responses=shapes.ReportedSerializer,
    )
    def post(self, request: Request) -> Response:
        """Report a payment that the device's channel took. What was not owed must be refunded."""
        data = valid(shapes.PaymentReportSerializer, request)
        found = external_payments.report(
            device=device_of(request),
            number=data["report_id"],
            plate=plate_of(data["plate"]),
            amount_fen=data["amount_fen"],
            paid_at=data["paid_at"],
            at=now(),
        )
        return Response(
            {"known": found.known, "credited_fen": found.credited_fen, "surplus_fen": found.surplus_fen}
        )


class RefundsView(ReporterView):
    @extend_schema(
        operation_id="take_refunds",
        summary="Fetch refunds",
        responses=shapes.OutsideRefundsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Fetch the refunds that the device's channel must make, until their results are reported."""
        rows = external_payments.to_give_back(device_of(request))
        return Response(
            {
                "refunds": [
                    {
                        "number": row.number,
                        "report_id": row.payment.provider_number,
                        "amount_fen": row.amount_fen,
                    }
                    for row in rows
                ]
            }
        )


class RefundDoneView(ReporterView):
    @extend_schema(
        operation_id="report_refund",
        summary="Report a refund's result",
        request=shapes.RefundDoneSerializer,
        responses=shapes.RefundStateSerializer,
    )
    def post(self, request: Request, number: str) -> Response:
        """Report the result of a refund. The first report counts; a repeat changes nothing."""
        data = valid(shapes.RefundDoneSerializer, request)
        try:
            refund = external_payments.gave_back(
                device=device_of(request), number=number[:26], done=data["done"], at=now()
            )
        except external_payments.UnknownRefund:
            raise NotFound from None
        return Response({"number": refund.number, "state": refund.state})
