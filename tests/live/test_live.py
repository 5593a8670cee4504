"""From a bare Debian to a paid car over https, then an upgrade, a rollback, a backup and a restore.

One story in order: each test goes on where the one before ended, on one machine. Its core leaves out what is
marked `whole`, the self-check's browser, and eight of the ten points at which the installation is killed.
"""

import gzip
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from deploy import tls
from tests.browser.page_watch import ANDROID, SMALL
from tests.live import authority as acme
from tests.live import killing, observatory, pages, trial_certificates
from tests.live.bare_machine import HOSTS, SUITE, Machine, machine, put_source
from tests.live.people import Cameras, Driver, Network, Staff, new_page
from tools.machine import CHROMIUM

PLATE = "沪A12345"
COMMANDS = pages.commands()
IS_WHOLE = os.environ.get("PURECODE_LIVE") != "core"
IS_DEBIAN = SUITE != "noble"  # elsewhere the browser comes from Playwright's own server
FLAGS = "" if IS_WHOLE and IS_DEBIAN else " --no-selfcheck"
KILLS = ("Copying release", "Changing over")  # of the core
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CODE = re.compile(r"(?:[A-Z0-9]{4}-){4}[A-Z0-9]{4}")


@dataclass
class Story:
    """What the tests before have left behind."""

    machine: Machine
    network: Network
    browser: Browser
    printed: dict[str, str] = field(default_factory=dict)
    staff: Any = None
    sign: str = ""

    def type(self, title: str) -> str:
        """Type the commands that the documentation has under this name."""
        self.printed[title] = self.machine.run(COMMANDS[title])
        return self.printed[title]

    @property
    def install(self) -> str:
        """The documented command, with the documented flag that leaves the browser out of the core.

        Typed in a shell such as hardened servers have: new files are closed to all others.
        """
        return f"umask 077 && {COMMANDS['install']}{FLAGS}"

    @property
    def cameras(self) -> Cameras:
        return Cameras(self.network, self.staff.cameras, events=int(time.time()))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("live")
    with machine() as running, sync_playwright() as playwright:
        put_source(running)
        authority = trial_certificates.issue(running.root / "root", HOSTS)
        trust(running, authority)
        browser = playwright.chromium.launch(
            executable_path=str(running.browser(CHROMIUM.bring(), folder)),
            args=["--no-sandbox", "--host-resolver-rules=MAP *.example.cn 127.0.0.1"],
        )
        yield Story(running, Network(running, authority), browser)
        browser.close()


def trust(running: Machine, authority: Path) -> None:
    """Let the machine trust the test's authority as it does the public ones."""
    running.run(
        "apt-get -qq update &&"
        " apt-get -qq install -y --no-install-recommends python3 ca-certificates >/dev/null"
    )
    shutil.copyfile(authority, running.root / "usr/local/share/ca-certificates/test.crt")
    running.run("update-ca-certificates")


def test_dry_run_changes_nothing(story):
    printed = story.type("rehearse the installation")
    assert "would start release" in printed
    assert "would install the self-check's browser, Chromium" in printed
    without = story.machine.run(f"{COMMANDS['rehearse the installation']} --no-selfcheck")
    assert "Chromium" not in without
    assert not (story.machine.root / "etc/purecode").exists()


def test_page_counts_the_steps(story):
    steps = []
    for flags in ("", " --no-selfcheck"):
        printed = story.machine.run(f"{COMMANDS['install']} --dry-run{flags}")
        steps.append(re.findall(r"(?m)^\[\d+/(\d+)\] ", printed)[-1])
    assert "{} steps ({} without the self-check)".format(*steps) in pages.text("install.md")


def refusal(story: Story, command: str) -> str:
    """Run a command that cannot be carried out; return its one line."""
    printed = story.machine.run(f"{command}; echo status $?", ok=False).strip().splitlines()
    assert printed[-1] != "status 0", printed
    lines = [
        line
        for line in printed[:-1]
        if not line.startswith(("Note: ", "  ", "[")) and not line.endswith(" ... failed")  # its progress
    ]
    assert len(lines) == 1, printed
    return lines[0]


INSTALL = (
    "/root/purecode/deploy/install --public pay.example.cn --devices devices.example.cn"
    " --console console.example.cn"
)


ANSWERS = "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 80))' 2>/dev/null"


@pytest.mark.parametrize(
    ("before", "flags", "after", "expected"),
    [
        (
            f"(python3 -m http.server 80 >/dev/null 2>&1 & echo $! >/run/taken); until {ANSWERS}; do :; done",
            "--tls self-signed",
            "kill $(cat /run/taken)",
            "Port 80 is taken by python3: stop that program, then run this again",
        ),
        (
            "mkdir -p /opt && mount -t tmpfs -o size=90m tmpfs /opt",
            "--tls self-signed",
            "umount /opt",
            "The disk of /opt/purecode has 90 MB free: 2 GB are needed",
        ),
        (
            "true",
            "--tls own --certificate /root/expired.pem --key /root/expired.key",
            "true",
            "/root/expired.pem expired on ",
        ),
        (
            "true",
            "--public nowhere.example.invalid.cn --email it@example.cn",
            "true",
            "nowhere.example.invalid.cn cannot be looked up: this server's resolver does not answer",
        ),
        ("true", "--tls own --certificate /root/none.pem --key /root/none.key", "true", "--certificate: "),
        ("true", "--tls whatever", "true", "argument --tls: invalid choice"),
        (
            "true",
            "--public Console.Example.CN. --tls self-signed",
            "true",
            "--public, --devices, --console must be different host names",
        ),
        (
            "true",
            "--owner 'the boss' --tls self-signed",
            "true",
            "--owner: 'the boss' is not an account name",
        ),
    ],
    ids=[
        *("taken port", "full disk", "expired certificate", "no resolver", "no file", "wrong word"),
        *("equal names", "bad account name"),
    ],
)
def test_unfit_server_is_named_before_changes(story, before, flags, after, expected):
    trial_certificates.issue(story.machine.root / "root", HOSTS, days=-1, name="expired")
    story.machine.run(before)
    try:
        assert expected in refusal(story, f"{INSTALL} {flags}")
    finally:
        story.machine.run(after, ok=False)
    assert not (story.machine.root / "etc/purecode").exists()
    assert not list((story.machine.root / "opt").glob("purecode"))


