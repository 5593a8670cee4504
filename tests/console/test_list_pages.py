"""What every list does: sort, count, page, and hand out files of what is filtered."""

import csv
import io
import re
from datetime import datetime, timedelta

import openpyxl
import pytest
from django.utils.timezone import localdate, localtime, now

from console import lists, role_words
from lots import permits, sessions
from lots.models import Lot, ParkingSession, Permit, PlateRead, TariffVersion
from lots.plates import parse
from staff.models import Role
from staff.permissions import MAY
from tests.factories import make_device, make_lot, make_person, see, signed_in
from tests.payments.acting import pay
from tests.payments.conftest import channel as channel  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
PLATES = ["沪A11111", "沪A22222", "沪A33333"]


@pytest.fixture
def lot():
    lot, at = make_lot(slug="own"), now()
    entry = make_device(lot, "entry")
    for hours, plate in zip((3, 1, 2), PLATES, strict=True):
        see(entry, plate, at - timedelta(hours=hours), offline=True, received=at)
    return lot


def rows(answer):
    return [line["row"].pk for line in answer.context["lines"]]


def by_entry():
    return list(ParkingSession.objects.order_by("entered_at").values_list("pk", flat=True))


def test_list_is_sorted_by_column(duty):
    assert rows(duty.get("/console/stays?sort=entered_at")) == by_entry()
    assert rows(duty.get("/console/stays?sort=-entered_at")) == by_entry()[::-1]


def test_unknown_sort_is_ignored(duty):
    newest = rows(duty.get("/console/stays"))
    assert rows(duty.get("/console/stays?sort=plate_index")) == newest
    assert rows(duty.get("/console/stays?sort=lot__operator__contact")) == newest


def test_large_list_is_not_sorted(duty, monkeypatch):
    monkeypatch.setattr(lists, "MOST_COUNTED", 2)
    answer = duty.get("/console/stays?sort=entered_at")
    assert rows(answer) == by_entry()[::-1]
    table = answer.content.decode().split("<table")[1].split("</table>")[0]
    assert "sort=" not in table


@pytest.mark.parametrize("sort", ["entered_at", "-entered_at", "left_at", "-left_at", "-paid_fen"])
def test_sorted_pages_show_each_row_once(duty, monkeypatch, sort):
    monkeypatch.setattr(lists, "SIZES", (1,))
    ParkingSession.objects.filter(pk=by_entry()[0]).update(left_at=now())
    seen, address = [], f"?size=1&sort={sort}"
    while address:
        answer = duty.get(f"/console/stays{address}")
        seen += rows(answer)
        address = answer.context["found"].older
    assert sorted(seen) == sorted(by_entry())
    assert seen == rows(duty.get(f"/console/stays?size=50&sort={sort}"))


def test_next_page_survives_a_handled_row(duty, monkeypatch):
    """The last row of a page leaves the filter before the next one is asked for."""
    monkeypatch.setattr(lists, "SIZES", (1,))
    first, second, _third = by_entry()
    answer = duty.get("/console/stays?size=1&sort=entered_at&state=inside")
    assert rows(answer) == [first]
    ParkingSession.objects.filter(pk=first).update(left_at=now())
    assert rows(duty.get(f"/console/stays{answer.context['found'].older}")) == [second]


def test_next_page_of_no_row_begins_again(duty):
    assert rows(duty.get("/console/stays?sort=entered_at&before=999999999")) == by_entry()


def test_filter_keeps_order_and_page_size(duty):
    text = duty.get("/console/stays?sort=-entered_at&size=100").content.decode()
    form = text.split('<form class="filter"')[1].split("</form>")[0]
    assert 'name="sort" value="-entered_at"' in form
    assert 'name="size" value="100"' in form
    usual = duty.get("/console/stays").content.decode().split('<form class="filter"')[1].split("</form>")[0]
    assert 'name="size"' not in usual


