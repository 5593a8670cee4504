"""The console's pages of a stay, a payment, a shift and the tasks: what they show, and what a form does."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.timezone import localdate, localtime, now

from console import task_page
from lots.models import ParkingSession
from payments import booth, open_tasks, refund_acts, refunds
from payments.models import Debt, Discrepancy, Payment, Refund, RefundRequest, Reporter, Shift, StaffAct
from payments.providers.contract import Outcome
from payments.receipts import written
from payments.settling import settle
from staff.models import Role
from tests.factories import make_device, make_lot, make_person, see, signed_in
from tests.lots.tariffs.published import hourly, simple
from tests.payments.acting import OTHER, PLATE, by, fresh, pay
from tests.payments.conftest import channel as channel  # a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot():
    return make_lot(slug="lot-x")


@pytest.fixture
def at():
    return now()


@pytest.fixture
def parked(lot, at):
    see(make_device(lot, "entry"), PLATE, at - timedelta(minutes=61), offline=True, received=at)
    return ParkingSession.objects.get()


def person(name="li"):
    client = Client()
    user = get_user_model().objects.get_or_create(username=name, defaults={"is_superuser": True})[0]
    client.force_login(user)
    return client


@pytest.fixture
def li():
    return person()


def press(client, path, *, act=None, reason="司机要求", **answer):
    return client.post(f"/console/{path}", {"act": act or uuid4(), "reason": reason, **answer})


def page_text(client, path):
    answer = client.get(f"/console/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_stay_page_shows_history_masked(lot, parked, li, channel, at):
    see(make_device(lot, "exit"), PLATE, at)
    payment = pay(lot, channel, at=at)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=at)
    page = page_text(li, f"stays/{parked.pk}")
    answer = ("补传记录", "出口识别，待缴费", "应缴 10.00 元", "发起", "待支付 → 已支付", "人工退款 3.00 元")
    for words in (*answer, "开闸指令（已缴费）", "原因：司机要求"):
        assert words in page
    assert PLATE not in page
    assert "沪A***45" in page


def test_stay_page_names_what_did_not_apply(parked, li):
    page = page_text(li, f"stays/{parked.pk}")
    assert "每小时 5 元，共 2 小时" in page
    assert "15 分钟免费：停了 1 小时 " in page
    assert "封顶 ¥40：本周期已计 ¥10，未达封顶" in page


def test_stay_page_shows_exit_deadline(lot, parked, li, channel, at):
    see(make_device(lot, "exit"), PLATE, at)
    pay(lot, channel, at=at)
    page = page_text(li, f"stays/{parked.pk}")
    until = fresh(parked).exit_until.astimezone(lot.tz)
    assert "已缴费，可离场至" in page
    assert f"{until:%H:%M}" in page
    assert "等待道闸取走" in page


def test_shift_expected_amount_hidden_until_close(lot, parked, li):
    press(li, "shifts/open", lot="lot-x", float="200")
    shift = Shift.objects.get()
    assert 'value="10.00"' in page_text(li, f"stays/{parked.pk}")
    assert "请先开班" not in page_text(li, f"stays/{parked.pk}")
    act = uuid4()
    for _ in range(2):
        answer = press(li, f"stays/{parked.pk}/cash", act=act, amount="10.00")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/console/stays/{parked.pk}")
    assert (fresh(parked).paid_fen, Payment.objects.count()) == (1000, 1)
    assert "<dt>应有" not in page_text(li, f"shifts/{shift.pk}")  # it is counted blind
    press(li, f"shifts/{shift.pk}/close", counted="209.50")
    page = page_text(li, f"shifts/{shift.pk}")
    assert "<dt>应有" in page
    assert re.search(r"<dt>\s*短款（元）\s*</dt>\s*<dd[^>]*>\s*0\.50\s*<", page)  # a word or a sign, not both
    assert not re.search(r"<dt>[^<（]*</dt>\s*<dd[^>]*>\s*[0-9.]+\s*<", page)  # each with its unit


def test_classes_are_named_as_on_the_board(li, at):
    sized = {"name": "large", "seen_as": ["large", "goods"], "size": {"measure": "axles", "from": "3"}}
    classes = [{**sized, "rule": {"steps": hourly(1000)}}]
    lot = make_lot(slug="lot-y", tariff=simple(500) | {"classes": classes})
    see(make_device(lot, "entry"), PLATE, at - timedelta(minutes=5), received=at)
    page = page_text(li, f"stays/{ParkingSession.objects.get().pk}")
    for words in (
        "大型车（3 轴及以上）</option>",
        "货车，按大型车（3 轴及以上）计费</option>",
        "小型车</option>",
    ):
        assert words in page


def test_colleague_corrects_a_count(lot, li):
    press(li, "shifts/open", lot="lot-x", float="200")
    shift = Shift.objects.get()
    press(li, f"shifts/{shift.pk}/close", counted="195")
    wang = person("wang")
    assert "<h2>更正清点" not in page_text(li, f"shifts/{shift.pk}")  # one's own
    assert press(li, f"shifts/{shift.pk}/correct", counted="200").status_code == 302
    assert Shift.objects.get().last_count_fen == 19500
    page = page_text(wang, f"shifts/{shift.pk}")
    assert f'action="/console/shifts/{shift.pk}/correct"' in page
    assert press(wang, f"shifts/{shift.pk}/correct", counted="195").status_code == 409
    press(wang, f"shifts/{shift.pk}/correct", counted="200", reason="钱箱底找到 5 元")
    page = page_text(li, f"shifts/{shift.pk}")
    for words in ("清点（元）</dt>", "195.00", "更正后清点", "200.00", "钱箱底找到 5 元"):
        assert words in page
    assert f"/console/shifts/{shift.pk}" not in page_text(li, "shifts?state=differs")


def test_lone_owner_marks_an_own_count(lot):
    owner = signed_in(make_person(Role.OWNER, operator=lot.operator))
    make_person(Role.BOOTH, lot=lot)  # may not correct counts
    make_person(Role.DUTY, lot=make_lot(slug="elsewhere"))
    press(owner, "shifts/open", lot="lot-x", float="200")
    shift = Shift.objects.get()
    press(owner, f"shifts/{shift.pk}/close", counted="195")
    assert "标为“本人更正”" in page_text(owner, f"shifts/{shift.pk}")
    assert press(owner, f"shifts/{shift.pk}/correct", counted="200", reason=" ").status_code == 422
    press(owner, f"shifts/{shift.pk}/correct", counted="200", reason="钱箱底找到 5 元")
    page = page_text(owner, f"shifts/{shift.pk}")
    for words in ("195.00", "更正后清点", "200.00", '<span class="tag">本人更正</span>', "钱箱底找到 5 元"):
        assert words in page


@pytest.mark.parametrize(("role", "corrects"), [(Role.BOOTH, False), (Role.DUTY, True), (Role.FINANCE, True)])
def test_role_decides_about_counts(lot, li, role, corrects):
    press(li, "shifts/open", lot="lot-x", float="200")
    shift = Shift.objects.get()
    press(li, f"shifts/{shift.pk}/close", counted="195")
    other = signed_in(make_person(role, operator=lot.operator))
    page = page_text(other, f"shifts/{shift.pk}")
    assert ("<h2>更正清点" in page) == corrects
    answer = press(other, f"shifts/{shift.pk}/correct", counted="200")
    assert answer.status_code == (302 if corrects else 403)
    assert ("开班</button>" in page_text(other, "shifts")) == (role != Role.FINANCE)


def test_thousands_are_grouped_in_sentences(parked, li):
    press(li, "shifts/open", lot="lot-x", float="0")
    press(li, f"stays/{parked.pk}/cash", amount="1,200.50")
    assert "收现金 ¥1,200.50，多收了 ¥1,190.50" in page_text(li, f"stays/{parked.pk}")


@pytest.mark.parametrize("left", ["1999-01-01T00:00", "2199-12-31T23:59"])
def test_year_out_of_range_is_worded(parked, li, left):
    answer = press(li, f"stays/{parked.pk}/end", left=left)
    assert answer.status_code == 422
    assert "年份须在 2000 至 2099 之间。</p>" in answer.content.decode()
    assert f'value="{left}"' in answer.content.decode()


def test_cash_taken_by_a_colleague_is_asked_about(parked, li):
    """Two cashiers have the same form open: the second one is asked, and can record money taken twice."""
    wang = person("wang")
    for one in (li, wang):
        press(one, "shifts/open", lot="lot-x", float="0")
    assert 'name="seen" value="0"' in page_text(wang, f"stays/{parked.pk}")
    press(li, f"stays/{parked.pk}/cash", amount="10.00", seen="0")
    asked = press(wang, f"stays/{parked.pk}/cash", amount="10.00", seen="0", reason="岗亭现金")
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "又缴了 ¥10.00，现在应缴 ¥0.00" in page
    for kept in ('name="seen" value="1000"', 'value="10.00"', 'value="岗亭现金"'):
        assert kept in page
    assert StaffAct.objects.filter(kind="cash").count() == 1
    press(wang, f"stays/{parked.pk}/cash", amount="10.00", seen="1000")
    assert StaffAct.objects.filter(kind="cash").count() == 2


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 30])
def test_cash_form_bears_any_seen_amount(parked, li, seen):
    press(li, "shifts/open", lot="lot-x", float="0")
    assert press(li, f"stays/{parked.pk}/cash", amount="10.00", seen=seen).status_code in {302, 422}


def test_cash_requires_open_shift(parked, li):
    page = page_text(li, f"stays/{parked.pk}")
    assert "确认收现金" not in page
    assert '<a href="/console/shifts">收现金请先开班</a>' in page
    press(li, f"stays/{parked.pk}/cash", amount="10.00")
    assert not Payment.objects.exists()


def test_paid_stay_asks_for_no_shift(parked, li):
    press(li, f"stays/{parked.pk}/manual", amount="10.00")
    assert "请先开班" not in page_text(li, f"stays/{parked.pk}")


@pytest.mark.parametrize("amount", ["", "1,00", "1e2", "十二", "-5", "12.345", "abc", "9999999"])
def test_malformed_amount_is_rejected(parked, li, amount):
    answer = press(li, f"stays/{parked.pk}/manual", amount=amount)
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    assert not Payment.objects.exists()


@pytest.mark.parametrize("amount", ["0", "20000"])
def test_impossible_amount_names_its_bounds(parked, li, amount):
    page = press(li, f"stays/{parked.pk}/manual", amount=amount).content.decode()
    assert "请填写 ¥0.01 至 ¥10,000.00 之间的金额" in page
    assert f'value="{amount}"' in page
    assert not Payment.objects.exists()


def test_overlapping_stay_is_named_beside_the_time(lot, parked, li, at):
    """What is in the way can be opened from there."""
    earlier = ParkingSession.objects.create(
        lot=lot,
        plate=parked.plate,
        plate_index=parked.plate_index,
        entered_at=at - timedelta(hours=5),
        left_at=at - timedelta(hours=4),
    )
    entered = f"{localtime(at - timedelta(hours=6)):%Y-%m-%dT%H:%M}"
    page = press(li, f"stays/{parked.pk}/entry", entered=entered).content.decode()
    assert re.search(rf'class="error"[^>]*>[^<]*<a href="/console/stays/{earlier.pk}">停车记录', page)


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        ("fake", "¥5.00 将自动原路退给付款人"),
        ("cash", "多收了 ¥5.00，请退还车主。 <a href="),
    ],
)
def test_correction_says_what_goes_back(lot, parked, li, channel, at, provider, words):
    payment = pay(lot, channel, at=at)
    Payment.objects.filter(pk=payment.pk).update(provider=provider)
    entered = f"{localtime(at - timedelta(minutes=50)):%Y-%m-%dT%H:%M}"
    press(li, f"stays/{parked.pk}/entry", entered=entered)
    assert words in page_text(li, f"stays/{parked.pk}")


@pytest.mark.parametrize("gives_back", [True, False])
def test_device_that_refunds_is_left_to_it(lot, parked, li, channel, at, gives_back):
    """Staff who also handed out the money would return it twice."""
    payment = pay(lot, channel, at=at)
    Payment.objects.filter(pk=payment.pk).update(provider="etc")
    Reporter.objects.create(device=make_device(lot, "exit"), channel="etc", gives_back=gives_back)
    form = {"amount": "1", "share": "other", "owed": "owed", "look": "1"}
    foreseen = press(li, f"payments/{payment.pk}/refund", **form).content.decode()
    assert ("由上报这笔收款的设备退回" in foreseen, "请自行退还" in foreseen) == (gives_back, not gives_back)
    press(li, f"stays/{parked.pk}/entry", entered=f"{localtime(at - timedelta(minutes=50)):%Y-%m-%dT%H:%M}")
    page = page_text(li, f"stays/{parked.pk}")
    assert ("¥5.00 将自动原路退给付款人" in page, "请退还车主" in page) == (gives_back, not gives_back)


def test_correction_says_what_is_owed(parked, li, at):
    press(li, f"stays/{parked.pk}/end", left=f"{localtime(at):%Y-%m-%dT%H:%M}")
    assert "尚欠 ¥10.00，已记为欠费" in page_text(li, f"stays/{parked.pk}")


def test_stay_and_payment_show_refunds(lot, parked, li, channel, at):
    payment = pay(lot, channel, at=at)
    refund_acts.refund(payment, amount_fen=310, still_owed=True, by=by(), at=at)
    for path in (f"stays/{parked.pk}", f"payments/{payment.pk}", "payments"):
        page = page_text(li, path)
        assert "退款（元）" in page
        assert "3.10" in page


def test_reason_containing_plate_is_rejected(parked, li):
    answer = press(li, f"stays/{parked.pk}/waive", reason=f"{PLATE} 的司机投诉")
    assert answer.status_code == 422
    assert "不要写号牌" in answer.content.decode()
    assert not StaffAct.objects.exists()


def test_partial_waiver_leaves_rest_due(parked, li):
    press(li, f"stays/{parked.pk}/waive", amount="4")
    assert "6.00" in page_text(li, f"stays/{parked.pk}")


def test_ended_stay_creates_visible_debt(lot, parked, li, at):
    left = (at - timedelta(minutes=1)).astimezone(lot.tz)
    press(li, f"stays/{parked.pk}/end", left=f"{left:%Y-%m-%dT%H:%M}")
    assert Debt.objects.get().amount_fen == 500
    assert "欠费 5.00 元" in page_text(li, f"stays/{parked.pk}")
    assert "沪A***45" in page_text(li, "tasks")
    see(make_device(lot, "entry"), PLATE, at)
    newest = ParkingSession.objects.latest("pk")
    assert f"停车记录 {parked.pk}</a>" in page_text(li, f"stays/{newest.pk}")


def test_entry_time_uses_lot_time_zone(lot, parked, li, at):
    entered = (at - timedelta(minutes=31)).astimezone(lot.tz)
    press(li, f"stays/{parked.pk}/entry", entered=f"{entered:%Y-%m-%dT%H:%M}")
    assert fresh(parked).entered_at == entered.replace(second=0, microsecond=0)


def test_plate_correction_leaks_no_plate(parked, li):
    answer = press(li, f"stays/{parked.pk}/plate", plate="沪B67890")
    assert answer.headers["Location"] == f"/console/stays/{parked.pk}"
    assert "沪B***90" in page_text(li, f"stays/{parked.pk}")
    assert "67890" not in StaffAct.objects.get().subject + StaffAct.objects.get().reason


def test_double_click_drops_stay_once(parked, li):
    act = uuid4()
    for _ in range(2):
        answer = press(li, f"stays/{parked.pk}/drop", act=act)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/console/lots/lot-x")
    assert not ParkingSession.objects.exists()
    assert StaffAct.objects.get().kind == "dropped"


def test_paid_stay_cannot_be_dropped(lot, parked, li, channel, at):
    pay(lot, channel, at=at)
    assert press(li, f"stays/{parked.pk}/drop").status_code == 302
    assert ParkingSession.objects.exists()


def test_payment_page_refunds_payment(lot, parked, li, channel, at):
    payment = pay(lot, channel, at=at)
    press(li, f"payments/{payment.pk}/refund", amount="3.00", owed="owed")
    assert (Refund.objects.get().amount_fen, fresh(parked).paid_fen) == (300, 700)
    page = page_text(li, f"payments/{payment.pk}")
    assert "人工退款" in page
    assert payment.number in page


def test_booked_payment_shows_no_inner_number(lot, parked, li):
    press(li, f"stays/{parked.pk}/manual", amount="3.00")
    payment = Payment.objects.get()
    assert payment.provider_number
    assert payment.provider_number not in page_text(li, f"payments/{payment.pk}")
    owner, day = signed_in(make_person(Role.OWNER, lot=lot)), localdate()
    for page in ("", "/print", "/table.csv"):
        text = owner.get(f"/console/days/{lot.slug}/{day}{page}").content.decode()
        assert "3.00" in text
        assert f"<code>{payment.merchant}</code>" not in text
        assert f",{payment.merchant}," not in text


def test_payment_history_is_in_order(lot, parked, li, channel, at):
    payment = pay(lot, channel, at=at)
    press(li, f"payments/{payment.pk}/refund", amount="3.00", owed="owed")
    refunds.carry_out(first := Refund.objects.get(), at=now())
    press(li, f"payments/{payment.pk}/refund", amount="2.00", owed="owed")
    page = page_text(li, f"payments/{payment.pk}")
    steps = [page.index(words) for words in ("退款 3.00 元", f"第 {first.pk} 号退款", "退款 2.00 元")]
    assert steps == sorted(steps)


@pytest.mark.parametrize("target", ["number", OTHER])
def test_payment_moves_by_stay_or_plate(lot, parked, li, channel, at, target):
    see(make_device(lot, "entry"), OTHER, at - timedelta(minutes=61), offline=True, received=at)
    mine = ParkingSession.objects.latest("pk")
    payment = pay(lot, channel, at=at)
    press(li, f"payments/{payment.pk}/move", target=str(mine.pk) if target == "number" else target)
    assert (fresh(payment).session, fresh(mine).paid_fen) == (mine, 1000)


def test_invalid_move_target_is_rejected(lot, parked, li, channel, at):
    see(make_device(make_lot(), "entry"), OTHER, at)
    payment = pay(lot, channel, at=at)
    for target in (str(ParkingSession.objects.latest("pk").pk), "沪Z99999", "x", "²"):
        answer = press(li, f"payments/{payment.pk}/move", target=target)
        assert answer.status_code == 409
        assert "找不到这条停车记录" in answer.content.decode()


def test_large_refund_needs_second_approver(lot, parked, li, channel, at, settings):
    settings.STAFF_REFUND_LIMIT = 100
    payment = pay(lot, channel, at=at)
    press(li, f"payments/{payment.pk}/refund", amount="10.00", owed="waived")
    assert "待审批的退款" in page_text(li, "tasks")
    assert "批准退款申请" not in page_text(li, f"payments/{payment.pk}")
    shown = page_text(person("wang"), f"payments/{payment.pk}")
    assert 0 < shown.index("批准退款申请") < shown.index("合计超过 ¥1.00")
    assert shown.count("申请退 10.00 元并免收") == 2  # with the act as well as in the list
    press(li, f"payments/{payment.pk}/approve")
    assert RefundRequest.objects.get().decided_at is None
    press(person("wang"), f"payments/{payment.pk}/approve")
    assert (Refund.objects.filter(reason="staff").count(), fresh(parked).paid_fen) == (1, 1000)


def test_pending_cash_refund_is_a_task(lot, parked, li, channel, at):
    press(li, "shifts/open", lot="lot-x", float="0")
    pay(lot, channel, at=at)
    booth.take_cash(parked, amount_fen=1000, by=by(), at=at)
    refund = Refund.objects.get()
    assert "岗亭退现金" in page_text(li, "tasks")
    press(li, f"payments/{refund.payment_id}/given-back-{refund.pk}", means="cash")
    assert fresh(refund).state == "done"
    assert "没有待办" in page_text(li, "tasks")


def test_discrepancy_resolution_requires_reason(li, channel, at):
    statement = channel.statement("NOTOURS", outcome=Outcome.PAID, amount_fen=700, provider_number="X9")
    settle(statement, cause="notice", at=at)
    row = Discrepancy.objects.get()
    assert "X9" in page_text(li, "tasks")
    assert press(li, f"discrepancies/{row.pk}/resolve", reason="").status_code == 422
    press(li, f"discrepancies/{row.pk}/resolve", reason="渠道确认为测试单")
    assert fresh(row).resolved_at is not None
    assert "没有待办" in page_text(li, "tasks")


def test_differences_are_grouped_by_age():
    at = now()
    rows = [
        Discrepancy(seen_at=at - timedelta(days=days), amount_fen=fen)
        for days, fen in ((0, 100), (2, 300), (8, 50), (400, None))
    ]
    ages = task_page.ages_of(rows, at=at)
    assert [(age.count, age.fen) for age in ages] == [(1, 100), (1, 300), (2, 50)]
    assert task_page.ages_of([], at=at) == []


def test_oldest_differences_are_shown_and_all_counted(lot, li, monkeypatch):
    monkeypatch.setattr(open_tasks, "ROWS", 2)
    monkeypatch.setattr(task_page, "ROWS", 2)
    for days, number in ((0, "NEW"), (9, "OLDEST"), (8, "OLD")):
        Discrepancy.objects.create(
            kind="differs",
            provider="fake",
            merchant="m1",
            number=number,
            amount_fen=100,
            lot=lot,
            seen_at=now() - timedelta(days=days),
        )
    answer = li.get("/console/tasks")
    assert [row.number for row, _offer in answer.context["discrepancies"]] == ["OLDEST", "OLD"]
    assert answer.context["count"] == 3  # as in the header, not as many as are listed
    assert [(age.count, age.fen) for age in answer.context["ages"]] == [(1, 100), (2, 200)]
    assert "其余见完整列表" in answer.content.decode()


def test_tasks_keep_their_lot(lot, li):
    row = Discrepancy.objects.create(
        kind="differs", provider="fake", merchant="m1", number="T1", lot=lot, seen_at=now()
    )
    text = li.get("/console/tasks?lot=lot-x").content.decode()
    assert lot.name in text
    address = f"/console/discrepancies/{row.pk}/resolve?lot=lot-x"
    assert address in text
    form = {"act": uuid4(), "reason": "渠道账单更正"}
    assert li.post(address, form)["Location"] == "/console/tasks?lot=lot-x"


def test_receipt_code_is_shown_without_phone(li, lot, parked, channel, at):
    """Who pays at the booth sees no paid page; who paid by phone has the code, which staff need not know."""
    cash = act_of_cash(lot, parked, at)
    phone = pay(lot, channel, at=at + timedelta(hours=1))
    shown = page_text(li, f"payments/{cash.pk}")
    assert f"{written(cash.receipt_code)}</code>" in shown
    assert "http://testserver/r " in shown
    assert written(phone.receipt_code) not in page_text(li, f"payments/{phone.pk}")


def act_of_cash(lot, session, at):
    booth.open_shift(lot, float_fen=0, by=by(), at=at)
    return booth.take_cash(session, amount_fen=1000, by=by(), at=at).payment
