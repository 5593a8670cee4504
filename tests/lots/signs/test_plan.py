"""A plan is printed whole or not at all, and each print leaves a row."""

import threading
import uuid
import zipfile
from io import BytesIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pypdf import PdfReader

from lots import sign_register
from lots.models import Lane, PrintRun, Sign, SignEvent
from lots.signs import patrol_list, print_plan, print_runs
from lots.signs.print_errors import PlanFaults
from tests.factories import NOON, make_lot, make_person

pytestmark = pytest.mark.django_db
HEAD = "编号,位置,规格,距离,车道,原因"
MEMBER = {
    "编号": "会1",
    "位置": "出口左侧",
    "规格": "A4",
    "种类": "会员码",
    "标题": "浦江会 会员码",
    "网址": "https://weixin.qq.com/r/Abc",
    "收集信息": "手机号",
    "纯净码位置": "出口右侧立柱",
    "箭头": "右",
}


@pytest.fixture
def lot():
    """Sign 1 was never printed, 2 was, 3 is revoked, 4 is the lane code of 东出口."""
    lot = make_lot(slug="mall")
    for place in ("B1 电梯厅", "B2 立柱", "B3 扶梯"):
        sign_register.new_sign(lot=lot, place=place)
    lane = Lane.objects.create(lot=lot, name="东出口", direction="exit")
    sign_register.new_sign(lot=lot, place="东出口道闸旁", lane=lane)
    lot.signs.filter(number=2).update(printed_at=NOON)
    sign_register.revoke(lot.signs.get(number=3), at=NOON)
    return lot


def rows(*lines):
    return print_plan.parse("\n".join((HEAD, *lines)).encode())


def printed(lot, given, *, key=None, why="", by=None):
    drawn = print_runs.draw(lot, print_plan.read(lot, given, why=why), at=NOON)
    return drawn, print_runs.record(drawn, key=key or uuid.uuid4(), by=by, why=why)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,,A9,,,", "第 2 行：规格“A9”不对"),
        ("1,,,,,", "第 2 行：没有填规格"),
        ("1,,A4,far,,", "第 2 行：距离“far”不对"),
        ("1,,A4,nan,,", "第 2 行：距离“nan”不对"),
        ("1,,A4,50,,", "第 2 行：距离“50”不对"),
        ("9,,A4,1,,", "第 2 行：本停车场没有 9 号标识"),
        ("x,,A4,1,,", "第 2 行：本停车场没有 x 号标识"),
        ("3,,A4,1,,", "第 2 行：3 号标识已作废"),
        ("2,,A4,1,,", "第 2 行：2 号标识已于 2026-11-24 印过，补印请写明原因"),
        ("1,B9,A4,1,,", "第 2 行：1 号标识登记的位置是“B1 电梯厅”，不是“B9”"),
        ("1,,A4,1,东出口,", "第 2 行：1 号标识不是车道“东出口”的车道码"),
        (",,A4,1,,", "第 2 行：没有编号的新标识须写明位置"),
        (",新,A4,1,西出口,", "第 2 行：本停车场没有车道“西出口”"),
        (",B1 电梯厅,A4,1,,", "第 2 行：“B1 电梯厅”已有 1 号标识"),
        ("1,,A4,1,,,,,", "第 2 行：内容比标题多"),
        (f"1,,A4,1,,{'破' * 201}", "第 2 行：请填写原因（最多 200 字）"),
        ("1,,A4,1,,沪A12345 撞坏", "第 2 行：原因里不要写号牌"),
    ],
)
def test_invalid_row_is_named_with_reason(lot, line, reason):
    with pytest.raises(PlanFaults) as fault:
        print_plan.read(lot, rows(line))
    assert reason in str(fault.value)


def test_reprints_are_one_fault(lot):
    lot.signs.exclude(number=3).update(printed_at=NOON)
    with pytest.raises(PlanFaults) as fault:
        print_plan.read(lot, rows("1,,A4,1,,", "2,,A4,1,,", "4,,A4,1,,", "9,,A4,1,,"))
    assert fault.value.faults == (
        "第 5 行：本停车场没有 9 号标识",
        "1–2、4 号标识已印过，补印请写明原因（写一次即可）",
    )
    assert len(print_plan.read(lot, rows("1,,A4,1,,", "2,,A4,1,,"), why="换新")) == 2


