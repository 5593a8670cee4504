"""Programs are found in the folders that Debian and Homebrew use."""

from pathlib import Path

import pytest

from tools import machine
from tools.packages import Missing

pytestmark = pytest.mark.servers


def fake_server(folder: Path, version: str) -> Path:
    folder.mkdir()
    (folder / "initdb").touch()
    (folder / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n", encoding="utf-8")
    (folder / "postgres").chmod(0o755)
    return folder


def test_newest_postgresql_server_is_chosen(tmp_path: Path) -> None:
    versions = {"a": "15.18 (Debian)", "b": "17.12", "c": "9.6.24", "d": "16beta1"}
    folders = [fake_server(tmp_path / name, version) for name, version in versions.items()]
    assert machine.newest_server(folders) == tmp_path / "b"


def test_server_symlinks_are_resolved(tmp_path: Path) -> None:
    there, links = fake_server(tmp_path / "17", "17.12"), tmp_path / "links"
    links.mkdir()
    for name in ("initdb", "postgres"):
        (links / name).symlink_to(there / name)
    assert machine.newest_server([links]) == there


def test_client_or_old_server_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "psql").touch()
    assert machine.newest_server([tmp_path, fake_server(tmp_path / "old", "14.1")]) is None


def test_missing_program_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("sys.platform", "linux")
    nothing = machine.Program("Chromium", lambda: None, "chromium", "chromium")
    with pytest.raises(Missing) as missing:
        nothing.bring()
    assert str(missing.value) == "Chromium is missing: sudo apt-get install chromium"


def test_next_package_is_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tried: list[str] = []
    monkeypatch.setattr(machine, "install", tried.append)
    there = machine.Program("X", lambda: tmp_path if "second" in tried else None, "first | second", "x")
    assert there.bring() == tmp_path
    assert tried == ["first", "second"]
