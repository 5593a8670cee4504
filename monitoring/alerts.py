"""When an alert is sent for a red signal. Pure: no database, no clock, no network.

An alert is sent when a fault has lasted (a flap has not), again every few hours while it lasts, and once when
it is over. Nothing is sent while it is silenced, and after the silence only if it still lasts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitoring.signal_rules import Level, Signal

ALERT_AFTER = timedelta(minutes=2)
RECOVERED_AFTER = timedelta(minutes=5)  # without red
REPEAT_AFTER = timedelta(hours=4)
MAX_MERGED = 5  # alerts in one message

type Key = tuple[str, str]  # a signal's kind and subject


@dataclass(frozen=True)
class OpenIncident:
    """An open incident as the last evaluation left it."""

    since: datetime
    red_at: datetime
    alerted_at: datetime | None


@dataclass(frozen=True)
class Decision:
    """Which incidents to open, mark as seen, send alerts for, and end (with or without a message)."""

    begin: list[Key] = field(default_factory=list)
    seen: list[Key] = field(default_factory=list)
    alert: list[Key] = field(default_factory=list)
    end: list[Key] = field(default_factory=list)
    alert_end: list[Key] = field(default_factory=list)


def decide(
    signals: Iterable[Signal], open_incidents: Mapping[Key, OpenIncident], silenced: set[str], *, at: datetime
) -> Decision:
    """Return what to do with the open incidents now. `silenced` are kinds of signals."""
    red = {(signal.kind, signal.subject) for signal in signals if signal.level == Level.RED}
    decision = Decision()
    decision.begin.extend(sorted(red - open_incidents.keys()))
    for key, incident in sorted(open_incidents.items()):
        quiet = key[0] in silenced
        if key in red:
            decision.seen.append(key)
            if not quiet and _is_alert_due(incident, at):
                decision.alert.append(key)
        elif at - incident.red_at >= RECOVERED_AFTER:
            decision.end.append(key)
            if incident.alerted_at is not None and not quiet:
                decision.alert_end.append(key)
    return decision


def _is_alert_due(incident: OpenIncident, at: datetime) -> bool:
    if incident.alerted_at is None:
        return at - incident.since >= ALERT_AFTER
    return at - incident.alerted_at >= REPEAT_AFTER


def merged(texts: Sequence[str]) -> str:
    """Return one message of several alerts that arose at once: a dead network is one call, not thirty."""
    if len(texts) <= MAX_MERGED:
        return "\n\n".join(texts)
    return "\n\n".join([*texts[:MAX_MERGED], f"… +{len(texts) - MAX_MERGED}"])
