"""Money: what will happen is shown before it does, in words; the end of shift and day step by step."""

import re
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from console import day_pages
from console.health_page import _page_of
from console.task_page import AGES
from core.money import yuan
from lots.models import Device
from monitoring.signal_rules import Level, Signal
from monitoring.signal_words import text_of
from payments.models import Discrepancy, Payment, PaymentEvent, Refund, RefundRequest, Shift, StaffAct
from payments.refunds import request_refund
from staff.access import Access
from staff.models import Role
from tests.factories import make_person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(shared_world):
    return shared_world


@pytest.fixture
def owner(world):
    return signed_in(make_person(Role.OWNER, operator=world.lot.operator))


def refund(**more):
    return {"act": uuid4(), "reason": "计费有误", "owed": "waived", **more}


def posted(client, world, form):
    answer = client.post(f"/console/payments/{world.payment.pk}/refund", form)
    return answer, answer.content.decode()


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("refused user_account_abnormal", "渠道：付款人的账户已注销或受限"),
        ("refused rule_limit", "渠道拒绝：RULE_LIMIT"),
        ("refused not_enough", "渠道：商户余额不足"),
        ("refunded_there", "渠道：该订单在渠道侧已有退款"),
        ("worker", "后台进程"),
    ],
)
def test_refusal_of_a_channel_is_worded(owner, world, cause, words):
    made = request_refund(world.payment, amount_fen=100, reason=Refund.Reason.STAFF, at=now())
    at = {"at": now(), "was": "requested", "became": "abnormal"}
    PaymentEvent.objects.create(payment=world.payment, refund=made, cause=cause, **at)
    for address in (f"payments/{world.payment.pk}", f"stays/{world.session.pk}"):
        page = owner.get(f"/console/{address}").content.decode()
        assert words in page
        assert "refused " not in page


@pytest.mark.parametrize(
    ("cause", "words"),
    [("refunded_there", "请等次日账单自动核销"), ("refused x", "单号不变，渠道只会退一次")],
)
def test_retry_hint_fits_the_cause(owner, world, cause, words):
    made = request_refund(world.payment, amount_fen=100, reason=Refund.Reason.STAFF, at=now())
    Payment.objects.filter(pk=world.payment.pk).update(provider="wechat")
    made.advance(Refund.State.ABNORMAL, at=now(), cause=cause, next_check_at=None)
    assert words in owner.get(f"/console/payments/{world.payment.pk}").content.decode()


def test_old_retry_form_decides_nothing(owner, world):
    """It was on the screen before the channel's own refund was found."""
    made = request_refund(world.payment, amount_fen=100, reason=Refund.Reason.STAFF, at=now())
    Payment.objects.filter(pk=world.payment.pk).update(provider="wechat")
    made.advance(Refund.State.ABNORMAL, at=now(), cause="refused not_enough", next_check_at=None)
    at = {"at": now(), "was": "abnormal", "became": "abnormal"}
    found = PaymentEvent.objects.create(payment=world.payment, refund=made, cause="refunded_there", **at)
    page = f"/console/payments/{world.payment.pk}"
    for name, decides in ((f"retry-{made.pk}", False), (f"retry-{made.pk}-{found.pk}", True)):
        owner.post(f"{page}/{name}", {"act": uuid4(), "reason": "余额已补"})
        assert made.events.filter(cause="all_the_same").exists() == decides


