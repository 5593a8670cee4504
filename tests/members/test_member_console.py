"""The console's pages about members: who may, what can be chosen, what is shown, and signs."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.utils.timezone import now

from lots import sign_register as pure_signs
from lots.models import PrintRun, Sign
from lots.plates import parse
from lots.signs import patrol_list, print_plan
from lots.signs.lot_sheets import ground, hanging
from lots.signs.print_errors import CannotPrint, PlanFaults, WordingFault
from lots.signs.print_formats import FORMATS
from lots.signs.sign_faces import pure_face
from lots.signs.sign_wording import City, edited
from members import benefits, member_plates
from members.asked import SERVES, AskedField, BenefitKind, Need, NotAsked, asked, chosen
from members.member_keys import token_digest
from members.member_signs import revoke
from members.models import Benefit, BoundPlate, LaneDisplay, MemberSign
from staff.models import Role
from tests.factories import make_lot, make_person, see, signed_in
from tests.members.conftest import PHONE, PLATE, Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def static_root(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def owner(bare):
    return signed_in(make_person(Role.OWNER, lot=bare.lot))


def start(owner, **fields):
    return owner.post("/console/members/pujiang/start", fields)


def test_menu_leads_to_the_lots_members(owner, bare):
    page = owner.get("/console/members").content.decode()
    assert "/console/members/pujiang" in page
    assert "不向任何人收集信息" in owner.get("/console/members/pujiang").content.decode()


@pytest.mark.parametrize("role", [Role.FINANCE, Role.BOOTH, Role.TECHNICIAN, Role.REGULATOR, Role.SHOP])
def test_other_roles_cannot_see_members(bare, role):
    client = signed_in(make_person(role, lot=bare.lot))
    assert client.get("/console/members").status_code == 403


def test_auditor_can_only_read_members(bare):
    client = signed_in(make_person(Role.AUDITOR, lot=bare.lot))
    page = client.get("/console/members/pujiang").content.decode()
    assert "<form" not in page.split("<main")[1]
    assert start(client, kind="minutes", value="60").status_code == 403


def test_other_operators_lot_is_not_found(owner):
    make_lot(slug="strange")
    assert owner.get("/console/members/strange").status_code == 404
    assert owner.post("/console/members/strange/start", {"kind": "minutes", "value": "1"}).status_code == 404


def test_repeated_start_is_the_result(owner, bare):
    answers = [start(owner, kind="minutes", value="60", asks="plate") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Benefit.objects.filter(lot=bare.lot).count() == 1


def test_benefit_starts_and_ends_with_offer(owner, bare):
    assert start(owner, kind="minutes", value="60", asks="plate").status_code == 302
    row = Benefit.objects.get()
    assert row.offer.value == 60
    assert (row.asks_plate, row.offer.funded_by, row.shop.name) == (True, "operator", "会员")
    assert "手机号、车牌（可不填）" in owner.get("/console/members/pujiang").content.decode()
    assert start(owner, kind="minutes", value="30").status_code == 422, "one of a kind"
    for _ in range(2):
        assert owner.post(f"/console/members/benefits/{row.pk}/end").status_code == 302
    row.refresh_from_db()
    row.offer.refresh_from_db()
    assert row.ended_at == row.offer.ended_at
    assert start(owner, kind="minutes", value="30").status_code == 302


@pytest.mark.parametrize("field", ["birthday", "gender", "name", "phone", "email", "", "' OR 1=1"])
def test_excessive_data_field_is_refused(owner, bare, field):
    answer = start(owner, kind="minutes", value="60", asks=["plate", field])
    assert answer.status_code == 422
    assert "不能收集" in answer.content.decode()
    assert not Benefit.objects.exists()
    with pytest.raises(NotAsked):
        benefits.start(lot=bare.lot, kind=BenefitKind.MINUTES, value=60, optional=[field], at=now())


def test_allowed_fields_all_serve_benefits():
    assert {str(field) for field in AskedField} == {"phone", "plate", "name"}
    assert {field for fields in SERVES.values() for field in fields} == set(AskedField)
    assert chosen(BenefitKind.PASS, ["name"]) == {AskedField.NAME}


@pytest.mark.parametrize(
    ("running", "expected"),
    [
        ([], {}),
        ([(BenefitKind.POINTS, ())], {AskedField.PHONE: Need.NEEDED}),
        ([(BenefitKind.PASS, ())], {AskedField.PHONE: Need.NEEDED, AskedField.PLATE: Need.NEEDED}),
        (
            [(BenefitKind.PASS, ()), (BenefitKind.POINTS, ())],
            {AskedField.PHONE: Need.NEEDED, AskedField.PLATE: Need.OPTIONAL},
        ),
        (
            [(BenefitKind.MINUTES, (AskedField.PLATE,))],
            {AskedField.PHONE: Need.NEEDED, AskedField.PLATE: Need.OPTIONAL},
        ),
        ([(BenefitKind.MINUTES, ())], {AskedField.PHONE: Need.NEEDED}),
    ],
)
def test_asked_fields_follow_from_benefits(running, expected):
    assert asked([(kind, frozenset(optional)) for kind, optional in running]) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "minutes", "value": "0"},
        {"kind": "minutes", "value": "1441"},
        {"kind": "minutes", "value": "-5"},
        {"kind": "percent", "value": "100"},
        {"kind": "points", "value": "5", "points": "0"},
        {"kind": "points", "value": "9999999999", "points": "1"},
        {"kind": "gold", "value": "1"},
        {},
    ],
)
def test_invalid_benefit_values_are_refused(owner, fields):
    assert start(owner, **fields).status_code == 422
    assert not Benefit.objects.exists()


def test_member_list_is_masked(member, mall):
    from members.member_plates import bind_by_staff

    bind_by_staff(member.row, plate=parse(PLATE), by=None, at=now())
    client = signed_in(make_person(Role.OWNER, lot=mall.lot))
    page = client.get("/console/members/pujiang").content.decode()
    assert "138****8000" in page
    assert "沪A***45" in page
    assert PHONE not in page
    assert "12345" not in page.replace("12345 / 12315", "")


def test_staff_binding_records_the_person(member, mall):
    client, staff = Client(), make_person(Role.DUTY, lot=mall.lot)
    client.force_login(staff)
    address = "/console/members/pujiang/bind"
    assert client.post(address, {"phone": "13900139000", "plate": PLATE}).status_code == 422
    assert client.post(address, {"phone": PHONE, "plate": "沪"}).status_code == 422
    assert client.post(address, {"phone": PHONE, "plate": PLATE}).status_code == 302
    row = BoundPlate.objects.get()
    assert (row.proof, row.bound_by, row.member) == ("staff", staff, member.row)


def test_refused_staff_form_keeps_input(member, mall):
    client = signed_in(make_person(Role.DUTY, lot=mall.lot))
    typed = {"phone": "13900139000", "plate": "沪B88888", "other": "on"}
    page = client.post("/console/members/pujiang/bind", typed).content.decode()
    for kept_one in ('value="13900139000"', 'value="沪B88888"', 'name="other" checked'):
        assert kept_one in page
    page = start(client, kind="percent", value="100").content.decode()
    assert re.search(r'id="value-percent"[^>]*value="100"', page)
    place = {"place": "服务台", "address": "weixin.qq.com/r/Ab3d"}
    page = client.post("/console/members/pujiang/signs/add", place).content.decode()
    for kept_one in ('value="服务台"', 'value="weixin.qq.com/r/Ab3d"'):
        assert kept_one in page


@pytest.mark.parametrize("place", ["服\a务台", "服务台\n二楼", "长" * 81, ""])
def test_unprintable_place_is_refused(owner, bare, place):
    assert owner.post("/console/members/pujiang/signs/add", {"place": place}).status_code == 422
    assert MemberSign.objects.count() == 1


def test_member_list_query_count_is_constant(owner, mall, django_assert_max_num_queries):
    from members.member_plates import bind_by_staff

    for number in range(6):
        one = Person(mall, phone=f"1380013800{number}").join()
        bind_by_staff(one.row, plate=parse(f"沪A1234{number}"), by=None, at=now())
    with django_assert_max_num_queries(30) as few:
        owner.get("/console/members/pujiang")
    assert sum("members_boundplate" in query["sql"] for query in few.captured_queries) == 1


def test_screen_address_is_shown_once(mall):
    client = signed_in(make_person(Role.OWNER, lot=mall.lot))
    lane = mall.way_out.lane
    page = client.post("/console/members/pujiang/screen", {"lane": lane.pk}).content.decode()
    path = re.search(r"http://testserver(/lane/[\w-]+)", page)[1]
    assert "出口没有车辆等候" in Client().get(path).content.decode()
    see(mall.entry, PLATE, now() - timedelta(minutes=61))
    see(mall.way_out, PLATE, now())
    screen = Client().get(path)
    shown = member_plates.shown_in(lane, at=now())
    assert shown is not None
    assert all(word in screen.content.decode() for word in shown)
    assert path not in client.get("/console/members/pujiang").content.decode()
    assert not screen.cookies
    client.post("/console/members/pujiang/screen", {"lane": lane.pk, "off": "1"})
    assert not LaneDisplay.objects.exists()
    assert Client().get(path).status_code == 404
    assert client.post("/console/members/pujiang/screen", {"lane": mall.entry.lane.pk}).status_code == 422


def test_screen_recovers_after_failure(mall, monkeypatch):
    path, at = "/lane/token", now()
    LaneDisplay.objects.create(lane=mall.way_out.lane, digest=token_digest("token"), made_at=at)
    assert Client().get(path).headers["Refresh"] == "5"

    def away(lane, *, at):
        raise OperationalError

    monkeypatch.setattr(member_plates, "shown_in", away)
    answer = Client().get(path)
    assert (answer.status_code, answer.headers["Refresh"]) == (503, "5")
    assert "Refresh" not in Client().get("/lane/other").headers


def test_member_sign_is_printed_and_revoked(owner, bare):
    owner_post = lambda path, **fields: owner.post(f"/console/members/{path}", fields)  # noqa: E731
    pressed = {"sign": "1", "format": "a4", "pure_place": "东出口左侧", "arrow": "left"}
    assert owner_post("pujiang/signs/print", **pressed).status_code == 422, "no benefit, so nothing to say"
    start(owner, kind="minutes", value="60", asks="plate")
    long = owner_post("pujiang/signs/print", **pressed | {"pure_place": "东" * 41})
    assert (long.status_code, "东" * 41 in long.content.decode()) == (422, True)
    answer = owner_post("pujiang/signs/print", **pressed)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    kept = PrintRun.objects.get().orders[0]["member"]
    assert kept["collects"] == "手机号、车牌（可不填）"
    assert kept["address"].startswith(settings.MEMBERS_URL.upper() + "/M/")
    sign = MemberSign.objects.get()
    assert sign.printed_at
    owner_post(f"signs/{sign.pk}/revoke")
    assert Client().get(f"/m/{sign.code}").status_code == 410


def test_member_sign_forms_can_be_repeated(owner, bare):
    start(owner, kind="minutes", value="60")
    for _ in range(2):
        answer = owner.post("/console/members/pujiang/signs/add", {"place": "B2 电梯厅"}, follow=True)
        assert "2 号会员标识已登记" in answer.content.decode()
    assert MemberSign.objects.filter(lot=bare.lot).count() == 2
    pressed = {"sign": "2", "format": "a4", "pure_place": "东出口左侧", "arrow": "left", "key": str(uuid4())}
    for _ in range(2):
        assert owner.post("/console/members/pujiang/signs/print", pressed).status_code == 200
    assert PrintRun.objects.count() == 1
    owner.post("/console/members/pujiang/signs/add", {"place": "B2 电梯厅"})
    assert MemberSign.objects.filter(lot=bare.lot).count() == 3, "the printed one hangs: this is one more"


def test_patrol_includes_member_signs(owner, bare):
    start(owner, kind="minutes", value="60")
    patrol = lambda: [(row["number"], row["place"], row["printed"]) for row in patrol_list.rows(bare.lot)]  # noqa: E731
    assert patrol() == [("1", "B1 层电梯厅", "未印"), ("会1", "服务台", "未印")]
    pressed = {"sign": "1", "format": "a4", "pure_place": "东出口左侧", "arrow": "left"}
    assert owner.post("/console/members/pujiang/signs/print", pressed).status_code == 200
    today = now().astimezone(bare.lot.tz).date().isoformat()
    assert patrol()[1] == ("会1", "服务台", today)
    file = owner.get("/console/lots/pujiang/signs/patrol.csv").content.decode("utf-8-sig")
    assert f"会员码,服务台,,,,{today},{bare.sign.code[-4:]}," in file
    revoke(bare.sign, at=now())
    assert patrol() == [("1", "B1 层电梯厅", "未印")]


def test_official_account_needs_a_member_sign(owner, bare):
    account = "http://weixin.qq.com/r/Ab3d"
    add = {"place": "服务台", "address": account}
    assert (
        owner.post("/console/members/pujiang/signs/add", {**add, "title": "直接扫码付停车费"}).status_code
        == 422
    )
    assert owner.post("/console/members/pujiang/signs/add", {**add, "title": "公众号"}).status_code == 302
    assert MemberSign.objects.get(number=2).address == account
    pay = f"{settings.PUBLIC_URL}/P/{bare.pure.code}"
    answer = owner.post(
        "/console/members/pujiang/signs/add", {"place": "x", "title": "会员码", "address": pay}
    )
    assert answer.status_code == 422


def test_payment_sign_refuses_other_addresses(bare):
    """It has no column for one, a plan refuses one, its words hold none, and its face draws no other."""
    assert not [field for field in Sign._meta.fields if "url" in field.name or "address" in field.name]
    row = {"sign": "1", "format": "a4", "address": "http://weixin.qq.com/r/Ab3d"}
    with pytest.raises(PlanFaults, match="网址"):
        print_plan.read(bare.lot, [row])
    with pytest.raises(WordingFault):
        edited(City.GENERAL, {"note": "扫 weixin.qq.com/r/Ab3d 更优惠"})
    sheet = hanging(pure_signs.find_sign(bare.pure.code), FORMATS["a4"], None, now())
    with pytest.raises(CannotPrint):
        pure_face(ground(bare.lot), sheet, "http://weixin.qq.com/r/Ab3d")
