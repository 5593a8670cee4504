"""Reports go out by mail in the morning, to who may see them, until that ends."""

import email
import io
import re
from datetime import UTC, date, datetime, timedelta
from email.policy import default
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.utils import translation
from openpyxl import load_workbook

from config.env import mail_server
from core.claims import LEASE, claim
from lots.models import Lot, ParkingSession
from payments.amount_csv import Yuan
from payments.reports import REPORTS
from staff import grants
from staff.models import ReportMailing, Role
from staff.report_mailings import mailing_schedule, sending
from staff.report_mailings.mailing_jobs import end_mailings, mail_reports
from staff.report_mailings.sending import OLDEST, STEPS
from tests.factories import NOON, make_device, make_lot, make_person, see, signed_in
from tests.mailbox import mailbox as mailbox  # a fixture
from tests.payments.acting import PLATE, pay
from tests.payments.conftest import channel as channel  # a fixture

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)  # seven o'clock of the 25th in Shanghai
FORM = {"report": "income", "address": "cw@mall.example", "every": "day", "form": "xlsx"}


@pytest.fixture(autouse=True)
def mail_settings(settings):
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    settings.DEFAULT_FROM_EMAIL = "purecode@mall.example"


@pytest.fixture
def lot():
    return make_lot(slug="own")


@pytest.fixture
def reader(lot):
    return make_person(Role.FINANCE, lot=lot)


def begin(reader, lot, **values):
    values = {**FORM, **values}
    return sending.begin(staff=reader, operator=lot.operator, lot=lot, by=reader, at=NOON, **values)


@pytest.mark.parametrize(
    ("every", "after", "due", "first", "last"),
    [
        ("day", "2026-11-24 12:00", "2026-11-25 07:00", "2026-11-24", "2026-11-24"),
        ("day", "2026-11-25 06:59", "2026-11-25 07:00", "2026-11-24", "2026-11-24"),
        ("day", "2026-11-25 07:00", "2026-11-26 07:00", "2026-11-25", "2026-11-25"),
        ("week", "2026-11-24 12:00", "2026-11-30 07:00", "2026-11-23", "2026-11-29"),
        ("week", "2026-11-30 07:00", "2026-12-07 07:00", "2026-11-30", "2026-12-06"),
        ("month", "2026-11-24 12:00", "2026-12-01 07:00", "2026-11-01", "2026-11-30"),
        ("month", "2027-02-01 07:00", "2027-03-01 07:00", "2027-02-01", "2027-02-28"),
    ],
)
def test_next_due_time_and_report_days(every, after, due, first, last):
    at = datetime.fromisoformat(after).replace(tzinfo=SHANGHAI)
    found = mailing_schedule.next_due(every, at, SHANGHAI)
    assert found.astimezone(SHANGHAI) == datetime.fromisoformat(due).replace(tzinfo=SHANGHAI)
    assert mailing_schedule.days_of(every, found, SHANGHAI) == (
        date.fromisoformat(first),
        date.fromisoformat(last),
    )


def test_report_mailed_in_lot_local_morning(lot, reader, channel):
    see(make_device(lot, "entry"), PLATE, NOON)
    pay(lot, channel)
    row = begin(reader, lot)
    assert row.due_at == MORNING
    assert mail_reports(MORNING - timedelta(seconds=1)) == 0
    assert mail_reports(MORNING) == 1
    [letter] = mail.outbox
    assert letter.to == ["cw@mall.example"]
    assert letter.subject == "收入 · 浦江广场 · 2026-11-24"
    [file] = letter.attachments
    sheet = load_workbook(io.BytesIO(file.content)).active
    day, received = (sheet.cell(2, column).value for column in (1, 5))
    assert (day.date(), received) == (date(2026, 11, 24), 10)
    row.refresh_from_db()
    assert (row.sent_at, row.due_at, row.next_check_at) == (MORNING, *[MORNING + timedelta(days=1)] * 2)
    assert mail_reports(MORNING + timedelta(minutes=1)) == 0


