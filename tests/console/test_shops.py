"""The console's pages about shops: hand out, take back, settle; without a plate, and once per press."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.utils.timezone import localtime, now

from lots.models import ParkingSession
from lots.plates import parse
from payments.coupons.coupon_codes import pretty, reveal
from payments.coupons.coupon_models import Coupon, CouponEvent
from staff import grants
from staff.models import Role
from tests.factories import make_device, make_lot, make_person, see, signed_in
from tests.payments.coupons.making import PLATE, hand_out, make_offer, make_shop
from tests.payments.payment_steps import look_up, tap

pytestmark = pytest.mark.django_db
PLATES = (PLATE, "A12345", "沪A·12345")


@pytest.fixture
def shop(lot):
    return make_shop(lot, name="浦江书店")


@pytest.fixture
def hour(shop):
    return make_offer(shop, name="停 1 小时")


@pytest.fixture
def staff():
    return signed_in(get_user_model().objects.create_user("值班员", is_superuser=True))


def text(answer):
    return answer.content.decode()


def press_on(staff, shop):
    """Return what the page's form would send along."""
    return re.search(r'name="press" value="([^"]+)"', text(staff.get(f"/console/shops/{shop.pk}")))[1]


def send(staff, shop, **fields):
    return staff.post(f"/console/shops/{shop.pk}/coupons", fields)


def test_double_click_issues_one_coupon(staff, shop, hour):
    press = press_on(staff, shop)
    for _ in range(2):
        answer = send(staff, shop, press=press, by="plate", offer=hour.pk, plate=PLATE)
        assert (answer.status_code, answer["Location"]) == (302, f"/console/shops/{shop.pk}")
    assert Coupon.objects.get().for_plate
    assert CouponEvent.objects.get().by.get_username() == "值班员"


def test_old_press_issues_nothing_for_another(staff, shop, hour):
    """The browser's way back shows a form whose press was for the plate before, or for another shop."""
    other, offer = make_shop(shop.lot), make_offer(shop)
    other.offers.add(hour)
    for place, sort, plate in ((shop, hour, "沪B67890"), (shop, offer, PLATE), (other, hour, PLATE)):
        press = str(uuid4())
        send(staff, shop, press=press, by="plate", offer=hour.pk, plate=PLATE)
        answer = send(staff, place, press=press, by="plate", offer=sort.pk, plate=plate)
        new = re.search(r'name="press" value="([^"]+)" id="plate', text(answer))[1]
        assert (answer.status_code, new == press) == (422, False)
        assert send(staff, place, press=new, by="plate", offer=sort.pk, plate=plate).status_code == 302
    assert Coupon.objects.count() == 6


@pytest.mark.parametrize(
    ("role", "leads_to"), [(Role.DUTY, "{}"), (Role.FINANCE, "{}/settings"), (Role.AUDITOR, None)]
)
def test_shop_list_links_what_may_be_opened(lot, shop, hour, role, leads_to):
    client = signed_in(make_person(role, lot=lot))
    hand_out(shop, hour, now(), None, count=1, request="press-of-a-test")
    for path in ("/console/shops", "/console/shops/coupons"):
        links = re.findall(r'href="(/console/shops/\d+[^"]*)"', text(client.get(path)))
        assert links == ([leads_to.format(f"/console/shops/{shop.pk}")] if leads_to else [])
        assert [client.get(link).status_code for link in links] == [200] * len(links)


def test_clerk_with_another_job_sees_own_shop(lot, shop, hour):
    """Who is a clerk in one lot and a duty manager in another sees one shop of the first."""
    other, elsewhere = make_shop(lot), make_shop(make_lot(slug="elsewhere"))
    clerk = make_person(Role.SHOP, lot=lot)
    shop.clerks.add(clerk)
    grants.give(user=clerk, operator=elsewhere.lot.operator, lot=elsewhere.lot, role=Role.DUTY, at=now())
    client = signed_in(clerk)
    assert "/console/background" in client.get(f"/console/shops/{shop.pk}").content.decode()
    found = {one: client.get(f"/console/shops/{one.pk}").status_code for one in (shop, other, elsewhere)}
    assert found == {shop: 200, other: 404, elsewhere: 200}


def test_clerk_is_offered_no_background_work(lot, shop, hour):
    shop.clerks.add(clerk := make_person(Role.SHOP, lot=lot))
    assert "/console/background" not in signed_in(clerk).get(f"/console/shops/{shop.pk}").content.decode()


