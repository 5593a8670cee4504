"""The set-up finds a supported Python and passes pip's settings to uv."""

import os
import sys
from pathlib import Path

import pytest

from tools import setup
from tools.packages import Missing

pytestmark = pytest.mark.servers


def fake_python(folder: Path, name: str, script: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("script", "version"),
    [
        ("echo 3 13", (3, 13)),
        ("echo 'version not installed' >&2; exit 127", ()),  # a shim without its Python
        ("echo hello", ()),
    ],
)
def test_python_version_comes_from_its_output(tmp_path: Path, script: str, version: tuple[int, ...]) -> None:
    assert setup.version_of(fake_python(tmp_path, "python3.13", script)) == version


def test_unsupported_pythons_are_skipped(tmp_path: Path) -> None:
    versions = {"a": "3 11", "b": "3 99", "c": "3 12", "d": "3 13"}
    pythons = [fake_python(tmp_path, name, f"echo {version}") for name, version in versions.items()]
    assert setup.find_python([str(tmp_path / "none"), *pythons]) == pythons[2]


def test_python_behind_a_shim_is_found(tmp_path: Path) -> None:
    shims, real = tmp_path / "shims", tmp_path / "real"
    for folder, script in ((shims, "exit 127"), (real, "echo 3 13")):
        folder.mkdir()
        fake_python(folder, "python3", script)
    candidates = list(setup.interpreters(f"{shims}{os.pathsep}{real}"))
    assert candidates[0] == sys.executable
    assert candidates.index(str(shims / "python3")) < candidates.index(str(real / "python3"))


def test_pip_settings_are_passed_to_uv() -> None:
    listing = "\n".join(
        [
            ":env:.index-url='https://second.example/simple'",
            "global.index-url='https://first.example/simple'",
            "global.extra-index-url='https://a.example/simple\\nhttps://b.example/simple'",
            "install.find-links='/srv/a /srv/b'",
            "global.cert='/etc/own.pem'",
            "global.constraint='/etc/constraints.txt'",
        ]
    )
    assert setup.uv_settings(listing, {"SSL_CERT_FILE": "/etc/other.pem"}) == {
        "UV_DEFAULT_INDEX": "https://second.example/simple",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
        "UV_FIND_LINKS": "/srv/a,/srv/b",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_full_disk_is_no_missing_venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "UV", tmp_path / "uv")
    monkeypatch.setattr(setup, "_installer", lambda python: None)
    with pytest.raises(Missing, match="venv module is missing"):
        setup.install_uv(sys.executable)
    monkeypatch.setattr(setup, "ROOM", 1 << 60)
    with pytest.raises(Missing, match="MB free: delete files or enlarge it"):
        setup.install_uv(sys.executable)