def test_killed_installation_is_completed(story):
    """kill -9 of the installer and all that it started, at some points; then the documented command again."""
    for point in killing.POINTS:
        if IS_WHOLE or point.line in KILLS:
            print("killed at:", point.line)
            killing.run_until(story.machine, story.install, point)
    story.printed["install"] = story.machine.run(story.install)
    assert CODE.search(story.printed["install"])
    assert killing.remains(story.machine) == []
    printed = story.machine.run("purecode status")
    assert "STOPPED" not in printed


@pytest.mark.whole
def test_wrong_password_is_named_with_its_remedy(story):
    address = "/etc/purecode/database_url"
    story.machine.run(f"cp -p {address} /root/ && sed -i 's/:[0-9a-f]*@/:wrong@/' {address}")
    try:
        expected = "refuses the password in /etc/purecode/database_url: correct it there"
        assert expected in refusal(story, story.install)
        assert expected in story.machine.run("purecode doctor", ok=False)
        assert "password" in refusal(story, "purecode backup")
    finally:
        story.machine.run("cp -p /root/database_url /etc/purecode/")
    assert killing.remains(story.machine) == []


@pytest.mark.whole
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("purecode upgrade /root/nothing", "/root/nothing is neither a source folder nor a .tar.gz of one"),
        ("purecode upgrade /etc", "/etc is not a PureCode source folder"),
        ("purecode upgrade /root/damaged.tar.gz", "/root/damaged.tar.gz"),
        ("purecode activate 9.9-00000000", "There is no release 9.9-00000000"),
        ("purecode rollback", "There is no former release to return to"),
        ("purecode restore --yes nothing.dump", "nothing.dump is no backup"),
        ("purecode restore --yes /root/garbage.dump", "garbage.dump cannot be restored"),
        ("purecode restore", "This replaces the database"),
        ("purecode restore --yes --at yesterday", "--at: 'yesterday' is neither latest nor a time"),
        ("purecode prove-backup /root/garbage.dump", "garbage.dump cannot be restored"),
        ("purecode forget-database purecode", "is no database that a restore put aside"),
        ("purecode logs nosuch", "invalid choice: 'nosuch'"),
        ("purecode nonsense", "invalid choice: 'nonsense'"),
        ("runuser -u nobody -- purecode status", "run it as root, for example with sudo"),
        ("runuser -u purecode -- purecode doctor", "run it as root, for example with sudo"),
        ("runuser -u nobody -- purecode upgrade /root/purecode", "run it as root, for example with sudo"),
    ],
)
def test_wrong_use_prints_one_line(story, command, expected):
    root = story.machine.root / "root"
    (root / "garbage.dump").write_bytes(b"garbage" * 99)
    (root / "damaged.tar.gz").write_bytes(gzip.compress(b"purecode/pyproject.toml" * 99)[:60])
    state = "readlink /opt/purecode/current; ls /opt/purecode/releases; purecode status | grep -v ' ago$'"
    before = story.machine.run(state)
    assert expected in refusal(story, command)
    assert story.machine.run(state) == before
    assert killing.remains(story.machine) == []


@pytest.mark.whole
def test_full_disk_stops_a_backup_whole(story):
    story.machine.run("mount -t tmpfs -o size=200k tmpfs /var/backups/purecode/database")
    try:
        assert "has 0 MB free, the database has" in refusal(story, "purecode backup")
    finally:
        story.machine.run("umount /var/backups/purecode/database")
    assert killing.remains(story.machine) == []


@pytest.mark.whole
def test_two_commands_never_change_it_at_once(story):
    story.machine.run(
        "(flock --close /run/purecode.lock sleep 600 >/dev/null 2>&1 & echo $! >/run/holder);"
        " while flock --nonblock /run/purecode.lock true; do :; done"
    )
    try:
        assert "Another command changes this server" in refusal(story, "purecode restart")
        assert "Another command changes this server" in refusal(story, story.install)
    finally:
        story.machine.run("kill $(cat /run/holder); flock /run/purecode.lock true")


def units(story: Story) -> str:
    """Return what runs, when nginx started, and its last errors: for the message of a failure."""
    words = "ps -e -o pid,lstart,args; ls -l --full-time /run/nginx.pid; tail /var/log/nginx/error.log"
    return str(story.machine.run(words, ok=False))