def test_western_lot_gets_mail_later():
    west = make_lot(zone="Asia/Urumqi")
    assert begin(make_person(Role.FINANCE, lot=west), west).due_at == MORNING + timedelta(hours=2)


@pytest.fixture
def operator_reader(lot):
    return make_person(Role.FINANCE, operator=lot.operator)


@pytest.mark.parametrize("is_trial", [True, False])
def test_trial_payments_are_not_mailed(is_trial, lot, operator_reader, channel):
    """The page of the same days does not have them either."""
    see(make_device(lot, "entry"), PLATE, NOON)
    pay(lot, channel)
    Lot.objects.filter(pk=lot.pk).update(is_trial=is_trial)
    at = {"operator": lot.operator, "by": operator_reader, "at": NOON}
    sending.begin(staff=operator_reader, **at, **{**FORM, "form": "text"})
    assert mail_reports(MORNING) == 1
    assert ("10.00" in mail.outbox[0].body) is not is_trial


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("form", ReportMailing.Form)
def test_no_mailed_report_contains_plate(report, form, lot, reader, channel):
    see(make_device(lot, "entry"), PLATE, NOON)
    pay(lot, channel)
    begin(reader, lot, report=report, form=form)
    mail_reports(MORNING)
    [letter] = mail.outbox
    assert len(letter.attachments) == (form != "text")
    text = letter.message().as_string() + letter.body
    if form == "csv":
        text += letter.attachments[0].content
    assert "A12345" not in text
    assert str(REPORTS[report][0]) in letter.subject


def test_report_mail_is_delivered_over_smtp(lot, reader, settings, mailbox):
    port, answer = mailbox
    settings.MAILERS = mail_server(f"smtp://127.0.0.1:{port}")
    begin(reader, lot, form="csv")
    assert mail_reports(MORNING) == 1
    lines = answer[answer.index("DATA") + 1 :] if "DATA" in answer else answer[answer.index("data") + 1 :]
    letter = email.message_from_string("\r\n".join(lines[: lines.index(".")]), policy=default)
    assert letter["To"] == "cw@mall.example"
    [file] = letter.iter_attachments()
    assert file.get_filename() == "income-2026-11-24.csv"
    assert file.get_content().startswith("\ufeff日期,停车场,渠道")


def test_failed_mail_is_retried_then_skipped(lot, reader, settings, caplog):
    settings.MAILERS = mail_server("smtp://127.0.0.1:1")
    row, at = begin(reader, lot), MORNING
    for wait in STEPS:
        assert mail_reports(at) == 1
        row.refresh_from_db()
        assert row.next_check_at == at + wait
        at += wait
    mail_reports(at)
    row.refresh_from_db()
    assert (row.failed_at, row.tries, row.due_at) == (at, 0, MORNING + timedelta(days=1))
    assert "cw@mall.example" not in caplog.text
    page = signed_in(reader).get("/console/reports/mailings").content.decode()
    assert "未送达" in page


def test_missed_mail_expires_after_a_week(lot, reader):
    row = begin(reader, lot)
    back = MORNING + timedelta(days=30)
    while mail_reports(back):
        pass
    row.refresh_from_db()
    assert row.due_at > back
    assert len(mail.outbox) == 1 + OLDEST.days


def claimed(at):
    row = claim(ReportMailing.objects.all(), at)
    return [row] if row else []


def test_slow_worker_does_not_send_twice(lot, reader):
    row = begin(reader, lot)
    [slow] = claimed(MORNING)
    later = MORNING + LEASE
    [quick] = claimed(later)
    sending.step(slow, MORNING)  # the other one has it, and has not sent it yet
    assert not mail.outbox
    sending.step(quick, later)
    sending.step(slow, MORNING)
    assert len(mail.outbox) == 1
    row.refresh_from_db()
    assert row.due_at == MORNING + timedelta(days=1)


