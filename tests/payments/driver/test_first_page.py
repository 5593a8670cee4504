"""The page behind a sign: complete in one answer, the same for everybody, dead when the sign is."""

import gzip
import re

import brotli
import pytest
from django.db import OperationalError

from lots.codes import new_code
from lots.models import Operator
from lots.signs import revoke
from payments.driver import kept, views
from tests.factories import NOON
from tests.payments.driver.conftest import text

LANGUAGES = {"": "zh-Hans", "/hant": "zh-Hant", "/en": "en"}


def path(mall, end=""):
    return f"/p/{mall.pure.code}{end}"


def test_it_names_lot_sign_payee_price_privacy_phone_cash_and_complaints(mall):
    page = text(mall.get(path(mall)))
    for words in ("浦江广场", "1 号标识", "B1 层电梯厅", "上海浦江商业管理有限公司", "¥5/小时", "只用车牌"):
        assert words in page
    for words in ('href="tel:02155550100"', "可在B1层岗亭支付现金", "12345 / 12315", "/lot/pujiang/tariff"):
        assert words in page


@pytest.mark.parametrize(("end", "tag"), LANGUAGES.items())
def test_the_end_of_the_path_chooses_the_language(mall, end, tag):
    page = text(mall.get(path(mall, end)))
    assert f'<html lang="{tag}">' in page
    assert f'action="/p/{mall.pure.code}{end}"' in page
    assert all(f"/p/{mall.pure.code}{other}" in page for other in LANGUAGES if other != end)


def test_the_address_in_capitals_that_a_sign_carries_is_answered_without_a_redirect(mall):
    assert mall.get(f"/P/{mall.pure.code}").content == mall.get(path(mall)).content


def test_a_code_typed_in_small_letters_shows_the_canonical_one(mall):
    assert f'action="/p/{mall.pure.code}"' in text(mall.get(f"/p/{mall.pure.code.lower()}"))


@pytest.mark.parametrize("end", LANGUAGES)
def test_it_weighs_no_more_than_four_kilobytes(mall, end):
    mall.lot.name = "浦江国际商业广场地下停车库"
    mall.lot.save()
    answer = mall.get(path(mall, end), accept_encoding="gzip, br")
    assert answer["Content-Encoding"] == "br"
    assert len(answer.content) <= 4096


def test_it_loads_nothing_and_names_no_other_host(mall):
    page = text(mall.get(path(mall)))
    assert not re.search(r"https?://|<img|<iframe|\ssrc=|@import|url\(", page)


def test_each_encoding_holds_the_same_page_and_has_its_own_tag(mall):
    plain = mall.get(path(mall))
    zipped = mall.get(path(mall), accept_encoding="gzip")
    small = mall.get(path(mall), accept_encoding="br;q=1.0, gzip;q=0.5")
    assert gzip.decompress(zipped.content) == brotli.decompress(small.content) == plain.content
    assert len({plain["ETag"], zipped["ETag"], small["ETag"]}) == 3
    assert plain["Vary"] == "Accept-Encoding"


