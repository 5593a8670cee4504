"""Benchmarks run, count failures, and read responses completely."""

import subprocess
import sys
from typing import Any

import pytest

from benchmarks import bench_report, layers
from benchmarks.__main__ import on_sqlite
from benchmarks.bench_environment import environment
from benchmarks.bench_report import PAGE_LIMIT, PRODUCT
from benchmarks.console_times import add_failed_payments
from benchmarks.load_client import is_complete
from benchmarks.plan import BenchOutcome, Plan, Sample
from payments.models import Payment
from tests.factories import NOON, make_device, make_lot
from tests.payments.acting import park, pay
from tests.payments.conftest import channel as channel  # a fixture
from tools.machine import ROOT

pytestmark = pytest.mark.servers

TINY = Plan(
    sessions=400,
    lots=5,
    to_settle=200,
    to_charge=50,
    for_floor=50,
    floor_payments=2000,
    rounds=1,
    seconds=0.2,
    warm_up=0.05,
)


# What needs it is `deep`: it takes 20 seconds of processor time, and the benchmarks change seldom.
@pytest.fixture(scope="module")
def outcome() -> BenchOutcome:
    return on_sqlite(TINY)


@pytest.mark.deep
def test_tiny_benchmark_run_succeeds(outcome: BenchOutcome) -> None:
    assert bench_report.failures([outcome]) == []
    assert all(outcome.rounds[0][name].rate > 0 for name in PRODUCT)


@pytest.mark.deep
def test_first_page_stays_within_limit(outcome: BenchOutcome) -> None:
    assert sum(outcome.page["br"]) <= PAGE_LIMIT
    assert sum(outcome.page["br"]) < sum(outcome.page["gzip"]) < sum(outcome.page["none"])


@pytest.mark.deep
def test_report_names_every_request(outcome: BenchOutcome) -> None:
    text = bench_report.render([outcome])
    assert all(bench_report.NAMES[name] in text for name in PRODUCT)


@pytest.mark.deep
def test_profile_names_layers_of_every_act(outcome: BenchOutcome) -> None:
    assert outcome.layers.keys() == {"charge", "settle", "entry", "exit"}
    assert all(shares["own: SQL and sessions"] for shares in outcome.layers.values())


def test_profile_refuses_settings_of_a_command() -> None:
    with pytest.raises(RuntimeError):
        layers.application()


def test_profile_has_settings_of_pages() -> None:
    """A command's process takes other ways to the database."""
    source = (
        "from benchmarks.layers import application; application();"
        "from django.db import connection; print(connection.settings_dict['HOT'])"
    )
    env = environment("postgresql://nobody:none@127.0.0.1:9/none")
    command = [sys.executable, "-c", source]
    assert subprocess.check_output(command, env=env, cwd=ROOT, text=True).split()[-1] == "True"


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Le", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", False),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", True),
    ],
)
def test_response_is_read_completely(answer: bytes, whole: bool) -> None:
    assert is_complete(answer) == whole


def test_failed_request_is_reported() -> None:
    sample = Sample(1.0, failures={"500": 2})
    outcome = BenchOutcome("SQLite 3", TINY, 0.0, [{"quote": sample}], [0.0], {})
    assert bench_report.failures([outcome]) == ["SQLite 3 quote: 2 × 500"]


@pytest.mark.django_db
def test_bad_day_includes_failed_payments(channel: Any) -> None:
    lot = make_lot()
    entry = make_device(lot, "entry")
    for plate in ("沪A12345", "沪B12345", "沪C12345"):
        park(entry, plate)
        pay(lot, channel, plate, notify=False)
    add_failed_payments(NOON)
    assert sorted(Payment.objects.values_list("state", flat=True)) == ["closed", "open", "paid"]
    assert Payment.objects.get(state="closed").created_at == NOON
    paid = Payment.objects.get(state="paid")
    assert (paid.paid_at, paid.credited_fen) == (paid.created_at, paid.amount_fen)
