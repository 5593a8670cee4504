"""Reports: their sums, their files, and for whom they are."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation
from django.utils.timezone import localtime
from openpyxl import load_workbook
from PIL import ImageFont

from lots.models import Lot, ParkingSession
from lots.signs.font_coverage import FOLDER as FONTS
from monitoring.models import SpeedCount
from payments import refund_acts
from payments import refunds as sending
from payments.models import Payment, Refund
from payments.reports import (
    REPORTS,
    coupon_totals,
    income,
    occupancy,
    payment_times,
    refund_totals,
    report_files,
)
from payments.reports.chart import HEIGHT, LEFT, WIDTH, chart
from payments.reports.report import Report, ReportRange, Unit
from presentation.templatetags.money_tags import grouped, on_axis
from staff.models import ReportMailing, Role
from tests.factories import NOON, client_of, make_device, make_lot, see
from tests.payments.acting import LEAVING, OTHER, PLATE, by, pay
from tests.payments.conftest import channel as channel  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
DAY = date(2026, 11, 24)


@pytest.fixture
def lot():
    lot = make_lot(slug="own", name="=HYPERLINK(1)")
    entry = make_device(lot, "entry")
    for plate in (PLATE, OTHER):
        see(entry, plate, NOON)
    return lot


def asked(*lots, first=DAY, last=DAY):
    return ReportRange(lots, first, last)


def test_income_subtracts_same_day_refunds(lot, channel):
    payment = pay(lot, channel)
    pay(lot, channel, OTHER)
    refund_acts.refund(payment, amount_fen=300, still_owed=False, by=by(), at=LEAVING)
    assert income.by_day(asked(lot)).totals[3:] == (2, 2000, 0, 2000)
    sending.carry_out(Refund.objects.get(), at=LEAVING)
    report = income.by_day(asked(lot, first=DAY - timedelta(days=1)))
    assert [row[0] for row in report.rows] == ["2026-11-24"]
    assert report.totals[3:] == (2, 2000, 300, 1700)
    assert report.bars[0] == ("11-23", 0)
    assert report.bars[1][1] == report.totals[6]


def test_income_day_follows_lot_time_zone(channel):
    lot = make_lot(slug="far", zone="Pacific/Kiritimati")  # already the 25th
    see(make_device(lot, "entry"), PLATE, NOON + timedelta(hours=12))
    pay(lot, channel, at=LEAVING + timedelta(hours=12))
    assert income.by_day(asked(lot)).rows == []
    assert len(income.by_day(asked(lot, first=date(2026, 11, 25), last=date(2026, 11, 25))).rows) == 1


def session(lot, entered, left):
    ParkingSession.objects.create(lot=lot, plate_kind="ordinary", entered_at=entered, left_at=left)


def test_occupancy_counts_cars_at_hour_end():
    lot = make_lot()
    at = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # 9:30
    session(lot, at - timedelta(days=1), at)
    session(lot, at, at + timedelta(hours=2))
    session(lot, at + timedelta(minutes=10), None)
    ParkingSession.objects.create(lot=lot, plate_kind="ordinary", left_at=at)  # never seen coming in
    report = occupancy.by_hour(asked(lot))
    rows = {row[0][:2]: row[1:] for row in report.rows}
    assert rows["08"] == (0, 0, 1, 1)
    assert rows["09"] == (2, 1, 2, 2)
    assert rows["11"] == (0, 1, 1, 1)
    assert rows["23"] == (0, 0, 1, 1)
    assert report.totals[:3] == ("合计", 2, 2)


def test_occupancy_shows_mean_and_maximum():
    lot = make_lot()
    at = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    for _ in range(4):
        session(lot, at, at + timedelta(hours=1))
    session(lot, at - timedelta(days=1), at - timedelta(hours=23))
    rows = {row[0][:2]: row[1:] for row in occupancy.by_hour(asked(lot, first=DAY - timedelta(days=1))).rows}
    assert rows["09"] == (5, 0, 3, 4)


def test_occupancy_leaves_out_hours_to_come(time_machine_at):
    lot = make_lot()
    time_machine_at(datetime(2026, 11, 24, 2, 10, tzinfo=UTC))  # 10:10
    session(lot, datetime(2026, 11, 24, 1, 30, tzinfo=UTC), None)
    report = occupancy.by_hour(asked(lot))
    assert [row[0] for row in report.rows] == ["09:00–10:00", "10:00–11:00"]
    assert [name for name, _ in report.bars] == ["09", "10"]


def test_occupancy_leaves_out_days_before_first_car():
    lot = make_lot()
    session(lot, datetime(2026, 11, 24, 1, 30, tzinfo=UTC), None)
    report = occupancy.by_hour(asked(lot, first=DAY - timedelta(days=30)))
    rows = {row[0][:2]: row[1:] for row in report.rows}
    assert rows["12"] == (0, 0, 1, 1)
    assert "08" not in rows


@pytest.fixture
def time_machine_at(monkeypatch):
    return lambda at: monkeypatch.setattr(occupancy, "now", lambda: at)


@pytest.mark.parametrize(
    ("minutes", "label"),
    [
        (15, "15 分钟以内"),
        (16, "15–30 分钟"),
        (60, "30–60 分钟"),
        (1440, "12–24 小时"),
        (1441, "24 小时以上"),
    ],
)
def test_stay_length_falls_into_one_class(minutes, label):
    lot = make_lot()
    session(lot, NOON - timedelta(minutes=minutes), NOON)
    report = occupancy.by_length(asked(lot))
    assert [unit for _label, unit in report.columns] == [Unit.TEXT, Unit.COUNT, Unit.SHARE]
    assert [row for row in report.rows if row[1]] == [(label, 1, "100.0%")]
    assert report.totals[1] == 1


def test_payment_time_runs_until_confirmation(lot, channel):
    slow, never = pay(lot, channel), pay(lot, channel, OTHER, notify=False)
    Payment.objects.filter(pk=slow.pk).update(paid_at=slow.created_at + timedelta(seconds=25))
    Payment.objects.filter(pk=never.pk).update(state="closed")
    (row,) = payment_times.by_time(asked(lot)).rows
    assert list(row[1:]) == [0, 0, 0, 1, 0, 0, 0, 1]


def test_refund_report_lists_reason_and_state(lot, channel):
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=False, by=by(), at=LEAVING)
    report = refund_totals.by_reason(asked(lot))
    assert report.rows == [("2026-11-24", lot.name, "人工退款", "待发送", 1, 300)]
    assert report.totals[4:] == (1, 300)


def test_shop_without_coupons_is_omitted(lot):
    from payments.coupons.coupon_models import Shop

    Shop.objects.create(lot=lot, name="花店", created_at=NOON)
    assert coupon_totals.by_shop(asked(lot)).rows == []


TABLE = Report(
    (("名", Unit.TEXT), ("笔", Unit.COUNT), ("元", Unit.FEN)),
    [("=1+1", 2, 1050), ("@x", 0, -5)],
    "x",
    [],
    totals=("合计", 2, 1045),
)


def test_csv_report_escapes_formulas():
    rows = list(csv.reader(io.StringIO(report_files.as_csv(TABLE).removeprefix("\ufeff"))))
    assert rows == [
        ["名", "笔", "元"],
        ["'=1+1", "2", "10.50"],
        ["'@x", "0", "-0.05"],
        ["合计", "2", "10.45"],
    ]


def test_xlsx_report_contains_no_formulas():
    sheet = load_workbook(io.BytesIO(report_files.as_xlsx(TABLE, "收入"))).active
    assert [[cell.value for cell in row] for row in sheet.rows] == [
        ["名", "笔", "元"],
        ["=1+1", 2, 10.5],
        ["@x", 0, -0.05],
        ["合计", 2, 10.45],
    ]
    assert {cell.data_type for row in sheet.rows for cell in row} == {"s", "n"}


def test_xlsx_days_and_shares_are_numbers():
    columns = [("日期", Unit.TEXT), ("名", Unit.TEXT), ("占比", Unit.SHARE)]
    rows = [("2026-11-24", "2026-11", "12.5%"), ("2026-11-25", "x", "—")]
    made = Report(columns, rows, "", [])
    sheet = load_workbook(io.BytesIO(report_files.as_xlsx(made, "收入"))).active
    cells = [[(cell.value, cell.number_format) for cell in row] for row in list(sheet.rows)[1:]]
    assert [row[0] for row in cells] == [
        (datetime(2026, 11, day), "yyyy-mm-dd")  # noqa: DTZ001 - as the workbook has it
        for day in (24, 25)
    ]
    assert [row[1][0] for row in cells] == ["2026-11", "x"]
    assert [row[2] for row in cells] == [(0.125, "0.0%"), ("—", "General")]


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_free_of_plates(lot, channel, name, django_assert_max_num_queries):
    pay(lot, channel)
    client = client_of(Role.FINANCE, lot)
    query = "?first=2026-11-24&last=2026-11-24"
    client.get("/console/attention")  # the header's counts are kept for seconds
    with django_assert_max_num_queries(14):
        page = client.get(f"/console/reports/{name}{query}")
    table = client.get(f"/console/reports/{name}.csv{query}")
    book = client.get(f"/console/reports/{name}.xlsx{query}")
    assert {page.status_code, table.status_code, book.status_code} == {200}
    assert f"{name}-2026-11-24-2026-11-24.xlsx" in book.headers["Content-Disposition"]
    cells = [str(c.value) for row in load_workbook(io.BytesIO(book.content)).active.rows for c in row]
    for text in (page.content.decode(), table.content.decode(), " ".join(cells)):
        assert "A12345" not in text
        assert "A***45" not in text


def test_income_csv_matches_page(lot, channel):
    pay(lot, channel)
    client = client_of(Role.FINANCE, lot)
    table = client.get("/console/reports/income.csv?first=2026-11-24&last=2026-11-24").content.decode()
    (row, total) = list(csv.reader(io.StringIO(table)))[1:]
    assert row[:2] == ["2026-11-24", "'=HYPERLINK(1)"]
    assert row[3:] == total[3:] == ["1", "10.00", "0.00", "10.00"]


def test_reports_require_permission_and_own_lots(lot, channel):
    pay(lot, channel)
    assert client_of(Role.DUTY, lot).get("/console/reports").status_code == 403
    stranger = client_of(Role.FINANCE, make_lot(slug="strange"))
    for query in ("", "&lot=own"):
        page = stranger.get(f"/console/reports?first=2026-11-24&last=2026-11-24{query}")
        assert page.context["report"].rows == []
    assert stranger.get("/console/reports/nothing").status_code == 404


@pytest.mark.parametrize(
    "query", ["first=2026-01-01&last=2026-11-24", "first=2026-11-24&last=2026-11-23", "first=x"]
)
def test_invalid_period_falls_back_to_week(lot, query):
    page = client_of(Role.FINANCE, lot).get(f"/console/reports?{query}")
    assert page.status_code == 200
    assert 'class="error"' in page.content.decode()
    assert len(page.context["made"].asked.days) == 7


@pytest.mark.parametrize(("fen", "shown"), [(0, "0"), (100_000, "1,000"), (250, "2.50"), (-5000, "-50")])
def test_axis_names_round_amounts(fen, shown):
    assert on_axis(fen) == shown


@pytest.mark.parametrize("values", [[], [0], [5], [-3, 7], [1] * 92, [10**12, -(10**12)]])
def test_chart_bars_stay_within_bounds(values):
    made = chart([(str(n), value) for n, value in enumerate(values)])
    assert len(made.bars) == len(values)
    for bar in made.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT + 0.2
    assert sum(bool(bar.label) for bar in made.bars) <= 16


def test_income_totals_span_two_lots(lot, channel):
    second = make_lot(slug="second")
    Lot.objects.filter(pk=second.pk).update(name="浦江广场")
    see(make_device(second, "entry"), PLATE, NOON)
    for place in (lot, second):
        pay(place, channel)
    report = income.by_day(asked(lot, second))
    assert (len(report.rows), report.totals[4]) == (2, 2000)


class TestComparison:
    def page(self, lot, **query):
        query = {"first": "2026-11-24", "last": "2026-11-24", "lot": lot.slug, **query}
        return client_of(Role.FINANCE, lot).get("/console/reports/income", query)

    def test_periods_are_compared(self, lot, channel):
        pay(lot, channel, at=LEAVING)
        page = self.page(lot, first="2026-11-25", last="2026-11-25", compare="before")
        net = page.context["compared"][-1]
        assert (net.now, net.before, net.change) == (0, 1000, "-100.0%")
        assert page.context["made"].earlier_days == (date(2026, 11, 24), date(2026, 11, 24))
        assert "对比日期" in page.content.decode()

    def test_nothing_before_has_no_percentage(self, lot, channel):
        pay(lot, channel, at=LEAVING)
        net = self.page(lot, compare="before").context["compared"][-1]
        assert (net.now, net.before, net.change) == (1000, 0, "")

    def test_year_keeps_the_weekday(self, lot):
        first, _last = self.page(lot, compare="year").context["made"].earlier_days
        assert first.weekday() == DAY.weekday()

    @pytest.mark.parametrize(
        ("days", "compare", "earlier"),
        [
            ("2026-03-01 2026-03-31", "before", "2026-02-01 2026-02-28"),
            ("2026-01-01 2026-01-31", "before", "2025-12-01 2025-12-31"),
            ("2026-10-01 2026-10-31", "year", "2025-10-01 2025-10-31"),
            ("2024-02-01 2024-02-29", "year", "2023-02-01 2023-02-28"),
            ("2025-12-01 2026-01-31", "year", "2024-12-01 2025-01-31"),
            ("2024-02-29 2024-02-29", "year", "2023-03-02 2023-03-02"),
        ],
    )
    def test_whole_months_meet_whole_months(self, lot, days, compare, earlier):
        first, last = days.split()
        made = self.page(lot, first=first, last=last, compare=compare).context["made"]
        assert " ".join(str(day) for day in made.earlier_days) == earlier

    @pytest.mark.parametrize("report", REPORTS)
    @pytest.mark.parametrize("compare", ["before", "year", "", "nonsense"])
    def test_every_report_compares(self, lot, report, compare):
        answer = client_of(Role.FINANCE, lot).get(f"/console/reports/{report}", {"compare": compare})
        assert answer.status_code == 200

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1", "2026-02-30"])
    def test_impossible_days_are_answered(self, lot, day):
        assert self.page(lot, first=day, last=day, compare="before").status_code == 200
        client = client_of(Role.FINANCE, lot)
        assert client.get("/console/payments", {"first": day, "last": day}).status_code == 200


@pytest.mark.parametrize(
    ("value", "text"),
    [("1234567.80", "1,234,567.80"), (-1234, "-1,234"), (999, "999"), ("", ""), ("—", "—"), (0, "0")],
)
def test_grouped_figures(value, text):
    assert grouped(value) == text


def test_occupancy_draws_the_bays(lot):
    Lot.objects.filter(pk=lot.pk).update(bays=40)
    owner = client_of(Role.OWNER, lot)
    query = f"lot={lot.slug}&first={DAY}&last={DAY}"
    page = owner.get(f"/console/reports/occupancy?{query}").content.decode()
    assert 'class="limit"' in page
    assert "车位 40 个" in page
    Lot.objects.filter(pk=lot.pk).update(bays=0)
    assert 'class="limit"' not in owner.get(f"/console/reports/occupancy?{query}").content.decode()


def test_speed_report_shows_public_medians(lot):
    other = make_lot(slug="foreign")
    for where, seconds in ((lot, 8), (other, 300)):
        SpeedCount.objects.create(lot=where, day=localtime().date(), step="fee", seconds=seconds, count=20)
    client = client_of(Role.FINANCE, lot)
    page = client.get("/console/reports/speed").content.decode()
    assert "扫码到看见费用 8 秒" in " ".join(page.split())
    assert "300 秒" not in page
    assert "扫码到看见费用" not in client.get("/console/reports/income").content.decode()


@pytest.mark.parametrize(("name", "is_daily"), [("income", True), ("refunds", True), ("occupancy", False)])
def test_chart_of_days_begins_at_newest(lot, channel, name, is_daily):
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=False, by=by(), at=LEAVING)
    query = {"first": "2026-11-24", "last": "2026-11-25"}
    page = client_of(Role.FINANCE, lot).get(f"/console/reports/{name}", query).content.decode()
    assert ("card chart latest" in page) == ("tick far" in page) == is_daily


def test_comparison_heads_are_words(lot):
    page = client_of(Role.OWNER, lot).get("/console/reports/income?compare=before").content.decode()
    assert "增减</th>" in page
    assert "%%" not in page


def test_report_keys_fit_their_column():
    longest = ReportMailing._meta.get_field("report").max_length
    assert [name for name in REPORTS if len(name) > longest] == []


def test_wide_report_labels_cells_for_phones(lot, channel):
    pay(lot, channel)
    client = client_of(Role.FINANCE, lot)
    query = {"first": "2026-11-24", "last": "2026-11-25", "compare": "before"}
    pages = {name: client.get(f"/console/reports/{name}", query).content.decode() for name in REPORTS}
    assert {name for name, page in pages.items() if 'class="cards"' in page} == {
        *("income", "speed", "coupons", "refunds")
    }
    assert 'data-label="净额（元）"' in pages["income"]
    assert "polyline" not in pages["refunds"]  # nothing to draw


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_bar_names_fit_on_a_phone(language):
    """Its letters are drawn larger there than the picture, see `.chart text` in console.css."""
    font = ImageFont.truetype(FONTS / "PureCodeSansSC-Regular.otf", 16)
    with translation.override(language):
        for names in (occupancy.LENGTHS, [name for _, name in payment_times.LIMITS]):
            place = (WIDTH - LEFT) / len(names)
            assert [str(name) for name in names if font.getlength(str(name)) > place] == []