def test_shop_pages_show_no_plate(staff, lot, shop, hour):
    see(make_device(lot, "entry"), PLATE, now() - timedelta(minutes=61))
    offer = make_offer(shop, "all_free", 0)
    hand_out(shop, offer, now())
    assert tap(look_up(lot=lot, plate=parse(PLATE), at=now()), at=now()) == 0
    pages = {path: text(staff.get(path)) for path in (
        "/console/shops",
        "/console/shops/settlement.csv",
        f"/console/shops/{shop.pk}",
        f"/console/shops/{shop.pk}/settlement.csv",
    )}  # fmt: skip
    assert not [path for path, page in pages.items() if any(plate in page for plate in PLATES)]
    assert all("10.00" in page for page in pages.values())
    assert "已使用" in pages[f"/console/shops/{shop.pk}"]


def test_coupon_codes_page_can_be_reloaded(staff, shop, hour):
    press = press_on(staff, shop)
    answer = send(staff, shop, press=press, offer=hour.pk, count="3")
    assert answer["Location"] == f"/console/shops/{shop.pk}/coupons/{press}"
    for _ in range(2):
        page = text(staff.get(answer["Location"]))
        assert page.count("<svg") == Coupon.objects.count() == 3
        assert all(pretty(reveal(coupon.sealed_code)) in page for coupon in Coupon.objects.all())
    assert send(staff, shop, press=press, offer=hour.pk, count="3")["Location"] == answer["Location"]
    assert Coupon.objects.count() == 3


def test_list_shows_only_code_suffix(staff, shop, hour):
    coupon = hand_out(shop, hour, now(), plate=None)
    page = text(staff.get(f"/console/shops/{shop.pk}"))
    assert coupon.code not in page
    assert pretty(coupon.code) not in page
    assert f"…{coupon.code[-4:]}" in page


def test_unused_coupon_is_revoked_with_reason(staff, shop, hour):
    coupon = hand_out(shop, hour, now(), plate=None)
    path = f"/console/shops/{shop.pk}/coupons/{coupon.pk}/revoke"
    assert staff.post(path, {"why": " "}).status_code == 422
    for _ in range(2):
        assert staff.post(path, {"why": "发错了"}).status_code == 302
    event = CouponEvent.objects.get(became="revoked")
    assert (event.cause, event.by.get_username()) == ("发错了", "值班员")
    assert "已撤回" in text(staff.get(f"/console/shops/{shop.pk}"))


def test_used_coupon_cannot_be_revoked(staff, lot, shop):
    see(make_device(lot, "entry"), PLATE, now() - timedelta(minutes=61))
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), now())
    assert tap(look_up(lot=lot, plate=parse(PLATE), at=now()), at=now()) == 0
    answer = staff.post(f"/console/shops/{shop.pk}/coupons/{coupon.pk}/revoke", {"why": "x"})
    assert answer.status_code == 409
    assert "不能撤回" in text(answer)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"by": "plate", "plate": "沪A1"}, "号牌不完整或有误"),
        ({"count": "0"}, "张数应为 1 到 100"),
        ({"count": "101"}, "张数应为 1 到 100"),
        ({"count": "一"}, "张数应为 1 到 100"),
        ({"offer": "0"}, "请选择停车券"),
        ({"press": "x"}, "页面已失效"),
    ],
)
def test_invalid_issue_request_is_explained(staff, shop, hour, fields, message):
    answer = send(staff, shop, **{"press": str(uuid4()), "offer": hour.pk, "count": "1", **fields})
    assert answer.status_code == 422
    assert message in text(answer)
    assert not Coupon.objects.exists()


@pytest.mark.parametrize(
    ("limit", "message"), [("per_hour", "每小时"), ("per_day", "今日"), ("month_fen", "预算")]
)
def test_reached_limit_is_explained(staff, lot, limit, message):
    shop = make_shop(lot, **{limit: 0})
    answer = send(staff, shop, press=str(uuid4()), offer=make_offer(shop).pk)
    assert (answer.status_code, message in text(answer)) == (422, True)


def test_foreign_offer_cannot_be_chosen(staff, lot, shop):
    foreign = make_offer(make_shop(lot))
    assert send(staff, shop, press=str(uuid4()), offer=foreign.pk).status_code == 422


def test_foreign_coupon_cannot_be_revoked(staff, lot, shop, hour):
    coupon = hand_out(shop, hour, now())
    other = make_shop(lot)
    assert (
        staff.post(f"/console/shops/{other.pk}/coupons/{coupon.pk}/revoke", {"why": "x"}).status_code == 404
    )