@pytest.mark.parametrize(
    ("page", "query", "fault"),
    [
        ("stays", "begin=2026-11-24T10:00&end=2026-11-24T09:00", "结束早于开始"),
        ("payments", "first=2026-11-24&last=2026-11-23", "结束早于开始"),
        ("payments", "least=5&most=4.99", "上限小于下限"),
        ("payments", "about=15:40&first=2026-11-23&last=2026-11-24", "只选一天"),
    ],
)
def test_reversed_range_is_a_fault(lot, page, query, fault):
    client = signed_in(make_person(Role.OWNER, lot=lot))
    assert fault in client.get(f"/console/{page}?{query}").content.decode()
    same = query.replace("09:00", "10:00").replace("-23", "-24").replace("4.99", "5")
    assert fault not in client.get(f"/console/{page}?{same}").content.decode()


def test_filter_is_printed_in_words(lot):
    client = signed_in(make_person(Role.OWNER, lot=lot))
    page = client.get(
        f"/console/payments?lot={lot.slug}&state=paid&first=2026-11-24&least=x"
    ).content.decode()
    printed = page.split('<p class="printed">')[1].split("</p>")[0]
    assert re.findall("<strong>(.+?)</strong>", printed) == [lot.name, "已支付", "2026-11-24"]
    assert 'class="printed"' not in client.get("/console/payments").content.decode()


def test_size_is_one_of_those_offered(duty, monkeypatch):
    monkeypatch.setattr(lists, "SIZES", (1, 2))
    assert len(rows(duty.get("/console/stays?size=2"))) == 2
    assert len(rows(duty.get("/console/stays?size=3"))) == 3


@pytest.mark.parametrize(
    ("page", "none", "query"),
    [
        ("devices", "还没有设备", "state=silent"),
        ("stays", "还没有停车记录", "state=inside"),
        ("tasks/refunds", "还没有退款", "state=open"),
        ("tasks/differences", "没有待处理的差异", "state=resolved"),
        ("payments", "还没有支付记录", "state=paid"),
    ],
)
def test_empty_list_offers_the_way_out(page, none, query):
    client = signed_in(make_person(Role.OWNER, lot=make_lot()))
    assert none in client.get(f"/console/{page}").content.decode()
    filtered = client.get(f"/console/{page}?{query}").content.decode()
    assert none not in filtered
    assert f'<a href="/console/{page}">清除筛选</a>' in filtered


def test_total_is_shown(duty, monkeypatch):
    assert "共 3 条" in duty.get("/console/stays").content.decode()
    monkeypatch.setattr(lists, "MOST_COUNTED", 2)
    assert "共 &gt; 2 条" in duty.get("/console/stays").content.decode()


def test_csv_holds_filtered_rows_without_plates(duty):
    ParkingSession.objects.filter(pk=by_entry()[0]).update(left_at=now())
    answer = duty.get("/console/stays?state=inside&file=csv")
    assert answer.headers["Content-Disposition"].endswith('.csv"')
    text = answer.content.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == 1 + 2
    assert not any(plate[2:] in text for plate in PLATES)


