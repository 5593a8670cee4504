"""From a bare Debian to a paid car over https, then an upgrade, a rollback, a backup and a restore.

One story in order: each test goes on where the one before ended, on one machine.
"""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.watch import ANDROID, SMALL
from tests.live import certificates, observatory, pages
from tests.live.machine import HOSTS, Machine, machine, put_source
from tests.live.people import Cameras, Driver, Network, Staff, new_page
from tools.machine import CHROMIUM

PLATE = "沪A12345"
COMMANDS = pages.commands()
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
    def cameras(self) -> Cameras:
        return Cameras(self.network, self.staff.cameras, events=int(time.time()))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("live")
    with machine() as running, sync_playwright() as playwright:
        put_source(running)
        authority = certificates.issue(running.root / "root", HOSTS)
        browser = playwright.chromium.launch(
            executable_path=str(running.browser(CHROMIUM.bring(), folder)),
            args=["--no-sandbox", "--host-resolver-rules=MAP *.example.cn 127.0.0.1"],
        )
        yield Story(running, Network(running, authority), browser)
        browser.close()


def test_dry_run_changes_nothing(story):
    story.machine.run(
        "apt-get -qq update && apt-get -qq install -y --no-install-recommends python3 >/dev/null"
    )
    printed = story.type("rehearse the installation")
    assert "would start release" in printed
    assert not (story.machine.root / "etc/purecode").exists()


def test_one_command_installs(story):
    assert CODE.search(story.type("install"))


def test_second_installation_changes_nothing(story):
    before = story.machine.run(
        "find /etc /opt/purecode -type f -newer /etc/purecode/install.json | sort | xargs md5sum"
    )
    printed = story.machine.run(COMMANDS["install"])
    assert not re.search(r"^\[\d+/\d+\] (?!done already)", printed, re.M), printed
    assert (
        story.machine.run(
            "find /etc /opt/purecode -type f -newer /etc/purecode/install.json | sort | xargs md5sum"
        )
        == before
    )


def test_owner_joins_with_two_factors(story):
    story.staff = Staff(new_page(story.browser), network=story.network)
    story.staff.join(CODE.search(story.printed["install"])[0])
    assert story.staff.secret


def test_console_sets_up_a_lot_with_cameras_and_a_sign(story):
    story.staff.set_up_lot()
    story.sign = story.staff.add_sign()
    assert story.sign.startswith("HTTPS://PAY.EXAMPLE.CN/P/")


def test_staging_copies_the_set_up_and_marks_every_page(story):
    story.type("staging on")
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


def test_leaving_staging_brings_the_set_up_back_without_the_rehearsal(story):
    story.type("staging off")
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


def newer_source(story: Story) -> None:
    """Put a next version onto the machine, as an administrator would."""
    target = put_source(story.machine, "root/purecode-new")
    project = target / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    project.write_text(re.sub(r'(?m)^version = ".*"', 'version = "99.0"', text), encoding="utf-8")


def test_upgrade_refuses_no_request(story):
    newer_source(story)
    with Watch(story) as watch:
        assert "Release 99.0-" in story.type("upgrade")
    assert watch.asked > 20
    assert watch.failures == []


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


def test_last_change_survives(story):
    rename_lot(story, "最后一刻")  # after every dump and base backup
    time.sleep(2)
    story.type("restore the last change")
    story.staff.open("/console/lots/pujiang")
    story.staff.sees("最后一刻")


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


def test_timers_do_the_same(story):
    story.machine.run("systemctl start backup-purecode.service && systemctl start prove-purecode.service")
    printed = story.machine.run("purecode status", ok=False)
    assert re.search(r"(?m)^Proven       0 hours ago$", printed), printed
    assert re.search(r"(?m)^Continuous   running, base 0 hours ago$", printed), printed
    story.staff.open("/console/health")
    story.staff.sees("恢复验证")
    release = re.search(r"(?m)^Release +(\S+)", printed)[1]
    story.staff.sees(f"版本 {release}")


def test_car_pays_on_the_restored_server(story):
    story.type("staging on")
    story.staff.open_lot()
    pay_and_leave(story, "沪B67890")
    story.type("staging off")


def test_status_and_doctor_name_what_is_left_to_do(story):
    printed = story.machine.run("purecode status; purecode doctor; purecode logs", ok=False)
    assert "running" in printed
    assert "STOPPED" not in printed
    assert "No payment channel" in printed
