"""The clerk's pages: what they say when empty, usual and overfull, and what a press does."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from lots.models import ParkingSession
from payments import channels, day_closing, staff_actions
from payments.business_days import day_of
from payments.models import Discrepancy, Payment
from payments.models.closing_models import BillLine, BillMark, BillRun, DayClosing, DayClosingEvent
from payments.providers.contract import BillRow
from payments.reconciliation import bill_marks, bill_runs
from payments.reconciliation.bill_differences import differences_of, waiting
from payments.staff_action_log import ActedBy
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
def staff_client(clerk):
    return signed_in(clerk)


def bill_run(**fields):
    values = {"provider": "wechat", "merchant": "1900000109", "day": DAY, "created_at": NOON}
    return BillRun.objects.create(**{**values, **fields})


def page_text(answer, status=200):
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def test_empty_pages_show_placeholder_text(staff_client, lot):
    assert "还没有账单" in page_text(staff_client.get("/console/bills"))
    assert "没有需要处理的账单" in page_text(staff_client.get("/console/bills?show=open"))
    assert "浦江广场" in page_text(staff_client.get("/console/days"))
    page = page_text(staff_client.get(f"/console/days/pujiang/{DAY}"))
    assert "这一天没有收款和退款" in page
    assert "日结，净收款 0.00 元" in page


def test_days_before_first_activity_are_hidden(staff_client, lot):
    make_lot(slug="empty", name="还没有开通的车库")
    used = make_lot(slug="used")
    at = now()
    see(make_device(used, "entry"), "沪A12345", at - timedelta(days=2))
    paid(lot, at=at - timedelta(days=5))
    ParkingSession.objects.filter(lot=lot).update(entered_at=None, left_at=at)  # its way in was missed
    page = page_text(staff_client.get("/console/days"))
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
        ({"state": "waiting", "fault": "refused no_auth", "next_check_at": NOON}, "被拒绝：产品没有开通"),
        ({"state": "waiting", "fault": "refused x_y", "next_check_at": NOON}, "渠道拒绝：X_Y"),
        ({"state": "failed", "fault": "damaged merchant", "next_check_at": NOON}, "别的商户的，没有采用"),
        ({"state": "failed", "fault": "damaged day", "next_check_at": NOON}, "另一天的，没有采用"),
        ({"state": "failed", "fault": "damaged columns", "next_check_at": NOON}, "账单的列名变了"),
        ({"state": "checking", "read_at": NOON, "next_check_at": NOON}, "核实中"),
    ],
)
def test_bill_page_shows_verdict(staff_client, fields, words):
    run = bill_run(**fields)
    if run.verdict == "open":
        open_line(run)
    page = page_text(staff_client.get(f"/console/bills/{run.pk}"))
    assert words in page
    assert ("怎么办" in page) == bool(run.fault)
    assert f"/console/bills/{run.pk}" in page_text(staff_client.get("/console/bills"))


def test_bill_list_sets_thousands_apart(staff_client):
    bill_run(state="done", verdict="ok", read_at=NOON, payments=12345, payments_fen=12345600)
    page = page_text(staff_client.get("/console/bills"))
    assert ">12,345<" in page
    assert ">123,456.00<" in page


def open_line(run, **fields):
    values = {"verdict": "missing_here", "number": "N0", "provider_number": "42", "amount_fen": 800}
    return BillLine.objects.create(run=run, became="open", outcome="paid", at=NOON, **{**values, **fields})


def difference_of(line, kind="unknown_number", **fields):
    about = {"provider": line.run.provider, "merchant": line.run.merchant, "number": line.number}
    values = {"provider_number": line.provider_number, "amount_fen": line.amount_fen, "seen_at": NOON}
    return Discrepancy.objects.create(kind=kind, **about, **{**values, **fields})


def test_open_line_leads_to_its_difference(staff_client, clerk):
    run = bill_run(state="done", verdict="open", read_at=NOON)
    row = difference_of(open_line(run))
    page = page_text(staff_client.get(f"/console/bills/{run.pk}"))
    assert "1 笔待处理" in page
    assert f'<a href="/console/discrepancies/{row.pk}">待人工处理</a>' in page
    staff_actions.resolve(row, by=ActedBy(uuid4(), clerk, "在会员系统里查到"), at=NOON)
    page = page_text(staff_client.get(f"/console/bills/{run.pk}"))
    assert "笔待处理" not in page
    assert f'<a href="/console/discrepancies/{row.pk}">已处理</a>' in page
    assert "差异已处理" in page
    assert "差异已处理" in page_text(staff_client.get("/console/bills"))
    assert "没有需要处理的账单" in page_text(staff_client.get("/console/bills?show=open"))


def test_day_shows_that_its_bill_is_handled(staff_client, clerk, lot):
    run = bill_run(state="done", verdict="open", read_at=NOON, by_lot={str(lot.pk): {}})
    row, address = difference_of(open_line(run)), f"/console/days/{lot.slug}/{DAY}"
    assert "有差异" in page_text(staff_client.get(address))
    staff_actions.resolve(row, by=ActedBy(uuid4(), clerk, "在会员系统里查到"), at=NOON)
    page = page_text(staff_client.get(address))
    assert "差异已处理" in page
    assert "有差异" not in page


def test_reopened_number_waits_again():
    run = bill_run(state="done", verdict="open", read_at=NOON)
    line = open_line(run)
    difference_of(line, resolved_at=NOON)
    assert not waiting(run.lines.all()).exists()
    second = difference_of(line, kind="differs")
    assert waiting(run.lines.all()).get() == line
    assert differences_of(run, [line]) == {line.pk: second}


def test_handled_difference_stays_readable(staff_client, clerk):
    row = difference_of(open_line(bill_run(state="done")))
    staff_actions.resolve(row, by=ActedBy(uuid4(), clerk, "在会员系统里查到"), at=NOON)
    page = page_text(staff_client.get(f"/console/discrepancies/{row.pk}"))
    assert "原因：在会员系统里查到" in page
    assert "登记为已处理" not in page
    assert staff_client.post(f"/console/discrepancies/{row.pk}/put-away", {}).status_code == 404


def test_differing_amounts_stand_side_by_side(staff_client, lot):
    run, payment = bill_run(state="done", verdict="open", read_at=NOON), paid(lot, hour(3))
    fields = {"verdict": "differs", "payment": payment, "number": payment.number, "amount_fen": 2500}
    row = difference_of(open_line(run, **fields), "differs", lot=lot)
    for address in (f"bills/{run.pk}", f"discrepancies/{row.pk}"):
        page = page_text(staff_client.get(f"/console/{address}"))
        assert "我方金额（元）" in page
        assert "25.00" in page
        assert "10.00" in page


def test_bill_page_paginates_buckets(staff_client, lot):
    run = bill_run(state="done", verdict="open", read_at=NOON, agreed=60)
    for _ in range(60):
        payment = paid(lot, hour(3))
    Payment.objects.update(merchant="1900000109")
    bill_marks.mark(Payment.objects.values_list("pk", flat=True), DAY)
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
    page = page_text(staff_client.get(f"/console/bills/{run.pk}"))
    assert "1 笔待处理" in page
    assert "N0" in page
    page = page_text(staff_client.get(f"/console/bills/{run.pk}?bucket=agreed&page=2"))
    assert "第 2 / 2 页，共 60 条" in page
    assert len(re.findall(r'<td [^>]*class="number">10\.00</td>', page)) == 10
    assert "没有。" in page_text(staff_client.get(f"/console/bills/{run.pk}?bucket=missing_here"))
    assert staff_client.get(f"/console/bills/{run.pk}?bucket=drop&page=x").status_code == 200


def test_repeating_bill_is_idempotent(staff_client):
    run = bill_run(state="done", verdict="open", read_at=NOON)
    for _ in range(2):
        assert staff_client.post(f"/console/bills/{run.pk}/repeat").status_code == 302
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("waiting", 0)
    assert staff_client.get(f"/console/bills/{run.pk}/repeat").status_code == 405


def test_day_is_closed_once(staff_client, lot, clerk):
    paid(lot, hour(3))
    address = f"/console/days/pujiang/{DAY}"
    for _ in range(2):  # the second press leads to the closed day
        assert staff_client.post(f"{address}/close", {"version": "0"}).status_code == 302
    other = signed_in(get_user_model().objects.create_user("账务小李", is_superuser=True))
    assert "账务小王 已于" in page_text(other.post(f"{address}/close", {"version": "0"}), 409)
    event = DayClosingEvent.objects.get()
    assert (event.by, event.figures["net_fen"]) == (clerk, 1000)
    assert "重新打开这一天" in page_text(staff_client.get(address))


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 12, "１"])
def test_invalid_version_changes_nothing(staff_client, lot, version):
    assert staff_client.post(f"/console/days/pujiang/{DAY}/close", {"version": version}).status_code == 409
    assert not DayClosing.objects.exists()


def test_closing_refusals_explain_next_step(staff_client, lot):
    address = f"/console/days/pujiang/{DAY}"
    Discrepancy.objects.create(
        kind="differs", provider="", merchant="", number="N", lot=lot, day=DAY, seen_at=NOON
    )
    assert "要日结请写明原因" in page_text(staff_client.post(f"{address}/close", {"version": "0"}), 422)
    staff_client.post(f"{address}/close", {"version": "0", "reason": "已联系客服"})
    assert "重新打开必须写明原因" in page_text(staff_client.post(f"{address}/reopen", {"version": "1"}), 422)
    close(lot, DAY + timedelta(days=1), reason="x")
    page = page_text(staff_client.post(f"{address}/reopen", {"version": "1", "reason": "x"}), 422)
    assert "请先打开" in page
    future = NOON.date() + timedelta(days=400)
    assert "还没有结束" in page_text(
        staff_client.post(f"/console/days/pujiang/{future}/close", {"version": "0"}), 422
    )


@pytest.mark.parametrize("of", ["pujiang", "operators/{}"])
def test_days_lead_no_further_than_the_books(staff_client, lot, of):
    """No page leads to days before the first money, nor to days to come: a walk along the links ends."""
    paid(lot, at=now() - timedelta(days=2))
    first, today = day_closing.first_days([lot])[lot.pk], day_of(now(), lot.tz)
    where = f"/console/days/{of.format(lot.operator_id)}"
    seen = page_text(staff_client.get(f"{where}/{first}")), page_text(staff_client.get(f"{where}/{today}"))
    assert [f"{where}/{first - timedelta(days=1)}" in page for page in seen] == [False, False]
    assert f"{where}/{first + timedelta(days=1)}" in seen[0]
    assert f"{where}/{today + timedelta(days=1)}" not in seen[1]


@pytest.mark.parametrize("day", ["x", "2026-13-01", "0000-00-00", "20261120x", "0001-01-01", "9999-12-31"])
def test_invalid_date_returns_404(staff_client, lot, day):
    assert staff_client.get(f"/console/days/pujiang/{day}").status_code == 404


def test_day_table_exports_escaped_figures(staff_client, lot):
    lot.name = "=HYPERLINK(1)"
    lot.save()
    paid(lot, hour(3))
    answer = staff_client.get(f"/console/days/pujiang/{DAY}/table.csv")
    text = answer.content.decode("utf-8-sig")
    assert answer["Content-Disposition"] == f'attachment; filename="pujiang-{DAY}.csv"'
    assert f"{DAY},'=HYPERLINK(1),上海浦江商业管理有限公司,{DAY},微信支付,m1,停车费,1,10.00,未日结" in text
    assert text.splitlines()[-1].endswith("净收款,,10.00,未日结")


def test_printed_day_shows_closing_status(staff_client, lot, clerk):
    paid(lot, hour(3))
    assert "未日结，数字可能变化" in page_text(staff_client.get(f"/console/days/pujiang/{DAY}/print"))
    event = close(lot, by=clerk)
    page = page_text(staff_client.get(f"/console/days/pujiang/{DAY}/print"))
    assert event.digest in page
    assert "账务小王" in page


def test_operator_day_sums_its_lots(staff_client, lot):
    paid(lot, hour(3))
    page = page_text(staff_client.get(f"/console/days/operators/{lot.operator_id}/{DAY}"))
    assert "浦江广场" in page
    assert page.count("10.00") == 5


def test_late_money_shows_original_day(staff_client, lot):
    close(lot)
    paid(lot, hour(2), booked=hour(40))
    page = page_text(staff_client.get(f"/console/days/pujiang/{DAY + timedelta(days=1)}"))
    assert "以前日期的补记" in page
    assert str(DAY) in page


def test_day_pages_omit_plates(staff_client, lot):
    see(make_device(lot, "entry"), PLATE, hour(1))
    paid(lot, hour(3))
    for end in ("", "/print", "/table.csv"):
        assert "12345" not in staff_client.get(f"/console/days/pujiang/{DAY}{end}").content.decode()


# the commands


@pytest.fixture
def fake(monkeypatch):
    from payments.management.commands import reconcile as command

    provider = FakeProvider("wechat", "m1")
    for module in (channels, bill_runs, command):
        monkeypatch.setattr(module, "providers", lambda: {("wechat", "m1"): provider})
    return provider


def test_reconcile_command_reports_verdict(lot, fake, capsys):
    payment = paid(lot, hour(3))
    fake.bill = [BillRow(payment.number, "P1", 1000, hour(3), fee_milli=6000)]
    call_command("reconcile", "--day", str(DAY))
    output = capsys.readouterr().out
    assert "all agrees" in output
    assert "10.00" in output
    fake.bill.append(BillRow("X1", "P2", 7, hour(3)))
    with pytest.raises(SystemExit):
        call_command("reconcile", "--day", str(DAY))
    output = capsys.readouterr().out
    assert "DIFFERENCES ARE OPEN" in output
    assert "X1" in output


def test_reconcile_dry_run_writes_nothing(lot, fake, capsys):
    here, gone = paid(lot, hour(3)), paid(lot, hour(4))
    fake.bill = [BillRow(here.number, "P1", 1000, hour(3)), BillRow("X1", "P2", 7, hour(3))]
    with pytest.raises(SystemExit):
        call_command("reconcile", "--day", str(DAY), "--dry-run")
    output = capsys.readouterr().out
    assert "not agreed: 2" in output
    assert gone.number in output
    assert not any(model.objects.exists() for model in (BillRun, BillLine, Discrepancy))
    assert not BillMark.objects.exists()


def test_dry_run_of_reconciled_day_agrees(lot, fake, capsys):
    payment = paid(lot, hour(3))
    fake.bill = [BillRow(payment.number, "P1", 1000, hour(3))]
    call_command("reconcile", "--day", str(DAY))
    call_command("reconcile", "--day", str(DAY), "--dry-run")
    assert "not agreed: 0" in capsys.readouterr().out


def test_reconcile_command_checks_books(lot, capsys):
    paid(lot, hour(3))
    call_command("reconcile", "--books")
    assert "0 differences" in capsys.readouterr().out


def test_close_day_command_closes_and_reopens(lot, capsys):
    paid(lot, hour(3))
    call_command("close_day", "pujiang", "--day", str(DAY), "--dry-run")
    assert not day_closing.day_of_lot(lot, DAY).is_closed
    call_command("close_day", "--day", str(DAY))
    assert day_closing.day_of_lot(lot, DAY).is_closed
    with pytest.raises(SystemExit):
        call_command("close_day", "pujiang", "--day", str(DAY), "--reopen")
    with pytest.raises(SystemExit):
        call_command("close_day", "pujiang", "--day", str(DAY), "--reopen", "--reason", "漏" * 201)
    call_command("close_day", "pujiang", "--day", str(DAY), "--reopen", "--reason", "漏录")
    output = capsys.readouterr().out
    assert "give --reason" in output
    assert "longer than 200 characters" in output
    assert [event.by for event in day_closing.day_of_lot(lot, DAY).events] == [None, None]


@pytest.mark.parametrize("command", ["close_day", "reconcile"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-13-01", ""])
def test_command_refuses_impossible_day(command, day):
    with pytest.raises(CommandError, match="say a date"):
        call_command(command, f"--day={day}")