def test_a_browser_that_has_it_is_told_so(mall):
    first = mall.get(path(mall))
    again = mall.get(path(mall), if_none_match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


def test_it_may_be_kept_by_the_browser_alone_and_is_asked_for_each_time(mall):
    assert mall.get(path(mall))["Cache-Control"] == "private, no-cache"


def test_a_repeat_within_seconds_asks_no_database(mall, django_assert_num_queries):
    mall.get(path(mall))
    with django_assert_num_queries(0):
        mall.get(path(mall))


def test_query_parameters_change_nothing_and_are_not_repeated(mall):
    page = mall.get(path(mall) + "?openid=o123&plate=沪A12345&utm_source=x")
    assert page.content == mall.get(path(mall)).content


def test_a_changed_fact_is_shown_once_the_few_seconds_are_over(mall, monkeypatch):
    shelf = kept.Shelf(clock=lambda: seconds[0])
    seconds = [0.0]
    monkeypatch.setattr(kept, "SIGNS", shelf)
    old = mall.get(path(mall))
    Operator.objects.update(service_phone="021-9999")
    assert mall.get(path(mall)).content == old.content
    seconds[0] = kept.TTL
    assert "021-9999" in text(mall.get(path(mall)))


def test_an_unchanged_page_keeps_its_bytes_and_tag(mall, monkeypatch):
    seconds = [0.0]
    monkeypatch.setattr(kept, "SIGNS", kept.Shelf(clock=lambda: seconds[0]))
    first = mall.get(path(mall))
    monkeypatch.setattr(views, "render", None)  # would fail if it were made anew
    seconds[0] = kept.TTL
    assert mall.get(path(mall))["ETag"] == first["ETag"]


def test_a_revoked_sign_is_gone_and_says_where_to_turn(mall):
    revoke(mall.pure, at=NOON)
    gone = mall.get(path(mall))
    assert gone.status_code == 410
    assert "021-5555 0100" in text(gone)


def test_a_revoked_sign_takes_no_search_at_all(mall, parked):
    mall.get(path(mall))
    revoke(mall.pure, at=NOON)
    assert mall.search().status_code == 410


@pytest.mark.parametrize("code", ["X", "0000000000000000", "' OR 1=1--", "<svg onload=x>", "x" * 300])
def test_a_code_that_is_not_ours_is_not_found_without_asking_the_database(
    mall, code, django_assert_num_queries
):
    with django_assert_num_queries(0):
        answer = mall.get(f"/p/{code}")
    assert answer.status_code == 404
    assert code not in text(answer) or code == "X"
    assert "没有扣款" in text(answer)


def test_a_genuine_code_that_no_sign_carries_looks_the_same_as_a_false_one(mall):
    assert mall.get(f"/p/{new_code()}").content == mall.get("/p/FALSE").content


def test_a_closed_lot_says_so_with_its_phone_and_offers_no_field(mall):
    mall.lot.closed_at = NOON
    mall.lot.save()
    page = mall.get(path(mall))
    assert page.status_code == 200
    assert "暂停线上缴费" in text(page)
    assert "<input" not in text(page)
    assert mall.search().status_code == 503


def test_without_the_database_the_page_still_knows_the_phone(mall, monkeypatch):
    seconds = [0.0]
    monkeypatch.setattr(kept, "SIGNS", kept.Shelf(clock=lambda: seconds[0]))
    mall.get(path(mall))
    seconds[0] = 60

    def down(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr(views, "find_sign", down)
    for answer in (mall.get(path(mall)), mall.search()):
        assert answer.status_code == 503
        assert answer["Retry-After"] == "60"
        assert "021-5555 0100" in text(answer)
        assert "浦江广场" in text(answer)


def test_without_the_database_an_unknown_lot_still_gets_a_calm_page(mall, monkeypatch):
    monkeypatch.setattr(views, "find_sign", lambda text: (_ for _ in ()).throw(OperationalError))
    answer = mall.get(path(mall))
    assert answer.status_code == 503
    assert "岗亭" in text(answer)


def test_the_keeper_forgets_the_least_used(mall):
    shelf = kept.Shelf(most=2)
    for key in "abc":
        shelf.facts(key, lambda key=key: key)
    assert [shelf.last_known(key) for key in "abc"] == [None, "b", "c"]


def test_a_fault_of_ours_is_a_page_with_the_phone_and_no_detail(mall, monkeypatch):
    mall.get(path(mall))
    mall.browser.raise_request_exception = False

    def broken(*args, **kwargs):
        raise RuntimeError("沪A12345")

    monkeypatch.setattr(views, "find_sign", broken)
    answer = mall.search()
    assert answer.status_code == 500
    assert "021-5555 0100" in text(answer)
    assert "RuntimeError" not in text(answer)
    assert "沪A12345" not in text(answer)


@pytest.mark.parametrize("address", ["/", "/nothing/here", "/p/", "/t/x/y/z"])
def test_any_other_address_is_a_calm_page(mall, address):
    answer = mall.get(address)
    assert answer.status_code == 404
    assert "页面不存在" in text(answer)
