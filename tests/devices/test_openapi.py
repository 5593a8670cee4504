"""Whatever the description of the API allows or forbids, the API does. Short, and the same on each run."""

import io
import time
from itertools import count

import pytest
import schemathesis
import yaml
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)

from devices.api.openapi import document
from devices.request_signing import signed_headers
from payments.models import Reporter
from tests.devices.callers import secret_of
from tests.effort import cases
from tests.factories import make_device, make_lot

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
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
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
        environ |= {"HTTP_HOST": "testserver", "wsgi.input": io.BytesIO(body)}
        return self.application(environ, start_response)


@pytest.fixture
def api_schema(db):
    device = make_device(make_lot(), "entry", make="api")
    Reporter.objects.create(device=device, channel="etc", gives_back=True)
    answer = yaml.safe_load(document())
    for one in [one for path in answer["paths"].values() for one in path.values()]:
        del one["security"]  # each request here is signed; what happens to others is for test_api to say
    api = schemathesis.openapi.from_dict(answer)
    api.app = Signing(device)
    for signal in (request_started, request_finished):  # they would close the test's own transaction
        signal.disconnect(close_old_connections)
    yield api
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


CALLS = [
    ("/api/v1/reads", "POST", GenerationMode.POSITIVE),
    ("/api/v1/reads", "POST", GenerationMode.NEGATIVE),
    ("/api/v1/commands", "GET", GenerationMode.POSITIVE),
    ("/api/v1/commands/{command_id}/ack", "POST", GenerationMode.POSITIVE),
    ("/api/v1/commands/{command_id}/ack", "POST", GenerationMode.NEGATIVE),
    ("/api/v1/lane-code", "GET", GenerationMode.POSITIVE),
    ("/api/v1/passes", "GET", GenerationMode.POSITIVE),
    ("/api/v1/heartbeat", "POST", GenerationMode.POSITIVE),
    ("/api/v1/heartbeat", "POST", GenerationMode.NEGATIVE),
    ("/api/v1/payments", "POST", GenerationMode.POSITIVE),
    ("/api/v1/payments", "POST", GenerationMode.NEGATIVE),
    ("/api/v1/refunds", "GET", GenerationMode.POSITIVE),
    ("/api/v1/refunds/{number}/done", "POST", GenerationMode.POSITIVE),
    ("/api/v1/refunds/{number}/done", "POST", GenerationMode.NEGATIVE),
]


def test_every_described_operation_is_tested(api_schema):
    found = {(one.ok().path, one.ok().method.upper()) for one in api_schema.get_all_operations()}
    assert found == {(path, method) for path, method, _ in CALLS}


@pytest.mark.parametrize(("path", "method", "mode"), CALLS, ids=str)
def test_api_conforms_to_its_schema(api_schema, path, method, mode):
    @settings(
        max_examples=cases(8),
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(api_schema[path][method].as_strategy(generation_mode=mode))
    def try_it(case):
        case.call_and_validate(checks=CHECKS)

    try_it()


def test_each_response_is_described():
    paths = yaml.safe_load(document())["paths"]
    responses = [
        (path, status, response["description"])
        for path, methods in paths.items()
        for method in methods.values()
        for status, response in method["responses"].items()
    ]
    assert len(responses) > 40
    assert [row for row in responses if not row[2]] == []
