"""Two simulated channels, drivers who pay by them at two exits without pause, and the books of both sides."""

import http.client
import json
import random
import re
import subprocess
import threading
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import psycopg

from tests.sandbox import NoticeSink, SandboxServer, address_of, start_sandbox
from tests.sandbox import end as end_sandbox

CHANNELS = ("wechat", "alipay")
PHONE = "Mozilla/5.0 (Linux; Android 13; Phone) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": PHONE}
JSON = {"Content-Type": "application/json"}
ACTS = ("pays", "pays", "loses_notice", "repeats_notice")  # of the payer and of the channel's notice
PATIENCE = 20  # seconds of one request


@dataclass
class Channel:
    """The sandbox as one channel, in a process of its own so that it can hang alone."""

    name: str
    process: subprocess.Popen[str]
    server: SandboxServer
    state: Path

    def orders(self) -> dict[str, dict[str, Any]]:
        """Return what the channel has on record, by our number of the payment."""
        kept = json.loads(self.state.read_text(encoding="utf-8"))
        return {each["number"]: each for each in kept["orders"]}

    def refunds(self) -> list[dict[str, Any]]:
        return list(json.loads(self.state.read_text(encoding="utf-8"))["refunds"])


def start_channels(folder: Path, **environment: str) -> tuple[dict[str, Channel], str]:
    """Start both channels; return them and MERCHANTS."""
    keys = folder / "keys"
    channels = {name: _start(name, folder, keys, environment) for name in CHANNELS}
    wechat, alipay = json.loads((keys / "merchants.json").read_text(encoding="utf-8"))
    url = {name: channel.server.url for name, channel in channels.items()}
    wechat |= dict.fromkeys(("base_url", "backup_url", "open_url", "api_url"), url["wechat"])
    alipay |= {"gateway": f"{url['alipay']}/gateway.do"}
    for entry in (wechat, alipay):
        del entry["sandbox"]
    return channels, json.dumps([wechat, alipay])


def _start(name: str, folder: Path, keys: Path, environment: dict[str, str]) -> Channel:
    state = folder / f"{name}.json"
    process = start_sandbox("--keys", str(keys), "--state", str(state), **environment)
    return Channel(name, process, SandboxServer(address_of(process), NoticeSink()), state)


def stop_channels(channels: dict[str, Channel]) -> None:
    for channel in channels.values():
        end_sandbox(channel.process)


