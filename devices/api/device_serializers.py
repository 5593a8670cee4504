"""The shapes of the device API. Types are taken at their word: "1" is no number, and no field is ignored."""

from datetime import UTC, datetime
from typing import Any

from django.utils.timezone import is_naive
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from core import shallow_json
from lots.models import GateCommand, PlateRead
from lots.plates import visible
from lots.tariffs.charging_rules import Seen

LONGEST_PLATE = 32  # characters; no plate in use has more than ten


class StrictJson(JSONParser):
    """Parses JSON in which no field comes twice. It is UTF-8, whatever charset is named (RFC 8259, 8.1).

    Its error gives no reason, because that would repeat parts of the body.
    """

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        del (
            media_type,
            parser_context,
        )  # one type is accepted; the named charset may be any of Python's codecs
        try:
            return shallow_json.strict(stream.read())
        except (ValueError, RecursionError):
            raise ParseError("The body is not JSON.") from None


class Exactly(serializers.Field[Any, Any, Any, Any]):
    """A field that accepts only its own JSON type."""

    json_type: type
    default_error_messages = {"wrong_type": "A JSON value of another type is expected here."}

    def to_internal_value(self, data: Any) -> Any:
        if type(data) is not self.json_type:
            self.fail("wrong_type")
        return super().to_internal_value(data)


class ExactText(Exactly, serializers.CharField):
    json_type = str


class PlateText(ExactText):
    """A plate as a camera spells it. What cannot be one counts as no plate: its car must not be lost."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if type(data) is str:
            data = visible(data)
            data = data if len(data) <= LONGEST_PLATE else ""
        return super().run_validation(data)


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
    """A date and time that must state its offset from UTC."""

    json_type = str
    default_error_messages = {"naive": "State the offset from UTC, for example +08:00."}

    def enforce_timezone(self, value: datetime) -> datetime:
        if is_naive(value):
            self.fail("naive")
        return super().enforce_timezone(value)


class Shape(serializers.Serializer[Any]):
    """A request body. Unknown fields are errors, because a misspelt one would be ignored silently."""

    default_error_messages = {"unknown_field": "The request contains a field that is not defined."}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and set(data) - set(self.fields):
            message = self.error_messages["unknown_field"]
            raise serializers.ValidationError({"non_field_errors": [message]}, code="unknown_field")
        return super().to_internal_value(data)


class ReadSerializer(Shape):
    """What a camera saw: one car, with its plate if it could be read."""

    read_id = Name(
        r"^[A-Za-z0-9_.:-]{1,64}\Z",
        trim_whitespace=False,
        help_text="Chosen by the device, a UUID for example. A repeated id is the same event.",
    )
    plate = PlateText(
        max_length=LONGEST_PLATE,
        allow_null=True,
        allow_blank=True,
        help_text="As the device read it; null or empty: no plate was read.",
    )
    captured_at = Instant(default_timezone=UTC, help_text="When the car was seen, with the offset from UTC.")
    offline = Flag(default=False, help_text="True: stored while there was no connection; opens nothing.")
    confidence = ExactNumber(min_value=0, max_value=100, allow_null=True, default=None)
    vehicle_class = ExactChoice(
        [seen.value for seen in Seen],
        required=False,
        help_text="Leave it out if the device cannot tell. Some tariffs charge by it.",
    )


class CommandSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    expires_at = serializers.DateTimeField(help_text="Never carry out the order after this time.")


class VerdictSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(PlateRead.Outcome.choices)
    open = serializers.BooleanField(help_text="True: open the barrier now, once, for `command`.")
    command = CommandSerializer(allow_null=True, help_text="The order to acknowledge.")
    due_fen = serializers.IntegerField(
        allow_null=True, help_text="What the car owes, in fen; null: not known."
    )


class CommandsSerializer(serializers.Serializer[Any]):
    commands = CommandSerializer(many=True)


class AckSerializer(Shape):
    """The result of an order."""

    opened = Flag(help_text="False: the barrier stayed down, so the car is still inside.")


class CommandStateSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(GateCommand.State.choices)


class HeartbeatSerializer(Shape):
    """A heartbeat."""

    clock = Instant(
        default_timezone=UTC, help_text="The time of the device's clock, with the offset from UTC."
    )


class ClockSerializer(serializers.Serializer[Any]):
    server_time = serializers.DateTimeField()
    clock_offset = serializers.IntegerField(help_text="Seconds by which the device's clock is ahead.")


class LaneCodeSerializer(serializers.Serializer[Any]):
    address = serializers.CharField(
        allow_null=True, help_text="Show it as a QR code; null: show none, no car needs a code."
    )
    valid_until = serializers.DateTimeField(
        allow_null=True, help_text="Never show the address after this time; null: it does not change."
    )


class PassSerializer(serializers.Serializer[Any]):
    digest = serializers.CharField(
        help_text='Hexadecimal HMAC-SHA256 under the device\'s secret of "pass", a line feed and the plate.'
    )
    leave_by = serializers.DateTimeField(help_text="The car can leave until this time.")


class PassesSerializer(serializers.Serializer[Any]):
    keep_until = serializers.DateTimeField(help_text="Delete the list at this time, in any case.")
    passes = PassSerializer(many=True)


class ErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable: programs should use this.")
    detail = serializers.CharField(help_text="A sentence for people; it can change.")
    attr = serializers.CharField(allow_null=True, help_text="The field that is wrong, if it is one.")


class ErrorsSerializer(serializers.Serializer[Any]):
    """The format of all errors. It repeats no part of the request."""

    type = serializers.ChoiceField(["validation_error", "client_error", "server_error"])
    errors = ErrorSerializer(many=True)  # type: ignore[assignment]
    server_time = serializers.IntegerField(required=False, help_text="Unix seconds; with `clock_skew` only.")
