"""The sample configuration keeps the promises of the pages: nothing about a visitor is written down."""

import base64
import hashlib
import re
import tomllib
from configparser import RawConfigParser
from dataclasses import replace
from pathlib import Path
from textwrap import indent

import pytest

from config import env
from config.version import version_of
from deploy import nginx, postgres_server, release_build, releases, staging
from deploy.container.start import LIMITS
from deploy.server_settings import Answers
from deploy.system import STATE

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
while "include purecode-" in NGINX:
    NGINX = re.sub(
        r"include (purecode-\w+\.conf);",
        lambda include: indent((DEPLOY / include[1]).read_text(encoding="utf-8"), "    "),
        NGINX,
    )
NGINX = re.sub(r"#.*", "", NGINX)
SERVERS = re.findall(r"^server \{.*?^\}", NGINX, re.M | re.S)
UNITS = sorted((DEPLOY / "units").glob("purecode-*.service"))
SLOTS = {slot: releases.ports(DEPLOY.parent, slot) for slot in ("a", "b")}
VISITOR = ("$remote_addr", "$request", "$http_", "$args", "$uri", "$body", "$realip", "$binary_remote_addr")


def test_nginx_access_log_is_off():
    assert SERVERS
    for server in SERVERS:
        assert re.findall(r"\baccess_log\s+([^;]+);", server) == ["off"]


def test_log_formats_hold_no_visitor_data():
    formats = re.findall(r"\blog_format\s+([^;]+);", NGINX)
    assert not [line for line in formats if any(name in line for name in VISITOR)]


def test_nginx_error_log_omits_requests():
    """At `crit` it writes address and request line of each visitor while a disk is full."""
    for server in SERVERS:
        assert re.findall(r"\berror_log\s+\S+\s+(\w+);", server) == ["emerg"]


def test_forwarded_address_is_overwritten():
    proxied = [server for server in SERVERS if "proxy_pass" in server]
    assert len(proxied) == 4
    for server in proxied:
        assert re.findall(r"X-Forwarded-For\s+([^;]+);", server) == ["$remote_addr"]
        assert re.findall(r"X-Forwarded-Proto\s+([^;]+);", server) == ["$scheme"]


def test_half_closed_device_gets_its_answer():
    """Some devices close their sending half after a request; nginx would take them for gone."""
    waits = [server for server in SERVERS if "proxy_ignore_client_abort on;" in server]
    assert [re.findall(r"proxy_pass (\S+);", server) for server in waits] == [["http://purecode_device"]]


def test_page_of_stopped_processes_is_styled():
    """Its policy names the hash of its one style."""
    page = (DEPLOY / "purecode-down.html").read_text(encoding="utf-8")
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"<style>{style}</style>" in (DEPLOY / "purecode-refused.html").read_text(encoding="utf-8")
    for proxy in ("purecode-headers.conf", "container/Caddyfile"):
        assert f"style-src 'sha256-{digest}';" in (DEPLOY / proxy).read_text(encoding="utf-8")


def test_pages_of_nginx_have_the_headers_of_others():
    """Also what nginx refuses by itself: a bad request, a file that is too large, an unknown name."""
    for server in SERVERS:
        (codes,) = re.findall(r"error_page ([\d ]+)/\.purecode-refused;", server)[:1]
        assert {"400", "404", "405", "413", "414", "429", "500", "503"} <= set(codes.split())
        for _, block in re.findall(r"location = /\.purecode-(down|refused) \{(.*?)\n *\}", server, re.S):
            for name in ("Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options"):
                assert re.search(rf"add_header {name} .* always;", block)
    assert [server.count("502 504") for server in SERVERS] == [0, 0, 1, 1, 1, 1]


def service(path: Path) -> dict[str, str]:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, encoding="utf-8")
    return dict(parser["Service"])


def test_each_surface_has_a_unit():
    assert [path.stem for path in UNITS] == [
        f"purecode-{name}@"
        for name in ("console", "device", "driver", "members", "sandbox", "selfcheck", "watch", "worker")
    ]
    for path in UNITS:
        surface = service(path).get("Environment", "").partition("SURFACES=")[2]
        assert not surface or env.surfaces(surface) == [path.stem.removeprefix("purecode-").rstrip("@")]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_unit_matches_nginx_upstream(path):
    start = service(path)["ExecStart"]
    if port := re.search(r"--port \$\{PORT_(\w+)\}", start):
        name = path.stem.replace("-", "_").rstrip("@")
        assert re.search(rf"upstream {name}\s+{{ server 127\.0\.0\.1:{SLOTS['a'][port[1].lower()]};", NGINX)
        assert "--host 127.0.0.1 " in start
        assert "--no-access-log" in start
    elif "-m sandbox" in start:
        assert "--host 127.0.0.1 " in start
    else:
        assert re.search(r"manage\.py (work|work --selfcheck|check_outside .*)$", start)


def test_each_server_has_the_same_limits():
    """`config.slow_clients` counts on sixteen threads; HTTP/1 alone ends connections that send nothing."""
    for path in UNITS:
        words = service(path)["ExecStart"].split()
        if any(word.endswith("/granian") for word in words):
            assert set(LIMITS) <= set(words), path


def test_slots_share_no_port():
    ports = [port for slot in SLOTS.values() for port in slot.values()]
    assert len(set(ports)) == len(ports)


