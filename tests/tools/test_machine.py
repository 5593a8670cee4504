"""Programs are found in the folders that Debian and Homebrew use."""

from pathlib import Path

import pytest

from tools import machine
from tools.packages import Missing


def fake_server(folder: Path, version: str) -> Path:
    folder.mkdir()
    (folder / "initdb").touch()
    (folder / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n", encoding="utf-8")
    (folder / "postgres").chmod(0o755)
    return folder


def test_the_newest_postgresql_server_is_taken(tmp_path: Path) -> None:
    versions = {"a": "15.18 (Debian)", "b": "17.12", "c": "9.6.24", "d": "16beta1"}
    folders = [fake_server(tmp_path / name, version) for name, version in versions.items()]
    assert machine.newest_server(folders) == tmp_path / "b"


def test_links_to_a_server_lead_to_the_folder_of_all_its_programs(tmp_path: Path) -> None:
    there, links = fake_server(tmp_path / "17", "17.12"), tmp_path / "links"
    links.mkdir()
    for name in ("initdb", "postgres"):
        (links / name).symlink_to(there / name)
    assert machine.newest_server([links]) == there


def test_a_client_or_an_old_server_is_no_server(tmp_path: Path) -> None:
    (tmp_path / "psql").touch()
    assert machine.newest_server([tmp_path, fake_server(tmp_path / "old", "14.1")]) is None


def test_a_missing_program_is_named_in_one_line_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("sys.platform", "linux")
    nothing = machine.Program("Chromium", lambda: None, "chromium", "chromium")
    with pytest.raises(Missing) as missing:
        nothing.bring()
    assert str(missing.value) == "Chromium is missing: sudo apt-get install chromium"


def test_what_one_package_does_not_bring_the_next_may(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried: list[str] = []
    monkeypatch.setattr(machine, "install", tried.append)
    there = machine.Program("X", lambda: tmp_path if "second" in tried else None, "first | second", "x")
    assert there.bring() == tmp_path
    assert tried == ["first", "second"]
