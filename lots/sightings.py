"""Stays derived from the reads of one plate in one lot, in whatever order they arrived. Pure.

Cameras that were cut off report late, newest first, and twice. So stays are a function of the set of
events, sorted by event time:

- in, out: a stay.
- in, in: the first stay's exit was missed; it ends where the second begins.
- out without in before it: the entry was missed; its time is unknown.
- the same movement again within STANDING: one car that waits at a barrier, or was read by two lanes.
- in a lane for both ways: out of a car that is inside then, else in; within SAME_CAR it has not turned
  round. The order of arrival tells nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

SAME_CAR = timedelta(seconds=60)
STANDING = timedelta(minutes=15)  # so long after its last read a car may still stand at that barrier
TRUSTED = timedelta(minutes=2)  # by so much two honest clocks may differ


@dataclass(frozen=True)
class Event:
    at: datetime
    leaving: bool | None  # None: only the events before it tell
    guess: bool | None = None  # what was decided while an event before it may have been unknown


@dataclass(frozen=True)
class SeenSession:
    entered_at: datetime | None  # None: never seen coming in
    left_at: datetime | None  # None: still inside
    exit_missed: bool = False


def directed(events: Iterable[Event]) -> list[Event]:
    """Return the events in order of time, each with its direction."""
    known: list[Event] = []
    for event in sorted(set(events), key=lambda event: (event.at, event.leaving is None, event.leaving)):
        before = known[-1] if known else None
        if event.leaving is None:
            repeated = before is not None and event.at - before.at <= SAME_CAR
            was_leaving = before is None or bool(before.leaving)
            leaving = was_leaving if repeated else not was_leaving
            if event.guess is not None and (repeated or before is None):
                leaving = event.guess
            event = Event(event.at, leaving)
        known.append(event)
    return known


def sessions_from(events: Iterable[Event]) -> list[SeenSession]:
    """Return the stays that a set of events describes, oldest first."""
    sessions: list[SeenSession] = []
    previous: Event | None = None
    inside_since: datetime | None = None
    for event in directed(events):
        repeated = previous and event.leaving == previous.leaving and event.at - previous.at <= STANDING
        previous = event
        if repeated:
            continue
        if event.leaving:
            sessions.append(SeenSession(inside_since, event.at))
            inside_since = None
        else:
            if inside_since is not None:
                sessions.append(SeenSession(inside_since, event.at, exit_missed=True))
            inside_since = event.at
    if inside_since is not None:
        sessions.append(SeenSession(inside_since, None))
    return sessions
