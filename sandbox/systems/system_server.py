"""The server under each simulated parking system: transport faults, control address, one vendor's answers."""

import contextlib
import gzip
import json
import threading
import time
from abc import abstractmethod
from dataclasses import dataclass, field
from email.message import Message
from http.server import ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from sandbox.server import PlainHandler
from sandbox.systems.simulated_car_park import CarPark

HUGE = 2 * 1024 * 1024
DRIPS = 300  # bytes
FAULTS = frozenset(
    {
        "offline",  # the vendor's answer for a lot that its cloud cannot reach
        "lost_answer",  # done, but no answer comes
        "no_answer",  # not done, and no answer
        "slow",  # `seconds`
        "http_error",
        "not_json",
        "huge",
        "deep",
        "json_in_string",
        "gbk",
        "forged",  # signed with another secret, where answers are signed
        "wrong_clock",  # `seconds` by which its clock is ahead
        "wrong_amount",  # `value` in place of the amount due, as it stands in the answer
        "void",  # the charge is void
        "unknown_code",
        "busy",
        "extra_fields",  # owner, phone, photo, as some systems send
        "no_charge",  # `code` of an answer that there is nothing due
        "two_cars",
        "duplicate",  # each call arrives twice; the second answer comes back
        "redirect",  # to another host
        "gzip_bomb",  # a small body that would be large when unpacked
        "drip",  # the answer comes byte by byte
        "wrong_type",  # JSON that calls itself a web page
        "named_twice",  # two values for one name
    }
)


@dataclass(frozen=True)
class SystemCall:
    """One request to a simulated system."""

    path: str
    query: dict[str, str]
    headers: Message
    body: bytes = field(repr=False)

    @property
    def json(self) -> dict[str, Any]:
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True)
class SystemAnswer:
    content: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None  # in place of the content


class Simulator:
    """One vendor's parking system. A subclass answers calls; faults are set by tests and by `/control`."""

    name: ClassVar[str]
    lot_code: ClassVar[str]
    options: ClassVar[dict[str, str]] = {}
    secrets: ClassVar[dict[str, str]] = {}
    is_in_fen: ClassVar[bool] = False  # its amounts; else they are in yuan
    tells_permits: ClassVar[bool] = False  # from what is free

    def __init__(self) -> None:
        self.park = CarPark()
        self._faults: dict[str, dict[str, Any]] = {}
        self.received: list[bytes] = []  # every request, oldest first

    @abstractmethod
    def answer(self, call: SystemCall) -> SystemAnswer: ...

    def fault(self, name: str, **details: Any) -> None:
        """Set a fault until `clear`."""
        if name not in FAULTS:
            raise KeyError(name)
        self._faults[name] = details

    def has(self, name: str) -> bool:
        return name in self._faults

    def clear(self) -> None:
        self._faults.clear()
        self.received.clear()

    def clock(self) -> float:
        """Return the system's own time, in seconds."""
        return time.time() + float(self._faults.get("wrong_clock", {}).get("seconds", 0))

    def amount(self, honest: Any) -> Any:
        """Return the amount due as it stands in the answer."""
        return self._faults["wrong_amount"]["value"] if self.has("wrong_amount") else honest

    def no_charge(self) -> Any:
        """Return the code that replaces the answer to a question, or None."""
        return self._faults.get("no_charge", {}).get("code")

    def serve(self, call: SystemCall) -> tuple[int, dict[str, str], bytes] | None:
        """Return the answer to a call after transport faults; None closes the connection."""
        self.received.append(json.dumps([call.path, call.query]).encode() + call.body)
        if self.has("no_answer"):
            return None
        if self.has("slow"):
            time.sleep(self._faults["slow"].get("seconds", 6))
        if self.has("http_error"):
            return 500, {}, b"<html>error</html>"
        if self.has("redirect"):
            return 302, {"Location": "http://elsewhere.example/"}, b""
        answer = self.answer(call)
        if self.has("duplicate"):
            answer = self.answer(call)
        if self.has("lost_answer"):
            return None
        kind = "text/html" if self.has("wrong_type") else "application/json"
        packed = {"Content-Encoding": "gzip"} if self.has("gzip_bomb") else {}
        return answer.status, {"Content-Type": kind, **packed, **answer.headers}, self._body(answer)

    def _body(self, answer: SystemAnswer) -> bytes:
        if self.has("not_json"):
            return b"<html>\xff"
        if self.has("huge"):
            return b'{"padding":"' + b"x" * HUGE + b'"}'
        if self.has("deep"):
            return b"[" * 50_000
        if self.has("gzip_bomb"):
            return gzip.compress(b" " * 20 * HUGE)
        if self.has("named_twice"):
            text = (answer.raw or json.dumps(answer.content).encode()).decode()
            return text.replace("{", '{"twice": 1, "twice": 2, ', 1).encode()
        if answer.raw is not None:
            return answer.raw
        text = json.dumps(answer.content, ensure_ascii=False)
        if self.has("json_in_string"):
            text = json.dumps(text, ensure_ascii=False)
        return text.encode(self.encoding)

    @property
    def encoding(self) -> str:
        return "gbk" if self.has("gbk") else "utf-8"


class SystemServer(ThreadingHTTPServer):
    """A simulator that listens. `url` is the address to enter in the set-up."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self, simulator: Simulator, *, host: str = "127.0.0.1", port: int = 0, control: bool = False
    ) -> None:
        bound = type("BoundHandler", (_Handler,), {"simulator": simulator, "control": control})
        super().__init__((host, port), bound)
        self.url = f"http://{host}:{self.server_port}"

    def start(self) -> None:
        """Serve from a thread."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


class _Handler(PlainHandler):
    simulator: Simulator
    control: bool  # False: nothing at /control

    def serve(self, body: bytes) -> None:
        if self.path == "/control":
            self.send(self._control(body), {}, b"{}")
            return
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        answer = self.simulator.serve(SystemCall(address.path, query, self.headers, body))
        if answer is None:
            self.close_connection = True
        else:
            self.send(*answer)

    def _control(self, body: bytes) -> int:
        """Set up cars and faults: `{"enter": plate, "price_fen": n}`, with `lane` if it stands at an exit,
        `{"leave": plate}`, `{"fault": name, …}` or `{"clear": true}`.
        """
        if not self.control:
            return 404
        try:
            asked = json.loads(body)
            if "enter" in asked:
                car = self.simulator.park.enter(str(asked["enter"]), int(asked["price_fen"]))
                car.lane = str(asked.get("lane", ""))
            elif "leave" in asked:
                self.simulator.park.leave(str(asked["leave"]))
            elif "fault" in asked:
                self.simulator.fault(asked.pop("fault"), **asked)
            else:
                self.simulator.clear()
        except (KeyError, TypeError, ValueError):
            return 400
        return 200

    def write(self, body: bytes) -> None:
        if not self.simulator.has("drip"):
            super().write(body)
            return
        with contextlib.suppress(OSError):  # the other side has given up
            for byte in body[:DRIPS]:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.1)
        self.close_connection = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.simulator.clock() if timestamp is None else timestamp)
