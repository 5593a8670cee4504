"""A typed plate: its fee, or one answer for all that owe nothing."""

import gzip
from datetime import timedelta

import pytest
from django.test import RequestFactory

from core.codes import read_code
from driver import page_cache
from lots.models import ParkingSession
from lots.sign_register import new_sign, revoke
from payments import channels
from payments.models import Payment
from presentation import respond
from tests.driver.conftest import PLATE, text
from tests.factories import NOON, make_device, make_lot, see

pytestmark = pytest.mark.usefixtures("mall")


def test_fee_page_shows_reasons_and_button(mall, parked):
    page = text(mall.search())
    for words in ("沪A***45", "停车约 2 小时", "每小时 5 元，共 2 小时", "支付 ¥10.00", "请在 13:06 前支付"):
        assert words in page
    assert PLATE not in page


def test_fee_page_names_what_did_not_apply(mall, parked):
    page = text(mall.search())
    assert "15 分钟免费：停车已超过，不适用" in page
    assert "封顶 ¥40：本周期已计 ¥10，未达封顶" in page
    assert "1 小时 1 分钟" not in page  # how long exactly, and so since when


def test_whole_plate_is_shown_only_where_typed(mall, parked):
    part = mall.search(part="1")
    assert "沪A·12345" in text(part)
    page = text(mall.get(part["X-Part"]))
    assert "沪A***45" in page
    assert "A·12345" not in page


def test_fee_page_hides_entry_time_and_lane(mall, parked):
    page = text(mall.search())
    assert "12:00" not in page
    assert mall.entry.lane.name not in page


def test_fee_fragment_stays_below_one_kilobyte(mall, parked):
    part = mall.search(part="1")
    assert part["X-Part"].startswith("/q/")
    assert "<html" not in text(part)
    assert "支付 ¥10.00" in text(part)
    assert len(gzip.compress(part.content, 6)) < 1024


@pytest.mark.parametrize("size", [1600, 2600, 8192, 8193, 60_000])
def test_answer_unpacks_as_gzip(size):
    html = "".join(f"<p>{number} 元</p>" for number in range(size))[:size]
    request = RequestFactory().get("/", headers={"accept-encoding": "gzip"})
    answer = respond.answer(request, "_part.html", html)
    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content) == html.encode()


def test_stay_before_first_tariff_shows_error(mall, parked):
    mall.lot.tariffs.update(valid_from=NOON + timedelta(minutes=1))
    for part in ("", "1"):
        answer = mall.search(part=part)
        assert answer.status_code == 503
        assert "费用暂时算不出来" in text(answer)
        assert "没有扣款" in text(answer)
        assert "暂停线上缴费" not in text(answer)


@pytest.mark.parametrize("typed", ["沪a·12345", " 沪Ａ １２３４５ ", "沪沪A12345", "沪A-12345", "滬A12345"])
def test_plate_spelling_variants_are_normalised(mall, parked, typed):
    assert "沪A·12345" in text(mall.search(typed, part="1"))


def test_typed_province_overrides_prefilled_one(mall):
    see(mall.entry, "粤B12345", NOON)
    assert "粤B·12345" in text(mall.search("沪粤B12345", part="1"))


def test_overseas_plate_accepts_prefilled_province(mall):
    see(mall.entry, "AB1234", NOON)
    answer = mall.search("沪AB1234", other="1")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("", ("停车约 2 小时", "支付")),
        ("/hant", ("停車約 2 小時", "支付")),
        ("/en", ("about 2 hours", "Pay")),
    ],
)
def test_fee_language_follows_path(mall, parked, end, words):
    page = text(mall.search(language=end))
    assert all(word in page for word in words)
    assert f"/pay{end}" in page


def mark_all_paid(mall):
    from lots.models import ParkingSession

    ParkingSession.objects.update(paid_fen=10_000, paid_at=NOON, exit_until=NOON + timedelta(days=1))


