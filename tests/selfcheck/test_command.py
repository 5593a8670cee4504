"""The command: a page with its report, a list that survives a kill, what got worse, a sign in a photo."""

import json
import os
import signal
import subprocess
import sys
import time
from io import BytesIO, StringIO
from pathlib import Path

import pytest
import qrcode
from django.core.management import CommandError, call_command
from PIL import Image

from selfcheck import signed_declaration
from selfcheck.judging import Finding
from selfcheck.photos import Code, Judged, Unreadable, faults, read_codes
from selfcheck.verdicts import Outcome, Verdict
from tests.selfcheck.zoo.animals import ANIMALS, Answer
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


def run(*words, **options):
    """Run the command; return how it leaves and what it says."""
    out, leave = StringIO(), 0
    try:
        call_command("selfcheck", *words, allow_private=True, stdout=out, stderr=StringIO(), **options)
    except SystemExit as left:
        leave = left.code
    return leave, out.getvalue()


def test_report_contains_verdict_and_evidence(zoo, tmp_path):
    address, how = f"{zoo}/visitorid/p/7F3K", {"phones": "plain,no-script"}
    leave, said = run(address, out=tmp_path, by="巡查员", **how)
    assert leave == 1
    assert "P7a" in said
    assert json.loads((tmp_path / "result.json").read_text()) == json.loads(run(address, json=True, **how)[1])
    about = json.loads((tmp_path / "about.json").read_text())
    assert about["by"] == "巡查员"
    assert about["versions"]["chromium"].split(".")[0].isdecimal()
    assert {"result.json", "plain.har", "plain-arrive.png", "no-script-submit.png"} <= set(about["sha256"])
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "不纯净" in (tmp_path / "report.html").read_text(encoding="utf-8")
    for path in [*tmp_path.glob("*.*"), *(tmp_path / "evidence").glob("*.har")]:
        assert b"Q7K319" not in path.read_bytes(), path.name


def test_private_address_is_refused_by_default(zoo):
    out = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("selfcheck", f"{zoo}/cleanform/p/7F3K", phones="no-script", stdout=out)
    assert left.value.code == 2
    assert "拒绝访问" in out.getvalue()


@pytest.mark.parametrize(
    ("words", "said"), [(["nothing-here"], "neither"), (["https://x.cn", "--as", "nokia"], "nokia")]
)
def test_bad_arguments_are_reported(words, said):
    with pytest.raises(CommandError, match=said):
        call_command("selfcheck", *words)


def write_list(folder, zoo, names):
    path = folder / "list.csv"
    rows = [f"{ANIMALS[name].zh},{zoo}/{name}/p/7F3K,pure" for name in names]
    path.write_text("\n".join(["name,url,label", *rows]), encoding="utf-8")
    return path


def test_killed_list_run_resumes(zoo, tmp_path):
    names = ["cleanform", "visitorid", "session", "hiddenid", "nameless"]
    path, out = write_list(tmp_path, zoo, names), tmp_path / "run"
    words = [
        "manage.py",
        "selfcheck",
        str(path),
        "--out",
        str(out),
        "--as",
        "no-script",
        "--allow-private",
        "--parallel",
        "1",
    ]
    child = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env={**os.environ}, stdout=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while len(list(out.glob("pages/*.json"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
    before = {p: p.stat().st_mtime_ns for p in out.glob("pages/*.json")}
    assert 2 <= len(before) < len(names)
    assert all(json.loads(p.read_text())["verdict"] for p in before)
    _, said = run(str(path), out=out, phones="no-script", parallel=2)
    assert len(list(out.glob("pages/*.json"))) == len(names)
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert f"{len(names)}/{len(names)}" in said
    table = (out / "table.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 1 + len(names)


def test_relapse_between_runs_is_reported(zoo, tmp_path):
    path = write_list(tmp_path, zoo, ["cleanform", "follow"])
    run(str(path), out=tmp_path / "before", phones="no-script")
    for page in (tmp_path / "before" / "pages").glob("*.json"):
        assert ("robots.txt" in page.read_text()) is ("/follow/" in page.read_text())
    run(str(path), out=tmp_path / "after", phones="no-script")
    changed = next(p for p in (tmp_path / "after" / "pages").glob("*.json") if "cleanform" in p.read_text())
    document = json.loads(changed.read_text())
    document["verdict"] = "not_pure"
    next(rule for rule in document["rules"] if rule["id"] == "P6")["state"] = "broken"
    changed.write_text(json.dumps(document))
    leave, said = run(str(path), out=tmp_path / "after", phones="no-script", before=tmp_path / "before")
    assert leave == 1
    assert [line.split("  ")[:3] for line in said.splitlines() if line.startswith("回潮")] == [
        ["回潮", "纯净 → 不纯净", "+P6"]
    ]


def picture(*texts):
    codes = [qrcode.make(text).convert("L").resize((300, 300)) for text in texts]
    image = Image.new("L", (340 * len(codes), 340), 255)
    for place, code in enumerate(codes):
        image.paste(code, (340 * place + 20, 20))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_photo_codes_are_checked_against_labels(zoo, tmp_path):
    photo = tmp_path / "sign.png"
    photo.write_bytes(picture(f"{zoo}/cleanform/p/7F3K", f"{zoo}/phonefirst/p/7F3K"))
    leave, told = run(str(photo), label="pure,pure", phones="no-script")
    assert leave == 1
    assert "第 2 个码标为纯净码，实为会员码" in told


def judged(label, *broken):
    verdict = Verdict.NOT_PURE if broken else Verdict.PURE
    outcome = Outcome("https://a.cn", verdict, (), tuple(Finding(rule, "") for rule in broken), (), ())
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
    with pytest.raises(Unreadable):
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


def test_declaration_is_compared_with_the_page(tmp_path):
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
            states[name] = json.loads(run(f"{url}/{name}/p/7F3K", phones="no-script", json=True)[1])[
                "declaration"
            ]["state"]
        signed["document"] = signed_declaration.sign({**STATEMENT, "host": "pay.other.cn"}, SECRET)
        states["other"] = json.loads(run(f"{url}/cleanform/p/7F3K", phones="no-script", json=True)[1])[
            "declaration"
        ]["state"]
    assert states == {"cleanform": "true", "session": "contradicted", "other": "elsewhere"}
