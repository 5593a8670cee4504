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
    own_python,
    postgres_server,
    release_build,
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
http { include conf.d/*.conf; include sites-enabled/*; }
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
    ("state", "refuses"), [("installed", True), ("unpacked", False), ("half-configured", False), ("", True)]
)
def test_nginx_cut_off_in_its_package_is_completed(server, tmp_path, answers, state, refuses):
    program(tmp_path, "nginx", "echo 'open() \"/etc/nginx/nginx.conf\" failed' >&2; exit 1", server)
    program(tmp_path, "dpkg-query", f"printf '{state}'", server)
    server.setattr(os, "geteuid", lambda: 0)
    if refuses:
        assert "nginx has a fault already" in fault(installer.examine, answers)
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


def test_site_that_takes_both_families_is_named(server, tmp_path, answers):
    """nginx -t accepts it, and then nginx cannot bind to IPv4 beside it."""
    text = SITE.replace("NAME", "").replace("443 ssl", "[::]:443 ssl ipv6only=off")
    program(tmp_path, "nginx", f"cat <<'END'\n{text}END", server)
    server.setattr(os, "geteuid", lambda: 0)
    assert fault(installer.examine, answers) == (
        "/etc/nginx/sites-enabled/shop has a site with ipv6only=off, beside which nginx cannot listen on IPv4"
        " for PureCode: write listen 443; listen [::]:443; there, without it, then run this again"
    )


@pytest.mark.parametrize(
    ("written", "is_read"),
    [
        *[("include /etc/nginx/conf.d/*.conf;", True), ("    include conf.d/*;", True)],
        *[("# include conf.d/*.conf;", False), ("include sites-enabled/*;", False)],
    ],
)
def test_nginx_that_reads_no_site_is_named(server, tmp_path, answers, written, is_read):
    text = SITE.replace("http { include conf.d/*.conf; include sites-enabled/*; }", written)
    program(tmp_path, "nginx", f"cat <<'END'\n{text}END", server)
    server.setattr(os, "geteuid", lambda: 0)
    assert nginx.reads_site(text) is is_read
    if not is_read:
        assert fault(installer.examine, answers) == (
            "nginx does not read /etc/nginx/conf.d/purecode.conf: write include /etc/nginx/conf.d/*.conf;"
            " into http { } of /etc/nginx/nginx.conf, then systemctl reload-or-restart nginx"
        )


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


def test_install_command_can_be_typed_anywhere(monkeypatch, tmp_path):
    """Of an installed server: a remedy names the file, for the folder that it came from may be gone."""
    monkeypatch.setattr(system, "CODE", tmp_path)
    assert system.install_command() == "deploy/install"
    (tmp_path / "current/deploy").mkdir(parents=True)
    (tmp_path / "current/deploy/install").touch()
    assert system.install_command() == f"{tmp_path}/current/deploy/install"


def test_unchanged_welcome_page_is_taken_out(monkeypatch, tmp_path):
    """It is the default server of port 80; with another page or an edited site it is in use."""
    site, pages = tmp_path / "default", tmp_path / "html"
    (tmp_path / "available").write_text("server { listen 80 default_server; }\n", encoding="utf-8")
    site.symlink_to("available")
    pages.mkdir()
    (pages / "index.nginx-debian.html").touch()
    monkeypatch.setattr(nginx, "WELCOME", site)
    monkeypatch.setattr(nginx, "WELCOME_PAGES", pages)
    monkeypatch.setattr(nginx, "SITE", tmp_path / "purecode.conf")
    program(tmp_path, "dpkg-query", "echo '/etc/nginx/sites-available/default 0123'", monkeypatch)
    assert not nginx.welcomes()
    program(tmp_path, "dpkg-query", f"md5sum {tmp_path}/available", monkeypatch)
    (pages / "index.html").touch()
    assert not nginx.welcomes()
    (pages / "index.html").unlink()
    assert nginx.welcomes()
    nginx.end_welcome()
    assert not nginx.welcomes()


def test_doctor_notes_who_answers_unknown_names(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "CHECKS", (("unknown names", doctor.unknown_names),))
    monkeypatch.setattr(doctor, "_shown_here", lambda host: b"")
    for answer, welcomes, expected in (
        ("", False, "unknown names ok"),
        ("HTTP", False, "unknown names another site of nginx answers them on port 80 (nginx -T"),
        ("HTTP", True, "unknown names nginx's welcome page answers them on port 80: run deploy/install"),
    ):
        monkeypatch.setattr(nginx, "welcomes", lambda welcomes=welcomes: welcomes)
        monkeypatch.setattr(doctor, "_answer_http", lambda host, answer=answer: answer)
        assert doctor.report() == 0
        assert expected in capsys.readouterr().out


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


@pytest.mark.parametrize("flag", ["--certificate", "--key"])
def test_certificate_without_its_kind_is_named(monkeypatch, flag):
    """It was left out without a word, and certbot was asked instead."""
    words = [
        word for pair in zip(("--public", "--devices", "--console"), HOSTS, strict=True) for word in pair
    ]
    monkeypatch.setattr(installer, "read_answers", Answers)
    given = installer.parser().parse_args([*words, flag, "/root/x"])
    assert fault(installer.choose, given) == "--certificate and --key go with --tls own: add it"
    monkeypatch.setattr(installer, "read_answers", lambda: Answers(tls="own"))
    installer.choose(given)


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


@pytest.mark.parametrize("proxy", [None, "http://proxy.example.cn:3128"])
def test_renewal_without_the_proxy_is_noted(server, tmp_path, answers, capsys, proxy):
    """The timer that renews has no shell, and the certificate would end in three months."""
    for name in ("put_in_place", "run"):
        server.setattr(tls, name, lambda *words: None)
    server.setattr(nginx, "reload", lambda: None)
    server.setattr(tls, "WEBROOT", tmp_path / "acme")
    for name in ("https_proxy", "HTTPS_PROXY"):
        server.delenv(name, raising=False)
    if proxy:
        server.setenv("https_proxy", proxy)
    tls.get_from_acme(replace(answers, tls="acme"))
    assert ("renews without your https_proxy" in capsys.readouterr().err) is bool(proxy)


@pytest.mark.parametrize(
    "url", ["letsencrypt", "http://acme.example.cn/dir", "https://acme .cn/", "https://x"]
)
def test_bad_authority_is_named(server, answers, url):
    assert fault(installer.examine, replace(answers, acme_server=url)).startswith("--acme-server: ")


@pytest.mark.parametrize(
    ("owner", "tables", "ours", "expected"),
    [
        ("shop", "", False, "that belongs to shop: rename or drop it"),
        (
            "purecode",
            "goods, orders",
            False,
            "holds tables of another program (goods, orders): rename or drop it",
        ),
        ("purecode", "auth_user, lots_lot", True, ""),
        ("purecode", "", False, ""),
    ],
)
def test_foreign_database_is_named_before_changes(monkeypatch, owner, tables, ours, expected):
    def answer(sql: str, name: str = "") -> str:
        return "t" if "allowconn" in sql else owner if "datdba" in sql else tables

    monkeypatch.setattr(postgres_server, "as_superuser", answer)
    monkeypatch.setattr(postgres_server, "has_tables", lambda: ours)
    if expected:
        assert expected in fault(postgres_server.examine)
    else:
        postgres_server.examine()


def test_system_programs_are_found(monkeypatch):
    """After `su` without `-` the search path has no folder of system programs."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    system.begin()
    system.begin()
    assert os.environ["PATH"] == "/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


def test_python_of_a_person_is_not_used(monkeypatch):
    """One of pyenv or conda would run for root, and for no service."""
    monkeypatch.setenv("PATH", "/root/.pyenv/shims:/usr/bin:/home/li/bin:/opt/conda/bin:/bin")
    system.begin()
    assert os.environ["PATH"].startswith("/usr/bin:/opt/conda/bin:/bin:/usr/local/sbin")


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs the system's Python")
def test_installer_ignores_tools_of_a_person(tmp_path):
    """A virtual environment, CDPATH and PYTHONPATH of the shell change nothing."""
    (tmp_path / "deploy").mkdir()
    (tmp_path / "argparse.py").write_text("raise SystemExit(9)\n", encoding="utf-8")
    fake = tmp_path / "python3"
    fake.write_text("#!/bin/sh\nexit 9\n", encoding="utf-8")
    fake.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "CDPATH": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    (tmp_path / "linked").symlink_to(ROOT / "deploy" / "install")
    for command in ("deploy/install", tmp_path / "linked"):
        done = subprocess.run([command, "--help"], env=env, cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(b"usage: deploy/install ")


def test_rehearsal_needs_no_root(server, answers):
    """Another user than root sees neither whose a port is nor PostgreSQL's account, and is not stopped."""

    def refuse(*words: object, **_: object) -> str:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    server.setattr(os, "geteuid", lambda: 65534)
    server.setattr(installer, "listener", lambda port: "another program" if port in {80, 443} else None)
    installer.examine(answers)
    server.setattr(postgres_server, "run", refuse)
    server.setattr(postgres_server, "cluster", lambda: (17, "main", 5432))
    assert not postgres_server.is_running()


def test_wildcard_certificate_is_good(tmp_path):
    trial_certificates.issue(tmp_path, ("*.example.cn",))
    assert tls.fault_of(tmp_path / "chain.pem", HOSTS[0], tmp_path / "chain.key") is None
    assert tls.fault_of(tmp_path / "chain.pem", "a.b.example.cn") is not None


def program(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program in front of the system's."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("psql", "expected"),
    [
        (
            'echo \'psql: error: connection to server at "127.0.0.1", port 5432 failed: FATAL:  pg_hba.conf'
            ' rejects connection for host "127.0.0.1", user "purecode"\' >&2; exit 2',
            "above the other lines of pg_hba.conf in /etc/postgresql/17/main write"
            " host all purecode 127.0.0.1/32 scram-sha-256, then systemctl reload postgresql",
        ),
        (
            "echo 'psql: error: failed: Connection refused' >&2; exit 2",
            " does not answer, and it runs on port 5433: in postgresql.conf in /etc/postgresql/17/main set"
            " listen_addresses = 'localhost' and port = 5432, then systemctl restart postgresql",
        ),
        (
            "echo 'psql: error: FATAL:  password authentication failed for user' >&2; exit 2",
            "refuses the password in /etc/purecode/database_url: correct it there",
        ),
        (
            "echo 'psql: error: FATAL:  database \"x\" does not exist' >&2; exit 2",
            'database "x" does not exist',
        ),
        (
            "echo 'psql: error: could not connect' >&2; exit 2",
            "does not answer (systemctl start postgresql): psql: error: could",
        ),
        ("echo '140011|off|default'", "is version 14: 15 or newer is needed"),
        ("echo '170000|on|default'", "is read-only: it is a standby"),
        (
            "echo '170000|on|database'",
            "is read-only: runuser -u postgres -- psql -c 'ALTER DATABASE purecode RESET"
            " default_transaction_read_only' -c 'SELECT pg_reload_conf()' && purecode restart",
        ),
    ],
)
def test_database_fault_names_its_remedy(monkeypatch, tmp_path, psql, expected):
    monkeypatch.setattr(
        postgres_server, "read_secret", lambda name: "postgresql://purecode:x@127.0.0.1:5432/purecode"
    )
    monkeypatch.setattr(postgres_server, "clusters", lambda: [(17, "main", 5433)])
    monkeypatch.setattr(postgres_server, "is_running", lambda: True)
    program(tmp_path, "psql", psql, monkeypatch)
    text = fault(postgres_server.check)
    assert expected in text
    assert text.startswith("PostgreSQL at 127.0.0.1:5432")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (
            'FATAL:  Peer authentication failed for user "postgres"',
            "begin pg_hba.conf in /etc/postgresql/17/",
        ),
        ("fe_sendauth: no password supplied", "begin pg_hba.conf in /etc/postgresql/17/main with local all"),
        ("No such file or directory", "PostgreSQL does not answer (systemctl start postgresql): "),
    ],
)
def test_locked_out_superuser_is_named(monkeypatch, reason, expected):
    def refuse(*words: object, **options: object) -> str:
        raise Fault(f'psql: error: connection to server on socket "/run/.s.PGSQL.5432" failed: {reason}')

    monkeypatch.setattr(postgres_server, "clusters", lambda: [(17, "main", 5432)])
    monkeypatch.setattr(postgres_server, "run", refuse)
    assert expected in fault(postgres_server.as_superuser, "SELECT 1")


@pytest.mark.parametrize(
    "address", ["postgresql://me:a/b@host/db", "postgresql://me:a#b@h/db", "postgresql://me:[x@h/db", "x", ""]
)
def test_password_with_bare_signs_is_named(monkeypatch, address):
    monkeypatch.setattr(postgres_server, "read_secret", lambda name: address)
    text = fault(postgres_server.client_env)
    assert text.startswith("/etc/purecode/database_url must be postgresql://user:password@host:5432/name")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        *[("127.0.0.1", True), ("127.0.0.1:5432", True), ("[::1]:5433", True), ("localhost:5433", True)],
        *[("127.0.0.1:5000", False), ("127.0.0.1:6432", False), ("db.example.cn:5432", False)],
    ],
)
def test_proxy_on_this_server_is_another_database(monkeypatch, tmp_path, place, expected):
    """Behind HAProxy at 127.0.0.1:5000 no database of this server is made, copied or restored."""
    conf = tmp_path / "17" / "main" / "postgresql.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("#port = 5000\nport = 5433  # (change requires restart)\n", encoding="utf-8")
    monkeypatch.setattr(server_settings, "CLUSTERS", tmp_path)
    assert server_settings.is_here(f"postgresql://purecode:x@{place}/purecode") is expected


@pytest.mark.parametrize(
    ("printed", "expected"), [("t", ""), ("f", "has no role purecode_console"), ("", "has no")]
)
def test_missing_console_role_is_named(monkeypatch, tmp_path, printed, expected):
    monkeypatch.setattr(
        postgres_server, "read_secret", lambda name: "postgresql://purecode:x@db.example.cn/purecode"
    )
    program(
        tmp_path,
        "psql",
        f"case \"$*\" in *version*) echo '170000|off|default' ;; *) echo {printed} ;; esac",
        monkeypatch,
    )
    if expected:
        assert expected in fault(postgres_server.check)
    else:
        postgres_server.check()


def test_password_with_signs_is_passed_on(monkeypatch):
    monkeypatch.setattr(
        postgres_server,
        "read_secret",
        lambda name: "postgresql://me:a%40%2F%23%25%3A%27%5C%22@db.example.cn/db",
    )
    assert postgres_server.client_env()["PGPASSWORD"] == "a@/#%:'\\\""
    assert "a%40%2F%23" in postgres_server.with_name("other")


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b'A=1\nB="x', "line 2: the value of B has no closing quote"), (b"A=\xd0\xc2", "not written in UTF-8")],
)
def test_damaged_settings_are_named(tmp_path, text, expected):
    path = tmp_path / "purecode.env"
    path.write_bytes(text)
    assert expected in fault(server_settings.read_env, path)


@pytest.mark.parametrize(
    "read", [server_settings.has_own_database, lambda: server_settings.read_secret("database_url")]
)
def test_secret_of_another_encoding_is_named(monkeypatch, tmp_path, read):
    (tmp_path / "database_url").write_bytes("postgresql://purecode:密@127.0.0.1/purecode".encode("gbk"))
    monkeypatch.setattr(server_settings, "CONFIG", tmp_path)
    assert "not written in UTF-8" in fault(read)


@pytest.mark.parametrize("end", [EOFError(), UnicodeDecodeError("utf-8", b"\xd0", 0, 1, "")])
def test_question_without_an_answer_is_named(monkeypatch, end):
    def ended(_question):
        raise end

    monkeypatch.setattr("builtins.input", ended)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert "--public is missing" in fault(installer._ask, "public", "Host name", "own")


def test_wrong_answer_is_asked_again(monkeypatch, capsys):
    typed = iter(["https://pay.example.cn/", "pay", "pya.example.cn", " Pay.Example.cn "])
    wrong = "pya.example.cn does not resolve"
    monkeypatch.setattr(installer, "lookup_fault", lambda host: wrong if host.startswith("pya") else None)
    monkeypatch.setattr("builtins.input", lambda question: next(typed))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert installer._ask("public", "Host name", "acme") == "pay.example.cn"
    assert capsys.readouterr().out.splitlines() == [
        "--public: 'https://pay.example.cn/' is not a host name such as pay.example.cn",
        "--public: 'pay' is not a host name such as pay.example.cn",
        wrong,
    ]
    typed = iter(["it", "it@example.cn"])
    assert installer._ask("email", "Address", "acme") == "it@example.cn"
    typed = iter(["pya.example.cn"])
    assert installer._ask("public", "Host name", "own") == "pya.example.cn"  # a note names it later


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"', '{"public": 1}'])
def test_damaged_answers_are_named_or_empty(monkeypatch, tmp_path, text):
    path = tmp_path / "install.json"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(server_settings, "ANSWERS", path)
    if text == '{"public": 1}':
        assert server_settings.read_answers() == Answers()
    else:
        assert "cannot be read" in fault(server_settings.read_answers)


def test_shell_does_not_matter(tmp_path):
    """A closed umask and a Chinese locale of another encoding change neither modes nor bytes."""
    script = (
        "import sys, pathlib; from deploy import system; system.begin();"
        f" system.write(pathlib.Path({str(tmp_path)!r}, 'a', 'b'), '浦江', owner='{OWN}', group='{GROUP}');"
        " system.say('浦江'); system.say(system.run('echo', '浦江'))"
    )
    done = subprocess.run(
        ["sh", "-c", f'umask 077; exec "{sys.executable}" -c "$0"', script],
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "latin-1:strict", "PYTHONCOERCECLOCALE": "0"},
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"\\u6d66\\u6c5f\n" + b"\\u6d66\\u6c5f\n\n"
    assert (tmp_path / "a" / "b").read_text(encoding="utf-8") == "浦江"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755


@pytest.fixture
def source(monkeypatch, tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "purecode-parking"\nversion = "9"\n', encoding="utf-8"
    )
    monkeypatch.setattr(release_build, "RELEASES", tmp_path / "releases")
    return folder


@pytest.mark.parametrize("stage", ["copy", "packages"])
def test_full_disk_leaves_no_half_release(monkeypatch, source, stage):
    def full(*words: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/root/x", None, "/opt/purecode/releases/x")

    monkeypatch.setattr(
        *((release_build.shutil, "copy2") if stage == "copy" else (release_build, "_install_packages")), full
    )
    with pytest.raises(OSError, match="No space left") as caught:
        release_build.build(source)
    assert list(release_build.RELEASES.iterdir()) == []
    assert system.line_of(caught.value) == (
        "No space left on device (/opt/purecode/releases/x):"
        " delete files or enlarge the disk, then run this again"
    )


def test_half_release_is_built_again(monkeypatch, source):
    half = release_build.RELEASES / release_build.identify(source).name
    half.mkdir(parents=True)
    (half / "leftover").touch()
    monkeypatch.setattr(release_build, "_install_packages", lambda folder, **options: None)
    built = release_build.build(source).folder
    assert sorted(path.name for path in built.iterdir()) == [".complete", "pyproject.toml"]


def test_release_without_its_python_is_mended(monkeypatch, source):
    """Debian's next version removes the Python that the packages are of; the release's folder stays."""
    made = []
    monkeypatch.setattr(release_build, "_install_packages", lambda folder, **options: made.append(folder))
    release = release_build.build(source)
    for name in ("bin/python", "stamp"):
        (release.folder / ".venv" / name).parent.mkdir(parents=True, exist_ok=True)
        (release.folder / ".venv" / name).touch()
    assert release_build.is_complete(release)
    assert release_build.identify(release.folder) == release
    release_build.build(source)
    assert len(made) == 1
    (release.folder / ".venv/bin/python").unlink()
    assert not release_build.is_complete(release)
    release_build.build(release.folder)  # as deploy/install in /opt/purecode/current does
    assert made == [release.folder] * 2
    assert (release.folder / "pyproject.toml").exists()


@pytest.fixture
def old_python(monkeypatch, tmp_path: Path) -> Path:
    """A server whose Python is too old; the folder for a newer one."""
    monkeypatch.setattr(own_python, "has_python", lambda: False)
    monkeypatch.setattr(own_python, "PYTHON", tmp_path / "python")
    return tmp_path / "python"


def test_python_that_cannot_be_fetched_is_named(monkeypatch, source, old_python):
    """Debian 12 has Python 3.11; the newer one comes from outside."""

    def run(*words: object, **more: object) -> str:
        if "python" in words:
            raise Fault("uv: error: Failed to connect")
        return ""

    monkeypatch.setattr(own_python, "run", run)
    text = fault(release_build.build, source)
    assert "deploy/install --python FILE" in text
    assert "UV_PYTHON_INSTALL_MIRROR" in text
    assert "Failed to connect" in text
    assert list(release_build.RELEASES.iterdir()) == []


def archive_of_python(folder: Path, text: str) -> Path:
    """Return an archive laid out as those of python-build-standalone."""
    (folder / "bin").mkdir(parents=True)
    for name in ("python3.13", "python3"):
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (folder / "bin" / name).chmod(0o777)
    with tarfile.open(folder.parent / "python.tar.gz", "w:gz") as archive:
        archive.add(folder, "python")
    return folder.parent / "python.tar.gz"


def test_python_is_brought_by_hand(old_python, tmp_path):
    """In a closed network: its archive is unpacked once, and all accounts may run it."""
    archive = archive_of_python(tmp_path / "made", "echo 3.13.2")
    program = own_python.bring_python(tmp_path, archive)
    assert program == old_python / "cpython-3.13.2-given/bin/python3"
    assert program.stat().st_mode & 0o777 == 0o755
    assert own_python.bring_python(tmp_path) == program
    assert [path.name for path in old_python.iterdir()] == ["cpython-3.13.2-given"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("echo 3.9.2", "(it is Python 3.9.2): take cpython-3.13."),
        ("echo 'cannot execute' >&2; exit 126", "(python3: cannot execute): take cpython-3.13."),
        (None, "(tar: "),
    ],
    ids=["too old", "of another machine", "garbage"],
)
def test_unfit_archive_of_python_is_named(old_python, tmp_path, text, expected):
    archive = tmp_path / "garbage.tar.gz"
    archive.write_bytes(b"garbage")
    if text:
        archive = archive_of_python(tmp_path / "made", text)
    named = fault(own_python.bring_python, tmp_path, archive)
    assert named.startswith(f"--python: {archive} holds no Python 3.12 to 3.14 for this server")
    assert expected in named
    assert list(old_python.iterdir()) == []


def test_unreachable_python_stops_before_changes(server, answers, old_python, tmp_path):
    """uv tries for minutes, and by then a database and keys would be there."""
    server.setenv("UV_PYTHON_INSTALL_MIRROR", "http://127.0.0.1:9/python")
    assert "http://127.0.0.1:9/python has none to give (" in fault(installer.examine, answers)
    for unfit in (tmp_path / "none", Path(answers.certificate)):
        assert fault(installer.examine, answers, unfit).startswith(f"--python: {unfit} holds no Python")
    installer.examine(answers, archive_of_python(tmp_path / "made", "exit 1"))
    titles = [step.title for step in installer.steps(answers, python=tmp_path / "none")]
    assert f"bring a newer Python into {old_python}, from {tmp_path / 'none'}" in titles
    server.setattr(own_python, "has_python", lambda: True)
    installer.examine(answers)


def test_foreign_source_is_refused(source):
    (source / "pyproject.toml").write_text('[project]\nname = "other"\nversion = "9"\n', encoding="utf-8")
    assert "is not a PureCode source folder" in fault(release_build.identify, source)


def test_rehearsal_names_what_changes(server, capsys, monkeypatch, tmp_path, source, answers):
    """Also what is written besides files of its own, and what happens after the last step."""
    for name in ("CONFIG", "INVITED"):
        monkeypatch.setattr(installer, name, tmp_path / "none")
    monkeypatch.setattr(installer, "choose", lambda arguments: answers)
    monkeypatch.setattr(installer, "_is_done", lambda step: False)
    assert installer.main(["--dry-run", "--staging"]) == 0
    printed = capsys.readouterr().out
    for text in ("max_connections = 200", "max_slot_wal_keep_size", "/etc/systemd/system/purecode-*"):
        assert text in printed
    for text in ("/etc/nginx/conf.d/purecode.conf", "purecode_console", "replication slot"):
        assert text in printed
    assert "would print an invitation for the first owner, owner" in printed
    assert "would turn staging mode on" in printed


def test_interrupted_installation_goes_on(capsys, monkeypatch, answers):
    done: list[str] = []

    def step(title: str, *, fails: bool = False) -> installer.InstallStep:
        def act() -> None:
            if fails and title not in broken:
                broken.append(title)
                raise Fault("the network is away")
            done.append(title)

        return installer.InstallStep(title, lambda: title in done, act)

    broken: list[str] = []
    todo = [step("one"), step("two", fails=True), step("three")]
    monkeypatch.setattr(installer, "steps", lambda answers, **more: todo)
    with pytest.raises(Fault, match="the network is away"):
        installer.install(answers, dry=False)
    installer.install(answers, dry=False)
    assert done == ["one", "two", "three"]
    assert "[1/3] done already: one" in capsys.readouterr().out


def test_work_goes_on_without_a_reader():
    """As in `purecode doctor | head -1`."""
    script = "from deploy import system; [system.say('line') for _ in range(9999)]; system.run('true')"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'"{sys.executable}" -c "$0" | head -1', script],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"line\n", b"")


def test_work_goes_on_without_a_connection():
    """As where ssh breaks in the middle of an upgrade."""
    script = (
        "import os, signal; from deploy.system import begin; begin(); os.kill(os.getpid(), signal.SIGHUP)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_work_goes_on_with_a_full_log():
    """As in `purecode upgrade … >/var/log/upgrade.log` where the disk of /var/log is full."""
    script = "from deploy import system; system.say('line'); system.say('line'); system.run('true')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_installed_packages_are_closed_to_changes(tmp_path):
    (tmp_path / "lib").mkdir(mode=0o700)
    (tmp_path / "lib" / ".lock").touch()
    (tmp_path / "lib" / ".lock").chmod(0o666)
    own_python.make_readable(tmp_path)
    assert (tmp_path / "lib" / ".lock").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "lib").stat().st_mode & 0o777 == 0o755


UNIT = "purecode-driver@a"
WRITTEN = """Started purecode-driver@a.service - PureCode, the drivers' pages (slot a).
[INFO] Starting granian (main PID: 41)
Settings: DEBT_DAYS: must be a number of days from 0 to 3650
[ERROR] Unexpected exit from worker-1
[ERROR] Worker crash loop detected, exiting
[INFO] Granian shutdown completed, see ya!
purecode-driver@a.service: Main process exited, code=exited, status=1/FAILURE
purecode-driver@a.service: Failed with result 'exit-code'.
purecode-driver@a.service: Scheduled restart job, restart counter is at 7.
Started purecode-driver@a.service - PureCode, the drivers' pages (slot a).
[WARNING] Configuration allows spawning up to 16 Python threads, which seems quite high
[INFO] Starting granian (main PID: 52)
"""
WITHOUT_FILE = """purecode-driver@a.service: Failed to load environment files: No such file or directory
purecode-driver@a.service: Failed to spawn 'start' task: No such file or directory
purecode-driver@a.service: Failed with result 'resources'.
purecode-driver@a.service: Scheduled restart job, restart counter is at 3.
"""

OUT_OF_MEMORY = """{"event": "reconnection attempt failed", "level": "warning"}
purecode-driver@a.service: A process of this unit has been killed by the OOM killer.
[ERROR] Unexpected exit from worker-1
[INFO] Granian shutdown completed, see ya!
purecode-driver@a.service: Failed with result 'oom-kill'.
purecode-driver@a.service: Scheduled restart job, restart counter is at 1.
Started purecode-driver@a.service - PureCode, the drivers' pages (slot a).
"""


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (OUT_OF_MEMORY, "A process of this unit has been killed by the OOM killer."),
        (
            WRITTEN,
            "Settings: DEBT_DAYS: must be a number of days from 0 to 3650 (in /etc/purecode/purecode.env)",
        ),
        (WITHOUT_FILE, "Failed to load environment files: No such file or directory"),
        ("", "it writes nothing"),
    ],
)
def test_reason_is_named_not_the_restart(monkeypatch, tmp_path, written, expected):
    (tmp_path / "journal").write_text(written)
    program(tmp_path, "journalctl", f"cat {tmp_path}/journal", monkeypatch)
    assert releases.reason(UNIT).endswith(expected)


@pytest.mark.parametrize(
    ("count", "seconds", "active", "expected"),
    [
        (0, 3, True, "running"),
        (7, 3, True, "RESTARTING"),
        (7, 3, False, "RESTARTING"),
        (1, 3600, True, "running"),
        (0, 3600, False, "STOPPED"),
    ],
)
def test_restarting_service_is_not_running(monkeypatch, tmp_path, count, seconds, active, expected):
    show = f"NRestarts={count}\\nActiveEnterTimestampMonotonic=5000000000"
    act = f'case $1 in show) printf "{show}\n" ;; is-active) {"true" if active else "false"} ;; esac'
    program(tmp_path, "systemctl", act, monkeypatch)
    monkeypatch.setattr(system.time, "monotonic", lambda: 5000.0 + seconds)
    assert releases.state(UNIT) == expected


def test_former_sandbox_stops_before_next_starts(monkeypatch, tmp_path):
    """Both listen on one port: the next one would end, and be started again until the former is gone."""
    running, acts = {"purecode-sandbox@a"}, []

    def systemctl(act, *units):
        acts.append((act, *units))
        {"start": running.update, "stop": running.difference_update}.get(act, list)(units)

    (tmp_path / "staging").touch()
    monkeypatch.setattr(releases, "STAGING", tmp_path / "staging")
    monkeypatch.setattr(releases, "read_answers", lambda: Answers("pay.example.cn"))
    monkeypatch.setattr(releases, "in_slot", lambda slot: None)
    monkeypatch.setattr(releases, "systemctl", systemctl)
    monkeypatch.setattr(releases, "is_active", running.__contains__)
    monkeypatch.setattr(releases, "is_stopped", lambda unit: unit not in running)
    releases._settle("b")
    assert acts.index(("stop", "purecode-sandbox@a")) < acts.index(("start", "purecode-sandbox@b"))


@pytest.mark.parametrize("command", [["backup"], ["restart"]])
def test_stopped_postgresql_changes_nothing(monkeypatch, tmp_path, capsys, command):
    """It is named at once; no service is stopped or started for it."""
    refused = 'psql: error: connection to server at "127.0.0.1", port 5432 failed: Connection refused'
    program(tmp_path, "psql", f"echo '{refused}' >&2; exit 2", monkeypatch)
    program(tmp_path, "systemctl", f"touch {tmp_path}/changed", monkeypatch)
    address = "postgresql://purecode:x@127.0.0.1:5432/purecode"
    monkeypatch.setattr(postgres_server, "read_secret", lambda name: address)
    monkeypatch.setattr(releases, "in_slot", lambda slot: release_build.InstalledRelease("1.0-abc"))
    monkeypatch.setattr(cli, "need_root", lambda: None)
    monkeypatch.setattr(system, "LOCK", tmp_path / "lock")
    for name in ("FOLDER", "KEYS_FOLDER"):
        monkeypatch.setattr(backup, name, tmp_path / "backups" / name)
    assert cli.main(command) == 1
    assert capsys.readouterr().out == (
        "purecode: PostgreSQL at 127.0.0.1:5432 does not answer (systemctl start postgresql): "
        + refused
        + "\n"
    )
    assert not (tmp_path / "changed").exists()
    assert not (tmp_path / "backups").exists()


def test_status_names_stopped_postgresql(monkeypatch, capsys):
    def refuse(*words: object) -> None:
        raise Fault("PostgreSQL does not answer")

    monkeypatch.setattr(cli, "active_slot", lambda: "a")
    monkeypatch.setattr(releases, "in_slot", lambda slot: release_build.InstalledRelease("1.0-abc"))
    monkeypatch.setattr(releases, "services", lambda slot: [])
    monkeypatch.setattr(cli, "_continuous", lambda: "running")
    monkeypatch.setattr(postgres_server, "check", refuse)
    assert cli.status(cli.parser().parse_args(["status"])) == 1
    assert capsys.readouterr().out.endswith("Database     PostgreSQL does not answer\n")


def test_full_disk_of_a_program_has_a_remedy(tmp_path, monkeypatch):
    """tar ends with a line of its own that says nothing."""
    program(
        tmp_path,
        "tar",
        "echo 'tar: x: No space left on device' >&2; echo 'tar: Exiting' >&2; exit 2",
        monkeypatch,
    )
    expected = "tar: x: No space left on device: delete files or enlarge the disk, then run this again"
    assert fault(system.run, "tar") == expected
    monkeypatch.setattr(own_python, "PYTHON", tmp_path / "python")
    assert fault(own_python.bring_python, tmp_path, tmp_path / "python.tar.gz") == expected
    migrated = subprocess.CompletedProcess([], 1, "", "CommandError: x: No space left on device\n")
    monkeypatch.setattr(server_settings, "_manage", lambda *words, **more: migrated)
    assert fault(server_settings.manage, "migrate").endswith("the disk, then run this again")


def test_backup_without_room_names_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(system, "free_bytes", lambda place: 3 * 1024**2)
    system.need_room(tmp_path, 3 * 1024**2, "the database")
    expected = f"{tmp_path} has 3 MB free, the database has 4 MB: delete files or enlarge the disk"
    assert fault(system.need_room, tmp_path, 4 * 1024**2, "the database").startswith(expected)


def test_first_error_is_the_cause():
    printed = (
        "pg_restore: error: could not execute query: ERROR:  deadlock detected\n"
        "Command was: ALTER TABLE x\n\npg_restore: error: a worker process died unexpectedly\n"
    )
    with pytest.raises(Fault, match="deadlock detected"):
        system.run("sh", "-c", f"echo '{printed}' >&2; exit 1")
    printed = (
        "2026/11/30 02:57:36 [emerg] 5#5: unknown directive x in /etc/nginx/shop:3\nnginx: … test failed"
    )
    with pytest.raises(Fault, match=r"^sh: unknown directive x in /etc/nginx/shop:3$"):
        system.run("sh", "-c", f"echo '{printed}' >&2; exit 1")
    with pytest.raises(Fault, match="sh: the last line"):
        system.run("sh", "-c", "echo 'the first\nthe last line' >&2; exit 1")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (socket.EAI_NONAME, " does not resolve: add it to your DNS with the address of this server"),
        (socket.EAI_AGAIN, " cannot be looked up: this server's resolver does not answer (/etc/resolv.conf)"),
    ],
)
def test_doctor_names_unresolved_host(monkeypatch, answers, number, expected):
    def fail(*words: object) -> None:
        raise socket.gaierror(number, "x")

    monkeypatch.setattr(doctor, "read_answers", lambda: answers)
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert list(doctor.names()) == [f"{host}{expected}" for host in HOSTS]


@pytest.mark.parametrize(("days", "expected"), [(90, []), (5, ["expires in"]), (-1, ["expired on"])])
def test_doctor_names_certificate_that_ends(monkeypatch, tmp_path, answers, days, expected):
    monkeypatch.setattr(tls, "AUTHORITIES", trial_certificates.issue(tmp_path, HOSTS, days=days))
    monkeypatch.setattr(doctor, "read_answers", lambda: answers)
    one = {"pay": (tmp_path / "chain.pem", tmp_path / "chain.key")}
    monkeypatch.setattr(tls, "pairs", lambda answers: one)
    found = list(doctor.certificates())
    assert len(found) == len(expected)
    assert all(words in line for words, line in zip(expected, found, strict=True))


def test_doctor_names_incomplete_chain(monkeypatch, tmp_path, answers):
    """The authority is known, what stands between it and the certificate is not: phones reject that."""
    between = trial_certificates.issue(tmp_path, HOSTS)
    leaf = (tmp_path / "chain.pem").read_bytes()
    monkeypatch.setattr(doctor, "read_answers", lambda: replace(answers, tls="own"))
    monkeypatch.setattr(
        tls, "pairs", lambda answers: {"pay": (tmp_path / "chain.pem", tmp_path / "chain.key")}
    )
    monkeypatch.setattr(tls, "AUTHORITIES", tmp_path / "known.crt")
    assert list(doctor.certificates()) == []  # the server knows no authorities
    tls.AUTHORITIES.write_bytes((Path(ssl.get_default_verify_paths().openssl_cafile)).read_bytes())
    assert "lacks the certificate of Test authority" in next(doctor.certificates())
    (tmp_path / "chain.pem").write_bytes(leaf + between.read_bytes())
    assert list(doctor.certificates()) == []


@pytest.fixture
def https(monkeypatch, tmp_path, answers):
    """A server that shows this certificate, in place of the one at port 443 of each name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(answers.certificate, answers.key)
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = server.accept()
                with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True):
                    pass

    threading.Thread(target=serve, daemon=True).start()
    connect = socket.create_connection
    port = server.getsockname()[1]
    monkeypatch.setattr(
        socket, "create_connection", lambda address, timeout: connect(("127.0.0.1", port), timeout)
    )
    lead_to(monkeypatch, "192.0.2.7")
    monkeypatch.setattr(doctor, "read_answers", lambda: answers)
    yield tmp_path
    server.close()


def lead_to(monkeypatch: pytest.MonkeyPatch, *places: str) -> None:
    """Let each host name have these addresses."""
    found, resolve = [(0, 0, 0, "", (place, 443)) for place in places], socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *words, **more: found if host in HOSTS else resolve(host, *words, **more),
    )


def test_doctor_finds_the_names_at_home(monkeypatch, https, answers, pair):
    monkeypatch.setattr(tls, "pairs", lambda answers: dict.fromkeys(answers.hosts, pair))
    assert list(doctor.addresses()) == []


def renewed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let the server's files hold another certificate than the one that it shows."""
    trial_certificates.issue(folder, HOSTS, name="other")
    other = folder / "other.pem", folder / "other.key"
    monkeypatch.setattr(tls, "pairs", lambda answers: dict.fromkeys(answers.hosts, other))


def test_doctor_names_certificate_not_in_use(monkeypatch, https, answers):
    renewed(monkeypatch, https)
    assert next(doctor.addresses()) == (
        "nginx still serves an older certificate for pay.example.cn: systemctl reload nginx"
    )
    assert not tls.is_shown(answers)


def test_doctor_names_another_server(monkeypatch, https, answers):
    renewed(monkeypatch, https)
    monkeypatch.setattr(nginx, "has_proxy_in_front", lambda: False)
    with monkeypatch.context() as here:
        here.setattr(doctor, "_shown_here", lambda host: b"")
        assert list(doctor.addresses()) == [
            f"{host} leads to another server (192.0.2.7): correct its address in your DNS, or if that is a"
            " proxy in front of this one, see docs/install.md#behind"
            for host in HOSTS
        ]
        here.setattr(doctor, "_is_own", lambda address: True)
        expected = "pay.example.cn is answered by another site of this server, at 192.0.2.7: nginx -T | grep"
        assert next(doctor.addresses()).startswith(expected)
    monkeypatch.setattr(tls, "is_for", lambda der, host: False)
    assert next(doctor.addresses()).startswith("pay.example.cn is answered by another site of this server: ")


@pytest.mark.parametrize(
    ("answer", "proof", "expected"),
    [
        ("HTTP/1.1 301\r\nLocation: https://HOST/\r\n", "HTTP/1.1 404 Not Found\r\n", None),
        ("", "", None),  # nginx does not run, which is another line
        (
            "HTTP/1.1 404\r\n",
            "",
            "http://pay.example.cn/ is answered by another site of this server: nginx -T",
        ),
        (
            "HTTP/1.1 301\r\nLocation: https://HOST/\r\n",
            "HTTP/1.1 403 Forbidden\r\n",
            "nginx cannot read /var/lib/purecode-acme, so certificates end: chmod -R go+rX",
        ),
    ],
)
def test_doctor_asks_each_name_without_tls(monkeypatch, answers, answer, proof, expected):
    """A site that takes a name on port 80 goes unnoticed until certbot renews."""
    monkeypatch.setattr(doctor, "read_answers", lambda: replace(answers, tls="acme"))
    monkeypatch.setattr(
        doctor,
        "_answer_http",
        lambda host, path="/": answer.replace("HOST", host) if path == "/" else proof,
    )
    found = next(doctor.plain_http(), None)
    assert found is None if expected is None else found.startswith(expected)


def test_proxy_in_front_has_its_certificate(monkeypatch, https, answers):
    """Where nginx takes clients' addresses from it (docs/install.md#behind), that is no fault."""
    renewed(monkeypatch, https)
    for written, faults in (("set_real_ip_from 10.0.0.0/24;", 0), ("# set_real_ip_from 10.0.0.0/24;", 3)):
        program(https, "nginx", f"echo '{written}'", monkeypatch)
        assert len(list(doctor.addresses())) == faults


def test_doctor_asks_each_address_of_a_name(monkeypatch, tmp_path, answers, pair):
    """The IPv4 address is this server's; the AAAA record has another one, which most phones take first."""
    monkeypatch.setattr(doctor, "read_answers", lambda: answers)
    monkeypatch.setattr(tls, "pairs", lambda answers: {"pay": pair})
    lead_to(monkeypatch, "192.0.2.7", "2001:db8::9")

    def shown(host: str, *, address: str) -> bytes:
        if ":" in address:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return tls.in_der(pair[0])

    monkeypatch.setattr(tls, "shown_at", shown)
    (found,) = doctor.addresses()
    assert "at 2001:db8::9 (Network is unreachable): delete its AAAA record, or let" in found
    trial_certificates.issue(tmp_path, ("old.example.cn",), name="old")
    monkeypatch.setattr(
        tls,
        "shown_at",
        lambda host, address: tls.in_der(tmp_path / "old.pem" if ":" in address else pair[0]),
    )
    monkeypatch.setattr(doctor, "_is_own", lambda address: False)
    (found,) = doctor.addresses()
    assert found.startswith("pay.example.cn leads to another server (2001:db8::9): correct its address in")


def test_doctor_names_closed_ports(monkeypatch, answers, pair):
    monkeypatch.setattr(doctor, "read_answers", lambda: answers)
    monkeypatch.setattr(tls, "pairs", lambda answers: dict.fromkeys(answers.hosts, pair))
    lead_to(monkeypatch, "192.0.2.7")
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    monkeypatch.setattr(socket, "create_connection", lambda *words, **more: (_ for _ in ()).throw(refused))
    found = list(doctor.addresses())
    assert len(found) == 3
    assert "cannot be reached from here" in found[1]
    assert "devices.example.cn" in found[1]
    assert "\n" not in found[1]


def test_doctor_looks_at_disks_of_postgresql(monkeypatch, tmp_path):
    """The changes often have a disk of their own, and PostgreSQL ends where that one is full."""
    changes = tmp_path / "17" / "main" / "pg_wal"
    changes.mkdir(parents=True)
    line = f"17 main 5432 online postgres {changes.parent} /var/log/postgresql/x.log"
    program(tmp_path, "pg_lsclusters", f"echo '{line}'", monkeypatch)
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(doctor, "_disk", str)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda place: usage._replace(free=9 if place == str(changes) else usage.total)
    )
    assert f"The disk of {changes} has 0 MB free: delete files or enlarge it" in list(doctor.disks())


@pytest.mark.parametrize(
    ("flag", "place", "expected"),
    [
        (os.ST_RDONLY, "/srv", "The disk of /srv can only be read, as after a fault of it"),
    ],
)
def test_doctor_names_how_a_disk_is_mounted(monkeypatch, flag, place, expected):
    monkeypatch.setattr(doctor, "_files_left", lambda place: (0, 0))
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(1, 0, 9 * GB))
    monkeypatch.setattr(doctor, "_has_flag", lambda place, each: each == flag)
    (found,) = doctor._faults_of_disk(place)
    assert found.startswith(expected)


def test_doctor_names_full_disk(monkeypatch):
    usage = shutil.disk_usage("/")._replace(total=100 * GB, free=GB)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    monkeypatch.setattr(doctor, "_disk", lambda place: 1)  # all folders are on one
    monkeypatch.setattr(doctor, "_files_left", lambda place: (7, 10**6))
    monkeypatch.setattr(doctor, "_has_flag", lambda place, flag: False)
    free, files = doctor.disks()
    assert "has 1024 MB free: delete files or enlarge it" in free
    assert "has room for 7 more files (df -i)" in files


@pytest.fixture
def serving(monkeypatch, answers):
    """Slot a serves, and all is well; a test takes one thing away."""
    monkeypatch.setattr(doctor, "read_answers", lambda: answers)
    monkeypatch.setattr(releases, "services", lambda slot: ["purecode-worker@a"])
    monkeypatch.setattr(releases, "in_slot", lambda slot: release_build.InstalledRelease("1.0-00000000"))
    monkeypatch.setattr(releases, "ports", lambda folder, slot: {})
    monkeypatch.setattr(nginx, "sends_to", lambda *words: True)
    monkeypatch.setattr(postgres_server, "is_local", lambda: True)
    for name in ("is_active", "is_enabled"):
        monkeypatch.setattr(doctor, name, lambda unit: True)
    monkeypatch.setattr(doctor, "succeeds", lambda *words, **options: True)
    monkeypatch.setattr(doctor, "has_failed", lambda unit: False)
    monkeypatch.setattr(doctor, "run", lambda *words: f"include {nginx.SITE.parent}/*.conf;")
    monkeypatch.setattr(doctor, "starting", lambda unit, words="start": f"systemctl {words} {unit}")
    monkeypatch.setattr(releases, "edited_units", lambda folder: [])
    monkeypatch.setattr(doctor, "restarts", lambda unit: 0)
    return monkeypatch


def test_doctor_names_what_does_not_start_again(serving):
    assert list(doctor._not_started_with_machine("a")) == []
    serving.setattr(doctor, "is_enabled", lambda unit: unit in {"nginx", "wal-purecode"})
    assert list(doctor._not_started_with_machine("a")) == [
        "Not started with this server: systemctl enable purecode-worker@a",
        *(f"{unit} is turned off: systemctl enable --now {unit}" for unit in releases.TIMERS),
    ]


def test_doctor_unmasks_before_it_starts(serving, tmp_path, monkeypatch):
    program(tmp_path, "systemctl", "echo masked", monkeypatch)
    serving.setattr(doctor, "starting", system.starting)
    for name in ("is_active", "is_enabled"):
        serving.setattr(doctor, name, lambda unit: False)
    unit = "purecode-worker@a"
    expected = f"{unit} does not run: systemctl unmask {unit} && systemctl start {unit}, then purecode logs"
    assert next(doctor._services_of("a")).startswith(expected)
    asleep = next(doctor._not_started_with_machine("a"))
    assert f"systemctl unmask {unit} && systemctl enable {unit} && systemctl unmask nginx" in asleep


def test_doctor_names_edited_nginx_files(serving):
    assert list(doctor._nginx("a")) == []
    serving.setattr(nginx, "sends_to", lambda *words: False)
    (found,) = doctor._nginx("a")
    assert found.endswith("was changed: purecode restart writes them again")
    serving.setattr(doctor, "run", lambda *words: "")
    assert next(doctor._nginx("a")).startswith("nginx does not read /etc/nginx/conf.d/purecode.conf: write")
    serving.setattr(doctor, "run", lambda *words: (_ for _ in ()).throw(Fault("nginx: line 1")))
    assert next(doctor._nginx("a")).startswith("nginx would not start again: nginx -t")


def test_doctor_names_worker_that_hangs(serving, tmp_path):
    beat = tmp_path / "worker.beat"
    serving.setattr(doctor, "BEAT", beat)
    assert list(doctor._services_of("a")) == []  # its first start
    beat.touch()
    assert list(doctor._services_of("a")) == []
    os.utime(beat, (0, 0))
    expected = "purecode-worker@a runs and does nothing: systemctl restart purecode-worker@a"
    assert list(doctor._services_of("a")) == [expected]


def test_doctor_names_files_of_wrong_owner(serving, tmp_path):
    for name, value in (("CONFIG", tmp_path), ("STATE", tmp_path), ("BEAT", tmp_path), ("USER", OWN)):
        serving.setattr(doctor, name, value)
    serving.setattr(doctor, "active_slot", lambda: "a")
    key = tmp_path / "plate_keys"
    key.touch(mode=0o600)
    key_is_roots = os.getuid() == 0
    assert bool(list(doctor.files())) is not key_is_roots
    key.chmod(0o644)
    found = next(doctor.files())
    assert found == f"{key} is open to other accounts: chown root:root {key} && chmod 600 {key}"
    serving.setattr(doctor, "user_id", lambda name: os.getuid() + 1)
    serving.setattr(doctor, "succeeds", lambda *words, **options: False)
    assert [line.partition(":")[0] for line in doctor.files()][1:] == [
        f"Services cannot write to {tmp_path}",
        "Services cannot read /opt/purecode",
    ]


def test_doctor_names_secrets_open_to_all(serving, tmp_path, pair):
    """Each folder above counts: a file that all may read is closed in a closed one."""
    key = pair[1]
    assert not system.is_open(key)
    serving.setattr(system.Path, "parents", property(lambda path: []))
    assert system.is_open(key) is bool(key.stat().st_mode & 0o004)
    key.chmod(0o644)
    serving.setattr(tls, "pairs", lambda answers: {"pay": pair})
    assert list(doctor.certificates())[-1] == f"Every account of this server can read {key}: chmod o= {key}"
    copy = tmp_path / "keys.tar.gz"
    copy.touch(mode=0o644)
    copy.chmod(0o644)
    serving.setattr(backup, "KEYS_FOLDER", tmp_path)
    serving.setattr(doctor, "active_slot", lambda: None)
    serving.setattr(doctor, "user_id", lambda name: 0)
    assert f"Every account of this server can read {copy}: chmod o= {copy}" in list(doctor.files())


def test_doctor_names_failed_renewal(serving, tmp_path, answers):
    serving.setattr(doctor, "read_answers", lambda: replace(answers, tls="acme"))
    serving.setattr(tls, "pairs", lambda answers: {})
    serving.setattr(doctor, "has_failed", lambda unit: unit == "certbot")
    serving.setattr(releases, "reason", lambda unit: "All renewals failed.")
    assert list(doctor.certificates()) == [
        "The last renewal failed (All renewals failed.): certbot renew tries again"
    ]


def test_doctor_names_failed_backup(serving, tmp_path):
    (tmp_path / "20260101T000000Z.dump").touch()
    serving.setattr(backup, "FOLDER", tmp_path)
    serving.setattr(backup, "proven_at", lambda: datetime.now(UTC))
    serving.setattr(continuous, "faults", lambda: iter(()))
    assert list(doctor.backups()) == []
    serving.setattr(doctor, "has_failed", lambda unit: unit == "backup-purecode")
    serving.setattr(releases, "reason", lambda unit: "purecode: /var/backups has 0 MB free")
    assert list(doctor.backups()) == [
        "backup-purecode failed (/var/backups has 0 MB free): systemctl start backup-purecode tries again"
    ]
    serving.setattr(doctor, "has_failed", lambda unit: unit == "prove-purecode")
    (found,) = doctor.backups()
    assert found.endswith(": purecode backup && systemctl start prove-purecode tries again")


def test_doctor_names_what_is_wrong_with_a_merchant(serving):
    printed = (
        "wechat 1900000001 (in force)\n  ok  keys\n  BAD lots: no lot x\nalipay 2021 (in force)\n  ok  keys\n"
    )

    def refuse(*words: str) -> str:
        raise system.CommandFault("manage check_merchants: 1 to put right", printed)

    serving.setattr(doctor, "read_env", lambda path: {"MERCHANTS_FILE": "/x"})
    serving.setattr(doctor, "manage", refuse)
    again = "(purecode manage check_merchants --online)"
    assert list(doctor.channels()) == [f"wechat 1900000001: lots: no lot x {again}"]
    printed = "CommandError: Settings: MERCHANTS_FILE is missing"
    assert list(doctor.channels()) == ["manage check_merchants: 1 to put right"]


def test_doctor_names_old_backups(monkeypatch, tmp_path):
    old = tmp_path / "20260101T000000Z.dump"
    old.touch()
    os.utime(old, (0, 0))
    monkeypatch.setattr(backup, "FOLDER", tmp_path)
    monkeypatch.setattr(backup, "PROOF", tmp_path / "proof.json")
    monkeypatch.setattr(postgres_server, "is_local", lambda: False)
    newest, proven = doctor.backups()
    assert newest.endswith("hours old: purecode backup")
    assert proven == "No backup was proven in the last week: purecode prove-backup"


def test_doctor_names_backups_from_the_future(monkeypatch, tmp_path):
    """The clock was ahead once and is right now: neither counts as fresh until that day comes."""
    later = datetime(9998, 1, 1, tzinfo=UTC)
    (tmp_path / f"{later:{system.STAMP}}.dump").touch()
    os.utime(next(tmp_path.iterdir()), (4e9, 4e9))
    (tmp_path / "proof.json").write_text(json.dumps({"proven_at": later.isoformat()}), encoding="utf-8")
    monkeypatch.setattr(backup, "FOLDER", tmp_path)
    monkeypatch.setattr(backup, "PROOF", tmp_path / "proof.json")
    monkeypatch.setattr(postgres_server, "is_local", lambda: False)
    newest, proven = doctor.backups()
    assert "from the future: the clock was wrong then: look at it (timedatectl)" in newest
    assert proven == "No backup was proven in the last week: purecode prove-backup"
    day = datetime.now(UTC) + timedelta(hours=23)  # the clock was wrong by a day
    monkeypatch.setattr(backup, "proven_at", lambda: day)
    assert list(doctor.backups())[1] == proven
    assert cli._ago(day) == "23 hours ahead of the clock: one of the two is wrong (timedatectl)"


def base(folder: Path, at: datetime) -> Path:
    made = folder / "base" / f"{at:{system.STAMP}}"
    made.mkdir(parents=True)
    ranges = [{"Timeline": 2, "Start-LSN": "1/A2000028", "End-LSN": "1/A2000138"}]
    (made / "backup_manifest").write_text(f'{{"WAL-Ranges": {ranges}}}'.replace("'", '"'), encoding="utf-8")
    return made


def test_base_before_the_moment_is_chosen(tmp_path):
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)
    early, late = (base(tmp_path, noon + timedelta(hours=hours)) for hours in (0, 24))
    assert continuous.choose(noon + timedelta(hours=23), tmp_path) == early
    assert continuous.choose(None, tmp_path) == late
    assert continuous.first_segment(late) == "0000000200000001000000A2"
    assert "begins at 2026-11-26 12:00:00 UTC" in fault(continuous.choose, noon - timedelta(1), tmp_path)


def test_backup_of_a_wrong_clock_is_the_oldest(monkeypatch, tmp_path):
    """The clock was ahead for a night: what was made then is not the newest until that day comes."""
    monkeypatch.setattr(backup, "FOLDER", tmp_path)
    for name in ("99990101T000000Z", "20260101T000000Z", "20260102T000000Z"):
        (tmp_path / f"{name}.dump").touch()
        (tmp_path / "base" / name).mkdir(parents=True)
        (tmp_path / "base" / name / "backup_manifest").touch()
    (tmp_path / "before-the-move.dump").touch()  # an administrator's own
    order = ["99990101T000000Z", "20260101T000000Z", "20260102T000000Z"]
    assert [path.stem for path in backup.dumps()] == order
    assert backup.newest().stem == order[-1]
    assert [path.name for path in continuous.bases(tmp_path)] == order
    assert continuous.choose(None, tmp_path).name == order[-1]


def test_changes_that_any_base_needs_stay(monkeypatch, tmp_path):
    """A clock that was behind gives the newest base the oldest name."""
    commands = []
    monkeypatch.setattr(continuous, "FOLDER", tmp_path)
    monkeypatch.setattr(continuous, "base_folder", lambda: tmp_path / "base")
    monkeypatch.setattr(continuous, "wal_folder", lambda: tmp_path / "wal")
    for name in ("_slot_state", "set_up"):
        monkeypatch.setattr(continuous, name, lambda: "reserved")
    monkeypatch.setattr(postgres_server, "cluster", lambda: (17, "main", 5432))
    monkeypatch.setattr(postgres_server, "as_superuser", lambda sql: "1")
    monkeypatch.setattr(continuous, "bases", lambda: [tmp_path / "new", tmp_path / "old"])
    monkeypatch.setattr(continuous, "first_segment", lambda base: {"new": "00B", "old": "00A"}[base.name])

    def note(*words: object, **options: object) -> None:
        commands.append(words)
        (tmp_path / "base" / ".part").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(continuous, "run", note)
    continuous.make_base()
    assert commands[-1][-1] == "00A"


def test_half_base_backup_is_not_used(tmp_path):
    (tmp_path / "base" / ".part").mkdir(parents=True)
    (tmp_path / "base" / "20261126T120000Z").mkdir()  # without a manifest
    assert "There is no base backup" in fault(continuous.choose, None, tmp_path)


def test_restore_leaves_room_to_the_live_database(monkeypatch, tmp_path):
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)
    made = base(tmp_path, noon)
    files = '{"Files": [{"Path": "a", "Size": 700000000}, {"Path": "b", "Size": 300000000}]}'
    (made / "backup_manifest").write_text(files, encoding="utf-8")
    monkeypatch.setattr(postgres_server, "free_bytes", lambda folder: 3 * GB)
    monkeypatch.setattr(continuous, "_clear_away", lambda: None)
    text = fault(continuous.recovered(None, tmp_path).__enter__)
    assert "has 3072 MB free, the restore needs 3373 MB" in text


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "9999-01-01", "0001-01-01T00:00:00+14:00", "2026-01-01\0"]
)
def test_bad_moment_is_refused(text):
    assert fault(continuous.moment, text).startswith("--at: ")


def test_empty_moment_restores_no_dump(monkeypatch, tmp_path):
    """As a script gives it whose variable is not set: the newest dump would lose a day."""
    monkeypatch.setattr(backup, "FOLDER", tmp_path)
    monkeypatch.setattr(backup, "_replace_by", pytest.fail)
    (tmp_path / "20261126T120000Z.dump").touch()
    text = fault(lambda: backup.restore(None, at="", folder=tmp_path, yes=True))
    assert text.startswith("--at: ")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null"])
def test_damaged_manifest_is_named(tmp_path, text):
    made = base(tmp_path, datetime(2026, 11, 26, 12, tzinfo=UTC))
    (made / "backup_manifest").write_text(text, encoding="utf-8")
    for read in (continuous.data_size, continuous.first_segment):
        assert "20261126T120000Z is damaged" in fault(read, made)


def test_forgotten_database_is_not_forgotten_again(monkeypatch):
    monkeypatch.setattr(postgres_server, "as_superuser", lambda sql: "")
    assert "There is no database" in fault(backup.forget_database, "purecode_before_20261126120000")


def test_proof_that_meets_a_full_disk_is_recorded(monkeypatch, tmp_path):
    def full(_dump):
        raise OSError(errno.ENOSPC, "No space left on device")

    dump = tmp_path / "20261126T120000Z.dump"
    dump.touch()
    monkeypatch.setattr(backup, "PROOF", tmp_path / "proof.json")
    monkeypatch.setattr(backup, "_check", full)
    with pytest.raises(OSError, match="No space"):
        backup.prove(str(dump))
    assert json.loads((tmp_path / "proof.json").read_text(encoding="utf-8"))["failed_at"]


@pytest.mark.parametrize("state", ["reserved", ""])
def test_slot_may_be_made_by_both(monkeypatch, state):
    """The receiver's service starts while an installation goes on: the second of them finds it made."""

    def answer(sql):
        if "create" in sql:
            raise Fault('replication slot "purecode_backup" already exists')
        return state

    monkeypatch.setattr(postgres_server, "as_superuser", answer)
    with contextlib.nullcontext() if state else pytest.raises(Fault):
        continuous._make_slot()


@pytest.mark.parametrize(("own", "stays"), [("7", True), ("8", False)])
def test_backup_of_former_cluster_is_put_aside(monkeypatch, tmp_path, own, stays):
    """After pg_upgradecluster the receiver would wait for changes that come no more, for ever."""
    monkeypatch.setattr(continuous, "FOLDER", tmp_path)
    monkeypatch.setattr(continuous.base_folder, "__defaults__", (tmp_path,))
    monkeypatch.setattr(continuous.wal_folder, "__defaults__", (tmp_path,))
    monkeypatch.setattr(postgres_server, "as_superuser", lambda sql: own)
    for name in ("base/20260101T000000Z", "wal"):
        (tmp_path / name).mkdir(parents=True)
    segment = tmp_path / "wal" / "000000010000000000000005.partial"
    segment.write_bytes(bytes(24) + (7).to_bytes(8, sys.byteorder) + bytes(8))
    (segment.parent / "000000010000000000000006.partial").write_bytes(bytes(40))  # of no cluster yet
    continuous._put_aside_former()
    assert segment.exists() is stays
    (aside,) = tmp_path.glob("until-*") if not stays else [tmp_path]
    assert (aside / "wal" / segment.name).exists()
    assert (aside / "base" / "20260101T000000Z").is_dir()


@pytest.fixture
def elsewhere(monkeypatch):
    """An installation whose database is on another server; return the SQL that this server's own is given."""
    statements: list[str] = []
    monkeypatch.setattr(
        postgres_server, "read_secret", lambda name: "postgresql://purecode:x@db.example.cn/purecode"
    )
    monkeypatch.setattr(postgres_server, "cluster", lambda: (17, "main", 5432))
    monkeypatch.setattr(
        postgres_server, "as_superuser", lambda sql, name="postgres": statements.append(sql) or ""
    )
    return statements


def test_remote_dump_is_proven_on_this_server(monkeypatch, elsewhere):
    monkeypatch.setattr(Path, "exists", lambda path: True)
    owner, address = postgres_server.scratch("purecode_proof")
    assert (owner, address.split(":")[1]) == ("purecode_scratch", "//purecode_scratch")
    assert address.endswith("@127.0.0.1:5432/purecode_proof")
    assert elsewhere[-1].startswith("CREATE ROLE purecode_scratch LOGIN PASSWORD")
    assert "on another server: restore there" in fault(backup.load, Path("x.dump"), "purecode")


def test_remote_proof_names_its_need(monkeypatch, elsewhere):
    monkeypatch.setattr(Path, "exists", lambda path: False)
    assert fault(postgres_server.scratch, "purecode_proof").endswith(
        "needs PostgreSQL too (apt-get install postgresql)"
    )


@pytest.mark.parametrize(("selfcheck", "steps"), [(True, 2), (False, 0)])
def test_selfcheck_is_an_option(source, answers, selfcheck, steps):
    titles = [step.title for step in installer.steps(replace(answers, selfcheck=selfcheck), source)]
    assert sum("self-check" in title for title in titles) == steps
    assert any("Chromium" in title for title in titles) == selfcheck


@pytest.mark.parametrize(
    ("flag", "before", "after"), [("--no-selfcheck", True, False), ("--selfcheck", False, True)]
)
def test_selfcheck_can_be_added_and_removed(monkeypatch, answers, flag, before, after):
    monkeypatch.setattr(installer, "read_answers", lambda: replace(answers, selfcheck=before))
    chosen = installer.choose(installer.parser().parse_args([flag]))
    assert chosen.selfcheck is after
    assert wanted_settings(chosen)["SELFCHECK_PROCESS"] == str(int(after))


def test_doctor_starts_the_selfcheck_browser(monkeypatch, capsys, answers):
    monkeypatch.setattr(doctor, "CHECKS", (("self-check", doctor.selfchecks),))
    monkeypatch.setattr(doctor, "active_slot", lambda: "a")
    monkeypatch.setattr(doctor, "is_active", lambda service: True)
    monkeypatch.setattr(doctor.selfcheck_browser, "read_answers", lambda: answers)
    monkeypatch.setattr(doctor.selfcheck_browser, "manage", lambda *words, **options: "")
    assert doctor.report() == 0
    assert "self-check    ok" in capsys.readouterr().out

    def fails(*words: str, **options: object) -> str:
        raise Fault("manage selfcheck_ready: CommandError: Chromium was not found")

    monkeypatch.setattr(doctor.selfcheck_browser, "manage", fails)
    assert doctor.report() == 1
    assert "cannot run: Chromium was not found: run deploy/install again" in capsys.readouterr().out
    monkeypatch.setattr(doctor.selfcheck_browser, "read_answers", lambda: replace(answers, selfcheck=False))
    assert doctor.report() == 0
    assert "self-check    off: deploy/install --selfcheck adds it" in capsys.readouterr().out


def test_upgrade_names_a_disk_without_room(monkeypatch, source):
    monkeypatch.setattr(cli, "free_bytes", lambda place: 50 * 1024**2)
    monkeypatch.setattr(releases, "is_serving", lambda release: False)
    chosen = cli.parser().parse_args(["upgrade", str(source)])
    assert "has 50 MB free: a release needs 1024 MB" in fault(cli.upgrade, chosen)


@pytest.fixture
def little_memory(monkeypatch):
    monkeypatch.setattr(releases, "memory_free", lambda: 300 * 1024**2)
    monkeypatch.setattr(system, "alone", contextlib.nullcontext)
    return monkeypatch


def test_upgrade_without_memory_is_refused(little_memory, source):
    little_memory.setattr(releases, "is_serving", lambda release: False)
    refused = cli.parser().parse_args(["upgrade", str(source)])
    text = fault(cli.upgrade, refused)
    assert text.startswith("300 MB of memory and swap are free, a second release needs 640 MB: add memory or")
    assert "--allow-outage" in text
    assert next(doctor.memory()).startswith("300 MB of memory and swap are free")


@pytest.mark.parametrize(("fails", "expected"), [(False, ["stop"]), (True, ["stop", "start"])])
def test_slot_without_room_makes_place(little_memory, capsys, fails, expected):
    """The release that serves stops first, and starts again where the other one does not become ready."""
    asked: list[str] = []
    little_memory.setattr(releases, "services", lambda slot: [f"purecode-driver@{slot}"])
    little_memory.setattr(releases, "active_slot", lambda: "a")
    little_memory.setattr(releases, "_stop", lambda names: asked.append("stop"))
    little_memory.setattr(releases, "_start", lambda slot: asked.append("start"))
    with contextlib.suppress(Fault), releases._room("a"):
        if fails:
            raise Fault("driver does not become ready")
    assert asked == expected
    assert "pages are away until it is ready" in capsys.readouterr().err


def test_memory_counts_what_caches_give_back():
    assert 0 < system.memory_free() <= system.memory_bytes()


def test_archive_is_unpacked(tmp_path, source):
    archive = tmp_path / "purecode.tar.gz"
    with tarfile.open(archive, "w:gz") as whole:
        whole.add(source, "purecode-9")
    with cli._unpacked(archive) as folder:
        assert folder.name == "purecode-9"
        assert release_build.identify(folder).version == "9"
    assert not folder.exists()


def test_damaged_archive_leaves_nothing(monkeypatch, tmp_path):
    archive = tmp_path / "purecode.tar.gz"
    with tarfile.open(archive, "w:gz") as whole:
        whole.add(__file__, "purecode/pyproject.toml")
    archive.write_bytes(archive.read_bytes()[:-900])
    made = tmp_path / "made"
    monkeypatch.setattr(tempfile, "mkdtemp", lambda prefix: made.mkdir() or str(made))
    assert "is damaged or no archive" in fault(cli._unpacked(archive).__enter__)
    assert not made.exists()


def test_archive_without_room_is_not_damaged(monkeypatch, tmp_path, source):
    archive, made = tmp_path / "purecode.tar.gz", tmp_path / "made"
    with tarfile.open(archive, "w:gz") as whole:
        whole.add(source, "purecode")
    monkeypatch.setattr(tempfile, "mkdtemp", lambda prefix: made.mkdir() or str(made))
    printed = (
        "tar: purecode/manage.py: Cannot write: No space left on device\\ntar: Exiting with failure status"
    )
    program(tmp_path, "tar", f'printf "{printed}\\n" >&2; exit 2', monkeypatch)
    assert fault(cli._unpacked(archive).__enter__) == (
        f"The disk of {tmp_path} is full: delete files there, then run this again"
    )
    assert not made.exists()


def test_killed_program_is_named_with_its_signal():
    """As by the kernel where memory is short: it writes nothing."""
    text = fault(system.run, "sh", "-c", "kill -9 $$")
    assert text == "sh: it was ended (Killed): look for a lack of memory in dmesg"


def test_wrong_word_is_one_line(capsys):
    with pytest.raises(SystemExit):
        cli.parser().parse_args(["logs", "nosuch"])
    printed = capsys.readouterr().err
    assert printed.startswith("purecode logs: argument surface: invalid choice: 'nosuch'")
    assert printed.count("\n") == 1


def test_second_command_names_the_first(monkeypatch, tmp_path):
    monkeypatch.setattr(system, "LOCK", tmp_path / "lock")
    monkeypatch.delenv(system.LOCK_HOLDER, raising=False)
    with system.alone():
        with monkeypatch.context() as patch:
            patch.setenv(system.LOCK_HOLDER, "0")  # as another process sees it
            assert f"(process {os.getpid()})" in fault(system.alone().__enter__)
        with monkeypatch.context() as patch:
            patch.setenv(system.LOCK_HOLDER, str(os.getppid()))  # as a command that it starts sees it
            with system.alone():
                pass
    with system.alone():
        pass


def test_program_of_killed_command_holds_lock(monkeypatch, tmp_path):
    """A migration that outlives its command: the next command must not work beside it."""
    monkeypatch.setattr(system, "LOCK", tmp_path / "lock")
    monkeypatch.delenv(system.LOCK_HOLDER, raising=False)
    with system.alone():
        left = subprocess.Popen(["sleep", "30"], pass_fds=system.held_lock())
    try:
        dead = subprocess.Popen(["true"])
        dead.wait()
        system.LOCK.write_text(str(dead.pid))
        assert f"(process {left.pid}, sleep)" in fault(system.alone().__enter__)
    finally:
        left.kill()
        left.wait()
    with system.alone():
        assert system.held_lock()
    assert not system.held_lock()


def test_nightly_backup_waits_for_another_command(monkeypatch, tmp_path):
    monkeypatch.setattr(system, "LOCK", tmp_path / "lock")
    holder = subprocess.Popen(["flock", tmp_path / "lock", "sleep", "0.6"])
    assert system.wait_until((tmp_path / "lock").exists, 5)
    time.sleep(0.2)
    assert "Another command" in fault(system.alone().__enter__)
    with system.alone(patience=30):
        assert holder.poll() is not None or holder.wait(5) == 0


def test_folders_of_killed_processes_are_found(tmp_path):
    dead = subprocess.Popen(["true"])
    dead.wait()
    for pid in (dead.pid, os.getpid()):
        (tmp_path / f"purecode-keys-{pid}-abc").mkdir()
    (tmp_path / "purecode-keys-other").mkdir()
    assert [path.name for path in system.left_behind(tmp_path, "purecode-keys-")] == [
        f"purecode-keys-{dead.pid}-abc"
    ]


@pytest.fixture
def settings(monkeypatch, tmp_path):
    """The places of settings and keys, and a record of what is started again."""
    for module, name in (
        (releases, "SETTINGS"),
        (releases, "STAGING"),
        (releases, "CONFIG"),
        (releases, "IN_FORCE"),
        (staging, "STAGING"),
        (staging, "ORDERS"),
        (staging, "KEYS"),
    ):
        monkeypatch.setattr(module, name, tmp_path / name.lower())
    return tmp_path


def test_changed_settings_are_not_in_force(settings):
    assert not releases.settings_are_in_force()
    releases.IN_FORCE.write_text(releases.settings_digest(), encoding="ascii")
    assert releases.settings_are_in_force()
    releases.SETTINGS.write_text("SMS_URL=x\n", encoding="utf-8")
    assert not releases.settings_are_in_force()


@pytest.mark.parametrize(
    ("marked", "runs", "expected"),
    [
        (False, False, "Staging mode is off already."),
        (True, True, "restart migrating"),
        (False, True, "restart migrating"),  # killed after the mark was deleted
    ],
)
def test_interrupted_end_of_staging_is_completed(monkeypatch, settings, capsys, marked, runs, expected):
    monkeypatch.setattr(staging, "active_slot", lambda: "a")
    monkeypatch.setattr(staging, "is_active", lambda unit: runs and unit == "purecode-sandbox@a")
    monkeypatch.setattr(
        releases, "restart", lambda *, migrating=False: print("restart", "migrating" * migrating)
    )
    monkeypatch.setattr(postgres_server, "drop_database", lambda name: None)
    if marked:
        staging.STAGING.touch()
    staging.turn_off()
    assert capsys.readouterr().out.splitlines()[0] == expected
    assert not staging.is_on()


@pytest.mark.parametrize("runs", [True, False])
def test_interrupted_start_of_staging_is_completed(monkeypatch, settings, capsys, runs):
    monkeypatch.setattr(staging, "active_slot", lambda: "a")
    monkeypatch.setattr(staging, "is_active", lambda unit: runs)
    monkeypatch.setattr(backup, "make", lambda: print("dump") or Path("x.dump"))
    monkeypatch.setattr(backup, "load", lambda dump, name: "")
    monkeypatch.setattr(backup, "need_own_database", lambda: None)
    for name in ("run", "settings_text", "write"):
        monkeypatch.setattr(staging, name, lambda *words, **more: "")
    monkeypatch.setattr(releases, "restart", lambda: print("restart"))
    staging.STAGING.touch()
    staging.turn_on()
    lines = capsys.readouterr().out.splitlines()
    if runs:
        assert lines == ["Staging mode is on already."]
    else:
        assert "restart" in lines


def test_nginx_that_keeps_its_files_is_noticed(monkeypatch, tmp_path):
    """It answers a reload at once, and then cannot listen, for example."""
    monkeypatch.setattr(nginx, "_workers", lambda: {"7"})
    monkeypatch.setattr(nginx, "systemctl", lambda *words: None)
    monkeypatch.setattr(nginx, "wait_until", lambda done, seconds: done())
    monkeypatch.setattr(nginx, "ERRORS", tmp_path / "error.log")
    written = (
        "… [emerg] 9#9: bind() to 0.0.0.0:443 failed\n… [notice] x\n… [emerg] 9#9: still could not bind()\n"
    )
    nginx.ERRORS.write_text(written, encoding="utf-8")
    assert fault(nginx.reload) == "bind() to 0.0.0.0:443 failed"


def test_apt_waits_for_the_lists(monkeypatch):
    """A new server fetches its own lists right after the start."""
    answers = iter([Fault("apt-get: E: Could not get lock /var/lib/apt/lists/lock"), ""])

    def run(*words: str, **more: object) -> str:
        answer = next(answers)
        if isinstance(answer, Fault):
            raise answer
        return str(answer)

    monkeypatch.setattr(system, "run", run)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    system._apt_update([], {})
    assert list(answers) == []


def test_package_lists_that_failed_are_the_cause(monkeypatch):
    """apt-get update ends well without its lists, and the installation then only misses a package."""

    def run(*words: str, **more: object) -> str:
        if "install" in words:
            raise Fault("apt-get: E: Unable to locate package nginx")
        if "APT::Update::Error-Mode=any" in words:
            raise Fault("apt-get: E: Failed to fetch http://deb.example/: Temporary failure resolving")
        return ""

    monkeypatch.setattr(system, "run", run)
    assert fault(system.apt_install, ["nginx"]) == (
        "apt-get: E: Unable to locate package nginx"
        " (apt-get: E: Failed to fetch http://deb.example/: Temporary failure resolving)"
    )


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
            "ERROR: [Errno 28] No space left on device: delete files or enlarge the disk",
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
    assert release_build._reason_in(printed).startswith(expected)
    assert ("sudo" in release_build._reason_in(printed)) is (SUDO in expected)


@pytest.fixture
def two_slots(monkeypatch, tmp_path, answers):
    """Slot a serves release 1-old, slot b has 2-new; what nginx and the services are asked is recorded."""
    asked: list[str] = []
    for name, path in (
        ("CODE", ""),
        ("FORMER", "former"),
        ("ROLLBACK", "rollback"),
        ("UPGRADE", "upgrade"),
    ):
        monkeypatch.setattr(releases, name, tmp_path / path)
    monkeypatch.setattr(release_build, "RELEASES", tmp_path / "releases")
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
    assert (releases.former() == release_build.InstalledRelease("1-old")) == (slot == "b")


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
            file = release_build.RELEASES / name / "deploy" / "units" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    (place / "a.service.d").mkdir(parents=True)
    (place / "a.service.d" / "override.conf").write_text("own", encoding="utf-8")
    releases.install_units(release_build.RELEASES / "1-old")

    def read() -> dict[str, str]:
        files = (path for path in place.rglob("*") if path.is_file())
        return {str(path.relative_to(place)): path.read_text(encoding="utf-8") for path in files}

    return read


def test_doctor_names_edited_units(units):
    """A drop-in of the administrator's is no fault: an upgrade leaves it."""
    newer = release_build.RELEASES / "2-new"
    releases.install_units(newer)
    assert releases.edited_units(newer) == []
    edited, missing = releases.UNITS / "a.service", releases.UNITS / "x.service.d/b.conf"
    edited.write_text("[Service]\n", encoding="utf-8")
    missing.unlink()
    assert releases.edited_units(newer) == [edited, missing]
    releases.install_units(newer)
    assert releases.edited_units(newer) == []


@pytest.mark.parametrize("error", [Fault, OSError, KeyboardInterrupt])
def test_failed_upgrade_returns_the_units(units, error):
    """Both slots have the same files: the release that goes on serving must start with the machine."""
    before = units()

    def fail() -> None:
        with releases._units_of(release_build.InstalledRelease("2-new"), "a"):
            assert units() == before | {"a.service": "2", "x.service.d/b.conf": "2"}
            raise error

    with pytest.raises(error):
        fail()
    assert units() == before


def test_rollback_leaves_no_newer_unit(units):
    before = units()
    releases.install_units(release_build.RELEASES / "2-new")
    releases.return_units(release_build.RELEASES / "1-old")
    assert units() == before


@pytest.mark.parametrize(("serving", "is_refused"), [("a", False), ("b", True)])
def test_folder_of_replaced_release_is_refused(monkeypatch, two_slots, serving, is_refused):
    """The one of 1-old, to change an answer, would put it in the place of 2-new."""
    os.utime(release_build.RELEASES / "1-old" / ".complete", (1, 1))
    system.link(releases.CODE / "current", serving)
    monkeypatch.setattr(release_build, "identify", lambda source: release_build.InstalledRelease("1-old"))
    if is_refused:
        assert "is release 1-old, which 2-new has replaced" in fault(installer._examine_release)
    else:
        installer._examine_release()


def test_half_deleted_release_is_no_release(monkeypatch, two_slots):
    for number in range(3, 9):
        folder = release_build.RELEASES / f"{number}-x"
        folder.mkdir()
        (folder / ".complete").touch()
    monkeypatch.setattr(shutil, "rmtree", lambda folder, **words: None)  # killed here
    releases.prune()
    complete = [path.name for path in release_build.RELEASES.iterdir() if (path / ".complete").exists()]
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
    monkeypatch.setattr(doctor, "_disk", str)
    monkeypatch.setattr(doctor, "_files_left", lambda place: (0, 0))
    monkeypatch.setattr(doctor, "_has_flag", lambda place, flag: False)
    monkeypatch.setattr(postgres_server, "disks", list)
    usage = shutil.disk_usage("/")._replace(total=100 * GB)
    free = {"/srv/data": GB}
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=free.get(place, 9 * GB)))
    written("DISK_PATHS=/var/lib, /srv/data,/mnt/none")
    assert [line.partition(":")[0] for line in doctor.disks()] == [
        "The disk of /srv/data has 1024 MB free",
        "/mnt/none is no folder",
    ]


@pytest.mark.parametrize(
    ("place", "readable", "expected"),
    [
        ("/etc/purecode/merchants.json", True, None),
        ("/etc/purecode/merchants.json", False, "merchants.json: chgrp purecode and chmod 640 it"),
        ("/root/merchants.json", False, "merchants.json: copy it to /etc/purecode, chgrp purecode and"),
    ],
)
def test_file_that_services_cannot_read_is_named(monkeypatch, written, place, readable, expected):
    monkeypatch.setattr(server_settings, "CONFIG", Path("/etc/purecode"))
    monkeypatch.setattr(server_settings, "succeeds", lambda *words, user: readable)
    written(f"MERCHANTS_FILE={place}", "CONTACTS_FILE=/var/lib/purecode/none")
    named = [line for line in server_settings.settings_faults() if "_FILE" in line]
    assert bool(named) is bool(expected)
    assert all(expected in line for line in named)


def test_doctor_names_a_folder_without_programs(serving, tmp_path):
    for name, value in (("CODE", tmp_path), ("CONFIG", tmp_path), ("active_slot", lambda: None)):
        serving.setattr(doctor, name, value)
    serving.setattr(doctor, "user_id", lambda name: 0)
    serving.setattr(doctor, "_has_flag", lambda place, flag: flag == os.ST_NOEXEC)
    (found,) = [line for line in doctor.files() if "noexec" in line]
    assert found == f"No program of {tmp_path} can start: mount it without noexec (/etc/fstab)"


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
    release = release_build.InstalledRelease("2-new")
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
    monkeypatch.setattr(release_build, "RELEASES", tmp_path)
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


def test_failed_system_check_is_named_with_its_remedy():
    printed = (
        "SystemCheckError: System check identified some issues:\n\nERRORS:\n"
        "?: (payments.E003) MERCHANTS names lots that do not exist: x\n\tHINT: Correct the name.\n"
        "\nWARNINGS:\n?: (payments.W001) other\n"
    )
    assert server_settings.failed_check(printed) == (
        "MERCHANTS names lots that do not exist: x Correct the name."
    )
    assert server_settings.failed_check("CommandError: x\n") == ""


def test_doctor_names_talkative_postgresql(monkeypatch):
    monkeypatch.setattr(postgres_server, "check", lambda: None)
    monkeypatch.setattr(postgres_server, "is_local", lambda: False)
    monkeypatch.setattr(doctor, "manage", lambda *words: "")
    for setting, faults in ((postgres_server.QUIET[0], 0), ("log_error_verbosity = default", 1)):
        shown = ",".join((setting, *postgres_server.QUIET[1:]))
        monkeypatch.setattr(postgres_server, "client_env", dict)
        monkeypatch.setattr(postgres_server, "run", lambda *words, shown=shown, **options: shown + "\n")
        assert len(list(doctor.store())) == faults
