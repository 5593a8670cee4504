"""The command: reports, bundles, lists that survive a kill, relapses, signs in photos."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import qrcode
from PIL import Image

from selfcheck import bundles, check_runs, command_line, signed_declaration
from selfcheck.breaches import Finding
from selfcheck.ocr import Line
from selfcheck.photos import Judged, PhotoSign, faults
from selfcheck.purity_verdict import PurityVerdict
from selfcheck.qr_codes import Code, PhotoUnreadable, read_codes
from selfcheck.verdicts import PageOutcome
from tests.selfcheck.zoo.animals import ANIMALS, PLATE, Answer
from tests.selfcheck.zoo.keeper import open_zoo

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
SECRET = bytes(range(32))
STATEMENT = {
    "format": signed_declaration.FORMAT,
    "host": "127.0.0.1",
    "fields": ["plate"],
    "recipients": [],
    "storage": [],
}


def serve_by_path(_host, method, path, body):
    """Serve the animals by the first part of the path, since a fake name needs a fake resolver."""
    if path == "/robots.txt":
        return Answer("User-agent: *\nDisallow: /follow/\n", headers={"Content-Type": "text/plain"})
    name, _, rest = path.lstrip("/").partition("/")
    animal = ANIMALS.get(name)
    if animal is None:
        return ANIMALS["cleanform"].answer(method, path, body)
    answer = animal.answer(method, f"/{rest}", body)
    text = answer.body.replace("action='/", f"action='/{name}/").replace(
        "href='/privacy'", f"href='/{name}/privacy'"
    )
    return Answer(text, answer.status, answer.headers)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    with open_zoo(tmp_path_factory.mktemp("zoo"), serve_by_path) as zoo:
        yield f"http://127.0.0.1:{zoo.ports[0]}"


FAST = ("--dwell", "0.2", "--allow-private")


@pytest.fixture
def run(capsys):
    """Return a function that runs the command: how it exits and what it prints."""

    def call(*words):
        code = command_line.main([*map(str, words), *FAST])
        return code, capsys.readouterr().out

    return call


def test_report_contains_verdict_and_evidence(zoo, tmp_path, run):
    address, how = f"{zoo}/visitorid/p/7F3K", ("--as", "plain,no-script", "--plate", PLATE)
    code, output = run(address, "--out", tmp_path, "--by", "巡查员", *how)
    assert code == 1
    assert "P7a" in output
    result = json.loads((tmp_path / "result.json").read_text())
    again = json.loads(run(address, "--json", *how)[1])
    assert (again.keys(), again["verdict"]) == (result.keys(), result["verdict"])
    about = json.loads((tmp_path / "about.json").read_text())
    assert about["by"] == "巡查员"
    assert about["versions"]["chromium"].split(".")[0].isdecimal()
    assert {"result.json", "plain.har", "plain-arrive.png", "no-script-submit.png"} <= set(about["sha256"])
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "不纯净" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert {path.suffix for path in (tmp_path / "evidence").iterdir()} >= {".har", ".mhtml", ".png"}
    for path in tmp_path.rglob("*.*"):
        assert b"Q7K319" not in path.read_bytes() or path.suffix in {".png", ".pdf"}, path.name
    entry = json.loads((tmp_path / "evidence" / "plain.har").read_text())["log"]["entries"][0]
    assert (entry["response"]["status"], entry["serverIPAddress"]) == (200, "127.0.0.1")


def test_bundle_reveals_every_change(zoo, tmp_path, run, capsys):
    run(f"{zoo}/session/p/7F3K", "--out", tmp_path, "--as", "no-script")
    assert bundles.verify(tmp_path).faults == ()
    assert command_line.main(["verify", str(tmp_path)]) == 0
    assert command_line.main(["verify", str(tmp_path), "--key", signed_declaration.public_key(SECRET)]) == 1
    (tmp_path / "result.json").write_text("{}")
    (tmp_path / "evidence" / "no-script.har").unlink()
    (tmp_path / "note.txt").write_text("x")
    assert set(bundles.verify(tmp_path).faults) == {
        "changed: result.json",
        "missing: evidence/no-script.har",
        "added: note.txt",
    }
    manifest = tmp_path / bundles.MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b"not_pure", b"pure").replace(b"remarks", b"pure___"))
    capsys.readouterr()
    assert command_line.main(["verify", str(tmp_path)]) == 1
    assert bundles.verify(tmp_path / "none").faults


def test_older_evidence_stays_out(zoo, tmp_path, run):
    run(f"{zoo}/visitorid/p/7F3K", "--out", tmp_path, "--as", "plain")
    run(f"{zoo}/session/p/7F3K", "--out", tmp_path, "--as", "no-script")
    assert not list(tmp_path.rglob("plain*"))
    assert bundles.verify(tmp_path).faults == ()
    (tmp_path / "other.txt").write_text("not ours")
    assert run(f"{zoo}/session/p/7F3K", "--out", tmp_path, "--as", "no-script")[0] == command_line.WRONG_USAGE


def test_private_address_is_refused_by_default(zoo, capsys):
    assert command_line.main([f"{zoo}/cleanform/p/7F3K", "--as", "no-script"]) == 2
    assert "拒绝访问" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"), [(["nothing-here"], "neither"), (["https://x.cn", "--as", "nokia"], "nokia")]
)
def test_bad_arguments_are_reported(words, message, capsys):
    assert command_line.main(words) == command_line.WRONG_USAGE
    assert message in capsys.readouterr().err


def write_list(folder, zoo, names):
    path = folder / "list.csv"
    rows = [f"{ANIMALS[name].zh},{zoo}/{name}/p/7F3K,pure" for name in names]
    path.write_text("\n".join(["name,url,label", *rows]), encoding="utf-8")
    return path


def test_killed_list_run_resumes(zoo, tmp_path, run):
    names = ["cleanform", "visitorid", "session", "hiddenid", "nameless"]
    path, out = write_list(tmp_path, zoo, names), tmp_path / "run"
    words = ["-m", "selfcheck", path, "--out", out, "--as", "no-script", "--no-evidence", "--parallel", "1"]
    child = subprocess.Popen(
        [sys.executable, *map(str, words), *FAST],
        cwd=ROOT,
        env={**os.environ},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while len(list(out.glob("pages/*.json"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
    before = {p: p.stat().st_mtime_ns for p in out.glob("pages/*.json")}
    assert 2 <= len(before) < len(names)
    assert all(json.loads(p.read_text())["verdict"] for p in before)
    _, output = run(path, "--out", out, "--as", "no-script", "--no-evidence", "--parallel", "2")
    assert len(list(out.glob("pages/*.json"))) == len(names)
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert f"{len(names)}/{len(names)}" in output
    table = (out / "table.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 1 + len(names)


@pytest.mark.parametrize("change", ["damaged", "other options"])
def test_stale_list_result_is_made_again(zoo, tmp_path, run, change):
    path, out = write_list(tmp_path, zoo, ["session"]), tmp_path / "run"
    how = ["--out", out, "--as", "no-script", "--no-evidence"]
    run(path, *how)
    page = next((out / "pages").glob("*.json"))
    if change == "damaged":
        page.write_text('{"verdict": "pu')
    else:
        page.write_text(page.read_text().replace('"settings": "', '"settings": "other'))
    assert "1/1" in run(path, *how)[1]
    assert check_runs.CheckRun(out).documents()[0]["verdict"] == "partial"


def test_list_evidence_is_bundled_per_row(zoo, tmp_path, run):
    path, out = write_list(tmp_path, zoo, ["session", "realname"]), tmp_path / "run"
    run(path, "--out", out, "--as", "no-script", "--by", "巡查员")
    folders = sorted((out / "evidence").iterdir(), key=lambda f: (f / "report.pdf").exists())
    assert [bundles.verify(folder).faults for folder in folders] == [(), ()]
    assert [(folder / "report.pdf").exists() for folder in folders] == [False, True]
    for folder in folders:
        assert "巡查员" in (folder / "report.html").read_text(encoding="utf-8")
        assert json.loads((folder / "about.json").read_text())["versions"]["chromium"]


def test_list_of_untestable_pages_exits_two(zoo, tmp_path, run):
    path = write_list(tmp_path, zoo, ["follow"])  # robots.txt forbids it
    assert run(path, "--out", tmp_path / "run", "--as", "no-script")[0] == 2


def test_relapse_between_runs_is_reported(zoo, tmp_path, run):
    path = write_list(tmp_path, zoo, ["cleanform", "follow"])
    how = ["--as", "no-script", "--no-evidence"]
    run(path, "--out", tmp_path / "before", *how)
    for page in (tmp_path / "before" / "pages").glob("*.json"):
        assert ("robots.txt" in page.read_text()) is ("/follow/" in page.read_text())
    run(path, "--out", tmp_path / "after", *how)
    changed = next(p for p in (tmp_path / "after" / "pages").glob("*.json") if "cleanform" in p.read_text())
    document = json.loads(changed.read_text())
    document["verdict"] = "not_pure"
    next(rule for rule in document["rules"] if rule["id"] == "P6")["state"] = "breached"
    changed.write_text(json.dumps(document))
    code, output = run(path, "--out", tmp_path / "after", "--before", tmp_path / "before", *how)
    assert code == 1
    assert [line.split("  ")[0::2][:2] for line in output.splitlines() if line.startswith("回潮")] == [
        ["回潮", "+P6"]
    ]


def picture(*texts):
    codes = [qrcode.make(text).convert("L").resize((300, 300)) for text in texts]
    image = Image.new("L", (340 * len(codes), 340), 255)
    for place, code in enumerate(codes):
        image.paste(code, (340 * place + 20, 20))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_photo_codes_are_checked_against_labels(zoo, tmp_path, run):
    photo, out = tmp_path / "sign.png", tmp_path / "out"
    photo.write_bytes(picture(f"{zoo}/cleanform/p/7F3K", f"{zoo}/phonefirst/p/7F3K"))
    code, output = run(photo, "--label", "pure,pure", "--as", "no-script", "--out", out)
    assert code == 1
    assert "第 2 个码标为纯净码，实为会员码" in output
    document = json.loads((out / "result.json").read_text())
    assert [row["kind"] for row in document["codes"]] == ["pure", "member"]
    with Image.open(out / "marked.jpg") as marked:
        assert marked.size == (680, 340)
    assert bundles.verify(out).faults == ()


def test_photo_without_code_cannot_be_judged(tmp_path, run):
    photo = tmp_path / "wall.png"
    Image.new("L", (300, 300), 200).save(photo)
    assert run(photo)[0] == 2


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("wxp://f2f0abc", "微信个人收款码"),
        ("https://u.wechat.com/abc", "个人或群的加好友码"),
        ("https://weixin.qq.com/g/abc", "微信群码"),
        ("https://weixin.qq.com/r/abc", "公众号关注码"),
        ("https://pay.mall.cn/p/7", ""),
    ],
)
def test_foreign_codes_are_named(text, kind):
    assert Code(text, 0, 0).foreign == kind
    assert kind == "" or kind in faults([Judged(Code(text, 0, 0), "", None)])[1]


def test_larger_member_code_is_a_fault():
    rows = [judged("pure"), judged("member", "P3")]
    rows = [replace(row, code=replace(row.code, width=w)) for row, w in zip(rows, (0.05, 0.4), strict=True)]
    assert any("大得多" in text for text in faults(rows))


def test_bait_on_sign_is_a_fault():
    assert any(
        "领券" in text
        for text in faults([judged("pure")], PhotoSign((Line("扫码领券立减5元", 0, 0, 1, 0.1),)))
    )


def judged(label, *breached):
    verdict = PurityVerdict.NOT_PURE if breached else PurityVerdict.PURE
    found = tuple(Finding(rule, "") for rule in breached)
    outcome = PageOutcome("https://a.cn", verdict, (), found, (), ())
    return Judged(Code("https://a.cn", 0, 0), label, outcome)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (("pure", "member"), None),
        (("pure", "pure"), "第 2 个码标为纯净码，实为会员码"),
        (("member", "pure"), "第 1 个码标为会员码，实为纯净码"),
        (("", ""), "请核对"),
    ],
)
def test_label_mismatch_is_reported(labels, said):
    found = faults([judged(labels[0]), judged(labels[1], "P3")])
    assert (found == []) is (said is None), found
    assert said is None or any(said in text for text in found)


def test_photo_codes_are_read_left_to_right():
    assert [code.text for code in read_codes(picture("https://a.cn", "tel:110", "https://b.cn"))] == [
        "https://a.cn",
        "tel:110",
        "https://b.cn",
    ]
    with pytest.raises(PhotoUnreadable):
        read_codes(b"no picture")


@pytest.mark.parametrize(
    ("change", "key", "state"),
    [
        ({}, "", "true"),
        ({}, signed_declaration.public_key(SECRET), "true"),
        ({}, signed_declaration.public_key(bytes(32)), "foreign"),
        ({"statement": {**STATEMENT, "recipients": ["x"]}}, "", "forged"),
        ({"signature": "AAAA"}, "", "forged"),
        ({"key": "not base64"}, "", "broken"),
        ({"statement": []}, "", "broken"),
    ],
)
def test_changed_declaration_is_not_trusted(change, key, state):
    signed = {**signed_declaration.sign(STATEMENT, SECRET), **change}
    assert signed_declaration.read_signed(json.dumps(signed).encode(), key=key)[0] == state


def test_declaration_is_compared_with_the_page(tmp_path, run):
    signed = {"document": signed_declaration.sign(STATEMENT, SECRET)}

    def with_declaration(host, method, path, body):
        if path == signed_declaration.PATH:
            return Answer(json.dumps(signed["document"]), headers={"Content-Type": "application/json"})
        return serve_by_path(host, method, path, body)

    with open_zoo(tmp_path, with_declaration) as zoo:
        url = f"http://127.0.0.1:{zoo.ports[0]}"
        signed["document"] = signed_declaration.sign(
            {**STATEMENT, "host": f"127.0.0.1:{zoo.ports[0]}"}, SECRET
        )
        states = {}
        for name in ("cleanform", "session"):
            states[name] = json.loads(run(f"{url}/{name}/p/7F3K", "--as", "no-script", "--json")[1])[
                "declaration"
            ]["state"]
        signed["document"] = signed_declaration.sign({**STATEMENT, "host": "pay.other.cn"}, SECRET)
        states["other"] = json.loads(run(f"{url}/cleanform/p/7F3K", "--as", "no-script", "--json")[1])[
            "declaration"
        ]["state"]
    assert states == {"cleanform": "true", "session": "contradicted", "other": "elsewhere"}
