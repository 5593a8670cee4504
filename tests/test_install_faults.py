"""What can be wrong with a server: each fault is one line with its remedy, and nothing half done is left."""

import contextlib
import errno
import grp
import itertools
import json
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from deploy import (
    backup,
    cli,
    continuous,
    doctor,
    installer,
    nginx,
    postgres_server,
    releases,
    server_settings,
    staging,
    system,
    tls,
)
from deploy.container import start
from deploy.server_settings import Answers, wanted_settings
from deploy.system import Fault
from tests.live import trial_certificates

pytestmark = pytest.mark.servers

HOSTS = ("pay.example.cn", "devices.example.cn", "console.example.cn")
GB = 1024**3
ROOT = Path(__file__).resolve().parent.parent
OWN, GROUP = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    trial_certificates.issue(tmp_path, HOSTS)
    return tmp_path / "chain.pem", tmp_path / "chain.key"


@pytest.fixture
def answers(pair: tuple[Path, Path]) -> Answers:
    return Answers(*HOSTS, tls="own", certificate=str(pair[0]), key=str(pair[1]))


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A bare Debian with room, free ports and names that resolve."""
    monkeypatch.setattr(
        installer, "read_env", lambda path: {"ID": "debian", "VERSION_ID": "13", "PRETTY_NAME": "Debian 13"}
    )
    monkeypatch.setattr(installer, "free_bytes", lambda place: 9 * GB)
    monkeypatch.setattr(installer, "listener", lambda port: None)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *words: [])
    monkeypatch.setattr(postgres_server, "clusters", list)
    monkeypatch.setattr(installer, "is_active", lambda unit: unit == "nginx")
    monkeypatch.setattr(installer, "keeper", lambda port: None)
    program(tmp_path, "systemctl", "echo inactive", monkeypatch)
    return monkeypatch


def fault(act, *words: object) -> str:
    with pytest.raises(Fault) as caught:
        act(*words)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_good_server_has_no_fault(server, answers):
    installer.examine(answers)


def test_taken_port_names_its_program(server, answers):
    server.setattr(installer, "listener", lambda port: "apache2" if port == 80 else None)
    server.setattr(installer, "is_active", lambda unit: False)
    assert fault(installer.examine, answers) == (
        "Port 80 is taken by apache2: stop that program, then run this again"
    )


def test_own_nginx_may_listen(server, answers):
    server.setattr(installer, "listener", lambda port: "nginx" if port in {80, 443} else None)
    installer.examine(answers)


def test_nginx_of_another_program_is_named(server, answers):
    server.setattr(installer, "listener", lambda port: "nginx" if port in {80, 443} else None)
    server.setattr(installer, "is_active", lambda unit: False)
    expected = "Port 80 is taken by an nginx that is not the distribution's service: stop that program"
    assert fault(installer.examine, answers).startswith(expected)


def test_system_without_systemd_is_refused(server, answers, tmp_path):
    server.setenv("PATH", str(tmp_path / "nothing"))
    assert fault(installer.examine, answers).startswith("This system has no systemd: ")


def test_taken_inner_port_is_named_before_changes(server, answers):
    server.setattr(installer, "keeper", lambda port: "java" if port == 8101 else None)
    assert fault(installer.examine, answers).startswith("Port 8101 is taken by java: stop that program")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Pay.Example.CN", "pay.example.cn"),
        ("pay.example.cn.", "pay.example.cn"),
        ("停车.example.cn", "xn--eyqu05m.example.cn"),
        ("pay..cn", "pay..cn"),
    ],
)
def test_host_name_is_written_as_browsers_do(typed, meant):
    chosen = installer.choose(
        installer.parser().parse_args(
            ["--public", typed, "--devices", "d.cn", "--console", "c.cn", "--tls", "own"]
        )
    )
    assert chosen.public == meant


def test_members_need_a_text_service(server, answers):
    with_members = replace(answers, members="members.example.cn")
    assert fault(installer.examine, with_members).startswith("--members: write SMS_URL and SMS_KEY into")


SITE = """# configuration file /etc/nginx/nginx.conf:
http { include sites-enabled/*; }
# configuration file /etc/nginx/sites-enabled/shop:
server { listen 443 ssl; server_name shop.example.cn NAME; }
"""


@pytest.mark.parametrize(
    ("nginx", "expected"),
    [
        ("Pay.example.cn", "/etc/nginx/sites-enabled/shop has a site for pay.example.cn already"),
        ("other.example.cn", ""),
        (None, "nginx has a fault already: nginx: [emerg] unknown directive"),
    ],
)
def test_site_that_is_there_is_respected(server, tmp_path, answers, nginx, expected):
    text = (
        f"cat <<'END'\n{SITE.replace('NAME', nginx)}END"
        if nginx
        else "echo '[emerg] unknown directive' >&2; exit 1"
    )
    program(tmp_path, "nginx", text, server)
    server.setattr(os, "geteuid", lambda: 0)
    if expected:
        assert expected in fault(installer.examine, answers)
    else:
        installer.examine(answers)


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("10.0.0.5:443 ssl", "a site of its own for 10.0.0.5:443, and what is sent to that address never"),
        ("10.0.0.5", "a site of its own for 10.0.0.5:80"),
        ("[2001:db8::5]:443 ssl", "a site of its own for [2001:db8::5]:443"),
        ("10.0.0.5:8080", ""),
        ("[::]:443 ssl default_server", ""),
        ("0.0.0.0:443 ssl", ""),
        ("443 ssl", ""),
    ],
)
def test_site_that_hides_ours_is_noted(server, tmp_path, answers, capsys, listen, expected):
    """nginx prefers the site that names an address to those of all addresses, whatever the host name."""
    text = SITE.replace("NAME", "").replace("443 ssl", listen)
    program(tmp_path, "nginx", f"cat <<'END'\n{text}END", server)
    server.setattr(os, "geteuid", lambda: 0)
    installer.examine(answers)
    noted = capsys.readouterr().err
    assert expected in noted
    assert bool(noted) == bool(expected)


@pytest.mark.parametrize(
    ("length", "others", "expected"),
    [
        (46, "", ""),
        (47, "", "server_names_hash_bucket_size 128;\n"),
        (111, "", "server_names_hash_bucket_size 256;\n"),
        (47, "    # server_names_hash_bucket_size 64;\n", "server_names_hash_bucket_size 128;\n"),
        (47, "http {\n    server_names_hash_bucket_size 256;\n}", ""),
    ],
)
def test_nginx_has_room_for_long_names(monkeypatch, tmp_path, answers, length, others, expected):
    """Else it rejects the site, as one of the last steps: encoded Chinese names are long."""
    monkeypatch.setattr(nginx, "FOLDER", tmp_path)
    (tmp_path / "nginx.conf").write_text(others, encoding="utf-8")
    long = "a" * (length - len(".example.cn")) + ".example.cn"
    assert nginx.room_for_names(replace(answers, devices=long)) == expected


def test_interrupted_site_of_ours_is_mended(server, tmp_path, answers):
    printed = "nginx: [emerg] no /etc/ssl/purecode/pay.pem\nnginx: configuration file nginx.conf test failed"
    program(tmp_path, "nginx", f"printf '{printed}\n' >&2; exit 1", server)
    server.setattr(os, "geteuid", lambda: 0)
    installer.examine(answers)


def test_listener_is_found_by_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        name = system.listener(taken.getsockname()[1])
    assert name == Path("/proc/self/comm").read_text(encoding="utf-8").strip()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert system.listener(free.getsockname()[1]) is None


def test_listener_that_closes_files_is_found(monkeypatch):
    readlink, calls = os.readlink, itertools.count()

    def closing(path, **options):
        if Path(path).parent == Path(f"/proc/{os.getpid()}/fd") and next(calls) == 0:
            raise FileNotFoundError  # closed since the folder was listed
        return readlink(path, **options)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(os, "readlink", closing)
        assert system.listener(taken.getsockname()[1]) != "another program"


def test_ending_program_lets_go_of_its_port():
    ending = socket.create_server(("127.0.0.1", 0))
    port = ending.getsockname()[1]
    threading.Timer(0.3, ending.close).start()
    assert system.keeper(port) is None


@pytest.mark.parametrize("state", ["active", "activating", "deactivating", "reloading"])
def test_starting_service_is_stopped_first(tmp_path, monkeypatch, state):
    program(tmp_path, "systemctl", f"echo {state}; echo $* >> {tmp_path}/asked", monkeypatch)
    releases._stop(["purecode-driver@a"])
    assert "stop purecode-driver@a" in (tmp_path / "asked").read_text()


def test_full_disk_is_named_first(server, answers):
    server.setattr(installer, "free_bytes", lambda place: 100 * 1024**2)
    assert fault(installer.examine, answers).endswith("has 100 MB free: 2 GB are needed")


def test_small_memory_is_noted(server, answers, capsys):
    server.setattr(installer, "memory_bytes", lambda: GB)
    installer.examine(answers)
    assert capsys.readouterr().err.startswith("Note: 1024 MB of memory and swap: with less than 2 GB")


def test_other_system_is_refused(server, answers):
    server.setattr(installer, "read_env", lambda path: {"ID": "fedora", "PRETTY_NAME": "Fedora 43"})
    assert fault(installer.examine, answers).startswith("Fedora 43 is not supported: use Debian 12")


@pytest.mark.parametrize("tls_kind", ["acme", "own"])
def test_unknown_name_stops_acme_alone(server, answers, capsys, tls_kind):
    def fails(*words: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    server.setattr(socket, "getaddrinfo", fails)
    answers = Answers(*HOSTS, "it@example.cn", tls_kind, answers.certificate, answers.key)
    if tls_kind == "acme":
        assert "add it to your DNS" in fault(installer.examine, answers)
    else:
        installer.examine(answers)
        assert capsys.readouterr().err.count("does not resolve") == 3


@pytest.mark.parametrize("version", [13, 14])
def test_old_postgresql_is_named_before_changes(server, answers, version):
    server.setattr(Path, "exists", lambda path: True)
    server.setattr(postgres_server, "clusters", lambda: [(version, "main", 5432)])
    assert fault(installer.examine, answers).startswith(
        f"PostgreSQL {version} is too old: install version 15"
    )


def test_first_port_of_newest_version_is_chosen(monkeypatch):
    """Another program's cluster of the same version, with a later name, is left alone."""
    printed = "17 shop 5433 online\n15 main 5434 online\n17 main 5432 online\n"
    monkeypatch.setattr(postgres_server, "run", lambda *words: printed)
    assert postgres_server.clusters() == [(17, "main", 5432), (17, "shop", 5433), (15, "main", 5434)]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (None, (17, "main", 5433)),  # the newest
        ("postgresql://purecode:x@127.0.0.1:5432/purecode", (15, "main", 5432)),
        ("postgresql://purecode:x@localhost/purecode", (15, "main", 5432)),
        ("postgresql://purecode:x@127.0.0.1:5434/purecode", (17, "main", 5433)),  # it has moved
    ],
)
def test_cluster_with_the_database_stays(monkeypatch, tmp_path, address, expected):
    """An upgrade of Debian adds an empty cluster of a newer version."""
    monkeypatch.setattr(server_settings, "CONFIG", tmp_path)
    monkeypatch.setattr(server_settings, "CLUSTERS", tmp_path / "none")
    if address:
        (tmp_path / "database_url").write_text(f"{address}\n", encoding="utf-8")
    monkeypatch.setattr(postgres_server, "clusters", lambda: [(17, "main", 5433), (15, "main", 5432)])
    assert postgres_server.cluster() == expected


@pytest.mark.parametrize("version", [15, 17])
def test_dump_is_read_by_what_wrote_it(monkeypatch, tmp_path, version):
    """With two versions installed, Debian's pg_restore may be older than its pg_dump."""
    chosen = tmp_path / str(version)
    chosen.touch()
    monkeypatch.setattr(postgres_server, "program", lambda name, number: tmp_path / str(number))
    monkeypatch.setattr(postgres_server, "cluster", lambda: (version, "main", 5433))
    asked: list[object] = []
    monkeypatch.setattr(backup, "run", lambda *words, **more: asked.append(words[0]) or "")
    backup._restore(tmp_path / "a.dump", "fresh", {})
    assert set(asked) == {chosen}


def test_client_without_a_server_is_the_only_one(monkeypatch):
    def none() -> None:
        raise Fault("pg_lsclusters is not installed")

    monkeypatch.setattr(postgres_server, "cluster", none)
    assert postgres_server.client("pg_dump") == "pg_dump"


def test_dump_of_newer_postgresql_is_named(monkeypatch, tmp_path):
    (tmp_path / "a.dump").touch()
    monkeypatch.setattr(postgres_server, "scratch", lambda name: ("purecode", "postgresql://u:p@127.0.0.1/x"))
    for name in ("drop_database", "need_space", "create_database", "data_folder"):
        monkeypatch.setattr(postgres_server, name, lambda *words: None)
    monkeypatch.setattr(backup, "_restored_size", lambda dump: 1)
    program(
        tmp_path,
        "pg_restore",
        "echo 'pg_restore: error: unsupported version (1.16)' >&2; exit 1",
        monkeypatch,
    )
    monkeypatch.setattr(postgres_server, "client", lambda name: name)
    expected = "unsupported version (1.16): a newer PostgreSQL than this server's wrote it"
    assert expected in fault(backup.load_scratch, tmp_path / "a.dump", "x")


def test_backup_drops_half_restores(monkeypatch, tmp_path):
    """A full disk stops PostgreSQL under a restore, which cannot drop its database then."""
    dropped: list[str] = []
    monkeypatch.setattr(backup, "FOLDER", tmp_path)
    monkeypatch.setattr(postgres_server, "is_local", lambda: True)
    monkeypatch.setattr(postgres_server, "drop_database", dropped.append)
    (tmp_path / "20300101T000000Z.part").touch()
    backup._delete_halves()
    assert dropped == ["purecode_proof", "purecode_restored"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("used", "expected"), [(True, "secret_key is missing, and there is"), (False, "")])
def test_lost_key_is_not_replaced(server, tmp_path, used, expected):
    server.setattr(installer, "CONFIG", tmp_path)
    server.setattr(postgres_server, "is_running", lambda: True)
    server.setattr(postgres_server, "has_tables", lambda: used)
    if expected:
        assert expected in fault(installer._examine_keys)
    else:
        installer._examine_keys()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((*HOSTS[:2], HOSTS[0]), "--public, --devices, --console must be different host names"),
        ((HOSTS[0],) * 3, "--public, --devices, --console must be different host names"),
        (("pay_example", *HOSTS[1:]), "'pay_example' is not a host name such as pay.example.cn"),
        (("https://pay.example.cn/", *HOSTS[1:]), "is not a host name"),
        ((*HOSTS, "nobody"), "--email: 'nobody' is not an e-mail address"),
        ((*HOSTS, "", "own", "", ""), "--certificate: no file is not a file"),
        ((*HOSTS, "", "own", "", "", "the boss"), "--owner: 'the boss' is not an account name"),
    ],
)
def test_bad_answer_is_named_by_its_flag(server, words, expected):
    assert expected in fault(installer.examine, Answers(*words))


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        ("expired", "expired on"),
        ("clock", "is valid from "),
        ("other host", "is not for pay.example.cn"),
        ("no pem", "is not a certificate in PEM form"),
        ("other key", "is not the key of"),
        ("no key", "is not a private key in PEM form"),
        ("password", "chain.key has a password, which nginx cannot enter: openssl pkey -in "),
    ],
)
def test_bad_certificate_is_named_before_changes(server, tmp_path, answers, spoil, expected):
    certificate, key = Path(answers.certificate), Path(answers.key)
    if spoil == "expired":
        trial_certificates.issue(tmp_path, HOSTS, days=-1)
    elif spoil == "clock":
        server.setattr(tls, "now", lambda: datetime.now(UTC) - timedelta(days=900))
    elif spoil == "other host":
        trial_certificates.issue(tmp_path, ("elsewhere.example.cn",))
    elif spoil == "no pem":
        certificate.write_text("hello", encoding="utf-8")
    elif spoil == "other key":
        trial_certificates.issue(tmp_path, HOSTS, name="other")
        shutil.copyfile(tmp_path / "other.key", key)
    elif spoil == "password":
        found = load_pem_private_key(key.read_bytes(), None)
        locked = BestAvailableEncryption(b"geheim")
        key.write_bytes(found.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    else:
        key.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", encoding="utf-8")
    assert expected in fault(installer.examine, answers)


@pytest.mark.parametrize(
    ("typed", "is_good"),
    [
        ("it+cert@Example.CN", True),
        ("it@停车.cn", True),
        ("管理员@example.cn", False),
        ("-x@example.cn", False),
        ("it@example..cn", False),
        ("it@-.cn", False),
        ("<it@example.cn>", False),
        ("it@shop@example.cn", False),
        ("it@example", False),
    ],
)
def test_mail_address_suits_certbot(server, typed, is_good):
    """It is refused before anything is changed, not by the last step."""
    answers = Answers(*HOSTS, installer.mail_address(typed))
    if is_good:
        installer.examine(answers)
    else:
        assert "is not an e-mail address" in fault(installer.examine, answers)


TROUBLE = """Saving debug log to /var/log/letsencrypt/letsencrypt.log
{}
Ask for help or search for solutions at https://community.letsencrypt.org. See the logfile for more details.
"""
REFUSED = """
Certbot failed to authenticate some domains. The Certificate Authority reported these problems:
  Domain: pay.example.cn
  Type:   connection
  Detail: 203.0.113.9: Fetching http://pay.example.cn/.well-known/acme-challenge/x: Connection refused

Hint: The Certificate Authority failed to download the temporary challenge files created by Certbot.
Some challenges have failed."""


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (
            REFUSED,
            "pay.example.cn: 203.0.113.9: Fetching http://pay.example.cn/.well-known/acme-challenge/x: ",
        ),
        (
            "An unexpected error occurred:\nError creating new order :: too many",
            "Error creating new order :: too",
        ),
    ],
)
def test_certbot_failure_is_one_line(server, tmp_path, answers, printed, expected):
    program(tmp_path, "certbot", f"cat <<'END'\n{TROUBLE.format(printed)}END\nexit 1", server)
    server.setattr(tls, "WEBROOT", tmp_path / "acme")
    assert fault(tls.get_from_acme, answers).startswith(f"certbot got no certificate: {expected}")


@pytest.mark.parametrize(
    ("given", "renewed_from", "expected"),
    [
        (server_settings.LETS_ENCRYPT, server_settings.LETS_ENCRYPT, "--keep-until-expiring"),
        ("https://acme.example.cn/dir", server_settings.LETS_ENCRYPT, "--force-renewal"),
        (server_settings.LETS_ENCRYPT, None, "--force-renewal"),
    ],
)
def test_other_authority_gives_another_certificate(server, tmp_path, answers, given, renewed_from, expected):
    called: list[tuple[str, ...]] = []
    for name in ("put_in_place", "run"):
        server.setattr(tls, name, lambda *words: called.append(words))
    server.setattr(nginx, "reload", lambda: None)
    server.setattr(tls, "WEBROOT", tmp_path / "acme")
    server.setattr(tls, "RENEWAL", tmp_path / "purecode.conf")
    if renewed_from:
        (tmp_path / "purecode.conf").write_text(
            f"[renewalparams]\nserver = {renewed_from}\n", encoding="utf-8"
        )
    tls.get_from_acme(replace(answers, tls="acme", acme_server=given))
    assert expected in called[0]
    assert called[0][called[0].index("--server") + 1] == given


SUDO = ". If only a proxy or a mirror has them, set https_proxy or PIP_INDEX_URL (sudo keeps them with"


@pytest.mark.parametrize(
    ("proxy", "printed", "expected"),
    [
        (
            "",
            "ERROR: No match\nuv could not be installed",
            f"ERROR: No match; uv could not be installed{SUDO}",
        ),
        ("http://proxy.cn", "ERROR: No match\nuv is missing", "ERROR: No match; uv is missing"),
        (
            "",
            "ERROR: [Errno 28] No space left on device\nuv is missing: is the index reachable?",
            "ERROR: [Errno 28] No space left on device: delete files or enlarge the disk, then run this again",
        ),
    ],
    ids=["no proxy", "proxy", "full disk"],
)
def test_packages_that_fail_name_the_remedy(monkeypatch, proxy, printed, expected):
    """sudo drops https_proxy."""
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    if proxy:
        monkeypatch.setenv("https_proxy", proxy)
    assert releases._reason_in(printed).startswith(expected)
    assert ("sudo" in releases._reason_in(printed)) is (SUDO in expected)


@pytest.fixture
def two_slots(monkeypatch, tmp_path, answers):
    """Slot a serves release 1-old, slot b has 2-new; what nginx and the services are asked is recorded."""
    asked: list[str] = []
    for name, path in (
        ("CODE", ""),
        ("RELEASES", "releases"),
        ("FORMER", "former"),
        ("ROLLBACK", "rollback"),
        ("UPGRADE", "upgrade"),
    ):
        monkeypatch.setattr(releases, name, tmp_path / path)
    monkeypatch.setattr(server_settings, "CODE", tmp_path)
    monkeypatch.setattr(releases, "IN_FORCE", tmp_path / "in-force")
    for slot, name in (("a", "1-old"), ("b", "2-new")):
        folder = tmp_path / "releases" / name
        shutil.copytree(ROOT / "deploy" / "slots", folder / "deploy" / "slots")
        (folder / ".complete").touch()
        (tmp_path / slot).symlink_to(f"releases/{name}")
    (tmp_path / "current").symlink_to("a")
    monkeypatch.setattr(releases, "read_answers", lambda: answers)
    monkeypatch.setattr(releases, "settings_are_in_force", lambda: True)
    monkeypatch.setattr(nginx, "SITE", tmp_path / "site")
    monkeypatch.setattr(
        nginx, "apply", lambda folder, answers, ports: asked.append(f"nginx {ports['driver']}")
    )
    monkeypatch.setattr(releases, "_settle", lambda slot: asked.append(f"settle {slot}"))
    monkeypatch.setattr(releases, "change_over", lambda release: asked.append(f"change to {release.name}"))
    return asked


@pytest.mark.parametrize(
    ("port", "ready", "slot", "asked"),
    [
        (8001, True, "a", []),  # nothing was interrupted
        (8101, True, "b", ["nginx 8101"]),  # after nginx changed over
        (8101, False, "a", ["nginx 8001"]),  # and then the new slot ended
    ],
)
def test_slot_that_nginx_uses_is_active(monkeypatch, two_slots, port, ready, slot, asked):
    nginx.SITE.write_text(f"upstream purecode_driver  {{ server 127.0.0.1:{port}; keepalive 16; }}\n")
    monkeypatch.setattr(releases, "is_ready", lambda *words: ready)
    releases.follow_nginx()
    assert server_settings.active_slot() == slot
    assert two_slots == asked
    assert (releases.former() == releases.InstalledRelease("1-old")) == (slot == "b")


def test_killed_rollback_returns_to_same_release(two_slots):
    """After the change the other release is the former one: a second rollback must not go back to it."""
    releases.FORMER.symlink_to("releases/2-new")
    releases.ROLLBACK.symlink_to("releases/1-old")
    releases.rollback()
    assert two_slots == ["nginx 8001", "settle a"]
    assert not releases.ROLLBACK.is_symlink()
    releases.rollback()
    assert two_slots[2:] == ["change to 2-new"]


@pytest.fixture
def units(monkeypatch, two_slots, tmp_path, own_account):
    """Release 2-new changes one unit of 1-old and adds a file; an administrator has a drop-in."""
    place = tmp_path / "systemd"
    monkeypatch.setattr(releases, "UNITS", place)
    monkeypatch.setattr(releases, "systemctl", lambda *words: None)
    for name, files in (
        ("1-old", {"a.service": "1"}),
        ("2-new", {"a.service": "2", "x.service.d/b.conf": "2"}),
    ):
        for path, text in files.items():
            file = releases.RELEASES / name / "deploy" / "units" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    (place / "a.service.d").mkdir(parents=True)
    (place / "a.service.d" / "override.conf").write_text("own", encoding="utf-8")
    releases.install_units(releases.RELEASES / "1-old")

    def read() -> dict[str, str]:
        files = (path for path in place.rglob("*") if path.is_file())
        return {str(path.relative_to(place)): path.read_text(encoding="utf-8") for path in files}

    return read


@pytest.mark.parametrize("error", [Fault, OSError, KeyboardInterrupt])
def test_failed_upgrade_returns_the_units(units, error):
    """Both slots have the same files: the release that goes on serving must start with the machine."""
    before = units()

    def fail() -> None:
        with releases._units_of(releases.InstalledRelease("2-new"), "a"):
            assert units() == before | {"a.service": "2", "x.service.d/b.conf": "2"}
            raise error

    with pytest.raises(error):
        fail()
    assert units() == before


def test_rollback_leaves_no_newer_unit(units):
    before = units()
    releases.install_units(releases.RELEASES / "2-new")
    releases.return_units(releases.RELEASES / "1-old")
    assert units() == before


@pytest.mark.parametrize(("serving", "is_refused"), [("a", False), ("b", True)])
def test_folder_of_replaced_release_is_refused(monkeypatch, two_slots, serving, is_refused):
    """The one of 1-old, to change an answer, would put it in the place of 2-new."""
    os.utime(releases.RELEASES / "1-old" / ".complete", (1, 1))
    system.link(releases.CODE / "current", serving)
    monkeypatch.setattr(releases, "identify", lambda source: releases.InstalledRelease("1-old"))
    if is_refused:
        assert "is release 1-old, which 2-new has replaced" in fault(installer._examine_release)
    else:
        installer._examine_release()


def test_half_deleted_release_is_no_release(monkeypatch, two_slots):
    for number in range(3, 9):
        folder = releases.RELEASES / f"{number}-x"
        folder.mkdir()
        (folder / ".complete").touch()
    monkeypatch.setattr(shutil, "rmtree", lambda folder, **words: None)  # killed here
    releases.prune()
    complete = [path.name for path in releases.RELEASES.iterdir() if (path / ".complete").exists()]
    assert {"1-old", "2-new"} <= set(complete)
    assert len(complete) < 8


@pytest.fixture
def written(monkeypatch, tmp_path, answers):
    """A file of settings as the installation writes it, and its lines."""
    monkeypatch.setattr(server_settings, "SETTINGS", tmp_path / "purecode.env")
    monkeypatch.setattr(server_settings, "CONFIG", tmp_path)
    monkeypatch.setattr(server_settings, "read_answers", lambda: answers)
    monkeypatch.setattr(server_settings, "CODE", tmp_path)
    (tmp_path / "current").symlink_to(ROOT)
    lines = [f"{name}={value}" for name, value in wanted_settings(answers).items()]

    def write(*more: str) -> None:
        server_settings.SETTINGS.write_text("\n".join([*lines, *more]) + "\n", encoding="utf-8")

    return write


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("TRUSTED_PROXIES=0", "needs 1: delete the line, then run deploy/install again"),
        ("PUBLIC_URL=http://pay.example.cn", "this installation needs https://pay.example.cn: "),
        ("PURECODE_PRODUCTION=", "is not set, this installation needs 1"),
        ("SURFACES=driver", ": the services have their own: delete the line"),
        ("BEAT_FILE=/tmp/beat", ": the services have their own: delete the line"),
        ("ALLOWED_HOSTS=.shop.cn,pay.example.cn,console.example.cn", " lacks devices.example.cn: add it"),
    ],
)
def test_setting_that_hides_a_service_is_named(written, line, expected):
    written("ALLOWED_HOSTS=pay.example.cn,.Example.cn")
    text = server_settings.SETTINGS.read_text(encoding="utf-8")
    server_settings.SETTINGS.write_text(text.replace("MEMBERS=0\n", ""), encoding="utf-8")
    assert list(server_settings.settings_faults()) == []
    written(line)
    (found,) = server_settings.settings_faults()
    assert found.startswith(f"{line.partition('=')[0]} in {server_settings.SETTINGS}")
    assert expected in found


@pytest.fixture
def own_account(monkeypatch):
    """Let files belong to the account that runs the tests."""
    monkeypatch.setattr(os, "chown", lambda *_: None)
    monkeypatch.setattr(system, "group_id", lambda _: 0)


EDITED = {
    "DISK_PATHS": "/srv/database,/mnt/backups",
    "BACKUP_PATH": "/mnt/backups/purecode",
    "BACKUP_PROOF": "",
    "BACKUP_SLOT": "another",
    "SELFCHECK_PROCESS": "0",
}


@pytest.mark.parametrize("changes", [{}, {"public": "p.example.cn", "members": "m.example.cn"}])
def test_edited_settings_survive_another_installation(written, answers, changes, own_account):
    text = server_settings.SETTINGS
    written()
    text.write_text("".join(f"{name}={EDITED.get(name, value)}\n" for name, value in lines_of(text)))
    wanted = replace(answers, **changes)
    server_settings.set_env(text, server_settings.settings_to_write(wanted))
    found = dict(lines_of(text))
    assert EDITED.items() <= found.items()
    assert {name for name, value in wanted_settings(wanted).items() if found[name] != value} == set(EDITED)
    assert list(server_settings.edited_settings(wanted)) == []


def lines_of(path: Path) -> list[tuple[str, str]]:
    pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
    return [(name, value) for name, _, value in pairs]


def test_edited_setting_that_cannot_stay_is_named(server, written, answers):
    """Before anything is changed: it is neither overwritten nor left where it breaks a service."""
    written("TRUSTED_PROXIES=2")
    assert fault(installer.examine, answers) == (
        f"TRUSTED_PROXIES in {server_settings.SETTINGS} is 2, this installation needs 1:"
        " delete the line, then run deploy/install again"
    )
    assert server_settings.settings_to_write(answers) == {}


def test_former_members_host_can_be_replaced(written, answers):
    written("MEMBERS_URL=https://former.example.cn")
    wanted = replace(answers, members="m.example.cn")
    assert server_settings.settings_to_write(wanted)["MEMBERS_URL"] == "https://m.example.cn"


def test_repeated_setting_is_written_everywhere(tmp_path, own_account):
    path = tmp_path / "purecode.env"
    path.write_text("A=1\nB=2\nA=3\n", encoding="utf-8")
    server_settings.set_env(path, {"A": "4"})
    assert lines_of(path) == [("A", "4"), ("B", "2"), ("A", "4")]


def test_doctor_looks_at_disks_of_settings(monkeypatch, written):
    monkeypatch.setattr(doctor, "SETTINGS", server_settings.SETTINGS)
    monkeypatch.setattr(Path, "is_dir", lambda path: str(path) != "/mnt/none")
    usage = shutil.disk_usage("/")._replace(total=100 * GB)
    free = {"/srv/data": GB}
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=free.get(place, 9 * GB)))
    written("DISK_PATHS=/var/lib, /srv/data,/mnt/none")
    assert [line.partition(":")[0] for line in doctor.disks()] == [
        "The disk of /srv/data has 1024 MB free",
        "/mnt/none is no folder",
    ]


def test_misspelt_setting_is_named(written):
    written("DEPT_DAYS=9", "PGSSLMODE=require", "TZ=UTC", "MERCHANTS_FILE=/x", "DEBT_DAYS=9")
    (found,) = server_settings.misspelt_settings()
    assert found == f"DEPT_DAYS in {server_settings.SETTINGS} is no setting: write DEBT_DAYS"


def test_command_gets_copies_of_its_files(monkeypatch, tmp_path):
    """The application's user can read nothing in /root."""
    monkeypatch.setattr(server_settings, "USER", OWN)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lot.json").write_text("{}", encoding="utf-8")
    (tmp_path / "apply").touch()
    with server_settings._lent_files(("apply", "lot.json", "--dry-run", "out.pdf")) as words:
        assert (words[0], *words[2:]) == ("apply", "--dry-run", "out.pdf")
        assert words[1].endswith("1-lot.json")
        assert Path(words[1]).read_text(encoding="utf-8") == "{}"
    assert not Path(words[1]).exists()


def test_faulty_key_names_its_file():
    found = server_settings.with_places("Settings: PLATE_KEYS: must be id:key (docs/settings.md)")
    assert found.endswith("must be id:key (in /etc/purecode/plate_keys, /etc/purecode/purecode.env)")


def no_space(*_words: object, **_more: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk_leaves_no_half_file(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        system.write(tmp_path / "settings", "text", owner=OWN, group=GROUP)
    assert list(tmp_path.iterdir()) == []


def test_full_disk_stops_the_new_slot(monkeypatch, tmp_path, answers):
    """It is met while nginx's files are written: the new processes run and would start with the machine."""
    asked: list[str] = []
    release = releases.InstalledRelease("2-new")
    monkeypatch.setattr(releases, "CODE", tmp_path)
    monkeypatch.setattr(releases, "active_slot", lambda: "a")
    monkeypatch.setattr(releases, "read_answers", lambda: answers)
    monkeypatch.setattr(releases, "settings_faults", lambda: iter(()))
    monkeypatch.setattr(releases, "services", lambda slot: [f"driver@{slot}"])
    monkeypatch.setattr(releases, "ports", lambda folder, slot: {})
    monkeypatch.setattr(postgres_server, "check", lambda: None)
    monkeypatch.setattr(nginx, "apply", no_space)
    for name in ("follow_nginx", "manage", "install_units", "_start_ready", "settings_digest"):
        monkeypatch.setattr(releases, name, lambda *words, **more: None)
    monkeypatch.setattr(releases, "systemctl", lambda *words: asked.append(" ".join(words)))
    monkeypatch.setattr(releases, "_stop", lambda names: asked.append(f"stop {names[0]}"))
    with pytest.raises(OSError, match="No space"):
        releases.change_over(release)
    assert asked == ["stop driver@b", "enable driver@b", "disable driver@b", "stop driver@b"]


def test_release_that_was_never_completed_is_deleted(monkeypatch, tmp_path):
    monkeypatch.setattr(releases, "RELEASES", tmp_path)
    for name in (".9-half", "9-half", "9-whole"):
        (tmp_path / name).mkdir()
    (tmp_path / "9-whole" / ".complete").touch()
    releases.prune()
    assert [path.name for path in tmp_path.iterdir()] == ["9-whole"]


def test_password_is_on_no_command_line(monkeypatch):
    given = {}

    def take(*words: object, **options: object) -> str:
        given.update(options, words=words)
        return ""

    monkeypatch.setattr(postgres_server, "run", take)
    monkeypatch.setattr(postgres_server, "cluster", lambda: (17, "main", 5432))
    postgres_server.set_password("purecode", "geheim")
    assert "geheim" not in str(given["words"])
    assert "PASSWORD 'geheim'" in given["stdin"]
    assert "log_statement=none" in given["env"]["PGOPTIONS"]


def test_both_roles_log_no_values(elsewhere):
    postgres_server.keep_values_from_log()
    assert all(f"{setting};" in sql for setting in postgres_server.QUIET for sql in elsewhere)
    assert [sql.split()[2] for sql in elsewhere] == ["purecode", "purecode_console"]


def test_quiet_log_is_same_everywhere():
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    assert start.QUIET == postgres_server.QUIET
    for role, setting in itertools.product(
        (postgres_server.NAME, postgres_server.CONSOLE), postgres_server.QUIET
    ):
        assert f"ALTER ROLE {role} SET {setting};" in page


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("manage migrate: ", "The schema is older than the release: purecode manage migrate"),
        ("manage migrate: Settings: DEBT_DAYS: must", "manage migrate: Settings: DEBT_DAYS: must"),
    ],
)
def test_doctor_names_what_stops_a_command(monkeypatch, printed, expected):
    def refuse(*words: str) -> str:
        raise Fault(printed)

    monkeypatch.setattr(postgres_server, "check", lambda: None)
    monkeypatch.setattr(postgres_server, "is_local", lambda: False)
    monkeypatch.setattr(postgres_server, "log_may_hold_values", lambda: False)
    monkeypatch.setattr(doctor, "manage", refuse)
    assert list(doctor.store()) == [expected]


def test_doctor_names_talkative_postgresql(monkeypatch):
    monkeypatch.setattr(postgres_server, "check", lambda: None)
    monkeypatch.setattr(postgres_server, "is_local", lambda: False)
    monkeypatch.setattr(doctor, "manage", lambda *words: "")
    for setting, faults in ((postgres_server.QUIET[0], 0), ("log_error_verbosity = default", 1)):
        shown = ",".join((setting, *postgres_server.QUIET[1:]))
        monkeypatch.setattr(postgres_server, "client_env", dict)
        monkeypatch.setattr(postgres_server, "run", lambda *words, shown=shown, **options: shown + "\n")
        assert len(list(doctor.store())) == faults