def test_refund_out_of_reach_is_stated(owner, world):
    """Its merchant is no longer in the settings, so only a person can tell what became of it."""
    made = request_refund(world.payment, amount_fen=100, reason=Refund.Reason.STAFF, at=now())
    Payment.objects.filter(pk=world.payment.pk).update(provider="wechat", merchant="gone")
    made.advance(Refund.State.SENT, at=now(), cause="worker", next_check_at=now() + timedelta(hours=1))
    page = f"/console/payments/{world.payment.pk}"
    assert "商户已不在配置中" in owner.get(page).content.decode()
    owner.post(f"{page}/found-unpaid-{made.pk}", {"act": uuid4(), "reason": "商户平台无此退款"})
    assert Refund.objects.get(pk=made.pk).state == Refund.State.ABNORMAL
    shown = owner.get(page).content.decode()
    assert f"given-back-{made.pk}" in shown
    assert f"found-paid-{made.pk}" not in shown


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing_there", "可能记在次日账单"),
        ("differs", "以渠道实收为准"),
        ("over_refunded", "与这笔支付的退款逐笔核对"),
        ("system_short", "请停车系统厂商按此单号查询"),
        ("books", "请联系维护服务器的技术人员"),
        ("unknown_number", "知道是哪辆车的，计入那次停车"),
    ],
)
def test_difference_says_what_to_compare(owner, world, kind, words):
    row = world.discrepancy
    Discrepancy.objects.filter(pk=row.pk).update(kind=kind, number=world.payment.number)
    page = owner.get(f"/console/discrepancies/{row.pk}").content.decode()
    assert words in page
    assert "怎么办" in page
    assert f'href="/console/payments/{world.payment.pk}"' in page


@pytest.mark.parametrize(("role", "leads"), [(Role.DUTY, True), (Role.TECHNICIAN, False)])
def test_signal_leads_to_its_page(world, role, leads):
    Device.objects.filter(pk=world.device.pk).update(last_seen_at=now() - timedelta(hours=1))
    person = signed_in(make_person(role, operator=world.lot.operator))
    page = person.get("/console/health").content.decode()
    assert 'href="/console/devices?state=silent">打开处理页面' in page
    assert ('href="/console/tasks">打开处理页面' in page) == leads


@pytest.mark.parametrize(
    ("kind", "lot"), [("channel_hidden", "lot-x"), ("channel_failing", "gone"), ("start_failed", "")]
)
def test_channel_signal_leads_to_its_check(world, kind, lot):
    subject = f"wechat 1900000109 · 停车场 ({lot})" if lot else "wechat 1900000109"
    values = {"call": "query", "reason": "sign_error", "minutes": 2, "count": 3}
    signal = Signal(kind, Level.RED, subject, values)
    for role, page in ((Role.OWNER, "/console/lots/lot-x/setup/channels"), (Role.DUTY, "")):
        assert _page_of(signal, Access(make_person(role, lot=world.lot), "")) == page
    text = text_of(signal)
    assert "manage.py" not in str(text.advice)
    assert "sign_error" not in text.finding


@pytest.mark.parametrize(
    ("counted", "words"), [(9500, "短款 ¥5.00"), (10500, "长款 ¥5.00"), (10000, "与应有金额一致")]
)
def test_closed_shift_names_its_difference(owner, world, counted, words):
    closed = {"state": "closed", "closed_at": now(), "expected_fen": 10000, "counted_fen": counted}
    Shift.objects.filter(pk=world.shift.pk).update(**closed)
    page = owner.get(f"/console/shifts/{world.shift.pk}").content.decode()
    assert f"，{words}" in page
    assert ("请另一位负责人、财务或值班经理在本页“更正清点”" in page) == (counted != 10000)


@pytest.mark.parametrize(("counted", "words"), [(9500, "短款 ¥5.00"), (10500, "长款 ¥5.00"), (10000, "")])
def test_day_names_differences_of_its_shifts(owner, world, counted, words):
    at = now() - timedelta(days=1)
    closed = {"state": "closed", "closed_at": at, "expected_fen": 10000, "counted_fen": counted}
    Shift.objects.filter(pk=world.shift.pk).update(opened_at=at, **closed)
    page = owner.get(f"/console/days/{world.lot.slug}/{localdate(at)}").content.decode()
    assert "当天班次都已交班" in page
    assert (f"班次 {world.shift.pk}：{words}" in page) == bool(words)
    assert (f'href="/console/shifts/{world.shift.pk}"' in page) == bool(words)


