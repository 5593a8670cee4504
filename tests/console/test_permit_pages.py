"""The pages of passes and white lists: who sees and changes them, plates masked, files checked before use."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from lots import permits
from lots.models import Lot, Permit, PermitExtension
from lots.permit_import import _hours
from lots.permits import Hours
from lots.plates import parse
from lots.tariffs.json_fields import time_of_day
from staff.models import PlateAccess, Role
from tests.factories import client_of, make_lot, make_person, signed_in
from tests.lots.test_permits import HOURLY

pytestmark = pytest.mark.django_db
PLATE, OTHER = "沪A12345", "沪B22222"
DAY = timedelta(days=1)
TITLES = "号牌,停车证,开始,结束,时段"


@pytest.fixture
def lot():
    return make_lot(tariff=HOURLY, slug="own")


@pytest.fixture
def duty_client(lot):
    return signed_in(make_person(Role.DUTY, lot=lot))


def grant_permit(lot, plate=PLATE, days=30, **more):
    at = now()
    terms = {"valid_from": at - DAY, "valid_until": at + days * DAY, "source": "staff", "at": at}
    return permits.grant(**{"lot": lot, "plate": parse(plate), **terms, **more})


def text(answer):
    return answer.content.decode()


def day(days):
    return (now() + days * DAY).astimezone().date().isoformat()


def add(client, **fields):
    values = {"plate": PLATE, "name": "", "first": day(0), "last": day(30), **fields}
    return client.post("/console/lots/own/access/add", values)


def send(client, *lines, action="import"):
    file = SimpleUploadedFile("list.csv", "\n".join([TITLES, *lines]).encode())
    return client.post("/console/lots/own/access/import", {"file": file, action: "1"})


def test_missing_passes_are_explained(lot, duty_client):
    make_lot(slug="plain", operator=lot.operator)
    owner = signed_in(make_person(Role.OWNER, operator=lot.operator))
    before, hint, _after = text(owner.get("/console/lots/plain/access/add")).partition("还没有月卡")
    assert hint
    assert before.rpartition("<a ")[2].startswith('href="/console/tariffs/plain"')
    assert hint not in text(duty_client.get("/console/lots/own/access/add"))


def test_permit_list_masks_plates_flags_expiring(lot, duty_client):
    grant_permit(lot, name="month")
    grant_permit(lot, OTHER, days=3)
    over = grant_permit(lot, "沪C33333")
    permits.revoke(over, why="退租", at=now())
    page = text(duty_client.get("/console/access"))
    assert PLATE not in page
    assert page.count("沪A***45") == page.count("沪B***22") == 1
    assert "有 1 条在 7 天内到期" in page
    assert page.count("/console/access/") >= 2
    assert f'"/console/access/{over.pk}"' not in page
    assert f'"/console/access/{over.pk}"' in text(duty_client.get("/console/access?state=ended"))
    assert text(duty_client.get("/console/access?state=soon")).count("即将到期") == 1


def test_unmasking_permit_plates_is_logged(lot, duty_client):
    grant_permit(lot)
    assert "沪A·12345" in text(duty_client.post("/console/access/find", {"show": "1"}))
    assert PlateAccess.objects.get().kind == PlateAccess.Kind.SHOWN
    assert "沪A·12345" not in text(duty_client.get("/console/access"))
    assert client_of(Role.AUDITOR, lot).post("/console/access/find", {"show": "1"}).status_code == 403


def test_permit_search_is_logged_and_scoped(lot, duty_client):
    mine, strange = grant_permit(lot), grant_permit(make_lot(tariff=HOURLY))
    page = text(duty_client.post("/console/access/find", {"q": "沪a 12345"}))
    assert f"/console/access/{mine.pk}" in page
    assert f"/console/access/{strange.pk}" not in page
    assert (PlateAccess.objects.get().kind, PlateAccess.objects.get().count) == ("whole", 1)
    assert duty_client.get(f"/console/access/{strange.pk}").status_code == 404


def test_pasted_plates_are_chosen_for_extension(lot, duty_client):
    rows = [grant_permit(lot, plate) for plate in (PLATE, OTHER)]
    ended = permits.revoke(grant_permit(lot, "沪C33333"), why="退租", at=now())
    pasted = f"沪A·12345\r\n{OTHER}\t沪C33333，沪E55555\n!!!"
    page = text(duty_client.post("/console/access/find", {"q": pasted}))
    ticked = re.findall(r'name="row" value="(\d+)"[^>]* checked', page)
    assert {int(pk) for pk in ticked} == {row.pk for row in rows}
    assert f'value="{ended.pk}"' in page
    warnings = re.findall(r'class="notice warning">(.*?)</p>', page, re.DOTALL)
    assert ["沪E55555" in warnings[0], "!!!" in warnings[1]] == [True, True]
    form = {"row": ticked, "extend-last": day(60), "extend-why": ""}
    again = text(duty_client.post("/console/access/bulk/extend?kind=white&state=soon", form))
    assert set(re.findall(r'name="row" value="(\d+)"[^>]* checked', again)) == set(ticked)


def test_permit_form_reports_errors_then_grants(lot, duty_client):
    wrong = add(duty_client, plate="沪I1")
    assert (wrong.status_code, "号牌不正确" in text(wrong), "沪I1" in text(wrong)) == (422, True, True)
    wrong = text(add(duty_client, plate="沪I1", last=day(-1)))
    assert all(words in wrong for words in ("号牌不正确", "结束日期不能早于开始日期"))
    assert add(duty_client, name="month", start="08:00", end="09:00").status_code == 422
    assert not Permit.objects.exists()
    assert add(duty_client, name="month").status_code == 302
    permit = Permit.objects.get()
    assert permit.valid_until - permit.valid_from == 31 * DAY  # both days count
    assert (permit.name, permit.source, permit.granted_by) == ("month", "staff", permit.granted_by)
    assert "已有同类权限" in text(add(duty_client, name="month", last=day(60)))


def test_second_identical_grant_adds_nothing(lot, duty_client):
    for words in ("已添加", "没有新增：该车已有完全相同的权限"):
        add(duty_client)
        assert words in text(duty_client.get(f"/console/access/{Permit.objects.get().pk}"))


def test_whitelist_entry_accepts_hours_and_days(lot, duty_client):
    assert add(duty_client, start="07:00", end="20:00", days="workday").status_code == 302
    permit = Permit.objects.get()
    assert (permit.hours_from, permit.hours_to) == (7 * 3600, 20 * 3600)
    assert permit.days == "mon tue wed thu fri makeup"
    assert "07:00–20:00" in text(duty_client.get(f"/console/access/{permit.pk}"))


def test_import_names_every_fault_of_a_row(lot, duty_client):
    good = f"{PLATE},,{day(0)},{day(30)},"
    page = text(send(duty_client, good, "沪I1,,x,y,9", "", f"{OTHER},month,{day(0)},{day(30)},07:00-20:00"))
    assert "第 3 行：号牌不正确；时段应写成 07:00-20:00；日期应写成 2026-12-31" in " ".join(page.split())
    assert "第 5 行：" in page
    assert not Permit.objects.exists()


def test_permit_extend_move_revoke_are_recorded(lot, duty_client):
    permit = grant_permit(lot)
    page = f"/console/access/{permit.pk}"
    assert duty_client.post(f"{page}/extend", {"last": day(5)}).status_code == 422
    assert duty_client.post(f"{page}/extend", {"last": day(60)}).status_code == 302
    assert PermitExtension.objects.get().by.username
    assert duty_client.post(f"{page}/move", {"plate": OTHER}).status_code == 422  # a reason is required
    named = duty_client.post(f"{page}/revoke", {"why": f"{PLATE} 退租"})
    assert (named.status_code, "不要写号牌" in text(named)) == (422, True)
    moved = duty_client.post(f"{page}/move", {"plate": OTHER, "why": "换车"})
    new = Permit.objects.get(instead_of=permit)
    assert moved.headers["Location"] == f"/console/access/{new.pk}"
    assert "换车" in text(duty_client.get(page))
    revoked = {"why": "退租"}
    for _ in range(2):
        assert duty_client.post(f"/console/access/{new.pk}/revoke", revoked).status_code == 302
    assert "退租" in text(duty_client.get(f"/console/access/{new.pk}"))
    assert "已经结束" in text(duty_client.post(f"/console/access/{new.pk}/extend", {"last": day(90)}))
    assert duty_client.post(f"{page}/steal", {}).status_code == 404


def test_year_one_date_is_rejected(duty_client):
    refused = add(duty_client, first="0001-01-01", last="0002-01-01")
    assert (refused.status_code, text(refused).count("年份须在 2000 至 2099 之间。")) == (422, 2)


@pytest.mark.parametrize("role", [Role.BOOTH, Role.FINANCE, Role.AUDITOR])
def test_read_only_roles_cannot_change_permits(lot, role):
    permit, client = grant_permit(lot), client_of(role, lot)
    assert f"/access/{permit.pk}/extend" not in text(client.get(f"/console/access/{permit.pk}"))
    assert "/access/add" not in text(client.get("/console/access"))
    assert client.post(f"/console/access/{permit.pk}/revoke", {"why": "x"}).status_code == 403
    assert add(client).status_code == send(client, f"{PLATE},,{day(0)},{day(9)},").status_code == 403
    assert Permit.objects.filter(revoked_at=None).count() == 1


def test_permit_export_with_plates_is_logged(lot, duty_client):
    grant_permit(lot, name="month")
    assert "12345" not in text(duty_client.get("/console/access/table.csv"))
    assert "月卡" in text(duty_client.get("/console/access/table.csv"))
    assert not PlateAccess.objects.exists()
    assert "沪A·12345" in text(duty_client.post("/console/access/plates.csv", {"state": ""}))
    assert PlateAccess.objects.get().count == 1
    assert client_of(Role.AUDITOR, lot).post("/console/access/plates.csv").status_code == 403


def test_permit_import_check_writes_nothing(lot, duty_client):
    page = send(
        duty_client,
        f"{PLATE},month,{day(0)},{day(30)},",
        f"{OTHER},,{day(0)},{day(9)},07:00-20:00",
        action="check",
    )
    assert "新增 2 条，续期 0 条" in text(page)
    assert "还没有写入" in text(page)
    assert not Permit.objects.exists()


def test_repeated_permit_import_changes_nothing(lot, duty_client):
    lines = [f"{PLATE},month,{day(0)},{day(30)},", f"{OTHER},,{day(0)},{day(9)},07:00-20:00"]
    assert "新增 2 条" in text(send(duty_client, *lines))
    assert "新增 0 条，续期 0 条，已有 2 条" in text(send(duty_client, *lines))
    assert "续期 1 条" in text(send(duty_client, f"{PLATE},month,{day(31)},{day(60)},"))
    assert Permit.objects.count() == 2
    assert PermitExtension.objects.count() == 1
    assert {permit.source for permit in Permit.objects.all()} == {"import"}


def test_shown_import_example_can_be_imported(lot, duty_client):
    page = text(duty_client.get("/console/lots/own/access/import"))
    example = page.split(TITLES)[1].split("</pre>")[0].strip().splitlines()
    assert example[0].split(",")[1] == "月卡"
    assert "新增 2 条" in text(send(duty_client, *example))
    assert set(Permit.objects.values_list("name", flat=True)) == {"month", ""}


@pytest.mark.parametrize("word", ["月租", "Monthly pass", "month"])
def test_import_knows_passes_by_usual_words(lot, duty_client, word):
    send(duty_client, f"{PLATE},{word},{day(0)},{day(30)},")
    assert Permit.objects.get().name == "month"


@pytest.mark.parametrize("word", ["白名单", "白名单（免费）", "White list (free)"])
def test_import_knows_the_white_list_by_name(lot, duty_client, word):
    send(duty_client, f"{PLATE},{word},{day(0)},{day(30)},07:00-20:00")
    assert (Permit.objects.get().name, Permit.objects.get().hours_from) == ("", 7 * 3600)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"沪I1,,{day(0)},{day(9)},", "号牌不正确"),
        (f"{PLATE},,{day(0)},soon,", "日期应写成"),
        (f"{PLATE},,{day(9)},{day(0)},", "结束日期早于开始日期"),
        (f"{PLATE},,{day(-9)},{day(-3)},", "已经过去"),
        (f"{PLATE},,{day(0)},9999-12-31,", "超过十年"),
        (f"{PLATE},,0001-01-01,0002-01-01,", "超过十年"),
        (f"{PLATE},年卡,{day(0)},{day(9)},", "没有叫“年卡”的停车证，只有：月卡"),
        (f"{PLATE},,{day(0)},{day(9)},morning", "时段应写成"),
        (f"{PLATE},month,{day(0)},{day(9)},07:00-20:00", "请留空"),
        (f"{OTHER},,{day(40)},{day(50)},", "接不上"),
        (f"{OTHER},,{day(0)},{day(50)},07:00-20:00", "时段不同"),
    ],
)
def test_bad_import_row_rejects_whole_file(lot, duty_client, line, why):
    grant_permit(lot, OTHER)
    page = send(duty_client, f"沪C33333,,{day(0)},{day(9)},", line)
    assert page.status_code == 422
    assert "第 3 行" in text(page)
    assert why in text(page)
    assert Permit.objects.count() == 1
    assert not PermitExtension.objects.exists()


def test_lot_without_passes_names_the_word_typed(duty_client, lot):
    make_lot(slug="plain", operator=lot.operator)
    file = SimpleUploadedFile("list.csv", f"{TITLES}\n{PLATE},月租,{day(0)},{day(9)},".encode())
    owner = client_of(Role.OWNER, Lot.objects.get(slug="plain"))
    page = text(owner.post("/console/lots/plain/access/import", {"file": file, "check": "1"}))
    assert "现行计费规则里没有停车证，不认识“月租”" in page


@pytest.mark.parametrize(
    ("titles", "end"),
    [
        ("车牌号码,开始日期,到期日期", ""),
        ("车牌,生效日期,有效期至", ""),
        ("号牌,起始日期,截止日期", " 00:00:00"),
        ("车牌号,开始时间,结束时间", " 23:59:59"),
    ],
)
def test_titles_of_other_systems_are_known(duty_client, titles, end):
    file = SimpleUploadedFile("list.csv", f"{titles},备注\n沪A·12345,{day(0)},{day(9)}{end},x".encode("gbk"))
    duty_client.post("/console/lots/own/access/import", {"file": file, "import": "1"})
    permit = Permit.objects.get()
    assert permit.valid_until.astimezone(permit.lot.tz).date().isoformat() == day(
        10
    )  # the last day counts whole


@pytest.mark.parametrize(
    ("titles", "why"),
    [("号牌,备注,何时到期", "这个文件缺：开始、结束"), ("号牌,车牌,开始,结束", "有两列标题相同或同义")],
)
def test_wrong_titles_are_named(duty_client, titles, why):
    file = SimpleUploadedFile("list.csv", f"{titles}\n沪C33333,,,".encode())
    page = text(duty_client.post("/console/lots/own/access/import", {"file": file, "check": "1"}))
    assert why in page
    assert "沪C33333" not in page


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xff\xff", "号牌,开始\n".encode(), "号牌,开始,结束\n".encode(), b'"a', b"a,b\x00c"]
)
def test_invalid_permit_file_is_rejected(lot, duty_client, data):
    file = SimpleUploadedFile("list.csv", data or b" ")
    page = duty_client.post("/console/lots/own/access/import", {"file": file, "import": "1"})
    assert (page.status_code, 'class="error"' in text(page)) == (422, True)
    assert duty_client.post("/console/lots/own/access/import", {"import": "1"}).status_code == 422


def test_checked_file_is_imported_without_choosing_it_again(lot, duty_client):
    page = text(send(duty_client, f"沪C99887,,{day(0)},{day(9)},", action="check"))
    assert "99887" not in page
    carried = {"checked": re.search(r'name="checked" value="([^"]+)"', page)[1], "import": "1"}
    assert client_of(Role.DUTY, lot).post("/console/lots/own/access/import", carried).status_code == 422
    assert not Permit.objects.exists()
    answer = duty_client.post("/console/lots/own/access/import", carried)
    assert "新增 1 条" in text(answer)
    assert 'name="checked"' not in text(answer)
    assert Permit.objects.get().valid_until > now() + 8 * DAY
    assert "新增 0 条" in text(duty_client.post("/console/lots/own/access/import", carried))
    assert 'name="checked"' not in text(send(duty_client, "沪I1,,,,", action="check"))


def test_excel_workbook_is_refused_with_the_way_out(lot, duty_client):
    for data in (b"PK\x03\x04" + b"x" * 100, b"\xd0\xcf\x11\xe0" + b"x" * 100):
        file = SimpleUploadedFile("list.xlsx", data)
        page = duty_client.post("/console/lots/own/access/import", {"file": file, "check": "1"})
        assert (page.status_code, "CSV UTF-8" in text(page)) == (422, True)


def test_pasted_columns_are_imported(lot, duty_client):
    table = f"号牌\t开始\t结束\n沪a·12345\t{day(0)}\t{day(9)}\t\n"
    for encoding in ("utf-8", "utf-16"):
        file = SimpleUploadedFile("list.txt", table.encode(encoding))
        answer = duty_client.post("/console/lots/own/access/import", {"file": file, "import": "1"})
        assert answer.status_code == 200
    assert Permit.objects.count() == 1


def test_gb18030_permit_file_is_imported(lot, duty_client):
    table = f"车牌,类型,开始日期,结束日期\n{PLATE},,{day(0).replace('-', '/')},{day(9)}\n"
    file = SimpleUploadedFile("list.csv", table.encode("gb18030"))
    assert "新增 1 条" in text(
        duty_client.post("/console/lots/own/access/import", {"file": file, "import": "1"})
    )


def test_import_command_supports_dry_run(lot, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(f"plate,from,until\n{PLATE},{day(0)},{day(9)}\n")
    for words, part, rows in ((["--dry-run"], "Would grant 1", 0), ([], "Granted 1", 1)):
        out = StringIO()
        call_command("permits", "import", "own", str(path), *words, stdout=out)
        assert part in out.getvalue()
        assert Permit.objects.count() == rows
    path.write_text(f"plate,from,until\n沪I1,{day(0)},{day(9)}\n")
    with pytest.raises(CommandError, match="row 2"):
        call_command("permits", "import", "own", str(path))
    for words in (["none", str(path)], ["own", str(tmp_path / "none")]):
        with pytest.raises(CommandError):
            call_command("permits", "import", *words)


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("７：００～２０：００", ("07:00", "20:00")),
        ("7:00 - 24:00", ("07:00", "24:00")),
        ("22:30至6:00", ("22:30", "06:00")),
    ],
)
def test_hours_are_read_as_typed(typed, hours):
    assert _hours(typed) == Hours(time_of_day(hours[0], ""), time_of_day(hours[1], "", end=True))
