"""Long work: begun once, done by the worker, followed, fetched by who began it, stopped, forgotten."""

import errno
import io
import os
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import now

from console import background_kinds, background_pages, lists
from core.jobs import load
from lots import sign_register
from lots.models import ParkingSession, Permit, PrintRun, SignEvent
from staff import background
from staff.models import BackgroundTask, Role
from tests.factories import make_device, make_lot, make_person, see, signed_in

pytestmark = pytest.mark.django_db
State = BackgroundTask.State


@pytest.fixture
def lot():
    return make_lot()


@pytest.fixture
def owner(lot):
    return make_person(Role.OWNER, operator=lot.operator)


def work(lane=background.LANE, at=None):
    return background.run_due(lane, at=at or now())


def begin(owner, lot, kind="import-permits", upload=b"", **more):
    return background.begin(kind, key=uuid4(), by=owner, lot=lot, upload=upload, at=now(), **more)


def reloaded(task):
    task.refresh_from_db()
    return task


def permits(count):
    rows = [f"沪A{number:05},,2026-01-01,2036-01-01," for number in range(count)]
    return "\n".join(["plate,pass,from,until,hours", *rows]).encode()


def test_worker_knows_the_lanes():
    lanes = {job.lane for job in load().values()}
    assert {background.LANE, background.CHECKS} <= lanes
    assert {kind.lane for kind in background.KINDS.values()} <= lanes


def test_large_print_runs_in_the_worker(lot, owner):
    signs = [sign_register.new_sign(lot=lot, place=f"B{number}") for number in range(12)]
    client = signed_in(owner)
    form = {"sign": [sign.number for sign in signs], "format": "a4", "file": "png", "key": uuid4()}
    first, second = (client.post(f"/console/lots/{lot.slug}/signs/print", form) for _ in range(2))
    assert first.status_code == 302
    assert first["Location"] == second["Location"]
    assert not PrintRun.objects.exists()
    assert work() == 1
    page = client.get(first["Location"])
    assert "12" in page.content.decode()
    file = client.get(f"{first['Location']}/file")
    assert len(zipfile.ZipFile(io.BytesIO(file.content)).namelist()) == 12
    assert SignEvent.objects.count() == 12


def test_print_begun_again_hands_out_the_same(lot, owner):
    signs = [sign_register.new_sign(lot=lot, place=f"B{number}") for number in range(2)]
    rows = [{"sign": str(sign.number), "format": "a4", "distance": ""} for sign in signs]
    key = uuid4()
    for _ in range(2):
        wanted = {"rows": rows, "why": "", "file": "pdf", "key": str(key)}
        begin(owner, lot, "print", upload=None, arguments=wanted)
    assert work() == 2
    assert set(BackgroundTask.objects.values_list("state", flat=True)) == {State.DONE}
    assert SignEvent.objects.count() == 2


def test_faulty_plan_is_refused_at_once(lot, owner):
    rows = "sign,format\n" + "\n".join(f"{number},a4" for number in range(1, 20))
    plan = SimpleUploadedFile("plan.csv", rows.encode())
    answer = signed_in(owner).post(f"/console/lots/{lot.slug}/signs/plan", {"plan": plan})
    assert answer.status_code == 422
    assert not BackgroundTask.objects.exists()


def test_upload_is_sealed_and_erased(lot, owner):
    client, file = signed_in(owner), SimpleUploadedFile("t.csv", permits(300))
    address = f"/console/lots/{lot.slug}/access/import"
    answer = client.post(address, {"file": file, "import": "1", "key": uuid4()})
    task = BackgroundTask.objects.get()
    assert answer["Location"] == f"/console/background/{task.pk}"
    assert "沪A00001".encode() not in bytes(task.upload)
    work()
    assert reloaded(task).state == State.DONE
    assert task.upload is None
    assert task.outcome == {"new": 300, "extended": 0, "unchanged": 0, "dry_run": False}
    assert Permit.objects.count() == 300


