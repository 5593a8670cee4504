"""The page behind a sign: complete in one answer, the same for everybody, gone when the sign is revoked."""

import gzip
import json
import re
from datetime import timedelta

import brotli
import pytest
from django.db import OperationalError
from django.utils import timezone

from benchmarks.tariff_speed import WORST
from core.codes import new_code
from driver import page_cache, plate, sign_page
from lots import changes
from lots.changes import FactsStamp
from lots.models import Operator
from lots.pricing import add_version
from lots.sign_register import new_sign, revoke
from payments.models import Payment
from presentation import inline, respond
from tests.driver.conftest import text
from tests.factories import NOON, TARIFF
from tests.lots.tariffs.shared_boards import BAY, WEEKENDS

pytestmark = pytest.mark.both_engines

LANGUAGES = {"": "zh-Hans", "/hant": "zh-Hant", "/en": "en"}


def path(mall, end=""):
    return f"/p/{mall.pure.code}{end}"


def test_sign_page_shows_required_facts(mall):
    page = text(mall.get(path(mall)))
    for words in (
        "浦江广场",
        "1 号标识牌",
        "B1 层电梯厅",
        "上海浦江商业管理有限公司",
        "每小时 ¥5",
        "只用车牌",
    ):
        assert words in page
    for words in ('href="tel:02155550100"', "可在B1层岗亭支付现金", "12345 / 12315", "/lot/pujiang/tariff"):
        assert words in page


@pytest.mark.parametrize(("end", "tag"), LANGUAGES.items())
def test_first_page_language_follows_path(mall, end, tag):
    page = text(mall.get(path(mall, end)))
    assert f'<html lang="{tag}">' in page
    assert f'action="/p/{mall.pure.code}{end}"' in page
    assert all(f"/p/{mall.pure.code}{other}" in page for other in LANGUAGES if other != end)


def test_uppercase_path_is_served_without_redirect(mall):
    assert mall.get(f"/P/{mall.pure.code}").content == mall.get(path(mall)).content


def test_lowercase_code_renders_canonical_code(mall):
    assert f'action="/p/{mall.pure.code}"' in text(mall.get(f"/p/{mall.pure.code.lower()}"))


# What granian adds to each answer. HTTP/2, which nginx speaks to a phone, sends fewer bytes than this text.
SERVER = "HTTP/1.1 200 OK\r\nDate: Fri, 27 Nov 2026 08:00:00 GMT\r\n"


WORDY = {"usual": TARIFF, "long": WORST, "bay": BAY, "weekends": WEEKENDS}


@pytest.mark.parametrize("end", LANGUAGES)
@pytest.mark.parametrize("document", WORDY.values(), ids=WORDY)
def test_first_page_fits_with_headers(mall, document, end):
    mall.lot.name = "浦江国际商业广场地下停车库"
    mall.lot.save()
    mall.lot.tariffs.update(document=document)
    answer = mall.get(path(mall, end), accept_encoding="gzip, br")
    assert answer["Content-Encoding"] == "br"
    headers = SERVER + "".join(f"{name}: {value}\r\n" for name, value in answer.items()) + "\r\n"
    assert len(headers) + len(answer.content) <= 4096


def test_fee_script_is_allowed_by_first_page(mall):
    policy = mall.get(path(mall))["Content-Security-Policy"]
    assert "script-src 'self' " in policy
    answer = mall.get("/fee", accept_encoding="br")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    script = brotli.decompress(answer.content).decode()
    assert json.dumps(f"@media all{{{inline.RESULT_STYLE}}}", ensure_ascii=False) in script
    assert script.endswith(inline.FEE_SCRIPT)


def test_first_page_loads_nothing_external(mall):
    page = text(mall.get(path(mall)))
    assert not re.search(r"https?://|<img|<iframe|\ssrc=|@import|url\(", page)


def test_each_encoding_has_own_etag(mall):
    plain = mall.get(path(mall))
    zipped = mall.get(path(mall), accept_encoding="gzip")
    small = mall.get(path(mall), accept_encoding="br;q=1.0, gzip;q=0.5")
    assert gzip.decompress(zipped.content) == brotli.decompress(small.content) == plain.content
    assert len({plain["ETag"], zipped["ETag"], small["ETag"]}) == 3
    assert plain["Cache-Control"].startswith("private")  # no shared cache, so no Vary


def test_only_taken_encodings_are_packed(mall, monkeypatch):
    packed = []
    for name, pack in respond.PACKERS.items():
        monkeypatch.setitem(respond.PACKERS, name, lambda body, n=name, p=pack: packed.append(n) or p(body))
    for _ in range(2):
        mall.get(path(mall), accept_encoding="gzip")
    assert packed == ["gzip"]


