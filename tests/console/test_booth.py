"""The booth's screen: which car stands in which lane, and opening, cash and matching from there."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from lots import corrections, gates, lane_calls
from lots.models import Device, GateCommand, Lane, LaneCall, ParkingSession, PlateRead
from lots.pricing import clear_parsed
from monitoring import watch
from monitoring.alerts import ALERT_AFTER
from payments import booth as cash
from payments.coupons.coupon_codes import pretty
from payments.models import StaffAct
from payments.staff_action_log import ActedBy
from staff.models import Role
from tests.factories import make_device, make_lot, make_person, see, signed_in
from tests.payments.acting import by
from tests.payments.coupons.making import hand_out, make_offer, make_shop

pytestmark = pytest.mark.django_db
PLATE, MISREAD = "沪A12345", "沪A12J45"
State = GateCommand.State


@pytest.fixture
def lot():
    return make_lot(slug="own")


@pytest.fixture
def exit_device(lot):
    at = now()
    see(make_device(lot, "entry"), PLATE, at - timedelta(minutes=61), offline=True, received=at)
    return make_device(lot, "exit")


@pytest.fixture
def person(lot):
    return make_person(Role.BOOTH, lot=lot)


@pytest.fixture
def client(person):
    return signed_in(person)


def shown(client, lane):
    lines = client.get("/console/booth/own").context["lanes"]
    return next(line for line in lines if line["state"].lane == lane)


def act(client, lane, name, **form):
    line = shown(client, lane)
    data = {"act": str(uuid4()), "reason": "车主无法付款", "read": line["read_id"], **form}
    return client.post(f"/console/booth/own/lanes/{lane.pk}/{name}", data)


def offered(client, lane):
    return [offer.name for offer in shown(client, lane)["offers"]]


def test_screen_without_lanes_says_what_to_do():
    bare, linked = make_lot(slug="bare"), make_lot(slug="linked", system="keytop")
    owner, booth = (signed_in(make_person(role, lot=bare)) for role in (Role.OWNER, Role.BOOTH))
    add = f'<a href="{reverse("console:lanes", args=["bare"])}">'
    assert add in owner.get("/console/booth/bare").content.decode()
    assert add not in booth.get("/console/booth/bare").content.decode()
    other = signed_in(make_person(Role.OWNER, lot=linked)).get("/console/booth/linked").content.decode()
    assert "由现有停车系统控制" in other


def test_single_lot_opens_at_once(client, lot):
    assert client.get("/console/booth").headers["Location"] == "/console/booth/own"
    make_lot(slug="second")
    assert len(signed_in(make_person()).get("/console/booth").context["lots"]) == 2


def test_held_car_shows_fee_and_reason(client, exit_device):
    see(exit_device, PLATE, now())
    line = shown(client, exit_device.lane)
    assert line["state"].due_fen == 1000
    text = client.get("/console/booth/own").content.decode()
    assert "沪A***45" in text
    assert PLATE not in text
    assert "未缴" in text
    assert offered(client, exit_device.lane) == ["release", "manual"]


def test_screen_explains_missing_free_and_cap(client, exit_device):
    see(exit_device, PLATE, now())
    line = shown(client, exit_device.lane)
    text = client.get("/console/booth/own").content.decode()
    assert re.search("15 分钟免费：停了 1 小时 [12] 分钟", text)
    assert "封顶 ¥40：本周期已计 ¥10，未达封顶" in text
    assert (line["fee"], line["reasons"].lines) == ("¥10.00", (("每小时 5 元，共 2 小时", "¥10.00"),))


def test_screen_is_silent_about_an_empty_lane(client, exit_device):
    line = shown(client, exit_device.lane)
    assert (line["fee"], line["reasons"].missed) == ("", ())


def test_silent_device_is_named_since_when(client, exit_device):
    Device.objects.update(last_seen_at=now())
    assert "开闸指令可能送不到道闸" not in client.get("/console/booth/own").content.decode()
    Device.objects.update(last_seen_at=now() - timedelta(hours=11, minutes=1))
    page = client.get("/console/booth/own").content.decode()
    assert "开闸指令可能送不到道闸" in page
    page = client.get(f"/console/devices/{exit_device.pk}").content.decode()
    assert re.search(r"从 \d\d-\d\d \d\d:\d\d 起没有联络，已有 11 小时 \d+ 分钟", page)


def test_barrier_without_reports_is_an_alarm(client, lot):
    gate, at = make_device(lot, "entry", make="api", last_seen_at=now()), now()
    for minutes in (50, 40, 30, 20):
        read = see(gate, f"沪A123{minutes}", at - timedelta(minutes=minutes)).read
        if minutes == 50:
            gates.acknowledge(gate, GateCommand.objects.get(read=read).pk, opened=True, at=at)
    for moment in (at, at + ALERT_AFTER):
        watch.evaluate(at=moment)
    page = client.get("/console/booth/own").content.decode()
    assert re.search(r"从 \d\d-\d\d \d\d:\d\d 起", page)
    assert "3 辆车" in page
    manager = signed_in(make_person(Role.DUTY, lot=lot))
    health = manager.get("/console/health").content.decode()
    assert f"{gate.lane.name} · {lot.name} (own)" in health
    assert "最近 3 辆车都没有收到开闸回报，已有 40 分钟" in health
    assert manager.get("/console/attention").json()["red"]

    gates.acknowledge(gate, GateCommand.objects.latest("issued_at").pk, opened=True, at=now())
    assert "没有收到开闸回报" not in manager.get("/console/health").content.decode()
    assert "3 辆车" not in client.get("/console/booth/own").content.decode()


def test_cash_needs_a_shift(client, exit_device, person, lot):
    see(exit_device, PLATE, now())
    assert "cash" not in offered(client, exit_device.lane)
    cash.open_shift(lot, float_fen=0, by=by(person, "接班"), at=now())
    assert offered(client, exit_device.lane)[0] == "cash"
    act(client, exit_device.lane, "cash", amount="10", reason="现金")
    assert StaffAct.objects.get(kind="cash").amount_fen == 1000
    assert GateCommand.objects.get(lane=exit_device.lane).cause == GateCommand.Cause.PAID


def test_coupon_of_plate_lowers_the_fee(client, exit_device, lot):
    see(exit_device, PLATE, now())
    hand_out(shop := make_shop(lot), make_offer(shop), now(), PLATE)
    line = shown(client, exit_device.lane)
    assert (line["state"].due_fen, line["fee"]) == (500, "¥5.00")
    assert line["reasons"].lines[-1] == ("停车券：抵扣最先 1 小时", "−¥5.00")
    session = line["state"].session
    page = client.get(f"/console/stays/{session.pk}")
    assert "停车券已抵 ¥5.00" in page.content.decode()
    assert "停车券已抵 ¥5.00" in client.get("/console/booth/own").content.decode()
    assert (page.context["due"], page.context["price"]) == ("5.00", "5.00")
    assert [row["due"] for row in client.get("/console/stays").context["lines"]] == [500]


def test_coupon_on_paper_is_taken(client, exit_device, lot):
    see(exit_device, PLATE, now())
    assert "coupon" not in offered(client, exit_device.lane)
    coupon = hand_out(shop := make_shop(lot), make_offer(shop), now(), None)
    assert "coupon" in offered(client, exit_device.lane)
    refused = act(client, exit_device.lane, "coupon", code="ABCD-EFGH-JKMN").content.decode()
    assert "这不是本停车场的停车券" in refused
    answer = act(client, exit_device.lane, "coupon", code=pretty(coupon.code).lower())
    assert "停车券已用，抵扣 ¥5.00，还应缴 ¥5.00" in client.get(answer.url).content.decode()
    assert shown(client, exit_device.lane)["state"].due_fen == 500
    assert coupon.code not in StaffAct.objects.get(kind="coupon").subject


def test_release_opens_and_records_debt(client, exit_device):
    see(exit_device, PLATE, now())
    act(client, exit_device.lane, "release")
    command = GateCommand.objects.get(lane=exit_device.lane)
    assert (command.cause, command.state) == (GateCommand.Cause.MANUAL, State.QUEUED)
    assert StaffAct.objects.get().kind == "released"


@pytest.mark.parametrize("failure", [{"state": State.FAILED}, {"expires_at": now() - timedelta(days=1)}])
def test_screen_follows_the_order(client, exit_device, failure):
    see(exit_device, PLATE, now())
    act(client, exit_device.lane, "release")
    before = client.get("/console/booth/own")
    assert "正在开闸" in shown(client, exit_device.lane)["why"]
    assert "没有执行" not in before.content.decode()
    GateCommand.objects.update(**failure)
    after = client.get(f"/console/booth/own?state={before.context['digest']}").content.decode()
    assert "没有执行" in after


@pytest.mark.parametrize(("role", "words"), [(Role.BOOTH, "值班经理"), (Role.OWNER, "/console/payments/")])
def test_excess_cash_is_named_at_once(exit_device, lot, role, words):
    person = make_person(role, operator=lot.operator)
    cash.open_shift(lot, float_fen=0, by=by(person, "接班"), at=now())
    see(exit_device, PLATE, now())
    client = signed_in(person)
    act(client, exit_device.lane, "cash", amount="100", reason="现金")
    page = client.get("/console/booth/own").content.decode()
    assert "多收了 ¥90.00" in page
    assert words in page.partition("多收了")[2].partition("</p>")[0]


def test_lane_opens_without_camera(client, exit_device):
    lane = exit_device.lane
    act(client, lane, "open", reason="应急车辆")
    act(client, lane, "open", reason="应急车辆")
    command = GateCommand.objects.get(lane=lane)
    assert (command.read, command.session, command.cause) == (None, None, GateCommand.Cause.MANUAL)
    [taken] = gates.take_commands(exit_device, at=now())
    assert taken.pk == command.pk
    gates.acknowledge(exit_device, command.pk, opened=True, at=now())
    command.refresh_from_db()
    assert command.state == State.OPENED
    assert StaffAct.objects.filter(kind="opened", subject=f"lane {lane.pk}").count() == 2


def test_entry_barrier_opens_too(client, lot):
    entry = make_device(lot, "entry")
    assert offered(client, entry.lane) == ["open"]
    act(client, entry.lane, "open")
    assert GateCommand.objects.get().lane == entry.lane


def test_unread_car_is_let_through(client, exit_device):
    see(exit_device, None, now())
    act(client, exit_device.lane, "open")
    assert GateCommand.objects.get(lane=exit_device.lane).read == PlateRead.objects.latest("pk")


def test_session_is_not_opened_past(exit_device, person):
    see(exit_device, PLATE, now())
    assert gates.open_by_hand(exit_device.lane, at=now()) is None


def test_open_is_done_once(client, exit_device):
    same = str(uuid4())
    for _ in range(2):
        act(client, exit_device.lane, "open", act=same)
    assert StaffAct.objects.count() == GateCommand.objects.filter(lane=exit_device.lane).count() == 1


def test_other_car_is_not_acted_on(client, exit_device):
    see(exit_device, None, now() - timedelta(minutes=2))
    old = shown(client, exit_device.lane)["read_id"]
    see(exit_device, PLATE, now())
    answer = act(client, exit_device.lane, "open", read=old)
    assert answer.status_code == 409
    assert "没有操作" in answer.content.decode()
    assert not StaffAct.objects.exists()


def test_reason_with_plate_is_refused(client, exit_device):
    answer = act(client, exit_device.lane, "open", reason="沪A12345 送货")
    assert answer.status_code == 422
    assert not GateCommand.objects.filter(lane=exit_device.lane).exists()
    assert act(client, exit_device.lane, "open", reason="").status_code == 422


class TestIdentify:
    def test_similar_plate_is_proposed(self, client, exit_device):
        see(exit_device, MISREAD, now())
        form = shown(client, exit_device.lane)["offers"][0].shown
        assert [choice for choice, _label in form.fields["choice"].choices] == [
            ParkingSession.objects.get().pk
        ]
        assert PLATE not in str(form)

    def test_match_shows_the_fee(self, client, exit_device):
        see(exit_device, MISREAD, now())
        act(client, exit_device.lane, "identify", choice=ParkingSession.objects.get().pk, reason="识别有误")
        line = shown(client, exit_device.lane)
        assert line["state"].due_fen == 1000
        assert line["plate"] == "沪A***45"
        assert StaffAct.objects.get().kind == "plate"
        assert not GateCommand.objects.filter(lane=exit_device.lane).exists()

    def test_paid_car_goes_at_once(self, client, exit_device):
        session = ParkingSession.objects.get()
        ParkingSession.objects.update(paid_fen=1000, exit_until=now() + timedelta(minutes=5))
        see(exit_device, MISREAD, now())
        act(client, exit_device.lane, "identify", target=str(session.pk), reason="识别有误")
        assert GateCommand.objects.get(lane=exit_device.lane).session == session

    def test_plate_by_hand_is_matched(self, client, exit_device):
        see(exit_device, None, now())
        act(client, exit_device.lane, "identify", target=PLATE, reason="无法识别")
        assert PlateRead.objects.latest("pk").session == ParkingSession.objects.get()

    def test_foreign_session_is_refused(self, client, exit_device):
        other = make_lot(slug="other")
        see(make_device(other, "entry"), PLATE, now())
        see(exit_device, MISREAD, now())
        foreign = ParkingSession.objects.get(lot=other)
        assert act(client, exit_device.lane, "identify", target=str(foreign.pk)).status_code == 409
        answer = act(client, exit_device.lane, "identify", choice=str(foreign.pk))
        assert answer.status_code == 422

    def test_match_needs_a_choice(self, client, exit_device):
        see(exit_device, MISREAD, now())
        assert act(client, exit_device.lane, "identify").status_code == 422

    def test_gone_car_is_not_matched(self, exit_device):
        see(exit_device, MISREAD, now())
        read = PlateRead.objects.latest("pk")
        PlateRead.objects.filter(pk=read.pk).update(moved_at=now())
        with pytest.raises(corrections.ReadTaken):
            corrections.identify(read, ParkingSession.objects.get())

    @pytest.mark.parametrize(
        ("one", "other", "distance"),
        [("A", "A", 0), ("沪A12345", "沪A12J45", 1), ("ABC", "AC", 1), ("", "AB", 2)],
    )
    def test_edit_distance(self, one, other, distance):
        assert corrections.edit_distance(one, other) == corrections.edit_distance(other, one) == distance


class TestPoll:
    def test_unchanged_lanes_answer_empty(self, client, exit_device, django_assert_max_num_queries):
        see(exit_device, PLATE, now())
        state = client.get("/console/booth/own").context["digest"]
        with django_assert_max_num_queries(16):
            assert client.get(f"/console/booth/own?state={state}").status_code == 204

    def test_changed_lanes_come_alone(self, client, exit_device):
        state = client.get("/console/booth/own").context["digest"]
        see(exit_device, PLATE, now())
        answer = client.get(f"/console/booth/own?state={state}")
        assert answer.status_code == 200
        assert "<html" not in answer.content.decode()
        assert "沪A***45" in answer.content.decode()

    def test_page_reloads_without_scripts(self, client, exit_device):
        assert "<noscript>" in client.get("/console/booth/own").content.decode()


def test_booth_is_closed_to_others(lot, exit_device):
    assert signed_in(make_person(Role.FINANCE, lot=lot)).get("/console/booth/own").status_code == 403
    stranger = signed_in(make_person(Role.BOOTH, lot=make_lot(slug="far")))
    assert stranger.get("/console/booth/own").status_code == 404
    foreign = Lane.objects.create(lot=make_lot(slug="third"), name="x", direction="exit")
    client = signed_in(make_person(Role.BOOTH, lot=lot))
    assert client.post(f"/console/booth/own/lanes/{foreign.pk}/open", {}).status_code == 404
    assert Client().get("/console/booth/own").status_code == 302


def test_call_shows_on_every_screen_until_answered(lot, client):
    lane = make_device(lot, "exit").lane
    other = signed_in(make_person(Role.DUTY, operator=lot.operator))
    page = f"/console/booth/{lot.slug}"
    before = other.get(page).context["digest"]
    for _ in range(2):
        client.post(f"{page}/lanes/{lane.pk}/call")
    call = LaneCall.objects.get()
    part = other.get(f"{page}?state={before}")
    assert part.status_code == 200
    assert f"call-{call.pk}" in part.content.decode()
    other.post(f"/console/booth/calls/{call.pk}/answer")
    assert f"call-{call.pk}" not in client.get(page).content.decode()
    assert lane_calls.delete_old(at=now() + lane_calls.RETENTION * 2) == 1


def test_unanswered_call_ends_by_itself(lot):
    lane, at = make_device(lot, "exit").lane, now()
    caller = make_person(Role.BOOTH, lot=lot)
    first = lane_calls.call(lane, by=caller, at=at)
    assert list(lane_calls.open_calls([lot], at=at)) == [first]
    assert not lane_calls.open_calls([lot], at=at + lane_calls.LASTS)
    again = lane_calls.call(lane, by=caller, at=at + lane_calls.LASTS)
    assert again.pk != first.pk


def test_lost_ticket_takes_stated_price(client, person, lot, exit_device):
    """It is offered in one's own shift where the board states a price, and for no car with a session."""
    lane = exit_device.lane
    assert "lost" not in offered(client, lane)
    lot.tariffs.update(document={**lot.tariffs.get().document, "unknown_entry": 5000, "format": 3})
    clear_parsed()
    assert "lost" not in offered(client, lane)
    cash.open_shift(lot, float_fen=0, by=ActedBy(uuid4(), person, "接班"), at=now())
    see(exit_device, None, now())
    assert offered(client, lane) == ["identify", "lost", "open"]
    act(client, lane, "lost", reason="凭证遗失")
    taken = StaffAct.objects.get(kind="cash")
    assert (taken.amount_fen, taken.reason, taken.staff) == (5000, "凭证遗失", person)
    assert GateCommand.objects.get(lane=lane).read == PlateRead.objects.latest("pk")
    see(exit_device, PLATE, now())
    assert "lost" not in offered(client, lane)


def test_next_lost_ticket_is_confirmed(client, person, lot, exit_device):
    """Within a minute, where no camera sees the cars: the form asks once, and the second press records."""
    lane = exit_device.lane
    lot.tariffs.update(document={**lot.tariffs.get().document, "unknown_entry": 5000, "format": 3})
    clear_parsed()
    cash.open_shift(lot, float_fen=0, by=ActedBy(uuid4(), person, "接班"), at=now())
    act(client, lane, "lost", reason="凭证遗失")
    assert act(client, lane, "lost", reason="凭证遗失").status_code == 409  # the barrier has not opened
    gates.take_commands(exit_device, at=now())
    asked = act(client, lane, "lost", reason="凭证遗失")
    first = StaffAct.objects.get(kind="cash")
    assert asked.status_code == 422
    assert "请再按一次" in asked.content.decode()
    assert f'name="after" value="{first.pk}"' in asked.content.decode()
    assert act(client, lane, "lost", reason="凭证遗失", after=first.pk).status_code == 302
    assert StaffAct.objects.filter(kind="cash").count() == 2
