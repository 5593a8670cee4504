"""A device gets its key once, keeps it while keys change, and finds its way by docs/devices.md."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.utils.timezone import now

from lots.device_keys import prove, reseal_secrets
from lots.enrolment import enrol
from lots.lot_jobs import reseal_device_secrets
from lots.models import Device, Lane
from lots.setup.change_recorder import ChangedBy, SettingFault
from lots.setup.device_settings import add_device
from tests.devices.callers import PLATE, alarm, opens
from tests.factories import NOON, make_lot
from tools import machine

pytestmark = pytest.mark.django_db
GUIDE = Path("docs/devices.md").read_text(encoding="utf-8")


@pytest.fixture
def lane():
    return Lane.objects.create(lot=make_lot(), name="B1 入口", direction="entry")


def add_device_output(lane, make, **more):
    made = add_device(lane, make=make, by=ChangedBy(), at=NOON, **more)
    return dict(made.to_enter())


def test_vzenith_enrolment_prints_working_addresses(lane):
    found = add_device_output(lane, "vzenith", serial="fe71e106-57263272")
    assert set(found) == {"push", "heartbeat", "comet"}
    device = Device.objects.get()
    answer = Client().generic("POST", found["push"], alarm(device, now()), "application/json")
    assert opens(answer)


@pytest.mark.parametrize(("options", "keeps"), [({}, False), ({"keep_images": True}, True)])
def test_enrolment_option_stores_pictures(lane, options, keeps):
    add_device_output(lane, "vzenith", **options)
    assert Device.objects.get().keep_images is keeps


def test_api_device_cannot_store_pictures(lane):
    with pytest.raises(SettingFault, match="keep_images"):
        add_device_output(lane, "api", keep_images=True)


def test_api_enrolment_prints_key_and_secret(lane):
    answer = add_device_output(lane, "api", name="gate box")
    assert answer["address"] == "http://testserver/api/v1"
    device = prove(answer["key"], make="api", proof=lambda secret: secret == answer["secret"])
    assert device is not None
    assert (device.name, device.lane) == ("gate box", lane)


def test_device_credentials_are_unique(lane):
    (one, first), (two, second) = (enrol(lane=lane, name="x", make="api") for _ in range(2))
    assert first != second
    assert one.key_id != two.key_id
    assert first.encode() not in bytes(one.secret)


def test_device_secrets_reseal_under_new_key(lane, settings):
    device, secret = enrol(lane=lane, name="x", make="api")
    newest, oldest = settings.PLATE_KEYS.items()
    settings.PLATE_KEYS = dict([oldest, newest])
    assert reseal_device_secrets(NOON) == 1
    assert reseal_secrets() == 0
    settings.PLATE_KEYS = dict([oldest])
    assert prove(device.key_id, make="api", proof=lambda right: right == secret) == device


def test_lost_key_refuses_device(lane, settings):
    device, _ = enrol(lane=lane, name="x", make="api")
    settings.PLATE_KEYS = {"other": b"x" * 32}
    assert prove(device.key_id, make="api", proof=lambda _: True) is None


def code_blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def environment(live_server, device, secret):
    return {"PATH": os.environ["PATH"], "SERVER": live_server.url, "KEY": device.key_id, "SECRET": secret}


@pytest.mark.django_db(transaction=True)
def test_guide_python_example_works(live_server, lane):
    device, secret = enrol(lane=lane, name="x", make="api")
    (example,) = code_blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", example, PLATE],
        env=environment(live_server, device, secret),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("entered open\n", "")
    assert device.lane.commands.get().state == "opened"


@pytest.mark.django_db(transaction=True)
def test_guide_curl_examples_work(live_server, lane):
    for program in (machine.CURL, machine.OPENSSL):
        program.bring()
    api, secret = enrol(lane=lane, name="x", make="api")
    camera, word = enrol(lane=lane, name="y", make="vzenith", serial="fe71e106-57263272")
    base = f"{live_server.url}/d/vzenith/{camera.key_id}/{word}"
    addresses = {endpoint.upper(): f"{base}/{endpoint}" for endpoint in ("push", "heartbeat", "comet")}
    answers = [
        subprocess.run(
            ["sh", "-c", example],
            env=environment(live_server, api, secret) | addresses,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout
        for example in code_blocks("sh")
        if "curl" in example
    ]
    assert '"info": "ok"' in answers[0]
    assert answers[0].endswith('{"Response_AlarmInfoPlate": {}}' * 2)
    assert re.search(r'"clock_offset":(0|-[123])}', answers[1])