def test_matching_etag_returns_304(mall):
    first = mall.get(path(mall))
    again = mall.get(path(mall), if_none_match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


def test_first_page_is_private_and_revalidated(mall):
    assert mall.get(path(mall))["Cache-Control"] == "private, no-cache"


def test_repeat_within_ttl_skips_database(mall, django_assert_num_queries):
    mall.get(path(mall))
    with django_assert_num_queries(0):
        mall.get(path(mall))


def test_query_parameters_are_ignored(mall):
    page = mall.get(path(mall) + "?openid=o123&plate=沪A12345&utm_source=x")
    assert page.content == mall.get(path(mall)).content


@pytest.fixture
def seconds(monkeypatch):
    """A clock for the pages of signs, set by `seconds[0]`."""
    seconds = [0.0]
    stamp = FactsStamp(clock=lambda: seconds[0])
    monkeypatch.setattr(page_cache, "SIGNS", page_cache.PageCache(stamp=stamp))
    monkeypatch.setattr(page_cache, "ROWS", page_cache.PageCache(stamp=stamp))
    return seconds


def test_changed_facts_appear_after_refresh(mall, seconds):
    old = mall.get(path(mall))
    Operator.objects.update(service_phone="021-9999")
    assert mall.get(path(mall)).content == old.content
    seconds[0] = changes.REFRESH
    assert "021-9999" in text(mall.get(path(mall)))


def test_tariff_begins_without_a_change(mall, seconds, monkeypatch):
    begins = timezone.now() + timedelta(hours=1)
    document = {**TARIFF, "steps": [{"until_min": None, "unit_min": 60, "price": 900}]}
    add_version(lot=mall.lot, document=document, valid_from=begins, at=begins - timedelta(hours=1))
    assert "每小时 ¥9" not in text(mall.get(path(mall)))
    monkeypatch.setattr(changes, "now", lambda: begins)
    monkeypatch.setattr(sign_page, "now", lambda: begins)
    seconds[0] = changes.REFRESH
    assert "每小时 ¥9" in text(mall.get(path(mall)))


def test_one_statement_serves_all_signs(mall, seconds, django_assert_num_queries):
    others = [new_sign(lot=mall.lot, place=f"B{n}") for n in range(3)]
    for sign in others:
        mall.get(f"/p/{sign.code}")
    seconds[0] = changes.REFRESH
    with django_assert_num_queries(1):
        for sign in others:
            mall.get(f"/p/{sign.code}")


def test_unchanged_page_reuses_bytes_and_etag(mall, seconds, monkeypatch):
    first = mall.get(path(mall))
    monkeypatch.setattr(plate, "cached_page", None)  # would fail if it were made again
    seconds[0] = changes.REFRESH
    assert mall.get(path(mall))["ETag"] == first["ETag"]


def test_revoked_sign_returns_410_with_phone(mall):
    revoke(mall.pure, at=NOON)
    gone = mall.get(path(mall))
    assert gone.status_code == 410
    assert "021-5555 0100" in text(gone)


def test_revoked_sign_rejects_search(mall, parked, seconds):
    mall.search()
    revoke(mall.pure, at=NOON)
    seconds[0] = changes.REFRESH
    assert mall.search().status_code == 410


def test_revoked_sign_takes_no_money_at_once(mall, parked):
    page = text(mall.search())
    revoke(mall.pure, at=NOON)
    assert mall.pay(page).status_code == 410
    assert not Payment.objects.exists()


@pytest.mark.parametrize("code", ["X", "0000000000000000", "' OR 1=1--", "<svg onload=x>", "x" * 300])
def test_malformed_sign_code_skips_database(mall, code, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = mall.get(f"/p/{code}")
    assert answer.status_code == 404
    assert code not in text(answer) or code == "X"
    assert "没有扣款" in text(answer)


def test_unassigned_code_response_equals_invalid(mall):
    assert mall.get(f"/p/{new_code()}").content == mall.get("/p/FALSE").content


def test_closed_lot_shows_phone_without_form(mall):
    mall.lot.closed_at = NOON
    mall.lot.save()
    page = mall.get(path(mall))
    assert page.status_code == 200
    assert "暂停线上缴费" in text(page)
    assert "<input" not in text(page)
    assert mall.search().status_code == 503


def test_database_outage_page_shows_phone(mall, seconds, monkeypatch):
    mall.get(path(mall))
    seconds[0] = 60

    def down(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr(changes.hot_sql, "rows", down)
    for answer in (mall.get(path(mall)), mall.search()):
        assert answer.status_code == 503
        assert answer["Retry-After"] == "60"
        assert "021-5555 0100" in text(answer)
        assert "浦江广场" in text(answer)


def test_database_outage_handles_unknown_lot(mall, monkeypatch):
    monkeypatch.setattr(sign_page, "find_sign", lambda text: (_ for _ in ()).throw(OperationalError))
    answer = mall.get(path(mall))
    assert answer.status_code == 503
    assert "岗亭" in text(answer)


def test_cache_evicts_least_recently_used(mall):
    cache = page_cache.PageCache(most=2)
    for key in "abc":
        cache.facts(key, lambda key=key: key)
    assert [cache.last_known(key) for key in "abc"] == [None, "b", "c"]


def test_server_error_page_hides_details(mall, monkeypatch):
    mall.get(path(mall))
    page_cache.ROWS.clear()  # what its page says is still known
    mall.browser.raise_request_exception = False

    def broken(*args, **kwargs):
        raise RuntimeError("沪A12345")

    monkeypatch.setattr(sign_page, "find_sign", broken)
    answer = mall.search()
    assert answer.status_code == 500
    assert "021-5555 0100" in text(answer)
    assert "RuntimeError" not in text(answer)
    assert "沪A12345" not in text(answer)


@pytest.mark.parametrize("address", ["/nothing/here", "/p/", "/t/x/y/z"])
def test_unknown_path_renders_404_page(mall, address):
    answer = mall.get(address)
    assert answer.status_code == 404
    assert "页面不存在" in text(answer)


def test_scripts_use_the_pages_connection():
    """A fetch that omits credentials opens a connection of its own: two round trips before the fee."""
    for script in (inline.FEE_SCRIPT, inline.PAY_SCRIPT, inline.WAIT_SCRIPT):
        assert "fetch(" in script
        assert "credentials" not in script
