"""Shops and sorts of coupon, set up in the console: forms, limits, clerks."""

import re

import pytest
from django.utils.timezone import now

from lots import tariff_drafts
from payments.coupons.coupon_issuing import LimitReached
from payments.coupons.coupon_models import CouponOffer, Shop
from staff import invitations
from staff.models import Grant, Role
from tests.factories import TARIFF, client_of, make_lot, make_person, signed_in
from tests.payments.coupons.making import hand_out, make_offer, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot():
    return make_lot(slug="own")


@pytest.fixture
def owner(lot):
    return client_of(Role.OWNER, lot)


def text(answer):
    return answer.content.decode()


SHOP = {
    "name": "浦江书店",
    "pays_percent": "80",
    "per_plate_day": "1",
    "month_fen": "500.00",
    "revision": "1",
}
OFFER = {
    "name": "停 1 小时",
    "kind": "minutes",
    "value": "60",
    "position": "deduct_head",
    "funded_by": "shop",
}


def test_new_shop_stores_limits_and_offers(owner, lot):
    hour = make_offer(make_shop(lot))
    answer = owner.post("/console/shops/new/own", {**SHOP, "offers": [hour.pk]})
    shop = Shop.objects.get(name="浦江书店")
    assert answer["Location"] == f"/console/shops/{shop.pk}/settings"
    assert (shop.pays_percent, shop.per_hour, shop.per_plate_day, shop.month_fen) == (80, None, 1, 50000)
    assert list(shop.offers.all()) == [hour]
    without = owner.post("/console/shops/new/own", {**SHOP, "name": "面馆"}, follow=True)
    assert "还没有可以发放的停车券" in without.content.decode()


@pytest.mark.both_engines
def test_impossible_offer_is_refused(owner, lot):
    hour = make_offer(make_shop(lot))
    answer = owner.post("/console/shops/new/own", {**SHOP, "offers": [str(hour.pk), "9" * 20]})
    assert (answer.status_code, Shop.objects.filter(name="浦江书店").count()) == (422, 0)


def test_shop_name_is_unique_per_lot(owner, lot):
    other = make_shop(lot, name="花店")
    owner.post("/console/shops/new/own", SHOP)
    twice = owner.post("/console/shops/new/own", SHOP)
    assert (twice.status_code, Shop.objects.filter(name="浦江书店").count()) == (422, 1)
    assert "请换一个" in text(twice)
    renamed = owner.post(f"/console/shops/{other.pk}/settings", SHOP)
    assert "请换一个" in text(renamed)
    other.refresh_from_db()
    assert other.name == "花店"


def test_new_limits_apply_to_next_coupon(owner, lot):
    shop = make_shop(lot)
    hour = make_offer(shop)
    hand_out(shop, hour, now(), plate=None)
    form = {"name": shop.name, "pays_percent": "100", "per_day": "1", "offers": [hour.pk], "revision": "1"}
    assert owner.post(f"/console/shops/{shop.pk}/settings", form).status_code == 302
    shop.refresh_from_db()
    with pytest.raises(LimitReached):
        hand_out(shop, hour, now(), plate=None)


def test_ended_shop_leaves_coupons_valid(owner, lot):
    shop = make_shop(lot)
    hour = make_offer(shop)
    held = hand_out(shop, hour, now(), plate=None)
    owner.post(f"/console/shops/offers/own/{hour.pk}/end")
    assert "还没有给这家商户配置停车券" in text(owner.get(f"/console/shops/{shop.pk}"))
    owner.post(f"/console/shops/{shop.pk}/settings/end")
    assert "已停用" in text(owner.get(f"/console/shops/{shop.pk}"))
    held.refresh_from_db()
    assert held.state == "issued"


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (
            {"kind": "minutes", "value": "60", "position": "shift_entry"},
            {"value": 60, "position": "shift_entry"},
        ),
        ({"kind": "amount", "value": "5.5", "most": "3"}, {"value": 550, "position": "", "most_fen": 300}),
        ({"kind": "amount", "value": "￥５。５ 元", "most": "1，200元"}, {"value": 550, "most_fen": 120000}),
        ({"value": "60 分钟"}, {"value": 60}),
        ({"kind": "percent", "value": "30％"}, {"value": 30}),
        (
            {"kind": "percent", "value": "30", "stackable": "on", "per_stay": "2"},
            {"value": 30, "per_stay": 2},
        ),
        ({"kind": "all_free", "value": "", "entry_from": "22:00", "entry_to": "06:00"}, {"value": 0}),
        (
            {"kind": "minutes", "value": "60", "position": "deduct_tail", "most_minutes": "300"},
            {"most_minutes": 300},
        ),
    ],
)
def test_each_coupon_kind_can_be_created(owner, lot, values, kept):
    answer = owner.post("/console/shops/offers/own", {**OFFER, **values})
    assert answer.status_code == 302
    offer = CouponOffer.objects.get()
    assert {key: getattr(offer, key) for key in kept} == kept
    assert offer.name in text(owner.get("/console/shops/offers/own"))


