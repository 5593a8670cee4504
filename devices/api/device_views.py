"""Views of the device API. Each reads the request, calls one service, answers.

`hot_reads` answers the usual reads before `ReadsView` is asked.
"""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.body_length import announced_length
from devices import request_signing
from devices.api import device_serializers as shapes
from devices.api import hot_reads
from devices.api.api_errors import LengthRequired, TooLarge
from devices.api.auth import IsDevice, SignedRequest
from devices.api.openapi import DeviceSchema
from devices.counters import count_read
from lots import gates, lane_codes
from lots.device_keys import secret_of
from lots.device_presence import note_seen
from lots.exit_passes import KEEP, passes_of
from lots.models import Device, GateCommand
from lots.plate_reads import Sighting, record_read, seconds_ahead
from lots.tariffs.charging_rules import Seen

LARGEST = 64 * 1024


class AlwaysJson(DefaultContentNegotiation):
    """Answers JSON whatever a device says it accepts: a read that is refused for its header is lost."""

    def select_renderer(self, _request: Any, renderers: Any, _format: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class DeviceView(APIView):
    """Signed, small JSON requests of a known device. Errors speak English, as the fields do."""

    authentication_classes: tuple[type[BaseAuthentication], ...] = (SignedRequest,)
    permission_classes: tuple[type[BasePermission], ...] = (IsDevice,)
    parser_classes = (shapes.StrictJson,)
    content_negotiation_class = AlwaysJson
    metadata_class = None
    schema = DeviceSchema()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with translation.override("en"):
            response = super().dispatch(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if _length(request) > LARGEST:
            raise TooLarge
        if "HTTP_TRANSFER_ENCODING" in request.META:  # unread, it would pass for forged
            raise LengthRequired
        super().initial(request, *args, **kwargs)


class UnknownAddressView(DeviceView):
    """Answers 404 as JSON: a wrongly typed address is a fault for the programmer of a device to read."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def initial(self, *_: Any, **__: Any) -> None:
        raise NotFound


class ReadsView(DeviceView):
    _fault: Exception | None = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = None
        try:
            answer = hot_reads.answered(request)
        except Exception as fault:  # noqa: BLE001 - raised again in `initial`
            self._fault = fault
        return answer or super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise the fault that `hot_reads` met here, where the error handler turns it into an answer."""
        if self._fault is not None:
            raise self._fault
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="report_read",
        summary="Report a read",
        request=shapes.ReadSerializer,
        responses=shapes.VerdictSerializer,
    )
    def post(self, request: Request) -> Response:
        """Report what the camera saw. The answer says whether to open the barrier."""
        data = valid(shapes.ReadSerializer, request)
        device, at = device_of(request), now()
        sighting = Sighting(
            key=data["read_id"],
            plate=data["plate"],
            captured_at=data["captured_at"],
            offline=data["offline"],
            confidence=data["confidence"],
            vehicle_class=Seen(data["vehicle_class"]) if "vehicle_class" in data else None,
        )
        verdict = record_read(device=device, sighting=sighting, at=at)
        count_read(device.make, verdict.read.outcome)
        opens = verdict.command if verdict.opens(at) and not sighting.offline else None
        return Response(
            {
                "outcome": verdict.read.outcome,
                "open": opens is not None,
                "command": _command(opens) if opens else None,
                "due_fen": verdict.due_fen,
            }
        )


class CommandsView(DeviceView):
    @extend_schema(operation_id="take_commands", summary="Fetch orders", responses=shapes.CommandsSerializer)
    def get(self, request: Request) -> Response:
        """Fetch the open orders for the barrier of the device's lane. Each order is handed out once."""
        commands = gates.take_commands(device_of(request), at=now())
        return Response({"commands": [_command(command) for command in commands]})


class AckView(DeviceView):
    @extend_schema(
        operation_id="acknowledge_command",
        summary="Acknowledge an order",
        request=shapes.AckSerializer,
        responses=shapes.CommandStateSerializer,
    )
    def post(self, request: Request, command_id: UUID) -> Response:
        """Report whether the barrier opened. The first report counts; a repeat changes nothing."""
        data = valid(shapes.AckSerializer, request)
        command = gates.acknowledge(device_of(request), command_id, opened=data["opened"], at=now())
        if command is None:
            raise NotFound
        return Response({"id": command.id, "state": command.state})


class LaneCodeView(DeviceView):
    @extend_schema(
        operation_id="show_lane_code",
        summary="Fetch the screen's code",
        responses=shapes.LaneCodeSerializer,
    )
    def get(self, request: Request) -> Response:
        """Fetch the address that the lane's screen shows as a QR code, for the car that stands there."""
        device = device_of(request)
        code = lane_codes.shown_at(device.lane, at=now())
        return Response(
            {"address": code.address if code else None, "valid_until": code.valid_until if code else None}
        )


class PassesView(DeviceView):
    @extend_schema(operation_id="take_passes", summary="Fetch paid passes", responses=shapes.PassesSerializer)
    def get(self, request: Request) -> Response:
        """Fetch the cars that have paid and can leave, for an exit to use while the server is unreachable.

        The list is empty for a lane that is not an exit.
        """
        device, at = device_of(request), now()
        secret = secret_of(device, request.headers[request_signing.KEY])  # of two keys, the one that it uses
        assert secret is not None, "the request was signed with it"
        rows = passes_of(device, secret, at=at)
        data = [{"digest": row.digest, "leave_by": row.leave_by} for row in rows]
        return Response({"keep_until": at + KEEP, "passes": data})


class HeartbeatView(DeviceView):
    @extend_schema(
        operation_id="send_heartbeat",
        summary="Heartbeat",
        request=shapes.HeartbeatSerializer,
        responses=shapes.ClockSerializer,
    )
    def post(self, request: Request) -> Response:
        """Report that the device runs, and compare its clock with the server's."""
        at, clock = now(), valid(shapes.HeartbeatSerializer, request)["clock"]
        offset = seconds_ahead(clock, at)
        note_seen(device_of(request), at=at, clock_offset=offset)
        return Response({"server_time": at, "clock_offset": offset})


def _length(request: Request) -> int:
    length = announced_length(request.META)
    if length is None:
        raise ParseError("The Content-Length is malformed.")
    return length


def valid(shape: type[shapes.Shape], request: Request) -> dict[str, Any]:
    data = shape(data=request.data)
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)


def device_of(request: Request) -> Device:
    device = request.auth
    assert isinstance(device, Device), "IsDevice let it in"
    return device


def _command(command: GateCommand) -> dict[str, Any]:
    return {"id": command.id, "expires_at": command.expires_at}