@pytest.mark.parametrize(("rows", "status"), [(300, 302), (10_000, 422)])
def test_large_import_is_checked_in_the_worker(lot, owner, rows, status):
    client, file = signed_in(owner), SimpleUploadedFile("t.csv", permits(rows))
    answer = client.post(f"/console/lots/{lot.slug}/access/import", {"file": file, "check": "1"})
    assert answer.status_code == status
    assert work() == (status == 302)
    if status == 302:
        assert "还没有写入" in client.get(answer["Location"]).content.decode()
    else:
        assert "2000" in answer.content.decode()
    assert not Permit.objects.exists()


def checked(lot, owner):
    """Return the task of a large file that was checked, and where its page posts to."""
    client, file = signed_in(owner), SimpleUploadedFile("t.csv", permits(300))
    address = f"/console/lots/{lot.slug}/access/import"
    client.post(address, {"file": file, "check": "1"})
    work()
    return client, address, BackgroundTask.objects.get()


def test_checked_file_is_imported_without_choosing_again(lot, owner):
    client, address, task = checked(lot, owner)
    page = client.get(f"/console/background/{task.pk}").content.decode()
    assert f'name="checked_by" value="{task.pk}"' in page
    assert "A00001" not in page
    assert "沪A00001".encode() not in bytes(task.file)
    first, second = (client.post(address, {"checked_by": task.pk}) for _ in range(2))
    assert first["Location"] == second["Location"] != f"/console/background/{task.pk}"
    assert work() == 1
    assert Permit.objects.count() == 300
    shown = client.get(first["Location"]).content.decode()
    assert "新增 300 条" in shown
    assert f"/console/access?lot={lot.slug}" in shown
    assert set(BackgroundTask.objects.values_list("file", "upload")) == {(None, None)}
    assert client.post(address, {"checked_by": task.pk})["Location"] == first["Location"]
    assert "checked_by" not in client.get(f"/console/background/{task.pk}").content.decode()


def test_checked_file_is_erased_after_a_day(lot, owner):
    client, address, task = checked(lot, owner)
    background.delete_old(at=task.ended_at + timedelta(hours=23))
    assert reloaded(task).file is not None
    background.delete_old(at=task.ended_at + timedelta(hours=25))
    assert reloaded(task).file is None
    assert client.post(address, {"checked_by": task.pk})["Location"] == address
    assert BackgroundTask.objects.count() == 1


def test_checked_file_is_never_sent(lot, owner):
    client, _address, task = checked(lot, owner)
    assert client.get(f"/console/background/{task.pk}/file").status_code == 404


def test_checked_file_belongs_to_its_person_and_lot(lot, owner):
    client, address, task = checked(lot, owner)
    colleague = signed_in(make_person(Role.OWNER, operator=lot.operator))
    sister = make_lot(slug="sister", operator=lot.operator)
    assert colleague.post(address, {"checked_by": task.pk}).status_code == 404
    elsewhere = f"/console/lots/{sister.slug}/access/import"
    assert client.post(elsewhere, {"checked_by": task.pk}).status_code == 404
    assert client.post(address, {"checked_by": "x"}).status_code == 404
    assert not Permit.objects.exists()


def test_one_fault_of_many_rows_is_one_line(lot, owner):
    wrong = permits(150).replace("沪A".encode(), b"x") + "\n沪A12345,year,2026-01-01,2036-01-01,".encode()
    file = SimpleUploadedFile("t.csv", wrong)
    client = signed_in(owner)
    page = client.post(f"/console/lots/{lot.slug}/access/import", {"file": file, "check": "1"})
    task = begin(owner, lot, upload=wrong)
    work()
    assert page.content.decode().count("号牌不正确") == 1
    assert "第 2–151 行（共 150 行）：号牌不正确" in page.content.decode()
    assert "第 152 行" in page.content.decode()
    assert len(reloaded(task).faults) == 3
    assert (
        f"/console/lots/{lot.slug}/access/import"
        in client.get(f"/console/background/{task.pk}").content.decode()
    )


@pytest.mark.parametrize("kind", sorted(background_pages.BEGUN_AT))
def test_failed_work_leads_back_to_its_form(lot, owner, kind):
    task = begin(owner, lot, kind)
    BackgroundTask.objects.filter(pk=task.pk).update(
        state=State.FAILED, ended_at=now(), faults=["x"], upload=None, next_check_at=None
    )
    client = signed_in(owner)
    page = client.get(f"/console/background/{task.pk}")
    assert client.get(page.context["again"]).status_code == 200
    assert f'href="{page.context["again"]}"' in page.content.decode()


