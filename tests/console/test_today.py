"""The console's first page: what it counts, whom it shows what, and where those land who may not see lots."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from lots.models import Device, Lot, ParkingSession, PlateRead
from payments.coupons.coupon_models import Shop
from payments.models import Debt, Discrepancy, Payment, Refund
from payments.today_figures import NUMBERS, Scope, total
from staff.models import Role
from tests.factories import make_device, make_lot, make_person, see, signed_in
from tests.payments.acting import PLATE, pay
from tests.payments.conftest import channel as channel  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]


@pytest.fixture
def at():
    return now()


@pytest.fixture
def lot(at):
    """A lot where one of everything waits."""
    lot = make_lot(slug="own", bays=100)
    entry = make_device(lot, "entry", last_seen_at=at - timedelta(hours=1))
    for plate in (PLATE, "沪B67890", "沪C11111"):
        see(entry, plate, at - timedelta(minutes=61), offline=True, received=at)
    Device.objects.update(last_seen_at=at)
    Device.objects.create(lot=lot, lane=entry.lane, name="silent", make="api", key_id="silent", secret=b"")
    return lot


def test_cars_of_another_system_are_not_zero(lot):
    make_lot(slug="front", operator=lot.operator, bays=1200, system=Lot.System.KEYTOP)
    Lot.objects.filter(pk=lot.pk).update(bays=2000)
    client = signed_in(make_person(Role.OWNER, operator=lot.operator))
    today = client.get("/console/")
    assert [line["cells"][0].text for line in today.context["lines"]] == ["3 / 2,000", "—"]
    assert today.context["inside"].limit is not None
    assert "3,200" not in today.content.decode()
    assert '3<span class="of"> / 2,000</span>' in client.get("/console/lots").content.decode()
    for page in ("lots", "tariffs"):
        assert "另一套停车系统（科拓）" in client.get(f"/console/{page}/front").content.decode()
        assert "另一套停车系统" not in client.get(f"/console/{page}/own").content.decode()


def dashboard_totals(lots, at):
    return {number.name: total(number.count(Scope(lots, at))) for number in NUMBERS}


def add_debt(session, fen, at):
    Debt.objects.create(lot=session.lot, session=session, amount_fen=fen, since=at, forget_at=at)


def test_dashboard_counts(lot, channel, at):
    pay(lot, channel, at=at)
    session = ParkingSession.objects.order_by("pk").last()
    ParkingSession.objects.filter(pk=session.pk).update(left_at=at, needs_review=True)
    add_debt(session, 700, at)
    failed = pay(lot, channel, "沪B67890", at=at, notify=False)
    Payment.objects.filter(pk=failed.pk).update(state="closed")
    see(Device.objects.first(), None, at)
    paid = Payment.objects.get(state="paid")
    Refund.objects.create(
        payment=paid, number="R1", amount_fen=1, reason="staff", state="abnormal", created_at=at
    )
    Discrepancy.objects.create(kind="differs", provider="x", merchant="x", number="1", lot=lot, seen_at=at)
    Discrepancy.objects.create(kind="differs", provider="x", merchant="x", number="2", seen_at=at)
    assert dashboard_totals([lot], at) == {
        "inside": (2, None),
        "paid": (1, 1000),
        "unpaid": (1, 700),
        "failed": (1, None),
        "silent": (1, None),
        "tasks": (3, None),
        "stays": (1, None),
        "reads": (1, None),
    }


def test_dashboard_excludes_yesterday(lot, channel, at):
    pay(lot, channel, at=at)
    see(Device.objects.first(), None, at)
    later = dashboard_totals([lot], at + timedelta(days=1, minutes=1))
    assert (later["paid"][0], later["reads"][0], later["inside"][0]) == (0, 0, 3)


def test_day_starts_at_lot_midnight(channel, at):
    far = make_lot(slug="far", zone="Pacific/Kiritimati")
    near = make_lot(slug="near")
    scope = Scope([far, near], at)
    for place in (far, near):
        see(make_device(place, "entry"), PLATE, at - timedelta(minutes=61), offline=True, received=at)
        pay(place, channel, at=at)
    paid = next(number for number in NUMBERS if number.name == "paid").count(scope)
    assert {far.pk, near.pk} == set(paid)
    end_of_far = at.astimezone(far.tz).replace(hour=0, minute=1) + timedelta(days=1)
    assert far.pk not in next(n for n in NUMBERS if n.name == "paid").count(Scope([far], end_of_far))


def test_every_number_links_to_its_list(lot, channel, at):
    pay(lot, channel, at=at)
    client = signed_in(make_person(Role.OWNER, operator=lot.operator))
    answer = client.get("/console/")
    cells = [*(head.cell for head in answer.context["heads"]), *answer.context["lines"][0]["cells"]]
    assert len(cells) == 2 * len(NUMBERS)
    for cell in cells:
        assert client.get(cell.address).status_code == 200, cell.address
    sessions = next(cell for cell in cells if cell.name == "inside")
    assert len(client.get(sessions.address).context["lines"]) == sessions.count == 3


def test_number_matches_list_length(lot, channel, at):
    pay(lot, channel, at=at)
    see(Device.objects.first(), None, at)
    client = signed_in(make_person(Role.OWNER, operator=lot.operator))
    cells = {cell.name: cell for cell in client.get("/console/").context["lines"][0]["cells"]}
    for name in ("paid", "failed", "silent", "stays", "reads"):
        assert len(client.get(cells[name].address).context["found"].rows) == cells[name].count, name
    assert (cells["paid"].count, cells["silent"].count, cells["reads"].count) == (1, 1, 1)


def test_booth_sees_own_lot_without_money(lot):
    other = make_lot(slug="other")
    page = signed_in(make_person(Role.BOOTH, lot=lot)).get("/console/")
    assert [line["lot"] for line in page.context["lines"]] == [lot]
    assert {head.cell.name for head in page.context["heads"]} == {
        "inside",
        "unpaid",
        "silent",
        "stays",
        "reads",
    }
    assert other.slug not in page.content.decode()


def test_numbers_shown_only_with_permission(lot, at):
    second = make_lot(slug="second")
    user = make_person(Role.BOOTH, lot=lot)
    from staff import grants

    grants.give(user=user, operator=second.operator, lot=second, role=Role.TECHNICIAN, at=at)
    lines = {line["lot"].slug: line["cells"] for line in signed_in(user).get("/console/").context["lines"]}
    assert [cell and cell.name for cell in lines["second"]] == [None, None, "silent", None, None]
    assert None not in lines["own"]


@pytest.mark.parametrize(
    ("role", "lands"), [(Role.REGULATOR, 302), (Role.SHOP, 302), (Role.TECHNICIAN, 200), (Role.AUDITOR, 200)]
)
def test_every_role_has_landing_page(lot, role, lands):
    client = signed_in(make_person(role, lot=lot))
    answer = client.get("/console/")
    assert answer.status_code == lands
    if lands == 302:
        assert client.get(answer.headers["Location"]).status_code == 200


def test_shop_clerk_lands_on_own_shop(lot, at):
    user = make_person(Role.SHOP, lot=lot)
    shop = Shop.objects.create(lot=lot, name="花店", created_at=at)
    shop.clerks.add(user)
    assert signed_in(user).get("/console/").headers["Location"] == f"/console/shops/{shop.pk}"


def test_page_refreshes_until_paused(lot):
    client = signed_in(make_person(Role.DUTY, lot=lot))
    assert '<meta http-equiv="refresh" content="60">' in client.get("/console/").content.decode()
    assert "http-equiv" not in client.get("/console/?still=1").content.decode()


def test_dashboard_query_count_is_constant():
    make_lot(slug="a")
    make_lot(slug="b")
    client = signed_in(make_person())

    def queries():
        client.get("/console/attention")  # the header's counts are kept for seconds
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get("/console/").status_code == 200
        return len(seen)

    few = queries()
    operator = Lot.objects.first().operator
    Lot.objects.bulk_create(
        Lot(operator=operator, slug=f"many-{uuid4()}", name="x", kind="mall") for _ in range(198)
    )
    assert queries() == few <= 36


def test_unopened_lot_shows_checklist(channel):
    lot = make_lot(slug="new", address="浦江路 1 号")
    client = signed_in(make_person(Role.OWNER, operator=lot.operator))
    page = client.get("/console/lots/new")
    done = {step.label: step.done for step in page.context["steps"]}
    assert done == {
        "运营方资料": True,
        "停车场资料": True,
        "车道": False,
        "计费规则": True,
        "设备": False,
        "标识": False,
        "支付渠道": True,
        "0.01 元测试": False,
        "开放收款": True,
        "第一笔收款": False,
    }
    assert "manage.py apply lot.json" in page.content.decode()
    assert (
        "开通清单"
        not in signed_in(make_person(Role.BOOTH, lot=lot)).get("/console/lots/new").content.decode()
    )


def test_checklist_disappears_after_first_payment(lot, channel, at, settings):
    from lots import sign_register

    make_device(lot, "exit", last_seen_at=at)
    Lot.objects.update(address="浦江路 1 号")
    sign_register.new_sign(lot=lot, place="B1")
    client = signed_in(make_person(Role.OWNER, operator=lot.operator))
    assert client.get("/console/lots/own").context["undone"] == 2
    pay(lot, channel, at=at)
    page = client.get("/console/lots/own")
    assert page.context["undone"] == 0
    assert "开通清单" not in page.content.decode()
    settings.MERCHANTS = [
        SimpleNamespace(provider="fake", name=channel.merchant, lots=None, sandbox=True, former=False)
    ]
    assert client.get("/console/lots/own").context["undone"] == 1


def test_device_page_masks_last_hundred_reads(lot, at):
    device = Device.objects.get(name__startswith="camera")
    client = signed_in(make_person(Role.TECHNICIAN, lot=lot))
    page = client.get(f"/console/devices/{device.pk}").content.decode()
    assert "沪A***45" in page
    assert PLATE not in page
    row = PlateRead.objects.first()
    PlateRead.objects.bulk_create(
        PlateRead(
            **{**{f.attname: getattr(row, f.attname) for f in PlateRead._meta.fields}, "id": None, "key": n}
        )
        for n in range(110)
    )
    assert len(client.get(f"/console/devices/{device.pk}").context["lines"]) == 100


def test_device_retirement_requires_permission(lot):
    device = Device.objects.first()
    path = f"/console/devices/{device.pk}/revoke"
    assert signed_in(make_person(Role.DUTY, lot=lot)).post(path).status_code == 403
    assert signed_in(make_person(Role.TECHNICIAN, lot=make_lot())).post(path).status_code == 404
    client = signed_in(make_person(Role.TECHNICIAN, lot=lot))
    client.post(path)
    device.refresh_from_db()
    first = device.revoked_at
    client.post(path)
    device.refresh_from_db()
    assert device.revoked_at == first is not None
    assert "已于" in client.get(f"/console/devices/{device.pk}").content.decode()