def test_second_installation_changes_nothing(story):
    before = story.machine.run(
        "find /etc /opt/purecode -type f -newer /etc/purecode/install.json | sort | xargs md5sum"
    )
    printed = story.machine.run(story.install)
    assert not re.search(r"^\[\d+/\d+\] (?!done already)", printed, re.M), printed + units(story)
    assert (
        story.machine.run(
            "find /etc /opt/purecode -type f -newer /etc/purecode/install.json | sort | xargs md5sum"
        )
        == before
    )


@contextmanager
def added_setting(story: Story, line: str) -> Iterator[None]:
    """Add a line to the settings for the length of a `with` block."""
    settings = story.machine.root / "etc/purecode/purecode.env"
    before = settings.read_text(encoding="utf-8")
    settings.write_text(f"{before}{line}\n", encoding="utf-8")
    try:
        yield
    finally:
        settings.write_text(before, encoding="utf-8")


def test_edited_setting_is_never_overwritten(story):
    again = f"{COMMANDS['install']}{FLAGS} --dry-run"
    with added_setting(story, "DISK_PATHS=/srv"):
        assert "done already: write the settings" in story.machine.run(again)
    with added_setting(story, "TRUSTED_PROXIES=2"):
        expected = "TRUSTED_PROXIES in /etc/purecode/purecode.env is 2, this installation needs 1: delete"
        assert expected in refusal(story, again)


def test_wrong_setting_is_named_with_its_file(story):
    """The tool does not put it in force; a service restarted by systemctl ends, and its reason is shown."""
    slot = story.machine.run("readlink /opt/purecode/current").strip()
    unit = f"purecode-driver@{slot}"
    expected = "DEBT_DAYS: must be a number of days from 0 to 3650 (in /etc/purecode/purecode.env)"
    with added_setting(story, "DEBT_DAYS=a week"):
        assert expected in refusal(story, "purecode restart")
        assert answers(story) == 200
        story.machine.run(f"systemctl restart {unit}")
        end = time.monotonic() + 120
        shown = re.compile(rf"(?m)^RESTARTING +{unit}\n +.*{re.escape(expected)}$")
        while not shown.search(printed := story.machine.run("purecode status", ok=False)):
            assert time.monotonic() < end, printed
            time.sleep(1)
        assert re.search(
            rf"(?m)^    {unit} .*{re.escape(expected)}$", story.machine.run("purecode doctor", ok=False)
        )
    story.machine.run(f"systemctl restart {unit}")
    wait_until_ready(story)


def answers(story: Story, host: str = "pay.example.cn") -> int:
    """Return the status of a surface's own probe."""
    return story.network.request("GET", f"https://{host}/readyz")[0]


def wait_until_ready(story: Story) -> None:
    """Wait until drivers, cameras and staff are served again."""
    end = time.monotonic() + 120
    while {answers(story, host) for host in HOSTS[:3]} != {200}:
        assert time.monotonic() < end, story.machine.logs()
        time.sleep(0.5)


TEXTS = f"SMS_URL=http://127.0.0.1:9\nSMS_KEY={'0' * 64}\n"


@pytest.mark.whole
def test_other_flags_change_only_what_they_name(story):
    """Members' pages are added and removed; the administrator's shell is one with an old Chinese locale."""
    refused = refusal(story, f"{story.install} --members members.example.cn")
    assert "--members: write SMS_URL and SMS_KEY into /etc/purecode/purecode.env before" in refused
    settings = story.machine.root / "etc/purecode/purecode.env"
    settings.write_text(settings.read_text(encoding="utf-8") + TEXTS, encoding="utf-8")
    assert "are not in force: purecode restart" in story.machine.run("purecode doctor", ok=False)
    printed = story.machine.run(f"export LANG=zh_CN.GBK; {story.install} --members Members.example.cn.")
    assert re.findall(r"(?m)^\[\d+/\d+\] (?!done already)(.*)$", printed)[:2] == [
        story_line(printed, "write the settings"),
        "keep the answers in /etc/purecode/install.json",
    ]
    status, _, _ = story.network.request("GET", "https://members.example.cn/readyz")
    assert status == 200
    assert re.search(r"(?m)^running +purecode-members@", story.machine.run("purecode status"))
    assert_score(story, "members.example.cn", "/", 120)
    assert not re.search(r"(?m)\] (?!done already)", story.machine.run(story.install))
    story.machine.run(f"{story.install} --no-members")
    assert "members" not in story.machine.run("purecode status")
    assert killing.remains(story.machine) == []


def story_line(printed: str, start: str) -> str:
    """Return the step that begins so, as the installation prints it."""
    return str(re.findall(rf"(?m)^\[\d+/\d+\] ({start}.*)$", printed)[0])


@pytest.mark.whole
@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (
            "server { listen 443 ssl; server_name Pay.example.cn;"
            " ssl_certificate /root/chain.pem; ssl_certificate_key /root/chain.key; }",
            "/etc/nginx/sites-enabled/shop has a site for pay.example.cn already",
        ),
        ("nonsense;", "nginx has a fault already: nginx: "),
    ],
)
def test_site_of_another_program_is_named(story, site, expected):
    place = story.machine.root / "etc/nginx/sites-enabled/shop"
    place.write_text(site, encoding="utf-8")
    try:
        assert expected in refusal(story, story.install)
    finally:
        place.unlink()