def test_all_plan_errors_are_reported(lot):
    with pytest.raises(PlanFaults) as fault:
        printed(lot, rows("1,,A4,1,,", "1,,A5,1,,", "9,,A4,1,,", ",新地方,A4,1,,"))
    assert [line[:5] for line in fault.value.faults] == ["第 3 行", "第 4 行"]
    assert (PrintRun.objects.count(), lot.signs.count()) == (0, 4)


@pytest.mark.parametrize(
    ("place", "reason"), [("B4 \U0001f600", "第 3 行：字体缺字"), ("很长" * 40, "第 3 行：文字太长")]
)
def test_undrawable_text_names_its_row(lot, place, reason):
    with pytest.raises(PlanFaults, match=reason):
        printed(lot, rows("1,,A4,1,,", f",{place},sticker-round,,,"))
    assert lot.signs.filter(printed_at__isnull=False).count() == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"网址": "ftp://x"}, "网址"),
        ({"收集信息": ""}, "收集哪些"),
        ({"编号": ""}, "自编编号"),
        ({"种类": "广告"}, "种类“广告”不对"),
        ({"颜色": "红"}, "没有这一栏：颜色"),
        ({"规格": "圆形贴纸"}, "写不下"),
    ],
)
def test_member_row_is_validated(lot, change, reason):
    with pytest.raises(PlanFaults, match=reason):
        printed(lot, [{**MEMBER, **change}])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_plan_accepts_common_encodings(lot, encoding):
    text = f"{HEAD}\r\n1,B1 电梯厅,a4 海报,1.0,,\r\n,,,,,\r\n"
    (order,) = print_plan.read(lot, print_plan.parse(text.encode(encoding)))
    assert (order.sign.number, order.form.name, order.distance) == (1, "a4", 1.0)


def test_json_plan_equals_csv(lot):
    (order,) = print_plan.read(
        lot, print_plan.parse(b'[{"sign": 1, "format": "a4", "distance": 1}]', name="p.json")
    )
    assert (order.sign.number, order.distance) == (1, 1.0)


@pytest.mark.parametrize(
    "data",
    [
        *(b"\xff\xff\xff", b"[1]", b"{", b'{"a": 1}', b"", b"a,b\n"),
        *(b"[" * 99_999, b'[{"sign": ' + b"9" * 5_000 + b"}]"),
    ],
    ids=range(8),
)
def test_invalid_plan_file_raises_plan_faults(lot, data):
    with pytest.raises(PlanFaults):
        print_plan.read(lot, print_plan.parse(data))


def test_printing_registers_and_dates_signs(lot):
    who = make_person()
    drawn, done = printed(lot, [*rows("1,,A4,0.9,,", ",B4 岗亭,window,,,"), MEMBER], by=who)
    assert done
    assert len(PdfReader(BytesIO(drawn.pdf)).pages) == 3
    new = lot.signs.get(place="B4 岗亭")
    assert (new.number, new.printed_at) == (5, NOON)
    events = SignEvent.objects.filter(run__isnull=False).order_by("pk")
    found = [(event.sign.number, event.kind, event.format, event.distance_cm, event.by) for event in events]
    assert found == [(1, "printed", "a4", 90, who), (5, "printed", "window", None, who)]


def test_reprint_records_its_reason(lot):
    printed(lot, rows("2,,A4,1,,贴膜破损"))
    event = SignEvent.objects.get(sign__number=2)
    assert (event.kind, event.why) == ("reprinted", "贴膜破损")


def test_the_same_key_prints_once(lot):
    key = uuid.uuid4()
    first, done = printed(lot, rows(",B4 岗亭,A4,1,,"), key=key)
    again = print_runs.earlier(key, lot=lot)
    assert done
    assert not print_runs.record(again, key=key)
    assert again.pdf == first.pdf
    assert (PrintRun.objects.count(), lot.signs.filter(place="B4 岗亭").count()) == (1, 1)


def test_revoked_sign_stops_print_run(lot):
    drawn = print_runs.draw(lot, print_plan.read(lot, rows("1,,A4,1,,", ",新,A4,1,,")), at=NOON)
    sign_register.revoke(lot.signs.get(number=1), at=NOON)
    with pytest.raises(print_runs.SignsChanged):
        print_runs.record(drawn, key=uuid.uuid4())
    assert not lot.signs.filter(place="新").exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_prints_never_share_number():
    lot = make_lot()
    plans = [
        print_runs.draw(lot, print_plan.read(lot, rows(f",{place},A5,,,")), at=NOON) for place in ("甲", "乙")
    ]
    gate, found = threading.Barrier(2), []

    def work(drawn):
        gate.wait()
        try:
            found.append(print_runs.record(drawn, key=uuid.uuid4()))
        except print_runs.SignsChanged:
            found.append("changed")
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[drawn]) for drawn in plans]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(map(str, found)) == ["True", "changed"]
    assert list(Sign.objects.values_list("number", flat=True)) == [1]


