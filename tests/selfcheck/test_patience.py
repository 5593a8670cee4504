"""A limit counts the time that the work had; a busy machine gets more of it, but not without end."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from selfcheck import patience


@pytest.fixture
def busy(monkeypatch):
    """A machine on which every second is one of waiting."""
    monkeypatch.setattr(patience, "waited_for_processor", time.monotonic)


def run(work):
    """Run it in a thread of its own: a browser of other tests has an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def took(seconds, work):
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        run(patience.within(seconds, work))
    return time.monotonic() - began


def test_finished_work_returns_its_value():
    assert run(patience.within(5, asyncio.sleep(0, "done"))) == "done"


def test_error_of_the_work_passes():
    async def fail():
        raise KeyError

    with pytest.raises(KeyError):
        run(patience.within(5, fail()))


def test_idle_machine_ends_on_time(monkeypatch):
    monkeypatch.setattr(patience, "waited_for_processor", lambda: 0.0)
    assert took(0.2, asyncio.sleep(60)) < 60


def test_busy_machine_gets_longer_and_ends(busy):
    assert 0.2 * (patience.LONGEST - 1) < took(0.2, asyncio.sleep(60)) < 60


@pytest.mark.parametrize(("average", "limit"), [("0.00", 5000), ("50.00", 12_500), ("100.00", 20_000)])
def test_busy_machine_stretches_a_step(monkeypatch, tmp_path, average, limit):
    path = tmp_path / "cpu"
    path.write_text(f"some avg10={average} avg60=0.00 avg300=0.00 total=0\n", encoding="ascii")
    monkeypatch.setattr(patience, "PRESSURE", path)
    monkeypatch.setattr(patience, "LONGEST", 4.0)
    assert patience.stretched(5) == limit


def test_unknown_pressure_stretches_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(patience, "PRESSURE", tmp_path / "absent")
    assert patience.stretched(5) == 5000


def test_work_is_cancelled_at_the_end(busy):
    seen = []

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("cancelled")

    took(0.05, work())
    assert seen == ["cancelled"]


@pytest.mark.parametrize("text", ["", "some avg10=0.00", "some total=x", "full"])
def test_unreadable_pressure_counts_nothing(tmp_path, monkeypatch, text):
    path = tmp_path / "cpu"
    path.write_text(text)
    monkeypatch.setattr(patience, "PRESSURE", path)
    assert patience.waited_for_processor() == 0.0
    monkeypatch.setattr(patience, "PRESSURE", tmp_path / "absent")
    assert patience.waited_for_processor() == 0.0
