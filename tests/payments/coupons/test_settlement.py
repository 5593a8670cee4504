"""What a shop owes: per period, from books that never change, and without any plate or code."""

import csv
import io
from datetime import timedelta

import pytest

from core.csv_file import table
from lots.plates import parse
from payments import ledger
from payments.coupons.coupon_models import CouponUse
from payments.coupons.redemption import refresh
from payments.coupons.shop_settlement import rows_of, settlements
from tests.factories import NOON, see
from tests.payments.coupons.making import booked, hand_out, make_offer, make_shop
from tests.payments.payment_steps import look_up, tap

pytestmark = pytest.mark.django_db
AT = NOON + timedelta(minutes=61)
DAY = timedelta(days=1)


def leave_with(lot, entry, shop, plate, kind="amount", value=1500, **fields):
    see(entry, plate, NOON)
    hand_out(shop, make_offer(shop, kind, value, **fields), AT, plate=plate)
    shown = look_up(lot=lot, plate=parse(plate), at=AT)
    assert tap(shown, at=AT) == 0
    return shown.session


def test_face_and_used_value_are_separate(lot, entry):
    shop, other = make_shop(lot, pays_percent=80), make_shop(lot)
    leave_with(lot, entry, shop, "沪A11111")
    leave_with(lot, entry, shop, "沪A22222", "all_free", 0)
    leave_with(lot, entry, shop, "沪A33333", funded_by="operator")
    hand_out(shop, make_offer(shop), AT, plate=None)
    mine, none = settlements([shop, other], begin=AT, end=AT + DAY)
    assert (mine.issued, mine.used, mine.face_fen, mine.used_fen, mine.shop_fen) == (4, 3, 4000, 3000, 1600)
    assert (none.issued, none.used, none.face_fen, none.used_fen, none.shop_fen) == (0, 0, 0, 0, 0)


def test_period_includes_start_excludes_end(lot, entry):
    shop = make_shop(lot)
    leave_with(lot, entry, shop, "沪A11111")
    second = timedelta(seconds=1)
    used = [
        settlements([shop], begin=begin, end=end)[0].used
        for begin, end in ((AT, AT + second), (AT - second, AT), (AT + second, AT + DAY))
    ]
    assert used == [1, 0, 0]


def test_extended_use_counts_in_later_period(lot, entry):
    shop, later = make_shop(lot), AT + DAY
    session = leave_with(lot, entry, shop, "沪A11111", "all_free", 0)
    before = settlements([shop], begin=AT, end=later)
    refresh(session, until=AT + timedelta(hours=2), at=later)
    assert settlements([shop], begin=AT, end=later) == before
    (after,) = settlements([shop], begin=later, end=later + DAY)
    assert (after.used, after.face_fen, after.used_fen) == (0, 0, 1000)
    assert CouponUse.objects.get().fen == 2000
    (row,) = rows_of(shop, begin=later, end=later + DAY)
    assert (row.face_fen, row.used_fen) == (None, 1000)


def test_reduced_coupon_use_is_reversed(lot, entry):
    shop = make_shop(lot, pays_percent=50)
    session = leave_with(lot, entry, shop, "沪A11111", "all_free", 0)
    refresh(session, until=NOON + timedelta(minutes=30), at=AT)
    assert booked() == {f"shop:{shop.pk}": 250, "discounts": 250, "validated": -500}
    (sums,) = settlements([shop], begin=AT, end=AT + DAY)
    assert (sums.used_fen, sums.shop_fen) == (500, 250)


def test_rows_match_totals_and_account(lot, entry):
    shop = make_shop(lot, pays_percent=70)
    for plate, value in (("沪A11111", 1333), ("沪A22222", 1001)):
        leave_with(lot, entry, shop, plate, value=value)
    rows = rows_of(shop, begin=AT, end=AT + DAY)
    (sums,) = settlements([shop], begin=AT, end=AT + DAY)
    assert [sum(row.used_fen for row in rows), sum(row.shop_fen for row in rows)] == [
        sums.used_fen,
        sums.shop_fen,
    ]
    assert ledger.balances()[f"shop:{shop.pk}"] == sums.shop_fen == 1400


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_spreadsheet_formulas_are_escaped(name):
    ((read, number),) = csv.reader(io.StringIO(table([(name, "12.00")])[1:]))
    assert (read, number) == (f"'{name}", "12.00")