@pytest.mark.parametrize("provider", ["cash", "waiver", "waived", "elsewhere"])
def test_lot_is_no_merchant_of_a_day(provider):
    assert day_pages._row(SimpleNamespace(kind="", provider=provider, merchant="lot-x"))["merchant"] == ""


@pytest.mark.parametrize(("kind", "words"), [("waived", "减免"), ("refund", "减免冲回")])
def test_waiver_and_its_reversal_are_named_apart(kind, words):
    figure = SimpleNamespace(kind=kind, provider="waived", merchant="lot-x")
    assert day_pages._row(figure)["channel"] == words


def test_look_shows_amounts_and_does_nothing(owner, world):
    answer, text = posted(owner, world, refund(share="half", look="1"))
    assert answer.status_code == 200
    half = world.payment.amount_fen // 2
    assert f"{half // 100}.{half % 100:02d}" in text
    assert "免收" in text
    assert answer.headers["Cache-Control"] == "private, no-cache"  # Back finds it, and sends nothing again
    assert not StaffAct.objects.filter(kind="refund").exists()
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("share", "amount", "fen"),
    [
        ("all", "", lambda left: left),
        ("half", "", lambda left: left // 2),
        ("other", "1.5", lambda _: 150),
        ("", "2", lambda _: 200),
    ],
)
def test_share_decides_the_amount(owner, world, share, amount, fen):
    left = world.payment.amount_fen
    answer, _ = posted(owner, world, refund(share=share, amount=amount))
    assert answer.status_code == 302
    assert Refund.objects.get().amount_fen == fen(left)


@pytest.mark.parametrize("form", [{"share": "other"}, {"share": "odd"}, {}, {"amount": "-1"}])
def test_amount_is_required(owner, world, form):
    answer, _ = posted(owner, world, refund(**form, look="1"))
    assert answer.status_code == 422
    assert not Refund.objects.exists()


@pytest.mark.parametrize("amount", ["1", "-1", "一元"])
@pytest.mark.parametrize("share", ["all", "half"])
def test_amount_beside_another_share_is_refused(owner, world, share, amount):
    """Without scripts the first share stays chosen while another amount is typed."""
    answer, text = posted(owner, world, refund(share=share, amount=amount))
    assert answer.status_code == 422
    assert "请在上面选“其他金额”，或清空此栏。" in text
    assert not Refund.objects.exists()


def test_amount_equal_to_its_share_is_taken(owner, world):
    half = world.payment.amount_fen // 2
    answer, _ = posted(owner, world, refund(share="half", amount=yuan(half)))
    assert answer.status_code == 302
    assert Refund.objects.get().amount_fen == half


def test_unchosen_share_is_asked_for(owner, world):
    answer, _ = posted(owner, world, refund(look="1"))
    offer = next(one for one in answer.context["offers"] if one.name == "refund")
    assert set(offer.shown.errors) == {"share"}


def test_second_person_is_named_before(owner, world, settings):
    settings.STAFF_REFUND_LIMIT = 1
    _, text = posted(owner, world, refund(share="all", look="1"))
    assert "批准" in text
    assert not RefundRequest.objects.exists()


def test_bad_reason_is_named_before(owner, world):
    answer, _ = posted(owner, world, refund(share="all", look="1", reason="沪A12345"))
    assert answer.status_code == 422
    assert answer.headers["Cache-Control"] == "private, no-cache"  # Back without scripts finds it


@pytest.mark.parametrize(("amount", "fault"), [("99999", "超过"), ("0", "金额")])
def test_refund_names_every_fault_at_once(owner, world, amount, fault):
    form = refund(share="other", amount=amount, reason="司机 13812345678", look="1")
    answer, text = posted(owner, world, form)
    assert answer.status_code == 422
    errors = re.findall(r'<p class="error" id="[^"]*_error">([^<]*)<', text)
    assert [fault in errors[0], "电话" in errors[1]] == [True, True]


