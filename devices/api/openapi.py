"""The API's description (OpenAPI), made once in a process."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_standardized_errors.openapi import AutoSchema

from devices.api.device_serializers import Shape

MEANINGS = {
    "200": "Done.",
    "400": "The request is invalid; `attr` names the field. Repeating it does not help.",
    "401": "`authentication_failed`: key or signature is wrong, or the device is revoked. `clock_skew`: set"
    " the clock to `server_time`, sign again. `replayed`: the nonce was used before, sign again.",
    "403": "This device is not allowed to report payments.",
    "404": "There is no such order in this lane, or no such refund.",
    "411": "The body is sent in chunks, without a Content-Length.",
    "413": "The body is larger than 64 KB.",
    "415": "The content type is not application/json.",
    "503": "Nothing was recorded. Wait as long as `Retry-After` says, sign again, send again.",
}


class DeviceSchema(AutoSchema):
    """Describes each status, forbids unknown fields, and omits examples of errors that are not ours."""

    def _get_response_for_code(self, serializer: Any, status_code: str, *args: Any, **kwargs: Any) -> Any:
        found = super()._get_response_for_code(serializer, status_code, *args, **kwargs)  # type: ignore[no-untyped-call]
        return found | {"description": MEANINGS[str(status_code)]}

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        return schema | {"additionalProperties": False} if isinstance(serializer, Shape) else schema

    def _get_error_response_examples(self) -> list[Any]:
        return []

    def _should_add_validation_error_response(self) -> bool:
        return bool(self.method == "POST")

    def _should_add_parse_error_response(self) -> bool:
        return True

    def _should_add_http415_error_response(self) -> bool:
        return bool(self.method == "POST")

    def _should_add_http403_error_response(self) -> bool:
        return bool(getattr(self.view, "needs_permission", False))

    def _should_add_http404_error_response(self) -> bool:
        return "{" in self.path


@require_safe
def schema(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(document(), content_type="application/yaml")


@cache
def document() -> bytes:
    """Return what docs/openapi.yaml must hold too; its test says how to write it."""
    with translation.override("en"):
        found = SchemaGenerator(urlconf=settings.DEVICE_URLCONF).get_schema(  # type: ignore[no-untyped-call]
            request=None, public=True
        )
    return bytes(OpenApiYamlRenderer().render(found, renderer_context={}))  # type: ignore[no-untyped-call]
