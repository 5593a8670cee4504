"""A device gets its key once, keeps it while keys change, and finds its way by docs/devices.md."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.timezone import now

from lots.devices.enrol import enrol
from lots.devices.keys import prove, reseal_secrets
from lots.models import Device, Lane
from lots.work import reseal_device_secrets
from tests.factories import NOON, make_lot
from tests.lots.devices.callers import PLATE, alarm, opens
from tools import machine

pytestmark = pytest.mark.django_db
GUIDE = Path("docs/devices.md").read_text(encoding="utf-8")


@pytest.fixture
def lane():
    return Lane.objects.create(lot=make_lot(), name="B1 入口", direction="entry")


def added(lane, make, *options):
    out = StringIO()
    call_command("add_device", lane.lot.slug, lane.name, "--make", make, *options, stdout=out)
    return dict(line.split() for line in out.getvalue().splitlines())


def test_a_camera_is_told_three_addresses_that_let_it_in(lane):
    told = added(lane, "vzenith", "--serial", "fe71e106-57263272")
    assert set(told) == {"push", "heartbeat", "comet"}
    device = Device.objects.get()
    answer = Client().generic("POST", told["push"], alarm(device, now()), "application/json")
    assert opens(answer)


@pytest.mark.parametrize(("options", "keeps"), [([], False), (["--keep-images"], True)])
def test_a_camera_keeps_its_pictures_only_if_it_is_enrolled_so(lane, options, keeps):
    added(lane, "vzenith", *options)
    assert Device.objects.get().keep_images is keeps


def test_a_device_that_sends_no_pictures_cannot_be_enrolled_to_keep_them(lane):
    with pytest.raises(CommandError, match="pictures"):
        added(lane, "api", "--keep-images")


def test_a_device_is_told_its_key_and_secret_for_the_api(lane):
    told = added(lane, "api", "--name", "gate box")
    assert told["address"] == "http://testserver/api/v1"
    device = prove(told["key"], make="api", proof=lambda secret: secret == told["secret"])
    assert device is not None
    assert (device.name, device.lane) == ("gate box", lane)


def test_two_devices_share_nothing(lane):
    (one, first), (two, second) = (enrol(lane=lane, name="x", make="api") for _ in range(2))
    assert first != second
    assert one.key_id != two.key_id
    assert first.encode() not in bytes(one.secret)


def test_a_lane_that_is_not_there_is_said_so(lane):
    with pytest.raises(CommandError, match="no lane"):
        call_command("add_device", lane.lot.slug, "B9", "--make", "api")


def test_a_secret_under_an_old_key_is_sealed_anew_so_that_the_key_can_be_dropped(lane, settings):
    device, secret = enrol(lane=lane, name="x", make="api")
    newest, oldest = settings.PLATE_KEYS.items()
    settings.PLATE_KEYS = dict([oldest, newest])
    assert reseal_device_secrets(NOON) == 1
    assert reseal_secrets() == 0
    settings.PLATE_KEYS = dict([oldest])
    assert prove(device.key_id, make="api", proof=lambda right: right == secret) == device


def test_a_device_whose_key_is_gone_is_refused_not_let_in(lane, settings):
    device, _ = enrol(lane=lane, name="x", make="api")
    settings.PLATE_KEYS = {"other": b"x" * 32}
    assert prove(device.key_id, make="api", proof=lambda _: True) is None


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def environment(live_server, device, secret):
    return {"PATH": os.environ["PATH"], "SERVER": live_server.url, "KEY": device.key_id, "SECRET": secret}


@pytest.mark.django_db(transaction=True)
def test_the_guides_python_example_reports_a_car_and_acknowledges_its_order(live_server, lane):
    device, secret = enrol(lane=lane, name="x", make="api")
    (example,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", example, PLATE],
        env=environment(live_server, device, secret),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("entered open\n", "")
    assert device.lane.commands.get().state == "opened"


@pytest.mark.django_db(transaction=True)
def test_the_guides_curl_examples_work(live_server, lane):
    for program in (machine.CURL, machine.OPENSSL):
        program.bring()
    api, secret = enrol(lane=lane, name="x", make="api")
    camera, word = enrol(lane=lane, name="y", make="vzenith", serial="fe71e106-57263272")
    base = f"{live_server.url}/d/vzenith/{camera.key_id}/{word}"
    addresses = {door.upper(): f"{base}/{door}" for door in ("push", "heartbeat", "comet")}
    answers = [
        subprocess.run(
            ["sh", "-c", example],
            env=environment(live_server, api, secret) | addresses,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout
        for example in blocks("sh")
        if "curl" in example
    ]
    assert '"info": "ok"' in answers[0]
    assert answers[0].endswith('{"Response_AlarmInfoPlate": {}}' * 2)
    assert re.search(r'"clock_offset":(0|-[123])}', answers[1])