def test_mail_being_sent_stays_claimed(lot, reader, monkeypatch):
    begin(reader, lot)
    others = []
    send = EmailMessage.send

    def watched(letter):
        others.extend(claimed(MORNING + 2 * LEASE))
        return send(letter)

    monkeypatch.setattr(EmailMessage, "send", watched)
    assert mail_reports(MORNING) == 1
    assert (others, len(mail.outbox)) == ([], 1)


def test_changed_address_receives_claimed_mail(lot, reader):
    begin(reader, lot)
    [taken] = claimed(MORNING)
    begin(reader, lot, address="new@mall.example", form="csv")
    sending.step(taken, MORNING)
    [letter] = mail.outbox
    assert letter.to == ["new@mall.example"]
    assert letter.attachments[0].filename.endswith(".csv")


def test_mail_subject_strips_newlines(lot, reader):
    type(lot).objects.filter(pk=lot.pk).update(name="东场\r\nBcc: x@evil.example")
    begin(reader, lot)
    assert mail_reports(MORNING) == 1
    [letter] = mail.outbox
    assert "东场 Bcc: x@evil.example" in letter.subject
    assert letter.recipients() == ["cw@mall.example"]
    assert "\nBcc" not in letter.message().as_string()


@pytest.mark.parametrize("form", ["csv", "text"])
def test_mail_names_sums_and_links(lot, reader, settings, form):
    settings.CONSOLE_URL = "https://console.example.cn"
    ParkingSession.objects.create(lot=lot, plate_kind="ordinary", entered_at=NOON - timedelta(days=2))
    begin(reader, lot, report="occupancy", form=form)
    assert mail_reports(MORNING) == 1
    lines = mail.outbox[0].body.splitlines()
    assert "合计：入场 0；离场 0" in lines
    assert ("共 24 行，见附件。" in lines) == (form == "csv")
    assert ("时段 00:00–01:00；入场 0；离场 0；平均在场 1；最多在场 1" in lines) == (form == "text")
    day = "first=2026-11-24&last=2026-11-24"
    here = "https://console.example.cn/console/reports"
    assert lines[-2] == f"在运营后台查看：{here}/occupancy?{day}&lot={lot.slug}"
    assert lines[-1] == f"停发：{here}/mailings"


def test_mailed_amounts_have_separators():
    line = sending._named(["笔数", "金额（元）", "占比"], [12345, Yuan(-123456789), "12.5%"])
    assert line.replace("; ", "；") == "笔数 12,345；金额（元） -1,234,567.89；占比 12.5%"


def test_oversized_report_mail_omits_rows(lot, reader, monkeypatch):
    monkeypatch.setattr(sending, "MOST", 20)  # hours of a day
    ParkingSession.objects.create(lot=lot, plate_kind="ordinary", entered_at=NOON - timedelta(days=2))
    begin(reader, lot, report="occupancy", form="text")
    assert mail_reports(MORNING) == 1
    [letter] = mail.outbox
    assert "共 24 行，正文放不下" in letter.body
    assert "00:00–01:00" not in letter.body
    assert "合计" in letter.body


def test_report_is_mailed_in_its_language(lot, reader):
    english = signed_in(reader)
    english.post("/console/language", {"language": "en"})
    form = {**FORM, "report": "occupancy", "place": f"l{lot.pk}", "staff": reader.username}
    assert english.post("/console/reports/mailings", form).status_code == 302
    row = ReportMailing.objects.get()
    assert row.language == "en"
    with translation.override(row.language):
        letter = sending.letter(row, SHANGHAI)
    words = f"{letter.subject}\n{letter.body}".replace(lot.name, "")
    assert not re.search(r"[\u4e00-\u9fff（）；：。，]", words)
    mail_reports(row.due_at)
    assert mail.outbox[0].body == letter.body


