"""A lot whose tariff is not in yuan: its fee is shown and explained, and no money is taken for it."""

import pytest

from lots.models import ParkingSession, TariffVersion
from lots.pricing import clear_parsed
from payments import booth
from payments.models import Payment
from payments.refusals import CurrencyRefused
from tests.driver.conftest import PLATE, text
from tests.driver.test_charge_page import AT, FORM
from tests.lots.tariffs.shared_boards import TOKYO
from tests.payments.acting import by


@pytest.fixture
def in_yen(mall, parked, clock):
    TariffVersion.objects.update(document=TOKYO)
    clear_parsed()
    clock(AT)  # 61 minutes: three half hours at 330
    yield mall
    clear_parsed()


@pytest.fixture
def fee(in_yen):
    return in_yen.browser.post(f"/p/{in_yen.pure.code}", f"plate={PLATE}", content_type=FORM)["Location"]


def test_fee_is_shown_in_its_currency(in_yen, fee):
    page = text(in_yen.get(fee + "/en"))
    assert "<small>JP¥</small>990</p>" in page
    assert "3 × JP¥330 per 30 minutes" in page
    assert "9.90" not in page


def test_no_channel_is_offered(in_yen, fee, channel):
    page = text(in_yen.get(fee))
    assert 'name="channel"' not in page
    assert "请按此金额到岗亭缴费" in page
    answer = in_yen.send(fee + "/pay", channel="fake")
    assert answer.status_code == 503
    assert (channel.calls, Payment.objects.count()) == ([], 0)


def test_cash_is_not_booked(in_yen):
    session = ParkingSession.objects.get()
    with pytest.raises(CurrencyRefused):
        booth.take_elsewhere(session, amount_fen=990, by=by(), at=AT)
    assert not Payment.objects.exists()


def test_public_board_is_in_its_currency(in_yen):
    page = text(in_yen.get("/lot/pujiang/tariff/en"))
    assert "At most JP¥2200 per 24 hours from entry." in page
    assert "All amounts are in JPY (JP¥)." in page
    assert "<td>JP¥330</td>" in page
    first = text(in_yen.get(f"/p/{in_yen.pure.code}/en"))
    assert "JP¥330 per 30 minutes" in first
