"""The patrol on a phone, with a camera that shows a picture of a sign."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils.timezone import now
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from lots import sign_register
from lots.models import SignAlarm, SignEvent
from lots.sign_qr import qr_png, sign_address
from staff.models import Role
from tests.browser.test_console_walk import PHONE, Console
from tests.browser.test_console_walk import world as world  # a fixture
from tests.console.console_world import World
from tests.factories import make_person, signed_in
from tests.payments.conftest import channel as channel  # a fixture
from tools import machine

FOREIGN = "https://evil.example/pay?to=1"


def video(*codes: str) -> bytes:
    """Return a film (Motion JPEG) that shows the codes beside each other, as a camera would."""
    frame = Image.new("RGB", (1280, 720), (120, 120, 120))
    for place, code in enumerate(codes):
        frame.paste(Image.open(BytesIO(qr_png(code, module=10))).convert("RGB"), (80 + 600 * place, 120))
    out = BytesIO()
    frame.save(out, "JPEG", quality=80)
    return out.getvalue() * 30


@pytest.fixture
def patrol(
    chromium: Browser, live_server: Any, world: World, tmp_path: Path
) -> Iterator[Callable[..., Page]]:
    """Go on patrol with a phone whose camera sees the codes."""
    opened = []

    def go(*codes: str) -> Page:
        film = tmp_path / "camera.mjpeg"
        film.write_bytes(video(*codes))
        browser = chromium.browser_type.launch(
            executable_path=machine.CHROMIUM.bring(),
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
            ],
        )
        opened.append(browser)
        context = browser.new_context(viewport=PHONE, locale="zh-CN", has_touch=True)  # type: ignore[arg-type]
        session = signed_in(make_person(Role.DUTY, operator=world.lot.operator)).cookies["session"].value
        context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
        console = Console(live_server.url, context.new_page())
        console.go(f"/console/lots/{world.lot.slug}/patrol")
        return console.page

    yield go
    for browser in opened:
        browser.close()


def test_camera_confirms_a_sign(patrol, world):
    page = patrol(sign_address(world.sign))
    expect(page.locator("#view")).to_be_visible()
    card = page.locator(".found .good")
    expect(card).to_contain_text(world.sign.place)
    expect(card).to_contain_text(str(world.sign.number))
    assert SignEvent.objects.filter(sign=world.sign, kind=SignEvent.Kind.SEEN).count() == 1
    assert not SignAlarm.objects.exists()
    card.get_by_role("button", name="损坏").click()
    expect(page.locator("#alarms")).to_be_visible()
    assert SignAlarm.objects.get().kind == SignAlarm.Kind.DAMAGED


def test_camera_finds_a_foreign_code_beside(patrol, world):
    page = patrol(sign_address(world.sign), FOREIGN)
    expect(page.locator("#alarms")).to_be_visible()
    expect(page.locator(".alarms")).to_contain_text("evil.example")
    expect(page.locator(".round .done")).to_have_count(1)
    assert SignAlarm.objects.get().kind == SignAlarm.Kind.FOREIGN


def test_camera_names_a_revoked_sign(patrol, world):
    sign_register.revoke(world.sign, at=now())
    page = patrol(sign_address(world.sign))
    card = page.locator(".found .bad")
    expect(card).to_contain_text(str(SignAlarm.Kind.REVOKED.label))
    expect(card).to_contain_text(world.sign.place)
    assert SignAlarm.objects.get().kind == SignAlarm.Kind.REVOKED
    assert not SignEvent.objects.filter(kind=SignEvent.Kind.SEEN).exists()


def test_what_the_camera_found_stays(patrol, world):
    page = patrol(FOREIGN)
    card = page.locator(".found .bad")
    expect(card).to_be_visible()
    card.evaluate("e => { e.dataset.same = 1; }")
    page.wait_for_timeout(6000)
    assert card.get_attribute("data-same") == "1"
