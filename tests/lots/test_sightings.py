"""Stays are a function of what was seen, not of the order in which news arrives."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lots.sightings import STANDING, Event, SeenSession, sessions_from
from tests.factories import NOON


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def into(minutes):
    return Event(at(minutes), leaving=False)


def out(minutes):
    return Event(at(minutes), leaving=True)


@pytest.mark.parametrize(
    ("events", "sessions"),
    [
        ([], []),
        ([into(0)], [SeenSession(at(0), None)]),
        ([into(0), out(60)], [SeenSession(at(0), at(60))]),
        ([out(60)], [SeenSession(None, at(60))]),
        ([into(0), into(60)], [SeenSession(at(0), at(60), exit_missed=True), SeenSession(at(60), None)]),
        ([into(0), out(30), out(60)], [SeenSession(at(0), at(30)), SeenSession(None, at(60))]),
        ([into(0), into(0.5), into(1.2)], [SeenSession(at(0), None)]),
        ([into(0), out(30), out(30.5), into(40)], [SeenSession(at(0), at(30)), SeenSession(at(40), None)]),
    ],
)
def test_stays_follow_from_events(events, sessions):
    assert sessions_from(events) == sessions
    assert sessions_from(reversed(events)) == sessions


EVENTS = st.lists(
    st.builds(lambda minutes, leaving: Event(at(minutes), leaving), st.integers(0, 10_000), st.booleans())
)


@given(EVENTS, st.randoms())
def test_event_order_and_repeats_are_irrelevant(events, random):
    shuffled = events + events[: len(events) // 2]
    random.shuffle(shuffled)
    assert sessions_from(shuffled) == sessions_from(events)


@given(EVENTS)
def test_stays_never_overlap(events):
    sessions = sessions_from(events)
    assert all(session.left_at is not None for session in sessions[:-1])
    for before, after in itertools.pairwise(sessions):
        assert before.left_at <= (after.entered_at or after.left_at)
    for session in sessions:
        assert session.entered_at is None or session.left_at is None or session.entered_at <= session.left_at


def test_reads_while_standing_are_merged():
    for leaving in (False, True):
        assert len(sessions_from([Event(NOON, leaving), Event(NOON + STANDING, leaving)])) == 1
        assert len(sessions_from([Event(NOON, leaving), Event(NOON + STANDING * 1.1, leaving)])) == 2
