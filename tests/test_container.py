"""The containers: none runs as root or writes to its file system; keys are made once."""

import re
from pathlib import Path

import pytest
import yaml

from deploy.container import start

FOLDER = Path(start.__file__).parent
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
ONCE = {"set-up"}


@pytest.mark.parametrize("name", SERVICES)
def test_container_has_no_rights(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].partition(":")[0]) > 0


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in ONCE])
def test_running_container_is_watched(name):
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_only_set_up_writes_keys():
    writers = {
        name
        for name, service in SERVICES.items()
        for volume in service.get("volumes", [])
        if volume.startswith(("keys:", "password:")) and not volume.endswith(":ro")
    }
    assert writers == {"set-up"}


def test_contacts_are_shared_read_only():
    """The worker writes the lots' phones; surfaces read them, also those that start without a database."""
    file = next(each for each in SERVICES["driver"]["environment"] if each.startswith("CONTACTS_FILE="))
    folder = str(Path(file.partition("=")[2]).parent)
    ways = {}
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source, place, *mode = volume.split(":")
            if place == folder:
                assert source in COMPOSE["volumes"], "a folder of the host would be root's"
                assert file in service["environment"]
                ways[name] = mode
    surfaces = {name for name in start.SURFACES if name in SERVICES}
    assert ways == {name: ["ro"] for name in surfaces} | {"worker": [], "set-up": []}
    made = (FOLDER / "Containerfile").read_text(encoding="utf-8")
    assert re.search(rf"install -d -o 10001 -g 10001 [^\n&]*{folder}\b", made), "a new volume would be root's"


@pytest.fixture
def volumes(monkeypatch, tmp_path):
    for name in ("KEYS", "DATABASE"):
        monkeypatch.setattr(start, name, tmp_path / name)
        (tmp_path / name).mkdir()
    for name in ("PUBLIC_URL", "DEVICE_URL", "CONSOLE_URL", "DATABASE_URL", "DATABASE_URL_FILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_keys_are_made_once(volumes):
    start.init()
    first = {path: path.read_bytes() for path in volumes.rglob("*") if path.is_file()}
    start.init()
    assert {path: path.read_bytes() for path in volumes.rglob("*") if path.is_file()} == first
    assert sorted(path.name for path in first) == [
        "code_key",
        "password",
        "plate_index_key",
        "plate_keys",
        "secret_key",
    ]
    assert all(path.stat().st_mode & 0o777 == 0o400 for path in first if path.name != "password")


def test_settings_come_from_host_names(volumes, monkeypatch):
    start.init()
    for name in ("PUBLIC_HOST", "DEVICES_HOST", "CONSOLE_HOST"):
        monkeypatch.setenv(name, f"{name.lower()}.example.cn")
    env = start.settings()
    assert env["CONSOLE_URL"] == "https://console_host.example.cn"
    assert env["DATABASE_URL"].startswith("postgresql://purecode:")
    assert env["DATABASE_URL"].endswith("@database:5432/purecode")
    assert env["CONSOLE_DATABASE_URL"].startswith("postgresql://purecode_console:")


def test_unknown_word_is_refused(capsys):
    assert start.main(["nonsense"]) == 2
    assert "health" in capsys.readouterr().err


def test_image_leaves_secrets_out():
    ignored = (FOLDER.parent.parent / ".containerignore").read_text(encoding="utf-8").split()
    assert {".git", "**/.env", "deploy/container/merchants/*"} <= set(ignored)
    assert (FOLDER.parent.parent / ".dockerignore").read_text(encoding="utf-8").split() == ignored


def test_caddy_answers_have_the_headers_of_pages():
    """Its redirects and refusals; HSTS over https alone. A host name of no site is answered with nothing."""
    blocks = re.findall(r"(?ms)^(\S+) \{\n(.*?)^\}", (FOLDER / "Caddyfile").read_text(encoding="utf-8"))
    text = dict(blocks)
    assert [name for name in text if "import refused " in text[name]] == [
        *("{$PUBLIC_HOST}", "{$DEVICES_HOST}", "{$CONSOLE_HOST}")
    ]
    for name in ("(refused)", "http://"):
        assert "import headers\n" in text[name]
    assert "Strict-Transport-Security" in text["(refused)"]
    assert "Strict-Transport-Security" not in text["(headers)"] + text["http://"]
    assert "\tabort\n" in text["http://"]