@pytest.mark.whole
def test_renewed_certificate_is_served(story):
    """An own certificate is replaced in its place; deploy/install lets nginx read it."""
    story.machine.run("mkdir -p /root/aside && cp -p /root/chain.* /root/aside/")
    trial_certificates.issue(story.machine.root / "root", HOSTS, name="renewed")
    story.machine.run("cp /root/renewed.pem /root/chain.pem && cp /root/renewed.key /root/chain.key")
    try:
        printed = story.machine.run("purecode doctor", ok=False)
        assert printed.count("nginx still serves an older certificate for ") == 3
        printed = story.machine.run(story.install)
        (changed,) = re.findall(r"(?m)^\[\d+/\d+\] (?!done already)(.*)$", printed)
        assert changed.startswith("put certificates (own) into")
    finally:
        story.machine.run(f"cp -p /root/aside/chain.* /root/ && {story.install}")
    assert re.search(r"(?m)^addresses +ok$", story.machine.run("purecode doctor", ok=False))


SERVING = "$(readlink /opt/purecode/current)"
HBA = "/etc/postgresql/*/main/pg_hba.conf"
RELOAD = "kill -HUP $(head -1 /var/lib/postgresql/*/main/postmaster.pid); sleep 1"
UNIT = "/etc/systemd/system/purecode-worker@.service"
NGINX = "/etc/nginx/nginx.conf"
TAKES_NAME = "server { listen 80; server_name pay.example.cn; return 404; }"


@pytest.mark.whole
@pytest.mark.parametrize(
    ("spoil", "mend", "expected"),
    [
        (
            f"cp -p {HBA} /root/hba; sed -i 's/^host/#host/' {HBA}; {RELOAD}",
            f"cp /root/hba {HBA}; {RELOAD}",
            "does not let purecode in (no pg_hba.conf entry for host",
        ),
        (
            f"cp -p {HBA} /root/hba; sed -i 's/^local/#local/' {HBA}; {RELOAD}",
            f"cp /root/hba {HBA}; {RELOAD}",
            "PostgreSQL rejects its own account postgres: begin pg_hba.conf in /etc/postgresql/",
        ),
        (
            f"systemctl stop purecode-worker@{SERVING}; systemctl mask purecode-worker@{SERVING}",
            f"systemctl unmask purecode-worker@{SERVING}; systemctl start purecode-worker@{SERVING}",
            " does not run: systemctl unmask purecode-worker@",
        ),
        (
            f"cp -p {UNIT} /root/unit; echo '# mine' >> {UNIT}",
            f"cp -p /root/unit {UNIT}",
            f"{UNIT} was changed, and the next upgrade undoes it: purecode restart writes it again",
        ),
        (
            f"cp -p {NGINX} /root/; sed -i '/conf.d/d' {NGINX}; systemctl reload nginx",
            f"cp -p /root/nginx.conf {NGINX}; systemctl reload nginx",
            "nginx does not read /etc/nginx/conf.d/purecode.conf: write include /etc/nginx/conf.d/*.conf;",
        ),
        (
            f"echo '{TAKES_NAME}' > /etc/nginx/conf.d/a.conf; systemctl reload nginx; sleep 1",
            "rm /etc/nginx/conf.d/a.conf; systemctl reload nginx",
            "http://pay.example.cn/ is answered by another site of this server: nginx -T | grep",
        ),
        (
            "chmod 755 /root; chmod 644 /root/chain.key",
            "chmod 700 /root; chmod 600 /root/chain.key",
            "Every account of this server can read /root/chain.key: chmod o= /root/chain.key",
        ),
    ],
    ids=["remote account", "own account", "masked", "unit", "no site", "port 80", "open key"],
)
def test_doctor_names_spoilt_server(story, spoil, mend, expected):
    """The line stands there while it is so, and not before or after."""
    story.machine.run(spoil)
    try:
        assert expected in story.machine.run("purecode doctor", ok=False)
    finally:
        story.machine.run(mend)
    assert expected not in story.machine.run("purecode doctor", ok=False)


BY_ACME = "install with a certificate from an authority"
SERIAL = (
    "openssl s_client -connect 127.0.0.1:443 -servername {host} </dev/null 2>/dev/null"
    " | openssl x509 -noout -issuer -serial"
)


@contextmanager
def another_address(story: Story, host: str, address: str) -> Iterator[None]:
    """Let a host name of the machine lead elsewhere for the length of a `with` block."""
    hosts = story.machine.root / "etc/hosts"
    before = hosts.read_text(encoding="utf-8")
    hosts.write_text(before.replace(f"127.0.0.1 {host}", f"{address} {host}"), encoding="utf-8")
    try:
        yield
    finally:
        hosts.write_text(before, encoding="utf-8")


