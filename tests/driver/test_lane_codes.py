"""A lane with a screen shows its fee to who reads the code there now, and to no photo of it."""

import re
from datetime import timedelta

import pytest

from lots import lane_codes
from lots.lane_codes import LETTERS, WINDOW
from lots.models import Lane, LookupCount, Sign
from lots.sign_register import new_sign
from tests.driver.conftest import PLATE, charge_of, text
from tests.driver.test_admission import solved, spend_all
from tests.factories import NOON, make_device, see

AT = NOON + timedelta(minutes=61)
OTHER = "沪B22222"
FEE, STALE = "10.00", "此码已失效"


@pytest.fixture
def screen(mall, parked):
    """The exit lane has a screen, and the car stands there."""
    Lane.objects.filter(pk=mall.way_out.lane_id).update(has_screen=True)
    see(mall.entry, OTHER, NOON)
    see(mall.way_out, PLATE, AT)
    return mall


def shown(mall, at=AT):
    """Return the path of the QR on the screen, as a phone asks for it."""
    code = lane_codes.shown_at(Lane.objects.get(pk=mall.way_out.lane_id), at=at)
    assert code is not None
    return code.address.removeprefix("HTTP://TESTSERVER")


def answer(mall, path, expect):
    page = text(mall.get(path))
    assert (FEE in page, STALE in page) == (expect == FEE, expect == STALE)
    return page


def test_code_on_screen_shows_fee(screen):
    page = answer(screen, shown(screen), FEE)
    assert "沪A***45" in page
    assert PLATE not in page


@pytest.mark.parametrize("language", ["/en", "/hant"])
def test_code_works_in_each_language(screen, language):
    assert FEE in text(screen.get(shown(screen) + language))


def test_printed_code_shows_what_display_shows(mall, parked):
    see(mall.way_out, PLATE, AT)
    page = answer(mall, f"/p/{mall.exit_sign.code}", FEE)
    again = text(mall.get(charge_of(page)))
    for shown_page in (page, again):
        assert FEE in shown_page
        assert not re.search("停车约|小时", shown_page.partition("</form>")[0])
    assert "停车约" in text(mall.send(f"/p/{mall.exit_sign.code}", plate=PLATE))


def test_printed_code_asks_for_plate(screen):
    page = answer(screen, f"/p/{screen.exit_sign.code}", STALE)
    assert "沪A***45" not in page
    assert FEE in text(screen.send(f"/p/{screen.exit_sign.code}", plate=PLATE))


def test_printed_code_cannot_be_posted(screen):
    assert FEE not in text(screen.send(f"/p/{screen.exit_sign.code}", lane="1"))
    assert FEE not in text(screen.send(f"/p/{screen.exit_sign.code}", coupon="x"))


def test_code_is_written_any_way(screen):
    path = shown(screen)
    answer(screen, "/p/" + path.removeprefix("/P/").lower(), FEE)
    answer(screen, "/p/" + path.removeprefix("/P/").replace("-", ""), FEE)


@pytest.mark.parametrize(("windows", "expect"), [(0, FEE), (1, FEE), (2, STALE)])
def test_code_expires_after_overlap(screen, clock, windows, expect):
    path = shown(screen)
    clock(AT + timedelta(seconds=windows * WINDOW))
    page = text(screen.get(path))
    assert (STALE in page) == (expect == STALE)
    assert ("沪A***45" in page) == (expect == FEE)


def test_code_dies_when_the_car_leaves(screen, clock):
    path = shown(screen)
    screen.pay(text(screen.get(path)))
    see(screen.way_out, OTHER, clock(AT + timedelta(seconds=60)))
    page = answer(screen, path, STALE)
    assert "沪B***22" not in page
    assert "沪B***22" in text(screen.get(shown(screen, AT + timedelta(seconds=60))))


def test_code_of_an_empty_lane_shows_nothing(screen, clock):
    path = shown(screen)
    later = clock(AT + timedelta(minutes=16))
    answer(screen, path, STALE)
    lane = Lane.objects.get(pk=screen.way_out.lane_id)
    assert lane_codes.shown_at(lane, at=later) is None


def test_code_stays_while_camera_sees_car_again(screen):
    path = shown(screen)
    see(screen.way_out, PLATE, AT + timedelta(seconds=20))
    answer(screen, path, FEE)


@pytest.mark.parametrize("letters", ["0" * LETTERS, "Z" * LETTERS, "0", "0" * 9, "é" * LETTERS])
def test_guessed_letters_show_nothing(screen, letters):
    assert FEE not in text(screen.get(f"/p/{screen.exit_sign.code}-{letters}"))


def test_code_of_another_lane_shows_nothing(screen):
    west = make_device(screen.lot, "exit")
    Lane.objects.filter(pk=west.lane_id).update(has_screen=True)
    sign = new_sign(lot=screen.lot, place="西出口", lane=west.lane)
    see(west, OTHER, AT)
    letters = shown(screen).partition("-")[2]
    page = text(screen.get(f"/p/{sign.code}-{letters}"))
    assert STALE in page
    assert "沪B***22" not in page


def test_second_copy_shows_nothing_more(screen):
    copy = new_sign(lot=screen.lot, place="出口岗亭", lane=screen.way_out.lane)
    answer(screen, f"/p/{copy.code}", STALE)
    Sign.objects.filter(pk=copy.pk).update(revoked_at=AT)
    answer(screen, shown(screen), FEE)


def test_entry_lane_needs_no_screen(mall):
    Lane.objects.filter(pk=mall.entry.lane_id).update(has_screen=True)
    assert "领取入场票" in text(mall.get(f"/p/{mall.entry_sign.code}"))


def test_letters_on_a_pure_sign_change_nothing(screen):
    assert FEE in text(screen.send(f"/p/{screen.pure.code}-00000000", plate=PLATE))


def test_fresh_code_still_costs_of_the_budget(screen, budget, monkeypatch):
    monkeypatch.setattr("lots.lookup_budget.BASE", 6)
    spend_all(budget, screen.lot)
    path = shown(screen)
    page = answer(screen, path, "")
    target = path.replace("/P/", "/p/")
    assert f'action="{target}"' in page
    assert FEE in text(screen.send(target, lane="1", proof=solved(page)))


def test_stale_codes_cost_nothing(screen, budget):
    for _ in range(70):
        answer(screen, f"/p/{screen.exit_sign.code}", STALE)
    assert not LookupCount.objects.exists()


def test_expired_charge_asks_for_new_scan(screen, clock):
    charge = charge_of(text(screen.get(shown(screen))))
    clock(AT + timedelta(minutes=6))
    page = text(screen.get(charge))
    assert "沪A***45" not in page
    assert "请重新查询" in page


def test_letters_name_no_plate(screen):
    first = shown(screen)
    assert "12345" not in first
    assert len({first, shown(screen, AT + timedelta(seconds=WINDOW))}) == 2
