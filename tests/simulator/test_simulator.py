"""The simulator follows the camera protocol and simulates a car park, against a minimal server."""

import ast
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest

import simulator
from devices.vzenith.codec import read_heartbeat, read_push
from simulator import random_plates, traffic
from simulator.world import World
from tests.devices.test_vzenith_codec import SAMPLE
from tests.waiting import wait_for

pytestmark = pytest.mark.servers

NO = {"info": "no", "content": "retransfer_stop"}
OK = {"info": "ok"}
MORE = {"ContinuePushOffline": {"plateid": 1, "continue": 1}}


class FakeServer(ThreadingHTTPServer):
    """Records requests; `push` and `comet` return the responses."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent: list[tuple[str, bytes, str]] = []
        self.push: Callable[[dict[str, Any]], dict[str, Any]] = lambda _result: OK
        self.comet: Callable[[], dict[str, Any]] = dict

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def results(self, lane: str = "") -> list[dict[str, Any]]:
        return [
            json.loads(body)["AlarmInfoPlate"]["result"]["PlateResult"]
            for path, body, _ in list(self.sent)
            if path.startswith(f"/push/{lane}")
        ]

    def seen(self, lane: str) -> list[str]:
        return [result["license"] for result in self.results(lane)]


class Handler(BaseHTTPRequestHandler):
    server: FakeServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.sent.append((self.path, body, self.headers["Content-Type"]))
        answer: dict[str, Any] = {}
        if self.path.startswith("/push/"):
            result = json.loads(body)["AlarmInfoPlate"]["result"]["PlateResult"]
            answer = NO | MORE if result["isoffline"] else self.server.push(result)
        elif self.path.startswith("/comet/"):
            answer = self.server.comet()
        text = json.dumps({"Response_AlarmInfoPlate": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class ExitDrivers:
    """Drivers who do one thing at a closed exit, and nothing before."""

    def __init__(self, pay: Callable[[Any], None]) -> None:
        self.pay = pay

    def at_exit(self, car: Any, _device: Any) -> None:
        self.pay(car)

    def pays_inside(self, _car: Any) -> None: ...
    def pay_inside(self, _car: Any) -> None: ...
    def at_entry(self, _car: Any, _device: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as fake:
        threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield fake
        fake.shutdown()


def plan(url: str, *cars: Any) -> dict[str, Any]:
    devices = [
        {
            "lot": "Mall",
            "lane": lane,
            "direction": lane,
            "serial": f"{lane}-1",
            "push_url": f"{url}/push/{lane}",
            "heartbeat_url": f"{url}/beat/{lane}",
            "comet_url": f"{url}/comet/{lane}",
        }
        for lane in ("entry", "exit")
    ]
    lot = {"name": "Mall", "kind": "mall", "province": "沪", "cars": list(cars), "unknown": "key"}
    return {"lots": [lot], "devices": devices}


@contextmanager
def running(world: World) -> Iterator[World]:
    thread = threading.Thread(target=world.run, daemon=True)
    thread.start()
    try:
        yield world
    finally:
        world.stop()
        thread.join(5)
        assert not thread.is_alive()


def at_the_exit(plate: str) -> dict[str, Any]:
    return {"plate": plate, "leaves_after_minutes": 0}


def test_simulator_runs_quietly_and_stops(server, tmp_path):
    (tmp_path / "devices.json").write_text(json.dumps(plan(server.url, "沪A12345")), "utf-8")
    command = [sys.executable, "-m", "simulator", str(tmp_path / "devices.json"), "--speed", "20000"]
    state = tmp_path / "deep" / "state.json"
    with subprocess.Popen(
        [*command, "--state", str(state)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            wait_for(lambda: len(server.seen("entry")) > 15 and len(server.seen("exit")) > 3)
        finally:
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, b"", b"")
    assert "沪A12345" in [car["plate"] for car in json.loads(state.read_text())["lots"]["Mall"]["inside"]]


def test_pushes_match_the_documented_fields(server):
    documented = SAMPLE["AlarmInfoPlate"]
    with running(World(plan(server.url), speed=20000)):
        wait_for(lambda: len(server.seen("exit")) > 5)
    for path, body, content_type in list(server.sent):
        if not path.startswith("/push/"):
            assert read_heartbeat(content_type, body).serial == path.rsplit("/", 1)[1] + "-1"
            continue
        alarm = json.loads(body)["AlarmInfoPlate"]
        result = alarm["result"]["PlateResult"]
        assert set(alarm) == set(documented)
        images = {"imageFile", "imageFragmentFile"}
        assert set(documented["result"]["PlateResult"]) - images <= set(result)
        read = read_push(body)
        assert read.serial == path.rsplit("/", 1)[1] + "-1"
        assert read.offline or abs(read.captured_at.timestamp() - time.time()) < 30


def test_fresh_lot_backfills_records_newest_first(server):
    assert World(plan(server.url, "沪A12345", {"plate": "沪AD12345", "minutes_ago": 95})).fill()
    records = server.results("entry")
    times = [record["timeStamp"]["Timeval"]["sec"] for record in records]
    assert len(records) == 1 + 1 + 40 - 1  # the eighth found is unplated, so it has no record
    assert all(record["isoffline"] == 1 for record in records)
    assert times == sorted(times, reverse=True)
    ages = {record["license"]: time.time() - at for record, at in zip(records, times, strict=True)}
    assert ages["沪AD12345"] == pytest.approx(95 * 60, abs=10)
    assert min(ages.values()) > 9 * 60


def test_same_seed_gives_same_cars(server):
    def cars(seed: int, wanted: Iterable[str] = ()) -> list[str]:
        server.sent.clear()
        with running(World(plan(server.url), speed=5000, seed=seed)):
            wait_for(lambda: len(live()) >= 40 and set(wanted) <= set(live()))
        return live()

    def live() -> list[str]:
        reads = [read["license"] for read in server.results("entry") if not read["isoffline"]]
        return list(dict.fromkeys(reads))

    one, other = cars(1), cars(2)
    # The cameras push side by side, so cars may change places on a busy machine.
    assert set(one[:12]) <= set(cars(1, wanted=one[:12]))
    assert not set(other[:12]) <= set(one)


def test_blocked_car_retries_then_backs_out(server):
    server.push = lambda _result: NO
    asked_to_pay: list[str] = []
    world = World(
        plan(server.url, at_the_exit("沪A12345"), {"plate": "沪A23456", "leaves_after_minutes": 0.05}),
        exit_timeout=0.4,
        drivers=ExitDrivers(lambda car: asked_to_pay.append(car.plate)),
    )
    standing, behind = world.lots["Mall"].inside["沪A12345"], world.lots["Mall"].inside["沪A23456"]
    with running(world):
        wait_for(lambda: server.seen("exit").count("沪A12345") == 3)
        assert standing.tries == 0
        wait_for(lambda: "沪A23456" in server.seen("exit"))
    assert (standing.tries, behind.tries) == (1, 0)
    first, second, *_ = (read for read in server.results("exit") if read["license"] == "沪A12345")
    assert second["plateid"] > first["plateid"]
    assert second["triggerType"] == 4
    assert asked_to_pay[0] == "沪A12345"
    assert asked_to_pay.count("沪A12345") == 1
    assert [path for path, *_ in server.sent].count("/comet/exit") >= 1


def test_payment_opens_barrier_by_poll(server):
    paid = threading.Event()
    server.push = lambda _result: NO
    server.comet = lambda: OK if paid.is_set() else {}
    world = World(
        plan(server.url, at_the_exit("沪A12345")),
        exit_timeout=60,
        drivers=ExitDrivers(lambda _car: paid.set()),
    )
    with running(world):
        wait_for(lambda: "沪A12345" not in world.lots["Mall"].inside)
    assert server.seen("exit") == ["沪A12345"]


def test_failed_driver_does_not_block_lane(server):
    def fail(_car: Any) -> None:
        raise RuntimeError("no signal")

    server.push = lambda result: NO if result["license"] == "沪A12345" else OK
    warnings: list[str] = []
    cars = at_the_exit("沪A12345"), at_the_exit("沪A23456")
    world = World(
        plan(server.url, *cars), drivers=ExitDrivers(fail), warn=lambda _where, what: warnings.append(what)
    )
    with running(world):
        wait_for(lambda: "沪A23456" not in world.lots["Mall"].inside)
        wait_for(lambda: bool(warnings))
    assert warnings == ["RuntimeError: no signal"]


def test_lot_can_be_named_by_slug(server):
    named = plan(server.url)
    named["lots"][0] |= {"name": "浦江广场", "slug": "Mall"}
    assert World(named).fill()
    assert len(server.seen("entry")) == 39


def test_long_exit_queue_defers_leaving(server):
    server.push = lambda _result: NO
    cars = [at_the_exit(f"沪A1234{number}") for number in range(8)]
    world = World(plan(server.url, *cars), exit_timeout=60)
    with running(world):
        wait_for(lambda: server.seen("exit"))
        wait_for(
            lambda: sum((car.leaves_at or 0) > time.time() + 200 for car in planned_cars(world)) in {3, 4}
        )
    assert len(server.seen("exit")) == 1


def planned_cars(world: World) -> list[traffic.Car]:
    return [car for car in world.lots["Mall"].inside.values() if car.number < 0]


def test_misread_car_is_reread_and_released(server):
    server.push = lambda result: OK if result["license"] == "沪A12345" else NO
    world = World(plan(server.url, at_the_exit("沪A12345")), exit_timeout=0.3)
    world.lots["Mall"].inside["沪A12345"].read_at_exit = "沪A12346"
    with running(world):
        wait_for(lambda: "沪A12345" not in world.lots["Mall"].inside)
    wrong, right = server.results("exit")
    assert (wrong["license"], right["license"]) == ("沪A12346", "沪A12345")
    assert wrong["confidence"] < right["confidence"]


def test_server_outage_defers_reports(server):
    warnings: list[str] = []
    away = plan("http://127.0.0.1:1", at_the_exit("沪A12345"))
    world = World(away, warn=lambda where, what: warnings.append(f"{where} {what}"))
    with running(world):
        wait_for(lambda: "沪A12345" not in world.lots["Mall"].inside)
        time.sleep(1.2)
    assert len(warnings) == len(set(warnings)) == 5  # two cameras beat and poll, one had to push
    assert all("127.0.0.1" not in warning for warning in warnings)
    back = world.cameras["exit-1"]
    assert [record.offline for record in back.queued] == [True]


def test_lost_connection_replays_newest_first(server):
    world = World(plan(server.url))
    camera = world.cameras["exit-1"]
    camera.go_offline()
    for number, plate in enumerate(("沪A11111", "沪A22222", "沪A33333")):
        record = camera.recognise(random_plates.guess(plate), confidence=95, at=time.time() - 10 + number)
        assert camera.report(record).opens
    assert server.seen("exit") == ["沪A33333"]
    assert camera.replay()
    assert server.seen("exit") == ["沪A33333", "沪A22222", "沪A11111"]


def test_restart_keeps_cars_inside(server, tmp_path):
    state = tmp_path / "state.json"
    first = World(plan(server.url, "沪A12345"), state=state)
    assert first.fill()
    first.save()
    server.sent.clear()
    second = World(plan(server.url, "沪A12345"), state=state)
    assert second.fill()
    assert server.results() == []
    assert second.lots["Mall"].inside.keys() == first.lots["Mall"].inside.keys()
    assert second.cameras["entry-1"].plateid == first.cameras["entry-1"].plateid


def test_state_of_another_version_is_ignored(server, tmp_path):
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"lots": {"Mall": {}}, "cameras": {"entry-1": {}}}), "utf-8")
    world = World(plan(server.url, "沪A12345"), state=state)
    assert world.fill()
    assert "沪A12345" in world.lots["Mall"].inside


P = f"[{random_plates.PROVINCES}]"
X = "[A-HJ-NP-Z0-9]"
GRAMMAR = re.compile(
    f"{P}[A-HJ-NP-Z]{X}{{5}}|{P}[A-HJ-NP-Z][DABCEFGHJK]{X}\\d{{4}}|{P}[A-HJ-NP-Z]\\d{{5}}[DF]"
    f"|{P}[A-Z]{X}{{4}}[警学]|粤Z{X}{{4}}[港澳]|{P}[A-Z]\\d{{4}}应急|{P}[1-3]\\d{{2}}{X}{{2}}领"
    f"|[1-3]\\d{{2}}{X}{{3}}使|WJ{P}\\d{{4}}[0-9XBTSHJD]"
)


def test_simulated_plates_follow_the_grammar():
    drawn = [random_plates.draw(Random(number), "沪") for number in range(3000)]
    assert [plate.text for plate in drawn if not GRAMMAR.fullmatch(plate.text)] == []
    assert 0.25 < sum(plate.kind in {19, 20} for plate in drawn) / 3000 < 0.35
    assert 0.75 < sum("沪" in plate.text for plate in drawn) / 3000 < 0.95
    assert len({plate.kind for plate in drawn}) >= 10


@pytest.mark.parametrize("number", range(30))
def test_misread_plate_differs_in_one_character(number):
    random = Random(number)
    text = random_plates.draw(random, "沪").text
    wrong = random_plates.misread(random, text)
    assert len(wrong) == len(text)
    assert sum(a != b for a, b in zip(wrong, text, strict=True)) == 1


def test_mall_traffic_follows_opening_hours():
    def gaps(hour: int) -> float:
        return sum(traffic.next_arrival(1, "m", "mall", n, hour * 3600.0)[0] for n in range(300))

    assert gaps(12) < gaps(15) < gaps(9)
    assert traffic.next_arrival(1, "m", "mall", 5, 2 * 3600.0)[1] >= 8 * 3600


def test_simulator_imports_no_project_code():
    for path in Path(simulator.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert name.split(".")[0] in sys.stdlib_module_names | {"simulator"}
