"""Coupons in plain values: what each kind takes at the second before, on and after each boundary."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lots import tariffs
from payments.coupons.coupon_rules import (
    CouponKind,
    CouponTerms,
    CouponWindow,
    Position,
    Refusal,
    Right,
    choose,
    end_of_day,
    face_fen,
    reduce,
    refusal,
)

CAME = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
SHANGHAI, URUMQI = ZoneInfo("Asia/Shanghai"), ZoneInfo("Asia/Urumqi")
SHIFT, HEAD, TAIL = Position
FENGXIAN = tariffs.read(  # ¥7 the first hour, then ¥3.50 each half hour
    {
        "format": 2,
        "currency": "CNY",
        "rounding": "started",
        "steps_count": "cycle",
        "after_exit_window": "recomputed",
        "steps": [
            {"until_min": 60, "unit_min": 60, "price": 700},
            {"until_min": None, "unit_min": 30, "price": 350},
        ],
        "cycle": {"basis": "from_entry", "hours": 24},
        "caps": [{"cycle": "each", "amount": 7000}],
        "caps_count": "per_cycle",
    }
)
FREE_15 = tariffs.read(
    {
        "format": 2,
        "currency": "CNY",
        "rounding": "started",
        "steps_count": "cycle",
        "after_exit_window": "recomputed",
        "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
        "steps": [{"until_min": None, "unit_min": 60, "price": 500}],
        "cycle": {"basis": "from_entry", "hours": 24},
        "caps": [{"cycle": "each", "amount": 4000}],
        "caps_count": "per_cycle",
    }
)
HALF_PRICE = tariffs.read(
    {
        "format": 2,
        "currency": "CNY",
        "rounding": "started",
        "steps_count": "cycle",
        "after_exit_window": "recomputed",
        "steps": [{"until_min": None, "unit_min": 60, "price": 300}],
        "cycle": {"basis": "from_entry", "hours": 24},
    }
)


def pricing(tariff, kind="ordinary"):
    return lambda begin, end: tariff.price(begin, end, kind)


def minutes(count, position=SHIFT, key=1, **more):
    return Right(key, CouponKind.MINUTES, count, position, **more)


def cost(rights, *, tariff=FENGXIAN, hours=0, mins=0, seconds=0):
    until = CAME + timedelta(hours=hours, minutes=mins, seconds=seconds)
    return reduce(pricing(tariff), CAME, until, rights)


@pytest.mark.parametrize(
    ("rights", "fen"),
    [([], 1050), ([minutes(60, SHIFT)], 700), ([minutes(60, HEAD)], 350), ([minutes(60, TAIL)], 700)],
    ids=["none", "shift_entry", "deduct_head", "deduct_tail"],
)
def test_minutes_position_determines_price(rights, fen):
    assert cost(rights, hours=1, mins=28).fen == fen


@pytest.mark.parametrize(
    ("position", "seconds", "fen"),
    [  # with one hour, around its end and around the next unit
        (SHIFT, 3599, 0),
        (SHIFT, 3600, 0),
        (SHIFT, 3601, 700),
        (SHIFT, 7200, 700),
        (SHIFT, 7201, 1050),
        (TAIL, 3599, 0),
        (TAIL, 3600, 0),
        (TAIL, 3601, 700),
        (TAIL, 7200, 700),
        (TAIL, 7201, 1050),
        (HEAD, 3599, 0),
        (HEAD, 3600, 0),
        (HEAD, 3601, 350),
        (HEAD, 5400, 350),
        (HEAD, 5401, 700),
        (HEAD, 7200, 700),
        (HEAD, 7201, 1050),
    ],
)
def test_coupon_hour_ends_exactly(position, seconds, fen):
    assert cost([minutes(60, position)], seconds=seconds).fen == fen


@pytest.mark.parametrize(
    ("position", "mins", "fen"),
    [(SHIFT, 75, 0), (SHIFT, 76, 500), (TAIL, 75, 0), (TAIL, 76, 500), (HEAD, 75, 500), (HEAD, 60, 0)],
)
def test_free_minutes_depend_on_coupon_position(position, mins, fen):
    assert cost([minutes(60, position)], tariff=FREE_15, mins=mins).fen == fen


@pytest.mark.parametrize(
    ("right", "left", "took"),
    [
        (Right(1, CouponKind.AMOUNT, 1049), 1, 1049),
        (Right(1, CouponKind.AMOUNT, 1050), 0, 1050),
        (Right(1, CouponKind.AMOUNT, 1051), 0, 1050),
        (Right(1, CouponKind.PERCENT, 20), 840, 210),
        (Right(1, CouponKind.PERCENT, 99), 10, 1040),  # 1039.5: a part of a fen goes to the driver
        (Right(1, CouponKind.ALL_FREE), 0, 1050),
        (Right(1, CouponKind.ALL_FREE, most_fen=1000), 50, 1000),
        (Right(1, CouponKind.TARIFF, other=pricing(HALF_PRICE)), 600, 450),
        (Right(1, CouponKind.TARIFF, other=pricing(FENGXIAN)), 1050, 0),
        (minutes(60, HEAD, most_fen=699), 351, 699),
        (minutes(60, HEAD, most_fen=700), 350, 700),
    ],
)
def test_discount_by_kind_is_bounded(right, left, took):
    bill = cost([right], hours=1, mins=28)
    assert (bill.fen, bill.taken[0].fen, bill.price.fen) == (left, took, 1050)


def test_minutes_coupons_add_up():
    three = cost([minutes(60, HEAD, 1), minutes(60, HEAD, 2)], hours=3)
    assert three.fen == 2100 - 1400
    assert [one.fen for one in three.taken] == [700, 700]
    both = cost([minutes(60, HEAD, 1), minutes(60, SHIFT, 2)], hours=3)
    assert both.fen == 700  # as if come an hour later: 14.00, of which the first hour is 7.00


def test_kinds_apply_in_fixed_order():
    rights = [Right(4, CouponKind.AMOUNT, 100), Right(3, CouponKind.PERCENT, 50), minutes(60, HEAD, 2)]
    for shown in (rights, rights[::-1]):
        bill = cost(shown, hours=2, mins=28)
        assert [(one.key, one.fen) for one in bill.taken] == [(2, 700), (3, 525), (4, 100)]
        assert bill.fen == 425


def test_free_coupon_leaves_others_unused():
    bill = cost(
        [Right(2, CouponKind.AMOUNT, 500), minutes(60, HEAD, 3), Right(1, CouponKind.ALL_FREE)], hours=2
    )
    assert {one.key: one.fen for one in bill.taken} == {1: 1400, 2: 0, 3: 0}


def test_next_coupon_ignores_previous_cap():
    bill = cost([minutes(60, HEAD, 1, most_fen=100), minutes(30, HEAD, 2)], hours=2)
    assert [one.fen for one in bill.taken] == [100, 350]


def test_coupon_bill_lines_add_up():
    bill = cost([minutes(60, HEAD, 1), Right(2, CouponKind.AMOUNT, 100)], hours=1, mins=28)
    assert [(line.code, line.fen) for line in bill.lines] == [
        ("first_units", 700),
        ("units", 350),
        ("coupon_minutes", -700),
        ("coupon_amount", -100),
    ]
    assert bill.lines[2].values == {"minutes": 60, "position": "deduct_head"}
    assert sum(line.fen for line in bill.lines) == bill.fen == 250


def test_price_raising_coupon_is_ignored():
    strange = lambda begin, end: Priced(100 if begin == CAME else 900)  # noqa: E731
    assert reduce(strange, CAME, CAME + timedelta(hours=2), [minutes(60)]).fen == 100


class Priced:
    lines = ()

    def __init__(self, fen):
        self.fen = fen


@pytest.mark.parametrize(
    ("right", "took", "face"),
    [
        (Right(1, CouponKind.AMOUNT, 500), 200, 500),
        (minutes(90), 200, 1050),
        (Right(1, CouponKind.PERCENT, 20), 200, 200),
        (Right(1, CouponKind.ALL_FREE), 200, 200),
    ],
)
def test_face_value_depends_on_kind(right, took, face):
    assert face_fen(pricing(FENGXIAN), CAME, right, took) == face


# when it counts

DAY = CouponWindow(CAME, CAME + timedelta(hours=48), same_day=True)
EVENING = CouponWindow(CAME, CAME + timedelta(hours=48), entry_from=time(9), entry_to=time(22))
NIGHT = CouponWindow(CAME, CAME + timedelta(hours=48), entry_from=time(22), entry_to=time(6))


def local(day, hour, minute=0, second=0):
    return datetime(2026, 11, day, hour, minute, second, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("window", "came", "at", "why"),
    [
        (DAY, local(24, 11), local(24, 11, 49, 59), Refusal.EXPIRED),  # before it was issued
        (DAY, local(24, 11), local(24, 11, 50), None),  # by the clock of another machine
        (DAY, local(24, 11), local(24, 12), None),
        (DAY, local(24, 11), local(24, 23, 59, 59), None),
        (DAY, local(24, 11), local(25, 0), Refusal.OTHER_DAY),
        (EVENING, local(24, 8, 59, 59), local(24, 23), Refusal.ENTRY_TIME),
        (EVENING, local(24, 9), local(24, 23), None),
        (EVENING, local(24, 21, 59, 59), local(24, 23), None),
        (EVENING, local(24, 22), local(24, 23), Refusal.ENTRY_TIME),
        (NIGHT, local(24, 21, 59, 59), local(25, 3), Refusal.ENTRY_TIME),
        (NIGHT, local(24, 22), local(25, 3), None),
        (NIGHT, local(25, 5, 59, 59), local(25, 8), None),
        (NIGHT, local(25, 6), local(25, 8), Refusal.ENTRY_TIME),
        (EVENING, local(24, 12), local(26, 11, 59, 59), None),
        (EVENING, local(24, 12), local(26, 12), Refusal.EXPIRED),
    ],
)
def test_coupon_is_refused_outside_window(window, came, at, why):
    assert refusal(window, entered_at=came, at=at, zone=SHANGHAI) == why


def test_end_of_day_uses_lot_timezone():
    assert end_of_day(CAME, SHANGHAI) == local(25, 0)
    night = datetime(2026, 11, 24, 23, tzinfo=UTC)  # still the 24th at sea, the 25th in Shanghai
    for zone, day in ((UTC, 24), (SHANGHAI, 25)):
        assert end_of_day(night, zone) == datetime(2026, 11, day + 1, tzinfo=zone)


@pytest.mark.parametrize(
    ("zone", "hours", "why"),
    [(UTC, 1, Refusal.OTHER_DAY), (SHANGHAI, 1, None), (SHANGHAI, 17, Refusal.OTHER_DAY), (URUMQI, 18, None)],
)
def test_same_day_coupon_uses_lot_timezone(zone, hours, why):
    issued = datetime(2026, 11, 24, 23, tzinfo=UTC)  # 07:00 in Shanghai
    window = CouponWindow(issued, issued + timedelta(hours=48), same_day=True)
    assert refusal(window, entered_at=issued, at=issued + timedelta(hours=hours), zone=zone) == why


@pytest.mark.parametrize(("zone", "why"), [(UTC, Refusal.ENTRY_TIME), (SHANGHAI, None)])
def test_entry_hours_use_lot_timezone(zone, why):
    assert refusal(EVENING, entered_at=local(24, 12), at=local(24, 13), zone=zone) == why


def test_coupon_lines_carry_values():
    bill = cost([Right(1, CouponKind.PERCENT, 20), Right(2, CouponKind.AMOUNT, 100)], hours=2)
    assert [line.values for line in bill.lines[-2:]] == [{"percent": 20}, {"amount_fen": 100}]


def test_minute_limit_applies_to_minutes_only():
    amount = [(Right(1, CouponKind.AMOUNT, 500), CouponTerms(1, most_minutes=300))]
    assert [right.value for right in choose(amount)[0]] == [500]
    shown = [(minutes(60, SHIFT, 1), CouponTerms(1, per_stay=2, most_minutes=61))] * 2
    assert [right.value for right in choose(shown)[0]] == [60, 1]
    assert end_of_day(local(24, 23, 59, 59), SHANGHAI) == local(25, 0)
    assert end_of_day(local(25, 0), SHANGHAI) == local(26, 0)


# which go together

TOGETHER = CouponTerms(1, stackable=True, per_stay=9)


@pytest.mark.parametrize(
    ("terms", "chosen", "refused"),
    [
        ([TOGETHER, TOGETHER], [1, 2], {}),
        ([TOGETHER, CouponTerms(2, stackable=False)], [1], {2: Refusal.NOT_TOGETHER}),
        ([CouponTerms(2, stackable=False), TOGETHER], [1], {2: Refusal.NOT_TOGETHER}),
        ([CouponTerms(2, stackable=False)], [1], {}),
        ([CouponTerms(1, per_stay=1), CouponTerms(1, per_stay=1)], [1], {2: Refusal.PER_STAY}),
        ([CouponTerms(1, per_stay=1), CouponTerms(2, per_stay=1)], [1, 2], {}),
        ([CouponTerms(1, per_stay=2)] * 3, [1, 2], {3: Refusal.PER_STAY}),
    ],
)
def test_stacking_follows_offer_terms(terms, chosen, refused):
    shown = [(Right(key, CouponKind.AMOUNT, 100), one) for key, one in enumerate(terms, 1)]
    rights, apart = choose(shown)
    assert ([right.key for right in rights], apart) == (chosen, refused)


@pytest.mark.parametrize(
    ("count", "values", "refused"),
    [(299, [299], {}), (300, [300], {}), (301, [300], {}), (180, [180, 120], {}), (150, [150, 150], {3})],
)
def test_minutes_stop_at_five_hours(count, values, refused):
    """As the shops of Metropolis Plaza word it: at most five hours for one entry."""
    terms = CouponTerms(1, per_stay=9, most_minutes=300)
    number = 2 if len(values) == 2 else 1
    shown = [(minutes(count, SHIFT, key), terms) for key in range(1, number + 1 + len(refused))]
    rights, apart = choose(shown)
    assert [right.value for right in rights] == values
    assert apart == dict.fromkeys(refused, Refusal.MOST_MINUTES)


def test_used_coupons_are_not_displaced():
    alone = CouponTerms(1, stackable=False)
    shown = [(Right(1, CouponKind.AMOUNT, 100), alone), (Right(2, CouponKind.ALL_FREE), alone)]
    assert choose(shown, kept=1)[1] == {2: Refusal.NOT_TOGETHER}
    assert [right.key for right in choose(shown, kept=2)[0]] == [1, 2]


# any coupons, any stay

TARIFFS = st.sampled_from([FENGXIAN, FREE_15, HALF_PRICE])
KINDS = st.one_of(
    st.tuples(st.just(CouponKind.AMOUNT), st.integers(1, 5000)),
    st.tuples(st.just(CouponKind.PERCENT), st.integers(1, 99)),
    st.tuples(st.just(CouponKind.MINUTES), st.integers(1, 1500)),
    st.tuples(st.just(CouponKind.TARIFF), st.just(0)),
    st.tuples(st.just(CouponKind.ALL_FREE), st.just(0)),
)


@st.composite
def any_rights(draw, ceilings=True):
    def one(key):
        kind, value = draw(KINDS)
        other = pricing(draw(TARIFFS)) if kind is CouponKind.TARIFF else None
        most = draw(st.none() | st.integers(1, 3000)) if ceilings else None
        return Right(key, kind, value, draw(st.sampled_from(Position)), most, other)

    return [one(key) for key in range(draw(st.integers(0, 5)))]


SECONDS = st.integers(0, 3 * 24 * 3600)


@given(tariff=TARIFFS, rights=any_rights(), seconds=SECONDS)
def test_discount_stays_within_price(tariff, rights, seconds):
    bill = cost(rights, tariff=tariff, seconds=seconds)
    assert 0 <= bill.fen <= bill.price.fen
    assert all(one.fen >= 0 for one in bill.taken)
    assert bill.fen == sum(line.fen for line in bill.lines)
    assert len(bill.taken) == len(rights)
    assert all(one.most_fen is None or took.fen <= one.most_fen for one in rights for took in bill.taken
               if took.key == one.key)  # fmt: skip


@given(tariff=TARIFFS, rights=any_rights(), more=any_rights(), seconds=SECONDS)
def test_combining_coupons_never_costs_more(tariff, rights, more, seconds):
    assert cost([*rights, *more[:1]], tariff=tariff, seconds=seconds).fen <= max(
        cost(rights, tariff=tariff, seconds=seconds).fen,
        cost(more[:1], tariff=tariff, seconds=seconds).fen,
    )


@given(tariff=TARIFFS, rights=any_rights(ceilings=False), seconds=SECONDS, later=st.integers(0, 7200))
def test_longer_discounted_stay_never_costs_less(tariff, rights, seconds, later):
    early, late = (cost(rights, tariff=tariff, seconds=s).fen for s in (seconds, seconds + later))
    assert early <= late


@given(tariff=TARIFFS, rights=any_rights(), seconds=SECONDS, seed=st.randoms(use_true_random=False))
def test_coupon_order_does_not_change_price(tariff, rights, seconds, seed):
    one_of_each = list({right.kind: right for right in rights}.values())
    shuffled = seed.sample(one_of_each, len(one_of_each))
    one, other = (cost(shown, tariff=tariff, seconds=seconds) for shown in (one_of_each, shuffled))
    assert (one.fen, one.taken) == (other.fen, other.taken)
