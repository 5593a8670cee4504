"""What is seen by its shape alone accuses nobody: it has to act, to last, or to be sent."""

from types import SimpleNamespace

import pytest

from selfcheck import answer_wording
from selfcheck.fee_payment import Paying
from selfcheck.visit import BrowserCall, Field, Hop, Overlay, PageControl, Phase, Request, Screen, Visit
from tests.selfcheck.test_disguises import HERE, left_to_a_person, rules_on

COVER = Overlay("马上就好", share=60, keys=0)


def listening(*, count, touched, kind="fetch"):
    """Return a visit whose page listens to touches and sends some requests before the plate is complete."""
    heard = [BrowserCall(Phase.ARRIVE, "listen", HERE, name) for name in ("touchmove", "scroll", "click")]
    sent = Request(Phase.ARRIVE, "POST", f"{HERE}/a", kind, third=False, touched=touched)
    return {"calls": heard, "requests": [sent] * count}


@pytest.mark.parametrize(
    ("visit", "recorded"),
    [
        (listening(count=1, touched=False), False),
        (listening(count=2, touched=False), False),
        (listening(count=1, touched=True), False),
        (listening(count=2, touched=True), True),
        (listening(count=1, touched=False, kind="beacon"), True),
    ],
)
def test_listening_is_recorded_by_reports(visit, recorded):
    assert ("P9b" in rules_on(visit=visit)) is recorded


@pytest.mark.parametrize(
    ("names", "fingerprint"),
    [
        (("platform", "vendor", "maxTouchPoints", "languages", "orientation"), False),
        (("platform", "vendor", "hardwareConcurrency", "deviceMemory", "plugins"), True),
    ],
)
def test_layout_needs_no_fingerprint(names, fingerprint):
    calls = [BrowserCall(Phase.ARRIVE, "property", HERE, name) for name in names]
    assert ("P9b" in rules_on(visit={"calls": calls})) is fingerprint


@pytest.mark.parametrize(("how", "breached"), [("http", False), ("script", True)])
def test_silent_redirects_on_one_site(how, breached):
    assert ("P1" in rules_on(visit={"hops": [Hop(HERE, how, third=False)] * 2})) is breached


@pytest.mark.parametrize(
    ("cover", "stays", "accused"),
    [
        (COVER, False, False),
        (COVER, True, True),
        (Overlay("马上就好", share=60, keys=0, controls=("关闭",)), False, True),
        (Overlay("注册会员立减 5 元", share=60, keys=0), False, True),
    ],
)
def test_cover_that_passes_waits(cover, stays, accused):
    shown = Screen(HERE, "", "", overlays=(cover,))
    later = shown if stays else Screen(HERE, "", "")
    assert ("P5c" in rules_on(visit={"screens": [shown, later]})) is accused
    assert left_to_a_person("P5c", visit={"screens": [shown, later]}) is not accused


@pytest.mark.parametrize(
    ("pressed", "acts"),
    [(["缴费说明", "支付"], 2), (["支付", "确认"], 3), (["支付", "支付"], 3), (["支付"], 3)],
)
def test_detour_is_no_step(pressed, acts):
    buttons = tuple(
        PageControl(text, "", third=False, picture=False, area=9, ad=False) for text in ("缴费说明", "支付")
    )
    bill = Screen(HERE, "", "", controls=buttons, phase=Phase.SUBMIT)
    visit = Visit("plain", scripts=True, start=HERE, screens=[bill], acts=3)
    Paying._forget_detour(SimpleNamespace(visit=visit, _at_cashier=lambda: True), pressed)
    assert visit.acts == acts


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("B1 层东侧出口最近", ("", False)),
        ("您的车在 B1 层", ("B1层", True)),
        ("B1 层", ("B1层", False)),
        ("停放位置\nB1 层", ("B1层", True)),
    ],
)
def test_place_is_told_of_the_car(text, told):
    assert answer_wording.tells_place(text, "") == told


@pytest.mark.parametrize(
    ("text", "accused", "doubted"),
    [
        ("08:12 入场", True, False),
        ("来车\n08:12", True, False),
        ("08:12", False, True),
        ("下一计费点 08:12", False, False),
        ("时长 1:58", False, False),
    ],
)
def test_moment_without_word_is_doubted(text, accused, doubted):
    answer = {"screens": [Screen(HERE, "", ""), Screen(HERE, "", text, phase=Phase.SUBMIT)]}
    assert ("P11b" in rules_on(visit=answer)) is accused
    assert left_to_a_person("P11b", visit=answer) is doubted


@pytest.mark.parametrize(
    ("label", "breached", "doubted"),
    [
        ("夜间配色", False, False),
        ("芝麻开门", False, True),
        ("离场保障 ¥1.90", True, False),
        ("接收优惠", True, False),
    ],
)
def test_tick_in_advance_has_to_bind(label, breached, doubted):
    box = Field("input", "checkbox", "c", label, "", visible=True, ticked=True, plate=False)
    assert ("P5b" in rules_on(fields=(box,))) is breached
    assert left_to_a_person("P5b", fields=(box,)) is doubted
