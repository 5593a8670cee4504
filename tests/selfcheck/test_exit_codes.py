"""Whatever the command is given, its exit code says what happened; only a page that is not pure gives 1."""

import asyncio
from contextlib import nullcontext
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from selfcheck import bundles, checking, command_line
from selfcheck.check_runs import read_list, text_of
from selfcheck.photos import Judged, PhotoSign, as_json
from selfcheck.purity_verdict import PurityVerdict
from selfcheck.qr_codes import Code
from selfcheck.sites import host_of, site_of, tidy
from selfcheck.verdicts import PageOutcome

ADDRESS = "https://pay.example.cn/p/1"


@pytest.mark.parametrize(
    "content",
    [b"", b"\x81\x82\xff\x00", b"url\nhttps://[::1\n", b"url\nftp://a.cn\n", b'url\n"' + b"a" * 200_000, b"url\nhttps://\n",
     b"url,label\nhttps://a.cn,purr\n"],
)  # fmt: skip
def test_list_that_is_none_is_wrong_usage(content, tmp_path, capsys):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    assert command_line.main([str(path), "--out", str(tmp_path / "run")]) == command_line.WRONG_USAGE
    assert capsys.readouterr().err.startswith("bad_list: ")


def test_list_of_a_chinese_spreadsheet_is_read(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(f"name,url\n人民广场,{ADDRESS}\n".encode("gb18030"))
    assert [(row.name, row.url) for row in read_list(text_of(path))] == [("人民广场", ADDRESS)]


@pytest.mark.parametrize(
    "words",
    [
        ["https://"],
        ["https://[::1/p/1"],
        [ADDRESS, "--parallel", "0"],
        [ADDRESS, "--dwell", "nan"],
        [ADDRESS, "--dwell", "1e9"],
        [ADDRESS, "--out", "FILE"],
        [ADDRESS, "--sign-key", "FILE"],
        [ADDRESS, "--sign-key", "MISSING"],
        [ADDRESS, "--easyprivacy", "MISSING"],
        [ADDRESS, "--out", "BELOW"],
        [ADDRESS, "--register", "MISSING"],
        [ADDRESS, "--before", "MISSING"],
        [ADDRESS, "--label", "purr"],
        [ADDRESS, "--timestamp", "nowhere"],
        ["verify", "https://[::1/p/1"],
        ["verify", "MISSING"],
        ["verify", "FILE"],
        ["MISSING"],
    ],
)
def test_nonsense_is_refused_before_visiting(words, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    places = {"FILE": tmp_path / "file", "MISSING": tmp_path / "none", "BELOW": tmp_path / "file" / "x"}
    assert command_line.main([str(places.get(word, word)) for word in words]) == command_line.WRONG_USAGE
    assert capsys.readouterr().err


def test_interrupted_visit_leaves_the_folder_free(tmp_path, monkeypatch, capsys):
    def visit(*_pages, **_how):
        assert (tmp_path / "evidence").is_dir()
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "check", visit)
    monkeypatch.setattr(command_line, "workshop", nullcontext)
    assert command_line.main([ADDRESS, "--out", str(tmp_path)]) == command_line.INTERRUPTED == 130
    assert list(tmp_path.iterdir()) == []
    assert "interrupted" in capsys.readouterr().err


def test_interrupt_ends_the_work(monkeypatch):
    begin, begun = asyncio.run_coroutine_threadsafe, []

    def interrupted(work, loop):
        future = begin(work, loop)
        if begun:
            return future
        begun.append(future)
        return SimpleNamespace(result=Mock(side_effect=KeyboardInterrupt), cancel=future.cancel)

    monkeypatch.setattr(checking.asyncio, "run_coroutine_threadsafe", interrupted)
    with pytest.raises(KeyboardInterrupt), checking._loop() as loop:
        checking._result(asyncio.sleep(600), loop)
    assert begun[0].cancelled()


def test_fault_of_the_tool_is_no_verdict(monkeypatch, capsys):
    monkeypatch.setattr(command_line, "CheckCommand", lambda options: 1 / 0)
    assert command_line.main([ADDRESS]) == command_line.FAILED
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[" * 200_000, "{}", "[]", '{"files": [1]}', "\x00", '{"files": {"a": 1}}'])
def test_hostile_manifest_is_broken(text, tmp_path):
    for name in (bundles.MANIFEST, bundles.SIGNATURE):
        (tmp_path / name).write_text(text)
    assert command_line.main(["verify", str(tmp_path)]) == 1


def test_rows_of_a_list_are_verified(tmp_path, capsys):
    for row in ("a", "b"):
        folder = tmp_path / "evidence" / row
        folder.mkdir(parents=True)
        (folder / "report.html").write_text("x")
        bundles.seal(folder, bundles.Seal(bytes(32)), url=ADDRESS, verdict="pure")
    assert command_line.main(["verify", str(tmp_path)]) == 0
    (tmp_path / "evidence" / "b" / "report.html").write_text("y")
    assert command_line.main(["verify", str(tmp_path)]) == 1
    assert "b: changed: report.html" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], "unknown"),
        (["pure"], "remarks"),
        (["pure", "partial"], "partial"),
        (["partial", "unknown"], "unknown"),
        (["unknown", "not_pure"], "not_pure"),
    ],
)
def test_sign_is_no_better_than_its_pages(verdicts, expected):
    pages = [PageOutcome(ADDRESS, PurityVerdict(name), (), (), (), ()) for name in verdicts]
    rows = [Judged(Code(ADDRESS, 0, 0), "", page) for page in pages]
    assert as_json(b"", rows, [], PhotoSign())["verdict"] == expected


@pytest.mark.parametrize(
    "url", ["http://[", "http://[::1", "https://℀.cn/", "", "//", "http://a.cn:port/", "\x00"]
)
def test_any_text_may_stand_as_an_address(url):
    assert isinstance(site_of(url) + host_of(url) + tidy(url), str)
