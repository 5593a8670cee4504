"""The demo reuses its keys, listens on HOST and PORT, and stops all its programs."""

import os
import socket
import sys
import time
from pathlib import Path

import pytest
import zxingcpp

from config import env
from payments.merchants import at_sandbox, read_merchants
from tools import demo, terminal
from tools.demo import Address
from tools.processes import Processes

pytestmark = pytest.mark.servers


def test_keys_are_created_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    keys = demo.load_secrets(path)
    assert demo.load_secrets(path) == keys
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys["PLATE_KEYS"].startswith("demo:")
    assert list(env.keyring(keys["PLATE_KEYS"])) == ["demo"]


def test_missing_key_is_added(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    path.write_text("SECRET_KEY=old=key\n", encoding="utf-8")
    keys = demo.load_secrets(path)
    assert keys["SECRET_KEY"] == "old=key"
    assert set(keys) == set(demo.SECRETS)


@pytest.mark.parametrize(
    ("env", "address"),
    [
        ({}, Address("127.0.0.1", 8000)),
        ({"HOST": "0.0.0.0", "PORT": "9000"}, Address("0.0.0.0", 9000)),
        ({"HOST": "", "PORT": ""}, Address("127.0.0.1", 8000)),
    ],
)
def test_host_and_port_are_respected(env: dict[str, str], address: Address) -> None:
    assert demo.read_address(env) == address


@pytest.mark.parametrize("port", ["0", "65535", "http", "-1"])
def test_invalid_port_is_refused(port: str) -> None:
    with pytest.raises(demo.DemoError, match="PORT"):
        demo.read_address({"PORT": port})


def test_busy_port_is_reported() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(demo.DemoError, match=rf"Port {port} is in use.*PORT="):
            demo.check_ports(Address("127.0.0.1", port))


def test_real_settings_do_not_leak() -> None:
    outside = {"DATABASE_URL": "postgresql://real/one", "SECRET_KEY_FILE": "/run/secret", "LANG": "C.UTF-8"}
    settings = demo.environment(Address("127.0.0.1", 8000), {"SECRET_KEY": "own"}, outside)
    assert settings["DATABASE_URL"].startswith("sqlite:////")
    assert settings["SECRET_KEY"] == "own"
    assert "SECRET_KEY_FILE" not in settings
    assert settings["LANG"] == "C.UTF-8"


def test_phone_url_uses_lan_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "lan_address", lambda: "192.0.2.7")
    settings = demo.environment(Address("0.0.0.0", 8000), {}, {})
    assert settings["PUBLIC_URL"] == "http://192.0.2.7:8000"
    assert settings["SANDBOX_URL"] == "http://192.0.2.7:8001"
    assert "192.0.2.7" in settings["ALLOWED_HOSTS"].split(",")


def test_demo_merchants_are_created_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "FOLDER", tmp_path)
    env = {"PATH": os.environ["PATH"]}
    for _ in range(2):
        demo.make_merchants(env)
        text = (tmp_path / "keys" / "merchants.json").read_text(encoding="utf-8")
        merchants = at_sandbox(read_merchants(text), "http://127.0.0.1:8001")
        assert [merchant.provider for merchant in merchants] == ["wechat", "alipay"]
    assert len({merchant.name for merchant in (*merchants, *read_merchants(text))}) == 2
    secrets = ("app_secret", "api_keys")
    assert all(
        (tmp_path / "keys" / "wechat" / f"{name}.txt").stat().st_mode & 0o777 == 0o600 for name in secrets
    )
    assert (tmp_path / "keys" / "wechat" / "app_secret.txt").read_text() not in text


def test_terminal_qr_code_is_readable() -> None:
    text = "HTTP://192.0.2.7:8000/P/0123456789ABCDEF"
    pixels = []
    for line in terminal.lines(text, colour=False):
        for rows in ("▀█", "▄█"):
            pixels += [bytes(0 if cell in rows else 255 for cell in line for _ in range(4))] * 4
    image = memoryview(b"".join(pixels)).cast("B", (len(pixels), len(pixels[0])))
    assert [code.text for code in zxingcpp.read_barcodes(image)] == [text]


def test_dead_process_is_reported(tmp_path: Path) -> None:
    processes = Processes(tmp_path, {}, tmp_path)
    processes.start("brief", [sys.executable, "-c", "print('goodbye')"])
    processes.running["brief"].wait()
    assert processes.exited() == "brief"
    assert processes.log_tail("brief") == "goodbye"
    with pytest.raises(demo.DemoError, match="brief"):
        demo.check_running(processes)


def test_stubborn_process_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.processes.STOP_TIMEOUT", 0.5)
    deaf = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    )
    processes = Processes(tmp_path, {}, tmp_path)
    processes.start("deaf", [sys.executable, "-c", deaf])
    processes.start("quick", [sys.executable, "-c", "import time; time.sleep(60)"])
    running = list(processes.running.values())
    while "ready" not in processes.log_tail("deaf"):
        time.sleep(0.02)
    processes.stop()
    assert [process.returncode for process in running] == [-9, -15]