@pytest.mark.whole
def test_authority_gives_and_renews_certificates(story):
    """By certbot, as documented, from an authority on this machine that asks the host names on port 80."""
    pay = SERIAL.format(host="pay.example.cn")
    with acme.running(story.machine):
        command = f"umask 077 && export {acme.TRUST} && {COMMANDS[BY_ACME]} --acme-server {acme.URL}"
        with another_address(story, "console.example.cn", "203.0.113.9"):
            refused = refusal(story, command)
            assert refused.startswith("Not done: certbot got no certificate: console.example.cn: "), refused
            assert refused.endswith("let each name point to this server, open port 80, then run this again")
        status, _, _ = story.network.request("GET", "https://pay.example.cn/readyz")
        assert status == 200  # with the certificate from before
        time.sleep(acme.NAMES_KEPT_SECONDS)
        story.machine.run(command)
        assert not re.search(r"(?m)\] (?!done already)", story.machine.run(command))
        first = story.machine.run(pay)
        assert "Pebble" in first
        printed = story.machine.run("purecode doctor", ok=False)
        assert re.search(r"(?m)^certificates +ok$", printed), printed
        assert re.search(r"(?m)^addresses +ok$", printed), printed
        story.machine.run(f"{acme.TRUST} certbot renew --force-renewal --no-random-sleep-on-renew")
        deadline = time.monotonic() + 10  # nginx has read it again
        while (renewed := story.machine.run(pay)) == first and time.monotonic() < deadline:
            time.sleep(0.2)
        assert renewed != first
        assert re.search(r"(?m)^addresses +ok$", story.machine.run("purecode doctor", ok=False))
    story.machine.run(story.install)
    status, _, _ = story.network.request("GET", "https://pay.example.cn/readyz")
    assert status == 200


def test_owner_joins_with_two_factors(story):
    story.staff = Staff(new_page(story.browser), network=story.network)
    story.staff.join(CODE.search(story.printed["install"])[0])
    assert story.staff.secret


def test_console_sets_up_lot_and_sign(story):
    story.staff.set_up_lot()
    story.sign = story.staff.add_sign()
    assert story.sign.startswith("HTTPS://PAY.EXAMPLE.CN/P/")


def test_staging_copies_set_up_and_marks_pages(story):
    if IS_WHOLE:
        killing.run_until(story.machine, COMMANDS["staging on"], killing.Point("Copying the database", 1))
        killing.run_until(story.machine, COMMANDS["staging on"], killing.Point("Changing over", 0.3))
    story.type("staging on")
    assert "Staging mode is on already." in story.type("staging on")
    story.staff.open("/console/")
    story.staff.sees("演练模式")
    story.staff.open_lot()


def test_headers_of_every_surface_score(story):
    """Mozilla's table, on what nginx sends."""
    sign = story.sign.lower().partition("example.cn")[2]
    for host, path, least in (
        ("pay.example.cn", sign, 130),
        ("pay.example.cn", "/", 130),
        ("pay.example.cn", "/lot/pujiang/tariff", 130),
        ("devices.example.cn", "/healthz", 120),
        ("devices.example.cn", "/", 120),
        ("console.example.cn", "/console/login", 120),
        ("console.example.cn", "/console/join", 120),
        ("console.example.cn", "/", 120),
    ):
        assert_score(story, host, path, least)
    for host in HOSTS[:3]:  # what nginx refuses by itself
        status, headers, _ = story.network.request("GET", f"https://{host}/%00")
        assert (status, headers["x-content-type-options"]) == (400, "nosniff")
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_nginx_explains_stopped_processes(story):
    """A driver reads what to do, in the status that programs wait for; the page scores as others do."""
    slot = story.machine.run("readlink /opt/purecode/current").strip()
    sign = story.sign.lower().partition("example.cn")[2]
    for surface, host, path in (
        ("driver", "pay.example.cn", sign),
        ("console", "console.example.cn", "/console/"),
    ):
        story.machine.run(f"systemctl stop purecode-{surface}@{slot}")
        for method in ("GET", "POST"):
            status, headers, body = story.network.request(method, f"https://{host}{path}")
            assert (status, headers["retry-after"]) == (503, "10")
            assert "已经付过的停车费不会丢" in body.decode()
        assert_score(story, host, path, 120)
        story.machine.run(f"systemctl start purecode-{surface}@{slot}")
        end = time.monotonic() + 120
        while (status := story.network.request("GET", f"https://{host}{path}")[0]) == 503:
            assert time.monotonic() < end
            time.sleep(0.2)
        assert status < 400


def test_stopped_database_is_survived(story):
    """Drivers read whom to call, cameras are to try again, and all come back by themselves."""
    sign = story.sign.lower()
    camera = story.cameras.addresses["exit"]["heartbeat"]
    for _ in range(10):
        assert story.network.request("GET", sign)[0] == 200
    story.machine.run("systemctl stop postgresql")
    try:
        for url, words in ((sign, "021-5550 0100"), (camera, '{"error": "unavailable"}')):
            assert quickest(story, url, words) < 1
        for host in HOSTS[:3]:
            assert answers(story, host) == 503
        assert "does not answer (systemctl start postgresql)" in story.machine.run(
            "purecode status", ok=False
        )
    finally:
        story.machine.run("systemctl start postgresql")
    wait_until_ready(story)
    assert "STOPPED" not in story.machine.run("purecode status")


def quickest(story: Story, url: str, words: str) -> float:
    """Post three times, be refused, also with these words, and return the shortest time that it took."""
    times, texts = [], []
    for _ in range(3):
        begun = time.monotonic()
        status, _, body = story.network.request("POST", url, b"plate=%E6%B2%AAA12345", FORM)
        times.append(time.monotonic() - begun)
        texts.append(body.decode())
        assert status == 503, (url, status)
    assert any(words in text for text in texts), texts  # a process that has not shown the sign knows no phone
    return min(times)


