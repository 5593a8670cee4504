"""The shapes of the device API. Types are taken at their word: "1" is no number, and no field is ignored."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from django.utils.timezone import is_naive
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from core import shallow_json
from lots.models import GateCommand, PlateRead
from lots.tariffs.charging_rules import Seen

LONGEST_PLATE = 32  # characters; no plate in use has more than ten


class StrictJson(JSONParser):
    """A body is JSON or it is not; why not would repeat parts of it."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        body = stream.read()
        if shallow_json.is_deep(body):
            raise ParseError("The body is not JSON.")
        try:
            return super().parse(BytesIO(body), media_type, parser_context)
        except (ParseError, RecursionError):
            raise ParseError("The body is not JSON.") from None


class Exactly(serializers.Field[Any, Any, Any, Any]):
    """A field that takes its own JSON type alone."""

    json_type: type
    default_error_messages = {"wrong_type": "A JSON value of another type is expected here."}

    def to_internal_value(self, data: Any) -> Any:
        if type(data) is not self.json_type:
            self.fail("wrong_type")
        return super().to_internal_value(data)


class ExactText(Exactly, serializers.CharField):
    json_type = str


class Name(Exactly, serializers.RegexField):
    json_type = str


class ExactChoice(Exactly, serializers.ChoiceField):
    json_type = str
    default_error_messages = {"invalid_choice": "None of the values that the schema lists."}


class ExactNumber(Exactly, serializers.IntegerField):
    json_type = int


class Flag(Exactly, serializers.BooleanField):
    json_type = bool


class Instant(Exactly, serializers.DateTimeField):
    """A moment with its offset: one without would be a guess."""

    json_type = str
    default_error_messages = {"naive": "Say the offset from UTC, for example +08:00."}

    def enforce_timezone(self, value: datetime) -> datetime:
        if is_naive(value):
            self.fail("naive")
        return super().enforce_timezone(value)


class Shape(serializers.Serializer[Any]):
    """A request body; refuses fields that it does not have, because a misspelt one would be lost silently."""

    default_error_messages = {"unknown_field": "There is a field that this request does not have."}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and set(data) - set(self.fields):
            message = self.error_messages["unknown_field"]
            raise serializers.ValidationError({"non_field_errors": [message]}, code="unknown_field")
        return super().to_internal_value(data)


class ReadSerializer(Shape):
    """One event of a camera: a car came up, read or not."""

    read_id = Name(
        r"^[A-Za-z0-9_.:-]{1,64}\Z",
        trim_whitespace=False,
        help_text="Chosen by the device, a UUID for example. A repeated id is the same event.",
    )
    plate = ExactText(
        max_length=LONGEST_PLATE,
        allow_null=True,
        allow_blank=True,
        help_text="As the device reads it; null or empty: it could not.",
    )
    captured_at = Instant(default_timezone=UTC, help_text="When it happened, with offset.")
    offline = Flag(default=False, help_text="Recorded while cut off and reported later; opens nothing.")
    confidence = ExactNumber(min_value=0, max_value=100, allow_null=True, default=None)
    vehicle_class = ExactChoice(
        [seen.value for seen in Seen],
        required=False,
        help_text="What the vehicle is; left out: the device cannot tell. A tariff may charge by it.",
    )


class CommandSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    expires_at = serializers.DateTimeField(help_text="Not to be carried out from then on.")


class VerdictSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(PlateRead.Outcome.choices)
    open = serializers.BooleanField(help_text="Open the barrier now, once, for `command`.")
    command = CommandSerializer(allow_null=True, help_text="To be acknowledged.")
    due_fen = serializers.IntegerField(
        allow_null=True, help_text="What the car owes; null: nothing is known."
    )


class CommandsSerializer(serializers.Serializer[Any]):
    commands = CommandSerializer(many=True)


class AckSerializer(Shape):
    """What became of an order."""

    opened = Flag(help_text="False: the barrier stayed down, so the car is still inside.")


class CommandStateSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(GateCommand.State.choices)


class HeartbeatSerializer(Shape):
    """The device is there."""

    clock = Instant(default_timezone=UTC, help_text="What the device's clock says now, with offset.")


class ClockSerializer(serializers.Serializer[Any]):
    server_time = serializers.DateTimeField()
    clock_offset = serializers.IntegerField(help_text="Seconds by which the device's clock is ahead.")


class LaneCodeSerializer(serializers.Serializer[Any]):
    address = serializers.CharField(
        allow_null=True, help_text="To be shown as a QR; null: show none, no car waits for a code."
    )
    valid_until = serializers.DateTimeField(
        allow_null=True, help_text="The address is worth nothing from then on; null: it does not change."
    )


class PassSerializer(serializers.Serializer[Any]):
    digest = serializers.CharField(
        help_text='Hexadecimal HMAC-SHA256 under the device\'s secret of "pass", a line feed and the plate.'
    )
    leave_by = serializers.DateTimeField(help_text="The car may leave until then.")


class PassesSerializer(serializers.Serializer[Any]):
    keep_until = serializers.DateTimeField(help_text="Forget the list then, whatever happens.")
    passes = PassSerializer(many=True)


class ErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable; act on this.")
    detail = serializers.CharField(help_text="For people.")
    attr = serializers.CharField(allow_null=True, help_text="The field at fault, where there is one.")


class ErrorsSerializer(serializers.Serializer[Any]):
    """Every failure has this shape. No part of a request is repeated in it."""

    type = serializers.ChoiceField(["validation_error", "client_error", "server_error"])
    errors = ErrorSerializer(many=True)  # type: ignore[assignment]
    server_time = serializers.IntegerField(required=False, help_text="Unix seconds; with `clock_skew` only.")