def test_faulty_import_names_rows_and_writes_nothing(lot, owner):
    task = begin(owner, lot, upload=permits(3) + b"\nnonsense,,2026-01-01,2036-01-01,")
    work()
    assert reloaded(task).state == State.FAILED
    assert "5" in task.faults[0]
    assert not Permit.objects.exists()


def test_long_list_is_exported_whole(lot, owner, monkeypatch):
    monkeypatch.setattr(lists, "MOST_COUNTED", 2)
    monkeypatch.setattr(background_kinds, "BATCH", 2)
    device = make_device(lot, "entry")
    for number in range(5):
        see(device, f"沪A1234{number}", now() - timedelta(minutes=number + 1))
    client = signed_in(owner)
    assert 'name="whole"' in client.get("/console/stays").content.decode()
    answer = client.post("/console/stays?state=inside", {"whole": "csv"})
    work()
    rows = client.get(f"{answer['Location']}/file").content.decode().splitlines()
    assert len(rows) == 6
    assert "沪A" not in "".join(rows)


def test_recompute_goes_beyond_the_page(lot, owner):
    version = lot.tariffs.get()
    task = begin(
        owner,
        lot,
        "recompute",
        upload=None,
        arguments={"document": version.document, "version": 1, "revision": 3},
    )
    left = now() - timedelta(hours=1)
    ParkingSession.objects.create(lot=lot, entered_at=left - timedelta(hours=2), left_at=left)
    work()
    assert reloaded(task).outcome["stays"] == 1
    assert task.outcome["change"] == 0
    assert "3" in signed_in(owner).get(f"/console/background/{task.pk}").content.decode()


def test_page_answers_nothing_while_unchanged(lot, owner):
    task, client = begin(owner, lot), signed_in(owner)
    page = client.get(f"/console/background/{task.pk}")
    assert "http-equiv" in page.content.decode()
    assert client.get(f"/console/background/{task.pk}?state=waiting-0-0").status_code == 204
    part = client.get(f"/console/background/{task.pk}?state=other")
    assert part.status_code == 200
    assert "<html" not in part.content.decode()


def test_others_see_nothing_of_it(lot, owner):
    task = begin(owner, lot)
    other = signed_in(make_person(Role.OWNER, operator=lot.operator))
    for address in ("", "/file"):
        assert other.get(f"/console/background/{task.pk}{address}").status_code == 404
    assert other.post(f"/console/background/{task.pk}/cancel").status_code == 404
    assert lot.name not in other.get("/console/background").content.decode()


def test_lost_permission_stops_work_and_result(lot, owner):
    owner.grants.update(ended_at=now())
    task = begin(owner, lot, upload=permits(1))
    work()
    assert reloaded(task).state == State.FAILED
    assert not Permit.objects.exists()
    BackgroundTask.objects.update(state=State.DONE, file=b"x", file_name="a.csv", faults=[])
    make_grant = make_person(Role.BOOTH, operator=lot.operator)
    BackgroundTask.objects.update(staff=make_grant)
    assert signed_in(make_grant).get(f"/console/background/{task.pk}/file").status_code == 403


def test_cancelled_work_is_not_begun(lot, owner):
    task = begin(owner, lot, upload=permits(1))
    signed_in(owner).post(f"/console/background/{task.pk}/cancel")
    assert work() == 0
    assert reloaded(task).state == State.CANCELLED
    assert task.upload is None


def test_running_work_stops_at_its_next_step(lot, owner, monkeypatch):
    task = begin(owner, lot)
    reached = []

    def run(running):
        background.cancel(BackgroundTask.objects.get(pk=task.pk), at=now())
        running.progress(1, 2)
        reached.append(True)

    kind = background.KINDS[task.kind]
    changed = background.WorkKind(kind.name, kind.label, kind.action, run, kind.lane, False, kind.template)
    monkeypatch.setitem(background.KINDS, task.kind, changed)
    work()
    assert not reached
    assert reloaded(task).state == State.CANCELLED