@pytest.mark.parametrize("part", [{}, {"part": "1"}])
def test_plates_owing_nothing_get_identical_responses(mall, clock, part):
    see(mall.entry, "沪A11111", NOON + timedelta(minutes=55))  # within its free minutes
    see(mall.entry, "沪X1234应急", NOON)
    see(mall.entry, "沪A22222", NOON)
    mark_all_paid(mall)
    plates = ("沪A99999", "沪A11111", "沪A22222", "沪X1234应急")
    shown = {plate: f"{plate[:2]}·{plate[2:]}" for plate in plates}
    answers = {plate: mall.search(plate, **part) for plate in shown}
    assert {answer.status_code for answer in answers.values()} == {200}
    bodies = {text(a).replace(shown[p], "…").replace(p, "…") for p, a in answers.items()}
    assert len(bodies) == 1
    assert "没有待缴的停车费" in bodies.pop()
    heads = {tuple(sorted((k, v) for k, v in a.items() if k != "Content-Length")) for a in answers.values()}
    assert len(heads) == 1


def test_truncated_plate_shows_length_hint(mall):
    hint = "绿牌是 8 位"
    assert hint in text(mall.search("沪AD1234"))
    assert hint not in text(mall.search("沪A12345"))


def test_plate_without_province_shows_hint(mall):
    hint = "请先选省份简称"
    assert hint in text(mall.search("AD12345"))
    assert hint not in text(mall.search("VP12345"))


def test_plate_in_other_lot_is_not_found(mall):
    from tests.factories import make_device

    see(make_device(make_lot(), "entry"), PLATE, NOON)
    assert "没有待缴的停车费" in text(mall.search())


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "请输入车牌号"),
        ("沪A123", "位数"),
        ("沪I12345", "第 2 位"),
        ("12345", "省份"),
        ("沪A123456", "绿牌"),
        ("<svg onload=alert(1)>", "汉字、字母和数字"),
        ("{{7*7}}", "汉字、字母和数字"),
        ("' OR 1=1--", "汉字、字母和数字"),
        ("🚗", "汉字、字母和数字"),
    ],
)
def test_invalid_plate_shows_field_error(mall, typed, words):
    answer = mall.search(typed)
    assert answer.status_code == 422
    page = text(answer)
    assert words in page
    assert 'aria-invalid="true"' in page
    assert 'id="hint" class="bad" role="alert"' in page
    assert "<title>错误：" in page
    assert "<svg onload" not in page


@pytest.mark.parametrize("typed", ["沪A\u200b12345", "\u2060沪A12345\ufeff", "沪\u00adA12345"])
def test_pasted_characters_without_width_are_dropped(mall, parked, typed):
    assert "10.00" in text(mall.search(typed))


@pytest.mark.parametrize(
    "typed", ["沪A1\x0012345", "沪A\u2066\u200b12345", "\u202e沪A12345", "沪A12345\u200e"]
)
def test_invisible_plate_characters_are_rejected(mall, typed):
    answer = mall.search(typed)
    assert answer.status_code == 400
    assert typed not in text(answer)
    assert "<form" in text(answer)


def test_overlong_plate_is_rejected(mall):
    answer = mall.search("沪A1" * 3000)
    assert answer.status_code == 400
    assert "沪A1沪A1" not in text(answer)


def test_missing_channels_show_fee_and_booth(mall, parked, monkeypatch):
    monkeypatch.setattr(channels, "providers", dict)
    page = text(mall.search())
    assert "10.00" in page
    assert "暂时无法线上支付" in page
    assert 'name="channel"' not in page


def test_last_channel_gone_asks_no_second_try(mall, parked, monkeypatch):
    shown = text(mall.search())
    monkeypatch.setattr(channels, "providers", dict)
    page = text(mall.pay(shown, plate=PLATE))
    assert "暂时无法线上支付" in page
    assert "请再试一次" not in page


def test_partly_paid_stay_shows_paid_amount(mall, parked, clock):
    from lots.models import ParkingSession

    ParkingSession.objects.update(paid_fen=500, paid_at=NOON, exit_until=NOON + timedelta(minutes=15))
    page = text(mall.search())
    assert "已缴" in page
    assert "支付 ¥5.00" in page


# --- lane codes ---


def test_exit_sign_shows_masked_plate(mall, parked, clock):
    see(mall.way_out, PLATE, clock(NOON + timedelta(minutes=61)))
    answer = mall.get(f"/p/{mall.exit_sign.code}")
    page = text(answer)
    assert answer["Cache-Control"] == "no-store"
    assert "支付 ¥10.00" in page
    assert "沪A***45" in page
    assert PLATE not in page


