"""The simulator finds nothing in the product, and finds bugs that are planted in it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.effort import EFFORT
from tests.simulate.network import KINDS, NONE, Faults
from tests.simulate.planted import BUGS, Bug
from tests.simulate.simulation import Broken, Place, place, run

pytestmark = pytest.mark.servers

SEEDS = 200
SECONDS = 4.0 * EFFORT  # of processor time; `make simulate` runs 10,000
TRIES = 80
OFTEN = 0.3


@pytest.fixture(scope="module")
def where(django_db_blocker: Any) -> Iterator[Place]:
    with django_db_blocker.unblock(), place() as found:
        yield found


def test_sample_of_seeds_holds(where: Place) -> None:
    end, done = time.process_time() + SECONDS, 0
    while done < SEEDS and time.process_time() < end:
        run(done, where)
        done += 1
    assert done >= 3


def test_no_faults_need_no_staff(where: Place) -> None:
    counts = [run(seed, where, NONE).counts for seed in range(12)]
    assert not any(each["let out by staff"] or each["crash"] for each in counts)
    assert sum(each["payments"] for each in counts) > 5


def test_one_seed_gives_one_trace(where: Place) -> None:
    first, second = run(7, where).network.trace, run(7, where).network.trace
    assert first == second
    assert len(first) > 20


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.plant.__name__)
def test_planted_bug_is_found(where: Place, bug: Bug) -> None:
    faults = Faults(**{bug.fault: OFTEN})
    found = (broken_by(seed, where, faults, bug) for seed in range(bug.near, bug.near + TRIES))
    assert next(filter(None, found), "nothing") == bug.invariant


def broken_by(seed: int, where: Place, faults: Faults, bug: Bug) -> str:
    """Return the invariant that this seed breaks with the bug planted; empty where all hold."""
    try:
        run(seed, where, faults, bug.plant)
    except Broken as broken:
        return str(broken.args[0])
    return ""


def test_each_fault_finds_a_bug() -> None:
    assert {bug.fault for bug in BUGS} == set(KINDS)