def assert_score(story: Story, host: str, path: str, least: int) -> None:
    status, headers, body = story.network.request("GET", f"https://{host}{path}")
    redirect = story.machine.run(
        f"python3 -c \"import http.client as h; c = h.HTTPConnection('{host}', 80);"
        f" c.request('GET', '{path}'); print(c.getresponse().headers['Location'])\""
    ).strip()
    cookies = [headers["set-cookie"]] if "set-cookie" in headers else []
    points, found = observatory.score(
        headers, cookies, body.decode(errors="replace"), host=host, redirected_to=redirect
    )
    print(f"{host}{path}: {status}, {points} points")
    assert points >= least, (host, path, found)


def let_time_pass(story: Story, database: str, *, minutes: int) -> None:
    """Move what has happened back in time."""
    for table, columns in (
        ("lots_tariffversion", ["valid_from"]),
        ("lots_parkingsession", ["entered_at"]),
        ("lots_plateread", ["captured_at", "moved_at"]),
    ):
        changes = ", ".join(f"{column} = {column} - interval '{minutes} minutes'" for column in columns)
        story.machine.run(f'runuser -u postgres -- psql -q -d {database} -c "UPDATE {table} SET {changes}"')


def pay_and_leave(story: Story, plate: str) -> str:
    """Drive a car in, let an hour pass, pay, and drive it out; return the text of the last page."""
    cameras = story.cameras
    assert cameras.sees("entry", plate)
    let_time_pass(story, "purecode_staging", minutes=61)
    assert not cameras.sees("exit", plate)
    phone = Driver(new_page(story.browser, viewport=SMALL, is_mobile=True, user_agent=ANDROID))
    shown = phone.pay(story.sign, plate)
    assert cameras.polls("exit") or cameras.sees("exit", plate)
    return shown


def test_car_pays_and_leaves(story):
    shown = pay_and_leave(story, PLATE)
    assert "演练模式" in shown
    assert re.search(r"¥\s?\d+\.00", shown), shown


@pytest.mark.whole
def test_page_checks_itself(story):
    """The button 立即自查: Chromium runs in the service, with its own sandbox, on the page behind nginx."""
    assert "self-check    ok" in story.machine.run("purecode doctor", ok=False)
    found = story.staff.check_page()
    assert "逐条结果" in found, found
    assert "不纯净" not in found, found
    assert "无法判定" not in found, found


@pytest.mark.whole
def test_leaving_staging_restores_set_up(story):
    killing.run_until(story.machine, COMMANDS["staging off"], killing.Point("Starting release", 1))
    story.type("staging off")
    assert "Staging mode is off already." in story.type("staging off")
    assert killing.remains(story.machine) == []
    story.staff.open("/console/")
    assert "演练模式" not in story.staff.page.content()
    story.staff.open("/console/lots/pujiang")
    assert PLATE[-3:] not in story.staff.page.inner_text("main")


class Watch:
    """Ask for the drivers' page all the time, and count what is not answered well."""

    def __init__(self, story: Story) -> None:
        self.story, self.asked = story, 0
        self.failures: list[object] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._over.is_set():
            self.asked += 1
            try:
                status, _, _ = self.story.network.request("GET", self.story.sign.lower())
                if status != 200:
                    self.failures.append(status)
            except OSError as error:
                self.failures.append(error)


# Prints the children of the oldest process with these words; Debian 12 brings no pgrep.
CHILDREN = """
    for at in $(ls -v /proc); do
        if tr '\\0' ' ' < /proc/$at/cmdline | grep -q '{words}'; then
            exec cat /proc/$at/task/$at/children
        fi 2> /dev/null
    done
"""


def test_killed_process_is_not_missed(story):
    """kill -9 of one of a surface's two processes: but for what it had begun, requests are answered."""
    slot = story.machine.run("readlink /opt/purecode/current").strip()
    unit = f"purecode-driver@{slot}"
    of_server = CHILDREN.format(words=f"granian .*--port {driver_port(story, slot)} ")
    before = story.machine.run(of_server).split()
    with Watch(story) as watch:
        story.machine.run(f"kill -9 {before[-1]}")
        time.sleep(5)
    assert watch.asked > 20
    assert len(watch.failures) <= 1, watch.failures
    assert is_running(story, unit)
    end = time.monotonic() + 120
    while len(now := story.machine.run(of_server).split()) < len(before) or now == before:
        assert time.monotonic() < end, units(story)
        time.sleep(0.5)


def driver_port(story: Story, slot: str) -> str:
    line = story.machine.run(f"grep PORT_DRIVER /opt/purecode/current/deploy/slots/{slot}.env")
    return line.strip().partition("=")[2]


PHONE = re.compile(r'href="tel:\d+"')


def test_start_without_database_names_phone(story):
    """The machine starts and PostgreSQL does not: the page names the lot and whom to call."""
    slot = story.machine.run("readlink /opt/purecode/current").strip()
    surfaces = " ".join(f"purecode-{name}@{slot}" for name in ("driver", "device", "console"))
    story.machine.run("until grep -q pujiang /var/lib/purecode/contacts.json; do sleep 1; done", seconds=180)
    story.machine.run(f"systemctl stop postgresql && systemctl restart {surfaces}")
    try:
        end = time.monotonic() + 120
        while not PHONE.search(shown := page_of(story)):
            assert time.monotonic() < end, shown
            time.sleep(1)
        for host in HOSTS[:3]:
            while answers(story, host) == 502:  # its processes start as well
                assert time.monotonic() < end, host
                time.sleep(1)
            began = time.monotonic()
            assert answers(story, host) == 503
            assert time.monotonic() - began < 1
    finally:
        story.machine.run("systemctl start postgresql")
    wait_until_ready(story)


