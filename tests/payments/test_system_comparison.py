"""A parking system's paid list against our books, for one lot and one day."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import localdate, now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lots.plates import parse
from payments import settlements
from payments.models import Settlement
from payments.system_comparison import BadPaidList, compare
from staff.models import Role
from tests.effort import cases
from tests.factories import make_person, signed_in
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import vendor_named
from tests.payments.test_in_front import pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot():
    return lot_in_front_of(vendor_named("aike"))


def paid(lot, channel, plate="沪A12345", fen=1250, *, reported=True):
    simulator().park.enter(plate, fen)
    payment = pay(lot, channel, now(), plate=parse(plate))
    if reported:
        settlements.settle_with_systems(now())
    return payment


def simulator_vendor():
    return vendor_named("aike", fresh=False)


def simulator():
    return simulator_vendor().simulator


def table(*rows, titles="单号,金额"):
    return "\n".join([titles, *(f"{number},{amount}" for number, amount in rows)]).encode()


def today(lot):
    return localdate(timezone=lot.tz)


def test_equal_lists_are_clean(lot, channel):
    payment = paid(lot, channel)
    found = compare(lot, today(lot), table((payment.number, "12.50")))
    assert (found.equal, found.equal_fen, found.is_clean) == (1, 1250, True)


@pytest.mark.parametrize("titles", ["billCode,actPayCharge", "number,amount", "商户单号,实收金额"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_titles_of_vendors_are_read(lot, channel, titles, encoding):
    payment = paid(lot, channel)
    content = table((payment.number, "12.5"), titles=titles).decode().encode(encoding)
    assert compare(lot, today(lot), content).is_clean


def test_each_difference_has_its_bucket(lot, channel):
    differs = paid(lot, channel, "沪A00001", 500)
    short = paid(lot, channel, "沪A00002", 600)
    unreported = paid(lot, channel, "沪A00003", 700, reported=False)
    content = table((differs.number, "5.01"), ("STRANGE1", "9"), ("STRANGE1", "9"))
    found = compare(lot, today(lot), content)
    assert [(row.number, row.ours_fen, row.theirs_fen) for row in found.differs] == [
        (differs.number, 500, 501)
    ]
    assert [row.number for row in found.short] == [short.number]
    assert [row.number for row in found.unreported] == [unreported.number]
    assert [(row.number, row.theirs_fen) for row in found.over] == [("STRANGE1", 900)]
    assert [row.number for row in found.twice] == ["STRANGE1"]


def test_refunded_payment_in_the_list_differs(lot, channel):
    payment = paid(lot, channel, reported=False)
    simulator().park.leave("沪A12345")
    settlements.settle_with_systems(now())
    assert Settlement.objects.get().state == Settlement.State.GONE
    found = compare(lot, today(lot), table((payment.number, "12.50")))
    assert [(row.ours_fen, row.theirs_fen) for row in found.differs] == [(0, 1250)]


FATES = ("equal", "differs", "short", "twice")


@pytest.fixture
def several(lot, channel):
    """Return five payments of today, and one of another lot of the same vendor."""
    ours = [paid(lot, channel, f"沪A0000{number}", 500 + number) for number in range(5)]
    foreign = paid(lot_in_front_of(simulator_vendor()), channel, "沪B00001", 900)
    return ours, foreign


@settings(max_examples=cases(25), suppress_health_check=list(HealthCheck))
@given(
    fates=st.lists(st.sampled_from(FATES), min_size=5, max_size=5),
    strangers=st.integers(0, 2),
    has_foreign=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_any_list_falls_into_buckets(lot, several, fates, strangers, has_foreign, order):
    """In any order, partial, with repeats, other amounts, and payments of another lot or of nobody."""
    ours, foreign = several
    lines = []
    for payment, fate in zip(ours, fates, strict=True):
        fen = payment.amount_fen + (fate == "differs")
        count = {"short": 0, "twice": 2}.get(fate, 1)
        lines += [(payment.number, f"{fen / 100:.2f}")] * count
    lines += [(f"STRANGE{number}", "9.00") for number in range(strangers)]
    lines += [(foreign.number, "9.00")] * has_foreign
    order.shuffle(lines)
    found = compare(lot, today(lot), table(*lines))
    by = {
        fate: {one.number for one, is_so in zip(ours, fates, strict=True) if is_so == fate} for fate in FATES
    }
    assert found.equal == len(by["equal"]) + len(by["twice"])
    assert {row.number for row in found.differs} == by["differs"]
    assert {row.number for row in found.short} == by["short"]
    assert {row.number for row in found.twice} == by["twice"]
    assert len(found.over) == strangers + has_foreign
    assert not found.unreported


def test_other_day_and_lot_are_left_out(lot, channel):
    paid(lot, channel)
    assert compare(lot, today(lot) - timedelta(days=1), table()).is_clean
    assert compare(lot_in_front_of(vendor_named("keytop")), today(lot), table()).is_clean


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2",
        "单号\nN1".encode(),
        "单号,金额\nN1".encode(),
        "单号,金额\nN1,-1".encode(),
        "单号,金额\nN1,1e9".encode(),
        "单号,金额\nN1,NaN".encode(),
        "单号,金额\nN1,0.001".encode(),
        "单号,金额\n,1".encode(),
        "单号,金额\nN1\0,1".encode(),
        "单号,金额\n".encode() + b"x" * 9_000_000,
        b"\xff\xfe\x00",
        b"\x00" * 100,
    ],
)
def test_unreadable_list_is_refused(lot, content):
    with pytest.raises(BadPaidList):
        compare(lot, today(lot), content)


def test_console_shows_the_buckets(lot, channel, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    paid(lot, channel)
    person = signed_in(make_person(Role.FINANCE, operator=lot.operator))
    address = f"/console/lots/{lot.slug}/system/comparison"
    assert person.get(address).status_code == 200
    file = SimpleUploadedFile("list.csv", table(("STRANGE1", "9")))
    page = person.post(address, {"day": today(lot).isoformat(), "file": file})
    assert page.status_code == 200
    assert "STRANGE1" in page.content.decode()
    assert "沪" not in page.content.decode().split("<main", 1)[1]
    bad = SimpleUploadedFile("list.csv", b"nothing")
    assert person.post(address, {"day": today(lot).isoformat(), "file": bad}).status_code == 422