@pytest.mark.parametrize("how", ["role", "account"])
def test_mailing_ends_with_readers_permission(how, lot, reader):
    row = begin(reader, lot)
    if how == "role":
        grants.end(reader.grants.get(), at=NOON)
    else:
        type(reader).objects.filter(pk=reader.pk).update(is_active=False)
    assert mail_reports(MORNING) == 1
    assert not mail.outbox
    row.refresh_from_db()
    assert (row.ended_at, row.address, row.next_check_at) == (MORNING, "", None)


def test_address_erased_before_next_due_mail(lot, reader):
    begin(reader, lot, every="month")
    assert end_mailings(NOON) == 0
    grants.end(reader.grants.get(), at=NOON)
    assert end_mailings(NOON) == 1
    assert ReportMailing.objects.get().address == ""


def test_ended_mailing_must_clear_address(lot, reader):
    row = begin(reader, lot)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportMailing.objects.filter(pk=row.pk).update(ended_at=NOON)


# the page


def test_mailing_form_submitted_twice_creates_one(lot, reader):
    client = signed_in(reader)
    form = {**FORM, "place": f"l{lot.pk}", "staff": reader.username}
    for address in ("cw@mall.example", "cw2@mall.example"):
        assert client.post("/console/reports/mailings", {**form, "address": address}).status_code == 302
    row = ReportMailing.objects.get()
    assert row.address == "cw2@mall.example"
    page = client.get("/console/reports/mailings").content.decode()
    assert "每天" in page
    ends = [client.post(f"/console/reports/mailings/{row.pk}/end").status_code for _ in range(2)]
    assert ends == [302, 302]
    row.refresh_from_db()
    assert (row.ended_by, row.address) == (reader, "")


def test_mailing_reader_must_see_report(lot, reader):
    duty = make_person(Role.DUTY, lot=lot)
    stranger = make_person(Role.FINANCE, lot=make_lot())
    owner = make_person(Role.OWNER, operator=lot.operator)
    for user in (duty, stranger):
        form = {**FORM, "place": f"l{lot.pk}", "staff": user.username}
        assert signed_in(owner).post("/console/reports/mailings", form).status_code == 422
    form = {**FORM, "place": f"o{lot.operator_id}", "staff": reader.username}  # of one lot of it alone
    answer = signed_in(owner).post("/console/reports/mailings", form)
    assert (answer.status_code, "无权查看" in answer.content.decode()) == (422, True)
    assert not ReportMailing.objects.exists()


def test_other_places_mailings_are_hidden(lot, reader, operator_reader):
    whole = sending.begin(
        **FORM, staff=operator_reader, operator=lot.operator, by=operator_reader, at=NOON, lot=None
    )
    for other in (reader, make_person(Role.OWNER, operator=make_lot().operator)):
        client = signed_in(other)
        assert "cw@mall.example" not in client.get("/console/reports/mailings").content.decode()
        assert client.post(f"/console/reports/mailings/{whole.pk}/end").status_code == 404
    assert "cw@mall.example" in signed_in(operator_reader).get("/console/reports/mailings").content.decode()


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.DUTY, Role.REGULATOR])
def test_mailings_page_requires_permission(role, lot):
    assert signed_in(make_person(role, lot=lot)).get("/console/reports/mailings").status_code == 403


def test_mailings_page_requires_second_factor(lot, reader, settings):
    settings.CONSOLE_MFA = "required"
    answer = signed_in(reader).get("/console/reports/mailings")
    assert answer.headers["Location"] == "/console/account/second-factor"


def test_mailings_unavailable_without_mail_server(lot, reader, settings):
    settings.MAILERS = {}
    form = {**FORM, "place": f"l{lot.pk}", "staff": reader.username}
    page = signed_in(reader).post("/console/reports/mailings", form).content.decode()
    assert "EMAIL_URL" in page
    assert not ReportMailing.objects.exists()
