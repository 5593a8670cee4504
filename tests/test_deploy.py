"""The sample configuration keeps the promises of the pages: nothing about a visitor is written down."""

import re
from configparser import RawConfigParser
from pathlib import Path

import pytest

from config import env
from deploy.config import read_env

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
NGINX = re.sub(
    r"include (purecode-\w+\.conf);",
    lambda include: (DEPLOY / include[1]).read_text(encoding="utf-8"),
    (DEPLOY / "nginx.conf").read_text(encoding="utf-8"),
)
NGINX = re.sub(r"#.*", "", NGINX)
SERVERS = re.findall(r"^server \{.*?^\}", NGINX, re.M | re.S)
UNITS = sorted((DEPLOY / "units").glob("purecode-*.service"))
SLOTS = {path.stem: read_env(path) for path in (DEPLOY / "slots").glob("*.env")}
VISITOR = ("$remote_addr", "$request", "$http_", "$args", "$uri", "$body", "$realip", "$binary_remote_addr")


def test_nginx_writes_no_access_log_anywhere():
    assert SERVERS
    for server in SERVERS:
        assert re.findall(r"\baccess_log\s+([^;]+);", server) == ["off"]


def test_no_log_format_could_hold_a_request_or_an_address():
    formats = re.findall(r"\blog_format\s+([^;]+);", NGINX)
    assert not [line for line in formats if any(name in line for name in VISITOR)]


def test_nginx_writes_no_error_that_names_a_request():
    for server in SERVERS:
        (level,) = re.findall(r"\berror_log\s+\S+\s+(\w+);", server)
        assert level in {"crit", "alert", "emerg"}


def test_the_forwarded_address_replaces_what_the_visitor_sent():
    proxied = [server for server in SERVERS if "proxy_pass" in server]
    assert len(proxied) == 4
    for server in proxied:
        assert re.findall(r"X-Forwarded-For\s+([^;]+);", server) == ["$remote_addr"]
        assert re.findall(r"X-Forwarded-Proto\s+([^;]+);", server) == ["$scheme"]


def service(path: Path) -> dict[str, str]:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, encoding="utf-8")
    return dict(parser["Service"])


def test_there_is_a_unit_for_each_surface_and_one_for_the_worker():
    assert [path.stem for path in UNITS] == [
        f"purecode-{name}@" for name in ("console", "device", "driver", "members", "sandbox", "worker")
    ]
    for path in UNITS:
        surface = service(path).get("Environment", "").removeprefix("SURFACES=")
        assert not surface or env.surfaces(surface) == [path.stem.removeprefix("purecode-").rstrip("@")]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_listens_where_nginx_asks_and_writes_no_access_log(path):
    start = service(path)["ExecStart"]
    if port := re.search(r"--port \$\{(\w+)\}", start):
        name = path.stem.replace("-", "_").rstrip("@")
        assert re.search(rf"upstream {name}\s+{{ server 127\.0\.0\.1:{SLOTS['a'][port[1]]};", NGINX)
        assert "--host 127.0.0.1 " in start
        assert "--no-access-log" in start
    elif "-m sandbox" in start:
        assert "--host 127.0.0.1 " in start
    else:
        assert start.endswith("manage.py work")


def test_the_ports_of_the_slots_are_all_different():
    assert set(SLOTS) == {"a", "b"}
    ports = [port for slot in SLOTS.values() for port in slot.values()]
    assert len(set(ports)) == len(ports)


def test_units_run_without_privileges():
    common = service(DEPLOY / "units" / "purecode-.service.d" / "common.conf")
    wanted = {"User": "purecode", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "UMask": "0077"}
    assert wanted.items() <= common.items()
    assert common["CapabilityBoundingSet"] == ""
