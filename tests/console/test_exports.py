"""Files of the console as a spreadsheet opens them: typed cells, no formulas, telling names."""

import csv
import io
import re
from datetime import date, datetime

import openpyxl
import pytest
from django.urls import reverse

from payments.reports import REPORTS
from staff.models import Role
from tests.console.test_every_list import PAGES
from tests.factories import make_person, signed_in

pytestmark = pytest.mark.django_db
STAMP = r"[\w-]+-(20\d{6}(-\d{4})?|20\d\d-\d\d-\d\d)"
MOMENT = re.compile(r"20\d\d-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?")
NOTHING = "first=2030-01-01&last=2030-01-02&begin=2030-01-01T00:00"
LISTS = [reverse(f"console:{name}") + "?" for name in PAGES]
FILES = [*LISTS, *(f"/console/reports/{name}" for name in REPORTS)]
VERSION = {"Wording version", "用语版本"}  # a name that looks like a day


@pytest.fixture
def owner(shared_world):
    return signed_in(make_person(Role.OWNER, operator=shared_world.lot.operator))


def take(client, where, kind):
    """Return a list or report as a file of this kind, with its name."""
    answer = client.get(f"{where}&file={kind}" if "?" in where else f"{where}.{kind}")
    assert answer.status_code == 200
    return answer.content, re.search(r'filename="(.+)\.\w+"', answer.headers["Content-Disposition"])[1]


def sheet_of(data):
    return openpyxl.load_workbook(io.BytesIO(data)).active


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("where", FILES)
def test_workbook_has_typed_cells(owner, where, language):
    owner.post("/console/language", {"language": language})
    data, name = take(owner, where, "xlsx")
    assert re.fullmatch(STAMP, name)
    head, *rows = sheet_of(data).iter_rows()
    assert all(cell.value for cell in head)
    named = [(head[cell.column - 1].value, cell) for row in rows for cell in row]
    assert {cell.data_type for _label, cell in named} <= {"s", "n", "d"}  # no formulas
    texts = [label for label, cell in named if cell.data_type == "s" and MOMENT.fullmatch(cell.value or "")]
    assert set(texts) <= VERSION
    amounts = {
        cell.number_format for label, cell in named if label.endswith(("（元）", "(¥)")) and cell.value
    }
    assert amounts <= {"#,##0.00"}


@pytest.mark.parametrize("where", FILES)
def test_both_files_have_the_same_rows(owner, where):
    text = take(owner, where, "csv")[0].decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    sheet = sheet_of(take(owner, where, "xlsx")[0])
    assert (len(lines), len(lines[0])) == (sheet.max_row, sheet.max_column)


@pytest.mark.parametrize("name", PAGES)
def test_file_without_rows_has_its_head(owner, name):
    data = take(owner, f"{reverse(f'console:{name}')}?{NOTHING}", "xlsx")[0]
    assert sheet_of(data)["A1"].value


def test_permit_days_are_dates(owner, shared_world):
    sheet = sheet_of(take(owner, "/console/access?", "xlsx")[0])
    assert isinstance(sheet["D2"].value, datetime)
    assert isinstance(sheet["E2"].value, date)


@pytest.mark.parametrize("where", ["/console/payments?lot=lot-x", "/console/reports/income"])
def test_file_of_a_lot_is_named_after_it(owner, where):
    where = where.replace("income", "income.csv?lot=lot-x")
    answer = owner.get(where if "csv" in where else f"{where}&file=csv")
    assert "-lot-x-" in answer.headers["Content-Disposition"]


def test_income_adds_up_to_the_page(owner):
    *rows, total = list(sheet_of(take(owner, "/console/reports/income", "xlsx")[0]).values)[1:]
    shown = owner.get("/console/reports/income").context["totals"]
    for column in range(4, 7):
        assert round(sum(row[column] for row in rows) * 100) == round(total[column] * 100) == shown[column][0]