def test_units_are_unprivileged():
    common = service(DEPLOY / "units" / "purecode-.service.d" / "common.conf")
    wanted = {"User": "purecode", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "UMask": "0077"}
    assert wanted.items() <= common.items()
    assert common["CapabilityBoundingSet"] == ""


def test_shared_files_lie_where_services_may_write():
    common = (DEPLOY / "units" / "purecode-.service.d" / "common.conf").read_text(encoding="utf-8")
    found = dict(re.findall(r"(?m)\b((?:BEAT|CONTACTS)_FILE)=(\S+)", common))
    assert found == {"BEAT_FILE": f"{STATE}/worker.beat", "CONTACTS_FILE": f"{STATE}/contacts.json"}
    assert f"StateDirectory={STATE.name}\n" in common


def test_staging_sends_payers_to_sandbox():
    usual, rehearsal = (rendered(staging=on) for on in (False, True))
    assert "8009" not in usual
    (pattern,) = re.findall(r"location ~ (\S+) \{\n\s+proxy_pass http://127\.0\.0\.1:8009;", rehearsal)
    for path in ("/cashier/prepay/x", "/cashier/h5", "/gateway.do", "/connect/oauth2/authorize"):
        assert re.match(pattern, path)
    for path in ("/v3/pay", "/sns/oauth2/access_token", "/control", "/p/1"):
        assert not re.match(pattern, path)


THREE = Answers(public="p.example.cn", devices="d.example.cn", console="c.example.cn")


def rendered(answers: Answers = THREE, **options: bool) -> str:
    template = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    return nginx.render(template, answers, SLOTS["b"], (1, 26, 3), **options)


def test_members_have_a_site_where_chosen():
    assert "members" not in rendered()
    text = rendered(replace(THREE, members="m.example.cn"))
    assert "server_name m.example.cn;" in text
    assert "server_name p.example.cn d.example.cn c.example.cn m.example.cn;" in text
    assert f"upstream purecode_members {{ server 127.0.0.1:{SLOTS['b']['members']};" in text
    assert "/etc/ssl/purecode/members.pem" in text
    assert ".example.cn" not in re.sub(r"[pdcm]\.example\.cn", "", text)


def test_older_release_may_have_fewer_files(monkeypatch, tmp_path):
    """A rollback is carried out by the newer release."""
    (tmp_path / "deploy").mkdir()
    for name in ("nginx.conf", "purecode-proxy.conf"):
        (tmp_path / "deploy" / name).write_text("", encoding="utf-8")
    monkeypatch.setattr(nginx, "version", lambda: (1, 26, 3))
    files = nginx.wanted(tmp_path, THREE, SLOTS["b"])
    assert list(files) == [nginx.FOLDER / "purecode-proxy.conf", nginx.SITE]


def test_kernel_without_ipv6_gets_no_ipv6():
    assert rendered().count("listen [::]:") == 6
    text = rendered(ipv6=False)
    assert "[::]" not in text
    assert text.count("listen ") == 6


def test_staging_uses_sandbox_merchants_only(monkeypatch):
    monkeypatch.setattr(postgres_server, "with_name", lambda name: f"postgresql:///{name}")
    lines = dict(line.split("=", 1) for line in staging.settings_text("p.example.cn").splitlines()[1:])
    unit = service(DEPLOY / "units" / "purecode-sandbox@.service")["ExecStart"]
    assert lines["MERCHANTS_FILE"] == f"{STATE}/sandbox/merchants.json"
    assert f"--keys {STATE}/sandbox " in unit
    assert f"--port {lines['SANDBOX_URL'].rpartition(':')[2]} " in unit
    assert lines["SANDBOX_PUBLIC_URL"] == "https://p.example.cn"
    assert lines["PURECODE_PRODUCTION"] == "0"
    assert "--control" not in unit


@pytest.mark.parametrize(
    ("name", "expected"), [("checkout", "1.2"), ("1.2-0a1b2c3d", "1.2-0a1b2c3d"), ("1.3-0a", "1.2")]
)
def test_version_names_the_release(tmp_path, name, expected):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nversion = "1.2"\n', encoding="utf-8")
    assert version_of(folder) == expected


def test_source_tree_makes_a_release():
    version = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]
    assert release_build.identify(DEPLOY.parent).version == version


def test_version_heads_the_changelog():
    version = release_build.identify(DEPLOY.parent).version
    text = (DEPLOY.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^## (\S+)", text)[0] == version


def test_browser_gets_no_privilege():
    """The unit of the self-check lets Chromium make its own cage, and nothing else."""
    folder = DEPLOY / "units" / "purecode-selfcheck@.service.d"
    (path,) = folder.iterdir()
    assert path.name > "common.conf", "systemd reads drop-ins in the order of their names"
    opened = service(path)
    assert set(opened) == {"MemoryDenyWriteExecute", "RestrictNamespaces", "ProcSubset", "SystemCallFilter"}
    assert opened["RestrictNamespaces"] == "user pid net"


@pytest.mark.parametrize("path", sorted((DEPLOY / "units").glob("*.timer")), ids=lambda path: path.stem)
def test_timer_catches_up_by_the_calendar(path):
    """A monotonic timer forgets at each start, and one that is not persistent loses hours without power."""
    parser = RawConfigParser()
    parser.read(path, encoding="utf-8")
    timer = dict(parser["Timer"])
    assert timer.keys() == {"oncalendar", "randomizeddelaysec", "persistent"}
    assert timer["persistent"] == "yes"