def test_payment_cannot_move_to_its_own_stay(owner, world):
    form = {"act": uuid4(), "reason": "付错车", "target": str(world.session.pk), "look": "1"}
    assert owner.post(f"/console/payments/{world.payment.pk}/move", form).status_code == 409


def test_act_that_no_longer_applies_is_explained(owner, world):
    form = {"act": uuid4(), "reason": "设备故障", "amount": "1"}
    page = owner.post(f"/console/stays/{world.session.pk}/waive", form, follow=True).content.decode()
    assert "没有操作" in page


def test_move_names_both_stays(owner, world):
    form = {"act": uuid4(), "reason": "付错车", "target": str(world.owing.pk), "look": "1"}
    answer = owner.post(f"/console/payments/{world.payment.pk}/move", form)
    assert "no-store" in answer.headers["Cache-Control"]  # a plate may have been typed
    text = answer.content.decode()
    assert f"停车记录 {world.owing.pk}" in text
    assert f"停车记录 {world.session.pk}" in text
    world.payment.refresh_from_db()
    assert world.payment.session_id == world.session.pk


def test_waiver_names_what_stays_due(owner, world):
    form = {"act": uuid4(), "reason": "设备故障", "amount": "1", "look": "1"}
    text = owner.post(f"/console/stays/{world.owing.pk}/waive", form).content.decode()
    assert "¥1.00" in text
    assert "还欠" in text
    assert not StaffAct.objects.filter(kind="waived").exists()


@pytest.mark.parametrize(("limit", "words"), [(10**6, "已办理：退款，¥1.00"), (1, "待第二人审批")])
def test_act_names_what_was_done_once(owner, world, settings, limit, words):
    settings.STAFF_REFUND_LIMIT = limit
    form = refund(amount="1")
    for expected, absent in ((words, "没有重复执行"), ("没有重复执行", "已办理")):
        posted(owner, world, form)
        notice = owner.get(f"/console/stays/{world.session.pk}").content.decode().partition("<h1>")[0]
        assert expected in notice
        assert absent not in notice
    assert StaffAct.objects.filter(payment=world.payment).count() == 1


def test_own_act_changes_the_count_at_once(owner, world):
    def counted(page):
        return int(re.search(r"data-tasks[^>]*>(\d+)<", page.content.decode())[1])

    before = counted(owner.get("/console/health"))
    form = {"act": uuid4(), "reason": "已核对"}
    after = owner.post(reverse("console:resolve", args=[world.discrepancy.pk]), form, follow=True)
    assert counted(after) == before - 1


def test_open_shift_leads_on(world):
    client = signed_in(world.shift.staff)
    page = client.get("/console/shifts").content.decode()
    assert f"/console/shifts/{world.shift.pk}#close" in page
    assert f"/console/booth/{world.lot.slug}" in page


def test_shift_steps_hide_the_expected_cash(world):
    client = signed_in(make_person(Role.DUTY, operator=world.lot.operator))
    text = client.get(f"/console/shifts/{world.shift.pk}").content.decode()
    assert "交班步骤" in text
    assert "#close" in text
    assert "应有（元）" not in text


def test_day_steps_lead_to_what_is_open(owner, world):
    day = localdate(now()) - timedelta(days=1)
    world.discrepancy.seen_at = now() - timedelta(days=5)
    world.discrepancy.day = day
    world.discrepancy.save()
    text = owner.get(f"/console/days/{world.lot.slug}/{day}").content.decode()
    assert "日结步骤" in text
    assert f"/console/tasks?lot={world.lot.slug}" in text
    assert str(AGES[2][1]) in text
    assert "#sign" in text


def test_sum_of_today_says_in_progress(owner, world):
    for ago, state in ((0, "营业中"), (1, "未日结")):
        day = localdate() - timedelta(days=ago)
        text = owner.get(f"/console/days/operators/{world.lot.operator_id}/{day}").content.decode()
        shown = text.partition("<tbody>")[2].partition("</tbody>")[0]
        assert [one for one in ("营业中", "未日结") if one in shown] == [state]