def test_period_defaults_to_current_month(staff, shop):
    today = localtime(now()).date()
    assert f'value="{today.replace(day=1)}"' in text(staff.get("/console/shops"))
    assert 'value="2026-03-05"' in text(staff.get("/console/shops?from=2026-03-05&to=2026-03-09"))
    for nonsense in ("from=x", "from=0001-01-01", "to=9999-12-31", "from=2026-03-09&to=2026-03-05"):
        assert staff.get(f"/console/shops?{nonsense}").status_code == 200


@pytest.mark.parametrize(("day", "fen"), [(24, "10.00"), (25, "0.00")])
def test_settled_days_are_the_lots(staff, day, fen):
    """23:30 in Berlin, on the next day already in the console's own zone."""
    lot, at = make_lot(slug="berlin", zone="Europe/Berlin"), datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
    shop = make_shop(lot, name="Buchladen")
    see(make_device(lot, "entry"), PLATE, at - timedelta(minutes=61))
    hand_out(shop, make_offer(shop, "amount", 1000), at)
    assert tap(look_up(lot=lot, plate=parse(PLATE), at=at), at=at) == 0
    period = f"from=2026-11-{day}&to=2026-11-{day}"
    [_head, row, *_rest] = text(staff.get(f"/console/shops/settlement.csv?{period}")).splitlines()
    assert row.split(",")[-1] == fen
    lines = text(staff.get(f"/console/shops/{shop.pk}/settlement.csv?{period}")).splitlines()[1:]
    assert [line[:20] for line in lines] == (["2026-11-24 23:30:00,"] if day == 24 else [])
    assert f"<dd>{fen}</dd>" in re.sub(r"\s", "", text(staff.get(f"/console/shops/{shop.pk}?{period}")))


def test_coupon_filter_names_states_as_the_list(staff, lot, shop, hour):
    see(make_device(lot, "entry"), PLATE, now() - timedelta(minutes=61))
    held, unused, over = (hand_out(shop, hour, now(), plate=None) for _ in range(3))
    Coupon.objects.filter(pk=held.pk).update(state="held", session=ParkingSession.objects.get())
    Coupon.objects.filter(pk=over.pk).update(state="expired")
    page = text(staff.get("/console/shops/coupons?state=issued"))
    assert '<option value="issued" selected>未使用</option>' in page
    assert "有效</option>" not in page
    assert page.count('<span class="tag">未使用</span>') == 2
    assert all(one.code_end in page for one in (held, unused))
    assert over.code_end not in page


def test_settlement_csv_escapes_formulas(staff, lot):
    make_shop(lot, name="=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in text(staff.get("/console/shops/settlement.csv"))


def test_shop_pages_uncached_and_method_limited(staff, shop, hour):
    for path in ("/console/shops", f"/console/shops/{shop.pk}", "/console/shops/settlement.csv"):
        assert "no-store" in staff.get(path)["Cache-Control"]
        assert staff.post(path).status_code == 405
    assert staff.get(f"/console/shops/{shop.pk}/coupons").status_code == 405


def test_hidden_shop_returns_404(staff, shop, hour, monkeypatch):
    from console import shop_list, shop_pages

    coupon = hand_out(shop, hour, now(), plate=None)
    for module in (shop_list, shop_pages):
        monkeypatch.setattr(module, "shops_of", lambda request: type(shop).objects.none())
    paths = [f"/console/shops/{shop.pk}{end}" for end in ("", "/settlement.csv", "/coupons/x")]
    assert [staff.get(path).status_code for path in paths] == [404, 404, 404]
    assert send(staff, shop, press=str(uuid4()), offer=hour.pk).status_code == 404
    assert staff.post(f"/console/shops/{shop.pk}/coupons/{coupon.pk}/revoke", {"why": "x"}).status_code == 404
    assert "浦江书店" not in text(staff.get("/console/shops"))


def test_valid_codes_can_be_shown_again(staff, shop, hour):
    press = press_on(staff, shop)
    send(staff, shop, press=press, offer=hour.pk, count=1)
    again = f"/console/shops/{shop.pk}/coupons/{press}"
    assert again in text(staff.get(f"/console/shops/{shop.pk}"))
    assert "<svg" in text(staff.get(again))
    coupon = Coupon.objects.get()
    staff.post(f"/console/shops/{shop.pk}/coupons/{coupon.pk}/revoke", {"why": "发错"})
    assert again not in text(staff.get(f"/console/shops/{shop.pk}"))