@dataclass
class Payers:
    """Drivers who come to one exit, pay there by one channel, and leave."""

    url: str
    place: dict[str, Any]
    channel: Channel
    cars: deque[int]
    random: random.Random
    stop: threading.Event
    outcomes: Counter[str] = field(default_factory=Counter)

    def drive(self) -> None:
        """Let one car after the other come until the end of the load."""
        while not self.stop.is_set():
            number, outcome = self.cars.popleft(), "broken off"
            with suppress(OSError, http.client.HTTPException):
                outcome = "paid" if self._pay(f"沪C{number:05}", number) else "not started"
            self.outcomes[outcome] += 1
            if outcome != "paid":
                self.cars.append(number)  # comes again later
            self.stop.wait(0.2)

    def _pay(self, plate: str, number: int) -> bool:
        self._come_to_exit(plate, number)
        page, _ = self._ask(f"/p/{self.place['code']}", {"plate": plate, "part": "1"})
        pay = re.search(r'action="(/q/[^"/]+/pay)"', page)
        if not pay:
            return False
        _, headers = self._ask(pay[1], {"channel": self.channel.name})
        cashier = headers.get("X-Cashier", "")
        is_paid = bool(cashier) and self._press(cashier, self.random.choice(ACTS))
        self._poll_barrier()
        return is_paid

    def _come_to_exit(self, plate: str, number: int) -> None:
        exit_ = self.place["exits"][self.channel.name]
        body = json.loads(exit_["body"])
        result = body["AlarmInfoPlate"]["result"]["PlateResult"]
        result["plateid"], result["license"] = 1_000_000 + number, plate
        result["timeStamp"]["Timeval"]["sec"] = int(time.time())
        self._send(exit_["push"], json.dumps(body).encode(), JSON)

    def _poll_barrier(self) -> None:
        exit_ = self.place["exits"][self.channel.name]
        for _ in range(3):
            self._ask(exit_["comet"], {"serialno": exit_["serial"]})
            time.sleep(0.3)

    def _press(self, cashier: str, act: str) -> bool:
        """Enter the cashier as the phone does and press a button there."""
        line = http.client.HTTPConnection(urlsplit(cashier).netloc, timeout=PATIENCE)
        try:
            target = cashier.partition(urlsplit(cashier).netloc)[2]
            line.request("GET", target, headers={"Referer": f"{self.url}/", "User-Agent": PHONE})
            answer = line.getresponse()
            answer.read()
            page = answer.headers.get("Location", cashier)
        finally:
            line.close()
        return self.channel.server.press(page, act)[0] == 303

    def _ask(self, path: str, form: dict[str, str]) -> tuple[str, Message]:
        return self._send(path, urlencode(form).encode(), FORM)

    def _send(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[str, Message]:
        try:
            with urlopen(Request(self.url + path, body, headers), timeout=PATIENCE) as answer:
                return answer.read().decode(), answer.headers
        except HTTPError as error:
            error.close()
            return "", error.headers


@dataclass
class Settled:
    """When our books first showed each payment as paid, watched past the product."""

    database: str
    seen: dict[str, float] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self._stop.is_set():
            with (
                suppress(psycopg.Error),
                psycopg.connect(self.database, connect_timeout=2, autocommit=True) as books,
            ):
                while not self._stop.wait(0.2):
                    rows = books.execute("SELECT number FROM payments_payment WHERE state = 'paid'")
                    for (number,) in rows.fetchall():
                        self.seen.setdefault(number, time.time())
            self._stop.wait(0.5)

    def end(self) -> None:
        self._stop.set()


def unsettled(channels: dict[str, Channel], settled: Settled) -> set[str]:
    """Return the payments that a channel took and our books do not show as paid."""
    paid = {n for one in channels.values() for n, order in one.orders().items() if order["state"] == "paid"}
    return paid - settled.seen.keys()


def worst_settle(channel: Channel, settled: Settled, *, since: float) -> float:
    """Return the longest time from the payer's money to our books, for money since then; 0 without any."""
    waits = [
        settled.seen[number] - at
        for number, order in channel.orders().items()
        if order["state"] == "paid"
        and number in settled.seen
        and (at := datetime.fromisoformat(order["paid_at"]).timestamp()) >= since
    ]
    return max(waits, default=0.0)


@dataclass(frozen=True)
class Books:
    """What one channel has and what our ledger says of it, in fen."""

    channel: str
    theirs: int
    payments: int
    ours: int
    twice: int

    def __str__(self) -> str:
        agree = "agree" if self.theirs == self.ours else "DIFFER"
        return (
            f"books {self.channel}: {self.payments} payments, {self.theirs} fen there,"
            f" {self.ours} fen in the ledger, {self.twice} charged twice: {agree}"
        )


def read_books(channel: Channel, books: psycopg.Connection[Any]) -> Books:
    """Compare a channel's record with the ledger. Money that went back counts as gone on both sides."""
    paid = {n: order for n, order in channel.orders().items() if order["state"] == "paid"}
    back = [each for each in channel.refunds() if each["state"] == "done"]
    account = f"channel:{channel.name}:%"
    ours = books.execute(
        "SELECT COALESCE(sum(CASE WHEN debit LIKE %s THEN amount_fen ELSE -amount_fen END), 0)"
        " FROM payments_ledgerentry WHERE debit LIKE %s OR credit LIKE %s",
        [account] * 3,
    ).fetchone()
    session_of = dict(books.execute("SELECT number, session_id FROM payments_payment").fetchall())
    refunded = {each["payment_number"] for each in channel.refunds() if each["state"] != "failed"}
    kept = Counter(session_of.get(number, number) for number in paid if number not in refunded)
    theirs = sum(order["amount_fen"] for order in paid.values()) - sum(each["amount_fen"] for each in back)
    assert ours is not None
    twice = sum(count > 1 for count in kept.values())
    return Books(channel.name, theirs, len(paid), int(ours[0]), twice)