def test_killed_worker_leaves_it_due_again(lot, owner):
    task = begin(owner, lot, upload=permits(1))
    BackgroundTask.objects.update(state=State.RUNNING, attempt=1, next_check_at=now() + background.LEASE)
    assert work() == 0
    assert work(at=now() + 2 * background.LEASE) == 1
    assert reloaded(task).state == State.DONE
    assert task.attempt == 2


def test_third_interruption_is_a_failure(lot, owner):
    task = begin(owner, lot, upload=permits(1))
    BackgroundTask.objects.update(state=State.RUNNING, attempt=background.MOST_ATTEMPTS)
    work()
    assert reloaded(task).state == State.FAILED
    assert task.faults
    assert not Permit.objects.exists()


def test_late_worker_cannot_end_another_attempt(lot, owner):
    task = begin(owner, lot)
    BackgroundTask.objects.update(state=State.RUNNING, attempt=1)
    late = BackgroundTask.objects.get()
    BackgroundTask.objects.update(attempt=2)
    with pytest.raises(background.Lost):
        background.Running(late, background.Access(owner, "rights.edit"), now()).progress(1, 2)
    assert reloaded(task).state == State.RUNNING


def test_person_has_five_open_at_most(lot, owner):
    for _ in range(background.MOST_OPEN):
        begin(owner, lot)
    with pytest.raises(background.TooManyOpen):
        begin(owner, lot)
    client = signed_in(owner)
    answer = client.post("/console/selfchecks/other", {"address": "https://pay.example/p/1"})
    assert answer["Location"] == "/console/background"


def test_results_are_deleted_after_days(lot, owner):
    task = begin(owner, lot, upload=permits(1))
    work()
    assert background.delete_old(at=now() + timedelta(days=2)) == 0
    assert background.delete_old(at=now() + background.RETENTION + timedelta(minutes=1)) == 1
    assert not BackgroundTask.objects.filter(pk=task.pk).exists()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"address": "javascript:alert(1)"},
        {"address": "file:///etc/passwd"},
        {"address": "https://a:b@pay.example/"},
        {"address": "https://pay.example/", "photo": SimpleUploadedFile("a.png", b"x")},
        {"photo": SimpleUploadedFile("a.exe", b"x")},
    ],
)
def test_selfcheck_refuses_odd_targets(owner, form):
    answer = signed_in(owner).post("/console/selfchecks/other", form)
    assert answer.status_code == 422
    assert not BackgroundTask.objects.exists()


def test_selfcheck_of_photo_without_code_fails(lot, owner):
    photo = SimpleUploadedFile("sign.png", b"no picture")
    answer = signed_in(owner).post("/console/selfchecks/other", {"photo": photo})
    work(background.CHECKS)
    task = BackgroundTask.objects.get()
    assert task.state == State.FAILED
    assert task.faults[0] in signed_in(owner).get(answer["Location"]).content.decode()


def test_full_disk_is_named(owner, monkeypatch):
    def is_full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(background_kinds.Path, "write_bytes", is_full)
    photo = SimpleUploadedFile("sign.png", b"no picture")
    signed_in(owner).post("/console/selfchecks/other", {"photo": photo})
    work(background.CHECKS)
    task = BackgroundTask.objects.get()
    assert (task.state, task.faults) == (State.FAILED, ["本服务器磁盘已满，请腾出空间后重试。"])


def test_selfcheck_shows_verdict_and_report(owner, monkeypatch):
    def selfcheck(running, arguments):
        out = arguments[arguments.index("--out") + 1]
        (background_kinds.Path(out)).mkdir()
        (background_kinds.Path(out) / "report.pdf").write_bytes(b"%PDF-1")
        return '{"verdict": "not_pure", "rules": [{"id": "P6", "state": "breached"}]}'

    monkeypatch.setattr(background_kinds, "_selfcheck", selfcheck)
    client = signed_in(owner)
    answer = client.post("/console/selfchecks/other", {"address": "https://pay.example/p/1"})
    work(background.CHECKS)
    assert "P6" in client.get(answer["Location"]).content.decode()
    assert client.get(f"{answer['Location']}/file").content == b"%PDF-1"