def page_of(story: Story) -> str:
    """Return what a driver reads at the sign, while the database is away."""
    status, _, body = story.network.request("GET", story.sign.lower())
    return body.decode() if status == 503 else f"{status}"


def test_renewal_fails_no_request(story):
    """Certbot's hook while drivers ask: each is served with the former certificate or the new one."""
    root, seen = story.machine.root / "root", set()
    renewed = trial_certificates.issue(root, HOSTS, name="renewed")
    both = root / "both.crt"
    both.write_bytes(story.network.authority.read_bytes() + renewed.read_bytes())
    story.machine.run("cp /root/chain.pem /root/former.pem && cp /root/chain.key /root/former.key")
    with Watch(replace(story, network=Network(story.machine, both))) as watch:
        for name in ("renewed", "former") * 3:
            files = f"cp /root/{name}.pem /root/chain.pem && cp /root/{name}.key /root/chain.key"
            story.machine.run(f"{files} && {tls.HOOK}")
            time.sleep(1)
            seen.add(story.machine.run(SERIAL.format(host=HOSTS[0])))
    assert len(seen) == 2
    assert watch.asked > 20
    assert watch.failures == []


def newer_source(story: Story) -> None:
    """Put a next version onto the machine, as an administrator would."""
    target = put_source(story.machine, "root/purecode-new")
    project = target / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    project.write_text(re.sub(r'(?m)^version = ".*"', 'version = "99.0"', text), encoding="utf-8")


UPGRADE_KILLS = (
    killing.Point("Installing its Python packages", 2),
    killing.Point("Bringing the database up to date", 1),
    killing.Point("Starting release", 2),
    killing.Point("Changing over"),
)


def test_upgrade_refuses_no_request(story):
    newer_source(story)
    with Watch(story) as watch:
        for point in UPGRADE_KILLS if IS_WHOLE else ():
            killing.run_until(story.machine, COMMANDS["upgrade"], point)
        assert "Release 99.0-" in story.type("upgrade")
    assert watch.asked > 20
    assert watch.failures == []


@pytest.mark.whole
def test_broken_release_changes_nothing(story):
    """A release whose processes never become ready is put away; the one that serves goes on."""
    target = put_source(story.machine, "root/purecode-broken")
    wsgi = target / "config/wsgi.py"
    wsgi.write_text('raise RuntimeError("this release is broken")\n' + wsgi.read_text(encoding="utf-8"))
    before = story.machine.run("purecode status | grep -v ' ago$'")
    story.machine.run("tar -czf purecode-broken.tar.gz purecode-broken && rm -r purecode-broken")
    with Watch(story) as watch:
        printed = story.machine.run(
            "PURECODE_START_SECONDS=15 purecode upgrade /root/purecode-broken.tar.gz", ok=False
        )
    assert "purecode: driver does not become ready: " in printed.splitlines()[-1]
    assert watch.failures == []
    assert story.machine.run("purecode status | grep -v ' ago$'") == before
    assert not is_running(story, "purecode-driver@a") or not is_running(story, "purecode-driver@b")


def is_running(story: Story, unit: str) -> bool:
    return "yes" in story.machine.run(f"systemctl is-active {unit} && echo yes", ok=False)


def test_rollback_refuses_no_request(story):
    with Watch(story) as watch:
        printed = story.type("rollback")
    assert "99.0-" in re.search(r"(?m)^Former.*$", printed)[0]
    assert watch.failures == []


def test_backup_restores_and_is_proven(story):
    story.type("backup")
    printed = story.type("prove")
    assert "all checks pass" in printed
    assert "So does the continuous backup" in printed
    story.type("restore")
    story.staff.open("/console/lots/pujiang")
    story.staff.sees("浦江广场地下停车库")
    status, _, _ = story.network.request("GET", story.sign.lower())
    assert status == 200


def rename_lot(story: Story, name: str) -> None:
    sql = f"UPDATE lots_lot SET name = '{name}' WHERE slug = 'pujiang'"
    story.machine.run(f'runuser -u postgres -- psql -q -d purecode -c "{sql}"')


@pytest.mark.whole
@pytest.mark.parametrize("seconds", [0.0, 0.15, 0.3, 0.6])
def test_killed_restore_is_completed(story, seconds):
    """Also between the moments at which the two databases get their new names."""
    point = killing.Point("Changing places", seconds)
    killing.run_until(story.machine, COMMANDS["restore"], point)
    story.type("restore")
    status, _, _ = story.network.request("GET", story.sign.lower())
    assert status == 200
    for name in re.findall(r"(?m)^Put aside +(\S+)", story.machine.run("purecode status")):
        story.machine.run(f"purecode forget-database {name}")
    assert killing.remains(story.machine) == []


@pytest.mark.whole
def test_last_change_survives(story):
    rename_lot(story, "最后一刻")  # after every dump and base backup
    time.sleep(2)
    story.type("restore the last change")
    story.staff.open("/console/lots/pujiang")
    story.staff.sees("最后一刻")


