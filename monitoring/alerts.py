"""When somebody is told of a red signal, and in which words. Pure: no database, no clock, no network.

A fault is told once it has lasted (a flap is not), again every few hours while it lasts, and once when it is
over. While it is silenced nothing is said, and after the silence only if it still lasts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitoring.signal_rules import Level, Signal
from monitoring.signal_words import title_of, words_of

LASTS = timedelta(minutes=2)  # before anybody is told
WELL = timedelta(minutes=5)  # without red, before it counts as over
AGAIN = timedelta(hours=4)

type Key = tuple[str, str]  # a signal's kind and subject


@dataclass(frozen=True)
class Known:
    """An open incident as it was left at the last look."""

    since: datetime
    red_at: datetime
    told_at: datetime | None


@dataclass(frozen=True)
class Decision:
    """What to do now: open incidents, see them again, tell of them, and end them (with a word or without)."""

    begin: list[Key] = field(default_factory=list)
    still: list[Key] = field(default_factory=list)
    tell: list[Key] = field(default_factory=list)
    end: list[Key] = field(default_factory=list)
    tell_end: list[Key] = field(default_factory=list)


def decide(
    signals: Iterable[Signal], known: Mapping[Key, Known], silenced: set[str], *, at: datetime
) -> Decision:
    red = {(signal.kind, signal.subject) for signal in signals if signal.level == Level.RED}
    decision = Decision()
    decision.begin.extend(sorted(red - known.keys()))
    for key, incident in sorted(known.items()):
        quiet = key[0] in silenced
        if key in red:
            decision.still.append(key)
            if not quiet and _is_to_be_told(incident, at):
                decision.tell.append(key)
        elif at - incident.red_at >= WELL:
            decision.end.append(key)
            if incident.told_at is not None and not quiet:
                decision.tell_end.append(key)
    return decision


def _is_to_be_told(incident: Known, at: datetime) -> bool:
    if incident.told_at is None:
        return at - incident.since >= LASTS
    return at - incident.told_at >= AGAIN


def told(signal: Signal, *, since: str, where: str, chinese: bool = True) -> str:
    """Return the text of an alert. `since` is a local time, `where` the address of the console's page."""
    words = words_of(signal, chinese=chinese)
    if chinese:
        lines = [
            f"【纯净码 告警】{words.title}",
            f"现象：{words.said}",
            f"自 {since} 起",
            f"怎么办：{words.todo}",
        ]
    else:
        lines = [f"[PureCode alarm] {words.title}", words.said, f"Since {since}", f"To do: {words.todo}"]
    return "\n".join([*lines, *([where] if where else [])])


def told_over(key: Key, *, since: str, chinese: bool = True) -> str:
    title = title_of(*key, chinese=chinese)
    return f"【纯净码 恢复】{title}（{since} 起）" if chinese else f"[PureCode] Over: {title} (since {since})"


def merged(texts: Sequence[str]) -> str:
    """Return one message of several alerts that arose at once: a dead network is one call, not thirty."""
    if len(texts) <= MOST:
        return "\n\n".join(texts)
    return "\n\n".join([*texts[:MOST], f"… +{len(texts) - MOST}"])


MOST = 5