def test_too_small_code_is_a_warning(lot):
    drawn, done = printed(lot, rows("1,,A5,3,,"))
    assert done
    assert drawn.warnings[0].startswith("1 号：码边长 70 毫米")
    assert "warnings.txt" in print_runs.bundle(drawn)


def test_bundle_contains_signs_proof_and_inventory(lot):
    drawn, _ = printed(lot, [*rows("1,,A4,,,", "4,,lane,2,东出口,"), MEMBER])
    files = print_runs.bundle(drawn)
    assert set(files) == {
        "signs.pdf",
        "proof.pdf",
        "inventory.csv",
        "inventory.pdf",
        "single/001-a4.pdf",
        "single/004-lane.pdf",
        "single/member-03-a4.pdf",
    }
    proof = PdfReader(BytesIO(files["proof.pdf"])).pages[0].extract_text()
    assert "No. 1  B1 电梯厅" in proof
    assert "会1" in proof.replace(" ", "")
    with zipfile.ZipFile(BytesIO(print_runs.zipped(files, at=NOON))) as archive:
        assert archive.testzip() is None
    assert print_runs.zipped(files, at=NOON) == print_runs.zipped(files, at=NOON)


def test_inventory_omits_revoked_signs(lot):
    table = patrol_list.rows(lot)
    assert [row["number"] for row in table] == ["1", "2", "4"]
    assert [row["printed"] for row in table] == ["未印", "2026-11-24", "未印"]
    assert table[0]["tail"] == lot.signs.get(number=1).code[-4:]


@pytest.mark.parametrize("sign", ["=", "＝", "－", "\n="])
def test_inventory_csv_escapes_formulas(lot, sign):
    lot.signs.filter(number=1).update(place=f'{sign}HYPERLINK("http://x")')
    assert f"'{sign}HYPERLINK" in patrol_list.as_csv(patrol_list.rows(lot)).decode("utf-8-sig")


def test_print_command_writes_files_and_rows(lot, tmp_path, capsys):
    file = tmp_path / "plan.csv"
    file.write_text(f"{HEAD}\n1,,A5,3,,\n", encoding="utf-8")
    call_command("print_signs", "mall", plan=file, out=tmp_path / "out", dry_run=True)
    assert not (tmp_path / "out").exists()
    call_command("print_signs", "mall", plan=file, out=tmp_path / "out")
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made >= {"signs.pdf", "signs.zip", "proof.pdf", "inventory.csv", "inventory.pdf"}
    output = capsys.readouterr()
    assert "Printed 1 signs" in output.out
    assert "1 号：码边长" in output.err
    assert lot.signs.get(number=1).printed_at is not None


def test_print_command_rejects_invalid_plan(lot, tmp_path):
    file = tmp_path / "plan.csv"
    file.write_text(f"{HEAD}\n1,,A4,,,\n9,,A4,,,\n", encoding="utf-8")
    with pytest.raises(CommandError, match="第 3 行：本停车场没有 9 号标识"):
        call_command("print_signs", "mall", plan=file, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert lot.signs.get(number=1).printed_at is None


def test_unwritable_folder_leaves_no_record(lot, tmp_path):
    file, taken = tmp_path / "plan.csv", tmp_path / "taken"
    file.write_text(f"{HEAD}\n1,,A4,,,\n", encoding="utf-8")
    taken.write_text("a file, not a folder")
    with pytest.raises(CommandError, match="Nothing was printed"):
        call_command("print_signs", "mall", plan=file, out=taken)
    assert PrintRun.objects.count() == 0


def test_sign_is_revoked_once(lot):
    sign = lot.signs.get(number=1)
    assert sign_register.revoke(sign, at=NOON, why="贴了假码")
    assert not sign_register.revoke(sign, at=NOON, why="再点一次")
    assert [(event.kind, event.why) for event in sign.events.all()] == [("revoked", "贴了假码")]
