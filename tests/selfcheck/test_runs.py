"""A list goes on where it stopped; nothing of another list, other options or a killed run is taken over."""

import asyncio
import json
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from selfcheck import bundles, check_runs, chrome, command_line
from selfcheck.browser import STOPS, BrowserLost
from selfcheck.check_runs import CheckRun, Row
from selfcheck.checking import Page
from selfcheck.hosts import Lists
from selfcheck.visit import Visit

pytestmark = pytest.mark.servers

ROOT = Path(__file__).resolve().parents[2]
ROW = Row("东区", "https://pay.example.cn/p/1", "pure")
DOCUMENT = {"url": ROW.url, "verdict": "pure", "headline": "纯净", "rules": [], "visits": []}


def run(tmp_path, settings="a", seal=None):
    return CheckRun(tmp_path, settings, seal)


def test_same_settings_are_done(tmp_path):
    run(tmp_path).keep(ROW, DOCUMENT)
    assert run(tmp_path).done(ROW)
    assert [d["url"] for d in run(tmp_path).results([ROW])] == [ROW.url]


def test_other_options_begin_again(tmp_path):
    run(tmp_path).keep(ROW, DOCUMENT)
    other = run(tmp_path, settings="b")
    assert not other.done(ROW)
    assert other.results([ROW]) == []


def test_other_label_begins_again(tmp_path):
    run(tmp_path).keep(ROW, DOCUMENT)
    assert not run(tmp_path).done(Row(ROW.name, ROW.url, "member"))


def test_missing_evidence_begins_again(tmp_path):
    run(tmp_path).keep(ROW, DOCUMENT)
    seal = bundles.Seal(bytes(32))
    signed = run(tmp_path, seal=seal)
    assert not signed.done(ROW)
    folder = bundles.own_folder(signed.evidence(ROW))
    bundles.seal(folder, seal, url=ROW.url, verdict="pure")
    assert signed.done(ROW)


def test_row_of_another_list_is_left_out(tmp_path):
    run(tmp_path).keep(ROW, DOCUMENT)
    assert run(tmp_path).results([Row("西区", "https://pay.example.cn/p/2", "pure")]) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"verdict"', "null"])
def test_damaged_result_is_made_again(tmp_path, text):
    run(tmp_path).keep(ROW, DOCUMENT)
    run(tmp_path).path(ROW).write_text(text)
    assert not run(tmp_path).done(ROW)


def test_remains_of_killed_run_are_removed(tmp_path):
    folder = tmp_path / "evidence" / ROW.key
    (folder / "evidence").mkdir(parents=True)
    (folder / "evidence" / "plain-arrive.png").write_bytes(b"half")
    assert list(bundles.own_folder(folder).iterdir()) == []


@pytest.mark.parametrize("manifest", ["", "{", "[]", json.dumps({"files": 3})])
def test_damaged_manifest_is_refused_not_fatal(tmp_path, manifest):
    (tmp_path / bundles.MANIFEST).write_text(manifest)
    (tmp_path / "other.txt").write_text("x")
    with pytest.raises(bundles.NotEmpty):
        bundles.fresh_folder(tmp_path)
    assert (tmp_path / "other.txt").exists()


def test_missing_browser_exits_sixty_nine(tmp_path):
    words = [sys.executable, "-m", "selfcheck", "https://pay.example.invalid/p/1"]
    nothing = {"PATH": "", "HOME": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    done = subprocess.run(words, cwd=ROOT, env=nothing, capture_output=True, text=True, check=False)
    assert done.returncode == command_line.NO_BROWSER == 69
    assert "apt install chromium-headless-shell" in done.stderr


def test_driver_without_its_library_is_explained(tmp_path, monkeypatch):
    driver = tmp_path / "node"
    fault = "error while loading shared libraries: libatomic.so.1: cannot open shared object file"
    driver.write_text(f"#!/bin/sh\necho '{fault}' >&2\nexit 127\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", str(driver))

    async def start():
        async with chrome.chromium():
            raise AssertionError

    with pytest.raises(chrome.NoBrowser, match=f"Playwright's driver does not start: {fault}"):
        asyncio.run(start())


def test_lost_browser_costs_one_row(tmp_path, monkeypatch):
    rows = [Row(name, f"https://{name}.example.cn/p/1", "pure") for name in ("one", "fatal", "two", "three")]
    started = []

    @asynccontextmanager
    async def chromium():
        started.append(1)
        yield SimpleNamespace(version="1")

    async def visit_page(_browser, url, _phones, _options):
        await asyncio.sleep(0)
        if "fatal" in url:
            raise BrowserLost("Chromium stopped answering")
        return [Visit("plain", True, url, url=url, status=503)]

    monkeypatch.setattr(check_runs, "chromium", chromium)
    monkeypatch.setattr(check_runs, "visit_page", visit_page)
    page = Page("", phones=("plain",))
    check_runs.run_list(run(tmp_path), rows, lists=Lists(), page=page, parallel=2, robots=False)
    why = {d["name"]: d["why"] for d in run(tmp_path).results(rows)}
    assert why == {name: ["HTTP 503"] for name in ("one", "two", "three")} | {"fatal": [STOPS["crash"]]}
    assert 2 <= len(started) <= 4