def test_tariff_coupon_stores_its_tariff(owner, lot):
    dear = {**TARIFF, "steps": [{**TARIFF["steps"][0], "price": 700}]}
    values = {**OFFER, "kind": "tariff"}
    page = "/console/shops/offers/own"
    missing = owner.post(page, {**values, "tariff": "draft"})
    assert (missing.status_code, owner.post(page, values).status_code) == (422, 422)
    assert "请选择计费规则" in text(owner.post(page, values))
    by, at = make_person(Role.OWNER, lot=lot), now()
    draft = tariff_drafts.save(lot=lot, text=tariff_drafts.written(dear), revision=0, by=by, at=at)
    assert owner.post(page, {**values, "name": "甲", "tariff": "version-1"}).status_code == 302
    assert owner.post(page, {**values, "name": "乙", "tariff": "draft"}).status_code == 302
    stored = CouponOffer.objects.get(name="乙")
    assert (CouponOffer.objects.get(name="甲").tariff, stored.tariff) == (TARIFF, dear)
    assert f'value="offer-{stored.pk}" selected' in text(owner.get(f"{page}?like={stored.pk}"))
    assert owner.post(page, {**values, "name": "丙", "tariff": f"offer-{stored.pk}"}).status_code == 302
    tariff_drafts.save(lot=lot, text="{", revision=draft.revision, by=by, at=at)
    again = owner.post(page, {**values, "name": "另", "tariff": "draft"})
    assert "不是有效的 JSON" in text(again)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"position": ""}, "请选择减哪一段时长"),
        ({"value": "60.5"}, "应为 1 至 44640 的整数"),
        ({"value": ""}, "应为 1 至 44640 的整数"),
        ({"kind": "percent", "value": "100"}, "应为 1 至 99 的整数"),
        ({"kind": "amount", "value": "0"}, "应为 0.01 至 10000 元"),
        ({"kind": "amount", "value": "1.234"}, "请填写数字"),
        ({"entry_from": "09:00"}, "两个不同的时刻"),
        ({"per_stay": "0"}, "应为 1 至 50 的整数"),
        ({"name": " "}, "请填写。"),
    ],
)
def test_invalid_offer_keeps_input(owner, wrong, why):
    answer = owner.post("/console/shops/offers/own", {**OFFER, **wrong})
    assert answer.status_code == 422
    assert why in text(answer)
    if "name" not in wrong:
        assert 'value="停 1 小时"' in text(answer)
    assert not CouponOffer.objects.exists()


def test_new_offer_copies_existing_one(owner, lot):
    hour = make_offer(make_shop(lot), "amount", 550, name="减 5.5", most_fen=300)
    shown = text(owner.get(f"/console/shops/offers/own?like={hour.pk}"))
    assert 'value="5.50"' in shown
    assert 'value="3.00"' in shown
    assert "请换一个" in text(owner.post("/console/shops/offers/own", {**OFFER, "name": "减 5.5"}))


def test_clerk_is_invited_and_dismissed(owner, lot):
    shop, other = make_shop(lot), make_shop(lot)
    shown = text(owner.post(f"/console/shops/{shop.pk}/settings/invite"))
    code = re.search(r'class="code">([^<]+)<', shown)[1]
    clerk = invitations.accept(code=code, name="店员", password="long enough 4 all", at=now())
    client = signed_in(clerk)
    assert client.get(f"/console/shops/{shop.pk}").status_code == 200
    assert client.get(f"/console/shops/{other.pk}").status_code == 404
    assert client.get(f"/console/shops/{shop.pk}/settings").status_code == 403
    assert "店员" in text(owner.get(f"/console/shops/{shop.pk}/settings"))
    owner.post(f"/console/shops/{shop.pk}/settings/clerks/{clerk.pk}/dismiss")
    assert client.get(f"/console/shops/{shop.pk}").status_code == 403
    assert not Grant.objects.filter(user=clerk, ended_at=None).exists()


def test_dismissed_clerk_keeps_other_shop(owner, lot):
    shops = [make_shop(lot), make_shop(lot)]
    clerk = make_person(Role.SHOP, lot=lot)
    for shop in shops:
        shop.clerks.add(clerk)
    owner.post(f"/console/shops/{shops[0].pk}/settings/clerks/{clerk.pk}/dismiss")
    client = signed_in(clerk)
    assert [client.get(f"/console/shops/{shop.pk}").status_code for shop in shops] == [404, 200]


def test_other_lots_shops_return_404(owner):
    strange = make_lot(slug="strange")
    shop = make_shop(strange)
    offer = make_offer(shop)
    assert owner.get(f"/console/shops/{shop.pk}/settings").status_code == 404
    assert owner.post(f"/console/shops/{shop.pk}/settings/invite").status_code == 404
    assert owner.get("/console/shops/offers/strange").status_code == 404
    assert owner.post(f"/console/shops/offers/own/{offer.pk}/end").status_code == 404
    form = owner.post("/console/shops/new/own", {**SHOP, "offers": [offer.pk]})
    assert form.status_code == 422
    offer.refresh_from_db()
    assert offer.ended_at is None