def test_empty_exit_offers_plate_field(mall):
    page = text(mall.get(f"/p/{mall.exit_sign.code}"))
    assert "出口处没有待缴费的车辆" in page
    assert "刷新" in page
    assert 'name="plate"' in page


def test_exit_search_pays_at_that_lane(mall, parked, channel):
    mall.pay(text(mall.send(f"/p/{mall.exit_sign.code}", plate=PLATE)))
    payment = Payment.objects.get()
    assert (payment.lane, payment.sign) == (mall.way_out.lane, mall.exit_sign)


def test_unplated_vehicle_gets_one_ticket(mall, clock):
    see(mall.entry, None, clock(NOON))
    assert "领取入场票" in text(mall.get(f"/p/{mall.entry_sign.code}"))
    ticket = mall.submit(f"/p/{mall.entry_sign.code}/ticket")
    assert ticket.status_code == 303
    assert 'class="ticket">T' in text(mall.get(ticket["Location"]))
    assert 'class="ticket">T' in text(mall.get(ticket["Location"]))  # a reload shows it again
    assert mall.send(f"/p/{mall.entry_sign.code}/ticket").status_code == 409


def test_two_way_lane_asks_for_ticket_first(mall, clock):
    gate = make_device(mall.lot, "both")
    code = new_sign(lot=mall.lot, place="西门", lane=gate.lane).code
    see(gate, None, clock(NOON))
    page = text(mall.get(f"/p/{code}"))
    offer = page.index(f'action="/p/{code}/ticket"')
    assert (
        page.index("持入场票出场？")
        < page.index('id="plate"')
        < page.index("<details><summary>正要入场")
        < offer
    )
    assert 'class="ticket">T' in text(mall.send(f"/p/{code}/ticket"))
    assert not ParkingSession.objects.get().needs_review
    nobody = mall.send(f"/p/{code}/ticket")
    assert (nobody.status_code, "持入场票出场？" in text(nobody)) == (409, True)
    clock(NOON + timedelta(minutes=61))
    see(gate, None, NOON + timedelta(minutes=61))  # it may be the same one, on its way out
    mall.send(f"/p/{code}/ticket")
    assert ParkingSession.objects.latest("pk").needs_review
    assert "/ticket" not in text(mall.get(f"/p/{mall.exit_sign.code}"))


def test_ticket_search_ignores_prefilled_province(mall, clock):
    see(mall.entry, None, clock(NOON))
    page = text(mall.send(f"/p/{mall.entry_sign.code}/ticket"))
    ticket = page.split('class="ticket">')[1].split("<")[0]
    clock(NOON + timedelta(minutes=61))
    assert "支付 ¥10.00" in text(mall.search(ticket))
    assert "支付 ¥10.00" in text(mall.search("沪" + ticket))


def test_ticket_address_hides_the_number(mall, clock):
    see(mall.entry, None, clock(NOON))
    address = mall.submit(f"/p/{mall.entry_sign.code}/ticket/en")["Location"]
    ticket = text(mall.get(address)).split('class="ticket">')[1].split("<")[0]
    assert address.endswith("/en")
    assert ticket.replace("-", "") not in address
    assert mall.get(address[:-6] + "AAA/en").status_code == 404


def test_ticket_outlives_its_sign(mall, clock):
    see(mall.entry, None, clock(NOON))
    address = mall.submit(f"/p/{mall.entry_sign.code}/ticket")["Location"]
    revoke(mall.entry_sign, at=NOON)
    for cache in (page_cache.SIGNS, page_cache.ROWS):
        cache.clear()
    gone = mall.get(f"/p/{mall.entry_sign.code}")
    assert (gone.status_code, f'href="/lot/{mall.lot.slug}/pay"' in text(gone)) == (410, True)
    assert 'class="ticket">T' in text(mall.get(address))


def test_ticket_requires_vehicle_at_entry(mall):
    assert mall.send(f"/p/{mall.entry_sign.code}/ticket").status_code == 409
    assert mall.send(f"/p/{mall.pure.code}/ticket").status_code == 400
    assert read_code(mall.pure.code)


def test_search_without_tariff_shows_phone(mall, clock):
    see(mall.entry, "沪A12345", clock(NOON))
    mall.lot.tariffs.all().delete()
    page = mall.send(f"/p/{mall.pure.code}", plate="沪A12345")
    assert page.status_code == 503
    assert "021-" in text(page)