def test_workbook_holds_numbers(duty):
    answer = duty.get("/console/stays?file=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet.max_row == 1 + 3
    assert [cell.value for cell in sheet["F"]][1:] == [0, 0, 0]
    assert sorted(cell.value for cell in sheet["D"][1:]) == [60, 120, 180]
    moments = [cell.value for row in sheet.iter_rows(min_row=2) for cell in row if cell.is_date]
    assert {type(moment) for moment in moments} == {datetime}


@pytest.mark.parametrize(
    ("page", "link", "hint"),
    [("devices", "devices/add", "登记设备，请先"), ("shops", "shops/new", "停车券种类，请先")],
)
def test_many_lots_are_chosen_in_the_filter(lot, page, link, hint):
    client = signed_in(make_person(Role.OWNER, operator=lot.operator))
    few = client.get(f"/console/{page}").content.decode()
    assert link in few
    for number in range(lists.FEW_LOTS):
        Lot.objects.filter(pk=make_lot(slug=f"more-{number}").pk).update(operator=lot.operator)
    many = client.get(f"/console/{page}").content.decode()
    assert hint in many
    assert link not in many
    assert link in client.get(f"/console/{page}?lot=own").content.decode()


def test_row_numbers_have_no_thousands(lot):
    permit = permits.grant(
        lot=lot,
        plate=parse("沪D00001"),
        valid_from=now(),
        valid_until=now() + timedelta(days=30),
        source=Permit.Source.STAFF,
        at=now(),
    )
    client = signed_in(make_person(Role.OWNER, lot=lot))
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/console/access?file=xlsx").content)).active
    [cell] = sheet["A"][1:]
    assert (cell.value, cell.number_format) == (permit.pk, "0")
    minutes = openpyxl.load_workbook(io.BytesIO(client.get("/console/stays?file=xlsx").content)).active
    assert {cell.number_format for cell in minutes["D"][1:]} == {"#,##0"}


@pytest.mark.parametrize("page", ["stays", "reads", "devices", "payments"])
def test_each_list_has_files(lot, page):
    client = signed_in(make_person(Role.OWNER, lot=lot))
    assert client.get(f"/console/{page}?file=csv").status_code == 200
    assert client.get(f"/console/{page}?file=xlsx").status_code == 200


def test_files_hold_own_lots_alone(duty):
    see(make_device(make_lot(slug="foreign"), "entry"), "沪D22222", now())
    text = duty.get("/console/reads?file=csv").content.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == 1 + PlateRead.objects.filter(lot__slug="own").count()


def test_export_is_logged(duty, caplog):
    with caplog.at_level("INFO"):
        duty.get("/console/stays?file=csv")
    assert "list_exported" in caplog.text


def test_session_list_shows_length_and_fee(duty):
    text = duty.get("/console/stays?state=inside").content.decode()
    assert "应缴" in text
    assert ">3 小时<" in text
    assert ">2 小时<" in text


def test_payments_are_filtered_by_amount_and_days(channel):
    lot = make_lot(slug="paid")
    see(make_device(lot, "entry"), PLATES[0], now() - timedelta(minutes=61), offline=True, received=now())
    pay(lot, channel, PLATES[0], at=now())
    client = signed_in(make_person(Role.OWNER, lot=lot))

    def found(query):
        return len(client.get(f"/console/payments?{query}").context["lines"])

    today = f"{localdate():%Y-%m-%d}"
    assert found(f"first={today}&last={today}&state=paid") == 1
    assert found("last=2026-01-01") == 0
    assert found("least=10") == found("most=10") == found("least=9.99&most=10.01") == 1
    assert found("least=10.01") == found("most=9.99") == 0
    assert found("least=x") == found("least=99999999999") == 1
    paid = localtime()
    assert found(f"about={paid:%H:%M}") == found(f"about={paid:%H:%M}&first={today}&state=paid") == 1
    assert found(f"about={paid - timedelta(minutes=20):%H:%M}&last={today}") == 0
    assert found(f"about={paid:%H:%M}&first=2026-01-01") == 0


def test_roles_are_explained_as_they_are(lot):
    page = signed_in(make_person(Role.OWNER, operator=lot.operator)).get("/console/people")
    assert "对停车场负责" in page.content.decode()
    assert {task.label for task in page.context["matrix"]} == {label for label, _ in role_words.TASKS}
    assert set(role_words.SENTENCES) == set(Role)
    for task, (_, action) in zip(page.context["matrix"], role_words.TASKS, strict=True):
        assert [role for role, may in zip(Role, task.allowed, strict=True) if may] == [
            role for role in Role if role in MAY[action]
        ]


def test_fees_of_many_match_each(lot):
    at = now()
    rows = list(ParkingSession.objects.select_related("lot"))
    permits.grant(
        lot=lot,
        plate=parse(PLATES[0]),
        valid_from=at - timedelta(days=1),
        valid_until=at + timedelta(days=1),
        source=Permit.Source.STAFF,
        at=at,
    )
    many = sessions.due_of_many(rows, at=at)
    assert many == {row.pk: sessions.due_fen(row, at=at) for row in rows}
    assert 0 in many.values()
    TariffVersion.objects.update(counts_from=at)  # a cut-over: time before it costs nothing
    assert set(sessions.due_of_many(rows, at=at).values()) == {0}
    TariffVersion.objects.all().delete()
    assert set(sessions.due_of_many(rows, at=at).values()) == {None}
    assert sessions.due_of_many([], at=at) == {}
