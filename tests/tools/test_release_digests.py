"""The log of releases is a chain: each line names the digest of the one before it."""

import json

import pytest

from core import release as core_release
from tools import release_digests

pytestmark = pytest.mark.servers


@pytest.fixture
def log(tmp_path, monkeypatch):
    path = tmp_path / "releases.jsonl"
    monkeypatch.setattr("sys.argv", ["release_digests", "--add", "--log", str(path)])
    monkeypatch.setattr(release_digests, "sample_pages", lambda: {"en": "ab" * 32})
    return path


def add(monkeypatch, sources):
    monkeypatch.setattr(release_digests, "release", lambda: core_release.Release("1.0.0", sources))
    return release_digests.main()


def test_releases_are_chained(log, monkeypatch):
    for sources in ("aa", "bb", "bb", "cc"):
        assert add(monkeypatch, sources) == 0
    lines = log.read_text().splitlines()
    assert [json.loads(line)["sources"] for line in lines] == ["aa", "bb", "cc"]
    assert release_digests.broken_line(lines) == 0


@pytest.mark.parametrize("number", [1, 2])
def test_altered_line_breaks_the_chain(log, monkeypatch, number):
    for sources in ("aa", "bb", "cc"):
        add(monkeypatch, sources)
    lines = log.read_text().splitlines()
    lines[number - 1] = lines[number - 1].replace("1.0.0", "1.0.1")
    assert release_digests.broken_line(lines) == number + 1
    log.write_text("\n".join(lines) + "\n")
    assert add(monkeypatch, "dd") == 1


def test_removed_or_broken_line_is_found():
    lines = [json.dumps({"previous": release_digests.FIRST})]
    lines.append(json.dumps({"previous": release_digests.line_digest(lines[0])}))
    assert release_digests.broken_line(lines) == 0
    assert release_digests.broken_line(lines[1:]) == 1
    assert release_digests.broken_line([lines[0], "[]"]) == 2
    assert release_digests.broken_line(["{"]) == 1


def test_log_in_repository_holds():
    assert release_digests.broken_line(release_digests.read_lines(core_release.ROOT / core_release.LOG)) == 0


def test_sample_page_is_reproducible():
    assert release_digests.sample_pages() == release_digests.sample_pages()