@pytest.mark.whole
def test_mistake_is_undone_by_the_minute(story):
    rename_lot(story, "浦江广场地下停车库")
    time.sleep(2)
    before = time.strftime("%Y-%m-%d %H:%M:%S+00:00", time.gmtime())
    time.sleep(2)
    rename_lot(story, "误操作")
    story.machine.run(f"purecode restore --at '{before}' --yes")
    story.staff.open("/console/lots/pujiang")
    story.staff.sees("浦江广场地下停车库")
    refused = story.machine.run("purecode restore --at 2020-01-01 --yes", ok=False)
    assert refused.startswith("purecode: The continuous backup begins at "), refused


@pytest.mark.whole
def test_timers_do_the_same(story):
    story.machine.run("systemctl start backup-purecode.service && systemctl start prove-purecode.service")
    printed = story.machine.run("purecode status", ok=False)
    assert re.search(r"(?m)^Proven       0 hours ago$", printed), printed
    assert re.search(r"(?m)^Continuous   running, base 0 hours ago$", printed), printed
    story.staff.open("/console/health")
    story.staff.sees("恢复验证")
    release = re.search(r"(?m)^Release +(\S+)", printed)[1]
    story.staff.sees(f"版本 {release}")


@pytest.mark.whole
def test_car_pays_on_the_restored_server(story):
    story.type("staging on")
    story.staff.open_lot()
    pay_and_leave(story, "沪B67890")
    story.type("staging off")


CLUSTERS = "pg_lsclusters -h | while read version name rest; do pg_dropcluster --stop $version $name; done"


def wipe(story: Story) -> None:
    """Remove what the installation has left, as its page says; then also what a new machine does not have."""
    story.type("remove")
    story.machine.run(f"{CLUSTERS}; systemctl stop nginx; rm -rf /var/backups/*", ok=False)
    places = "/etc /opt /usr /var/backups /var/lib -path /etc/letsencrypt -prune -o"
    assert story.machine.run(f"find {places} -name '*purecode*' -print", folder="/") == ""


@pytest.mark.whole
def test_lost_key_is_not_made_again(story):
    story.machine.run("mv /etc/purecode/code_key /root/")
    try:
        assert "/etc/purecode/code_key is missing, and there is a database" in refusal(story, story.install)
    finally:
        story.machine.run("mv /root/code_key /etc/purecode/")


@pytest.mark.whole
def test_new_machine_goes_on_from_the_backups(story):
    """Nothing is left but what backup.md tells to copy to other machines."""
    rename_lot(story, "搬家以前")
    story.type("backup")
    rename_lot(story, "搬家以后")
    story.machine.run("sleep 2; cp $(ls /var/backups/purecode/database/*.dump | tail -1) /root/purecode.dump")
    story.machine.run(
        "cp /var/backups/purecode-keys/keys.tar.gz /root/ && cp -a /var/backups/purecode-continuous /root/"
    )
    wipe(story)
    assert not CODE.search(story.machine.run("purecode status 2>&1", ok=False))
    story.machine.run(story.install)
    for title, name in (
        ("restore on a new machine", "搬家以前"),
        ("restore the last change on a new machine", "搬家以后"),
    ):
        story.type(title)
        story.staff.open("/console/lots/pujiang")
        if "/login" in story.staff.page.url:  # the open page asked the empty server, which knew no session
            story.staff.sign_in()
            story.staff.open("/console/lots/pujiang")
        story.staff.sees(name)
        status, _, _ = story.network.request("GET", story.sign.lower())
        assert status == 200
    assert "STOPPED" not in story.machine.run("purecode status")


def test_status_and_doctor_name_open_points(story):
    printed = story.machine.run("purecode status; purecode doctor; purecode logs", ok=False)
    assert "running" in printed
    assert "STOPPED" not in printed
    assert "No payment channel" in printed
    assert re.search(r"(?m)^addresses +ok$", printed), printed
    assert re.search(r"(?m)^unknown names +ok$", printed), printed  # Debian's welcome page is gone


@pytest.mark.whole
def test_database_on_another_server_serves(story):
    """It is this machine's own PostgreSQL, at an address that is not of this machine."""
    wipe(story)
    with (story.machine.root / "etc/hosts").open("a", encoding="utf-8") as hosts:
        hosts.write("127.0.0.1 db.example.cn\n")
    story.machine.run("pg_createcluster $(ls /usr/lib/postgresql) main && systemctl start postgresql")
    (story.machine.root / "root/roles.sql").write_text(
        pages.sql("install.md").replace("…", "p@/#%:x"), encoding="utf-8"
    )
    story.machine.run("runuser -u postgres -- psql -q -v ON_ERROR_STOP=1 </root/roles.sql")
    addresses = COMMANDS["a database on another server"]
    story.machine.run(addresses.replace("…", "p@/#%:x"))
    assert "in the password write %40 for @" in refusal(story, story.install)
    story.machine.run(addresses.replace("…", "p%40%2F%23%25%3Ax"))
    assert CODE.search(story.machine.run(story.install))
    assert not re.search(r"(?m)\] (?!done already)", story.machine.run(story.install))
    assert "the database is on another server" in story.machine.run("purecode status")
    assert "all checks pass" in story.machine.run("purecode backup && purecode prove-backup")
    for command in ("purecode staging on", "purecode restore --yes"):
        assert "The database is on another server: restore there" in refusal(story, command)
    assert "STOPPED" not in story.machine.run("purecode status")
