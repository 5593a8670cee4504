"""Whatever the description of the API allows or forbids, the API does. Short, and the same on each run."""

import io
import time
from itertools import count

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)

from lots.devices.signing import signed_headers
from tests.factories import make_device, make_lot
from tests.lots.devices.callers import secret_of

NONCES = count(10**8)
CHECKS = [
    not_a_server_error,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
]
pytestmark = pytest.mark.django_db


class Signing:
    """Signs each request on its way to the application, as a device would."""

    def __init__(self, device):
        self.application, self.device = get_wsgi_application(), device

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] != "/api/v1/schema":
            environ["HTTP_HOST"] = "testserver"
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            query = environ.get("QUERY_STRING")
            headers = signed_headers(
                self.device.key_id,
                secret_of(self.device),
                method=environ["REQUEST_METHOD"],
                path=environ["PATH_INFO"] + (f"?{query}" if query else ""),
                body=body,
                timestamp=int(time.time()),
                nonce=str(next(NONCES)),
            )
            environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        return self.application(environ, start_response)


@pytest.fixture
def described(db):
    device = make_device(make_lot(), "entry", make="api")
    return schemathesis.openapi.from_wsgi("/api/v1/schema", Signing(device))


CALLS = [
    ("/api/v1/reads", "POST", GenerationMode.POSITIVE),
    ("/api/v1/reads", "POST", GenerationMode.NEGATIVE),
    ("/api/v1/commands", "GET", GenerationMode.POSITIVE),
    ("/api/v1/commands/{command_id}/ack", "POST", GenerationMode.POSITIVE),
    ("/api/v1/commands/{command_id}/ack", "POST", GenerationMode.NEGATIVE),
    ("/api/v1/heartbeat", "POST", GenerationMode.POSITIVE),
    ("/api/v1/heartbeat", "POST", GenerationMode.NEGATIVE),
]


def test_every_operation_that_is_described_is_tried(described):
    found = {(one.ok().path, one.ok().method.upper()) for one in described.get_all_operations()}
    assert found == {(path, method) for path, method, _ in CALLS}


@pytest.mark.parametrize(("path", "method", "mode"), CALLS, ids=str)
def test_the_api_does_what_its_description_says(described, path, method, mode):
    @settings(
        max_examples=20,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(described[path][method].as_strategy(generation_mode=mode))
    def try_it(case):
        case.call_and_validate(checks=CHECKS)

    try_it()
