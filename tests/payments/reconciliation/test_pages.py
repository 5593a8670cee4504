"""The clerk's pages: what they say when empty, usual and overfull, and what a press does."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.utils.timezone import now

from lots.models import ParkingSession
from payments import channels, closing
from payments.books import BillLine, BillRun, DayClosing, DayClosingEvent
from payments.models import Discrepancy, Payment
from payments.providers.base import BillRow
from payments.reconciliation import runs
from tests.factories import NOON, make_device, make_lot, see, signed_in
from tests.payments.fakes import FakeProvider
from tests.payments.reconciliation.test_closing import DAY, close, hour, paid

pytestmark = pytest.mark.django_db
PLATE = "沪A12345"


@pytest.fixture
def lot():
    return make_lot(slug="pujiang")


@pytest.fixture
def clerk():
    return get_user_model().objects.create_user("账务小王", is_superuser=True)


@pytest.fixture
def desk(clerk):
    return signed_in(clerk)


def bill_run(**fields):
    values = {"provider": "wechat", "merchant": "1900000109", "day": DAY, "created_at": NOON}
    return BillRun.objects.create(**{**values, **fields})


def say(answer, status=200):
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def test_pages_without_anything_say_what_will_come(desk, lot):
    assert "还没有账单" in say(desk.get("/console/bills"))
    assert "没有需要处理的账单" in say(desk.get("/console/bills?show=open"))
    assert "浦江广场" in say(desk.get("/console/days"))
    page = say(desk.get(f"/console/days/pujiang/{DAY}"))
    assert "这一天没有收款和退款" in page
    assert "日结，净收款 0.00 元" in page


def test_no_day_is_asked_for_before_a_lot_had_a_car_or_money(desk, lot):
    make_lot(slug="empty", name="还没有开通的车库")
    used = make_lot(slug="used")
    at = now()
    see(make_device(used, "entry"), "沪A12345", at - timedelta(days=2))
    paid(lot, at=at - timedelta(days=5))
    ParkingSession.objects.filter(lot=lot).update(entered_at=None, left_at=at)  # its way in was missed
    page = say(desk.get("/console/days"))
    today = at.astimezone(lot.tz).date()

    def asked(slug):
        return [ago for ago in range(1, 15) if f"/days/{slug}/{today - timedelta(days=ago)}" in page]

    assert (asked("pujiang"), asked("used"), asked("empty")) == ([1, 2, 3, 4, 5], [1, 2], [])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "done", "verdict": "ok", "read_at": NOON}, "一致"),
        ({"state": "done", "verdict": "fixed", "read_at": NOON}, "已补账"),
        ({"state": "done", "verdict": "open", "read_at": NOON}, "有差异"),
        ({"state": "failed", "fault": "damaged", "attempts": 8, "next_check_at": NOON}, "账单损坏"),
        ({"state": "waiting", "fault": "not_ready", "next_check_at": NOON}, "渠道还在生成账单"),
        ({"state": "waiting", "fault": "refused no_auth", "next_check_at": NOON}, "refused no_auth"),
        ({"state": "checking", "read_at": NOON, "next_check_at": NOON}, "核实中"),
    ],
)
def test_a_bills_verdict_is_seen_at_a_glance(desk, fields, words):
    run = bill_run(**fields)
    assert words in say(desk.get(f"/console/bills/{run.pk}"))
    assert f"/console/bills/{run.pk}" in say(desk.get("/console/bills"))


def test_a_bill_shows_the_rows_behind_each_bucket_a_page_at_a_time(desk, lot):
    run = bill_run(state="done", verdict="open", read_at=NOON, agreed=60)
    for _ in range(60):
        payment = paid(lot, hour(3))
    Payment.objects.update(billed_on=DAY, merchant="1900000109")
    BillLine.objects.create(
        run=run,
        verdict="differs",
        became="open",
        payment=payment,
        number="N0",
        amount_fen=5,
        outcome="paid",
        at=NOON,
    )
    page = say(desk.get(f"/console/bills/{run.pk}"))
    assert "1 笔待处理" in page
    assert "N0" in page
    page = say(desk.get(f"/console/bills/{run.pk}?bucket=agreed&page=2"))
    assert "第 2 / 2 页，共 60 条" in page
    assert page.count('<td class="number">10.00</td>') == 10
    assert "没有。" in say(desk.get(f"/console/bills/{run.pk}?bucket=missing_here"))
    assert desk.get(f"/console/bills/{run.pk}?bucket=drop&page=x").status_code == 200


def test_a_bill_is_read_anew_once_however_often_it_is_pressed(desk):
    run = bill_run(state="done", verdict="open", read_at=NOON)
    for _ in range(2):
        assert desk.post(f"/console/bills/{run.pk}/repeat").status_code == 302
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("waiting", 0)
    assert desk.get(f"/console/bills/{run.pk}/repeat").status_code == 405


def test_a_day_is_closed_once_however_often_it_is_pressed(desk, lot, clerk):
    paid(lot, hour(3))
    address = f"/console/days/pujiang/{DAY}"
    assert desk.post(f"{address}/close", {"version": "0"}).status_code == 302
    page = say(desk.post(f"{address}/close", {"version": "0"}), 409)
    assert "账务小王 已于" in page
    event = DayClosingEvent.objects.get()
    assert (event.by, event.figures["net_fen"]) == (clerk, 1000)
    assert "重新打开这一天" in say(desk.get(address))


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 12, "１"])
def test_a_form_without_a_sound_version_changes_nothing(desk, lot, version):
    assert desk.post(f"/console/days/pujiang/{DAY}/close", {"version": version}).status_code == 409
    assert not DayClosing.objects.exists()


def test_each_refusal_says_what_to_do(desk, lot):
    address = f"/console/days/pujiang/{DAY}"
    Discrepancy.objects.create(
        kind="differs", provider="", merchant="", number="N", lot=lot, day=DAY, seen_at=NOON
    )
    assert "要日结请写明原因" in say(desk.post(f"{address}/close", {"version": "0"}), 422)
    desk.post(f"{address}/close", {"version": "0", "reason": "已联系客服"})
    assert "重新打开必须写明原因" in say(desk.post(f"{address}/reopen", {"version": "1"}), 422)
    close(lot, DAY + timedelta(days=1), reason="x")
    page = say(desk.post(f"{address}/reopen", {"version": "1", "reason": "x"}), 422)
    assert "请先打开" in page
    future = NOON.date() + timedelta(days=400)
    assert "还没有结束" in say(desk.post(f"/console/days/pujiang/{future}/close", {"version": "0"}), 422)


@pytest.mark.parametrize("day", ["x", "2026-13-01", "0000-00-00", "20261120x"])
def test_an_odd_date_is_no_page(desk, lot, day):
    assert desk.get(f"/console/days/pujiang/{day}").status_code == 404


def test_the_table_holds_the_days_figures_and_calculates_nothing(desk, lot):
    lot.name = "=HYPERLINK(1)"
    lot.save()
    paid(lot, hour(3))
    answer = desk.get(f"/console/days/pujiang/{DAY}/table.csv")
    text = answer.content.decode("utf-8-sig")
    assert answer["Content-Disposition"] == f'attachment; filename="pujiang-{DAY}.csv"'
    assert f"{DAY},'=HYPERLINK(1),上海浦江商业管理有限公司,{DAY},微信支付,m1,停车费,1,10.00,未日结" in text
    assert text.splitlines()[-1].endswith("净收款,,10.00,未日结")


def test_the_sheet_says_whether_the_day_is_closed(desk, lot, clerk):
    paid(lot, hour(3))
    assert "未日结，数字可能变化" in say(desk.get(f"/console/days/pujiang/{DAY}/print"))
    event = close(lot, by=clerk)
    page = say(desk.get(f"/console/days/pujiang/{DAY}/print"))
    assert event.digest in page
    assert "账务小王" in page


def test_an_operators_date_sums_up_its_lots(desk, lot):
    paid(lot, hour(3))
    page = say(desk.get(f"/console/days/operators/{lot.operator_id}/{DAY}"))
    assert "浦江广场" in page
    assert page.count("10.00") == 5


def test_late_money_is_shown_with_the_day_it_belongs_to(desk, lot):
    close(lot)
    paid(lot, hour(2), booked=hour(40))
    page = say(desk.get(f"/console/days/pujiang/{DAY + timedelta(days=1)}"))
    assert "以前日期的补记" in page
    assert str(DAY) in page


def test_no_page_or_table_has_a_plate(desk, lot):
    see(make_device(lot, "entry"), PLATE, hour(1))
    paid(lot, hour(3))
    for end in ("", "/print", "/table.csv"):
        assert "12345" not in desk.get(f"/console/days/pujiang/{DAY}{end}").content.decode()


# the commands


@pytest.fixture
def fake(monkeypatch):
    from payments.management.commands import reconcile as command

    provider = FakeProvider("wechat", "m1")
    for module in (channels, runs, command):
        monkeypatch.setattr(module, "providers", lambda: {("wechat", "m1"): provider})
    return provider


def test_the_command_tells_the_verdict_and_ends_with_it(lot, fake, capsys):
    payment = paid(lot, hour(3))
    fake.bill = [BillRow(payment.number, "P1", 1000, hour(3), fee_milli=6000)]
    call_command("reconcile", "--day", str(DAY))
    said = capsys.readouterr().out
    assert "all agrees" in said
    assert "10.00" in said
    fake.bill.append(BillRow("X1", "P2", 7, hour(3)))
    with pytest.raises(SystemExit):
        call_command("reconcile", "--day", str(DAY))
    said = capsys.readouterr().out
    assert "DIFFERENCES ARE OPEN" in said
    assert "X1" in said


def test_a_rehearsal_writes_nothing_and_finds_the_same(lot, fake, capsys):
    here, gone = paid(lot, hour(3)), paid(lot, hour(4))
    fake.bill = [BillRow(here.number, "P1", 1000, hour(3)), BillRow("X1", "P2", 7, hour(3))]
    with pytest.raises(SystemExit):
        call_command("reconcile", "--day", str(DAY), "--dry-run")
    said = capsys.readouterr().out
    assert "not agreed: 2" in said
    assert gone.number in said
    assert not any(model.objects.exists() for model in (BillRun, BillLine, Discrepancy))
    assert not Payment.objects.exclude(billed_on=None).exists()


def test_a_rehearsal_of_a_day_that_is_reconciled_finds_it_agreeing(lot, fake, capsys):
    payment = paid(lot, hour(3))
    fake.bill = [BillRow(payment.number, "P1", 1000, hour(3))]
    call_command("reconcile", "--day", str(DAY))
    call_command("reconcile", "--day", str(DAY), "--dry-run")
    assert "not agreed: 0" in capsys.readouterr().out


def test_the_books_are_compared_by_command(lot, capsys):
    paid(lot, hour(3))
    call_command("reconcile", "--books")
    assert "0 differences" in capsys.readouterr().out


def test_a_day_is_shown_closed_and_opened_by_command(lot, capsys):
    paid(lot, hour(3))
    call_command("close_day", "pujiang", "--day", str(DAY), "--dry-run")
    assert not closing.day_of_lot(lot, DAY).is_closed
    call_command("close_day", "--day", str(DAY))
    assert closing.day_of_lot(lot, DAY).is_closed
    with pytest.raises(SystemExit):
        call_command("close_day", "pujiang", "--day", str(DAY), "--reopen")
    call_command("close_day", "pujiang", "--day", str(DAY), "--reopen", "--reason", "漏录")
    said = capsys.readouterr().out
    assert "give --reason" in said
    assert [event.by for event in closing.day_of_lot(lot, DAY).events] == [None, None]
